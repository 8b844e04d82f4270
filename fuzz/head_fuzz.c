/* head_fuzz.c - head.c on arbitrary header lines: what is kept is whole and
 * printable, and ranges make sense. */
#include <stdlib.h>
#include <string.h>

#include "../src/head.h"

static void check_text(const char *text, size_t size) {
  size_t i;
  if (!memchr(text, '\0', size)) {
    abort();
  }
  for (i = 0; text[i]; i++) {
    if ((unsigned char)text[i] < 0x20) {
      abort();
    }
  }
}

static void check(const struct head *h) {
  size_t len = strlen(h->etag);
  check_text(h->etag, sizeof(h->etag));
  check_text(h->modified, sizeof(h->modified));
  check_text(h->date, sizeof(h->date));
  if ((len > 0 && (len < 2 || h->etag[0] != '"' || h->etag[len - 1] != '"')) ||
      h->first > h->last || h->first < -1 || h->total < -1 ||
      (h->total >= 0 && h->last >= h->total)) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *at = (const char *)data;
  const char *end = at + size;
  struct head h;
  kling_head_start(&h);
  while (at < end) {
    const char *line_end = memchr(at, '\n', (size_t)(end - at));
    size_t len = line_end ? (size_t)(line_end - at) + 1 : (size_t)(end - at);
    char *line = malloc(len); /* of its own: reading past it is seen */
    if (!line) {
      return 0;
    }
    memcpy(line, at, len);
    kling_head_read(&h, line, len);
    free(line);
    check(&h);
    at += len;
  }
  return 0;
}
