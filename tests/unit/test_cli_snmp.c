/* The command line by SNMP: values of the wire, names of cells, words of a command. */
#include "tests/unit/test.h"

#include "cli/snmp/jobs.h"
#include "cli/snmp/rows.h"

struct wire {
	enum snmp_kind kind;
	int64_t number;
	const char *octets;
	size_t len;
};

static struct value
read_as(const char *column, const struct wire *wire, GStringChunk *texts)
{
	struct snmp_var var = { .kind = wire->kind, .number = wire->number,
		.octets = (const unsigned char *)wire->octets, .len = wire->len };
	struct value value;

	snmp_value_read(table_column(&vm_table, column), &var, texts, &value);
	return value;
}

#define NUMBER(n) { SNMP_NUMBER, n, NULL, 0 }
#define OCTETS(s) { SNMP_OCTETS, 0, s, sizeof(s) - 1 }

static void
values_are_those_of_the_column(void **data)
{
	static const struct {
		const char *column;
		struct wire wire;
		enum syntax syntax; /* SYN_NONE: makes no sense */
		int64_t number;
		const char *text;
	} cases[] = {
		{ "vclVmName", OCTETS("web1"), SYN_TEXT, 0, "web1" },
		{ "vclVmName", OCTETS(""), SYN_TEXT, 0, "" },
		{ "vclVmName", NUMBER(7), SYN_NONE },
		{ "vclVmState", NUMBER(4), SYN_ENUM, 4 },
		{ "vclVmState", OCTETS("x"), SYN_NONE },
		{ "vclVmStale", NUMBER(1), SYN_BOOL, 1 },
		{ "vclVmStale", NUMBER(2), SYN_BOOL, 0 },
		{ "vclVmCpuTime", { SNMP_COUNTER64, 1LL << 40, NULL, 0 }, SYN_COUNTER, 1LL << 40 },
		{ "vclVmMemoryActual", NUMBER(4294967295LL), SYN_GAUGE, 4294967295LL },
		/* 2026-07-25 14:03:02.5, in UTC and two hours to the east of it */
		{ "vclVmStateSince", OCTETS("\x07\xea\x07\x19\x0e\x03\x02\x05+\0\0"), SYN_DATE,
		    1784988182500000LL },
		{ "vclVmStateSince", OCTETS("\x07\xea\x07\x19\x10\x03\x02\x05+\x02\0"), SYN_DATE,
		    1784988182500000LL },
		{ "vclVmStateSince", OCTETS("\0\0\0\0\0\0\0\0"), SYN_DATE, 0 },
		{ "vclVmStateSince", OCTETS("\x07\xea\x63"), SYN_DATE, 0 },
		{ "vclVmStateSince", OCTETS("\x07\xea\x63\x19\x0e\x03\x02\x05"), SYN_DATE, 0 },
		{ "vclVmName", { SNMP_ABSENT, 0, NULL, 0 }, SYN_NONE },
		{ "vclVmName", { SNMP_OTHER, 0, NULL, 0 }, SYN_NONE },
	};
	GStringChunk *texts = g_string_chunk_new(64);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct value v = read_as(cases[i].column, &cases[i].wire, texts);
		assert_int_equal(v.syntax, cases[i].syntax);
		if (v.syntax == SYN_TEXT)
			assert_string_equal(v.s, cases[i].text);
		else if (v.syntax != SYN_NONE)
			assert_int_equal(v.i, cases[i].number);
	}
	g_string_chunk_free(texts);
}

static void
octets_that_are_shown_as_text(void **data)
{
	static const struct wire uuid =
	    OCTETS("\x25\xad\xf8\x82\x82\x80\x4b\xba\xba\x89\xf6\xbb\x03\x9b\xa5\x15");
	static const struct wire mac = OCTETS("\x52\x54\x00\x12\x34\x56"), bad = OCTETS("\x52");
	static const struct column uuid_column = { .name = "u", .syntax = SYN_UUID };
	static const struct column mac_column = { .name = "m", .syntax = SYN_MAC };
	static const struct {
		const struct column *column;
		const struct wire *wire;
		const char *text;
	} cases[] = {
		{ &uuid_column, &uuid, "25adf882-8280-4bba-ba89-f6bb039ba515" },
		{ &uuid_column, &bad, "" },
		{ &mac_column, &mac, "52:54:00:12:34:56" },
	};
	GStringChunk *texts = g_string_chunk_new(64);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct snmp_var var = { .kind = SNMP_OCTETS, .len = cases[i].wire->len,
			.octets = (const unsigned char *)cases[i].wire->octets };
		struct value v;
		snmp_value_read(cases[i].column, &var, texts, &v);
		assert_string_equal(v.s, cases[i].text);
	}
	g_string_chunk_free(texts);
}

static void
cells_have_the_mibs_names(void **data)
{
	static const struct row_head row = { .index = 7, .sub = 2 };
	size_t root = virtcluster_mib.root.len;

	struct snmp_name name = snmp_cell_name(&command_table,
	    table_column(&command_table, "vclCommand"), NULL);
	assert_int_equal(name.len, root + 4);
	assert_int_equal(name.arc[root + 2], 3);
	assert_int_equal(name.arc[root + 3], 0);
	name = snmp_cell_name(&disk_table, table_column(&disk_table, "vclDiskName"), &row);
	static const uint32_t cell[] = { 1, 3, 13, 1, 2, 7, 2 };
	assert_int_equal(name.len, root + G_N_ELEMENTS(cell));
	assert_memory_equal(&name.arc[root], cell, sizeof(cell));
}

/* They come out of the daemon's parser as they went in. */
static void
words_survive(void **data)
{
	static const char *const words[] = { "keys", "--grace=3", "--", "two words", "it's", "",
		"ctrl+alt+f2", "\\ \"$HOME\"", "ü" };
	g_autoptr(JsonArray) array = json_array_new();
	g_auto(GStrv) again = NULL;
	int n = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		json_array_add_string_element(array, words[i]);
	g_autofree char *text = snmp_command_text(array);
	assert_true(g_str_has_prefix(text, "keys --grace=3 -- 'two words' "));
	assert_true(g_shell_parse_argv(text, &n, &again, NULL));
	assert_int_equal(n, G_N_ELEMENTS(words));
	for (int i = 0; i < n; i++)
		assert_string_equal(again[i], words[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_those_of_the_column),
		cmocka_unit_test(octets_that_are_shown_as_text),
		cmocka_unit_test(cells_have_the_mibs_names),
		cmocka_unit_test(words_survive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
