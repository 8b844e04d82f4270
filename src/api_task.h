/* api_task.h - what a reply says of one task; for api.c, which reads a whole
 * reply in one go. */
#ifndef KLING_API_TASK_H
#define KLING_API_TASK_H

#include "api.h"

/* What is read of a task, bare or wrapped; names of one length together. */
enum api_task_field {
  TASK_ID,
  TASK_STATUS,
  RESULT,
  EXTERNAL_ID,
  CREATED_AT,
  UPDATED_AT,
  INFO,
  STATUS,
  STATUS_MESSAGE,
  EXTERNAL_TASK_ID,
  TASK_FIELDS
};

/* To be asked for (scan.h). */
extern const struct scan_name kling_api_task_names[TASK_FIELDS];
extern const uint8_t kling_api_task_lengths[SCAN_LENGTHS];

/* From what came of it. `object` is the one they are members of. */
void kling_api_task_read(struct scan_value object,
                         const struct scan_value *fields, struct api_task *out);

#endif
