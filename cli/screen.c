/* The terminal while there is a picture on it. */
#include "cli/screen.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Another screen without cursor and wrapped lines; and back. */
#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"

/* All that handlers know. */
static volatile int terminal_fd = -1;
static volatile sig_atomic_t is_entered;
static volatile sig_atomic_t has_keys;
static struct termios before, during; /* with has_keys */

static void
put_code(const char *code)
{
	if (write(terminal_fd, code, strlen(code)) < 0)
		return; /* nobody is there to see it */
}

/* In the background the terminal's modes are another program's. */
static bool
is_foreground(void)
{
	return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void
screen_enter(void)
{
	if (terminal_fd < 0)
		return;
	if (has_keys && is_foreground())
		tcsetattr(STDIN_FILENO, TCSANOW, &during);
	if (!is_entered)
		put_code(ENTER);
	is_entered = 1;
}

void
screen_leave(void)
{
	if (!is_entered)
		return;
	is_entered = 0;
	put_code(LEAVE);
	if (has_keys && is_foreground())
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

void
screen_open(int fd)
{
	if (terminal_fd >= 0)
		return;
	if (tcgetattr(STDIN_FILENO, &before) == 0) {
		during = before;
		during.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		during.c_cc[VMIN] = 1;
		during.c_cc[VTIME] = 0;
		has_keys = 1;
	}
	terminal_fd = fd;
	screen_enter();
}

void
screen_close(void)
{
	screen_leave();
	terminal_fd = -1;
	has_keys = 0;
}

int
screen_keys_fd(void)
{
	return has_keys && is_foreground() ? STDIN_FILENO : -1;
}
