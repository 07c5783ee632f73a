/* --watch: draws again and again, until it is interrupted. */
#include "cli/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/format.h"

#define LEAST_PATIENCE_MS 5000

/* Another screen without cursor and wrapped lines; and back. */
#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"

struct watcher {
	struct cli *cli;
	watch_draw *draw;
	bool in_place;
	char *picture;     /* the last good one */
	GDateTime *heard;  /* when that was */
	char *trouble;     /* what is wrong since then, NULL: nothing */
	bool away;         /* it is that the daemon does not answer */
	bool told;         /* it is said already */
};

/* --- signals: all that handlers know */

static volatile sig_atomic_t is_over;
static volatile int terminal_fd = -1; /* while there is a picture on it */
static volatile int asked_fd = -1;    /* what an answer is awaited from */
static int wake[2] = { -1, -1 };      /* ends the pause */

static void
put_code(const char *code)
{
	if (terminal_fd >= 0 && write(terminal_fd, code, strlen(code)) < 0)
		return; /* nobody is there to see it */
}

static void
on_signal(int signal)
{
	int keep = errno;

	if (signal == SIGTSTP) {
		put_code(LEAVE);
		raise(SIGSTOP);
		put_code(ENTER);
	} else if (signal != SIGWINCH) {
		is_over = 1;
		if (asked_fd >= 0)
			shutdown(asked_fd, SHUT_RDWR);
	}
	if (write(wake[1], "", 1) < 0)
		errno = 0; /* full: it is awake anyway */
	errno = keep;
}

static const int signals[] = { SIGINT, SIGTERM, SIGTSTP, SIGWINCH };

struct before {
	struct sigaction actions[G_N_ELEMENTS(signals)];
	sigset_t mask;
};

static void
catch_signals(struct before *before)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	sigset_t ours;

	is_over = 0;
	sigemptyset(&ours);
	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
		sigaction(signals[i], &action, &before->actions[i]);
		sigaddset(&ours, signals[i]);
	}
	pthread_sigmask(SIG_UNBLOCK, &ours, &before->mask);
}

