/* The storage of a host, looked at in a thread of its own. */
#include "collectors/storage.h"

#include "common/log.h"
#include "common/sync.h"
#include "common/virt.h"

#define RETRY_US (30 * G_USEC_PER_SEC) /* between attempts to connect */
#define BURST_US (G_USEC_PER_SEC / 2)  /* looks that were asked for are not closer together */

/*
 * What libvirt's callbacks are told in: it lives as long as one of them does.  The thread
 * outlives its registrations, so they need no reference to the whole.
 */
struct storage {
	refcount refs; /* one is storage_start's, one the thread's, one each callback's */

	/* immutable */
	struct store *store; /* not to be touched once stopping */
	char *name, *uri, *source;
	GThread *thread;

	/* guarded by lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct storage_setup setup;
	char **shared; /* what setup.shared points to */
	bool stopping, ended, poked, forget;
	struct part *last; /* of the last look that succeeded; NULL: none */
	bool silent;       /* shown as one that does not answer */

	/* only the thread */
	struct storage_look *look;

	/* any thread */
	call_clock called_us;
};

static void
storage_unref(void *data)
{
	struct storage *s = data;

	if (!ref_drop(&s->refs))
		return;
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	part_unref(s->last);
	storage_look_free(s->look);
	g_strfreev(s->shared);
	g_free(s->name);
	g_free(s->uri);
	g_free(s->source);
	g_free(s);
}

static bool
is_stopping(void *ctx)
{
	struct storage *s = ctx;

	LOCK_SCOPE(&s->lock);
	return s->stopping;
}

/* Until that time, or somebody pokes (but not before `least`), or it is to stop. */
static void
pause_until(struct storage *s, int64_t when, int64_t least)
{
	LOCK_SCOPE(&s->lock);
	while (!s->stopping) {
		int64_t until = s->poked ? MIN(least, when) : when;
		if (g_get_monotonic_time() >= until)
			break;
		sync_cond_wait_until(&s->changed, &s->lock, until);
	}
	s->poked = false;
}

/* --- publishing */

/* Takes the part. */
static void
publish(struct storage *s, struct part *part)
{
	LOCK_SCOPE(&s->lock);
	if (s->stopping) {
		part_unref(part);
		return;
	}
	part_unref(s->last);
	s->last = part_ref(part);
	s->silent = false;
	store_publish(s->store, part, PUBLISH_SOON);
}

/* Holding the lock. */
static void
publish_silence(struct storage *s)
{
	if (s->stopping || s->silent || s->last == NULL)
		return;
	s->silent = true;
	store_publish(s->store, storage_look_unreachable(s->last), PUBLISH_SOON);
}

static void
fail(struct storage *s, const GError *error)
{
	LOCK_SCOPE(&s->lock);
	/* the host's own thread tells of a host that does not answer */
	log_debug("host", "%s: storage: %s", s->name, error->message);
	publish_silence(s);
}

void
storage_check(struct storage *s)
{
	int64_t called = atomic_load(&s->called_us);

	LOCK_SCOPE(&s->lock);
	int64_t most = (int64_t)storage_stale_after(&s->setup) * G_USEC_PER_SEC;
	if (called == 0 || s->silent || g_get_monotonic_time() - called <= most)
		return;
	log_warn("host", "%s: a look at the storage hangs in libvirt", s->name);
	publish_silence(s);
	s->silent = true; /* said once, also when there was nothing to show yet */
}

/* --- what libvirt tells by itself, on its event thread */

static void
on_lifecycle(virConnectPtr connection, virStoragePoolPtr pool, int event, int detail, void *data)
{
	storage_poke(data);
}

static void
on_refresh(virConnectPtr connection, virStoragePoolPtr pool, void *data)
{
	struct storage *s = data;

	pthread_mutex_lock(&s->lock);
	s->forget = true;
	pthread_mutex_unlock(&s->lock);
	storage_poke(s);
}

static const struct {
	int id;
	virConnectStoragePoolEventGenericCallback callback;
} events[] = {
	{ VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE,
	    (virConnectStoragePoolEventGenericCallback)(void (*)(void))on_lifecycle },
	{ VIR_STORAGE_POOL_EVENT_ID_REFRESH, on_refresh },
};

/* A driver that has none is looked at in its interval. */
static void
begin_events(struct storage *s, struct link *link, int numbers[G_N_ELEMENTS(events)])
{
	for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
		ref_take(&s->refs);
		call_begin(&s->called_us);
		numbers[i] = virConnectStoragePoolEventRegisterAny(link->connection, NULL,
		    events[i].id, events[i].callback, s, storage_unref);
		if (numbers[i] < 0)
			storage_unref(s);
	}
	call_end(&s->called_us);
}

static void
end_events(struct storage *s, struct link *link, const int numbers[G_N_ELEMENTS(events)])
{
	call_begin(&s->called_us);
	for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
		if (numbers[i] >= 0)
			virConnectStoragePoolEventDeregisterAny(link->connection, numbers[i]);
	call_end(&s->called_us);
}

