/* A few threads that do what is put into their queue. */
#include "web/crew.h"

#include "common/sync.h"

struct crew {
	/* immutable after init */
	crew_work *work;
	unsigned most;

	/* the owner's */
	unsigned threads;
	GThread **thread;

	/* guarded by lock */
	pthread_mutex_t lock;
	pthread_cond_t wanted;
	GQueue tasks;
	bool ending;
};

/* NULL: it is over. */
static void *
take_task(struct crew *c)
{
	LOCK_SCOPE(&c->lock);
	while (c->tasks.length == 0 && !c->ending)
		pthread_cond_wait(&c->wanted, &c->lock);
	return g_queue_pop_head(&c->tasks);
}

static gpointer
crew_main(gpointer data)
{
	struct crew *c = data;
	void *task;

	while ((task = take_task(c)) != NULL)
		c->work(task);
	return NULL;
}

struct crew *
crew_new(const char *name, unsigned threads, unsigned most, crew_work *work)
{
	struct crew *c = g_new0(struct crew, 1);

	c->work = work;
	c->most = most;
	c->threads = threads;
	c->thread = g_new0(GThread *, threads);
	pthread_mutex_init(&c->lock, NULL);
	sync_cond_init(&c->wanted);
	g_queue_init(&c->tasks);
	for (unsigned i = 0; i < threads; i++)
		c->thread[i] = g_thread_new(name, crew_main, c);
	return c;
}

void
crew_stop(struct crew *c)
{
	pthread_mutex_lock(&c->lock);
	c->ending = true;
	pthread_cond_broadcast(&c->wanted);
	pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->threads; i++)
		g_thread_join(c->thread[i]);
	c->threads = 0;
}

void
crew_free(struct crew *c)
{
	crew_stop(c);
	pthread_cond_destroy(&c->wanted);
	pthread_mutex_destroy(&c->lock);
	g_free(c->thread);
	g_free(c);
}

bool
crew_put(struct crew *c, void *task)
{
	LOCK_SCOPE(&c->lock);
	if (c->ending || c->tasks.length >= c->most)
		return false;
	g_queue_push_tail(&c->tasks, task);
	pthread_cond_signal(&c->wanted);
	return true;
}
