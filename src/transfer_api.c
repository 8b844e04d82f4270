/* transfer_api.c - what differs between the requests to the service. */
#include "transfer_api.h"

#include <curl/curl.h>
#include <string.h>

#include "same.h"

enum {
  REPLY_CEILING = 4 * 1024 * 1024, /* bytes */
  MAX_TARGET = 4096,
  /* A create goes out on a connection that was quiet for at most so many
   * seconds: an old one may be closed under it, and then nobody knows whether
   * it arrived. */
  FRESH = 20
};

/* What one kind needs is set only after a request of another. */
enum kind { LOOK, CREATE, EMPTY };

/* --- libcurl calls these; none of them may touch Lua --- */

/* Over HTTP/2 libcurl keeps a connection whose requests time out, and sends the
 * next ones there: for ever, when it is dead without anybody having said so.
 * One that does not answer is not to be kept, and this one answers. */
static void keep_connection(struct transfer *t) {
  if (t->shared->is_tls) {
    curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, 0L);
  }
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg) {
  struct transfer *t = arg;
  keep_connection(t);
  return kling_buf_append(&t->body, bytes, size * n) ? size * n : 0;
}

/* Of a reply without a body. */
static size_t on_header(char *bytes, size_t size, size_t n, void *arg) {
  (void)bytes;
  keep_connection(arg);
  return size * n;
}

/* --- setting up --- */

static void set_kind(struct transfer *t, enum kind kind) {
  CURL *easy = t->easy;
  struct curl_slist *headers = t->shared->get_headers;
  t->kind = (uint8_t)kind;
  t->is_once = kind == CREATE;
  curl_easy_setopt(easy, kind == EMPTY ? CURLOPT_NOBODY : CURLOPT_HTTPGET, 1L);
  if (kind == EMPTY) {
    headers = headers->next; /* without the key */
  } else if (kind == CREATE) {
    headers = t->shared->post_headers;
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION,
                   kind == EMPTY ? on_header : NULL);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, kind == EMPTY ? t : NULL);
#if LIBCURL_VERSION_NUM >= 0x075000
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, t->is_once ? (long)FRESH : 118L);
#else
  /* nobody asks before sending again: then never on a reused connection */
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, t->is_once ? 1L : 0L);
#endif
}

void kling_transfer_set_api(struct transfer *t) {
  CURL *easy = t->easy;
  t->body.ceiling = REPLY_CEILING;
  curl_easy_setopt(easy, CURLOPT_CURLU, t->shared->url);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip"); /* to undo it */
  /* Wait for the first connection to say whether it is HTTP/2. Only over TLS:
   * without, libcurl learns it from the first reply, and would wait for that.
   */
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, t->shared->is_tls ? 1L : 0L);
  set_kind(t, LOOK);
}

/* --- one request --- */

/* A text behind what is there; NULL stays NULL: it does not fit. */
static char *append(char *at, const char *end, const char *text, size_t len) {
  if (!at || len >= (size_t)(end - at)) {
    return NULL;
  }
  memcpy(at, text, len);
  at[len] = '\0';
  return at + len;
}

/* Who follows one task asks for the same again and again. */
static bool hand_over(struct transfer *t, const char *target, size_t len) {
  if (len == t->target_len && kling_same(t->target, target, len)) {
    return true;
  }
  t->target_len = 0;
  if (curl_easy_setopt(t->easy, CURLOPT_REQUEST_TARGET, target) != CURLE_OK) {
    return false;
  }
  if (len <= sizeof(t->target)) {
    memcpy(t->target, target, len);
    t->target_len = len;
  }
  return true;
}

/* Apart from the URL, which libcurl takes to pieces and escapes each time. */
static bool set_target(struct transfer *t, const struct http_request *r) {
  char target[MAX_TARGET];
  const char *end = target + sizeof(target);
  char *at = target;
  if (t->shared->prefix_len > 0) {
    at = append(at, end, t->shared->prefix, t->shared->prefix_len);
  }
  at = append(at, end, r->path, r->path_len);
  if (r->query) {
    at = append(at, end, "?", 1);
    at = append(at, end, r->query, strlen(r->query));
  }
  return at && at > target && hand_over(t, target, (size_t)(at - target));
}

bool kling_transfer_prepare_api(struct transfer *t,
                                const struct http_request *r) {
  enum kind kind = r->is_empty ? EMPTY : r->body ? CREATE : LOOK;
  if (kind != (enum kind)t->kind) {
    set_kind(t, kind);
  }
  if (kind == CREATE) {
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     (curl_off_t)r->body_len);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, r->body);
  }
  if (t->shared->is_tls) {
    curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, 1L);
  }
  return set_target(t, r);
}
