/* Verbs that make jobs, wait for them and cancel them. */
#include <stdio.h>
#include <string.h>

#include "cli/act.h"
#include "client/format.h"
#include "common/scoped.h"

#define ANSWER_MS 30000
#define TICK_MS   1000 /* how often the line on a terminal is renewed */

/* A job that is waited for. */
struct watch {
	struct cli *cli;
	struct client *client;
	int64_t job;
	int64_t start;   /* monotonic microseconds */
	JsonObject *row; /* the newest, NULL: none yet */
	char *shown;     /* the line printed last, without the time */
	bool quiet;      /* nothing is told but on a terminal */
};

static struct watch *
watch_new(struct cli *cli, struct client *client, int64_t job)
{
	struct watch *w = g_new0(struct watch, 1);

	w->cli = cli;
	w->client = client;
	w->job = job;
	w->start = g_get_monotonic_time();
	return w;
}

static void
watch_free(struct watch *w)
{
	g_clear_pointer(&w->row, json_object_unref);
	g_free(w->shown);
	g_free(w);
}
SCOPED_DEFINE(watch, watch_free)

static int64_t
elapsed(const struct watch *w)
{
	return (g_get_monotonic_time() - w->start) / G_USEC_PER_SEC;
}

static bool
is_in_place(const struct watch *w)
{
	return w->cli->out.terminal && !w->cli->options.json;
}

static const char *
state_of(JsonObject *row)
{
	const char *state = row != NULL ? row_text(row, "vclJobState") : NULL;

	return state != NULL ? state : "waiting";
}

/* "job 17: power off web1", as far as it is known. */
static char *
title_of(int64_t job, JsonObject *row)
{
	g_autofree char *type = row != NULL ? format_words(row, "vclJobType") : NULL;
	const char *kind = row != NULL ? row_text(row, "vclJobObjectKind") : NULL;
	bool makes = g_strcmp0(kind, "template") == 0; /* what it makes says more */
	const char *name = row == NULL ? NULL
	    : row_text(row, makes ? "vclJobArgument" : "vclJobObjectName");

	return g_strdup_printf("job %" G_GINT64_FORMAT "%s%s%s%s", job,
	    type != NULL ? ": " : "", type != NULL ? type : "", name != NULL ? " " : "",
	    name != NULL ? name : "");
}

#define BAR_WIDTH 20

