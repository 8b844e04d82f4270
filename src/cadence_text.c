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

void kling_cadence_tell(struct cadence *c) {
  int i;
  memcpy(c->told.ends, c->ends, sizeof(c->ends));
  memcpy(c->told.lived, c->lived, sizeof(c->lived));
  c->told.learned = c->learned;
  for (i = 0; i < CADENCE_BINS; i++) {
    c->kept[i] = 1.0F;
  }
}

static bool read_bins(const char *text, struct cadence_told *t) {
  int i;
  memset(t, 0, sizeof(*t));
  if (strncmp(text, MARK, sizeof(MARK) - 1) != 0) {
    return false;
  }
  text += sizeof(MARK) - 1;
  if (!read_number(&text, MOST_ENDS, &t->learned)) {
    return false;
  }
  for (i = 0; *text; i++) {
    if (i == CADENCE_BINS || !read_bin(&text, &t->ends[i], &t->lived[i])) {
      return false;
    }
  }
  return true;
}

/* What was rounded may come out below nothing. */
static float replace(float value, float kept, float told, float by) {
  float replaced = value + kept * (by - told);
  return replaced > 0.0F ? replaced : 0.0F;
}

bool kling_cadence_read(struct cadence *c, const char *text) {
  struct cadence_told t;
  int i;
  if (!read_bins(text, &t)) {
    return false;
  }
  for (i = 0; i < CADENCE_BINS; i++) {
    float kept = c->kept[i];
    c->ends[i] = replace(c->ends[i], kept, c->told.ends[i], t.ends[i]);
    c->lived[i] = replace(c->lived[i], kept, c->told.lived[i], t.lived[i]);
  }
  c->learned = t.learned + (c->learned - c->told.learned);
  c->told = t;
  kling_cadence_plan(c);
  return true;
}
