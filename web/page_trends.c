/* Where it goes: days until pools are full, and how they and the nodes grow. */
#include "client/format.h"
#include "web/graph.h"
#include "web/pages.h"

#define REFRESH	      300
#define MOST_POOLS    24
#define MOST_NODES    24
#define SOON	      30 /* days */
#define VERY_SOON     7

static enum tone
tone_days(JsonObject *row, const char *key)
{
	int64_t days = row_int(row, key);

	if (!json_object_has_member(row, key) || days < 0)
		return TONE_PLAIN;
	return days <= VERY_SOON ? TONE_BAD : days <= SOON ? TONE_WARN : TONE_PLAIN;
}

/* What it grows in a day, by what is free and how long that lasts. */
static char *
format_growth(JsonObject *row, const char *key)
{
	int64_t days = row_int(row, "vclPoolDaysUntilFull");
	int64_t free_mib = row_int(row, key);

	if (!json_object_has_member(row, "vclPoolDaysUntilFull") || days < 0)
		return NULL; /* no telling, or it does not grow */
	g_autofree char *size = format_size(free_mib / MAX(days, 1));
	return g_strconcat(size, " a day", NULL);
}

static const struct view_column pool_columns[] = {
	{ "vclPoolName", "Pool", show_pool, .with = "vclPoolIndex" },
	{ "vclPoolNodes", "Nodes", show_pool_nodes },
	{ "vclPoolDaysUntilFull", "Full in", show_number, format_days, tone_days },
	{ "vclPoolAvailable", "Growth", show_number, format_growth },
	{ "vclPoolUsage", "Used", show_bar, format_usage, tone_use },
	{ "vclPoolCapacity", "Size", show_number, format_mib },
	{ "vclPoolProvisioned", "Given to volumes", show_number, format_mib },
	{ "vclPoolCommitment", "Given of its size", show_number, format_usage, tone_use },
	{ 0 },
};

static const struct view pool_trends = { "pools", pool_columns, "vclPoolDaysUntilFull", false,
	"There are no pools." };

static const struct view_column node_columns[] = {
	{ "vclNodeName", "Node", show_node },
	{ "vclNodeMemoryTotal", "Memory", show_number, format_mib },
	{ "vclNodeMemoryAllocated", "Given to VMs", show_number, format_mib },
	{ "vclNodeMemoryCommitment", "Promised", show_bar, format_usage, tone_use },
	{ "vclNodeCpus", "CPUs", show_number },
	{ "vclNodeVcpusAllocated", "vCPUs", show_number },
	{ "vclNodeCpuCommitment", "CPUs promised", show_number, format_usage },
	{ 0 },
};

static const struct view node_trends = { "nodes", node_columns, "vclNodeMemoryCommitment", true,
	"There are no nodes." };

/* Pools that do not grow have -1 there, and would come first. */
static gint
compare_days(gconstpointer a, gconstpointer b)
{
	JsonObject *x = *(JsonObject *const *)a, *y = *(JsonObject *const *)b;
	static const char *const key = "vclPoolDaysUntilFull";
	guint64 m = json_object_has_member(x, key) ? (guint64)row_int(x, key) : G_MAXUINT64;
	guint64 n = json_object_has_member(y, key) ? (guint64)row_int(y, key) : G_MAXUINT64;

	if (m != n)
		return m < n ? -1 : 1;
	/* of those of which there is no telling, the fullest */
	return row_int(x, "vclPoolUsage") > row_int(y, "vclPoolUsage") ? -1 : 1;
}

static struct answer *
ask_view(struct page *p, const struct view *view, GError **error)
{
	JsonBuilder *b = view_request(view);

	client_add_text(b, "sort", view->sort);
	client_add_bool(b, "descending", view->descending);
	return ask_rows(p->web->ask, b, error);
}

static void
put_pictures(struct page *p, GPtrArray *rows, const char *kind, const char *graph,
    const char *id_key, const char *name_key, const struct span *span, guint most)
{
	html_begin(p->html, "div", "class", "grid", NULL);
	for (guint i = 0; i < MIN(rows->len, most); i++) {
		JsonObject *row = rows->pdata[i];
		g_autofree char *id = format_text(row, id_key);
		g_autofree char *alt = g_strdup_printf("Growth of %s", row_text(row, name_key));
		g_autoptr(GString) link = url_link(p->web->base, kind, id, NULL);
		span_add(link, span);
		graph_put_one(p, kind, id, graph, span, "medium", alt, link->str);
	}
	html_end(p->html, "div");
}

static void
put_span_links(struct page *p, const struct span *span)
{
	html_begin(p->html, "nav", "class", "spans", "aria-label", "Span", NULL);
	for (const struct span_name *n = span_names + 2; n->name != NULL; n++) {
		g_autoptr(GString) link = url_link(p->web->base, "trends", NULL);
		url_add(link, "span", n->name);
		html_leaf(p->html, "a", n->title, "href", link->str, "aria-current",
		    g_strcmp0(span->name, n->name) == 0 ? "true" : NULL, NULL);
	}
	html_end(p->html, "nav");
}

static bool
put_trends(struct page *p, const struct span *span, GError **error)
{
	SCOPED(answer) pools = ask_view(p, &pool_trends, error);
	SCOPED(answer) nodes = pools != NULL ? ask_view(p, &node_trends, error) : NULL;

	if (pools == NULL || nodes == NULL)
		return false;
	/* the answer is shared: sort a copy */
	g_autoptr(GPtrArray) order = g_ptr_array_new();
	g_ptr_array_extend(order, pools->rows, NULL, NULL);
	g_ptr_array_sort(order, compare_days);
	page_section(p, "Storage: days until full", NULL, NULL);
	view_put(p, &pool_trends, order);
	put_pictures(p, order, "pool", "usage", "vclPoolIndex", "vclPoolName", span, MOST_POOLS);
	page_section_end(p);
	page_section(p, "Memory: what is promised", NULL, NULL);
	view_put(p, &node_trends, nodes->rows);
	put_pictures(p, nodes->rows, "node", "memory", "vclNodeName", "vclNodeName", span,
	    MOST_NODES);
	page_section_end(p);
	return true;
}

bool
page_trends(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	static const struct span_name month = { "month", "", 31 * 86400 };
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	struct span span;
	struct page p;

	if (!span_get(url, now, &span, error))
		return false;
	if (url_get(url, "span") == NULL && span.name != NULL) {
		span = (struct span){ now - month.seconds, now, NULL };
		span.to = now - now % span_fresh(&span, now);
		span.from = span.to - month.seconds;
		span.name = month.name;
	}
	page_begin(&p, web, url, "Trends", "trends", REFRESH);
	html_leaf(p.html, "h1", "Trends", NULL);
	put_span_links(&p, &span);
	bool done = put_trends(&p, &span, error);
	if (done)
		page_end(&p, reply);
	else
		html_free(p.html);
	return done;
}
