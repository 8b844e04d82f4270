/* stay.h - keeps this library, and libcurl with it, in memory. */
#ifndef KLING_STAY_H
#define KLING_STAY_H

void kling_stay_loaded(void);

#endif
