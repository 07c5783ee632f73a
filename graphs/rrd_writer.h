/*
 * Writes samples to many RRD files: keeps them while rrdcached or the disk refuses, tells
 * of each cause once, and comes back with longer and longer pauses.  What rrdcached has taken
 * is kept for a while as well, and sent again when it was killed.
 *
 * One thread, but for rrd_counters, which any thread may read.
 */
#ifndef VCL_GRAPHS_RRD_WRITER_H
#define VCL_GRAPHS_RRD_WRITER_H

#include <glib.h>
#include <stdatomic.h>
#include <stdint.h>

#include "graphs/rrd_file.h"

struct rrd_counters {
	_Atomic uint64_t updates, failed, dropped, waiting;
	_Atomic int64_t last_good_us;
};

struct rrd_writer_options {
	const char *dir;
	const char *server; /* address of rrdcached, "": directly */
	unsigned step, years;
	int cancel; /* descriptor: readable means come back at once */
	struct rrd_counters *counters;
};

struct rrd_writer;
struct rrd_queue; /* the samples of one object */

struct rrd_writer *rrd_writer_new(const struct rrd_writer_options *);

/* Drops what still waits, which is logged, and every queue. */
void rrd_writer_free(struct rrd_writer *);
SCOPED_DEFINE(rrd_writer, rrd_writer_free)

/*
 * For an object that is read every `interval` seconds.  NULL when the identity cannot be a
 * file name; that is logged.
 */
struct rrd_queue *rrd_writer_open(struct rrd_writer *, const struct rrd_kind *,
    const char *identity, unsigned interval);
void rrd_writer_expect(struct rrd_queue *, unsigned interval);
void rrd_writer_close(struct rrd_writer *, struct rrd_queue *);

/* Adds a sample, newer than the ones before; the oldest gives way when there is no room. */
void rrd_writer_keep(
    struct rrd_writer *, struct rrd_queue *, const struct rrd_sample *);

/*
 * Writes all that waits, as far as it can.  New files take turns: half a step's time is spent
 * on them at most.
 */
void rrd_writer_write(struct rrd_writer *);

/* rrdcached did not answer: it should not be asked for other things now. */
bool rrd_writer_has_lost_server(const struct rrd_writer *);

#endif
