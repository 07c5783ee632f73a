/*
 * virtcluster cluster check: how the cluster is set up, and with what command each thing that is
 * wrong is mended.
 */
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "client/format.h"

#define FOUND_SOMETHING 1
#define NOT_REVIEWED	3
#define PATIENCE_MS	(600 * 1000) /* between two lines: a node, all of whose tools hang */

static const char *const severities[] = { "critical", "warning", "unknown", "hint" };
static const enum tone tones[] = { TONE_BAD, TONE_WARN, TONE_FAINT, TONE_PLAIN };
enum { CRITICAL, WARNING, UNKNOWN, HINT, SEVERITIES };

/* What the daemon has told. */
struct told {
	GPtrArray *findings; /* JsonObject */
	JsonObject *end;
	unsigned count[SEVERITIES];
};

static size_t
severity_of(JsonObject *finding)
{
	const char *word = row_text(finding, "severity");

	for (size_t i = 0; i < SEVERITIES; i++)
		if (g_strcmp0(word, severities[i]) == 0)
			return i;
	return UNKNOWN;
}

/* --- progress, where somebody watches: it comes from standard error */

static bool
shows_progress(const struct cli *cli)
{
	return !cli->options.quiet && !cli->options.json && isatty(fileno(cli->errors));
}

static void
show_progress(const struct cli *cli, JsonObject *row)
{
	g_autofree char *what = text_clean(row_text(row, "what"));

	if (!shows_progress(cli))
		return;
	fprintf(cli->errors, "\r\033[K%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " asked: %s",
	    row_int(row, "done"), row_int(row, "of"), what);
	fflush(cli->errors);
}

static void
end_progress(const struct cli *cli)
{
	if (shows_progress(cli))
		fprintf(cli->errors, "\r\033[K");
}

/* --- the answer */

/* Takes the row. */
static void
take_row(const struct cli *cli, struct told *told, JsonObject *row)
{
	if (json_object_has_member(row, "check")) {
		told->count[severity_of(row)]++;
		g_ptr_array_add(told->findings, row);
		return;
	}
	show_progress(cli, row);
	json_object_unref(row);
}

static bool
ask(struct cli *cli, struct told *told, GError **error)
{
	struct client *client = cli_client(cli, error);
	const char *kind = NULL;

	if (client == NULL)
		return false;
	client_send(client, client_request("review"));
	for (;;) {
		JsonObject *row = client_next(client, &kind, PATIENCE_MS, error);
		if (row == NULL || strcmp(kind, "end") == 0) {
			told->end = row;
			end_progress(cli);
			return row != NULL;
		}
		take_row(cli, told, row);
	}
}

/* --- for people */

static void
print_line(const struct cli *cli, const char *label, const char *text)
{
	g_autofree char *clean = text == NULL ? NULL : text_clean(text);

	if (clean != NULL)
		fprintf(cli->out.file, "  %s%s\n", label, clean);
}

static void
print_finding(const struct cli *cli, JsonObject *finding)
{
	size_t severity = severity_of(finding);
	g_autofree char *head =
	    g_strdup_printf("%s: %s", severity == UNKNOWN ? "not known" : severities[severity],
		row_text(finding, "check"));
	g_autofree char *clean = text_clean(severity == UNKNOWN ? "not known" : head);

	output_cell(&cli->out, clean, tones[severity], 0, false);
	fprintf(cli->out.file, "\n");
	print_line(cli, "", row_text(finding, "text"));
	print_line(cli, "mend: ", row_text(finding, "mend"));
	if (row_text(finding, "mend") != NULL)
		print_line(cli, "on: ", row_text(finding, "on") != NULL ? row_text(finding, "on")
								     : "any node of the cluster");
	print_line(cli, "note: ", row_text(finding, "advice"));
}

static void
print_sum(const struct cli *cli, const struct told *told)
{
	fprintf(cli->out.file, "%s%u critical, %u warning%s, %u hint%s, %u not known; %" G_GINT64_FORMAT
	    " checks, %" G_GINT64_FORMAT " node%s\n", told->findings->len > 0 ? "\n" : "",
	    told->count[CRITICAL], told->count[WARNING], told->count[WARNING] == 1 ? "" : "s",
	    told->count[HINT], told->count[HINT] == 1 ? "" : "s", told->count[UNKNOWN],
	    row_int(told->end, "checks"), row_int(told->end, "nodes"),
	    row_int(told->end, "nodes") == 1 ? "" : "s");
}

/* With --quiet only what must be looked at: also what nobody knows. */
static bool
is_shown(const struct cli *cli, JsonObject *finding)
{
	return !cli->options.quiet || severity_of(finding) <= UNKNOWN;
}

static void
print_findings(const struct cli *cli, const struct told *told)
{
	bool first = true;

	for (guint i = 0; i < told->findings->len; i++) {
		if (!is_shown(cli, told->findings->pdata[i]))
			continue;
		if (!first)
			fprintf(cli->out.file, "\n");
		print_finding(cli, told->findings->pdata[i]);
		first = false;
	}
	if (!cli->options.quiet)
		print_sum(cli, told);
}

static void
print_json(const struct cli *cli, const struct told *told)
{
	g_autoptr(GPtrArray) shown = g_ptr_array_new();

	for (guint i = 0; i < told->findings->len; i++)
		if (is_shown(cli, told->findings->pdata[i]))
			g_ptr_array_add(shown, told->findings->pdata[i]);
	cli_print_rows(cli, shown);
}

/* --- the verb */

static bool
check_cluster(struct cli *cli, GError **error)
{
	struct told told = {
		.findings = g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref),
	};
	bool done = ask(cli, &told, error);

	if (done && cli->options.json)
		print_json(cli, &told);
	else if (done)
		print_findings(cli, &told);
	cli->status = !done ? NOT_REVIEWED
	    : told.count[CRITICAL] + told.count[WARNING] > 0 ? FOUND_SOMETHING
	    : told.count[UNKNOWN] > 0 ? NOT_REVIEWED : 0;
	g_ptr_array_unref(told.findings);
	g_clear_pointer(&told.end, json_object_unref);
	return done;
}

bool
verb_cluster(struct cli *cli, GError **error)
{
	if (strcmp(cli->argv[0], "check") == 0)
		return check_cluster(cli, error);
	g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
	    "cluster: there is no \"%s\"; say 'cluster check'", cli->argv[0]);
	return false;
}
