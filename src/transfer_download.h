/* transfer_download.h - what a download asks for, and what comes of it. Only
 * for transfer.c. */
#ifndef KLING_TRANSFER_DOWNLOAD_H
#define KLING_TRANSFER_DOWNLOAD_H

#include "transfer.h"

/* For libcurl to call. */
size_t kling_transfer_on_file(char *bytes, size_t size, size_t n, void *arg);
size_t kling_transfer_on_header(char *bytes, size_t size, size_t n, void *arg);

/* Ask for what the sink lacks. False: out of memory or no URL. */
bool kling_transfer_prepare_download(struct transfer *t,
                                     const struct http_request *r);
/* Take what libcurl has kept since the turn was over, and what comes. Not 0: a
 * CURLcode, and libcurl does not end the transfer for it. */
int kling_transfer_go_on(struct transfer *t);
/* Correct what libcurl says of how it ended. */
void kling_transfer_judge_download(struct transfer *t);

#endif
