/*
 * A token bucket: so many notifications of one type a minute, in one burst at most; what
 * is held back is counted.  Pure.
 */
#ifndef VCL_AGENT_BUCKET_H
#define VCL_AGENT_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	double tokens;
	int64_t filled_us; /* monotonic; 0: never used, so full */
	uint32_t held;     /* since bucket_take_held */
};

/* May one be sent now?  `rate` a minute, 0: always. */
bool bucket_take(struct bucket *, int rate, int64_t now_us);

/* How many were held back, once there is room again; 0: none, or no room yet. */
uint32_t bucket_take_held(struct bucket *, int rate, int64_t now_us);

#endif
