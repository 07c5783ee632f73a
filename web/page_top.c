/* The VMs that use the most of something. */
#include "client/format.h"
#include "web/pages.h"

#define REFRESH 15
#define ROWS	10
#define MOST	50

static const struct rank {
	const char *title, *key;
	cell_format *format;
} ranks[] = {
	{ "CPU", "vclVmCpuUsage", format_usage },
	{ "Memory used", "vclVmMemoryUsed", format_mib },
	{ "Memory on the node", "vclVmMemoryRss", format_mib },
	{ "Disk reads", "vclVmDiskReadSpeed", format_speed },
	{ "Disk writes", "vclVmDiskWriteSpeed", format_speed },
	{ "Read requests", "vclVmDiskReadRate", format_rate },
	{ "Write requests", "vclVmDiskWriteRate", format_rate },
	{ "Net receives", "vclVmNetInSpeed", format_speed },
	{ "Net sends", "vclVmNetOutSpeed", format_speed },
	{ "Waits for a CPU", "vclVmCpuStealUsage", format_usage },
	{ "Slowest reads", "vclVmDiskReadLatency", format_us },
	{ "Slowest writes", "vclVmDiskWriteLatency", format_us },
};

static struct answer *
ask_rank(const struct web *web, const struct rank *r, const char *node, int64_t n,
    GError **error)
{
	JsonBuilder *b = client_request("vms");

	client_add_words(b, "columns", (const char *const[]){ "vclVmName", "vclVmUuid",
	    "vclVmNodeName", r->key, NULL });
	ask_where(b, "vclVmState", "running");
	client_add_text(b, "sort", r->key);
	client_add_bool(b, "descending", true);
	client_add_int(b, "limit", n);
	if (node != NULL && *node != '\0')
		client_add_text(b, "node", node);
	return ask_rows(web->ask, b, error);
}

static void
put_rank(struct page *p, const struct rank *r, const struct answer *answer)
{
	double most = answer->rows->len > 0 ? (double)row_int(answer->rows->pdata[0], r->key) : 0;

	html_begin(p->html, "section", "class", "rank", NULL);
	html_leaf(p->html, "h2", r->title, NULL);
	html_begin(p->html, "ol", NULL);
	for (guint i = 0; i < answer->rows->len; i++) {
		JsonObject *row = answer->rows->pdata[i];
		g_autofree char *words = r->format(row, r->key);
		if (words == NULL || row_int(row, r->key) == 0)
			break; /* those that use none come last */
		html_begin(p->html, "li", NULL);
		link_vm(p, row_text(row, "vclVmUuid"), row_text(row, "vclVmName"));
		page_bar(p, (double)row_int(row, r->key), most, TONE_PLAIN, words);
		html_end(p->html, "li");
	}
	html_end(p->html, "ol");
	if (most <= 0)
		html_leaf(p->html, "p", "None.", "class", "none", NULL);
	html_end(p->html, "section");
}

static void
put_form(struct page *p, int64_t n)
{
	static const int64_t choices[] = { 10, 25, 50 };

	html_begin(p->html, "nav", "class", "spans", "aria-label", "How many", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(choices); i++) {
		g_autofree char *words = g_strdup_printf("Top %d", (int)choices[i]);
		g_autoptr(GString) link = url_link(p->web->base, "top", NULL);
		url_add_int(link, "n", choices[i]);
		url_add(link, "node", url_get(p->url, "node"));
		html_leaf(p->html, "a", words, "href", link->str, "aria-current",
		    n == choices[i] ? "true" : NULL, NULL);
	}
	html_end(p->html, "nav");
}

static bool
put_ranks(struct page *p, int64_t n, GError **error)
{
	html_begin(p->html, "div", "class", "ranks", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(ranks); i++) {
		SCOPED(answer) answer =
		    ask_rank(p->web, &ranks[i], url_get(p->url, "node"), n, error);
		if (answer == NULL)
			return false;
		put_rank(p, &ranks[i], answer);
	}
	html_end(p->html, "div");
	return true;
}

bool
page_top(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	int64_t n = ROWS;
	struct page p;

	if (!url_get_int(url, "n", 1, MOST, &n, error))
		return false;
	page_begin(&p, web, url, "Top", "top", REFRESH);
	html_leaf(p.html, "h1", "Busiest virtual machines", NULL);
	put_form(&p, n);
	bool done = put_ranks(&p, n, error);
	if (done)
		page_end(&p, reply);
	else
		html_free(p.html);
	return done;
}
