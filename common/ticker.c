/* A thread that does the same thing again and again. */
#include "common/ticker.h"

#include <glib.h>

#include "common/sync.h"

struct ticker {
	/* immutable */
	int64_t interval_us;
	void (*tick)(void *context);
	void *context;
	GThread *thread;

	/* guarded by lock */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping;
};

static bool
wait_for_next(struct ticker *t)
{
	int64_t until = g_get_monotonic_time() + t->interval_us;

	LOCK_SCOPE(&t->lock);
	while (!t->stopping)
		if (!sync_cond_wait_until(&t->wake, &t->lock, until))
			break;
	return !t->stopping;
}

static void *
ticker_run(void *data)
{
	struct ticker *t = data;

	while (wait_for_next(t))
		t->tick(t->context);
	return NULL;
}

struct ticker *
ticker_new(const char *name, int64_t interval_us, void (*tick)(void *), void *context)
{
	struct ticker *t = g_new0(struct ticker, 1);

	t->interval_us = interval_us;
	t->tick = tick;
	t->context = context;
	pthread_mutex_init(&t->lock, NULL);
	sync_cond_init(&t->wake);
	t->thread = g_thread_new(name, ticker_run, t);
	return t;
}

void
ticker_free(struct ticker *t)
{
	pthread_mutex_lock(&t->lock);
	t->stopping = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	g_thread_join(t->thread);
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	g_free(t);
}
