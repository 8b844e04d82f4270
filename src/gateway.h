/* gateway.h - what has been learned of the gateway at base_url: which of its
 * ways to find a task whose id nobody told us, or to look at many tasks at
 * once, lead anywhere. No document says (docs/contract.md, section 10), so it
 * is found out, and can be remembered. */
#ifndef KLING_GATEWAY_H
#define KLING_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>

enum {
  GATEWAY_GRACE = 30,   /* seconds a new task may not be found */
  GATEWAY_YOUNG = 86400 /* after which a probe gives way to a younger one: the
                         * service forgets tasks (source: K-docs) */
};

enum gateway_way {
  GATEWAY_QUERY,   /* a query by external id */
  GATEWAY_LIST,    /* a list that shows external ids */
  GATEWAY_ROUNDUP, /* a list that shows tasks as queries by their ids do */
  GATEWAY_WAYS
};

enum gateway_fact { GATEWAY_UNKNOWN, GATEWAY_WORKS, GATEWAY_FAILS };

struct gateway {
  uint8_t ways[GATEWAY_WAYS];
  char *probe;        /* external id of a task that exists, or NULL */
  double probe_since; /* clock: since when that is known */
  unsigned changes;   /* ever */
};

void kling_gateway_learn(struct gateway *g, enum gateway_way way,
                         enum gateway_fact fact);
/* Remember a task to try queries by external id with, if that has a path; one
 * stays for a day. False when out of memory. */
bool kling_gateway_set_probe(struct gateway *g, const char *external_id,
                             double since);
/* Is there something to try, and is it worth trying? */
bool kling_gateway_wants_probe(const struct gateway *g);
/* Is the probe old enough that whoever does not find it never will? */
bool kling_gateway_knows_probe(const struct gateway *g);
/* Nothing it offers finds a task by external id. */
bool kling_gateway_is_blind(const struct gateway *g);
void kling_gateway_free(struct gateway *g);

const char *kling_gateway_fact_name(enum gateway_fact fact);

#endif
