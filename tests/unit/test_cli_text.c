/* The command line tool's text: widths, cutting, units, sheets, options, times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/display.h"
#include "cli/span.h"

static void
widths(void **data)
{
	static const struct {
		const char *text;
		size_t width;
	} cases[] = {
		{ "", 0 }, { "web1", 4 }, { "größe", 5 }, { "仮想", 4 },
		{ "e\xcc\x81", 1 }, /* e and a combining acute */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_int_equal(text_width(cases[i].text), cases[i].width);
}

static void
cutting(void **data)
{
	static const struct {
		const char *text;
		size_t columns;
		bool utf8;
		const char *cut;
	} cases[] = {
		{ "database", 8, true, "database" },  { "database", 7, true, "databa…" },
		{ "database", 7, false, "databa~" },  { "database", 1, true, "…" },
		{ "database", 0, true, "" },          { "仮想機", 5, true, "仮想…" },
		{ "仮想機", 4, true, "仮…" },         { "größer", 4, true, "grö…" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *cut = text_cut(cases[i].text, cases[i].columns, cases[i].utf8);
		assert_string_equal(cut, cases[i].cut);
	}
}

static void
cleaning(void **data)
{
	static const char *const cases[][2] = {
		{ "web1", "web1" }, { "", "-" }, { NULL, "-" },
		{ "a\nb\tc", "a?b?c" }, { "\033[31mred", "?[31mred" },
		{ "x\xe2\x80\xaey", "x?y" }, /* turns the direction of writing */
		{ "\xc2\x9b" "31m", "?31m" }, /* CSI as one character */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *clean = text_clean(cases[i][0]);
		assert_string_equal(clean, cases[i][1]);
	}
	g_autofree char *repaired = text_clean("bad \xff name");
	assert_true(g_utf8_validate(repaired, -1, NULL));
}

/* --- formats */

static JsonObject *
object(const char *json)
{
	g_autoptr(JsonNode) node = json_from_string(json, NULL);

	assert_non_null(node);
	return json_object_ref(json_node_get_object(node));
}

static void
formats(void **data)
{
	static const struct {
		cell_format *format;
		const char *json;
		const char *text;
	} cases[] = {
		{ format_text, "{\"k\":\"x\"}", "x" },
		{ format_text, "{\"k\":17}", "17" },
		{ format_text, "{\"k\":true}", "yes" },
		{ format_text, "{}", NULL },
		{ format_text, "{\"k\":[]}", NULL },
		{ format_text, "{\"k\":null}", NULL },
		{ format_words, "{\"k\":\"shutOff\"}", "shut off" },
		{ format_words, "{\"k\":\"running\"}", "running" },
		{ format_words, "{\"k\":5}", NULL },
		{ format_bool, "{\"k\":false}", "no" },
		{ format_mib, "{\"k\":0}", "0 MiB" },
		{ format_mib, "{\"k\":1023}", "1023 MiB" },
		{ format_mib, "{\"k\":1024}", "1.0 GiB" },
		{ format_mib, "{\"k\":1536}", "1.5 GiB" },
		{ format_mib, "{\"k\":4194304}", "4.0 TiB" },
		{ format_mib, "{\"k\":\"x\"}", NULL },
		{ format_octets, "{\"k\":512}", "512 B" },
		{ format_octets, "{\"k\":1572864}", "1.5 MiB" },
		{ format_usage, "{\"k\":1250}", "12.5 %" },
		{ format_usage, "{\"k\":40000}", "400.0 %" },
		{ format_percent, "{\"k\":40}", "40 %" },
		{ format_seconds, "{\"k\":0}", "0 s" },
		{ format_seconds, "{\"k\":119}", "119 s" },
		{ format_seconds, "{\"k\":120}", "2 min" },
		{ format_seconds, "{\"k\":7200}", "2 h" },
		{ format_seconds, "{\"k\":172799}", "47 h" },
		{ format_seconds, "{\"k\":172800}", "2 d" },
		{ format_cpu_time, "{\"k\":3723000000000}", "1:02:03" },
		{ format_date, "{\"k\":\"2026-07-25T13:02:12.123Z\"}", "2026-07-25 13:02:12" },
		{ format_date, "{\"k\":\"yesterday\"}", NULL },
		{ format_ago, "{\"k\":\"2999-01-01T00:00:00Z\"}", "0 s" },
		{ format_ago, "{}", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(JsonObject) row = object(cases[i].json);
		g_autofree char *text = cases[i].format(row, "k");
		if (g_strcmp0(text, cases[i].text) != 0)
			fail_msg("%s: wanted %s, got %s", cases[i].json, cases[i].text, text);
	}
}

/* --- sheets */

static char *
print_sheet(const struct sheet *sheet, bool terminal, int width, bool colour)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	struct output out = { file, terminal, width, colour, true };

	sheet_write(sheet, &out);
	fclose(file);
	return text;
}

static struct sheet *
two_by_two(void)
{
	struct sheet *sheet = sheet_new();

	sheet_add_column(sheet, "NAME", ALIGN_LEFT, 6);
	sheet_add_column(sheet, "CPU", ALIGN_RIGHT, 0);
	sheet_add_column(sheet, "REASON", ALIGN_LEFT, 6);
	sheet_add_cell(sheet, "a-rather-long-name", TONE_PLAIN);
	sheet_add_cell(sheet, "5 %", TONE_PLAIN);
	sheet_add_cell(sheet, "all is well", TONE_PLAIN);
	sheet_add_cell(sheet, "仮想", TONE_GOOD);
	sheet_add_cell(sheet, "100 %", TONE_PLAIN);
	sheet_add_cell(sheet, NULL, TONE_PLAIN);
	return sheet;
}

static void
sheets(void **data)
{
	static const struct {
		bool terminal;
		int width;
		const char *text;
	} cases[] = {
		{ false, 10,
		    "NAME                  CPU  REASON\n"
		    "a-rather-long-name    5 %  all is well\n"
		    "仮想                100 %  -\n" },
		{ true, 80,
		    "NAME                  CPU  REASON\n"
		    "a-rather-long-name    5 %  all is well\n"
		    "仮想                100 %  -\n" },
		{ true, 30,
		    "NAME          CPU  REASON\n"
		    "a-rather-…    5 %  all is well\n"
		    "仮想        100 %  -\n" },
		{ true, 20, /* not narrower than this */
		    "NAME      CPU  REASON\n"
		    "a-rat…    5 %  all i…\n"
		    "仮想    100 %  -\n" },
	};
	SCOPED(sheet) sheet = two_by_two();

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		char *text = print_sheet(sheet, cases[i].terminal, cases[i].width, false);
		assert_string_equal(text, cases[i].text);
		free(text);
	}
	char *text = print_sheet(sheet, true, 80, true);
	assert_non_null(strstr(text, "\033[32m仮想\033[0m  "));
	free(text);
}

