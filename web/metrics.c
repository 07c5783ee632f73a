/* /metrics for Prometheus. */
#include "web/metrics.h"

#include <string.h>

#include "client/format.h"

/* "vclVmCpuTime" as "virtcluster_vm_cpu_time". */
static char *
snake(const char *descriptor)
{
	GString *name = g_string_new("virtcluster");

	for (const char *p = descriptor + strlen("vcl"); *p != '\0'; p++) {
		if (g_ascii_isupper(*p))
			g_string_append_c(name, '_');
		g_string_append_c(name, g_ascii_tolower(*p));
	}
	return g_string_free(name, FALSE);
}

char *
metrics_name(const struct column *c)
{
	static const char *const total = "_total";
	g_autofree char *name = snake(c->name);

	if (c->syntax == SYN_COUNTER)
		return g_strconcat(name, "_total", NULL);
	if (c->syntax == SYN_DATE)
		return g_strconcat(name, "_timestamp_seconds", NULL);
	if (g_str_has_suffix(name, total)) /* which is for counters */
		return g_strdup_printf("%.*s_size", (int)(strlen(name) - strlen(total)), name);
	return g_steal_pointer(&name);
}

char *
metrics_label(const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *text != '\0'; text++) {
		if (*text == '\n') {
			g_string_append(out, "\\n");
			continue;
		}
		if (*text == '"' || *text == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
	return g_string_free(out, FALSE);
}

/* --- values */

static void
put_sample(GString *out, const char *name, const char *labels, const char *more, gint64 value)
{
	g_string_append(out, name);
	if (*labels != '\0' || *more != '\0')
		g_string_append_printf(out, "{%s%s%s}", labels,
		    *labels != '\0' && *more != '\0' ? "," : "", more);
	g_string_append_printf(out, " %" G_GINT64_FORMAT "\n", value);
}

static gint64
unix_of(const char *iso)
{
	g_autoptr(GDateTime) at = g_date_time_new_from_iso8601(iso, NULL);

	return at != NULL ? g_date_time_to_unix(at) : 0;
}

static void
put_cell(GString *out, const struct column *c, const char *name, const char *labels,
    JsonObject *row)
{
	JsonNode *node = json_object_get_member(row, c->name);

	if (node == NULL || !JSON_NODE_HOLDS_VALUE(node))
		return;
	if (c->syntax == SYN_ENUM) {
		g_autofree char *state =
		    g_strdup_printf("state=\"%s\"", json_node_get_string(node));
		put_sample(out, name, labels, state, 1);
	} else if (c->syntax == SYN_BOOL) {
		put_sample(out, name, labels, "", json_node_get_boolean(node));
	} else if (c->syntax == SYN_DATE) {
		put_sample(out, name, labels, "", unix_of(json_node_get_string(node)));
	} else {
		put_sample(out, name, labels, "", json_node_get_int(node));
	}
}

static bool
is_metric(const struct column *c)
{
	switch (c->syntax) {
	case SYN_ENUM:
	case SYN_BOOL:
	case SYN_INT:
	case SYN_GAUGE:
	case SYN_UNSIGNED:
	case SYN_COUNTER:
	case SYN_DATE:
		return c->access == ACCESS_READ;
	default:
		return false;
	}
}

/* Of many rows only what has a history, and how they are. */
static bool
is_wanted(const struct column *c, bool graphed_only)
{
	static const char *const endings[] = { "State", "Health", "Stale", "CpuUsage" };

	if (!is_metric(c))
		return false;
	if (!graphed_only || c->graph != GRAPH_NONE)
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
		if (g_str_has_prefix(c->name, "vclVm") &&
		    strcmp(c->name + strlen("vclVm"), endings[i]) == 0)
			return true;
	return false;
}

/* --- tables */

static char *
labels_of(JsonObject *row, const struct metrics_labels *labels)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (; labels->name != NULL; labels++) {
		g_autofree char *plain = format_text(row, labels->column);
		g_autofree char *value = metrics_label(plain != NULL ? plain : "");
		g_string_append_printf(text, "%s%s=\"%s\"", text->len > 0 ? "," : "",
		    labels->name, value);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
put_head(GString *out, const char *name, const char *help, bool counter)
{
	g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
	    counter ? "counter" : "gauge");
}

void
metrics_put(GString *out, const struct table *table, const struct metrics_labels *labels,
    bool graphed_only, GPtrArray *rows)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < rows->len; i++)
		g_ptr_array_add(texts, labels_of(rows->pdata[i], labels));
	TABLE_FOREACH_COLUMN (table, c) {
		g_autofree char *name = NULL;
		if (!is_wanted(c, graphed_only))
			continue;
		name = metrics_name(c);
		g_autofree char *help = g_strconcat(c->name, " of VIRTCLUSTER-MIB", NULL);
		put_head(out, name, help, c->syntax == SYN_COUNTER);
		for (guint i = 0; i < rows->len; i++)
			put_cell(out, c, name, texts->pdata[i], rows->pdata[i]);
	}
}

