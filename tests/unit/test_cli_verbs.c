/* The command line tool against a real control socket: what it prints, how it ends. */
#include "tests/unit/control_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/display.h"

#define MOST_WORDS 24

/* What a run of the tool came to. */
struct outcome {
	int status;
	char *out, *err;
};

static void
outcome_free(struct outcome *o)
{
	free(o->out);
	free(o->err);
	g_free(o);
}
SCOPED_DEFINE(outcome, outcome_free)

/* Runs `virtcluster --socket PATH LINE`, LINE split at blanks. */
static struct outcome *
run_on(const struct fixture *f, bool terminal, const char *line)
{
	struct outcome *o = g_new0(struct outcome, 1);
	g_auto(GStrv) words = g_strsplit(line, " ", MOST_WORDS);
	char *argv[MOST_WORDS + 4] = { (char *)"virtcluster", (char *)"--socket", f->path };
	int argc = 3;
	size_t size;
	FILE *out = open_memstream(&o->out, &size), *err = open_memstream(&o->err, &size);

	for (size_t i = 0; words[i] != NULL; i++)
		if (words[i][0] != '\0')
			argv[argc++] = words[i];
	o->status = cli_main(argc, argv, (struct output){ out, terminal, 80, false, true }, err);
	fclose(out);
	fclose(err);
	return o;
}

static struct outcome *
run(const struct fixture *f, const char *line)
{
	return run_on(f, false, line);
}

static void
expect(const struct outcome *o, int status, const char *out, const char *err)
{
	if (o->status != status || strstr(o->out, out) == NULL || strstr(o->err, err) == NULL)
		fail_msg("status %d, out \"%s\", err \"%s\"", o->status, o->out, o->err);
	if (status == 0)
		assert_string_equal(o->err, "");
	else
		assert_true(g_str_has_prefix(o->err, "virtcluster: "));
}

/* --- listings */

static void
vms_are_listed(void **data)
{
	SCOPED(outcome) o = run(*data, "vms");

	expect(o, 0, "VM     STATE", "");
	g_auto(GStrv) lines = g_strsplit(o->out, "\n", -1);
	assert_int_equal(g_strv_length(lines), 6);
	assert_true(g_str_has_prefix(lines[1], "db1    running   beta"));
	assert_true(g_str_has_prefix(lines[2], "web1   running   alpha"));
	assert_true(g_str_has_prefix(lines[3], "web2   paused    alpha"));
	assert_true(g_str_has_prefix(lines[4], "web10  shut off  alpha"));
	assert_non_null(strstr(lines[2], "2.0 GiB"));
	for (size_t i = 0; lines[i] != NULL; i++)
		assert_true(text_width(lines[i]) <= 80);
}

