/* resolve.c - a create whose outcome nobody knows.
 *
 * It asks in rounds: by external id, once by that of a task known to exist
 * (is the gateway one that knows external ids at all?), and in the list. A
 * round in which the service says clearly that it knows no such task uses up
 * resolve_timeout; one that ends in trouble says nothing, and does not. */
#include "resolve.h"

#include <string.h>

#include "api.h"
#include "clock.h"
#include "look.h"
#include "note.h"
#include "outcome.h"

enum { PAGES = 4 };

static const char *const pages[PAGES] = {
    "pageNum=1&pageSize=500", "pageNum=2&pageSize=500",
    "pageNum=3&pageSize=500", "pageNum=4&pageSize=500"};

static const double FIRST = 1.0; /* seconds: reads may lag behind writes */
static const double LONGEST = 10.0;
static const double GROWTH = 1.5;

/* --- beginning --- */

static double pause_before(struct engine *e, const struct resolution *r) {
  double left = e->resolve_timeout - r->spent;
  double seconds = FIRST;
  unsigned i;
  for (i = 0; i < r->rounds && seconds < LONGEST; i++) {
    seconds *= GROWTH;
  }
  seconds = seconds < LONGEST ? seconds : LONGEST;
  seconds *= 0.8 + 0.4 * kling_engine_random(e);
  return seconds < left ? seconds : left;
}

static void start_asking(struct engine *e, struct job *job,
                         enum kling_error code, double seconds) {
  bool is_taken = job->order->resolution.is_taken;
  memset(&job->order->resolution, 0, sizeof(job->order->resolution));
  job->order->resolution.is_taken = is_taken;
  job->order->resolution.ask = ASK_QUERY;
  job->order->resolution.code = (uint8_t)code;
  job->order->resolution.mark = kling_clock_now();
  job->failures = 0;
  kling_engine_schedule(e, job, seconds);
  kling_engine_mark(e, job);
}

void kling_resolve_begin(struct engine *e, struct job *job,
                         enum kling_error code) {
  struct resolution fresh;
  if (e->resolve == RESOLVE_NEVER) {
    kling_engine_end(e, job, EVENT_FAILED, code);
    return;
  }
  memset(&fresh, 0, sizeof(fresh));
  start_asking(e, job, code, pause_before(e, &fresh));
}

void kling_resolve_restore(struct engine *e, struct job *job) {
  job->state = JOB_SUBMITTING;
  job->existence = MAY_EXIST;
  job->billed = BILLED_MAYBE;
  start_asking(e, job, KLING_NETWORK, 0.0);
}

/* --- the requests --- */

void kling_resolve_fill(const struct engine *e, const struct job *job,
                        struct http_request *r, char path[API_PATH_SIZE]) {
  switch (job->order->resolution.ask) {
  case ASK_LIST:
    r->path_len = kling_api_path(NULL, path);
    r->query = pages[job->order->resolution.page];
    break;
  case ASK_PROBE:
    r->path_len = kling_api_path(e->gateway.probe, path);
    break;
  default:
    r->path_len = kling_api_path(job->external_task_id, path);
    break;
  }
}

static void ask_now(struct engine *e, struct job *job, enum job_ask what) {
  job->order->resolution.ask = (uint8_t)what;
  kling_engine_schedule(e, job, 0.0);
}

/* --- the end of it all --- */

static bool accept(struct engine *e, struct job *job,
                   const struct api_task *task) {
  if (!kling_outcome_accept(e, job, task)) {
    return false;
  }
  kling_engine_schedule(e, job, 0.0); /* it may have been made long ago */
  return true;
}

/* Not finding a task tells only where tasks are found. */
static bool is_known_missing(const struct engine *e,
                             const struct resolution *r) {
  return r->is_listed ||
         (r->is_missing && e->gateway.ways[GATEWAY_QUERY] == GATEWAY_WORKS);
}

static bool may_send_again(const struct engine *e, const struct job *job) {
  return e->resolve == RESOLVE_RESUBMIT && !job->order->resolution.is_taken &&
         is_known_missing(e, &job->order->resolution) &&
         kling_clock_now() - job->order->tried <= e->submit_timeout;
}

static void give_up(struct engine *e, struct job *job) {
  if (may_send_again(e, job)) {
    job->order->resolution.ask = ASK_NOTHING;
    kling_job_apply(job, EVENT_REPULSED);
    kling_engine_schedule(e, job, 0.0);
    kling_engine_mark(e, job);
  } else {
    kling_engine_end(e, job, EVENT_FAILED,
                     (enum kling_error)job->order->resolution.code);
  }
}

/* --- rounds --- */

static double patience(const struct engine *e, const struct job *job) {
  const struct resolution *r = &job->order->resolution;
  return e->resolve_timeout - r->spent - (kling_clock_now() - r->mark);
}

static void start_round(struct resolution *r) {
  r->mark = kling_clock_now();
  r->is_answered = r->is_missing = r->is_listed = false;
  r->page = 0;
  r->ask = ASK_QUERY;
}

static void end_round(struct engine *e, struct job *job,
                      const struct transfer *t) {
  struct resolution *r = &job->order->resolution;
  double left = patience(e, job);
  if (!r->is_answered) {
    start_round(r);
    kling_look_later(e, job, t);
    return;
  }
  job->failures = 0;
  if (left <= 0.0 || kling_gateway_is_blind(&e->gateway)) {
    give_up(e, job);
    return;
  }
  r->spent = e->resolve_timeout - left;
  r->rounds++;
  start_round(r);
  kling_engine_schedule(e, job, job->is_hinted ? 0.0 : pause_before(e, r));
  kling_engine_mark(e, job);
}

/* Where queries by external id work the list has nothing to add, but for a last
 * look. */
