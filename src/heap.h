/* heap.h - who is due next: a binary heap of (time, number) in which an entry
 * can be moved or taken out by its number. */
#ifndef KLING_HEAP_H
#define KLING_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_entry {
  double due;
  uint32_t id;
};

struct heap {
  struct heap_entry *entries;
  uint32_t *place; /* by id: index in entries + 1, 0 when absent */
  uint32_t count;
  uint32_t ids; /* room in `place` */
};

/* Make room for ids below `ids`. After that `set` cannot fail. */
bool kling_heap_reserve(struct heap *h, uint32_t ids);
/* Put in, or move. */
void kling_heap_set(struct heap *h, uint32_t id, double due);
void kling_heap_remove(struct heap *h, uint32_t id);
/* The earliest entry, or NULL. */
static inline const struct heap_entry *kling_heap_top(const struct heap *h) {
  return h->count ? &h->entries[0] : NULL;
}
/* When it is due; INFINITY: absent. */
double kling_heap_due(const struct heap *h, uint32_t id);
/* How many of those due by then count; `enough` is as good as more. */
uint32_t kling_heap_count(const struct heap *h, double by, uint32_t enough,
                          bool (*counts)(uint32_t id, const void *arg),
                          const void *arg);
void kling_heap_free(struct heap *h);

#endif
