/* scan_fuzz.c - scan.c on arbitrary bytes: never reads outside them, and every
 * value in a text it accepts is a text it accepts. */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../src/scan.h"

/* Cut at any size, it is the beginning of what it is uncut. */
static void check_text(struct scan_value v) {
  size_t room = v.len + 1; /* no character is longer than its escape */
  char *whole = malloc(room);
  size_t len;
  size_t size;
  assert(whole != NULL);
  len = kling_scan_text(v, whole, room);
  assert(len < room && whole[len] == '\0');
  for (size = 1; size <= len + 1 && size < 40; size++) {
    char cut[40];
    size_t cut_len = kling_scan_text(v, cut, size);
    assert(cut_len < size && cut[cut_len] == '\0');
    assert(memcmp(whole, cut, cut_len) == 0);
  }
  free(whole);
}

static void check_value(struct scan_value v, const char *text, size_t len);

static void check_same(struct scan_value a, struct scan_value b) {
  assert(a.at == b.at && a.len == b.len && a.type == b.type);
}

static void check_members(struct scan_value v) {
  enum { NAMES = 5 };
  static const struct scan_name names[NAMES] = {
      SCAN_NAME("code"), SCAN_NAME("data"), SCAN_NAME("task_id"),
      SCAN_NAME("a"), SCAN_NAME("")};
  struct scan_value all[NAMES];
  size_t i;
  kling_scan_get_all(v, names, all, NAMES);
  for (i = 0; i < NAMES; i++) {
    struct scan_value member = kling_scan_get(v, names[i].text);
    check_same(all[i], member);
    if (member.type != SCAN_NONE) {
      check_value(member, v.at, v.len);
    }
  }
}

static void check_elements(struct scan_value v) {
  const char *cursor = NULL;
  struct scan_value element;
  while (kling_scan_next(v, &cursor, &element)) {
    check_value(element, v.at, v.len);
  }
}

static void check_value(struct scan_value v, const char *text, size_t len) {
  struct scan_value again;
  assert(v.at >= text && v.len > 0 && v.len <= len - (size_t)(v.at - text));
  assert(kling_scan_document(v.at, v.len, NULL, &again));
  assert(again.at == v.at && again.len == v.len && again.type == v.type);
  check_text(v);
  kling_scan_number(v, -1.0);
  check_members(v);
  check_elements(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1); /* one more character may be looked at */
  static const struct scan_name data_name = SCAN_NAME("data");
  static const struct scan_name id_name = SCAN_NAME("task_id");
  struct scan_value found[2];
  struct scan_asked of_data = {&id_name, &found[1], 1, NULL, NULL};
  struct scan_asked asked = {&data_name, &found[0], 1, &of_data, NULL};
  struct scan_value v;
  assert(text != NULL);
  memcpy(text, data, size);
  text[size] = '\0';
  if (kling_scan_document(text, size, &asked, &v)) {
    check_value(v, text, size);
    check_same(found[0], kling_scan_get(v, "data"));
    check_same(found[1], kling_scan_get(found[0], "task_id"));
  } else {
    assert(v.type == SCAN_NONE);
  }
  free(text);
  return 0;
}
