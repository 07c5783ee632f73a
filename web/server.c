/* The HTTP server. */
#include "config.h"

#include "web/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <microhttpd.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "web/crew.h"
#include "web/hosts.h"
#include "web/routes.h"

#define MOST_CONNECTIONS 512
#define IDLE_S		 30	/* a connection may be silent */
#define MEMORY		 16384	/* octets for the head of a request */
#define THREADS		 2	/* that read and write */
#define RETRY_S		 "2"

struct server {
	/* immutable after init */
	const struct web *web;
	struct MHD_Daemon *daemon;
	struct hosts *hosts;
	struct crew *crew[CREW_COUNT];
	unsigned port;
};

/* One request, from its first line to its answer: of one thread at a time. */
struct visit {
	struct server *server;
	struct MHD_Connection *connection;
	char *uri;
	struct url *url;
	const struct route *route;
	struct reply reply;
	enum { VISIT_NEW, VISIT_READ, VISIT_DONE } state;
};

/* --- the answer */

/* No script or style but our own, nothing from elsewhere, and within nobody's frame. */
static const struct {
	const char *name, *value;
} headers[] = {
	{ "Content-Security-Policy",
	    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; "
	    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Server", "virtcluster-web" },
};

static void
add_header(struct MHD_Response *response, const char *name, const char *value)
{
	if (value != NULL)
		MHD_add_response_header(response, name, value);
}

/* Of the body alone: what is the same need not be sent again. */
static char *
tag_of(GBytes *body)
{
	g_autofree char *hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, body);

	return g_strdup_printf("\"%.20s\"", hash);
}

/* As proxies that pack what they pass on have it: nginx makes it weak, Apache another one. */
static bool
is_tag(const char *text, const char *tag)
{
	static const char *const packed = "-gzip\"";
	size_t n = strlen(tag) - 1; /* all but the last quote */

	if (g_str_has_prefix(text, "W/"))
		text += 2;
	return strcmp(text, tag) == 0 || strcmp(text, "*") == 0 ||
	    (strncmp(text, tag, n) == 0 && strcmp(text + n, packed) == 0);
}

/* Does the browser have it already? */
static bool
has_tag(struct MHD_Connection *connection, const char *tag)
{
	const char *known = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
	    MHD_HTTP_HEADER_IF_NONE_MATCH);

	if (known == NULL)
		return false;
	g_auto(GStrv) tags = g_strsplit(known, ",", -1);
	for (char **t = tags; *t != NULL; t++)
		if (is_tag(g_strstrip(*t), tag))
			return true;
	return false;
}

static char *
caching_of(const struct reply *reply)
{
	if (reply->status >= 400)
		return g_strdup("no-store");
	if (reply->immutable)
		return g_strdup("public, max-age=31536000, immutable");
	if (reply->max_age > 0)
		return g_strdup_printf("private, max-age=%d", reply->max_age);
	return g_strdup("private, no-cache");
}

