/* limiter.h - how many tasks may run at the service at once: pure arithmetic.
 * Not responsible for who waits, or in which order.
 *
 * The service refuses one task too many (code 1303), says nowhere how many it
 * takes, and its gateway shares that number among customers, so that it moves
 * under us. A refused create is free, but it is a request for nothing: there
 * should be few, and no place should stand empty for long.
 *
 * - Until the first refusal: a quarter more than is seen to run, at least two.
 *   As each acceptance counts at once, this doubles in three round trips; to
 *   double in one would be a second or two faster, once, and have three times
 *   as many creates under way that are refused together.
 * - A refusal tells the number: the others that have places now. It is the cap
 *   from then on. Not half of it, as for packets: what was too much is one
 *   request, and it is not in anybody's way. Creates under way by then count as
 *   accepted; each that is refused is an echo, and one less.
 * - After `need` tasks have ended at the cap, or `patience` seconds, one place
 *   more is probed for. Is that refused, the number stands still: need and
 *   patience double, so that in the long run one create in NEED_MAX is refused
 *   (of long tasks, one in PATIENCE_MAX seconds).
 * - Is a create refused while none is probed for, others took a place that was
 *   ours: the number moves, and need and patience start from the least. So they
 *   do when a probe is not refused until the next, which is twice as high then:
 *   when others leave, their places are found in a few steps.
 * - While nothing of ours runs, no end will tell of a place: then one create is
 *   tried after the other, as far apart as the caller says, and the first that
 *   is accepted begins anew: what was refused before tells of others.
 *
 * Code 1302 (requests too fast) is not about tasks: it leaves the cap alone,
 * stops all creates for a while and spaces them after that; acceptances bring
 * them closer again.
 *
 * spec/limiter_spec.lua has this rule run against services that stand still and
 * that move, and says how well it does. */
#ifndef KLING_LIMITER_H
#define KLING_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

struct limiter {
  uint32_t cap;
  uint32_t max;      /* the cap's bound */
  uint32_t running;  /* places taken: creates under way, and accepted tasks */
  uint32_t accepted; /* places of tasks that run, as far as we know */
  uint32_t step;     /* how much higher the last probe was */
  uint32_t need;     /* ends at the cap before the next probe */
  uint32_t ends;     /* of them, so far */
  double patience;   /* seconds before the next probe */
  double probe;      /* clock: the next probe */
  double refused;    /* clock: the last 1303 that was no echo */
  double hurried;    /* clock: the last 1302 that was no echo */
  double resume;     /* clock: no create before */
  double pace;       /* seconds between creates */
  bool is_learned;   /* a refusal told the cap */
  bool is_probing;   /* the cap was raised since */
};

/* `max` 0: no bound. */
void kling_limiter_open(struct limiter *l, uint32_t max);

/* From when on one more create may start; INFINITY: not before something else
 * happens. */
double kling_limiter_due(const struct limiter *l);

/* A create starts; it takes a place. */
void kling_limiter_start(struct limiter *l, double now);
/* The task in a place is known to run. */
void kling_limiter_accept(struct limiter *l);
/* One more is known to run that nobody asked for; it takes a place, too. */
void kling_limiter_find(struct limiter *l);
/* A place is free again. */
void kling_limiter_leave(struct limiter *l, bool was_accepted);

/* A create that began at `sent` was refused with 1303, or 1302; its place is
 * free. The next should come in `delay` seconds; `is_asked`: says the service.
 */
void kling_limiter_full(struct limiter *l, double sent, double now,
                        double delay, bool is_asked);
void kling_limiter_fast(struct limiter *l, double sent, double now,
                        double delay);

#endif