/* " [########            ] 40 %", and what else is known of a long job. */
static char *
progress_text(const struct watch *w)
{
	g_autoptr(GString) text = g_string_new(NULL);
	int64_t percent = CLAMP(row_int(w->row, "vclJobProgress"), 0, 100);
	bool ends = json_object_has_member(w->row, "vclJobRemaining");
	int64_t remaining = row_int(w->row, "vclJobRemaining");
	int64_t processed = row_int(w->row, "vclJobProcessed");
	int64_t rate = row_int(w->row, "vclJobRate"), eta = row_int(w->row, "vclJobEta");
	const char *step = row_text(w->row, "vclJobStep");

	if (percent > 0 && is_in_place(w)) {
		g_string_append(text, " [");
		for (int i = 0; i < BAR_WIDTH; i++)
			g_string_append_c(text, i < percent * BAR_WIDTH / 100 ? '#' : ' ');
		g_string_append_c(text, ']');
	}
	if (percent > 0)
		g_string_append_printf(text, " %" G_GINT64_FORMAT " %%", percent);
	if (step != NULL && *step != '\0')
		g_string_append_printf(text, ", %s", step);
	if (is_in_place(w) && rate > 0)
		g_string_append_printf(text, ", %" G_GINT64_FORMAT " MiB %s at %"
		    G_GINT64_FORMAT " MiB/s", ends ? remaining : processed,
		    ends ? "left" : "so far", rate >> 20);
	if (is_in_place(w) && rate > 0 && eta >= 0)
		g_string_append_printf(text, ", %" G_GINT64_FORMAT " s to go", eta);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* One line of progress: replaces the last one on a terminal, follows it elsewhere. */
static void
show_progress(struct watch *w)
{
	const struct output *out = &w->cli->out;
	g_autofree char *title = title_of(w->job, w->row);
	bool running = strcmp(state_of(w->row), "running") == 0;
	g_autofree char *done = running ? progress_text(w) : g_strdup("");
	g_autofree char *line = g_strdup_printf("%s: %s%s", title, state_of(w->row), done);

	if (is_in_place(w)) {
		g_autofree char *time = format_duration(elapsed(w));
		g_autofree char *timed = g_strdup_printf("%s, %s", line, time);
		g_autofree char *clean = text_clean(timed);
		g_autofree char *cut = text_cut(clean, (size_t)out->width - 1, out->utf8);
		fprintf(out->file, "\r%s\033[K", cut);
	} else if (!w->quiet && g_strcmp0(line, w->shown) != 0) {
		g_autofree char *clean = text_clean(line);
		fprintf(out->file, "%s\n", clean);
	}
	fflush(out->file);
	g_free(w->shown);
	w->shown = g_steal_pointer(&line);
}

/* Ends the line that was updated in place. */
static void
end_progress(const struct watch *w)
{
	if (is_in_place(w) && w->shown != NULL)
		fputc('\n', w->cli->out.file);
}

/* The next line of the answer; `ended` when there is none. */
static bool
watch_step(struct watch *w, bool *ended, GError **error)
{
	g_autoptr(GError) why = NULL;
	const char *kind = NULL;
	g_autoptr(JsonObject) body = client_next(w->client, &kind, TICK_MS, &why);
	int limit = w->cli->options.timeout;

	if (body == NULL && !g_error_matches(why, CLIENT_ERROR, CLIENT_ERROR_TIMEOUT)) {
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	if (body != NULL && strcmp(kind, "row") == 0) {
		g_clear_pointer(&w->row, json_object_unref);
		w->row = g_steal_pointer(&body);
	}
	*ended = kind != NULL && strcmp(kind, "row") != 0;
	if (!w->cli->options.json && w->row != NULL && !*ended)
		show_progress(w);
	if (*ended || limit == 0 || elapsed(w) < limit)
		return true;
	g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_TIMEOUT,
	    "job %" G_GINT64_FORMAT " is still %s after %d s; it goes on", w->job,
	    state_of(w->row), limit);
	return false;
}

static void
tell_downtime(const struct watch *w)
{
	const char *target = row_text(w->row, "vclJobTargetName");

	if (w->cli->options.json || !json_object_has_member(w->row, "vclJobDowntime"))
		return;
	fprintf(w->cli->out.file, "now on %s; it stood still for %" G_GINT64_FORMAT " ms\n",
	    target != NULL ? target : "?", row_int(w->row, "vclJobDowntime"));
}

static bool
watch_verdict(const struct watch *w, GError **error)
{
	const char *why = w->row != NULL ? row_text(w->row, "vclJobError") : NULL;
	g_autofree char *title = title_of(w->job, w->row);

	if (w->cli->options.json && w->row != NULL)
		cli_print_object(w->cli, w->row);
	if (strcmp(state_of(w->row), "succeeded") == 0) {
		tell_downtime(w);
		return true;
	}
	g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED, "%s: %s", title,
	    why != NULL && why[0] != '\0' ? why : state_of(w->row));
	return false;
}

bool
act_follow(struct cli *cli, struct client *client, int64_t job, bool quiet, GError **error)
{
	SCOPED(watch) w = watch_new(cli, client, job);
	JsonBuilder *b = client_request("follow");
	bool ended = false, good = true;

	w->quiet = quiet;
	client_add_int(b, "job", job);
	client_send(client, b);
	while (good && !ended)
		good = watch_step(w, &ended, error);
	end_progress(w);
	return good && watch_verdict(w, error);
}

/* The verb, its options, and behind "--" the operands; ended by a NULL. */
static GPtrArray *
request_words(const struct cli *cli)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(words, g_strdup(cli->verb->name));
	options_hand_on(&cli->options, cli->verb->options, words);
	g_ptr_array_add(words, g_strdup("--"));
	for (int i = 0; i < cli->argc; i++)
		g_ptr_array_add(words, g_strdup(cli->argv[i]));
	g_ptr_array_add(words, NULL);
	return words;
}

