/*
 * Pictures: drawn by the daemon when a browser asks for one, and kept for a while.
 *
 *	/graph/vm/UUID/cpu.svg?span=day&size=medium&theme=dark
 *	/graph/node/NAME/memory.png?from=1700000000&to=1700003600
 *
 * The reply's header Virtcluster-Plot tells a script where in the picture the time goes:
 * "LEFT TOP WIDTH HEIGHT OF-WIDTH OF-HEIGHT", in pixels.  Virtcluster-Marks tells what
 * happened in that time: "SECONDS WORDS,...", the words encoded as in addresses.
 */
#ifndef VCL_WEB_GRAPH_H
#define VCL_WEB_GRAPH_H

#include "web/span.h"
#include "web/web.h"

struct graph_size {
	const char *name;
	int width, height;
	bool spark;
};
extern const struct graph_size graph_sizes[]; /* ended by a NULL name */
const struct graph_size *graph_size_find(const char *name); /* NULL: there is none */

#define GRAPH_NO_ID "-" /* stands in addresses for the one that has no name: the cluster */

/* Does the answer to "graphs" have that one, or, for NULL, any of that kind? */
bool graph_is_known(const struct answer *, const char *kind, const char *graph);

struct graphs *graphs_new(struct ask *);
void graphs_free(struct graphs *);
SCOPED_DEFINE(graphs, graphs_free)

web_page page_picture;

/* Takes a picture as cairo writes it; the same one without style attributes. */
GBytes *graph_plain_svg(GBytes *);

/*
 * All graphs of an object over the page's span, with the links that change it; or, if the
 * address says "graph", that one over all spans.  `id` is what the daemon and the addresses
 * call it.
 */
bool graph_put_all(struct page *, const char *kind, const char *id, const char *name,
    GError **);

/* One picture that is a link; `size` is "small", "medium" or "large". */
void graph_put_one(struct page *, const char *kind, const char *id, const char *graph,
    const struct span *, const char *size, const char *alt, const char *link);

/* The last hour of the object's first graph, as small as a word; loaded when it is seen. */
void graph_put_spark(struct page *, const char *kind, const char *id, const char *graph);

#endif
