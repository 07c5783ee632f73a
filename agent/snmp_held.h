/*
 * Parts of the tree that the AgentX master refuses us because somebody else serves them: an
 * agent that has just died, perhaps, of which the master does not know it yet.  They are asked
 * for again until they are ours.
 *
 * Only the main thread.
 */
#ifndef VCL_AGENT_SNMP_HELD_H
#define VCL_AGENT_SNMP_HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "model/table.h"

/* Before anything is registered. */
void snmp_held_init(void);

/* The objects of that MIB are about to be registered. */
void snmp_held_watch(const struct mib *);

/* Was that line of libnetsnmp's log about such a refusal? */
bool snmp_held_take_log(const char *text);

/* The master is gone, and what it has refused. */
void snmp_held_forget(void);

/* While connected: asks again for what is due. */
void snmp_held_retry(int64_t now);

#endif
