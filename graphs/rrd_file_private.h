/* What the files about RRD files share. */
#ifndef VCL_GRAPHS_RRD_FILE_PRIVATE_H
#define VCL_GRAPHS_RRD_FILE_PRIVATE_H

#include "graphs/rrd_facts.h"
#include "graphs/rrd_file.h"

struct rrd_file {
	char *path;
	const struct rrd_kind *kind;
	const struct rrd_sources *sources;
	unsigned step, heartbeat, years;
	struct rrdcached *server;

	/* learnt by prepare */
	bool ready;
	bool blank; /* it is there, with nothing in it */
	GArray *order; /* int8_t: for each source in the file, which of ours; -1: none */
	unsigned lacks;
	int64_t last;
};

/* Sets the error to what librrd says.  Returns false. */
bool rrd_file_librrd_failed(GError **);

/* Learns what is in the file, and the order of its sources. */
bool rrd_file_read(struct rrd_file *, struct rrd_facts *, GError **);

/* --- rrd_file_make.c */

/* A new file, whose history starts before `first`. */
bool rrd_file_create(struct rrd_file *, int64_t first, GError **);

/* It has all that a new one would have; otherwise it is given that, if it can. */
bool rrd_file_is_complete(const struct rrd_file *, const struct rrd_facts *);
bool rrd_file_extend(struct rrd_file *, struct rrd_facts *, GError **);

#endif
