/*
 * One picture in the making: the arguments of librrd's rrd_graph_v, and what they are
 * made from.  draw.c's own, and under its lock.
 */
#ifndef VCL_GRAPHS_DRAWING_H
#define VCL_GRAPHS_DRAWING_H

#include <rrd.h>

#include "graphs/draw.h"

struct drawing {
	const struct graph *graph;
	const struct draw_request *request;
	char *path;
	GHashTable *in_file; /* names of the file's data sources */
	GHashTable *defined; /* those that the arguments define already */
	GPtrArray *args;
	struct draw_numbers numbers[GRAPH_SERIES_MOST];
};

void drawing_clear(struct drawing *);

/* What people call the object. */
const char *drawing_name(const struct draw_request *);

/* Its file, written out, and which sources that has.  False: there is none. */
bool drawing_find_file(struct drawing *, const struct settings *, GError **);

/* The arguments: anew, with what all have in common; one more. */
void drawing_start(struct drawing *);
void drawing_arg(struct drawing *, const char *);
void drawing_argf(struct drawing *, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* For series n: vN the average, wN the maximum, both positive. */
bool drawing_add_data(struct drawing *, GError **);

/* What librrd makes of them, to be freed by rrd_info_free; NULL with an error. */
rrd_info_t *drawing_run(struct drawing *, GError **);

/* The picture, when the numbers are known: drawing_picture.c. */
GBytes *drawing_picture(struct drawing *, GError **);

#endif
