/* intake.h - how many requests may wait for a connection at once. New ones are
 * dear: over TLS milliseconds each, thirty for the first. Requests to the
 * service and downloads have one intake each. */
#ifndef KLING_INTAKE_H
#define KLING_INTAKE_H

#include "transfer.h"

enum { INTAKE_MOST = 32 }; /* requests that begin in one turn */

struct intake {
  unsigned connecting; /* requests that have no connection yet */
  unsigned most;       /* of them, in this turn */
  unsigned idle;       /* connections of HTTP/1.1, as far as we know */
  unsigned unwatched;  /* requests without a connection that have no time-out of
                        * libcurl's for it: ours does for them */
  double watch_due;    /* clock: when the first of them may be late */
  enum { SPEAKS_UNKNOWN, SPEAKS_HTTP1, SPEAKS_HTTP2 } service;
};

void kling_intake_begin_turn(struct intake *in);
static inline bool kling_intake_is_open(const struct intake *in) {
  return in->connecting < in->most;
}
/* Must it wait for I/O, and not only for the next turn? */
bool kling_intake_is_full(const struct intake *in);

/* Make a request ready for what the service speaks, as far as that is known. */
void kling_intake_prepare(const struct intake *in, struct transfer *t);
/* It has begun. */
void kling_intake_add(struct intake *in, struct transfer *t);
/* It needs a connection, now or after all; it has begun. */
void kling_intake_watch(struct intake *in, struct transfer *t);
/* It has ended. */
void kling_intake_learn(struct intake *in, const struct transfer *t);

#endif