/* --- spans, times, sizes */

static void
spans(void **data)
{
	static const struct {
		const char *text;
		int64_t seconds; /* 0: not a span */
	} cases[] = {
		{ "30s", 30 },      { "30m", 1800 },      { "30min", 1800 },  { "1h", 3600 },
		{ "1d", 86400 },    { "1w", 604800 },     { "1mo", 2592000 }, { "1y", 31536000 },
		{ "", 0 },          { "h", 0 },           { "1", 0 },         { "1 h", 0 },
		{ "-1h", 0 },       { "0h", 0 },          { "1H", 0 },        { "11y", 0 },
		{ "99999999999999999999y", 0 },           { "1hh", 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t seconds = 0;
		g_autoptr(GError) error = NULL;
		assert_int_equal(span_parse(cases[i].text, &seconds, &error),
		    cases[i].seconds != 0);
		assert_int_equal(seconds, cases[i].seconds);
		assert_int_equal(error != NULL, cases[i].seconds == 0);
	}
}

static void
times(void **data)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -1: not a time */
	} cases[] = {
		{ "now", 2000000000 },
		{ "-2h", 1999992800 },
		{ "1784984532", 1784984532 },
		{ "2026-07-25", 1784937600 },
		{ "2026-07-25 13:02", 1784984520 },
		{ "2026-07-25T13:02", 1784984520 },
		{ "2026-07-25 13:02:12", 1784984532 },
		{ "2026-07-25T15:02:12+02:00", 1784984532 },
		{ "2026-07-25T13:02:12Z", 1784984532 },
		{ "", -1 }, { "2h", -1 }, { "-", -1 }, { "17", -1 }, { "tomorrow", -1 },
		{ "2026-13-25", -1 }, { "2026-07-25 25:00", -1 }, { "99999999999", -1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t seconds = -1;
		bool good = time_parse(cases[i].text, 2000000000, &seconds, NULL);
		if (good != (cases[i].seconds >= 0) || (good && seconds != cases[i].seconds))
			fail_msg("%s: %ld", cases[i].text, (long)seconds);
	}
}

