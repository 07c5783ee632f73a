/* One disk, one NIC: what belongs to a VM and has a history of its own. */
#include <string.h>

#include "client/format.h"
#include "web/object.h"
#include "web/pages.h"

static void
put_owner(struct page *p, JsonObject *row, const char *what, const char *name_key)
{
	const char *name = row_text(row, name_key);
	/* "web1/vda": the VM's name, which has slashes of its own at times */
	const char *slash = name != NULL ? strrchr(name, '/') : NULL;
	g_autofree char *vm = slash != NULL ? g_strndup(name, (gsize)(slash - name)) : NULL;

	html_textf(p->html, "%s of ", what);
	link_vm(p, p->url->segment[1], vm);
}

/* --- a disk */

static const struct object_fact disk_now[] = {
	{ "vclDiskReadSpeed", "Reads", format_speed },
	{ "vclDiskWriteSpeed", "Writes", format_speed },
	{ "vclDiskReadRate", "Read requests", format_rate },
	{ "vclDiskWriteRate", "Write requests", format_rate },
	{ "vclDiskReadLatency", "A read takes", format_us },
	{ "vclDiskWriteLatency", "A write takes", format_us },
	{ "vclDiskBlockJob", "Job", cell_none },
	{ "vclDiskBlockJobProgress", "Job done", format_percent },
	{ "vclDiskError", "Error", cell_none },
	{ 0 },
};

static const struct object_fact disk_what[] = {
	{ "vclDiskSource", "Source" },
	{ "vclDiskCapacity", "Size", format_mib },
	{ "vclDiskAllocation", "Used", format_mib },
	{ "vclDiskPhysical", "On disk", format_mib },
	{ "vclDiskFormat", "Format" },
	{ "vclDiskChainDepth", "Images below" },
	{ "vclDiskBus", "Bus" },
	{ "vclDiskDevice", "Device", format_words },
	{ "vclDiskReadOnly", "Read-only", format_bool },
	{ "vclDiskLimitIops", "Requests at most", format_limit },
	{ "vclDiskLimitSpeed", "Speed at most", format_mib_limit },
	{ 0 },
};

static const struct object_group disk_groups[] = {
	{ "Now", disk_now },
	{ "Disk", disk_what },
	{ 0 },
};

static void
put_disk_owner(struct page *p, JsonObject *row)
{
	put_owner(p, row, "disk", "vclDiskName");
	if (row_int(row, "vclDiskVolume") > 0) {
		html_text(p->html, ", on ");
		link_volume(p, row_int(row, "vclDiskVolume"), "its volume");
	}
}

static const struct object_part no_parts[] = { { 0 } };

static const struct object_page disk = { .kind = "disk", .where = "vms",
	.name = "vclDiskName", .groups = disk_groups, .parts = no_parts,
	.context = put_disk_owner };

/* --- a NIC */

static const struct object_fact nic_now[] = {
	{ "vclNicInSpeed", "Receives", format_speed },
	{ "vclNicOutSpeed", "Sends", format_speed },
	{ "vclNicInErrors", "Received with error" },
	{ "vclNicInDrops", "Received, dropped" },
	{ "vclNicOutErrors", "Sent with error" },
	{ "vclNicOutDrops", "Sent, dropped" },
	{ 0 },
};

static const struct object_fact nic_what[] = {
	{ "vclNicAddresses", "Addresses" },
	{ "vclNicModel", "Model" },
	{ "vclNicType", "Type" },
	{ "vclNicSource", "Source" },
	{ "vclNicTarget", "On the node" },
	{ 0 },
};

static const struct object_group nic_groups[] = {
	{ "Now", nic_now },
	{ "NIC", nic_what },
	{ 0 },
};

static void
put_nic_owner(struct page *p, JsonObject *row)
{
	put_owner(p, row, "NIC", "vclNicName");
}

static const struct object_page nic = { .kind = "nic", .where = "vms", .name = "vclNicName",
	.state = "vclNicLink", .groups = nic_groups, .parts = no_parts,
	.context = put_nic_owner };

/* --- both */

static const struct device {
	const struct object_page *page;
	const char *verb, *id, *sub; /* columns: in addresses, and the second index */
	const char *missing;
} disk_device = { &disk, "disks", "vclDiskTarget", "vclDiskIndex",
	"This virtual machine has no such disk." },
  nic_device = { &nic, "nics", "vclNicMac", "vclNicIndex",
	"This virtual machine has no such NIC." };

/* A NIC's address has dashes in addresses. */
static JsonObject *
find_device(const struct answer *answer, const char *key, const char *id)
{
	for (guint i = 0; i < answer->rows->len; i++) {
		JsonObject *row = answer->rows->pdata[i];
		g_autofree char *text = format_text(row, key);
		if (text == NULL)
			continue;
		if (g_strcmp0(text, id) == 0 ||
		    g_ascii_strcasecmp(g_strdelimit(text, ":", '-'), id) == 0)
			return row;
	}
	return NULL;
}

static bool
not_found(const char *why, GError **error)
{
	g_set_error_literal(error, WEB_ERROR, WEB_ERROR_NOT_FOUND, why);
	return false;
}

static bool
device_page(const struct device *d, const struct web *web, const struct url *url,
    struct reply *reply, GError **error)
{
	SCOPED(answer) vms = vm_by_uuid(web, url->segment[1], error);
	JsonObject *vm = vms != NULL ? answer_row(vms) : NULL;

	if (vm == NULL)
		return vms != NULL && not_found("There is no such virtual machine.", error);
	JsonBuilder *b = client_request(d->verb);
	client_add_int(b, "vm", row_int(vm, "vclVmIndex"));
	SCOPED(answer) devices = ask_rows(web->ask, b, error);
	if (devices == NULL)
		return false;
	JsonObject *row = find_device(devices, d->id, url->segment[3]);
	if (row == NULL)
		return not_found(d->missing, error);
	g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT,
	    row_int(row, "vclVmIndex"), row_int(row, d->sub));
	return object_put(d->page, web, url, row, id, reply, error);
}

bool
page_disk(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	return device_page(&disk_device, web, url, reply, error);
}

bool
page_nic(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	return device_page(&nic_device, web, url, reply, error);
}
