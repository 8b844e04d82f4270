/* same_delay.c - how many looks at the delay of a look every 5 s. */
#include <math.h>
#include <stdlib.h>

#include "crowd.h"
#include "oracle.h"
#include "tables.h"
#include "watchers.h"

enum { TASKS = 10000, FEW = 1000, RUNNING = 16, RUNS = 3, TRIES = 9 };

static const double FIXED = 5.0;
static const double NEAR_ORACLE = 1.10;

typedef struct watcher (*make_watcher)(struct cadence *c);

struct trial {
  struct lifetime lifetime;
  uint32_t tasks;
  double *durations[RUNS];
  struct score fixed;
};

static void set_up(struct trial *t, const struct lifetime *l, uint32_t tasks) {
  double interval = FIXED;
  struct watcher w = watch_every(&interval);
  int i;
  t->lifetime = *l;
  t->tasks = tasks;
  t->fixed.looks = t->fixed.delay = 0.0;
  for (i = 0; i < RUNS; i++) {
    struct crowd crowd = {0, 0, RUNNING};
    struct score s;
    t->durations[i] = crowd_durations(tasks, l->median, l->sigma, 11 + i);
    crowd.durations = t->durations[i];
    crowd.count = tasks;
    s = crowd_watch(&crowd, &w, 1, NULL);
    t->fixed.looks += s.looks / RUNS;
    t->fixed.delay += s.delay / RUNS;
  }
}

static void tear_down(struct trial *t) {
  int i;
  for (i = 0; i < RUNS; i++) {
    free(t->durations[i]);
  }
}

/* From a cold start. */
static struct score learn(const struct trial *t, make_watcher make,
                          double patience) {
  struct score mean = {0.0, 0.0};
  int i;
  for (i = 0; i < RUNS; i++) {
    struct cadence_options o = watch_options(patience);
    struct crowd crowd = {0, 0, RUNNING};
    struct cadence c;
    struct watcher w = make(&c);
    struct score s;
    kling_cadence_open(&c, &o);
    crowd.durations = t->durations[i];
    crowd.count = t->tasks;
    s = crowd_watch(&crowd, &w, 21 + (uint64_t)i, NULL);
    mean.looks += s.looks / RUNS;
    mean.delay += s.delay / RUNS;
  }
  return mean;
}

/* The looks at the fixed schedule's delay: between the two patiences tried
 * that come nearest to it from both sides. */
static double looks_at_delay(const struct trial *t, make_watcher make) {
  double low = 0.01;
  double high = 2.0;
  struct score below = learn(t, make, low);
  struct score above = learn(t, make, high);
  int i;
  for (i = 0; i < TRIES; i++) {
    double patience = sqrt(low * high);
    struct score s = learn(t, make, patience);
    if (s.delay > t->fixed.delay) {
      high = patience;
      above = s;
    } else {
      low = patience;
      below = s;
    }
  }
  return below.looks + (above.looks - below.looks) *
                           (t->fixed.delay - below.delay) /
                           (above.delay - below.delay);
}

static double oracle_looks(const struct trial *t, const struct limits *limits) {
  struct oracle o;
  oracle_solve_for_delay(&o, &t->lifetime, limits, t->fixed.delay);
  oracle_free(&o);
  return o.looks;
}

static int print_row(FILE *out, const struct lifetime *l, double goal) {
  static const struct limits bound = {3.0, 15.0, 3.0, 60.0};
  static const struct limits free_of_bounds = {0.25, 60.0, 0.25, 200.0};
  struct trial t, few;
  double looks, told, ratio, known, known_free;
  set_up(&t, l, TASKS);
  set_up(&few, l, FEW);
  looks = looks_at_delay(&t, watch_learning);
  told = looks_at_delay(&t, watch_told);
  ratio = looks / t.fixed.looks;
  known = looks / oracle_looks(&t, &bound);
  known_free = looks / oracle_looks(&t, &free_of_bounds);
  fprintf(out,
          "  %6.0f  %5.2f  %6.2f  %5.2f  %6.2f   %5.3f  %4.2f %-3s  %5.3f "
          "%-3s    %5.3f   %5.3f  %5.3f\n",
          l->median, l->sigma, t.fixed.looks, t.fixed.delay, looks, ratio, goal,
          ratio <= goal ? "yes" : "NO", known,
          known <= NEAR_ORACLE ? "yes" : "NO", known_free, told / t.fixed.looks,
          looks_at_delay(&few, watch_learning) / few.fixed.looks);
  tear_down(&t);
  tear_down(&few);
  return (ratio > goal) + (known > NEAR_ORACLE);
}

int table_same_delay(FILE *out) {
  static const double medians[] = {60.0, 90.0, 120.0};
  static const double sigmas[] = {0.25, 0.4, 0.8};
  static const double goals[] = {0.55, 0.65, 0.95};
  int missed = 0;
  int i, k;
  fputs(
      "\nLooks a task at the mean delay of a look every 5 s. Lognormal; 10,000 "
      "tasks, 16 at once, cold start\nincluded, mean of 3 runs. first_poll 3, "
      "poll_interval 3, max_poll_interval 15, hence a first look at 60 s\nat "
      "most. Ends are known to (last look not done, first look done] only. "
      "`ratio` is learned / every 5 s,\n`oracle` learned / the one that knows "
      "the distribution and has the same bounds, `unbound` that without\n"
      "bounds, `told` the ratio where the service tells when a task ended, "
      "`1,000` the ratio over 1,000 tasks.\n\n"
      "  median  sigma  every 5 s      learned  ratio  goal      oracle 1.10  "
      "unbound  told   1,000\n"
      "       s          looks delay s    looks\n",
      out);
  for (i = 0; i < 3; i++) {
    for (k = 0; k < 3; k++) {
      struct lifetime l;
      l.median = medians[i];
      l.sigma = sigmas[k];
      missed += print_row(out, &l, goals[k]);
    }
  }
  return missed;
}
