/* scan.c - reads JSON in place. */
#include "scan.h"

#include <string.h>

#include "scan_plain.h"

enum { MAX_DEPTH = 64 }; /* deeper than any reply; bounds the recursion */

struct reader {
  const char *at;
  const char *end;
  struct scan_index *index; /* or NULL */
  bool is_escaped;          /* the string read last */
};

static bool read_value(struct reader *r, int depth, struct scan_value *out);

static struct reader reader_of(const char *at, const char *end,
                               struct scan_index *index) {
  struct reader r;
  r.at = at;
  r.end = end;
  r.index = index;
  r.is_escaped = false;
  return r;
}

static bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Most often there is none: one comparison says so. */
static inline void skip_space(struct reader *r) {
  while (r->at < r->end && (unsigned char)*r->at <= ' ' && is_space(*r->at)) {
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
  r->is_escaped = false;
  r->at = kling_scan_skip_plain(r->at, r->end);
  while (r->at < r->end) {
    unsigned char c = (unsigned char)*r->at++;
    if (c == '"') {
      return true;
    }
    if (c < 0x20) {
      return false;
    }
    if (c == '\\') {
      r->is_escaped = true;
      if (!read_escape(r)) {
        return false;
      }
      r->at = kling_scan_skip_plain(r->at, r->end);
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

/* Its entry is where the next one will be, if there is one: see read_value. */
static bool read_member(struct reader *r, int depth) {
  unsigned place = r->index ? r->index->count : 0;
  const char *key;
  uint32_t key_len;
  bool is_escaped;
  struct scan_value value;
  skip_space(r);
  key = r->at;
  if (key >= r->end || *key != '"' || !read_string(r)) {
    return false;
  }
  key_len = (uint32_t)(r->at - key);
  is_escaped = r->is_escaped;
  skip_space(r);
  if (!take(r, ':') || !read_value(r, depth, &value)) {
    return false;
  }
  if (value.index) {
    struct scan_entry *entry = &r->index->entries[place];
    entry->key = key;
    entry->key_len = key_len;
    entry->key_is_escaped = is_escaped;
  }
  return true;
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

/* NULL: no room, or there is no index. */
static struct scan_entry *add_entry(struct reader *r) {
  struct scan_entry *entry;
  if (!r->index || r->index->count >= SCAN_INDEX_SIZE) {
    return NULL;
  }
  entry = &r->index->entries[r->index->count++];
  entry->key = NULL;
  return entry;
}

/* Once the index is full, what is being read is only in part in it. */
static bool is_full(const struct reader *r) {
  return r->index->count >= SCAN_INDEX_SIZE;
}

static bool read_value(struct reader *r, int depth, struct scan_value *out) {
  struct scan_entry *entry = add_entry(r);
  skip_space(r);
  if (r->at >= r->end) {
    return false;
  }
  out->at = r->at;
  if (!read_by_type(r, depth, &out->type)) {
    return false;
  }
  out->len = (size_t)(r->at - out->at);
  out->index = NULL;
  if (entry && !is_full(r)) {
    entry->at = out->at;
    entry->len = out->len;
    entry->type = (uint8_t)out->type;
    entry->next = (uint8_t)r->index->count;
    out->entry = (uint8_t)(entry - r->index->entries);
    out->index = r->index;
  }
  return true;
}

bool kling_scan_document(const char *text, size_t len, struct scan_index *index,
                         struct scan_value *out) {
  struct reader r;
  memset(out, 0, sizeof(*out));
  if (!text) {
    return false;
  }
  r = reader_of(text, text + len, index);
  if (index) {
    index->count = 0;
  }
  if (!read_value(&r, 0, out)) {
    memset(out, 0, sizeof(*out));
    return false;
  }
  skip_space(&r);
  if (r.at != r.end) {
    memset(out, 0, sizeof(*out));
    return false;
  }
  return true;
}

/* Is the key between its quotes this name? Longer escaped keys than any we ask
 * for are not looked into. */
static bool escaped_key_is(const struct scan_entry *member, const char *name,
                           size_t name_len) {
  char text[64];
  struct scan_value v;
  memset(&v, 0, sizeof(v));
  v.at = member->key;
  v.len = member->key_len;
  v.type = SCAN_STRING;
  return kling_scan_text(v, text, sizeof(text)) == name_len &&
         memcmp(text, name, name_len) == 0;
}

/* Most are of another length: that is to be found out fast. */
static inline bool key_is(const struct scan_entry *member, const char *name,
                          size_t name_len) {
  if (member->key_is_escaped) {
    return escaped_key_is(member, name, name_len);
  }
  return member->key_len == name_len + 2 &&
         memcmp(member->key + 1, name, name_len) == 0;
}

static struct scan_value value_at(const struct scan_index *index,
                                  unsigned place) {
  const struct scan_entry *entry = &index->entries[place];
  struct scan_value v;
  v.at = entry->at;
  v.len = entry->len;
  v.type = (enum scan_type)entry->type;
  v.entry = (uint8_t)place;
  v.index = index;
  return v;
}

/* Which name a member has; `count`: none of them. */
static size_t find_name(const struct scan_entry *member,
                        const char *const *names, const size_t *lens,
                        size_t count) {
  size_t n = 0;
  while (n < count && !key_is(member, names[n], lens[n])) {
    n++;
  }
  return n;
}

/* All of one object; those that are not in it stay as they are. */
static void look_up(struct scan_value object, const char *const *names,
                    struct scan_value *values, size_t count) {
  const struct scan_entry *entries = object.index->entries;
  unsigned end = entries[object.entry].next;
  size_t lens[SCAN_NAMES_MAX];
  unsigned i;
  size_t n;
  for (n = 0; n < count; n++) {
    lens[n] = strlen(names[n]);
  }
  for (i = object.entry + 1U; i < end; i = entries[i].next) {
    n = find_name(&entries[i], names, lens, count);
    if (n < count) {
      values[n] = value_at(object.index, i);
    }
  }
}

static struct scan_value walk_to(struct scan_value object, const char *name) {
  size_t name_len = strlen(name);
  struct scan_value found;
  struct reader r;
  memset(&found, 0, sizeof(found));
  r = reader_of(object.at + 1, object.at + object.len, NULL);
  skip_space(&r);
  while (r.at < r.end && *r.at == '"') {
    struct scan_entry member;
    struct scan_value value;
    member.key = r.at;
    if (!read_string(&r)) {
      break;
    }
    member.key_len = (uint32_t)(r.at - member.key);
    member.key_is_escaped = r.is_escaped;
    skip_space(&r);
    if (!take(&r, ':') || !read_value(&r, 0, &value)) {
      break;
    }
    if (key_is(&member, name, name_len)) {
      found = value;
    }
    skip_space(&r);
    take(&r, ',');
    skip_space(&r);
  }
  return found;
}

void kling_scan_get_all(struct scan_value object, const char *const *names,
                        struct scan_value *values, size_t count) {
  size_t n;
  memset(values, 0, count * sizeof(*values));
  if (object.type == SCAN_OBJECT && object.index) {
    look_up(object, names, values, count);
  } else if (object.type == SCAN_OBJECT) {
    for (n = 0; n < count; n++) {
      values[n] = walk_to(object, names[n]);
    }
  }
}

struct scan_value kling_scan_get(struct scan_value object, const char *name) {
  struct scan_value value;
  kling_scan_get_all(object, &name, &value, 1);
  return value;
}

bool kling_scan_next(struct scan_value array, const char **cursor,
                     struct scan_value *element) {
  struct reader r;
  if (array.type != SCAN_ARRAY) {
    return false;
  }
  r = reader_of(*cursor ? *cursor : array.at + 1, array.at + array.len, NULL);
  skip_space(&r);
  take(&r, ',');
  skip_space(&r);
  if (r.at >= r.end || *r.at == ']' || !read_value(&r, 0, element)) {
    return false;
  }
  *cursor = r.at;
  return true;
}
