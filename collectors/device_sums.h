/*
 * The counters of a domain's devices of one kind: of each, and of all together in a sum
 * that never goes backwards within a run, whatever is unplugged.  Pure.
 */
#ifndef VCL_COLLECTORS_DEVICE_SUMS_H
#define VCL_COLLECTORS_DEVICE_SUMS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "collectors/domain_reading.h"

struct device_sums {
	uint64_t gone[DEVICE_COUNTERS]; /* of devices that were unplugged or restarted */
	GHashTable *devices;            /* name -> struct device_last */
};

/* A device as it was seen last. */
struct device_last {
	uint64_t counter[DEVICE_COUNTERS];
	int64_t discontinuity_us; /* when its counters last started anew */
	bool seen;
};

void device_sums_init(struct device_sums *);
void device_sums_end(struct device_sums *);

/* A new run: everything counts from zero. */
void device_sums_clear(struct device_sums *);

/* All devices of one look (struct device_reading): those not among them are gone. */
void device_sums_update(struct device_sums *, const GArray *devices, int64_t now);

/* ABSENT_U64 if none of the devices told it; a domain without any has a true zero. */
uint64_t device_sums_total(const struct device_sums *, const GArray *devices,
    size_t counter);

/* NULL: there was none of that name in the last look. */
const struct device_last *device_sums_find(const struct device_sums *, const char *name);

#endif
