/* Signals while there is a picture. */
#include "cli/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/screen.h"

/* All that the handler knows. */
static volatile sig_atomic_t is_over;
static volatile int asked_fd = -1;
static int wake[2] = { -1, -1 };

static void
on_signal(int signal)
{
	int keep = errno;

	if (signal == SIGTSTP) {
		screen_leave();
		raise(SIGSTOP);
	} else if (signal == SIGCONT) {
		screen_enter();
	} else if (signal != SIGWINCH) {
		is_over = 1;
		if (asked_fd >= 0)
			shutdown(asked_fd, SHUT_RDWR);
	}
	if (write(wake[1], "", 1) < 0)
		errno = 0; /* full: it is awake anyway */
	errno = keep;
}

static const int signals[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP, SIGCONT,
	SIGWINCH };

static struct sigaction before[G_N_ELEMENTS(signals)];
static sigset_t mask_before;

/* What nohup(1) made ignored stays so. */
static void
catch_one(int signal, struct sigaction *old)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	sigaction(signal, NULL, old);
	if (signal != SIGHUP || old->sa_handler != SIG_IGN)
		sigaction(signal, &action, NULL);
}

bool
interrupt_catch(GError **error)
{
	sigset_t ours;

	if (!g_unix_open_pipe(wake, FD_CLOEXEC, error))
		return false;
	is_over = 0;
	sigemptyset(&ours);
	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
		catch_one(signals[i], &before[i]);
		sigaddset(&ours, signals[i]);
	}
	pthread_sigmask(SIG_UNBLOCK, &ours, &mask_before);
	return true;
}

void
interrupt_release(void)
{
	pthread_sigmask(SIG_SETMASK, &mask_before, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
		sigaction(signals[i], &before[i], NULL);
	close(wake[0]);
	close(wake[1]);
}

bool
interrupt_is_over(void)
{
	return is_over;
}

void
interrupt_end(void)
{
	is_over = 1;
}

void
interrupt_asking(int fd)
{
	asked_fd = fd;
}

int
interrupt_fd(void)
{
	return wake[0];
}

void
interrupt_seen(void)
{
	char rest[64];

	if (read(wake[0], rest, sizeof(rest)) < 0)
		return;
}
