/* roundup_index.c - which of many jobs looks at the task of an id. */
#include "roundup_index.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a */
static uint32_t hash_of(const char *text) {
  uint32_t hash = 2166136261U;
  for (; *text; text++) {
    hash = (hash ^ (unsigned char)*text) * 16777619U;
  }
  return hash;
}

/* Where it is, or where it would be. A place that is used again has another
 * task by now, or none. */
static uint32_t slot_of(const struct roundup_index *x, const struct job *jobs,
                        const char *task_id) {
  uint32_t slot = hash_of(task_id) & x->mask;
  while (x->slots[slot]) {
    const char *id = jobs[x->slots[slot] - 1].task_id;
    if (id && strcmp(id, task_id) == 0) {
      break;
    }
    slot = (slot + 1) & x->mask;
  }
  return slot;
}

static uint32_t count_looked_at(const struct job *jobs, uint32_t count) {
  uint32_t found = 0;
  uint32_t i;
  for (i = 0; i < count; i++) {
    found += kling_job_is_looked_at(&jobs[i]);
  }
  return found;
}

uint32_t kling_roundup_index_make(struct roundup_index *x,
                                  const struct job *jobs, uint32_t count) {
  uint32_t found = count_looked_at(jobs, count);
  uint32_t size = 16;
  uint32_t i;
  kling_roundup_index_free(x);
  while (size < 2 * found) {
    size *= 2;
  }
  x->slots = found > 0 ? calloc(size, sizeof(*x->slots)) : NULL;
  if (!x->slots) {
    return 0;
  }
  x->mask = size - 1;
  for (i = 0; i < count; i++) {
    if (kling_job_is_looked_at(&jobs[i])) {
      x->slots[slot_of(x, jobs, jobs[i].task_id)] = i + 1;
    }
  }
  return found;
}

uint32_t kling_roundup_index_find(const struct roundup_index *x,
                                  const struct job *jobs, const char *task_id) {
  uint32_t place = x->slots ? x->slots[slot_of(x, jobs, task_id)] : 0;
  return place ? place - 1 : NO_JOB;
}

void kling_roundup_index_free(struct roundup_index *x) {
  free(x->slots);
  memset(x, 0, sizeof(*x));
}
