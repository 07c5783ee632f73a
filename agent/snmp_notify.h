/*
 * Notifications: events become SNMPv2 traps, filled by the columns that answer GET.
 * Main thread.
 */
#ifndef VCL_AGENT_SNMP_NOTIFY_H
#define VCL_AGENT_SNMP_NOTIFY_H

#include "model/cluster.h"

void snmp_notify_init(void);

/*
 * Sends what has happened since the last call, in order.  To be called while the master
 * is connected: what happens while it is away is sent afterwards, as far as the event
 * rows still hold it.  Events of an earlier run are not sent again.
 */
void snmp_notify_send(const struct cluster *);

#endif
