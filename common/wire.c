/* The control socket's framing, for both ends. */
#include "config.h"

#include "common/wire.h"

#include <errno.h>
#include <gio/gio.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define TIMEOUT_MS	30000
#define CONNECT_S	10
#define READ_CHUNK	16384
#define WRITE_CHUNK	65536

struct wire {
	int fd; /* immutable */

	/* only the wire's thread */
	int timeout_ms;
	size_t longest;
	GString *in;  /* read, not yet handed out */
	size_t taken; /* octets of `in` already handed out */
	GString *out;
	bool broken; /* a write failed: what follows would make no sense */
	int given;   /* goes with the next octet, borrowed; -1: none */
	int got;     /* came, and was not taken yet; -1: none */
};

static bool
fail_errno(GError **error, const char *what)
{
	int code = errno;

	g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(code), "%s: %s", what,
	    g_strerror(code));
	return false;
}

struct wire *
wire_new(int fd, size_t longest)
{
	struct wire *w = g_new0(struct wire, 1);

	w->fd = fd;
	w->given = w->got = -1;
	w->timeout_ms = TIMEOUT_MS;
	w->longest = longest;
	w->in = g_string_new(NULL);
	w->out = g_string_new(NULL);
	return w;
}

void
wire_free(struct wire *w)
{
	close(w->fd);
	if (w->got >= 0)
		close(w->got);
	g_string_free(w->in, TRUE);
	g_string_free(w->out, TRUE);
	g_free(w);
}

bool
wire_address(struct sockaddr_un *address, const char *path, GError **error)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (g_strlcpy(address->sun_path, path, sizeof(address->sun_path)) <
	    sizeof(address->sun_path))
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG,
	    "the path of a socket can have %zu octets at most",
	    sizeof(address->sun_path) - 1);
	return false;
}

struct wire *
wire_connect(const char *path, size_t longest, GError **error)
{
	struct sockaddr_un address;
	int fd;

	if (!wire_address(&address, path, error))
		return NULL;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		fail_errno(error, "socket");
		return NULL;
	}
	/* a daemon that no longer accepts must not hold its clients for ever */
	struct timeval patience = { .tv_sec = CONNECT_S };
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		int code = errno;
		g_set_error_literal(error, G_IO_ERROR, (int)g_io_error_from_errno(code),
		    g_strerror(code));
		close(fd);
		return NULL;
	}
	return wire_new(fd, longest);
}

int
wire_fd(const struct wire *w)
{
	return w->fd;
}

void
wire_set_timeout(struct wire *w, int milliseconds)
{
	w->timeout_ms = milliseconds;
}

static int64_t
deadline_of(const struct wire *w)
{
	if (w->timeout_ms < 0)
		return INT64_MAX;
	return g_get_monotonic_time() + (int64_t)w->timeout_ms * 1000;
}

/* Waits until the socket is ready for `events` or the deadline has passed. */
static bool
wait_ready(struct wire *w, short events, int64_t deadline, GError **error)
{
	struct pollfd p = { .fd = w->fd, .events = events };
	int ready;

	do {
		int wait_ms = -1;
		if (deadline != INT64_MAX) {
			int64_t left = deadline - g_get_monotonic_time();
			wait_ms = left <= 0 ? 0 : (int)(left / 1000) + 1;
		}
		ready = poll(&p, 1, wait_ms);
	} while (ready < 0 && errno == EINTR);
	if (ready > 0)
		return true;
	if (ready < 0)
		return fail_errno(error, "poll");
	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "timed out");
	return false;
}

/* --- descriptors along with octets */

#define MOST_GIVEN 8 /* the kernel closes what is more */

union fd_room {
	char room[CMSG_SPACE(MOST_GIVEN * sizeof(int))];
	struct cmsghdr align;
};

static void
keep_last(struct wire *w, struct cmsghdr *c)
{
	size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < n; i++) {
		if (w->got >= 0)
			close(w->got);
		memcpy(&w->got, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
	}
}

