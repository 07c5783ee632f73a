/* Nodes, and one node. */
#include "client/format.h"
#include "web/listing.h"
#include "web/object.h"
#include "web/pages.h"

/* Of the node's memory, in hundredths of a percent, which is no column of its own. */
static void
show_memory(struct page *p, JsonObject *row, const struct view_column *c)
{
	g_autofree char *words = cell_node_memory(row, c->key);
	double used = (double)row_int(row, c->key);
	double total = (double)row_int(row, "vclNodeMemoryTotal");
	double share = total > 0 ? used / total : 0;

	if (!json_object_has_member(row, c->key))
		total = 0; /* nobody knows: no bar */
	page_bar(p, used, total, share >= 0.97 ? TONE_BAD : share >= 0.9 ? TONE_WARN : TONE_GOOD,
	    words != NULL ? words : "–");
}

static const struct view_column columns[] = {
	{ "vclNodeName", "Node", show_node, .with = "vclNodeStale vclNodeSampleAge",
	    .sort = "name" },
	{ "vclNodeState", "State", show_badge, format_words, tone_state, .sort = "state" },
	{ "vclNodeHealth", "Health", show_badge, cell_health, tone_health, .sort = "health" },
	{ "vclNodeVmsRunning", "VMs", show_number, cell_node_vms, .with = "vclNodeVmsDefined",
	    .sort = "vms" },
	{ "vclNodeCpuUsage", "CPU", show_bar, format_usage, tone_use, .sort = "cpu" },
	{ "vclNodeMemoryUsed", "Memory", show_memory, .with = "vclNodeMemoryTotal",
	    .sort = "memory" },
	{ "vclNodeLoad1", "Load", show_number, format_hundredths, .sort = "load", .wide = true },
	{ "vclNodeCpus", "CPUs", show_number, .sort = "cpus", .wide = true },
	{ "vclNodeVcpusAllocated", "vCPUs", show_number, .sort = "vcpus", .wide = true },
	{ "vclNodeMemoryCommitment", "Promised", show_number, format_usage, tone_use,
	    .sort = "promised", .wide = true },
	{ "vclNodeStateReason", "Reason", show_text, cell_node_reason,
	    .with = "vclNodeHealthReason", .wide = true },
	{ 0 },
};

const struct view node_view = { "nodes", columns, "vclNodeName", false, "There are no nodes." };

static const char *const states[] = { "online", "standby", "maintenance", "offline",
	"unreachable", "unclean", "connecting", NULL };

static const struct listing_filter filters[] = {
	{ "state", "State", "vclNodeState", states },
	{ "health", "Health", "vclNodeHealth", listing_health },
	{ 0 },
};

static const struct listing listing = { "Nodes", "nodes", &node_view, filters, 15,
	.searched = true };

bool
page_nodes(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	return listing_page(&listing, web, url, reply, error);
}

/* --- one node */

static const struct object_fact present[] = {
	{ "vclNodeCpuUsage", "CPU", format_usage },
	{ "vclNodeVmsCpuUsage", "CPU of its VMs", format_usage },
	{ "vclNodeLoad1", "Load", cell_load },
	{ "vclNodeMemoryUsed", "Memory", cell_node_memory },
	{ "vclNodeMemoryAllocated", "Memory given to VMs", format_mib },
	{ "vclNodeMemoryCommitment", "Memory promised", format_usage },
	{ "vclNodeSwapUsed", "Swap", cell_used_of },
	{ "vclNodePressureCpu", "Waits for CPU", format_usage },
	{ "vclNodePressureMemory", "Waits for memory", format_usage },
	{ "vclNodePressureIo", "Waits for I/O", format_usage },
	{ "vclNodeRootUsed", "/ used", cell_used_of },
	{ "vclNodeImagesUsed", "Images used", cell_used_of },
	{ "vclNodeVmsRunning", "VMs running", cell_node_vms },
	{ "vclNodeVcpusAllocated", "vCPUs of running VMs" },
	{ "vclNodeProcesses", "Processes" },
	{ 0 },
};

static const struct object_fact machine[] = {
	{ "vclNodeStateReason", "State's reason" },
	{ "vclNodeStateSince", "In this state since", format_date },
	{ "vclNodeBootTime", "Booted", format_date },
	{ "vclNodeCpuModel", "CPU model" },
	{ "vclNodeCpus", "CPUs" },
	{ "vclNodeMemoryTotal", "Memory", format_mib },
	{ "vclNodeHypervisor", "Hypervisor" },
	{ "vclNodeHypervisorVersion", "Its version" },
	{ "vclNodeLibvirtVersion", "libvirt" },
	{ "vclNodeUri", "URI" },
	{ "vclNodeUuid", "UUID" },
	{ "vclNodePollTime", "A poll takes", format_ms },
	{ "vclNodeSampleAge", "Seen", cell_seen },
	{ 0 },
};

static const struct object_group groups[] = {
	{ "Now", present },
	{ "Host", machine },
	{ 0 },
};

static const struct object_part parts[] = {
	{ "Alarms", { &alarm_view, 20, .owner = "node" } },
	{ "Virtual machines", { &vm_view, 100, .owner = "node", .health = "vclVmHealth" }, "vms" },
	{ "Applications", { &app_view, 50, .owner = "node", .health = "vclAppHealth" }, "apps" },
	{ "Pools", { &pool_view, 50, .owner = "node", .health = "vclPoolHealth" }, "pools" },
	{ "Served to others", { &export_view, 50, .owner = "node" }, "exports" },
	{ "Last jobs", { &job_view, 10, true, "node" } },
	{ "Last events", { &event_view, 15, true, "node" } },
	{ 0 },
};

static const struct object_page object = { "node", "nodes", "vclNodeName", "vclNodeState",
	"vclNodeHealth", "vclNodeHealthReason", "vclNodeIndex", groups, parts,
	"vclNodeName", "There is no node of that name." };

bool
page_node(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	return object_answer(&object, web, url, reply, error);
}
