/* shared.h - what all transfers of a client are made with: where to, with which
 * key, trusting whom. The only place the key is in. */
#ifndef KLING_SHARED_H
#define KLING_SHARED_H

#include <stdbool.h>
#include <stddef.h>

struct http_options {
  unsigned max_requests; /* in flight at once: as many connections are kept */
  const char *base_url;
  const char *api_key;
  const char *ca;
  const char *ca_path;
  const char *proxy;
  const char *user_agent; /* put before ours */
  double connect_timeout;
  double request_timeout;
  double stall_timeout;
  bool insecure_http;
  bool allow_private_hosts;
};

struct http_shared {
  void *url;    /* CURLU of base_url, without its path */
  char *prefix; /* of request targets, without a slash at the end */
  size_t prefix_len;
  void *get_headers; /* struct curl_slist; the key's line is the first */
  void *post_headers;
  char *ca;
  char *ca_path;
  char *proxy;
  char *no_proxy; /* for a loopback base_url; else the environment's */
  char *user_agent_line;
  const char *user_agent; /* its value */
  bool is_tls;            /* base_url is https */
  bool is_proxied;        /* some requests may go by a proxy */
  bool is_direct;         /* those to base_url do not */
  double connect_timeout; /* seconds */
  double request_timeout;
  long stall_timeout; /* seconds, as libcurl counts it */
  bool allow_http;
  bool allow_http_redirects;
  bool allow_loopback;
  bool allow_private;
};

/* False: out of memory, or base_url is no URL; close it all the same. */
bool kling_shared_open(struct http_shared *s, const struct http_options *o);
/* Leaves no copy of the key in freed memory. */
void kling_shared_close(struct http_shared *s);

/* Blot the key out of a text that came from outside. True when it was there. */
bool kling_shared_redact(const struct http_shared *s, char *text);

#endif
