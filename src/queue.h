/* queue.h - transfers in a row, each in one row at most. */
#ifndef KLING_QUEUE_H
#define KLING_QUEUE_H

#include "transfer.h"

struct queue {
  struct transfer *first;
  struct transfer *last;
};

/* At its end. */
void kling_queue_add(struct queue *q, struct transfer *t);
/* One that is in it. */
void kling_queue_remove(struct queue *q, struct transfer *t);

#endif
