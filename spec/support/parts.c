/* parts.c - the core's parts that know no Lua, for specs: `require
 * "kling_parts"`. As direct as possible; never installed. */
#define _POSIX_C_SOURCE 200809L
#include "parts.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../../src/address.h"
#include "../../src/attempt.h"
#include "../../src/clock.h"
#include "../../src/job.h"
#include "../../src/json.h"
#include "../../src/poller.h"
#include "../../src/random.h"
#include "../../src/retry.h"
#include "../../src/sha256.h"
#include "../../src/sha256_blocks.h"

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
int luaopen_kling_parts(lua_State *L);

/* Lua: parts.retry_delay(failures, retry_after, u) */
static int parts_retry_delay(lua_State *L) {
  lua_pushnumber(L, kling_retry_delay((unsigned)luaL_checkinteger(L, 1),
                                      luaL_checknumber(L, 2),
                                      luaL_checknumber(L, 3)));
  return 1;
}

/* Lua: parts.sha256({piece, ...}); the digest is asked for after each piece,
 * which must not disturb those that follow. */
static int parts_sha256(lua_State *L) {
  struct sha256 h;
  char digest[SHA256_HEX];
  int i;
  luaL_checktype(L, 1, LUA_TTABLE);
  kling_sha256_start(&h);
  kling_sha256_hex(&h, digest);
  for (i = 1;; i++) {
    size_t len;
    const char *piece;
    lua_rawgeti(L, 1, i);
    piece = lua_tolstring(L, -1, &len);
    if (!piece) {
      break;
    }
    kling_sha256_add(&h, piece, len);
    kling_sha256_hex(&h, digest);
    lua_pop(L, 1);
  }
  lua_pushstring(L, digest);
  return 1;
}

/* Lua: parts.sha256_state(blocks, is_plain): the state after whole blocks, as
 * bytes; is_plain: without the processor's own instructions. */
static int parts_sha256_state(lua_State *L) {
  uint32_t state[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  size_t len;
  const char *bytes = luaL_checklstring(L, 1, &len);
  const unsigned char *blocks = (const unsigned char *)bytes;
  if (lua_toboolean(L, 2)) {
    kling_sha256_blocks_plain(state, blocks, len / 64);
  } else {
    kling_sha256_blocks(state, blocks, len / 64);
  }
  lua_pushlstring(L, (const char *)state, sizeof(state));
  return 1;
}

static const char *kind_name(const void *address) {
  static const char *const names[] = {"public", "loopback", "private"};
  return names[kling_address_kind(address)];
}

/* Lua: parts.address_kind(numeric); nil for what is no address */
static int parts_address_kind(lua_State *L) {
  const char *text = luaL_checkstring(L, 1);
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  memset(&v4, 0, sizeof(v4));
  memset(&v6, 0, sizeof(v6));
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
    lua_pushstring(L, kind_name(&v4));
  } else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
    lua_pushstring(L, kind_name(&v6));
  } else {
    lua_pushnil(L);
  }
  return 1;
}

/* Lua: parts.unix_address_kind() */
static int parts_unix_address_kind(lua_State *L) {
  struct sockaddr_un un;
  memset(&un, 0, sizeof(un));
  un.sun_family = AF_UNIX;
  lua_pushstring(L, kind_name(&un));
  return 1;
}

static int parts_random_bytes(lua_State *L) { /* Lua: parts.random_bytes(n) */
  size_t len = (size_t)luaL_checkinteger(L, 1);
  char *bytes = lua_newuserdata(L, len + 1);
  kling_random_bytes(bytes, len);
  lua_pushlstring(L, bytes, len);
  return 1;
}

static int parts_clock_ms(lua_State *L) { /* Lua: parts.clock_ms(seconds) */
  lua_pushinteger(L, kling_clock_ms(luaL_checknumber(L, 1)));
  return 1;
}

static int parts_clock_wall(lua_State *L) { /* Lua: parts.clock_wall() */
  lua_pushnumber(L, kling_clock_wall());
  return 1;
}

/* Lua: parts.job_apply(state, event), as numbers; the new state, or nil */
static int parts_job_apply(lua_State *L) {
  struct job job;
  lua_Integer state = luaL_checkinteger(L, 1);
  lua_Integer event = luaL_checkinteger(L, 2);
  luaL_argcheck(L, state >= 0 && state < JOB_STATE_COUNT, 1, "no state");
  luaL_argcheck(L, event >= 0 && event < EVENT_COUNT, 2, "no event");
  memset(&job, 0, sizeof(job));
  job.state = (uint8_t)state;
  if (kling_job_apply(&job, (enum job_event)event)) {
    lua_pushinteger(L, job.state);
  } else {
    luaL_argcheck(L, job.state == state, 1, "changed, but says it did not");
    lua_pushnil(L);
  }
  return 1;
}

