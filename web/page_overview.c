/* The cluster at a glance. */
#include "client/format.h"
#include "web/graph.h"
#include "web/pages.h"

#define REFRESH	     10
#define MOST_ALARMS  8
#define MOST_EVENTS  10
#define MOST_JOBS    8
#define MOST_OBJECTS 60

static enum tone
tone_of_share(double part, double whole)
{
	double share = whole > 0 ? part / whole : 0;

	return share >= 0.95 ? TONE_BAD : share >= 0.85 ? TONE_WARN : TONE_GOOD;
}

static void
tile_begin(struct page *p, const char *title, const char *to)
{
	g_autoptr(GString) link = url_link(p->web->base, to, NULL);

	html_begin(p->html, "a", "class", "tile", "href", link->str, NULL);
	html_leaf(p->html, "span", title, "class", "title", NULL);
}

static void
put_number(struct page *p, int64_t number, const char *of)
{
	g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, number);

	html_begin(p->html, "span", "class", "big", NULL);
	html_text(p->html, text);
	if (of != NULL)
		html_leaf(p->html, "small", of, NULL);
	html_end(p->html, "span");
}

static void
put_nodes_tile(struct page *p, JsonObject *s)
{
	int64_t all = row_int(s, "vclClusterNodes"), up = row_int(s, "vclClusterNodesOnline");
	g_autofree char *of = g_strdup_printf(" of %" G_GINT64_FORMAT " online", all);

	tile_begin(p, "Nodes", "nodes");
	put_number(p, up, of);
	if (up == all)
		page_badge(p, "all online", TONE_GOOD);
	else
		page_badge(p, "not all online", TONE_BAD);
	html_end(p->html, "a");
}

struct share {
	const char *key, *words;
	enum tone tone;
};

/* How many there are of each kind that there is one of. */
static void
put_shares(struct page *p, JsonObject *s, const struct share *share, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t number = row_int(s, share[i].key);
		g_autofree char *words =
		    g_strdup_printf("%" G_GINT64_FORMAT " %s", number, share[i].words);
		if (number > 0)
			page_badge(p, words, share[i].tone);
	}
}

static const struct share vm_shares[] = {
	{ "vclClusterVmsCrashed", "crashed", TONE_BAD },
	{ "vclClusterVmsUnknown", "unknown", TONE_WARN },
	{ "vclClusterVmsPaused", "paused", TONE_WARN },
	{ "vclClusterVmsShutOff", "shut off", TONE_FAINT },
};

static void
put_vms_tile(struct page *p, JsonObject *s)
{
	tile_begin(p, "Virtual machines", "vms");
	put_number(p, row_int(s, "vclClusterVmsRunning"), " running");
	html_begin(p->html, "small", NULL);
	html_textf(p->html, "of %" G_GINT64_FORMAT, row_int(s, "vclClusterVms"));
	html_end(p->html, "small");
	html_begin(p->html, "span", "class", "badges", NULL);
	put_shares(p, s, vm_shares, G_N_ELEMENTS(vm_shares));
	html_end(p->html, "span");
	html_end(p->html, "a");
}

static const struct share app_shares[] = {
	{ "vclClusterAppsFailed", "failed", TONE_BAD },
	{ "vclClusterAppsStopped", "stopped", TONE_FAINT },
};

/* Of the cluster manager, where there is one.  Nobody knows the quorum: it says so. */
static void
put_apps_tile(struct page *p, JsonObject *s)
{
	bool known = json_object_has_member(s, "vclClusterQuorate") &&
	    !row_bool(s, "vclClusterBackendStale");

	if (g_strcmp0(row_text(s, "vclClusterBackend"), "none") == 0)
		return;
	tile_begin(p, "Applications", "apps");
	put_number(p, row_int(s, "vclClusterAppsStarted"), " started");
	html_begin(p->html, "span", "class", "badges", NULL);
	if (!known)
		page_badge(p, "quorum unknown", TONE_WARN);
	else if (row_bool(s, "vclClusterQuorate"))
		page_badge(p, "quorate", TONE_GOOD);
	else
		page_badge(p, "no quorum", TONE_BAD);
	put_shares(p, s, app_shares, G_N_ELEMENTS(app_shares));
	html_end(p->html, "span");
	html_end(p->html, "a");
}

