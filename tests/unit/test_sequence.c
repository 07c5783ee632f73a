/* Power sequences: which steps are understood, and what is said of the others. */
#include "tests/unit/test.h"

#include "model/sequence.h"

struct expected {
	enum step_kind kind;
	enum job_type type;
	enum step_wanted wanted;
	const char *target, *argument;
	unsigned seconds, stagger, at_once;
	bool go_on;
};

static void
understood(void **unused)
{
	static const struct {
		const char *text;
		struct expected step;
	} cases[] = {
		{ "start db*", { STEP_ACT, JOB_POWER_ON, .target = "db*" } },
		{ "  start \t @db   stagger 2s ",
		    { STEP_ACT, JOB_POWER_ON, .target = "@db", .stagger = 2 } },
		{ "stop web1 at-once 3 stagger 1m else go on",
		    { STEP_ACT, JOB_SHUTDOWN_THEN_OFF, .target = "web1", .at_once = 3,
			.stagger = 60, .go_on = true } },
		{ "shutdown * else stop", { STEP_ACT, JOB_SHUTDOWN, .target = "*" } },
		{ "poweroff a", { STEP_ACT, JOB_POWER_OFF, .target = "a" } },
		{ "reset a", { STEP_ACT, JOB_RESET, .target = "a" } },
		{ "suspend a", { STEP_ACT, JOB_SUSPEND, .target = "a" } },
		{ "resume a", { STEP_ACT, JOB_RESUME, .target = "a" } },
		{ "keys a alt+sysrq+s  alt+sysrq+u else go on",
		    { STEP_ACT, JOB_KEYS, .target = "a",
			.argument = "alt+sysrq+s alt+sysrq+u", .go_on = true } },
		{ "delay 1h", { STEP_DELAY, .seconds = 3600 } },
		{ "delay 0s", { STEP_DELAY, .seconds = 0 } },
		{ "wait a running", { STEP_WAIT, .target = "a", .wanted = WANTED_RUNNING,
		    .seconds = 120 } },
		{ "wait a agent within 5m else go on", { STEP_WAIT, .target = "a",
		    .wanted = WANTED_AGENT, .seconds = 300, .go_on = true } },
		{ "wait @a off within 1s", { STEP_WAIT, .target = "@a", .wanted = WANTED_OFF,
		    .seconds = 1 } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct sequence *sequence = sequence_new("s");
		g_autoptr(GError) error = NULL;
		if (!sequence_add_step(sequence, cases[i].text, &error))
			fail_msg("%s: %s", cases[i].text, error->message);
		const struct step *is = sequence->steps->pdata[0];
		const struct expected *shall = &cases[i].step;
		assert_int_equal(is->kind, shall->kind);
		assert_int_equal(is->type, shall->type);
		assert_int_equal(is->wanted, shall->wanted);
		assert_int_equal(g_strcmp0(is->target, shall->target), 0);
		assert_int_equal(g_strcmp0(is->argument, shall->argument), 0);
		assert_int_equal(is->seconds, shall->seconds);
		assert_int_equal(is->stagger, shall->stagger);
		assert_int_equal(is->at_once, shall->at_once);
		assert_int_equal(is->go_on, shall->go_on);
		sequence_free(sequence);
	}
}

static void
refused(void **unused)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ "", "an empty step" },
		{ "   ", "an empty step" },
		{ "boot web1", "a step cannot begin with \"boot\"" },
		{ "start", "start needs a VM's name, a pattern or @group" },
		{ "start @", "start @: the group's name is missing" },
		{ "start a b", "\"b\" has no place at the end of \"start a b\"" },
		{ "start a stagger", "stagger needs a time such as 10s" },
		{ "start a stagger 5", "stagger 5: a time such as 10s" },
		{ "start a at-once 0", "at-once needs a number from 1 to 1000" },
		{ "start a else", "else: \"go on\" or \"stop\" is wanted" },
		{ "start a else go", "else: \"go on\" or \"stop\" is wanted" },
		{ "start a else go on now", "\"now\" has no place" },
		{ "keys a", "keys needs keys behind the VM" },
		{ "keys a else go on", "keys needs keys behind the VM" },
		{ "delay", "delay needs a time" },
		{ "delay -1s", "delay -1s: a time" },
		{ "delay 99999999999999999999s", "a day at most" },
		{ "delay 25h", "a day at most" },
		{ "delay 1s stagger 1s", "\"stagger\" has no place" },
		{ "wait a", "wait a : running, agent or off is wanted" },
		{ "wait a up", "wait a up: running, agent or off is wanted" },
		{ "wait a off within", "within needs a time" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct sequence *sequence = sequence_new("s");
		g_autoptr(GError) error = NULL;
		assert_false(sequence_add_step(sequence, cases[i].text, &error));
		if (strstr(error->message, cases[i].sentence) == NULL)
			fail_msg("\"%s\": %s", cases[i].text, error->message);
		assert_int_equal(sequence->steps->len, 0);
		sequence_free(sequence);
	}
}

static void
not_without_end(void **unused)
{
	struct sequence *sequence = sequence_new("s");
	g_autoptr(GError) error = NULL;
	g_autofree char *longest = g_strnfill(300, 'a');
	unsigned n = 0;

	assert_false(sequence_add_step(sequence, longest, NULL));
	while (sequence_add_step(sequence, "delay 1s", &error))
		n++;
	assert_int_equal(n, 100);
	assert_string_equal(error->message, "more than 100 steps");
	sequence_free(sequence);
}

/* Anything: a step, or one sentence; never both, never a crash. */
static void
garbage(void **unused)
{
	static const char *const words[] = { "start", "wait", "delay", "keys", "stagger", "else",
		"go", "on", "within", "10s", "@", "@a", "*", "off", "at-once", "9", "\xc3\xa4",
		"\\", "''", "=", "18446744073709551616s", "0x1s" };
	guint32 seed = g_random_int();
	g_autoptr(GRand) rand = g_rand_new_with_seed(seed);

	print_message("seed %u\n", seed);
	for (int i = 0; i < 20000; i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		for (int n = g_rand_int_range(rand, 0, 9); n > 0; n--)
			g_string_append_printf(text, "%s%s", words[g_rand_int_range(rand, 0,
			    G_N_ELEMENTS(words))], g_rand_boolean(rand) ? " " : "  ");
		struct sequence *sequence = sequence_new("s");
		g_autoptr(GError) error = NULL;
		bool good = sequence_add_step(sequence, text->str, &error);
		assert_int_equal(good, error == NULL);
		assert_int_equal(sequence->steps->len, good);
		sequence_free(sequence);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(understood),
		cmocka_unit_test(refused),
		cmocka_unit_test(not_without_end),
		cmocka_unit_test(garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
