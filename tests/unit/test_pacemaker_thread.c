/* The thread that asks Pacemaker: places, deadlines, being poked, other settings, the end. */
#include "tests/unit/test.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "collectors/pacemaker.h"
#include "model/value.h"

#define WAIT_US (20 * G_USEC_PER_SEC) /* on a busy machine */

struct world {
	char *dir;
	struct store *store;
	struct pacemaker *pacemaker;
};

static void
write_text(const struct world *w, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(w->dir, name, NULL);
	g_autofree char *fresh = g_strconcat(path, ".new", NULL);

	assert_true(g_file_set_contents(fresh, text, -1, NULL));
	g_chmod(fresh, 0755);
	assert_int_equal(g_rename(fresh, path), 0); /* never half of it */
}

/* What the tools say at a place: `quorate` and `node` where "web" is started. */
static void
write_place(const struct world *w, const char *place, const char *quorate, const char *node)
{
	g_autofree char *script = g_strdup_printf("#!/bin/sh\n"
	    "echo \"$1\" >> %s/%s.asked\n"
	    "case $1 in\n"
	    "crm_mon) echo \"<pacemaker-result api-version='2.25'><summary>"
	    "<current_dc present='true' version='2.1.5-x' name='h1' with_quorum='%s'/></summary><nodes>"
	    "<node name='h1' online='true' unclean='false' type='member'/>"
	    "<node name='h2' online='true' unclean='false' type='member'/></nodes><resources>"
	    "<resource id='web' resource_agent='ocf:pacemaker:Dummy' role='Started' "
	    "nodes_running_on='1'><node name='%s'/></resource></resources>"
	    "<status code='0' message='OK'/></pacemaker-result>\";;\n"
	    "cibadmin) echo '<cib><configuration/></cib>';;\n"
	    "esac\n", w->dir, place, quorate, node);

	write_text(w, place, script);
}

static void
apply(struct world *w, const char *text)
{
	g_autofree char *path = g_build_filename(w->dir, "virtcluster.conf", NULL);
	g_autofree char *whole = NULL;
	g_auto(GStrv) parts = g_strsplit(text, "@", -1); /* the directory */
	g_autoptr(GError) error = NULL;

	whole = g_strjoinv(w->dir, parts);
	assert_true(g_file_set_contents(path, whole, -1, NULL));
	SCOPED(settings) settings = settings_load(path, &error);
	if (settings == NULL)
		fail_msg("%s", error->message);
	pacemaker_apply(w->pacemaker, settings);
}

#define ONE                                                                            \
	"[cluster]\nbackend = pacemaker\n[pacemaker]\ninterval = 3600\ntimeout = 1\n"  \
	"[node alpha]\nuri = test:///default\npacemaker = @/here\npacemaker-name = h1\n"
#define TWO ONE "[node beta]\nuri = test:///default\npacemaker = @/there\npacemaker-name = h2\n"
#define NONE "[node alpha]\nuri = test:///default\npacemaker = @/here\n"

static int
setup(void **state)
{
	struct world *w = g_new0(struct world, 1);

	w->dir = test_directory();
	w->store = store_new(NULL, "t");
	w->pacemaker = pacemaker_new(w->store);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	pacemaker_free(w->pacemaker);
	store_free(w->store);
	test_directory_remove(w->dir);
	g_free(w);
	return 0;
}

typedef bool holds(const struct cluster *, const char *word);

static bool
is_started_on(const struct cluster *cluster, const char *node)
{
	const struct rows *apps = &cluster->rows[ROWS_APP];

	return apps->n == 1 && ((const struct app *)apps->row[0])->state == APP_STARTED &&
	    strcmp(((const struct app *)apps->row[0])->node_name, node) == 0;
}

static bool
is_unknown_as(const struct cluster *cluster, const char *reason)
{
	const char *is = cluster_info(cluster)->backend_reason;

	return is != NULL && strstr(is, reason) != NULL;
}

static bool
is_without(const struct cluster *cluster, const char *word)
{
	return strcmp(cluster_info(cluster)->backend, "none") == 0 &&
	    cluster->rows[ROWS_APP].n == 0 && cluster->rows[ROWS_NODE].n == 0;
}

static void
wait_until(struct world *w, holds *what, const char *word)
{
	int64_t deadline = g_get_monotonic_time() + WAIT_US;
	uint64_t seen = 0;

	while (g_get_monotonic_time() < deadline) {
		SCOPED(cluster) cluster = store_wait(w->store, seen, G_USEC_PER_SEC);
		if (what(cluster, word))
			return;
		seen = cluster->generation;
	}
	fail_msg("it never came to \"%s\"", word);
}

