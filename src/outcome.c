/* outcome.c - what a finished request means for its job. */
#include "outcome.h"

#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "clock.h"
#include "note.h"
#include "resolve.h"
#include "retry.h"
#include "single.h"
#include "sink.h"

enum {
  REASON_SIZE = 512,
  GRACE = 30,         /* seconds a new task may be unknown to queries */
  EMPTY_SUCCESSES = 3 /* looks at a success without a result: it may lag */
};

/* --- the create request --- */

/* The create did not arrive, or was clearly turned away for now: the only two
 * cases in which it may be made again. */
static void try_create_again(struct engine *e, struct job *job,
                             const struct transfer *t, enum kling_error code) {
  double delay;
  if (job->failures < UINT16_MAX) {
    job->failures++;
  }
  delay = kling_retry_delay(job->failures, t->result.retry_after,
                            kling_engine_random(e));
  if (kling_clock_now() + delay - job->tried > e->submit_timeout) {
    kling_engine_end(e, job, EVENT_FAILED, code);
    return;
  }
  kling_job_apply(job, EVENT_REPULSED);
  kling_engine_schedule(e, job, delay);
  kling_gate_leave(e, job);
  kling_engine_mark(e, job);
}

static void lose_create(struct engine *e, struct job *job,
                        enum kling_error code) {
  job->existence = MAY_EXIST;
  job->billed = BILLED_MAYBE;
  kling_resolve_begin(e, job, code);
}

static void break_create(struct engine *e, struct job *job,
                         const struct transfer *t) {
  enum http_outcome outcome = t->result.outcome;
  enum kling_error code = kling_note_code(outcome);
  bool passes = outcome == HTTP_UNREACHED || outcome == HTTP_TIMED_OUT;
  kling_note_break(job, t, passes && !t->result.sent);
  if (t->result.sent) {
    lose_create(e, job, code);
  } else if (passes) {
    try_create_again(e, job, t, code);
  } else {
    kling_engine_end(e, job, EVENT_FAILED, code);
  }
}

/* A number as an id keeps all its digits: it is read as text. */
static bool keep_text(char **owned, struct scan_value v) {
  char text[REASON_SIZE];
  return !kling_scan_text(v, text, sizeof(text)) ||
         kling_job_set_text(owned, text);
}

/* Where callbacks are to come looks are rare from the start, but never stop:
 * callbacks get lost. */
static double seconds_to_next_look(struct engine *e, const struct job *job) {
  double u = kling_engine_random(e);
  double usual = kling_cadence_next(&e->cadence, job->looks, u);
  double rare = kling_cadence_next(&e->cadence, UINT16_MAX, u);
  if (job->is_hinted) {
    return 0.0;
  }
  return job->is_called_back && usual < rare ? rare : usual;
}

/* Whole or not at all: half an id is another task's. */
static bool keep_id(struct job *job, struct scan_value v) {
  char text[REASON_SIZE];
  size_t len = kling_scan_text(v, text, sizeof(text));
  return len > 0 && len == strlen(text) &&
         kling_job_set_text(&job->task_id, text);
}

void kling_outcome_accept(struct engine *e, struct job *job,
                          const struct api_task *task) {
  char path[API_PATH_SIZE];
  job->existence = EXISTS;
  job->billed = BILLED_YES;
  if (!keep_id(job, task->task_id) || !kling_api_path(job->task_id, path)) {
    lose_create(e, job, KLING_PROTOCOL); /* an id nobody can ask for */
    return;
  }
  job->accepted = kling_clock_now();
  job->failures = 0;
  kling_job_set_text(&job->body, NULL);
  kling_job_apply(job, task->state == API_PROCESSING ? EVENT_PROCESSING
                                                     : EVENT_SUBMITTED);
  kling_engine_schedule(e, job, seconds_to_next_look(e, job));
  kling_engine_mark(e, job);
}

/* The account's state, or the key's: no create of this client fares better. A
 * page of some box on the way speaks for itself only. */
static bool is_refused_for_all(const struct api_reply *reply) {
  return reply->kind == API_ERROR &&
         (reply->code == KLING_AUTH || reply->code == KLING_QUOTA);
}

/* What an earlier one of its creates may have made stays what it is. */
static void refuse_create(struct engine *e, struct job *job,
                          const struct api_reply *reply) {
  if (reply->verdict == VERDICT_EXISTS) {
    bool was_lost = job->existence == MAY_EXIST;
    job->existence = EXISTS;
    job->resolution.is_taken = true;
    kling_resolve_begin(e, job,
                        was_lost ? (enum kling_error)job->resolution.code
                                 : reply->code);
    return;
  }
  kling_engine_end(e, job, EVENT_FAILED, reply->code);
  if (is_refused_for_all(reply)) {
    const struct attempt *last = kling_attempt_last(&job->attempts);
    kling_gate_end_unsent(e, reply->code,
                          last && last->code == reply->code ? last : NULL);
  }
}

static void finish_create(struct engine *e, struct job *job,
                          struct transfer *t) {
  struct api_reply reply;
  if (t->result.outcome != HTTP_ANSWERED) {
    break_create(e, job, t);
    return;
  }
  kling_api_read(API_CREATE, t->result.status, t->body.bytes, t->body.len,
                 &reply);
  if (reply.verdict == VERDICT_OK) {
    kling_outcome_accept(e, job, &reply.task);
    return;
  }
  kling_note_reply(e, job, t, &reply,
                   reply.verdict == VERDICT_BUSY ||
                       reply.code == KLING_RATE_LIMITED);
  if (reply.verdict == VERDICT_BUSY) {
    try_create_again(e, job, t, reply.code);
  } else if (reply.verdict == VERDICT_TROUBLE) {
    lose_create(e, job, reply.code);
  } else {
    refuse_create(e, job, &reply);
  }
}

