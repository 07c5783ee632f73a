/* Locks and reference counts: the parts that are not inline. */
#include "common/sync.h"

#include <time.h>

void
sync_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

bool
sync_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline)
{
	struct timespec when = {
		.tv_sec = deadline / 1000000,
		.tv_nsec = (deadline % 1000000) * 1000,
	};

	if (deadline == INT64_MAX)
		return pthread_cond_wait(cond, lock) == 0;
	return pthread_cond_timedwait(cond, lock, &when) == 0;
}
