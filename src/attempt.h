/* attempt.h - the requests of a job that went wrong, so that a failure can tell
 * its story. */
#ifndef KLING_ATTEMPT_H
#define KLING_ATTEMPT_H

#include <stdbool.h>

#include "error.h"

enum { ATTEMPTS_MAX = 16 }; /* kept of one job: the first and the last */

enum attempt_request { AT_CREATE, AT_QUERY, AT_LIST, AT_DOWNLOAD, AT_WARM };

struct attempt {
  double at; /* Unix seconds */
  enum attempt_request request;
  enum kling_error code;
  bool retryable;
  bool untrusted;   /* the server's certificate was not accepted */
  bool unsent;      /* not made, since another's ended like this for good */
  int curl_code;    /* 0: answered */
  int io_error;     /* errno of a file, 0 */
  char problem[96]; /* what was wrong with a file's content, or "" */
  long http_status; /* 0: no answer */
  char service_code[48];
  char request_id[96];
  char *words; /* the service's, or NULL */
};

struct attempts {
  unsigned count;
  unsigned cap;
  struct attempt list[];
};

/* `*a` is NULL as long as there are none. */

/* A new one, all zero but for its time, at the end of the list. NULL when out
 * of memory: then it is not remembered. */
struct attempt *kling_attempt_add(struct attempts **a);
/* One that was not made, since this one of another job makes it useless. */
void kling_attempt_add_unsent(struct attempts **a, const struct attempt *other);
/* The last, or NULL. */
const struct attempt *kling_attempt_last(const struct attempts *a);
void kling_attempt_free(struct attempts **a);

#endif
