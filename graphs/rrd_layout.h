/*
 * What an RRD file consists of: kinds of objects, their data sources, the archives.
 *
 * Which sources there are is said by the columns of the object's table: RATE() becomes
 * DERIVE with minimum 0 (a counter that starts anew makes a gap, never a spike; nobody
 * guesses at wraps), LEVEL() becomes GAUGE.
 */
#ifndef VCL_GRAPHS_RRD_LAYOUT_H
#define VCL_GRAPHS_RRD_LAYOUT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "graphs/rrdcached.h"
#include "model/table.h"

#define RRD_SOURCES_MOST 32
#define RRD_YEARS 10 /* of a row a day, unless somebody wants another number */

/* The kinds of objects that have a history. */
struct rrd_kind {
	const char *name; /* "vm": folder, and the word in requests */
	const struct table *table;
	bool small; /* there are many of them: fewer rows, see rrd_layout.c */
};

extern const struct rrd_kind rrd_kinds[];
extern const size_t rrd_kinds_n;

/* NULL: no such kind. */
const struct rrd_kind *rrd_kind_find(const char *name);

/* The columns of a kind that are recorded, in the order of the table. */
struct rrd_sources {
	const struct column *column[RRD_SOURCES_MOST];
	size_t n;
};
const struct rrd_sources *rrd_kind_sources(const struct rrd_kind *);

/* The place of a source among them, or -1. */
int rrd_kind_source(const struct rrd_kind *, const char *name);

/*
 * DIR/KIND/IDENTITY.rrd, to be freed; NULL with an error when the identity could not be
 * a file name (it comes from hosts and from requests).
 */
char *rrd_layout_path(
    const char *dir, const struct rrd_kind *, const char *identity, GError **);

/* Arguments of create, to be freed: "DS:..." of a source, "RRA:..." of all archives. */
char *rrd_layout_source(const struct column *, unsigned heartbeat);
void rrd_layout_add_archives(
    GPtrArray *args, const struct rrd_kind *, unsigned step, unsigned years);

/* Rows that the archive of whole days shall have. */
unsigned rrd_layout_days(const struct rrd_kind *, unsigned years);

/*
 * Seconds of silence until a value is unknown, with a sample every `step` and a reading
 * every `interval` seconds.
 */
unsigned rrd_layout_heartbeat(unsigned step, unsigned interval);

#endif
