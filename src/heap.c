/* heap.c - who is due next. */
#include "heap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void put(struct heap *h, uint32_t at, struct heap_entry e) {
  h->entries[at] = e;
  h->place[e.id] = at + 1;
}

static void sift_up(struct heap *h, uint32_t at, struct heap_entry e) {
  while (at > 0 && h->entries[(at - 1) / 2].due > e.due) {
    put(h, at, h->entries[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  put(h, at, e);
}

static void sift_down(struct heap *h, uint32_t at, struct heap_entry e) {
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child >= h->count) {
      break;
    }
    if (child + 1 < h->count &&
        h->entries[child + 1].due < h->entries[child].due) {
      child++;
    }
    if (h->entries[child].due >= e.due) {
      break;
    }
    put(h, at, h->entries[child]);
    at = child;
  }
  put(h, at, e);
}

static void settle(struct heap *h, uint32_t at, struct heap_entry e) {
  if (at > 0 && h->entries[(at - 1) / 2].due > e.due) {
    sift_up(h, at, e);
  } else {
    sift_down(h, at, e);
  }
}

bool kling_heap_reserve(struct heap *h, uint32_t ids) {
  uint32_t cap = h->ids + h->ids / 8 + 16;
  struct heap_entry *entries;
  uint32_t *place;
  if (ids <= h->ids) {
    return true;
  }
  cap = cap < ids ? ids : cap;
  entries = realloc(h->entries, cap * sizeof(*entries));
  if (!entries) {
    return false;
  }
  h->entries = entries;
  place = realloc(h->place, cap * sizeof(*place));
  if (!place) {
    return false;
  }
  memset(place + h->ids, 0, (cap - h->ids) * sizeof(*place));
  h->place = place;
  h->ids = cap;
  return true;
}

void kling_heap_set(struct heap *h, uint32_t id, double due) {
  struct heap_entry e;
  e.due = due;
  e.id = id;
  if (h->place[id]) {
    settle(h, h->place[id] - 1, e);
  } else {
    sift_up(h, h->count++, e);
  }
}

void kling_heap_remove(struct heap *h, uint32_t id) {
  uint32_t at;
  if (id >= h->ids || !h->place[id]) {
    return;
  }
  at = h->place[id] - 1;
  h->place[id] = 0;
  h->count--;
  if (at < h->count) {
    settle(h, at, h->entries[h->count]);
  }
}

double kling_heap_due(const struct heap *h, uint32_t id) {
  return id < h->ids && h->place[id] ? h->entries[h->place[id] - 1].due
                                     : INFINITY;
}

struct count {
  const struct heap *heap;
  double by;
  uint32_t missing; /* of those that are enough */
  bool (*counts)(uint32_t id, const void *arg);
  const void *arg;
};

/* Whoever is below one that is due later is so too. */
static void count_from(struct count *c, uint32_t at) {
  const struct heap_entry *entries = c->heap->entries;
  if (at < c->heap->count && entries[at].due <= c->by && c->missing > 0) {
    c->missing -= c->counts(entries[at].id, c->arg);
    count_from(c, 2 * at + 1);
    count_from(c, 2 * at + 2);
  }
}

uint32_t kling_heap_count(const struct heap *h, double by, uint32_t enough,
                          bool (*counts)(uint32_t id, const void *arg),
                          const void *arg) {
  struct count c;
  c.heap = h;
  c.by = by;
  c.missing = enough;
  c.counts = counts;
  c.arg = arg;
  count_from(&c, 0);
  return enough - c.missing;
}

void kling_heap_free(struct heap *h) {
  free(h->entries);
  free(h->place);
  memset(h, 0, sizeof(*h));
}
