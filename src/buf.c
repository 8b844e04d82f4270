/* buf.c - growable bytes with a ceiling. */
#include "buf.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 1024 };

static bool grow(struct buf *b, size_t need) {
  size_t cap = b->cap ? b->cap : FIRST_CAP;
  char *bytes;
  while (cap < need) {
    cap *= 2;
  }
  bytes = realloc(b->bytes, cap);
  if (!bytes) {
    return false;
  }
  b->bytes = bytes;
  b->cap = cap;
  return true;
}

bool kling_buf_append(struct buf *b, const void *bytes, size_t len) {
  if (b->ceiling && (len > b->ceiling || b->len > b->ceiling - len)) {
    return false;
  }
  if (b->len + len + 1 > b->cap && !grow(b, b->len + len + 1)) {
    return false;
  }
  memcpy(b->bytes + b->len, bytes, len);
  b->len += len;
  b->bytes[b->len] = '\0';
  return true;
}

void kling_buf_reset(struct buf *b, size_t keep) {
  if (b->cap > keep) {
    free(b->bytes);
    b->bytes = NULL;
    b->cap = 0;
  }
  b->len = 0;
  if (b->bytes) {
    b->bytes[0] = '\0'; /* as behind what is appended */
  }
}

void kling_buf_free(struct buf *b) {
  kling_buf_reset(b, 0);
}

char *kling_buf_take(struct buf *b, size_t *len) {
  char *bytes = b->bytes;
  *len = b->len;
  b->bytes = NULL;
  b->len = 0;
  b->cap = 0;
  return bytes;
}
