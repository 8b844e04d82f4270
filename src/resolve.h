/* resolve.h - a create whose outcome nobody knows: asks the service for the
 * task it may have made, by the external id we gave it, until the task is found
 * or there is nothing left to ask. Not responsible for what counts as unknown
 * (outcome.h). */
#ifndef KLING_RESOLVE_H
#define KLING_RESOLVE_H

#include "api.h"
#include "engine.h"

/* Ask for the task of a create; `code` is what went wrong, and how the job ends
 * when none is found. Where the policy is to ask nothing it ends at once. */
void kling_resolve_begin(struct engine *e, struct job *job,
                         enum kling_error code);
/* A job of an earlier process whose create may have left: ask at once. */
void kling_resolve_restore(struct engine *e, struct job *job);
/* The next request of a job that asks. */
void kling_resolve_fill(const struct engine *e, const struct job *job,
                        struct http_request *r, char path[API_PATH_SIZE]);
void kling_resolve_finish(struct engine *e, struct job *job,
                          struct transfer *t);

#endif
