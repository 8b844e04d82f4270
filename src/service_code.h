/* service_code.h - what the service's error codes and HTTP statuses mean for
 * whoever made the request. */
#ifndef KLING_SERVICE_CODE_H
#define KLING_SERVICE_CODE_H

#include <stdbool.h>

#include "api.h"
#include "error.h"

struct service_judgement {
  enum api_verdict verdict;
  enum kling_error code;
};

/* Is this a code we know? */
bool kling_service_code_find(const char *service_code);

/* From an error body: its code decides when we know it, else the status. */
struct service_judgement kling_service_judge(bool is_create, long http_status,
                                             const char *service_code,
                                             const char *message);

/* From the HTTP status; `is_error_body`: the body is a JSON error and not a
 * page of some box on the way. */
struct service_judgement kling_service_judge_status(bool is_create,
                                                    long http_status,
                                                    bool is_error_body);

#endif
