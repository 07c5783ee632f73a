/*
 * Operations: what a job of each type does.  One line each in `ops`.
 */
#ifndef VCL_VMOPS_OPS_H
#define VCL_VMOPS_OPS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/names.h"
#include "vmops/backend_libvirt.h"

/* Codes are enum job_cause. */
#define OP_ERROR (op_error_quark())
GQuark op_error_quark(void);

struct op_run {
	struct backend *backend;
	const char *vm;   /* name, for sentences */
	const char *uuid;
	const char *node; /* name of the node to act on */
	int64_t deadline; /* monotonic; what waits for the guest gives up then */

	/*
	 * To be called right before anything is changed, for finding the domain may have
	 * taken long.  False: not right any longer, or nobody waits for it any longer.
	 */
	bool (*begin)(void *context, GError **error);

	/* Sleeps; false when the job shall end now: cancelled, or the agent stops. */
	bool (*pause)(void *context, int64_t us, GError **error);
	void *context;
};

/* Runs in a thread of its own.  One sentence with VM and node when it fails. */
typedef bool op_function(const struct op_run *, GError **error);

#define OP_STATE(state) (1u << (state))

/* What the VM is after it. */
enum op_leaves { LEAVES_ANY, LEAVES_ACTIVE, LEAVES_INACTIVE };

struct op {
	int32_t type; /* enum job_type, 0 ends the table */
	const char *verb; /* in sentences: "cannot be VERB" */
	op_function *run;
	uint32_t states;    /* OP_STATE of each state of the VM in which it is possible */
	unsigned timeout_s; /* the guest's time */
	enum op_leaves leaves;
	bool cancellable; /* while it runs */
};

extern const struct op ops[];

/* The operation of that job type, or NULL. */
const struct op *op_find(int32_t type);

#endif
