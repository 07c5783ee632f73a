/* libvirt's states of a domain, and their reasons, in our words. */
#ifndef VCL_COLLECTORS_DOMAIN_STATE_H
#define VCL_COLLECTORS_DOMAIN_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* libvirt's state, and its reason in words ("" when there is nothing to say). */
int32_t domain_state(int32_t libvirt_state, int32_t libvirt_reason);
/*
 * enum vm_migration.  `new`: nothing but a pause for a migration has been seen of this run,
 * so that it is the target's half.
 */
int32_t domain_migration(int32_t libvirt_state, int32_t libvirt_reason, bool new);

const char *domain_reason(int32_t libvirt_state, int32_t libvirt_reason);

#endif
