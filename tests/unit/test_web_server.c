/*
 * The web page from outside: a server before a control socket, asked by HTTP as a browser
 * would, and as nobody should.
 */
#include "config.h"

#include "tests/unit/control_fixture.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web/graph.h"
#include "web/server.h"

#define WEB1 "00000000-0000-4000-8000-000000000001"
#define EVIL "00000000-0000-4000-8000-000000000666"

static const char *const evil_name = "<script>alert('x')</script>\"../&";

static const char *const names[] = { "monitor.example.org", NULL };

struct web_fixture {
	struct fixture *f;
	struct web web;
	struct server *server;
};

static int
set_up(void **data)
{
	struct web_fixture *w = g_new0(struct web_fixture, 1);
	struct part *part = test_node_part("gamma", NODE_ONLINE);
	GError *error = NULL;
	void *f;

	fixture_set_up(&f);
	w->f = f;
	test_add_vm(part, evil_name, 0x666, VM_RUNNING);
	store_publish(w->f->store, part, PUBLISH_NOW);
	fixture_wait_rows(w->f, ROWS_VM, 5);
	w->web.base = "";
	w->web.hosts = names;
	w->web.ask = ask_new(w->f->path);
	w->web.graphs = graphs_new(w->web.ask);
	w->server = server_new(&w->web, "127.0.0.1:0", &error);
	if (w->server == NULL)
		fail_msg("%s", error->message);
	*data = w;
	return 0;
}

static int
tear_down(void **data)
{
	struct web_fixture *w = *data;
	void *f = w->f;

	server_free(w->server);
	graphs_free((struct graphs *)w->web.graphs);
	ask_free(w->web.ask);
	if (w->f->control == NULL)
		w->f->control = fixture_listen(w->f);
	fixture_tear_down(&f);
	g_free(w);
	return 0;
}

/* --- a client that says what it is told, and hears until the end */

static int
dial(const struct web_fixture *w)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)server_port(w->server)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static char *
hear(int fd)
{
	GString *all = g_string_new(NULL);
	char part[65536];
	ssize_t n;

	while ((n = recv(fd, part, sizeof(part), 0)) > 0)
		g_string_append_len(all, part, n);
	close(fd);
	return g_string_free(all, FALSE);
}

static char *
say(const struct web_fixture *w, const char *text)
{
	int fd = dial(w);

	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
	return hear(fd);
}

/* `headers` are whole lines. */
static char *
ask(const struct web_fixture *w, const char *method, const char *path, const char *headers)
{
	g_autofree char *text = g_strdup_printf(
	    "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n", method, path, headers);

	return say(w, text);
}

static int
status_of(const char *answer)
{
	int status = 0;

	assert_int_equal(sscanf(answer, "HTTP/1.1 %d", &status), 1);
	return status;
}

static const char *
body_of(const char *answer)
{
	const char *end = strstr(answer, "\r\n\r\n");

	assert_non_null(end);
	return end + 4;
}

static void
must_have(const char *answer, const char *part)
{
	if (strstr(answer, part) == NULL)
		fail_msg("no \"%s\" in %.3000s", part, answer);
}

static void
must_not_have(const char *answer, const char *part)
{
	if (strstr(answer, part) != NULL)
		fail_msg("\"%s\" in %.3000s", part, answer);
}

/* The header's value, to be freed. */
static char *
header_of(const char *answer, const char *name)
{
	g_autofree char *start = g_strdup_printf("\r\n%s: ", name);
	const char *at = strstr(answer, start);

	if (at == NULL || at > body_of(answer))
		return NULL;
	at += strlen(start);
	return g_strndup(at, strcspn(at, "\r\n"));
}

/* --- pages */

