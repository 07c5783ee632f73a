/* virtcluster status: the cluster at a glance. */
#include <stdarg.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/display.h"
#include "cli/fetch.h"
#include "cli/watch.h"

#define LABEL_WIDTH 8

/* A line "LABEL  TEXT". */
static void
line(const struct output *out, const char *label, char *text, enum tone tone)
{
	g_autofree char *clean = text_clean(text);
	g_autofree char *cut = out->terminal
	    ? text_cut(clean, (size_t)out->width - LABEL_WIDTH - 2, out->utf8)
	    : g_strdup(clean);

	output_cell(out, label, TONE_TITLE, LABEL_WIDTH, false);
	fputs("  ", out->file);
	output_cell(out, cut, tone, 0, false);
	fputc('\n', out->file);
	g_free(text);
}

static char *
describe_cluster(JsonObject *s)
{
	const char *name = row_text(s, "vclClusterName");
	const char *version = row_text(s, "vclClusterAgentVersion");
	g_autofree char *up = format_ago(s, "vclClusterStarted");

	return g_strdup_printf("%s (virtclusterd %s%s%s, control is %s)",
	    name != NULL ? name : "?", version != NULL ? version : "?",
	    up != NULL ? ", up " : "", up != NULL ? up : "",
	    row_bool(s, "vclControlEnabled") ? "on" : "off");
}

/* "12: 3 running, 9 shut off": a total and those of its shares that are not zero. */
struct share {
	const char *key;
	const char *name;
};

static char *
describe_shares(JsonObject *s, const char *total, const struct share *shares)
{
	GString *text = g_string_new(NULL);
	const char *comma = ": ";

	g_string_append_printf(text, "%" G_GINT64_FORMAT, row_int(s, total));
	for (; shares->key != NULL; shares++) {
		if (row_int(s, shares->key) == 0)
			continue;
		g_string_append_printf(text, "%s%" G_GINT64_FORMAT " %s", comma,
		    row_int(s, shares->key), shares->name);
		comma = ", ";
	}
	return g_string_free(text, FALSE);
}

static const struct share vm_shares[] = {
	{ "vclClusterVmsRunning", "running" },
	{ "vclClusterVmsPaused", "paused" },
	{ "vclClusterVmsShutOff", "shut off" },
	{ "vclClusterVmsCrashed", "crashed" },
	{ "vclClusterVmsUnknown", "unknown" },
	{ 0 },
};

static char *
describe_memory(JsonObject *s)
{
	g_autofree char *used = format_mib(s, "vclClusterMemoryUsed");
	g_autofree char *total = format_mib(s, "vclClusterMemoryTotal");
	g_autofree char *given = format_mib(s, "vclClusterMemoryAllocated");

	return g_strdup_printf("%s used of %s, %s given to running VMs",
	    used != NULL ? used : "?", total != NULL ? total : "?",
	    given != NULL ? given : "?");
}

static char *
describe_storage(JsonObject *s)
{
	g_autofree char *used = format_mib(s, "vclClusterStorageUsed");
	g_autofree char *total = format_mib(s, "vclClusterStorageTotal");
	g_autofree char *given = format_mib(s, "vclClusterStorageProvisioned");

	if (row_int(s, "vclPoolNumber") == 0)
		return g_strdup("no pools");
	return g_strdup_printf("%s used of %s in %" G_GINT64_FORMAT
			       " pools, %s given to volumes",
	    used != NULL ? used : "?", total != NULL ? total : "?",
	    row_int(s, "vclPoolNumber"), given != NULL ? given : "?");
}

static char *
describe_alarms(JsonObject *s)
{
	int64_t critical = row_int(s, "vclClusterAlarmsCritical");
	int64_t warning = row_int(s, "vclClusterAlarmsWarning");

	if (critical + warning == 0)
		return g_strdup("none");
	return g_strdup_printf("%" G_GINT64_FORMAT " critical, %" G_GINT64_FORMAT " warning",
	    critical, warning);
}

/* "critical: node h2 is unreachable" */
static char *
describe_health(JsonObject *s)
{
	g_autofree char *health = format_words(s, "vclClusterHealth");
	const char *reason = row_text(s, "vclClusterHealthReason");
	bool has_reason = reason != NULL && reason[0] != '\0';

	return g_strconcat(health != NULL ? health : "?", has_reason ? ": " : "",
	    has_reason ? reason : "", NULL);
}

static const struct share app_shares[] = {
	{ "vclClusterAppsStarted", "started" },
	{ "vclClusterAppsStopped", "stopped" },
	{ "vclClusterAppsFailed", "failed" },
	{ 0 },
};

/* "pacemaker 2.1.5, quorate, h1 decides": only where there is such. */
static void
print_backend(const struct output *out, JsonObject *s)
{
	const char *reason = row_text(s, "vclClusterBackendReason");
	const char *decides = row_text(s, "vclClusterCoordinator");
	const char *version = row_text(s, "vclClusterBackendVersion");
	bool known = json_object_has_member(s, "vclClusterQuorate");
	bool quorate = row_bool(s, "vclClusterQuorate");

	if (reason == NULL)
		return;
	line(out, "Backend",
	    *reason != '\0' ? g_strdup_printf("not known: %s", reason)
			    : g_strdup_printf("%s%s%s, %s%s%s%s", row_text(s, "vclClusterBackend"),
				  version != NULL && *version != '\0' ? " " : "",
				  version != NULL ? version : "",
				  !known ? "nobody knows whether quorate"
				  : quorate ? "quorate" : "NO QUORUM",
				  decides != NULL && *decides != '\0' ? ", decided on " : "",
				  decides != NULL ? decides : "",
				  row_bool(s, "vclClusterMaintenance") ? ", in maintenance" : ""),
	    *reason != '\0' || !quorate ? TONE_BAD : TONE_PLAIN);
	line(out, "Apps", describe_shares(s, "vclClusterApps", app_shares), TONE_PLAIN);
}

