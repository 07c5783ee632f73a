/* The web page's parts: escaping, addresses, spans, routes, metrics, the cache. */
#include "config.h"

#include "tests/unit/test.h"

#include "web/assets.h"
#include "web/cache.h"
#include "web/crew.h"
#include "web/graph.h"
#include "web/hosts.h"
#include "web/html.h"
#include "web/metrics.h"
#include "web/routes.h"
#include "web/span.h"
#include "web/url.h"

/* --- escaping */

static const struct {
	const char *text, *html;
} escaped[] = {
	{ "web1", "web1" },
	{ "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;" },
	{ "\" onload='x' &amp;", "&quot; onload=&#39;x&#39; &amp;amp;" },
	{ "a\x01\x1b[31mb", "a\xef\xbf\xbd\xef\xbf\xbd[31mb" },
	{ "a\xe2\x80\xae" "b", "a\xef\xbf\xbd" "b" }, /* right-to-left override */
	{ "\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd" },
	{ "日本語", "日本語" },
	{ "", "" },
};

static void
text_is_escaped(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(escaped); i++) {
		g_autofree char *html = html_escape(escaped[i].text);
		assert_string_equal(html, escaped[i].html);
	}
}

static char *
written(struct html *h)
{
	g_autoptr(GBytes) bytes = html_finish(h);
	gsize n;
	const char *text = g_bytes_get_data(bytes, &n);

	return g_strndup(text, n);
}

static void
elements_are_written(void **data)
{
	struct html *h = html_new();

	html_begin(h, "a", "href", "/vm/\"x", "title", NULL, "class", "b", NULL);
	html_text(h, "<&>");
	html_textf(h, "%s", "<i>");
	html_end(h, "a");
	html_void(h, "img", "alt", "'", NULL);
	html_leaf(h, "td", NULL, NULL);
	g_autofree char *text = written(h);
	assert_string_equal(text, "<a href=\"/vm/&quot;x\" class=\"b\">&lt;&amp;&gt;&lt;i&gt;</a>"
				  "<img alt=\"&#39;\"><td></td>");
}

/* --- names of the host */

static const struct {
	const char *listen, *header;
	bool good;
} host_cases[] = {
	{ "127.0.0.1", NULL, true },
	{ "127.0.0.1", "localhost", true },
	{ "127.0.0.1", "LOCALHOST.:8080", true },
	{ "127.0.0.1", "127.0.0.1:8080", true },
	{ "127.0.0.1", "[::1]:8080", true },
	{ "127.0.0.1", "[0:0:0:0:0:0:0:1]", true },
	{ "127.0.0.1", "monitor.example.org", true },
	{ "127.0.0.1", "Monitor.Example.org:443", true },
	{ "127.0.0.1", "[2001:db8::7]", true },
	{ "127.0.0.1", "evil.example", false },
	{ "127.0.0.1", "evil.example:8080", false },
	{ "127.0.0.1", "localhost.evil.example", false },
	{ "127.0.0.1", "127.0.0.1.evil.example", false },
	{ "127.0.0.1", "localhost:x", false },
	{ "127.0.0.1", "localhost:80@evil.example", false },
	{ "127.0.0.1", "[::1", false },
	{ "127.0.0.1", "[::1]evil", false },
	{ "127.0.0.1", "", false },
	{ "127.0.0.1", "192.0.2.1", false },
	{ "127.0.0.1", "127.0.0.2", false },
	{ "127.0.0.2", "127.0.0.2:8080", true },
	{ "::1", "127.0.0.1", true },
	{ "0.0.0.0", "192.0.2.1:8080", true },
	{ "::", "[2001:db8::9]:8080", true },
	{ "192.0.2.1", "localhost", true },
	{ "192.0.2.1", "evil.example", false },
	{ "192.0.2.1", "monitor.example.org", true },
};

static void
only_our_names_are_ours(void **data)
{
	static const char *const names[] = { "monitor.example.ORG", "2001:db8:0::7", NULL };

	for (size_t i = 0; i < G_N_ELEMENTS(host_cases); i++) {
		SCOPED(hosts) hosts = hosts_new(host_cases[i].listen, names);
		if (hosts_admit(hosts, host_cases[i].header) != host_cases[i].good)
			fail_msg("%s at %s", host_cases[i].header, host_cases[i].listen);
	}
	SCOPED(hosts) wide = hosts_new("0.0.0.0", NULL);
	SCOPED(hosts) narrow = hosts_new("127.0.0.1", NULL);
	assert_true(hosts_admit(wide, g_get_host_name()));
	assert_false(hosts_admit(narrow, "monitor.example.org"));
}

