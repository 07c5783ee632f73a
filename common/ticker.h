/* A thread that does the same thing again and again. */
#ifndef VCL_COMMON_TICKER_H
#define VCL_COMMON_TICKER_H

#include <stdint.h>

struct ticker;

/* Calls `tick` every so many microseconds, the first time after that. */
struct ticker *ticker_new(const char *name, int64_t interval_us, void (*tick)(void *context),
    void *context);

/* Waits for the call that goes on. */
void ticker_free(struct ticker *);

#endif
