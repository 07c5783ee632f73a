/*
 * The samples of one object on their way to its file, oldest first: those that rrdcached has
 * taken, which it may not have written yet, and those that wait.
 *
 * There are many queues: samples are kept without the values that their kind does not have.
 * One thread.
 */
#ifndef VCL_GRAPHS_RRD_QUEUE_H
#define VCL_GRAPHS_RRD_QUEUE_H

#include <glib.h>
#include <stdint.h>

#include "graphs/rrd_file.h"

struct rrd_queue {
	struct rrd_file *file;
	size_t values;      /* of a sample */
	char *packed;       /* samples: time and values */
	guint len, room;    /* so many there are, and can be */
	guint taken;        /* of the oldest, by rrdcached */
	int64_t refused_us; /* monotonic, since when they are refused; 0: they are not */
};

/* Takes the file, whose samples have so many values. */
struct rrd_queue *rrd_queue_new(struct rrd_file *, size_t values);
void rrd_queue_free(void *queue);

/* Octets of a sample in here. */
size_t rrd_queue_size(const struct rrd_queue *);

guint rrd_queue_waiting(const struct rrd_queue *);
void rrd_queue_add(struct rrd_queue *, const struct rrd_sample *);
void rrd_queue_drop(struct rrd_queue *, guint n);
void rrd_queue_get(const struct rrd_queue *, guint i, struct rrd_sample *out);
int64_t rrd_queue_time(const struct rrd_queue *, guint i);

/* How many of the oldest are not newer than that. */
guint rrd_queue_until(const struct rrd_queue *, int64_t at);

#endif
