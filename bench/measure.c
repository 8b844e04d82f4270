/* measure.c - runs a command and prints what it cost, one line:
 *
 *   measure COMMAND [ARG ...]
 *   CPU_SECONDS WALL_SECONDS PEAK_KILOBYTES EXIT_STATUS
 *
 * to descriptor 3 when that is open, else to stderr. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t) {
  return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  struct rusage cost;
  double started = now();
  int status = 0;
  pid_t child;
  if (argc < 2) {
    fprintf(stderr, "usage: measure COMMAND [ARG ...]\n");
    return 2;
  }
  child = fork();
  if (child == 0) {
    close(3);
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  if (child < 0 || wait4(child, &status, 0, &cost) < 0) {
    return 2;
  }
  status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  dprintf(dup(3) >= 0 ? 3 : 2, "%.6f %.6f %ld %d\n",
          seconds(cost.ru_utime) + seconds(cost.ru_stime), now() - started,
          cost.ru_maxrss, status);
  return status;
}
