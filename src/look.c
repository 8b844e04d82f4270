/* look.c - what the reply to a look at a task means. */
#include "look.h"

#include "api.h"
#include "clock.h"
#include "lifespan.h"
#include "note.h"
#include "retry.h"

enum {
  TEXT_SIZE = 512,
  GRACE = 30, /* seconds a new task may be unknown to queries */
  DOUBTS = 3  /* replies in a row; one more is believed */
};

/* --- when to look again --- */

/* Where callbacks are to come looks are rare from the start, but never stop:
 * callbacks get lost. */
static double seconds_to_next(struct engine *e, const struct job *job) {
  double u = kling_engine_random(e);
  double age = job->looks > 0 ? kling_lifespan_age(job, e->http.now) : 0.0;
  double usual = kling_cadence_next(&e->cadence, age, u);
  double rare = kling_cadence_rarest(&e->cadence, u);
  if (job->is_hinted) {
    return 0.0;
  }
  return job->is_called_back && usual < rare ? rare : usual;
}

void kling_look_plan(struct engine *e, struct job *job) {
  kling_engine_schedule(e, job, seconds_to_next(e, job));
}

void kling_look_later(struct engine *e, struct job *job,
                      const struct transfer *t) {
  double after = kling_transfer_retry_after(t);
  double delay;
  if (job->failures < UINT16_MAX) {
    job->failures++;
  }
  delay = kling_retry_delay(job->failures, after, kling_engine_random(e));
  if (after < 0.0 && delay > e->cadence.options.max_poll_interval) {
    delay = e->cadence.options.max_poll_interval;
  }
  kling_engine_schedule(e, job, delay);
  kling_engine_mark(e, job);
}

/* --- what is not to be believed --- */

static bool is_ours(const struct job *job, const struct api_task *task) {
  if (!kling_scan_has_text(task->task_id)) {
    return task->state != API_UNKNOWN; /* else it may be of anything */
  }
  return kling_scan_is(task->task_id, job->task_id) ||
         kling_scan_is(task->external_task_id, job->task_id) ||
         (job->external_task_id &&
          kling_scan_is(task->external_task_id, job->external_task_id));
}

/* What is odd about a reply; NULL when nothing is. */
static const char *oddity(const struct job *job, const struct api_task *task) {
  if (!is_ours(job, task)) {
    return "a reply about another task";
  }
  if (task->updated_at >= 0.0 && task->updated_at < job->updated) {
    return "a reply that is older than one before";
  }
  if (task->state == API_SUCCEEDED && !kling_api_has_result(task)) {
    return "succeeded, but without a result";
  }
  return NULL;
}

/* A lagging replica, a mixed-up connection: the next replies put it right. If
 * they do not, then we are wrong; but for an id that the service itself gave
 * us. */
static bool is_doubted(struct job *job, const struct api_task *task,
                       const char *what) {
  bool is_certain = job->accepted > 0.0 && !is_ours(job, task);
  if (!what) {
    job->doubts = 0;
    return false;
  }
  if (is_certain) {
    return true;
  }
  if (job->doubts == DOUBTS) {
    return false;
  }
  job->doubts++;
  return true;
}

/* --- what the task is doing --- */

static void keep_external_id(const struct engine *e, struct job *job,
                             struct scan_value v) {
  char text[TEXT_SIZE];
  if (v.type != SCAN_NONE && !job->external_task_id &&
      kling_scan_text(v, text, sizeof(text)) > 0) {
    kling_shared_redact(&e->http.shared, text);
    kling_job_set_ids(job, job->task_id, text);
  }
}

static void keep_status(const struct engine *e, struct job *job,
                        const struct api_task *task) {
  char text[TEXT_SIZE];
  if (task->word) {
    kling_job_set_status(job, task->word, true);
  } else if (kling_scan_text(task->status, text, sizeof(text)) > 0) {
    kling_shared_redact(&e->http.shared, text);
    kling_job_set_status(job, text, false);
  }
}

static void keep_facts(struct engine *e, struct job *job,
                       const struct api_task *task) {
  job->was_seen = true;
  job->existence = EXISTS;
  job->billed = BILLED_YES;
  if (task->updated_at >= 0.0) {
    job->updated = task->updated_at;
  }
  keep_status(e, job, task);
  keep_external_id(e, job, task->external_task_id);
  if (job->external_task_id) {
    kling_gateway_set_probe(&e->gateway, job->external_task_id,
                            kling_clock_now());
  }
}