/* --- addresses */

static const struct {
	const char *text, *segments, *q; /* q: the parameter's value, NULL: none */
} good_urls[] = {
	{ "/", "", NULL },
	{ "/vms", "vms", NULL },
	{ "/vms/", "vms", NULL },
	{ "//vms", "vms", NULL },
	{ "/sub/vms", "vms", NULL },
	{ "/sub", "", NULL },
	{ "/submarine", "submarine", NULL },
	{ "/vm/a%20b", "vm|a b", NULL },
	{ "/vm/a%2Fb", "vm|a/b", NULL },
	{ "/vm/%2e%2e/x", "vm|..|x", NULL },
	{ "/vm/a+b", "vm|a+b", NULL },
	{ "/vms?q=a+b", "vms", "a b" },
	{ "/vms?q=%3Cb%3E&q=x", "vms", "<b>" },
	{ "/vms?q", "vms", "" },
	{ "/vms?&&q=1", "vms", "1" },
	{ "/vms?x=1?q=2", "vms", NULL },
};

static void
addresses_are_taken_apart(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(good_urls); i++) {
		g_autoptr(GError) error = NULL;
		SCOPED(url) url = url_parse(good_urls[i].text, "/sub", &error);
		g_autoptr(GString) segments = g_string_new(NULL);
		if (url == NULL)
			fail_msg("%s: %s", good_urls[i].text, error->message);
		for (size_t k = 0; k < url->segments; k++)
			g_string_append_printf(segments, "%s%s", k > 0 ? "|" : "", url->segment[k]);
		assert_string_equal(segments->str, good_urls[i].segments);
		if (good_urls[i].q == NULL)
			assert_null(url_get(url, "q"));
		else
			assert_string_equal(url_get(url, "q"), good_urls[i].q);
	}
}

static void
bad_addresses_are_refused(void **data)
{
	static const char *const bad[] = { "", "vms", "*", "http://x/", "/vm/%ff", "/vm/%00",
		"/vm/%zz", "/vm/%2", "/vms?q=%ff", "/1/2/3/4/5/6/7" };

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		SCOPED(url) url = url_parse(bad[i], "", &error);
		if (url != NULL)
			fail_msg("%s is good", bad[i]);
		assert_true(g_error_matches(error, WEB_ERROR, WEB_ERROR_BAD));
	}
	g_autofree char *longest = g_strnfill(5000, 'x');
	longest[0] = '/';
	assert_null(url_parse(longest, "", NULL));
}

static void
links_are_encoded(void **data)
{
	g_autoptr(GString) link = url_link("/sub", "vm", "../<b>\"?&#", NULL);
	g_autoptr(GString) steps = url_link("", "node", "..", NULL);
	g_autoptr(GString) home = url_link("", NULL);

	url_add(link, "q", "a b&c");
	url_add(link, "none", "");
	url_add_int(link, "n", -5);
	assert_string_equal(link->str, "/sub/vm/..%2F%3Cb%3E%22%3F%26%23?q=a%20b%26c&n=-5");
	assert_string_equal(steps->str, "/node/-");
	assert_string_equal(home->str, "/");
}

static void
parameters_are_checked(void **data)
{
	static const char *const words[] = { "up", "down", NULL };
	SCOPED(url) url = url_parse("/x?n=7&m=x&w=up&v=side&e=", "", NULL);
	int64_t n = 1;
	const char *word;

	assert_true(url_get_int(url, "n", 0, 9, &n, NULL));
	assert_int_equal(n, 7);
	assert_true(url_get_int(url, "absent", 0, 9, &n, NULL));
	assert_true(url_get_int(url, "e", 0, 9, &n, NULL));
	assert_int_equal(n, 7);
	assert_false(url_get_int(url, "n", 8, 9, &n, NULL));
	assert_false(url_get_int(url, "m", 0, 9, &n, NULL));
	assert_true(url_get_word(url, "w", words, &word, NULL));
	assert_string_equal(word, "up");
	assert_true(url_get_word(url, "absent", words, &word, NULL));
	assert_string_equal(word, "");
	assert_false(url_get_word(url, "v", words, &word, NULL));
}

/* --- spans */

#define NOW 1800000007