static const struct {
	const char *path;
	int status;
	const char *part; /* of the page */
} pages[] = {
	{ "/", 200, "beta is unreachable" },
	{ "/vms", 200, "web10" },
	{ "/vms?q=web", 200, "1–3 of 3" },
	{ "/vms?q=nothing+like+it", 200, "There are no VMs here." },
	{ "/vms?sort=name&desc=1&rows=1", 200, "1–1 of 5" },
	{ "/vms?rows=2&page=3", 200, "5–5 of 5" },
	{ "/vms?rows=2&page=9", 200, "none of 5" },
	{ "/vms?state=paused", 200, "1–1 of 1" },
	{ "/vms?node=alpha", 200, "1–3 of 3" },
	{ "/vm/" WEB1, 200, "web1-vda.qcow2" },
	{ "/vm/" WEB1 "?span=decade", 200, "aria-current=\"true\">10 years<" },
	{ "/vm/" WEB1 "?graph=cpu", 200, "One graph, all spans" },
	{ "/vm/web1", 302, "" },
	{ "/vm/" WEB1, 200, "href=\"/vm/" WEB1 "/disk/vda\"" },
	{ "/vm/" WEB1, 200, "href=\"/vm/" WEB1 "/nic/52-54-00-00-00-01\"" },
	{ "/vm/" WEB1, 200, "href=\"/volume/" },
	{ "/vm/" WEB1, 200, "on <a href=\"/node/alpha\">" },
	{ "/vm/" WEB1 "/disk/vda", 200, ">web1/vda</bdi></h1>" },
	{ "/vm/" WEB1 "/disk/vda", 200, "on <a href=\"/volume/" },
	{ "/vm/" WEB1 "/disk/vdb", 200, "/images/web1-vdb.qcow2" },
	{ "/vm/" WEB1 "/disk/vdc", 404, "no such disk" },
	{ "/vm/" EVIL "/disk/vda", 404, "no such disk" },
	{ "/vm/nobody/disk/vda", 404, "no such virtual machine" },
	{ "/vm/" WEB1 "/nic/52-54-00-00-00-01", 200, "NIC of <a href=\"/vm/" WEB1 "\"" },
	{ "/vm/" WEB1 "/nic/52:54:00:00:00:01?span=day", 200, "NIC of " },
	{ "/vm/" WEB1 "/nic/52-54-00-00-00-02", 404, "no such NIC" },
	{ "/vm/" WEB1 "/disk/..", 404, "" },
	{ "/volume/1", 404, "no such volume" },
	{ "/volume/base.qcow2", 404, "no such volume" },
	{ "/exports", 200, "No volumes are served to others." },
	{ "/exports?state=serving&sort=clients", 200, "No volumes" },
	{ "/exports?state=broken", 400, "" },
	{ "/nodes", 200, "Connection refused" },
	{ "/node/alpha", 200, "test:///default" },
	{ "/pools", 200, "shared" },
	{ "/alarms", 200, "beta" },
	{ "/events?severity=warning", 200, "Events" },
	{ "/jobs", 200, "There are no jobs." },
	{ "/top", 200, "Busiest" },
	{ "/trends", 200, "days until full" },
	{ "/metrics", 200, "virtcluster_vm_memory_actual{uuid=\"" WEB1 "\"} 2048\n" },
	{ "/api/vms?columns=vclVmName&sort=vclVmName&limit=2", 200, "\"found\":5" },
	{ "/api/series?kind=vm&name=web1&source=cpu", 200, "{\"time\":660,\"value\":1.5}" },
	{ "/api/series?kind=vm", 400, "missing" },
	{ "/api/submit", 404, "error" },
	{ "/api/nothing", 404, "error" },
	{ "/graph/vm/" WEB1 "/cpu.svg", 200, "<svg>" },
	{ "/graph/vm/" WEB1 "/colour.svg", 404, "" },
	{ "/graph/vm/" WEB1 "/.svg", 404, "" },
	/* what cannot be drawn is said in the place of the picture */
	{ "/graph/node/alpha/memory.svg", 200, "there is no graph memory" },
	{ "/graph/vm/" WEB1 "/cpu.gif", 404, "" },
	{ "/graph/vm/nobody/cpu.svg", 404, "" },
	{ "/graph/job/1/cpu.svg", 404, "" },
	{ "/graph/vm/" WEB1 "/cpu.svg?size=huge", 400, "" },
	{ "/vm/nobody", 404, "There is no such page" },
	{ "/node/nobody", 404, "" },
	{ "/pool/1", 404, "" },
	{ "/vms?node=nobody", 404, "nobody" },
	{ "/vms?sort=nothing", 400, "" },
	{ "/vms?page=0", 400, "" },
	{ "/vms?page=-1", 400, "" },
	{ "/vms?rows=100000", 400, "" },
	{ "/vms?state=dancing", 400, "" },
	{ "/vm/" WEB1 "?graph=colour", 404, "" },
	{ "/vm/" WEB1 "?from=5&to=1", 400, "" },
	{ "/vm/%ff", 400, "" },
	{ "/../../etc/passwd", 404, "" },
	{ "/static/../../../etc/passwd", 404, "" },
	{ "/%2e%2e/%2e%2e/etc/passwd", 404, "" },
};

static void
pages_are_there(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(pages); i++) {
		g_autofree char *answer = ask(*data, "GET", pages[i].path, "");
		if (status_of(answer) != pages[i].status)
			fail_msg("%s: %.200s", pages[i].path, answer);
		must_have(body_of(answer), pages[i].part);
		must_not_have(answer, "root:x:");
	}
}

