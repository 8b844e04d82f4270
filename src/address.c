/* address.c - which network addresses a download may connect to. */
#define _POSIX_C_SOURCE 200809L
#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

struct network {
  uint32_t prefix;
  unsigned bits;
};

/* Source: the IANA special-purpose address registries (RFC 6890). */
static const struct network reserved[] = {
    {0x00000000, 8 }, /* this network */
    {0x0A000000, 8 }, /* private */
    {0x64400000, 10}, /* shared, carrier-grade NAT */
    {0xA9FE0000, 16}, /* link-local, cloud metadata */
    {0xAC100000, 12}, /* private */
    {0xC0000000, 24}, /* protocol assignments */
    {0xC0A80000, 16}, /* private */
    {0xC6120000, 15}, /* benchmarking */
    {0xE0000000, 3 }, /* multicast, reserved, broadcast */
};

static enum address_kind kind_of_v4(uint32_t ip) {
  size_t i;
  if (ip >> 24 == 127) {
    return ADDRESS_LOOPBACK;
  }
  for (i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
    unsigned host_bits = 32 - reserved[i].bits;
    if (ip >> host_bits == reserved[i].prefix >> host_bits) {
      return ADDRESS_PRIVATE;
    }
  }
  return ADDRESS_PUBLIC;
}

static uint32_t v4_at(const unsigned char *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
         (uint32_t)bytes[2] << 8 | bytes[3];
}

static enum address_kind kind_of_v6(const unsigned char *bytes) {
  static const unsigned char loopback[16] = {0, 0, 0, 0, 0, 0, 0, 0,
                                             0, 0, 0, 0, 0, 0, 0, 1};
  static const unsigned char mapped[12] = {0, 0, 0, 0, 0,    0,
                                           0, 0, 0, 0, 0xFF, 0xFF};
  static const unsigned char nat64[12] = {0, 0x64, 0xFF, 0x9B, 0, 0,
                                          0, 0,    0,    0,    0, 0};
  if (memcmp(bytes, loopback, 16) == 0) {
    return ADDRESS_LOOPBACK;
  }
  if (memcmp(bytes, mapped, 12) == 0 || memcmp(bytes, nat64, 12) == 0) {
    return kind_of_v4(v4_at(bytes + 12));
  }
  if (bytes[0] == 0x20 && bytes[1] == 0x02) { /* 6to4 carries a v4 address */
    return kind_of_v4(v4_at(bytes + 2));
  }
  /* all public unicast addresses begin with 001 */
  return bytes[0] >> 5 == 1 ? ADDRESS_PUBLIC : ADDRESS_PRIVATE;
}

enum address_kind kling_address_kind(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    struct sockaddr_in v4;
    memcpy(&v4, address, sizeof(v4));
    return kind_of_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    struct sockaddr_in6 v6;
    memcpy(&v6, address, sizeof(v6));
    return kind_of_v6(v6.sin6_addr.s6_addr);
  }
  return ADDRESS_PRIVATE;
}

bool kling_address_is_loopback_host(const char *host) {
  struct in_addr v4;
  if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
      strcmp(host, "::1") == 0) {
    return true;
  }
  return inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}
