/* Verbs that list rows. */
#include <string.h>

#include "cli/cli.h"
#include "cli/display.h"
#include "cli/fetch.h"
#include "cli/watch.h"

static bool
list_once(struct cli *cli, GError **error)
{
	const struct options *o = &cli->options;
	struct query query = {
		.listing = listing_of_verb(cli->verb->name),
		.options = o,
		.wide = o->wide,
		.whole = o->json,
	};
	g_autoptr(GPtrArray) rows = fetch_rows(cli, &query, error);

	if (rows == NULL)
		return false;
	if (o->json)
		cli_print_rows(cli, rows);
	else if (rows->len > 0)
		display_rows(query.listing, rows, o->wide, &cli->out);
	else
		fprintf(o->watch > 0 ? cli->out.file : cli->errors, "no %s%s\n",
		    query.listing->things,
		    filter_any(query.listing->filters, o) ? " match" : "");
	return true;
}

bool
verb_list(struct cli *cli, GError **error)
{
	const struct listing *l = listing_of_verb(cli->verb->name);

	return filter_check(l->filters, &cli->options, l->verb, error) &&
	    display_check_sort(l, cli->options.sort, error) && watch_run(cli, list_once, error);
}

/* --- what there is to be drawn or read */

static const struct field graph_fields[] = {
	{ "kind", "OF", format_text, ALIGN_LEFT, 0 },
	{ "name", "GRAPH", format_text, ALIGN_LEFT, 0 },
	{ "title", "WHAT", format_text, ALIGN_LEFT, 12 },
	{ 0 },
};

static const struct field source_fields[] = {
	{ "kind", "OF", format_text, ALIGN_LEFT, 0 },
	{ "name", "SOURCE", format_text, ALIGN_LEFT, 0 },
	{ "type", "TYPE", format_text, ALIGN_LEFT, 0 },
	{ "column", "COLUMN", format_text, ALIGN_LEFT, 0 },
	{ 0 },
};

static const struct listing catalogues[] = {
	{ .verb = "graphs", .list = graph_fields },
	{ .verb = "sources", .list = source_fields },
};

bool
verb_catalogue(struct cli *cli, GError **error)
{
	const struct listing *l = catalogues;
	struct client *client = cli_client(cli, error);

	if (client == NULL)
		return false;
	while (strcmp(l->verb, cli->verb->name) != 0)
		l++;
	g_autoptr(GPtrArray) rows = client_rows(client, client_request(l->verb), error);
	if (rows == NULL)
		return false;
	if (cli->options.json)
		cli_print_rows(cli, rows);
	else
		display_rows(l, rows, false, &cli->out);
	return true;
}