/* A tile of used, total and what is promised. */
static void
put_use_tile(struct page *p, JsonObject *s, const char *title, const char *to,
    const char *used_key, const char *total_key, const char *given_key, const char *to_whom)
{
	double used = (double)row_int(s, used_key), total = (double)row_int(s, total_key);
	g_autofree char *used_text = format_mib(s, used_key);
	g_autofree char *total_text = format_mib(s, total_key);
	g_autofree char *given_text = format_mib(s, given_key);
	g_autofree char *words = g_strdup_printf("%s of %s", used_text != NULL ? used_text : "?",
	    total_text != NULL ? total_text : "?");
	g_autofree char *share = used_text != NULL && total > 0
	    ? g_strdup_printf("%.0f %%", 100 * used / total) : g_strdup("–");

	tile_begin(p, title, to);
	html_leaf(p->html, "span", share, "class", "big", NULL);
	page_bar(p, used, total, tone_of_share(used, total), words);
	html_begin(p->html, "small", NULL);
	html_textf(p->html, "%s given to %s", given_text != NULL ? given_text : "?", to_whom);
	html_end(p->html, "small");
	html_end(p->html, "a");
}

static void
put_cpu_tile(struct page *p, JsonObject *s)
{
	double cpus = (double)row_int(s, "vclClusterCpus");
	double vcpus = (double)row_int(s, "vclClusterVcpusAllocated");

	tile_begin(p, "CPUs", "top");
	put_number(p, row_int(s, "vclClusterCpus"), " CPUs");
	html_begin(p->html, "small", NULL);
	html_textf(p->html, "%.0f vCPUs given to running VMs", vcpus);
	if (cpus > 0)
		html_textf(p->html, ", %.1f on each", vcpus / cpus);
	html_end(p->html, "small");
	html_end(p->html, "a");
}

static void
put_alarms_tile(struct page *p, JsonObject *s)
{
	int64_t bad = row_int(s, "vclClusterAlarmsCritical");
	int64_t warn = row_int(s, "vclClusterAlarmsWarning");
	g_autofree char *bad_words = g_strdup_printf("%" G_GINT64_FORMAT " critical", bad);
	g_autofree char *warn_words = g_strdup_printf("%" G_GINT64_FORMAT " warning", warn);

	tile_begin(p, "Alarms", "alarms");
	put_number(p, bad + warn, " active");
	html_begin(p->html, "span", "class", "badges", NULL);
	if (bad > 0)
		page_badge(p, bad_words, TONE_BAD);
	if (warn > 0)
		page_badge(p, warn_words, TONE_WARN);
	if (bad + warn == 0)
		page_badge(p, "none", TONE_GOOD);
	html_end(p->html, "span");
	html_end(p->html, "a");
}

static void
put_jobs_tile(struct page *p, JsonObject *s)
{
	tile_begin(p, "Jobs", "jobs");
	put_number(p, row_int(s, "vclClusterJobsRunning"), " running");
	html_begin(p->html, "small", NULL);
	html_textf(p->html, "%" G_GINT64_FORMAT " waiting, %" G_GINT64_FORMAT " failed so far",
	    row_int(s, "vclClusterJobsWaiting"), row_int(s, "vclClusterJobsFailed"));
	html_end(p->html, "small");
	html_end(p->html, "a");
}

static void
put_title(struct page *p, JsonObject *s)
{
	const char *reason = row_text(s, "vclClusterHealthReason");
	g_autofree char *health = format_words(s, "vclClusterHealth");

	html_begin(p->html, "div", "class", "title", NULL);
	html_begin(p->html, "h1", NULL);
	html_leaf(p->html, "bdi", row_text(s, "vclClusterName"), NULL);
	html_end(p->html, "h1");
	page_badge(p, health != NULL ? health : "unknown", tone_state(s, "vclClusterHealth"));
	if (reason != NULL && *reason != '\0')
		html_leaf(p->html, "bdi", reason, "class", "reason", NULL);
	html_end(p->html, "div");
}

