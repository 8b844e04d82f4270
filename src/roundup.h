/* roundup.h - looks at many tasks at once: one page of the service's list in
 * place of a query for each, where that is known to work and where it pays.
 *
 * Where it is not known yet, one page is asked for now and then, and what it
 * says of one task is compared with that task's own query. What a page does not
 * show, or does not show whole, is asked for by itself, and so is one task of
 * each page that seems to run: a list that lags behind is found out. */
#ifndef KLING_ROUNDUP_H
#define KLING_ROUNDUP_H

#include <stdbool.h>
#include <stdint.h>

#include "api.h"
#include "roundup_index.h"

struct engine;
struct transfer;

/* The tag of its requests, which are no job's. */
#define ROUNDUP_TAG UINT64_MAX

struct roundup {
  struct roundup_index index; /* while one is under way */
  double started;             /* clock */
  double horizon;             /* clock: who is due by then is worth a look */
  double next;                /* clock: none begins before */
  double probed;              /* clock: the last try of a list that is not known
                               * to work; 0: none yet */
  uint32_t page;
  uint32_t size;     /* tasks asked for on each page */
  uint32_t expected; /* jobs that are due, and wait for a page */
  uint32_t named;    /* jobs that the last page showed */
  uint32_t running;  /* of them, as it said */
  uint32_t sample;   /* one of these, or NO_JOB */
  uint32_t served; /* of all pages: looks that were due, and need not be made */
  unsigned setbacks; /* roundups in a row that did not pay */
  uint8_t claim;     /* enum api_state: how a task is that answers for itself
                      * before the list is believed; or API_UNKNOWN */
  bool is_under_way;
  bool is_probe;
};

/* The job's request is due. True when it is a look that waits for the list. */
bool kling_roundup_take(struct engine *e, struct job *job);
/* A page has come, or not. */
void kling_roundup_finish(struct engine *e, struct transfer *t);
/* What the job's own query says of a task that the list showed before. */
void kling_roundup_compare(struct engine *e, struct job *job,
                           const struct api_task *task);

#endif
