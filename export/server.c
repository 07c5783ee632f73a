/* Starting qemu-nbd. */
#include "config.h"

#include "export/server.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "export/process.h"

#define PROGRAM	   "qemu-nbd"
#define START_US   (30 * G_USEC_PER_SEC) /* to serve; storage may be slow */
#define LOOK_MS	   20
#define SAID_MOST  4096
#define QUOTE_MOST 500

struct server {
	pid_t pid;
	int gate;    /* an octet here lets it begin; its end without one ends the child */
	int said_fd; /* its standard error, until it serves */
	GString *said;
	char *pid_file;
	bool released;
};

/* --- the command */

/* Commas part the properties of an --object. */
static char *
double_commas(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);

	return g_strjoinv(",,", parts);
}

char **
server_arguments(const struct record *record, const char *pid_file)
{
	GPtrArray *args = g_ptr_array_new();

	g_ptr_array_add(args, g_strdup(PROGRAM));
	g_ptr_array_add(args, g_strdup("--persistent"));
	g_ptr_array_add(args, g_strdup("--shared=0"));
	g_ptr_array_add(args, g_strdup("--discard=unmap"));
	g_ptr_array_add(args, g_strconcat("--pid-file=", pid_file, NULL));
	g_ptr_array_add(args, g_strconcat("--bind=", record->address, NULL));
	g_ptr_array_add(args, g_strdup_printf("--port=%" PRId64, record->port));
	g_ptr_array_add(args, g_strconcat("--format=", record->format, NULL));
	g_ptr_array_add(args, g_strconcat("--export-name=", record->name, NULL));
	if (record->read_only)
		g_ptr_array_add(args, g_strdup("--read-only"));
	if (*record->tls != '\0') {
		g_autofree char *dir = double_commas(record->tls);
		g_ptr_array_add(args, g_strdup("--object"));
		g_ptr_array_add(args, g_strconcat("tls-creds-x509,id=tls,endpoint=server,"
		    "verify-peer=on,dir=", dir, NULL));
		g_ptr_array_add(args, g_strdup("--tls-creds=tls"));
	}
	g_ptr_array_add(args, g_strdup("--"));
	g_ptr_array_add(args, g_strdup(record->path));
	g_ptr_array_add(args, NULL);
	return (char **)g_ptr_array_free(args, FALSE);
}

/* --- does it serve? */

/* qemu-nbd writes it when it listens, and leaves it behind. */
static bool
is_in_pid_file(int64_t pid, const char *pid_file)
{
	g_autofree char *text = NULL;

	return g_file_get_contents(pid_file, &text, NULL, NULL) &&
	    g_ascii_strtoll(text, NULL, 10) == pid;
}

bool
server_serves(const struct record *record, const char *pid_file)
{
	return process_runs(record) && is_in_pid_file(record->pid, pid_file);
}

/* --- starting */

static void G_GNUC_NORETURN
child_failed(const char *what)
{
	dprintf(STDERR_FILENO, "%s: %s", what, g_strerror(errno));
	_exit(127);
}

/* In the child; this program has one thread. */
static void G_GNUC_NORETURN
become_server(int gate, int said_fd, const char *program, char **args)
{
	int nothing = open("/dev/null", O_RDWR);
	char go;
	ssize_t n;

	setsid();
	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0 ||
	    dup2(said_fd, STDERR_FILENO) < 0 || chdir("/") < 0)
		child_failed("/dev/null");
	do
		n = read(gate, &go, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(127);
	signal(SIGPIPE, SIG_IGN); /* nobody reads its errors any more when it serves */
	setenv("LC_ALL", "C", 1); /* its errors are compared */
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0); /* whoever waits for their end */
	execv(program, args);
	child_failed(program);
}

static bool
could_not(GError **error)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot start " PROGRAM ": %s",
	    g_strerror(errno));
	return false;
}

static pid_t
fork_server(struct server *server, const char *program, char **args, GError **error)
{
	int gate[2], said[2];

	if (pipe2(gate, O_CLOEXEC) < 0) {
		could_not(error);
		return -1;
	}
	if (pipe2(said, O_CLOEXEC) < 0) {
		could_not(error);
		close(gate[0]);
		close(gate[1]);
		return -1;
	}
	pid_t pid = fork();
	if (pid == 0) {
		close(gate[1]);
		become_server(gate[0], said[1], program, args);
	}
	if (pid < 0)
		could_not(error);
	close(gate[0]);
	close(said[1]);
	server->gate = gate[1];
	server->said_fd = said[0];
	return pid;
}

/*
 * The last server's.  One that runs has it locked: there is none that the caller knows of,
 * so somebody has taken its record away, and two would write to one image.
 */
