/* A token bucket. */
#include "agent/bucket.h"

static void
fill(struct bucket *b, int rate, int64_t now_us)
{
	if (b->filled_us == 0)
		b->tokens = rate;
	else if (now_us > b->filled_us)
		b->tokens += (double)(now_us - b->filled_us) * rate / 60e6;
	if (b->tokens > rate)
		b->tokens = rate;
	b->filled_us = now_us;
}

bool
bucket_take(struct bucket *b, int rate, int64_t now_us)
{
	if (rate <= 0)
		return true;
	fill(b, rate, now_us);
	if (b->tokens < 1) {
		b->held++;
		return false;
	}
	b->tokens -= 1;
	return true;
}

uint32_t
bucket_take_held(struct bucket *b, int rate, int64_t now_us)
{
	uint32_t held = b->held;

	if (held == 0)
		return 0;
	if (rate > 0) {
		fill(b, rate, now_us);
		if (b->tokens < 1)
			return 0;
	}
	b->held = 0;
	return held;
}
