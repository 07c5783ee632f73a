/* Applications, and one application: resources of the cluster manager. */
#include "client/format.h"
#include "web/listing.h"
#include "web/object.h"
#include "web/pages.h"

static void
show_app(struct page *p, JsonObject *row, const struct view_column *c)
{
	link_app(p, row_text(row, c->key));
}

/* Where it is started: of a clone these are many. */
static void
show_nodes(struct page *p, JsonObject *row, const struct view_column *c)
{
	if (row_int(row, "vclAppNode") > 0)
		link_node(p, row_text(row, "vclAppNodeName"));
	else
		show_text(p, row, c);
}

static const struct view_column columns[] = {
	{ "vclAppName", "Application", show_app, .with = "vclAppStale vclAppSampleAge",
	    .sort = "name" },
	{ "vclAppKind", "Kind", show_text, format_words, .sort = "kind",
	    .brief = true },
	{ "vclAppState", "State", show_badge, format_words, tone_state, .sort = "state" },
	{ "vclAppNodeNames", "Node", show_nodes, .with = "vclAppNode vclAppNodeName",
	    .sort = "node" },
	{ "vclAppHealth", "Health", show_badge, cell_health, tone_health, .sort = "health" },
	{ "vclAppParentName", "In", show_app, .sort = "in" },
	{ "vclAppFailCount", "Failures", show_number, .sort = "failures" },
	{ "vclAppFailovers", "Failovers", show_number, .sort = "failovers", .wide = true },
	{ "vclAppPriority", "Priority", show_number, .sort = "priority", .wide = true },
	{ "vclAppPreferredName", "Prefers", show_node, .sort = "prefers", .wide = true },
	{ "vclAppStateSince", "Since", show_when, format_when, .sort = "since" },
	{ "vclAppStateReason", "Reason", show_text, .sort = "reason", .wide = true },
	{ 0 },
};

const struct view app_view = { "apps", columns, "vclAppName", false,
	"There are no applications." };

static const char *const states[] = { "started", "stopped", "starting", "stopping",
	"migrating", "partial", "failed", "blocked", "unknown", NULL };

static const char *const kinds[] = { "vm", "virtualNode", "service", "group", "clone",
	"bundle", "fencing", "connection", NULL };

static const struct listing_filter filters[] = {
	{ "node", "Node" },
	{ "kind", "Kind", "vclAppKind", kinds },
	{ "state", "State", "vclAppState", states },
	{ "health", "Health", "vclAppHealth", listing_health },
	{ 0 },
};

static const struct listing listing = { "Applications", "apps", &app_view, filters, 10,
	.searched = true, .of = "nodes" };

bool
page_apps(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	return listing_page(&listing, web, url, reply, error);
}

/* --- one application */

static const struct object_fact present[] = {
	{ "vclAppStateReason", "State's reason" },
	{ "vclAppStateSince", "In this state since", format_date },
	{ "vclAppWantedState", "Shall be", format_words },
	{ "vclAppInstances", "Instances started" },
	{ "vclAppFailCount", "Failures" },
	{ "vclAppLastFailure", "Failed last", format_date },
	{ "vclAppLastFailureText", "Failure" },
	{ "vclAppFailovers", "Failovers" },
	{ "vclAppMoves", "Moves" },
	{ "vclAppSampleAge", "Seen", cell_seen },
	{ 0 },
};

static const struct object_fact setting[] = {
	{ "vclAppKind", "Kind", format_words },
	{ "vclAppAgent", "Agent" },
	{ "vclAppManaged", "Managed", format_bool },
	{ "vclAppPriority", "Priority" },
	{ "vclAppPreferredName", "Prefers node" },
	{ "vclAppUseCpu", "Counted with CPUs" },
	{ "vclAppUseMemory", "Counted with memory", format_mib },
	{ "vclAppCanMigrate", "Migrates live", format_bool },
	{ 0 },
};

static const struct object_group groups[] = {
	{ "Now", present },
	{ "Application", setting },
	{ 0 },
};

static const struct object_part parts[] = {
	{ "Alarms", { &alarm_view, 20, .owner = "app" } },
	{ "In it", { &app_view, 50, .owner = "app", .health = "vclAppHealth" } },
	{ "Last jobs", { &job_view, 10, true, "app" } },
	{ "Last events", { &event_view, 15, true, "app" } },
	{ 0 },
};

static void
put_context(struct page *p, JsonObject *row)
{
	const char *parent = row_text(row, "vclAppParentName");
	const char *nodes = row_text(row, "vclAppNodeNames");

	html_text(p->html, "application");
	if (row_int(row, "vclAppNode") > 0) {
		html_text(p->html, " on ");
		link_node(p, row_text(row, "vclAppNodeName"));
	} else if (nodes != NULL && *nodes != '\0') {
		html_textf(p->html, " on %s", nodes);
	}
	if (row_int(row, "vclAppVm") > 0) {
		html_text(p->html, ", the VM ");
		link_vm_of(p, row_int(row, "vclAppVm"), row_text(row, "vclAppVmName"));
	}
	if (parent != NULL && *parent != '\0') {
		html_text(p->html, ", in ");
		link_app(p, parent);
	}
}

static const struct object_page object = { "app", "nodes", "vclAppName", "vclAppState",
	"vclAppHealth", "vclAppHealthReason", "vclAppIndex", groups, parts, "vclAppName",
	"There is no application of that name.", put_context, "apps", .no_graphs = true };

bool
page_app(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	return object_answer(&object, web, url, reply, error);
}
