/* What has happened. */
#include "client/format.h"
#include "web/listing.h"
#include "web/pages.h"

static const struct view_column columns[] = {
	{ "vclEventTime", "Time", show_when, format_when },
	{ "vclEventSeverity", "Severity", show_badge, format_text, tone_state },
	{ "vclEventType", "What", show_text, format_words, .brief = true },
	{ "vclEventName", "Name", show_object,
	    .with = "vclEventUuid vclEventObjectKind vclEventObjectIndex" },
	{ "vclEventNewState", "Change", show_text, cell_change, .with = "vclEventOldState",
	    .brief = true },
	{ "vclEventNode", "Node", show_node },
	{ "vclEventReason", "Reason", show_text },
	{ 0 },
};

/* The last one first. */
const struct view event_view = { "events", columns, NULL, true, "There are no events." };

static const char *const kinds[] = { "cluster", "node", "vm", "pool", "volume", "app", "job",
	"template", "backup", NULL };

static const struct listing_filter filters[] = {
	{ "severity", "At least", "vclEventSeverity", listing_severity, .worst = true },
	{ "kind", "About", "vclEventObjectKind", kinds },
	{ 0 },
};

static const struct listing listing = { "Events", "events", &event_view, filters, 15,
	.searched = true };

bool
page_events(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	return listing_page(&listing, web, url, reply, error);
}