static const struct {
	const char *query;
	int64_t from, to; /* from -1: it is refused */
} spans[] = {
	{ "", 1800000000 - 3600, 1800000000 },
	{ "span=hour", 1800000000 - 3600, 1800000000 },
	{ "span=day", NOW - NOW % 144 - 86400, NOW - NOW % 144 },
	{ "from=1700000000&to=1700003600", 1700000000, 1700003600 },
	{ "to=1700003600", 1700000000, 1700003600 },
	{ "span=fortnight", -1 },
	{ "from=1700003600&to=1700000000", -1 },
	{ "from=1700000000&to=1700000001", -1 },
	{ "from=0&to=1700000000", -1 },
	{ "from=x", -1 },
	{ "from=99999999999", -1 },
};

static void
spans_are_read(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(spans); i++) {
		g_autofree char *text = g_strconcat("/vm/x?", spans[i].query, NULL);
		SCOPED(url) url = url_parse(text, "", NULL);
		struct span span;
		bool good = span_get(url, NOW, &span, NULL);
		assert_int_equal(good, spans[i].from != -1);
		if (!good)
			continue;
		assert_int_equal(span.from, spans[i].from);
		assert_int_equal(span.to, spans[i].to);
	}
}

static void
spans_are_changed(void **data)
{
	struct span hour = { NOW - 7200, NOW - 3600, NULL };
	struct span in = span_scale(&hour, 0.5, NOW), out = span_scale(&hour, 2, NOW);
	struct span later = span_shift(&hour, 5, NOW);

	assert_int_equal(in.from, hour.from + 900);
	assert_int_equal(in.to, hour.to - 900);
	assert_int_equal(out.to - out.from, 7200);
	assert_int_equal(later.to, NOW); /* not into the future */
	assert_int_equal(later.to - later.from, 3600);
	assert_int_equal(span_fresh(&hour, NOW), 15);
	assert_true(span_fresh(&(struct span){ 1, 4000, NULL }, NOW) > 3600);
}

/* --- routes */

static const struct {
	const char *url, *pattern;
} found[] = {
	{ "/", "" },
	{ "/vms", "vms" },
	{ "/vm/00000000-0000-4000-8000-000000000001", "vm/*" },
	{ "/vm/vms", "vm/*" },
	{ "/graph/vm/x/cpu.svg", "graph/*/*/*" },
	{ "/api/series?kind=vm", "api/series" },
	{ "/api/vms", "api/*" },
	{ "/metrics", "metrics" },
	{ "/vm", NULL },
	{ "/vm/a/b", NULL },
	{ "/vm/..%2f..%2fetc%2fpasswd", "vm/*" }, /* a name like any other */
	{ "/static/x/..%2f..%2fetc%2fpasswd", "static/*/*" },
	{ "/etc/passwd", NULL },
	{ "/VMS", NULL },
};

static void
routes_are_found(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(found); i++) {
		SCOPED(url) url = url_parse(found[i].url, "", NULL);
		const struct route *route = route_find(url);
		if (found[i].pattern == NULL)
			assert_null(route);
		else
			assert_string_equal(route->pattern, found[i].pattern);
	}
}

static void
assets_are_only_those(void **data)
{
	struct web web = { .base = "/sub" };
	struct reply reply = { 0 };
	g_autofree char *link = asset_link("/sub", "style.css");
	SCOPED(url) url = url_parse(link, "/sub", NULL);

	assert_true(g_str_has_prefix(link, "/sub/static/"));
	route_run(route_find(url), &web, url, &reply);
	assert_int_equal(reply.status, 0);
	assert_true(reply.immutable && g_bytes_get_size(reply.body) > 1000);
	reply_clear(&reply);
	static const char *const bad[] = { "/static/x/resources.xml", "/static/x/..%2fstyle.css",
		"/static/x/%2fetc%2fpasswd" };
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		SCOPED(url) other = url_parse(bad[i], "", NULL);
		reply = (struct reply){ 0 };
		route_run(route_find(other), &web, other, &reply);
		assert_int_equal(reply.status, 404);
		reply_clear(&reply);
	}
}

