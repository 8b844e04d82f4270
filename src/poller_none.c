/* poller_none.c - anywhere else: poll(2) over an array. There is no one
 * descriptor, so event loops have to look every so often. */
#define _POSIX_C_SOURCE 200809L
#include "clock.h"
#include "poller.h"

#ifdef KLING_POLLER_NONE

#include <poll.h>
#include <stdlib.h>
#include <string.h>

bool kling_poller_open(struct poller *p) {
  memset(p, 0, sizeof(*p));
  p->fd = p->timer_fd = -1;
  p->due = -1.0;
  return true;
}

void kling_poller_close(struct poller *p) {
  free(p->watched);
  p->watched = NULL;
  p->count = p->cap = 0;
}

static struct pollfd *find(struct poller *p, int fd) {
  struct pollfd *watched = p->watched;
  unsigned i;
  for (i = 0; i < p->count; i++) {
    if (watched[i].fd == fd) {
      return &watched[i];
    }
  }
  return NULL;
}

static struct pollfd *add(struct poller *p) {
  struct pollfd *watched = p->watched;
  if (p->count == p->cap) {
    unsigned cap = p->cap ? p->cap * 2 : 16;
    watched = realloc(watched, cap * sizeof(*watched));
    if (!watched) {
      return NULL;
    }
    p->watched = watched;
    p->cap = cap;
  }
  return &watched[p->count++];
}

bool kling_poller_watch(struct poller *p, int fd, int what) {
  struct pollfd *watched = p->watched;
  struct pollfd *entry = find(p, fd);
  if (!what) {
    if (entry) {
      *entry = watched[--p->count];
    }
    return true;
  }
  entry = entry ? entry : add(p);
  if (!entry) {
    return false;
  }
  entry->fd = fd;
  entry->revents = 0;
  entry->events = (short)(((what & POLLER_READ) ? POLLIN : 0) |
                          ((what & POLLER_WRITE) ? POLLOUT : 0));
  return true;
}

void kling_poller_set_timer(struct poller *p, double due) {
  p->due = due;
}

static int what_happened(short revents) {
  return ((revents & POLLIN) ? POLLER_READ : 0) |
         ((revents & POLLOUT) ? POLLER_WRITE : 0) |
         ((revents & (POLLERR | POLLHUP | POLLNVAL)) ? POLLER_ERROR : 0);
}

int kling_poller_wait(struct poller *p, double seconds,
                      struct poller_event *events, int max) {
  struct pollfd *watched = p->watched;
  int count;
  int out = 0;
  unsigned i;
  if (p->due >= 0.0) {
    double left = p->due - kling_clock_now();
    seconds = left < seconds ? left : seconds;
  }
  count = poll(watched, p->count, kling_clock_ms(seconds));
  if (count <= 0) {
    return count; /* < 0: a signal */
  }
  for (i = 0; i < p->count && out < max; i++) {
    if (watched[i].revents) {
      events[out].fd = watched[i].fd;
      events[out].what = what_happened(watched[i].revents);
      out++;
    }
  }
  return out;
}

#endif
