/* How jobs, events and alarms are shown. */
#include "cli/display.h"

#include <stddef.h>

static const char *const object_kinds[] = { "cluster", "node", "vm", "pool", "volume",
	"app", "job", "alarm", "template", "backup", NULL };

/* --- jobs */

static const struct field job_list[] = {
	{ "vclJobIndex", "JOB", format_text, ALIGN_RIGHT },
	{ "vclJobType", "WHAT", cell_job_title, ALIGN_LEFT, 12, .with = "vclJobObjectName" },
	{ "vclJobState", "STATE", format_words, ALIGN_LEFT, 0, tone_state },
	{ "vclJobProgress", "DONE", cell_progress, ALIGN_RIGHT, .with = "vclJobState" },
	{ "vclJobRequester", "BY", cell_requester, ALIGN_LEFT, 6, .with = "vclJobOrigin" },
	{ "vclJobSubmitted", "ASKED", format_when, ALIGN_LEFT },
	{ "vclJobStarted", "STARTED", format_when, ALIGN_LEFT, .width = WIDE },
	{ "vclJobFinishedAt", "FINISHED", format_when, ALIGN_LEFT, .width = WIDE },
	{ "vclJobNode", "NODE", format_index, ALIGN_LEFT, 6, .width = WIDE },
	{ "vclJobOrigin", "THROUGH", format_text, ALIGN_LEFT, .width = WIDE },
	{ "vclJobError", "ERROR", format_text, ALIGN_LEFT, 12, tone_bad },
	{ 0 },
};

static const struct field job_detail[] = {
	{ "vclJobIndex", "job", format_text },
	{ "vclJobType", "what", cell_job_title },
	{ "vclJobState", "state", format_words, .tone = tone_state },
	{ "vclJobError", "error", format_text, .tone = tone_bad },
	{ "vclJobCause", "cause", cell_none },
	{ "vclJobProgress", "done", format_percent },
	{ "vclJobSubmitted", "asked", format_date },
	{ "vclJobStarted", "started", format_date },
	{ "vclJobFinishedAt", "finished", format_date },
	{ "vclJobRequester", "by", format_text },
	{ "vclJobOrigin", "through", format_text },
	{ "vclJobNode", "node", format_index },
	{ "vclJobObjectName" },
	{ 0 },
};

static const char *const job_states[] = { "waiting", "running", "succeeded", "failed",
	"cancelled", "interrupted", "preparing", NULL };

static const struct filter job_filters[] = {
	{ "node", &filter_owner },
	{ "vm", &filter_owner },
	{ "state", &filter_word, "vclJobState", job_states },
	{ "since", &filter_since, "vclJobSubmitted" },
	{ "name", &filter_name, "vclJobObjectName" },
	{ 0 },
};

const struct listing job_listing = {
	"jobs", "jobs", "vclJobTable", "job", "vclJob", job_list, job_detail,
	"vclJobIndex", NULL, "vclJobIndex", NULL, job_filters, NULL
};

/* --- events */

static const struct field event_list[] = {
	{ "vclEventTime", "TIME", format_when, ALIGN_LEFT },
	{ "vclEventSeverity", "SEVERITY", format_text, ALIGN_LEFT, 0, tone_state },
	{ "vclEventType", "WHAT", format_words, ALIGN_LEFT },
	{ "vclEventName", "NAME", format_text, ALIGN_LEFT, 8 },
	{ "vclEventNode", "NODE", format_text, ALIGN_LEFT, 6 },
	{ "vclEventNewState", "CHANGE", cell_change, ALIGN_LEFT, 10,
	    .with = "vclEventOldState" },
	{ "vclEventSequence", "NUMBER", format_text, ALIGN_RIGHT, .width = WIDE },
	{ "vclEventObjectKind", "KIND", format_words, ALIGN_LEFT, .width = WIDE },
	{ "vclEventReason", "REASON", format_text, ALIGN_LEFT, 8 },
	{ 0 },
};

static const struct filter event_filters[] = {
	{ "node", &filter_owner },
	{ "vm", &filter_owner },
	{ "pool", &filter_owner },
	{ "severity", &filter_worst, "vclEventSeverity", filter_severity },
	{ "kind", &filter_word, "vclEventObjectKind", object_kinds },
	{ "since", &filter_since, "vclEventTime" },
	{ "name", &filter_name, "vclEventName" },
	{ 0 },
};

const struct listing event_listing = {
	"events", "events", "vclEventTable", NULL, "vclEvent", event_list, NULL,
	"vclEventName", NULL, "vclEventIndex", NULL, event_filters, NULL
};

/* --- alarms: the worst first, and of these the oldest */

static const struct field alarm_list[] = {
	{ "vclAlarmSeverity", "SEVERITY", format_text, ALIGN_LEFT, 0, tone_state },
	{ "vclAlarmRaisedAt", "SINCE", format_ago, ALIGN_RIGHT },
	{ "vclAlarmName", "NAME", format_text, ALIGN_LEFT, 8 },
	{ "vclAlarmNode", "NODE", format_text, ALIGN_LEFT, 6 },
	{ "vclAlarmCondition", "CONDITION", format_text, ALIGN_LEFT },
	{ "vclAlarmObjectKind", "KIND", format_words, ALIGN_LEFT, .width = WIDE },
	{ "vclAlarmChangedAt", "CHANGED", format_when, ALIGN_LEFT, .width = WIDE },
	{ "vclAlarmIndex", "INDEX", format_text, ALIGN_RIGHT, .width = WIDE },
	{ "vclAlarmReason", "REASON", format_text, ALIGN_LEFT, 16 },
	{ 0 },
};

static const struct field alarm_detail[] = {
	{ "vclAlarmIndex", "index", format_text },
	{ "vclAlarmSeverity", "severity", format_text, .tone = tone_state },
	{ "vclAlarmReason", "reason", format_text },
	{ "vclAlarmCondition", "condition", format_text },
	{ "vclAlarmObjectKind", "about", format_words },
	{ "vclAlarmName", "name", format_text },
	{ "vclAlarmUuid", "UUID", format_text },
	{ "vclAlarmNode", "node", format_text },
	{ "vclAlarmRaisedAt", "raised", format_date },
	{ "vclAlarmChangedAt", "changed", format_date },
	{ 0 },
};

static const struct filter alarm_filters[] = {
	{ "node", &filter_owner },
	{ "vm", &filter_owner },
	{ "pool", &filter_owner },
	{ "severity", &filter_worst, "vclAlarmSeverity", filter_severity },
	{ "kind", &filter_word, "vclAlarmObjectKind", object_kinds },
	{ "condition", &filter_text, "vclAlarmCondition" },
	{ "since", &filter_since, "vclAlarmRaisedAt" },
	{ "name", &filter_name, "vclAlarmName" },
	{ 0 },
};

const struct listing alarm_listing = {
	"alarms", "alarms", "vclAlarmTable", "alarm", "vclAlarm", alarm_list, alarm_detail,
	"vclAlarmCondition", "vclAlarmName", "vclAlarmIndex", "vclAlarmSeverity",
	alarm_filters, NULL
};
