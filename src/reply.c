/* reply.c - what api.h reads out of a reply, as Lua values. */
#include "reply.h"

#include "json.h"

enum { TEXT_SIZE = 1024 };

static void set_text(lua_State *L, const char *name, struct scan_value v) {
  char text[TEXT_SIZE];
  size_t len = kling_scan_text(v, text, sizeof(text));
  if (len > 0) {
    lua_pushlstring(L, text, len);
    lua_setfield(L, -2, name);
  }
}

static void set_time(lua_State *L, const char *name, double t) {
  if (t >= 0.0) {
    lua_pushnumber(L, t);
    lua_setfield(L, -2, name);
  }
}

static void set_string(lua_State *L, const char *name, const char *text) {
  if (text && text[0]) {
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
  }
}

static const char *state_name(enum api_state state) {
  static const char *const names[] = {NULL, "submitted", "processing",
                                      "succeeded", "failed"};
  return names[state];
}

static void set_facts(lua_State *L, const struct api_task *task) {
  set_text(L, "task_id", task->task_id);
  set_text(L, "external_task_id", task->external_task_id);
  set_text(L, "status", task->status);
  set_text(L, "status_message", task->status_message);
  set_string(L, "state", state_name(task->state));
  set_time(L, "created_at", kling_api_created_at(task));
  set_time(L, "updated_at", task->updated_at);
}

static void set_decoded(lua_State *L, const char *name, struct scan_value v) {
  kling_json_decode(L, v.at, v.len);
  lua_setfield(L, -2, name);
}

void kling_reply_push_task(lua_State *L, const struct api_task *task,
                           struct scan_value raw) {
  lua_newtable(L);
  set_facts(L, task);
  if (kling_api_has_result(task)) {
    set_decoded(L, "result", task->result);
  }
  set_decoded(L, "raw", raw);
}

void kling_reply_push_tasks(lua_State *L, struct scan_value items) {
  const char *cursor = NULL;
  struct scan_value item;
  int count = 0;
  lua_newtable(L);
  while (kling_scan_next(items, &cursor, &item)) {
    struct api_task task;
    kling_api_read_task(item, &task);
    kling_reply_push_task(L, &task, item);
    lua_rawseti(L, -2, ++count);
  }
}

/* --- for specs and callbacks --- */

static lua_Integer count_items(struct scan_value items) {
  const char *cursor = NULL;
  struct scan_value item;
  lua_Integer count = 0;
  while (kling_scan_next(items, &cursor, &item)) {
    count++;
  }
  return count;
}

static void push_reply(lua_State *L, const struct api_reply *r) {
  static const char *const kinds[] = {"task", "list", "error", "unreadable"};
  static const char *const verdicts[] = {"ok",      "refused", "busy",
                                         "trouble", "missing", "exists"};
  lua_newtable(L);
  set_string(L, "kind", kinds[r->kind]);
  set_string(L, "verdict", verdicts[r->verdict]);
  set_string(L, "code", kling_error_code(r->code));
  set_string(L, "service_code", r->service_code);
  set_string(L, "service_message", r->message);
  set_string(L, "request_id", r->request_id);
  if (r->kind == API_TASK) {
    set_facts(L, &r->task);
    lua_pushboolean(L, kling_api_has_result(&r->task));
    lua_setfield(L, -2, "result");
  } else if (r->kind == API_TASKS) {
    lua_pushinteger(L, count_items(r->items));
    lua_setfield(L, -2, "items");
  }
}

static int
read_reply(lua_State *L) { /* core.read_reply(operation, status, body) */
  static const char *const operations[] = {"create", "query", "list", NULL};
  enum api_operation operation =
      (enum api_operation)luaL_checkoption(L, 1, NULL, operations);
  long status = (long)luaL_checkinteger(L, 2);
  size_t len;
  const char *body = luaL_checklstring(L, 3, &len);
  struct api_reply reply;
  kling_api_read(operation, status, body, len, &reply);
  kling_api_find_request_id(&reply);
  push_reply(L, &reply);
  return 1;
}

/* Lua: core.read_task(json): the facts of a task that stands alone, as in a
 * callback; nil for what is no JSON object. */
static int read_task(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  struct scan_value document;
  struct api_task task;
  if (!kling_scan_document(text, len, NULL, &document) ||
      document.type != SCAN_OBJECT) {
    lua_pushnil(L);
    return 1;
  }
  kling_api_read_task(document, &task);
  lua_newtable(L);
  set_facts(L, &task);
  return 1;
}

void kling_reply_open(lua_State *L) {
  lua_pushcfunction(L, read_reply);
  lua_setfield(L, -2, "read_reply");
  lua_pushcfunction(L, read_task);
  lua_setfield(L, -2, "read_task");
}
