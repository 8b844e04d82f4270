/* api_list.c - one task of a list, as a query would have shown it. */
#include <stdlib.h>
#include <string.h>

#include "api.h"

/* Bytes of a list around its tasks: they are kept with each. */
enum { ENVELOPE = 4096 };

char *kling_api_alone(const struct api_reply *list, struct scan_value item) {
  const char *start = list->document.at;
  const char *after = list->items.at + list->items.len;
  size_t before_len = (size_t)(list->items.at - start);
  size_t after_len = (size_t)(start + list->document.len - after);
  char *text = before_len + after_len <= ENVELOPE
                   ? malloc(before_len + item.len + after_len + 1)
                   : NULL;
  if (text) {
    memcpy(text, start, before_len);
    memcpy(text + before_len, item.at, item.len);
    memcpy(text + before_len + item.len, after, after_len);
    text[before_len + item.len + after_len] = '\0';
  }
  return text;
}
