/* sink.c - where a download's bytes go: NAME.part, and what is there already.
 */
#define _POSIX_C_SOURCE   200809L
#define _FILE_OFFSET_BITS 64
#define _DARWIN_C_SOURCE  /* flock */
#define _GNU_SOURCE       /* sync_file_range */
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Read again at a time: about a millisecond's work, for the host's sake. */
enum { SLICE = 128 * 1024 };

/* Sent to the disk at a time. */
enum { LOAD = 1024 * 1024 };

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

static void start_over(struct sink *s) {
  kling_sha256_start(&s->hash);
  kling_sound_start(&s->sound, s->sound.kind);
  s->bytes = s->hashed = 0;
  s->expected = -1;
}

/* --- opening --- */

/* What is too long for its place is left out. */
static void copy(char *to, size_t size, const char *from) {
  size_t len = strlen(from);
  to[0] = '\0';
  if (len < size) {
    memcpy(to, from, len + 1);
  }
}

static bool init(struct sink *s, const struct sink_options *o) {
  memset(s, 0, sizeof(*s));
  s->fd = -1;
  s->overwrite = o->overwrite;
  s->promised = o->duration;
  s->duration = -1.0;
  s->sound.kind = o->kind;
  start_over(s);
  s->path = join(o->path, "");
  s->part = join(o->path, ".part");
  s->info = join(o->path, ".part.info");
  return (s->path && s->part && s->info &&
          strlen(o->source) < sizeof(s->known.source)) ||
         fail(s, ENOMEM);
}

/* Was it written for this very download? Then it is in `known`. */
static bool know(struct sink *s, const char *source) {
  struct part found;
  bool is_ours =
      kling_part_read(s->info, &found) && strcmp(found.source, source) == 0;
  if (is_ours) {
    s->known = found;
  } else {
    memset(&s->known, 0, sizeof(s->known));
    copy(s->known.source, sizeof(s->known.source), source);
    s->known.total = -1;
  }
  return is_ours;
}

/* The name is taken. By the file that is to be there, as its digest will tell,
 * or nothing is to be done. */
static bool open_whole(struct sink *s, const char *digest) {
  struct stat there;
  if (!s->known.digest[0] && digest) {
    copy(s->known.digest, sizeof(s->known.digest), digest);
  }
  if (!s->known.digest[0]) {
    return fail(s, EEXIST);
  }
  s->fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (s->fd < 0 || fstat(s->fd, &there) != 0 || !S_ISREG(there.st_mode)) {
    return fail(s, EEXIST);
  }
  s->is_there = true;
  s->bytes = s->expected = (int64_t)there.st_size;
  return true;
}

/* One part file has one writer: a second one, in this process or another, would
 * tear what the first is about to publish. The lock ends with its holder.
 * Between open and flock the first may have finished and taken the name away.
 */
