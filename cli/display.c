/* How rows are shown: an array with one line per column for each listing. */
#include "cli/display.h"

#include <string.h>

/* --- tones */

static const struct {
	const char *state;
	enum tone tone;
} state_tones[] = {
	{ "running", TONE_GOOD },      { "online", TONE_GOOD },
	{ "succeeded", TONE_GOOD },    { "paused", TONE_WARN },
	{ "suspended", TONE_WARN },    { "shuttingDown", TONE_WARN },
	{ "standby", TONE_WARN },      { "maintenance", TONE_WARN },
	{ "connecting", TONE_WARN },   { "cancelled", TONE_WARN },
	{ "interrupted", TONE_WARN },  { "unknown", TONE_WARN },
	{ "warning", TONE_WARN },      { "crashed", TONE_BAD },
	{ "offline", TONE_BAD },       { "unreachable", TONE_BAD },
	{ "unclean", TONE_BAD },       { "failed", TONE_BAD },
	{ "critical", TONE_BAD },      { "shutOff", TONE_FAINT },
};

enum tone
tone_of_state(const char *state)
{
	for (size_t i = 0; state != NULL && i < G_N_ELEMENTS(state_tones); i++)
		if (strcmp(state_tones[i].state, state) == 0)
			return state_tones[i].tone;
	return TONE_PLAIN;
}

static enum tone
tone_state(JsonObject *row, const char *key)
{
	return tone_of_state(row_text(row, key));
}

static enum tone
tone_bad(JsonObject *row, const char *key)
{
	return TONE_BAD;
}

/* --- cells made of several columns */

/* The row's column that has the same prefix as `key`, but ends otherwise. */
static const char *
sibling(const char *key, const char *ending)
{
	static const char *const prefixes[] = { "vclVm", "vclNode" };

	for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		if (!g_str_has_prefix(key, prefixes[i]))
			continue;
		g_autofree char *name = g_strconcat(prefixes[i], ending, NULL);
		return g_intern_string(name);
	}
	return "";
}

static enum tone
tone_seen(JsonObject *row, const char *key)
{
	return row_bool(row, sibling(key, "Stale")) ? TONE_BAD : TONE_PLAIN;
}

/* The age of the sample: "3 s", or "STALE 2 min". */
static char *
format_seen(JsonObject *row, const char *key)
{
	bool stale = row_bool(row, sibling(key, "Stale"));
	g_autofree char *age = format_seconds(row, key);

	if (!stale)
		return g_steal_pointer(&age);
	return g_strconcat("STALE", age != NULL ? " " : "", age, NULL);
}

/* Of VMs on a node: "3/5", running of all. */
static char *
format_vms(JsonObject *row, const char *key)
{
	g_autofree char *running = format_text(row, key);
	g_autofree char *defined = format_text(row, "vclNodeVmsDefined");

	return running == NULL ? NULL
			       : g_strconcat(running, "/", defined ? defined : "?", NULL);
}

/* Of a node: "3.2 GiB of 7.8 GiB". */
static char *
format_node_memory(JsonObject *row, const char *key)
{
	g_autofree char *used = format_mib(row, key);
	g_autofree char *total = format_mib(row, "vclNodeMemoryTotal");

	if (used == NULL)
		return total != NULL ? g_strconcat("of ", total, NULL) : NULL;
	return g_strconcat(used, total != NULL ? " of " : "", total, NULL);
}

/* How far a job is, while that says something. */
static char *
format_progress(JsonObject *row, const char *key)
{
	const char *state = row_text(row, "vclJobState");

	return state != NULL && strcmp(state, "running") == 0 ? format_percent(row, key) : NULL;
}

/* "running -> shut off", or whichever there is. */
static char *
format_change(JsonObject *row, const char *key)
{
	g_autofree char *from = format_words(row, "vclEventOldState");
	g_autofree char *to = format_words(row, key);
	bool has_from = from != NULL && from[0] != '\0', has_to = to != NULL && to[0] != '\0';

	return g_strconcat(has_from ? from : "", has_from && has_to ? " -> " : "",
	    has_to ? to : "", NULL);
}

/* AgentX does not say who sent a SET: then at least by which way it came. */
static char *
format_requester(JsonObject *row, const char *key)
{
	const char *who = row_text(row, key);

	if (who != NULL && *who != '\0')
		return g_strdup(who);
	return format_text(row, "vclJobOrigin");
}

static char *
format_job_title(JsonObject *row, const char *key)
{
	g_autofree char *type = format_words(row, key);
	const char *name = row_text(row, "vclJobObjectName");

	return g_strconcat(type != NULL ? type : "?", name != NULL ? " " : "", name, NULL);
}

/* --- the listings; in a detail, a column without a header shows within another one */

