/* Rows of a listing as people want them. */
#include "cli/fetch.h"

#include <string.h>

/* --- names of other rows */

#define MOST_NAMES 3 /* more than that are only counted */

static const struct join {
	const char *key; /* column that the names take the place of */
	const char *own; /* column whose value is looked up */
	const char *verb, *index, *name; /* where */
} joins[] = {
	{ "vclNodeVm", "vclNodeVm", "vms", "vclVmIndex", "vclVmName" },
	{ "vclVmLastNode", "vclVmLastNode", "nodes", "vclNodeIndex", "vclNodeName" },
	{ "vclVmDuplicateNode", "vclVmDuplicateNode", "nodes", "vclNodeIndex",
	    "vclNodeName" },
	{ "vclDiskPool", "vclDiskPool", "pools", "vclPoolIndex", "vclPoolName" },
	{ "vclDiskVolume", "vclDiskVolume", "volumes", "vclVolumeIndex", "vclVolumeName" },
	{ "vclPoolNodes", "vclPoolIndex", "pool-nodes", "vclPoolIndex",
	    "vclPoolNodeNodeName" },
	{ "vclVolumeNode", "vclVolumeNode", "nodes", "vclNodeIndex", "vclNodeName" },
	{ "vclVolumeVm", "vclVolumeVm", "vms", "vclVmIndex", "vclVmName" },
	{ "vclAppLastNode", "vclAppLastNode", "nodes", "vclNodeIndex", "vclNodeName" },
	{ "vclJobNode", "vclJobNode", "nodes", "vclNodeIndex", "vclNodeName" },
};

/* Does any row have something to look up? */
static bool
is_needed(const struct join *j, GPtrArray *rows)
{
	for (guint i = 0; i < rows->len; i++)
		if (json_object_has_member(rows->pdata[i], j->key) &&
		    row_int(rows->pdata[i], j->own) != 0)
			return true;
	return false;
}

/* Index to an array of names, all borrowed from the rows. */
static GHashTable *
names_by_index(const struct join *j, GPtrArray *rows)
{
	GHashTable *names = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL,
	    (GDestroyNotify)g_ptr_array_unref);

	for (guint i = 0; i < rows->len; i++) {
		const char *name = row_text(rows->pdata[i], j->name);
		gpointer index = GSIZE_TO_POINTER((gsize)row_int(rows->pdata[i], j->index));
		GPtrArray *list = g_hash_table_lookup(names, index);
		if (name == NULL)
			continue;
		if (list == NULL) {
			list = g_ptr_array_new();
			g_hash_table_insert(names, index, list);
		}
		g_ptr_array_add(list, (gpointer)name);
	}
	return names;
}

static void
put_names(const struct join *j, GHashTable *names, JsonObject *row)
{
	gsize index = (gsize)row_int(row, j->own);
	GPtrArray *list = g_hash_table_lookup(names, GSIZE_TO_POINTER(index));

	if (list == NULL || list->len > MOST_NAMES || !json_object_has_member(row, j->key))
		return;
	g_autoptr(GString) text = g_string_new(NULL);
	for (guint i = 0; i < list->len; i++)
		g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
		    (const char *)list->pdata[i]);
	json_object_set_string_member(row, j->key, text->str);
}

static bool
fetch_join(struct cli *cli, const struct join *j, GPtrArray *rows, GError **error)
{
	const char *const columns[] = { j->index, j->name, NULL };
	struct client *client = cli_client(cli, error);

	if (client == NULL)
		return false;
	JsonBuilder *b = client_request(j->verb);
	client_add_words(b, "columns", columns);
	g_autoptr(GPtrArray) others = client_rows(client, b, error);
	if (others == NULL)
		return false;
	g_autoptr(GHashTable) names = names_by_index(j, others);
	for (guint i = 0; i < rows->len; i++)
		put_names(j, names, rows->pdata[i]);
	return true;
}

bool
fetch_names(struct cli *cli, GPtrArray *rows, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(joins); i++)
		if (is_needed(&joins[i], rows) && !fetch_join(cli, &joins[i], rows, error))
			return false;
	return true;
}

/* --- the request */

static void
add_columns(const struct query *q, JsonBuilder *b)
{
	g_autoptr(GPtrArray) keys = g_ptr_array_new();
	const struct listing *l = q->listing;

	display_keys(l->list, q->wide, keys);
	for (size_t i = 0; i < G_N_ELEMENTS(joins); i++)
		if (g_ptr_array_find_with_equal_func(keys, joins[i].key, g_str_equal, NULL))
			g_ptr_array_add(keys, (gpointer)joins[i].own);
	if (q->options != NULL)
		filter_keys(l->filters, q->options, keys);
	if (q->options != NULL && q->options->sort != NULL &&
	    !display_is_sum(display_key(l, q->options->sort)))
		g_ptr_array_add(keys, (gpointer)display_key(l, q->options->sort));
	if (l->sort != NULL)
		g_ptr_array_add(keys, (gpointer)l->sort);
	g_ptr_array_add(keys, NULL);
	client_add_words(b, "columns", (const char *const *)keys->pdata);
}

/* --- order */

static void
reverse_rows(GPtrArray *rows)
{
	for (guint i = 0; i < rows->len / 2; i++) {
		gpointer other = rows->pdata[rows->len - 1 - i];
		rows->pdata[rows->len - 1 - i] = rows->pdata[i];
		rows->pdata[i] = other;
	}
}

static void
arrange(const struct query *q, GPtrArray *rows)
{
	const struct options *o = q->options;

	if (q->listing->sort != NULL)
		display_sort(rows, q->listing->sort, false);
	if (o == NULL)
		return;
	if (o->last > 0 && rows->len > (guint)o->last)
		g_ptr_array_remove_range(rows, 0, rows->len - (guint)o->last);
	if (o->sort != NULL)
		display_sort(rows, display_key(q->listing, o->sort), o->reverse);
	else if (o->reverse)
		reverse_rows(rows);
	if (o->top > 0 && rows->len > (guint)o->top)
		g_ptr_array_set_size(rows, o->top);
}

GPtrArray *
fetch_rows(struct cli *cli, const struct query *q, GError **error)
{
	struct client *client = cli_client(cli, error);

	if (client == NULL)
		return NULL;
	JsonBuilder *b = client_request(listing_request(q->listing));
	if (!q->whole)
		add_columns(q, b);
	if (q->member != NULL)
		client_add_int(b, q->member, q->index);
	if (q->options != NULL)
		filter_ask(q->listing->filters, q->options, b);
	g_autoptr(GPtrArray) rows = client_rows(client, b, error);
	if (rows == NULL)
		return NULL;
	if (q->options != NULL)
		filter_rows(q->listing->filters, q->options, rows);
	if (!q->whole && !fetch_names(cli, rows, error))
		return NULL;
	display_sums(q->listing, rows);
	arrange(q, rows);
	return g_steal_pointer(&rows);
}
