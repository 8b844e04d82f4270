/* oracle.c - the schedule of looks that costs least, by dynamic programming
 * over ages from old to young.
 *
 * All is weighed by the share of tasks still alive, so that sums need no
 * division: from age i, looking next at j, costs
 *   alive(i) x patience + (j - i) x alive(i) - (the lives lived in between)
 * and whatever it costs from j on. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>

static const double TAIL =
    5.5; /* deviations: one task in 50 million is older */

double lifetime_alive(const struct lifetime *l, double age) {
  if (age <= 0.0) {
    return 1.0;
  }
  if (l->sigma == 0.0) {
    return exp(-age / l->median);
  }
  return 0.5 * erfc(log(age / l->median) / l->sigma / sqrt(2.0));
}

double lifetime_mean(const struct lifetime *l) {
  return l->median * exp(l->sigma * l->sigma / 2.0);
}

struct grid {
  double *alive;
  double *lived; /* alive, summed over all seconds before */
  double *cost;
  double *looks;
  double *delay;
};

static double *room(int count) {
  double *p = calloc((size_t)count + 1, sizeof(*p));
  if (!p) {
    abort();
  }
  return p;
}

static void draw(struct grid *g, const struct oracle *o) {
  int i;
  g->alive = room(o->count);
  g->lived = room(o->count);
  g->cost = room(o->count);
  g->looks = room(o->count);
  g->delay = room(o->count);
  for (i = 0; i <= o->count; i++) {
    g->alive[i] = lifetime_alive(&o->lifetime, i * o->step);
  }
  for (i = 0; i < o->count; i++) {
    g->lived[i + 1] =
        g->lived[i] + o->step * (g->alive[i] + g->alive[i + 1]) / 2.0;
  }
}

static void erase(struct grid *g) {
  free(g->alive);
  free(g->lived);
  free(g->cost);
  free(g->looks);
  free(g->delay);
}

static double delay_between(const struct grid *g, double step, int i, int j) {
  return g->alive[i] * (j - i) * step - (g->lived[j] - g->lived[i]);
}

static void choose(struct oracle *o, struct grid *g, int i, double least,
                   double most) {
  int low = (int)ceil(least / o->step - 1e-9);
  int high = i + (int)(most / o->step + 1e-9);
  int j = i + (low > 1 ? low : 1);
  int best = j < o->count ? j : o->count;
  double cheapest = INFINITY;
  for (; j <= high && j <= o->count; j++) {
    double cost = delay_between(g, o->step, i, j) + g->cost[j];
    if (cost < cheapest) {
      cheapest = cost;
      best = j;
    }
  }
  o->next[i] = best;
  g->delay[i] = delay_between(g, o->step, i, best) + g->delay[best];
  g->looks[i] = g->alive[i] + g->looks[best];
  g->cost[i] = o->patience * g->looks[i] + g->delay[i];
}

void oracle_solve(struct oracle *o, const struct lifetime *l,
                  const struct limits *limits, double patience, double step) {
  struct grid g;
  int i;
  o->lifetime = *l;
  o->patience = patience;
  o->step = step;
  o->count =
      (int)(l->median * (l->sigma == 0.0 ? 18.0 : exp(TAIL * l->sigma)) / step);
  o->next = calloc((size_t)o->count + 1, sizeof(*o->next));
  if (!o->next) {
    abort();
  }
  draw(&g, o);
  for (i = o->count - 1; i > 0; i--) {
    choose(o, &g, i, limits->least, limits->most);
  }
  choose(o, &g, 0, limits->first_least, limits->first_most);
  o->looks = g.looks[0];
  o->delay = g.delay[0];
  erase(&g);
}

void oracle_free(struct oracle *o) {
  free(o->next);
  o->next = NULL;
}

double oracle_cost(const struct oracle *o) {
  return o->patience * o->looks + o->delay;
}

double oracle_next(const struct oracle *o, double age) {
  int i = (int)(age / o->step + 0.5);
  if (i >= o->count) {
    return 60.0;
  }
  return (o->next[i] - i) * o->step;
}

int oracle_ages(const struct oracle *o, double ages[ORACLE_LOOKS]) {
  int count = 0;
  int i = o->next[0];
  while (i < o->count && count < ORACLE_LOOKS) {
    ages[count++] = i * o->step;
    i = o->next[i];
  }
  return count;
}

void oracle_solve_for_delay(struct oracle *o, const struct lifetime *l,
                            const struct limits *limits, double delay) {
  double low = 0.001;
  double high = 20.0;
  int i;
  for (i = 0; i < 20; i++) {
    double patience = sqrt(low * high);
    oracle_solve(o, l, limits, patience, 0.25);
    oracle_free(o);
    if (o->delay > delay) {
      high = patience;
    } else {
      low = patience;
    }
  }
  oracle_solve(o, l, limits, low, 0.25);
}

double oracle_cost_of(const struct lifetime *l, double patience,
                      const double *ages, int count) {
  double before = 0.0;
  double seen = 0.0; /* the age at which an end is seen, on average */
  double looks = 0.0;
  int i;
  for (i = 0; i < count; i++) {
    double alive = lifetime_alive(l, before);
    looks += alive;
    seen += alive * (ages[i] - before);
    before = ages[i];
  }
  return patience * looks + seen - lifetime_mean(l);
}
