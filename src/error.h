/* error.h - every code a failure can have. */
#ifndef KLING_ERROR_H
#define KLING_ERROR_H

/* X(symbol, code seen from Lua, one-line meaning) */
#define KLING_ERRORS(X)                                                        \
  X(NETWORK, "network", "the request did not reach the server, or no answer")  \
  X(TIMEOUT, "timeout", "the time given was over first")                       \
  X(AUTH, "auth", "the key is missing, wrong or has no right to this")         \
  X(QUOTA, "quota", "the account has no money or is blocked")                  \
  X(REJECTED, "rejected", "the service refused the request as invalid")        \
  X(POLICY, "policy", "refused by a rule: of content, or of where to connect") \
  X(RATE_LIMITED, "rate_limited", "too many requests or tasks at once")        \
  X(NOT_FOUND, "not_found", "the service knows no such task")                  \
  X(UNAVAILABLE, "unavailable", "the service is down or overloaded")           \
  X(PROTOCOL, "protocol", "the reply makes no sense")                          \
  X(FAILED, "failed", "the service worked on the task and gave up")            \
  X(EXPIRED, "expired", "a result link is no longer valid")                    \
  X(CANCELLED, "cancelled", "cancelled by this program")                       \
  X(CLOSED, "closed", "the client was closed while this was running")          \
  X(BUDGET, "budget", "our own spend guard said no; nothing was sent")         \
  X(IO, "io", "a file could not be written")                                   \
  X(NOMEM, "nomem", "out of memory")                                           \
  X(NOT_YIELDABLE, "not_yieldable", "waiting where the host allows none")

enum kling_error {
  KLING_OK = 0,
#define X(symbol, code, meaning) KLING_##symbol,
  KLING_ERRORS(X)
#undef X
      KLING_ERROR_COUNT
};

/* The code as Lua sees it; NULL for KLING_OK. */
const char *kling_error_code(enum kling_error e);
const char *kling_error_meaning(enum kling_error e);
/* The other way round; KLING_OK when there is no such code. */
enum kling_error kling_error_find(const char *code);

#endif
