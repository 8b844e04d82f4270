/* api.c - what the service's replies mean. */
#define _POSIX_C_SOURCE 200809L
#include "api.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api_task.h"
#include "service_code.h"

/* --- errors --- */

enum { NESTING = 5, NESTED_TEXT = 2048 };

static void note_code(struct scan_value v, struct api_reply *out) {
  char text[sizeof(out->service_code)];
  if (v.type == SCAN_NUMBER && v.len == 1 && *v.at == '0') {
    return; /* as most often */
  }
  if (!kling_scan_text(v, text, sizeof(text)) || strcmp(text, "0") == 0 ||
      strcasecmp(text, "success") == 0) {
    return;
  }
  /* a code we know says more than one we do not, the inner more than the outer
   */
  if (!out->service_code[0] || kling_service_code_find(text)) {
    memcpy(out->service_code, text, sizeof(text));
  }
}

static void note_text(struct scan_value v, char *out, size_t size) {
  if (kling_scan_has_text(v)) {
    kling_scan_text(v, out, size);
  }
}

static void read_error(struct scan_value v, struct api_reply *out, int depth);

/* Some gateways put the upstream's whole reply into "message", as text. */
static void read_nested(struct scan_value message, struct api_reply *out,
                        int depth) {
  char text[NESTED_TEXT];
  struct scan_value document;
  size_t len;
  if (message.type != SCAN_STRING || message.len < 4 || message.at[1] != '{') {
    return;
  }
  len = kling_scan_text(message, text, sizeof(text));
  if (kling_scan_document(text, len, NULL, &document)) {
    read_error(document, out, depth + 1);
  }
}

static void read_error(struct scan_value v, struct api_reply *out, int depth) {
  struct scan_value error = kling_scan_get(v, "error");
  struct scan_value message = kling_scan_get(v, "message");
  struct scan_value data = kling_scan_get(v, "data");
  if (depth > NESTING) {
    return;
  }
  note_code(kling_scan_get(v, "code"), out);
  note_text(message, out->message, sizeof(out->message));
  note_text(error, out->message, sizeof(out->message));
  note_text(kling_scan_get(v, "request_id"), out->request_id,
            sizeof(out->request_id));
  read_nested(message, out, depth);
  if (error.type == SCAN_OBJECT) {
    read_error(error, out, depth + 1);
  }
  if (data.type == SCAN_OBJECT) {
    read_error(data, out, depth + 1);
  }
}

/* "... (request id: 2026...)": some envelopes have it nowhere else. */
static void find_request_id(struct api_reply *out) {
  static const char mark[] = "request id: ";
  const char *at = strstr(out->message, mark);
  size_t len;
  if (!at || out->request_id[0]) {
    return;
  }
  at += sizeof(mark) - 1;
  len = strcspn(at, ") ,");
  if (len > 0 && len < sizeof(out->request_id)) {
    memcpy(out->request_id, at, len);
    out->request_id[len] = '\0';
  }
}

void kling_api_find_request_id(struct api_reply *reply) {
  if (!reply->request_id[0]) {
    note_text(kling_scan_get(reply->document, "request_id"), reply->request_id,
              sizeof(reply->request_id));
  }
}

/* --- a whole reply --- */

/* A create that comes back with a task id has made a task, whatever code we
 * have never heard of stands beside it. */
static bool has_new_task(enum api_operation operation,
                         const struct api_reply *out) {
  return operation == API_CREATE &&
         !kling_service_code_find(out->service_code) &&
         kling_scan_has_text(kling_scan_get(out->data, "task_id"));
}

static bool is_success(enum api_operation operation, long http_status,
                       const struct api_reply *out) {
  if (http_status < 200 || http_status >= 300) {
    return false;
  }
  return has_new_task(operation, out) ||
         (!out->service_code[0] && out->error.type != SCAN_OBJECT);
}

