/* roundup_index.h - which of many jobs looks at the task of an id: made when it
 * is needed, for as long as it is. */
#ifndef KLING_ROUNDUP_INDEX_H
#define KLING_ROUNDUP_INDEX_H

#include <stdint.h>

#include "job.h"

struct roundup_index {
  uint32_t *slots; /* place in the array of jobs + 1; 0: empty */
  uint32_t mask;
};

/* Of all jobs whose tasks are looked at; of several with one task any. How many
 * there are; 0, and nothing is kept, when there is none or out of memory. */
uint32_t kling_roundup_index_make(struct roundup_index *x,
                                  const struct job *jobs, uint32_t count);
/* NO_JOB: there was none. It may have ended since. */
uint32_t kling_roundup_index_find(const struct roundup_index *x,
                                  const struct job *jobs, const char *task_id);
/* Safe twice. */
void kling_roundup_index_free(struct roundup_index *x);

#endif