/* --- looks at a task --- */

void kling_outcome_try_later(struct engine *e, struct job *job,
                             const struct transfer *t) {
  double after = t->result.retry_after;
  double delay;
  if (job->failures < UINT16_MAX) {
    job->failures++;
  }
  delay = kling_retry_delay(job->failures, after, kling_engine_random(e));
  if (after < 0.0 && delay > e->cadence.max_poll_interval) {
    delay = e->cadence.max_poll_interval;
  }
  kling_engine_schedule(e, job, delay);
  kling_engine_mark(e, job);
}

static void look_again(struct engine *e, struct job *job) {
  if (job->looks < UINT16_MAX) {
    job->looks++;
  }
  kling_engine_schedule(e, job, seconds_to_next_look(e, job));
}

static void keep_facts(struct engine *e, struct job *job,
                       const struct api_task *task) {
  job->was_seen = true;
  job->existence = EXISTS;
  job->billed = BILLED_YES;
  if (keep_text(&job->status, task->status) && job->status) {
    kling_shared_redact(&e->http.shared, job->status);
  }
  if (!job->external_task_id) {
    keep_text(&job->external_task_id, task->external_task_id);
  }
  if (job->external_task_id) {
    kling_gateway_set_probe(&e->gateway, job->external_task_id,
                            kling_clock_now());
  }
}

static void succeed(struct engine *e, struct job *job, struct transfer *t) {
  job->reply = kling_buf_take(&t->body, &job->reply_len);
  kling_engine_end(e, job, EVENT_SUCCEEDED, KLING_OK);
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
  look_again(e, job);
}

static void see_task(struct engine *e, struct job *job, struct transfer *t,
                     struct api_reply *reply) {
  keep_facts(e, job, &reply->task);
  job->was_warned = job->was_warned && reply->task.state == API_UNKNOWN;
  if (reply->task.state == API_SUCCEEDED) {
    if (!kling_api_has_result(&reply->task) && job->empties < EMPTY_SUCCESSES) {
      job->empties++;
      kling_note_strange(reply, "succeeded, but without a result");
      kling_note_reply(e, job, t, reply, true);
      kling_outcome_try_later(e, job, t);
      return;
    }
    succeed(e, job, t);
  } else if (reply->task.state == API_FAILED) {
    fail_at_service(e, job, t, reply);
  } else {
    job->failures = 0;
    progress(e, job, reply->task.state);
  }
}

/* Read-after-write is not promised, and a task that was seen does not vanish:
 * then "not found" is one more kind of trouble. */
static bool is_forgiven(const struct job *job, enum api_verdict verdict) {
  return verdict == VERDICT_MISSING &&
         (job->was_seen ||
          (job->accepted > 0.0 && kling_clock_now() - job->accepted < GRACE));
}

static void finish_look(struct engine *e, struct job *job, struct transfer *t) {
  struct api_reply reply;
  bool passes;
  if (t->result.outcome != HTTP_ANSWERED) {
    kling_note_break(job, t, true);
    kling_outcome_try_later(e, job, t);
    return;
  }
  kling_api_read(API_QUERY, t->result.status, t->body.bytes, t->body.len,
                 &reply);
  if (reply.verdict == VERDICT_OK) {
    see_task(e, job, t, &reply);
    return;
  }
  passes = reply.verdict == VERDICT_TROUBLE || reply.verdict == VERDICT_BUSY ||
           is_forgiven(job, reply.verdict);
  kling_note_reply(e, job, t, &reply, passes);
  if (passes) {
    kling_outcome_try_later(e, job, t);
  } else {
    kling_engine_end(e, job, EVENT_FAILED, reply.code);
  }
}

/* --- doors --- */

void kling_outcome_finish(struct engine *e, struct job *job,
                          struct transfer *t) {
  if (job->kind != JOB_TASK) {
    kling_single_finish(e, job, t);
  } else if (kling_resolve_is_asking(job)) {
    kling_resolve_finish(e, job, t);
  } else if (job->state == JOB_SUBMITTING) {
    finish_create(e, job, t);
  } else {
    finish_look(e, job, t);
  }
}

void kling_outcome_no_memory(struct engine *e, struct job *job) {
  if (job->kind == JOB_TASK && job->existence != NOT_CREATED) {
    kling_engine_schedule(e, job, 1.0); /* it may be paid for: later */
  } else {
    kling_engine_end(e, job, EVENT_FAILED, KLING_NOMEM);
  }
}

bool kling_outcome_stop(struct engine *e, struct job *job, enum job_event event,
                        enum kling_error code) {
  if (kling_job_is_end(job->state)) {
    return false;
  }
  if (job->transfer) {
    if (kling_job_is_create(job) && kling_transfer_was_sent(job->transfer)) {
      job->existence = MAY_EXIST;
      job->billed = BILLED_MAYBE;
    }
    kling_http_release(&e->http, job->transfer);
    job->transfer = NULL;
    e->lanes[job->kind == JOB_DOWNLOAD].in_flight--;
  }
  if (job->sink) {
    kling_sink_close(job->sink);
  }
  kling_engine_end(e, job, event, code);
  return true;
}
