/*
 * Draws one graph: of one object from its RRD file, or of several VMs from theirs.
 *
 * Any thread; librrd's drawing has state of its own, so one picture is drawn at a time.
 * Takes some ten milliseconds, and waits for rrdcached to write what it holds (if it does
 * not answer, the picture shows what the file has).  Text needs a font: DejaVu
 * (fonts-dejavu-core) or whatever fontconfig finds.
 */
#ifndef VCL_GRAPHS_DRAW_H
#define VCL_GRAPHS_DRAW_H

#include <glib.h>
#include <stdint.h>

#include "graphs/catalogue.h"
#include "model/marks.h"
#include "model/settings.h"

enum draw_format { DRAW_SVG, DRAW_PNG };
enum draw_theme { DRAW_LIGHT, DRAW_DARK };

#define DRAW_WIDTH  760
#define DRAW_HEIGHT 300
#define DRAW_MEMBERS_HEIGHT 400 /* of a graph of members, which has a long legend */

struct draw_request {
	const char *kind;       /* of the object: "vm" */
	const char *identity;   /* model/history.h */
	const char *title;      /* what people call the object; NULL: the identity */
	const char *graph;      /* name in the catalogue */
	int64_t start, end;     /* seconds since 1970 */
	unsigned width, height; /* of the whole picture in pixels; 0: DRAW_WIDTH, ... */
	enum draw_format format;
	enum draw_theme theme;
	bool percentile; /* the 95th of each series: a dashed line, and in the legend */
	bool spark; /* only the first series, without axes and words; 20x10 and more */
	const struct mark *marks; /* what happened, as lines from top to bottom */
	size_t marks_n;
	const struct member *members; /* of a graph that has some */
	size_t members_n;
};

/* Where in a picture the data is drawn, in its pixels. */
struct draw_plot {
	int image_width, image_height;
	int left, top, width, height;
};

/* The picture, to be unreferenced; NULL with one sentence for people. */
GBytes *draw_graph(const struct settings *, const struct draw_request *, struct draw_plot *,
    GError **);

/* The numbers of a legend's line, in the graph's unit; NAN: not known. */
struct draw_numbers {
	double min, average, max, last, p95;
};

#define DRAW_LINES_MOST (GRAPH_LINES_MOST + 1)

/*
 * What stands in the legend, line by line, without a picture: of each of the graph's series,
 * or of the members that are drawn.  The graph, or NULL.
 */
const struct graph *draw_numbers(const struct settings *, const struct draw_request *,
    struct draw_numbers out[DRAW_LINES_MOST], GError **);

#endif
