/* A host: one libvirt connection URI, and the threads that watch it. */
#include "collectors/host.h"

#include "collectors/host_private.h"
#include "collectors/sick.h"
#include "common/log.h"

#define ANSWER_MOST_S 12          /* a call that takes longer is no answer */
#define REPLACE_US    SECONDS(30) /* one that takes longer costs the thread its place */
#define LEFT_MOST     8           /* threads left hanging, of one host */

void
host_unref(struct host *host)
{
	if (!ref_drop(&host->refs))
		return;
	g_ptr_array_free(host->watchers, TRUE);
	g_ptr_array_free(host->feeds, TRUE);
	exports_free(host->exports);
	picture_free(host->picture);
	g_hash_table_destroy(host->sick);
	pthread_cond_destroy(&host->changed);
	pthread_mutex_destroy(&host->lock);
	g_free(host->name);
	g_free(host->uri);
	g_free(host);
}

void
host_publish_unreachable(struct host *host, const char *reason)
{
	bool known = picture_state(host->picture) == NODE_UNREACHABLE;

	/* the change itself is an event, which the store logs */
	if (known && g_strcmp0(picture_reason(host->picture), reason) != 0)
		log_info("host", "%s: %s", host->name, reason);
	store_publish(host->store, picture_unreachable(host->picture, reason),
	    known ? PUBLISH_SOON : PUBLISH_NOW);
}

/* --- the probe */

/* Holding the lock: facts that are too old are nobody's any more. */
static void
check_probe(struct host *host)
{
	struct part *part = picture_probe_old(host->picture, g_get_monotonic_time());

	if (part != NULL)
		store_publish(host->store, part, PUBLISH_SOON);
}

/* --- the watchdog's visit */

/* Holding the lock. */
static struct watcher *
present_watcher(const struct host *host)
{
	return host->watchers->pdata[host->watchers->len - 1];
}

/* Threads that have ended: joins them. */
static void
reap(struct host *host)
{
	g_autoptr(GPtrArray) ended = g_ptr_array_new_with_free_func(watcher_unref);

	pthread_mutex_lock(&host->lock);
	for (guint i = host->watchers->len; i-- > 0;) {
		struct watcher *w = host->watchers->pdata[i];
		if (w->ended)
			g_ptr_array_add(ended, g_ptr_array_remove_index(host->watchers, i));
	}
	pthread_mutex_unlock(&host->lock);
	for (guint i = 0; i < ended->len; i++)
		g_thread_join(((struct watcher *)ended->pdata[i])->thread);
}

/* Rows count as stale after this; silence that long counts as unreachable. */
static int64_t
answer_most_us(const struct host *host)
{
	return SECONDS(MIN(MAX(3 * host->interval, host->interval + 5), ANSWER_MOST_S));
}

/* Holding the lock. */
static struct watcher *
replace_watcher(struct host *host)
{
	if (host->watchers->len > LEFT_MOST)
		return NULL;
	present_watcher(host)->dismissed = true;
	watcher_start(host);
	return present_watcher(host);
}

/*
 * Holding the lock: a bulk call that takes too long may hang on one guest.  Another
 * connection finds out which one, and goes on without it; the call that hangs comes back
 * when the guest does.
 */
static void
suspect(struct host *host, struct watcher *w, int64_t now)
{
	int64_t bulk = atomic_load(&w->bulk_us);

	if (bulk == 0 || now - bulk <= host->patience_us)
		return;
	if (host->silent_since == 0)
		host->silent_since = bulk;
	w = replace_watcher(host);
	if (w == NULL)
		return;
	log_debug("host", "%s: the bulk call hangs: looking for the guest", host->name);
	w->examine = true;
}

void
host_check(struct host *host)
{
	reap(host);
	host_reap_feeds(host);
	facts_check(host->facts);
	storage_check(host->storage);
	LOCK_SCOPE(&host->lock);
	if (host->stopped)
		return;
	check_probe(host);
	struct watcher *w = present_watcher(host);
	int64_t called = atomic_load(&w->called_us), now = g_get_monotonic_time();
	if (host->silent_since != 0)
		called = host->silent_since;
	int64_t silence = called == 0 ? 0 : now - called;
	if (silence > answer_most_us(host) && !w->silent) {
		g_autofree char *reason = g_strdup_printf(
		    "no answer from libvirt for %d s", (int)(silence / G_USEC_PER_SEC));
		w->silent = true;
		host_publish_unreachable(host, reason);
	}
	called = atomic_load(&w->called_us);
	if (called != 0 && now - called > REPLACE_US) {
		log_warn("host", "%s: libvirt hangs: trying with another connection",
		    host->name);
		replace_watcher(host);
	} else {
		suspect(host, w, now);
	}
}

/* --- facts come from a thread of their own */

