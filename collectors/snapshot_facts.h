/*
 * The snapshots of a domain: what libvirt tells of each, and their rows.  Pure, but for
 * snapshot_facts_ask.
 */
#ifndef VCL_COLLECTORS_SNAPSHOT_FACTS_H
#define VCL_COLLECTORS_SNAPSHOT_FACTS_H

#include <glib.h>

#include "collectors/link.h"
#include "model/part.h"

#define SNAPSHOTS_MOST 256 /* of one VM; of what is beyond only the number is told */

struct snapshot_fact {
	char *name, *parent, *description;
	int64_t created_at;
	int32_t kind, state;
	uint32_t disks;
	bool current;
};

/* Of its XML; NULL when that says nothing of use. */
struct snapshot_fact *snapshot_fact_parse(const char *xml);
void snapshot_fact_free(void *);

/* All of them (struct snapshot_fact), oldest first, not changed any more; NULL: not told. */
GPtrArray *snapshot_facts_ask(struct link *, virDomainPtr, uint32_t *number);

/* Do both tell the same; each may be NULL. */
bool snapshot_facts_same(GPtrArray *, GPtrArray *);

/* When the oldest was made, 0: there is none. */
int64_t snapshot_facts_oldest(GPtrArray *);

/* Adds the rows of the VM whose row was added last. */
void snapshot_facts_add(GPtrArray *, struct part *, const struct vm *);

#endif
