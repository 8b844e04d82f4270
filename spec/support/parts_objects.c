/* parts_objects.c - the parts of the core that have state, as userdata. */
#include "parts.h"

#include <stdint.h>
#include <stdlib.h>

#include "../../src/buf.h"
#include "../../src/heap.h"
#include "../../src/scan.h"

#define BUF  "kling.parts.buf"
#define HEAP "kling.parts.heap"
#define SCAN "kling.parts.scan"

static void *new_object(lua_State *L, size_t size, const char *name) {
  void *object = lua_newuserdata(L, size);
  memset(object, 0, size);
  luaL_getmetatable(L, name);
  lua_setmetatable(L, -2);
  return object;
}

/* --- buf ---------------------------------------------------------------- */

static struct buf *check_buf(lua_State *L) {
  return luaL_checkudata(L, 1, BUF);
}

static int parts_buf(lua_State *L) { /* Lua: parts.buf(ceiling) */
  size_t ceiling = (size_t)luaL_checkinteger(L, 1);
  struct buf *b = new_object(L, sizeof(*b), BUF);
  b->ceiling = ceiling;
  return 1;
}

static int buf_append(lua_State *L) {
  size_t len;
  const char *bytes = luaL_checklstring(L, 2, &len);
  lua_pushboolean(L, kling_buf_append(check_buf(L), bytes, len));
  return 1;
}

static int buf_reset(lua_State *L) {
  kling_buf_reset(check_buf(L), (size_t)luaL_checkinteger(L, 2));
  return 0;
}

/* The content, the room, and whether a NUL follows. */
static int buf_content(lua_State *L) {
  const struct buf *b = check_buf(L);
  lua_pushlstring(L, b->bytes ? b->bytes : "", b->len);
  lua_pushinteger(L, (lua_Integer)b->cap);
  lua_pushboolean(L, !b->bytes || b->bytes[b->len] == '\0');
  return 3;
}

static int buf_take(lua_State *L) {
  size_t len;
  char *bytes = kling_buf_take(check_buf(L), &len);
  lua_pushlstring(L, bytes ? bytes : "", len);
  free(bytes);
  return 1;
}

static int buf_free(lua_State *L) {
  kling_buf_free(check_buf(L));
  return 0;
}

static const luaL_Reg buf_methods[] = {
    {"append",  buf_append },
    {"reset",   buf_reset  },
    {"content", buf_content},
    {"take",    buf_take   },
    {"free",    buf_free   },
    {"__gc",    buf_free   },
    {NULL,      NULL       },
};

/* --- heap --------------------------------------------------------------- */

static struct heap *check_heap(lua_State *L) {
  return luaL_checkudata(L, 1, HEAP);
}

static int parts_heap(lua_State *L) { /* Lua: parts.heap() */
  new_object(L, sizeof(struct heap), HEAP);
  return 1;
}

static int heap_reserve(lua_State *L) {
  lua_pushboolean(
      L, kling_heap_reserve(check_heap(L), (uint32_t)luaL_checkinteger(L, 2)));
  return 1;
}

static int heap_set(lua_State *L) {
  struct heap *h = check_heap(L);
  lua_Integer id = luaL_checkinteger(L, 2);
  luaL_argcheck(L, id >= 0 && id < (lua_Integer)h->ids, 2, "not reserved");
  kling_heap_set(h, (uint32_t)id, luaL_checknumber(L, 3));
  return 0;
}

static int heap_remove(lua_State *L) {
  kling_heap_remove(check_heap(L), (uint32_t)luaL_checkinteger(L, 2));
  return 0;
}

static int heap_top(lua_State *L) {
  const struct heap_entry *top = kling_heap_top(check_heap(L));
  if (!top) {
    return 0;
  }
  lua_pushinteger(L, (lua_Integer)top->id);
  lua_pushnumber(L, top->due);
  return 2;
}

static int heap_count(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)check_heap(L)->count);
  return 1;
}

static int heap_due(lua_State *L) {
  lua_pushnumber(
      L, kling_heap_due(check_heap(L), (uint32_t)luaL_checkinteger(L, 2)));
  return 1;
}

static bool is_below(uint32_t id, const void *arg) {
  return id < *(const uint32_t *)arg;
}

/* Lua: heap:count_by(by, enough, below): those whose number is below */
static int heap_count_by(lua_State *L) {
  uint32_t below = (uint32_t)luaL_checkinteger(L, 4);
  lua_pushinteger(L, (lua_Integer)kling_heap_count(
                         check_heap(L), luaL_checknumber(L, 2),
                         (uint32_t)luaL_checkinteger(L, 3), is_below, &below));
  return 1;
}

static int heap_free(lua_State *L) {
  kling_heap_free(check_heap(L));
  return 0;
}

