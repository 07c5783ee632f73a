/*
 * The RRD consumer: one thread that takes the newest cluster value at every step and
 * writes a sample of each object that has a history to its file, reads trends from them, and
 * puts those of objects that are gone into the archive.
 *
 * Level triggered: what it misses is missed, it holds up nobody.  A reading is written
 * once, at the time it was taken; a stale object gets nothing (a gap).  While rrdcached
 * or the disk refuses, samples wait for up to an hour, within a bound on memory.
 */
#ifndef VCL_GRAPHS_RRD_SINK_H
#define VCL_GRAPHS_RRD_SINK_H

#include <glib.h>
#include <stdint.h>

#include "common/scoped.h"
#include "model/settings.h"
#include "model/store.h"

struct rrd_sink;

/*
 * Starts the thread.  The store is borrowed and must outlive the sink.  With
 * settings->rrd_enabled false the thread sleeps until rrd_sink_apply says otherwise.
 */
struct rrd_sink *rrd_sink_new(struct store *, struct settings *, GError **);

/* Takes new settings into use at once.  Any thread. */
void rrd_sink_apply(struct rrd_sink *, struct settings *);

/* Ends the thread, also one that waits for rrdcached.  NULL is fine. */
void rrd_sink_free(struct rrd_sink *);
SCOPED_DEFINE(rrd_sink, rrd_sink_free)

struct rrd_sink_stats {
	uint64_t updates;     /* samples written */
	uint64_t failed;      /* attempts refused */
	uint64_t dropped;     /* samples given up */
	uint64_t waiting;     /* samples kept for a better time */
	int64_t last_good_us; /* last write that succeeded, monotonic; 0: none yet */
};

/* Any thread. */
void rrd_sink_get_stats(struct rrd_sink *, struct rrd_sink_stats *);

#endif
