/*
 * What the history of an object is kept under, wherever the object is: the name of its file,
 * the same across migrations, renames and restarts.
 */
#ifndef VCL_MODEL_HISTORY_H
#define VCL_MODEL_HISTORY_H

#include <stdbool.h>

#include "model/cluster.h"

#define HISTORY_NAME 160 /* room for a name */

/*
 * False when there is nothing to tell it by.  The name may be longer than fits, and may have
 * characters that no file's name can have: it comes from hosts.
 *
 *	cluster		"cluster"
 *	node		its name
 *	VM		UUID
 *	disk		UUID.TARGET, such as ....vda
 *	NIC		UUID.MAC, with dashes
 *	pool, volume	index: what a pool is known by is not the same on all of its nodes
 */
bool history_name(
    const struct cluster *, enum row_set, const void *row, char name[HISTORY_NAME]);

/* What people call it: "web1/vda". */
const char *history_title(enum row_set, const void *row);

#endif
