/* How applications are shown. */
#include "cli/display.h"

#include <stddef.h>

static const char *const app_states[] = { "started", "stopped", "starting", "stopping",
	"migrating", "partial", "failed", "blocked", "unknown", NULL };

static const char *const app_kinds[] = { "vm", "virtualNode", "service", "group", "clone",
	"bundle", "fencing", "connection", NULL };

static const struct field app_list[] = {
	{ "vclAppName", "APP", format_text, ALIGN_LEFT, 8 },
	{ "vclAppKind", "KIND", format_words, ALIGN_LEFT },
	{ "vclAppState", "STATE", format_words, ALIGN_LEFT, 0, tone_state },
	{ "vclAppNodeNames", "NODE", format_text, ALIGN_LEFT, 6 },
	{ "vclAppHealth", "HEALTH", cell_health, ALIGN_LEFT, 0, tone_health,
	    .with = "vclAppStale vclAppSampleAge" },
	{ "vclAppWantedState", "WANTED", format_words, ALIGN_LEFT, .width = WIDE },
	{ "vclAppVmName", "VM", format_text, ALIGN_LEFT, 6, .width = WIDE },
	{ "vclAppParentName", "IN", format_text, ALIGN_LEFT, 4, .width = WIDE },
	{ "vclAppPreferredName", "PREFERS", format_text, ALIGN_LEFT, 6, .width = WIDE },
	{ "vclAppPriority", "PRIORITY", format_text, ALIGN_RIGHT, .width = WIDE },
	{ "vclAppFailCount", "FAILS", format_text, ALIGN_RIGHT },
	{ "vclAppFailovers", "FAILOVERS", format_text, ALIGN_RIGHT, .width = WIDE },
	{ "vclAppStateSince", "SINCE", format_ago, ALIGN_RIGHT, .width = WIDE },
	{ "vclAppManaged", "MANAGED", format_bool, ALIGN_LEFT, .width = WIDE },
	{ "vclAppAgent", "AGENT", format_text, ALIGN_LEFT, 8, .width = WIDE },
	{ "vclAppStateReason", "REASON", format_text, ALIGN_LEFT, 8 },
	{ 0 },
};

static const struct field app_detail[] = {
	{ "vclAppName", "application", format_text },
	{ "vclAppKind", "kind", format_words },
	{ "vclAppState", "state", format_words, .tone = tone_state },
	{ "vclAppStateReason", "reason", format_text },
	{ "vclAppStateSince", "since", format_date },
	{ "vclAppWantedState", "shall be", format_words },
	{ "vclAppHealth", "health", cell_health, .tone = tone_health },
	{ "vclAppHealthReason", "health reason", format_text },
	{ "vclAppNodeNames", "started on", format_text },
	{ "vclAppLastNode", "before on", format_index },
	{ "vclAppPreferredName", "prefers node", format_text },
	{ "vclAppVmName", "is the VM", format_text },
	{ "vclAppParentName", "in", format_text },
	{ "vclAppAgent", "agent", format_text },
	{ "vclAppManaged", "managed", format_bool },
	{ "vclAppInstances", "instances started", format_text },
	{ "vclAppFailCount", "failures", format_text },
	{ "vclAppLastFailure", "failed last", format_date },
	{ "vclAppLastFailureText", "failure", format_text },
	{ "vclAppFailovers", "failovers", format_text },
	{ "vclAppMoves", "moves", format_text },
	{ "vclAppPriority", "priority", format_text },
	{ "vclAppUseCpu", "counted with CPUs", format_text },
	{ "vclAppUseMemory", "counted with memory", format_mib },
	{ "vclAppCanMigrate", "migrates live", format_bool },
	{ "vclAppSampleAge", "seen", cell_seen, .tone = tone_seen },
	{ "vclAppVm" },
	{ "vclAppNode" },
	{ "vclAppNodeName" },
	{ "vclAppParent" },
	{ "vclAppPreferredNode" },
	{ "vclAppStale" },
	{ 0 },
};

static const struct filter app_filters[] = {
	{ "node", &filter_owner },
	{ "vm", &filter_owner },
	{ "state", &filter_word, "vclAppState", app_states },
	{ "kind", &filter_word, "vclAppKind", app_kinds },
	{ "health", &filter_worst, "vclAppHealth", filter_health },
	{ "stale", &filter_flag, "vclAppStale" },
	{ "name", &filter_name, "vclAppName" },
	{ 0 },
};

static const struct section app_sections[] = {
	{ "Alarms", "alarms", "app" },
	{ "In it", "apps", "app" },
	{ "Last events", "events", "app", 5 },
	{ 0 },
};

const struct listing app_listing = {
	"apps", "applications", "vclAppTable", "app", "vclApp", app_list, app_detail,
	"vclAppName", NULL, "vclAppIndex", "vclAppName", app_filters, app_sections
};
