/* The RRD consumer's thread: cluster value in, samples out. */
#include "graphs/rrd_sink.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/log.h"
#include "graphs/rrd_feeds.h"
#include "graphs/rrd_shelf.h"
#include "graphs/rrd_writer.h"
#include "graphs/trends.h"
#include "model/history.h"
#include "model/self.h"

#define FORGET_US (INT64_C(3600) * G_USEC_PER_SEC) /* an object not seen for so long */

/* What was read of an object, at its exact time. */
struct reading_at {
	int64_t wall_us; /* since 1970 */
	uint64_t value[RRD_SOURCES_MOST];
};

/* There are many of them: `value` is as long as its kind has sources. */
struct object {
	struct rrd_queue *queue; /* NULL: its name cannot be a file's */
	const struct rrd_sources *sources;
	struct rrd_reading old; /* of the sample before */
	bool anew;    /* that was the first since counters started */
	bool storage; /* read as often as pools are */
	int64_t last; /* time of the newest sample, seconds since 1970 */
	int64_t seen_us;
	int64_t before_us; /* since 1970; 0: nothing read yet */
	uint64_t before[];
};

struct rrd_sink {
	/* immutable after new */
	struct store *store;
	GThread *thread;
	int cancel; /* eventfd, readable: end */

	/* guarded by lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct settings *wanted;
	bool stop;

	/* any thread */
	struct rrd_counters counters;

	/* only the sink's thread */
	struct settings *settings;
	struct rrd_writer *writer;
	struct rrdcached *server; /* for all but writing; NULL: there is none */
	struct rrd_shelf shelf;
	struct trends *trends;
	GHashTable *objects; /* "vm/UUID" -> struct object */
	unsigned interval;   /* longest of all nodes, seconds */
};

/* --- cells */

/* A cell as RRD wants it; ABSENT_U64 when there is no number in it. */
static uint64_t
read_number(const struct column *column, const struct reading *reading, const void *row)
{
	struct value v = { SYN_NONE };

	column_read(column, reading, row, &v);
	switch (v.syntax) {
	case SYN_UNSIGNED:
	case SYN_GAUGE:
	case SYN_COUNTER:
		return v.u;
	case SYN_INT:
	case SYN_ENUM:
		return v.i >= 0 ? (uint64_t)v.i : ABSENT_U64;
	default:
		return ABSENT_U64;
	}
}

/* --- objects */

/* Seconds between two readings of it, at most. */
static unsigned
interval_of(const struct rrd_sink *s, bool storage)
{
	return storage ? (unsigned)s->settings->storage_interval : s->interval;
}

static struct object *
object_new(struct rrd_sink *s, const struct rrd_feed *feed, const struct rrd_kind *kind,
    const char *name)
{
	const struct rrd_sources *sources = rrd_kind_sources(kind);
	struct object *o =
	    g_malloc0(sizeof(struct object) + sources->n * sizeof(o->before[0]));

	o->queue = rrd_writer_open(s->writer, kind, name, interval_of(s, feed->storage));
	o->sources = sources;
	o->storage = feed->storage;
	return o;
}

/*
 * The value that a counter had a moment ago, at a whole second: it went up evenly between
 * two readings.  So a rate does not waver because its time was rounded.
 */
static uint64_t
value_at(const struct object *o, const struct reading_at *now, size_t i, int64_t us)
{
	uint64_t x = o->before[i], y = now->value[i];

	if (x == ABSENT_U64 || y == ABSENT_U64 || y < x || now->wall_us <= o->before_us)
		return y;
	double part =
	    (double)(us - o->before_us) / (double)(now->wall_us - o->before_us);
	return x + (uint64_t)((double)(y - x) * CLAMP(part, 0.0, 1.0));
}

static void
keep(struct rrd_sink *s, struct object *o, const struct rrd_sample *sample)
{
	rrd_writer_keep(s->writer, o->queue, sample);
	o->last = sample->at;
}

/* Keeps the object's state at second `at`, which lies between the two readings. */
static void
keep_between(struct rrd_sink *s, struct object *o, const uint64_t *levels,
    const struct reading_at *now, int64_t at)
{
	struct rrd_sample sample = { .at = at };

	for (size_t i = 0; i < o->sources->n; i++)
		sample.value[i] = o->sources->column[i]->graph == GRAPH_RATE
		                      ? value_at(o, now, i, at * G_USEC_PER_SEC)
		                      : levels[i];
	keep(s, o, &sample);
}

/*
 * Counters that started anew (or that nobody knows the beginning of): what lies before is
 * unknown, even where the new count is already higher than the old one.  They are told of
 * from the next whole second on, which the next reading makes known.
 */
static void
keep_first(struct rrd_sink *s, struct object *o, const struct reading_at *now)
{
	struct rrd_sample sample = { .at = now->wall_us / G_USEC_PER_SEC };

	for (size_t i = 0; i < o->sources->n; i++)
		sample.value[i] = o->sources->column[i]->graph == GRAPH_RATE
		                      ? ABSENT_U64
		                      : now->value[i];
	keep(s, o, &sample);
}

