/* A command while it runs. */
#include "config.h"

#include "common/spawned.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define END_MS	400 /* between asking it to end and killing it */
#define STEP_MS 10

/* --- start */

/* The daemon blocks and ignores signals that a command must obey. */
static void
set_signals(posix_spawnattr_t *how)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(how, &none);
	posix_spawnattr_setsigdefault(how, &all);
	posix_spawnattr_setflags(how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int
spawn(pid_t *pid, char *const *argv, int in, int out, int errors)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&how);
	set_signals(&how);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	else
		posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
	/* not all that libraries open is closed by itself */
	posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	int code = posix_spawnp(pid, argv[0], &files, &how, argv, environ);
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&files);
	return code;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The end to read from is non-blocking, that for the command is not. */
static bool
make_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) < 0)
		return false;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	return true;
}

/* A file without a name that has it all: a pipe would hold only so much; -1 with errno. */
static int
make_input(const char *input)
{
	size_t length = strlen(input), done = 0;
	int file = memfd_create("input", MFD_CLOEXEC);

	while (file >= 0 && done < length) {
		ssize_t n = write(file, input + done, length - done);
		if (n < 0 && errno != EINTR) {
			close_fd(&file);
			return -1;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	if (file >= 0)
		lseek(file, 0, SEEK_SET);
	return file;
}

bool
spawned_start(struct spawned *child, char *const *argv, const char *input, GError **error)
{
	int out[2] = { -1, -1 }, errors[2] = { -1, -1 }, in = -1;
	int code = 0;

	*child = (struct spawned){ .out = -1, .errors = -1 };
	if (!make_pipe(out) || !make_pipe(errors) ||
	    (input != NULL && (in = make_input(input)) < 0))
		code = errno;
	else
		code = spawn(&child->pid, argv, in, out[1], errors[1]);
	close_fd(&in);
	close_fd(&out[1]);
	close_fd(&errors[1]);
	if (code == 0) {
		child->out = out[0];
		child->errors = errors[0];
		child->lines = g_string_new(NULL);
		return true;
	}
	child->pid = 0;
	close_fd(&out[0]);
	close_fd(&errors[0]);
	g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "cannot run %s: %s",
	    argv[0], g_strerror(code));
	return false;
}

/* --- what it writes */

/* False: the other end is closed. */
static bool
read_lines(struct spawned *child)
{
	char buffer[4096];
	ssize_t n = read(child->out, buffer, sizeof(buffer));

	if (n > 0)
		g_string_append_len(child->lines, buffer, n);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void
read_errors(struct spawned *child)
{
	char buffer[4096];
	ssize_t n = read(child->errors, buffer, sizeof(buffer) - 1);

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			close_fd(&child->errors);
		return;
	}
	buffer[n] = '\0';
	g_auto(GStrv) lines = g_strsplit(g_strchomp(buffer), "\n", -1);
	guint count = g_strv_length(lines);
	if (count == 0 || *g_strstrip(lines[count - 1]) == '\0')
		return;
	g_autofree char *valid = g_utf8_make_valid(lines[count - 1], -1);
	g_strlcpy(child->said, valid, sizeof(child->said));
}

bool
spawned_read(struct spawned *child, int wake, int timeout_ms)
{
	struct pollfd fds[] = {
		{ .fd = child->out, .events = POLLIN },
		{ .fd = child->errors, .events = POLLIN },
		{ .fd = wake, .events = POLLIN },
	};

	if (poll(fds, G_N_ELEMENTS(fds), timeout_ms) <= 0)
		return true;
	if (fds[1].revents != 0)
		read_errors(child);
	return fds[0].revents == 0 || read_lines(child);
}

char *
spawned_line(struct spawned *child, size_t *length)
{
	const char *end = memchr(child->lines->str, '\n', child->lines->len);

	if (end == NULL)
		return NULL;
	*length = (size_t)(end - child->lines->str);
	char *line = g_memdup2(child->lines->str, *length + 1);
	line[*length] = '\0';
	g_string_erase(child->lines, 0, (gssize)*length + 1);
	return line;
}

/* --- its end */

/* True: it has ended, and there is no such process any more. */
static bool
reap(struct spawned *child, int *status, int ms)
{
	for (int waited = 0;; waited += STEP_MS) {
		pid_t got = waitpid(child->pid, status, WNOHANG);
		if (got == child->pid || (got < 0 && errno != EINTR))
			return true;
		if (waited >= ms)
			return false;
		g_usleep(STEP_MS * 1000);
	}
}

static char *
describe_end(const struct spawned *child, int status)
{
	const char *colon = child->said[0] == '\0' ? "" : ": ";

	if (WIFSIGNALED(status))
		return g_strdup_printf("killed by signal %d%s%s", WTERMSIG(status), colon,
		    child->said);
	return g_strdup_printf("ended with status %d%s%s", WEXITSTATUS(status), colon,
	    child->said);
}

char *
spawned_end(struct spawned *child, int patience_ms, int *told)
{
	int status = 0;

	if (child->pid > 0 && !reap(child, &status, patience_ms)) {
		kill(child->pid, SIGTERM);
		if (!reap(child, &status, END_MS)) {
			kill(child->pid, SIGKILL);
			while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
				continue;
		}
	}
	if (child->errors >= 0)
		read_errors(child);
	char *how = describe_end(child, status);
	if (told != NULL)
		*told = status;
	child->pid = 0;
	close_fd(&child->out);
	close_fd(&child->errors);
	if (child->lines != NULL)
		g_string_free(child->lines, TRUE);
	child->lines = NULL;
	return how;
}
