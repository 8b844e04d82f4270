/* sound.h - is a file what it was promised to be, and how long does it last?
 * Fed in pieces, as a download comes in. Of a movie it knows the beginning only
 * (its length: mp4.h). Reads untrusted bytes; decodes nothing. */
#ifndef KLING_SOUND_H
#define KLING_SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sound_kind { SOUND_ANY, SOUND_MP3, SOUND_WAV, SOUND_MOVIE };

struct sound {
  enum sound_kind kind;
  uint64_t at;   /* bytes fed */
  uint64_t skip; /* bytes to pass over before the next one is looked at */
  unsigned char head[16];
  unsigned have; /* bytes in head, of `want` */
  unsigned want;
  unsigned stage;
  bool is_wrong;
  bool is_page;
  /* MP3 */
  uint32_t shape; /* what all frame headers of a file have in common */
  uint64_t frames;
  uint64_t strays; /* bytes outside of frames before the second frame */
  double frame_seconds;
  uint32_t frame_bytes; /* of the last */
  /* WAV */
  uint32_t chunk;
  double bytes_a_second;
  uint64_t data_at;   /* 0: not reached yet */
  uint64_t data_size; /* as stated */
};

void kling_sound_start(struct sound *s, enum sound_kind kind);
/* False: it is certainly not of its kind. */
bool kling_sound_feed(struct sound *s, const void *bytes, size_t len);
/* After the last byte: is it of its kind? */
bool kling_sound_end(const struct sound *s);
/* Seconds; < 0: not known. */
double kling_sound_duration(const struct sound *s);
/* Why it is not of its kind, for people. */
const char *kling_sound_problem(const struct sound *s);

#endif
