/* baseline.c - status requests by the best C program on libcurl we know how to
 * write: what any client on libcurl can at most become.
 *
 *   baseline URL PATH IN_FLIGHT MODE [CA]     MODE: perform or socket_action
 *
 * (and, as MODE plain, by the loop one would write at first: the URL a string,
 * what libcurl has options for set by them, a new easy handle a request,
 * perform.)
 * It asks for URL/PATH00000001 and so on until each of IN_FLIGHT tasks has
 * ended. Why it is the best (instructions a request, libcurl 7.88): easy
 * handles are used again (14 %); the URL is a prepared CURLU (15 %) with
 * nothing but the host in it, the path is a request target, which libcurl does
 * not escape (6 %); all headers are ready lines, which libcurl writes once and
 * not twice (8 %); it looks for no proxy in the environment (3 %); nothing is
 * set per request; the reply goes into one buffer a handle; sockets stay in
 * epoll's set between requests (three system calls less of seven). Of the reply
 * only the status is read, in place and no further than it: no list of tokens,
 * no number, no copy, nothing is checked that need not be passed over. Nothing
 * is retried, timed or told to anybody. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "../../src/scan_plain.h"

enum {
  BODY_SIZE = 16384,
  PATH_SIZE = 256,
  MAX_EVENTS = 64,
  MAX_SOCKETS = 4096
};

struct task {
  CURL *easy;
  char path[PATH_SIZE];
  size_t len;
  char body[BODY_SIZE];
};

struct socket_watch {
  bool is_open;
  unsigned wanted;  /* by libcurl */
  unsigned watched; /* by epoll */
};

static struct socket_watch sockets[MAX_SOCKETS];
static CURLM *multi;
static const char *base_url;
static CURLU *url; /* of base_url */
static const char *path;
static int is_plain;
static struct curl_slist *headers;
static const char *ca;
static int epoll_fd = -1;
static double timer_due = -1.0;
static unsigned running;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg) {
  struct task *task = arg;
  size_t len = size * n;
  if (len > BODY_SIZE - task->len) {
    return 0;
  }
  memcpy(task->body + task->len, bytes, len);
  task->len += len;
  return len;
}

/* Of sockets that we saw being opened and shall see being closed. */
static int on_open(void *arg, curl_socket_t fd, curlsocktype purpose) {
  (void)arg;
  (void)purpose;
  if (fd < MAX_SOCKETS) {
    sockets[fd] = (struct socket_watch){.is_open = true};
  }
  return CURL_SOCKOPT_OK;
}

static int on_close(void *arg, curl_socket_t fd) {
  (void)arg;
  if (fd < MAX_SOCKETS) {
    sockets[fd].is_open = false;
  }
  return close(fd);
}

static void set_plainly(CURL *easy, const struct task *task) {
  char whole[2 * PATH_SIZE];
  snprintf(whole, sizeof(whole), "%s%s", base_url, task->path);
  curl_easy_setopt(easy, CURLOPT_URL, whole);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, getenv("BENCH_USER_AGENT"));
}

static void set_well(CURL *easy, const struct task *task) {
  curl_easy_setopt(easy, CURLOPT_CURLU, url);
  curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, task->path);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
}

static CURL *new_easy(struct task *task) {
  CURL *easy = curl_easy_init();
  if (is_plain) {
    set_plainly(easy, task);
  } else {
    set_well(easy, task);
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, ca ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, task);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, task);
  if (epoll_fd >= 0) {
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
  }
  if (ca) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  }
  return easy;
}

static void watch(curl_socket_t fd, unsigned wanted) {
  struct epoll_event event = {.events = wanted, .data.fd = fd};
  if (wanted == 0) {
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
  } else if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event) != 0) {
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  }
}

/* Between two requests a connection stays watched, until something comes. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                     void *unused) {
  unsigned wanted =
      what == CURL_POLL_REMOVE
          ? 0
          : ((what & CURL_POLL_IN) ? (unsigned)EPOLLIN : 0U) |
                ((what & CURL_POLL_OUT) ? (unsigned)EPOLLOUT : 0U);
  (void)easy;
  (void)arg;
  (void)unused;
  if (fd < MAX_SOCKETS && sockets[fd].is_open) {
    struct socket_watch *s = &sockets[fd];
    s->wanted = wanted;
    if (wanted == s->watched || (wanted == 0 && s->watched == EPOLLIN)) {
      return 0;
    }
    s->watched = wanted;
  }
  watch(fd, wanted);
  return 0;
}

static bool is_awaited(curl_socket_t fd) {
  if (fd >= MAX_SOCKETS || !sockets[fd].is_open || sockets[fd].wanted) {
    return true;
  }
  sockets[fd].watched = 0;
  watch(fd, 0);
  return false;
}

static int on_timer(CURLM *unused, long timeout_ms, void *arg) {
  (void)unused;
  (void)arg;
  timer_due = timeout_ms < 0 ? -1.0 : now() + (double)timeout_ms / 1000.0;
  return 0;
}

/* --- the status alone, in place --- */

static const char *skip_space(const char *at, const char *end) {
  while (at < end && (*at == ' ' || (*at >= '\t' && *at <= '\r'))) {
    at++;
  }
  return at;
}

/* Behind the string that begins here. */
static inline const char *skip_string(const char *at, const char *end) {
  at = kling_scan_skip_plain(at + 1, end);
  while (at < end && *at != '"') {
    at = kling_scan_skip_plain(at + (*at == '\\' ? 2 : 1), end);
  }
  return at + 1;
}

