/* What is wrong now. */
#include "client/format.h"
#include "web/listing.h"
#include "web/pages.h"

static const struct view_column columns[] = {
	{ "vclAlarmSeverity", "Severity", show_badge, format_text, tone_state,
	    .sort = "severity" },
	{ "vclAlarmName", "Name", show_object, .sort = "name",
	    .with = "vclAlarmUuid vclAlarmObjectKind vclAlarmObjectIndex" },
	{ "vclAlarmReason", "Reason", show_text, .sort = "reason" },
	{ "vclAlarmRaisedAt", "Since", show_when, format_ago, .sort = "since" },
	{ "vclAlarmNode", "Node", show_node, .sort = "node" },
	{ "vclAlarmCondition", "Condition", show_text, .sort = "condition", .wide = true },
	{ 0 },
};

const struct view alarm_view = { "alarms", columns, "vclAlarmSeverity", true,
	"There are no alarms." };

static const struct listing_filter filters[] = {
	{ "severity", "At least", "vclAlarmSeverity", listing_severity, .worst = true },
	{ 0 },
};

static const struct listing listing = { "Alarms", "alarms", &alarm_view, filters, 10,
	.searched = true };

bool
page_alarms(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	return listing_page(&listing, web, url, reply, error);
}