static const luaL_Reg heap_methods[] = {
    {"reserve",  heap_reserve },
    {"set",      heap_set     },
    {"remove",   heap_remove  },
    {"top",      heap_top     },
    {"count",    heap_count   },
    {"count_by", heap_count_by},
    {"due",      heap_due     },
    {"free",     heap_free    },
    {"__gc",     heap_free    },
    {NULL,       NULL         },
};

/* --- scan --------------------------------------------------------------- */

static struct scan_value *check_scan(lua_State *L) {
  return luaL_checkudata(L, 1, SCAN);
}

/* A value stands in the text it was found in: keep that alive. */
/* `keep` is a table of what the value points into. */
static void push_value(lua_State *L, struct scan_value v, int keep) {
  struct scan_value *object = new_object(L, sizeof(*object), SCAN);
  *object = v;
  lua_pushvalue(L, keep);
  lua_setuservalue(L, -2);
}

static int push_keep(lua_State *L) {
  lua_getuservalue(L, 1);
  return lua_gettop(L);
}

static int push_text(lua_State *L) {
  lua_createtable(L, 1, 0);
  lua_pushvalue(L, 1);
  lua_rawseti(L, -2, 1);
  return lua_gettop(L);
}

/* Lua: parts.scan(text); nil: refused */
static int parts_scan(lua_State *L) {
  struct scan_value v;
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  int keep = push_text(L);
  if (kling_scan_document(text, len, NULL, &v)) {
    push_value(L, v, keep);
  } else {
    luaL_argcheck(L, v.type == SCAN_NONE, 1, "refused, but of some type");
    lua_pushnil(L);
  }
  return 1;
}

static struct scan_name name_at(lua_State *L, int i) {
  struct scan_name name;
  name.text = luaL_checklstring(L, i, &name.len);
  return name;
}

/* Lua: parts.scan_asked(text, outer, inner): the member `outer` of a text's
 * object, and its member `inner`, both found on the way */
static int parts_scan_asked(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  struct scan_name names[2] = {name_at(L, 2), name_at(L, 3)};
  struct scan_value values[2];
  struct scan_value v;
  struct scan_asked inner = {&names[1], &values[1], 1, NULL, NULL};
  struct scan_asked outer = {&names[0], &values[0], 1, &inner, NULL};
  int keep = push_text(L);
  luaL_argcheck(L, kling_scan_document(text, len, &outer, &v), 1, "refused");
  push_value(L, values[0], keep);
  push_value(L, values[1], keep);
  return 2;
}

static int scan_type(lua_State *L) {
  static const char *const names[] = {"none",   "object", "array", "string",
                                      "number", "true",   "false", "null"};
  lua_pushstring(L, names[check_scan(L)->type]);
  return 1;
}

static int scan_get(lua_State *L) {
  struct scan_value v = kling_scan_get(*check_scan(L), luaL_checkstring(L, 2));
  push_value(L, v, push_keep(L));
  return 1;
}

static int scan_elements(lua_State *L) {
  struct scan_value array = *check_scan(L);
  struct scan_value element;
  const char *cursor = NULL;
  int keep = push_keep(L);
  int count = 0;
  lua_newtable(L);
  while (kling_scan_next(array, &cursor, &element)) {
    push_value(L, element, keep);
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}

static int scan_text(lua_State *L) { /* Lua: value:text(size) */
  size_t size = (size_t)luaL_checkinteger(L, 2);
  char *out = lua_newuserdata(L, size);
  size_t len = kling_scan_text(*check_scan(L), out, size);
  luaL_argcheck(L, len < size && out[len] == '\0', 2, "no NUL behind it");
  lua_pushlstring(L, out, len);
  return 1;
}

static int scan_number(lua_State *L) { /* Lua: value:number(otherwise) */
  lua_pushnumber(L, kling_scan_number(*check_scan(L), luaL_checknumber(L, 2)));
  return 1;
}

static int scan_raw(lua_State *L) {
  const struct scan_value *v = check_scan(L);
  lua_pushlstring(L, v->at ? v->at : "", v->len);
  return 1;
}

static const luaL_Reg scan_methods[] = {
    {"type",     scan_type    },
    {"get",      scan_get     },
    {"elements", scan_elements},
    {"text",     scan_text    },
    {"number",   scan_number  },
    {"raw",      scan_raw     },
    {NULL,       NULL         },
};

static const luaL_Reg functions[] = {
    {"buf",        parts_buf       },
    {"heap",       parts_heap      },
    {"scan",       parts_scan      },
    {"scan_asked", parts_scan_asked},
    {NULL,         NULL            },
};

static void open_class(lua_State *L, const char *name, const luaL_Reg *l) {
  kling_newmetatable(L, name);
  kling_setfuncs(L, l);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

void kling_parts_open_objects(lua_State *L) {
  open_class(L, BUF, buf_methods);
  open_class(L, HEAP, heap_methods);
  open_class(L, SCAN, scan_methods);
  kling_setfuncs(L, functions);
}