/* --- the thread */

/* The setup of one look, with names of its own. */
static bool
begin_look(struct storage *s, struct storage_setup *setup, char ***shared)
{
	LOCK_SCOPE(&s->lock);
	if (s->forget)
		storage_look_forget(s->look, NULL);
	s->forget = false;
	*setup = s->setup;
	*shared = g_strdupv(s->shared);
	setup->shared = (const char *const *)*shared;
	return setup->interval > 0 && !s->stopping;
}

/* False: the connection is of no use any more, or not wanted. */
static bool
look(struct storage *s, struct link *link)
{
	int64_t start = g_get_monotonic_time();
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) shared = NULL;
	struct storage_setup setup;

	if (!begin_look(s, &setup, &shared))
		return false;
	struct part *part = storage_look_take(s->look, link, &setup, is_stopping, s, &error);
	if (part == NULL) {
		fail(s, error);
		return false;
	}
	publish(s, part);
	int64_t rest = g_get_monotonic_time() + BURST_US; /* also for a slow host */
	pause_until(s, MAX(start + (int64_t)setup.interval * G_USEC_PER_SEC, rest), rest);
	return true;
}

static void
look_while_connected(struct storage *s)
{
	int numbers[G_N_ELEMENTS(events)];
	g_autoptr(GError) error = NULL;
	struct link *link = link_open(s->uri, &s->called_us, &error);

	if (link == NULL) {
		fail(s, error);
		return;
	}
	begin_events(s, link, numbers);
	while (look(s, link))
		continue;
	end_events(s, link, numbers);
	link_close(link);
}

static bool
is_on(struct storage *s)
{
	LOCK_SCOPE(&s->lock);
	return s->setup.interval > 0;
}

static gpointer
storage_main(gpointer data)
{
	struct storage *s = data;

	while (!is_stopping(s)) {
		int64_t retry = INT64_MAX;
		if (is_on(s)) {
			look_while_connected(s);
			retry = g_get_monotonic_time() + RETRY_US;
		}
		pause_until(s, retry, g_get_monotonic_time() + BURST_US);
	}
	pthread_mutex_lock(&s->lock);
	s->ended = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	storage_unref(s);
	return NULL;
}

/* --- start and stop */

struct storage *
storage_start(struct store *store, const char *name, const char *uri, struct storage *before)
{
	struct storage *s = g_new0(struct storage, 1);

	atomic_init(&s->refs, 2);
	s->store = store;
	s->name = g_strdup(name);
	s->uri = g_strdup(uri);
	s->source = g_strconcat("storage:", name, NULL);
	pthread_mutex_init(&s->lock, NULL);
	sync_cond_init(&s->changed);
	s->look = storage_look_new(name);
	if (before != NULL) {
		LOCK_SCOPE(&before->lock);
		s->last = before->last == NULL ? NULL : part_ref(before->last);
	}
	s->thread = g_thread_new("storage", storage_main, s);
	return s;
}

static bool
same_names(char *const *a, const char *const *b)
{
	static const char *const none[] = { NULL };

	return g_strv_equal(a == NULL ? none : (const char *const *)a, b == NULL ? none : b);
}

void
storage_set(struct storage *s, const struct storage_setup *setup)
{
	LOCK_SCOPE(&s->lock);
	if (s->stopping || (s->setup.interval == setup->interval &&
	    s->setup.refresh == setup->refresh && same_names(s->shared, setup->shared)))
		return;
	g_strfreev(s->shared);
	s->shared = g_strdupv((char **)setup->shared);
	s->setup = *setup;
	s->setup.shared = NULL;
	if (setup->interval == 0) {
		g_clear_pointer(&s->last, part_unref);
		store_retire(s->store, s->source);
	}
	s->poked = true;
	pthread_cond_broadcast(&s->changed);
}

void
storage_poke(struct storage *s)
{
	LOCK_SCOPE(&s->lock);
	s->poked = true;
	pthread_cond_broadcast(&s->changed);
}

void
storage_stop(struct storage *s)
{
	LOCK_SCOPE(&s->lock);
	s->stopping = true;
	pthread_cond_broadcast(&s->changed);
}

bool
storage_ended(struct storage *s)
{
	LOCK_SCOPE(&s->lock);
	return s->ended;
}

void
storage_wait(struct storage *s, int64_t deadline)
{
	LOCK_SCOPE(&s->lock);
	while (!s->ended)
		if (!sync_cond_wait_until(&s->changed, &s->lock, deadline))
			return;
}

void
storage_free(struct storage *s)
{
	if (storage_ended(s)) {
		g_thread_join(s->thread);
	} else {
		log_warn("host", "%s: a thread that hangs in libvirt is left behind", s->name);
		g_thread_unref(s->thread);
	}
	storage_unref(s);
}
