/*
 * A watcher: the thread that connects to a host, samples it, looks at once when libvirt
 * tells of a change, and connects again when the connection breaks.
 */
#include "collectors/device_calls.h"
#include "collectors/host_private.h"
#include "collectors/sick.h"
#include "common/log.h"
#include "common/virt.h"

#define RETRY_MOST_S 30
#define FLAGS_US     SECONDS(60) /* between looks at autostart and persistent */
#define BURST_US     100000      /* events closer together than that are one */

void
watcher_unref(void *data)
{
	struct watcher *w = data;

	if (!ref_drop(&w->refs))
		return;
	host_unref(w->host);
	g_free(w);
}

/* --- publishing */

static const char *
or_none(const char *text)
{
	return text == NULL ? "?" : text;
}

/* Holding the lock. */
static void
publish_sample(struct host *host, const struct sample *sample, bool *news)
{
	bool known = picture_state(host->picture) == NODE_ONLINE;
	struct part *part = picture_sample(host->picture, sample, news);

	if (!known && sample->full)
		log_info("host", "%s: connected to %s: %s %s, libvirt %s, %u domains",
		    host->name, host->uri, or_none(sample->node.hypervisor),
		    or_none(sample->node.hypervisor_version),
		    or_none(sample->node.libvirt_version), sample->readings->len);
	store_publish(host->store, part,
	    known && sample->full ? PUBLISH_SOON : PUBLISH_NOW);
	if (!known)
		storage_poke(host->storage);
}

/* --- the thread */

static bool
is_wanted(struct watcher *w)
{
	LOCK_SCOPE(&w->host->lock);
	return !w->dismissed;
}

static void
disconnect(struct watcher *w)
{
	if (w->link == NULL)
		return;
	call_begin(&w->called_us);
	events_end(w);
	link_close(w->link);
	w->link = NULL;
}

static void
fail(struct watcher *w, const char *reason)
{
	pthread_mutex_lock(&w->host->lock);
	w->silent = false;
	if (!w->dismissed)
		w->host->silent_since = 0;
	if (!w->dismissed)
		host_publish_unreachable(w->host, reason);
	pthread_mutex_unlock(&w->host->lock);
	w->failures++;
	disconnect(w);
}

static void
connect_host(struct watcher *w)
{
	g_autoptr(GError) error = NULL;

	pthread_mutex_lock(&w->host->lock);
	w->lost = NULL;
	w->poked = false;
	w->full_due = w->flags_due = 0;
	pthread_mutex_unlock(&w->host->lock);
	w->link = link_open(w->host->uri, &w->called_us, &error);
	if (w->link == NULL)
		fail(w, error->message);
	else
		events_begin(w);
}

/* 1, 2, 4, ... seconds; less when somebody pokes. */
static void
wait_to_retry(struct watcher *w)
{
	int seconds = MIN(1 << MIN(w->failures - 1, 5), RETRY_MOST_S);
	int64_t until = g_get_monotonic_time() + SECONDS(seconds);

	LOCK_SCOPE(&w->host->lock);
	while (!w->dismissed && !w->poked)
		if (!sync_cond_wait_until(&w->host->changed, &w->host->lock, until))
			return;
}

/* The devices' numbers, too, where they can be asked for only by name. */
static void
ask_configs(struct watcher *w, struct sample *sample)
{
	pthread_mutex_lock(&w->host->lock);
	g_autoptr(GArray) wanted = picture_lend_configs(w->host->picture, sample);
	pthread_mutex_unlock(&w->host->lock);
	for (guint i = 0; i < wanted->len; i++) {
		g_autoptr(GError) error = NULL;
		struct domain_reading *reading = &g_array_index(sample->readings,
		    struct domain_reading, g_array_index(wanted, guint, i));
		if (sample_config(w->link, reading, &error))
			continue;
		if (error->domain == VIRT_ERROR) /* it may just have gone */
			log_debug("host", "%s: %s: %s", w->host->name, reading->name,
			    error->message);
		else
			log_warn("host", "%s: cannot read the configuration of %s: %s",
			    w->host->name, reading->name, error->message);
	}
	device_calls_fill(w->link, sample);
}

/* Hands a sample in, unless another thread has taken this one's place. */
static void
deliver(struct watcher *w, const struct sample *sample)
{
	int64_t now = g_get_monotonic_time();
	bool news;

	LOCK_SCOPE(&w->host->lock);
	w->silent = false;
	if (w->dismissed)
		return;
	w->host->silent_since = 0;
	publish_sample(w->host, sample, &news);
	w->states_due = now + BURST_US;
	if (!news)
		return;
	w->flags_due = 0;
	w->full_due = MIN(w->full_due, now + NEWS_US);
}

/* True if autostart and persistent are to be looked at too. */
static bool
begin_full(struct watcher *w, int64_t now)
{
	LOCK_SCOPE(&w->host->lock);
	bool flags = now >= w->flags_due;

	w->poked = false;
	w->full_due = now + SECONDS(w->host->interval);
	if (flags)
		w->flags_due = now + FLAGS_US;
	return flags;
}

/* A host that cannot keep up is left alone half of the time. */
static void
end_full(struct watcher *w)
{
	LOCK_SCOPE(&w->host->lock);
	int64_t rest = SECONDS(w->host->interval) / 2;

	if (w->full_due < g_get_monotonic_time())
		w->full_due = g_get_monotonic_time() + rest;
}

/* Domains to leave out, as of now; the caller's. */
static GHashTable *
take_sick(struct watcher *w)
{
	LOCK_SCOPE(&w->host->lock);
	return sick_set_copy(w->host->sick);
}

