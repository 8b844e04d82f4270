/* single.c - what a finished single request means for its job. */
#include "single.h"

#include "download.h"
#include "note.h"

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
    kling_note_success(e, job, t);
    kling_engine_end(e, job, EVENT_SUCCEEDED, KLING_OK);
    return;
  }
  kling_note_reply(e, job, t, &reply,
                   reply.verdict == VERDICT_TROUBLE ||
                       reply.verdict == VERDICT_BUSY);
  kling_engine_end(e, job, EVENT_FAILED, reply.code);
}

/* Whatever the answer is, there is a connection. */
static void finish_warm(struct engine *e, struct job *job,
                        const struct transfer *t) {
  if (t->result.outcome == HTTP_ANSWERED) {
    kling_engine_end(e, job, EVENT_SUCCEEDED, KLING_OK);
    return;
  }
  kling_note_break(job, t, true);
  kling_engine_end(e, job, EVENT_FAILED, kling_note_code(t->result.outcome));
}

void kling_single_finish(struct engine *e, struct job *job,
                         struct transfer *t) {
  if (job->kind == JOB_DOWNLOAD) {
    kling_download_finish(e, job, t);
  } else if (job->kind == JOB_WARM) {
    finish_warm(e, job, t);
  } else {
    finish_call(e, job, t);
  }
}
