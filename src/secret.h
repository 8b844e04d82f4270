/* secret.h - blots a secret out of a text that came from outside. */
#ifndef KLING_SECRET_H
#define KLING_SECRET_H

#include <stdbool.h>

/* Also where JSON's escapes disguise it, and where the text was cut off in its
 * midst. JSON stays JSON. True when it was there. */
bool kling_secret_blot(char *text, const char *secret);

#endif
