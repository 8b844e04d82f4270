/* cost.c - what it costs to know when to look: CPU time, so it moves. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <time.h>

#include "crowd.h"
#include "tables.h"
#include "watchers.h"

enum { TURNS = 200000, PLANS = 2000, TASKS = 10000 };

static double cpu_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print(FILE *out, const char *what, double seconds, double turns) {
  fprintf(out, "  %-58s %8.3f us\n", what, seconds / turns * 1e6);
}

/* All that a task's looks cost here, in the crowd of 10,000: without the
 * crowd's own, which is measured with a schedule that does nothing. */
static void print_crowd(FILE *out, struct cadence *c) {
  double *durations = crowd_durations(TASKS, 90.0, 0.4, 51);
  const struct crowd crowd = {durations, TASKS, TASKS};
  double interval = 9.0;
  struct watcher every = watch_every(&interval);
  struct watcher learned = watch_learning(c);
  double start = cpu_seconds();
  struct score idle = crowd_watch(&crowd, &every, 1, NULL);
  double idle_look = (cpu_seconds() - start) / (idle.looks * TASKS);
  struct score s;
  start = cpu_seconds();
  s = crowd_watch(&crowd, &learned, 1, NULL);
  print(out, "10,000 tasks at once: a look, all of the above included",
        cpu_seconds() - start - idle_look * s.looks * TASKS, s.looks * TASKS);
  free(durations);
}

void table_cost(FILE *out) {
  struct cadence_options o = watch_options(0.5);
  struct cadence c;
  double start, sum = 0.0;
  int i;
  kling_cadence_open(&c, &o);
  fputs("\nWhat it costs (CPU time of this machine).\n\n", out);
  start = cpu_seconds();
  for (i = 0; i < TURNS; i++) {
    kling_cadence_survive(&c, 40.0 + i % 60, 50.0 + i % 60);
  }
  print(out, "learning from a look that finds a task running",
        cpu_seconds() - start, TURNS);
  start = cpu_seconds();
  for (i = 0; i < TURNS; i++) {
    kling_cadence_end(&c, 50.0 + i % 60, 55.0 + i % 60);
  }
  print(out, "learning from an end", cpu_seconds() - start, TURNS);
  start = cpu_seconds();
  for (i = 0; i < PLANS; i++) {
    kling_cadence_plan(&c);
  }
  print(out, "a plan, for every 256 looks (an end is 8)", cpu_seconds() - start,
        PLANS);
  start = cpu_seconds();
  for (i = 0; i < TURNS; i++) {
    sum += kling_cadence_next(&c, i % 200 + 0.5, 0.5);
  }
  print(out, "the time to the next look", cpu_seconds() - start, TURNS);
  print_crowd(out, &c);
  fprintf(out, "  memory, a client: %zu bytes; a task: 16 (mean gap %.1f s)\n",
          sizeof(c), sum / TURNS);
}
