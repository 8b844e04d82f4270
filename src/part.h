/* part.h - what is known of a NAME.part: whose it is, which version of a file
 * at the server it is the beginning of, and, once it is whole, its digest. Kept
 * in NAME.part.info, a few lines of text, so that another process can go on. */
#ifndef KLING_PART_H
#define KLING_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "head.h"
#include "sha256.h"

enum { PART_SOURCE_SIZE = 256 };

struct part {
  char source[PART_SOURCE_SIZE];  /* what it is a download of */
  char validator[HEAD_ETAG_SIZE]; /* for If-Range; "": none */
  int64_t total;                  /* bytes of the whole; -1: not known */
  char digest[SHA256_HEX];        /* of the whole; "": not whole yet */
};

/* False: see errno. It need not reach the disk: see kling_part_read. */
bool kling_part_write(const char *path, const struct part *p);
/* False: there is none, or none that can be trusted: cut short, or written
 * before this machine last started, so that the bytes it speaks of may never
 * have reached the disk. A whole one is trusted: its digest tells. */
bool kling_part_read(const char *path, struct part *p);

#endif
