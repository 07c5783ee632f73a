/* The list of virtual machines. */
#include "client/format.h"
#include "web/graph.h"
#include "web/listing.h"
#include "web/pages.h"

static void
show_spark(struct page *p, JsonObject *row, const struct view_column *c)
{
	const char *uuid = row_text(row, c->key);

	if (uuid != NULL)
		graph_put_spark(p, "vm", uuid, "cpu");
}

static const struct view_column columns[] = {
	{ "vclVmName", "Name", show_vm, .with = "vclVmUuid vclVmStale vclVmSampleAge",
	    .sort = "name" },
	{ "vclVmState", "State", show_badge, format_words, tone_state, .sort = "state" },
	{ "vclVmHealth", "Health", show_badge, cell_health, tone_health, .sort = "health" },
	{ "vclVmNodeName", "Node", show_node, .sort = "node" },
	{ "vclVmUuid", "CPU, last hour", show_spark },
	{ "vclVmCpuUsage", "CPU", show_number, format_usage, .sort = "cpu" },
	{ "vclVmVcpus", "vCPUs", show_number, .sort = "vcpus" },
	{ "vclVmMemoryUsed", "Mem. used", show_number, format_mib, .sort = "used" },
	{ "vclVmMemoryActual", "Memory", show_number, format_mib, .sort = "memory" },
	{ "vclVmDiskReadSpeed", "Read", show_number, format_speed, .sort = "read", .wide = true },
	{ "vclVmDiskWriteSpeed", "Write", show_number, format_speed, .sort = "write",
	    .wide = true },
	{ "vclVmNetInSpeed", "Net in", show_number, format_speed, .sort = "in", .wide = true },
	{ "vclVmNetOutSpeed", "Net out", show_number, format_speed, .sort = "out",
	    .wide = true },
	{ "vclVmUptime", "Up", show_number, format_seconds, .sort = "up", .wide = true },
	{ "vclVmGuestAddress", "Address", show_text, .sort = "address", .wide = true },
	{ 0 },
};

const struct view vm_view = { "vms", columns, "vclVmName", false, "There are no VMs here." };

static const char *const states[] = { "running", "paused", "shuttingDown", "shutOff",
	"crashed", "suspended", "unknown", NULL };

static const struct listing_filter filters[] = {
	{ "node", "Node" },
	{ "state", "State", "vclVmState", states },
	{ "health", "Health", "vclVmHealth", listing_health },
	{ 0 },
};

static const struct listing listing = { "Virtual machines", "vms", &vm_view, filters, 15,
	.searched = true };

bool
page_vms(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	return listing_page(&listing, web, url, reply, error);
}
