/*
 * The daemon by SNMP.
 */
#ifndef VCL_CLI_SNMP_CLIENT_H
#define VCL_CLI_SNMP_CLIENT_H

#include "client/client.h"

/* The credentials come from snmp.conf(5). */
struct client *client_open_agent(const char *address, GError **);

#endif
