/* api.h - what the service's paths and replies mean. Knows no Lua and no
 * libcurl: bytes in, facts out. The sources (C-iq, K-docs, N-api ...) are those
 * of docs/contract.md. */
#ifndef KLING_API_H
#define KLING_API_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "scan.h"

enum api_operation { API_CREATE, API_QUERY, API_LIST };

enum api_kind { API_TASK, API_TASKS, API_ERROR, API_UNREADABLE };

/* What a reply means for the one who asked. */
enum api_verdict {
  VERDICT_OK,
  VERDICT_REFUSED, /* definitely not; asking again changes nothing */
  VERDICT_BUSY,    /* not now: nothing was made, ask again later */
  VERDICT_TROUBLE, /* nobody knows; a create may have been accepted */
  VERDICT_MISSING, /* no such task */
  VERDICT_EXISTS   /* the external id is taken */
};

/* What the service is doing with a task. */
enum api_state {
  API_UNKNOWN, /* a status this version does not know: not an end */
  API_SUBMITTED,
  API_PROCESSING,
  API_SUCCEEDED,
  API_FAILED
};

/* One task as a reply shows it. The values stand in the reply's bytes. */
struct api_task {
  enum api_state state;
  struct scan_value task_id;
  struct scan_value external_task_id;
  struct scan_value status;         /* the service's own word */
  const char *word;                 /* it, static text; NULL: not known */
  struct scan_value status_message; /* the reason, when it failed */
  struct scan_value result;         /* object of lists, or a list of outputs */
  struct scan_value created_at;     /* see kling_api_created_at */
  double updated_at;                /* Unix seconds, < 0: not said */
};

struct api_reply {
  enum api_kind kind;
  enum api_verdict verdict;
  enum kling_error code;   /* KLING_OK for a success */
  struct api_task task;    /* of a create's error: its task_id, if it has one */
  struct scan_value items; /* of a list */
  struct scan_value document;
  struct scan_value data; /* its members of these names */
  struct scan_value error;
  /* copied, since errors come nested in strings */
  char service_code[48];
  char request_id[96];
  char message[400];
};

enum { API_PATH_SIZE = 1024, API_ID_MAX = 256 };

/* The path below base_url, and its length; `id` NULL for create and list. 0
 * when the id is empty, only dots, or too long. */
size_t kling_api_path(const char *id, char out[API_PATH_SIZE]);

void kling_api_read(enum api_operation operation, long http_status,
                    const char *body, size_t len, struct api_reply *out);

/* Fills in `request_id` of a success, too: nobody needs it of a reply that does
 * as it should. */
void kling_api_find_request_id(struct api_reply *reply);

/* One task object: an element of a list, or a callback's body. */
void kling_api_read_task(struct scan_value object, struct api_task *out);

/* The reply that has this task of a list in place of the list, as a query would
 * have had it; to be freed. NULL: out of memory, or there is more around the
 * list's tasks than is to be kept with each. */
char *kling_api_alone(const struct api_reply *list, struct scan_value item);

/* Unix seconds, < 0: not said. Few need it, and a number takes time to read. */
double kling_api_created_at(const struct api_task *task);

/* Does a result have at least one audio or video? */
bool kling_api_has_result(const struct api_task *task);

#endif