static void ask_list_or_end(struct engine *e, struct job *job,
                            const struct transfer *t) {
  const uint8_t *ways = e->gateway.ways;
  if (ways[GATEWAY_LIST] != GATEWAY_FAILS &&
      (ways[GATEWAY_QUERY] != GATEWAY_WORKS || patience(e, job) <= 0.0)) {
    ask_now(e, job, ASK_LIST);
  } else {
    end_round(e, job, t);
  }
}

/* --- whose task is it? --- */

/* What shows no external id may be the task all the same. */
static bool fits(const struct api_task *task, const char *external_id) {
  return kling_scan_has_text(task->task_id) &&
         (!kling_scan_has_text(task->external_task_id) ||
          kling_scan_is(task->external_task_id, external_id));
}

/* --- what the answers mean --- */

static bool is_definite(const struct api_reply *reply) {
  return reply->verdict == VERDICT_MISSING || reply->verdict == VERDICT_REFUSED;
}

static bool is_shut_out(const struct api_reply *reply) {
  return reply->verdict == VERDICT_REFUSED &&
         (reply->code == KLING_AUTH || reply->code == KLING_QUOTA);
}

static void finish_query(struct engine *e, struct job *job, struct transfer *t,
                         struct api_reply *reply) {
  if (reply->verdict == VERDICT_OK &&
      fits(&reply->task, job->external_task_id) &&
      accept(e, job, &reply->task)) {
    kling_gateway_learn(&e->gateway, GATEWAY_QUERY, GATEWAY_WORKS);
    return;
  }
  if (reply->verdict == VERDICT_OK) {
    kling_note_strange(reply, "a reply about another task");
  }
  kling_note_reply(e, job, t, reply, !is_shut_out(reply));
  if (is_shut_out(reply)) {
    kling_engine_end(e, job, EVENT_FAILED, reply->code);
    return;
  }
  job->order->resolution.is_answered = is_definite(reply);
  job->order->resolution.is_missing = reply->verdict == VERDICT_MISSING;
  if (job->order->resolution.is_answered &&
      kling_gateway_wants_probe(&e->gateway)) {
    ask_now(e, job, ASK_PROBE);
  } else {
    ask_list_or_end(e, job, t);
  }
}

static void finish_probe(struct engine *e, struct job *job,
                         const struct transfer *t,
                         const struct api_reply *reply) {
  if (reply->verdict == VERDICT_OK && fits(&reply->task, e->gateway.probe)) {
    kling_gateway_learn(&e->gateway, GATEWAY_QUERY, GATEWAY_WORKS);
  } else if (is_definite(reply) && !is_shut_out(reply) &&
             kling_gateway_knows_probe(&e->gateway)) {
    kling_gateway_learn(&e->gateway, GATEWAY_QUERY, GATEWAY_FAILS);
  }
  ask_list_or_end(e, job, t);
}

/* A list without external ids cannot show our task. */
static bool find_in(struct engine *e, struct job *job, struct scan_value items,
                    struct api_task *task, unsigned *count) {
  const char *cursor = NULL;
  struct scan_value item;
  for (*count = 0; kling_scan_next(items, &cursor, &item); (*count)++) {
    kling_api_read_task(item, task);
    if (kling_scan_has_text(task->external_task_id)) {
      kling_gateway_learn(&e->gateway, GATEWAY_LIST, GATEWAY_WORKS);
      job->order->resolution.is_listed = true;
    }
    if (kling_scan_is(task->external_task_id, job->external_task_id)) {
      return true;
    }
  }
  return false;
}

static void read_list(struct engine *e, struct job *job,
                      const struct transfer *t, struct scan_value items) {
  struct resolution *r = &job->order->resolution;
  struct api_task task;
  unsigned count;
  r->is_answered = true;
  if (find_in(e, job, items, &task, &count) && accept(e, job, &task)) {
    return;
  }
  /* only an empty page is the end: a gateway may show fewer than it is asked
   * for on each */
  if (count > 0 && r->page + 1 < PAGES) {
    r->page++;
    ask_now(e, job, ASK_LIST);
    return;
  }
  if (count > 0) {
    r->is_listed = false; /* it goes on */
  } else if (r->page == 0) {
    r->is_listed = !e->gateway.probe; /* no task that we know of is missing */
  }
  end_round(e, job, t);
}

/* A gateway without a list answers with a refusal, a page or a redirect
 * (source: C-err); a page may also be that of a box on the way, but not when
 * the same round's query got through. */
static void finish_list(struct engine *e, struct job *job, struct transfer *t,
                        struct api_reply *reply) {
  struct resolution *r = &job->order->resolution;
  if (reply->verdict == VERDICT_OK) {
    read_list(e, job, t, reply->items);
    return;
  }
  kling_note_reply(e, job, t, reply, true);
  if (is_definite(reply) || (r->is_answered && reply->code == KLING_PROTOCOL)) {
    kling_gateway_learn(&e->gateway, GATEWAY_LIST, GATEWAY_FAILS);
    r->is_answered = true;
  }
  end_round(e, job, t);
}

void kling_resolve_finish(struct engine *e, struct job *job,
                          struct transfer *t) {
  bool is_list = job->order->resolution.ask == ASK_LIST;
  struct api_reply reply;
  if (t->result.outcome != HTTP_ANSWERED) {
    kling_note_break(job, t, true);
    end_round(e, job, t);
    return;
  }
  kling_api_read(is_list ? API_LIST : API_QUERY, t->result.status,
                 t->body.bytes, t->body.len, &reply);
  if (is_list) {
    finish_list(e, job, t, &reply);
  } else if (job->order->resolution.ask == ASK_PROBE) {
    finish_probe(e, job, t, &reply);
  } else {
    finish_query(e, job, t, &reply);
  }
}