static void
keep_next(struct rrd_sink *s, struct object *o, const struct reading_at *now)
{
	int64_t at = now->wall_us / G_USEC_PER_SEC;

	if (o->anew && o->last + 1 < at)
		keep_between(s, o, o->before, now, o->last + 1);
	keep_between(s, o, now->value, now, at);
}

/*
 * Takes one row's sample, if it has a new one.  The first reading of a VM that is no longer
 * active is noted as unknown, so that its last values are not drawn on.
 */
static void
take_sample(struct rrd_sink *s, struct object *o, const struct rrd_reading *facts,
    const struct reading *reading, const void *row)
{
	struct reading_at now = { .wall_us = facts->sampled_us + g_get_real_time() -
		                             g_get_monotonic_time() };
	bool anew = !o->old.active || facts->broken_us != o->old.broken_us ||
	            facts->node != o->old.node;

	if (facts->sampled_us <= 0 || facts->sampled_us == o->old.sampled_us)
		return;
	if (!facts->active && !o->old.active)
		return;
	if (now.wall_us / G_USEC_PER_SEC <=
	    o->last) /* too soon, or the clock went back */
		return;
	for (size_t i = 0; i < o->sources->n; i++)
		now.value[i] = facts->active
		                   ? read_number(o->sources->column[i], reading, row)
		                   : ABSENT_U64;
	(anew ? keep_first : keep_next)(s, o, &now);
	o->anew = anew;
	o->before_us = now.wall_us;
	memcpy(o->before, now.value, o->sources->n * sizeof(o->before[0]));
	o->old = *facts;
}

static void
take_row(struct rrd_sink *s, const struct rrd_feed *feed, const struct rrd_kind *kind,
    const struct reading *reading, const void *row)
{
	char name[HISTORY_NAME];
	struct rrd_reading facts;

	feed->read(reading, row, &facts);
	if (!history_name(reading->cluster, kind->table->rows, row, name))
		return;
	g_autofree char *key = g_strdup_printf("%s/%s", kind->name, name);
	struct object *o = g_hash_table_lookup(s->objects, key);
	if (o == NULL) {
		if (!facts.active || facts.sampled_us <= 0)
			return; /* nothing to tell: no file either */
		o = object_new(s, feed, kind, name);
		g_hash_table_insert(s->objects, g_steal_pointer(&key), o);
	}
	if (o->seen_us == reading->now)
		return; /* two of that name: the first one has it */
	o->seen_us = reading->now;
	if (o->queue != NULL)
		take_sample(s, o, &facts, reading, row);
}

static void
take_all(struct rrd_sink *s, struct cluster *cluster)
{
	struct reading reading = { cluster, g_get_monotonic_time() };

	for (const struct rrd_feed *f = rrd_feeds; f < rrd_feeds + rrd_feeds_n; f++) {
		const struct rrd_kind *kind = rrd_kind_find(f->kind);
		const struct rows *rows = &cluster->rows[kind->table->rows];
		for (size_t i = 0; i < rows->n; i++)
			if (!f->device || s->settings->rrd_devices)
				take_row(s, f, kind, &reading, rows->row[i]);
	}
}

/* --- the thread */

static void
forget_old(struct rrd_sink *s)
{
	int64_t limit = g_get_monotonic_time() - FORGET_US;
	GHashTableIter iter;
	void *object;

	g_hash_table_iter_init(&iter, s->objects);
	while (g_hash_table_iter_next(&iter, NULL, &object)) {
		struct object *o = object;
		if (o->seen_us >= limit)
			continue;
		if (o->queue != NULL)
			rrd_writer_close(s->writer, o->queue);
		g_hash_table_iter_remove(&iter);
	}
}

static bool
same_files(const struct settings *a, const struct settings *b)
{
	return a->rrd_enabled == b->rrd_enabled && a->rrd_step == b->rrd_step &&
	       a->rrd_years == b->rrd_years && strcmp(a->rrd_dir, b->rrd_dir) == 0 &&
	       strcmp(a->rrdcached, b->rrdcached) == 0;
}

/* Lets go of everything that depends on the settings before. */
static void
start_over(struct rrd_sink *s)
{
	struct rrd_writer_options options = {
		.dir = s->settings->rrd_dir,
		.server = s->settings->rrdcached,
		.step = (unsigned)s->settings->rrd_step,
		.years = (unsigned)s->settings->rrd_years,
		.cancel = s->cancel,
		.counters = &s->counters,
	};

	g_hash_table_remove_all(s->objects);
	rrd_writer_free(s->writer);
	s->writer = rrd_writer_new(&options);
	rrdcached_free(s->server);
	s->server = NULL;
	if (s->settings->rrdcached[0] != '\0')
		s->server = rrdcached_new(s->settings->rrdcached, s->cancel);
	atomic_store(&self.rrd_waiting, 0);
	atomic_store(&self.rrd_refused_us, 0);
	atomic_store(&self.rrd_since_us,
	    s->settings->rrd_enabled ? g_get_monotonic_time() : 0);
}

