/* virtcluster top: which VMs are busy, live. */
#include <string.h>

#include "cli/cli.h"
#include "cli/display.h"
#include "cli/fetch.h"
#include "cli/top.h"
#include "cli/watch.h"

#define EVERY     2   /* seconds, on a terminal */
#define WIDE_FROM 130 /* columns of a terminal that all cells fit into */
#define HEAD      5   /* lines above the VMs */

/* What was asked for, and what came. */
struct top {
	const char *sort; /* a header */
	bool reverse, all;
	bool has_all; /* what came has those that do not run */
	JsonObject *status;
	GPtrArray *nodes, *vms;
};

static void
top_clear(struct top *t)
{
	g_clear_pointer(&t->status, json_object_unref);
	g_clear_pointer(&t->nodes, g_ptr_array_unref);
	g_clear_pointer(&t->vms, g_ptr_array_unref);
}

static bool
is_wide(const struct cli *cli)
{
	return cli->options.wide || (cli->out.terminal && cli->out.width >= WIDE_FROM);
}

/* --- asking */

static GPtrArray *
ask_vms(struct cli *cli, const struct top *t, GError **error)
{
	struct options o = { .node = cli->options.node, .name = cli->options.name,
		.sort = t->sort, .state = t->all ? NULL : "running" };
	struct listing running = top_listing;
	struct query query = {
		.listing = &running,
		.options = &o,
		.wide = true, /* the terminal may grow before the next answer */
		.whole = cli->options.json,
	};

	running.filters = vm_listing.filters; /* those of `top`, and the state */
	return fetch_rows(cli, &query, error);
}

static GPtrArray *
ask_nodes(struct cli *cli, GError **error)
{
	static const char *const columns[] = { "vclNodeCpus", "vclNodeCpuUsage",
		"vclNodeStale", NULL };
	JsonBuilder *b = client_request("nodes");

	client_add_words(b, "columns", columns);
	return client_rows(cli_client(cli, NULL), b, error);
}

static bool
ask_cluster(struct cli *cli, struct top *t, GError **error)
{
	struct client *client = cli_client(cli, error);

	if (client == NULL)
		return false;
	g_autoptr(GPtrArray) rows = client_rows(client, client_request("status"), error);
	if (rows == NULL)
		return false;
	t->status = rows->len > 0 ? json_object_ref(rows->pdata[0]) : json_object_new();
	t->nodes = ask_nodes(cli, error);
	return t->nodes != NULL;
}

static bool
top_ask(struct cli *cli, void *data, GError **error)
{
	struct top *t = data;
	struct top fresh = { .sort = t->sort, .reverse = t->reverse, .all = t->all,
		.has_all = t->all };

	fresh.vms = ask_vms(cli, t, error);
	if (fresh.vms == NULL || (!cli->options.json && !ask_cluster(cli, &fresh, error))) {
		top_clear(&fresh);
		return false;
	}
	top_clear(t);
	*t = fresh;
	return true;
}

/* --- drawing */

static void
put_line(const struct output *out, char *text, enum tone tone)
{
	g_autofree char *clean = text_clean(text);
	g_autofree char *cut = out->terminal ? text_cut(clean, (size_t)out->width, out->utf8)
					     : g_strdup(clean);

	output_cell(out, cut, tone, 0, false);
	fputc('\n', out->file);
	g_free(text);
}

static void
draw_head(const struct output *out, const struct top *t)
{
	g_autofree char *by = g_ascii_strup(t->sort, -1);

	put_line(out, top_counts(t->status), TONE_PLAIN);
	put_line(out, top_load(t->status, t->nodes), TONE_PLAIN);
	put_line(out, top_health(t->status), tone_state(t->status, "vclClusterHealth"));
	put_line(out,
	    g_strdup_printf("%s VMs by %s%s; CPU and STEAL: 100 %% is one core",
		t->has_all ? "all" : "running", by, t->reverse ? ", reversed" : ""),
	    TONE_FAINT);
}

/* Rows without the key are last: by the memory that they have when it is that in use. */
static void
sort_vms(const struct top *t)
{
	const char *key = display_key(&top_listing, t->sort);

	display_sort(t->vms, top_listing.sort, false);
	if (strcmp(key, "vclVmMemoryUsed") == 0)
		display_sort(t->vms, "vclVmMemoryActual", t->reverse);
	display_sort(t->vms, key, t->reverse);
}

static void
print_json(const struct cli *cli, GPtrArray *vms)
{
	for (guint i = 0; i < vms->len; i++)
		for (const struct field *f = top_listing.list; f->key != NULL; f++)
			if (display_is_sum(f->key))
				json_object_remove_member(vms->pdata[i], f->key);
	cli_print_rows(cli, vms);
}

static void
top_draw(struct cli *cli, void *data)
{
	const struct top *t = data;
	guint most = cli->options.top > 0 ? (guint)cli->options.top : G_MAXUINT;

	sort_vms(t);
	g_autoptr(GPtrArray) shown = g_ptr_array_new();
	for (guint i = 0; i < t->vms->len && i < most; i++)
		g_ptr_array_add(shown, t->vms->pdata[i]);
	if (cli->options.json) {
		print_json(cli, shown);
		return;
	}
	draw_head(&cli->out, t);
	if (shown->len > 0)
		display_rows(&top_listing, shown, is_wide(cli), &cli->out);
	else
		fprintf(cli->out.file, "no %sVMs%s\n", t->has_all ? "" : "running ",
		    filter_any(top_listing.filters, &cli->options) ? " match" : "");
}

/* --- keys */

static bool
sort_by(void *data, const char *header)
{
	((struct top *)data)->sort = header;
	return false;
}

static bool
turn_round(void *data, const char *word)
{
	struct top *t = data;

	t->reverse = !t->reverse;
	return false;
}

static bool
toggle_all(void *data, const char *word)
{
	struct top *t = data;

	t->all = !t->all;
	return true;
}

static const struct key top_keys[] = {
	{ 'c', "sort by CPU", sort_by, "cpu" },
	{ 's', "sort by steal: time that a VM waits for a CPU", sort_by, "steal" },
	{ 'm', "sort by memory", sort_by, "memory" },
	{ 'd', "sort by disk, read and written", sort_by, "disk" },
	{ 'i', "sort by disk requests in a second", sort_by, "iops" },
	{ 'n', "sort by network, in and out", sort_by, "net" },
	{ 'v', "sort by name", sort_by, "vm" },
	{ 'r', "turn the order round", turn_round },
	{ 'a', "show running or all VMs", toggle_all },
	{ 0 },
};

bool
verb_top(struct cli *cli, GError **error)
{
	struct options *o = &cli->options;
	struct top t = { .sort = o->sort != NULL ? o->sort : "cpu", .reverse = o->reverse,
		.all = o->all };
	const struct watch_view view = { top_ask, top_draw, top_keys, HEAD, &t };

	if (!display_check_sort(&top_listing, o->sort, error))
		return false;
	if (o->watch == 0 && cli->out.terminal && !o->json)
		o->watch = EVERY;
	bool good = watch_view_run(cli, &view, error);
	top_clear(&t);
	return good;
}
