/*
 * What is in an RRD file, its sources and archives, as learnt from rrdinfo's lines; and as
 * arguments of create and tune.
 */
#ifndef VCL_GRAPHS_RRD_FACTS_H
#define VCL_GRAPHS_RRD_FACTS_H

#include <glib.h>
#include <stdint.h>

/* A source as it is in the file. */
struct rrd_facts_source {
	char *name;
	char *type;
	char *heartbeat, *min, *max; /* as an argument of create wants them */
	unsigned index;
};

/* An archive likewise. */
struct rrd_facts_archive {
	char *cf, *xff;
	unsigned steps, rows;
};

struct rrd_facts {
	GPtrArray *sources; /* struct rrd_facts_source, by index */
	GPtrArray *archives; /* struct rrd_facts_archive */
	unsigned step;
	int64_t last;
};

void rrd_facts_init(struct rrd_facts *);
void rrd_facts_clear(struct rrd_facts *);

/* One line of rrdinfo: ds[NAME].KEY, rra[NUMBER].KEY, step and last_update. */
void rrd_facts_learn(struct rrd_facts *, const char *key, const char *value);

/* When all is learnt: puts the sources into the file's order. */
void rrd_facts_sort(struct rrd_facts *);

/* NULL: the file does not have it. */
struct rrd_facts_source *rrd_facts_source(const struct rrd_facts *, const char *name);

/*
 * What makes the same file again, "DS:..." and "RRA:..."; but for archives of whole days,
 * which get `days` rows if they have less.
 */
void rrd_facts_add_own(const struct rrd_facts *, unsigned days, GPtrArray *args);

/* "RRA#INDEX:+ROWS" for archives of whole days that have less than `days` rows. */
void rrd_facts_add_rows(const struct rrd_facts *, unsigned days, GPtrArray *args);

#endif
