/* scan.c - reads JSON in place. */
#include "scan.h"

#include <string.h>

#include "same.h"
#include "scan_plain.h"

enum { MAX_DEPTH = 64 }; /* deeper than any reply; bounds the recursion */

/* Each of these reads what begins at `at`, and returns what is behind it; NULL:
 * it is not there, or not well formed. The character at `end` may be looked at:
 * it is the one behind the text, and no part of any JSON but a string. */

static const char *read_other(const char *at, const char *end, int depth,
                              const struct scan_asked *asked,
                              enum scan_type *type);

static bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Most often there is none: one comparison says so. */
static inline const char *skip_space(const char *at) {
  while ((unsigned char)*at <= ' ' && is_space(*at)) {
    at++;
  }
  return at;
}

/* Which may have space before it, and most often has none. */
static inline const char *read_char(const char *at, char c) {
  if (*at != c) {
    at = skip_space(at);
    if (*at != c) {
      return NULL;
    }
  }
  return at + 1;
}

static bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
         (c >= 'A' && c <= 'F');
}

/* Behind the backslash. */
static const char *read_escape(const char *at, const char *end) {
  int i;
  if (at >= end) {
    return NULL;
  }
  if (*at != 'u') {
    return *at && strchr("\"\\/bfnrt", *at) ? at + 1 : NULL;
  }
  for (i = 1; i <= 4; i++) {
    if (end - at <= i || !is_hex(at[i])) {
      return NULL;
    }
  }
  return at + 5;
}

/* What is left of a string behind its plain beginning. */
static const char *read_rest(const char *at, const char *end) {
  while (at < end && *at != '"') {
    if ((unsigned char)*at < 0x20) {
      return NULL;
    }
    if (*at++ == '\\') {
      at = read_escape(at, end);
      if (!at) {
        return NULL;
      }
      at = kling_scan_skip_plain(at, end);
    }
  }
  return at < end ? at + 1 : NULL;
}

/* Its first quote is there. Most are plain to their end. */
static inline const char *read_string(const char *at, const char *end,
                                      bool *is_plain) {
  at = kling_scan_skip_plain(at + 1, end);
  *is_plain = at < end && *at == '"';
  return *is_plain ? at + 1 : read_rest(at, end);
}

static inline bool is_digit(char c) {
  return (unsigned char)(c - '0') < 10; /* one comparison, not two */
}

static inline const char *read_digits(const char *at, const char *end) {
  const char *start = at;
  while (end - at >= 8 && kling_scan_are_digits(at)) {
    at += 8;
  }
  while (is_digit(*at)) {
    at++;
  }
  return at > start ? at : NULL;
}

static const char *read_exponent(const char *at, const char *end) {
  if (*at == '+' || *at == '-') {
    at++;
  }
  return read_digits(at, end);
}

static const char *read_number(const char *at, const char *end) {
  at += *at == '-';
  at = *at == '0' ? at + 1 : read_digits(at, end);
  if (at && *at == '.') {
    at = read_digits(at + 1, end);
  }
  if (at && (*at == 'e' || *at == 'E')) {
    at = read_exponent(at + 1, end);
  }
  return at;
}

static inline const char *read_value(const char *at, const char *end, int depth,
                                     const struct scan_asked *asked,
                                     enum scan_type *type) {
  if (*at == '"') {
    bool ignored;
    *type = SCAN_STRING;
    return read_string(at, end, &ignored);
  }
  if (is_digit(*at)) {
    *type = SCAN_NUMBER;
    return read_number(at, end);
  }
  return read_other(at, end, depth, asked, type);
}

static const char *read_word(const char *at, const char *end,
                             const char *word) {
  size_t len = strlen(word);
  return (size_t)(end - at) >= len && memcmp(at, word, len) == 0 ? at + len
                                                                 : NULL;
}

/* --- members that are asked for --- */

struct key {
  struct scan_name name;
  bool is_plain; /* nothing in it is escaped */
};

/* Is the key this name? Longer escaped keys than any we ask for are not looked
 * into. */
static bool escaped_key_is(struct scan_name key, const struct scan_name *name) {
  char text[64];
  struct scan_value v;
  v.at = key.text - 1; /* with its quotes */
  v.len = key.len + 2;
  v.type = SCAN_STRING;
  return kling_scan_text(v, text, sizeof(text)) == name->len &&
         memcmp(text, name->text, name->len) == 0;
}

static size_t find_escaped(const struct scan_asked *asked,
                           struct scan_name key) {
  size_t n = 0;
  while (n < asked->count && !escaped_key_is(key, &asked->names[n])) {
    n++;
  }
  return n;
}

static inline size_t first_of_length(const struct scan_asked *asked,
                                     size_t len) {
  size_t n = 0;
  if (asked->by_length) {
    n = len < SCAN_LENGTHS ? asked->by_length[len] : 0;
    return n > 0 ? n - 1 : asked->count;
  }
  while (n < asked->count && asked->names[n].len != len) {
    n++;
  }
  return n;
}

/* Which name a key has; `count`: none of them. */
static inline size_t find_name(const struct scan_asked *asked,
                               const struct key *key) {
  size_t len = key->name.len;
  size_t n;
  if (!key->is_plain) {
    return find_escaped(asked, key->name);
  }
  n = first_of_length(asked, len);
  for (; n < asked->count && asked->names[n].len == len; n++) {
    if (kling_same(asked->names[n].text, key->name.text, len)) {
      return n;
    }
  }
  return asked->count;
}

