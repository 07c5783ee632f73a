/*
 * Locks and reference counts.
 *
 * POSIX mutexes and C11 atomics rather than GLib's: ThreadSanitizer sees them, whereas
 * GMutex synchronises inside a library that is not instrumented and would be reported.
 */
#ifndef VCL_COMMON_SYNC_H
#define VCL_COMMON_SYNC_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

static inline void
sync_unlock(pthread_mutex_t **lock)
{
	pthread_mutex_unlock(*lock);
}

#define SYNC_JOIN2(a, b) a##b
#define SYNC_JOIN(a, b)	 SYNC_JOIN2(a, b)

/* Holds the lock until the end of the enclosing block. */
#define LOCK_SCOPE(m)                                                                  \
	__attribute__((cleanup(sync_unlock), unused)) pthread_mutex_t *SYNC_JOIN(      \
	    lock_scope_, __LINE__) = (pthread_mutex_lock(m), (m))

/* A condition that waits on CLOCK_MONOTONIC, so that a clock step disturbs no wait. */
void sync_cond_init(pthread_cond_t *cond);

/*
 * Waits until signalled or until the monotonic time `deadline` (microseconds, as from
 * g_get_monotonic_time(); INT64_MAX: for ever).  False: the deadline has passed.
 * Wakes up spuriously: loop on your own condition.
 */
bool sync_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline);

/* Reference counts: start at 1; ref_drop() is true for the one who must free. */
typedef atomic_uint refcount;

static inline void
ref_take(refcount *count)
{
	atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

static inline bool
ref_drop(refcount *count)
{
	return atomic_fetch_sub_explicit(count, 1, memory_order_acq_rel) == 1;
}

#endif
