/* watchers.h - the schedules that are compared. */
#ifndef BENCH_WATCHERS_H
#define BENCH_WATCHERS_H

#include "../../src/cadence.h"
#include "crowd.h"
#include "oracle.h"

/* Every `*seconds`. */
struct watcher watch_every(double *seconds);
/* As before there was anything to learn: 3 s, then a quarter longer each time,
 * to 15 s. */
struct watcher watch_growing(void);
/* Ours; it learns (last look not done, first look done] ... */
struct watcher watch_learning(struct cadence *c);
/* ... or, where the service tells it, when the task ended. */
struct watcher watch_told(struct cadence *c);
/* The one that knows the distribution. */
struct watcher watch_knowing(struct oracle *o);

/* The options of a new client, but for the patience. */
struct cadence_options watch_options(double patience);

#endif
