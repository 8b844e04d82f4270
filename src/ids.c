/* ids.c - is a task id any job's? */
#include "ids.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST = 16 }; /* slots */

/* FNV-1a; never 0 */
static uint32_t hash_of(const char *id) {
  uint32_t hash = 2166136261U;
  for (; *id; id++) {
    hash = (hash ^ (unsigned char)*id) * 16777619U;
  }
  return hash ? hash : 1;
}

static uint32_t *slot_of(const struct ids *x, uint32_t hash) {
  uint32_t i = hash & (x->size - 1);
  while (x->slots[i] && x->slots[i] != hash) {
    i = (i + 1) & (x->size - 1);
  }
  return &x->slots[i];
}

static void put(struct ids *x, uint32_t hash) {
  uint32_t *slot = slot_of(x, hash);
  x->used += *slot == 0;
  *slot = hash;
}

/* Anew, of the jobs that are there: half full at most, so that it is long until
 * the next time. */
static bool rebuild(struct ids *x, const struct job *jobs, uint32_t count) {
  uint32_t live = 0;
  uint32_t i;
  kling_ids_free(x);
  for (i = 0; i < count; i++) {
    live += jobs[i].in_use && jobs[i].task_id;
  }
  for (x->size = LEAST; x->size < 2 * live; x->size *= 2) {
  }
  x->slots = calloc(x->size, sizeof(*x->slots));
  if (!x->slots) {
    x->size = 0;
    return false;
  }
  for (i = 0; i < count; i++) {
    if (jobs[i].in_use && jobs[i].task_id) {
      put(x, hash_of(jobs[i].task_id));
    }
  }
  return true;
}

bool kling_ids_may_have(const struct ids *x, const char *id) {
  return x->is_partial || (x->size > 0 && *slot_of(x, hash_of(id)) != 0);
}

void kling_ids_add(struct ids *x, const char *id, const struct job *jobs,
                   uint32_t count) {
  bool is_full = x->used >= x->size - x->size / 8;
  if (is_full || x->is_partial) { /* the id is a job's by now */
    x->is_partial = !rebuild(x, jobs, count);
  } else {
    put(x, hash_of(id));
  }
}

void kling_ids_free(struct ids *x) {
  free(x->slots);
  memset(x, 0, sizeof(*x));
}
