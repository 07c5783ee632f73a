/* The graph catalogue. */
#include "graphs/catalogue.h"

#include <string.h>

#include "graphs/rrd_layout.h"

#define MIB_BYTES "1048576,*"

/* Milliseconds per second of one mode, as a part of all modes, in percent. */
#define NODE_CPU_ALL                                                                   \
	"=cpu_user,=cpu_system,ADDNAN,=cpu_idle,ADDNAN,=cpu_iowait,ADDNAN,=cpu_steal,ADDNAN"
#define NODE_CPU(ds) "@" ds "," NODE_CPU_ALL ",/,100,*"

#define VM_CPU    "@cpu,10000000,/"
#define VM_MEMORY "@mem_rss," MIB_BYTES
#define VM_DISK   "@disk_rd,@disk_wr,+"
#define VM_NET    "@net_rx,@net_tx,+,8,*"

/* clang-format off */
const struct graph graphs[] = {
	/* --- the cluster */
	{ "cluster", "cpu", "CPU", "% of all CPUs", "%", 0, 1, {
		{ "busy", "@cpu,100,/", STYLE_AREA, COLOR_BLUE },
	} },
	{ "cluster", "memory", "Memory", "bytes", "B", 1024, 1048576, {
		{ "used", "@mem_used," MIB_BYTES, STYLE_AREA, COLOR_BLUE },
		{ "promised to VMs", "@mem_alloc," MIB_BYTES, STYLE_LINE, COLOR_ORANGE },
		{ "of all nodes", "@mem_total," MIB_BYTES, STYLE_LINE, COLOR_GREEN },
	} },
	{ "cluster", "vms", "Virtual machines", "number", "", 0, 1, {
		{ "running", "@vms_running", STYLE_AREA, COLOR_GREEN },
		{ "paused", "@vms_paused", STYLE_LINE, COLOR_ORANGE },
		{ "all", "@vms", STYLE_LINE, COLOR_BLUE },
	} },
	{ "cluster", "vcpus", "vCPUs", "number", "", 0, 1, {
		{ "vCPUs of running VMs", "@vcpus", STYLE_AREA, COLOR_BLUE },
		{ "CPUs", "@cpus", STYLE_LINE, COLOR_GREEN },
	} },
	{ "cluster", "nodes", "Nodes", "number", "", 0, 1, {
		{ "online", "@nodes_online", STYLE_AREA, COLOR_GREEN },
		{ "all", "@nodes", STYLE_LINE, COLOR_BLUE },
	} },
	{ "cluster", "storage", "Storage", "bytes", "B", 1024, 1048576, {
		{ "in use", "@storage_used," MIB_BYTES, STYLE_AREA, COLOR_BLUE },
		{ "promised to volumes", "@storage_prov," MIB_BYTES, STYLE_LINE, COLOR_ORANGE },
		{ "size", "@storage_total," MIB_BYTES, STYLE_LINE, COLOR_GREEN },
	} },
	{ "cluster", "jobs", "Jobs", "number", "", 0, 1, {
		{ "running", "@jobs_running", STYLE_AREA, COLOR_BLUE },
		{ "waiting", "@jobs_waiting", STYLE_STACK, COLOR_ORANGE },
		{ "failed, in an hour", "@jobs_failed,3600,*", STYLE_LINE, COLOR_VERMILLION },
	} },
	{ "cluster", "alarms", "Alarms", "number", "", 0, 1, {
		{ "critical", "@alarms_critical", STYLE_AREA, COLOR_VERMILLION },
		{ "warning", "@alarms_warning", STYLE_STACK, COLOR_ORANGE },
	} },
	{ "cluster", "polls", "Polls", "milliseconds", "ms", 0, 1, {
		{ "slowest node", "@poll_time", STYLE_AREA, COLOR_BLUE },
		{ "failed, in an hour", "@polls_failed,3600,*", STYLE_LINE, COLOR_VERMILLION },
	} },
	{ "cluster", "top-cpu", "Most CPU", "% of one CPU", "%", 0, 1, {
		{ "others", VM_CPU, STYLE_LINE },
	}, MEMBERS_CPU },
	{ "cluster", "top-memory", "Most memory", "bytes", "B", 1024, 1048576, {
		{ "others", VM_MEMORY, STYLE_LINE },
	}, MEMBERS_MEMORY },
	{ "cluster", "top-disk", "Most disk traffic", "bytes per second", "B/s", 1024, 1024, {
		{ "others", VM_DISK, STYLE_LINE },
	}, MEMBERS_DISK },
	{ "cluster", "top-net", "Most network traffic", "bits per second", "bit/s", 1000, 1000, {
		{ "others", VM_NET, STYLE_LINE },
	}, MEMBERS_NET },

	/* --- nodes */
	{ "node", "cpu", "CPU", "% of all CPUs", "%", 0, 1, {
		{ "system", NODE_CPU("cpu_system"), STYLE_AREA, COLOR_VERMILLION },
		{ "user", NODE_CPU("cpu_user"), STYLE_STACK, COLOR_BLUE },
		{ "waiting for disk", NODE_CPU("cpu_iowait"), STYLE_STACK, COLOR_ORANGE },
		{ "stolen", NODE_CPU("cpu_steal"), STYLE_STACK, COLOR_PURPLE },
	} },
	{ "node", "memory", "Memory", "bytes", "B", 1024, 1048576, {
		{ "used", "@mem_used," MIB_BYTES, STYLE_AREA, COLOR_BLUE },
		{ "allocated to VMs", "@mem_alloc," MIB_BYTES, STYLE_LINE, COLOR_ORANGE },
		{ "free", "@mem_free," MIB_BYTES, STYLE_LINE, COLOR_GREEN },
		{ "cached", "@mem_cached," MIB_BYTES, STYLE_LINE, COLOR_SKY },
		{ "swapped out", "@swap_used," MIB_BYTES, STYLE_LINE, COLOR_VERMILLION },
	} },
	{ "node", "vms", "Virtual machines", "number", "", 0, 1, {
		{ "CPUs kept busy", "@vms_cpu,10000,/", STYLE_AREA, COLOR_BLUE },
		{ "vCPUs", "@vcpus", STYLE_LINE, COLOR_ORANGE },
		{ "running", "@vms_running", STYLE_LINE, COLOR_GREEN },
		{ "defined", "@vms_defined", STYLE_LINE, COLOR_SKY },
	} },
	{ "node", "load", "Load", "processes", "", 0, 1, {
		{ "load", "@load1,100,/", STYLE_AREA, COLOR_BLUE },
	} },
	{ "node", "pressure", "Pressure", "% of the time that work waits", "%", 0, 1, {
		{ "for CPU", "@psi_cpu,100,/", STYLE_AREA, COLOR_BLUE },
		{ "for memory", "@psi_memory,100,/", STYLE_LINE, COLOR_VERMILLION },
		{ "for disk", "@psi_io,100,/", STYLE_LINE, COLOR_ORANGE },
	} },
	{ "node", "disk", "Disk", "bytes per second", "B/s", 1024, 1024, {
		{ "read", "@disk_rd", STYLE_AREA, COLOR_BLUE },
		{ "written", "@disk_wr", STYLE_AREA, COLOR_ORANGE, .below = true },
	} },
	{ "node", "net", "Network", "bits per second", "bit/s", 1000, 1000, {
		{ "received", "@net_rx,8,*", STYLE_AREA, COLOR_GREEN },
		{ "sent", "@net_tx,8,*", STYLE_AREA, COLOR_PURPLE, .below = true },
	} },
	{ "node", "paging", "Paging", "pages per second", "/s", 1000, 1, {
		{ "in", "@pages_in", STYLE_AREA, COLOR_BLUE },
		{ "out", "@pages_out", STYLE_AREA, COLOR_ORANGE, .below = true },
	} },
	{ "node", "filesystems", "File systems", "bytes", "B", 1024, 1048576, {
		{ "root", "@root_used," MIB_BYTES, STYLE_AREA, COLOR_BLUE },
		{ "images", "@images_used," MIB_BYTES, STYLE_LINE, COLOR_ORANGE },
	} },
	{ "node", "processes", "Processes", "number", "", 0, 1, {
		{ "processes", "@processes", STYLE_AREA, COLOR_BLUE },
	} },
	{ "node", "polls", "Polls", "milliseconds", "ms", 0, 1, {
		{ "time of a poll", "@poll_time", STYLE_AREA, COLOR_BLUE },
	} },
	{ "node", "vms-cpu", "CPU of its VMs", "% of one CPU", "%", 0, 1, {
		{ "others", VM_CPU, STYLE_STACK },
	}, MEMBERS_CPU },
	{ "node", "vms-memory", "Memory of its VMs", "bytes", "B", 1024, 1048576, {
		{ "others", VM_MEMORY, STYLE_STACK },
	}, MEMBERS_MEMORY },
	{ "node", "vms-disk", "Disk traffic of its VMs", "bytes per second", "B/s", 1024, 1024, {
		{ "others", VM_DISK, STYLE_STACK },
	}, MEMBERS_DISK },
	{ "node", "vms-net", "Network traffic of its VMs", "bits per second", "bit/s", 1000, 1000, {
		{ "others", VM_NET, STYLE_STACK },
	}, MEMBERS_NET },

	/* --- VMs */
	{ "vm", "cpu", "CPU", "% of one CPU", "%", 0, 1, {
		{ "used", VM_CPU, STYLE_AREA, COLOR_BLUE },
		{ "waiting for a CPU", "@steal,10000000,/", STYLE_LINE, COLOR_VERMILLION },
	} },
	{ "vm", "memory", "Memory", "bytes", "B", 1024, 1048576, {
		{ "used by the guest", "@mem_used," MIB_BYTES, STYLE_AREA, COLOR_BLUE },
		{ "given to the guest", "@mem_actual," MIB_BYTES, STYLE_LINE, COLOR_ORANGE },
		{ "resident on host", "@mem_rss," MIB_BYTES, STYLE_LINE, COLOR_GREEN },
	} },
	{ "vm", "disk", "Disk", "bytes per second", "B/s", 1024, 1024, {
		{ "read", "@disk_rd", STYLE_AREA, COLOR_BLUE },
		{ "written", "@disk_wr", STYLE_AREA, COLOR_ORANGE, .below = true },
	} },
	{ "vm", "iops", "Disk requests", "requests per second", "/s", 1000, 1, {
		{ "reads", "@disk_rd_req", STYLE_AREA, COLOR_BLUE },
		{ "writes", "@disk_wr_req", STYLE_AREA, COLOR_ORANGE, .below = true },
		{ "flushes", "@disk_fl_req", STYLE_LINE, COLOR_VERMILLION, .below = true },
	} },
	{ "vm", "latency", "Disk latency", "milliseconds a request", "ms", 0, 1, {
		{ "reads", "@disk_rd_lat,1000,/", STYLE_AREA, COLOR_BLUE },
		{ "writes", "@disk_wr_lat,1000,/", STYLE_AREA, COLOR_ORANGE, .below = true },
	} },
	{ "vm", "net", "Network", "bits per second", "bit/s", 1000, 1000, {
		{ "received", "@net_rx,8,*", STYLE_AREA, COLOR_GREEN },
		{ "sent", "@net_tx,8,*", STYLE_AREA, COLOR_PURPLE, .below = true },
	} },
	{ "vm", "packets", "Network packets", "packets per second", "/s", 1000, 1, {
		{ "received", "@net_rx_pkts", STYLE_AREA, COLOR_GREEN },
		{ "sent", "@net_tx_pkts", STYLE_AREA, COLOR_PURPLE, .below = true },
	} },
	{ "vm", "errors", "Network errors", "packets per second", "/s", 1000, 1, {
		{ "received with error", "@net_rx_errs", STYLE_AREA, COLOR_VERMILLION },
		{ "received, dropped", "@net_rx_drop", STYLE_LINE, COLOR_ORANGE },
		{ "sent with error", "@net_tx_errs", STYLE_AREA, COLOR_VERMILLION, .below = true },
		{ "sent, dropped", "@net_tx_drop", STYLE_LINE, COLOR_ORANGE, .below = true },
	} },
	{ "vm", "swap", "Swapping in the guest", "bytes per second", "B/s", 1024, 1024, {
		{ "in", "@swap_in", STYLE_AREA, COLOR_BLUE },
		{ "out", "@swap_out", STYLE_AREA, COLOR_ORANGE, .below = true },
	} },
	{ "vm", "faults", "Major page faults", "faults per second", "/s", 1000, 1, {
		{ "faults", "@faults", STYLE_AREA, COLOR_BLUE },
	} },
	{ "vm", "dirty", "Memory being written", "bytes per second", "B/s", 1024, 1048576, {
		{ "dirty rate", "@dirty_rate," MIB_BYTES, STYLE_AREA, COLOR_BLUE },
	} },

	/* --- what belongs to a VM */
	{ "disk", "io", "Disk", "bytes per second", "B/s", 1024, 1024, {
		{ "read", "@rd", STYLE_AREA, COLOR_BLUE },
		{ "written", "@wr", STYLE_AREA, COLOR_ORANGE, .below = true },
	} },
	{ "disk", "iops", "Disk requests", "requests per second", "/s", 1000, 1, {
		{ "reads", "@rd_req", STYLE_AREA, COLOR_BLUE },
		{ "writes", "@wr_req", STYLE_AREA, COLOR_ORANGE, .below = true },
		{ "flushes", "@fl_req", STYLE_LINE, COLOR_VERMILLION, .below = true },
	} },
	{ "disk", "latency", "Disk latency", "milliseconds a request", "ms", 0, 1, {
		{ "reads", "@rd_lat,1000,/", STYLE_AREA, COLOR_BLUE },
		{ "writes", "@wr_lat,1000,/", STYLE_AREA, COLOR_ORANGE, .below = true },
	} },
	{ "disk", "size", "Allocated", "bytes", "B", 1024, 1048576, {
		{ "allocated", "@allocation," MIB_BYTES, STYLE_AREA, COLOR_BLUE },
	} },
	{ "nic", "net", "Network", "bits per second", "bit/s", 1000, 1000, {
		{ "received", "@rx,8,*", STYLE_AREA, COLOR_GREEN },
		{ "sent", "@tx,8,*", STYLE_AREA, COLOR_PURPLE, .below = true },
	} },
	{ "nic", "packets", "Network packets", "packets per second", "/s", 1000, 1, {
		{ "received", "@rx_pkts", STYLE_AREA, COLOR_GREEN },
		{ "sent", "@tx_pkts", STYLE_AREA, COLOR_PURPLE, .below = true },
	} },
	{ "nic", "errors", "Network errors", "packets per second", "/s", 1000, 1, {
		{ "received with error", "@rx_errs", STYLE_AREA, COLOR_VERMILLION },
		{ "received, dropped", "@rx_drop", STYLE_LINE, COLOR_ORANGE },
		{ "sent with error", "@tx_errs", STYLE_AREA, COLOR_VERMILLION, .below = true },
		{ "sent, dropped", "@tx_drop", STYLE_LINE, COLOR_ORANGE, .below = true },
	} },

	/* --- storage */
	{ "pool", "usage", "Storage", "bytes", "B", 1024, 1048576, {
		{ "in use", "@allocation," MIB_BYTES, STYLE_AREA, COLOR_BLUE },
		{ "promised to volumes", "@provisioned," MIB_BYTES, STYLE_LINE, COLOR_ORANGE },
		{ "size", "@capacity," MIB_BYTES, STYLE_LINE, COLOR_GREEN },
	} },
	{ "pool", "volumes", "Volumes", "number", "", 0, 1, {
		{ "volumes", "@volumes", STYLE_AREA, COLOR_BLUE },
	} },
	{ "volume", "usage", "Volume", "bytes", "B", 1024, 1048576, {
		{ "allocated", "@allocation," MIB_BYTES, STYLE_AREA, COLOR_BLUE },
		{ "size", "@capacity," MIB_BYTES, STYLE_LINE, COLOR_GREEN },
	} },
};
/* clang-format on */
const size_t graphs_n = G_N_ELEMENTS(graphs);

static char *
known_names(const char *kind)
{
	GString *names = g_string_new(NULL);

	for (const struct graph *g = graphs; g < graphs + graphs_n; g++)
		if (strcmp(g->kind, kind) == 0)
			g_string_append_printf(
			    names, "%s%s", names->len > 0 ? ", " : "", g->name);
	return g_string_free(names, FALSE);
}

const struct graph *
graph_find(const char *kind, const char *name, GError **error)
{
	for (const struct graph *g = graphs; g < graphs + graphs_n; g++)
		if (strcmp(g->kind, kind) == 0 && strcmp(g->name, name) == 0)
			return g;
	g_autofree char *names = known_names(kind);
	if (names[0] == '\0')
		g_set_error(error, RRD_ERROR, RRD_ERROR_FAILED,
		    "there are no graphs of a %s", kind);
	else
		g_set_error(error, RRD_ERROR, RRD_ERROR_FAILED,
		    "a %s has no graph \"%s\" (there are: %s)", kind, name, names);
	return NULL;
}