static bool
take_facts(void *ctx, const char *uuid, struct vm_facts *facts)
{
	struct host *host = ctx;

	LOCK_SCOPE(&host->lock);
	bool same = picture_has_snapshots(host->picture, uuid, facts->snapshot_list);
	bool known = picture_set_facts(host->picture, uuid, facts);
	if (known && !same && !host->stopped) {
		present_watcher(host)->poked = true; /* shows with the next sample */
		pthread_cond_broadcast(&host->changed);
	}
	return known;
}

static bool
avoid_sick(void *ctx, const char *uuid)
{
	struct host *host = ctx;

	LOCK_SCOPE(&host->lock);
	return g_hash_table_contains(host->sick, uuid);
}

static void
release_host(void *ctx)
{
	host_unref(ctx);
}

/* --- start and stop */

struct host *
host_start(struct store *store, const char *name, const char *uri, int interval,
    struct host *before)
{
	struct host *host = g_new0(struct host, 1);

	atomic_init(&host->refs, 1);
	host->store = store;
	host->name = g_strdup(name);
	host->uri = g_strdup(uri);
	pthread_mutex_init(&host->lock, NULL);
	sync_cond_init(&host->changed);
	host->interval = interval;
	host->picture = picture_new(name, uri, interval);
	host->sick = sick_set_new();
	host->patience_us = PATIENCE_US;
	host->watchers = g_ptr_array_new();
	host->feeds = g_ptr_array_new();
	host->exports = exports_new(name);
	if (before != NULL) {
		LOCK_SCOPE(&before->lock);
		picture_inherit(host->picture, before->picture);
	}
	ref_take(&host->refs);
	host->facts = facts_start(name, uri, take_facts, avoid_sick, release_host, host);
	host->storage =
	    storage_start(store, name, uri, before == NULL ? NULL : before->storage);
	LOCK_SCOPE(&host->lock);
	store_publish(store, picture_connecting(host->picture), PUBLISH_SOON);
	watcher_start(host);
	return host;
}

const char *
host_uri(const struct host *host)
{
	return host->uri;
}

void
host_set_interval(struct host *host, int interval)
{
	LOCK_SCOPE(&host->lock);
	if (host->stopped || host->interval == interval)
		return;
	host->interval = interval;
	picture_set_interval(host->picture, interval);
	present_watcher(host)->full_due = 0;
	pthread_cond_broadcast(&host->changed);
}

void
host_set_measure(struct host *host, int seconds)
{
	facts_set_measure(host->facts, seconds);
}

void
host_set_storage(struct host *host, const struct storage_setup *setup)
{
	storage_set(host->storage, setup);
}

void
host_poke(struct host *host, const char *uuid)
{
	LOCK_SCOPE(&host->lock);
	if (host->stopped)
		return;
	present_watcher(host)->poked = true;
	present_watcher(host)->flags_due = 0;
	pthread_cond_broadcast(&host->changed);
	if (uuid != NULL)
		facts_poke(host->facts, uuid, true);
}

void
host_stop(struct host *host)
{
	facts_stop(host->facts);
	storage_stop(host->storage);
	LOCK_SCOPE(&host->lock);
	host->stopped = true;
	host_stop_feeds(host);
	for (guint i = 0; i < host->watchers->len; i++)
		((struct watcher *)host->watchers->pdata[i])->dismissed = true;
	pthread_cond_broadcast(&host->changed);
}

bool
host_ended(struct host *host)
{
	reap(host);
	host_reap_feeds(host);
	LOCK_SCOPE(&host->lock);
	return host->watchers->len == 0 && host->feeds->len == 0 &&
	    facts_ended(host->facts) && storage_ended(host->storage);
}

/* Holding the lock. */
static bool
any_running(const struct host *host)
{
	for (guint i = 0; i < host->watchers->len; i++)
		if (!((struct watcher *)host->watchers->pdata[i])->ended)
			return true;
	return false;
}

void
host_wait(struct host *host, int64_t deadline)
{
	pthread_mutex_lock(&host->lock);
	while (any_running(host))
		if (!sync_cond_wait_until(&host->changed, &host->lock, deadline))
			break;
	pthread_mutex_unlock(&host->lock);
	facts_wait(host->facts, deadline);
	storage_wait(host->storage, deadline);
	reap(host);
	host_wait_feeds(host, deadline);
}

/* Holding the lock: those that hang free themselves when their calls return. */
static void
leave_behind(struct host *host)
{
	for (guint i = host->watchers->len; i-- > 0;) {
		struct watcher *w = host->watchers->pdata[i];
		if (w->ended)
			continue;
		log_warn("host", "%s: a thread that hangs in libvirt is left behind",
		    host->name);
		w->orphan = true;
		g_thread_unref(w->thread);
		g_ptr_array_remove_index(host->watchers, i);
	}
}

void
host_free(struct host *host)
{
	pthread_mutex_lock(&host->lock);
	leave_behind(host);
	pthread_mutex_unlock(&host->lock);
	reap(host);
	facts_free(host->facts);
	storage_free(host->storage);
	host_free_feeds(host);
	host_unref(host);
}
