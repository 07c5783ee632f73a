/* The store: parts in, cluster values out. */
#include "config.h"

#include "model/store.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/log.h"
#include "model/alarms.h"
#include "model/compose.h"
#include "model/diff.h"
#include "model/memory.h"
#include "model/rules.h"
#include "model/state.h"
#include "model/value.h"

#define COALESCE_US    200000 /* publications that can wait are composed together */
#define EVENTS_MOST    1000
#define IDLE_US        (5 * G_USEC_PER_SEC) /* what ages is judged at least that often */
#define SOURCE_EVENTS  0 /* the store's own parts come first */
#define SOURCE_ALARMS  1

struct store {
	/* immutable */
	struct state *state; /* used by the composing thread only */
	GThread *thread;

	/* guarded by lock */
	pthread_mutex_t lock;
	pthread_cond_t work;    /* something to compose, or to stop */
	pthread_cond_t changed; /* a new cluster value */
	GPtrArray *parts;       /* struct part by source, NULL where retired */
	GHashTable *sources;    /* source name -> its place in parts, plus one */
	struct cluster *current;
	struct cluster_info info; /* strings are interned */
	GArray *listeners;        /* eventfds */
	int64_t due;              /* when to compose, INT64_MAX: nothing new */
	int64_t note_due;         /* when to write down what was sent, INT64_MAX: it is */
	uint32_t sent;            /* of the last event that was sent */
	struct thresholds thresholds;
	struct rules *rules;
	bool stopping, woken;

	/* only the composing thread */
	int64_t composed;
	struct alarms *alarms;
	struct memory *memory;
};

/* --- the composing thread */

/* The events so far and the new ones, the oldest dropped beyond the limit. */
static struct part *
join_events(const struct part *old, const struct part *new, struct state *state)
{
	struct part *all = part_new("events", NULL);
	const GPtrArray *before = old->rows[ROWS_EVENT], *after = new->rows[ROWS_EVENT];
	size_t surplus = before->len + after->len > EVENTS_MOST
	    ? before->len + after->len - EVENTS_MOST : 0;

	for (size_t i = MIN(surplus, before->len); i < before->len; i++)
		part_add_copy(all, ROWS_EVENT, before->pdata[i]);
	for (size_t i = 0; i < after->len; i++) {
		struct event *event = part_add_copy(all, ROWS_EVENT, after->pdata[i]);
		if (state != NULL)
			state_add_event(state, event);
		else
			event->h.index = all->rows[ROWS_EVENT]->len;
	}
	return all;
}

static void
log_events(const struct part *events)
{
	for (size_t i = 0; i < events->rows[ROWS_EVENT]->len; i++) {
		const struct event *e = events->rows[ROWS_EVENT]->pdata[i];
		enum log_level level = e->severity == SEVERITY_INFO ? LOG_LEVEL_INFO
								     : LOG_LEVEL_WARN;
		log_print(level, "store", "%s %s: %s%s%s%s%s%s%s",
		    enum_to_name(object_kind_names, e->kind), e->name, e->old_state,
		    *e->old_state ? " -> " : "", e->new_state, *e->node ? " on " : "",
		    e->node, *e->reason ? ": " : "", e->reason);
	}
}

/* Puts a part of the store's own in the place of the one before.  Gives it away. */
static void
put_own(struct store *store, struct cluster *next, size_t source, enum row_set set,
    struct part *part)
{
	compose_replace(next, (uint32_t)source, set, part);
	pthread_mutex_lock(&store->lock);
	part_unref(store->parts->pdata[source]);
	store->parts->pdata[source] = part;
	pthread_mutex_unlock(&store->lock);
}

static void
judge_alarms(struct store *store, struct cluster *next, const struct thresholds *thresholds,
    const struct compose_input *in)
{
	bool keep = false;
	struct part *part = alarms_judge(store->alarms, next, thresholds, store->state,
	    in->now, in->wall, &keep);

	if (part == NULL)
		return;
	if (keep && store->state != NULL)
		state_set_alarms(store->state, part);
	put_own(store, next, SOURCE_ALARMS, ROWS_ALARM, part);
}

/* Events found between two cluster values become rows of the newer one. */
static void
add_events(struct store *store, struct cluster *next, const struct cluster *before,
    const struct part *old, int64_t wall)
{
	SCOPED(part) new = part_new("events", NULL);

	diff(before, next, store->memory, new, wall);
	memory_follow(store->memory, before, next, store->state);
	if (new->rows[ROWS_EVENT]->len == 0)
		return;
	log_events(new);
	struct part *all = join_events(old, new, store->state);
	put_own(store, next, SOURCE_EVENTS, ROWS_EVENT, all);
}

static GPtrArray *
snapshot_parts(struct store *store)
{
	GPtrArray *parts = g_ptr_array_new_with_free_func((GDestroyNotify)part_unref);

	for (size_t i = 0; i < store->parts->len; i++) {
		struct part *part = store->parts->pdata[i];
		g_ptr_array_add(parts, part == NULL ? NULL : part_ref(part));
	}
	return parts;
}

