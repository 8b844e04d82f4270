/* http_open.c - the multi handle and what belongs to it, from the first to the
 * last. */
#include <curl/curl.h>
#include <string.h>

#include "clock.h"
#include "http.h"
#include "transfer.h"

enum {
  /* Beside those of API requests: of downloads, and spare. libcurl counts the
   * ones in use too, and above its limit closes what it should keep. */
  MORE_CONNECTIONS = 64
};

/* --- libcurl calls this; it may not touch Lua --- */

static int on_timer(CURLM *multi, long timeout_ms, void *arg) {
  struct http *h = arg;
  (void)multi;
  h->timer_due = timeout_ms < 0 ? -1.0 : 0.0; /* most often at once */
  if (timeout_ms > 0) {
    h->timer_due = kling_clock_now() + (double)timeout_ms / 1000.0;
  }
  return 0;
}

/* --- opening --- */

static bool open_multi(struct http *h, unsigned max_requests) {
  h->multi = curl_multi_init();
  return h->multi && kling_sockets_open(&h->sockets, &h->poller, h->multi) &&
         curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer) ==
             CURLM_OK &&
         curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h) == CURLM_OK &&
         curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS,
                           (long)max_requests + MORE_CONNECTIONS) == CURLM_OK;
}

bool kling_http_open(struct http *h, const struct http_options *o) {
  memset(h, 0, sizeof(*h));
  h->timer_due = -1.0;
  h->intakes[1].service = SPEAKS_HTTP1; /* that is how files are asked for */
  kling_intake_begin_turn(&h->intakes[0]);
  kling_intake_begin_turn(&h->intakes[1]);
  if (!kling_poller_open(&h->poller)) {
    return false;
  }
  if (!open_multi(h, o->max_requests) || !kling_shared_open(&h->shared, o)) {
    kling_http_close(h);
    return false;
  }
  return true;
}

/* --- closing --- */

static void free_list(struct transfer *t) {
  while (t) {
    struct transfer *next = t->next;
    kling_transfer_free(t);
    t = next;
  }
}

static void take_from_libcurl(const struct http *h, const struct transfer *t) {
  for (; t; t = t->next) {
    curl_multi_remove_handle(h->multi, t->easy);
  }
}

void kling_http_close(struct http *h) {
  take_from_libcurl(h, h->active[0].first);
  take_from_libcurl(h, h->active[1].first);
  take_from_libcurl(h, h->dropped);
  if (h->multi) {
    curl_multi_cleanup(h->multi);
  }
  free_list(h->active[0].first);
  free_list(h->active[1].first);
  free_list(h->dropped);
  free_list(h->idle[0]);
  free_list(h->idle[1]);
  free_list(h->done);
  kling_shared_close(&h->shared);
  kling_sockets_close(&h->sockets);
  kling_poller_close(&h->poller);
  memset(h, 0, sizeof(*h));
  h->poller.fd = h->poller.timer_fd = -1;
}