/* What went wrong is told in the form that was asked for, and is no markup. */
static void
errors_have_a_form(void **data)
{
	struct web web = { .base = "" };
	g_autoptr(GError) error =
	    g_error_new_literal(WEB_ERROR, WEB_ERROR_AWAY, "<b>\"gone\"</b>");
	static const struct {
		const char *url, *type, *part;
	} cases[] = {
		{ "/vms", NULL, "&lt;b&gt;&quot;gone&quot;&lt;/b&gt;" },
		{ "/api/vms", "application/json", "{\"error\":\"<b>\\\"gone\\\"</b>\"}" },
		{ "/metrics", "text/plain; charset=utf-8", "<b>\"gone\"</b>\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(url) url = url_parse(cases[i].url, "", NULL);
		struct reply reply = { 0 };
		route_fail(route_find(url), &web, error, &reply);
		assert_int_equal(reply.status, 503);
		if (cases[i].type != NULL)
			assert_string_equal(reply.type, cases[i].type);
		gsize n;
		const char *text = g_bytes_get_data(reply.body, &n);
		assert_non_null(g_strstr_len(text, (gssize)n, cases[i].part));
		reply_clear(&reply);
	}
}

/* --- pictures */

static void
styles_become_attributes(void **data)
{
	static const char *const before =
	    "<svg><path style=\"stroke:none;fill:rgb(1%,2%,3%);\" d=\"M 0\"/><g style=\"\"/></svg>";
	g_autoptr(GBytes) after = graph_plain_svg(g_bytes_new(before, strlen(before)));
	static const char *const wanted =
	    "<svg><path stroke=\"none\" fill=\"rgb(1%,2%,3%)\" d=\"M 0\"/><g/></svg>";

	assert_int_equal(g_bytes_get_size(after), strlen(wanted));
	assert_memory_equal(g_bytes_get_data(after, NULL), wanted, strlen(wanted));
}

/* --- metrics */

static void
metrics_are_text(void **data)
{
	static const struct metrics_labels labels[] = { { "vm", "vclVmName" }, { 0 } };
	g_autoptr(GPtrArray) rows =
	    g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);
	g_autoptr(GString) out = g_string_new(NULL);
	JsonObject *row = json_object_new();

	g_ptr_array_add(rows, row);
	json_object_set_string_member(row, "vclVmName", "a\"b\\c\nd");
	json_object_set_string_member(row, "vclVmState", "shutOff");
	json_object_set_int_member(row, "vclVmCpuTime", 12345);
	json_object_set_int_member(row, "vclVmMemoryUsed", 64);
	json_object_set_boolean_member(row, "vclVmStale", TRUE);
	json_object_set_string_member(row, "vclVmStateSince", "2026-07-25T12:00:00Z");
	metrics_put(out, &vm_table, labels, false, rows);
	static const char *const lines[] = {
		"# TYPE virtcluster_vm_cpu_time_total counter\n"
		"virtcluster_vm_cpu_time_total{vm=\"a\\\"b\\\\c\\nd\"} 12345\n",
		"# TYPE virtcluster_vm_memory_used gauge\n"
		"virtcluster_vm_memory_used{vm=\"a\\\"b\\\\c\\nd\"} 64\n",
		"virtcluster_vm_state{vm=\"a\\\"b\\\\c\\nd\",state=\"shutOff\"} 1\n",
		"virtcluster_vm_stale{vm=\"a\\\"b\\\\c\\nd\"} 1\n",
		"virtcluster_vm_state_since_timestamp_seconds{vm=\"a\\\"b\\\\c\\nd\"} 1784980800\n",
	};
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
		if (strstr(out->str, lines[i]) == NULL)
			fail_msg("no %s in %s", lines[i], out->str);
	assert_null(strstr(out->str, "virtcluster_vm_memory_max{")); /* absent */
	assert_null(strstr(out->str, "virtcluster_vm_uuid"));
}

/* Each line is a comment or a sample of a metric that was declared, and once only. */
static void
metrics_have_names(void **data)
{
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (size_t i = 0; i < tables_n; i++) {
		TABLE_FOREACH_COLUMN (tables[i], c) {
			g_autofree char *name = metrics_name(c);
			for (const char *p = name; *p != '\0'; p++)
				assert_true(g_ascii_islower(*p) || g_ascii_isdigit(*p) || *p == '_');
			assert_true(g_hash_table_add(names, g_strdup(name)));
			assert_int_equal(g_str_has_suffix(name, "_total"), c->syntax == SYN_COUNTER);
		}
	}
}

/* --- the cache */

static gpointer
ref_bytes(gpointer data)
{
	return g_bytes_ref(data);
}

static void
unref_bytes(gpointer data)
{
	g_bytes_unref(data);
}

static size_t
weigh_bytes(gpointer data)
{
	return g_bytes_get_size(data);
}

static const struct cache_kind bytes_kind = { ref_bytes, unref_bytes, weigh_bytes, 1000 };

struct maker {
	atomic_int made;
	int sleep_ms;
	bool fails;
};

