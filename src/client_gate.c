/* client_gate.c - what Lua says to a client's gate. */
#include "client_gate.h"

#include <math.h>

#include "client.h"
#include "error.h"
#include "handle.h"

/* Lua: raw.asking(client). The next job whose create waits for a permit, once
 * each. */
static int client_asking(lua_State *L) {
  struct client *c = kling_client_check_any(L, 1);
  uint32_t i = kling_gate_next_asking(&c->engine);
  if (i == NO_JOB) {
    return 0;
  }
  kling_handle_push(L, 1, i);
  return 1;
}

/* Lua: raw.permit(client, job). False when it waits for none any more. */
static int client_permit(lua_State *L) {
  struct client *c = kling_client_check(L, 1);
  struct job *job = &c->engine.jobs[kling_handle_check(L, 2)];
  lua_pushboolean(L, kling_gate_permit(&c->engine, job));
  return 1;
}

/* Lua: raw.refuse(client, job, code). False when it waits for no permit. */
static int client_refuse(lua_State *L) {
  struct client *c = kling_client_check(L, 1);
  struct job *job = &c->engine.jobs[kling_handle_check(L, 2)];
  enum kling_error code = kling_error_find(luaL_checkstring(L, 3));
  luaL_argcheck(L, code != KLING_OK, 3, "no such code");
  lua_pushboolean(L, kling_gate_refuse(&c->engine, job, code));
  return 1;
}

/* Lua: raw.license(client, seconds); no seconds: no limit */
static int client_license(lua_State *L) {
  struct client *c = kling_client_check(L, 1);
  kling_gate_license(&c->engine, luaL_optnumber(L, 2, INFINITY));
  return 0;
}

static const luaL_Reg functions[] = {
    {"asking",  client_asking },
    {"license", client_license},
    {"permit",  client_permit },
    {"refuse",  client_refuse },
    {NULL,      NULL          },
};

void kling_client_gate_open(lua_State *L) {
  kling_setfuncs(L, functions);
}
