/* scan.h - reads JSON in place, without a table and without an allocation.
 * Most replies change nothing; for those this is all the reading there is.
 * Not responsible for what a reply means (api.h) nor for Lua values (json.h).
 */
#ifndef KLING_SCAN_H
#define KLING_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* A value where it stands in the text; a string with its quotes. */
struct scan_value {
  const char *at;
  size_t len;
  enum scan_type type;
};

struct scan_name {
  const char *text;
  size_t len;
};

#define SCAN_NAME(text)                                                        \
  { text, sizeof(text) - 1 }

enum { SCAN_LENGTHS = 17 }; /* names found by length are shorter */

/* Members of these names, all different, are wanted of an object; of several
 * with one name the last, as cjson does. */
struct scan_asked {
  const struct scan_name *names;
  struct scan_value *values; /* type SCAN_NONE: there is none */
  size_t count;
  const struct scan_asked *inside; /* what is asked of the first of them */
  /* By length, 1 + the first name that has it, 0: none has; those of one length
   * are next to each other. Saves looking for it. May be NULL. */
  const uint8_t *by_length;
};

/* True when the whole text is one JSON value (behind it stands a NUL, or the
 * quote of a string that it is the inside of), which goes to `out`, and what is
 * asked of it (or NULL) is answered: on the way, in one reading. The other
 * functions take only values that come from here. */
bool kling_scan_document(const char *text, size_t len,
                         const struct scan_asked *asked,
                         struct scan_value *out);

/* One member of an object. Type SCAN_NONE when there is none or `object` is not
 * an object. */
struct scan_value kling_scan_get(struct scan_value object, const char *name);

/* Several members at once: the object is read once, and not for each. */
void kling_scan_get_all(struct scan_value object, const struct scan_name *names,
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