static void
put_tiles(struct page *p, JsonObject *s)
{
	html_begin(p->html, "div", "class", "tiles", NULL);
	put_nodes_tile(p, s);
	put_vms_tile(p, s);
	put_cpu_tile(p, s);
	put_use_tile(p, s, "Memory", "nodes", "vclClusterMemoryUsed", "vclClusterMemoryTotal",
	    "vclClusterMemoryAllocated", "VMs");
	put_use_tile(p, s, "Storage", "pools", "vclClusterStorageUsed", "vclClusterStorageTotal",
	    "vclClusterStorageProvisioned", "volumes");
	put_apps_tile(p, s);
	put_alarms_tile(p, s);
	put_jobs_tile(p, s);
	html_end(p->html, "div");
}

/* --- sections with rows */

static const struct section {
	const char *title, *to;
	struct view_some some;
	bool first; /* of a column, where there is room for several */
} sections[] = {
	{ "Alarms", "alarms", { &alarm_view, MOST_ALARMS }, .first = true },
	{ "Running jobs", "jobs", { &job_view, MOST_JOBS, .column = "vclJobState",
	    .value = "running" } },
	{ "Latest events", "events", { &event_view, MOST_EVENTS } },
	{ "Nodes", "nodes", { &node_view, MOST_OBJECTS, .health = "vclNodeHealth" },
	    .first = true },
	{ "Pools", "pools", { &pool_view, MOST_OBJECTS, .health = "vclPoolHealth" },
	    .first = true },
};

static bool
put_sections(struct page *p, GError **error)
{
	html_begin(p->html, "div", "class", "columns three", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
		const struct section *s = &sections[i];
		g_autoptr(GString) link = url_link(p->web->base, s->to, NULL);
		g_autofree char *more = NULL;
		SCOPED(answer) answer = view_some_ask(p->web->ask, &s->some, error);
		if (answer == NULL)
			return false;
		if (s->some.column != NULL && answer->rows->len == 0)
			continue;
		if (s->first && i > 0)
			html_end(p->html, "div");
		if (s->first)
			html_begin(p->html, "div", "class", "column", NULL);
		more = answer->found > answer->rows->len
		    ? g_strdup_printf("all %" G_GINT64_FORMAT, answer->found) : g_strdup("more");
		page_section(p, s->title, link->str, more);
		view_put(p, s->some.view, answer->rows);
		page_section_end(p);
	}
	html_end(p->html, "div");
	html_end(p->html, "div");
	return true;
}

/* Of the cluster as a whole, if the daemon keeps that. */
static bool
put_graphs(struct page *p, const char *name, GError **error)
{
	SCOPED(answer) names = ask_rows(p->web->ask, client_request("graphs"), error);

	if (names == NULL)
		return false;
	return !graph_is_known(names, "cluster", NULL) ||
	    graph_put_all(p, "cluster", GRAPH_NO_ID, name, error);
}

bool
page_overview(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	SCOPED(answer) status = ask_rows(web->ask, client_request("status"), error);
	struct page p;

	if (status == NULL)
		return false;
	JsonObject *s = answer_row(status);
	if (s == NULL) {
		g_set_error_literal(error, WEB_ERROR, WEB_ERROR_AWAY,
		    "virtclusterd sent no status");
		return false;
	}
	const char *name = row_text(s, "vclClusterName");
	page_begin(&p, web, url, name != NULL ? name : "Overview", "", REFRESH);
	put_title(&p, s);
	put_tiles(&p, s);
	bool done = put_sections(&p, error) &&
	    put_graphs(&p, name != NULL ? name : "the cluster", error);
	if (done)
		page_end(&p, reply);
	else
		html_free(p.html);
	return done;
}
