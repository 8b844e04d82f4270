/* queue.c - transfers in a row. */
#include "queue.h"

void kling_queue_add(struct queue *q, struct transfer *t) {
  t->next = NULL;
  t->prev = q->last;
  if (t->prev) {
    t->prev->next = t;
  } else {
    q->first = t;
  }
  q->last = t;
}

void kling_queue_remove(struct queue *q, struct transfer *t) {
  if (t->prev) {
    t->prev->next = t->next;
  } else {
    q->first = t->next;
  }
  if (t->next) {
    t->next->prev = t->prev;
  } else {
    q->last = t->prev;
  }
  t->next = t->prev = NULL;
}
