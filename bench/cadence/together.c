/* together.c - ten thousand tasks begun in one moment. */
#include <stdlib.h>
#include <string.h>

#include "crowd.h"
#include "tables.h"
#include "watchers.h"

enum { TASKS = 10000, TAUGHT = 1000, RUNNING = 16, SECONDS = 1200 };

static const double MEDIAN = 90.0;
static const double PATIENCE = 0.5;

struct busiest {
  uint32_t looks;
  uint32_t second;
};

static struct busiest find_busiest(const uint32_t each[SECONDS]) {
  struct busiest b = {0, 0};
  uint32_t i;
  for (i = 0; i < SECONDS; i++) {
    if (each[i] > b.looks) {
      b.looks = each[i];
      b.second = i;
    }
  }
  return b;
}

static void print(FILE *out, double sigma, const char *who,
                  const struct crowd *crowd, const struct watcher *w) {
  static uint32_t each[SECONDS];
  const struct tally tally = {0, each, SECONDS};
  struct score s;
  struct busiest b;
  memset(each, 0, sizeof(each));
  s = crowd_watch(crowd, w, 9, &tally);
  b = find_busiest(each);
  fprintf(out, "  %5.2f  %-28s  %6.2f  %6.2f  %7u  at %u s\n", sigma, who,
          s.looks, s.delay, b.looks, b.second);
}

static void teach(struct cadence *c, double sigma) {
  double *durations = crowd_durations(TAUGHT, MEDIAN, sigma, 42);
  const struct crowd crowd = {durations, TAUGHT, RUNNING};
  struct watcher w = watch_learning(c);
  crowd_watch(&crowd, &w, 8, NULL);
  free(durations);
}

int table_together(FILE *out) {
  static const double sigmas[] = {0.25, 0.4, 0.8};
  int i;
  fputs("\n10,000 tasks begun in one moment. Median 90 s, patience 0.5. "
        "`busiest`: looks in the busiest second.\n\n"
        "  sigma  schedule                       looks  delay s  busiest\n",
        out);
  for (i = 0; i < 3; i++) {
    double *durations = crowd_durations(TASKS, MEDIAN, sigmas[i], 41);
    const struct crowd crowd = {durations, TASKS, TASKS};
    struct cadence_options o = watch_options(PATIENCE);
    double five = 5.0;
    struct watcher every = watch_every(&five);
    struct cadence c;
    struct watcher learned = watch_learning(&c);
    print(out, sigmas[i], "every 5 s, not jittered", &crowd, &every);
    kling_cadence_open(&c, &o);
    print(out, sigmas[i], "learning from these alone", &crowd, &learned);
    kling_cadence_open(&c, &o);
    teach(&c, sigmas[i]);
    print(out, sigmas[i], "learned from 1,000 before", &crowd, &learned);
    free(durations);
  }
  return 0;
}
