/* download.h - a download's life: what is there already, what each reply means
 * for it, and when to ask again. */
#ifndef KLING_DOWNLOAD_H
#define KLING_DOWNLOAD_H

#include "engine.h"

/* Before a request: is one to be made now? */
bool kling_download_prepare(struct engine *e, struct job *job);
void kling_download_finish(struct engine *e, struct job *job,
                           struct transfer *t);

#endif
