/* shared.c - what all transfers of a client are made with. */
#define _POSIX_C_SOURCE 200809L
#include "shared.h"

#include <curl/curl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "secret.h"
#include "version.h"

static const char AUTHORIZATION[] = "Authorization: Bearer ";
static const char USER_AGENT[] = "User-Agent: ";

static char *copy(const char *text) {
  size_t size = text ? strlen(text) + 1 : 0;
  char *copied = text ? malloc(size) : NULL;
  if (copied) {
    memcpy(copied, text, size);
  }
  return copied;
}

static bool add_header(void *list, const char *line) {
  struct curl_slist **head = list;
  struct curl_slist *longer = curl_slist_append(*head, line);
  if (longer) {
    *head = longer;
  }
  return longer != NULL;
}

static bool add_to_both(struct http_shared *s, const char *line) {
  return add_header(&s->get_headers, line) &&
         add_header(&s->post_headers, line);
}

/* Through a volatile pointer: a memset before free is dead code to a compiler.
 */
static void wipe(char *secret) {
  volatile char *at = secret;
  while (*at) {
    *at++ = '\0';
  }
}

static bool add_authorization(struct http_shared *s, const char *key) {
  char *line = malloc(sizeof(AUTHORIZATION) + strlen(key));
  bool ok = line != NULL;
  if (ok) {
    memcpy(line, AUTHORIZATION, sizeof(AUTHORIZATION));
    memcpy(line + sizeof(AUTHORIZATION) - 1, key, strlen(key) + 1);
    ok = add_to_both(s, line);
    wipe(line);
  }
  free(line);
  return ok;
}

/* All of them ready: those that libcurl has options for it writes twice for
 * each request, character by character; and short, for even so a character
 * costs 75 instructions. The key's line comes first. */
static bool make_headers(struct http_shared *s, const char *key) {
  return add_authorization(s, key) && add_to_both(s, s->user_agent_line) &&
         add_to_both(s, "Accept-Encoding: gzip") &&
         add_header(&s->post_headers, "Content-Type: application/json");
}

static bool make_user_agent(struct http_shared *s, const char *before) {
  size_t size = (before ? strlen(before) : 0) + 64;
  s->user_agent_line = malloc(size);
  if (!s->user_agent_line) {
    return false;
  }
  snprintf(s->user_agent_line, size, "%s%s%skling-lua/%s", USER_AGENT,
           before ? before : "", before ? " " : "", KLING_VERSION);
  s->user_agent = s->user_agent_line + sizeof(USER_AGENT) - 1;
  return true;
}

/* A proxy that forwards what is plain must be told all of the URL, and every
 * server takes that (RFC 9112, 3.2.2). */
static bool make_prefix(struct http_shared *s) {
  bool is_whole = !s->is_direct && !s->is_tls;
  char *prefix = NULL;
  size_t len;
  if (curl_url_get(s->url, is_whole ? CURLUPART_URL : CURLUPART_PATH, &prefix,
                   0) != CURLUE_OK) {
    return false;
  }
  s->prefix = copy(prefix);
  curl_free(prefix);
  len = s->prefix ? strlen(s->prefix) : 0;
  while (len > 0 && s->prefix[len - 1] == '/') {
    s->prefix[--len] = '\0';
  }
  s->prefix_len = len;
  return s->prefix != NULL &&
         curl_url_set(s->url, CURLUPART_PATH, "/", 0) == CURLUE_OK;
}

static bool is_proxy_in_environment(const struct http_shared *s) {
  static const char *const names[] = {"http_proxy", "https_proxy",
                                      "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
  size_t i;
  for (i = s->allow_http ? 0 : 1; i < sizeof(names) / sizeof(names[0]); i++) {
    const char *value = getenv(names[i]);
    if (value && *value) {
      return true;
    }
  }
  return false;
}

/* What is sent to this machine, the key with it, takes no way round. */
static bool make_no_proxy(struct http_shared *s, const char *host) {
  static const char always[] = "localhost,127.0.0.1,::1,";
  size_t size = sizeof(always) + strlen(host);
  s->no_proxy = malloc(size);
  if (s->no_proxy) {
    snprintf(s->no_proxy, size, "%s%s", always, host);
  }
  return s->no_proxy != NULL;
}

static bool make_url(struct http_shared *s, const char *base_url) {
  char *host = NULL;
  char *scheme = NULL;
  bool ok;
  s->url = curl_url();
  if (!s->url ||
      curl_url_set(s->url, CURLUPART_URL, base_url, 0) != CURLUE_OK ||
      curl_url_get(s->url, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
    return false;
  }
  if (curl_url_get(s->url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK) {
    s->is_tls = strcmp(scheme, "https") == 0;
  }
  curl_free(scheme);
  s->allow_loopback = kling_address_is_loopback_host(host);
  ok = !s->allow_loopback || make_no_proxy(s, host);
  curl_free(host);
  return ok;
}

static void set_allowed(struct http_shared *s, const struct http_options *o) {
  bool is_loopback = s->allow_loopback;
  s->allow_private = o->allow_private_hosts;
  s->allow_http = o->insecure_http || is_loopback;
  s->allow_http_redirects = o->insecure_http;
  s->allow_loopback = is_loopback || o->allow_private_hosts;
  s->is_proxied = s->proxy ? *s->proxy != '\0' : is_proxy_in_environment(s);
  s->is_direct = !s->is_proxied || (is_loopback && !s->proxy);
}

bool kling_shared_open(struct http_shared *s, const struct http_options *o) {
  s->ca = copy(o->ca);
  s->ca_path = copy(o->ca_path);
  s->proxy = copy(o->proxy);
  s->connect_timeout = o->connect_timeout;
  s->request_timeout = o->request_timeout;
  s->stall_timeout = (long)ceil(o->stall_timeout);
  if ((o->ca && !s->ca) || (o->ca_path && !s->ca_path) ||
      (o->proxy && !s->proxy) || !make_url(s, o->base_url)) {
    return false;
  }
  set_allowed(s, o);
  return make_prefix(s) && make_user_agent(s, o->user_agent) &&
         make_headers(s, o->api_key);
}

/* The key is in here: leave no copy in freed memory. */
static void free_headers(struct curl_slist *list) {
  struct curl_slist *item;
  for (item = list; item; item = item->next) {
    wipe(item->data);
  }
  curl_slist_free_all(list);
}

void kling_shared_close(struct http_shared *s) {
  curl_url_cleanup(s->url);
  free(s->prefix);
  free_headers(s->get_headers);
  free_headers(s->post_headers);
  free(s->ca);
  free(s->ca_path);
  free(s->proxy);
  free(s->no_proxy);
  free(s->user_agent_line);
}

bool kling_shared_redact(const struct http_shared *s, char *text) {
  const struct curl_slist *line = s->get_headers;
  return line &&
         kling_secret_blot(text, line->data + sizeof(AUTHORIZATION) - 1);
}