static void
swap_in(struct store *store, struct cluster *next)
{
	static const uint64_t one = 1;

	pthread_mutex_lock(&store->lock);
	struct cluster *before = store->current;
	store->current = next;
	pthread_cond_broadcast(&store->changed);
	for (size_t i = 0; i < store->listeners->len; i++)
		if (write(g_array_index(store->listeners, int, i), &one, sizeof(one)) < 0 &&
		    errno != EAGAIN)
			log_warn("store", "cannot wake a consumer: %s", g_strerror(errno));
	pthread_mutex_unlock(&store->lock);
	cluster_unref(before);
}

static void
flush_state(struct store *store)
{
	g_autoptr(GError) error = NULL;

	if (store->state != NULL && !state_flush(store->state, &error))
		log_error("store", "%s", error->message);
}

static void
compose_once(struct store *store, GPtrArray *parts, const struct cluster_info *info,
    const struct thresholds *thresholds, struct rules *rules)
{
	SCOPED(cluster) before = store_get(store);
	struct compose_input in = {
		.previous = before,
		.parts = (struct part *const *)parts->pdata,
		.parts_n = parts->len,
		.state = store->state,
		.memory = store->memory,
		.rules = rules,
		.info = info,
		.now = g_get_monotonic_time(),
		.wall = g_get_real_time(),
	};
	struct cluster *next = compose(&in);

	judge_alarms(store, next, thresholds, &in);
	add_events(store, next, before, parts->pdata[SOURCE_EVENTS], in.wall);
	flush_state(store); /* before anybody can be answered a new index */
	swap_in(store, next);
}

/* Holding the lock, which is let go meanwhile. */
static void
compose_now(struct store *store)
{
	store->due = INT64_MAX;
	g_autoptr(GPtrArray) parts = snapshot_parts(store);
	struct cluster_info info = store->info;
	struct thresholds thresholds = store->thresholds;
	SCOPED(rules) rules = rules_ref(store->rules);
	pthread_mutex_unlock(&store->lock);
	compose_once(store, parts, &info, &thresholds, rules);
	pthread_mutex_lock(&store->lock);
	store->composed = g_get_monotonic_time();
	store->due = MIN(store->due, store->composed + IDLE_US);
}

/* Holding the lock, which is let go meanwhile. */
static void
note_sent(struct store *store)
{
	uint32_t sent = store->sent;

	store->note_due = INT64_MAX;
	if (store->state == NULL)
		return;
	pthread_mutex_unlock(&store->lock);
	state_set_sent(store->state, sent);
	flush_state(store);
	pthread_mutex_lock(&store->lock);
}

/* What was handed in until the end, such as a job that has just ended, is in the log, too. */
static gpointer
store_main(gpointer data)
{
	struct store *store = data;

	pthread_mutex_lock(&store->lock);
	while (!store->stopping) {
		int64_t now = g_get_monotonic_time();
		if (store->due <= now)
			compose_now(store);
		else if (store->note_due <= now)
			note_sent(store);
		else
			sync_cond_wait_until(&store->work, &store->lock,
			    MIN(store->due, store->note_due));
	}
	if (store->due < store->composed + IDLE_US)
		compose_now(store);
	if (store->note_due != INT64_MAX)
		note_sent(store);
	pthread_mutex_unlock(&store->lock);
	return NULL;
}

/* --- start and stop */

static struct part *
load_events(struct state *state)
{
	g_autoptr(GError) error = NULL;
	struct part *events = part_new("events", NULL);

	if (state != NULL && !state_load_events(state, events, EVENTS_MOST, &error))
		log_error("store", "events of the last run are lost: %s", error->message);
	return events;
}

static struct part *
load_alarms(struct state *state, struct alarms *alarms)
{
	g_autoptr(GError) error = NULL;
	struct part *part = part_new("alarms", NULL);

	if (state != NULL && !state_load_alarms(state, part, &error))
		log_error("store", "alarms of the last run are lost: %s", error->message);
	alarms_restore(alarms, part);
	return part;
}

static struct memory *
load_memory(struct state *state)
{
	g_autoptr(GError) error = NULL;
	struct memory *memory = memory_new();

	if (state != NULL && !state_load_memory(state, memory, &error))
		log_error("store", "how the last run has seen objects is lost: %s", error->message);
	return memory;
}

struct store *
store_new(struct state *state, const char *cluster_name)
{
	struct store *store = g_new0(struct store, 1);

	store->state = state;
	pthread_mutex_init(&store->lock, NULL);
	sync_cond_init(&store->work);
	sync_cond_init(&store->changed);
	store->parts = g_ptr_array_new_with_free_func((GDestroyNotify)part_unref);
	store->sources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	store->listeners = g_array_new(FALSE, FALSE, sizeof(int));
	g_ptr_array_add(store->parts, load_events(state));
	store->alarms = alarms_new();
	g_ptr_array_add(store->parts, load_alarms(state, store->alarms));
	store->memory = load_memory(state);
	store->sent = state == NULL ? 0 : state_sent(state);
	store->note_due = INT64_MAX;
	store->thresholds = thresholds_default;
	store->rules = rules_new();
	store->info = (struct cluster_info){
		.name = g_intern_string(cluster_name), .version = PACKAGE_VERSION,
		.backend = "none", .quorate = ABSENT_I32, .web_url = "", INFO_WITHOUT_BACKEND
	};
	store->info.started_at = g_get_real_time();
	store->info.started_us = g_get_monotonic_time();
	store->info.control = 0;
	store->current = cluster_new_empty();
	store->due = 0;
	store->thread = g_thread_new("store", store_main, store);
	return store;
}

