/* api_path.c - where the service keeps what. */
#include <string.h>

#include "api.h"

static const char ENDPOINT[] = "/kling/v1/audio/video-to-audio";

static bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
         (c >= 'a' && c <= 'z') || (c && strchr("-._~", c));
}

/* Returns its end. The service's own ids are digits alone: those are copied as
 * they stand. */
static char *encode_segment(const char *text, char *out) {
  static const char digits[] = "0123456789ABCDEF";
  size_t plain = strspn(text, "0123456789");
  memcpy(out, text, plain);
  out += plain;
  for (text += plain; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (is_unreserved(*text)) {
      *out++ = *text;
    } else {
      *out++ = '%';
      *out++ = digits[c >> 4];
      *out++ = digits[c & 15];
    }
  }
  *out = '\0';
  return out;
}

size_t kling_api_path(const char *id, char out[API_PATH_SIZE]) {
  memcpy(out, ENDPOINT, sizeof(ENDPOINT));
  if (!id) {
    return sizeof(ENDPOINT) - 1;
  }
  /* only dots would be taken for a folder */
  if (!*id || (*id == '.' && id[strspn(id, ".")] == '\0') ||
      strlen(id) > API_ID_MAX) {
    return 0;
  }
  out[sizeof(ENDPOINT) - 1] = '/';
  return (size_t)(encode_segment(id, out + sizeof(ENDPOINT)) - out);
}
