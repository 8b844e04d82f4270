/* resolver.c - preloaded: a resolver that can be lost.
 *
 * Every name is 127.0.0.1, or not, as the first letter of the file RESOLVER
 * says, at each look: "u" (or no file) for up; "d" for down: no name is found,
 * for now; "s" for silent: never an answer.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>

static int state_of(const char *path) {
  char state = 'u';
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd >= 0) {
    if (read(fd, &state, 1) != 1) {
      state = 'u';
    }
    close(fd);
  }
  return state;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **found) {
  const char *address = node ? "127.0.0.1" : NULL;
  int state = node ? state_of(getenv("RESOLVER")) : 'u';
  __typeof__(getaddrinfo) *next;
  *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
  if (state == 's') {
    for (;;) {
      pause();
    }
  }
  return state == 'd' ? EAI_AGAIN : next(address, service, hints, found);
}
