/* Volumes that nodes serve to others. */
#include "client/format.h"
#include "web/listing.h"
#include "web/pages.h"

/* One that is gone still has the name that its clients ask for. */
static void
show_volume(struct page *p, JsonObject *row, const struct view_column *c)
{
	const char *name = row_text(row, c->key);

	if (name != NULL)
		link_volume(p, row_int(row, "vclVolumeIndex"), name);
	else
		html_leaf(p->html, "bdi", row_text(row, "vclExportName"), NULL);
}

/* On one line, unlike other texts: names of pools are short. */
static void
show_name(struct page *p, JsonObject *row, const struct view_column *c)
{
	html_leaf(p->html, "bdi", row_text(row, c->key), NULL);
}

static const struct view_column columns[] = {
	{ "vclExportVolumeName", "Volume", show_volume, .with = "vclVolumeIndex vclExportName",
	    .sort = "volume" },
	{ "vclExportPoolName", "Pool", show_name, .sort = "pool" },
	{ "vclExportNodeName", "Node", show_node, .sort = "node" },
	{ "vclExportState", "State", show_badge, format_words, tone_state, .sort = "state" },
	{ "vclExportReadOnly", "Read-only", show_text, format_bool, .sort = "read-only" },
	{ "vclExportClients", "Clients", show_number, .sort = "clients" },
	{ "vclExportSince", "Since", show_when, format_when, .sort = "since" },
	{ "vclExportUri", "Address", show_text, .sort = "address" },
	{ "vclExportTls", "TLS", show_text, format_bool, .sort = "tls", .wide = true },
	{ "vclExportFormat", "Format", show_text, .sort = "format", .wide = true },
	{ "vclExportReason", "Reason", show_text, .sort = "reason", .wide = true },
	{ 0 },
};

const struct view export_view = { "exports", columns, "vclExportVolumeName", false,
	"No volumes are served to others." };

static const char *const states[] = { "serving", "ended", "unknown", NULL };

static const struct listing_filter filters[] = {
	{ "node", "Node" },
	{ "pool", "Pool" },
	{ "volume", "Volume", "vclExportVolumeName" },
	{ "state", "State", "vclExportState", states },
	{ 0 },
};

static const struct listing listing = { "Volumes served to others", "exports", &export_view,
	filters, 15, .searched = true, .of = "pools" };

bool
page_exports(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	return listing_page(&listing, web, url, reply, error);
}
