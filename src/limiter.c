/* limiter.c - how many tasks may run at the service at once. */
#include "limiter.h"

#include <math.h>
#include <string.h>

enum { START = 2, NEED_MIN = 16, NEED_MAX = 64 };

static const double PATIENCE_MIN = 60.0; /* seconds */
static const double PATIENCE_FIRST = 300.0;
static const double PATIENCE_MAX = 1200.0;

static const double PACE_MIN = 0.2; /* seconds; closer: as fast as they come */
static const double PACE_MAX = 10.0;
static const double PACE_RELIEF = 0.9;

static double bounded(double n, double least, double most) {
  if (n < least) {
    return least;
  }
  return n < most ? n : most;
}

static void set_cap(struct limiter *l, uint32_t cap) {
  uint32_t most = cap < l->max ? cap : l->max;
  l->cap = most > 1 ? most : 1;
}

static void set_probe(struct limiter *l, double need, double patience) {
  l->need = (uint32_t)bounded(need, NEED_MIN, NEED_MAX);
  l->patience = bounded(patience, PATIENCE_MIN, PATIENCE_MAX);
  l->ends = 0;
}

void kling_limiter_open(struct limiter *l, uint32_t max) {
  memset(l, 0, sizeof(*l));
  l->max = max ? max : UINT32_MAX;
  l->refused = l->hurried = -INFINITY;
  set_cap(l, START);
}

double kling_limiter_due(const struct limiter *l) {
  if (l->running < l->cap) {
    return l->resume;
  }
  if (!l->is_learned || l->cap >= l->max) {
    return INFINITY;
  }
  return l->probe > l->resume ? l->probe : l->resume;
}

static void raise_cap(struct limiter *l, double now) {
  l->step = l->is_probing ? 2 * l->step : 1;
  if (l->is_probing) { /* the last one was not refused */
    set_probe(l, NEED_MIN, PATIENCE_MIN);
  }
  set_cap(l, l->cap + l->step);
  l->is_probing = true;
  l->ends = 0;
  l->probe = now + l->patience;
}

void kling_limiter_start(struct limiter *l, double now) {
  if (l->running >= l->cap) {
    raise_cap(l, now);
  }
  l->running++;
  l->resume = now + l->pace;
}

void kling_limiter_accept(struct limiter *l) {
  uint32_t proven;
  l->accepted++;
  l->pace = l->pace > PACE_MIN ? l->pace * PACE_RELIEF : 0.0;
  proven = l->is_learned ? l->accepted : l->accepted + l->accepted / 4 + 1;
  if (proven > l->cap) {
    set_cap(l, proven);
  }
}

void kling_limiter_find(struct limiter *l) {
  l->running++;
  kling_limiter_accept(l);
}

void kling_limiter_leave(struct limiter *l, bool was_accepted) {
  if (was_accepted) {
    l->ends += l->running >= l->cap;
    l->accepted--;
  }
  if (l->ends >= l->need) {
    l->probe = 0.0; /* now */
  }
  l->running--;
}

static void learn(struct limiter *l, double now) {
  if (!l->is_learned) {
    set_probe(l, NEED_MIN, PATIENCE_FIRST);
  } else if (l->is_probing) {
    set_probe(l, 2.0 * l->need, 2.0 * l->patience);
  } else {
    set_probe(l, NEED_MIN, PATIENCE_MIN);
  }
  l->is_learned = true;
  l->is_probing = false;
  l->probe = now + l->patience;
}

void kling_limiter_full(struct limiter *l, double sent, double now,
                        double delay, bool is_asked) {
  bool is_echo = sent < l->refused;
  l->running--;
  if (is_asked || l->running == 0) {
    l->resume = bounded(now + delay, l->resume, INFINITY);
  }
  if (l->running == 0) { /* it has none for us now; how many, it did not say */
    l->is_learned = false;
  } else if (is_echo) {
    set_cap(l, l->cap - 1); /* it was counted */
    return;
  } else {
    learn(l, now);
  }
  l->refused = now;
  set_cap(l, l->running);
}

void kling_limiter_fast(struct limiter *l, double sent, double now,
                        double delay) {
  l->running--;
  l->resume = bounded(now + delay, l->resume, INFINITY);
  if (sent >= l->hurried) {
    l->hurried = now;
    l->pace = bounded(2.0 * l->pace, PACE_MIN, PACE_MAX);
  }
}