/* As recv(2). */
static ssize_t
receive(struct wire *w, void *into, size_t size)
{
	union fd_room fds;
	struct iovec octets = { into, size };
	struct msghdr m = {
		.msg_iov = &octets, .msg_iovlen = 1,
		.msg_control = fds.room, .msg_controllen = sizeof(fds.room),
	};
	ssize_t n = recvmsg(w->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	for (struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&m); c != NULL;
	     c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			keep_last(w, c);
	return n;
}

/* As send(2). */
static ssize_t
transmit(struct wire *w, const char *octets, size_t size)
{
	union fd_room fds = { { 0 } };
	struct iovec all = { (char *)octets, size };
	struct msghdr m = { .msg_iov = &all, .msg_iovlen = 1 };

	if (w->given >= 0) {
		m.msg_control = fds.room;
		m.msg_controllen = CMSG_SPACE(sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &w->given, sizeof(int));
	}
	ssize_t n = sendmsg(w->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0)
		w->given = -1;
	return n;
}

void
wire_hand_over(struct wire *w, int fd)
{
	w->given = fd;
}

int
wire_take_descriptor(struct wire *w)
{
	int fd = w->got;

	w->got = -1;
	return fd;
}

/* --- octets */

/* Reads what there is.  The number of octets, 0 at the end, -1 with an error. */
static ssize_t
fill(struct wire *w, int64_t deadline, GError **error)
{
	char chunk[READ_CHUNK];
	ssize_t n;

	for (;;) {
		if (!wait_ready(w, POLLIN, deadline, error))
			return -1;
		n = receive(w, chunk, sizeof(chunk));
		if (n >= 0)
			break;
		if (errno == EINTR || errno == EAGAIN)
			continue;
		if (errno == ECONNRESET)
			return 0;
		fail_errno(error, "read");
		return -1;
	}
	if (w->taken > 0) {
		g_string_erase(w->in, 0, (gssize)w->taken);
		w->taken = 0;
	}
	g_string_append_len(w->in, chunk, n);
	return n;
}

/* Hands out the line that ends at `newline`. */
static char *
take_line(struct wire *w, char *newline, GError **error)
{
	char *line = w->in->str + w->taken;
	size_t length = (size_t)(newline - line);

	w->taken += length + 1;
	*newline = '\0';
	if (length > w->longest) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
		    "a line can have %zu octets at most", w->longest);
		return NULL;
	}
	if (strlen(line) != length) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
		    "a line may not contain NUL");
		return NULL;
	}
	return line;
}

char *
wire_read_line(struct wire *w, GError **error)
{
	int64_t deadline = deadline_of(w);
	size_t seen = 0; /* octets of this line known to hold no newline */

	for (;;) {
		size_t have = w->in->len - w->taken;
		char *newline = have == seen
		    ? NULL
		    : memchr(w->in->str + w->taken + seen, '\n', have - seen);
		if (newline != NULL)
			return take_line(w, newline, error);
		if (have > w->longest) {
			g_set_error(error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
			    "a line can have %zu octets at most", w->longest);
			return NULL;
		}
		seen = have;
		ssize_t n = fill(w, deadline, error);
		if (n < 0)
			return NULL;
		if (n == 0 && have > 0)
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT,
			    "the connection ended within a line");
		if (n == 0)
			return NULL;
	}
}

bool
wire_read_bytes(struct wire *w, void *into, size_t n, GError **error)
{
	int64_t deadline = deadline_of(w);

	while (w->in->len - w->taken < n) {
		ssize_t got = fill(w, deadline, error);
		if (got < 0)
			return false;
		if (got == 0) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT,
			    "the connection ended too early");
			return false;
		}
	}
	memcpy(into, w->in->str + w->taken, n);
	w->taken += n;
	return true;
}

static bool
write_all(struct wire *w, GError **error)
{
	size_t done = 0;

	while (done < w->out->len) {
		if (!wait_ready(w, POLLOUT, deadline_of(w), error))
			return false;
		ssize_t n = transmit(w, w->out->str + done, w->out->len - done);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return fail_errno(error, "write");
		if (n > 0)
			done += (size_t)n;
	}
	return true;
}

bool
wire_flush(struct wire *w, GError **error)
{
	if (w->broken) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CLOSED,
		    "the connection is broken");
		return false;
	}
	w->broken = !write_all(w, error);
	g_string_truncate(w->out, 0);
	return !w->broken;
}

bool
wire_put_bytes(struct wire *w, const void *bytes, size_t n, GError **error)
{
	g_string_append_len(w->out, bytes, (gssize)n);
	return w->out->len < WRITE_CHUNK || wire_flush(w, error);
}

bool
wire_put_line(struct wire *w, const char *line, GError **error)
{
	g_string_append(w->out, line);
	return wire_put_bytes(w, "\n", 1, error);
}

bool
wire_peer_gone(struct wire *w, int milliseconds)
{
	struct pollfd p = { .fd = w->fd, .events = POLLRDHUP };

	return poll(&p, 1, milliseconds) > 0 &&
	    (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void
wire_shutdown(struct wire *w)
{
	shutdown(w->fd, SHUT_RDWR);
}
