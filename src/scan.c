/* scan.c - reads JSON in place. */
#include "scan.h"

#include <string.h>

enum { MAX_DEPTH = 64 }; /* deeper than any reply; bounds the recursion */

struct reader {
  const char *at;
  const char *end;
};

static bool read_value(struct reader *r, int depth, struct scan_value *out);

static void skip_space(struct reader *r) {
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' ||
                            *r->at == '\t')) {
    r->at++;
  }
}

static bool take(struct reader *r, char c) {
  if (r->at < r->end && *r->at == c) {
    r->at++;
    return true;
  }
  return false;
}

static bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
         (c >= 'A' && c <= 'F');
}

static bool read_escape(struct reader *r) {
  if (r->at >= r->end) {
    return false;
  }
  if (*r->at == 'u') {
    int i;
    for (i = 1; i <= 4; i++) {
      if (r->end - r->at <= i || !is_hex(r->at[i])) {
        return false;
      }
    }
    r->at += 5;
    return true;
  }
  return *r->at && strchr("\"\\/bfnrt", *r->at++) != NULL;
}

static bool read_string(struct reader *r) {
  r->at++; /* the quote that brought us here */
  while (r->at < r->end) {
    unsigned char c = (unsigned char)*r->at++;
    if (c == '"') {
      return true;
    }
    if (c < 0x20 || (c == '\\' && !read_escape(r))) {
      return false;
    }
  }
  return false;
}

static bool read_digits(struct reader *r) {
  const char *start = r->at;
  while (r->at < r->end && *r->at >= '0' && *r->at <= '9') {
    r->at++;
  }
  return r->at > start;
}

static bool read_number(struct reader *r) {
  take(r, '-');
  if (!take(r, '0') && !read_digits(r)) {
    return false;
  }
  if (take(r, '.') && !read_digits(r)) {
    return false;
  }
  if (take(r, 'e') || take(r, 'E')) {
    if (!take(r, '+')) {
      take(r, '-');
    }
    return read_digits(r);
  }
  return true;
}

static bool read_word(struct reader *r, const char *word) {
  size_t len = strlen(word);
  if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0) {
    return false;
  }
  r->at += len;
  return true;
}

static bool read_member(struct reader *r, int depth) {
  struct scan_value ignored;
  skip_space(r);
  if (r->at >= r->end || *r->at != '"' || !read_string(r)) {
    return false;
  }
  skip_space(r);
  return take(r, ':') && read_value(r, depth, &ignored);
}

/* From behind the opening bracket to behind the closing one. */
static bool read_container(struct reader *r, int depth, bool is_object) {
  char close = is_object ? '}' : ']';
  struct scan_value ignored;
  skip_space(r);
  if (take(r, close)) {
    return true;
  }
  do {
    if (is_object ? !read_member(r, depth) : !read_value(r, depth, &ignored)) {
      return false;
    }
    skip_space(r);
  } while (take(r, ','));
  return take(r, close);
}

static bool read_by_type(struct reader *r, int depth, enum scan_type *type) {
  switch (*r->at) {
  case '{':
  case '[':
    *type = *r->at == '{' ? SCAN_OBJECT : SCAN_ARRAY;
    r->at++;
    return depth < MAX_DEPTH &&
           read_container(r, depth + 1, *type == SCAN_OBJECT);
  case '"':
    *type = SCAN_STRING;
    return read_string(r);
  case 't':
    *type = SCAN_TRUE;
    return read_word(r, "true");
  case 'f':
    *type = SCAN_FALSE;
    return read_word(r, "false");
  case 'n':
    *type = SCAN_NULL;
    return read_word(r, "null");
  default:
    *type = SCAN_NUMBER;
    return read_number(r);
  }
}

static bool read_value(struct reader *r, int depth, struct scan_value *out) {
  skip_space(r);
  if (r->at >= r->end) {
    return false;
  }
  out->at = r->at;
  if (!read_by_type(r, depth, &out->type)) {
    return false;
  }
  out->len = (size_t)(r->at - out->at);
  return true;
}

bool kling_scan_document(const char *text, size_t len, struct scan_value *out) {
  struct reader r;
  memset(out, 0, sizeof(*out));
  if (!text) {
    return false;
  }
  r.at = text;
  r.end = text + len;
  if (!read_value(&r, 0, out)) {
    out->type = SCAN_NONE;
    return false;
  }
  skip_space(&r);
  if (r.at != r.end) {
    out->type = SCAN_NONE;
    return false;
  }
  return true;
}

/* Is the key between its quotes this name? Longer keys than any we ask for are
 * not looked into. */
static bool key_is(const char *key, size_t len, const char *name) {
  char text[64];
  struct scan_value v;
  if (!memchr(key, '\\', len)) {
    return strlen(name) == len - 2 && memcmp(key + 1, name, len - 2) == 0;
  }
  v.at = key;
  v.len = len;
  v.type = SCAN_STRING;
  return kling_scan_text(v, text, sizeof(text)) == strlen(name) &&
         strcmp(text, name) == 0;
}

struct scan_value kling_scan_get(struct scan_value object, const char *name) {
  struct scan_value found = {NULL, 0, SCAN_NONE};
  struct reader r;
  if (object.type != SCAN_OBJECT) {
    return found;
  }
  r.at = object.at + 1;
  r.end = object.at + object.len;
  skip_space(&r);
  while (r.at < r.end && *r.at == '"') {
    const char *key = r.at;
    size_t key_len;
    struct scan_value value;
    if (!read_string(&r)) {
      break;
    }
    key_len = (size_t)(r.at - key);
    skip_space(&r);
    if (!take(&r, ':') || !read_value(&r, 0, &value)) {
      break;
    }
    if (key_is(key, key_len, name)) {
      found = value;
    }
    skip_space(&r);
    take(&r, ',');
    skip_space(&r);
  }
  return found;
}

bool kling_scan_next(struct scan_value array, const char **cursor,
                     struct scan_value *element) {
  struct reader r;
  if (array.type != SCAN_ARRAY) {
    return false;
  }
  r.at = *cursor ? *cursor : array.at + 1;
  r.end = array.at + array.len;
  skip_space(&r);
  take(&r, ',');
  skip_space(&r);
  if (r.at >= r.end || *r.at == ']' || !read_value(&r, 0, element)) {
    return false;
  }
  *cursor = r.at;
  return true;
}
