/* A probe: the thread that runs a command, reads its records, and runs it again. */
#include "collectors/probe.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "collectors/probe_child.h"
#include "common/log.h"
#include "common/sync.h"

#define RETRY_MOST_S 60
#define STEADY_US    SECONDS(60)         /* a command that runs that long is well */
#define CLOSE_US     (G_USEC_PER_SEC / 2) /* records closer together are left out */
#define SECONDS(n)   ((int64_t)(n) * G_USEC_PER_SEC)

struct probe {
	refcount refs; /* one is probe_start's, one the thread's */

	/* immutable */
	char *node, *command;
	int interval;
	probe_sink *sink;
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
	bool praised;      /* it was logged that records come */
	unsigned failures; /* in a row */
	int64_t started_us, taken_us; /* its command; its last record */
	int64_t silent_at; /* when silence is too long */
};

static void
unref(struct probe *p)
{
	if (!ref_drop(&p->refs))
		return;
	p->release(p->ctx);
	close(p->wake);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	g_free(p->node);
	g_free(p->command);
	g_free(p->reason);
	g_free(p);
}

/* --- the thread */

static bool
is_wanted(struct probe *p)
{
	LOCK_SCOPE(&p->lock);
	return !p->stopped;
}

/* Once for each new reason. */
static void
complain(struct probe *p, const char *reason)
{
	if (g_strcmp0(p->reason, reason) == 0)
		return;
	log_warn("probe", "%s: %s", p->node, reason);
	g_free(p->reason);
	p->reason = g_strdup(reason);
	p->praised = false;
}

static void
praise(struct probe *p, const struct probe_record *record)
{
	if (!p->praised)
		log_info("probe", "%s: records come from %s", p->node, record->host);
	p->praised = true;
	if (p->taken_us - p->started_us < STEADY_US)
		return;
	g_clear_pointer(&p->reason, g_free);
	p->failures = 0;
}

static void
expect(struct probe *p, int interval)
{
	p->silent_at = g_get_monotonic_time() + SECONDS(PROBE_SILENCE(interval));
}

static bool
take_line(struct probe *p, const char *line, size_t length, GError **error)
{
	struct probe_record record;
	int64_t now = g_get_monotonic_time();

	if (p->taken_us > p->started_us && now - p->taken_us < CLOSE_US)
		return true;
	if (!probe_record_parse(&record, line, length, error))
		return false;
	p->taken_us = now;
	praise(p, &record);
	if (record.interval == 0)
		record.interval = (uint32_t)p->interval;
	expect(p, (int)record.interval);
	p->sink(p->ctx, p, &record);
	return true;
}

/* All whole lines.  False: one of them is wrong. */
static bool
take_lines(struct probe *p, struct probe_child *child, GError **error)
{
	size_t length;

	for (;;) {
		g_autofree char *line = probe_child_line(child, &length);
		if (line == NULL)
			break;
		if (!take_line(p, line, length, error))
			return false;
	}
	/* the same check as of a whole line, before it has eaten the memory */
	return child->lines->len <= PROBE_LINE_MOST ||
	    take_line(p, child->lines->str, child->lines->len, error);
}

/* Until it ends or must be ended; why, or NULL if that is how it ended by itself. */
static char *
listen_to(struct probe *p, struct probe_child *child)
{
	while (is_wanted(p)) {
		g_autoptr(GError) error = NULL;
		int64_t left = p->silent_at - g_get_monotonic_time();
		if (left <= 0)
			return g_strdup_printf("no record in time%s%s",
			    child->said[0] == '\0' ? "" : ": ", child->said);
		if (!probe_child_read(child, p->wake, (int)(left / 1000 + 1)))
			return NULL;
		if (!take_lines(p, child, &error))
			return g_strdup(error->message);
	}
	return NULL;
}

static char **
make_argv(const struct probe *p, GError **error)
{
	char **argv;
	g_autofree char *interval = g_strdup_printf("%d", p->interval);
	const char *const local[] = { BINDIR "/virtcluster-probe", "--interval", interval,
		NULL };

	if (strcmp(p->command, "local") == 0)
		return g_strdupv((char **)local);
	return g_shell_parse_argv(p->command, NULL, &argv, error) ? argv : NULL;
}

static void
run(struct probe *p)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) argv = make_argv(p, &error);
	struct probe_child child;

	p->failures++;
	if (argv == NULL || !probe_child_start(&child, argv, &error)) {
		complain(p, error->message);
		return;
	}
	p->started_us = g_get_monotonic_time();
	expect(p, MAX(p->interval, 10));
	g_autofree char *why = listen_to(p, &child);
	g_autofree char *how = probe_child_end(&child);
	if (is_wanted(p))
		complain(p, why != NULL ? why : how);
	p->failures = MAX(p->failures, 1);
}

/* 1, 2, 4, ... seconds. */
static void
wait_to_retry(struct probe *p)
{
	int seconds = MIN(1 << MIN(p->failures - 1, 6), RETRY_MOST_S);
	int64_t until = g_get_monotonic_time() + SECONDS(seconds);

	LOCK_SCOPE(&p->lock);
	while (!p->stopped)
		if (!sync_cond_wait_until(&p->changed, &p->lock, until))
			return;
}

static gpointer
probe_main(gpointer data)
{
	struct probe *p = data;

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

struct probe *
probe_start(const struct probe_setup *setup)
{
	struct probe *p = g_new0(struct probe, 1);

	atomic_init(&p->refs, 2);
	p->node = g_strdup(setup->node);
	p->command = g_strdup(setup->command);
	p->interval = setup->interval;
	p->sink = setup->sink;
	p->ctx = setup->ctx;
	p->release = setup->release;
	p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&p->lock, NULL);
	sync_cond_init(&p->changed);
	p->thread = g_thread_new("probe", probe_main, p);
	return p;
}

bool
probe_is(const struct probe *p, const char *command, int interval)
{
	return strcmp(p->command, command) == 0 && p->interval == interval;
}

void
probe_stop(struct probe *p)
{
	uint64_t one = 1;

	LOCK_SCOPE(&p->lock);
	p->stopped = true;
	pthread_cond_broadcast(&p->changed);
	if (write(p->wake, &one, sizeof(one)) < 0)
		log_debug("probe", "%s: cannot be woken", p->node);
}

bool
probe_ended(struct probe *p)
{
	LOCK_SCOPE(&p->lock);
	return p->ended;
}

void
probe_wait(struct probe *p, int64_t deadline)
{
	LOCK_SCOPE(&p->lock);
	while (!p->ended)
		if (!sync_cond_wait_until(&p->changed, &p->lock, deadline))
			return;
}

void
probe_free(struct probe *p)
{
	if (probe_ended(p)) {
		g_thread_join(p->thread);
	} else {
		log_warn("probe", "%s: a command that cannot be killed is left behind",
		    p->node);
		g_thread_unref(p->thread);
	}
	unref(p);
}
