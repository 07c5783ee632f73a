/* Processes of records. */
#include "config.h"

#include "export/process.h"

#include <errno.h>
#include <gio/gio.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STOP_S 10 /* to end */

/* False: there is none, or it has ended and nobody has asked for its status yet. */
static bool
read_start(int64_t pid, int64_t *start)
{
	g_autofree char *path = g_strdup_printf("/proc/%" PRId64 "/stat", pid);
	g_autofree char *text = NULL;
	char state;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return false;
	const char *rest = strrchr(text, ')'); /* its name may have anything in it */
	return rest != NULL &&
	    sscanf(rest, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
		"%*d %*d %" SCNd64, &state, start) == 2 && state != 'Z' && state != 'X';
}

static char *
read_boot(void)
{
	char *text = NULL;

	if (!g_file_get_contents("/proc/sys/kernel/random/boot_id", &text, NULL, NULL))
		return g_strdup("");
	return g_strstrip(text);
}

bool
process_runs(const struct record *record)
{
	g_autofree char *boot = read_boot();
	int64_t start;

	return record->pid > 0 && strcmp(boot, record->boot) == 0 &&
	    read_start(record->pid, &start) && start == record->start_time;
}

int
process_watch(const struct record *record)
{
	int fd = record->pid > 0 ? (int)syscall(SYS_pidfd_open, (pid_t)record->pid, 0) : -1;

	if (fd < 0 || process_runs(record))
		return fd;
	close(fd);
	return -1;
}

bool
process_note(struct record *record, pid_t pid, GError **error)
{
	g_autofree char *boot = read_boot();

	record->pid = pid;
	record_set(&record->boot, boot);
	if (read_start(pid, &record->start_time))
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "/proc does not tell of process %d",
	    (int)pid);
	return false;
}

/* --- ending */

static bool
ends_within(int pidfd, int ms)
{
	struct pollfd one = { .fd = pidfd, .events = POLLIN };
	gint64 end = g_get_monotonic_time() + ms * (gint64)1000;
	int n;

	do {
		gint64 left = (end - g_get_monotonic_time()) / 1000;
		n = poll(&one, 1, (int)MAX(left, 0));
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

/* Once a second: qemu-nbd forgets a SIGTERM that comes in the moment before it serves. */
static bool
end_by(int pidfd, int number)
{
	for (int i = 0; i < STOP_S; i++) {
		if (syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0) < 0 && errno != ESRCH)
			return false;
		if (ends_within(pidfd, 1000))
			return true;
	}
	return false;
}

bool
process_stop(const struct record *record, bool force, GError **error)
{
	int pidfd = process_watch(record);

	if (pidfd < 0 && !process_runs(record))
		return true;
	bool ended = pidfd >= 0 && end_by(pidfd, SIGTERM);
	if (!ended && force && pidfd >= 0)
		ended = end_by(pidfd, SIGKILL);
	if (!ended)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
		    "the server of \"%s\" (pid %" PRId64 ") does not end", record->volume,
		    record->pid);
	if (pidfd >= 0)
		close(pidfd);
	return ended;
}
