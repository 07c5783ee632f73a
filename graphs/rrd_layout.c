/* Kinds, data sources and archives of RRD files. */
#include "graphs/rrd_layout.h"

#include <pthread.h>
#include <string.h>

const struct rrd_kind rrd_kinds[] = {
	{ "cluster", &cluster_table },
	{ "node", &node_table },
	{ "vm", &vm_table },
	{ "disk", &disk_table, .small = true },
	{ "nic", &nic_table, .small = true },
	{ "pool", &pool_table },
	{ "volume", &volume_table, .small = true },
};
const size_t rrd_kinds_n = G_N_ELEMENTS(rrd_kinds);

#define DAY         86400u
#define SMALL_YEARS 2 /* at most, of what there are many of */
#define FINEST_MOST 17280 /* rows of one step: with a step below 5 s less than a day */

/*
 * xff is the part of a row's time that may be unknown.  Half, so that gaps stay gaps; but
 * a day counts as soon as there was an hour of it: a VM that runs in office hours only
 * shall have a trend over two years, and it is the trend of the hours it ran.
 */
#define ARCHIVES 4
struct archive {
	unsigned row;  /* seconds per row; 0: one step */
	unsigned span; /* seconds; 0: as many years as wanted */
	const char *xff;
};

static const struct archive large[ARCHIVES] = {
	{ 0, DAY, "0.5" },
	{ 300, 7 * DAY, "0.5" },
	{ 3600, 31 * DAY, "0.5" },
	{ DAY, 0, "0.95" },
};

/*
 * Disks, NICs and volumes: five for each VM.  A week is drawn with a row every quarter of an
 * hour, which is still finer than the pixels of the picture.
 */
static const struct archive small[ARCHIVES] = {
	{ 0, DAY, "0.5" },
	{ 900, 7 * DAY, "0.5" },
	{ 3600, 31 * DAY, "0.5" },
	{ DAY, 0, "0.95" },
};

static const char *const consolidations[] = { "AVERAGE", "MAX" };

static const char *const source_types[] = {
	[GRAPH_LEVEL] = "GAUGE",
	[GRAPH_RATE] = "DERIVE",
};

const struct rrd_kind *
rrd_kind_find(const char *name)
{
	for (size_t i = 0; i < rrd_kinds_n; i++)
		if (strcmp(rrd_kinds[i].name, name) == 0)
			return &rrd_kinds[i];
	return NULL;
}

/* --- sources: what the columns say, read once */

static struct rrd_sources sources[G_N_ELEMENTS(rrd_kinds)];
static pthread_once_t sources_once = PTHREAD_ONCE_INIT;

static void
find_sources(void)
{
	for (size_t i = 0; i < rrd_kinds_n; i++) {
		struct rrd_sources *out = &sources[i];
		TABLE_FOREACH_COLUMN (rrd_kinds[i].table, c) {
			if (c->graph == GRAPH_NONE)
				continue;
			g_assert(out->n < RRD_SOURCES_MOST);
			out->column[out->n++] = c;
		}
	}
}

const struct rrd_sources *
rrd_kind_sources(const struct rrd_kind *kind)
{
	pthread_once(&sources_once, find_sources);
	return &sources[kind - rrd_kinds];
}

int
rrd_kind_source(const struct rrd_kind *kind, const char *name)
{
	const struct rrd_sources *s = rrd_kind_sources(kind);

	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->column[i]->series, name) == 0)
			return (int)i;
	return -1;
}

char *
rrd_layout_path(
    const char *dir, const struct rrd_kind *kind, const char *identity, GError **error)
{
	bool fine = identity[0] != '\0' && identity[0] != '.' &&
	            strlen(identity) <= 200;

	for (const char *p = identity; *p != '\0'; p++)
		fine = fine && (g_ascii_isalnum(*p) || strchr("._-", *p) != NULL);
	if (!fine) {
		g_set_error(error, RRD_ERROR, RRD_ERROR_FAILED,
		    "\"%s\" cannot be the name of a file", identity);
		return NULL;
	}
	return g_strdup_printf("%s/%s/%s.rrd", dir, kind->name, identity);
}

char *
rrd_layout_source(const struct column *c, unsigned heartbeat)
{
	return g_strdup_printf(
	    "DS:%s:%s:%u:0:U", c->series, source_types[c->graph], heartbeat);
}

unsigned
rrd_layout_days(const struct rrd_kind *kind, unsigned years)
{
	return (kind->small ? MIN(years, SMALL_YEARS) : years) * 1461 / 4 + 1;
}

void
rrd_layout_add_archives(
    GPtrArray *args, const struct rrd_kind *kind, unsigned step, unsigned years)
{
	const struct archive *archives = kind->small ? small : large;

	for (size_t cf = 0; cf < G_N_ELEMENTS(consolidations); cf++) {
		for (const struct archive *a = archives; a < archives + ARCHIVES; a++) {
			unsigned steps = MAX(a->row / step, 1);
			unsigned span = a->span > 0 ? a->span : rrd_layout_days(kind, years) * DAY;
			unsigned rows = (span + steps * step - 1) / (steps * step);
			g_ptr_array_add(args, g_strdup_printf("RRA:%s:%s:%u:%u",
			    consolidations[cf], a->xff, steps,
			    a->row == 0 ? MIN(rows, FINEST_MOST) : rows));
		}
	}
}

/* One sample may be lost, whatever the beat of steps and readings; two make a gap. */
unsigned
rrd_layout_heartbeat(unsigned step, unsigned interval)
{
	return 3 * MAX(step, interval);
}
