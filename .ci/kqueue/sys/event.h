/* event.h - the names of kqueue(2) that src/poller_kqueue.c uses, so that it is
 * at least compiled where there is no kqueue. Nothing can be linked to it. */
#ifndef KLING_CI_EVENT_H
#define KLING_CI_EVENT_H

#include <stdint.h>
#include <time.h>

struct kevent {
  uintptr_t ident;
  short filter;
  unsigned short flags;
  unsigned int fflags;
  intptr_t data;
  void *udata;
};

#define EVFILT_READ  (-1)
#define EVFILT_WRITE (-2)
#define EVFILT_TIMER (-7)

#define EV_ADD     0x0001
#define EV_DELETE  0x0002
#define EV_ONESHOT 0x0010
#define EV_ERROR   0x4000

int kqueue(void);
int kevent(int kq, const struct kevent *changes, int n_changes,
           struct kevent *events, int n_events, const struct timespec *timeout);

#endif
