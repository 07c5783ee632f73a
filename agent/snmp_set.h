/*
 * SET: the phases of net-snmp for the engine.  For agent/snmp.c only.
 */
#ifndef VCL_AGENT_SNMP_SET_H
#define VCL_AGENT_SNMP_SET_H

#include "agent/engine.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

/* All varbinds of a SET that are ours, in one phase. */
void snmp_set_handle(const struct request_door *, netsnmp_agent_request_info *,
    netsnmp_request_info *, struct engine_view *);

#endif
