/*
 * Memory: how nodes, VMs and applications were when somebody saw them last, also an agent that
 * ran before this one, maybe on another host.  So what happened while no agent looked is told
 * once: that a node was lost, where a VM is now, which application has failed over.
 *
 * No clocks: a time of another host says nothing here.  Used by the store's thread only; readers
 * get a const one, and NULL is one that knows nothing.
 */
#ifndef VCL_MODEL_MEMORY_H
#define VCL_MODEL_MEMORY_H

#include "model/cluster.h"

struct state;

#define FENCED_UNKNOWN (-1)

struct remembered {
	int32_t kind;      /* OBJECT_NODE, OBJECT_VM, OBJECT_APP */
	int32_t state;     /* of that kind's */
	uint32_t node;     /* of a VM where it was; of an application its seat; else 0 */
	uint32_t last_node; /* of a VM or application, where it was before; else 0 */
	int32_t troubled;  /* of an application */
	int64_t fenced_at; /* of a node, by the cluster manager's clock; 0: never, or unknown */
	bool settled;      /* seen since this agent has begun */
};

/* Read from a file: are kind and state such as there are? */
bool remembered_is_sound(const struct remembered *);

struct memory;

struct memory *memory_new(void);
void memory_free(struct memory *);

/* What an earlier run has left behind; copied. */
void memory_put(struct memory *, uint32_t index, const struct remembered *);

/* NULL: nobody has ever seen it.  Any kind: indexes are of one object only. */
const struct remembered *memory_of(const struct memory *, uint32_t index);

/*
 * The VMs of an earlier run of which this one does not know yet what became of them: indexes in
 * ascending order, to be freed by g_array_unref.  Normally none, soon after the start.
 */
GArray *memory_waiting(const struct memory *);

/*
 * Is a VM that an earlier run has seen to be judged by what it is now?  Not before the node
 * where it was is heard of, unless it is as it was, or runs: another node may know a definition
 * of it, and that says nothing of the one that runs.
 */
bool memory_vm_is_due(const struct memory *, const struct cluster *, const struct vm *);

/*
 * Takes in what is new in `after`, and has the state file keep it (`state` may be NULL).  After
 * diff(), which still asks what was before.
 */
void memory_follow(struct memory *, const struct cluster *before, const struct cluster *after,
    struct state *state);

#endif
