/* intake.c - how many requests may wait for a connection at once. */
#include "intake.h"

#include <curl/curl.h>

enum {
  NEW_CONNECTIONS = 2, /* over TLS, in one turn */
  LIBCURLS_OWN = 300   /* seconds: where it is told of no time-out */
};

/* Over HTTP/1.1 each request needs a connection: in each turn a few begin. Else
 * the first connection does for all, or shows that it does not. */
void kling_intake_begin_turn(struct intake *in) {
  in->most = in->service == SPEAKS_HTTP2 ? INTAKE_MOST : NEW_CONNECTIONS;
  if (in->service == SPEAKS_HTTP1) {
    in->most += in->connecting;
  }
}

bool kling_intake_is_full(const struct intake *in) {
  return in->service != SPEAKS_HTTP1 && !kling_intake_is_open(in);
}

/* To libcurl a time-out is work, whether or not it has to connect. Where there
 * is a connection already http.c watches in its stead: that is enough for one
 * that is gone. For a new one libcurl also shares the time out among the host's
 * addresses. Before 7.80 it does not say when a request has a connection. */
static bool may_be_unwatched(const struct intake *in,
                             const struct transfer *t) {
#if LIBCURL_VERSION_NUM >= 0x075000
  return (in->service == SPEAKS_HTTP2 || in->idle > 0) &&
         t->shared->connect_timeout <= LIBCURLS_OWN;
#else
  (void)in;
  (void)t;
  return false;
#endif
}

/* Over HTTP/1.1 there is nothing that the others should wait for. */
void kling_intake_prepare(const struct intake *in, struct transfer *t) {
  bool is_unwatched = !t->is_download && may_be_unwatched(in, t);
  uint8_t service = (uint8_t)in->service;
  if (t->is_unwatched != is_unwatched) {
    kling_transfer_watch_connection(t, !is_unwatched);
  }
  if (t->shared->is_tls && !t->is_download && t->service != service) {
    t->service = service;
    curl_easy_setopt(t->easy, CURLOPT_PIPEWAIT,
                     service == SPEAKS_HTTP1 ? 0L : 1L);
  }
}

void kling_intake_watch(struct intake *in, struct transfer *t) {
  double due = t->started + t->shared->connect_timeout;
  if (!t->is_unwatched || t->is_counted) {
    return;
  }
  if (in->unwatched == 0 || due < in->watch_due) {
    in->watch_due = due;
  }
  in->unwatched++;
  t->is_counted = true;
}

/* Before 7.80 libcurl does not say when a request has a connection. */
void kling_intake_add(struct intake *in, struct transfer *t) {
#if LIBCURL_VERSION_NUM >= 0x075000
  if (t->is_download || t->shared->is_tls) {
    t->connecting = &in->connecting;
    in->connecting++;
  }
#endif
  t->intake = in;
  kling_intake_watch(in, t);
  in->idle -= in->idle > 0;
}

static void learn_service(struct intake *in, const struct transfer *t) {
  long version = 0;
  if (t->result.outcome == HTTP_ANSWERED) {
    curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
    in->service = version < CURL_HTTP_VERSION_2_0 ? SPEAKS_HTTP1 : SPEAKS_HTTP2;
  } else if (in->service == SPEAKS_HTTP2) {
    in->service = SPEAKS_UNKNOWN; /* its connection may be gone */
  }
}

void kling_intake_learn(struct intake *in, const struct transfer *t) {
  if (t->is_download) {
    return;
  }
  if (t->shared->is_tls) {
    learn_service(in, t);
  }
  if (t->result.outcome != HTTP_ANSWERED || in->service == SPEAKS_HTTP2) {
    in->idle = 0; /* where one is in trouble the others may be */
  } else {
    in->idle++;
  }
}
