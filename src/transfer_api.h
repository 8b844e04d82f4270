/* transfer_api.h - what differs between the requests to the service: looks,
 * creates, and empty ones that only make a connection. */
#ifndef KLING_TRANSFER_API_H
#define KLING_TRANSFER_API_H

#include "transfer.h"

/* Once, for a transfer that is no download. */
void kling_transfer_set_api(struct transfer *t);
bool kling_transfer_prepare_api(struct transfer *t,
                                const struct http_request *r);

#endif