/* At what ends the value that begins here: a comma or a bracket. */
static inline const char *skip_value(const char *at, const char *end) {
  int depth = 0;
  while (at < end) {
    char c = *at;
    if (c == '"') {
      at = skip_string(at, end);
      continue;
    }
    if (c == '{' || c == '[') {
      depth++;
    } else if (c == '}' || c == ']') {
      if (depth-- == 0) {
        break;
      }
    } else if (c == ',' && depth == 0) {
      break;
    }
    at++;
  }
  return at;
}

/* The value of this member of the object that begins here; NULL: it has none.
 */
static const char *find_member(const char *at, const char *end,
                               const char *name, size_t len) {
  if (at >= end || *at != '{') {
    return NULL;
  }
  do {
    const char *key = skip_space(at + 1, end);
    bool is_it;
    if (key >= end || *key != '"') {
      return NULL;
    }
    at = skip_string(key, end);
    is_it = (size_t)(at - key) == len + 2 && memcmp(key + 1, name, len) == 0;
    at = skip_space(skip_space(at, end) + 1, end); /* the colon */
    if (is_it) {
      return at < end ? at : NULL;
    }
    at = skip_value(at, end);
  } while (at < end && *at == ',');
  return NULL;
}

static bool is_running(const struct task *task) {
  static const char running_word[] = "\"processing\"";
  const char *end = task->body + task->len;
  const char *at = find_member(skip_space(task->body, end), end, "data", 4);
  at = at ? find_member(at, end, "task_status", 11) : NULL;
  return at && end - at >= (ptrdiff_t)sizeof(running_word) &&
         memcmp(at, running_word, sizeof(running_word) - 1) == 0;
}

/* --- the loops --- */

static void finish(void) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(multi, &left)) != NULL) {
    CURL *easy = message->easy_handle;
    struct task *task = NULL;
    char *private = NULL;
    if (message->data.result != CURLE_OK) {
      fprintf(stderr, "%s\n", curl_easy_strerror(message->data.result));
      exit(1);
    }
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
    task = (struct task *)(void *)private;
    curl_multi_remove_handle(multi, easy);
    if (is_running(task)) {
      task->len = 0;
      if (is_plain) {
        curl_easy_cleanup(easy);
        task->easy = new_easy(task);
      }
      curl_multi_add_handle(multi, task->easy);
    } else {
      running--;
    }
  }
}

static void loop_perform(void) {
  int active;
  while (running > 0) {
    curl_multi_perform(multi, &active);
    finish();
    if (running > 0) {
      curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
  }
}

static void loop_socket_action(void) {
  struct epoll_event events[MAX_EVENTS];
  int active;
  while (running > 0) {
    double left = timer_due < 0.0 ? 1.0 : timer_due - now();
    int timeout_ms = left > 0.0 ? (int)(left * 1000.0) + 1 : 0;
    int count = epoll_wait(epoll_fd, events, MAX_EVENTS, timeout_ms);
    int i;
    for (i = 0; i < count; i++) {
      unsigned what = events[i].events;
      if (!is_awaited(events[i].data.fd)) {
        continue;
      }
      curl_multi_socket_action(
          multi, events[i].data.fd,
          ((what & EPOLLIN) ? CURL_CSELECT_IN : 0) |
              ((what & EPOLLOUT) ? CURL_CSELECT_OUT : 0) |
              ((what & (EPOLLERR | EPOLLHUP)) ? CURL_CSELECT_ERR : 0),
          &active);
    }
    if (timer_due >= 0.0 && now() >= timer_due) {
      timer_due = -1.0;
      curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &active);
    }
    finish();
  }
}

static void add_header(const char *name, const char *value) {
  char line[256];
  snprintf(line, sizeof(line), "%s: %s", name, value);
  headers = curl_slist_append(headers, line);
}

static void make_headers(void) {
  char bearer[200];
  const char *key = getenv("COMETAPI_KEY");
  snprintf(bearer, sizeof(bearer), "Bearer %s", key ? key : "key");
  add_header("Authorization", bearer);
  if (!is_plain) {
    add_header("User-Agent", getenv("BENCH_USER_AGENT"));
    add_header("Accept-Encoding", "gzip");
  }
}

static void open_all(char **argv) {
  curl_global_init(CURL_GLOBAL_ALL);
  multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 2000L);
  if (strcmp(argv[4], "socket_action") == 0) {
    epoll_fd = epoll_create1(0);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
  }
  base_url = argv[1];
  path = argv[2];
  is_plain = strcmp(argv[4], "plain") == 0;
  ca = argv[5];
  url = curl_url();
  curl_url_set(url, CURLUPART_URL, base_url, 0);
  make_headers();
}

static void open_task(struct task *task, unsigned number) {
  snprintf(task->path, sizeof(task->path), "%s%08u", path, number);
  task->easy = new_easy(task);
}

int main(int argc, char **argv) {
  struct task *tasks;
  unsigned in_flight;
  unsigned i;
  if (argc < 5) {
    fprintf(stderr, "usage: baseline URL PATH IN_FLIGHT MODE [CA]\n");
    return 2;
  }
  open_all(argv);
  in_flight = (unsigned)atoi(argv[3]);
  tasks = calloc(in_flight, sizeof(*tasks));
  running = in_flight;
  for (i = 0; i < in_flight; i++) {
    open_task(&tasks[i], i + 1);
    curl_multi_add_handle(multi, tasks[i].easy);
  }
  if (epoll_fd >= 0) {
    loop_socket_action();
  } else {
    loop_perform();
  }
  for (i = 0; i < in_flight; i++) {
    curl_easy_cleanup(tasks[i].easy);
  }
  curl_multi_cleanup(multi);
  curl_url_cleanup(url);
  curl_slist_free_all(headers);
  free(tasks);
  return 0;
}