static unsigned
asked(const struct world *w, const char *place)
{
	g_autofree char *name = g_strconcat(place, ".asked", NULL);
	g_autofree char *path = g_build_filename(w->dir, name, NULL);
	g_autofree char *text = NULL;
	unsigned n = 0;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return 0;
	for (const char *p = text; *p != '\0'; p++)
		n += *p == '\n';
	return n;
}

/* --- */

static void
it_asks_when_it_is_poked(void **state)
{
	struct world *w = *state;

	write_place(w, "here", "true", "h1");
	apply(w, ONE);
	wait_until(w, is_started_on, "alpha"); /* by our name */
	write_place(w, "here", "true", "h2");
	pacemaker_poke(w->pacemaker);
	wait_until(w, is_started_on, "h2");
}

/* What was told of may be there some moments later only. */
static void
it_looks_again_for_some_seconds(void **state)
{
	struct world *w = *state;

	write_place(w, "here", "true", "h1");
	apply(w, ONE);
	wait_until(w, is_started_on, "alpha");
	pacemaker_poke(w->pacemaker);
	unsigned most = asked(w, "here") + 2 * 3;
	for (int i = 0; i < 200 && asked(w, "here") < most; i++)
		g_usleep(50000);
	write_place(w, "here", "true", "h2"); /* after three looks, without being poked */
	wait_until(w, is_started_on, "h2");
}

static void
many_pokes_are_few_looks(void **state)
{
	struct world *w = *state;

	write_place(w, "here", "true", "h1");
	apply(w, ONE);
	wait_until(w, is_started_on, "alpha");
	for (int i = 0; i < 500; i++) {
		pacemaker_poke(w->pacemaker);
		g_usleep(1000);
	}
	assert_true(asked(w, "here") <= 2 * 6);
}

static void
the_next_place_is_asked(void **state)
{
	struct world *w = *state;

	write_text(w, "here", "#!/bin/sh\necho 'No route to host' >&2\nexit 255\n");
	write_place(w, "there", "true", "h2");
	apply(w, TWO);
	wait_until(w, is_started_on, "beta");
	unsigned n = asked(w, "there");
	write_place(w, "here", "true", "h1");
	pacemaker_poke(w->pacemaker); /* goes on where it was answered */
	for (int i = 0; i < 200 && asked(w, "there") == n; i++)
		g_usleep(50000);
	assert_int_equal(asked(w, "here"), 0);
}

/* Which may be the very node that was lost: the next one is not kept waiting. */
static void
a_place_that_hangs_is_left_soon(void **state)
{
	struct world *w = *state;
	g_auto(GStrv) patient = g_strsplit(TWO, "timeout = 1", 2);
	g_autofree char *text = g_strjoinv("timeout = 60", patient);

	write_place(w, "here", "true", "h1");
	write_place(w, "there", "true", "h2");
	apply(w, text);
	wait_until(w, is_started_on, "alpha");
	write_text(w, "here", "#!/bin/sh\nexec sleep 1000\n");
	int64_t began = g_get_monotonic_time();
	pacemaker_poke(w->pacemaker);
	wait_until(w, is_started_on, "beta");
	assert_true(g_get_monotonic_time() - began < 15 * G_USEC_PER_SEC);
}

/* A place may be slow as a rule. */
static void
slow_places_are_waited_for(void **state)
{
	struct world *w = *state;
	g_auto(GStrv) patient = g_strsplit(TWO, "timeout = 1", 2);
	g_autofree char *text = g_strjoinv("timeout = 60", patient);

	write_place(w, "here.good", "true", "h1");
	write_text(w, "here", "#!/bin/sh\nsleep 3\nexec \"$0.good\" \"$@\"\n");
	write_text(w, "there", "#!/bin/sh\necho 'No route to host' >&2\nexit 255\n");
	apply(w, text);
	wait_until(w, is_started_on, "alpha");
}

/* Those without a quorum may tell of what is no longer so. */
static void
who_is_with_the_quorum_is_believed(void **state)
{
	struct world *w = *state;

	write_place(w, "here", "false", "h1");
	write_place(w, "there", "true", "h2");
	apply(w, TWO);
	wait_until(w, is_started_on, "beta");
	SCOPED(cluster) cluster = store_get(w->store);
	assert_int_equal(cluster_info(cluster)->quorate, 1);
	write_place(w, "there", "false", "h2");
	pacemaker_poke(w->pacemaker);
	for (int i = 0; i < 200; i++) {
		SCOPED(cluster) now = store_wait(w->store, 0, 0);
		if (cluster_info(now)->quorate == 0)
			return;
		g_usleep(50000);
	}
	fail_msg("the quorum was never lost");
}

