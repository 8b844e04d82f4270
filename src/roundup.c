/* roundup.c - looks at many tasks at once.
 *
 * A page of 500 tasks costs the time of some 20 queries on either side. Pages
 * are read while they show tasks of ours, the newest first (source: K-docs),
 * and while there are enough left that are due; what they show of others costs
 * nothing more, and is as good as a look. */
#include "roundup.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "engine.h"
#include "look.h"

enum {
  LEAST = 8,      /* looks that one page should save */
  SHARE = 32,     /* one of so many tasks on a page should be of use */
  PAGE_MIN = 30,  /* the service's own default */
  PAGE_MAX = 500, /* source: K-docs, as is the next */
  PAGES_MAX = 1000,
  PROBE_TASKS = 32, /* that run, before a list is tried out */
  ID_SIZE = API_ID_MAX + 2
};

static const double HOUR = 3600.0; /* seconds between trials */
static const double REST = 60.0;   /* after a setback; doubles */
static const double PAUSE = 4.0; /* max_poll_intervals, when few were served */
static const double HORIZON = 0.75;  /* of the least time between looks */
static const double COUNTINGS = 8.0; /* in that time */
static const double CERTAINTY = 5.0; /* seconds: a page is not that old */

static bool is_proven(const struct engine *e) {
  return e->gateway.ways[GATEWAY_ROUNDUP] == GATEWAY_WORKS;
}

/* Seconds. Who was looked at just now is due later than that. */
static double window(const struct engine *e) {
  const struct cadence_options *o = &e->cadence.options;
  return HORIZON * (o->poll_interval < o->max_poll_interval
                        ? o->poll_interval
                        : o->max_poll_interval);
}

static void leave_off(struct roundup *r, struct job *job) {
  r->expected -= job->is_expected && r->expected > 0;
  job->is_expected = false;
}

/* --- the end of one --- */

static void rest(struct engine *e, double at_least) {
  struct roundup *r = &e->roundup;
  double seconds = REST;
  unsigned i;
  for (i = 0; i < r->setbacks && seconds < HOUR; i++) {
    seconds *= 2.0;
  }
  r->setbacks++;
  r->next = kling_clock_now() + (seconds > at_least ? seconds : at_least);
}

static void distrust(struct engine *e) {
  kling_gateway_learn(&e->gateway, GATEWAY_ROUNDUP, GATEWAY_FAILS);
  e->roundup.probed = kling_clock_now();
  e->roundup.claim = API_UNKNOWN;
}

/* Those that no page has shown are looked at one by one. */
static void end(struct engine *e) {
  struct roundup *r = &e->roundup;
  uint32_t i;
  for (i = 0; i < e->count && r->expected > 0; i++) {
    struct job *job = &e->jobs[i];
    if (job->is_expected && !kling_job_is_end((enum job_state)job->state)) {
      job->is_expected = false;
      job->is_alone = true;
      kling_engine_schedule(e, job, 0.0);
    }
  }
  r->expected = 0;
  r->is_under_way = false;
  kling_roundup_index_free(&r->index);
}

/* --- the requests --- */

static void ask(struct engine *e) {
  struct roundup *r = &e->roundup;
  struct http_request request;
  char path[API_PATH_SIZE];
  char query[64];
  memset(&request, 0, sizeof(request));
  r->page++;
  r->named = r->running = 0;
  r->sample = NO_JOB;
  snprintf(query, sizeof(query), "pageNum=%u&pageSize=%u", (unsigned)r->page,
           (unsigned)r->size);
  request.path = path;
  request.path_len = kling_api_path(NULL, path);
  request.query = query;
  request.tag = ROUNDUP_TAG;
  if (kling_http_start(&e->http, &request)) {
    e->lanes[0].in_flight++;
  } else {
    rest(e, 0.0);
    end(e);
  }
}

static uint32_t page_for(uint32_t tasks) {
  uint32_t size = tasks + tasks / 4; /* some may be of others, or over */
  if (size < PAGE_MIN) {
    return PAGE_MIN;
  }
  return size < PAGE_MAX ? size : PAGE_MAX;
}

static void begin(struct engine *e, bool is_probe) {
  struct roundup *r = &e->roundup;
  uint32_t tasks = kling_roundup_index_make(&r->index, e->jobs, e->count);
  if (tasks == 0) {
    return;
  }
  r->size = is_probe ? PAGE_MIN : page_for(tasks);
  r->started = kling_clock_now();
  r->page = r->served = r->expected = 0;
  r->is_probe = is_probe;
  r->is_under_way = true;
  ask(e);
}

