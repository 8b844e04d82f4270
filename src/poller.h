/* poller.h - fold many sockets and one timer into one descriptor. Level
 * triggered: what is not dealt with is reported again. Not responsible for
 * what the sockets are for. */
#ifndef KLING_POLLER_H
#define KLING_POLLER_H

#include <stdbool.h>

/* One implementation a platform; poller_none is for those with neither, and
 * can be asked for (make POLLER=none) so that it is tested. */
#if defined(KLING_POLLER_NONE) || defined(KLING_POLLER_KQUEUE)
#elif defined(__linux__)
#define KLING_POLLER_EPOLL
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__OpenBSD__) ||    \
    defined(__NetBSD__) || defined(__DragonFly__)
#define KLING_POLLER_KQUEUE
#else
#define KLING_POLLER_NONE
#endif

enum { POLLER_READ = 1, POLLER_WRITE = 2, POLLER_ERROR = 4 };

struct poller_event {
  int fd;
  int what;
};

struct poller {
  int fd;        /* readable when there is something to do; -1: none */
  int timer_fd;  /* epoll only */
  double due;    /* what the timer is set to, on kling_clock_now; < 0: off */
  void *watched; /* poller_none only: an array of struct pollfd */
  unsigned count;
  unsigned cap;
};

bool kling_poller_open(struct poller *p);
void kling_poller_close(struct poller *p);
/* Watch a socket for this; 0 forgets it. False: out of memory, or the system
 * refused. */
bool kling_poller_watch(struct poller *p, int fd, int what);
/* Make the descriptor readable from this moment on; < 0: never. It may be so
 * earlier, once, when the timer was set to an earlier moment before. */
void kling_poller_set_timer(struct poller *p, double due);
/* Wait at most this long. Returns how many events were written; -1: a signal
 * came. */
int kling_poller_wait(struct poller *p, double seconds,
                      struct poller_event *events, int max);

#endif
