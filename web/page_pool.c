/* Storage pools, and one pool. */
#include "client/format.h"
#include "web/listing.h"
#include "web/object.h"
#include "web/pages.h"

static enum tone
tone_pool_use(JsonObject *row, const char *key)
{
	int64_t use = row_int(row, key);

	return use >= 9500 ? TONE_BAD : use >= 8000 ? TONE_WARN : TONE_GOOD;
}

#define MOST_NAMES 3 /* more than that are only counted */

/* The names of the pool's nodes: pools of many nodes have the same name. */
void
show_pool_nodes(struct page *p, JsonObject *row, const struct view_column *c)
{
	JsonBuilder *b = client_request("pool-nodes");
	int64_t index = row_int(row, "vclPoolIndex");

	ask_columns(b, "vclPoolIndex vclPoolNodeNodeName");
	SCOPED(answer) answer = ask_rows(p->web->ask, b, NULL);
	if (answer == NULL || row_int(row, c->key) > MOST_NAMES) {
		html_textf(p->html, "%" G_GINT64_FORMAT " nodes", row_int(row, c->key));
		return;
	}
	for (guint i = 0, n = 0; i < answer->rows->len; i++) {
		JsonObject *on = answer->rows->pdata[i];
		if (row_int(on, "vclPoolIndex") != index)
			continue;
		if (n++ > 0)
			html_text(p->html, " ");
		link_node(p, row_text(on, "vclPoolNodeNodeName"));
	}
}

static const struct view_column columns[] = {
	{ "vclPoolName", "Pool", show_pool, .with = "vclPoolIndex vclPoolStale vclPoolSampleAge",
	    .sort = "name" },
	{ "vclPoolNodes", "Nodes", show_pool_nodes, .sort = "nodes" },
	{ "vclPoolState", "State", show_badge, format_words, tone_state, .sort = "state" },
	{ "vclPoolHealth", "Health", show_badge, cell_health, tone_health, .sort = "health" },
	{ "vclPoolUsage", "Used", show_bar, format_usage, tone_pool_use, .sort = "used" },
	{ "vclPoolCapacity", "Size", show_number, format_mib, .sort = "size" },
	{ "vclPoolAvailable", "Free", show_number, format_mib, .sort = "free" },
	{ "vclPoolDaysUntilFull", "Full in", show_number, format_days, .sort = "full" },
	{ "vclPoolCommitment", "Given", show_number, format_usage, .sort = "given",
	    .wide = true },
	{ "vclPoolVolumes", "Volumes", show_number, .sort = "volumes", .wide = true },
	{ "vclPoolType", "Type", show_text, .sort = "type", .wide = true },
	{ 0 },
};

const struct view pool_view = { "pools", columns, "vclPoolName", false, "There are no pools." };

static const char *const states[] = { "running", "building", "degraded", "inaccessible",
	"inactive", "unknown", NULL };

static const struct listing_filter filters[] = {
	{ "node", "Node" },
	{ "state", "State", "vclPoolState", states },
	{ "health", "Health", "vclPoolHealth", listing_health },
	{ 0 },
};

/* Few clusters have any: no place in the navigation. */
static void
put_exports_link(struct page *p)
{
	g_autoptr(GString) link = url_link(p->web->base, "exports", NULL);
	JsonBuilder *b = client_request("exports");

	ask_columns(b, "vclVolumeIndex");
	client_add_int(b, "limit", 1);
	SCOPED(answer) answer = ask_rows(p->web->ask, b, NULL);
	if (answer == NULL || answer->found == 0)
		return;
	g_autofree char *words = g_strdup_printf("Volumes served to others: %" G_GINT64_FORMAT,
	    answer->found);
	html_begin(p->html, "p", NULL);
	html_leaf(p->html, "a", words, "href", link->str, NULL);
	html_end(p->html, "p");
}

static const struct listing listing = { "Pools", "pools", &pool_view, filters, 30,
	.searched = true, .extra = put_exports_link };

bool
page_pools(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	return listing_page(&listing, web, url, reply, error);
}

/* --- one pool */

static const struct object_fact space[] = {
	{ "vclPoolCapacity", "Size", format_mib },
	{ "vclPoolAllocation", "In use", format_mib },
	{ "vclPoolUsage", "In use", format_usage },
	{ "vclPoolAvailable", "Free", format_mib },
	{ "vclPoolProvisioned", "Given to volumes", format_mib },
	{ "vclPoolCommitment", "Given of its size", format_usage },
	{ "vclPoolDaysUntilFull", "Full in", format_days },
	{ 0 },
};

static const struct object_fact what[] = {
	{ "vclPoolType", "Type" },
	{ "vclPoolPath", "Path" },
	{ "vclPoolSource", "Source" },
	{ "vclPoolUuid", "UUID" },
	{ "vclPoolNodes", "Nodes" },
	{ "vclPoolShared", "Shared", format_bool },
	{ "vclPoolVolumes", "Volumes" },
	{ "vclPoolAutostart", "Starts with its node", format_bool },
	{ "vclPoolLastRefresh", "Refreshed", format_date },
	{ "vclPoolSampleAge", "Seen", cell_seen },
	{ 0 },
};

static const struct object_group groups[] = {
	{ "Space", space },
	{ "Pool", what },
	{ 0 },
};

static const struct view_column node_columns[] = {
	{ "vclPoolNodeNodeName", "Node", show_node },
	{ "vclPoolNodeState", "State", show_badge, format_words, tone_state },
	{ "vclPoolNodeAvailable", "Free", show_number, format_mib },
	{ "vclPoolNodePath", "Path", show_text },
	{ "vclPoolNodeError", "Error", show_text },
	{ 0 },
};

static void
show_volume(struct page *p, JsonObject *row, const struct view_column *c)
{
	link_volume(p, row_int(row, "vclVolumeIndex"), row_text(row, c->key));
}

static const struct view_column volume_columns[] = {
	{ "vclVolumeName", "Volume", show_volume, .with = "vclVolumeIndex" },
	{ "vclVolumeFormat", "Format", show_text },
	{ "vclVolumeCapacity", "Size", show_number, format_mib },
	{ "vclVolumeAllocation", "Used", show_number, format_mib },
	{ "vclVolumeOrphan", "Orphan", show_badge, format_bool, tone_flag },
	{ 0 },
};

static const struct view pool_node_view = { "pool-nodes", node_columns };
static const struct view volume_view = { "volumes", volume_columns, "vclVolumeName" };

static const struct object_part parts[] = {
	{ "Alarms", { &alarm_view, 20, .owner = "pool" } },
	{ "On nodes", { &pool_node_view, 100, .owner = "pool" } },
	{ "Volumes", { &volume_view, 200, .owner = "pool" } },
	{ "Served to others", { &export_view, 50, .owner = "pool" }, "exports" },
	{ "Last events", { &event_view, 15, true, "pool" } },
	{ 0 },
};

static const struct object_page object = { "pool", "pools", "vclPoolName", "vclPoolState",
	"vclPoolHealth", "vclPoolHealthReason", "vclPoolIndex", groups, parts,
	"vclPoolIndex", "There is no such pool." };

bool
page_pool(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	return object_answer(&object, web, url, reply, error);
}
