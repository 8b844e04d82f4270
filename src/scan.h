/* scan.h - reads JSON in place, without a table and without an allocation.
 * Most replies change nothing; for those this is all the reading there is.
 * Not responsible for what a reply means (api.h) nor for Lua values (json.h).
 *
 * The text is read once; where its values stand is kept in an index as long as
 * that has room, and looked for again in what it has no room for. */
#ifndef KLING_SCAN_H
#define KLING_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  SCAN_INDEX_SIZE = 96, /* values; a task's reply has about 20 to 40 */
  SCAN_NAMES_MAX = 16   /* that can be asked for at once */
};

enum scan_type {
  SCAN_NONE = 0, /* absent */
  SCAN_OBJECT,
  SCAN_ARRAY,
  SCAN_STRING,
  SCAN_NUMBER,
  SCAN_TRUE,
  SCAN_FALSE,
  SCAN_NULL
};

/* One value of a document, before those inside it. */
struct scan_entry {
  const char *at;
  const char *key; /* with its quotes; NULL: no member */
  size_t len;
  uint32_t key_len;
  uint8_t type;
  uint8_t next;        /* in the index: behind all that is inside this one */
  bool key_is_escaped; /* has a backslash */
};

struct scan_index {
  unsigned count;
  struct scan_entry entries[SCAN_INDEX_SIZE];
};

/* A value where it stands in the text; a string with its quotes. */
struct scan_value {
  const char *at;
  size_t len;
  enum scan_type type;
  uint8_t entry;                  /* in the index */
  const struct scan_index *index; /* NULL: not in it */
};

/* True when the whole text is one JSON value, which goes to `out`. The other
 * functions take only values that come from here. `index` may be NULL; else it
 * must live as long as the values. */
bool kling_scan_document(const char *text, size_t len, struct scan_index *index,
                         struct scan_value *out);

/* The member of an object; of several with that name the last, as cjson does.
 * Type SCAN_NONE when there is none or `object` is not an object. */
struct scan_value kling_scan_get(struct scan_value object, const char *name);

/* Several members, of different names, SCAN_NAMES_MAX at most, at once: the
 * object is walked once, and not for each. */
void kling_scan_get_all(struct scan_value object, const char *const *names,
                        struct scan_value *values, size_t count);

/* Walk an array: the element after `*cursor` (start with NULL); false at its
 * end, or when `array` is not an array. */
bool kling_scan_next(struct scan_value array, const char **cursor,
                     struct scan_value *element);

/* A string's characters, or a number's digits as they stand, into `out` with a
 * NUL; cut at `size`, never inside a UTF-8 character. Returns the length; 0
 * for other types. */
size_t kling_scan_text(struct scan_value v, char *out, size_t size);

/* Has it characters: a string that is not empty, or a number? */
bool kling_scan_has_text(struct scan_value v);

/* Are these its characters? Not for more than a few hundred. */
bool kling_scan_is(struct scan_value v, const char *text);

/* A number, or a string that holds one; `otherwise` for all else. */
double kling_scan_number(struct scan_value v, double otherwise);

#endif
