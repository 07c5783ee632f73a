/*
 * What `virtcluster top` says above its VMs.
 */
#ifndef VCL_CLI_TOP_H
#define VCL_CLI_TOP_H

#include <json-glib/json-glib.h>

/* "2/2 nodes online, 3/5 VMs running, jobs: 1 running, 0 waiting".  Free it. */
char *top_counts(JsonObject *status);

/*
 * "CPU 12.5 % of 4 CPUs, memory 1.2 GiB of 7.8 GiB used", the CPU that of the nodes
 * (rows with vclNodeCpus, vclNodeCpuUsage, vclNodeStale) that are heard from.  Free it.
 */
char *top_load(JsonObject *status, GPtrArray *nodes);

/* "alarms: 1 critical, 0 warning; health critical: node h2 is lost".  Free it. */
char *top_health(JsonObject *status);

#endif
