/* Verbs that list rows, and show one in full. */
#include <string.h>

#include "cli/cli.h"
#include "cli/display.h"

/* --- choosing rows */

static bool
check_state(const struct listing *l, const char *state, GError **error)
{
	for (const char *const *s = l->states; *s != NULL; s++)
		if (same_state(*s, state))
			return true;
	g_autofree char *known = g_strjoinv(", ", (char **)l->states);
	g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
	    "%s: there is no state \"%s\" (there are %s)", l->verb, state, known);
	return false;
}

static bool
is_chosen(const struct listing *l, const struct options *o, JsonObject *row)
{
	const char *state = l->state != NULL ? row_text(row, l->state) : NULL;
	const char *node = l->node != NULL ? row_text(row, l->node) : NULL;

	if (o->state != NULL && (state == NULL || !same_state(state, o->state)))
		return false;
	return o->node == NULL || g_strcmp0(node, o->node) == 0;
}

/* Drops what is not wanted, and brings the rest into order. */
static bool
choose(const struct listing *l, const struct options *o, GPtrArray *rows, GError **error)
{
	for (guint i = rows->len; i > 0; i--)
		if (!is_chosen(l, o, rows->pdata[i - 1]))
			g_ptr_array_remove_index(rows, i - 1);
	if (l->sort != NULL)
		display_sort(l, rows, l->sort);
	if (o->last > 0 && rows->len > (guint)o->last)
		g_ptr_array_remove_range(rows, 0, rows->len - (guint)o->last);
	if (o->sort == NULL || display_sort(l, rows, o->sort))
		return true;
	g_autofree const char **columns = display_columns(l);
	g_autofree char *known = g_strjoinv(", ", (char **)columns);
	g_autofree char *lower = g_ascii_strdown(known, -1);
	g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
	    "%s: there is no column \"%s\" (there are %s)", l->verb, o->sort, lower);
	return false;
}

bool
verb_list(struct cli *cli, GError **error)
{
	const struct listing *l = listing_of_verb(cli->verb->name);
	const struct options *o = &cli->options;

	if (o->state != NULL && !check_state(l, o->state, error))
		return false;
	struct client *client = cli_client(cli, error);
	if (client == NULL)
		return false;
	g_autoptr(GPtrArray) rows = client_rows(client, client_request(l->verb), error);
	if (rows == NULL || !choose(l, o, rows, error))
		return false;
	if (o->json)
		cli_print_rows(cli, rows);
	else
		display_rows(l, rows, &cli->out);
	return true;
}

/* --- one thing */

bool
verb_show(struct cli *cli, GError **error)
{
	const char *kind = cli->argv[0], *name = cli->argv[1];
	const struct listing *l = listing_of_kind(kind);

	if (l == NULL) {
		g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
		    "show: \"%s\" is neither vm, node nor job", kind);
		return false;
	}
	struct client *client = cli_client(cli, error);
	if (client == NULL)
		return false;
	JsonBuilder *b = client_request("show");
	client_add_text(b, "kind", kind);
	client_add_text(b, "name", name);
	g_autoptr(GPtrArray) rows = client_rows(client, b, error);
	if (rows == NULL)
		return false;
	for (guint i = 0; i < rows->len; i++) {
		if (cli->options.json)
			cli_print_object(cli, rows->pdata[i]);
		else
			display_row(l, rows->pdata[i], &cli->out);
	}
	return true;
}

/* --- the catalogue of graphs */

static const struct field graph_fields[] = {
	{ "kind", "OF", format_text, ALIGN_LEFT, 0 },
	{ "name", "GRAPH", format_text, ALIGN_LEFT, 0 },
	{ "title", "WHAT", format_text, ALIGN_LEFT, 12 },
	{ 0 },
};

bool
verb_graphs(struct cli *cli, GError **error)
{
	static const struct listing l = { .verb = "graphs", .list = graph_fields };
	struct client *client = cli_client(cli, error);

	if (client == NULL)
		return false;
	g_autoptr(GPtrArray) rows = client_rows(client, client_request("graphs"), error);
	if (rows == NULL)
		return false;
	if (cli->options.json)
		cli_print_rows(cli, rows);
	else
		display_rows(&l, rows, &cli->out);
	return true;
}
