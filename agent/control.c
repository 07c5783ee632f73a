/* The control socket and the signals. */
#include "config.h"

#include "agent/control.h"

#include <errno.h>
#include <gio/gio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/control_verbs.h"
#include "agent/peer.h"
#include "agent/reply.h"
#include "common/log.h"
#include "common/wire.h"

#define MOST_CONNECTIONS 32
#define KEPT_FOR_MASTERS 8 /* so that idle strangers cannot lock root out */
#define BACKLOG          64
#define STOP_US          (4 * G_TIME_SPAN_SECOND)
#define RETRY_MS         200 /* after accept(2) failed for want of descriptors */
#define PATIENCE_US      (250 * G_TIME_SPAN_MILLISECOND) /* for a place to become free */
#define HURRY_US         (2 * G_TIME_SPAN_SECOND) /* no patience after it was in vain */

struct control {
	/* immutable after init */
	struct control_setup setup;
	char *path;
	int listener, signals, wake;
	dev_t dev; /* of our socket file: removed only if it is still ours */
	ino_t ino;
	GThread *thread;

	atomic_bool stopping;

	/* only the control thread */
	int64_t hurry_until;

	/* guarded by lock */
	pthread_mutex_t lock;
	pthread_cond_t ended;   /* a connection's thread is about to end */
	GPtrArray *connections; /* struct connection, owned by their threads */
};

struct connection {
	struct control *control;
	struct wire *wire;
	struct peer peer;
};

/* --- signals */

static void
signal_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
}

void
control_block_signals(void)
{
	sigset_t set;

	signal_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void
control_unblock_signals(void)
{
	sigset_t set;

	signal_set(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static void
take_signals(struct control *c)
{
	struct signalfd_siginfo info;

	while (read(c->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			log_info("control", "SIGHUP: reading the configuration again");
			c->setup.reload(c->setup.ctx);
		} else {
			log_info("control", "%s: stopping", strsignal((int)info.ssi_signo));
			c->setup.stop(c->setup.ctx);
		}
	}
}

/* --- connections */

/* The last thing a connection does; `control` may be gone right after. */
static void
leave(struct control *c, struct connection *connection)
{
	LOCK_SCOPE(&c->lock);
	g_ptr_array_remove_fast(c->connections, connection);
	pthread_cond_signal(&c->ended);
}

static gpointer
connection_main(gpointer data)
{
	struct connection *connection = data;
	struct control *c = connection->control;
	struct wire *wire = connection->wire;
	struct control_session session = {
		.setup = &c->setup,
		.peer = &connection->peer,
		.wire = wire,
		.stopping = &c->stopping,
	};

	control_serve(&session);
	leave(c, connection);
	wire_free(wire);
	peer_clear(&connection->peer);
	g_free(connection);
	return NULL;
}

static bool
has_room_for(const struct control *c, const struct peer *peer)
{
	guint most = peer_is_master(peer, geteuid()) ? MOST_CONNECTIONS
						     : MOST_CONNECTIONS - KEPT_FOR_MASTERS;

	return c->connections->len < most;
}

/*
 * Holding the lock.  Clients that have just hung up may not have left yet, so that many
 * short connections in a row are worth a moment's wait; many idle ones are not.
 */
static bool
wait_for_room(struct control *c, const struct peer *peer)
{
	int64_t now = g_get_monotonic_time();

	while (!has_room_for(c, peer) && now >= c->hurry_until)
		if (!sync_cond_wait_until(&c->ended, &c->lock, now + PATIENCE_US))
			c->hurry_until = now + HURRY_US;
	return has_room_for(c, peer);
}

/* Takes over the wire; one line fits into the socket's buffer, so this does not wait. */
static void
turn_away(struct wire *wire)
{
	g_autofree char *line =
	    reply_error_line("full", "too many connections to virtclusterd; try again later");

	log_debug("control", "a connection too many was turned away");
	wire_set_timeout(wire, 0);
	if (wire_put_line(wire, line, NULL))
		wire_flush(wire, NULL);
	wire_free(wire);
}

/* Enters the connection into the list and gives it a thread, if there is room. */
static bool
admit(struct control *c, struct connection *connection, GError **error)
{
	LOCK_SCOPE(&c->lock);
	if (!wait_for_room(c, &connection->peer)) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_BUSY, "no room");
		return false;
	}
	GThread *thread = g_thread_try_new("connection", connection_main, connection, error);
	if (thread == NULL)
		return false;
	g_ptr_array_add(c->connections, connection);
	g_thread_unref(thread);
	return true;
}

static void
greet(struct control *c, int fd)
{
	g_autoptr(GError) error = NULL;
	struct connection *connection = g_new0(struct connection, 1);

	connection->control = c;
	connection->wire = wire_new(fd, CONTROL_LONGEST_LINE);
	if (peer_init(&connection->peer, fd, &error) && admit(c, connection, &error))
		return;
	if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BUSY))
		log_warn("control", "%s", error->message);
	turn_away(connection->wire);
	peer_clear(&connection->peer);
	g_free(connection);
}