static void
release_signals(const struct before *before)
{
	pthread_sigmask(SIG_SETMASK, &before->mask, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
		sigaction(signals[i], &before->actions[i], NULL);
}

/* --- one picture */

static char *
clock_text(GDateTime *at)
{
	return g_date_time_format(at, "%F %T");
}

/* Draws into memory, so that half a picture is never seen. */
static char *
draw_picture(struct watcher *w, GError **error)
{
	struct cli *cli = w->cli;
	FILE *file = cli->out.file;
	char *text = NULL;
	size_t size;
	struct client *client = cli_client(cli, error);

	if (client == NULL)
		return NULL;
	client_set_patience(client, MAX(3000 * cli->options.watch, LEAST_PATIENCE_MS));
	asked_fd = client_fd(client);
	cli->out.file = open_memstream(&text, &size);
	bool good = w->draw(cli, error);
	fclose(cli->out.file);
	cli->out.file = file;
	asked_fd = -1;
	if (!good)
		g_clear_pointer(&text, free);
	return text;
}

static bool
is_away(const GError *error)
{
	return error->domain == CLIENT_ERROR && error->code != CLIENT_ERROR_REFUSED;
}

/* What is seen instead of a picture. */
static void
note_trouble(struct watcher *w, const GError *error)
{
	g_autofree char *since = clock_text(w->heard);
	g_autofree char *clean = text_clean(error->message);
	char *trouble = is_away(error)
	    ? g_strdup_printf("no answer from virtclusterd since %s: %s", since, clean)
	    : g_strdup(clean);

	w->told = w->trouble != NULL && w->away == is_away(error);
	w->away = is_away(error);
	g_free(w->trouble);
	w->trouble = trouble;
	if (is_away(error))
		cli_drop_client(w->cli);
}

static void
look(struct watcher *w, GError **error)
{
	g_autoptr(GError) why = NULL;
	char *picture = draw_picture(w, &why);

	if (picture == NULL && w->picture == NULL) {
		g_propagate_error(error, g_steal_pointer(&why));
		return;
	}
	if (picture == NULL) {
		note_trouble(w, why);
		return;
	}
	free(w->picture);
	w->picture = picture;
	g_clear_pointer(&w->trouble, g_free);
	g_clear_pointer(&w->heard, g_date_time_unref);
	w->heard = g_date_time_new_now_local();
}

/* --- showing it */

static void
add_line(GString *frame, const struct output *out, const char *text, enum tone tone)
{
	g_autofree char *cut = text_cut(text, (size_t)out->width, out->utf8);
	g_autofree char *line = output_text(out, cut, tone);

	g_string_append_printf(frame, "%s\033[K\n", line);
}

/* As much of the picture as the terminal has lines for. */
static void
add_picture(GString *frame, const struct output *out, const char *picture)
{
	g_auto(GStrv) lines = g_strsplit(picture, "\n", -1);
	guint n = g_strv_length(lines);
	guint room = out->height > 4 ? (guint)out->height - 3 : G_MAXUINT;

	if (n > 0 && lines[n - 1][0] == '\0')
		n--;
	for (guint i = 0; i < n && i < room; i++)
		g_string_append_printf(frame, "%s\033[K\n", lines[i]);
	if (n > room)
		g_string_append_printf(frame, "and %u more lines\033[K", n - room);
}

static void
show_in_place(struct watcher *w)
{
	const struct output *out = &w->cli->out;
	g_autoptr(GString) frame = g_string_new("\033[H");
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *time = clock_text(now);
	g_autofree char *title = g_strdup_printf("%s  virtcluster %s, every %d s", time,
	    w->cli->verb->name, w->cli->options.watch);

	add_line(frame, out, title, TONE_FAINT);
	add_line(frame, out, w->trouble != NULL ? w->trouble : "", TONE_BAD);
	add_picture(frame, out, w->picture);
	g_string_append(frame, "\033[J");
	fputs(frame->str, out->file);
}

static void
show_below(struct watcher *w)
{
	struct cli *cli = w->cli;

	if (w->trouble != NULL) {
		if (!w->told)
			fprintf(cli->errors, "virtcluster: %s\n", w->trouble);
		fflush(cli->errors);
		return;
	}
	if (!cli->options.json) {
		g_autofree char *time = clock_text(w->heard);
		fprintf(cli->out.file, "%s\n", time);
	}
	fputs(w->picture, cli->out.file);
	if (!cli->options.json)
		fputc('\n', cli->out.file);
}

/* --- until it is over */

static void
pause_for(int seconds)
{
	struct pollfd p = { .fd = wake[0], .events = POLLIN };
	char rest[64];

	if (poll(&p, 1, seconds * 1000) > 0 && read(wake[0], rest, sizeof(rest)) < 0)
		return;
}

static bool
watch_on(struct watcher *w, GError **error)
{
	GError *why = NULL;

	for (;;) {
		if (w->in_place)
			output_measure(&w->cli->out);
		look(w, &why);
		if (is_over) {
			g_clear_error(&why);
			return true;
		}
		if (why != NULL) {
			g_propagate_error(error, why);
			return false;
		}
		if (w->in_place && terminal_fd < 0) {
			terminal_fd = fileno(w->cli->out.file);
			put_code(ENTER);
		}
		if (w->in_place)
			show_in_place(w);
		else
			show_below(w);
		if (fflush(w->cli->out.file) != 0)
			return true; /* cli_main tells of it */
		if (!is_over)
			pause_for(w->cli->options.watch);
		if (is_over)
			return true;
	}
}

bool
watch_run(struct cli *cli, watch_draw *draw, GError **error)
{
	struct watcher w = { .cli = cli, .draw = draw };
	struct before before;

	if (cli->options.watch == 0)
		return draw(cli, error);
	if (!g_unix_open_pipe(wake, FD_CLOEXEC, error))
		return false;
	w.in_place = cli->out.terminal && !cli->options.json;
	catch_signals(&before);
	bool good = watch_on(&w, error);
	put_code(LEAVE);
	terminal_fd = -1;
	release_signals(&before);
	close(wake[0]);
	close(wake[1]);
	free(w.picture);
	g_free(w.trouble);
	g_clear_pointer(&w.heard, g_date_time_unref);
	return good;
}
