/* The trends of all pools. */
#include "graphs/trends.h"

#include "graphs/rrd_file.h"
#include "graphs/trend.h"

#define OLD_US (INT64_C(10) * 60 * G_USEC_PER_SEC) /* then a history is read again */

struct trend {
	int32_t days;
	int64_t due_us;
	uint64_t pass;
};

struct trends {
	struct store *store;
	int cancel;
	GHashTable *pools; /* index -> struct trend */
	uint64_t pass;
};

struct trends *
trends_new(struct store *store, int cancel)
{
	struct trends *t = g_new0(struct trends, 1);

	t->store = store;
	t->cancel = cancel;
	t->pools = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	return t;
}

void
trends_free(struct trends *t)
{
	if (t == NULL)
		return;
	g_hash_table_destroy(t->pools);
	g_free(t);
}

/* --- one pool */

/* What the file has; rrdcached is asked for what it still holds. */
static int32_t
read_days(const struct trends *t, const struct settings *settings, uint32_t index)
{
	g_autofree char *identity = g_strdup_printf("%u", index);
	g_autofree char *path = rrd_layout_path(settings->rrd_dir, rrd_kind_find("pool"),
	    identity, NULL);

	if (settings->rrdcached[0] != '\0') {
		SCOPED(rrdcached) server = rrdcached_new(settings->rrdcached, t->cancel);
		rrd_file_flush(server, path, NULL);
	}
	return trend_days_of_file(path, g_get_real_time() / G_USEC_PER_SEC);
}

/* True when the trend is another one. */
static bool
look_at_pool(struct trends *t, const struct settings *settings, uint32_t index)
{
	struct trend *trend = g_hash_table_lookup(t->pools, GUINT_TO_POINTER(index));
	int64_t now = g_get_monotonic_time();

	if (trend == NULL) {
		trend = g_new0(struct trend, 1);
		trend->days = TREND_NONE;
		g_hash_table_insert(t->pools, GUINT_TO_POINTER(index), trend);
	}
	trend->pass = t->pass;
	if (now < trend->due_us)
		return false;
	trend->due_us = now + OLD_US;
	int32_t before = trend->days;
	trend->days = read_days(t, settings, index);
	return trend->days != before;
}

/* --- all of them */

static struct part *
make_part(const struct trends *t)
{
	struct part *part = part_new("trends", NULL);
	GHashTableIter iter;
	gpointer index, trend;

	g_hash_table_iter_init(&iter, t->pools);
	while (g_hash_table_iter_next(&iter, &index, &trend)) {
		struct pool *pool = part_add(part, ROWS_POOL);
		pool->h.index = GPOINTER_TO_UINT(index);
		pool->days_left = ((struct trend *)trend)->days;
	}
	return part;
}

static gboolean
not_seen(gpointer index, gpointer trend, gpointer pass)
{
	return ((struct trend *)trend)->pass != *(uint64_t *)pass;
}

void
trends_look(struct trends *t, const struct settings *settings)
{
	SCOPED(cluster) cluster = store_get(t->store);
	const struct rows *pools = &cluster->rows[ROWS_POOL];
	bool changed = false;

	t->pass++;
	for (size_t i = 0; i < pools->n; i++)
		changed |= look_at_pool(t, settings,
		    ((const struct pool *)pools->row[i])->h.index);
	g_hash_table_foreach_remove(t->pools, not_seen, &t->pass);
	if (changed)
		store_publish(t->store, make_part(t), PUBLISH_SOON);
}

void
trends_forget(struct trends *t)
{
	g_hash_table_remove_all(t->pools);
	store_retire(t->store, "trends");
}
