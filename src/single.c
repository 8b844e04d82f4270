/* single.c - what a finished single request means for its job. */
#include "single.h"

#include "note.h"
#include "retry.h"
#include "sink.h"

enum { DOWNLOAD_ATTEMPTS = 4 }; /* in all */

static void finish_call(struct engine *e, struct job *job, struct transfer *t) {
  enum api_operation operation = job->kind == JOB_LIST ? API_LIST : API_QUERY;
  struct api_reply reply;
  if (t->result.outcome != HTTP_ANSWERED) {
    kling_note_break(job, t, true);
    kling_engine_end(e, job, EVENT_FAILED, kling_note_code(t->result.outcome));
    return;
  }
  kling_api_read(operation, t->result.status, t->body.bytes, t->body.len,
                 &reply);
  if (reply.verdict == VERDICT_OK) {
    job->reply = kling_buf_take(&t->body, &job->reply_len);
    kling_engine_end(e, job, EVENT_SUCCEEDED, KLING_OK);
    return;
  }
  kling_note_reply(e, job, t, &reply,
                   reply.verdict == VERDICT_TROUBLE ||
                       reply.verdict == VERDICT_BUSY);
  kling_engine_end(e, job, EVENT_FAILED, reply.code);
}

static enum kling_error download_code(const struct http_result *r) {
  if (r->outcome != HTTP_ANSWERED) {
    return kling_note_code(r->outcome);
  }
  switch (r->status) {
  case 200:
    return KLING_OK;
  case 401: /* the key is not sent: it is the link that is no longer good */
  case 403:
  case 404:
  case 410:
    return KLING_EXPIRED;
  case 408:
  case 429:
    return KLING_UNAVAILABLE;
  default:
    return r->status >= 500 ? KLING_UNAVAILABLE : KLING_PROTOCOL;
  }
}

static bool download_may_pass(const struct http_result *r,
                              enum kling_error code) {
  return code == KLING_UNAVAILABLE || r->outcome == HTTP_UNREACHED ||
         r->outcome == HTTP_TIMED_OUT;
}

static void finish_download(struct engine *e, struct job *job,
                            struct transfer *t) {
  enum kling_error code = download_code(&t->result);
  bool passes = download_may_pass(&t->result, code);
  if (code == KLING_OK && kling_sink_finish(job->sink)) {
    kling_engine_end(e, job, EVENT_SUCCEEDED, KLING_OK);
    return;
  }
  code = code == KLING_OK ? KLING_IO : code;
  kling_note_add(job, t, code, passes);
  job->failures++;
  if (passes && job->failures < DOWNLOAD_ATTEMPTS &&
      kling_sink_restart(job->sink)) {
    kling_engine_schedule(e, job,
                          kling_retry_delay(job->failures,
                                            t->result.retry_after,
                                            kling_engine_random(e)));
    return;
  }
  kling_engine_end(e, job, EVENT_FAILED, code);
  kling_sink_close(job->sink);
}

void kling_single_finish(struct engine *e, struct job *job,
                         struct transfer *t) {
  if (job->kind == JOB_DOWNLOAD) {
    finish_download(e, job, t);
  } else {
    finish_call(e, job, t);
  }
}
