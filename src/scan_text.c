/* scan_text.c - the characters of a string and the value of a number, out of
 * values that scan.c has found well formed. */
#include "scan.h"

#include <string.h>

#include "same.h"

enum { COMPARED = 512, INTEGER_DIGITS = 18 };

static unsigned long hex_value(char c) {
  if (c <= '9') {
    return (unsigned long)c - '0';
  }
  return ((unsigned long)c | 0x20) - 'a' + 10;
}

static unsigned long read_hex4(const char *at) {
  return hex_value(at[0]) << 12 | hex_value(at[1]) << 8 |
         hex_value(at[2]) << 4 | hex_value(at[3]);
}

static size_t encode_utf8(unsigned long code, char *out) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  if (code < 0x800) {
    out[0] = (char)(0xC0 | (code >> 6));
    out[1] = (char)(0x80 | (code & 0x3F));
    return 2;
  }
  if (code < 0x10000) {
    out[0] = (char)(0xE0 | (code >> 12));
    out[1] = (char)(0x80 | ((code >> 6) & 0x3F));
    out[2] = (char)(0x80 | (code & 0x3F));
    return 3;
  }
  out[0] = (char)(0xF0 | (code >> 18));
  out[1] = (char)(0x80 | ((code >> 12) & 0x3F));
  out[2] = (char)(0x80 | ((code >> 6) & 0x3F));
  out[3] = (char)(0x80 | (code & 0x3F));
  return 4;
}

/* The code point of \uXXXX at `*at` (which points behind the u), with its
 * second half when it is a surrogate pair; U+FFFD for half a pair. */
static unsigned long read_code_point(const char **at, const char *end) {
  unsigned long first = read_hex4(*at);
  unsigned long second;
  *at += 4;
  if (first < 0xD800 || first > 0xDFFF) {
    return first;
  }
  if (first < 0xDC00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
    second = read_hex4(*at + 2);
    if (second >= 0xDC00 && second <= 0xDFFF) {
      *at += 6;
      return 0x10000UL + ((first - 0xD800) << 10) + (second - 0xDC00);
    }
  }
  return 0xFFFD;
}

static char escape_meaning(char c) {
  static const char escapes[] = "bfnrt";
  static const char meanings[] = "\b\f\n\r\t";
  const char *found = strchr(escapes, c);
  if (found) {
    c = meanings[found - escapes];
  }
  return c;
}

/* One character of a string's inside, as UTF-8, into `out`; returns its
 * length and moves `*at` behind it. */
static size_t read_character(const char **at, const char *end, char out[4]) {
  size_t n = 1;
  if (**at != '\\') {
    out[0] = *(*at)++;
    while (n < 4 && *at < end && ((unsigned char)out[0] & 0xC0) == 0xC0 &&
           ((unsigned char)**at & 0xC0) == 0x80) {
      out[n++] = *(*at)++;
    }
    return n;
  }
  (*at)++;
  if (**at == 'u') {
    (*at)++;
    return encode_utf8(read_code_point(at, end), out);
  }
  out[0] = escape_meaning(*(*at)++);
  return 1;
}

static size_t copy_string(struct scan_value v, char *out, size_t size) {
  const char *at = v.at + 1;
  const char *end = v.at + v.len - 1;
  size_t len = (size_t)(end - at);
  if (len < size && !memchr(at, '\\', len)) {
    memcpy(out, at, len);
    out[len] = '\0';
    return len;
  }
  len = 0;
  while (at < end) {
    char character[4];
    size_t n = read_character(&at, end, character);
    if (len + n >= size) {
      break;
    }
    memcpy(out + len, character, n);
    len += n;
  }
  out[len] = '\0';
  return len;
}

size_t kling_scan_text(struct scan_value v, char *out, size_t size) {
  out[0] = '\0';
  if (v.type == SCAN_STRING) {
    return copy_string(v, out, size);
  }
  if (v.type == SCAN_NUMBER && v.len < size) {
    memcpy(out, v.at, v.len);
    out[v.len] = '\0';
    return v.len;
  }
  return 0;
}

bool kling_scan_has_text(struct scan_value v) {
  return (v.type == SCAN_STRING && v.len > 2) || v.type == SCAN_NUMBER;
}

static bool stands_as_is(struct scan_value v, const char *text, size_t len) {
  return v.type == SCAN_STRING && v.len == len + 2 &&
         kling_same(v.at + 1, text, len) && !memchr(text, '\\', len);
}

bool kling_scan_is(struct scan_value v, const char *text) {
  char found[COMPARED];
  size_t len = strlen(text);
  return len > 0 && (stands_as_is(v, text, len) ||
                     (kling_scan_text(v, found, sizeof(found)) == len &&
                      memcmp(found, text, len) == 0));
}

/* The whole part of a number; what fits into an integer is added up there. */
static const char *read_whole(const char *at, const char *end, double *value) {
  const char *most = end - at > INTEGER_DIGITS ? at + INTEGER_DIGITS : end;
  int64_t integer = 0;
  for (; at < most; at++) {
    unsigned digit = (unsigned)(unsigned char)*at - '0';
    if (digit > 9) {
      break;
    }
    integer = integer * 10 + digit;
  }
  *value = (double)integer;
  for (; at < end && *at >= '0' && *at <= '9'; at++) {
    *value = *value * 10.0 + (*at - '0');
  }
  return at;
}

/* By hand and not by strtod, which reads the decimal point of the locale. */
static double number_value(const char *at, const char *end) {
  bool negative = *at == '-';
  double value;
  double unit = 1.0;
  int exponent = 0;
  bool small = false;
  at += negative;
  at = read_whole(at, end, &value);
  if (at < end && *at == '.') {
    for (at++; at < end && *at >= '0' && *at <= '9'; at++) {
      unit /= 10.0;
      value += unit * (*at - '0');
    }
  }
  if (at < end) { /* the e of an exponent */
    at++;
    small = *at == '-';
    at += *at == '-' || *at == '+';
    for (; at < end && *at >= '0' && *at <= '9' && exponent < 400; at++) {
      exponent = exponent * 10 + (*at - '0');
    }
  }
  for (; exponent > 0; exponent--) {
    value = small ? value / 10.0 : value * 10.0;
  }
  return negative ? -value : value;
}

double kling_scan_number(struct scan_value v, double otherwise) {
  struct scan_value number;
  if (v.type == SCAN_STRING) {
    if (!kling_scan_document(v.at + 1, v.len - 2, NULL, &number)) {
      return otherwise;
    }
    v = number;
  }
  if (v.type != SCAN_NUMBER) {
    return otherwise;
  }
  return number_value(v.at, v.at + v.len);
}