static void
print_overview(const struct output *out, JsonObject *s)
{
	line(out, "Cluster", describe_cluster(s), TONE_PLAIN);
	line(out, "Health", describe_health(s), tone_state(s, "vclClusterHealth"));
	line(out, "Nodes",
	    g_strdup_printf("%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT " online",
		row_int(s, "vclClusterNodesOnline"), row_int(s, "vclClusterNodes")), TONE_PLAIN);
	line(out, "VMs", describe_shares(s, "vclClusterVms", vm_shares), TONE_PLAIN);
	line(out, "CPUs",
	    g_strdup_printf("%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
			    " vCPUs given to running VMs",
		row_int(s, "vclClusterCpus"), row_int(s, "vclClusterVcpusAllocated")),
	    TONE_PLAIN);
	line(out, "Memory", describe_memory(s), TONE_PLAIN);
	line(out, "Storage", describe_storage(s), TONE_PLAIN);
	print_backend(out, s);
	line(out, "Alarms", describe_alarms(s), TONE_PLAIN);
	line(out, "Jobs",
	    g_strdup_printf("%" G_GINT64_FORMAT " waiting, %" G_GINT64_FORMAT
			    " running, %" G_GINT64_FORMAT " failed",
		row_int(s, "vclClusterJobsWaiting"), row_int(s, "vclClusterJobsRunning"),
		row_int(s, "vclClusterJobsFailed")),
	    TONE_PLAIN);
}

/* --- nodes that are not well */

static bool
is_well(JsonObject *node)
{
	return g_strcmp0(row_text(node, "vclNodeState"), "online") == 0 &&
	    !row_bool(node, "vclNodeStale");
}

static char *
reason_of(JsonObject *node)
{
	const char *reason = row_text(node, "vclNodeStateReason");
	g_autofree char *age = format_seconds(node, "vclNodeSampleAge");

	if (reason != NULL && reason[0] != '\0')
		return g_strdup(reason);
	if (row_bool(node, "vclNodeStale") && age != NULL)
		return g_strdup_printf("not heard from for %s", age);
	return g_strdup(age != NULL ? "" : "never heard from");
}

static void
print_sick_nodes(const struct output *out, GPtrArray *nodes)
{
	SCOPED(sheet) sheet = sheet_new();
	guint sick = 0;

	sheet_add_column(sheet, "NODE", ALIGN_LEFT, 8);
	sheet_add_column(sheet, "STATE", ALIGN_LEFT, 0);
	sheet_add_column(sheet, "REASON", ALIGN_LEFT, 12);
	for (guint i = 0; i < nodes->len; i++) {
		JsonObject *node = nodes->pdata[i];
		if (is_well(node))
			continue;
		bool online = g_strcmp0(row_text(node, "vclNodeState"), "online") == 0;
		g_autofree char *state = format_words(node, "vclNodeState");
		g_autofree char *reason = reason_of(node);
		sheet_add_cell(sheet, row_text(node, "vclNodeName"), TONE_PLAIN);
		sheet_add_cell(sheet, online ? "STALE" : state,
		    online ? TONE_BAD : tone_of_state(row_text(node, "vclNodeState")));
		sheet_add_cell(sheet, reason, TONE_PLAIN);
		sick++;
	}
	if (sick == 0)
		return;
	fprintf(out->file, "\nNot well:\n");
	sheet_write(sheet, out);
}

/* --- what is wrong */

#define MOST_ALARMS 5

static bool
print_alarms(struct cli *cli, GError **error)
{
	struct query query = { .listing = &alarm_listing };
	g_autoptr(GPtrArray) rows = fetch_rows(cli, &query, error);

	if (rows == NULL)
		return false;
	guint n = rows->len;
	if (n == 0)
		return true;
	if (n > MOST_ALARMS)
		g_ptr_array_set_size(rows, MOST_ALARMS);
	fprintf(cli->out.file, "\nAlarms:\n");
	display_rows(&alarm_listing, rows, false, &cli->out);
	if (n > MOST_ALARMS)
		fprintf(cli->out.file, "and %u more: virtcluster alarms\n", n - MOST_ALARMS);
	return true;
}

static bool
status_once(struct cli *cli, GError **error)
{
	struct client *client = cli_client(cli, error);

	if (client == NULL)
		return false;
	g_autoptr(GPtrArray) status = client_rows(client, client_request("status"), error);
	if (status == NULL)
		return false;
	if (status->len == 0) {
		g_set_error_literal(error, CLIENT_ERROR, CLIENT_ERROR_CONNECTION,
		    "virtclusterd sent no status");
		return false;
	}
	if (cli->options.json) {
		cli_print_object(cli, status->pdata[0]);
		return true;
	}
	struct query query = { .listing = &node_listing };
	g_autoptr(GPtrArray) nodes = fetch_rows(cli, &query, error);
	if (nodes == NULL)
		return false;
	print_overview(&cli->out, status->pdata[0]);
	print_sick_nodes(&cli->out, nodes);
	return print_alarms(cli, error);
}

bool
verb_status(struct cli *cli, GError **error)
{
	return watch_run(cli, status_once, error);
}
