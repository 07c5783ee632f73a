/* Kinds, data sources and archives of RRD files. */
#include "graphs/rrd_layout.h"

#include <string.h>

const struct rrd_kind rrd_kinds[] = {
	{ "vm", &vm_table },
	{ "node", &node_table },
	{ "pool", &pool_table },
};
const size_t rrd_kinds_n = G_N_ELEMENTS(rrd_kinds);

#define DAY 86400u

/*
 * xff is the part of a row's time that may be unknown.  Half, so that gaps stay gaps; but
 * a day counts as soon as there was an hour of it: a VM that runs in office hours only
 * shall have a trend over two years, and it is the trend of the hours it ran.
 */
static const struct archive {
	unsigned row;  /* seconds per row; 0: one step */
	unsigned span; /* seconds */
	const char *xff;
} archives[] = {
	{ 0, DAY, "0.5" },
	{ 300, 7 * DAY, "0.5" },
	{ 3600, 31 * DAY, "0.5" },
	{ DAY, 731 * DAY, "0.95" },
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

void
rrd_kind_sources(const struct rrd_kind *kind, struct rrd_sources *out)
{
	out->n = 0;
	TABLE_FOREACH_COLUMN (kind->table, c) {
		if (c->graph == GRAPH_NONE)
			continue;
		g_assert(out->n < RRD_SOURCES_MOST);
		out->column[out->n++] = c;
	}
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

void
rrd_layout_add_archives(GPtrArray *args, unsigned step)
{
	for (size_t cf = 0; cf < G_N_ELEMENTS(consolidations); cf++) {
		for (const struct archive *a = archives;
		     a < archives + G_N_ELEMENTS(archives); a++) {
			unsigned steps = MAX(a->row / step, 1);
			g_ptr_array_add(
			    args, g_strdup_printf("RRA:%s:%s:%u:%u", consolidations[cf],
				      a->xff, steps,
				      (a->span + steps * step - 1) / (steps * step)));
		}
	}
}

/* One sample may be lost, whatever the beat of steps and readings; two make a gap. */
unsigned
rrd_layout_heartbeat(unsigned step, unsigned interval)
{
	return 3 * MAX(step, interval);
}
