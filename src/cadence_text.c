/* cadence_text.c - what a cadence has learned, as a line of text: "d1", how
 * many ends were seen, and of each bin the ends and the lives through it, in
 * hundredths. Integers, for a locale may write fractions with a comma. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cadence.h"

static const char MARK[] = "d1 ";

static const unsigned long MOST = 30000;          /* more than a bin can hold */
static const unsigned long MOST_ENDS = 999999999; /* enough to be known */

static unsigned long hundredths(float x) {
  return (unsigned long)(x * 100.0F + 0.5F);
}

size_t kling_cadence_write(const struct cadence *c,
                           char out[CADENCE_TEXT_SIZE]) {
  int used = CADENCE_BINS;
  int len, i;
  while (used > 0 && c->ends[used - 1] < 0.005F &&
         c->lived[used - 1] < 0.005F) {
    used--;
  }
  len = snprintf(out, CADENCE_TEXT_SIZE, "%s%lu", MARK, c->learned);
  for (i = 0; i < used; i++) {
    len += snprintf(out + len, CADENCE_TEXT_SIZE - (size_t)len, " %lu/%lu",
                    hundredths(c->ends[i]), hundredths(c->lived[i]));
  }
  return (size_t)len;
}

/* Digits only: strtoul alone takes signs and blanks. */
static bool read_number(const char **text, unsigned long most,
                        unsigned long *out) {
  char *end;
  if (**text < '0' || **text > '9') {
    return false;
  }
  *out = strtoul(*text, &end, 10);
  *text = end;
  return *out <= most;
}

static bool read_bin(const char **text, float *ends, float *lived) {
  unsigned long e, l;
  if (*(*text)++ != ' ' || !read_number(text, MOST, &e) || *(*text)++ != '/' ||
      !read_number(text, MOST, &l)) {
    return false;
  }
  *ends = (float)e / 100.0F;
  *lived = (float)l / 100.0F;
  return true;
}

bool kling_cadence_read(struct cadence *c, const char *text) {
  float ends[CADENCE_BINS] = {0};
  float lived[CADENCE_BINS] = {0};
  unsigned long learned;
  int i;
  if (strncmp(text, MARK, sizeof(MARK) - 1) != 0) {
    return false;
  }
  text += sizeof(MARK) - 1;
  if (!read_number(&text, MOST_ENDS, &learned)) {
    return false;
  }
  for (i = 0; *text; i++) {
    if (i == CADENCE_BINS || !read_bin(&text, &ends[i], &lived[i])) {
      return false;
    }
  }
  memcpy(c->ends, ends, sizeof(ends));
  memcpy(c->lived, lived, sizeof(lived));
  c->learned = learned;
  kling_cadence_plan(c);
  return true;
}
