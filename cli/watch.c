/* --watch: draws again and again, until it is interrupted. */
#include "cli/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/screen.h"
#include "cli/scroll.h"

#define LEAST_PATIENCE_MS 5000

struct watcher {
	struct cli *cli;
	const struct watch_view *view;
	bool in_place;
	char *picture;     /* the last good one */
	GDateTime *heard;  /* when that was */
	char *trouble;     /* what is wrong since then, NULL: nothing */
	bool away;         /* it is that the daemon does not answer */
	bool told;         /* it is said already */
	bool helping;      /* the keys are shown instead */
	struct scroll scroll;
	GString *typed;
};

/* --- one picture */

static char *
clock_text(GDateTime *at)
{
	return g_date_time_format(at, "%F %T");
}

/* Draws into memory, so that half a picture is never seen. */
static char *
draw_picture(struct watcher *w, bool ask, GError **error)
{
	struct cli *cli = w->cli;
	FILE *file = cli->out.file;
	char *text = NULL;
	size_t size;

	cli->out.file = open_memstream(&text, &size);
	bool good = !ask || w->view->ask(cli, w->view->data, error);
	if (good && w->view->draw != NULL)
		w->view->draw(cli, w->view->data);
	fclose(cli->out.file);
	cli->out.file = file;
	if (!good)
		g_clear_pointer(&text, free);
	return text;
}

static char *
ask_picture(struct watcher *w, GError **error)
{
	struct client *client = cli_client(w->cli, error);

	if (client == NULL)
		return NULL;
	client_set_patience(client, MAX(3000 * w->cli->options.watch, LEAST_PATIENCE_MS));
	interrupt_asking(client_fd(client));
	char *text = draw_picture(w, true, error);
	interrupt_asking(-1);
	return text;
}

static bool
is_away(const GError *error)
{
	return g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_CONNECTION) ||
	    g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_TIMEOUT);
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
	char *picture = ask_picture(w, &why);

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

static char *help_text(struct watcher *);

