/* head.c - what the headers of a download's reply say of the file. */
#define _POSIX_C_SOURCE 200809L
#include "head.h"

#include <string.h>
#include <strings.h>

enum { DIGITS_MAX = 18 }; /* fewer than INT64_MAX has */

struct text {
  const char *at;
  size_t len;
};

void kling_head_start(struct head *h) {
  memset(h, 0, sizeof(*h));
  h->first = h->last = h->total = -1;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct text trim(struct text t) {
  while (t.len > 0 && is_blank(t.at[0])) {
    t.at++;
    t.len--;
  }
  while (t.len > 0 && is_blank(t.at[t.len - 1])) {
    t.len--;
  }
  return t;
}

static bool is_printable(struct text t) {
  size_t i;
  for (i = 0; i < t.len; i++) {
    if ((unsigned char)t.at[i] < 0x20 || t.at[i] == 0x7f) {
      return false;
    }
  }
  return true;
}

/* Whole or not at all: half a validator is another's. */
static void keep(char *to, size_t size, struct text value) {
  to[0] = '\0';
  if (value.len < size && is_printable(value)) {
    memcpy(to, value.at, value.len);
    to[value.len] = '\0';
  }
}

static void read_etag(struct head *h, struct text v) {
  bool is_strong = v.len >= 2 && v.at[0] == '"' && v.at[v.len - 1] == '"';
  keep(h->etag, sizeof(h->etag), is_strong ? v : (struct text){"", 0});
}

static bool take_number(struct text *t, int64_t *n) {
  size_t i;
  *n = 0;
  for (i = 0; i < t->len && t->at[i] >= '0' && t->at[i] <= '9'; i++) {
    if (i == DIGITS_MAX) {
      return false;
    }
    *n = *n * 10 + (t->at[i] - '0');
  }
  t->at += i;
  t->len -= i;
  return i > 0;
}

static bool take_char(struct text *t, char c) {
  if (t->len == 0 || t->at[0] != c) {
    return false;
  }
  t->at++;
  t->len--;
  return true;
}

/* "bytes 5-9/10", "bytes 5-9/" and a star, "bytes " and a star "/10" */
static void read_range(struct head *h, struct text v) {
  static const char unit[] = "bytes ";
  int64_t first = -1, last = -1, total = -1;
  if (v.len < sizeof(unit) || strncasecmp(v.at, unit, sizeof(unit) - 1) != 0) {
    return;
  }
  v.at += sizeof(unit) - 1;
  v.len -= sizeof(unit) - 1;
  if (!take_char(&v, '*') && !(take_number(&v, &first) && take_char(&v, '-') &&
                               take_number(&v, &last) && first <= last)) {
    return;
  }
  if (!take_char(&v, '/') || !(take_char(&v, '*') || take_number(&v, &total)) ||
      v.len > 0 || (total >= 0 && last >= total)) {
    return;
  }
  h->first = first;
  h->last = last;
  h->total = total;
}

static bool is_named(struct text line, const char *name, struct text *value) {
  size_t len = strlen(name);
  if (line.len <= len || line.at[len] != ':' ||
      strncasecmp(line.at, name, len) != 0) {
    return false;
  }
  value->at = line.at + len + 1;
  value->len = line.len - len - 1;
  *value = trim(*value);
  return true;
}

static bool is_identity(struct text v) {
  return v.len == 0 || (v.len == 8 && strncasecmp(v.at, "identity", 8) == 0);
}

void kling_head_read(struct head *h, const char *line, size_t len) {
  struct text whole = {line, len};
  struct text value;
  if (len > 5 && memcmp(line, "HTTP/", 5) == 0) {
    kling_head_start(h);
  } else if (is_named(whole, "ETag", &value)) {
    read_etag(h, value);
  } else if (is_named(whole, "Last-Modified", &value)) {
    keep(h->modified, sizeof(h->modified), value);
  } else if (is_named(whole, "Date", &value)) {
    keep(h->date, sizeof(h->date), value);
  } else if (is_named(whole, "Content-Range", &value)) {
    read_range(h, value);
  } else if (is_named(whole, "Content-Encoding", &value)) {
    h->is_encoded = !is_identity(value);
  } else if (is_named(whole, "Transfer-Encoding", &value)) {
    h->is_chunked = true;
  }
}
