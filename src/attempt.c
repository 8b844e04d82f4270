/* attempt.c - the requests of a job that went wrong. */
#include "attempt.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

/* The first says how the trouble began. */
static void drop_second(struct attempts *a) {
  free(a->list[1].words);
  memmove(a->list + 1, a->list + 2, (ATTEMPTS_MAX - 2) * sizeof(a->list[0]));
  a->count--;
}

static bool grow(struct attempts **a) {
  unsigned cap = *a ? (*a)->cap * 2 : 2;
  struct attempts *grown =
      realloc(*a, sizeof(*grown) + cap * sizeof(grown->list[0]));
  if (!grown) {
    return false;
  }
  grown->count = *a ? grown->count : 0;
  grown->cap = cap;
  *a = grown;
  return true;
}

struct attempt *kling_attempt_add(struct attempts **a) {
  struct attempt *added;
  if (*a && (*a)->count == ATTEMPTS_MAX) {
    drop_second(*a);
  }
  if ((!*a || (*a)->count == (*a)->cap) && !grow(a)) {
    return NULL;
  }
  added = &(*a)->list[(*a)->count++];
  memset(added, 0, sizeof(*added));
  added->at = kling_clock_wall();
  return added;
}

static char *copy_of(const char *text) {
  size_t size = text ? strlen(text) + 1 : 0;
  char *copy = text ? malloc(size) : NULL;
  return copy ? memcpy(copy, text, size) : NULL;
}

void kling_attempt_add_unsent(struct attempts **a,
                              const struct attempt *other) {
  struct attempt *added = kling_attempt_add(a);
  if (added) {
    double at = added->at;
    *added = *other;
    added->at = at;
    added->unsent = true;
    added->words = copy_of(other->words);
  }
}

const struct attempt *kling_attempt_last(const struct attempts *a) {
  return a && a->count ? &a->list[a->count - 1] : NULL;
}

void kling_attempt_free(struct attempts **a) {
  unsigned i;
  for (i = 0; *a && i < (*a)->count; i++) {
    free((*a)->list[i].words);
  }
  free(*a);
  *a = NULL;
}
