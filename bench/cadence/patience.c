/* patience.c - what the option does: looks against delay. */
#include <stdlib.h>

#include "crowd.h"
#include "oracle.h"
#include "tables.h"
#include "watchers.h"

enum { TASKS = 10000, RUNNING = 16 };

static const double MEDIAN = 90.0;
static const double DEFAULT = 0.5;
static const double BUDGET = 1.10;
static const struct limits BOUND = {3.0, 15.0, 3.0, 60.0};

static const double patiences[] = {0.05, 0.1, 0.2, 0.3, 0.5,
                                   0.7,  1.0, 1.5, 2.0, 5.0};
enum { PATIENCES = sizeof(patiences) / sizeof(patiences[0]) };

static void print_fixed(FILE *curves, const struct crowd *crowd, double sigma) {
  int seconds;
  fprintf(curves, "# every 2 to 15 s, sigma %.2f: looks delay\n", sigma);
  for (seconds = 2; seconds <= 15; seconds++) {
    double every = seconds;
    struct watcher w = watch_every(&every);
    struct score s = crowd_watch(crowd, &w, 1, NULL);
    fprintf(curves, "%.3f %.3f\n", s.looks, s.delay);
  }
  fputs("\n\n", curves);
}

static int print_learned(FILE *out, FILE *curves, const struct crowd *crowd,
                         double sigma) {
  struct lifetime l;
  int missed = 0;
  int i;
  l.median = MEDIAN;
  l.sigma = sigma;
  fprintf(curves, "# learned, sigma %.2f: looks delay, oracle's\n", sigma);
  for (i = 0; i < PATIENCES; i++) {
    struct cadence_options o = watch_options(patiences[i]);
    struct cadence c;
    struct watcher w = watch_learning(&c);
    struct oracle known;
    struct score s;
    double ratio;
    kling_cadence_open(&c, &o);
    s = crowd_watch(crowd, &w, 2, NULL);
    oracle_solve(&known, &l, &BOUND, patiences[i], 0.25);
    oracle_free(&known);
    ratio = (patiences[i] * s.looks + s.delay) / oracle_cost(&known);
    fprintf(curves, "%.3f %.3f %.3f %.3f\n", s.looks, s.delay, known.looks,
            known.delay);
    fprintf(out, "  %5.2f  %8.2f  %6.2f  %7.2f  %6.2f  %6.2f  %10.3f %s%s\n",
            sigma, patiences[i], s.looks, s.delay, known.looks, known.delay,
            ratio, ratio <= BUDGET ? "yes" : "NO",
            patiences[i] == DEFAULT ? "  the default" : "");
    missed += ratio > BUDGET;
  }
  fputs("\n\n", curves);
  return missed;
}

int table_patience(FILE *out, FILE *curves) {
  static const double sigmas[] = {0.25, 0.4, 0.8};
  int missed = 0;
  int i;
  fputs("\nWhat `patience` does: it is the seconds of delay that one look is "
        "worth. Median 90 s, else as above.\n`cost` is patience x looks + "
        "delay, learned / oracle of the same bounds. `growing` is what was "
        "before:\n3 s, a quarter more each time, to 15 s.\n\n"
        "  sigma  patience   looks  delay s    oracle's        cost 1.10\n",
        out);
  for (i = 0; i < 3; i++) {
    struct crowd crowd = {0, TASKS, RUNNING};
    struct watcher growing = watch_growing();
    struct score s;
    double *durations = crowd_durations(TASKS, MEDIAN, sigmas[i], 31);
    crowd.durations = durations;
    print_fixed(curves, &crowd, sigmas[i]);
    missed += print_learned(out, curves, &crowd, sigmas[i]);
    s = crowd_watch(&crowd, &growing, 1, NULL);
    fprintf(out, "  %5.2f   growing  %6.2f  %7.2f\n", sigmas[i], s.looks,
            s.delay);
    fprintf(curves, "# growing, sigma %.2f\n%.3f %.3f\n\n\n", sigmas[i],
            s.looks, s.delay);
    free(durations);
  }
  return missed;
}
