/* virtcluster series and sources: the numbers of a history. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "client/format.h"
#include "cli/period.h"
#include "cli/span.h"

/* --- numbers */

/* The cluster needs no name: it is the only one. */
static bool
ask(const struct cli *cli, const struct period *period, int64_t resolution, JsonBuilder *b,
    GError **error)
{
	bool cluster = strcmp(cli->argv[0], "cluster") == 0;
	int source = cluster ? 1 : 2;

	if (cli->argc != source + 1) {
		g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
		    "series: say KIND%s SOURCE; see 'virtcluster sources'",
		    cluster ? "" : " NAME");
		return false;
	}
	client_add_text(b, "kind", cli->argv[0]);
	if (!cluster)
		client_add_text(b, "name", cli->argv[1]);
	client_add_text(b, "source", cli->argv[source]);
	client_add_int(b, "from", period->from);
	client_add_int(b, "to", period->to);
	if (resolution > 0)
		client_add_int(b, "resolution", resolution);
	client_add_bool(b, "max", cli->options.max);
	return true;
}

/* Numbers as short as they can be said without loss, in any locale. */
static void
print_csv(const struct cli *cli, GPtrArray *rows)
{
	FILE *out = cli->out.file;
	char number[G_ASCII_DTOSTR_BUF_SIZE];

	fprintf(out, "time,value\n");
	for (guint i = 0; i < rows->len; i++) {
		JsonObject *row = rows->pdata[i];
		g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(row_int(row, "time"));
		g_autofree char *time = g_date_time_format(at, "%Y-%m-%dT%H:%M:%SZ");
		bool known = json_object_has_member(row, "value") &&
		    !json_object_get_null_member(row, "value");
		fprintf(out, "%s,%s\n", time, !known ? "" : g_ascii_formatd(number,
		    sizeof(number), "%.10g", json_object_get_double_member(row, "value")));
	}
}

bool
verb_series(struct cli *cli, GError **error)
{
	struct period period = { 0 };
	int64_t resolution = 0;

	if (!period_get(&cli->options, "series", &period, error) ||
	    (cli->options.resolution != NULL &&
		!span_parse(cli->options.resolution, &resolution, error)))
		return false;
	struct client *client = cli_client(cli, error);
	if (client == NULL)
		return false;
	JsonBuilder *b = client_request("series");
	if (!ask(cli, &period, resolution, b, error)) {
		g_object_unref(b);
		return false;
	}
	g_autoptr(GPtrArray) rows = client_rows(client, b, error);
	if (rows == NULL)
		return false;
	if (cli->options.json)
		cli_print_rows(cli, rows);
	else
		print_csv(cli, rows);
	return true;
}
