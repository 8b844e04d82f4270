/* sink.c - where a download's bytes go: NAME.part, then synced and renamed. */
#define _POSIX_C_SOURCE  200809L
#define _DARWIN_C_SOURCE /* flock */
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(struct sink *s, int error) {
  s->error = error;
  return false;
}

static char *join(const char *a, const char *b) {
  size_t len_a = strlen(a);
  size_t len_b = strlen(b);
  char *joined = malloc(len_a + len_b + 1);
  if (joined) {
    memcpy(joined, a, len_a);
    memcpy(joined + len_a, b, len_b + 1);
  }
  return joined;
}

/* One part file has one writer: a second one, in this process or another, would
 * tear what the first is about to publish. The lock ends with its holder.
 * Between open and flock the first may have finished and taken the name away.
 */
static bool own_part(const struct sink *s) {
  struct stat opened;
  struct stat named;
  if (flock(s->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    errno = EBUSY;
    return false;
  }
  if (fstat(s->fd, &opened) != 0 || lstat(s->part, &named) != 0 ||
      opened.st_dev != named.st_dev || opened.st_ino != named.st_ino) {
    errno = EBUSY;
    return false;
  }
  return ftruncate(s->fd, 0) == 0;
}

bool kling_sink_open(struct sink *s, const char *path, bool overwrite) {
  struct stat there;
  memset(s, 0, sizeof(*s));
  s->fd = -1;
  s->overwrite = overwrite;
  s->expected = -1;
  s->path = join(path, "");
  s->part = join(path, ".part");
  if (!s->path || !s->part) {
    return fail(s, ENOMEM);
  }
  if (!overwrite && lstat(path, &there) == 0) {
    return fail(s, EEXIST);
  }
  kling_sha256_start(&s->hash);
  /* O_NONBLOCK: what lies there may be a pipe, and open would wait */
  s->fd = open(s->part,
               O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
  s->unfinished = s->fd >= 0 && own_part(s);
  if (!s->unfinished) {
    fail(s, errno);
    kling_sink_close(s);
  }
  return s->unfinished;
}

bool kling_sink_write(struct sink *s, const void *bytes, size_t len) {
  const char *at = bytes;
  size_t left = len;
  while (left > 0) {
    ssize_t n = write(s->fd, at, left);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return fail(s, errno);
    }
    at += n;
    left -= (size_t)n;
  }
  kling_sha256_add(&s->hash, bytes, len);
  s->bytes += (int64_t)len;
  return true;
}

bool kling_sink_restart(struct sink *s) {
  kling_sha256_start(&s->hash);
  s->bytes = 0;
  s->expected = -1;
  return (ftruncate(s->fd, 0) == 0 && lseek(s->fd, 0, SEEK_SET) == 0) ||
         fail(s, errno);
}

/* The name is on disk only once its folder is. */
static bool sync_folder(const char *path) {
  const char *slash = strrchr(path, '/');
  char *folder = slash ? join(path, "") : join(".", "");
  bool ok;
  int fd;
  if (!folder) {
    errno = ENOMEM;
    return false;
  }
  if (slash) {
    folder[slash == path ? 1 : slash - path] = '\0';
  }
  fd = open(folder, O_RDONLY | O_CLOEXEC);
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

bool kling_sink_finish(struct sink *s) {
  if (!flush(s) || !publish(s)) {
    return fail(s, errno);
  }
  s->unfinished = false;
  close(s->fd);
  s->fd = -1;
  return sync_folder(s->path) || fail(s, errno);
}

void kling_sink_close(struct sink *s) {
  if (s->fd >= 0) {
    close(s->fd);
    s->fd = -1;
  }
  if (s->unfinished) {
    unlink(s->part);
    s->unfinished = false;
  }
  free(s->path);
  free(s->part);
  s->path = s->part = NULL;
}

bool kling_sink_make_folder(const char *path) {
  char *folder = join(path, "");
  char *slash;
  struct stat there;
  bool ok;
  if (!folder) {
    errno = ENOMEM;
    return false;
  }
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