static const struct {
	const char *line;
	int status;
	const char *out, *err;
} cases[] = {
	{ "nodes", 0, "Connection refused", "" },
	{ "status", 0, "1/2 online", "" },
	{ "status", 0, "4: 2 running, 1 paused, 1 shut off", "" },
	{ "status", 0, "Connection refused", "" },
	{ "--json status", 0, "\"vclCluster", "" },
	{ "vms --state shut-off", 0, "web10", "" },
	{ "vms --state flying", 2, "", "there is no state \"flying\" (there are running, " },
	{ "vms --sort memory", 0, "web1 ", "" },
	{ "vms --sort colour", 2, "", "no column \"colour\" (there are vm, state, node" },
	{ "vms --node alpha", 0, "web1", "" },
	{ "vms --node", 2, "", "vms: --node wants a NODE" },
	{ "vms --nodes=alpha", 2, "", "vms: unknown option --nodes=alpha" },
	{ "vms --wait", 2, "", "vms: unknown option --wait" },
	{ "vms -x", 2, "", "vms: unknown option -x" },
	{ "vms --json=yes", 2, "", "vms: --json takes no value" },
	{ "vms surplus", 2, "", "vms: too many words; usage: virtcluster vms\n" },
	{ "vms --last 0", 2, "", "--last wants a number from 1 to 1000000, not \"0\"" },
	{ "--json vms", 0, "[\n  {\n", "" },
	{ "vms --json --state crashed", 0, "[]", "" },
	{ "jobs", 0, "JOB  WHAT", "" },
	{ "events", 0, "TIME", "" },
	{ "show vm web1", 0, "web1\n", "" },
	{ "show node beta", 0, "Connection refused\n", "" },
	{ "show vm web1 --json", 0, "\"vclVmName\" : \"web1\"", "" },
	{ "show vm nobody", 1, "", "nobody" },
	{ "show ship web1", 2, "", "\"ship\" is neither vm, node nor job" },
	{ "show vm", 2, "", "something is missing; usage: virtcluster show vm|node|job NAME" },
	{ "", 2, "", "what shall be done?" },
	{ "vsm", 2, "", "there is no verb \"vsm\"; did you mean \"vms\"?" },
	{ "fly web1", 2, "", "there is no verb \"fly\"; see 'virtcluster help'" },
	{ "help", 0, "usage: virtcluster", "" },
	{ "--help", 0, "usage: virtcluster", "" },
	{ "help start", 0, "--timeout SECONDS", "" },
	{ "start --help", 0, "usage: virtcluster start NAME", "" },
	{ "help fly", 2, "", "there is no verb \"fly\"" },
	{ "version", 0, "virtcluster ", "" },
	{ "--version", 0, "virtcluster ", "" },
	{ "--json version", 0, "{ \"version\" : ", "" },
	{ "start", 2, "", "start: something is missing; usage: virtcluster start NAME" },
	{ "start nobody", 1, "", "nobody" },
	{ "start db1", 1, "", "db1 is busy with job 3" },
	{ "start web1 --timeout 5", 2, "", "--timeout makes sense with --wait only" },
	{ "start web1 --wait --timeout never", 2, "", "not \"never\"" },
	{ "poweroff web1", 0,
	    "job 17 queued: poweroff web1; follow it with 'virtcluster wait 17'\n", "" },
	{ "--json poweroff web1", 0, "\"vclJobState\" : \"waiting\"", "" },
	{ "cancel x", 2, "", "\"x\" is not a job's number" },
	{ "cancel 99", 1, "", "there is no job 99" },
	{ "wait 0", 2, "", "\"0\" is not a job's number" },
	{ "wait 99", 1, "", "there is no job 99" },
	{ "graphs", 0, "vm    cpu     CPU usage", "" },
	{ "graph vm web1 cpu -o -", 0, "<svg>", "" },
	{ "graph vm web1 -o -", 0, "<svg>", "" },
	{ "graph vm web1 nonsense -o -", 1, "", "there is no graph nonsense" },
	{ "graph vm web1 cpu", 2, "", "say -o FILE.svg" },
	{ "graph vm web1 cpu -o x.gif", 2, "", "must end in .svg or .png" },
	{ "graph ship web1 cpu -o x.svg", 2, "", "\"ship\" is neither vm nor node" },
	{ "graph vm web1 cpu -o x.svg --span 3", 2, "", "\"3\" is not a span" },
	{ "graph vm web1 cpu -o x.svg --size 3", 2, "", "\"3\" is not a size" },
	{ "graph vm web1 cpu -o x.svg --from soon", 2, "", "\"soon\" is not a time" },
	{ "graph vm web1 cpu -o x.svg --from -1h --to -2h", 2, "", "ends before it begins" },
	{ "graph vm web1 cpu -o /nonexistent/x.svg", 1, "", "/nonexistent" },
	{ "complete vms", 0, "web10\n", "" },
	{ "complete nodes", 0, "beta\n", "" },
	{ "complete ships", 2, "", "no words of kind \"ships\"" },
};

static void
lines_and_their_outcomes(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(outcome) o = run(*data, cases[i].line);
		if (o->status != cases[i].status)
			fail_msg("%s: status %d, out \"%s\", err \"%s\"", cases[i].line,
			    o->status, o->out, o->err);
		expect(o, cases[i].status, cases[i].out, cases[i].err);
	}
}

static void
json_is_one_document(void **data)
{
	static const char *const lines[] = { "--json vms", "--json nodes", "--json status",
		"--json jobs", "--json events", "--json show vm web1", "--json graphs" };

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		SCOPED(outcome) o = run(*data, lines[i]);
		g_autoptr(JsonNode) root = json_from_string(o->out, NULL);
		assert_non_null(root);
	}
}

static void
no_daemon_is_one_sentence(void **data)
{
	g_autofree char *path = g_strdup("/nonexistent/control.sock");
	struct fixture f = { .path = path };
	SCOPED(outcome) o = run(&f, "vms");

	expect(o, 1, "", "");
	assert_string_equal(o->err, "virtcluster: cannot reach virtclusterd at "
				    "/nonexistent/control.sock: No such file or directory; "
				    "is it running?\n");
}

