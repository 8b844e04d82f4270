/* sockets.h - what libcurl's sockets are watched for. libcurl forgets a
 * connection's socket when a request ends, and watches it anew a moment later
 * for the next one: three calls of the system, as much as the request itself.
 * So one that is to be read stays watched between requests, until something
 * comes that nobody waits for. Not responsible for what comes. */
#ifndef KLING_SOCKETS_H
#define KLING_SOCKETS_H

#include "poller.h"

struct sockets {
  struct poller *poller;
  struct socket_watch *watches; /* a descriptor is its index */
  int count;
};

/* Watch with this poller the sockets of this CURLM. False: libcurl refused. */
bool kling_sockets_open(struct sockets *s, struct poller *poller, void *multi);
/* Safe twice. Once libcurl has closed its sockets. */
void kling_sockets_close(struct sockets *s);
/* Learn when a connection that this CURL has made is closed. */
void kling_sockets_follow(struct sockets *s, void *easy);
/* Get to know one that it makes; others are watched too. */
void kling_sockets_add(struct sockets *s, int fd);

/* Does libcurl wait for this one? Else what it tells is not told again. */
bool kling_sockets_is_awaited(struct sockets *s, int fd);
void kling_sockets_forget(struct sockets *s, int fd);

#endif
