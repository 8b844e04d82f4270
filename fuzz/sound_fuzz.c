/* sound_fuzz.c - sound.c on arbitrary bytes: the same answers whether they come
 * at once or in pieces, and no length that is none. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../src/sound.h"

static void check(const struct sound *s, size_t size) {
  double seconds = kling_sound_duration(s);
  if (s->at > size || s->have >= sizeof(s->head) || isnan(seconds) ||
      isinf(seconds) || !kling_sound_problem(s) ||
      (kling_sound_end(s) && s->is_wrong)) {
    abort();
  }
}

static void check_same(const struct sound *a, const struct sound *b) {
  if (a->at != b->at || a->skip != b->skip || a->stage != b->stage ||
      a->have != b->have || memcmp(a->head, b->head, a->have) != 0 ||
      kling_sound_end(a) != kling_sound_end(b) ||
      kling_sound_problem(a) != kling_sound_problem(b) ||
      fabs(kling_sound_duration(a) - kling_sound_duration(b)) > 0.0) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says how long the pieces are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  int kind;
  size_t piece = size > 0 ? data[0] % 17 + 1 : 1;
  for (kind = SOUND_MP3; kind <= SOUND_MOVIE; kind++) {
    struct sound whole;
    struct sound pieces;
    size_t at;
    kling_sound_start(&whole, (enum sound_kind)kind);
    kling_sound_start(&pieces, (enum sound_kind)kind);
    kling_sound_feed(&whole, data, size);
    for (at = 0; at < size; at += piece) {
      kling_sound_feed(&pieces, data + at,
                       piece < size - at ? piece : size - at);
    }
    check(&whole, size);
    check_same(&whole, &pieces);
  }
  return 0;
}
