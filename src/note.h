/* note.h - writes down, in a job's attempts, what went wrong with a request. */
#ifndef KLING_NOTE_H
#define KLING_NOTE_H

#include "api.h"
#include "engine.h"

/* The code of a failure before any reply. */
enum kling_error kling_note_code(enum http_outcome outcome);

/* NULL when out of memory: then it is not remembered. */
struct attempt *kling_note_add(struct job *job, const struct transfer *t,
                               enum kling_error code, bool retryable);
void kling_note_break(struct job *job, const struct transfer *t,
                      bool retryable);
/* The job keeps the reply, without the key in it. */
void kling_note_success(const struct engine *e, struct job *job,
                        struct transfer *t);
/* The same of a task in a list. False, and it keeps nothing, where that cannot
 * be: see kling_api_alone. */
bool kling_note_listed(const struct engine *e, struct job *job,
                       const struct api_reply *list, struct scan_value item);
/* A reply that is well-formed and yet cannot be what it seems. */
void kling_note_strange(struct api_reply *reply, const char *words);
/* What is wrong with a download's file, when no reply was. */
void kling_note_file(struct job *job);
/* Blots the key out of `reply`. */
void kling_note_reply(const struct engine *e, struct job *job,
                      const struct transfer *t, struct api_reply *reply,
                      bool retryable);

#endif
