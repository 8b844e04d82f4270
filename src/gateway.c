/* gateway.c - what has been learned of the gateway at base_url. */
#include "gateway.h"

#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "clock.h"

void kling_gateway_learn(struct gateway *g, enum gateway_way way,
                         enum gateway_fact fact) {
  if (g->ways[way] != fact) {
    g->ways[way] = (uint8_t)fact;
    g->changes++;
  }
}

bool kling_gateway_set_probe(struct gateway *g, const char *external_id,
                             double since) {
  size_t size = strlen(external_id) + 1;
  char path[API_PATH_SIZE];
  char *copy;
  if ((g->probe && since - g->probe_since < GATEWAY_YOUNG) ||
      kling_api_path(external_id, path) == 0) {
    return true;
  }
  copy = malloc(size);
  if (!copy) {
    return false;
  }
  memcpy(copy, external_id, size);
  free(g->probe);
  g->probe = copy;
  g->probe_since = since;
  g->changes++;
  return true;
}

bool kling_gateway_wants_probe(const struct gateway *g) {
  return g->ways[GATEWAY_QUERY] == GATEWAY_UNKNOWN && g->probe;
}

bool kling_gateway_knows_probe(const struct gateway *g) {
  return g->probe && kling_clock_now() - g->probe_since >= GATEWAY_GRACE;
}

bool kling_gateway_is_blind(const struct gateway *g) {
  return g->ways[GATEWAY_QUERY] == GATEWAY_FAILS &&
         g->ways[GATEWAY_LIST] == GATEWAY_FAILS;
}

void kling_gateway_free(struct gateway *g) {
  free(g->probe);
  g->probe = NULL;
}

const char *kling_gateway_fact_name(enum gateway_fact fact) {
  static const char *const names[] = {"unknown", "works", "fails"};
  return names[fact];
}
