/* heap.c - says what is allocated in this process, Lua's and libcurl's parts of
 * it apart: the Lua module "bench_heap" for programs that load it before
 * anything loads libcurl. glibc only. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lauxlib.h"
#include "lua.h"

enum { HEAD = 8 }; /* bytes malloc keeps beside each block */

static double lua_bytes; /* since the module was loaded: what was freed since
                          * then may be more */
static double curl_bytes;

static double size_of(void *block) {
  return block ? (double)(malloc_usable_size(block) + HEAD) : 0.0;
}

/* --- Lua's part --- */

static lua_Alloc lua_alloc;
static void *lua_ud;

static void *count_lua(void *ud, void *block, size_t old_size, size_t size) {
  double before = size_of(block);
  void *moved = lua_alloc(lua_ud, block, old_size, size);
  (void)ud;
  if (moved || size == 0) {
    lua_bytes += size_of(moved) - before;
  }
  return moved;
}

/* --- libcurl's part --- */

static void *count_new(void *block) {
  curl_bytes += size_of(block);
  return block;
}

static void *count_malloc(size_t size) {
  return count_new(malloc(size));
}

static void *count_calloc(size_t count, size_t size) {
  return count_new(calloc(count, size));
}

static char *count_strdup(const char *text) {
  return count_new(strdup(text));
}

static void *count_realloc(void *block, size_t size) {
  double before = size_of(block);
  void *moved = realloc(block, size);
  if (moved) {
    curl_bytes += size_of(moved) - before;
  }
  return moved;
}

static void count_free(void *block) {
  curl_bytes -= size_of(block);
  free(block);
}

/* --- the module --- */

/* Lua: others, lua, libcurl = heap.bytes(): differences mean something */
static int heap_bytes(lua_State *L) {
  struct mallinfo2 all = mallinfo2();
  double used = (double)all.uordblks + (double)all.hblkhd;
  lua_pushnumber(L, used - lua_bytes - curl_bytes);
  lua_pushnumber(L, lua_bytes);
  lua_pushnumber(L, curl_bytes);
  return 3;
}

int luaopen_bench_heap(lua_State *L);
int luaopen_bench_heap(lua_State *L) {
  lua_alloc = lua_getallocf(L, &lua_ud);
  lua_setallocf(L, count_lua, NULL);
  curl_global_init_mem(CURL_GLOBAL_DEFAULT, count_malloc, count_free,
                       count_realloc, count_strdup, count_calloc);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, heap_bytes);
  lua_setfield(L, -2, "bytes");
  return 1;
}
