/* clip.c - what a clip on disk says about itself, for Lua. */
#define _POSIX_C_SOURCE   200809L
#define _FILE_OFFSET_BITS 64
#include "clip.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "mp4.h"

static int read_file(void *arg, uint64_t offset, unsigned char *to, size_t n) {
  FILE *file = arg;
  return fseeko(file, (off_t)offset, SEEK_SET) == 0 &&
         fread(to, 1, n, file) == n;
}

static const char *inspect(FILE *file, struct mp4_clip *clip) {
  struct mp4_source source;
  off_t size = -1;
  if (fseeko(file, 0, SEEK_END) == 0) {
    size = ftello(file);
  }
  if (size < 0) {
    return "the file cannot be read";
  }
  source.read = read_file;
  source.arg = file;
  source.size = (uint64_t)size;
  return kling_mp4_inspect(&source, clip);
}

static void push_clip(lua_State *L, const struct mp4_clip *clip) {
  lua_createtable(L, 0, 6);
  lua_pushstring(L, clip->format);
  lua_setfield(L, -2, "format");
  lua_pushnumber(L, clip->duration);
  lua_setfield(L, -2, "duration");
  lua_pushinteger(L, (lua_Integer)clip->width);
  lua_setfield(L, -2, "width");
  lua_pushinteger(L, (lua_Integer)clip->height);
  lua_setfield(L, -2, "height");
  lua_pushboolean(L, clip->has_audio);
  lua_setfield(L, -2, "has_audio");
  lua_pushstring(L, clip->codec);
  lua_setfield(L, -2, "codec");
}

static int inspect_clip(lua_State *L) { /* Lua: core.inspect_clip(path) */
  const char *path = luaL_checkstring(L, 1);
  struct mp4_clip clip;
  const char *problem;
  FILE *file = fopen(path, "rb");
  if (!file) {
    lua_pushnil(L);
    lua_pushfstring(L, "cannot open %s: %s", path, strerror(errno));
    return 2;
  }
  problem = inspect(file, &clip);
  fclose(file);
  if (problem) {
    lua_pushnil(L);
    lua_pushstring(L, problem);
    return 2;
  }
  push_clip(L, &clip);
  return 1;
}

void kling_clip_open(lua_State *L) {
  lua_pushcfunction(L, inspect_clip);
  lua_setfield(L, -2, "inspect_clip");
}
