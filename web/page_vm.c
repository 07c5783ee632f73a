/* One virtual machine. */
#include "client/format.h"
#include "web/object.h"
#include "web/pages.h"

static const struct object_fact machine[] = {
	{ "vclVmStateReason", "State's reason" },
	{ "vclVmStateSince", "In this state since", format_date },
	{ "vclVmUptime", "Up", format_seconds },
	{ "vclVmTitle", "Title" },
	{ "vclVmUuid", "UUID" },
	{ "vclVmVcpus", "vCPUs" },
	{ "vclVmMemoryActual", "Memory", format_mib },
	{ "vclVmMemoryMax", "Memory at most", format_mib },
	{ "vclVmAutostart", "Starts with its node", format_bool },
	{ "vclVmLastBackup", "Last backup", format_date },
	{ "vclVmSampleAge", "Seen", cell_seen },
	{ 0 },
};

static const struct object_fact guest[] = {
	{ "vclVmGuestHostName", "Name" },
	{ "vclVmGuestOs", "Operating system" },
	{ "vclVmGuestAddress", "Address" },
	{ "vclVmGuestAgent", "Agent", format_words },
	{ "vclVmOsType", "Type" },
	{ 0 },
};

static const struct object_fact present[] = {
	{ "vclVmCpuUsage", "CPU", format_usage },
	{ "vclVmCpuStealUsage", "Waits for a CPU", format_usage },
	{ "vclVmMemoryUsed", "Memory used", format_mib },
	{ "vclVmMemoryRss", "Memory on the node", format_mib },
	{ "vclVmDirtyRate", "Memory dirtied", format_mib_limit },
	{ "vclVmDiskReadSpeed", "Disk reads", format_speed },
	{ "vclVmDiskWriteSpeed", "Disk writes", format_speed },
	{ "vclVmDiskReadRate", "Read requests", format_rate },
	{ "vclVmDiskWriteRate", "Write requests", format_rate },
	{ "vclVmDiskReadLatency", "A read takes", format_us },
	{ "vclVmDiskWriteLatency", "A write takes", format_us },
	{ "vclVmNetInSpeed", "Net receives", format_speed },
	{ "vclVmNetOutSpeed", "Net sends", format_speed },
	{ "vclVmJobType", "Job", cell_none },
	{ "vclVmJobProgress", "Job done", format_percent },
	{ 0 },
};

static const struct object_group groups[] = {
	{ "Now", present },
	{ "Machine", machine },
	{ "Guest", guest },
	{ 0 },
};

/* Its page is the one of the VM whose disks and NICs these are. */
static void
show_disk(struct page *p, JsonObject *row, const struct view_column *c)
{
	link_device(p, p->url->segment[1], "disk", row_text(row, c->key));
}

static void
show_nic(struct page *p, JsonObject *row, const struct view_column *c)
{
	link_device(p, p->url->segment[1], "nic", row_text(row, c->key));
}

static void
show_source(struct page *p, JsonObject *row, const struct view_column *c)
{
	const char *source = row_text(row, c->key);

	link_volume(p, row_int(row, "vclDiskVolume"), source != NULL ? source : "–");
}

static const struct view_column disk_columns[] = {
	{ "vclDiskTarget", "Disk", show_disk },
	{ "vclDiskCapacity", "Size", show_number, format_mib },
	{ "vclDiskAllocation", "Used", show_number, format_mib },
	{ "vclDiskReadSpeed", "Read", show_number, format_speed },
	{ "vclDiskWriteSpeed", "Write", show_number, format_speed },
	{ "vclDiskReadLatency", "A read takes", show_number, format_us },
	{ "vclDiskWriteLatency", "A write takes", show_number, format_us },
	{ "vclDiskSource", "Source", show_source, .with = "vclDiskVolume" },
	{ 0 },
};