/* After a look: those that still do not answer.  Says who comes and goes. */
static void
note_sick(struct watcher *w, GHashTable *sick)
{
	GHashTableIter iter;
	gpointer uuid;

	LOCK_SCOPE(&w->host->lock);
	if (w->dismissed)
		return;
	g_hash_table_iter_init(&iter, w->host->sick);
	while (g_hash_table_iter_next(&iter, &uuid, NULL))
		if (!g_hash_table_contains(sick, uuid)) {
			log_info("host", "%s: domain %s answers again", w->host->name,
			    (const char *)uuid);
			facts_poke(w->host->facts, uuid, true);
		}
	g_hash_table_iter_init(&iter, sick);
	while (g_hash_table_iter_next(&iter, &uuid, NULL))
		if (!g_hash_table_contains(w->host->sick, uuid))
			log_warn("host", "%s: domain %s does not answer: going on without it",
			    w->host->name, (const char *)uuid);
	g_hash_table_destroy(w->host->sick);
	w->host->sick = sick_set_copy(sick);
}

/* Which guests keep the call before ours waiting?  None: the host is just slow. */
static void
examine(struct watcher *w)
{
	g_autoptr(GHashTable) stuck = sick_examine(w->link);
	g_autoptr(GHashTable) sick = take_sick(w);
	GHashTableIter iter;
	gpointer uuid;

	if (stuck == NULL || g_hash_table_size(stuck) == 0) {
		LOCK_SCOPE(&w->host->lock);
		w->host->patience_us = MIN(2 * w->host->patience_us, SECONDS(60));
		return;
	}
	g_hash_table_iter_init(&iter, stuck);
	while (g_hash_table_iter_next(&iter, &uuid, NULL))
		g_hash_table_add(sick, g_strdup(uuid));
	note_sick(w, sick);
}

static struct sample *
take_full(struct watcher *w, bool flags, GHashTable *sick, GError **error)
{
	int64_t start = g_get_monotonic_time();

	atomic_store(&w->bulk_us, start);
	struct sample *sample = sample_full(w->link, flags, sick, error);
	atomic_store(&w->bulk_us, 0);
	if (sample == NULL)
		return NULL;
	LOCK_SCOPE(&w->host->lock);
	w->host->patience_us = MAX(PATIENCE_US, 3 * (g_get_monotonic_time() - start));
	return sample;
}

static void
look_fully(struct watcher *w)
{
	g_autoptr(GError) error = NULL;
	bool flags = begin_full(w, g_get_monotonic_time());

	if (w->examine)
		examine(w);
	w->examine = false;
	g_autoptr(GHashTable) sick = take_sick(w);
	SCOPED(sample) sample = take_full(w, flags, sick, &error);

	if (sample == NULL) {
		fail(w, error->message);
		return;
	}
	note_sick(w, sick);
	ask_configs(w, sample);
	w->failures = 0;
	deliver(w, sample);
	end_full(w);
}

static void
look_at_states(struct watcher *w)
{
	g_autoptr(GError) error = NULL;
	SCOPED(sample) sample = sample_states(w->link, &error);

	if (sample == NULL)
		fail(w, error->message);
	else
		deliver(w, sample);
}

static void
lose_connection(struct watcher *w)
{
	pthread_mutex_lock(&w->host->lock);
	const char *reason = w->lost;
	pthread_mutex_unlock(&w->host->lock);
	fail(w, reason);
}

enum work { WORK_NONE, WORK_LOST, WORK_STATES, WORK_FULL };

static void (*const works[])(struct watcher *) = {
	[WORK_LOST] = lose_connection,
	[WORK_STATES] = look_at_states,
	[WORK_FULL] = look_fully,
};

/* Holding the lock: what is due, or when the next thing will be. */
static enum work
due_work(struct watcher *w, int64_t now, int64_t *next)
{
	*next = w->full_due;
	if (w->lost != NULL)
		return WORK_LOST;
	if (w->poked && now >= w->states_due && now < w->full_due) {
		w->poked = false;
		return WORK_STATES;
	}
	if (w->poked)
		*next = MIN(*next, w->states_due);
	return now >= w->full_due ? WORK_FULL : WORK_NONE;
}

/* Waits until there is something to do; WORK_NONE: no longer wanted. */
static enum work
wait_for_work(struct watcher *w)
{
	enum work work;
	int64_t next;

	LOCK_SCOPE(&w->host->lock);
	while (!w->dismissed) {
		work = due_work(w, g_get_monotonic_time(), &next);
		if (work != WORK_NONE)
			return work;
		sync_cond_wait_until(&w->host->changed, &w->host->lock, next);
	}
	return WORK_NONE;
}

static gpointer
watcher_main(gpointer data)
{
	struct watcher *w = data;

	while (is_wanted(w)) {
		if (w->link == NULL) {
			connect_host(w);
		} else {
			enum work work = wait_for_work(w);
			if (work != WORK_NONE)
				works[work](w);
		}
		if (w->link == NULL)
			wait_to_retry(w);
	}
	disconnect(w);
	pthread_mutex_lock(&w->host->lock);
	w->ended = true;
	bool orphan = w->orphan;
	pthread_cond_broadcast(&w->host->changed);
	pthread_mutex_unlock(&w->host->lock);
	if (orphan)
		watcher_unref(w);
	return NULL;
}

void
watcher_start(struct host *host)
{
	struct watcher *w = g_new0(struct watcher, 1);

	atomic_init(&w->refs, 1);
	atomic_init(&w->called_us, 0);
	ref_take(&host->refs);
	w->host = host;
	g_ptr_array_add(host->watchers, w);
	w->thread = g_thread_new(host->name, watcher_main, w);
}