/* --- does it pay? --- */

static bool is_of_use(uint32_t id, const void *arg) {
  const struct job *job = &((const struct engine *)arg)->jobs[id];
  return kling_job_is_looked_at(job) && !job->is_alone && !job->is_expected;
}

static bool are_due(const struct engine *e, uint32_t enough) {
  return kling_heap_count(&e->lanes[0].due, e->roundup.horizon, enough,
                          is_of_use, e) >= enough;
}

/* Of tasks that are known to run, and of the list as it is now. */
static void try_out(struct engine *e, double now) {
  struct roundup *r = &e->roundup;
  bool is_known = e->gateway.ways[GATEWAY_ROUNDUP] == GATEWAY_FAILS ||
                  e->gateway.ways[GATEWAY_LIST] == GATEWAY_FAILS;
  if (r->probed == 0.0 && is_known) {
    r->probed = now; /* by somebody, some time */
  }
  if (e->gate.limiter.accepted >= PROBE_TASKS &&
      (r->probed == 0.0 || now - r->probed >= HOUR)) {
    r->probed = now;
    begin(e, true);
  }
}

static void consider(struct engine *e, double now) {
  struct roundup *r = &e->roundup;
  uint32_t enough = e->gate.limiter.accepted / SHARE;
  if (now < r->next) {
    return;
  }
  r->next = now + window(e) / COUNTINGS;
  r->horizon = now + window(e);
  if (!is_proven(e)) {
    try_out(e, now);
  } else if (are_due(e, enough > LEAST ? enough : LEAST)) {
    begin(e, false);
  }
}

/* Whoever waits for the list is due again when it has waited long enough. */
bool kling_roundup_take(struct engine *e, struct job *job) {
  struct roundup *r = &e->roundup;
  double longest = e->cadence.options.max_poll_interval;
  double now = e->http.now;
  if (!kling_job_is_looked_at(job) || job->is_alone || job->is_hinted) {
    return false;
  }
  if (job->is_expected) {
    leave_off(r, job);
    return false;
  }
  if (!r->is_under_way) {
    consider(e, now);
  }
  if (!r->is_under_way || r->is_probe || now - r->started >= longest) {
    return false;
  }
  job->is_expected = true;
  r->expected++;
  kling_engine_schedule(e, job, longest);
  return true;
}

/* --- pages --- */

/* One that is asked about already is about to be known better. */
static struct job *find_job(struct engine *e, const struct api_task *task) {
  char id[ID_SIZE];
  uint32_t i;
  struct job *job;
  if (kling_scan_text(task->task_id, id, sizeof(id)) == 0) {
    return NULL;
  }
  i = kling_roundup_index_find(&e->roundup.index, e->jobs, id);
  job = i == NO_JOB ? NULL : &e->jobs[i];
  return job && kling_job_is_looked_at(job) && !job->transfer ? job : NULL;
}

/* Any of those that the page says run, each as likely. */
static void note_running(struct engine *e, const struct job *job) {
  struct roundup *r = &e->roundup;
  r->running++;
  if (kling_engine_random(e) * r->running < 1.0) {
    r->sample = kling_engine_index(e, job);
  }
}

static void serve(struct engine *e, struct job *job, const struct transfer *t,
                  struct api_reply *reply, struct scan_value item) {
  struct roundup *r = &e->roundup;
  double due = kling_heap_due(&e->lanes[0].due, kling_engine_index(e, job));
  if (job->is_alone || !kling_look_see_listed(e, job, t, reply, item)) {
    return;
  }
  r->served += job->is_expected || due <= r->horizon;
  leave_off(r, job);
  if (!kling_job_is_end((enum job_state)job->state)) {
    note_running(e, job);
  }
}

static void read_items(struct engine *e, const struct transfer *t,
                       struct api_reply *reply) {
  const char *cursor = NULL;
  struct scan_value item;
  uint32_t left = PAGE_MAX; /* whatever was asked for: a step is to be short */
  while (left-- > 0 && kling_scan_next(reply->items, &cursor, &item)) {
    struct job *job;
    kling_api_read_task(item, &reply->task);
    job = find_job(e, &reply->task);
    if (job) {
      e->roundup.named++;
      serve(e, job, t, reply, item);
    }
  }
}

