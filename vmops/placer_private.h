/*
 * The placer's own.  Each file calls only those above it.
 *
 *	placer_load.c    how loaded a node is
 *	placer.c         the cluster value read into places: nodes, and the VMs on them
 *	placer_choose.c  may a VM go to a node, and which is the best one
 *	placer_plan.c    plans for a node, and for the cluster
 */
#ifndef VCL_VMOPS_PLACER_PRIVATE_H
#define VCL_VMOPS_PLACER_PRIVATE_H

#include "model/rules.h"
#include "model/value.h"
#include "vmops/placer.h"

#define NOWHERE SIZE_MAX

struct place_node {
	const struct node *row;
	int64_t memory, memory_most; /* MiB: of its VMs, and what they may have at most */
	int64_t cpu;                 /* hundredths of a percent of one CPU */
	int64_t vcpus;
	char *closed;                /* why it takes no VMs, NULL: it does */
	GArray *vms;                 /* size_t: places of the VMs on it */
};

struct place_vm {
	const struct vm *row;
	size_t node;                 /* place of the node it is on, or NOWHERE */
	int64_t memory, cpu, vcpus;  /* memory -1: nobody knows */
	const struct rule_vm *rule;  /* NULL: none */
	guint first_group, groups;   /* of it, in placer->memberships */
	bool active;
	bool app; /* of the cluster manager: it goes to members only */
	bool busy;                   /* has a job, or libvirt works on it */
	bool moving;                 /* a migration of it goes on */
	bool recent;                 /* was moved lately */
};

struct placer {
	const struct cluster *cluster;
	const struct rules *rules;
	int64_t now, wall;
	struct place_node *nodes; /* by index of the node */
	size_t nodes_n;
	struct place_vm *vms;     /* by index of the VM */
	size_t vms_n;
	GArray *memberships;      /* guint: numbers of groups with a rule */
	uint32_t *counts;         /* [group * nodes_n + node]: active members there */
	unsigned moves_lately;
	uint64_t steps;
};

static inline int64_t
known(uint32_t value)
{
	return value == ABSENT_U32 ? 0 : value;
}

/* --- placer_load.c */

/* The load figure of a node with so much more (or less) on it. */
int64_t placer_cost(const struct place_node *, int64_t memory, int64_t cpu, int64_t vcpus);

/* What evening out two nodes would gain. */
int64_t placer_difference(const struct place_node *, const struct place_node *);

/* --- placer.c */

size_t placer_node_place(const struct placer *, uint32_t index);
struct place_vm *placer_vm_place(const struct placer *, uint32_t index);

void placer_put(struct placer *, struct place_vm *, size_t node);

/* Which groups with a rule the VM is in, by its name. */
void placer_note_groups(struct placer *, struct place_vm *);

/* What the VM will take that an unfinished job is making, added (`by` 1) or taken off (-1). */
void placer_reserve_new(struct placer *, const struct job *, int by);

/* --- placer_choose.c */

/*
 * May the VM go there.  `why`, if not NULL, gets the reason.  `spare` MiB must be left for
 * others that will follow it.
 */
bool placer_fits(struct placer *, const struct place_vm *, size_t node, int64_t spare,
    GString *why);

/* The place of the best node, or NOWHERE; `why` as in placer_choose. */
size_t placer_best(struct placer *, const struct place_vm *, int64_t spare, GString *why);

#endif
