/*
 * The numbers of one source of one object, as the files have them: what a rate counts in a
 * second, and levels.
 */
#ifndef VCL_GRAPHS_SERIES_H
#define VCL_GRAPHS_SERIES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/settings.h"

#define SERIES_MOST   5000 /* points of one answer */
#define SERIES_POINTS 500  /* about so many, unless a resolution is asked for */

struct series_request {
	const char *kind;     /* "vm" */
	const char *identity; /* model/history.h */
	const char *title;    /* what people call the object */
	const char *source;   /* "cpu" */
	int64_t from, to;     /* seconds since 1970 */
	int64_t step;         /* seconds, 0: whatever fits */
	bool max;             /* the highest, not the average, of what a point is about */
};

/* Point i tells of the `step` seconds until start + (i + 1) * step. */
struct series {
	int64_t start;
	unsigned step;
	size_t n;
	double *value; /* owned; NAN: unknown */
};

/* Waits for rrdcached to write what it holds.  Any thread. */
bool series_read(const struct settings *, const struct series_request *, struct series *,
    GError **);

#endif
