/* api_task.c - what a reply says of one task. */
#include "api_task.h"

#include <string.h>

#include "same.h"

/* --- the service's words --- */

static struct scan_value either(struct scan_value a, struct scan_value b) {
  return kling_scan_has_text(a) ? a : b;
}

struct word {
  struct scan_name name;
  enum api_state state;
};

static bool is_word(struct scan_value v, struct scan_name name) {
  return v.type == SCAN_STRING && v.len == name.len + 2 &&
         kling_same(v.at + 1, name.text, name.len);
}

static void read_status(struct scan_value status, const struct word *words,
                        struct api_task *out) {
  while (words->name.text && !is_word(status, words->name)) {
    words++;
  }
  out->status = status;
  out->word = words->name.text;
  out->state = words->state;
}

/* data.task_status. Source: K-docs; "succeeded": its newer generation. */
static const struct word task_words[] = {
    {SCAN_NAME("submitted"),  API_SUBMITTED },
    {SCAN_NAME("processing"), API_PROCESSING},
    {SCAN_NAME("succeed"),    API_SUCCEEDED },
    {SCAN_NAME("succeeded"),  API_SUCCEEDED },
    {SCAN_NAME("failed"),     API_FAILED    },
    {{NULL, 0},               API_UNKNOWN   },
};

/* data.status, of a gateway around the task (source: N-api dto/task.go) or of
 * Kling's newer generation (source: K-docs). */
static const struct word wrapper_words[] = {
    {SCAN_NAME("NOT_START"),   API_SUBMITTED },
    {SCAN_NAME("SUBMITTED"),   API_SUBMITTED },
    {SCAN_NAME("QUEUED"),      API_SUBMITTED },
    {SCAN_NAME("IN_PROGRESS"), API_PROCESSING},
    {SCAN_NAME("SUCCESS"),     API_SUCCEEDED },
    {SCAN_NAME("FAILURE"),     API_FAILED    },
    {SCAN_NAME("submitted"),   API_SUBMITTED },
    {SCAN_NAME("processing"),  API_PROCESSING},
    {SCAN_NAME("succeed"),     API_SUCCEEDED },
    {SCAN_NAME("succeeded"),   API_SUCCEEDED },
    {SCAN_NAME("failed"),      API_FAILED    },
    {{NULL, 0},                API_UNKNOWN   },
};

/* --- its members --- */

const struct scan_name kling_api_task_names[TASK_FIELDS] = {
    [TASK_ID] = SCAN_NAME("task_id"),
    [TASK_STATUS] = SCAN_NAME("task_status"),
    [RESULT] = SCAN_NAME("task_result"),
    [EXTERNAL_ID] = SCAN_NAME("external_id"),
    [CREATED_AT] = SCAN_NAME("created_at"),
    [UPDATED_AT] = SCAN_NAME("updated_at"),
    [INFO] = SCAN_NAME("task_info"),
    [STATUS] = SCAN_NAME("status"),
    [STATUS_MESSAGE] = SCAN_NAME("task_status_msg"),
    [EXTERNAL_TASK_ID] = SCAN_NAME("external_task_id"),
};

const uint8_t kling_api_task_lengths[SCAN_LENGTHS] = {
    [6] = STATUS + 1,
    [7] = TASK_ID + 1,
    [9] = INFO + 1,
    [10] = CREATED_AT + 1,
    [11] = TASK_STATUS + 1,
    [15] = STATUS_MESSAGE + 1,
    [16] = EXTERNAL_TASK_ID + 1,
};

/* Kling counts milliseconds, gateways count seconds. */
static double read_time(struct scan_value v) {
  double t = kling_scan_number(v, -1.0);
  if (t <= 0.0 || t > 1e15) { /* no time at all, or none a clock says */
    return -1.0;
  }
  return t > 1e11 ? t / 1000.0 : t;
}

static struct scan_value either_time(struct scan_value a, struct scan_value b) {
  return read_time(a) >= 0.0 ? a : b;
}

static struct scan_value external_id_of(const struct scan_value *fields) {
  struct scan_value id = kling_scan_get(fields[INFO], "external_task_id");
  if (!kling_scan_has_text(id)) {
    id = either(fields[EXTERNAL_TASK_ID], fields[EXTERNAL_ID]);
  }
  return id;
}

static void read_bare(const struct scan_value *fields, struct api_task *out) {
  out->status_message = fields[STATUS_MESSAGE];
  out->result = fields[RESULT];
  out->external_task_id = external_id_of(fields);
  out->created_at = fields[CREATED_AT];
  out->updated_at = read_time(fields[UPDATED_AT]);
}

/* What a gateway wraps is the task, or the whole reply with the task in it. */
static struct scan_value unwrap(struct scan_value wrapper) {
  struct scan_value inner = kling_scan_get(wrapper, "data");
  struct scan_value deeper = kling_scan_get(inner, "data");
  return deeper.type == SCAN_OBJECT ? deeper : inner;
}

static void read_wrapped(struct scan_value data,
                         const struct scan_value *fields,
                         struct api_task *out) {
  struct scan_value inner[TASK_FIELDS];
  struct scan_value created = fields[CREATED_AT];
  struct scan_value updated = fields[UPDATED_AT];
  kling_scan_get_all(unwrap(data), kling_api_task_names, inner, TASK_FIELDS);
  read_bare(inner, out);
  out->task_id = either(out->task_id, inner[TASK_ID]);
  out->task_id = either(out->task_id, kling_scan_get(data, "id"));
  out->external_task_id = either(out->external_task_id, external_id_of(fields));
  out->status_message =
      either(kling_scan_get(data, "fail_reason"), out->status_message);
  out->status_message =
      either(out->status_message, kling_scan_get(data, "message"));
  if (out->result.type == SCAN_NONE) {
    out->result = kling_scan_get(data, "outputs");
  }
  created = either_time(kling_scan_get(data, "create_time"), created);
  updated = either_time(kling_scan_get(data, "update_time"), updated);
  created = either_time(kling_scan_get(data, "submit_time"), created);
  updated = either_time(kling_scan_get(data, "finish_time"), updated);
  out->created_at = either_time(out->created_at, created);
  out->updated_at = read_time(either_time(inner[UPDATED_AT], updated));
}

void kling_api_task_read(struct scan_value object,
                         const struct scan_value *fields,
                         struct api_task *out) {
  out->task_id = fields[TASK_ID];
  if (fields[TASK_STATUS].type == SCAN_STRING ||
      fields[STATUS].type != SCAN_STRING) {
    read_status(fields[TASK_STATUS], task_words, out);
    read_bare(fields, out);
  } else {
    read_status(fields[STATUS], wrapper_words, out);
    read_wrapped(object, fields, out);
  }
}

void kling_api_read_task(struct scan_value object, struct api_task *out) {
  struct scan_value fields[TASK_FIELDS];
  kling_scan_get_all(object, kling_api_task_names, fields, TASK_FIELDS);
  kling_api_task_read(object, fields, out);
}

double kling_api_created_at(const struct api_task *task) {
  return read_time(task->created_at);
}

bool kling_api_has_result(const struct api_task *task) {
  const char *cursor = NULL;
  struct scan_value first;
  if (task->result.type == SCAN_ARRAY) {
    return kling_scan_next(task->result, &cursor, &first);
  }
  if (kling_scan_next(kling_scan_get(task->result, "audios"), &cursor,
                      &first)) {
    return true;
  }
  cursor = NULL;
  return kling_scan_next(kling_scan_get(task->result, "videos"), &cursor,
                         &first);
}
