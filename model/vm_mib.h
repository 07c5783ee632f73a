/*
 * VM-MIB (RFC 7666): the cluster as one hypervisor, in the words of that MIB.
 *
 * vmIndex is vclVmIndex.  Its bulk notifications are not implemented, which the RFC
 * allows: their list has one bit for each index up to the largest, and ours have 31 bits.
 * Among a thousand VMs, the odds are 1 to 190 that a single index is low enough for a list
 * that fits a packet of 1,400 octets.
 */
#ifndef VCL_MODEL_VM_MIB_H
#define VCL_MODEL_VM_MIB_H

#include "model/cluster.h"

/* VirtualMachineOperState */
enum vm_mib_oper {
	VM_MIB_UNKNOWN = 1,
	VM_MIB_OTHER,
	VM_MIB_PREPARING,
	VM_MIB_RUNNING,
	VM_MIB_SUSPENDING,
	VM_MIB_SUSPENDED,
	VM_MIB_RESUMING,
	VM_MIB_PAUSED,
	VM_MIB_MIGRATING,
	VM_MIB_SHUTTINGDOWN,
	VM_MIB_SHUTDOWN,
	VM_MIB_CRASHED,
};

/* VirtualMachineAdminState; there is none for what nobody knows: 0. */
enum vm_mib_admin {
	VM_MIB_ADMIN_RUNNING = 1,
	VM_MIB_ADMIN_SUSPENDED,
	VM_MIB_ADMIN_PAUSED,
	VM_MIB_ADMIN_SHUTDOWN,
};

/*
 * Off with a saved memory is suspended, off by a crash is crashed; a state whose reason is
 * a save, a restoration or a migration that goes on is that.
 */
enum vm_mib_oper vm_mib_oper_state(const struct vm *);
enum vm_mib_admin vm_mib_admin_state(const struct vm *);

/* A notification about one VM, which carries the state before. */
struct vm_mib_notice {
	uint32_t number;  /* arc below vmNotifications */
	const char *name; /* descriptor */
	enum vm_mib_oper before;
	bool persistent; /* it carries vmPersistent too */
};
#define VM_MIB_NUMBERS 11 /* arcs are below that */
#define VM_MIB_NOTICES 2  /* most of one event */

/*
 * What an event is in the words of the RFC; how many.  A VM that came to another node was
 * migrating meanwhile, and is now what it was before.
 */
size_t vm_mib_notices(const struct event *, struct vm_mib_notice out[VM_MIB_NOTICES]);

/* The descriptor of a notification by its arc, NULL where there is none. */
const char *vm_mib_notice_name(uint32_t number);

/* unknown(1), and what stands for true and false: a VirtualMachinePersistent */
int32_t vm_mib_choice(int32_t truth);

/* May a vCPU run on that physical CPU (from 0), by the text "0-3,7". */
bool vm_mib_in_cpu_set(const char *set, uint32_t cpu);

/* Fills in the hypervisors of the nodes and their versions; the texts live for ever. */
void vm_mib_describe(const struct rows *nodes, struct cluster_info *);

extern const struct table vm_mib_vm_table, vm_mib_cpu_table, vm_mib_affinity_table,
    vm_mib_storage_table, vm_mib_network_table;

/* The entry of a table of this MIB; for model/tables_vm_mib*.c. */
#define VM_MIB_ENTRY(set, n, arc) .rows = set, .keys = n, .oid_len = 3, .oid = { 1, arc, 1 }

#endif