static enum MHD_Result
send_reply(struct MHD_Connection *connection, const struct reply *reply)
{
	gsize n = 0;
	const void *data = reply->body != NULL ? g_bytes_get_data(reply->body, &n) : "";
	g_autofree char *caching = caching_of(reply);
	g_autofree char *tag = NULL;
	unsigned status = reply->status != 0 ? reply->status : MHD_HTTP_OK;

	if (status == MHD_HTTP_OK) {
		tag = tag_of(reply->body);
		if (has_tag(connection, tag)) {
			status = MHD_HTTP_NOT_MODIFIED;
			n = 0;
		}
	}
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(n, (void *)data, MHD_RESPMEM_MUST_COPY);
	if (response == NULL)
		return MHD_NO;
	for (size_t i = 0; i < G_N_ELEMENTS(headers); i++)
		add_header(response, headers[i].name, headers[i].value);
	add_header(response, "Content-Type",
	    reply->type != NULL ? reply->type : "text/html; charset=utf-8");
	add_header(response, "Cache-Control", caching);
	add_header(response, "ETag", tag);
	add_header(response, "Location", reply->location);
	add_header(response, "Virtcluster-Plot", reply->plot);
	add_header(response, "Virtcluster-Marks", reply->marks);
	add_header(response, "Retry-After", status == 503 ? RETRY_S : NULL);
	add_header(response, "Allow", status == 405 ? "GET, HEAD" : NULL);
	enum MHD_Result result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

G_GNUC_PRINTF(3, 4)
static void
refuse(struct visit *v, enum web_error code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autoptr(GError) error = g_error_new_valist(WEB_ERROR, (gint)code, format, args);
	va_end(args);
	route_fail(v->route, v->server->web, error, &v->reply);
	v->state = VISIT_DONE;
}

/* --- the work: in a thread of a crew */

static void
work(void *task)
{
	struct visit *v = task;

	route_run(v->route, v->server->web, v->url, &v->reply);
	v->state = VISIT_DONE;
	MHD_resume_connection(v->connection);
}

/* From here on until it is resumed, the visit belongs to the crew. */
static enum MHD_Result
give_to_crew(struct visit *v)
{
	enum route_crew crew = v->route != NULL ? v->route->crew : CREW_PAGES;

	MHD_suspend_connection(v->connection);
	if (crew_put(v->server->crew[crew], v))
		return MHD_YES;
	refuse(v, WEB_ERROR_BUSY, "Too many ask at once; try again in a moment.");
	MHD_resume_connection(v->connection);
	return MHD_YES;
}

/* --- the request */

static bool
has_body(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
	    MHD_HTTP_HEADER_CONTENT_LENGTH);

	return (length != NULL && strcmp(length, "0") != 0) ||
	    MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
		MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL;
}

/* The first look, when the head is there: is it a request that we answer at all? */
static enum MHD_Result
read_head(struct visit *v, const char *method)
{
	g_autoptr(GError) error = NULL;

	const char *host = MHD_lookup_connection_value(v->connection, MHD_HEADER_KIND,
	    MHD_HTTP_HEADER_HOST);

	v->state = VISIT_READ;
	v->url = url_parse(v->uri, v->server->web->base, &error);
	v->route = v->url != NULL ? route_find(v->url) : NULL;
	bool reads = strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
	    strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	if (!hosts_admit(v->server->hosts, host)) {
		g_autofree char *name = g_utf8_make_valid(host, (gssize)MIN(strlen(host), 255));
		refuse(v, WEB_ERROR_HOST, "These pages are not called \"%s\": \"host\" in [web] "
		    "of the configuration, or --host, tells what they are called.", name);
	} else if (!reads) {
		refuse(v, WEB_ERROR_BAD, "These pages are only for reading.");
		v->reply.status = MHD_HTTP_METHOD_NOT_ALLOWED;
	} else if (has_body(v->connection)) {
		refuse(v, WEB_ERROR_BAD, "A request to read has no content.");
	} else if (v->url == NULL) {
		refuse(v, WEB_ERROR_BAD, "%s", error->message);
	} else {
		return MHD_YES;
	}
	return send_reply(v->connection, &v->reply);
}

static enum MHD_Result
answer(void *ctx, struct MHD_Connection *connection, const char *path, const char *method,
    const char *version, const char *data, size_t *n, void **state)
{
	struct visit *v = *state;

	switch (v->state) {
	case VISIT_NEW:
		v->connection = connection;
		return read_head(v, method);
	case VISIT_READ:
		return give_to_crew(v);
	default:
		return send_reply(connection, &v->reply);
	}
}

/* The address as it came: MHD would decode it before it is taken apart. */
static void *
begin_visit(void *ctx, const char *uri, struct MHD_Connection *connection)
{
	struct visit *v = g_new0(struct visit, 1);

	v->server = ctx;
	v->uri = g_strdup(uri);
	return v;
}

static void
end_visit(void *ctx, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code)
{
	struct visit *v = *state;

	if (v == NULL)
		return;
	reply_clear(&v->reply);
	if (v->url != NULL)
		url_free(v->url);
	g_free(v->uri);
	g_free(v);
	*state = NULL;
}

