/* kill.c - preloaded: kills the process at a chosen point of what others see.
 *
 * A point is before, in the middle of or after a call that leaves a trace
 * outside of the process, or takes one in: on sockets and on files. They are
 * numbered from 1 as they come.
 *
 *   KILL_AT=n         die at the n-th point
 *   KILL_KIND=kind    count only points of this kind: "CALL SIDE"
 *   KILL_SECONDS=s    die so long after the start, wherever that is
 *   KILL_REPORT=path  a line is added there: "killed KIND" or "ended"
 *   KILL_TRACE=path   a line for each point is added there: its kind
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Under valgrind and sanitizers calls come before the constructor: then 0. */
static unsigned long kill_at;
static unsigned long passed;
static const char *kind;
static const char *report;
static const char *trace;

/* Not through our own write: a report is no point. */
static void tell(const char *path, const char *text) {
  int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path,
                               O_WRONLY | O_CREAT | O_APPEND, 0600)
                : -1;
  if (fd >= 0) {
    syscall(SYS_write, fd, text, strlen(text));
    syscall(SYS_close, fd);
  }
}

static bool is_chosen(const char *call, const char *side) {
  char name[64];
  snprintf(name, sizeof(name), "%s %s\n", call, side);
  tell(trace, name);
  return (!kind || strncmp(name, kind, strlen(name) - 1) == 0) &&
         __atomic_add_fetch(&passed, 1, __ATOMIC_RELAXED) == kill_at;
}

static void die(const char *call, const char *side) {
  char line[128];
  snprintf(line, sizeof(line), "killed %s %s\n", call, side);
  tell(report, line);
  syscall(SYS_kill, getpid(), SIGKILL);
}

static void point(const char *call, const char *side) {
  if (is_chosen(call, side)) {
    die(call, side);
  }
}

/* Terminals, pipes and timers tell nobody of a task. */
static bool is_seen(int fd) {
  struct stat s;
  return fstat(fd, &s) == 0 && (S_ISREG(s.st_mode) || S_ISSOCK(s.st_mode));
}

static void die_after(double seconds) {
  struct sigevent event;
  struct itimerspec when;
  timer_t timer;
  memset(&event, 0, sizeof(event));
  memset(&when, 0, sizeof(when));
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGKILL;
  when.it_value.tv_sec = (time_t)seconds;
  when.it_value.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) + 1;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0) {
    timer_settime(timer, 0, &when, NULL);
  }
}

__attribute__((constructor)) static void start(void) {
  const char *at = getenv("KILL_AT");
  const char *seconds = getenv("KILL_SECONDS");
  report = getenv("KILL_REPORT");
  trace = getenv("KILL_TRACE");
  kind = getenv("KILL_KIND");
  kill_at = at ? strtoul(at, NULL, 10) : 0;
  if (seconds) {
    die_after(strtod(seconds, NULL));
  }
  unsetenv("LD_PRELOAD"); /* what it starts is not its own death */
}

__attribute__((destructor)) static void end(void) {
  tell(report, "ended\n");
}

/* The next definition of a function: the C library's. The cast is POSIX's own
 * way from a data pointer to that of a function. */
#define NEXT(name)                                                             \
  __typeof__(name) *next; /* NOLINT(bugprone-macro-parentheses) */             \
  *(void **)&next = dlsym(RTLD_NEXT, #name)

/* A call on names or descriptors: before and after. */
#define PLAIN(result, name, parameters, arguments, seen)                       \
  result name parameters {                                                     \
    bool counts = seen;                                                        \
    result got;                                                                \
    NEXT(name);                                                                \
    if (counts) {                                                              \
      point(#name, "before");                                                  \
    }                                                                          \
    got = next arguments;                                                      \
    if (counts) {                                                              \
      point(#name, "after");                                                   \
    }                                                                          \
    return got;                                                                \
  }

/* A call that hands out `len` bytes: also when only half of them are out. */
#define WRITING(name, parameters, half, arguments)                             \
  ssize_t name parameters {                                                    \
    bool counts = is_seen(fd);                                                 \
    ssize_t got;                                                               \
    NEXT(name);                                                                \
    if (counts) {                                                              \
      point(#name, "before");                                                  \
      if (len > 1 && is_chosen(#name, "within")) {                             \
        next half;                                                             \
        die(#name, "within");                                                  \
      }                                                                        \
    }                                                                          \
    got = next arguments;                                                      \
    if (counts) {                                                              \
      point(#name, "after");                                                   \
    }                                                                          \
    return got;                                                                \
  }

/* The C library's headers name parameters with underscores.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
/* clang-format off */
WRITING(write, (int fd, const void *bytes, size_t len), (fd, bytes, len / 2),
        (fd, bytes, len))
WRITING(pwrite64, (int fd, const void *bytes, size_t len, off64_t at),
        (fd, bytes, len / 2, at), (fd, bytes, len, at))
WRITING(pwrite, (int fd, const void *bytes, size_t len, off_t at),
        (fd, bytes, len / 2, at), (fd, bytes, len, at))
WRITING(send, (int fd, const void *bytes, size_t len, int flags),
        (fd, bytes, len / 2, flags), (fd, bytes, len, flags))

PLAIN(ssize_t, recv, (int fd, void *bytes, size_t len, int flags),
      (fd, bytes, len, flags), is_seen(fd))
PLAIN(ssize_t, read, (int fd, void *bytes, size_t len),
      (fd, bytes, len), is_seen(fd))
PLAIN(int, fsync, (int fd), (fd), true)
PLAIN(int, fdatasync, (int fd), (fd), true)
PLAIN(int, ftruncate, (int fd, off_t len), (fd, len), true)
PLAIN(int, ftruncate64, (int fd, off64_t len), (fd, len), true)
PLAIN(int, rename, (const char *from, const char *to), (from, to), true)
PLAIN(int, link, (const char *from, const char *to), (from, to), true)
PLAIN(int, unlink, (const char *path), (path), true)
/* clang-format on */
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
