/* sink_finish.c - from NAME.part to NAME: checked, synced, renamed; and the
 * folders above it. */
#define _POSIX_C_SOURCE   200809L
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mp4.h"
#include "sink.h"

/* How far a duration may be from the one that was promised: services round, and
 * encoders fill up their last frame. */
static const double TOLERANCE = 0.5;        /* seconds */
static const double TOLERANCE_SHARE = 0.05; /* of what was promised */

static bool fail(struct sink *s, int error) {
  s->error = error;
  return false;
}

/* --- is it what was promised? --- */

static int read_file(void *arg, uint64_t offset, unsigned char *to, size_t n) {
  const int *fd = arg;
  return pread(*fd, to, n, (off_t)offset) == (ssize_t)n;
}

/* A movie that our reader of clips does not understand may still be one. */
static double movie_seconds(struct sink *s) {
  struct mp4_source source = {read_file, &s->fd, (uint64_t)s->bytes};
  struct mp4_clip clip;
  return kling_mp4_inspect(&source, &clip) ? -1.0 : clip.duration;
}

static bool has_promised_length(const struct sink *s) {
  double tolerance = TOLERANCE_SHARE * s->promised;
  if (s->promised <= 0.0 || s->duration < 0.0) {
    return true;
  }
  tolerance = tolerance > TOLERANCE ? tolerance : TOLERANCE;
  return fabs(s->duration - s->promised) <= tolerance;
}

static bool check_content(struct sink *s) {
  s->duration = s->sound.kind == SOUND_MOVIE ? movie_seconds(s)
                                             : kling_sound_duration(&s->sound);
  if (s->is_there) {
    return true;
  }
  if (!kling_sound_end(&s->sound)) {
    snprintf(s->problem, sizeof(s->problem), "%s",
             s->bytes == 0 ? "nothing came" : kling_sound_problem(&s->sound));
  } else if (!has_promised_length(s)) {
    snprintf(s->problem, sizeof(s->problem),
             "it lasts %.4g s, and %.4g s were promised", s->duration,
             s->promised);
  }
  return !s->problem[0];
}

/* --- to disk, and to its name --- */

/* The name is on disk only once its folder is. */
static bool sync_folder(const char *path) {
  const char *slash = strrchr(path, '/');
  size_t len = slash ? (size_t)(slash - path) : 1;
  char *folder = malloc(len + 2);
  bool ok;
  int fd;
  if (!folder) {
    errno = ENOMEM;
    return false;
  }
  memcpy(folder, slash ? path : ".", len);
  folder[len] = '\0';
  fd = open(len > 0 ? folder : "/", O_RDONLY | O_CLOEXEC);
  free(folder);
  if (fd < 0) {
    return false;
  }
  ok = fsync(fd) == 0 || errno == EINVAL; /* some systems cannot, and say so */
  close(fd);
  return ok;
}

/* link and not rename: it refuses, in one step, what exists. A file system
 * without hard links gets the check and the rename in two. */
static bool publish(struct sink *s) {
  struct stat there;
  if (s->overwrite) {
    return rename(s->part, s->path) == 0;
  }
  if (link(s->part, s->path) == 0) {
    return unlink(s->part) == 0;
  }
  if (errno == EEXIST) {
    return false;
  }
  if (lstat(s->path, &there) == 0) {
    errno = EEXIST;
    return false;
  }
  return rename(s->part, s->path) == 0;
}

/* close is where a network file system says "disk full". A copy of the
 * descriptor keeps the lock until the part file has its name. */
static bool flush(struct sink *s) {
  int fd = s->fd;
  int copy;
  if (fsync(fd) != 0 && errno != EINVAL) {
    return false;
  }
  copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) {
    return false;
  }
  s->fd = copy;
  return close(fd) == 0;
}

/* Who is killed after this finds its file under its name, and knows it. */
static void remember_whole(struct sink *s) {
  s->known.total = s->bytes;
  kling_sha256_hex(&s->hash, s->known.digest);
  kling_part_write(s->info, &s->known);
}

/* Its writer was killed between giving the name and taking the other away. */
static void drop_second_name(const struct sink *s) {
  struct stat whole;
  struct stat part;
  if (fstat(s->fd, &whole) == 0 && lstat(s->part, &part) == 0 &&
      whole.st_dev == part.st_dev && whole.st_ino == part.st_ino) {
    unlink(s->part);
  }
}

static bool give_name(struct sink *s) {
  if (s->is_there) {
    drop_second_name(s);
    return true;
  }
  if (!flush(s)) {
    return fail(s, errno);
  }
  remember_whole(s);
  if (!publish(s)) {
    return fail(s, errno);
  }
  s->unfinished = false;
  return true;
}

bool kling_sink_finish(struct sink *s) {
  if (!check_content(s) || !give_name(s)) {
    return false;
  }
  close(s->fd);
  s->fd = -1;
  return sync_folder(s->path) || fail(s, errno);
}

void kling_sink_settle(const char *path) {
  static const char suffix[] = ".part.info";
  size_t len = strlen(path);
  char *info = malloc(len + sizeof(suffix));
  if (info) {
    memcpy(info, path, len);
    memcpy(info + len, suffix, sizeof(suffix));
    unlink(info);
    free(info);
  }
}

/* --- folders --- */

bool kling_sink_make_folder(const char *path) {
  size_t size = strlen(path) + 1;
  char *folder = malloc(size);
  char *slash;
  struct stat there;
  bool ok;
  if (!folder) {
    errno = ENOMEM;
    return false;
  }
  memcpy(folder, path, size);
  /* from the second character on: a slash in front is the root */
  for (slash = folder[0] ? strchr(folder + 1, '/') : NULL; slash;
       slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    mkdir(folder, 0777); /* whether it worked shows at the end */
    *slash = '/';
  }
  ok = mkdir(folder, 0777) == 0 ||
       (errno == EEXIST && stat(folder, &there) == 0 &&
        (S_ISDIR(there.st_mode) || ((errno = ENOTDIR), false)));
  free(folder);
  return ok;
}
