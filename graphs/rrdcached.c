/* The text protocol of rrdcached: commands, answers and batches over one socket. */
#include "graphs/rrdcached.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DEFAULT_PORT 42217
#define LINE_MOST  65536
#define LINES_MOST 100000

struct rrdcached {
	char *address;
	int cancel;
	int fd;      /* -1: not connected */
	GString *in; /* received; everything before `used` is dealt with */
	size_t used;
	int64_t patience;
	int64_t deadline; /* of the command under way, monotonic microseconds */
};

G_DEFINE_QUARK(virtcluster - rrd - error, rrd_error)

enum rrd_error
rrd_error_code(const char *message)
{
	if (strstr(message, "No such file") != NULL)
		return RRD_ERROR_MISSING;
	if (strstr(message, "illegal attempt to update") != NULL)
		return RRD_ERROR_PAST;
	return RRD_ERROR_FAILED;
}

static void
hang_up(struct rrdcached *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	g_string_truncate(c->in, 0);
	c->used = 0;
}

/* False, with the connection closed: nobody knows what of the answer is still to come. */
static bool
gone(struct rrdcached *c, GError **error, const char *what)
{
	g_set_error(
	    error, RRD_ERROR, RRD_ERROR_GONE, "rrdcached at %s: %s", c->address, what);
	hang_up(c);
	return false;
}

/* Waits for the socket.  False when time is up or the wait was cancelled. */
static bool
wait_for(struct rrdcached *c, short events, GError **error)
{
	struct pollfd fds[2] = {
		{ .fd = c->fd, .events = events },
		{ .fd = c->cancel, .events = POLLIN }, /* poll skips a negative one */
	};

	for (;;) {
		int64_t left = c->deadline - g_get_monotonic_time();
		if (left <= 0)
			return gone(c, error, "no answer in time");
		int n = poll(fds, 2, (int)(left / 1000) + 1);
		if (n < 0 && errno != EINTR)
			return gone(c, error, g_strerror(errno));
		if (n > 0 && fds[1].revents != 0)
			return gone(c, error, "cancelled");
		if (n > 0)
			return true;
	}
}

static int
open_socket(const struct sockaddr *address, socklen_t len)
{
	int fd = socket(
	    address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, address, len) == 0 || errno == EINPROGRESS)
		return fd;
	int saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static bool
connect_unix(struct rrdcached *c, const char *path, GError **error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >=
	    sizeof(address.sun_path))
		return gone(c, error, "the path is too long for a socket");
	c->fd = open_socket((const struct sockaddr *)&address, sizeof(address));
	return c->fd >= 0 || gone(c, error, g_strerror(errno));
}

/* Tries the addresses of a host in turn; a name is looked up without a deadline. */
static bool
connect_host(struct rrdcached *c, GError **error)
{
	g_autoptr(GError) syntax = NULL;
	g_autoptr(GSocketConnectable)
	    where = g_network_address_parse(c->address, DEFAULT_PORT, &syntax);
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;

	if (where == NULL)
		return gone(c, error, syntax->message);
	GNetworkAddress *host = G_NETWORK_ADDRESS(where);
	g_autofree char *port = g_strdup_printf("%u", g_network_address_get_port(host));
	int rc = getaddrinfo(
	    g_network_address_get_hostname(host), port, &hints, &found);
	if (rc != 0)
		return gone(c, error, gai_strerror(rc));
	for (const struct addrinfo *a = found; a != NULL && c->fd < 0; a = a->ai_next)
		c->fd = open_socket(a->ai_addr, a->ai_addrlen);
	int why = errno;
	freeaddrinfo(found);
	return c->fd >= 0 || gone(c, error, g_strerror(why));
}

static bool
connect_any(struct rrdcached *c, GError **error)
{
	const char *path = c->address;
	int why = 0;
	socklen_t len = sizeof(why);

	if (g_str_has_prefix(path, "unix:"))
		path += strlen("unix:");
	if (!(path[0] == '/' ? connect_unix(c, path, error) : connect_host(c, error)))
		return false;
	if (!wait_for(c, POLLOUT, error))
		return false;
	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &why, &len);
	return why == 0 || gone(c, error, g_strerror(why));
}

static bool
send_all(struct rrdcached *c, const char *data, size_t len, GError **error)
{
	while (len > 0) {
		ssize_t n = send(c->fd, data, len, MSG_NOSIGNAL);
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
			return gone(c, error, g_strerror(errno));
		} else if (!wait_for(c, POLLOUT, error)) {
			return false;
		}
	}
	return true;
}

static bool
receive_more(struct rrdcached *c, GError **error)
{
	char buffer[16384];

	if (!wait_for(c, POLLIN, error))
		return false;
	ssize_t n = recv(c->fd, buffer, sizeof(buffer), 0);
	if (n == 0)
		return gone(c, error, "closed the connection");
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ||
		       gone(c, error, g_strerror(errno));
	g_string_erase(c->in, 0, (gssize)c->used);
	c->used = 0;
	g_string_append_len(c->in, buffer, n);
	return true;
}

