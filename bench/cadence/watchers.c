/* watchers.c - the schedules that are compared. */
#include "watchers.h"

static const struct watcher NOBODY = {0, 0, 0, 0};

static double next_every(void *self, double age, double u) {
  (void)age;
  (void)u;
  return *(double *)self;
}

struct watcher watch_every(double *seconds) {
  struct watcher w = NOBODY;
  w.self = seconds;
  w.next = next_every;
  return w;
}

/* Its looks are at 3, 6, 9.75 ... s of age: which one is this? */
static double next_growing(void *self, double age, double u) {
  double at = 3.0;
  double gap = 3.0;
  (void)self;
  (void)u;
  while (age > at + 0.5) {
    at += gap;
    gap = gap * 1.25 < 15.0 ? gap * 1.25 : 15.0;
  }
  return gap;
}

struct watcher watch_growing(void) {
  struct watcher w = NOBODY;
  w.next = next_growing;
  return w;
}

static double next_learning(void *self, double age, double u) {
  return kling_cadence_next(self, age, u);
}

static void learn_survival(void *self, double from, double to) {
  kling_cadence_survive(self, from, to);
}

static void learn_interval(void *self, double after, double by,
                           double duration) {
  (void)duration;
  kling_cadence_end(self, after, by);
}

static void learn_time(void *self, double after, double by, double duration) {
  if (after > 0.0 && duration < by - 0.5) { /* what src/lifespan.c believes */
    kling_cadence_survive(self, after, duration);
    kling_cadence_end(self, duration, duration);
  } else {
    kling_cadence_end(self, after, by);
  }
}

struct watcher watch_learning(struct cadence *c) {
  struct watcher w;
  w.self = c;
  w.next = next_learning;
  w.teach_survival = learn_survival;
  w.teach_end = learn_interval;
  return w;
}

struct watcher watch_told(struct cadence *c) {
  struct watcher w = watch_learning(c);
  w.teach_end = learn_time;
  return w;
}

static double next_knowing(void *self, double age, double u) {
  (void)u;
  return oracle_next(self, age);
}

struct watcher watch_knowing(struct oracle *o) {
  struct watcher w = NOBODY;
  w.self = o;
  w.next = next_knowing;
  return w;
}

struct cadence_options watch_options(double patience) {
  struct cadence_options o = {3.0, 3.0, 15.0, 0.0};
  o.patience = patience;
  return o;
}
