/* bare.c - the longest single curl_multi_perform, for comparison with one of
 * our steps:
 *
 *   bare URL REQUESTS FRESH CA     FRESH 1: a new connection for each request
 *
 * Prints p50, p99 and the longest, in microseconds, of the calls that made one
 * request after the other, with a pause of a millisecond between calls. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_CALLS = 1000000 };

static double calls[MAX_CALLS];
static unsigned count;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg) {
  (void)bytes;
  (void)arg;
  return size * n;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a;
  double y = *(const double *)b;
  return (x > y) - (x < y);
}

static void call(CURLM *multi, int *running) {
  struct timespec frame = {0, 1000000};
  double started = now();
  curl_multi_perform(multi, running);
  if (count < MAX_CALLS) {
    calls[count++] = now() - started;
  }
  nanosleep(&frame, NULL);
}

int main(int argc, char **argv) {
  CURLM *multi;
  CURL *easy;
  int requests;
  int i;
  if (argc < 5) {
    fprintf(stderr, "usage: bare URL REQUESTS FRESH CA\n");
    return 2;
  }
  curl_global_init(CURL_GLOBAL_ALL);
  multi = curl_multi_init();
  easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)atoi(argv[3]));
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, (long)atoi(argv[3]));
  curl_easy_setopt(easy, CURLOPT_CAINFO, argv[4]);
  curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  requests = atoi(argv[2]);
  for (i = 0; i < requests; i++) {
    int running = 1;
    CURLMsg *message;
    int left;
    curl_multi_add_handle(multi, easy);
    while (running) {
      call(multi, &running);
    }
    message = curl_multi_info_read(multi, &left);
    if (!message || message->data.result != CURLE_OK) {
      fprintf(stderr, "request %d failed\n", i);
      return 1;
    }
    curl_multi_remove_handle(multi, easy);
  }
  qsort(calls, count, sizeof(*calls), compare);
  printf("%.1f %.1f %.1f %u\n", calls[count / 2] * 1e6,
         calls[(unsigned)(count * 0.99)] * 1e6, calls[count - 1] * 1e6, count);
  curl_easy_cleanup(easy);
  curl_multi_cleanup(multi);
  return 0;
}
