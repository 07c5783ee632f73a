/* A feed: the thread that runs a command, reads its lines, and runs it again. */
#include "collectors/feed.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/log.h"
#include "common/spawned.h"
#include "common/sync.h"

#define RETRY_MOST_S 60
#define STEADY_US    SECONDS(60)         /* a command that runs that long is well */
#define SECONDS(n)   ((int64_t)(n) * G_USEC_PER_SEC)

struct feed {
	refcount refs; /* one is feed_start's, one the thread's */

	/* immutable */
	const struct feed_kind *kind;
	char *node, **argv;
	int interval;
	void *ctx;
	GDestroyNotify release;
	GThread *thread;
	int wake; /* an eventfd: can be read once it is to end */

	/* guarded by lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stopped, ended;

	/* only the thread */
	char *reason;      /* the last trouble that was logged, NULL: none lately */
	bool praised;      /* it was logged that lines come */
	unsigned failures; /* in a row */
	int64_t started_us, taken_us; /* its command; its last line */
	int64_t silent_at; /* when silence is too long */
};

static void
unref(struct feed *p)
{
	if (!ref_drop(&p->refs))
		return;
	p->release(p->ctx);
	close(p->wake);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	g_free(p->node);
	g_strfreev(p->argv);
	g_free(p->reason);
	g_free(p);
}

/* --- the thread */

static bool
is_wanted(struct feed *p)
{
	LOCK_SCOPE(&p->lock);
	return !p->stopped;
}

/* Once for each new reason. */
static void
complain(struct feed *p, const char *reason)
{
	if (g_strcmp0(p->reason, reason) == 0)
		return;
	log_warn(p->kind->name, "%s: %s", p->node, reason);
	g_free(p->reason);
	p->reason = g_strdup(reason);
	p->praised = false;
}

static void
praise(struct feed *p)
{
	if (!p->praised)
		log_info(p->kind->name, "%s: it answers", p->node);
	p->praised = true;
	if (p->taken_us - p->started_us < STEADY_US)
		return;
	g_clear_pointer(&p->reason, g_free);
	p->failures = 0;
}

static void
expect(struct feed *p, int interval)
{
	p->silent_at = g_get_monotonic_time() + SECONDS(FEED_SILENCE(interval));
}

static bool
take_line(struct feed *p, const char *line, size_t length, GError **error)
{
	int64_t now = g_get_monotonic_time();
	int interval = p->interval;

	if (p->taken_us > p->started_us && now - p->taken_us < p->kind->close_us)
		return true;
	if (!p->kind->take(p->ctx, p, line, length, &interval, error))
		return false;
	p->taken_us = now;
	praise(p);
	expect(p, interval);
	return true;
}

/* All whole lines.  False: one of them is wrong. */
static bool
take_lines(struct feed *p, struct spawned *child, GError **error)
{
	size_t length;

	for (;;) {
		g_autofree char *line = spawned_line(child, &length);
		if (line == NULL)
			break;
		if (!take_line(p, line, length, error))
			return false;
	}
	/* the same check as of a whole line, before it has eaten the memory */
	return child->lines->len <= p->kind->line_most ||
	    take_line(p, child->lines->str, child->lines->len, error);
}

/* Until it ends or must be ended; why, or NULL if that is how it ended by itself. */
static char *
listen_to(struct feed *p, struct spawned *child)
{
	while (is_wanted(p)) {
		g_autoptr(GError) error = NULL;
		int64_t left = p->silent_at - g_get_monotonic_time();
		if (left <= 0)
			return g_strdup_printf("no line in time%s%s",
			    child->said[0] == '\0' ? "" : ": ", child->said);
		if (!spawned_read(child, p->wake, (int)(left / 1000 + 1)))
			return NULL;
		if (!take_lines(p, child, &error))
			return g_strdup(error->message);
	}
	return NULL;
}

static void
give_up(struct feed *p, const char *reason)
{
	complain(p, reason);
	if (p->kind->lost != NULL)
		p->kind->lost(p->ctx, p, reason);
}

static void
run(struct feed *p)
{
	g_autoptr(GError) error = NULL;
	struct spawned child;

	p->failures++;
	if (!spawned_start(&child, p->argv, NULL, &error)) {
		give_up(p, error->message);
		return;
	}
	p->started_us = g_get_monotonic_time();
	expect(p, MAX(p->interval, 10));
	g_autofree char *why = listen_to(p, &child);
	g_autofree char *how = spawned_end(&child, 0, NULL);
	if (is_wanted(p))
		give_up(p, why != NULL ? why : how);
	p->failures = MAX(p->failures, 1);
}

/* 1, 2, 4, ... seconds. */
static void
wait_to_retry(struct feed *p)
{
	int seconds = MIN(1 << MIN(p->failures - 1, 6), RETRY_MOST_S);
	int64_t until = g_get_monotonic_time() + SECONDS(seconds);

	LOCK_SCOPE(&p->lock);
	while (!p->stopped)
		if (!sync_cond_wait_until(&p->changed, &p->lock, until))
			return;
}

static gpointer
feed_main(gpointer data)
{
	struct feed *p = data;

	while (is_wanted(p)) {
		run(p);
		wait_to_retry(p);
	}
	pthread_mutex_lock(&p->lock);
	p->ended = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	unref(p);
	return NULL;
}

/* --- start and stop */

struct feed *
feed_start(const struct feed_setup *setup)
{
	struct feed *p = g_new0(struct feed, 1);

	atomic_init(&p->refs, 2);
	p->node = g_strdup(setup->node);
	p->kind = setup->kind;
	p->argv = g_strdupv((char **)setup->argv);
	p->interval = setup->interval;
	p->ctx = setup->ctx;
	p->release = setup->release;
	p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&p->lock, NULL);
	sync_cond_init(&p->changed);
	p->thread = g_thread_new(p->kind->name, feed_main, p);
	return p;
}

bool
feed_is(const struct feed *p, char *const *argv, int interval)
{
	return g_strv_equal((const char *const *)p->argv, (const char *const *)argv) &&
	    p->interval == interval;
}

void
feed_stop(struct feed *p)
{
	uint64_t one = 1;

	LOCK_SCOPE(&p->lock);
	p->stopped = true;
	pthread_cond_broadcast(&p->changed);
	if (write(p->wake, &one, sizeof(one)) < 0)
		log_debug(p->kind->name, "%s: cannot be woken", p->node);
}

bool
feed_ended(struct feed *p)
{
	LOCK_SCOPE(&p->lock);
	return p->ended;
}

void
feed_wait(struct feed *p, int64_t deadline)
{
	LOCK_SCOPE(&p->lock);
	while (!p->ended)
		if (!sync_cond_wait_until(&p->changed, &p->lock, deadline))
			return;
}

void
feed_free(struct feed *p)
{
	if (feed_ended(p)) {
		g_thread_join(p->thread);
	} else {
		log_warn(p->kind->name, "%s: a command that cannot be killed is left behind",
		    p->node);
		g_thread_unref(p->thread);
	}
	unref(p);
}