static bool own_part(const struct sink *s, struct stat *opened) {
  struct stat named;
  if ((flock(s->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) ||
      fstat(s->fd, opened) != 0 || lstat(s->part, &named) != 0 ||
      opened->st_dev != named.st_dev || opened->st_ino != named.st_ino) {
    errno = EBUSY;
    return false;
  }
  return true;
}

static bool open_part(struct sink *s, struct stat *opened) {
  /* O_NONBLOCK: what lies there may be a pipe, and open would wait */
  s->fd = open(s->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
               0666);
  if (s->fd < 0 || !own_part(s, opened)) {
    return fail(s, errno);
  }
  return S_ISREG(opened->st_mode) || fail(s, EEXIST);
}

/* A part file with a second name was about to be published when its writer was
 * killed: to write to it would be to write to the file under its name. */
static bool open_own_part(struct sink *s) {
  struct stat opened;
  if (!open_part(s, &opened)) {
    return false;
  }
  if (opened.st_nlink > 1) {
    unlink(s->part);
    close(s->fd);
    if (!open_part(s, &opened)) {
      return false;
    }
  }
  s->unfinished = true;
  s->bytes = (int64_t)opened.st_size;
  return true;
}

static bool is_beginning(const struct sink *s) {
  return s->bytes > 0 && s->known.validator[0] &&
         (s->known.total < 0 || s->bytes <= s->known.total);
}

static bool open_any(struct sink *s, const struct sink_options *o) {
  struct stat there;
  if (!o->overwrite && lstat(o->path, &there) == 0) {
    know(s, o->source);
    return open_whole(s, o->digest);
  }
  if (!open_own_part(s)) {
    return false;
  }
  if (!know(s, o->source) || !is_beginning(s)) {
    return kling_sink_restart(s);
  }
  s->expected = s->known.total;
  lseek(s->fd, 0, SEEK_END);
  return true;
}

bool kling_sink_open(struct sink *s, const struct sink_options *o) {
  if (init(s, o) && open_any(s, o)) {
    return true;
  }
  kling_sink_close(s);
  return false;
}

/* --- what is there already --- */

static enum sink_state state_of(struct sink *s) {
  if (s->hashed < s->bytes) {
    return SINK_BUSY;
  }
  if (s->is_there) {
    char digest[SHA256_HEX];
    kling_sha256_hex(&s->hash, digest);
    return strcmp(digest, s->known.digest) == 0
               ? SINK_WHOLE
               : (fail(s, EEXIST), SINK_FAILED);
  }
  return s->known.validator[0] && s->bytes == s->known.total ? SINK_WHOLE
                                                             : SINK_READY;
}

enum sink_state kling_sink_catch_up(struct sink *s) {
  static const int64_t slice = SLICE;
  int64_t left = s->bytes - s->hashed;
  char *bytes;
  ssize_t n;
  if (left == 0) {
    return state_of(s);
  }
  bytes = malloc(SLICE);
  if (!bytes) {
    return fail(s, ENOMEM), SINK_FAILED;
  }
  n = pread(s->fd, bytes, (size_t)(left < slice ? left : slice),
            (off_t)s->hashed);
  if (n > 0) {
    kling_sha256_add(&s->hash, bytes, (size_t)n);
    kling_sound_feed(&s->sound, bytes, (size_t)n);
    s->hashed += n;
  } else {
    fail(s, n < 0 ? errno : EIO);
  }
  free(bytes);
  return n > 0 ? state_of(s) : SINK_FAILED;
}

/* --- writing --- */

bool kling_sink_can_resume(const struct sink *s) {
  return s->unfinished && s->error == 0 && is_beginning(s);
}

/* Without a note of it the part file is of no use to others, and no harm. */
void kling_sink_learn(struct sink *s, const char *validator, int64_t total) {
  s->known.total = s->expected = total;
  copy(s->known.validator, sizeof(s->known.validator), validator);
  if (s->known.validator[0]) {
    kling_part_write(s->info, &s->known);
  }
}

static bool misfit(struct sink *s, const char *why) {
  snprintf(s->problem, sizeof(s->problem), "%s", why);
  return false;
}

bool kling_sink_probe(struct sink *s, const void *bytes, size_t len) {
  struct sound probe;
  kling_sound_start(&probe, s->sound.kind);
  return kling_sound_feed(&probe, bytes, len) ||
         misfit(s, kling_sound_problem(&probe));
}

static bool write_all(int fd, const char *at, size_t left) {
  while (left > 0) {
    ssize_t n = write(fd, at, left);
    if (n < 0 && errno != EINTR) {
      return false;
    }
    if (n > 0) {
      at += n;
      left -= (size_t)n;
    }
  }
  return true;
}

/* Let the disk begin, or the sync at the end has all of it to wait for, and the
 * host with it. Only Linux has such a call. */
static bool send_off(const struct sink *s, int64_t from) {
#ifdef SYNC_FILE_RANGE_WRITE
  int64_t load = LOAD;
  int64_t begin = from / load * load;
  int64_t end = s->bytes / load * load;
  return begin == end ||
         sync_file_range(s->fd, begin, end - begin, SYNC_FILE_RANGE_WRITE) ==
             0 ||
         (errno != EIO && errno != ENOSPC && errno != EDQUOT);
#else
  (void)s;
  (void)from;
  return true;
#endif
}

bool kling_sink_write(struct sink *s, const void *bytes, size_t len) {
  int64_t from = s->bytes;
  if (!kling_sound_feed(&s->sound, bytes, len)) {
    return misfit(s, kling_sound_problem(&s->sound));
  }
  if (s->expected >= 0 && (int64_t)len > s->expected - s->bytes) {
    return misfit(s, "more came than was announced");
  }
  if (!write_all(s->fd, bytes, len)) {
    return fail(s, errno);
  }
  kling_sha256_add(&s->hash, bytes, len);
  s->bytes += (int64_t)len;
  s->hashed = s->bytes;
  return send_off(s, from) || fail(s, errno);
}

/* First the bytes, then what is known of them: never one's bytes under the
 * other's name. */
bool kling_sink_restart(struct sink *s) {
  start_over(s);
  s->known.validator[0] = s->known.digest[0] = '\0';
  s->known.total = -1;
  if (ftruncate(s->fd, 0) != 0 || lseek(s->fd, 0, SEEK_SET) != 0) {
    return fail(s, errno);
  }
  unlink(s->info);
  return true;
}

void kling_sink_close(struct sink *s) {
  bool is_useless = s->unfinished && !kling_sink_can_resume(s);
  if (is_useless) { /* while the lock is ours */
    unlink(s->part);
    unlink(s->info);
  }
  if (s->fd >= 0) {
    close(s->fd);
    s->fd = -1;
  }
  s->unfinished = false;
  free(s->path);
  free(s->part);
  free(s->info);
  s->path = s->part = s->info = NULL;
}

const char *kling_sink_words(int error) {
  return error == EBUSY ? "another save is writing it" : strerror(error);
}