static bool goes_on(const struct engine *e) {
  const struct roundup *r = &e->roundup;
  double longest = e->cadence.options.max_poll_interval;
  return is_proven(e) && r->named >= r->size / SHARE && r->named > 0 &&
         r->page < PAGES_MAX && kling_clock_now() - r->started < longest &&
         (r->expected >= LEAST || are_due(e, LEAST));
}

/* A list that was of no use at all is worse than one of little use now. */
static void settle(struct engine *e) {
  struct roundup *r = &e->roundup;
  if (r->served == 0) {
    rest(e, 0.0);
    return;
  }
  r->setbacks = 0;
  if (r->served < LEAST * r->page) {
    r->next = kling_clock_now() + PAUSE * e->cadence.options.max_poll_interval;
  }
}

static void read_page(struct engine *e, const struct transfer *t,
                      struct api_reply *reply) {
  struct roundup *r = &e->roundup;
  read_items(e, t, reply);
  if (r->sample != NO_JOB) {
    e->jobs[r->sample].is_alone = true;
  }
  if (goes_on(e)) {
    ask(e);
    return;
  }
  settle(e);
  end(e);
}

/* --- trying it out --- */

/* A task of ours; best one that the list shows as its last look did: it is not
 * likely to change before the next. NULL: the list shows none. */
static struct job *find_comparable(struct engine *e, struct api_reply *reply) {
  const char *cursor = NULL;
  struct scan_value item;
  struct job *found = NULL;
  bool is_best = false;
  while (!is_best && kling_scan_next(reply->items, &cursor, &item)) {
    struct job *job;
    kling_api_read_task(item, &reply->task);
    job = find_job(e, &reply->task);
    is_best =
        job && job->status && kling_scan_is(reply->task.status, job->status);
    if (is_best || !found) {
      found = job;
      e->roundup.claim = (uint8_t)reply->task.state;
    }
  }
  return found;
}

static void read_probe(struct engine *e, struct api_reply *reply) {
  struct job *job = find_comparable(e, reply);
  if (job) {
    job->is_alone = true;
    kling_engine_schedule(e, job, -HOUR); /* before all that are due */
  } else {
    distrust(e);
  }
  end(e);
}

/* The task ended, by the service's own times, well before the list said that it
 * ran. */
static bool has_lied(const struct job *job, const struct api_task *task) {
  bool has_ended = task->state == API_SUCCEEDED || task->state == API_FAILED;
  double created = has_ended ? kling_api_created_at(task) : -1.0;
  return job->born > 0.0 && created >= 0.0 && task->updated_at >= created &&
         task->updated_at - created < job->survived - CERTAINTY;
}

void kling_roundup_compare(struct engine *e, struct job *job,
                           const struct api_task *task) {
  enum api_state claim = (enum api_state)e->roundup.claim;
  bool has_to_prove = !is_proven(e) && claim != API_UNKNOWN;
  if (!job->is_alone) {
    return;
  }
  job->is_alone = false;
  e->roundup.claim = API_UNKNOWN;
  if (has_to_prove && task->state == claim) {
    kling_gateway_learn(&e->gateway, GATEWAY_ROUNDUP, GATEWAY_WORKS);
  } else if (has_to_prove || (is_proven(e) && has_lied(job, task))) {
    distrust(e);
  }
}

/* --- what came --- */

/* Not trouble that passes, but a gateway without such a list: it answers with a
 * refusal, a page or a redirect (source: C-err). */
static bool is_no_list(const struct transfer *t,
                       const struct api_reply *reply) {
  return t->result.outcome == HTTP_ANSWERED &&
         (reply->verdict == VERDICT_REFUSED ||
          reply->verdict == VERDICT_MISSING || reply->code == KLING_PROTOCOL);
}

void kling_roundup_finish(struct engine *e, struct transfer *t) {
  struct api_reply reply;
  bool is_read = t->result.outcome == HTTP_ANSWERED;
  if (is_read) {
    kling_api_read(API_LIST, t->result.status, t->body.bytes, t->body.len,
                   &reply);
    is_read = reply.verdict == VERDICT_OK;
  }
  if (is_read && e->roundup.is_probe) {
    read_probe(e, &reply);
  } else if (is_read) {
    read_page(e, t, &reply);
  } else {
    if (e->roundup.is_probe && is_no_list(t, &reply)) {
      distrust(e);
    }
    rest(e, kling_transfer_retry_after(t));
    end(e);
  }
}
