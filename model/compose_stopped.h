/*
 * VMs that are applications of the cluster manager and defined on no host: each host knows
 * them only while they run there.  What is stopped is still a VM, with its index, its name and
 * the node where it was last.  For compose only.
 */
#ifndef VCL_MODEL_COMPOSE_STOPPED_H
#define VCL_MODEL_COMPOSE_STOPPED_H

#include "model/compose.h"

struct stopped_vm {
	uint32_t index;
	const struct app *app;
};

/*
 * Those that none of `hosts` (all rows of VMs, sorted) tells of and that are stopped for sure,
 * by index; to be freed by g_array_unref.
 */
GArray *stopped_vms(const struct cluster *next, const struct compose_input *,
    const struct rows *hosts);

/* Fills the row; its texts are those of the rows it is made from. */
void stopped_vm_row(const struct cluster *next, const struct compose_input *,
    const struct stopped_vm *, struct vm *out);

#endif
