/* bare.c - the longest single curl_multi_perform, for comparison with one of
 * our steps:
 *
 *   bare URL ROUNDS AT_ONCE CA HOW
 *
 * In each round AT_ONCE requests begin together; %d in the URL is the round.
 * HOW: "kept", connections are used again; "closed", each request has a new
 * one; "new", each round has a new multi handle, which knows no certificates.
 * But for "new" a first round, which reads them, is not counted.
 *
 * Prints, in microseconds, p50, p99 and the longest of the calls, with a pause
 * of a millisecond between two; p99 and the longest in processor time, which
 * other programs do not lengthen; and how many calls there were. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_CALLS = 1000000, MAX_AT_ONCE = 64, URL_SIZE = 512 };

static double calls[MAX_CALLS];
static double work[MAX_CALLS]; /* the same in processor time */
static unsigned count;

static double now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
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

static CURL *new_easy(const char *ca, int is_closed) {
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)is_closed);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, (long)is_closed);
  curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
  curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  return easy;
}

/* "%d" by hand: the format would be the caller's. */
static void set_url(CURL *easy, const char *pattern, int round) {
  char url[URL_SIZE];
  const char *mark = strstr(pattern, "%d");
  if (mark) {
    snprintf(url, sizeof(url), "%.*s%d%s", (int)(mark - pattern), pattern,
             round, mark + 2);
  }
  curl_easy_setopt(easy, CURLOPT_URL, mark ? url : pattern);
}

static void call(CURLM *multi, int *running) {
  struct timespec frame = {0, 1000000};
  double started = now(CLOCK_MONOTONIC);
  double worked = now(CLOCK_PROCESS_CPUTIME_ID);
  curl_multi_perform(multi, running);
  if (count < MAX_CALLS) {
    work[count] = now(CLOCK_PROCESS_CPUTIME_ID) - worked;
    calls[count++] = now(CLOCK_MONOTONIC) - started;
  }
  nanosleep(&frame, NULL);
}

static void run_round(CURLM *multi, CURL **easies, int at_once) {
  int running = 1;
  int left;
  int i;
  CURLMsg *message;
  for (i = 0; i < at_once; i++) {
    curl_multi_add_handle(multi, easies[i]);
  }
  while (running) {
    call(multi, &running);
  }
  while ((message = curl_multi_info_read(multi, &left)) != NULL) {
    if (message->data.result != CURLE_OK) {
      fprintf(stderr, "bare: %s\n", curl_easy_strerror(message->data.result));
      exit(1);
    }
  }
  for (i = 0; i < at_once; i++) {
    curl_multi_remove_handle(multi, easies[i]);
  }
}

static void begin_round(CURLM *multi, char **argv, CURL **easies, int round) {
  int at_once = atoi(argv[3]);
  int i;
  for (i = 0; i < at_once; i++) {
    set_url(easies[i], argv[1], round);
  }
  run_round(multi, easies, at_once);
}

static void run(char **argv, CURL **easies) {
  int rounds = atoi(argv[2]);
  int is_new = strcmp(argv[5], "new") == 0;
  CURLM *multi = curl_multi_init();
  int round;
  if (!is_new) {
    begin_round(multi, argv, easies, 0);
    count = 0;
  }
  for (round = 1; round <= rounds; round++) {
    begin_round(multi, argv, easies, round);
    if (is_new) {
      curl_multi_cleanup(multi);
      multi = curl_multi_init();
    }
  }
  curl_multi_cleanup(multi);
}

static double at(const double *sorted, double share) {
  return sorted[(unsigned)((count - 1) * share)] * 1e6;
}

int main(int argc, char **argv) {
  CURL *easies[MAX_AT_ONCE] = {NULL};
  int at_once;
  int i;
  if (argc < 6 || atoi(argv[3]) > MAX_AT_ONCE) {
    fprintf(stderr, "usage: bare URL ROUNDS AT_ONCE CA kept|closed|new\n");
    return 2;
  }
  at_once = atoi(argv[3]);
  curl_global_init(CURL_GLOBAL_ALL);
  for (i = 0; i < at_once; i++) {
    easies[i] = new_easy(argv[4], strcmp(argv[5], "closed") == 0);
  }
  run(argv, easies);
  qsort(calls, count, sizeof(*calls), compare);
  qsort(work, count, sizeof(*work), compare);
  printf("%.1f %.1f %.1f %.1f %.1f %u\n", at(calls, 0.5), at(calls, 0.99),
         at(calls, 1.0), at(work, 0.99), at(work, 1.0), count);
  for (i = 0; i < at_once; i++) {
    curl_easy_cleanup(easies[i]);
  }
  return 0;
}
