/*
 * A probe: a command that writes records of a host, one a line, and the thread that runs
 * it.  When it ends, is silent or talks nonsense, it is killed and started again after
 * 1, 2, 4, ... 60 seconds.
 *
 * All functions may be called from any thread; none but probe_wait waits.
 */
#ifndef VCL_COLLECTORS_PROBE_H
#define VCL_COLLECTORS_PROBE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "collectors/probe_record.h"

struct probe;

/* On the probe's thread, with none of its locks held. */
typedef void probe_sink(void *ctx, const struct probe *from, const struct probe_record *);

struct probe_setup {
	const char *node;    /* for the log */
	const char *command; /* words as in a shell, without its services; "local": here */
	int interval;        /* seconds between records, unless they tell otherwise */
	probe_sink *sink;
	void *ctx;
	GDestroyNotify release; /* of ctx, when nobody uses it any more */
};

struct probe *probe_start(const struct probe_setup *);

/* Is it that command, at that interval? */
bool probe_is(const struct probe *, const char *command, int interval);

/* Tells it to end: it kills its command, within a second unless the kernel does not. */
void probe_stop(struct probe *);

/* Has it ended? */
bool probe_ended(struct probe *);

/* Waits until it has, or until that monotonic time. */
void probe_wait(struct probe *, int64_t deadline);

/* After probe_stop.  If it has not ended, it is left to itself. */
void probe_free(struct probe *);

#endif