int64_t
act_submit(struct cli *cli, struct client *client, int file, JsonObject **row, GError **error)
{
	g_autoptr(GPtrArray) words = request_words(cli);

	if (file >= 0 && !client_hand_over(client, file, error))
		return -1;
	JsonBuilder *b = client_request("submit");
	if (file >= 0)
		client_add_bool(b, "file", true);
	client_add_words(b, "words", (const char *const *)words->pdata);
	client_send(client, b);
	for (;;) {
		const char *kind = NULL;
		JsonObject *body = client_next(client, &kind, ANSWER_MS, error);
		if (body == NULL)
			return -1;
		if (strcmp(kind, "row") != 0) {
			int64_t job = MAX(row_int(body, "job"), 0);
			json_object_unref(body);
			return job;
		}
		g_clear_pointer(row, json_object_unref);
		*row = body;
	}
}

static void
report_queued(struct cli *cli, int64_t job, JsonObject *row)
{
	if (!cli->options.json) {
		g_autofree char *operands = g_strjoinv(" ", cli->argv);
		g_autofree char *name = text_clean(operands);
		fprintf(cli->out.file,
		    "job %" G_GINT64_FORMAT " queued: %s %s; follow it with "
		    "'virtcluster wait %" G_GINT64_FORMAT "'\n",
		    job, cli->verb->name, name, job);
	} else if (row != NULL) {
		cli_print_object(cli, row);
	} else {
		g_autoptr(JsonObject) bare = json_object_new();
		json_object_set_int_member(bare, "vclJobIndex", job);
		cli_print_object(cli, bare);
	}
}

static void
report_nothing(const struct cli *cli)
{
	if (!cli->options.json) {
		fprintf(cli->out.file, "accepted; there is nothing to do\n");
		return;
	}
	g_autoptr(JsonObject) none = json_object_new();
	json_object_set_int_member(none, "vclJobIndex", 0);
	cli_print_object(cli, none);
}

bool
verb_act(struct cli *cli, GError **error)
{
	g_autoptr(JsonObject) row = NULL;

	if (cli->options.dry_run) { /* nothing to do: the daemon knows it already */
		cli->verb = cli_find_verb("advice");
		return verb_list(cli, error);
	}
	if (cli->options.timeout > 0 && !cli->options.wait) {
		g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
		    "%s: --timeout makes sense with --wait only", cli->verb->name);
		return false;
	}
	struct client *client = cli_client(cli, error);
	if (client == NULL)
		return false;
	int64_t job = act_submit(cli, client, -1, &row, error);
	if (job < 0)
		return false;
	if (job == 0) {
		report_nothing(cli);
		return true;
	}
	if (cli->options.wait)
		return act_follow(cli, client, job, false, error);
	report_queued(cli, job, row);
	return true;
}

static bool
get_job(const struct cli *cli, int64_t *job, GError **error)
{
	guint64 number;

	if (g_ascii_string_to_unsigned(cli->argv[0], 10, 1, G_MAXUINT32, &number, NULL)) {
		*job = (int64_t)number;
		return true;
	}
	g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "%s: \"%s\" is not a job's number",
	    cli->verb->name, cli->argv[0]);
	return false;
}

bool
verb_wait(struct cli *cli, GError **error)
{
	int64_t job;
	struct client *client =
	    get_job(cli, &job, error) ? cli_client(cli, error) : NULL;

	return client != NULL && act_follow(cli, client, job, false, error);
}

/* For scripts that are told of something: they want to hear nothing when all is well. */
bool
verb_poke(struct cli *cli, GError **error)
{
	struct client *client = cli_client(cli, error);

	if (client == NULL)
		return false;
	JsonBuilder *b = client_request("poke");
	client_add_text(b, "what", cli->argv[0]);
	g_autoptr(GPtrArray) rows = client_rows(client, b, error);
	return rows != NULL;
}

bool
verb_cancel(struct cli *cli, GError **error)
{
	int64_t job;
	struct client *client =
	    get_job(cli, &job, error) ? cli_client(cli, error) : NULL;

	if (client == NULL)
		return false;
	JsonBuilder *b = client_request("cancel");
	client_add_int(b, "job", job);
	g_autoptr(GPtrArray) rows = client_rows(client, b, error);
	if (rows == NULL)
		return false;
	if (cli->options.json) {
		g_autoptr(JsonObject) done = json_object_new();
		json_object_set_int_member(done, "vclJobIndex", job);
		cli_print_object(cli, done);
	} else {
		fprintf(cli->out.file, "job %" G_GINT64_FORMAT " is being cancelled\n", job);
	}
	return true;
}
