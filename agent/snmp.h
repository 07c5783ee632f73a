/*
 * SNMP: adapts the engine to net-snmp, as an AgentX subagent.
 *
 * snmp*.c are the only files that see net-snmp's headers, and only the main thread calls
 * into libnetsnmp, which is not thread-safe.  It never waits for anything but snmpd: a
 * master that does not answer costs at most two seconds at a time, and nobody else
 * anything.
 */
#ifndef VCL_AGENT_SNMP_H
#define VCL_AGENT_SNMP_H

#include <glib.h>
#include <stdbool.h>

#include "model/request.h"
#include "model/store.h"

struct snmp_setup {
	struct store *store;
	const struct request_door *door;
	const char *agentx; /* the master's socket: a path, unix:PATH or tcp:HOST:PORT */
	int stop_fd;        /* readable when snmp_run shall return; stays the caller's */
};

/*
 * Registers the tables and tries to connect; a master that is not there yet is tried
 * again every two seconds.  Main thread.
 */
bool snmp_start(const struct snmp_setup *, GError **);

/* Answers requests and sends notifications until stop_fd is readable.  Main thread. */
void snmp_run(void);

/* Closes the session.  Fine without snmp_start.  Main thread. */
void snmp_end(void);

#endif
