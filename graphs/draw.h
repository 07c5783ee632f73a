/*
 * Draws one graph of one object from its RRD file.
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
#include "model/settings.h"

enum draw_format { DRAW_SVG, DRAW_PNG };
enum draw_theme { DRAW_LIGHT, DRAW_DARK };

#define DRAW_WIDTH  760
#define DRAW_HEIGHT 300

struct draw_request {
	const char *kind;       /* "vm", "node" or "pool" */
	const char *identity;   /* UUID, node name or pool index: the file's name */
	const char *title;      /* what people call the object; NULL: the identity */
	const char *graph;      /* name in the catalogue */
	int64_t start, end;     /* seconds since 1970 */
	unsigned width, height; /* of the whole picture in pixels; 0: DRAW_WIDTH, ... */
	enum draw_format format;
	enum draw_theme theme;
};

/* The picture, to be unreferenced; NULL with one sentence for people. */
GBytes *draw_graph(const struct settings *, const struct draw_request *, GError **);

/* The numbers of a legend's line, in the graph's unit; NAN: not known. */
struct draw_numbers {
	double min, average, max, last;
};

/* The numbers of each of the graph's series, without a picture; the graph, or NULL. */
const struct graph *draw_numbers(const struct settings *, const struct draw_request *,
    struct draw_numbers out[GRAPH_SERIES_MOST], GError **);

#endif
