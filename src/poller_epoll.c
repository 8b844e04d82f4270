/* poller_epoll.c - Linux: epoll with a timerfd inside. */
#define _POSIX_C_SOURCE 200809L
#include "clock.h"
#include "poller.h"

#ifdef KLING_POLLER_EPOLL

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { MAX_EVENTS = 64 };

static bool control(struct poller *p, int op, int fd, uint32_t events) {
  struct epoll_event e;
  memset(&e, 0, sizeof(e));
  e.events = events;
  e.data.fd = fd;
  return epoll_ctl(p->fd, op, fd, &e) == 0;
}

bool kling_poller_open(struct poller *p) {
  p->due = -1.0;
  p->timer_fd = -1;
  p->fd = epoll_create1(EPOLL_CLOEXEC);
  if (p->fd >= 0) {
    p->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  }
  if (p->timer_fd < 0 || !control(p, EPOLL_CTL_ADD, p->timer_fd, EPOLLIN)) {
    kling_poller_close(p);
    return false;
  }
  return true;
}

void kling_poller_close(struct poller *p) {
  if (p->timer_fd >= 0) {
    close(p->timer_fd);
  }
  if (p->fd >= 0) {
    close(p->fd);
  }
  p->fd = p->timer_fd = -1;
}

bool kling_poller_watch(struct poller *p, int fd, int what) {
  uint32_t events = ((what & POLLER_READ) ? (uint32_t)EPOLLIN : 0U) |
                    ((what & POLLER_WRITE) ? (uint32_t)EPOLLOUT : 0U);
  if (!what) {
    control(p, EPOLL_CTL_DEL, fd, 0); /* may be closed, hence gone, already */
    return true;
  }
  /* a number may come back as another socket: then it is not in the set */
  return control(p, EPOLL_CTL_MOD, fd, events) ||
         (errno == ENOENT && control(p, EPOLL_CTL_ADD, fd, events));
}

void kling_poller_set_timer(struct poller *p, double due) {
  struct itimerspec at;
  if (due == p->due || (due < 0.0 && p->due < 0.0)) {
    return;
  }
  /* To set it costs as much as a request: one that goes off too early, once,
   * costs a turn. */
  if (due > p->due && p->due > kling_clock_now()) {
    return;
  }
  p->due = due;
  memset(&at, 0, sizeof(at)); /* all zero: off */
  if (due >= 0.0) {
    at.it_value.tv_sec = (time_t)due;
    at.it_value.tv_nsec =
        (long)((due - (double)at.it_value.tv_sec) * 1e9) + 1; /* not all zero */
    if (at.it_value.tv_nsec > 999999999L) {
      at.it_value.tv_nsec = 999999999L;
    }
  }
  timerfd_settime(p->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static int what_happened(uint32_t events) {
  return ((events & EPOLLIN) ? POLLER_READ : 0) |
         ((events & EPOLLOUT) ? POLLER_WRITE : 0) |
         ((events & (EPOLLERR | EPOLLHUP)) ? POLLER_ERROR : 0);
}

int kling_poller_wait(struct poller *p, double seconds,
                      struct poller_event *events, int max) {
  struct epoll_event ready[MAX_EVENTS];
  int count = epoll_wait(p->fd, ready, max < MAX_EVENTS ? max : MAX_EVENTS,
                         kling_clock_ms(seconds));
  int out = count < 0 ? -1 : 0; /* a signal */
  int i;
  for (i = 0; i < count; i++) {
    if (ready[i].data.fd == p->timer_fd) {
      /* not read: whoever handles what is due sets the timer anew */
      continue;
    }
    events[out].fd = ready[i].data.fd;
    events[out].what = what_happened(ready[i].events);
    out++;
  }
  return out;
}

#endif