static void
sizes(void **data)
{
	static const struct {
		const char *text;
		int width, height; /* 0: not a size */
	} cases[] = {
		{ "800x300", 800, 300 }, { "100x60", 100, 60 }, { "800", 0, 0 },
		{ "800x", 0, 0 },        { "x300", 0, 0 },      { "800x300x2", 0, 0 },
		{ "99x60", 0, 0 },       { "9000x9000", 0, 0 }, { "-800x300", 0, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int width = 0, height = 0;
		assert_int_equal(size_parse(cases[i].text, &width, &height, NULL),
		    cases[i].width != 0);
		assert_int_equal(width, cases[i].width);
		assert_int_equal(height, cases[i].height);
	}
}

/* --- verbs and options */

static void
nearest_verbs(void **data)
{
	static const char *const cases[][2] = {
		{ "vsm", "vms" },     { "vm", "vms" },       { "node", "nodes" },
		{ "stauts", "status" }, { "strat", "start" }, { "power", "poweroff" },
		{ "poweroof", "poweroff" }, { "jbos", "jobs" }, { "explode", NULL },
		{ "x", NULL },        { "compl", NULL },     { "", "status" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *nearest = cli_nearest_verb(cases[i][0]);
		if (g_strcmp0(nearest, cases[i][1]) != 0)
			fail_msg("%s: %s", cases[i][0], nearest != NULL ? nearest : "(none)");
	}
}

/* Every name in a verb's list of options is an option. */
static void
verb_tables_are_sound(void **data)
{
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		g_auto(GStrv) names = g_strsplit(v->options, " ", -1);
		for (size_t i = 0; names[i] != NULL; i++) {
			size_t found = 0;
			for (const struct option_def *d = option_defs; d->name != NULL; d++)
				found += strcmp(d->name, names[i]) == 0;
			assert_int_equal(found, 1);
		}
		assert_true(v->least <= v->most);
		assert_non_null(v->help);
	}
}

static void
options(void **data)
{
	g_auto(GStrv) words =
	    g_strsplit("vms web1 --wait -t 5 --json web2 -- --dark", " ", -1);
	g_autofree char **argv = g_memdup2(words, 10 * sizeof(char *)); /* getopt sorts it */
	struct options o = { 0 };

	assert_int_equal(options_parse(&o, 9, argv, "wait timeout json", false, NULL), 6);
	assert_true(o.wait && o.json && !o.dark);
	assert_int_equal(o.timeout, 5);
	assert_string_equal(argv[6], "web1");
	assert_string_equal(argv[7], "web2");
	assert_string_equal(argv[8], "--dark");
}

static void
state_names(void **data)
{
	assert_true(same_state("shutOff", "shut off"));
	assert_true(same_state("shutOff", "SHUT-OFF"));
	assert_true(same_state("shut_off", "shutoff"));
	assert_false(same_state("shutOff", "shut"));
	assert_false(same_state("", "x"));
	assert_int_equal(tone_of_state("crashed"), TONE_BAD);
	assert_int_equal(tone_of_state(NULL), TONE_PLAIN);
}

static void
rows_are_sorted(void **data)
{
	static const struct {
		const char *column, *order;
	} cases[] = {
		{ "vm", "web1 web2 web10 " },
		{ "vclVmName", "web1 web2 web10 " },
		{ "CPU", "web10 web1 web2 " }, /* the busiest first, those without last */
	};
	const struct listing *l = listing_of_verb("vms");
	g_autoptr(GPtrArray) rows =
	    g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);

	g_ptr_array_add(rows, object("{\"vclVmName\":\"web10\",\"vclVmCpuUsage\":900}"));
	g_ptr_array_add(rows, object("{\"vclVmName\":\"web1\",\"vclVmCpuUsage\":100}"));
	g_ptr_array_add(rows, object("{\"vclVmName\":\"web2\"}"));
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) order = g_string_new(NULL);
		assert_true(display_sort(l, rows, cases[i].column));
		for (guint n = 0; n < rows->len; n++)
			g_string_append_printf(order, "%s ",
			    row_text(rows->pdata[n], "vclVmName"));
		assert_string_equal(order->str, cases[i].order);
	}
	assert_false(display_sort(l, rows, "colour"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths),
		cmocka_unit_test(cutting),
		cmocka_unit_test(cleaning),
		cmocka_unit_test(formats),
		cmocka_unit_test(sheets),
		cmocka_unit_test(spans),
		cmocka_unit_test(times),
		cmocka_unit_test(sizes),
		cmocka_unit_test(nearest_verbs),
		cmocka_unit_test(verb_tables_are_sound),
		cmocka_unit_test(options),
		cmocka_unit_test(state_names),
		cmocka_unit_test(rows_are_sorted),
	};

	g_setenv("TZ", "UTC", TRUE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
