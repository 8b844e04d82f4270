/* http.c - requests over one curl multi handle. */
#define _POSIX_C_SOURCE 200809L
#include "http.h"

#include <curl/curl.h>
#include <string.h>

#include "clock.h"
#include "transfer_download.h"

static const double TURN = 0.0005; /* seconds; what is begun is done */
static const double SOON = 0.01;   /* seconds; a frame */

/* --- requests --- */

/* A connection has to be made; perhaps because the one that the request had,
 * and was sent on, was dead. */
static int on_new_socket(void *arg, curl_socket_t fd, curlsocktype purpose) {
  struct transfer *t = arg;
  (void)purpose;
  kling_sockets_add(t->sockets, fd);
  kling_intake_watch(t->intake, t);
  return CURL_SOCKOPT_OK;
}

static struct transfer *take_idle(struct http *h, bool is_download) {
  struct transfer *t = h->idle[is_download];
  if (t) {
    h->idle[is_download] = t->next;
    t->next = NULL;
    return t;
  }
  t = kling_transfer_new(&h->shared, is_download);
  if (t) {
    t->sockets = &h->sockets;
    curl_easy_setopt(t->easy, CURLOPT_SOCKOPTFUNCTION, on_new_socket);
    curl_easy_setopt(t->easy, CURLOPT_SOCKOPTDATA, t);
    kling_sockets_follow(&h->sockets, t->easy);
  }
  return t;
}

static void end_early(struct http *h, struct transfer *t, CURLcode code) {
  kling_transfer_end(t, (int)code);
  t->next = h->done;
  h->done = t;
}

struct transfer *kling_http_start(struct http *h,
                                  const struct http_request *request) {
  struct transfer *t = take_idle(h, request->url != NULL);
  if (!t) {
    return NULL;
  }
  t->turn = &h->turn;
  kling_intake_prepare(&h->intakes[t->is_download], t);
  if (!kling_transfer_prepare(t, request)) {
    end_early(h, t, CURLE_URL_MALFORMAT);
  } else if (curl_multi_add_handle(h->multi, t->easy) != CURLM_OK) {
    end_early(h, t, CURLE_OUT_OF_MEMORY);
  } else {
    t->started = h->now;
    kling_intake_add(&h->intakes[t->is_download], t);
    h->begun++;
    kling_queue_add(&h->active[t->is_download], t);
  }
  return t;
}

static struct transfer *any_active(const struct http *h) {
  return h->active[0].first ? h->active[0].first : h->active[1].first;
}

static void break_off(struct http *h, struct transfer *t, CURLcode code) {
  curl_multi_remove_handle(h->multi, t->easy);
  kling_queue_remove(&h->active[t->is_download], t);
  end_early(h, t, code);
  kling_intake_learn(&h->intakes[t->is_download], t);
}

/* A transfer that nobody calls any more would never end: when the multi handle
 * fails as a whole, so do all that are in it. */
static void fail_all(struct http *h, CURLMcode code) {
  while (any_active(h)) {
    break_off(h, any_active(h),
              code == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY
                                          : CURLE_FAILED_INIT);
  }
}

/* --- giving back --- */

static void rest(struct http *h, struct transfer *t) {
  t->next = h->idle[t->is_download];
  h->idle[t->is_download] = t;
}

/* Its connection and its look-up are closed with it: tens of microseconds, too
 * many for a caller who only cancels. So are those of a timer that is to go off
 * at once. */
static void drop(struct http *h, struct transfer *t) {
  if (!h->dropped) {
    h->dropped_due = kling_clock_now() + SOON;
  }
  kling_queue_remove(&h->active[t->is_download], t);
  kling_transfer_settle(t);
  t->next = h->dropped;
  h->dropped = t;
}

/* As long as there is time. Until none is left libcurl must not act: it would
 * send what was cancelled. */
