/* sink.h - where a download's bytes go: NAME.part, then checked, synced and
 * renamed. NAME exists only once it is whole and on disk. A part file that
 * another try left, in this process or an earlier one, is gone on with. Not
 * responsible for asking for the bytes, nor for whether all of them came. */
#ifndef KLING_SINK_H
#define KLING_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "part.h"
#include "sha256.h"
#include "sound.h"

struct sink_options {
  const char *path;
  const char *source; /* what is downloaded; tells parts apart */
  const char *digest; /* of the file at `path`, if known; or NULL */
  bool overwrite;
  enum sound_kind kind; /* what the bytes shall be */
  double duration;      /* what they shall last, seconds; 0: not said */
};

struct sink {
  char *path;
  char *part; /* path.part */
  char *info; /* path.part.info */
  int fd;
  int error; /* errno of what failed, 0 */
  bool overwrite;
  bool unfinished;  /* there is a part file of ours */
  bool is_there;    /* `path` itself may be the whole file: fd is open on it */
  int64_t bytes;    /* there so far */
  int64_t hashed;   /* of those */
  int64_t expected; /* -1: not known */
  struct part known;
  struct sha256 hash;
  struct sound sound;
  double promised;  /* seconds */
  double duration;  /* seconds, as measured; < 0: not known */
  char problem[96]; /* what is wrong with the content; "" */
};

enum sink_state {
  SINK_BUSY,  /* reading what is there: call again */
  SINK_READY, /* for the bytes from `bytes` on */
  SINK_WHOLE, /* nothing is missing: finish */
  SINK_FAILED
};

/* False: see `error`; EEXIST when `path` exists, is not known to be this very
 * file and must not be overwritten; EBUSY when another sink has it. */
bool kling_sink_open(struct sink *s, const struct sink_options *o);
/* Read a little of what is there already, so that nobody waits for long. */
enum sink_state kling_sink_catch_up(struct sink *s);
/* What the bytes to come are the beginning of: a version, and how long it is.
 */
void kling_sink_learn(struct sink *s, const char *validator, int64_t total);
/* False: see `problem`, else `error`. */
bool kling_sink_write(struct sink *s, const void *bytes, size_t len);
/* Would these be the first bytes of what was promised? Says so in `problem`. */
bool kling_sink_probe(struct sink *s, const void *bytes, size_t len);
/* Can a later try, here or in another process, go on from here? */
bool kling_sink_can_resume(const struct sink *s);
/* Empty the part file: the download starts again. */
bool kling_sink_restart(struct sink *s);
/* Check, sync, rename, sync the folder. False: as kling_sink_write. The sync is
 * waited for: on a virtual disk with ext4 half a millisecond for 4 MB or 1 GB,
 * of which the disk was told while it came; else 6 ms for 4 MB, 20 for 20. */
bool kling_sink_finish(struct sink *s);
/* Who asked knows that the file is whole: forget how it came. */
void kling_sink_settle(const char *path);
/* Safe twice; leaves a part file only when it can be gone on with. */
void kling_sink_close(struct sink *s);

/* Words for `error`. */
const char *kling_sink_words(int error);

/* Make a folder and those above it; true when it exists then. */
bool kling_sink_make_folder(const char *path);

#endif