static bool
drop_pid_file(const struct record *record, const char *pid_file, GError **error)
{
	int fd = open(pid_file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fd < 0)
		return true;
	bool locked = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	if (!locked)
		return unlink(pid_file) == 0 || errno == ENOENT || could_not(error);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
	    "a server of \"%s\" runs of which no record tells: %s has its pid", record->volume,
	    pid_file);
	return false;
}

struct server *
server_new(struct record *record, const char *pid_file, GError **error)
{
	g_autofree char *program = g_find_program_in_path(PROGRAM);
	g_auto(GStrv) args = server_arguments(record, pid_file);
	struct server *server;

	if (program == NULL) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
		    PROGRAM " is not installed on this host");
		return NULL;
	}
	if (!drop_pid_file(record, pid_file, error))
		return NULL;
	server = g_new0(struct server, 1);
	server->said = g_string_new(NULL);
	server->pid_file = g_strdup(pid_file);
	server->pid = fork_server(server, program, args, error);
	if (server->pid < 0) {
		server_free(server);
		return NULL;
	}
	record->since = g_get_real_time() / G_USEC_PER_SEC;
	if (process_note(record, server->pid, error))
		return server;
	server_free(server);
	return NULL;
}

void
server_release(struct server *server)
{
	while (write(server->gate, "", 1) < 0 && errno == EINTR)
		continue;
	server->released = true;
}

/* --- until it serves */

static void
listen_to(struct server *server, int ms)
{
	struct pollfd one = { .fd = server->said_fd, .events = POLLIN };
	char part[1024];

	if (server->said_fd < 0) {
		g_usleep((gulong)ms * 1000);
		return;
	}
	if (poll(&one, 1, ms) <= 0)
		return;
	ssize_t n = read(server->said_fd, part, sizeof(part));
	if (n > 0 && server->said->len < SAID_MOST)
		g_string_append_len(server->said, part, n);
	if (n == 0 || (n < 0 && errno != EINTR)) {
		close(server->said_fd);
		server->said_fd = -1;
	}
}

char *
server_quote(const char *said)
{
	g_autofree char *valid = g_utf8_make_valid(said, -1);
	g_auto(GStrv) lines = g_strsplit(valid, "\n", -1);
	GString *quote = g_string_new(NULL);

	for (char **line = lines; *line != NULL; line++) {
		const char *text = g_strstrip(*line);
		if (g_str_has_prefix(text, PROGRAM ": "))
			text += strlen(PROGRAM ": ");
		if (*text != '\0')
			g_string_append_printf(quote, "%s%s", quote->len == 0 ? "" : "; ", text);
	}
	if (quote->len > QUOTE_MOST) {
		const char *end = g_utf8_find_prev_char(quote->str, quote->str + QUOTE_MOST);
		g_string_truncate(quote, (gsize)(end - quote->str));
		g_string_append(quote, "...");
	}
	return g_string_free(quote, FALSE);
}

static bool
has_ended(struct server *server)
{
	pid_t pid = waitpid(server->pid, NULL, WNOHANG);

	return pid == server->pid || (pid < 0 && errno == ECHILD);
}

/* It has ended: what it said at last is in the pipe. */
static bool
tell_end(struct server *server, GError **error)
{
	while (server->said_fd >= 0)
		listen_to(server, 0);
	g_autofree char *quote = server_quote(server->said->str);
	bool in_use = strstr(quote, "Address already in use") != NULL;
	g_set_error(error, G_IO_ERROR,
	    in_use ? G_IO_ERROR_ADDRESS_IN_USE : G_IO_ERROR_FAILED, PROGRAM ": %s", *quote == '\0' ? "it ended without a word" : quote);
	return false;
}

static void
kill_child(struct server *server)
{
	kill(server->pid, SIGKILL);
	while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

bool
server_await(struct server *server, GError **error)
{
	gint64 end = g_get_monotonic_time() + START_US;

	while (g_get_monotonic_time() < end) {
		listen_to(server, LOOK_MS);
		if (has_ended(server))
			return tell_end(server, error);
		if (is_in_pid_file(server->pid, server->pid_file))
			return true;
	}
	kill_child(server);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
	    PROGRAM " did not serve within 30 s and was ended");
	return false;
}

void
server_free(struct server *server)
{
	if (server->pid > 0 && !server->released)
		kill_child(server);
	if (server->gate > 0)
		close(server->gate);
	if (server->said_fd > 0)
		close(server->said_fd);
	g_string_free(server->said, TRUE);
	g_free(server->pid_file);
	g_free(server);
}
