/*
 * Facts about a VM that are asked for rarely: what the guest's agent tells, snapshots, a
 * saved state, disks that report errors, the dirty rate.  Pure, but for what takes a link.
 */
#ifndef VCL_COLLECTORS_VM_FACTS_H
#define VCL_COLLECTORS_VM_FACTS_H

#include <glib.h>

#include "collectors/link.h"
#include "collectors/snapshot_facts.h"
#include "model/part.h"

struct vm_facts {
	char *os, *host, *address; /* NULL: the guest has not told */
	GHashTable *addresses;     /* MAC, lower case -> addresses, separated by blanks */
	uint32_t snapshots;        /* these and below absent where the driver does not tell */
	GPtrArray *snapshot_list;  /* struct snapshot_fact, shared, never changed; may be NULL */
	int64_t oldest_snapshot_at;
	int32_t managed_save;
	uint32_t disk_errors;
	GHashTable *bad_disks;     /* target -> enum disk_error, of those that report one */
	uint32_t dirty_rate; /* MiB/s */
	int64_t measured_us; /* when that was */
};

struct vm_facts *vm_facts_new(void);
struct vm_facts *vm_facts_copy(const struct vm_facts *);
void vm_facts_free(struct vm_facts *);
SCOPED_DEFINE(vm_facts, vm_facts_free)

/* What is said of a measurement of the dirty rate.  False: it goes on. */
bool vm_facts_rate(struct vm_facts *, virTypedParameterPtr, int n);

/* What virDomainGetGuestInfo answered. */
void vm_facts_guest(struct vm_facts *, const virTypedParameter *, int n);

/*
 * Asks libvirt; a guest whose agent is silent costs `timeout` seconds at most.  `before`
 * (may be NULL): what the guest told last is kept while its agent is away.
 */
struct vm_facts *vm_facts_ask(struct link *, virDomainPtr, int timeout,
    const struct vm_facts *before);

/*
 * The dirty rate: libvirt measures it on its own, for `seconds`.  False: it does not.  The
 * result is read afterwards; false: it is not there yet.
 */
bool vm_facts_measure_rate(struct link *, virDomainPtr, int seconds);
bool vm_facts_read_rate(struct vm_facts *, struct link *, virDomainPtr);

/* Fills in a VM's row, with texts of the part.  NULL: nothing is known. */
void vm_facts_apply(const struct vm_facts *, struct part *, struct vm *);

/* enum disk_error of the disk with that target; ABSENT_I32: not known. */
int32_t vm_facts_disk_error(const struct vm_facts *, const char *target);

/* The addresses of the NIC with that MAC, or NULL. */
const char *vm_facts_addresses(const struct vm_facts *, const char *mac);

#endif
