/*
 * Applications: what may be asked of the cluster manager, asking for it, and waiting until it
 * has come about.  What is true is told by the rows that the collector makes, never by the
 * tool that was run.
 */
#ifndef VCL_VMOPS_APP_H
#define VCL_VMOPS_APP_H

#include "vmops/ops.h"

/* --- may it be asked for: app_check.c, pure; errors of REQUEST_ERROR */

/* Is the state of the cluster known at present; also where there is no cluster manager. */
bool app_cluster_is_known(const struct cluster *, int64_t now);

/* There is a cluster manager, its state is known, and it has the quorum. */
bool app_cluster_check(const struct cluster *, int64_t now, GError **);

/* A fencing device is started. */
bool app_has_fencing(const struct cluster *);

/* Besides, it does not leave that application alone, and its state is known. */
bool app_check(const struct cluster *, const struct app *, int64_t now, GError **);

/* May it go to that node, 0: away from where it is. */
bool app_check_move(const struct cluster *, const struct app *, uint32_t target, int64_t now,
    GError **);

/*
 * Who does something to a VM.  False with an error where that must not be done, or nobody
 * knows who may; else `*managed` tells whether op->managed does it, through the cluster
 * manager.
 */
bool app_owner_check(const struct cluster *, const struct op *, const struct request *,
    int64_t now, bool *managed, GError **);

/* --- until it is so: app_wait.c; worker threads, errors of OP_ERROR */

enum app_wanted_state {
	APP_UNTIL_STARTED, APP_UNTIL_STOPPED, APP_UNTIL_ELSEWHERE, APP_UNTIL_CLEAN,
	APP_UNTIL_ALONE, /* Pacemaker leaves it alone, as it is: started or stopped */
};

struct app_goal {
	uint32_t app;  /* index */
	const char *name; /* its ID instead, of one that may not be a row yet; else NULL */
	bool managed;  /* of STARTED and STOPPED: and Pacemaker does not leave it alone */
	enum app_wanted_state until;
	uint32_t node; /* where it shall be started, 0: anywhere; of ELSEWHERE: anywhere but there */
	uint32_t vm;   /* that it is, and that must be seen running there as well; 0: none */
	int64_t since; /* monotonic: what was seen before does not count */
	int64_t until_us; /* monotonic: then it is given up */
};

/* False with what the cluster manager says, or because the job ends. */
bool app_await(const struct op_run *, const struct app_goal *, GError **);

/* Until there is no application of that ID in the rows, some seconds at most. */
void app_await_gone(const struct op_run *, const char *name);

/* How long nothing may happen before that is its answer, microseconds.  Tests have less. */
extern int64_t app_patience_us, app_stay_us;

/* --- what is asked for: app_act.c */

/*
 * After a restart, until the cluster is known and has the quorum.  False with "the agent was
 * stopped while MEANWHILE".
 */
bool app_await_cluster(const struct op_run *, const char *meanwhile, GError **);

/* "Started" or "Stopped", from now on. */
bool app_set_role(const struct op_run *, const char *app, const char *role, GError **);

/* A move, from the first word to Pacemaker until nothing of it is left there. */
struct app_move {
	const char *name; /* the application's ID */
	uint32_t app, vm; /* vm: 0: it is none */
	uint32_t from, to; /* nodes; to 0: Pacemaker chooses */
	const char *from_name, *to_name; /* as we call them; to_name NULL likewise */
};

bool app_move(const struct op_run *, const struct app_move *, GError **);

/* What became of one that an earlier process began. */
bool app_move_recover(const struct op_run *, const struct app_move *, GError **);

#endif
