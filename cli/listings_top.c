/* How `virtcluster top` shows VMs: short cells, so that 80 columns are enough. */
#include "cli/display.h"

static const struct field top_list[] = {
	{ "vclVmName", "VM", format_text, ALIGN_LEFT, 6 },
	{ "vclVmNodeName", "NODE", format_text, ALIGN_LEFT, 6 },
	{ "vclVmState", "STATE", cell_health, ALIGN_LEFT, 0, tone_health,
	    .with = "vclVmStale vclVmSampleAge" },
	{ "vclVmCpuUsage", "CPU", format_usage, ALIGN_RIGHT },
	{ "vclVmVcpus", "VCPUS", format_text, ALIGN_RIGHT, .width = WIDE },
	{ "vclVmCpuStealUsage", "STEAL", format_usage, ALIGN_RIGHT },
	{ "vclVmMemoryUsed", "MEMORY", cell_memory_short, ALIGN_RIGHT,
	    .with = "vclVmMemoryActual" },
	{ "+disk", "DISK", format_flow, ALIGN_RIGHT, .width = CRAMPED,
	    .with = "vclVmDiskReadSpeed vclVmDiskWriteSpeed" },
	{ "vclVmDiskReadSpeed", "READ", format_flow, ALIGN_RIGHT, .width = WIDE },
	{ "vclVmDiskWriteSpeed", "WRITE", format_flow, ALIGN_RIGHT, .width = WIDE },
	{ "+iops", "IOPS", format_text, ALIGN_RIGHT,
	    .with = "vclVmDiskReadRate vclVmDiskWriteRate" },
	{ "vclVmDiskReadLatency", "R TIME", format_us, ALIGN_RIGHT, .width = WIDE },
	{ "vclVmDiskWriteLatency", "W TIME", format_us, ALIGN_RIGHT, .width = WIDE },
	{ "+net", "NET", format_flow, ALIGN_RIGHT, .width = CRAMPED,
	    .with = "vclVmNetInSpeed vclVmNetOutSpeed" },
	{ "vclVmNetInSpeed", "IN", format_flow, ALIGN_RIGHT, .width = WIDE },
	{ "vclVmNetOutSpeed", "OUT", format_flow, ALIGN_RIGHT, .width = WIDE },
	{ "vclVmSampleAge", "SEEN", format_seconds, ALIGN_RIGHT, .width = WIDE },
	{ 0 },
};

static const struct filter top_filters[] = {
	{ "node", &filter_owner },
	{ "name", &filter_name, "vclVmName" },
	{ 0 },
};

const struct listing top_listing = {
	.verb = "top",
	.asks = "vms",
	.things = "VMs",
	.table = "vclVmTable",
	.prefix = "vclVm",
	.list = top_list,
	.name = "vclVmName",
	.index = "vclVmIndex",
	.sort = "vclVmName",
	.filters = top_filters,
};
