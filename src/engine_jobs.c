/* engine_jobs.c - the engine's jobs: places for them, who holds them, and which
 * have changed. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "engine.h"

/* --- places for jobs --- */

/* By an eighth: of many thousand places few are to be empty. */
static bool grow(struct engine *e) {
  uint32_t cap = e->cap + e->cap / 8 + 16;
  struct job *jobs = realloc(e->jobs, cap * sizeof(*jobs));
  if (!jobs) {
    return false;
  }
  e->jobs = jobs;
  e->cap = cap;
  return true;
}

static uint32_t take_place(struct engine *e) {
  uint32_t i = e->free;
  if (i != NO_JOB) {
    e->free = e->jobs[i].next_changed;
  } else if (e->count < e->cap || grow(e)) {
    i = e->count++;
  }
  return i;
}

uint32_t kling_engine_new_job(struct engine *e, enum job_kind kind) {
  struct heap *due = &e->lanes[kind == JOB_DOWNLOAD].due;
  uint32_t i = kling_heap_reserve(due, e->count + 1) ? take_place(e) : NO_JOB;
  struct job *job;
  if (i == NO_JOB) {
    return NO_JOB;
  }
  job = &e->jobs[i];
  memset(job, 0, sizeof(*job));
  job->in_use = true;
  job->kind = (uint8_t)kind;
  job->handles = 1;
  job->started = kling_clock_now();
  return i;
}

void kling_engine_forget_if_over(struct engine *e, struct job *job) {
  if (!job->in_use || job->handles > 0 || job->is_changed || job->is_held ||
      job->is_running || job->transfer || !kling_job_is_end(job->state)) {
    return;
  }
  kling_job_clear(job);
  job->next_changed = e->free;
  e->free = kling_engine_index(e, job);
}

void kling_engine_hold(struct engine *e, uint32_t index) {
  e->jobs[index].handles++;
}

/* Who asked is gone. A task lives on, but not one whose submit failed half way:
 * nobody is told of that. */
void kling_engine_drop(struct engine *e, uint32_t index) {
  struct job *job = &e->jobs[index];
  job->handles--;
  if (job->handles == 0 && !job->has_begun) {
    kling_job_apply(job, EVENT_CANCELLED);
  } else if (job->handles == 0 && job->kind != JOB_TASK &&
             job->kind != JOB_WARM) {
    kling_engine_cancel(e, index);
  }
  kling_engine_forget_if_over(e, job);
}

void kling_engine_know_id(struct engine *e, const struct job *job) {
  kling_ids_add(&e->ids, job->task_id, e->jobs, e->count);
}

/* --- lists and the heap --- */

void kling_engine_mark(struct engine *e, struct job *job) {
  uint32_t i = kling_engine_index(e, job);
  e->changes++;
  if (job->is_changed) {
    return;
  }
  job->is_changed = true;
  job->next_changed = NO_JOB;
  if (e->changed.first == NO_JOB) {
    e->changed.first = i;
  } else {
    e->jobs[e->changed.last].next_changed = i;
  }
  e->changed.last = i;
}

uint32_t kling_engine_next_changed(struct engine *e, bool hold) {
  while (e->changed.first != NO_JOB) {
    uint32_t i = e->changed.first;
    struct job *job = &e->jobs[i];
    e->changed.first = job->next_changed;
    job->is_changed = false;
    if (job->kind == JOB_TASK && hold) {
      job->handles++;
      return i;
    }
    kling_engine_forget_if_over(e, job);
  }
  return NO_JOB;
}
