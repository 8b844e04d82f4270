/* mp4.h - what an MP4 or MOV file says about itself: length, picture, sound.
 * Reads untrusted bytes; decodes no pictures and knows none of the service's
 * limits. */
#ifndef KLING_MP4_H
#define KLING_MP4_H

#include <stddef.h>
#include <stdint.h>

/* Where the bytes are. `read` fills all of `to` and returns 1, or returns 0.
 * It is never asked for bytes past `size`. */
struct mp4_source {
  int (*read)(void *arg, uint64_t offset, unsigned char *to, size_t n);
  void *arg;
  uint64_t size;
};

struct mp4_clip {
  const char *format; /* "mp4" or "mov" */
  double duration;    /* seconds */
  unsigned width;     /* pixels, as encoded */
  unsigned height;
  int has_audio;
  char codec[5]; /* the sample entry's four characters: "avc1", "hvc1" */
};

/* Fill in `clip`. Returns NULL, or one line saying why this is not a clip. */
const char *kling_mp4_inspect(const struct mp4_source *source,
                              struct mp4_clip *clip);

#endif
