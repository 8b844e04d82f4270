/* ids.h - is a task id any job's? Of most that come in replies it is known at
 * once, however many jobs there are, that it is not. Hashes are kept, and not
 * taken out: the jobs themselves have the last word. */
#ifndef KLING_IDS_H
#define KLING_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "job.h"

struct ids {
  uint32_t *slots; /* hashes; 0: empty */
  uint32_t size;   /* a power of two, or 0 */
  uint32_t used;
  bool is_partial; /* there was not enough memory */
};

/* False: no job has it, for sure. */
bool kling_ids_may_have(const struct ids *x, const char *id);
/* Take in the id that a job has got. `jobs` are all there are, that one too. */
void kling_ids_add(struct ids *x, const char *id, const struct job *jobs,
                   uint32_t count);
void kling_ids_free(struct ids *x);

#endif
