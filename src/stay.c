/* stay.c - keeps this library, and libcurl with it, in memory. */
#define _GNU_SOURCE /* dladdr */
#include "stay.h"

#include <dlfcn.h>

/* A Lua state that ends unloads us, and libcurl with us; but a thread that asks
 * a slow resolver is in libcurl's code, and nobody waits for it. So we stay:
 * the handle is never closed. */
void kling_stay_loaded(void) {
  static const char here = 0;
  Dl_info library;
  if (dladdr(&here, &library)) {
    dlopen(library.dli_fname, RTLD_LAZY);
  }
}
