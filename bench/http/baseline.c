/* baseline.c - status requests by the best C program on libcurl we know how to
 * write: what any client on libcurl can at most become.
 *
 *   baseline URL PATH IN_FLIGHT MODE [CA]     MODE: perform or socket_action
 *
 * (and, as MODE plain, by the loop one would write at first: the URL a string,
 * a new easy handle a request, perform.)
 * It asks for URL/PATH00000001 and so on until each of IN_FLIGHT tasks has
 * ended. Why it is the best (instructions a request, libcurl 7.88): the URL is
 * a prepared CURLU (a string costs 15 % more), easy handles are used again
 * (14 %), the header list is made once, nothing at all is set per request, the
 * reply goes into one buffer a handle, and of the reply only the status is
 * read, in place. Nothing is retried, timed, checked or told to anybody. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

enum { BODY_SIZE = 16384, PATH_SIZE = 256, MAX_EVENTS = 64 };

struct task {
  CURL *easy;
  CURLU *url;
  char *plain_url; /* NULL: not MODE plain */
  size_t len;
  char body[BODY_SIZE];
};

static CURLM *multi;
static const char *base_url;
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

static CURL *new_easy(struct task *task) {
  CURL *easy = curl_easy_init();
  if (is_plain) {
    curl_easy_setopt(easy, CURLOPT_URL, task->plain_url);
  } else {
    curl_easy_setopt(easy, CURLOPT_CURLU, task->url);
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, getenv("BENCH_USER_AGENT"));
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, ca ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, task);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, task);
  if (ca) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  }
  return easy;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                     void *unused) {
  struct epoll_event event;
  (void)easy;
  (void)arg;
  (void)unused;
  memset(&event, 0, sizeof(event));
  event.data.fd = fd;
  event.events = ((what & CURL_POLL_IN) ? EPOLLIN : 0U) |
                 ((what & CURL_POLL_OUT) ? EPOLLOUT : 0U);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
  } else if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event) != 0) {
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  }
  return 0;
}

static int on_timer(CURLM *unused, long timeout_ms, void *arg) {
  (void)unused;
  (void)arg;
  timer_due = timeout_ms < 0 ? -1.0 : now() + (double)timeout_ms / 1000.0;
  return 0;
}

/* The status alone, in place: the last thing in the document. */
static int is_running(const struct task *task) {
  static const char name[] = "\"task_status\":\"";
  const char *at = memmem(task->body, task->len, name, sizeof(name) - 1);
  return at && strncmp(at + sizeof(name) - 1, "processing\"", 11) == 0;
}

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

static struct curl_slist *make_headers(void) {
  char line[256] = "Authorization: Bearer ";
  const char *key = getenv("COMETAPI_KEY");
  strncat(line, key ? key : "key", 200);
  return curl_slist_append(NULL, line);
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
  headers = make_headers();
  base_url = argv[1];
  path = argv[2];
  is_plain = strcmp(argv[4], "plain") == 0;
  ca = argv[5];
}

static void open_task(struct task *task, unsigned number) {
  char whole[PATH_SIZE];
  snprintf(whole, sizeof(whole), "%s%08u", path, number);
  task->url = curl_url();
  curl_url_set(task->url, CURLUPART_URL, base_url, 0);
  curl_url_set(task->url, CURLUPART_PATH, whole, 0);
  curl_url_get(task->url, CURLUPART_URL, &task->plain_url, 0);
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
    curl_url_cleanup(tasks[i].url);
    curl_free(tasks[i].plain_url);
  }
  curl_multi_cleanup(multi);
  curl_slist_free_all(headers);
  free(tasks);
  return 0;
}
