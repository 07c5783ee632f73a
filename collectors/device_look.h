/* What the rows of all devices have in common; for device_rows.c. */
#ifndef VCL_COLLECTORS_DEVICE_LOOK_H
#define VCL_COLLECTORS_DEVICE_LOOK_H

#include "collectors/domain_stats.h"
#include "model/part.h"

/* The rows that each kind of device has. */
extern const enum row_set device_look_sets[DEVICE_ROWS];

/* One look at one domain; its VM's row is the last one of the part. */
struct device_look {
	struct part *part;
	const struct domain_history *history;
	const struct domain_reading *reading;
	const struct vm *vm;
};

/* A row of that VM, empty, or like another. */
void *device_look_add(const struct device_look *, size_t kind);
void *device_look_copy(struct part *, size_t kind, const void *row);

/* "VM/vda" */
const char *device_look_name(const struct device_look *, const char *device);

/* Its counters and their times; NULL: libvirt told none of them. */
void device_look_count(const struct device_look *, size_t kind, void *row,
    const struct device_reading *);

/* Forgets what ends with a run. */
void device_look_forget(void *row, size_t kind, const struct vm *);

#endif
