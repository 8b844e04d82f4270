/* client_download.c - what Lua asks for when it starts a download, and what it
 * gets. */
#include "client_download.h"

#include <stdlib.h>
#include <string.h>

#include "note.h"
#include "sink.h"

static const char *string_field(lua_State *L, const char *name) {
  const char *value;
  lua_getfield(L, 4, name);
  value = lua_tostring(L, -1); /* stays alive in the table */
  lua_pop(L, 1);
  return value;
}

static enum sound_kind kind_of(const char *format) {
  static const char *const names[] = {"any", "mp3", "wav", "video"};
  int i;
  for (i = SOUND_MOVIE; i > SOUND_ANY; i--) {
    if (format && strcmp(format, names[i]) == 0) {
      break;
    }
  }
  return (enum sound_kind)i;
}

static void read_options(lua_State *L, struct sink_options *o) {
  o->path = luaL_checkstring(L, 3);
  o->source = string_field(L, "source");
  luaL_argcheck(L, o->source, 4, "source expected");
  o->digest = string_field(L, "sha256");
  o->kind = kind_of(string_field(L, "format"));
  lua_getfield(L, 4, "overwrite");
  o->overwrite = lua_toboolean(L, -1);
  lua_getfield(L, 4, "duration");
  o->duration = lua_tonumber(L, -1); /* nil: 0 */
  lua_pop(L, 2);
}

bool kling_client_read_download(lua_State *L, struct job *job) {
  struct sink_options o;
  read_options(L, &o);
  job->existence = EXISTS;
  job->billed = BILLED_YES;
  if (!kling_job_set_order(job, luaL_checkstring(L, 2)) ||
      !(job->sink = malloc(sizeof(*job->sink)))) {
    luaL_error(L, "not enough memory");
  }
  if (!kling_sink_open(job->sink, &o)) { /* fills it in either way */
    kling_note_file(job);
    return false;
  }
  return true;
}

static void set_integer(lua_State *L, const char *name, int64_t n) {
  lua_pushinteger(L, (lua_Integer)n);
  lua_setfield(L, -2, name);
}

void kling_client_push_download(lua_State *L, const struct job *job) {
  const struct sink *s = job->sink;
  double duration = s->duration;
  int64_t bytes = s->bytes;
  char digest[SHA256_HEX];
  kling_sha256_hex(&s->hash, digest);
  lua_createtable(L, 0, 3);
  lua_pushstring(L, digest);
  lua_setfield(L, -2, "sha256");
  set_integer(L, "bytes", bytes);
  if (duration >= 0.0) {
    lua_pushnumber(L, duration);
    lua_setfield(L, -2, "duration");
  }
}

/* Lua: raw.settle(path): the file's facts are known where they have to be */
static int client_settle(lua_State *L) {
  kling_sink_settle(luaL_checkstring(L, 1));
  return 0;
}

void kling_client_download_open(lua_State *L) {
  lua_pushcfunction(L, client_settle);
  lua_setfield(L, -2, "settle");
}
