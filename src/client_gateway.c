/* client_gateway.c - what Lua reads and tells of a client's gateway. */
#include "client_gateway.h"

#include <stdio.h>

#include "client.h"
#include "clock.h"
#include "info.h"

static const char *const names[GATEWAY_WAYS] = {"external_query", "list",
                                                "roundup"};

/* Lua: raw.gateway(client): { external_query, list, roundup, probe,
 * changes } */
static int client_gateway(lua_State *L) {
  const struct gateway *g = &kling_client_check_any(L, 1)->engine.gateway;
  char probe[INFO_TEXT_SIZE]; /* g's own may be freed while Lua allocates */
  int i;
  lua_createtable(L, 0, GATEWAY_WAYS + 2);
  for (i = 0; i < GATEWAY_WAYS; i++) {
    lua_pushstring(L, kling_gateway_fact_name((enum gateway_fact)g->ways[i]));
    lua_setfield(L, -2, names[i]);
  }
  if (g->probe) {
    snprintf(probe, sizeof(probe), "%s", g->probe);
    lua_pushstring(L, probe);
    lua_setfield(L, -2, "probe");
  }
  lua_pushnumber(L, g->changes);
  lua_setfield(L, -2, "changes");
  return 1;
}

static void learn(lua_State *L, struct gateway *g, enum gateway_way way) {
  static const char *const facts[] = {"unknown", "works", "fails", NULL};
  lua_getfield(L, 2, names[way]);
  if (!lua_isnil(L, -1)) {
    kling_gateway_learn(
        g, way, (enum gateway_fact)luaL_checkoption(L, -1, NULL, facts));
  }
  lua_pop(L, 1);
}

/* Lua: raw.learn(client, { external_query, list, roundup, probe }): what was
 * found out earlier. The probe has existed for long. */
static int client_learn(lua_State *L) {
  struct gateway *g = &kling_client_check_any(L, 1)->engine.gateway;
  int i;
  luaL_checktype(L, 2, LUA_TTABLE);
  for (i = 0; i < GATEWAY_WAYS; i++) {
    learn(L, g, (enum gateway_way)i);
  }
  lua_getfield(L, 2, "probe");
  if (lua_isstring(L, -1) &&
      !kling_gateway_set_probe(g, lua_tostring(L, -1),
                               kling_clock_now() - GATEWAY_GRACE)) {
    return luaL_error(L, "not enough memory");
  }
  return 0;
}

static const luaL_Reg functions[] = {
    {"gateway", client_gateway},
    {"learn",   client_learn  },
    {NULL,      NULL          },
};

void kling_client_gateway_open(lua_State *L) {
  kling_setfuncs(L, functions);
}
