/* retry.h - when to try again: pure arithmetic. Not responsible for whether. */
#ifndef KLING_RETRY_H
#define KLING_RETRY_H

enum {
  KLING_RETRY_AFTER_MAX = 60 /* seconds; a server may ask for more in vain */
};

/* Seconds until the next try. `failures` >= 1 is how many there were in a row,
 * `retry_after` what the server asked for (negative: nothing), `u` a random
 * number in [0, 1). Full jitter: uniform below a bound that doubles from 1 s to
 * 30 s, so that many clients do not come back together. */
double kling_retry_delay(unsigned failures, double retry_after, double u);

#endif
