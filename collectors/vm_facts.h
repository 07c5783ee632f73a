/*
 * Facts about a VM that are asked for rarely: what the guest's agent tells, snapshots, a
 * saved state, disks that report errors.  Pure, but for vm_facts_ask.
 */
#ifndef VCL_COLLECTORS_VM_FACTS_H
#define VCL_COLLECTORS_VM_FACTS_H

#include <glib.h>

#include "collectors/link.h"
#include "model/part.h"

struct vm_facts {
	char *os, *host, *address; /* NULL: the guest has not told */
	GHashTable *addresses;     /* MAC, lower case -> addresses, separated by blanks */
	uint32_t snapshots;        /* these and below absent where the driver does not tell */
	int64_t oldest_snapshot_at;
	int32_t managed_save;
	uint32_t disk_errors;
};

struct vm_facts *vm_facts_new(void);
struct vm_facts *vm_facts_copy(const struct vm_facts *);
void vm_facts_free(struct vm_facts *);
SCOPED_DEFINE(vm_facts, vm_facts_free)

/* What virDomainGetGuestInfo answered. */
void vm_facts_guest(struct vm_facts *, const virTypedParameter *, int n);

/*
 * Asks libvirt; a guest whose agent is silent costs `timeout` seconds at most.  `before`
 * (may be NULL): what the guest told last is kept while its agent is away.
 */
struct vm_facts *vm_facts_ask(struct link *, virDomainPtr, int timeout,
    const struct vm_facts *before);

/* Fills in a VM's row, with texts of the part.  NULL: nothing is known. */
void vm_facts_apply(const struct vm_facts *, struct part *, struct vm *);

/* The addresses of the NIC with that MAC, or NULL. */
const char *vm_facts_addresses(const struct vm_facts *, const char *mac);

#endif