static const struct {
	const char *script, *reason;
} troubles[] = {
	{ "#!/bin/sh\necho 'crm_mon: no such thing' >&2\nexit 127\n",
	    "alpha: crm_mon ended with status 127: crm_mon: no such thing" },
	{ "#!/bin/sh\nexec sleep 100\n", "alpha: crm_mon: no answer within 1 s" },
	{ "#!/bin/sh\ntrap '' TERM\nwhile :; do echo x; sleep 0.1; done\n",
	    "alpha: crm_mon: no answer within 1 s" },
	{ "#!/bin/sh\nexec cat /dev/zero\n", "alpha: crm_mon: it writes more than 32 MiB" },
	{ "#!/bin/sh\nprintf '<a\\000/>'\n", "alpha: crm_mon: what it writes is no text" },
	{ "#!/bin/sh\necho '<pacemaker-result'\n", "alpha: the XML is not well-formed" },
	{ "#!/bin/sh\necho \"<pacemaker-result api-version='2.25'>"
	  "<status code='102' message='Not connected'/></pacemaker-result>\"\nexit 102\n",
	    "alpha: crm_mon: Not connected" },
	{ "#!/bin/sh\n[ $1 = crm_mon ] && exec \"$0.good\" \"$@\"\necho 'Permission denied' >&2\nexit 13\n",
	    "alpha: cibadmin ended with status 13: Permission denied" },
};

static void
what_is_known_becomes_unknown(void **state)
{
	struct world *w = *state;

	write_place(w, "here.good", "true", "h1");
	for (size_t i = 0; i < G_N_ELEMENTS(troubles); i++) {
		write_place(w, "here", "true", "h1");
		apply(w, NONE);
		wait_until(w, is_without, ""); /* nothing is left of the case before */
		apply(w, ONE);
		wait_until(w, is_started_on, "alpha");
		write_text(w, "here", troubles[i].script);
		pacemaker_poke(w->pacemaker);
		wait_until(w, is_unknown_as, troubles[i].reason);
		SCOPED(cluster) cluster = store_get(w->store);
		const struct app *app = cluster->rows[ROWS_APP].row[0];
		assert_int_equal(app->state, APP_UNKNOWN);
		assert_string_equal(app->node_name, "alpha");
	}
	/* and is found again without being poked */
	write_place(w, "here", "true", "h2");
	wait_until(w, is_started_on, "h2");
}

static void
without_a_back_end_nobody_is_asked(void **state)
{
	struct world *w = *state;

	write_place(w, "here", "true", "h1");
	apply(w, NONE);
	g_usleep(300000);
	assert_int_equal(asked(w, "here"), 0);
	apply(w, ONE);
	wait_until(w, is_started_on, "alpha");
	apply(w, NONE);
	wait_until(w, is_without, "");
	unsigned n = asked(w, "here");
	pacemaker_poke(w->pacemaker);
	g_usleep(600000);
	assert_int_equal(asked(w, "here"), n);
}

static void
the_same_settings_disturb_nothing(void **state)
{
	struct world *w = *state;

	write_place(w, "here", "true", "h1");
	apply(w, ONE);
	wait_until(w, is_started_on, "alpha");
	unsigned n = asked(w, "here");
	apply(w, ONE);
	g_usleep(600000);
	assert_int_equal(asked(w, "here"), n);
}

/* A command that hangs does not hold up the end, nor survive it. */
static void
it_ends_while_a_command_hangs(void **state)
{
	struct world *w = *state;
	g_autofree char *pid = g_build_filename(w->dir, "pid", NULL), *text = NULL;
	g_autofree char *script = g_strdup_printf("#!/bin/sh\necho $$ > %s.new\nmv %s.new %s\n"
	    "exec sleep 1000\n", pid, pid, pid);

	write_text(w, "here", script);
	apply(w, "[cluster]\nbackend = pacemaker\n[pacemaker]\ntimeout = 300\n"
	    "[node alpha]\nuri = test:///default\npacemaker = @/here\n");
	for (int i = 0; i < 400 && !g_file_test(pid, G_FILE_TEST_EXISTS); i++)
		g_usleep(50000);
	int64_t began = g_get_monotonic_time();
	pacemaker_free(w->pacemaker);
	w->pacemaker = NULL;
	assert_true(g_get_monotonic_time() - began < 5 * G_USEC_PER_SEC);
	assert_true(g_file_get_contents(pid, &text, NULL, NULL));
	assert_int_equal(kill((pid_t)atoi(text), 0), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_asks_when_it_is_poked),
		TEST(it_looks_again_for_some_seconds),
		TEST(many_pokes_are_few_looks),
		TEST(the_next_place_is_asked),
		TEST(a_place_that_hangs_is_left_soon),
		TEST(slow_places_are_waited_for),
		TEST(who_is_with_the_quorum_is_believed),
		TEST(what_is_known_becomes_unknown),
		TEST(without_a_back_end_nobody_is_asked),
		TEST(the_same_settings_disturb_nothing),
		TEST(it_ends_while_a_command_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