static const struct field node_list[] = {
	{ "vclNodeName", "NODE", format_text, ALIGN_LEFT, 8 },
	{ "vclNodeState", "STATE", format_words, ALIGN_LEFT, 0, tone_state },
	{ "vclNodeVmsRunning", "VMS", format_vms, ALIGN_RIGHT },
	{ "vclNodeCpuUsage", "CPU", format_usage, ALIGN_RIGHT },
	{ "vclNodeMemoryUsed", "MEMORY", format_node_memory, ALIGN_RIGHT },
	{ "vclNodeSampleAge", "SEEN", format_seen, ALIGN_LEFT, 0, tone_seen },
	{ "vclNodeStateReason", "REASON", format_text, ALIGN_LEFT, 8 },
	{ 0 },
};

static const struct field node_detail[] = {
	{ "vclNodeName", "name", format_text },
	{ "vclNodeState", "state", format_words, .tone = tone_state },
	{ "vclNodeStateReason", "reason", format_text },
	{ "vclNodeUri", "URI", format_text },
	{ "vclNodeUuid", "UUID", format_text },
	{ "vclNodeVmsRunning", "VMs running", format_vms },
	{ "vclNodeCpuUsage", "CPU usage", format_usage },
	{ "vclNodeVmsCpuUsage", "CPU usage of VMs", format_usage },
	{ "vclNodeMemoryUsed", "memory used", format_node_memory },
	{ "vclNodeMemoryFree", "memory free", format_mib },
	{ "vclNodeMemoryCached", "memory cached", format_mib },
	{ "vclNodeMemoryAllocated", "memory given to VMs", format_mib },
	{ "vclNodeMemoryCommitment", "memory promised", format_usage },
	{ "vclNodeCpuUser", "CPU time user", format_cpu_ms },
	{ "vclNodeCpuSystem", "CPU time system", format_cpu_ms },
	{ "vclNodeCpuIdle", "CPU time idle", format_cpu_ms },
	{ "vclNodeCpuIowait", "CPU time waiting", format_cpu_ms },
	{ "vclNodePollTime", "a poll takes", format_ms },
	{ "vclNodePollInterval", "a poll every", format_seconds },
	{ "vclNodeStateSince", "since", format_date },
	{ "vclNodeLastSeen", "last seen", format_date },
	{ "vclNodeSampleAge", "seen", format_seen, .tone = tone_seen },
	{ "vclNodeVm", "index of its VM", format_index },
	{ "vclNodeVmsDefined" },
	{ "vclNodeMemoryTotal" },
	{ "vclNodeStale" },
	{ 0 },
};

static const struct field vm_list[] = {
	{ "vclVmName", "VM", format_text, ALIGN_LEFT, 8 },
	{ "vclVmState", "STATE", format_words, ALIGN_LEFT, 0, tone_state },
	{ "vclVmNodeName", "NODE", format_text, ALIGN_LEFT, 6 },
	{ "vclVmVcpus", "VCPUS", format_text, ALIGN_RIGHT },
	{ "vclVmCpuUsage", "CPU", format_usage, ALIGN_RIGHT },
	{ "vclVmMemoryActual", "MEMORY", format_mib, ALIGN_RIGHT },
	{ "vclVmStateSince", "SINCE", format_ago, ALIGN_RIGHT },
	{ "vclVmSampleAge", "SEEN", format_seen, ALIGN_LEFT, 0, tone_seen },
	{ 0 },
};

static const struct field vm_detail[] = {
	{ "vclVmName", "name", format_text },
	{ "vclVmState", "state", format_words, .tone = tone_state },
	{ "vclVmStateReason", "reason", format_text },
	{ "vclVmStateSince", "since", format_date },
	{ "vclVmNodeName", "node", format_text },
	{ "vclVmTitle", "title", format_text },
	{ "vclVmUuid", "UUID", format_text },
	{ "vclVmVcpus", "vCPUs", format_text },
	{ "vclVmVcpusMax", "vCPUs at most", format_text },
	{ "vclVmCpuUsage", "CPU usage", format_usage },
	{ "vclVmCpuTime", "CPU time", format_cpu_time },
	{ "vclVmMemoryActual", "memory", format_mib },
	{ "vclVmMemoryMax", "memory at most", format_mib },
	{ "vclVmMemoryUsed", "memory used", format_mib },
	{ "vclVmMemoryAvailable", "memory available", format_mib },
	{ "vclVmMemoryRss", "memory on the node", format_mib },
	{ "vclVmDiskReadOctets", "disk read", format_octets },
	{ "vclVmDiskWriteOctets", "disk written", format_octets },
	{ "vclVmNetInOctets", "net received", format_octets },
	{ "vclVmNetOutOctets", "net sent", format_octets },
	{ "vclVmSampleAge", "seen", format_seen, .tone = tone_seen },
	{ "vclVmNode", "index of the node", format_index },
	{ "vclVmLastNode", "index of the last node", format_index },
	{ "vclVmDuplicateNode", "runs also on node", format_index, .tone = tone_bad },
	{ "vclVmStale" },
	{ 0 },
};