void
store_free(struct store *store)
{
	if (store == NULL)
		return;
	pthread_mutex_lock(&store->lock);
	store->stopping = true;
	pthread_cond_signal(&store->work);
	pthread_mutex_unlock(&store->lock);
	g_thread_join(store->thread);
	for (size_t i = 0; i < store->listeners->len; i++)
		close(g_array_index(store->listeners, int, i));
	g_array_free(store->listeners, TRUE);
	cluster_unref(store->current);
	alarms_free(store->alarms);
	memory_free(store->memory);
	rules_unref(store->rules);
	g_hash_table_destroy(store->sources);
	g_ptr_array_free(store->parts, TRUE);
	pthread_cond_destroy(&store->work);
	pthread_cond_destroy(&store->changed);
	pthread_mutex_destroy(&store->lock);
	g_free(store);
}

/* --- producers */

/* Holding the lock. */
static void
compose_at(struct store *store, int64_t when)
{
	if (when >= store->due)
		return;
	store->due = when;
	pthread_cond_signal(&store->work);
}

/* Holding the lock: the place of that source in parts, made when it is new. */
static size_t
source_place(struct store *store, const char *source)
{
	size_t place = GPOINTER_TO_SIZE(g_hash_table_lookup(store->sources, source));

	if (place > 0)
		return place - 1;
	g_ptr_array_add(store->parts, NULL);
	g_hash_table_insert(store->sources, g_strdup(source),
	    GSIZE_TO_POINTER(store->parts->len));
	return store->parts->len - 1;
}

void
store_publish(struct store *store, struct part *part, enum urgency urgency)
{
	pthread_mutex_lock(&store->lock);
	size_t place = source_place(store, part->source);
	struct part *before = store->parts->pdata[place];
	store->parts->pdata[place] = part;
	compose_at(store, urgency == PUBLISH_NOW ? 0 : store->composed + COALESCE_US);
	pthread_mutex_unlock(&store->lock);
	part_unref(before);
}

void
store_retire(struct store *store, const char *source)
{
	struct part *before = NULL;

	pthread_mutex_lock(&store->lock);
	size_t place = GPOINTER_TO_SIZE(g_hash_table_lookup(store->sources, source));
	if (place > 0) {
		before = store->parts->pdata[place - 1];
		store->parts->pdata[place - 1] = NULL;
		compose_at(store, 0);
	}
	pthread_mutex_unlock(&store->lock);
	part_unref(before);
}

void
store_set_cluster(struct store *store, const char *name, bool control)
{
	pthread_mutex_lock(&store->lock);
	store->info.name = g_intern_string(name);
	store->info.control = control;
	compose_at(store, 0);
	pthread_mutex_unlock(&store->lock);
}

void
store_set_web(struct store *store, const char *url)
{
	LOCK_SCOPE(&store->lock);
	store->info.web_url = g_intern_string(url);
	compose_at(store, 0);
}

void
store_set_thresholds(struct store *store, const struct thresholds *thresholds)
{
	LOCK_SCOPE(&store->lock);
	store->thresholds = *thresholds;
	compose_at(store, 0);
}

void
store_set_rules(struct store *store, struct rules *rules)
{
	LOCK_SCOPE(&store->lock);
	rules_unref(store->rules);
	store->rules = rules_ref(rules);
	compose_at(store, 0);
}

/* --- consumers */

struct cluster *
store_get(struct store *store)
{
	LOCK_SCOPE(&store->lock);
	return cluster_ref(store->current);
}

struct cluster *
store_wait(struct store *store, uint64_t generation, int64_t timeout_us)
{
	int64_t deadline = g_get_monotonic_time() + timeout_us;

	LOCK_SCOPE(&store->lock);
	while (store->current->generation <= generation && !store->woken)
		if (!sync_cond_wait_until(&store->changed, &store->lock, deadline))
			break;
	return cluster_ref(store->current);
}

void
store_wake_all(struct store *store)
{
	LOCK_SCOPE(&store->lock);
	store->woken = true;
	pthread_cond_broadcast(&store->changed);
}

uint32_t
store_sent(struct store *store)
{
	LOCK_SCOPE(&store->lock);
	return store->sent;
}

void
store_note_sent(struct store *store, uint32_t sequence)
{
	LOCK_SCOPE(&store->lock);
	if (sequence <= store->sent)
		return;
	store->sent = sequence;
	if (store->note_due == INT64_MAX) {
		store->note_due = g_get_monotonic_time() + COALESCE_US;
		pthread_cond_signal(&store->work);
	}
}

int
store_listen(struct store *store)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	LOCK_SCOPE(&store->lock);
	g_array_append_val(store->listeners, fd);
	return fd;
}
