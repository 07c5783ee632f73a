/*
 * A worker: one thread that runs one operation.  The job manager's own.
 *
 * It may hang in libvirt for ever.  Then the manager gives it up: the job fails, the
 * thread stays, and whatever it says later is only logged.
 */
#ifndef VCL_VMOPS_WORKER_H
#define VCL_VMOPS_WORKER_H

#include "vmops/jobs_private.h"

struct worker {
	refcount refs; /* the manager's, the thread's, and a report's */

	/* immutable */
	struct jobs *jobs; /* a reference */
	const struct op *op;
	struct request request;
	uint32_t number;
	uint32_t node;
	char *node_name;
	int64_t deadline; /* monotonic; the guest's time is over */
	bool autostart;   /* the VM started with its node when the job began */
	bool recovers;    /* says what became of what an earlier process began */
	bool managed;     /* through the cluster manager; the worker's thread only */

	/* guarded by jobs->lock */
	pthread_cond_t wake;
	uint32_t pool; /* that it fills, 0: none, or no longer */
	bool cancel;
	bool begun;      /* it may have changed something */
	bool owns;       /* asks that it be written down, see op_run.own */
	bool owned;      /* and it is */
	bool given_up;   /* then it may not begin any longer */
	int64_t overdue; /* monotonic; it must be hanging */
	bool progressed; /* since the manager last looked */
	struct op_progress progress;

	/* manager's thread only */
	struct job_entry *entry; /* NULL: given up */
	bool ended;              /* its report has been taken */

	/* the worker's thread only; the manager's once it is in jobs->reports */
	GError *error; /* NULL: succeeded */
	int64_t ended_us;
};

/* Starts the thread.  The caller gets a reference; NULL: no thread is to be had. */
struct worker *worker_start(struct jobs *, struct job_entry *, const char *node_name,
    uint32_t pool);
void worker_unref(struct worker *);

/* Holding the lock: ends the wait for a guest. */
void worker_cancel(struct worker *);

#endif
