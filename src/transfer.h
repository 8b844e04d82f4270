/* transfer.h - one request and what came of it, over a curl easy handle that
 * is used again and again. */
#ifndef KLING_TRANSFER_H
#define KLING_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "head.h"
#include "shared.h"

struct intake;
struct sink;
struct sockets;

struct http_request {
  const char *path; /* an API request: below base_url; else NULL */
  size_t path_len;
  const char *query; /* or NULL */
  const char *body;  /* a POST, sent at most once; must outlive the transfer */
  size_t body_len;
  const char *url;   /* a download: goes out without the key */
  struct sink *sink; /* where its bytes go */
  uint64_t tag;      /* the caller's */
  bool is_empty;     /* asks for nothing, and goes out without the key */
};

enum http_outcome {
  HTTP_ANSWERED,    /* there is a status; the body may be anything */
  HTTP_UNREACHED,   /* name, connection or TLS; or it broke off */
  HTTP_TIMED_OUT,   /* connect, request or stall time-out */
  HTTP_UNTRUSTED,   /* the certificate is not to be trusted */
  HTTP_TOO_LARGE,   /* the reply is over the ceiling */
  HTTP_MALFORMED,   /* not HTTP, or a URL that is none */
  HTTP_REFUSED,     /* a private address, or a protocol we do not speak */
  HTTP_NOT_WRITTEN, /* the sink failed; see its `error` */
  HTTP_NOMEM
};

struct http_result {
  enum http_outcome outcome;
  int curl_code;
  long status; /* 0: no answer */
  bool sent;   /* a byte of the request may have left */
};

enum { TARGET_KEPT = 128 };

/* Of downloads. What libcurl has read when it is over it keeps for the next. */
struct turn {
  double end; /* clock */
  bool is_over;
};

struct transfer {
  void *easy; /* CURL */
  struct transfer *next;
  struct transfer *prev;
  const struct http_shared *shared;
  struct buf body;
  struct sink *sink;
  uint64_t tag;
  double started;       /* clock */
  unsigned sent;        /* how often libcurl was about to send it */
  unsigned *connecting; /* counts it as long as it has no connection, or NULL */
  struct sockets *sockets;  /* that its connections are among */
  struct intake *intake;    /* of a request that has begun */
  char words[256];          /* libcurl's, of what went wrong: CURL_ERROR_SIZE */
  char target[TARGET_KEPT]; /* of an API request, as libcurl has it */
  size_t target_len;        /* 0: it is not kept */
  uint8_t kind;             /* of an API request: see transfer_api.c */
  uint8_t service;          /* what it was made ready for: see intake.h */
  bool is_download;
  bool is_once;
  bool is_unwatched; /* libcurl has no time-out for its connection */
  bool is_counted;   /* among intake->unwatched: it has no connection yet */
  bool is_ended;
  bool refused_address;
  /* of a download: */
  struct turn *turn;
  void *headers;    /* curl_slist: what is asked with */
  struct head head; /* of the reply */
  int64_t first;    /* byte asked for; 0: the whole file */
  bool is_accepted; /* its bytes go into the sink */
  bool is_harmless; /* they did not, and what the sink has is good */
  bool is_paused;   /* libcurl keeps bytes of it: the turn is over */
  struct http_result result;
};

struct transfer *kling_transfer_new(const struct http_shared *shared,
                                    bool is_download);
void kling_transfer_free(struct transfer *t);
/* Ready it for a request. False: out of memory or a URL that is none. */
bool kling_transfer_prepare(struct transfer *t, const struct http_request *r);
/* Let libcurl keep its connect_timeout, or not: then the caller does. */
void kling_transfer_watch_connection(struct transfer *t, bool is_watched);
/* It has a connection, or will get none. */
void kling_transfer_settle(struct transfer *t);
/* May a byte of the request have left? */
bool kling_transfer_was_sent(const struct transfer *t);
/* How long the reply asks to be left alone: seconds; < 0: it does not. */
double kling_transfer_retry_after(const struct transfer *t);
/* Fill in `result`. */
void kling_transfer_end(struct transfer *t, int curl_code);

#endif