static void forget(const struct scan_asked *asked) {
  memset(asked->values, 0, asked->count * sizeof(*asked->values));
}

/* The value of a key, and what is asked of it. */
static inline const char *read_asked(const char *at, const char *end, int depth,
                                     const struct scan_asked *asked,
                                     const struct key *key) {
  size_t n = find_name(asked, key);
  const struct scan_asked *inside = n == 0 ? asked->inside : NULL;
  struct scan_value value;
  if (inside && asked->values[0].type != SCAN_NONE) {
    forget(inside); /* of one before with the same name */
  }
  value.at = at;
  at = read_value(at, end, depth, inside, &value.type);
  if (at && n < asked->count) {
    value.len = (size_t)(at - value.at);
    asked->values[n] = value;
  }
  return at;
}

/* --- containers --- */

static inline const char *read_member(const char *at, const char *end,
                                      int depth,
                                      const struct scan_asked *asked) {
  struct key key;
  enum scan_type ignored;
  if (*at != '"') {
    return NULL;
  }
  key.name.text = at + 1;
  at = read_string(at, end, &key.is_plain);
  if (!at) {
    return NULL;
  }
  key.name.len = (size_t)(at - key.name.text) - 1;
  at = read_char(at, ':');
  if (!at) {
    return NULL;
  }
  at = skip_space(at);
  return asked ? read_asked(at, end, depth, asked, &key)
               : read_value(at, end, depth, NULL, &ignored);
}

/* From behind the opening bracket to behind the closing one. */
static const char *read_object(const char *at, const char *end, int depth,
                               const struct scan_asked *asked) {
  const char *comma;
  at = skip_space(at);
  if (*at == '}') {
    return at + 1;
  }
  for (;;) {
    at = read_member(at, end, depth, asked);
    if (!at) {
      return NULL;
    }
    comma = read_char(at, ',');
    if (!comma) {
      return read_char(at, '}');
    }
    at = skip_space(comma);
  }
}

static const char *read_array(const char *at, const char *end, int depth) {
  enum scan_type ignored;
  const char *comma;
  at = skip_space(at);
  if (*at == ']') {
    return at + 1;
  }
  for (;;) {
    at = read_value(at, end, depth, NULL, &ignored);
    if (!at) {
      return NULL;
    }
    comma = read_char(at, ',');
    if (!comma) {
      return read_char(at, ']');
    }
    at = skip_space(comma);
  }
}

/* Anything but a string or a positive number. */
static const char *read_other(const char *at, const char *end, int depth,
                              const struct scan_asked *asked,
                              enum scan_type *type) {
  switch (*at) {
  case '{':
    *type = SCAN_OBJECT;
    return depth < MAX_DEPTH ? read_object(at + 1, end, depth + 1, asked)
                             : NULL;
  case '[':
    *type = SCAN_ARRAY;
    return depth < MAX_DEPTH ? read_array(at + 1, end, depth + 1) : NULL;
  case 't':
    *type = SCAN_TRUE;
    return read_word(at, end, "true");
  case 'f':
    *type = SCAN_FALSE;
    return read_word(at, end, "false");
  case 'n':
    *type = SCAN_NULL;
    return read_word(at, end, "null");
  default:
    *type = SCAN_NUMBER;
    return read_number(at, end);
  }
}

/* --- doors --- */

bool kling_scan_document(const char *text, size_t len,
                         const struct scan_asked *asked,
                         struct scan_value *out) {
  const struct scan_asked *a;
  const char *end;
  const char *at;
  memset(out, 0, sizeof(*out));
  for (a = asked; a; a = a->inside) {
    forget(a);
  }
  if (!text || len == 0) {
    return false;
  }
  end = text + len;
  text = skip_space(text);
  at = read_value(text, end, 0, asked, &out->type);
  if (!at || skip_space(at) < end) {
    out->type = SCAN_NONE;
    return false;
  }
  out->at = text;
  out->len = (size_t)(at - text);
  return true;
}

static bool has_members(struct scan_value v) {
  return v.type == SCAN_OBJECT && v.len > 2; /* as is {} */
}

void kling_scan_get_all(struct scan_value object, const struct scan_name *names,
                        struct scan_value *values, size_t count) {
  struct scan_asked asked;
  asked.names = names;
  asked.values = values;
  asked.count = count;
  asked.inside = NULL;
  asked.by_length = NULL;
  forget(&asked);
  if (has_members(object)) {
    read_object(object.at + 1, object.at + object.len, 0, &asked);
  }
}

struct scan_value kling_scan_get(struct scan_value object, const char *name) {
  struct scan_name wanted;
  struct scan_value value;
  if (!has_members(object)) {
    memset(&value, 0, sizeof(value));
    return value;
  }
  wanted.text = name;
  wanted.len = strlen(name);
  kling_scan_get_all(object, &wanted, &value, 1);
  return value;
}

bool kling_scan_next(struct scan_value array, const char **cursor,
                     struct scan_value *element) {
  const char *end;
  const char *at;
  if (array.type != SCAN_ARRAY) {
    return false;
  }
  end = array.at + array.len;
  at = skip_space(*cursor ? *cursor : array.at + 1);
  if (*at == ',') {
    at = skip_space(at + 1);
  }
  if (*at == ']') {
    return false;
  }
  element->at = at;
  at = read_value(at, end, 0, NULL, &element->type);
  if (!at) {
    return false;
  }
  element->len = (size_t)(at - element->at);
  *cursor = at;
  return true;
}