/* Every key that is shown exists, so that a renamed column cannot vanish quietly. */
static void
shown_columns_exist(void **data)
{
	static const struct table *const shown[] = { &node_table, &vm_table, &job_table,
		&event_table };

	for (size_t i = 0; i < G_N_ELEMENTS(shown); i++) {
		const struct listing *l = &listings[i];
		const char *const keys[] = { l->name, l->state, l->node, l->sort };
		for (const struct field *f = l->list; f->key != NULL; f++)
			if (table_column(shown[i], f->key) == NULL)
				fail_msg("%s", f->key);
		for (const struct field *f = l->detail; f != NULL && f->key != NULL; f++)
			if (table_column(shown[i], f->key) == NULL)
				fail_msg("%s", f->key);
		for (size_t k = 0; k < G_N_ELEMENTS(keys); k++)
			assert_true(keys[k] == NULL || table_column(shown[i], keys[k]) != NULL);
	}
}

static void
states_are_those_of_the_model(void **data)
{
	static const struct enum_name *const names[] = { node_state_names, vm_state_names,
		job_state_names };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		size_t n = 0;
		for (; names[i][n].name != NULL; n++)
			assert_true(g_strv_contains(listings[i].states, names[i][n].name));
		assert_int_equal(g_strv_length((char **)listings[i].states), n);
	}
}

static const struct option_def *
option_called(const char *name)
{
	for (const struct option_def *def = option_defs; def->name != NULL; def++)
		if (strcmp(def->name, name) == 0)
			return def;
	return NULL;
}

/* Every option of a request is one of the tool's verb, and handed on. */
static void
options_are_handed_on(const struct cli_verb *verb, const char *names)
{
	g_auto(GStrv) words = g_strsplit(names, " ", -1);

	for (char **word = words; *word != NULL; word++) {
		const struct option_def *def = option_called(*word);
		if (def == NULL || !def->handed_on || !option_is_in(def, verb->options))
			fail_msg("%s: no option --%s", verb->name, *word);
		assert_int_equal(def->operand != NULL, request_option_takes_value(*word));
	}
}

/* What the daemon understands in words, the tool has as verbs. */
static void
commands_are_verbs(void **data)
{
	for (const struct command_verb *c = command_verbs; c->verb != NULL; c++) {
		const struct cli_verb *v = cli_find_verb(c->verb);
		assert_non_null(v);
		assert_ptr_equal(v->run, verb_act);
		options_are_handed_on(v, c->options);
		options_are_handed_on(v, "notify keep");
	}
}

/* --- jobs */

static gpointer
finish_job(gpointer data)
{
	struct fixture *f = data;

	g_usleep(50000);
	fixture_set_job(f, JOB_RUNNING, 40, NULL);
	g_usleep(300000);
	fixture_set_job(f, JOB_SUCCEEDED, 100, NULL);
	return NULL;
}

static gpointer
break_job(gpointer data)
{
	struct fixture *f = data;

	g_usleep(50000);
	fixture_set_job(f, JOB_FAILED, 0, "the guest did not react within 60 s");
	return NULL;
}

static struct outcome *
run_with(struct fixture *f, GThreadFunc change, bool terminal, const char *line)
{
	GThread *thread = g_thread_new("change", change, f);
	struct outcome *o = run_on(f, terminal, line);

	g_thread_join(thread);
	return o;
}

static void
waiting_shows_progress(void **data)
{
	SCOPED(outcome) o = run_with(*data, finish_job, false, "poweroff web1 --wait");

	expect(o, 0, "job 17: power off web1: running 40 %\n", "");
	assert_non_null(strstr(o->out, "job 17: power off web1: succeeded\n"));
	assert_null(strchr(o->out, '\r'));
}

static void
progress_is_in_place_on_a_terminal(void **data)
{
	SCOPED(outcome) o = run_with(*data, finish_job, true, "poweroff web1 --wait");

	expect(o, 0, "\rjob 17: power off web1: running [########            ] 40 %, ", "");
	assert_non_null(strstr(o->out, " s\033[K\r"));
	assert_true(g_str_has_suffix(o->out, "\n"));
	g_auto(GStrv) lines = g_strsplit(o->out, "\n", -1);
	assert_int_equal(g_strv_length(lines), 2);
}

static void
waiting_fails_with_the_job(void **data)
{
	SCOPED(outcome) o = run_with(*data, break_job, false, "shutdown web1 --wait");

	expect(o, 1, "",
	    "virtcluster: job 17: power off web1: the guest did not react within 60 s\n");
}

static void
waiting_in_json_prints_the_last_row(void **data)
{
	SCOPED(outcome) o = run_with(*data, break_job, false, "--json shutdown web1 --wait");
	g_autoptr(JsonNode) root = json_from_string(o->out, NULL);

	expect(o, 1, "\"vclJobState\" : \"failed\"", "the guest did not react");
	assert_non_null(root);
}