/* The next line without its end, to be freed, or NULL. */
static char *
read_line(struct rrdcached *c, GError **error)
{
	for (;;) {
		char *start = c->in->str + c->used;
		char *end = memchr(start, '\n', c->in->len - c->used);
		if (end != NULL) {
			c->used += (size_t)(end - start) + 1;
			return g_strchomp(g_strndup(start, (size_t)(end - start)));
		}
		if (c->in->len - c->used > LINE_MOST) {
			gone(c, error, "a line without end");
			return NULL;
		}
		if (!receive_more(c, error))
			return NULL;
	}
}

/* "CODE message": the code, and the message in `line`; INT64_MIN with an error. */
static int64_t
read_status(struct rrdcached *c, char **line, GError **error)
{
	char *end;

	*line = read_line(c, error);
	if (*line == NULL)
		return INT64_MIN;
	int64_t code = g_ascii_strtoll(*line, &end, 10);
	if (end == *line || code > LINES_MOST) {
		gone(c, error, "speaks another protocol");
		return INT64_MIN;
	}
	memmove(*line, end, strlen(end) + 1);
	g_strchug(*line);
	return code;
}

static char **
read_lines(struct rrdcached *c, int64_t n, GError **error)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	for (int64_t i = 0; i < n; i++) {
		char *line = read_line(c, error);
		if (line == NULL)
			return NULL;
		g_ptr_array_add(lines, line);
	}
	g_ptr_array_add(lines, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&lines), FALSE);
}

bool
rrdcached_ended(struct rrdcached *c)
{
	char byte;

	if (c->fd < 0)
		return false;
	if (recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	    (errno == EAGAIN || errno == EINTR))
		return false;
	hang_up(c); /* closed, or words that nobody asked for */
	return true;
}

/*
 * Connects if need be and sends.  A connection that was idle may have died with its
 * rrdcached meanwhile: look first, so that a restart of rrdcached goes unnoticed.
 */
static bool
begin(struct rrdcached *c, const char *data, size_t len, GError **error)
{
	c->deadline = g_get_monotonic_time() + c->patience;
	(void)rrdcached_ended(c);
	if (c->fd < 0 && !connect_any(c, error))
		return false;
	return send_all(c, data, len, error);
}

struct rrdcached *
rrdcached_new(const char *address, int cancel_fd)
{
	struct rrdcached *c = g_new0(struct rrdcached, 1);

	c->address = g_strdup(address);
	c->cancel = cancel_fd;
	c->fd = -1;
	c->patience = RRDCACHED_PATIENCE_US;
	c->in = g_string_new(NULL);
	return c;
}

void
rrdcached_set_patience(struct rrdcached *c, int64_t us)
{
	c->patience = us;
}

void
rrdcached_free(struct rrdcached *c)
{
	if (c == NULL)
		return;
	hang_up(c);
	g_string_free(c->in, TRUE);
	g_free(c->address);
	g_free(c);
}

char **
rrdcached_ask(struct rrdcached *c, const char *command, GError **error)
{
	g_autofree char *line = g_strconcat(command, "\n", NULL);
	g_autofree char *message = NULL;

	if (!begin(c, line, strlen(line), error))
		return NULL;
	int64_t code = read_status(c, &message, error);
	if (code == INT64_MIN)
		return NULL;
	if (code >= 0)
		return read_lines(c, code, error);
	g_set_error(
	    error, RRD_ERROR, (gint)rrd_error_code(message), "rrdcached: %s", message);
	/* A refusal may have more lines than its code says (CREATE without -R). */
	hang_up(c);
	return NULL;
}

bool
rrdcached_batch(struct rrdcached *c, const GString *commands,
    rrdcached_refused *refused, void *context, GError **error)
{
	g_autoptr(GString) all = g_string_sized_new(commands->len + 16);
	g_autofree char *ready = NULL, *summary = NULL;

	g_string_append_printf(all, "BATCH\n%s.\n", commands->str);
	if (rrdcached_ended(c))
		return gone(c, error, "closed the connection");
	if (!begin(c, all->str, all->len, error))
		return false;
	int64_t code = read_status(c, &ready, error);
	if (code == INT64_MIN)
		return false;
	if (code != 0)
		return gone(c, error, ready);
	code = read_status(c, &summary, error);
	if (code == INT64_MIN)
		return false;
	if (code < 0)
		return gone(c, error, summary);
	g_auto(GStrv) lines = read_lines(c, code, error);
	for (char **line = lines; line != NULL && *line != NULL; line++) {
		char *message;
		uint64_t n = g_ascii_strtoull(*line, &message, 10);
		if (n > 0)
			refused(context, n - 1, g_strchug(message));
	}
	return lines != NULL;
}

void
rrdcached_append(GString *command, const char *argument)
{
	g_string_append_c(command, ' ');
	for (const char *p = argument; *p != '\0'; p++) {
		if (*p == ' ' || *p == '\\')
			g_string_append_c(command, '\\');
		g_string_append_c(command, *p);
	}
}
