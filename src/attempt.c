/* attempt.c - the requests of a job that went wrong. */
#include "attempt.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

static bool make_room(struct attempts *a) {
  unsigned cap = a->cap ? a->cap * 2 : 2;
  struct attempt *list;
  if (a->count < a->cap) {
    return true;
  }
  if (a->count == ATTEMPTS_MAX) {
    free(a->list[1].words); /* the first says how the trouble began */
    memmove(a->list + 1, a->list + 2, (ATTEMPTS_MAX - 2) * sizeof(a->list[0]));
    a->count--;
    return true;
  }
  list = realloc(a->list, cap * sizeof(*list));
  if (list) {
    a->list = list;
    a->cap = cap;
  }
  return list != NULL;
}

struct attempt *kling_attempt_add(struct attempts *a) {
  struct attempt *added;
  if (!make_room(a)) {
    return NULL;
  }
  added = &a->list[a->count++];
  memset(added, 0, sizeof(*added));
  added->at = kling_clock_wall();
  return added;
}

static char *copy_of(const char *text) {
  size_t size = text ? strlen(text) + 1 : 0;
  char *copy = text ? malloc(size) : NULL;
  return copy ? memcpy(copy, text, size) : NULL;
}

void kling_attempt_add_unsent(struct attempts *a, const struct attempt *other) {
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
  return a->count ? &a->list[a->count - 1] : NULL;
}

void kling_attempt_free(struct attempts *a) {
  unsigned i;
  for (i = 0; i < a->count; i++) {
    free(a->list[i].words);
  }
  free(a->list);
  memset(a, 0, sizeof(*a));
}