static void fail_at_service(struct engine *e, struct job *job,
                            const struct transfer *t, struct api_reply *reply) {
  kling_scan_text(reply->task.status_message, reply->message,
                  sizeof(reply->message));
  reply->code = KLING_FAILED;
  kling_note_reply(e, job, t, reply, false);
  job->billed = BILLED_MAYBE; /* no source says what a failed task costs */
  kling_engine_end(e, job, EVENT_FAILED, KLING_FAILED);
}

static void progress(struct engine *e, struct job *job, enum api_state state) {
  enum job_event event =
      state == API_PROCESSING ? EVENT_PROCESSING : EVENT_SUBMITTED;
  if (state == API_UNKNOWN && !job->was_warned) {
    job->was_warned = true;
    kling_engine_mark(e, job);
  }
  if (state != API_UNKNOWN && kling_job_apply(job, event)) {
    kling_engine_mark(e, job);
  }
  if (job->looks < UINT16_MAX) {
    job->looks++;
  }
  job->failures = 0;
  kling_gate_accept(e, job); /* of one that was attached to */
  kling_look_plan(e, job);
}

/* Of a success the reply is kept already. */
static void believe(struct engine *e, struct job *job, const struct transfer *t,
                    struct api_reply *reply) {
  keep_facts(e, job, &reply->task);
  job->was_warned = job->was_warned && reply->task.state == API_UNKNOWN;
  if (reply->task.state == API_SUCCEEDED) {
    kling_lifespan_end(e, job, &reply->task);
    kling_engine_end(e, job, EVENT_SUCCEEDED, KLING_OK);
  } else if (reply->task.state == API_FAILED) {
    kling_lifespan_end(e, job, &reply->task);
    fail_at_service(e, job, t, reply);
  } else {
    kling_lifespan_survive(e, job, &reply->task);
    progress(e, job, reply->task.state);
  }
}

static void see_task(struct engine *e, struct job *job, struct transfer *t,
                     struct api_reply *reply) {
  const char *odd = oddity(job, &reply->task);
  if (is_doubted(job, &reply->task, odd)) {
    kling_note_strange(reply, odd);
    kling_note_reply(e, job, t, reply, true);
    kling_look_later(e, job, t);
    return;
  }
  kling_roundup_compare(e, job, &reply->task);
  if (reply->task.state == API_SUCCEEDED) {
    kling_note_success(e, job, t); /* what was read stays where it is */
  }
  believe(e, job, t, reply);
}

bool kling_look_see_listed(struct engine *e, struct job *job,
                           const struct transfer *t, struct api_reply *reply,
                           struct scan_value item) {
  const struct api_task *task = &reply->task;
  if (oddity(job, task) ||
      (task->state == API_FAILED &&
       !kling_scan_has_text(task->status_message)) ||
      (task->state == API_SUCCEEDED &&
       !kling_note_listed(e, job, reply, item))) {
    return false;
  }
  job->doubts = 0;
  believe(e, job, t, reply);
  return true;
}

/* --- trouble --- */

/* Read-after-write is not promised, and a task that was seen does not vanish.
 */
static bool is_known_to_exist(const struct job *job) {
  return job->was_seen ||
         (job->accepted > 0.0 && kling_clock_now() - job->accepted < GRACE);
}

/* The key or the account is at fault: that does not pass. Any other refusal of
 * a look at a task that exists is the fault of something on the way. */
static bool may_pass(const struct job *job, const struct api_reply *reply) {
  switch (reply->verdict) {
  case VERDICT_TROUBLE:
  case VERDICT_BUSY:
    return true;
  case VERDICT_REFUSED:
    return reply->code != KLING_AUTH && reply->code != KLING_QUOTA &&
           is_known_to_exist(job);
  default:
    return is_known_to_exist(job);
  }
}

void kling_look_finish(struct engine *e, struct job *job, struct transfer *t) {
  struct api_reply reply;
  bool passes;
  if (t->result.outcome != HTTP_ANSWERED) {
    kling_note_break(job, t, true);
    kling_look_later(e, job, t);
    return;
  }
  kling_api_read(API_QUERY, t->result.status, t->body.bytes, t->body.len,
                 &reply);
  if (reply.verdict == VERDICT_OK) {
    see_task(e, job, t, &reply);
    return;
  }
  passes = may_pass(job, &reply);
  kling_note_reply(e, job, t, &reply, passes);
  if (passes) {
    kling_look_later(e, job, t);
  } else {
    kling_engine_end(e, job, EVENT_FAILED, reply.code);
  }
}
