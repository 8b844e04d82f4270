/* download.c - a download's life. Trouble that may pass is ridden out for as
 * long as somebody waits; a reply that makes no sense gets a few more chances.
 */
#include "download.h"

#include "note.h"
#include "retry.h"
#include "sink.h"

enum { DOUBTS = 3 }; /* replies that make no sense, at most */

static void end_failed(struct engine *e, struct job *job,
                       enum kling_error code) {
  kling_engine_end(e, job, EVENT_FAILED, code);
  kling_sink_close(job->sink);
}

static enum kling_error sink_code(const struct sink *s) {
  return s->problem[0] ? KLING_PROTOCOL : KLING_IO;
}

static bool may_doubt(struct job *job) {
  return ++job->doubts < DOUBTS;
}

/* --- before a request --- */

/* Everything was there already, or so it seemed. True: ask for it anew. */
static bool finish_without_request(struct engine *e, struct job *job) {
  struct sink *s = job->sink;
  kling_job_apply(job, EVENT_SENT);
  if (kling_sink_finish(s)) {
    kling_engine_end(e, job, EVENT_SUCCEEDED, KLING_OK);
    return false;
  }
  kling_note_file(job);
  if (s->problem[0] && may_doubt(job) && kling_sink_restart(s)) {
    s->problem[0] = '\0';
    return true;
  }
  end_failed(e, job, sink_code(s));
  return false;
}

bool kling_download_prepare(struct engine *e, struct job *job) {
  switch (kling_sink_catch_up(job->sink)) {
  case SINK_READY:
    return true;
  case SINK_BUSY:
    kling_engine_schedule(e, job, 0.0);
    return false;
  case SINK_WHOLE:
    return finish_without_request(e, job);
  default:
    kling_note_file(job);
    end_failed(e, job, KLING_IO);
    return false;
  }
}

/* --- after it --- */

static enum kling_error status_code(long status) {
  switch (status) {
  case 200:
  case 206:
    return KLING_OK;
  case 401: /* the key is not sent: it is the link that is no longer good */
  case 403:
  case 404:
  case 410:
    return KLING_EXPIRED;
  case 408:
  case 425:
  case 429:
    return KLING_UNAVAILABLE;
  default:
    return status >= 500 ? KLING_UNAVAILABLE : KLING_PROTOCOL;
  }
}

/* Nothing is left to ask for: the first reply had not said how long it is. */
static bool is_complete(const struct transfer *t) {
  return t->result.status == 416 && t->first > 0 &&
         t->head.total == t->sink->bytes;
}

static enum kling_error code_of(const struct transfer *t) {
  if (t->result.outcome != HTTP_ANSWERED) {
    return kling_note_code(t->result.outcome);
  }
  if (t->sink->problem[0]) {
    return KLING_PROTOCOL;
  }
  return is_complete(t) ? KLING_OK : status_code(t->result.status);
}

static bool passes(const struct transfer *t, enum kling_error code) {
  return code == KLING_UNAVAILABLE || t->result.outcome == HTTP_UNREACHED ||
         t->result.outcome == HTTP_TIMED_OUT;
}

/* What makes no sense may do so for one reply only; or for a request that asks
 * for a part, and then the whole is asked for. */
static bool is_doubtful(const struct transfer *t, enum kling_error code) {
  return code == KLING_PROTOCOL && (t->sink->problem[0] || t->first > 0);
}

static bool ready_again(struct job *job, const struct transfer *t,
                        bool doubtful) {
  struct sink *s = job->sink;
  bool keeps = doubtful ? t->is_harmless : kling_sink_can_resume(s);
  s->problem[0] = '\0';
  return keeps || kling_sink_restart(s);
}

static void try_again(struct engine *e, struct job *job,
                      const struct transfer *t) {
  if (t->first > 0 && job->sink->bytes == 0) {
    kling_engine_schedule(e, job, 0.0); /* it is our range that was no good */
    return;
  }
  if (job->sink->bytes > t->first) {
    job->failures = 0; /* it came on */
  }
  if (job->failures < UINT16_MAX) {
    job->failures++;
  }
  kling_engine_schedule(e, job,
                        kling_retry_delay(job->failures,
                                          kling_transfer_retry_after(t),
                                          kling_engine_random(e)));
}

void kling_download_finish(struct engine *e, struct job *job,
                           struct transfer *t) {
  enum kling_error code = code_of(t);
  bool doubtful;
  bool again;
  if (code == KLING_OK) {
    if (kling_sink_finish(job->sink)) {
      kling_engine_end(e, job, EVENT_SUCCEEDED, KLING_OK);
      return;
    }
    code = sink_code(job->sink);
  }
  doubtful = is_doubtful(t, code);
  again = passes(t, code) || (doubtful && may_doubt(job));
  kling_note_add(job, t, code, again);
  if (again || doubtful) {
    again = ready_again(job, t, doubtful) && again;
  }
  if (again) {
    try_again(e, job, t);
  } else {
    end_failed(e, job, job->sink->error ? KLING_IO : code);
  }
}
