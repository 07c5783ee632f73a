/*
 * Files of objects that are gone: moved to RRD_DIR/archive/KIND/, back when the object is
 * there again, and removed when they have been there for as long as they are kept.
 *
 * A file is moved when nobody knows its object, nothing was written for a day, and every node
 * answers: a silent one may have the object.
 */
#ifndef VCL_GRAPHS_RRD_SHELF_H
#define VCL_GRAPHS_RRD_SHELF_H

#include <stdbool.h>
#include <stdint.h>

#include "graphs/rrdcached.h"
#include "model/cluster.h"
#include "model/settings.h"

struct rrd_shelf {
	int64_t due; /* seconds since 1970: when to look next */
	size_t kind; /* which kind comes next */
};

/*
 * Looks at the files of one kind, when it is time: one after the other, all of them once an
 * hour.  `server` may be NULL; `now` in seconds since 1970.
 */
void rrd_shelf_look(struct rrd_shelf *, const struct cluster *, const struct settings *,
    struct rrdcached *server, int64_t now);

/* Takes the file of that path back from the archive.  False when it is not there. */
bool rrd_shelf_return(const char *path);

#endif
