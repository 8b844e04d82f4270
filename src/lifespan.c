/* lifespan.c - how long a task has run, as far as we know. */
#include "lifespan.h"

#include "clock.h"

static const double DAY = 86400.0;

static const double NOT_TO_BE_BELIEVED = -1.0; /* what was said of a birth */

/* A service that says the time of the reply instead of the end's is this near
 * to it. */
static const double TOO_NEAR = 0.5;

void kling_lifespan_begin(struct job *job) {
  job->born = kling_clock_now();
  job->survived = 0.0F;
}

double kling_lifespan_age(const struct job *job, double now) {
  return now - (job->born > 0.0 ? job->born : job->started);
}

/* Attached in mid-life: its age is the service's word against our wall clock.
 * Of the life before we know only that it was survived, as a task that died
 * would not have been attached: nothing is learned of it. */
static void find_birth(struct job *job, const struct api_task *task) {
  double created = kling_api_created_at(task);
  double age = kling_clock_wall() - created;
  if (created < 0.0 || age < 0.0) {
    return;
  }
  if (age > DAY) {
    job->born = NOT_TO_BE_BELIEVED;
    return;
  }
  job->born = kling_clock_now() - age;
  job->survived = (float)age;
}

void kling_lifespan_survive(struct engine *e, struct job *job,
                            const struct api_task *task) {
  double age;
  if (job->born <= 0.0) {
    if (job->born == 0.0) {
      find_birth(job, task);
    }
    return;
  }
  age = kling_lifespan_age(job, e->http.now);
  kling_cadence_survive(&e->cadence, job->survived, age);
  job->survived = (float)age;
}

/* The age at its end by the service's own times; < 0: not to be believed. That
 * needs a look that found it running: some services set `updated_at` only when
 * work begins. */
static double stated_age(const struct job *job, const struct api_task *task,
                         double now) {
  double created = kling_api_created_at(task);
  double age = task->updated_at - created;
  bool is_sane = created >= 0.0 && job->survived > 0.0F &&
                 age > job->survived &&
                 age < kling_lifespan_age(job, now) - TOO_NEAR;
  return is_sane ? age : -1.0;
}

void kling_lifespan_end(struct engine *e, struct job *job,
                        const struct api_task *task) {
  double now = e->http.now;
  double age = stated_age(job, task, now);
  if (job->born <= 0.0) {
    return;
  }
  if (age >= 0.0) {
    kling_cadence_survive(&e->cadence, job->survived, age);
    kling_cadence_end(&e->cadence, age, age);
  } else {
    kling_cadence_end(&e->cadence, job->survived, kling_lifespan_age(job, now));
  }
}

double kling_lifespan_left(const struct engine *e, const struct job *job,
                           double share) {
  double end, left;
  if (job->born <= 0.0 || kling_job_is_end((enum job_state)job->state)) {
    return -1.0;
  }
  end = kling_cadence_quantile(&e->cadence, job->survived, share);
  left = end - kling_lifespan_age(job, kling_clock_now());
  return end < 0.0 ? -1.0 : left > 0.0 ? left : 0.0;
}
