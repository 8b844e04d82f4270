/* client_cadence.c - what Lua asks of a client's cadence. */
#include "client_cadence.h"

#include "client.h"
#include "handle.h"
#include "lifespan.h"

/* Lua: raw.cadence(client): what it has learned, as text */
static int client_cadence(lua_State *L) {
  const struct client *c = kling_client_check_any(L, 1);
  char text[CADENCE_TEXT_SIZE];
  size_t len = kling_cadence_write(&c->engine.cadence, text);
  lua_pushlstring(L, text, len);
  return 1;
}

/* Lua: raw.learn_cadence(client, text): what others have learned takes the
 * place of what was told or learned from others last. False for text that is
 * none of ours: what another version wrote is no reason to fail. */
static int client_learn_cadence(lua_State *L) {
  struct client *c = kling_client_check(L, 1);
  const char *text = luaL_checkstring(L, 2);
  lua_pushboolean(L, kling_cadence_read(&c->engine.cadence, text));
  return 1;
}

/* Lua: raw.tell_cadence(client): that text has reached the others */
static int client_tell_cadence(lua_State *L) {
  kling_cadence_tell(&kling_client_check_any(L, 1)->engine.cadence);
  return 0;
}

/* Lua: raw.untold(client): ends that were learned from and not told of */
static int client_untold(lua_State *L) {
  const struct cadence *c = &kling_client_check_any(L, 1)->engine.cadence;
  lua_pushnumber(L, (lua_Number)(c->learned - c->told.learned));
  return 1;
}

/* Lua: raw.eta(client, job): seconds until half, a tenth and nine tenths of
 * tasks like this one have ended; nothing while that is not known */
static int client_eta(lua_State *L) {
  const struct client *c = kling_client_check_any(L, 1);
  const struct job *job = &c->engine.jobs[kling_handle_check(L, 2)];
  double median = kling_lifespan_left(&c->engine, job, 0.5);
  if (median < 0.0) {
    return 0;
  }
  lua_pushnumber(L, median);
  lua_pushnumber(L, kling_lifespan_left(&c->engine, job, 0.1));
  lua_pushnumber(L, kling_lifespan_left(&c->engine, job, 0.9));
  return 3;
}

static const luaL_Reg functions[] = {
    {"cadence",       client_cadence      },
    {"eta",           client_eta          },
    {"learn_cadence", client_learn_cadence},
    {"tell_cadence",  client_tell_cadence },
    {"untold",        client_untold       },
    {NULL,            NULL                },
};

void kling_client_cadence_open(lua_State *L) {
  kling_setfuncs(L, functions);
}
