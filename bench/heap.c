/* heap.c - says what is allocated in this process, Lua's part of it apart: the
 * Lua module "bench_heap" for programs that run it first. glibc only. */
#include <malloc.h>
#include <stddef.h>

#include "lauxlib.h"
#include "lua.h"

enum { HEAD = 8 }; /* bytes malloc keeps beside each block */

struct counted {
  lua_Alloc alloc;
  void *ud;
  double bytes; /* since the module was loaded: less than nothing perhaps */
};

static struct counted lua_part;

static double size_of(void *block) {
  return block ? (double)(malloc_usable_size(block) + HEAD) : 0.0;
}

static void *count(void *ud, void *block, size_t old_size, size_t size) {
  struct counted *c = ud;
  double before = size_of(block);
  void *moved = c->alloc(c->ud, block, old_size, size);
  if (moved || size == 0) {
    c->bytes += size_of(moved) - before;
  }
  return moved;
}

/* Lua: c_bytes, lua_bytes = heap.bytes(), differences of which mean something
 */
static int heap_bytes(lua_State *L) {
  struct mallinfo2 all = mallinfo2();
  double used = (double)all.uordblks + (double)all.hblkhd;
  lua_pushnumber(L, used - lua_part.bytes);
  lua_pushnumber(L, lua_part.bytes);
  return 2;
}

int luaopen_bench_heap(lua_State *L);
int luaopen_bench_heap(lua_State *L) {
  if (!lua_part.alloc) {
    lua_part.alloc = lua_getallocf(L, &lua_part.ud);
    lua_setallocf(L, count, &lua_part);
  }
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, heap_bytes);
  lua_setfield(L, -2, "bytes");
  return 1;
}