static gpointer
make_bytes(void *ctx, GError **error)
{
	struct maker *m = ctx;

	g_usleep((gulong)m->sleep_ms * 1000);
	int n = atomic_fetch_add(&m->made, 1);
	if (m->fails) {
		g_set_error(error, WEB_ERROR, WEB_ERROR_AWAY, "failure %d", n);
		return NULL;
	}
	return g_bytes_new_take(g_strnfill(400, 'x'), 400);
}

static void
get_and_drop(struct cache *cache, const char *key, int64_t fresh, struct maker *m)
{
	g_bytes_unref(cache_get(cache, key, fresh, 0, make_bytes, m, NULL));
}

static void
cache_keeps_what_is_fresh(void **data)
{
	SCOPED(cache) cache = cache_new(&bytes_kind);
	struct maker m = { 0 };

	get_and_drop(cache, "a", G_USEC_PER_SEC * 60, &m);
	get_and_drop(cache, "a", G_USEC_PER_SEC * 60, &m);
	assert_int_equal(m.made, 1);
	get_and_drop(cache, "a", 0, &m);
	assert_int_equal(m.made, 2);
	/* room for two: "a" was wanted last, "b" goes */
	get_and_drop(cache, "b", G_USEC_PER_SEC * 60, &m);
	get_and_drop(cache, "a", G_USEC_PER_SEC * 60, &m);
	get_and_drop(cache, "c", G_USEC_PER_SEC * 60, &m);
	assert_int_equal(m.made, 4);
	get_and_drop(cache, "a", G_USEC_PER_SEC * 60, &m);
	assert_int_equal(m.made, 4);
	get_and_drop(cache, "b", G_USEC_PER_SEC * 60, &m);
	assert_int_equal(m.made, 5);
}

static void
cache_tells_failures(void **data)
{
	SCOPED(cache) cache = cache_new(&bytes_kind);
	struct maker m = { .fails = true };
	g_autoptr(GError) error = NULL;

	assert_null(cache_get(cache, "a", G_USEC_PER_SEC * 60, 0, make_bytes, &m, &error));
	assert_string_equal(error->message, "failure 0");
	m.fails = false;
	get_and_drop(cache, "a", G_USEC_PER_SEC * 60, &m);
}

struct many {
	struct cache *cache;
	struct maker maker;
	atomic_int done;
};

static void
ask_cache(void *task)
{
	struct many *m = task;

	get_and_drop(m->cache, "a", G_USEC_PER_SEC * 60, &m->maker);
	atomic_fetch_add(&m->done, 1);
}

/* Many at the same time cost one. */
static void
cache_makes_it_once(void **data)
{
	SCOPED(cache) cache = cache_new(&bytes_kind);
	struct many m = { .cache = cache, .maker = { .sleep_ms = 100 } };
	struct crew *crew = crew_new("test", 8, 100, ask_cache);

	for (int i = 0; i < 40; i++)
		assert_true(crew_put(crew, &m));
	crew_stop(crew);
	assert_false(crew_put(crew, &m));
	crew_free(crew);
	assert_int_equal(m.done, 40);
	assert_int_equal(m.maker.made, 1);
}

static void
wait_a_moment(void *task)
{
	g_usleep(200000);
}

static void
crew_has_a_limit(void **data)
{
	SCOPED(crew) crew = crew_new("test", 1, 2, wait_a_moment);
	int put = 0;

	while (put < 10 && crew_put(crew, &put))
		put++;
	assert_in_range(put, 2, 3); /* one may be at work already */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_escaped),
		cmocka_unit_test(elements_are_written),
		cmocka_unit_test(only_our_names_are_ours),
		cmocka_unit_test(addresses_are_taken_apart),
		cmocka_unit_test(bad_addresses_are_refused),
		cmocka_unit_test(links_are_encoded),
		cmocka_unit_test(parameters_are_checked),
		cmocka_unit_test(spans_are_read),
		cmocka_unit_test(spans_are_changed),
		cmocka_unit_test(routes_are_found),
		cmocka_unit_test(assets_are_only_those),
		cmocka_unit_test(errors_have_a_form),
		cmocka_unit_test(styles_become_attributes),
		cmocka_unit_test(metrics_are_text),
		cmocka_unit_test(metrics_have_names),
		cmocka_unit_test(cache_keeps_what_is_fresh),
		cmocka_unit_test(cache_tells_failures),
		cmocka_unit_test(cache_makes_it_once),
		cmocka_unit_test(crew_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
