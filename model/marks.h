/*
 * Marks: what happened to an object, as points in time for the pictures of its history.
 */
#ifndef VCL_MODEL_MARKS_H
#define VCL_MODEL_MARKS_H

#include <stddef.h>
#include <stdint.h>

#include "model/cluster.h"

enum mark_type {
	MARK_STARTED,
	MARK_STOPPED,
	MARK_CRASHED,
	MARK_MIGRATED,
	MARK_BACKED_UP,
	MARK_LOST, /* a node that went away, and came back */
	MARK_BACK,
	MARK_COUNT,
};

/* What people call them: "migrated". */
extern const char *const mark_names[MARK_COUNT];

struct mark {
	int64_t at; /* seconds since 1970 */
	enum mark_type type;
	const char *reason; /* "moved from h1 to h2"; "" or NULL: none; the cluster value's */
};

#define MARKS_MOST 100

/*
 * The marks of a VM or node (of what belongs to a VM: the VM's) between two seconds since
 * 1970, newest first; the newest when there are more than fit.
 */
size_t marks_find(const struct cluster *, enum object_kind, uint32_t object, int64_t from,
    int64_t to, struct mark out[MARKS_MOST]);

#endif
