/* transfer_download.c - what a download asks for, and what comes of it. */
#include "transfer_download.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "sink.h"

enum { LINE_SIZE = HEAD_ETAG_SIZE + 16 };

/* Seconds a file must have been unchanged for its date to tell versions apart:
 * a second one may have come within the same second, or from another clock
 * (RFC 9110, 8.8.2.2). */
static const double SETTLED = 60.0;

/* --- may these bytes go into the sink? --- */

static const char *validator_of(const struct head *h) {
  time_t modified;
  time_t date;
  if (h->etag[0]) {
    return h->etag;
  }
  modified = h->modified[0] ? curl_getdate(h->modified, NULL) : -1;
  date = h->date[0] ? curl_getdate(h->date, NULL) : -1;
  return modified >= 0 && date >= 0 && difftime(date, modified) >= SETTLED
             ? h->modified
             : "";
}

static int64_t announced(const struct transfer *t) {
  curl_off_t length = -1;
  curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  return t->head.is_encoded ? -1 : (int64_t)length;
}

/* The whole file. What there was of it is given up only for bytes that can be
 * its beginning: a captive portal's page costs nothing. */
static bool accept_whole(struct transfer *t, const char *bytes, size_t len) {
  struct sink *s = t->sink;
  if (s->bytes > 0) {
    t->is_harmless = !kling_sink_probe(s, bytes, len);
    if (t->is_harmless || !kling_sink_restart(s)) {
      return false;
    }
  }
  kling_sink_learn(s, t->head.is_encoded ? "" : validator_of(&t->head),
                   announced(t));
  return true;
}

static bool is_same_version(const struct transfer *t) {
  const struct part *known = &t->sink->known;
  const struct head *h = &t->head;
  return (!h->etag[0] || known->validator[0] != '"' ||
          strcmp(h->etag, known->validator) == 0) &&
         (known->total < 0 || h->total < 0 || h->total == known->total);
}

/* Exactly what was asked for, of the same version, of a length that is known:
 * or the end of it could not be told from a break. */
static bool accept_rest(struct transfer *t) {
  struct sink *s = t->sink;
  bool fits = t->first > 0 && !t->head.is_encoded &&
              t->head.first == t->first && is_same_version(t) &&
              (t->head.total >= 0 || s->known.total >= 0);
  if (!fits) {
    snprintf(s->problem, sizeof(s->problem),
             "another part came than was asked for");
  } else if (s->known.total < 0) {
    kling_sink_learn(s, s->known.validator, t->head.total);
  }
  return fits;
}

static bool accept_body(struct transfer *t, const char *bytes, size_t len) {
  long status = 0;
  curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
  t->is_accepted = (status == 200 && accept_whole(t, bytes, len)) ||
                   (status == 206 && accept_rest(t));
  return t->is_accepted;
}

size_t kling_transfer_on_file(char *bytes, size_t size, size_t n, void *arg) {
  struct transfer *t = arg;
  size_t len = size * n;
  if (!t->sink) { /* given back: libcurl is letting go of it */
    return 0;
  }
  if (t->turn->is_over) {
    t->is_paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  if (!t->is_accepted && !accept_body(t, bytes, len)) {
    return 0; /* an error page, say, and maybe an endless one: stop here */
  }
  if (!kling_sink_write(t->sink, bytes, len)) {
    return 0;
  }
  t->turn->is_over = kling_clock_now() >= t->turn->end;
  return len;
}

int kling_transfer_go_on(struct transfer *t) {
  CURLcode code;
  t->is_paused = false;
  code = curl_easy_pause(t->easy, CURLPAUSE_CONT);
  /* it has ended meanwhile, and libcurl will tell */
  return code == CURLE_BAD_FUNCTION_ARGUMENT ? CURLE_OK : (int)code;
}

size_t kling_transfer_on_header(char *bytes, size_t size, size_t n, void *arg) {
  struct transfer *t = arg;
  kling_head_read(&t->head, bytes, size * n);
  return size * n;
}

/* --- asking --- */

static bool add_header(struct transfer *t, const char *line) {
  struct curl_slist *longer = curl_slist_append(t->headers, line);
  if (longer) {
    t->headers = longer;
  }
  return longer != NULL;
}

static bool ask_for_rest(struct transfer *t) {
  char line[LINE_SIZE];
  char range[32];
  snprintf(line, sizeof(line), "If-Range: %s", t->sink->known.validator);
  snprintf(range, sizeof(range), "%" PRId64 "-", t->first);
  return add_header(t, line) &&
         curl_easy_setopt(t->easy, CURLOPT_RANGE, range) == CURLE_OK;
}

bool kling_transfer_prepare_download(struct transfer *t,
                                     const struct http_request *r) {
  kling_head_start(&t->head);
  t->is_accepted = t->is_harmless = t->is_paused = false;
  t->first = kling_sink_can_resume(r->sink) ? r->sink->bytes : 0;
  curl_slist_free_all(t->headers);
  t->headers = NULL;
  curl_easy_setopt(t->easy, CURLOPT_RANGE, NULL);
  /* a length and a range count bytes as they are sent */
  return add_header(t, "Accept-Encoding: identity") &&
         (t->first == 0 || ask_for_rest(t)) &&
         curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers) ==
             CURLE_OK &&
         curl_easy_setopt(t->easy, CURLOPT_URL, r->url) == CURLE_OK;
}

/* --- what came of it --- */

/* Whether the end of the body was seen, and not only the end of its
 * connection: by a length, by chunks, or by HTTP/2's frames. */
static bool is_whole(const struct transfer *t) {
  curl_off_t length = -1;
  long version = 0;
  if (t->sink->expected >= 0) {
    return t->sink->bytes == t->sink->expected;
  }
  /* it counts encoded bytes, and libcurl has counted them */
  curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
  return length >= 0 || t->head.is_chunked || version >= CURL_HTTP_VERSION_2_0;
}

static void judge_end(struct transfer *t) {
  struct http_result *r = &t->result;
  /* a body of no bytes was not seen yet */
  if ((r->status == 200 || r->status == 206) && !t->is_accepted &&
      !accept_body(t, "", 0)) {
    return;
  }
  if (t->is_accepted && !is_whole(t)) {
    r->outcome = HTTP_UNREACHED;
    r->curl_code = CURLE_PARTIAL_FILE;
  }
}

void kling_transfer_judge_download(struct transfer *t) {
  struct http_result *r = &t->result;
  if (r->outcome == HTTP_NOT_WRITTEN && t->sink->error == 0) {
    r->outcome = HTTP_ANSWERED; /* stopped by us; status and sink say why */
    r->curl_code = CURLE_OK;
  } else if (r->outcome == HTTP_ANSWERED) {
    judge_end(t);
  }
}
