/* proof.c - that the oracle is right: against a closed form, against a
 * simulation, against ten thousand other schedules, and against itself on a
 * finer grid. */
#include <math.h>
#include <stdlib.h>

#include "crowd.h"
#include "oracle.h"
#include "tables.h"
#include "watchers.h"

static const struct limits WIDE = {0.0, 120.0, 0.0, 300.0};
static const struct lifetime USUAL = {90.0, 0.4};
static const double PATIENCE = 0.3;

enum { TASKS = 200000, OTHERS = 10000 };

static int say(FILE *out, int holds, const char *what) {
  fprintf(out, "  %s: %s\n", holds ? "holds" : "FAILS", what);
  return !holds;
}

/* An exponential lifetime has no memory: the best gap is always the same, and
 * with it the cost is (patience + gap - (1 - e^(-gap/mean)) mean) divided by
 * (1 - e^(-gap/mean)). */
static double constant_cost(double mean, double gap) {
  double ends = -expm1(-gap / mean);
  return (PATIENCE + gap - ends * mean) / ends;
}

static int check_closed_form(FILE *out) {
  const struct lifetime l = {60.0, 0.0};
  struct oracle o;
  double best = 1.0;
  double gap;
  int i;
  char text[160];
  for (i = 1000; i < 30000; i++) {
    gap = i / 1000.0;
    if (constant_cost(l.median, gap) < constant_cost(l.median, best)) {
      best = gap;
    }
  }
  oracle_solve(&o, &l, &WIDE, PATIENCE, 0.05);
  snprintf(text, sizeof(text),
           "exponential, mean 60 s: costs %.4f, first gap %.2f s; in closed "
           "form %.4f, %.2f s",
           oracle_cost(&o), oracle_next(&o, 0.0), constant_cost(60.0, best),
           best);
  gap = oracle_next(&o, 0.0);
  oracle_free(&o);
  return say(out,
             fabs(oracle_cost(&o) / constant_cost(60.0, best) - 1.0) < 1e-3 &&
                 fabs(gap - best) < 0.1,
             text);
}

static int check_simulation(FILE *out, struct oracle *o) {
  double *durations = crowd_durations(TASKS, USUAL.median, USUAL.sigma, 1);
  struct crowd crowd;
  struct watcher w = watch_knowing(o);
  struct score s;
  char text[160];
  crowd.durations = durations;
  crowd.count = TASKS;
  crowd.running = 16;
  s = crowd_watch(&crowd, &w, 1, NULL);
  free(durations);
  snprintf(text, sizeof(text),
           "lognormal, 90 s, 0.4: computed %.3f looks, %.3f s of delay; "
           "simulated %.3f, %.3f",
           o->looks, o->delay, s.looks, s.delay);
  return say(out,
             fabs(s.looks / o->looks - 1.0) < 0.01 &&
                 fabs(s.delay / o->delay - 1.0) < 0.01,
             text);
}

/* Each gap is changed by up to `most`, a share of it. */
static void disturb(const double *ages, double *changed, int count, double most,
                    struct dice *dice) {
  double before = 0.0;
  double at = 0.0;
  int i;
  for (i = 0; i < count; i++) {
    double by = most * (2.0 * dice_draw(dice) - 1.0);
    at += (ages[i] - before) * (1.0 + by);
    before = ages[i];
    changed[i] = at;
  }
}

static int check_others(FILE *out, const struct oracle *o) {
  static double ages[ORACLE_LOOKS], changed[ORACLE_LOOKS];
  struct dice dice = dice_of(2);
  int count = oracle_ages(o, ages);
  double cost = oracle_cost_of(&USUAL, PATIENCE, ages, count);
  int cheaper = 0;
  int i;
  char text[160];
  for (i = 0; i < OTHERS; i++) {
    disturb(ages, changed, count, 0.5 * dice_draw(&dice), &dice);
    cheaper += oracle_cost_of(&USUAL, PATIENCE, changed, count) < cost - 1e-3;
  }
  snprintf(text, sizeof(text),
           "its cost %.4f is %.4f by the distribution alone; of %d schedules "
           "about it %d are cheaper",
           oracle_cost(o), cost, OTHERS, cheaper);
  return say(out, fabs(cost - oracle_cost(o)) < 1e-3 && cheaper == 0, text);
}

static int check_grid(FILE *out, const struct oracle *o) {
  struct oracle finer;
  char text[160];
  oracle_solve(&finer, &USUAL, &WIDE, PATIENCE, o->step / 5.0);
  snprintf(text, sizeof(text), "ages %.2f s apart cost %.4f, %.2f s apart %.4f",
           o->step, oracle_cost(o), finer.step, oracle_cost(&finer));
  oracle_free(&finer);
  return say(out, fabs(oracle_cost(&finer) / oracle_cost(o) - 1.0) < 1e-3,
             text);
}

int proof_print(FILE *out) {
  struct oracle o;
  int failed;
  fputs("The oracle: the schedule that knows the distribution.\n", out);
  oracle_solve(&o, &USUAL, &WIDE, PATIENCE, 0.25);
  failed = check_closed_form(out) + check_simulation(out, &o) +
           check_others(out, &o) + check_grid(out, &o);
  oracle_free(&o);
  return failed;
}