/* Whatever it is: no script, style or frame of somebody else's. */
static void
all_replies_are_safe(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(pages); i++) {
		g_autofree char *answer = ask(*data, "GET", pages[i].path, "");
		must_have(answer, "Content-Security-Policy: default-src 'none'; img-src 'self'; "
				  "style-src 'self'; script-src 'self'; connect-src 'self'");
		must_have(answer, "frame-ancestors 'none'");
		must_have(answer, "X-Content-Type-Options: nosniff");
		must_have(answer, "X-Frame-Options: DENY");
		must_have(answer, "Referrer-Policy: no-referrer");
		must_have(answer, "Cache-Control: ");
		must_not_have(body_of(answer), " style=\"");
		must_not_have(body_of(answer), " onclick");
		must_not_have(body_of(answer), "http://x");
	}
}

static void
hostile_names_are_text(void **data)
{
	static const char *const paths[] = { "/vms", "/vm/" EVIL, "/top", "/", "/node/gamma",
		"/vms?q=%3Cscript%3Ealert('x')%3C/script%3E", "/vm/%3Cscript%3Ealert('x')",
		"/vms?node=%3Cscript%3Ealert('x')", "/%3Cscript%3Ealert('x')",
		"/api/%3Cscript%3Ealert('x')", "/vms?state=%3Cscript%3Ealert('x')" };

	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autofree char *answer = ask(*data, "GET", paths[i], "");
		g_autofree char *type = header_of(answer, "Content-Type");
		if (g_str_has_prefix(type, "text/html"))
			must_not_have(answer, "<script>alert");
		else
			assert_string_equal(type, "application/json");
	}
	g_autofree char *list = ask(*data, "GET", "/vms", "");
	must_have(list, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;../&amp;</bdi>");
	must_have(list, "href=\"/vm/" EVIL "\"");
}

/* Each volume of a pool has a page, which leads back, and to the VM that uses it. */
static void
volumes_have_pages(void **data)
{
	struct web_fixture *w = *data;
	SCOPED(cluster) c = store_get(w->f->store);
	const struct rows *volumes = &c->rows[ROWS_VOLUME];

	for (size_t i = 0; i < volumes->n; i++) {
		const struct volume *volume = volumes->row[i];
		g_autofree char *path = g_strdup_printf("/volume/%u", volume->h.index);
		g_autofree char *link = g_strdup_printf("href=\"%s\"", path);
		g_autofree char *pool_path = g_strdup_printf("/pool/%u", volume->pool);
		g_autofree char *back = g_strdup_printf("href=\"%s\"", pool_path);
		g_autofree char *page = ask(w, "GET", path, "");
		g_autofree char *pool = ask(w, "GET", pool_path, "");
		must_have(pool, link);
		must_have(page, back);
		must_have(page, volume->path);
		if (strcmp(volume->name, "web1-vda.qcow2") == 0)
			must_have(page, "a disk of <a href=\"/vm/" WEB1 "\"");
		else
			must_not_have(page, "a disk of");
	}
}

/* --- what does not all fit */

/* More nodes than the overview has room for: zzz1 is away, ill1 warns. */
static void
add_many_nodes(struct web_fixture *w)
{
	for (unsigned i = 0; i < 70; i++) {
		g_autofree char *name = g_strdup_printf("m%02u", i);
		store_publish(w->f->store, test_node_part(name, NODE_ONLINE), PUBLISH_SOON);
	}
	store_publish(w->f->store, test_node_part("zzz1", NODE_UNREACHABLE), PUBLISH_SOON);
	fixture_wait_rows(w->f, ROWS_NODE, 74);
	fixture_wait_state(w->f, "zzz1", NODE_UNREACHABLE);
}

static const char *
place_of(const char *page, const char *node)
{
	g_autofree char *link = g_strdup_printf("href=\"/node/%s\"", node);

	return strstr(strstr(page, "<h2>Nodes"), link);
}

static void
the_sick_come_first(void **data)
{
	struct web_fixture *w = *data;

	add_many_nodes(w);
	g_autofree char *page = ask(w, "GET", "/", "");
	must_have(page, ">all 74</a>");
	const char *first = place_of(page, "beta"), *second = place_of(page, "zzz1");
	const char *third = place_of(page, "alpha"), *fourth = place_of(page, "gamma");
	const char *later = place_of(page, "m10");
	assert_true(first != NULL && second > first && third > second && fourth > third &&
	    later > fourth);
	assert_null(place_of(page, "m69")); /* no room */
}