static void let_go(struct http *h, double end) {
  do {
    struct transfer *t = h->dropped;
    curl_multi_remove_handle(h->multi, t->easy);
    h->dropped = t->next;
    rest(h, t);
  } while (h->dropped && kling_clock_now() < end);
  h->dropped_due = 0.0; /* of those that are left */
}

static void unlink_done(struct http *h, const struct transfer *t) {
  struct transfer **at = &h->done;
  while (*at && *at != t) {
    at = &(*at)->next;
  }
  if (*at) {
    *at = t->next;
  }
}

void kling_http_release(struct http *h, struct transfer *t) {
  t->sink = NULL;
  if (!t->is_ended) {
    drop(h, t);
    return;
  }
  unlink_done(h, t);
  rest(h, t);
}

/* --- time-outs of API requests --- */

/* With libcurl's own each byte that comes over HTTP/2 moves the timers of all
 * requests on the connection: 7 % of the work of 16, and more of more. */

/* When the next one is to be given up; < 0: there is none. */
static double late_due(const struct http *h) {
  const struct intake *in = &h->intakes[0];
  const struct transfer *oldest = h->active[0].first;
  double due;
  if (!oldest) {
    return -1.0;
  }
  due = oldest->started + h->shared.request_timeout;
  return in->unwatched > 0 && in->watch_due < due ? in->watch_due : due;
}

/* The first of those that have no connection is the next to be looked after. */
static void watch_unconnected(struct http *h, double now) {
  double seconds = h->shared.connect_timeout;
  struct transfer *t = h->active[0].first;
  while (t) {
    struct transfer *next = t->next;
    if (t->is_counted) {
      h->intakes[0].watch_due = t->started + seconds;
      if (h->intakes[0].watch_due > now) {
        return;
      }
      break_off(h, t, CURLE_OPERATION_TIMEDOUT);
    }
    t = next;
  }
}

static void time_out(struct http *h, double now) {
  struct transfer *t = h->active[0].first;
  while (t && t->started + h->shared.request_timeout <= now) {
    break_off(h, t, CURLE_OPERATION_TIMEDOUT);
    t = h->active[0].first;
  }
  if (h->intakes[0].unwatched > 0 && h->intakes[0].watch_due <= now) {
    watch_unconnected(h, now);
  }
}

static void act(struct http *h, curl_socket_t fd, int mask) {
  int running;
  CURLMcode code = curl_multi_socket_action(h->multi, fd, mask, &running);
  if (code == CURLM_BAD_SOCKET) {
    kling_sockets_forget(&h->sockets, fd);
  } else if (code != CURLM_OK) {
    fail_all(h, code);
  }
}

static int curl_mask(int what) {
  return ((what & POLLER_READ) ? CURL_CSELECT_IN : 0) |
         ((what & POLLER_WRITE) ? CURL_CSELECT_OUT : 0) |
         ((what & POLLER_ERROR) ? CURL_CSELECT_ERR : 0);
}

static void act_on_timer(struct http *h, double now) {
  if (h->timer_due >= 0.0 && now >= h->timer_due) {
    h->timer_due = -1.0; /* libcurl sets the next one from inside this call */
    act(h, CURL_SOCKET_TIMEOUT, 0);
  }
}

/* What is left over is the next turn's: to ask the system again would cost more
 * than a request, and put these behind others. */
static void act_on_events(struct http *h, double end) {
  do {
    const struct poller_event *event = &h->events[h->next_event++];
    if (kling_sockets_is_awaited(&h->sockets, event->fd)) {
      act(h, event->fd, curl_mask(event->what));
    }
  } while (h->next_event < h->event_count && kling_clock_now() < end);
}

static bool has_events(const struct http *h) {
  return h->next_event < h->event_count;
}

static bool wait_for_events(struct http *h, double seconds) {
  bool is_due = h->done || h->turn.is_over;
  h->next_event = 0;
  h->event_count = kling_poller_wait(&h->poller, is_due ? 0.0 : seconds,
                                     h->events, HTTP_EVENTS);
  return h->event_count >= 0;
}

