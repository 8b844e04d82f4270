/* outcome.c - what a finished request means for its job. */
#include "outcome.h"

#include <string.h>

#include "api.h"
#include "clock.h"
#include "lifespan.h"
#include "look.h"
#include "note.h"
#include "resolve.h"
#include "retry.h"
#include "single.h"
#include "sink.h"

enum { ID_SIZE = 512 };

/* --- the create request --- */

/* A create that did not arrive, or was clearly turned away for now: the only
 * two that may be made again. */

static double delay_after(struct engine *e, struct job *job,
                          const struct transfer *t) {
  if (job->failures < UINT16_MAX) {
    job->failures++;
  }
  return kling_retry_delay(job->failures, kling_transfer_retry_after(t),
                           kling_engine_random(e));
}

/* False when the time for that is over. */
static bool queue_again(struct engine *e, struct job *job, double delay,
                        enum kling_error code) {
  if (job->order->tried > 0.0 &&
      kling_clock_now() + delay - job->order->tried > e->submit_timeout) {
    kling_engine_end(e, job, EVENT_FAILED, code);
    return false;
  }
  kling_job_apply(job, EVENT_REPULSED);
  kling_engine_mark(e, job);
  return true;
}

static void try_create_again(struct engine *e, struct job *job,
                             const struct transfer *t, enum kling_error code) {
  double delay = delay_after(e, job, t);
  if (queue_again(e, job, delay, code)) {
    kling_engine_schedule(e, job, delay);
    kling_gate_leave(e, job);
  }
}

/* While others of ours have places one is worth waiting for, and that is not
 * trying. */
static void turn_away(struct engine *e, struct job *job,
                      const struct transfer *t, const struct api_reply *reply) {
  struct gate_refusal refusal;
  refusal.is_full = strcmp(reply->service_code, "1303") == 0;
  refusal.is_asked = kling_transfer_retry_after(t) >= 0.0;
  refusal.delay = delay_after(e, job, t);
  if (refusal.is_full && e->gate.limiter.running > 1) {
    job->order->tried = 0.0;
  }
  kling_gate_turn_away(e, job, &refusal);
  queue_again(e, job, refusal.delay, reply->code);
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

static bool is_text(const char *text, const char *other) {
  return text && strcmp(text, other) == 0;
}

/* A reply that has lost its way carries an id that we know. */
static bool is_of_another_job(const struct engine *e, const struct job *job,
                              const struct api_task *task) {
  char id[ID_SIZE];
  char external_id[ID_SIZE];
  uint32_t i;
  kling_scan_text(task->task_id, id, sizeof(id));
  kling_scan_text(task->external_task_id, external_id, sizeof(external_id));
  if ((!external_id[0] || strcmp(external_id, job->external_task_id) == 0) &&
      !kling_ids_may_have(&e->ids, id)) {
    return false; /* as most: no need to look through all jobs */
  }
  for (i = 0; i < e->count; i++) {
    const struct job *other = &e->jobs[i];
    if (other->in_use && other->external_task_id &&
        (is_text(other->task_id, id) ||
         is_text(other->external_task_id, external_id)) &&
        strcmp(other->external_task_id, job->external_task_id) != 0) {
      return true;
    }
  }
  return false;
}

/* Behind the character that begins here; NULL: it is no UTF-8, or it controls
 * what shows it. */
static const unsigned char *skip_character(const unsigned char *at) {
  unsigned char c = *at++;
  unsigned char least = c == 0xC2 || c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
  unsigned char most = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
  int more = c < 0x80 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
  if (c < ' ' || (c >= 0x7F && c < 0xC2) || c > 0xF4 ||
      (more > 0 && (*at < least || *at > most))) {
    return NULL;
  }
  for (; more > 0; more--) {
    if ((*at++ & 0xC0) != 0x80) {
      return NULL;
    }
  }
  return at;
}

static bool is_printable(const char *text) {
  const unsigned char *at = (const unsigned char *)text;
  while (at && *at) {
    at = skip_character(at);
  }
  return at != NULL;
}

/* Whole or not at all: half an id is another task's. And ids are shown. */
static bool keep_id(const struct engine *e, struct job *job,
                    struct scan_value v) {
  char text[ID_SIZE];
  char path[API_PATH_SIZE];
  size_t len = kling_scan_text(v, text, sizeof(text));
  return len > 0 && len == strlen(text) && is_printable(text) &&
         kling_api_path(text, path) &&
         !kling_shared_redact(&e->http.shared, text) &&
         kling_job_set_ids(job, text, job->external_task_id);
}

bool kling_outcome_accept(struct engine *e, struct job *job,
                          const struct api_task *task) {
  if (is_of_another_job(e, job, task) || !keep_id(e, job, task->task_id)) {
    return false;
  }
  kling_engine_know_id(e, job);
  job->existence = EXISTS;
  job->billed = BILLED_YES;
  job->accepted = kling_clock_now();
  job->failures = 0;
  kling_job_drop_order(job);
  kling_job_apply(job, task->state == API_PROCESSING ? EVENT_PROCESSING
                                                     : EVENT_SUBMITTED);
  kling_gate_accept(e, job);
  kling_look_plan(e, job);
  kling_engine_mark(e, job);
  return true;
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
    job->order->resolution.is_taken = true;
    kling_resolve_begin(e, job,
                        was_lost ? (enum kling_error)job->order->resolution.code
                                 : reply->code);
    return;
  }
  kling_engine_end(e, job, EVENT_FAILED, reply->code);
  if (is_refused_for_all(reply)) {
    const struct attempt *last = kling_attempt_last(job->attempts);
    kling_gate_end_unsent(e, reply->code,
                          last && last->code == reply->code ? last : NULL);
  }
}

/* With an id there is something to look at; whether it is a task, the looks
 * will tell. */
static void follow_or_lose(struct engine *e, struct job *job,
                           const struct api_reply *reply) {
  if (!kling_outcome_accept(e, job, &reply->task)) {
    lose_create(e, job, reply->code);
    return;
  }
  job->existence = MAY_EXIST;
  job->billed = BILLED_MAYBE;
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
    kling_lifespan_begin(job);
    if (!kling_outcome_accept(e, job, &reply.task)) {
      lose_create(e, job, KLING_PROTOCOL);
    }
    return;
  }
  kling_note_reply(e, job, t, &reply, reply.verdict == VERDICT_BUSY);
  if (reply.verdict == VERDICT_BUSY) {
    turn_away(e, job, t, &reply);
  } else if (reply.verdict == VERDICT_TROUBLE) {
    follow_or_lose(e, job, &reply);
  } else {
    refuse_create(e, job, &reply);
  }
}

/* --- doors --- */

void kling_outcome_finish(struct engine *e, struct job *job,
                          struct transfer *t) {
  if (job->kind != JOB_TASK) {
    kling_single_finish(e, job, t);
  } else if (kling_job_is_asking(job)) {
    kling_resolve_finish(e, job, t);
  } else if (job->state == JOB_SUBMITTING) {
    finish_create(e, job, t);
  } else {
    kling_look_finish(e, job, t);
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
