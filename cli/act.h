/*
 * Jobs that a verb asks for: verbs_act.c.
 */
#ifndef VCL_CLI_ACT_H
#define VCL_CLI_ACT_H

#include "cli/cli.h"

/*
 * Hands the verb, its options and operands in, with the descriptor `file`, -1: none.  The
 * job's number, 0: nothing is to be done, -1: refused.
 */
int64_t act_submit(struct cli *, struct client *, int file, JsonObject **row, GError **);

/* Follows a job to its end; its error is ours.  `quiet`: off a terminal nothing is told. */
bool act_follow(struct cli *, struct client *, int64_t job, bool quiet, GError **);

#endif
