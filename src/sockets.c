/* sockets.c - what libcurl's sockets are watched for. */
#define _POSIX_C_SOURCE 200809L
#include "sockets.h"

#include <curl/curl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SPARE = 64 };

/* A number that is closed behind our back may come back as another socket, and
 * that must not pass for one that is watched. So we keep only what we saw being
 * opened and shall see being closed: not the pipes of libcurl's resolver. */
struct socket_watch {
  bool is_open;
  uint8_t wanted;  /* by libcurl */
  uint8_t watched; /* by the poller: the same, or more */
};

static struct socket_watch *find(const struct sockets *s, int fd) {
  return fd >= 0 && fd < s->count && s->watches[fd].is_open ? &s->watches[fd]
                                                            : NULL;
}

static bool grow(struct sockets *s, int fd) {
  int count = fd + SPARE;
  struct socket_watch *watches =
      realloc(s->watches, (size_t)count * sizeof(*watches));
  if (!watches) {
    return false;
  }
  memset(watches + s->count, 0, (size_t)(count - s->count) * sizeof(*watches));
  s->watches = watches;
  s->count = count;
  return true;
}

/* --- libcurl calls these; none of them may touch Lua --- */

static int on_close(void *arg, curl_socket_t fd) {
  struct sockets *s = arg;
  struct socket_watch *w = find(s, fd);
  if (w) {
    kling_sockets_forget(s, fd); /* a child process may keep it open */
    w->is_open = false;
  }
  return close(fd);
}

static int on_change(CURL *easy, curl_socket_t fd, int what, void *arg,
                     void *unused) {
  struct sockets *s = arg;
  struct socket_watch *w = find(s, fd);
  int wanted = what == CURL_POLL_REMOVE
                   ? 0
                   : ((what & CURL_POLL_IN) ? POLLER_READ : 0) |
                         ((what & CURL_POLL_OUT) ? POLLER_WRITE : 0);
  (void)easy;
  (void)unused;
  if (w) {
    w->wanted = (uint8_t)wanted;
    if (wanted == w->watched || (!wanted && w->watched == POLLER_READ)) {
      return 0;
    }
    w->watched = (uint8_t)wanted;
  }
  return kling_poller_watch(s->poller, fd, wanted) ? 0 : -1;
}

/* --- */

bool kling_sockets_open(struct sockets *s, struct poller *poller, void *multi) {
  memset(s, 0, sizeof(*s));
  s->poller = poller;
  return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_change) ==
             CURLM_OK &&
         curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, s) == CURLM_OK;
}

void kling_sockets_close(struct sockets *s) {
  free(s->watches);
  s->watches = NULL;
  s->count = 0;
}

/* What does not fit is watched as a stranger's. */
void kling_sockets_add(struct sockets *s, int fd) {
  if (fd < s->count || grow(s, fd)) {
    memset(&s->watches[fd], 0, sizeof(s->watches[fd]));
    s->watches[fd].is_open = true;
  }
}

void kling_sockets_follow(struct sockets *s, void *easy) {
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, s);
}

bool kling_sockets_is_awaited(struct sockets *s, int fd) {
  const struct socket_watch *w = find(s, fd);
  if (w && !w->wanted) {
    kling_sockets_forget(s, fd);
    return false;
  }
  return true;
}

void kling_sockets_forget(struct sockets *s, int fd) {
  struct socket_watch *w = find(s, fd);
  if (w) {
    w->wanted = w->watched = 0;
  }
  kling_poller_watch(s->poller, fd, 0);
}