static const struct view_column nic_columns[] = {
	{ "vclNicMac", "NIC", show_nic },
	{ "vclNicLink", "Link", show_badge, format_words, tone_state },
	{ "vclNicInSpeed", "In", show_number, format_speed },
	{ "vclNicOutSpeed", "Out", show_number, format_speed },
	{ "vclNicSource", "Source", show_text },
	{ "vclNicAddresses", "Addresses", show_text },
	{ 0 },
};

static const struct view_column snapshot_columns[] = {
	{ "vclSnapshotName", "Snapshot", show_text },
	{ "vclSnapshotCreated", "Made", show_when, format_when },
	{ "vclSnapshotKind", "Kind", show_text, format_words },
	{ "vclSnapshotCurrent", "Current", show_text, format_bool },
	{ "vclSnapshotDescription", "Description", show_text },
	{ 0 },
};

static const struct view disk_view = { "disks", disk_columns };
static const struct view nic_view = { "nics", nic_columns };
static const struct view snapshot_view = { "snapshots", snapshot_columns };

static const struct object_part parts[] = {
	{ "Alarms", { &alarm_view, 20, .owner = "vm" } },
	{ "Disks", { &disk_view, 64, .owner = "vm" } },
	{ "NICs", { &nic_view, 64, .owner = "vm" } },
	{ "Snapshots", { &snapshot_view, 50, .owner = "vm" } },
	{ "Last jobs", { &job_view, 10, true, "vm" } },
	{ "Last events", { &event_view, 15, true, "vm" } },
	{ 0 },
};

static void
put_node(struct page *p, JsonObject *row)
{
	const char *app = row_text(row, "vclVmAppName");

	html_text(p->html, "on ");
	link_node(p, row_text(row, "vclVmNodeName"));
	if (app == NULL || *app == '\0')
		return;
	html_text(p->html, ", application ");
	link_app(p, app);
}

static const struct object_page object = { "vm", "vms", "vclVmName", "vclVmState",
	"vclVmHealth", "vclVmHealthReason", "vclVmIndex", groups, parts,
	.context = put_node };

struct answer *
vm_by_uuid(const struct web *web, const char *uuid, GError **error)
{
	JsonBuilder *b = client_request("vms");
	g_autofree char *lower = g_ascii_strdown(uuid, -1);

	ask_where(b, "vclVmUuid", lower);
	return ask_rows(web->ask, b, error);
}

void
link_vm_of(struct page *p, int64_t index, const char *name)
{
	g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, index);
	JsonBuilder *b = client_request("vms");

	ask_columns(b, "vclVmName vclVmUuid");
	ask_where(b, "vclVmIndex", number);
	SCOPED(answer) answer = ask_rows(p->web->ask, b, NULL);
	JsonObject *vm = answer != NULL ? answer_row(answer) : NULL;
	link_vm(p, vm != NULL ? row_text(vm, "vclVmUuid") : NULL,
	    vm != NULL ? row_text(vm, "vclVmName") : name);
}

/* Whoever typed a name is led to the address that stays. */
static bool
redirect_by_name(const struct web *web, const char *name, struct reply *reply, GError **error)
{
	JsonBuilder *b = client_request("show");

	client_add_text(b, "kind", "vm");
	client_add_text(b, "name", name);
	SCOPED(answer) answer = ask_rows(web->ask, b, error);
	if (answer == NULL)
		return false;
	JsonObject *row = answer_row(answer);
	const char *uuid = row != NULL ? row_text(row, "vclVmUuid") : NULL;
	if (uuid == NULL) {
		g_set_error_literal(error, WEB_ERROR, WEB_ERROR_NOT_FOUND,
		    "There is no such virtual machine.");
		return false;
	}
	reply->status = 302;
	reply->location = g_string_free(url_link(web->base, "vm", uuid, NULL), FALSE);
	return true;
}

bool
page_vm(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	const char *uuid = url->segment[1];
	SCOPED(answer) answer = vm_by_uuid(web, uuid, error);

	if (answer == NULL)
		return false;
	JsonObject *row = answer_row(answer);
	if (row == NULL)
		return redirect_by_name(web, uuid, reply, error);
	return object_put(&object, web, url, row, row_text(row, "vclVmUuid"), reply, error);
}
