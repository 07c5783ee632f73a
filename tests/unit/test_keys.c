/* Keys: names as people write them, pauses, typing, and sentences about what is wrong. */
#include "tests/unit/test.h"

#include <linux/input-event-codes.h>

#include "model/request.h"
#include "vmops/keys.h"

/* "29+56+111 P500 28": the codes of each chord, and pauses. */
static char *
steps_text(const GArray *steps)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < steps->len; i++) {
		const struct key_step *step = &g_array_index(steps, struct key_step, i);
		if (i > 0)
			g_string_append_c(text, ' ');
		if (step->n == 0)
			g_string_append_printf(text, "P%u", step->pause_ms);
		for (unsigned k = 0; k < step->n; k++)
			g_string_append_printf(text, "%s%u", k > 0 ? "+" : "",
			    step->codes[k]);
	}
	return g_string_free(text, FALSE);
}

static void
test_steps(void **unused)
{
	static const struct {
		const char *text, *steps;
	} cases[] = {
		{ "ctrl+alt+f2", "29+56+60" },
		{ "Control+ALT+Delete", "29+56+111" },
		{ "alt+sysrq+s", "56+99+31" },
		{ "alt+print+S", "56+99+31" },
		{ "ctrl+alt+del; pause 500ms; enter; type hello",
		    "29+56+111 P500 28 35 18 38 38 24" },
		{ "pause 2s", "P2000" },
		{ "PAUSE 2S", "P2000" },
		{ "pause 60s", "P60000" },
		{ "esc esc enter", "1 1 28" },
		{ " ;; esc ;enter; ", "1 28" },
		{ "win", "125" }, { "super", "125" }, { "meta+l", "125+38" },
		{ "pgup pageup pgdn", "104 104 109" },
		{ "break", "119" },
		{ "ctrl+-", "29+12" },
		{ "ctrl+plus", "29+13" },
		{ "semicolon", "39" },
		{ "type a;enter", "30 28" },
		{ "type \"a;b\" enter", "30 39 48 28" },
		{ "type 'say \"x\"'", "31 30 21 57 42+40 45 42+40" },
		{ "type  A b ;", "42+30 57 48" },
		{ "type ~!@#$%^&*()_+{}|:<>?", "42+41 42+2 42+3 42+4 42+5 42+6 42+7 42+8 "
		    "42+9 42+10 42+11 42+12 42+13 42+26 42+27 42+43 42+39 42+51 42+52 "
		    "42+53" },
		{ "type `1234567890-=[]\\'./", "41 2 3 4 5 6 7 8 9 10 11 12 13 26 27 43 40 52 53" },
		{ "1+2+3+4+5+6+7+8+9+0+a+b+c+d+e+f",
		    "2+3+4+5+6+7+8+9+10+11+30+48+46+32+18+33" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GArray) steps = keys_parse(cases[i].text, &error);
		if (steps == NULL)
			fail_msg("\"%s\": %s", cases[i].text, error->message);
		g_autofree char *text = steps_text(steps);
		if (strcmp(text, cases[i].steps) != 0)
			fail_msg("\"%s\": %s instead of %s", cases[i].text, text,
			    cases[i].steps);
	}
}

static void
test_refused(void **unused)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ "", "keys: nothing is to be pressed" },
		{ " ; ", "keys: nothing is to be pressed" },
		{ "ctl+alt+f2", "keys, character 1: no key is called \"ctl\"" },
		{ "ctrl+alt+f22", "keys, character 10: no key is called \"f22\"" },
		{ "enter; boom", "keys, character 8: no key is called \"boom\"" },
		{ "ctrl++", "keys, character 6: a key is missing in \"ctrl++\" (the key + is "
		    "called plus)" },
		{ "+", "keys, character 1: a key is missing in \"+\" (the key + is called plus)" },
		{ "ctrl+ alt", "keys, character 6: a key is missing in \"ctrl+\" (the key + is "
		    "called plus)" },
		{ "1+2+3+4+5+6+7+8+9+0+a+b+c+d+e+f+g",
		    "keys, character 33: more than 16 keys at once" },
		{ "pause", "keys, character 1: pause wants a time such as 500ms or 2s (the key "
		    "is called break)" },
		{ "enter pause 5", "keys, character 7: pause wants a time such as 500ms or 2s "
		    "(the key is called break)" },
		{ "pause 61s", "keys, character 7: all pauses together are longer than 60 s" },
		{ "pause 59s pause 1001ms",
		    "keys, character 17: all pauses together are longer than 60 s" },
		{ "pause 99999999999999999999ms",
		    "keys, character 7: all pauses together are longer than 60 s" },
		{ "type", "keys, character 1: type wants a text" },
		{ "type ; enter", "keys, character 1: type wants a text" },
		{ "type gr\303\274n", "keys, character 8: \"\303\274\" is not on a US keyboard" },
		{ "type \"abc", "keys, character 6: the quote is not closed" },
		{ "type \"abc\"d", "keys, character 11: a blank or semicolon is missing" },
		{ "\303\274", "keys, character 1: no key is called \"\303\274\"" },
		{ "enter \377", "keys: the text is not UTF-8" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GArray) steps = keys_parse(cases[i].text, &error);
		if (steps != NULL)
			fail_msg("\"%s\" was taken", cases[i].text);
		assert_true(g_error_matches(error, REQUEST_ERROR, REQUEST_BAD_VALUE));
		assert_string_equal(error->message, cases[i].sentence);
	}
}

/* More than fits is refused, and what fits is bounded. */
static void
test_bounds(void **unused)
{
	g_autofree char *most = g_strnfill(KEYS_STEPS_MOST, 'x');
	g_autofree char *typed = g_strconcat("type ", most, NULL);
	g_autofree char *more = g_strconcat("type ", most, "x", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) steps = keys_parse(typed, &error);

	assert_non_null(steps);
	assert_int_equal(steps->len, KEYS_STEPS_MOST);
	assert_null(keys_parse(more, &error));
	assert_string_equal(error->message, "keys, character 262: more than 256 steps");
}

/* Anything is either taken within the limits or refused with a sentence. */
static void
test_garbage(void **unused)
{
	static const char *const pieces[] = { "ctrl", "+", ";", " ", "pause", "type", "\"", "'",
		"5", "ms", "s", "f1", "\303\274", "\377", "alt", "99999999999", "\t", ",", "%s",
		"a" };
	g_autoptr(GRand) random = g_rand_new_with_seed(7666);

	for (int round = 0; round < 20000; round++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(GError) error = NULL;
		for (int n = g_rand_int_range(random, 0, 12); n > 0; n--)
			g_string_append(text, pieces[g_rand_int_range(random, 0,
						  G_N_ELEMENTS(pieces))]);
		g_autoptr(GArray) steps = keys_parse(text->str, &error);
		unsigned paused = 0;
		if (steps == NULL) {
			assert_true(g_error_matches(error, REQUEST_ERROR, REQUEST_BAD_VALUE));
			assert_true(strlen(error->message) > 6);
			continue;
		}
		assert_null(error);
		assert_in_range(steps->len, 1, KEYS_STEPS_MOST);
		for (guint i = 0; i < steps->len; i++) {
			const struct key_step *step = &g_array_index(steps, struct key_step, i);
			assert_in_range(step->n, 0, KEYS_CHORD_MOST);
			paused += step->pause_ms;
		}
		assert_in_range(paused, 0, KEYS_PAUSE_MOST_MS);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
