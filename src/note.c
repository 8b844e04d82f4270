/* note.c - writes down what went wrong with a request. */
#include "note.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sink.h"

enum kling_error kling_note_code(enum http_outcome outcome) {
  switch (outcome) {
  case HTTP_TIMED_OUT:
    return KLING_TIMEOUT;
  case HTTP_TOO_LARGE:
  case HTTP_MALFORMED:
    return KLING_PROTOCOL;
  case HTTP_REFUSED:
    return KLING_POLICY;
  case HTTP_NOT_WRITTEN:
    return KLING_IO;
  case HTTP_NOMEM:
    return KLING_NOMEM;
  default:
    return KLING_NETWORK;
  }
}

static enum attempt_request request_of(const struct job *job) {
  switch (job->kind) {
  case JOB_TASK:
    if (kling_job_is_asking(job)) {
      return job->order->resolution.ask == ASK_LIST ? AT_LIST : AT_QUERY;
    }
    return job->state == JOB_SUBMITTING ? AT_CREATE : AT_QUERY;
  case JOB_LIST:
    return AT_LIST;
  case JOB_DOWNLOAD:
    return AT_DOWNLOAD;
  case JOB_WARM:
    return AT_WARM;
  default:
    return AT_QUERY;
  }
}

static void note_sink(const struct job *job, struct attempt *a) {
  if (job->sink) {
    a->io_error = job->sink->error;
    memcpy(a->problem, job->sink->problem, sizeof(a->problem));
  }
}

struct attempt *kling_note_add(struct job *job, const struct transfer *t,
                               enum kling_error code, bool retryable) {
  struct attempt *a = kling_attempt_add(&job->attempts);
  if (a) {
    a->request = request_of(job);
    a->code = code;
    a->untrusted = t->result.outcome == HTTP_UNTRUSTED;
    a->retryable = retryable && !a->untrusted;
    a->curl_code = t->result.curl_code;
    a->http_status = t->result.status;
    note_sink(job, a);
  }
  return a;
}

void kling_note_break(struct job *job, const struct transfer *t,
                      bool retryable) {
  kling_note_add(job, t, kling_note_code(t->result.outcome), retryable);
}

void kling_note_file(struct job *job) {
  struct attempt *a = kling_attempt_add(&job->attempts);
  if (a) {
    a->request = AT_DOWNLOAD;
    a->code = job->sink->problem[0] ? KLING_PROTOCOL : KLING_IO;
    a->retryable = job->sink->error == EBUSY;
    note_sink(job, a);
  }
}

void kling_note_success(const struct engine *e, struct job *job,
                        struct transfer *t) {
  size_t len;
  job->reply = kling_buf_take(&t->body, &len);
  kling_shared_redact(&e->http.shared, job->reply);
}

bool kling_note_listed(const struct engine *e, struct job *job,
                       const struct api_reply *list, struct scan_value item) {
  job->reply = kling_api_alone(list, item);
  if (job->reply) {
    kling_shared_redact(&e->http.shared, job->reply);
  }
  return job->reply != NULL;
}

void kling_note_strange(struct api_reply *reply, const char *words) {
  reply->code = KLING_PROTOCOL;
  snprintf(reply->message, sizeof(reply->message), "%s", words);
}

void kling_note_reply(const struct engine *e, struct job *job,
                      const struct transfer *t, struct api_reply *reply,
                      bool retryable) {
  struct attempt *a = kling_note_add(job, t, reply->code, retryable);
  if (a) {
    kling_api_find_request_id(reply);
    kling_shared_redact(&e->http.shared, reply->message);
    kling_shared_redact(&e->http.shared, reply->service_code);
    kling_shared_redact(&e->http.shared, reply->request_id);
    memcpy(a->service_code, reply->service_code, sizeof(a->service_code));
    memcpy(a->request_id, reply->request_id, sizeof(a->request_id));
    kling_job_set_text(&a->words, reply->message[0] ? reply->message : NULL);
  }
}
