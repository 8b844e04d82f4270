/* error.c - every code a failure can have. */
#include "error.h"

#include <stddef.h>
#include <string.h>

static const char *const codes[] = {NULL,
#define X(symbol, code, meaning) code,
                                    KLING_ERRORS(X)
#undef X
};

static const char *const meanings[] = {NULL,
#define X(symbol, code, meaning) meaning,
                                       KLING_ERRORS(X)
#undef X
};

const char *kling_error_code(enum kling_error e) {
  return codes[e];
}

const char *kling_error_meaning(enum kling_error e) {
  return meanings[e];
}

enum kling_error kling_error_find(const char *code) {
  int i;
  for (i = KLING_OK + 1; i < KLING_ERROR_COUNT; i++) {
    if (strcmp(codes[i], code) == 0) {
      return (enum kling_error)i;
    }
  }
  return KLING_OK;
}