static const struct field job_list[] = {
	{ "vclJobIndex", "JOB", format_text, ALIGN_RIGHT },
	{ "vclJobType", "WHAT", format_job_title, ALIGN_LEFT, 12 },
	{ "vclJobState", "STATE", format_words, ALIGN_LEFT, 0, tone_state },
	{ "vclJobProgress", "DONE", format_progress, ALIGN_RIGHT },
	{ "vclJobRequester", "BY", format_requester, ALIGN_LEFT, 6 },
	{ "vclJobSubmitted", "ASKED", format_date, ALIGN_LEFT },
	{ "vclJobError", "ERROR", format_text, ALIGN_LEFT, 12, tone_bad },
	{ 0 },
};

static const struct field job_detail[] = {
	{ "vclJobIndex", "job", format_text },
	{ "vclJobType", "what", format_job_title },
	{ "vclJobState", "state", format_words, .tone = tone_state },
	{ "vclJobError", "error", format_text, .tone = tone_bad },
	{ "vclJobCause", "cause", format_words },
	{ "vclJobProgress", "done", format_percent },
	{ "vclJobSubmitted", "asked", format_date },
	{ "vclJobStarted", "started", format_date },
	{ "vclJobFinishedAt", "finished", format_date },
	{ "vclJobRequester", "by", format_text },
	{ "vclJobOrigin", "through", format_text },
	{ "vclJobNode", "index of the node", format_index },
	{ "vclJobObjectName" },
	{ 0 },
};

static const struct field event_list[] = {
	{ "vclEventTime", "TIME", format_date, ALIGN_LEFT },
	{ "vclEventSeverity", "SEVERITY", format_text, ALIGN_LEFT, 0, tone_state },
	{ "vclEventType", "WHAT", format_words, ALIGN_LEFT },
	{ "vclEventName", "NAME", format_text, ALIGN_LEFT, 8 },
	{ "vclEventNode", "NODE", format_text, ALIGN_LEFT, 6 },
	{ "vclEventNewState", "CHANGE", format_change, ALIGN_LEFT, 10 },
	{ "vclEventReason", "REASON", format_text, ALIGN_LEFT, 8 },
	{ 0 },
};

static const char *const node_states[] = { "online", "standby", "maintenance", "offline",
	"unreachable", "unclean", "connecting", NULL };
static const char *const vm_states[] = { "running", "paused", "shuttingDown", "shutOff",
	"crashed", "suspended", "unknown", NULL };
static const char *const job_states[] = { "waiting", "running", "succeeded", "failed",
	"cancelled", "interrupted", NULL };

static const struct field advice_list[] = {
	{ "vclAdviceVmName", "VM", format_text, ALIGN_LEFT, 12 },
	{ "vclAdviceFromName", "FROM", format_text, ALIGN_LEFT, 0 },
	{ "vclAdviceToName", "TO", format_text, ALIGN_LEFT, 0 },
	{ "vclAdviceGain", "GAIN", format_usage, ALIGN_RIGHT, 0 },
	{ "vclAdviceReason", "WHY", format_text, ALIGN_LEFT, 12 },
	{ 0 },
};

static const struct field sequence_list[] = {
	{ "vclSequenceName", "SEQUENCE", format_text, ALIGN_LEFT, 0 },
	{ "vclSequenceSteps", "STEPS", format_text, ALIGN_RIGHT, 0 },
	{ "vclSequenceText", "WHAT", format_text, ALIGN_LEFT, 12 },
	{ 0 },
};

const struct listing listings[] = {
	{ "nodes", "node", "vclNode", node_list, node_detail, "vclNodeName", "vclNodeState",
	    NULL, node_states, "vclNodeName" },
	{ "vms", "vm", "vclVm", vm_list, vm_detail, "vclVmName", "vclVmState",
	    "vclVmNodeName", vm_states, "vclVmName" },
	{ "jobs", "job", "vclJob", job_list, job_detail, "vclJobIndex", "vclJobState", NULL,
	    job_states, NULL },
	{ "events", NULL, "vclEvent", event_list, NULL, "vclEventName", NULL, "vclEventNode",
	    NULL, NULL },
	{ "advice", NULL, "vclAdvice", advice_list, NULL, "vclAdviceVmName", NULL,
	    "vclAdviceFromName", NULL, NULL },
	{ "sequences", NULL, "vclSequence", sequence_list, NULL, "vclSequenceName", NULL, NULL,
	    NULL, NULL },
	{ 0 },
};

const struct listing *
listing_of_verb(const char *verb)
{
	for (const struct listing *l = listings; l->verb != NULL; l++)
		if (strcmp(l->verb, verb) == 0)
			return l;
	return NULL;
}

const struct listing *
listing_of_kind(const char *kind)
{
	for (const struct listing *l = listings; l->verb != NULL; l++)
		if (g_strcmp0(l->kind, kind) == 0)
			return l;
	return NULL;
}
