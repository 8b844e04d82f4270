/* parts_files.c - sinks, and what reads untrusted files and headers. */
#include "parts.h"

#include "../../src/head.h"
#include "../../src/sink.h"
#include "../../src/sound.h"

#define SINK "kling.parts.sink"

/* --- sink --------------------------------------------------------------- */

static struct sink *check_sink(lua_State *L) {
  return luaL_checkudata(L, 1, SINK);
}

static int push_outcome(lua_State *L, bool ok, const struct sink *s) {
  lua_pushboolean(L, ok);
  lua_pushstring(L, ok              ? NULL
                    : s->problem[0] ? s->problem
                                    : strerror(s->error));
  return 2;
}

static const char *string_field(lua_State *L, const char *name,
                                const char *otherwise) {
  const char *value;
  lua_getfield(L, 3, name);
  value = luaL_optstring(L, -1, otherwise); /* stays alive in the table */
  lua_pop(L, 1);
  return value;
}

/* Lua: parts.sink(path, overwrite, { source, sha256, kind, duration }); nil,
 * why when it does not open. By default it is a sink for anything. */
static int parts_sink(lua_State *L) {
  struct sink_options o;
  struct sink *s;
  o.path = luaL_checkstring(L, 1);
  o.overwrite = lua_toboolean(L, 2);
  lua_settop(L, 3);
  if (lua_isnil(L, 3)) {
    lua_newtable(L);
    lua_replace(L, 3);
  }
  o.source = string_field(L, "source", "a spec");
  o.digest = string_field(L, "sha256", NULL);
  lua_getfield(L, 3, "kind");
  o.kind = (enum sound_kind)lua_tointeger(L, -1);
  lua_getfield(L, 3, "duration");
  o.duration = lua_tonumber(L, -1);
  s = lua_newuserdata(L, sizeof(*s));
  if (kling_sink_open(s, &o)) {
    luaL_getmetatable(L, SINK);
    lua_setmetatable(L, -2);
    return 1;
  }
  kling_sink_close(s);
  lua_pushnil(L);
  lua_pushstring(L, strerror(s->error));
  return 2;
}

/* Lua: sink:catch_up(): "busy", "ready", "whole" or "failed" */
static int sink_catch_up(lua_State *L) {
  static const char *const names[] = {"busy", "ready", "whole", "failed"};
  lua_pushstring(L, names[kling_sink_catch_up(check_sink(L))]);
  return 1;
}

/* Lua: sink:learn(validator, total) */
static int sink_learn(lua_State *L) {
  kling_sink_learn(check_sink(L), luaL_checkstring(L, 2),
                   (int64_t)luaL_checknumber(L, 3));
  return 0;
}

/* Lua: parts.settle(path) */
static int parts_settle(lua_State *L) {
  kling_sink_settle(luaL_checkstring(L, 1));
  return 0;
}

static int sink_write(lua_State *L) {
  struct sink *s = check_sink(L);
  size_t len;
  const char *bytes = luaL_checklstring(L, 2, &len);
  return push_outcome(L, kling_sink_write(s, bytes, len), s);
}

static int sink_restart(lua_State *L) {
  struct sink *s = check_sink(L);
  return push_outcome(L, kling_sink_restart(s), s);
}

static int sink_finish(lua_State *L) {
  struct sink *s = check_sink(L);
  return push_outcome(L, kling_sink_finish(s), s);
}

/* The bytes there, their digest, and their duration when it is known. */
static int sink_facts(lua_State *L) {
  const struct sink *s = check_sink(L);
  char digest[SHA256_HEX];
  kling_sha256_hex(&s->hash, digest);
  lua_pushinteger(L, (lua_Integer)s->bytes);
  lua_pushstring(L, digest);
  if (s->duration < 0.0) {
    return 2;
  }
  lua_pushnumber(L, s->duration);
  return 3;
}

static int sink_close(lua_State *L) {
  struct sink *s = check_sink(L);
  if (s->path) {
    kling_sink_close(s);
  }
  kling_sink_close(s); /* must be safe twice */
  return 0;
}

static const luaL_Reg sink_methods[] = {
    {"catch_up", sink_catch_up},
    {"learn",    sink_learn   },
    {"write",    sink_write   },
    {"restart",  sink_restart },
    {"finish",   sink_finish  },
    {"facts",    sink_facts   },
    {"close",    sink_close   },
    {"__gc",     sink_close   },
    {NULL,       NULL         },
};

/* --- parsers without state between calls --------------------------------- */

/* Lua: parts.sound(kind, pieces): fed piece by piece; whether it is of its
 * kind, why not, and how long it lasts if that is known. Kinds: 1 MP3, 2 WAV,
 * 3 movie. */
static int parts_sound(lua_State *L) {
  struct sound s;
  int i;
  double seconds;
  luaL_checktype(L, 2, LUA_TTABLE);
  kling_sound_start(&s, (enum sound_kind)luaL_checkinteger(L, 1));
  for (i = 1;; i++) {
    size_t len;
    const char *piece;
    lua_rawgeti(L, 2, i);
    piece = lua_tolstring(L, -1, &len);
    if (!piece || !kling_sound_feed(&s, piece, len)) {
      break;
    }
    lua_pop(L, 1);
  }
  seconds = kling_sound_duration(&s);
  lua_pushboolean(L, kling_sound_end(&s));
  lua_pushstring(L, kling_sound_problem(&s));
  if (seconds < 0.0) {
    return 2;
  }
  lua_pushnumber(L, seconds);
  return 3;
}

/* Lua: parts.head(lines): what they say, as a table */
static int parts_head(lua_State *L) {
  struct head h;
  int i;
  luaL_checktype(L, 1, LUA_TTABLE);
  kling_head_start(&h);
  for (i = 1;; i++) {
    size_t len;
    const char *line;
    lua_rawgeti(L, 1, i);
    line = lua_tolstring(L, -1, &len);
    if (!line) {
      break;
    }
    kling_head_read(&h, line, len);
    lua_pop(L, 1);
  }
  lua_newtable(L);
  lua_pushstring(L, h.etag);
  lua_setfield(L, -2, "etag");
  lua_pushstring(L, h.modified);
  lua_setfield(L, -2, "modified");
  lua_pushstring(L, h.date);
  lua_setfield(L, -2, "date");
  lua_pushnumber(L, (lua_Number)h.first);
  lua_setfield(L, -2, "first");
  lua_pushnumber(L, (lua_Number)h.last);
  lua_setfield(L, -2, "last");
  lua_pushnumber(L, (lua_Number)h.total);
  lua_setfield(L, -2, "total");
  lua_pushboolean(L, h.is_chunked);
  lua_setfield(L, -2, "is_chunked");
  lua_pushboolean(L, h.is_encoded);
  lua_setfield(L, -2, "is_encoded");
  return 1;
}

static const luaL_Reg functions[] = {
    {"sink",   parts_sink  },
    {"settle", parts_settle},
    {"sound",  parts_sound },
    {"head",   parts_head  },
    {NULL,     NULL        },
};

void kling_parts_open_files(lua_State *L) {
  kling_newmetatable(L, SINK);
  kling_setfuncs(L, sink_methods);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  kling_setfuncs(L, functions);
}
