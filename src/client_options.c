/* client_options.c - what raw.new is told, as the engine takes it. */
#include "client_options.h"

#include <string.h>

static const char *string_option(lua_State *L, const char *name) {
  const char *value;
  lua_getfield(L, 1, name);
  value = lua_tostring(L, -1); /* stays alive in the options table */
  lua_pop(L, 1);
  return value;
}

static double number_option(lua_State *L, const char *name) {
  double value;
  lua_getfield(L, 1, name);
  value = lua_tonumber(L, -1);
  lua_pop(L, 1);
  return value;
}

static bool boolean_option(lua_State *L, const char *name) {
  bool value;
  lua_getfield(L, 1, name);
  value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

static enum resolve_policy policy_option(lua_State *L) {
  const char *name = string_option(L, "resolve");
  if (name && strcmp(name, "never") == 0) {
    return RESOLVE_NEVER;
  }
  return name && strcmp(name, "resubmit") == 0 ? RESOLVE_RESUBMIT
                                               : RESOLVE_QUERY;
}

/* lua/kling/options.lua has checked them all and filled in the defaults. */
void kling_client_read_options(lua_State *L, struct engine_options *o) {
  o->http.base_url = string_option(L, "base_url");
  o->http.api_key = string_option(L, "api_key");
  o->http.ca = string_option(L, "ca");
  o->http.ca_path = string_option(L, "ca_path");
  o->http.proxy = string_option(L, "proxy");
  o->http.user_agent = string_option(L, "user_agent");
  o->http.connect_timeout = number_option(L, "connect_timeout");
  o->http.request_timeout = number_option(L, "request_timeout");
  o->http.stall_timeout = number_option(L, "stall_timeout");
  o->http.insecure_http = boolean_option(L, "insecure_http");
  o->http.allow_private_hosts = boolean_option(L, "allow_private_hosts");
  o->cadence.first_poll = number_option(L, "first_poll");
  o->cadence.poll_interval = number_option(L, "poll_interval");
  o->cadence.max_poll_interval = number_option(L, "max_poll_interval");
  o->cadence.patience = number_option(L, "patience");
  o->submit_timeout = number_option(L, "submit_timeout");
  o->resolve_timeout = number_option(L, "resolve_timeout");
  o->resolve = policy_option(L);
  o->max_running = (uint32_t)number_option(L, "max_running");
  o->max_requests = (uint32_t)number_option(L, "max_requests");
  o->http.max_requests = o->max_requests;
  o->is_gated = boolean_option(L, "gated");
  luaL_argcheck(L, o->http.base_url && o->http.api_key, 1,
                "base_url and api_key expected");
}