/* Intervals may be others now. */
static void
expect_readings(struct rrd_sink *s)
{
	GHashTableIter iter;
	void *object;

	g_hash_table_iter_init(&iter, s->objects);
	while (g_hash_table_iter_next(&iter, NULL, &object)) {
		struct object *o = object;
		if (o->queue != NULL)
			rrd_writer_expect(o->queue, interval_of(s, o->storage));
	}
}

static void
adopt(struct rrd_sink *s, struct settings *wanted)
{
	struct settings *old = s->settings;

	s->settings = wanted;
	s->interval = (unsigned)wanted->interval;
	for (guint i = 0; i < wanted->nodes->len; i++) {
		const struct node_setting *n = g_ptr_array_index(wanted->nodes, i);
		s->interval = MAX(s->interval, (unsigned)MAX(n->interval, 0));
	}
	if (old == NULL || !same_files(old, wanted))
		start_over(s);
	expect_readings(s);
	if (old != NULL)
		settings_unref(old);
}

/* Waits for the next step, new settings (returned, one reference) or the end (false). */
static bool
wait_for_step(struct rrd_sink *s, int64_t deadline, struct settings **wanted)
{
	LOCK_SCOPE(&s->lock);
	while (!s->stop && s->wanted == NULL &&
	       sync_cond_wait_until(&s->changed, &s->lock, deadline))
		;
	*wanted = s->wanted;
	s->wanted = NULL;
	return !s->stop;
}

static void
do_step(struct rrd_sink *s)
{
	SCOPED(cluster) cluster = store_get(s->store);

	take_all(s, cluster);
	rrd_writer_write(s->writer);
	forget_old(s);
	/* The others ask rrdcached as well, and would wait for it. */
	if (rrd_writer_has_lost_server(s->writer))
		return;
	trends_look(s->trends, s->settings);
	rrd_shelf_look(&s->shelf, cluster, s->settings, s->server,
	    g_get_real_time() / G_USEC_PER_SEC);
}

static void *
run(void *context)
{
	struct rrd_sink *s = context;
	struct settings *wanted;
	int64_t next = 0;

	while (wait_for_step(s, next, &wanted)) {
		if (wanted != NULL)
			adopt(s, wanted);
		if (!s->settings->rrd_enabled) {
			trends_forget(s->trends);
			next = INT64_MAX;
			continue;
		}
		do_step(s);
		int64_t step = s->settings->rrd_step * G_USEC_PER_SEC;
		next = (g_get_monotonic_time() / step + 1) * step;
	}
	if (wanted != NULL)
		settings_unref(wanted);
	return NULL;
}

struct rrd_sink *
rrd_sink_new(struct store *store, struct settings *settings, GError **error)
{
	struct rrd_sink *s = g_new0(struct rrd_sink, 1);

	s->store = store;
	s->wanted = settings_ref(settings);
	pthread_mutex_init(&s->lock, NULL);
	sync_cond_init(&s->changed);
	s->objects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	s->cancel = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->cancel < 0)
		g_set_error(error, RRD_ERROR, RRD_ERROR_FAILED, "eventfd: %s",
		    g_strerror(errno));
	s->trends = trends_new(store, s->cancel);
	if (s->cancel >= 0)
		s->thread = g_thread_try_new("rrd", run, s, error);
	if (s->thread != NULL)
		return s;
	rrd_sink_free(s);
	return NULL;
}

void
rrd_sink_apply(struct rrd_sink *s, struct settings *settings)
{
	LOCK_SCOPE(&s->lock);
	if (s->wanted != NULL)
		settings_unref(s->wanted);
	s->wanted = settings_ref(settings);
	pthread_cond_signal(&s->changed);
}

static void
end_thread(struct rrd_sink *s)
{
	{
		LOCK_SCOPE(&s->lock);
		s->stop = true;
		pthread_cond_signal(&s->changed);
	}
	if (eventfd_write(s->cancel, 1) < 0)
		log_warn("rrd", "eventfd: %s", g_strerror(errno));
	g_thread_join(s->thread);
}

void
rrd_sink_free(struct rrd_sink *s)
{
	if (s == NULL)
		return;
	if (s->thread != NULL)
		end_thread(s);
	g_hash_table_destroy(s->objects);
	rrd_writer_free(s->writer);
	rrdcached_free(s->server);
	trends_free(s->trends);
	if (s->settings != NULL)
		settings_unref(s->settings);
	if (s->wanted != NULL)
		settings_unref(s->wanted);
	if (s->cancel >= 0)
		close(s->cancel);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
	g_free(s);
}

void
rrd_sink_get_stats(struct rrd_sink *s, struct rrd_sink_stats *out)
{
	out->updates = atomic_load(&s->counters.updates);
	out->failed = atomic_load(&s->counters.failed);
	out->dropped = atomic_load(&s->counters.dropped);
	out->waiting = atomic_load(&s->counters.waiting);
	out->last_good_us = atomic_load(&s->counters.last_good_us);
}
