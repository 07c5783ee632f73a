/*
 * Notifications: events become SNMPv2 traps, filled by the columns that answer GET.
 * Main thread.
 */
#ifndef VCL_AGENT_SNMP_NOTIFY_H
#define VCL_AGENT_SNMP_NOTIFY_H

#include "model/cluster.h"

/* `sent`: sequence number of the last event that an earlier run has sent. */
void snmp_notify_init(uint32_t sent);

/*
 * Sends what has happened since the last call, in order.  To be called while the master
 * is connected: what happens while it is away is sent afterwards, as far as the event
 * rows still hold it, by this run or the next one.  Returns the sequence number of the last
 * event that was sent.
 */
uint32_t snmp_notify_send(const struct cluster *);

#endif
