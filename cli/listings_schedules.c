/* How schedules of backups are shown. */
#include "cli/display.h"

#include <stddef.h>

static const struct field schedule_list[] = {
	{ "vclScheduleName", "SCHEDULE", format_text, ALIGN_LEFT, 8 },
	{ "vclScheduleWhen", "WHEN", format_text, ALIGN_LEFT, 8 },
	{ "vclSchedulePool", "POOL", format_text, ALIGN_LEFT, 6, .width = WIDE },
	{ "vclScheduleVms", "VMS", format_text, ALIGN_RIGHT },
	{ "vclScheduleNext", "NEXT", format_date, ALIGN_LEFT },
	{ "vclScheduleLast", "LAST", format_date, ALIGN_LEFT, .width = WIDE },
	{ "vclScheduleDue", "DUE", format_text, ALIGN_RIGHT },
	{ "vclScheduleOverdue", "OVERDUE", format_text, ALIGN_RIGHT },
	{ "vclScheduleFailed", "FAILED", format_text, ALIGN_RIGHT },
	{ "vclScheduleReason", "REASON", format_text, ALIGN_LEFT, 8 },
	{ 0 },
};

static const struct filter schedule_filters[] = {
	{ "name", &filter_name, "vclScheduleName" },
	{ 0 },
};

const struct listing schedule_listing = {
	"schedules", "schedules", "vclScheduleTable", NULL, "vclSchedule", schedule_list, NULL,
	"vclScheduleName", NULL, "vclScheduleIndex", NULL, schedule_filters, NULL
};
