/* One volume of a pool. */
#include "client/format.h"
#include "web/object.h"
#include "web/pages.h"

static const struct object_fact space[] = {
	{ "vclVolumeCapacity", "Size", format_mib },
	{ "vclVolumeAllocation", "Used", format_mib },
	{ "vclVolumePhysical", "On disk", format_mib },
	{ 0 },
};

static const struct object_fact what[] = {
	{ "vclVolumePath", "Path" },
	{ "vclVolumeKey", "Key" },
	{ "vclVolumeType", "Type", format_words },
	{ "vclVolumeFormat", "Format" },
	{ "vclVolumeBacking", "Image below" },
	{ "vclVolumeChainDepth", "Images below" },
	{ "vclVolumeOrphan", "Orphan", format_bool },
	{ 0 },
};

static const struct object_group groups[] = {
	{ "Space", space },
	{ "Volume", what },
	{ 0 },
};

static void
put_exports(struct page *p, JsonObject *row)
{
	g_autofree char *pool = format_text(row, "vclVolumePool");
	g_autoptr(GString) link = url_link(p->web->base, "exports", NULL);

	url_add(link, "pool", pool);
	url_add(link, "volume", row_text(row, "vclVolumeName"));
	html_text(p->html, ", ");
	html_leaf(p->html, "a", "served to others", "href", link->str, NULL);
}

static void
put_context(struct page *p, JsonObject *row)
{
	html_text(p->html, "volume of ");
	link_pool(p, row_int(row, "vclVolumePool"), row_text(row, "vclVolumePoolName"));
	if (row_int(row, "vclVolumeVm") > 0) {
		html_text(p->html, ", a disk of ");
		link_vm_of(p, row_int(row, "vclVolumeVm"), "a VM");
	}
	if (row_int(row, "vclVolumeExports") > 0)
		put_exports(p, row);
}

static const struct object_part no_parts[] = { { 0 } };

static const struct object_page object = { .kind = "volume", .where = "pools",
	.verb = "volumes", .name = "vclVolumeName", .groups = groups, .parts = no_parts,
	.key = "vclVolumeIndex", .missing = "There is no such volume.",
	.context = put_context };

bool
page_volume(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	return object_answer(&object, web, url, reply, error);
}
