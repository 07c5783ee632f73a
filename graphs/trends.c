/* The trends of all pools, nodes and VMs. */
#include "graphs/trends.h"

#include "graphs/rrd_file.h"
#include "graphs/trend.h"
#include "model/history.h"

/*
 * How often a history is read again: once a minute while they are few; and so many at most in
 * a second, whatever their number, up to this age.
 */
#define YOUNG_S      60
#define OLD_S        600
#define PER_SECOND   16
#define BURST        64 /* more than that in one step, after a start with few objects */

struct known {
	struct trend trend; /* of a pool: its days alone */
	int32_t days;
	int64_t due_us;
	uint64_t pass;
};

struct trends {
	struct store *store;
	int cancel;
	struct rrdcached *server;
	char *address;     /* that it is for */
	GHashTable *known; /* kind and index as one number -> struct known */
	uint64_t pass;
	unsigned left; /* that may still be read in this step */
	int64_t pause_us; /* rrdcached did not answer: nothing is read until then */
	bool changed;
};

/* What has trends. */
static const struct trend_kind {
	enum row_set set;
	enum object_kind kind;
	const char *name;
} trend_kinds[] = {
	{ ROWS_POOL, OBJECT_POOL, "pool" },
	{ ROWS_NODE, OBJECT_NODE, "node" },
	{ ROWS_VM, OBJECT_VM, "vm" },
};

struct trends *
trends_new(struct store *store, int cancel)
{
	struct trends *t = g_new0(struct trends, 1);

	t->store = store;
	t->cancel = cancel;
	t->known = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	return t;
}

void
trends_free(struct trends *t)
{
	if (t == NULL)
		return;
	g_hash_table_destroy(t->known);
	rrdcached_free(t->server);
	g_free(t->address);
	g_free(t);
}

/* --- one object */

/* What rrdcached still holds.  False: it does not answer, and shall not be waited for again. */
static bool
write_out(struct trends *t, const char *path)
{
	g_autoptr(GError) error = NULL;

	return t->server == NULL || rrd_file_flush(t->server, path, &error) ||
	       !g_error_matches(error, RRD_ERROR, RRD_ERROR_GONE);
}

static void
read_trend(struct trends *t, const struct settings *settings, const struct trend_kind *kind,
    const char *name, struct known *known)
{
	g_autofree char *path =
	    rrd_layout_path(settings->rrd_dir, rrd_kind_find(kind->name), name, NULL);
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;

	if (path == NULL)
		return;
	if (!write_out(t, path)) {
		/* The samples of the next steps shall not have to wait as well. */
		t->left = 0;
		t->pause_us = g_get_monotonic_time() + YOUNG_S * G_USEC_PER_SEC;
		return;
	}
	if (kind->kind == OBJECT_POOL)
		known->days = trend_days_of_file(path, now);
	else
		trend_usage_of_file(path, kind->kind == OBJECT_NODE, now, &known->trend);
	t->changed = true;
}

static struct known *
known_of(struct trends *t, const struct trend_kind *kind, uint32_t index)
{
	int64_t key = (int64_t)kind->kind << 32 | index;
	struct known *known = g_hash_table_lookup(t->known, &key);

	if (known == NULL) {
		known = g_new0(struct known, 1);
		known->trend.h.index = index;
		known->trend.h.sub = (uint32_t)kind->kind;
		known->days = TREND_NONE;
		for (size_t i = 0; i < TREND_VALUES; i++)
			(&known->trend.value[0][0][0])[i] = ABSENT_U32;
		g_hash_table_insert(t->known, g_memdup2(&key, sizeof(key)), known);
	}
	known->pass = t->pass;
	return known;
}

static void
look_at_kind(struct trends *t, const struct settings *settings, const struct cluster *cluster,
    const struct trend_kind *kind, int64_t age_us)
{
	const struct rows *rows = &cluster->rows[kind->set];
	int64_t now = g_get_monotonic_time();
	char name[HISTORY_NAME];

	for (size_t i = 0; i < rows->n; i++) {
		const struct row_head *row = rows->row[i];
		struct known *known = known_of(t, kind, row->index);
		if (now < known->due_us || t->left == 0 ||
		    !history_name(cluster, kind->set, row, name))
			continue;
		t->left--;
		known->due_us = now + age_us;
		read_trend(t, settings, kind, name, known);
	}
}

/* --- all of them */

static struct part *
make_part(const struct trends *t)
{
	struct part *part = part_new("trends", NULL);
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, t->known);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct known *known = value;
		if (known->trend.h.sub == OBJECT_POOL) {
			struct pool *pool = part_add(part, ROWS_POOL);
			pool->h.index = known->trend.h.index;
			pool->days_left = known->days;
		} else {
			struct trend *trend = part_add(part, ROWS_TREND);
			*trend = known->trend;
		}
	}
	return part;
}

static gboolean
not_seen(gpointer key, gpointer known, gpointer pass)
{
	return ((struct known *)known)->pass != *(uint64_t *)pass;
}

static void
find_server(struct trends *t, const struct settings *settings)
{
	if (g_strcmp0(t->address, settings->rrdcached) == 0)
		return;
	rrdcached_free(t->server);
	t->server = NULL;
	g_free(t->address);
	t->address = g_strdup(settings->rrdcached);
	if (t->address[0] != '\0')
		t->server = rrdcached_new(t->address, t->cancel);
	if (t->server != NULL)
		rrdcached_set_patience(t->server, RRDCACHED_READER_PATIENCE_US);
	t->pause_us = 0;
}

/* How old a trend may become, with so many. */
static int64_t
age_of(const struct cluster *cluster)
{
	size_t n = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(trend_kinds); i++)
		n += cluster->rows[trend_kinds[i].set].n;
	return CLAMP((int64_t)n / PER_SECOND, YOUNG_S, OLD_S) * G_USEC_PER_SEC;
}

void
trends_look(struct trends *t, const struct settings *settings)
{
	SCOPED(cluster) cluster = store_get(t->store);

	find_server(t, settings);
	t->pass++;
	t->changed = false;
	t->left = g_get_monotonic_time() < t->pause_us
	              ? 0 : MAX(PER_SECOND * (unsigned)settings->rrd_step, BURST);
	for (size_t i = 0; i < G_N_ELEMENTS(trend_kinds); i++)
		look_at_kind(t, settings, cluster, &trend_kinds[i], age_of(cluster));
	t->changed |= g_hash_table_foreach_remove(t->known, not_seen, &t->pass) > 0;
	if (t->changed)
		store_publish(t->store, make_part(t), PUBLISH_SOON);
}

void
trends_forget(struct trends *t)
{
	g_hash_table_remove_all(t->known);
	store_retire(t->store, "trends");
}
