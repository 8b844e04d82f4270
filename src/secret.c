/* secret.c - blots a secret out of a text. */
#include "secret.h"

#include <string.h>

/* Characters of the secret; fewer give nothing away, and one as short as that
 * is none but may be a word that replies are made of. */
enum { TELLING = 8 };

static const char HEX[] = "0123456789abcdefABCDEF";

static int hex_value(char c) {
  if (c <= '9') {
    return c - '0';
  }
  return (c | 0x20) - 'a' + 10;
}

/* "u002d" is '-'. A secret is ASCII. */
static bool is_code_of(const char *at, char c) {
  return strncmp(at, "u00", 3) == 0 && strspn(at + 3, HEX) >= 2 &&
         hex_value(at[3]) * 16 + hex_value(at[4]) == c;
}

/* Behind the character, however often it was escaped: JSON comes as text in
 * JSON. NULL: it is another. */
static const char *skip_character(const char *at, char c) {
  size_t backslashes = strspn(at, "\\");
  at += backslashes;
  if (backslashes > 0 && is_code_of(at, c)) {
    return at + 5;
  }
  if (c == '\\') {
    return backslashes > 0 ? at : NULL;
  }
  return *at == c ? at + 1 : NULL;
}

/* Behind the secret that begins here, or behind its beginning where the text
 * ends; NULL: neither. */
static char *find_end(char *text, const char *secret) {
  const char *at = text;
  size_t n;
  for (n = 0; secret[n] && *at; n++) {
    at = skip_character(at, secret[n]);
    if (!at) {
      return NULL;
    }
  }
  return !secret[n] || n >= TELLING ? text + (at - text) : NULL;
}

/* Half an escape is no JSON: how many bytes of one are before `at`, if `at` is
 * inside of one. */
static size_t half_escape(const char *text, const char *at) {
  const char *start = at;
  while (start > text && at - start < 3 && strchr(HEX, start[-1])) {
    start--;
  }
  if (start == text || *--start != 'u' || start == text || start[-1] != '\\') {
    return 0;
  }
  while (start > text && start[-1] == '\\') {
    start--;
  }
  return (size_t)(at - start);
}

bool kling_secret_blot(char *text, const char *secret) {
  const char beginnings[] = {'\\', secret[0], '\0'};
  char *at = text;
  bool was_there = false;
  if (strlen(secret) < TELLING) {
    return false;
  }
  while (*(at += strcspn(at, beginnings))) {
    char *end = find_end(at, secret);
    if (end) {
      char *start = at - half_escape(text, at);
      memset(start, '*', (size_t)(end - start));
      at = end;
      was_there = true;
    } else {
      /* a run of backslashes was looked behind already */
      at += *at == '\\' && secret[0] != '\\' ? strspn(at, "\\") : 1;
    }
  }
  return was_there;
}
