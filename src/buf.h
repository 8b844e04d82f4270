/* buf.h - growable bytes with a ceiling. Not responsible for what they mean. */
#ifndef KLING_BUF_H
#define KLING_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
  char *bytes; /* NUL-terminated when not NULL, for printing */
  size_t len;
  size_t cap;
  size_t ceiling; /* 0: none */
};

/* False, and nothing appended, when the ceiling or the memory is reached. */
bool kling_buf_append(struct buf *b, const void *bytes, size_t len);
/* Forget the content, keep the memory unless it is larger than `keep`. */
void kling_buf_reset(struct buf *b, size_t keep);
void kling_buf_free(struct buf *b);
/* Give the content away: the caller frees it. */
char *kling_buf_take(struct buf *b, size_t *len);

#endif