static void
show_in_place(struct watcher *w)
{
	const struct output *out = &w->cli->out;
	g_autoptr(GString) frame = g_string_new("\033[H");
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *time = clock_text(now);
	g_autofree char *title = g_strdup_printf("%s  virtcluster %s, every %d s%s", time,
	    w->cli->verb->name, w->cli->options.watch,
	    screen_keys_fd() >= 0 ? "  (h: keys, q: quit)" : "");
	g_autofree char *help = w->helping ? help_text(w) : NULL;

	add_line(frame, out, title, TONE_FAINT);
	add_line(frame, out, w->trouble != NULL ? w->trouble : "", TONE_BAD);
	scroll_write(&w->scroll, help != NULL ? help : w->picture,
	    help != NULL ? 0 : w->view->head,
	    out->height > 4 ? (guint)out->height - 3 : G_MAXINT32, frame);
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

/* --- keys */

static bool
show_help(void *data, const char *word)
{
	((struct watcher *)data)->helping = true;
	return false;
}

static bool
quit(void *data, const char *word)
{
	interrupt_end();
	return false;
}

static const struct key common_keys[] = {
	{ 'h', "this help; any key leaves it", show_help },
	{ '?', NULL, show_help },
	{ 'q', "quit", quit },
	{ 0 },
};
static const struct key no_keys[] = { { 0 } };

static char *
help_text(struct watcher *w)
{
	SCOPED(sheet) sheet = sheet_new();
	struct output out = w->cli->out;
	char *text = NULL;
	size_t size;

	sheet_add_column(sheet, "KEY", ALIGN_LEFT, 0);
	sheet_add_column(sheet, "WHAT IT DOES", ALIGN_LEFT, 8);
	keys_explain(w->view->keys, sheet);
	keys_explain(scroll_keys, sheet);
	keys_explain(common_keys, sheet);
	out.file = open_memstream(&text, &size);
	sheet_write(sheet, &out);
	fclose(out.file);
	return text;
}

/* True: the daemon is to be asked. */
static bool
obey(struct watcher *w, int key)
{
	const struct {
		const struct key *keys;
		void *data;
	} tables[] = { { common_keys, w }, { scroll_keys, &w->scroll },
		{ w->view->keys, w->view->data } };

	if (w->helping && key != 'q') {
		w->helping = false;
		return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		const struct key *k = keys_find(tables[i].keys, key);
		if (k != NULL)
			return k->press(tables[i].data, k->word);
	}
	return false;
}

/* True: the daemon is to be asked. */
static bool
obey_all(struct watcher *w)
{
	char typed[64];
	ssize_t n = read(STDIN_FILENO, typed, sizeof(typed));
	bool ask = false;
	int key;

	if (n <= 0) {
		if (n == 0 || errno != EINTR)
			interrupt_end(); /* the terminal is gone */
		return false;
	}
	g_string_append_len(w->typed, typed, n);
	while ((key = keys_take(w->typed)) != 0)
		ask = obey(w, key) || ask;
	return ask;
}

/* Without asking for anything. */
static void
show_again(struct watcher *w)
{
	if (w->view->draw != NULL) {
		free(w->picture);
		w->picture = draw_picture(w, false, NULL);
	}
	show_in_place(w);
	fflush(w->cli->out.file);
}

/* --- until it is over */

static void
pause_until(struct watcher *w, gint64 due)
{
	gint64 left;

	while (!interrupt_is_over() && (left = due - g_get_monotonic_time()) > 0) {
		struct pollfd p[] = {
			{ .fd = interrupt_fd(), .events = POLLIN },
			{ .fd = w->in_place ? screen_keys_fd() : -1, .events = POLLIN },
		};

		if (poll(p, G_N_ELEMENTS(p), (int)(left / 1000) + 1) <= 0)
			continue;
		if (p[0].revents != 0) {
			interrupt_seen();
			return;
		}
		if (p[1].revents == 0)
			continue;
		if (obey_all(w))
			return;
		if (!interrupt_is_over())
			show_again(w);
	}
}

static bool
watch_on(struct watcher *w, GError **error)
{
	GError *why = NULL;

	for (;;) {
		if (w->in_place)
			output_measure(&w->cli->out);
		look(w, &why);
		if (interrupt_is_over()) {
			g_clear_error(&why);
			return true;
		}
		if (why != NULL) {
			g_propagate_error(error, why);
			return false;
		}
		if (w->in_place) {
			screen_open(fileno(w->cli->out.file));
			show_in_place(w);
		} else {
			show_below(w);
		}
		if (fflush(w->cli->out.file) != 0)
			return true; /* cli_main tells of it */
		pause_until(w,
		    g_get_monotonic_time() + w->cli->options.watch * G_USEC_PER_SEC);
		if (interrupt_is_over())
			return true;
	}
}

static bool
show_once(struct cli *cli, const struct watch_view *view, GError **error)
{
	if (!view->ask(cli, view->data, error))
		return false;
	if (view->draw != NULL)
		view->draw(cli, view->data);
	return true;
}

bool
watch_view_run(struct cli *cli, const struct watch_view *view, GError **error)
{
	struct watcher w = { .cli = cli, .view = view };

	if (cli->options.watch == 0)
		return show_once(cli, view, error);
	if (!interrupt_catch(error))
		return false;
	w.in_place = cli->out.terminal && !cli->options.json;
	w.typed = g_string_new(NULL);
	bool good = watch_on(&w, error);
	screen_close();
	interrupt_release();
	free(w.picture);
	g_free(w.trouble);
	g_clear_pointer(&w.heard, g_date_time_unref);
	g_string_free(w.typed, TRUE);
	return good;
}

static bool
ask_and_draw(struct cli *cli, void *data, GError **error)
{
	watch_draw **draw = data;

	return (*draw)(cli, error);
}

bool
watch_run(struct cli *cli, watch_draw *draw, GError **error)
{
	const struct watch_view view = {
		.ask = ask_and_draw,
		.keys = no_keys,
		.data = (void *)&draw,
	};

	return watch_view_run(cli, &view, error);
}
