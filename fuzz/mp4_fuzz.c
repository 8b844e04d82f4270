/* mp4_fuzz.c - mp4.c on arbitrary bytes: never reads outside the file, and what
 * it accepts makes sense. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../src/mp4.h"

struct bytes {
  const uint8_t *data;
  size_t size;
};

static int read_bytes(void *arg, uint64_t offset, unsigned char *to, size_t n) {
  const struct bytes *b = arg;
  if (offset > b->size || n > b->size - offset) {
    abort(); /* mp4.h promises never to ask for bytes past the end */
  }
  memcpy(to, b->data + offset, n);
  return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct bytes bytes = {data, size};
  struct mp4_source source = {read_bytes, &bytes, size};
  struct mp4_clip clip;
  if (!kling_mp4_inspect(&source, &clip)) {
    if (!clip.format || !(clip.duration > 0.0) || !clip.width || !clip.height ||
        strlen(clip.codec) != 4) {
      abort();
    }
  }
  return 0;
}
