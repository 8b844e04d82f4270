/* http.h - requests over one curl multi handle. Not responsible for what they
 * are for, when they are made or whether they are made again. */
#ifndef KLING_HTTP_H
#define KLING_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "intake.h"
#include "poller.h"
#include "queue.h"
#include "shared.h"
#include "sockets.h"

enum { HTTP_EVENTS = 64 };

struct http {
  void *multi; /* CURLM */
  struct poller poller;
  struct sockets sockets;    /* what the poller watches */
  struct http_shared shared; /* what all transfers are made with */
  struct intake intakes[2];  /* API requests, downloads */
  struct transfer *idle[2];  /* to be used again: likewise */
  struct queue active[2];    /* likewise; the oldest is the first */
  struct transfer *dropped;  /* nobody's any more, and still libcurl's */
  struct transfer *done;     /* ended before libcurl had them */
  struct turn turn;          /* of downloads */
  unsigned begun;            /* requests, in this turn */
  struct poller_event events[HTTP_EVENTS]; /* from the poller */
  int event_count;
  int next_event;     /* that is not acted on yet */
  double now;         /* clock: in this turn, as last read */
  double dropped_due; /* clock: when to let go of them at the latest */
  double timer_due;   /* when libcurl wants to be called; < 0: never */
};

/* False: out of memory or descriptors; nothing is left open. */
bool kling_http_open(struct http *h, const struct http_options *o);
/* Safe twice. Transfers still active are dropped. */
void kling_http_close(struct http *h);

/* May one more begin in this turn? Lets those begin that have a connection. */
bool kling_http_admits(struct http *h, bool is_download);
/* Must it wait for I/O, and not only for the next turn? */
bool kling_http_is_full(const struct http *h, bool is_download);
/* Begin. NULL: out of memory; any other trouble comes out of kling_http_next.
 */
struct transfer *kling_http_start(struct http *h,
                                  const struct http_request *request);
/* A turn begins; returns the clock, as it is for all that begins in it. */
double kling_http_begin_turn(struct http *h);
/* Let I/O happen, for about a millisecond once there is some; wait for
 * it at most this long. False: a signal came. */
bool kling_http_wait(struct http *h, double seconds);
/* A transfer that has ended, or NULL. Release it after reading it. */
struct transfer *kling_http_next(struct http *h);
/* Give a transfer back, ended or not. Of one that is not no byte leaves any
 * more; what is left to do of that is done at the beginning of the next turn,
 * which is due soon. */
void kling_http_release(struct http *h, struct transfer *t);

/* When libcurl wants to be called, on kling_clock_now; 0: at once, < 0: never.
 */
double kling_http_due(const struct http *h);

/* libcurl's words for the number in struct http_result. */
const char *kling_http_words(int curl_code);

#endif
