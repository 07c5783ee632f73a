/* Keys as a terminal sends them, their tables, and scrolling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/keys.h"
#include "cli/scroll.h"

#define MOST_KEYS 4

static void
keys(void **data)
{
	static const struct {
		const char *typed;
		int keys[MOST_KEYS]; /* ended by 0 */
		const char *left;
	} cases[] = {
		{ "", { 0 }, "" },
		{ "c", { 'c' }, "" },
		{ "rq", { 'r', 'q' }, "" },
		{ "\033[A", { KEY_UP }, "" },
		{ "\033OB", { KEY_DOWN }, "" },
		{ "\033[5~m\033[6~", { KEY_PAGE_UP, 'm', KEY_PAGE_DOWN }, "" },
		{ "\033[H\033[F", { KEY_HOME, KEY_END }, "" },
		{ "\033[1~\033[4~", { KEY_HOME, KEY_END }, "" },
		{ "\033[15~q", { KEY_OTHER, 'q' }, "" },       /* F5 */
		{ "\033[1;5Cq", { KEY_OTHER, 'q' }, "" },      /* Ctrl and right */
		{ "\033OPq", { KEY_OTHER, 'q' }, "" },         /* F1 */
		{ "\033q", { KEY_OTHER, 'q' }, "" },           /* Escape, and later a q */
		{ "\033", { 0 }, "\033" },                     /* more may come */
		{ "r\033[", { 'r' }, "\033[" },
		{ "\033[1", { 0 }, "\033[1" },
		{ "\033O", { 0 }, "\033O" },
		{ "\303\266", { 0xc3, 0xb6 }, "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) typed = g_string_new(cases[i].typed);
		for (size_t k = 0; cases[i].keys[k] != 0; k++)
			assert_int_equal(keys_take(typed), cases[i].keys[k]);
		assert_int_equal(keys_take(typed), 0);
		assert_string_equal(typed->str, cases[i].left);
	}
}

static void
key_names(void **data)
{
	static const struct {
		int key;
		const char *name;
	} cases[] = { { 'c', "c" }, { ' ', "space" }, { KEY_UP, "up" },
		{ KEY_PAGE_DOWN, "page down" }, { KEY_END, "end" } };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *name = keys_name(cases[i].key);
		assert_string_equal(name, cases[i].name);
	}
}

static void
scrolling(void **data)
{
	static const struct {
		const char *picture;
		guint head, room;
		gint64 by;
		const char *seen; /* blanks for the ends of lines */
	} cases[] = {
		{ "H\na\nb\n", 1, 9, 0, "H a b " },
		{ "H\na\nb\nc\n", 1, 3, 0, "H a b 1 to 2 of 3 lines" },
		{ "H\na\nb\nc\n", 1, 3, 1, "H b c 2 to 3 of 3 lines" },
		{ "H\na\nb\nc\n", 1, 3, 99, "H b c 2 to 3 of 3 lines" }, /* not too far */
		{ "H\na\nb\nc\n", 1, 3, -5, "H a b 1 to 2 of 3 lines" },
		{ "H\na\nb\n", 2, 2, 1, "a b 2 to 3 of 3 lines" }, /* no room but for a head */
		{ "", 4, 9, 0, "" },
		{ "H\n", 4, 9, 3, "H " },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) frame = g_string_new(NULL);
		struct scroll s = { 0 };
		scroll_by(&s, cases[i].by);
		scroll_write(&s, cases[i].picture, cases[i].head, cases[i].room, frame);
		g_string_replace(frame, "\033[K\n", " ", 0);
		g_string_replace(frame, "\033[K", "", 0);
		assert_string_equal(frame->str, cases[i].seen);
	}
}

static void
key_tables(void **data)
{
	static const struct key table[] = { { 'x', "does it" }, { KEY_UP, NULL }, { 0 } };

	assert_ptr_equal(keys_find(table, KEY_UP), &table[1]);
	assert_null(keys_find(table, 'y'));
	assert_null(keys_find(table, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(key_names),
		cmocka_unit_test(key_tables),
		cmocka_unit_test(scrolling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
