/*
 * Pacemaker's tools, run for a job at one of the places where the configuration says that
 * they can be: [node NAME] pacemaker.
 *
 * Which place is found by asking it whether it is with the quorum, which changes nothing: a
 * place that cannot be reached, or has no quorum, is passed over for the next one.  The tool
 * itself is begun at one place only and never a second time, whatever becomes of it.
 *
 * Worker threads; errors are of OP_ERROR.
 */
#ifndef VCL_VMOPS_CRM_H
#define VCL_VMOPS_CRM_H

#include "vmops/ops.h"

#define CRM_SECONDS 60 /* for a tool that only writes down what is wanted */

/*
 * The first of `tool` is its name, the last NULL; none goes through a shell of ours.  False
 * with what it says in one sentence; where it is not known whether it did what it was asked
 * for, that says so, and the cause is CAUSE_UNREACHABLE.  Cancelling the job ends the search
 * for a place, not a tool that has begun.  `said` (NULL: nobody wants it) is what it wrote,
 * to be freed.
 */
bool crm_run(const struct op_run *, const char *const *tool, int seconds, char **said,
    GError **);

/* Likewise, for taking something back: also when the job has been cancelled. */
bool crm_undo(const struct op_run *, const char *const *tool, int seconds, GError **);

/* The same with all that can be said. */
struct crm_call {
	const char *const *tool;
	const char *input; /* what it can read; NULL: nothing */
	int seconds;
	bool undo;         /* also when the job has been cancelled */
};
bool crm_do(const struct op_run *, const struct crm_call *, char **said, GError **);

/*
 * Any command, at that node's own place, whether it has the quorum or not.  True when it has
 * ended by itself: `status` is its exit status, and `said` (NULL: nobody wants it) what it
 * wrote, on its standard output, or, if that is nothing, its last line of errors.
 */
bool crm_do_at(const struct op_run *, const char *node, const struct crm_call *, int *status,
    char **said, GError **);

/* Has that node such a place: without one, nothing can be put there. */
bool crm_has_place(const struct op_run *, const char *node);

/* As Pacemaker calls the node that we call so.  To be freed. */
char *crm_node_name(const struct op_run *, const char *node);

/* Says the configuration that there is a cluster manager. */
bool crm_is_configured(const struct op_run *);

/* --- words for its tools */

/* "--NAME=VALUE", to be freed. */
char *crm_option(const char *name, const char *value);

/* For tests: the words to run, to be freed; NULL: they cannot be put through that command. */
char **crm_words(const char *command, const char *const *tool, GError **);

#endif
