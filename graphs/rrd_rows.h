/*
 * Rows of an RRD file, as rrdtool fetch has them.
 */
#ifndef VCL_GRAPHS_RRD_ROWS_H
#define VCL_GRAPHS_RRD_ROWS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rrd_rows {
	int64_t start; /* row i tells of the `step` seconds until start + (i + 1) * step */
	unsigned step;
	size_t n;
	unsigned long sources;
	char **names;
	double *data; /* row by row */
};

/*
 * Of the archive of `cf` whose rows come nearest to `step` seconds, over that span.  False
 * with an error of RRD_ERROR, and without rows, when there is no such file.
 */
bool rrd_rows_read(struct rrd_rows *, const char *path, const char *cf, int64_t from,
    int64_t to, unsigned step, GError **);
void rrd_rows_clear(struct rrd_rows *);

/* The values of one source, to be freed, NAN where unknown.  NULL: there is none. */
double *rrd_rows_source(const struct rrd_rows *, const char *name);

#endif