static int parts_job_is_end(lua_State *L) { /* Lua: parts.job_is_end(state) */
  lua_pushboolean(
      L, kling_job_is_end((enum job_state)luaL_checkinteger(L, 1)) ? 1 : 0);
  return 1;
}

/* Lua: parts.job_clear(external_task_id, task_id, status): the texts of a job
 * before it is cleared, and whether they are gone after */
static int parts_job_clear(lua_State *L) {
  struct job job;
  memset(&job, 0, sizeof(job));
  if (!kling_job_set_ids(&job, "the first", NULL) ||
      !kling_job_set_ids(&job, job.task_id, luaL_checkstring(L, 1)) ||
      !kling_job_set_ids(&job, luaL_checkstring(L, 2), job.external_task_id)) {
    return luaL_error(L, "out of memory");
  }
  kling_job_set_status(&job, "a copy", false);
  kling_job_set_status(&job, "static", true);
  kling_job_set_status(&job, luaL_checkstring(L, 3), false);
  lua_pushstring(L, job.external_task_id);
  lua_pushstring(L, job.task_id);
  lua_pushstring(L, job.status);
  kling_job_clear(&job);
  lua_pushboolean(L, !job.task_id && !job.external_task_id && !job.status);
  return 4;
}

/* Lua: parts.attempts(n): the HTTP statuses of what is kept of n attempts with
 * the statuses 1 to n, and the status of the last */
static int parts_attempts(lua_State *L) {
  lua_Integer n = luaL_checkinteger(L, 1);
  struct attempts *attempts = NULL;
  const struct attempt *last;
  lua_Integer i;
  for (i = 1; i <= n; i++) {
    struct attempt *a = kling_attempt_add(&attempts);
    if (a) {
      a->http_status = (long)i;
      kling_job_set_text(&a->words, "its own memory");
    }
  }
  lua_newtable(L);
  for (i = 0; i < (lua_Integer)(attempts ? attempts->count : 0); i++) {
    lua_pushinteger(L, attempts->list[i].http_status);
    lua_rawseti(L, -2, (int)i + 1);
  }
  last = kling_attempt_last(attempts);
  lua_pushinteger(L, last ? last->http_status : 0);
  lua_pushnumber(L, last ? last->at : 0.0);
  kling_attempt_free(&attempts);
  kling_attempt_free(&attempts); /* must be safe twice */
  return 3;
}

static int parts_json_decode(lua_State *L) { /* Lua: parts.json_decode(text) */
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  kling_json_decode(L, text, len);
  return 1;
}

static int parts_json_encode(lua_State *L) { /* Lua: parts.json_encode(value) */
  luaL_checkany(L, 1);
  kling_json_encode(L, 1);
  return 1;
}

static const char *poller_name(void) {
#if defined(KLING_POLLER_EPOLL)
  return "epoll";
#elif defined(KLING_POLLER_KQUEUE)
  return "kqueue";
#else
  return "none";
#endif
}

static const luaL_Reg functions[] = {
    {"retry_delay",       parts_retry_delay      },
    {"sha256",            parts_sha256           },
    {"sha256_state",      parts_sha256_state     },
    {"address_kind",      parts_address_kind     },
    {"unix_address_kind", parts_unix_address_kind},
    {"random_bytes",      parts_random_bytes     },
    {"clock_ms",          parts_clock_ms         },
    {"clock_wall",        parts_clock_wall       },
    {"job_apply",         parts_job_apply        },
    {"job_is_end",        parts_job_is_end       },
    {"job_clear",         parts_job_clear        },
    {"attempts",          parts_attempts         },
    {"json_decode",       parts_json_decode      },
    {"json_encode",       parts_json_encode      },
    {NULL,                NULL                   },
};

int luaopen_kling_parts(lua_State *L) {
  int i;
  kling_check_lua(L);
  kling_json_open(L);
  lua_newtable(L);
  kling_setfuncs(L, functions);
  kling_parts_open_cadence(L);
  kling_parts_open_files(L);
  kling_parts_open_objects(L);
  kling_parts_open_descriptors(L);
  kling_parts_open_limiter(L);
  kling_parts_open_engine(L);
  lua_createtable(L, JOB_STATE_COUNT, 0);
  for (i = 0; i < JOB_STATE_COUNT; i++) {
    lua_pushstring(L, kling_job_state_name((enum job_state)i));
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "states");
  lua_pushstring(L, poller_name());
  lua_setfield(L, -2, "poller_name");
  return 1;
}