static void unreadable(enum api_operation operation, long http_status,
                       struct api_reply *out) {
  struct service_judgement j;
  out->kind = API_UNREADABLE;
  j = kling_service_judge_status(operation == API_CREATE, http_status, false);
  out->verdict = j.verdict;
  out->code = j.code;
}

static void read_failure(enum api_operation operation, long http_status,
                         struct api_reply *out) {
  struct service_judgement j = kling_service_judge(
      operation == API_CREATE, http_status, out->service_code, out->message);
  out->kind = API_ERROR;
  out->verdict = j.verdict;
  out->code = j.code;
}

/* No code said so, and yet there is nothing of a success in it: an upstream's
 * error may be deeper down (source: C-tts). */
static void read_no_success(enum api_operation operation, long http_status,
                            struct api_reply *out) {
  read_error(out->document, out, 0);
  if (out->service_code[0]) {
    read_failure(operation, http_status, out);
  } else {
    unreadable(operation, http_status, out);
  }
}

static void read_success(enum api_operation operation, long http_status,
                         const struct scan_value *fields,
                         struct api_reply *out) {
  struct scan_value data = out->data;
  if (operation == API_LIST) {
    out->items = data;
    out->kind = API_TASKS;
  } else if (data.type == SCAN_OBJECT) {
    kling_api_task_read(data, fields, &out->task);
    out->kind = API_TASK;
  } else {
    kling_api_read_task(out->document, &out->task);
    out->kind = API_TASK;
  }
  out->verdict = VERDICT_OK;
  if ((operation == API_CREATE && !kling_scan_has_text(out->task.task_id)) ||
      (operation == API_QUERY && out->task.status.type != SCAN_STRING) ||
      (operation == API_LIST && data.type != SCAN_ARRAY)) {
    read_no_success(operation, http_status, out);
  }
}

/* What says no and names a task may have made it. */
static void doubt_refusal(struct api_reply *out) {
  out->task.task_id = kling_scan_get(out->data, "task_id");
  if (kling_scan_has_text(out->task.task_id)) {
    out->verdict = VERDICT_TROUBLE;
  }
}

/* Of the whole reply; what is in `data` is asked for on the way. */
enum { DATA, CODE, ERROR, MEMBERS };

static const struct scan_name member_names[MEMBERS] = {
    [DATA] = SCAN_NAME("data"),
    [CODE] = SCAN_NAME("code"),
    [ERROR] = SCAN_NAME("error"),
};

static const uint8_t member_lengths[SCAN_LENGTHS] = {
    [4] = DATA + 1,
    [5] = ERROR + 1,
};

static bool read_document(const char *body, size_t len,
                          struct scan_value fields[TASK_FIELDS],
                          struct api_reply *out) {
  struct scan_value members[MEMBERS];
  struct scan_asked of_data = {kling_api_task_names, fields, TASK_FIELDS, NULL,
                               kling_api_task_lengths};
  struct scan_asked asked = {member_names, members, MEMBERS, &of_data,
                             member_lengths};
  if (!kling_scan_document(body, len, &asked, &out->document) ||
      out->document.type != SCAN_OBJECT) {
    return false;
  }
  out->data = members[DATA];
  out->error = members[ERROR];
  note_code(members[CODE], out);
  return true;
}

void kling_api_read(enum api_operation operation, long http_status,
                    const char *body, size_t len, struct api_reply *out) {
  struct scan_value fields[TASK_FIELDS];
  memset(out, 0, offsetof(struct api_reply, service_code));
  out->service_code[0] = out->request_id[0] = out->message[0] = '\0';
  if (!read_document(body, len, fields, out)) {
    unreadable(operation, http_status, out);
    return;
  }
  if (is_success(operation, http_status, out)) {
    out->service_code[0] = '\0';
    read_success(operation, http_status, fields, out);
    return;
  }
  read_error(out->document, out, 0);
  find_request_id(out);
  if (out->service_code[0] || out->message[0]) {
    read_failure(operation, http_status, out);
  } else {
    unreadable(operation, http_status, out);
  }
  if (operation == API_CREATE) {
    doubt_refusal(out);
  }
}