/* --- by which name */

static void
other_names_are_refused(void **data)
{
	static const struct {
		const char *host;
		int status;
	} cases[] = {
		{ "localhost", 200 }, { "127.0.0.1:8080", 200 }, { "[::1]", 200 },
		{ "monitor.example.org", 200 }, { "rebind.evil.example:8080", 421 },
		{ "<script>alert('x')</script>", 421 }, { "\xff\xfe", 421 },
	};
	static const char *const paths[] = { "/vms", "/api/vms", "/metrics", "/favicon.ico",
		"/graph/vm/" WEB1 "/cpu.svg" };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		for (size_t k = 0; k < G_N_ELEMENTS(paths); k++) {
			g_autofree char *text = g_strdup_printf("GET %s HTTP/1.1\r\nHost: %s\r\n"
				"Connection: close\r\n\r\n", paths[k], cases[i].host);
			g_autofree char *answer = say(*data, text);
			assert_int_equal(status_of(answer), cases[i].status);
			if (cases[i].status == 421)
				must_have(answer, "These pages are not called ");
			if (k == 0)
				must_not_have(answer, "<script>alert");
		}
	}
	g_autofree char *old = say(*data, "GET /vms HTTP/1.0\r\n\r\n");
	assert_int_equal(status_of(old), 200);
}

/* --- methods */

static void
only_get_and_head(void **data)
{
	static const char *const methods[] = { "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE",
		"PROPFIND", "get", "X" };

	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
		g_autofree char *answer = ask(*data, methods[i], "/vms", "Content-Length: 3\r\n");
		assert_int_equal(status_of(answer), 405);
		must_have(answer, "\r\nAllow: GET, HEAD\r\n");
	}
	g_autofree char *body = ask(*data, "GET", "/vms", "Content-Length: 5\r\n");
	assert_int_equal(status_of(body), 400);
	g_autofree char *head = ask(*data, "HEAD", "/vms", "");
	g_autofree char *get = ask(*data, "GET", "/vms", "");
	g_autofree char *length = header_of(head, "Content-Length");
	assert_int_equal(status_of(head), 200);
	assert_string_equal(body_of(head), "");
	assert_int_equal(atoi(length), strlen(body_of(get)));
}

static void
nonsense_is_survived(void **data)
{
	struct web_fixture *w = *data;
	g_autofree char *longest = g_strnfill(70000, 'a');
	static const char *const lines[] = { "\r\n\r\n", "GET\r\n\r\n", "GET /vms\r\n\r\n",
		"\x16\x03\x01\x02", "GET /vms HTTP/9.9\r\n\r\n", "GET http://x/vms HTTP/1.1\r\nHost: x\r\n"
		"Connection: close\r\n\r\n" };

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		int fd = dial(w);
		send(fd, lines[i], strlen(lines[i]), MSG_NOSIGNAL);
		shutdown(fd, SHUT_WR);
		g_free(hear(fd));
	}
	g_autofree char *path = g_strconcat("/", longest, NULL);
	g_free(ask(w, "GET", path, ""));
	g_autofree char *header = g_strdup_printf("X-Long: %s\r\n", longest);
	g_free(ask(w, "GET", "/vms", header));
	/* gone before the answer */
	for (int i = 0; i < 50; i++) {
		int fd = dial(w);
		send(fd, "GET /vms HTTP/1.1\r\nHost: localhost\r\n\r\n", 38, MSG_NOSIGNAL);
		close(fd);
	}
	g_autofree char *good = ask(w, "GET", "/vms", "");
	assert_int_equal(status_of(good), 200);
}

/* --- caching */

static void
what_is_known_is_not_sent(void **data)
{
	static const char *const paths[] = { "/jobs", "/graph/vm/" WEB1 "/cpu.svg?from=1000&to=9000" };

	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autofree char *first = ask(*data, "GET", paths[i], "");
		g_autofree char *tag = header_of(first, "ETag");
		g_autofree char *known = g_strdup_printf("If-None-Match: \"x\", W/%s\r\n", tag);
		g_autofree char *again = ask(*data, "GET", paths[i], known);
		assert_int_equal(status_of(again), 304);
		assert_string_equal(body_of(again), "");
		must_have(again, tag);
		g_autofree char *start = g_strndup(tag, strlen(tag) - 1);
		g_autofree char *packed =
		    g_strdup_printf("If-None-Match: %s-gzip\"\r\n", start);
		g_autofree char *by_apache = ask(*data, "GET", paths[i], packed);
		assert_int_equal(status_of(by_apache), 304);
		g_autofree char *other = ask(*data, "GET", paths[i], "If-None-Match: \"x\"\r\n");
		assert_int_equal(status_of(other), 200);
	}
}

