/*
 * A sample: what one look at a libvirt host brings, as plain values.
 *
 * Taken by the link's thread; may hang as long as the host does.
 */
#ifndef VCL_COLLECTORS_SAMPLE_H
#define VCL_COLLECTORS_SAMPLE_H

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

#include "collectors/domain_stats.h"
#include "collectors/link.h"
#include "common/scoped.h"
#include "model/rows.h"

struct sample {
	struct look_time time; /* when libvirt had answered */
	bool full;
	uint32_t took_ms;
	struct node node;   /* full only; strings are the link's, or in `cpu_model` */
	char *cpu_model;
	GArray *readings;   /* struct domain_reading, in the host's order */
	GHashTable *autostart, *persistent; /* sets of UUIDs; NULL: not asked */
	virDomainPtr *domains;              /* keep the readings' texts alive */
	virDomainStatsRecordPtr *records, *states;
};

/* The states only: quick, and not held up by a guest that hangs. */
struct sample *sample_states(struct link *, GError **);

/*
 * Everything but configurations; `flags`: also who starts by itself, and who is persistent.  `sick`:
 * domains to leave out of the numbers, as they would hold up the others; those that answer
 * again are taken out of the set.
 */
struct sample *sample_full(struct link *, bool flags, GHashTable *sick, GError **);

/* Asks for the configuration of one domain; without an answer an older one stays. */
bool sample_config(struct link *, struct domain_reading *, GError **);

void sample_free(struct sample *);
SCOPED_DEFINE(sample, sample_free)

#endif
