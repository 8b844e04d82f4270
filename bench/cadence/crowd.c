/* crowd.c - many tasks at a service that is not there. */
#include "crowd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/heap.h"

struct life {
  double begun;
  double seen; /* age at which it was seen to run */
  uint32_t looks;
};

struct run {
  const struct crowd *crowd;
  const struct watcher *watcher;
  const struct tally *tally;
  struct dice dice;
  struct heap due;
  struct life *lives;
  uint32_t begun;
  uint32_t ended;
  struct score sum;
};

static void *must(void *memory) {
  if (!memory) {
    abort();
  }
  return memory;
}

static void plan(struct run *r, uint32_t i, double now, double age) {
  double wait = r->watcher->next(r->watcher->self, age, dice_draw(&r->dice));
  kling_heap_set(&r->due, i, now + wait);
}

static void begin_one(struct run *r, double now) {
  if (r->begun < r->crowd->count) {
    r->lives[r->begun].begun = now;
    plan(r, r->begun++, now, 0.0);
  }
}

static void count_look(struct run *r, double now) {
  if (r->tally && r->tally->each_second && now < r->tally->seconds) {
    r->tally->each_second[(uint32_t)now]++;
  }
}

static void see_end(struct run *r, uint32_t i, double now, double age) {
  const struct watcher *w = r->watcher;
  const struct life *life = &r->lives[i];
  double duration = r->crowd->durations[i];
  if (w->teach_end) {
    w->teach_end(w->self, life->seen, age, duration);
  }
  if (r->tally && r->tally->fates) {
    r->tally->fates[r->ended].looks = (float)life->looks;
    r->tally->fates[r->ended].delay = (float)(age - duration);
  }
  r->sum.looks += life->looks;
  r->sum.delay += age - duration;
  r->ended++;
  begin_one(r, now);
}

static void see_survival(struct run *r, uint32_t i, double now, double age) {
  const struct watcher *w = r->watcher;
  if (w->teach_survival) {
    w->teach_survival(w->self, r->lives[i].seen, age);
  }
  r->lives[i].seen = age;
  plan(r, i, now, age);
}

static void look(struct run *r, uint32_t i, double now) {
  double age = now - r->lives[i].begun;
  kling_heap_remove(&r->due, i);
  r->lives[i].looks++;
  count_look(r, now);
  if (age >= r->crowd->durations[i]) {
    see_end(r, i, now, age);
  } else {
    see_survival(r, i, now, age);
  }
}

struct score crowd_watch(const struct crowd *c, const struct watcher *w,
                         uint64_t seed, const struct tally *tally) {
  struct run r;
  const struct heap_entry *top;
  memset(&r, 0, sizeof(r));
  r.crowd = c;
  r.watcher = w;
  r.tally = tally;
  r.dice = dice_of(seed);
  r.lives = must(calloc(c->count, sizeof(*r.lives)));
  if (!kling_heap_reserve(&r.due, c->count)) {
    abort();
  }
  while (r.begun < c->running && r.begun < c->count) {
    begin_one(&r, 0.0);
  }
  while ((top = kling_heap_top(&r.due)) != NULL) {
    look(&r, top->id, top->due);
  }
  kling_heap_free(&r.due);
  free(r.lives);
  r.sum.looks /= c->count;
  r.sum.delay /= c->count;
  return r.sum;
}

double *crowd_durations(uint32_t count, double median, double sigma,
                        uint64_t seed) {
  struct dice dice = dice_of(seed);
  double *durations = must(malloc(count * sizeof(*durations)));
  uint32_t i;
  for (i = 0; i < count; i++) {
    durations[i] = median * exp(sigma * dice_normal(&dice));
  }
  return durations;
}
