/*
 * One picture in the making: the arguments of librrd's rrd_graph_v, and what they are
 * made from.  draw.c's own, and under its lock.
 */
#ifndef VCL_GRAPHS_DRAWING_H
#define VCL_GRAPHS_DRAWING_H

#include <rrd.h>

#include "graphs/draw.h"
#include "graphs/rrdcached.h"

/* A file that the picture is drawn from. */
struct drawing_file {
	char *path;
	GHashTable *sources; /* their names */
};

/* A line of the legend, and what it stands for: vN and wN of drawing_add_data. */
struct drawing_line {
	char *label;
	const char *value; /* as in the catalogue; NULL: the sum of those that are not drawn */
	unsigned file;
	enum series_style style;
	enum series_color color;
	bool below;
	struct draw_numbers numbers;
};

struct drawing {
	const struct graph *graph;
	const struct draw_request *request;
	struct rrdcached *server; /* NULL: there is none, or it does not answer */
	GArray *files;       /* struct drawing_file */
	GArray *lines;       /* struct drawing_line */
	GArray *rest;        /* struct drawing_line: members that are not drawn */
	GHashTable *defined; /* sources that the arguments define already */
	GPtrArray *args;
};

struct drawing_line *drawing_line(const struct drawing *, unsigned n);

void drawing_init(struct drawing *, const struct draw_request *);
void drawing_clear(struct drawing *);

/* What people call the object. */
const char *drawing_name(const struct draw_request *);

/* Its files, written out, and its lines.  False: there are none. */
bool drawing_find_files(struct drawing *, const struct settings *, GError **);

/* The arguments: anew, with what all have in common; one more. */
void drawing_start(struct drawing *);
void drawing_arg(struct drawing *, const char *);
void drawing_argf(struct drawing *, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* In rrdtool's arguments a colon separates, unless escaped.  To be freed. */
char *drawing_escape(const char *);

/* For line n: vN the average, wN the maximum, both positive. */
void drawing_add_data(struct drawing *);

/* What librrd makes of them, to be freed by rrd_info_free; NULL with an error. */
rrd_info_t *drawing_run(struct drawing *, GError **);

/* drawing_files.c: of the members those that have used most are lines, the others the rest. */
void drawing_choose(struct drawing *);

/* The picture, when the numbers are known, or a spark: drawing_picture.c. */
GBytes *drawing_picture(struct drawing *, struct draw_plot *, GError **);
GBytes *drawing_spark(struct drawing *, struct draw_plot *, GError **);

#endif