/* What is true of a thing but not a number: its name, and where it is. */
static void
put_info(GString *out, const char *name, const struct metrics_labels *labels, GPtrArray *rows)
{
	put_head(out, name, "what the labels of the other metrics belong to", false);
	for (guint i = 0; i < rows->len; i++) {
		g_autofree char *text = labels_of(rows->pdata[i], labels);
		put_sample(out, name, text, "", 1);
	}
}

static const struct metrics_labels
    no_labels[] = { { 0 } },
    node_labels[] = { { "node", "vclNodeName" }, { 0 } },
    vm_labels[] = { { "uuid", "vclVmUuid" }, { 0 } },
    pool_labels[] = { { "pool", "vclPoolIndex" }, { 0 } },
    node_info[] = { { "node", "vclNodeName" }, { "uuid", "vclNodeUuid" },
	    { "hypervisor", "vclNodeHypervisorVersion" }, { 0 } },
    vm_info[] = { { "uuid", "vclVmUuid" }, { "name", "vclVmName" },
	    { "node", "vclVmNodeName" }, { 0 } },
    pool_info[] = { { "pool", "vclPoolIndex" }, { "name", "vclPoolName" },
	    { "type", "vclPoolType" }, { 0 } };

static const struct source {
	const char *verb;
	const struct table *table;
	const struct metrics_labels *labels, *info;
	const char *info_name;
	bool many;
} sources[] = {
	{ "status", &cluster_table, no_labels },
	{ "nodes", &node_table, node_labels, node_info, "virtcluster_node_info" },
	{ "pools", &pool_table, pool_labels, pool_info, "virtcluster_pool_info" },
	{ "vms", &vm_table, vm_labels, vm_info, "virtcluster_vm_info", .many = true },
};

static JsonBuilder *
request_of(const struct source *s)
{
	JsonBuilder *b = client_request(s->verb);
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	if (!s->many)
		return b;
	for (const struct metrics_labels *l = s->info; l->name != NULL; l++)
		g_ptr_array_add(names, (gpointer)l->column);
	TABLE_FOREACH_COLUMN (s->table, c)
		if (is_wanted(c, true))
			g_ptr_array_add(names, (gpointer)c->name);
	g_ptr_array_add(names, NULL);
	client_add_words(b, "columns", (const char *const *)names->pdata);
	return b;
}

bool
page_metrics(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	g_autoptr(GString) out = g_string_sized_new(1 << 16);

	for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
		const struct source *s = &sources[i];
		SCOPED(answer) answer = ask_rows(web->ask, request_of(s), error);
		if (answer == NULL)
			return false;
		metrics_put(out, s->table, s->labels, s->many, answer->rows);
		if (s->info != NULL)
			put_info(out, s->info_name, s->info, answer->rows);
	}
	reply->body = g_string_free_to_bytes(g_steal_pointer(&out));
	reply->type = "text/plain; version=0.0.4; charset=utf-8";
	return true;
}
