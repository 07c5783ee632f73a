/*
 * Domains whose hypervisor process does not answer (stopped, stuck in the kernel): one of
 * them would hold up the bulk call for its whole host, so they are left out of it until
 * they answer again.
 *
 * A set is a GHashTable of UUID texts; it belongs to whoever made it.
 */
#ifndef VCL_COLLECTORS_SICK_H
#define VCL_COLLECTORS_SICK_H

#include <glib.h>

#include "collectors/domain_reading.h"
#include "collectors/link.h"

GHashTable *sick_set_new(void);
GHashTable *sick_set_copy(GHashTable *);

/*
 * Asks for the control channel of every running domain, which answers at once whatever
 * state the domain is in, and returns the set of those that are stuck.  NULL: the driver
 * does not tell, or the connection failed.
 */
GHashTable *sick_examine(struct link *);

/*
 * The control channel of one domain: fills in reading->control and control_seconds.
 * True if it is stuck.
 */
bool sick_look(struct link *, struct domain_reading *);

#endif