G_GNUC_PRINTF(2, 0)
static void
note(void *ctx, const char *format, va_list args)
{
	g_autofree char *text = g_strdup_vprintf(format, args);

	log_debug("http", "%s", g_strchomp(text));
}

/* --- start and stop */

static bool
fail(GError **error, const char *address, const char *why)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot listen on %s: %s", address,
	    why);
	return false;
}

/* "127.0.0.1:8080" in its parts, to be freed; false: it is something else. */
static bool
split_address(const char *address, char **host, char **port)
{
	const char *colon = strrchr(address, ':');
	guint64 number;

	*host = *port = NULL;
	if (colon == NULL || colon == address ||
	    !g_ascii_string_to_unsigned(colon + 1, 10, 0, 65535, &number, NULL))
		return false;
	bool bracketed = address[0] == '[' && colon[-1] == ']';
	if (!bracketed && memchr(address, ':', (size_t)(colon - address)) != NULL)
		return false;
	*host = bracketed ? g_strndup(address + 1, (gsize)(colon - address - 2))
			  : g_strndup(address, (gsize)(colon - address));
	*port = g_strdup(colon + 1);
	return true;
}

/* The socket, or -1; `host` becomes the address without the port, to be freed. */
static int
listen_at(const char *address, char **host, GError **error)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	g_autofree char *port = NULL;
	const int one = 1;

	if (!split_address(address, host, &port) ||
	    getaddrinfo(*host, port, &hints, &found) != 0) {
		fail(error, address, "an address is like 127.0.0.1:8080 or [::1]:8080");
		return -1;
	}
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) != 0 ||
	    listen(fd, SOMAXCONN) != 0) {
		fail(error, address, g_strerror(errno));
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

static unsigned
port_of(int fd)
{
	struct sockaddr_storage name;
	socklen_t n = sizeof(name);

	if (getsockname(fd, (struct sockaddr *)&name, &n) != 0)
		return 0;
	return ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
						: ((struct sockaddr_in *)&name)->sin_port);
}

static struct MHD_Daemon *
start_daemon(struct server *s, int fd)
{
	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
	        MHD_USE_ERROR_LOG, 0, NULL, NULL, answer, s,
	    MHD_OPTION_EXTERNAL_LOGGER, note, NULL,
	    MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)MOST_CONNECTIONS,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
	    MHD_OPTION_URI_LOG_CALLBACK, begin_visit, s,
	    MHD_OPTION_NOTIFY_COMPLETED, end_visit, NULL,
	    MHD_OPTION_END);
}

struct server *
server_new(const struct web *web, const char *address, GError **error)
{
	static const struct {
		const char *name;
		unsigned threads, most;
	} crews[CREW_COUNT] = { { "pages", 4, 128 }, { "pictures", 2, 512 } };
	g_autofree char *host = NULL;
	int fd = listen_at(address, &host, error);

	if (fd < 0)
		return NULL;
	struct server *s = g_new0(struct server, 1);
	s->web = web;
	s->hosts = hosts_new(host, web->hosts);
	s->port = port_of(fd);
	for (size_t i = 0; i < CREW_COUNT; i++)
		s->crew[i] = crew_new(crews[i].name, crews[i].threads, crews[i].most, work);
	s->daemon = start_daemon(s, fd);
	if (s->daemon != NULL)
		return s;
	fail(error, address, "the HTTP server does not start");
	close(fd);
	server_free(s);
	return NULL;
}

void
server_free(struct server *s)
{
	int fd = s->daemon != NULL ? MHD_quiesce_daemon(s->daemon) : -1;

	/* what is suspended must be resumed before the end, and the crews do that */
	for (size_t i = 0; i < CREW_COUNT; i++)
		crew_stop(s->crew[i]);
	if (s->daemon != NULL)
		MHD_stop_daemon(s->daemon);
	for (size_t i = 0; i < CREW_COUNT; i++)
		crew_free(s->crew[i]);
	if (fd >= 0)
		close(fd);
	hosts_free(s->hosts);
	g_free(s);
}

unsigned
server_port(const struct server *s)
{
	return s->port;
}