static const struct {
	const char *path, *caching;
} cachings[] = {
	{ "/vms", "private, no-cache" },
	{ "/graph/vm/" WEB1 "/cpu.svg?span=hour", "private, max-age=15" },
	{ "/graph/vm/" WEB1 "/cpu.svg?span=day", "private, max-age=144" },
	{ "/graph/vm/" WEB1 "/cpu.svg?from=1000&to=9000", "private, max-age=86400" },
	{ "/static/old/style.css", "private, no-cache" },
	{ "/nothing", "no-store" },
};

static void
each_reply_says_how_long(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cachings); i++) {
		g_autofree char *answer = ask(*data, "GET", cachings[i].path, "");
		g_autofree char *caching = header_of(answer, "Cache-Control");
		assert_string_equal(caching, cachings[i].caching);
	}
	g_autofree char *page = ask(*data, "GET", "/vms", "");
	const char *at = strstr(page, "/static/");
	g_autofree char *path = g_strndup(at, strcspn(at, "\""));
	g_autofree char *style = ask(*data, "GET", path, "");
	must_have(style, "Cache-Control: public, max-age=31536000, immutable");
}

static void
pictures_tell_their_plot(void **data)
{
	g_autofree char *answer = ask(*data, "HEAD", "/graph/vm/" WEB1 "/cpu.svg", "");
	g_autofree char *plot = header_of(answer, "Virtcluster-Plot");
	struct web_fixture *w = *data;

	assert_string_equal(plot, "40 20 340 120 400 200");
	g_free(ask(w, "GET", "/graph/vm/" WEB1 "/cpu.png?size=spark&theme=dark", ""));
	assert_true(w->f->drawn.spark && w->f->drawn.dark && w->f->drawn.png);
	assert_int_equal(w->f->drawn.width, 96);
}

/* --- the daemon is away */

static void
away_is_said_and_passes(void **data)
{
	struct web_fixture *w = *data;

	control_free(w->f->control);
	w->f->control = NULL;
	g_autofree char *away = ask(w, "GET", "/jobs", "");
	assert_int_equal(status_of(away), 503);
	must_have(away, "The daemon does not answer");
	must_have(away, "<meta http-equiv=\"refresh\" content=\"5\">");
	must_have(away, "Retry-After: ");
	must_have(away, "Cache-Control: no-store");
	g_autofree char *style = ask(w, "GET", "/static/x/style.css", "");
	assert_int_equal(status_of(style), 200);
	w->f->control = fixture_listen(w->f);
	g_autofree char *back = ask(w, "GET", "/jobs", "");
	assert_int_equal(status_of(back), 200);
}

/* --- many at once */

static gpointer
reload(gpointer data)
{
	for (int i = 0; i < 10; i++) {
		g_autofree char *answer = ask(data, "GET", i % 2 ? "/vms" : "/", "");
		if (status_of(answer) != 200)
			return answer;
	}
	return NULL;
}

static void
many_browsers(void **data)
{
	GThread *threads[10];

	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("browser", reload, *data);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		assert_null(g_thread_join(threads[i]));
}

/* --- start */

static void
bad_addresses_are_refused(void **data)
{
	struct web_fixture *w = *data;
	g_autofree char *taken = g_strdup_printf("127.0.0.1:%u", server_port(w->server));
	const struct {
		const char *address, *part;
	} cases[] = {
		{ "", "is like" }, { "8080", "is like" }, { ":8080", "is like" },
		{ "127.0.0.1", "is like" }, { "127.0.0.1:99999", "is like" },
		{ "localhost.example:80", "is like" }, { "::1:8080", "is like" },
		{ "127.0.0.1:x", "is like" }, { taken, "Address already in use" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		assert_null(server_new(&w->web, cases[i].address, &error));
		must_have(error->message, cases[i].part);
		must_have(error->message, cases[i].address);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(pages_are_there),
		TEST(all_replies_are_safe),
		TEST(hostile_names_are_text),
		TEST(volumes_have_pages),
		TEST(the_sick_come_first),
		TEST(other_names_are_refused),
		TEST(only_get_and_head),
		TEST(nonsense_is_survived),
		TEST(what_is_known_is_not_sent),
		TEST(each_reply_says_how_long),
		TEST(pictures_tell_their_plot),
		TEST(away_is_said_and_passes),
		TEST(many_browsers),
		TEST(bad_addresses_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
