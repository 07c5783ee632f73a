/* libvirt's states of a domain, and their reasons, in our words. */
#ifndef VCL_COLLECTORS_DOMAIN_STATE_H
#define VCL_COLLECTORS_DOMAIN_STATE_H

#include <stdint.h>

/* libvirt's state, and its reason in words ("" when there is nothing to say). */
int32_t domain_state(int32_t libvirt_state, int32_t libvirt_reason);
const char *domain_reason(int32_t libvirt_state, int32_t libvirt_reason);

#endif
