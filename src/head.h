/* head.h - what the headers of a download's reply say of the file. Reads
 * untrusted bytes, a line at a time; what makes no sense was not said. */
#ifndef KLING_HEAD_H
#define KLING_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HEAD_ETAG_SIZE = 256, HEAD_DATE_SIZE = 48 };

struct head {
  char etag[HEAD_ETAG_SIZE]; /* a strong one, with its quotes; or "" */
  char modified[HEAD_DATE_SIZE];
  char date[HEAD_DATE_SIZE];
  int64_t first; /* Content-Range; -1: not said */
  int64_t last;
  int64_t total;
  bool is_chunked;
  bool is_encoded;
};

void kling_head_start(struct head *h);
/* A line, with its end or without. A status line starts anew: redirects have
 * headers too. */
void kling_head_read(struct head *h, const char *line, size_t len);

#endif
