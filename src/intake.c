/* intake.c - how many requests may wait for a connection at once. */
#include "intake.h"

#include <curl/curl.h>

enum { NEW_CONNECTIONS = 2 }; /* over TLS, in one turn */

/* Over HTTP/1.1 each request needs a connection: in each turn a few begin. Else
 * the first connection does for all, or shows that it does not. */
void kling_intake_begin_turn(struct intake *in) {
  in->most = in->service == SPEAKS_HTTP2 ? INTAKE_MOST : NEW_CONNECTIONS;
  if (in->service == SPEAKS_HTTP1) {
    in->most += in->connecting;
  }
}

bool kling_intake_is_open(const struct intake *in) {
  return in->connecting < in->most;
}

bool kling_intake_is_full(const struct intake *in) {
  return in->service != SPEAKS_HTTP1 && !kling_intake_is_open(in);
}

/* Over HTTP/1.1 there is nothing that the others should wait for. Over HTTP/2
 * there is a connection; should it be gone, http.c watches over the next one:
 * to libcurl a time-out is work, whether or not it has to connect. */
void kling_intake_prepare(const struct intake *in, struct transfer *t) {
  uint8_t service = (uint8_t)in->service;
  if (!t->shared->is_tls || t->is_download || t->service == service) {
    return;
  }
  t->service = service;
  curl_easy_setopt(t->easy, CURLOPT_PIPEWAIT,
                   service == SPEAKS_HTTP1 ? 0L : 1L);
#if LIBCURL_VERSION_NUM >= 0x075000
  curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS,
                   service == SPEAKS_HTTP2 ? 0L
                                           : t->shared->connect_timeout_ms);
#endif
}

/* Before 7.80 libcurl does not say when a request has a connection. */
void kling_intake_add(struct intake *in, struct transfer *t) {
#if LIBCURL_VERSION_NUM >= 0x075000
  if (t->is_download || t->shared->is_tls) {
    t->connecting = &in->connecting;
    in->connecting++;
  }
#else
  (void)in;
  (void)t;
#endif
}

void kling_intake_learn(struct intake *in, const struct transfer *t) {
  long version = 0;
  if (!t->shared->is_tls || t->is_download) {
    return;
  }
  if (t->result.outcome == HTTP_ANSWERED) {
    curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
    in->service = version < CURL_HTTP_VERSION_2_0 ? SPEAKS_HTTP1 : SPEAKS_HTTP2;
  } else if (in->service == SPEAKS_HTTP2) {
    in->service = SPEAKS_UNKNOWN; /* its connection may be gone */
  }
}
