/* transfer.c - one request and what came of it. */
#define _POSIX_C_SOURCE 200809L
#include "transfer.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "address.h"
#include "clock.h"
#include "intake.h"
#include "transfer_api.h"
#include "transfer_download.h"

enum {
  REPLY_KEEP = 16 * 1024, /* bytes a pooled buffer may keep */
  REDIRECTS = 5           /* of a download; API calls follow none */
};

/* --- libcurl calls these; none of them may touch Lua --- */

/* libcurl sends a request again by itself when a reused connection breaks
 * before the reply. It asks here each time; a create may leave only once. */
static int on_send(void *arg, char *ip, char *local_ip, int port,
                   int local_port) {
  struct transfer *t = arg;
  (void)ip;
  (void)local_ip;
  (void)port;
  (void)local_port;
  if (t->is_once && t->sent > 0) {
    return 1; /* CURL_PREREQFUNC_ABORT */
  }
  t->sent++;
  kling_transfer_settle(t);
  return 0;
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
                                    struct curl_sockaddr *address) {
  struct transfer *t = arg;
  enum address_kind kind = kling_address_kind(&address->addr);
  (void)purpose;
  if ((kind == ADDRESS_LOOPBACK && !t->shared->allow_loopback) ||
      (kind == ADDRESS_PRIVATE && !t->shared->allow_private)) {
    t->refused_address = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype, address->protocol);
}

/* --- setting up --- */

static void set_protocols(CURL *easy, CURLoption since_7_85, CURLoption before,
                          bool with_http) {
#if LIBCURL_VERSION_NUM >= 0x075500
  (void)before;
  curl_easy_setopt(easy, since_7_85, with_http ? "http,https" : "https");
#else
  (void)since_7_85;
  curl_easy_setopt(easy, before,
                   CURLPROTO_HTTPS | (with_http ? CURLPROTO_HTTP : 0L));
#endif
}

#if LIBCURL_VERSION_NUM >= 0x075500
#define PROTOCOLS       CURLOPT_PROTOCOLS_STR, CURLOPT_PROTOCOLS_STR
#define REDIR_PROTOCOLS CURLOPT_REDIR_PROTOCOLS_STR, CURLOPT_REDIR_PROTOCOLS_STR
#else
#define PROTOCOLS       CURLOPT_PROTOCOLS, CURLOPT_PROTOCOLS
#define REDIR_PROTOCOLS CURLOPT_REDIR_PROTOCOLS, CURLOPT_REDIR_PROTOCOLS
#endif

static void set_trust(CURL *easy, const struct http_shared *s) {
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  if (s->ca) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, s->ca);
  }
  if (s->ca_path || s->ca) {
    curl_easy_setopt(easy, CURLOPT_CAPATH, s->ca_path);
  }
#if LIBCURL_VERSION_NUM >= 0x074600
  /* A CA folder switches libcurl's cache of parsed certificates off: 30 ms
   * instead of 2 for each connection. The file alone will do. */
  if (!s->ca && !s->ca_path && curl_version_info(CURLVERSION_NOW)->cainfo) {
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  }
#endif
}

/* Where there is none libcurl need not look through the environment each time.
 */
static void set_proxy(struct transfer *t) {
  const struct http_shared *s = t->shared;
  if (t->is_download ? !s->is_proxied : s->is_direct) {
    curl_easy_setopt(t->easy, CURLOPT_NOPROXY, "*");
    return;
  }
  curl_easy_setopt(t->easy, CURLOPT_USERAGENT, s->user_agent); /* to it */
  if (s->proxy) {
    curl_easy_setopt(t->easy, CURLOPT_PROXY, s->proxy);
  } else if (s->no_proxy) {
    curl_easy_setopt(t->easy, CURLOPT_NOPROXY, s->no_proxy);
  }
}

void kling_transfer_watch_connection(struct transfer *t, bool is_watched) {
  double seconds = is_watched ? t->shared->connect_timeout : 0.0;
  t->is_unwatched = !is_watched;
  curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS,
                   (long)kling_clock_ms(seconds));
}

static void set_common(struct transfer *t) {
  const struct http_shared *s = t->shared;
  CURL *easy = t->easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->words);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  kling_transfer_watch_connection(t, true);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
  set_protocols(easy, PROTOCOLS, s->allow_http);
  set_trust(easy, s);
  set_proxy(t);
#if LIBCURL_VERSION_NUM >= 0x075000
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_send);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
  /* or giving up waits for the name server after all */
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
}

static void set_for_download(struct transfer *t) {
  const struct http_shared *s = t->shared;
  CURL *easy = t->easy;
  curl_easy_setopt(easy, CURLOPT_USERAGENT, s->user_agent);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, kling_transfer_on_file);
  /* a system call for each; we get them in pieces of 16 KB */
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 32768L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, kling_transfer_on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
  /* not asked for, but undone when it comes all the same */
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, s->stall_timeout);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REDIRECTS);
  set_protocols(easy, REDIR_PROTOCOLS, s->allow_http_redirects);
  /* a proxy is the user's choice; behind one only it sees the addresses */
  if (!s->is_proxied) {
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
  }
}

