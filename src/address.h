/* address.h - which network addresses a download may connect to. Judges the
 * address connected to and not the name, so that no answer of a name server
 * gets past it. */
#ifndef KLING_ADDRESS_H
#define KLING_ADDRESS_H

#include <stdbool.h>

struct sockaddr;

enum address_kind {
  ADDRESS_PUBLIC,
  ADDRESS_LOOPBACK,
  ADDRESS_PRIVATE /* or link-local, shared, multicast, reserved, unknown */
};

enum address_kind kling_address_kind(const struct sockaddr *address);

/* Is this host, as written in a URL, certainly this machine? "localhost",
 * 127.x.y.z, [::1]. */
bool kling_address_is_loopback_host(const char *host);

#endif
