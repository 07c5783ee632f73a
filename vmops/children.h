/*
 * Jobs that another job has asked for and waits for: what composite operations have in
 * common.
 */
#ifndef VCL_VMOPS_CHILDREN_H
#define VCL_VMOPS_CHILDREN_H

#include "vmops/ops.h"

enum child_state { CHILD_OPEN, CHILD_SUCCEEDED, CHILD_FAILED };

/*
 * How a job stands that was accepted at `asked` (monotonic).  `row` gets its row, NULL
 * while it has none yet.
 */
enum child_state child_look(const struct cluster *, uint32_t job, int64_t asked,
    const struct job **row);

/* Why it did not succeed, in words. */
const char *child_why(const struct job *row);

/* Shows percent and step. */
void op_show(const struct op_run *, unsigned percent, const char *step);

/* The sentence of a job that ends; cause as in `error`, or of its own.  Always false. */
bool op_end(enum job_cause, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

/*
 * "web1 stays on alpha: WHY; db1: WHY; and 3 others", of 200 octets at most.  `names` and
 * `whys` have n texts each.
 */
char *op_list_failures(const char *what, const GPtrArray *names, const GPtrArray *whys);

#endif
