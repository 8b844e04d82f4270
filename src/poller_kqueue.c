/* poller_kqueue.c - macOS and the BSDs: kqueue, with its own timer. */
#include "clock.h"
#include "poller.h"

#ifdef KLING_POLLER_KQUEUE

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include <sys/event.h>
#include <sys/time.h>
#include <unistd.h>

enum { MAX_EVENTS = 64, TIMER = 1 };

static bool change(struct poller *p, int ident, int filter, int flags,
                   int64_t data) {
  struct kevent e;
  memset(&e, 0, sizeof(e));
  e.ident = (uintptr_t)ident;
  e.filter = (int16_t)filter;
  e.flags = (uint16_t)flags;
  e.data = (intptr_t)data;
  return kevent(p->fd, &e, 1, NULL, 0, NULL) == 0;
}

bool kling_poller_open(struct poller *p) {
  p->due = -1.0;
  p->timer_fd = -1;
  p->fd = kqueue();
  if (p->fd >= 0) {
    fcntl(p->fd, F_SETFD, FD_CLOEXEC);
  }
  return p->fd >= 0;
}

void kling_poller_close(struct poller *p) {
  if (p->fd >= 0) {
    close(p->fd);
  }
  p->fd = -1;
}

bool kling_poller_watch(struct poller *p, int fd, int what) {
  bool ok = true;
  if (what & POLLER_READ) {
    ok = change(p, fd, EVFILT_READ, EV_ADD, 0);
  } else {
    change(p, fd, EVFILT_READ, EV_DELETE, 0); /* fails when it was not there */
  }
  if (what & POLLER_WRITE) {
    ok = change(p, fd, EVFILT_WRITE, EV_ADD, 0) && ok;
  } else {
    change(p, fd, EVFILT_WRITE, EV_DELETE, 0);
  }
  return ok;
}

void kling_poller_set_timer(struct poller *p, double due) {
  int ms;
  if (due == p->due || (due < 0.0 && p->due < 0.0)) {
    return;
  }
  p->due = due;
  if (due < 0.0) {
    change(p, TIMER, EVFILT_TIMER, EV_DELETE, 0);
    return;
  }
  ms = kling_clock_ms(due - kling_clock_now());
  change(p, TIMER, EVFILT_TIMER, EV_ADD | EV_ONESHOT, ms > 1 ? ms : 1);
}

int kling_poller_wait(struct poller *p, double seconds,
                      struct poller_event *events, int max) {
  struct kevent ready[MAX_EVENTS];
  struct timespec limit;
  int out;
  int count;
  int i;
  limit.tv_sec = (time_t)seconds;
  limit.tv_nsec = (long)((seconds - (double)limit.tv_sec) * 1e9);
  count = kevent(p->fd, NULL, 0, ready, max < MAX_EVENTS ? max : MAX_EVENTS,
                 &limit);
  out = count < 0 ? -1 : 0; /* a signal */
  for (i = 0; i < count; i++) {
    if (ready[i].filter == EVFILT_TIMER) {
      p->due = -1.0; /* it was one shot: setting the same moment counts */
      continue;
    }
    events[out].fd = (int)ready[i].ident;
    events[out].what =
        (ready[i].filter == EVFILT_READ ? POLLER_READ : POLLER_WRITE) |
        ((ready[i].flags & EV_ERROR) ? POLLER_ERROR : 0);
    out++;
  }
  return out;
}

#endif
