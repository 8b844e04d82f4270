/* sink.h - where a download's bytes go: NAME.part, then synced and renamed.
 * NAME exists only once it is whole and on disk. Not responsible for whether
 * the bytes are all there: its caller says so by finishing. */
#ifndef KLING_SINK_H
#define KLING_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sha256.h"

struct sink {
  char *path;
  char *part; /* path.part */
  int fd;
  int error; /* errno of what failed, 0 */
  bool overwrite;
  bool unfinished;  /* there is a part file of ours */
  int64_t bytes;    /* written so far */
  int64_t expected; /* -1: not known */
  struct sha256 hash;
};

/* Opens path.part anew. False: see `error`; EEXIST when `path` exists and must
 * not be overwritten, 0 when out of memory. */
bool kling_sink_open(struct sink *s, const char *path, bool overwrite);
bool kling_sink_write(struct sink *s, const void *bytes, size_t len);
/* Empty the part file: the download starts again. */
bool kling_sink_restart(struct sink *s);
/* Sync, rename, sync the folder. */
bool kling_sink_finish(struct sink *s);
/* Safe twice; removes the part file unless it was finished. */
void kling_sink_close(struct sink *s);

/* Make a folder and those above it; true when it exists then. */
bool kling_sink_make_folder(const char *path);

#endif
