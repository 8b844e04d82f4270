/* api_fuzz.c - api.c on arbitrary bytes as the reply to anything: what it says
 * of a reply is consistent, and every id it finds has a path of its own. */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../src/api.h"

static void expect_inside(struct scan_value v, const char *body, size_t len) {
  if (v.type != SCAN_NONE) {
    assert(v.at >= body && v.len <= len - (size_t)(v.at - body));
  }
}

static int hex_digit(char c) {
  static const char digits[] = "0123456789ABCDEF";
  const char *found = c ? strchr(digits, c) : NULL;
  assert(found != NULL);
  return (int)(found - digits);
}

/* The path's last segment, decoded, is the id. */
static void check_path(const char *id) {
  char path[API_PATH_SIZE];
  char decoded[API_PATH_SIZE];
  const char *at;
  size_t len = 0;
  if (!kling_api_path(id, path)) {
    assert(strlen(id) > API_ID_MAX || id[strspn(id, ".")] == '\0');
    return;
  }
  assert(strlen(path) < sizeof(path));
  for (at = strrchr(path, '/') + 1; *at; at++) {
    if (*at == '%') {
      decoded[len++] = (char)(hex_digit(at[1]) << 4 | hex_digit(at[2]));
      at += 2;
    } else {
      assert(*at > ' ' && *at < 127 && !strchr("/?#%\\", *at));
      decoded[len++] = *at;
    }
  }
  decoded[len] = '\0';
  assert(strcmp(decoded, id) == 0);
}

static void check_task(const struct api_task *task, const char *body,
                       size_t len) {
  char id[512];
  expect_inside(task->task_id, body, len);
  expect_inside(task->external_task_id, body, len);
  expect_inside(task->status, body, len);
  expect_inside(task->status_message, body, len);
  expect_inside(task->result, body, len);
  assert(kling_api_created_at(task) == -1.0 ||
         kling_api_created_at(task) > 0.0);
  assert(task->updated_at == -1.0 || task->updated_at > 0.0);
  kling_api_has_result(task);
  kling_scan_text(task->task_id, id, sizeof(id));
  check_path(id);
}

/* Alone a task says what it says in the list. */
static void check_alone(const struct api_reply *list, struct scan_value item,
                        const struct api_task *task) {
  char *text = kling_api_alone(list, item);
  struct api_reply reply;
  if (!text) {
    return;
  }
  kling_api_read(API_QUERY, 200, text, strlen(text), &reply);
  if (item.type == SCAN_OBJECT && task->status.type == SCAN_STRING) {
    assert(reply.verdict == VERDICT_OK);
    assert(reply.task.state == task->state);
    assert(reply.task.task_id.len == task->task_id.len);
    assert(reply.task.result.len == task->result.len);
  }
  free(text);
}

static void check_tasks(const struct api_reply *list) {
  const char *cursor = NULL;
  struct scan_value item;
  while (kling_scan_next(list->items, &cursor, &item)) {
    struct api_task task;
    kling_api_read_task(item, &task);
    check_task(&task, list->items.at, list->items.len);
    check_alone(list, item, &task);
  }
}

static void check_reply(enum api_operation operation,
                        const struct api_reply *reply, const char *body,
                        size_t len) {
  bool ok = reply->kind == API_TASK || reply->kind == API_TASKS;
  assert(ok == (reply->verdict == VERDICT_OK));
  assert(ok == (reply->code == KLING_OK));
  assert(strlen(reply->service_code) < sizeof(reply->service_code));
  assert(strlen(reply->request_id) < sizeof(reply->request_id));
  assert(strlen(reply->message) < sizeof(reply->message));
  if (reply->kind == API_TASK) {
    assert(operation != API_LIST);
    assert(operation != API_CREATE || reply->task.task_id.len > 0);
    check_task(&reply->task, body, len);
  } else if (reply->kind == API_TASKS) {
    assert(operation == API_LIST && reply->items.type == SCAN_ARRAY);
    check_tasks(reply);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const enum api_operation operations[] = {API_CREATE, API_QUERY,
                                                  API_LIST};
  static const long statuses[] = {200, 301, 400, 404, 429, 503};
  char *body = malloc(size + 1); /* one more character may be looked at */
  size_t i;
  assert(body != NULL);
  memcpy(body, data, size);
  body[size] = '\0';
  for (i = 0; i < 18; i++) {
    enum api_operation operation = operations[i % 3];
    struct api_reply reply;
    kling_api_read(operation, statuses[i / 3], body, size, &reply);
    assert(statuses[i / 3] == 200 || reply.verdict != VERDICT_OK);
    check_reply(operation, &reply, body, size);
  }
  free(body);
  return 0;
}