struct transfer *kling_transfer_new(const struct http_shared *shared,
                                    bool is_download) {
  struct transfer *t = calloc(1, sizeof(*t));
  if (!t) {
    return NULL;
  }
  t->shared = shared;
  t->is_download = is_download;
  t->easy = curl_easy_init();
  if (!t->easy) {
    kling_transfer_free(t);
    return NULL;
  }
  set_common(t);
  if (is_download) {
    set_for_download(t);
  } else {
    kling_transfer_set_api(t);
  }
  return t;
}

void kling_transfer_free(struct transfer *t) {
  curl_easy_cleanup(t->easy);
  curl_slist_free_all(t->headers);
  kling_buf_free(&t->body);
  free(t);
}

/* --- one request --- */

bool kling_transfer_prepare(struct transfer *t, const struct http_request *r) {
  kling_buf_reset(&t->body, REPLY_KEEP);
  memset(&t->result, 0, sizeof(t->result));
  t->sink = r->sink;
  t->tag = r->tag;
  t->sent = 0;
  t->words[0] = '\0';
  t->is_ended = false;
  t->refused_address = false;
  if (t->is_download) {
    return kling_transfer_prepare_download(t, r);
  }
  return kling_transfer_prepare_api(t, r);
}

/* --- what came of it --- */

/* libcurl calls a reply that is no HTTP a protocol it does not speak, as it
 * does a URL's scheme; but then nothing was sent, or a redirect had a status.
 */
static bool is_answered_in_bytes(const struct transfer *t) {
  long request_bytes = 0;
  long status = 0;
  curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &request_bytes);
  curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
  return request_bytes > 0 && status == 0;
}

/* A certificate that an authority of the right name, but with another key, has
 * signed: libcurl shows only the first of OpenSSL's errors, which is about the
 * arithmetic and not about trust. */
static bool is_badly_signed(const struct transfer *t) {
  static const char *const libraries[] = {
      ":rsa routines:", ":asn1 encoding routines:",
      ":elliptic curve routines:"};
  size_t i;
  for (i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
    if (strstr(t->words, libraries[i])) {
      return true;
    }
  }
  return false;
}

static enum http_outcome outcome_of(const struct transfer *t, CURLcode code) {
  if (t->refused_address && code != CURLE_OK) {
    return HTTP_REFUSED;
  }
  switch (code) {
  case CURLE_OK:
    return HTTP_ANSWERED;
  case CURLE_OPERATION_TIMEDOUT:
    return HTTP_TIMED_OUT;
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_CRL_BADFILE:
    return HTTP_UNTRUSTED;
  case CURLE_WRITE_ERROR:
    return t->is_download ? HTTP_NOT_WRITTEN : HTTP_TOO_LARGE;
  case CURLE_UNSUPPORTED_PROTOCOL:
    return is_answered_in_bytes(t) ? HTTP_MALFORMED : HTTP_REFUSED;
  case CURLE_URL_MALFORMAT:
  case CURLE_WEIRD_SERVER_REPLY:
  case CURLE_BAD_CONTENT_ENCODING:
  case CURLE_TOO_MANY_REDIRECTS:
    return HTTP_MALFORMED;
  case CURLE_OUT_OF_MEMORY:
    return HTTP_NOMEM;
  default:
    return HTTP_UNREACHED;
  }
}

void kling_transfer_settle(struct transfer *t) {
  if (t->connecting) {
    --*t->connecting;
    t->connecting = NULL;
  }
  if (t->is_counted) {
    t->intake->unwatched--;
    t->is_counted = false;
  }
}

bool kling_transfer_was_sent(const struct transfer *t) {
#if LIBCURL_VERSION_NUM >= 0x075000
  return t->sent > 0;
#else
  long bytes = 0;
  curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes > 0;
#endif
}

double kling_transfer_retry_after(const struct transfer *t) {
  curl_off_t wait = 0;
  bool is_said =
      curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK &&
      wait > 0;
  return is_said ? (double)wait : -1.0;
}

void kling_transfer_end(struct transfer *t, int curl_code) {
  struct http_result *r = &t->result;
  kling_transfer_settle(t);
  if (curl_code == CURLE_SSL_CONNECT_ERROR && is_badly_signed(t)) {
    curl_code = CURLE_PEER_FAILED_VERIFICATION;
  }
  r->outcome = outcome_of(t, (CURLcode)curl_code);
  r->curl_code = curl_code;
  r->sent = kling_transfer_was_sent(t);
  curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &r->status);
  if (t->is_download) {
    kling_transfer_judge_download(t);
  }
  t->is_ended = true;
}