static void
patience_ends(void **data)
{
	SCOPED(outcome) o = run(*data, "poweroff web1 --wait --timeout 1");

	expect(o, 1, "", "job 17 is still waiting after 1 s; it goes on");
}

static void
a_job_is_cancelled(void **data)
{
	struct fixture *f = *data;

	fixture_set_job(f, JOB_RUNNING, 0, NULL);
	fixture_wait_rows(f, ROWS_JOB, 1);
	SCOPED(outcome) o = run(f, "cancel 17");
	expect(o, 0, "job 17 is being cancelled\n", "");
	assert_int_equal(atomic_load(&f->cancelled), 17);
}

/* --- graphs */

static void
a_graph_becomes_a_file(void **data)
{
	struct fixture *f = *data;
	g_autofree char *file = g_build_filename(f->dir, "x.png", NULL);
	g_autofree char *line = g_strdup_printf(
	    "graph vm web1 cpu --from 2026-07-25T00:00:00Z --span 1d --dark --size 400x200 "
	    "-o %s",
	    file);
	g_autofree char *bytes = NULL;
	gsize size;
	SCOPED(outcome) o = run(f, line);

	expect(o, 0, "wrote /", "");
	assert_true(g_file_get_contents(file, &bytes, &size, NULL));
	assert_int_equal(size, 14);
	assert_memory_equal(bytes, "<svg>\n\0</svg>\n", 14);
	assert_true(f->drawn.png && f->drawn.dark);
	assert_int_equal(f->drawn.from, 1784937600);
	assert_int_equal(f->drawn.to, 1784937600 + 86400);
	assert_int_equal(f->drawn.width, 400);
	g_unlink(file);
}

/* --- completion */

static const struct {
	const char *line, *words;
} completions[] = {
	{ "line -- sta", "status\nstart\n" },
	{ "line -- vms --st", "--state\n" },
	{ "line -- vms --state sh", "shuttingDown\nshutOff\n" },
	{ "line -- vms --sort n", "node\n" },
	{ "line -- vms --node ", "alpha\nbeta\n" },
	{ "line -- start web", "web1\nweb10\nweb2\n" },
	{ "line -- --json start web10", "web10\n" },
	{ "line -- start web1 ", "" },
	{ "line -- start -w web10", "web10\n" },
	{ "line -- show ", "node\nvm\njob\n" },
	{ "line -- show node b", "beta\n" },
	{ "line -- graph vm web1 ", "cpu\n" },
	{ "line -- graph node alpha ", "memory\n" },
	{ "line -- graph vm web1 --span 1m", "1mo\n" },
	{ "line -- graph vm web1 -o ", "" },
	{ "line -- help ver", "version\n" },
	{ "line -- nonsense x", "" },
};

static int
compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
sorted(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, "\n", -1);

	qsort(words, g_strv_length(words), sizeof(*words), compare_words);
	return g_strjoinv(" ", words);
}

static void
words_are_completed(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(completions); i++) {
		const struct fixture *f = *data;
		size_t size;
		char *text = NULL;
		FILE *out = open_memstream(&text, &size);
		g_autofree char *line = g_strconcat("complete ", completions[i].line, NULL);
		g_auto(GStrv) words = g_strsplit(line, " ", -1); /* keeps the empty last one */
		char *argv[MOST_WORDS + 4] = { (char *)"virtcluster", (char *)"-s", f->path };
		int argc = 3;
		for (size_t w = 0; words[w] != NULL; w++)
			argv[argc++] = words[w];
		struct output output = { out, false, 80, false, true };
		assert_int_equal(cli_main(argc, argv, output, stderr), 0);
		fclose(out);
		g_autofree char *got = sorted(text), *wanted = sorted(completions[i].words);
		free(text);
		if (strcmp(got, wanted) != 0)
			fail_msg("%s: wanted %s, got %s", line, wanted, got);
	}
}

#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_set_up, fixture_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CLI_TEST(vms_are_listed),
		CLI_TEST(lines_and_their_outcomes),
		CLI_TEST(json_is_one_document),
		cmocka_unit_test(no_daemon_is_one_sentence),
		cmocka_unit_test(shown_columns_exist),
		cmocka_unit_test(states_are_those_of_the_model),
		cmocka_unit_test(commands_are_verbs),
		CLI_TEST(waiting_shows_progress),
		CLI_TEST(progress_is_in_place_on_a_terminal),
		CLI_TEST(waiting_fails_with_the_job),
		CLI_TEST(waiting_in_json_prints_the_last_row),
		CLI_TEST(patience_ends),
		CLI_TEST(a_job_is_cancelled),
		CLI_TEST(a_graph_becomes_a_file),
		CLI_TEST(words_are_completed),
	};

	control_block_signals();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