/* Accepts one connection; false when it is better to pause for a moment. */
static bool
accept_one(struct control *c)
{
	int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0) {
		greet(c, fd);
		return true;
	}
	if (errno == EINTR || errno == EAGAIN || errno == ECONNABORTED)
		return true;
	log_warn("control", "accept: %s", g_strerror(errno));
	return false;
}

/* --- the control thread */

static gpointer
control_main(gpointer data)
{
	struct control *c = data;
	struct pollfd fds[] = {
		{ .fd = c->wake, .events = POLLIN },
		{ .fd = c->signals, .events = POLLIN },
		{ .fd = c->listener, .events = POLLIN },
	};

	while (!atomic_load(&c->stopping)) {
		if (poll(fds, G_N_ELEMENTS(fds), -1) < 0)
			continue;
		if (fds[1].revents != 0)
			take_signals(c);
		if (fds[2].revents != 0 && !accept_one(c))
			poll(fds, 1, RETRY_MS);
	}
	return NULL;
}

/* --- start and stop */

static bool
fail(GError **error, const char *path, const char *why)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "control socket %s: %s", path,
	    why);
	return false;
}

/* Removes the socket of a daemon that is gone.  False if something is in the way. */
static bool
clear_path(const char *path, GError **error)
{
	g_autoptr(GError) refused = NULL;
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT || fail(error, path, g_strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return fail(error, path, "a file that is not a socket is in the way");
	SCOPED(wire) other = wire_connect(path, 1, &refused);
	if (other != NULL)
		return fail(error, path, "another virtclusterd is running and listens there");
	if (!g_error_matches(refused, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
		return fail(error, path, refused->message);
	if (unlink(path) != 0 && errno != ENOENT)
		return fail(error, path, g_strerror(errno));
	return true;
}

/* Under systemd the directory is there; started by hand it may not be. */
static void
make_directory(const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path);

	if (mkdir(dir, 0755) == 0)
		log_info("control", "made %s", dir);
}

static bool
listen_at(struct control *c, GError **error)
{
	struct sockaddr_un address;
	g_autoptr(GError) too_long = NULL;
	struct stat st;

	if (!wire_address(&address, c->path, &too_long))
		return fail(error, c->path, too_long->message);
	make_directory(c->path);
	if (!clear_path(c->path, error))
		return false;
	c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->listener < 0 ||
	    bind(c->listener, (struct sockaddr *)&address, sizeof(address)) != 0)
		return fail(error, c->path, g_strerror(errno));
	/* Everybody may connect and look; who may act is decided by credentials. */
	if (lstat(c->path, &st) != 0 || chmod(c->path, 0666) != 0 ||
	    listen(c->listener, BACKLOG) != 0)
		return fail(error, c->path, g_strerror(errno));
	c->dev = st.st_dev;
	c->ino = st.st_ino;
	return true;
}

static bool
open_descriptors(struct control *c, GError **error)
{
	sigset_t set;

	signal_set(&set);
	c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (c->wake < 0 || c->signals < 0)
		return fail(error, c->path, g_strerror(errno));
	return listen_at(c, error);
}

static void
close_all(struct control *c)
{
	struct stat st;

	if (c->ino != 0 && lstat(c->path, &st) == 0 && st.st_dev == c->dev &&
	    st.st_ino == c->ino)
		unlink(c->path);
	for (size_t i = 0; i < 3; i++) {
		int fd = (const int[]){ c->listener, c->signals, c->wake }[i];
		if (fd >= 0)
			close(fd);
	}
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->ended);
	g_ptr_array_free(c->connections, TRUE);
	g_free(c->path);
	g_free(c);
}

struct control *
control_new(const struct control_setup *setup, GError **error)
{
	struct control *c = g_new0(struct control, 1);
	SCOPED(settings) settings = setup->settings(setup->ctx);

	c->setup = *setup;
	c->path = g_strdup(settings->control_socket);
	c->listener = c->signals = c->wake = -1;
	pthread_mutex_init(&c->lock, NULL);
	sync_cond_init(&c->ended);
	c->connections = g_ptr_array_new();
	if (!open_descriptors(c, error)) {
		close_all(c);
		return NULL;
	}
	c->thread = g_thread_new("control", control_main, c);
	log_info("control", "listening on %s", c->path);
	return c;
}

/* Breaks all connections and waits for their threads; how many are left. */
static guint
end_connections(struct control *c)
{
	int64_t deadline = g_get_monotonic_time() + STOP_US;

	LOCK_SCOPE(&c->lock);
	for (guint i = 0; i < c->connections->len; i++) {
		struct connection *connection = c->connections->pdata[i];
		wire_shutdown(connection->wire);
	}
	while (c->connections->len > 0)
		if (!sync_cond_wait_until(&c->ended, &c->lock, deadline))
			break;
	return c->connections->len;
}

void
control_free(struct control *c)
{
	static const uint64_t one = 1;

	if (c == NULL)
		return;
	atomic_store(&c->stopping, true);
	if (write(c->wake, &one, sizeof(one)) < 0)
		log_warn("control", "cannot wake: %s", g_strerror(errno));
	g_thread_join(c->thread);
	guint left = end_connections(c);
	if (left == 0) {
		close_all(c);
		return;
	}
	/* What they still use must stay: the process is about to end anyway. */
	log_warn("control", "%u connections did not end in time", left);
	unlink(c->path);
}
