/*
 * /metrics for Prometheus: every number of the tables, by the same column declarations as
 * SNMP and JSON.
 *
 * A metric is called as its descriptor (vclVmCpuTime is virtcluster_vm_cpu_time_total, and
 * vclNodeMemoryTotal, which does not count, virtcluster_node_memory_size) and has the MIB's
 * unit.  Labels are states in one metric each, and names in
 * virtcluster_vm_info, so that a series stays the same over a rename or migration.
 */
#ifndef VCL_WEB_METRICS_H
#define VCL_WEB_METRICS_H

#include "model/table.h"
#include "web/web.h"

web_page page_metrics;

/* The name of a column's metric, to be freed. */
char *metrics_name(const struct column *);

/* A label's value within quotes: backslash, quote and newline escaped.  Free it. */
char *metrics_label(const char *);

/* The metrics of a table's rows (JsonObject), which `labels` tell apart: see metrics.c. */
struct metrics_labels {
	const char *name, *column;
};
void metrics_put(GString *out, const struct table *, const struct metrics_labels *,
    bool graphed_only, GPtrArray *rows);

#endif
