/* The graph catalogue. */
#include "graphs/catalogue.h"

#include <string.h>

#include "graphs/rrd_layout.h"

#define MIB_BYTES "1048576,*"

/* Milliseconds per second of one mode, as a part of all modes, in percent. */
#define NODE_CPU_ALL "=cpu_user,=cpu_system,ADDNAN,=cpu_idle,ADDNAN,=cpu_iowait,ADDNAN"
#define NODE_CPU(ds) "@" ds "," NODE_CPU_ALL ",/,100,*"

/* clang-format off */
const struct graph graphs[] = {
	{ "vm", "cpu", "CPU", "% of one CPU", "%", 0, 1, {
		{ "cpu", "@cpu,10000000,/", STYLE_AREA, COLOR_BLUE },
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
	} },
	{ "vm", "net", "Network", "bits per second", "bit/s", 1000, 1000, {
		{ "received", "@net_rx,8,*", STYLE_AREA, COLOR_GREEN },
		{ "sent", "@net_tx,8,*", STYLE_AREA, COLOR_PURPLE, .below = true },
	} },
	{ "vm", "packets", "Network packets", "packets per second", "/s", 1000, 1, {
		{ "received", "@net_rx_pkts", STYLE_AREA, COLOR_GREEN },
		{ "sent", "@net_tx_pkts", STYLE_AREA, COLOR_PURPLE, .below = true },
	} },
	{ "node", "cpu", "CPU", "% of all CPUs", "%", 0, 1, {
		{ "system", NODE_CPU("cpu_system"), STYLE_AREA, COLOR_VERMILLION },
		{ "user", NODE_CPU("cpu_user"), STYLE_STACK, COLOR_BLUE },
		{ "waiting for disk", NODE_CPU("cpu_iowait"), STYLE_STACK, COLOR_ORANGE },
	} },
	{ "node", "memory", "Memory", "bytes", "B", 1024, 1048576, {
		{ "used", "@mem_used," MIB_BYTES, STYLE_AREA, COLOR_BLUE },
		{ "allocated to VMs", "@mem_alloc," MIB_BYTES, STYLE_LINE, COLOR_ORANGE },
		{ "free", "@mem_free," MIB_BYTES, STYLE_LINE, COLOR_GREEN },
	} },
	{ "node", "vms", "Virtual machines", "number", "", 0, 1, {
		{ "CPUs kept busy", "@vms_cpu,10000,/", STYLE_AREA, COLOR_BLUE },
		{ "vCPUs", "@vcpus", STYLE_LINE, COLOR_ORANGE },
		{ "running", "@vms_running", STYLE_LINE, COLOR_GREEN },
	} },
	{ "pool", "usage", "Storage", "bytes", "B", 1024, 1048576, {
		{ "in use", "@allocation," MIB_BYTES, STYLE_AREA, COLOR_BLUE },
		{ "promised to volumes", "@provisioned," MIB_BYTES, STYLE_LINE, COLOR_ORANGE },
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
