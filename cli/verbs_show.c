/* virtcluster show: all that is known about one thing, and what belongs to it in short. */
#include <string.h>

#include "cli/cli.h"
#include "cli/display.h"
#include "cli/fetch.h"
#include "cli/watch.h"

#define MOST_ROWS 20 /* of a section, for people */

static GPtrArray *
fetch_section(struct cli *cli, const struct section *s, int64_t index, GError **error)
{
	struct query query = {
		.listing = listing_of_verb(s->verb),
		.member = s->member,
		.index = index,
		.wide = cli->options.wide,
		.whole = cli->options.json,
	};
	GPtrArray *rows = fetch_rows(cli, &query, error);

	if (rows != NULL && s->last > 0 && rows->len > s->last)
		g_ptr_array_remove_range(rows, 0, rows->len - s->last);
	return rows;
}

static void
print_section(const struct cli *cli, const struct section *s, GPtrArray *rows)
{
	guint n = rows->len;

	if (n == 0)
		return;
	fputc('\n', cli->out.file);
	output_cell(&cli->out, s->title, TONE_TITLE, 0, false);
	fputs(":\n", cli->out.file);
	if (n > MOST_ROWS)
		g_ptr_array_set_size(rows, MOST_ROWS);
	display_rows(listing_of_verb(s->verb), rows, cli->options.wide, &cli->out);
	if (n > MOST_ROWS)
		fprintf(cli->out.file, "and %u more\n", n - MOST_ROWS);
}

static bool
show_sections(struct cli *cli, const struct listing *l, JsonObject *row, int64_t index,
    GError **error)
{
	for (const struct section *s = l->sections; s != NULL && s->title != NULL; s++) {
		g_autoptr(GPtrArray) rows = fetch_section(cli, s, index, error);
		if (rows == NULL)
			return false;
		if (cli->options.json)
			json_object_set_array_member(row, listing_of_verb(s->verb)->table,
			    cli_array_of(rows));
		else
			print_section(cli, s, rows);
	}
	return true;
}

static GPtrArray *
fetch_one(struct cli *cli, GError **error)
{
	struct client *client = cli_client(cli, error);

	if (client == NULL)
		return NULL;
	JsonBuilder *b = client_request("show");
	client_add_text(b, "kind", cli->argv[0]);
	client_add_text(b, "name", cli->argv[1]);
	g_autoptr(GPtrArray) rows = client_rows(client, b, error);
	if (rows != NULL && rows->len == 1)
		return g_steal_pointer(&rows);
	if (rows != NULL)
		g_set_error_literal(error, CLIENT_ERROR, CLIENT_ERROR_CONNECTION,
		    "virtclusterd sent something else than one row");
	return NULL;
}

static bool
show_once(struct cli *cli, GError **error)
{
	const struct listing *l = listing_of_kind(cli->argv[0]);
	g_autoptr(GPtrArray) rows = fetch_one(cli, error);

	if (rows == NULL)
		return false;
	JsonObject *row = rows->pdata[0];
	int64_t index = row_int(row, l->index);
	if (cli->options.json) {
		if (!show_sections(cli, l, row, index, error))
			return false;
		cli_print_object(cli, row);
		return true;
	}
	if (!fetch_names(cli, rows, error))
		return false;
	display_row(l, row, &cli->out);
	return show_sections(cli, l, row, index, error);
}

bool
verb_show(struct cli *cli, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	if (listing_of_kind(cli->argv[0]) != NULL)
		return watch_run(cli, show_once, error);
	for (size_t i = 0; listings[i] != NULL; i++)
		if (listings[i]->kind != NULL)
			g_string_append_printf(known, "%s%s", known->len > 0 ? ", " : "",
			    listings[i]->kind);
	g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
	    "show: there is no kind \"%s\" (there are %s)", cli->argv[0], known->str);
	return false;
}