bool kling_http_is_full(const struct http *h, bool is_download) {
  return kling_intake_is_full(&h->intakes[is_download]);
}

bool kling_http_admits(struct http *h, bool is_download) {
  const struct intake *in = &h->intakes[is_download];
  if (!kling_intake_is_open(in) && !h->dropped) {
    /* those that find an open connection leave at once */
    act_on_timer(h, kling_clock_now());
  }
  return kling_intake_is_open(in) && h->begun < INTAKE_MOST;
}

double kling_http_begin_turn(struct http *h) {
  h->now = kling_clock_now();
  if (h->dropped) {
    let_go(h, h->now + TURN);
  }
  return h->now;
}

static struct transfer *next_paused(const struct http *h) {
  struct transfer *t = h->active[1].first;
  while (t && !t->is_paused) {
    t = t->next;
  }
  return t;
}

/* One after the other, as long as there is time; the next turn begins with
 * those that had none. */
static void go_on_with_downloads(struct http *h) {
  struct transfer *t;
  while (!h->turn.is_over && (t = next_paused(h)) != NULL) {
    CURLcode code = (CURLcode)kling_transfer_go_on(t);
    if (code != CURLE_OK) {
      break_off(h, t, code);
      continue;
    }
    kling_queue_remove(&h->active[1], t);
    kling_queue_add(&h->active[1], t);
    act_on_timer(h, kling_clock_now());
  }
}

bool kling_http_wait(struct http *h, double seconds) {
  bool undisturbed;
  double now;
  double end;
  if (h->dropped) { /* the next turn goes on with them */
    return true;
  }
  undisturbed = has_events(h) || wait_for_events(h, seconds);
  now = kling_clock_now();
  end = now + TURN;
  h->turn.end = end;
  h->turn.is_over = false;
  if (has_events(h)) {
    act_on_events(h, end); /* libcurl does what is due, too */
    now = kling_clock_now();
  }
  if (h->active[1].first) {
    go_on_with_downloads(h);
    now = kling_clock_now();
  }
  act_on_timer(h, now); /* what came for other requests is read already */
  h->begun = 0;
  h->now = now;
  kling_intake_begin_turn(&h->intakes[0]);
  kling_intake_begin_turn(&h->intakes[1]);
  return undisturbed;
}

static struct transfer *take_done(struct http *h) {
  struct transfer *t = h->done;
  if (t) {
    h->done = t->next;
    t->next = NULL;
  }
  return t;
}

static struct transfer *finish(struct http *h, const CURLMsg *message) {
  CURLcode code = message->data.result; /* message dies with remove_handle */
  char *found = NULL;
  struct transfer *t;
  curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &found);
  t = (struct transfer *)(void *)found;
  curl_multi_remove_handle(h->multi, t->easy);
  kling_queue_remove(&h->active[t->is_download], t);
  kling_transfer_end(t, (int)code);
  kling_intake_learn(&h->intakes[t->is_download], t);
  return t;
}

struct transfer *kling_http_next(struct http *h) {
  struct transfer *t = take_done(h);
  CURLMsg *message;
  int left;
  if (t) {
    return t;
  }
  while ((message = curl_multi_info_read(h->multi, &left)) != NULL) {
    if (message->msg == CURLMSG_DONE) {
      return finish(h, message);
    }
  }
  time_out(h, h->now); /* what has come in time is read by now */
  return take_done(h);
}

double kling_http_due(const struct http *h) {
  double due = h->timer_due;
  if (h->done || h->turn.is_over || due == 0.0) {
    return 0.0;
  }
  due = kling_clock_earlier(due, late_due(h));
  return h->dropped ? kling_clock_earlier(due, h->dropped_due) : due;
}

const char *kling_http_words(int curl_code) {
  if (curl_code == CURLE_ABORTED_BY_CALLBACK) { /* on_send said no */
    return "Connection closed before the reply, and not sent again";
  }
  return curl_easy_strerror((CURLcode)curl_code);
}
