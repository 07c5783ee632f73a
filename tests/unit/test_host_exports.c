/* What a host's virtcluster-export tells: good and bad lines, and what is kept of them. */
#include "tests/unit/test.h"

#include "collectors/exports.h"

#define MEMBERS(volume, state)                                                         \
	"{\"volume\":\"" volume "\",\"name\":\"alpha/images/x y\",\"path\":\"/images/x y\"," \
	"\"format\":\"qcow2\",\"uri\":\"nbd://10.0.0.1:10900/alpha/images/x%20y\","       \
	"\"read_only\":true,\"tls\":false,\"since\":1764000000,\"state\":\"" state "\","   \
	"\"clients\":2,\"reason\":\"\"}"
#define LIST(items) "{\"version\":\"1\",\"later\":[{}],\"exports\":[" items "]}"

static struct part *
take(struct exports *e, const char *line, GError **error)
{
	return exports_take(e, line, strlen(line), error);
}

static void
a_list_becomes_rows(void **state)
{
	struct exports *e = exports_new("alpha");
	SCOPED(part) part = take(e, LIST(MEMBERS("p/a", "serving") "," MEMBERS("p/b", "ended")), NULL);

	assert_non_null(part);
	assert_string_equal(part->source, "exports:alpha");
	assert_string_equal(part->node, "alpha");
	assert_int_equal(part->rows[ROWS_EXPORT]->len, 2);
	const struct export_info *a = part->rows[ROWS_EXPORT]->pdata[0];
	const struct export_info *b = part->rows[ROWS_EXPORT]->pdata[1];
	assert_string_equal(a->identity, "p/a");
	assert_string_equal(a->name, "alpha/images/x y");
	assert_string_equal(a->uri, "nbd://10.0.0.1:10900/alpha/images/x%20y");
	assert_int_equal(a->read_only, 1);
	assert_int_equal(a->tls, 0);
	assert_int_equal(a->clients, 2);
	assert_int_equal(a->since_at, INT64_C(1764000000) * G_USEC_PER_SEC);
	assert_int_equal(a->state, EXPORT_SERVING);
	assert_int_equal(b->state, EXPORT_ENDED);
	exports_free(e);
}

/* What makes no sense is refused whole; what was known stays. */
static void
bad_lines_are_refused(void **state)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "", "not a JSON object" },
		{ "Last login: today", "not JSON" },
		{ "[]", "not a JSON object" },
		{ "{}", "a line without a list of exports" },
		{ "{\"exports\":{}}", "a line without a list of exports" },
		{ LIST("1"), "an export that is not an object" },
		{ LIST("{}"), "an export without \"read_only\"" },
		{ LIST(MEMBERS("p/a", "gone")), "an export in a state \"gone\"" },
		{ LIST(MEMBERS("p/a", "ended") "," MEMBERS("p/a", "ended")),
		    "two exports of the volume p/a" },
		{ LIST("{\"read_only\":1}"), "\"read_only\" is of a wrong type" },
		{ LIST("{\"read_only\":true,\"tls\":false,\"volume\":7}"),
		    "\"volume\" is of a wrong type" },
		{ LIST("{\"read_only\":true,\"tls\":false,\"volume\":\"p/a\",\"name\":\"n\","
		       "\"path\":\"/x\",\"format\":\"raw\",\"uri\":\"u\",\"reason\":\"\","
		       "\"state\":\"ended\",\"clients\":-1}"), "\"clients\" is out of range" },
	};
	struct exports *e = exports_new("alpha");
	SCOPED(part) good = take(e, LIST(MEMBERS("p/a", "serving")), NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		assert_null(take(e, cases[i].line, &error));
		if (strstr(error->message, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].line, error->message);
	}
	SCOPED(part) after = exports_lost(e, "killed");
	assert_int_equal(after->rows[ROWS_EXPORT]->len, 1);
	exports_free(e);
}

/* Nobody knows any longer, and the rows say so; the next line makes it good. */
static void
silence_makes_them_unknown(void **state)
{
	struct exports *e = exports_new("alpha");
	SCOPED(part) nothing = exports_lost(e, "cannot run ssh");
	SCOPED(part) part = take(e, LIST(MEMBERS("p/a", "serving")), NULL);
	SCOPED(part) lost = exports_lost(e, "no line in time");
	SCOPED(part) again = take(e, LIST(MEMBERS("p/a", "serving")), NULL);
	const struct export_info *row = lost->rows[ROWS_EXPORT]->pdata[0];

	assert_int_equal(nothing->rows[ROWS_EXPORT]->len, 0);
	assert_false(lost->reachable);
	assert_int_equal(row->state, EXPORT_UNKNOWN);
	assert_string_equal(row->reason, "no line in time");
	assert_string_equal(row->name, "alpha/images/x y");
	row = again->rows[ROWS_EXPORT]->pdata[0];
	assert_int_equal(row->state, EXPORT_SERVING);
	exports_free(e);
}

static void
long_and_deep(void **state)
{
	struct exports *e = exports_new("alpha");
	g_autofree char *line = g_strnfill(EXPORTS_LINE_MOST + 1, ' ');

	memcpy(line, "{\"exports\":[]}", 14);
	SCOPED(part) most = exports_take(e, line, EXPORTS_LINE_MOST, NULL);
	assert_non_null(most);
	assert_null(exports_take(e, line, EXPORTS_LINE_MOST + 1, NULL));
	memset(line, '[', EXPORTS_LINE_MOST);
	assert_null(exports_take(e, line, EXPORTS_LINE_MOST, NULL));
	exports_free(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_becomes_rows),
		cmocka_unit_test(bad_lines_are_refused),
		cmocka_unit_test(silence_makes_them_unknown),
		cmocka_unit_test(long_and_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
