/*
 * The graph catalogue: one table says which graphs there are and what is in them.
 */
#ifndef VCL_GRAPHS_CATALOGUE_H
#define VCL_GRAPHS_CATALOGUE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "model/members.h"

enum series_style {
	STYLE_AREA,  /* filled, with its MAX as a light band above it */
	STYLE_STACK, /* filled, on top of the series before; no band */
	STYLE_LINE,
};

/* Okabe and Ito's palette, which colour-blind people can tell apart. */
enum series_color {
	COLOR_BLUE,
	COLOR_ORANGE,
	COLOR_GREEN,
	COLOR_VERMILLION,
	COLOR_PURPLE,
	COLOR_SKY,
	COLOR_OLIVE,
	COLOR_GREY, /* of what is put together, or set against */
	COLOR_COUNT,
};

/*
 * The value is an RPN expression as rrdgraph_rpn(1) has it, in which `@SOURCE` is a data
 * source (AVERAGE or MAX, whichever is wanted) and `=SOURCE` its AVERAGE in both cases.
 */
struct graph_series {
	const char *label; /* NULL ends the series */
	const char *value;
	enum series_style style;
	enum series_color color;
	bool below; /* drawn below the axis; its numbers stay positive */
};

#define GRAPH_SERIES_MOST 5
#define GRAPH_LINES_MOST  8 /* of members that are drawn, with the rest of them */

/*
 * A graph of members has one series, of each of the VMs that it is about; its label is that
 * of all the others together, which a stack has and lines have not.
 */
struct graph {
	const char *kind;  /* of object: "vm" */
	const char *name;  /* what people type: "cpu" */
	const char *title; /* "CPU" */
	const char *label; /* of the vertical axis */
	const char *unit;  /* behind a number of the legend: "bit/s" */
	unsigned base;     /* 1000 or 1024: of k, M, G; 0: numbers as they are */
	double least;      /* the axis reaches at least this far */
	struct graph_series series[GRAPH_SERIES_MOST + 1];
	enum member_rank members; /* in what order they are */
};

extern const struct graph graphs[];
extern const size_t graphs_n;

/* NULL with one sentence that tells what there is, when there is no such graph. */
const struct graph *graph_find(const char *kind, const char *name, GError **);

#endif
