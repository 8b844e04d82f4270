/* service_code.c - what the service's error codes and HTTP statuses mean. */
#define _POSIX_C_SOURCE 200809L
#include "service_code.h"

#include <string.h>
#include <strings.h>

struct rule {
  const char *code;
  enum api_verdict verdict;
  enum kling_error error;
};

/* Numbers: K-docs, the official table. Words: N-api (the gateway's family),
 * C-err (CometAPI), and OpenAI's, whose errors gateways imitate. 429 is not one
 * thing: 1302 and 1303 pass by themselves, the others here never do. */
static const struct rule rules[] = {
    {"1000",                           VERDICT_REFUSED, KLING_AUTH        },
    {"1001",                           VERDICT_REFUSED, KLING_AUTH        },
    {"1002",                           VERDICT_REFUSED, KLING_AUTH        },
    {"1003",                           VERDICT_REFUSED, KLING_AUTH        },
    {"1004",                           VERDICT_REFUSED, KLING_AUTH        },
    {"1100",                           VERDICT_REFUSED, KLING_QUOTA       },
    {"1101",                           VERDICT_REFUSED, KLING_QUOTA       },
    {"1102",                           VERDICT_REFUSED, KLING_QUOTA       },
    {"1103",                           VERDICT_REFUSED, KLING_AUTH        },
    {"1200",                           VERDICT_REFUSED, KLING_REJECTED    },
    {"1201",                           VERDICT_REFUSED, KLING_REJECTED    },
    {"1202",                           VERDICT_REFUSED, KLING_REJECTED    },
    {"1203",                           VERDICT_MISSING, KLING_NOT_FOUND   },
    {"1300",                           VERDICT_REFUSED, KLING_POLICY      },
    {"1301",                           VERDICT_REFUSED, KLING_POLICY      },
    {"1302",                           VERDICT_BUSY,    KLING_RATE_LIMITED},
    {"1303",                           VERDICT_BUSY,    KLING_RATE_LIMITED},
    {"1304",                           VERDICT_REFUSED, KLING_AUTH        },
    {"5000",                           VERDICT_TROUBLE, KLING_UNAVAILABLE },
    {"5001",                           VERDICT_TROUBLE, KLING_UNAVAILABLE },
    {"5002",                           VERDICT_TROUBLE, KLING_UNAVAILABLE },
    {"task_not_exist",                 VERDICT_MISSING, KLING_NOT_FOUND   },
    {"insufficient_quota",             VERDICT_REFUSED, KLING_QUOTA       },
    {"insufficient_user_quota",        VERDICT_REFUSED, KLING_QUOTA       },
    {"pre_consume_token_quota_failed", VERDICT_REFUSED, KLING_QUOTA       },
    {"invalid_request",                VERDICT_REFUSED, KLING_REJECTED    },
    {"invalid_api_platform",           VERDICT_REFUSED, KLING_REJECTED    },
    {"model_price_error",              VERDICT_REFUSED, KLING_REJECTED    },
    {"model_not_found",                VERDICT_REFUSED, KLING_REJECTED    },
};

static const struct rule *find(const char *service_code) {
  size_t i;
  for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
    if (strcmp(rules[i].code, service_code) == 0) {
      return &rules[i];
    }
  }
  return NULL;
}

bool kling_service_code_find(const char *service_code) {
  return find(service_code) != NULL;
}

static bool contains(const char *text, const char *word) {
  size_t len = strlen(word);
  for (; *text; text++) {
    if (strncasecmp(text, word, len) == 0) {
      return true;
    }
  }
  return false;
}

static struct service_judgement judgement(enum api_verdict verdict,
                                          enum kling_error code) {
  struct service_judgement j;
  j.verdict = verdict;
  j.code = code;
  return j;
}

struct service_judgement kling_service_judge_status(bool is_create,
                                                    long http_status,
                                                    bool is_error_body) {
  /* A box on the way (captive portal, proxy, edge) may answer a query in the
   * service's place; it comes right by itself. A create it answered so was
   * not made. */
  enum api_verdict definite =
      is_create || is_error_body ? VERDICT_REFUSED : VERDICT_TROUBLE;
  if (http_status >= 500) {
    return judgement(VERDICT_TROUBLE, KLING_UNAVAILABLE);
  }
  switch (http_status) {
  case 401:
  case 403:
    return judgement(definite, KLING_AUTH);
  case 402:
    return judgement(definite, KLING_QUOTA);
  case 404:
    if (is_error_body && !is_create) {
      return judgement(VERDICT_MISSING, KLING_NOT_FOUND);
    }
    return judgement(definite, is_error_body ? KLING_REJECTED : KLING_PROTOCOL);
  case 408:
    return judgement(VERDICT_TROUBLE, KLING_TIMEOUT);
  case 429: /* C-rate: back off, try again; nothing was made */
    return judgement(is_create ? VERDICT_BUSY : VERDICT_TROUBLE,
                     KLING_RATE_LIMITED);
  default:
    break;
  }
  if (http_status >= 400) {
    return judgement(definite, is_create || is_error_body ? KLING_REJECTED
                                                          : KLING_PROTOCOL);
  }
  if (http_status >= 300) {
    return judgement(is_create ? VERDICT_REFUSED : VERDICT_TROUBLE,
                     KLING_PROTOCOL);
  }
  /* a success that says nothing, or an error body with a code nobody knows */
  return is_error_body ? judgement(VERDICT_REFUSED, KLING_REJECTED)
                       : judgement(VERDICT_TROUBLE, KLING_PROTOCOL);
}

/* 1201 is "a key or value is invalid" in the table; live it also says these
 * two (source: K-live). */
static struct service_judgement judge_1201(bool is_create,
                                           const char *message) {
  if (contains(message, "external_task_id") && contains(message, "exist")) {
    return judgement(VERDICT_EXISTS, KLING_REJECTED);
  }
  if (!is_create && contains(message, "not found")) {
    return judgement(VERDICT_MISSING, KLING_NOT_FOUND);
  }
  return judgement(VERDICT_REFUSED, KLING_REJECTED);
}

struct service_judgement kling_service_judge(bool is_create, long http_status,
                                             const char *service_code,
                                             const char *message) {
  const struct rule *rule = find(service_code);
  if (contains(message, "Invalid URL (")) { /* no such path (source: N-api) */
    return judgement(VERDICT_REFUSED, KLING_PROTOCOL);
  }
  if (!rule) {
    return kling_service_judge_status(is_create, http_status, true);
  }
  if (strcmp(service_code, "1201") == 0) {
    return judge_1201(is_create, message);
  }
  if (is_create && rule->verdict == VERDICT_MISSING) {
    return judgement(VERDICT_REFUSED, KLING_REJECTED);
  }
  return judgement(rule->verdict, rule->error);
}
