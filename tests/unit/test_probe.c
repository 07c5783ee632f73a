/* The probe's records: good and bad lines, and the probe itself against /proc. */
#include "test.h"

#include <string.h>

#include "collectors/probe_record.h"
#include "model/value.h"
#include "probe/proc.h"

static bool
parse(struct probe_record *record, const char *line, GError **error)
{
	return probe_record_parse(record, line, strlen(line), error);
}

static void
test_good_lines(void **state)
{
	static const char *const lines[] = {
		"{}",
		" {\"load1\": 7}  ",
		"{\"later\":{\"key\":[1,2,{\"x\":null}]},\"load1\":7}",
		"{\"boot_time\":0,\"psi_io\":10000,\"memory_total\":2147483648}",
		"{\"disk_read_octets\":9223372036854775806}",
		"{\"host\":\"h\xc3\xa4\",\"version\":\"9.9\",\"interval\":3600}",
		"{\"swap_used\":0,\"swap_total\":0}",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GError) error = NULL;
		struct probe_record record;
		if (!parse(&record, lines[i], &error))
			fail_msg("%s: %s", lines[i], error->message);
	}
}

static void
test_bad_lines(void **state)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "", "not a JSON object" },
		{ "hello", "not JSON" },
		{ "{\"load1\":1", "not JSON" },
		{ "[1]", "not a JSON object" },
		{ "null", "not a JSON object" },
		{ "{\"host\":\"\xff\"}", "not UTF-8" },
		{ "{\"load1\":\"7\"}", "load1 is not a whole number" },
		{ "{\"load1\":1.5}", "load1 is not a whole number" },
		{ "{\"load1\":null}", "load1 is not a whole number" },
		{ "{\"load1\":true}", "load1 is not a whole number" },
		{ "{\"load1\":[1]}", "load1 is not a whole number" },
		{ "{\"cpu_idle_ms\":-1}", "cpu_idle_ms = -1" },
		{ "{\"psi_cpu\":10001}", "psi_cpu = 10001" },
		{ "{\"memory_total\":4294967295}", "memory_total" },
		{ "{\"pages_in\":9223372036854775807}", "pages_in" },
		{ "{\"interval\":0}", "interval = 0" },
		{ "{\"boot_time\":999999999999999}", "boot_time" },
		{ "{\"host\":1}", "host is not a text" },
		{ "{\"version\":\"0123456789012345678901234567890123456789"
		  "012345678901234567890123456789\"}", "version is longer" },
		{ "{\"root_used\":2,\"root_size\":1}", "root_used is more than root_size" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct probe_record record;
		assert_false(parse(&record, cases[i].line, &error));
		if (strstr(error->message, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].line, error->message);
	}
}

static void
test_long_and_deep(void **state)
{
	g_autofree char *line = g_strnfill(PROBE_LINE_MOST + 1, ' ');
	struct probe_record record;

	memcpy(line, "{}", 2);
	assert_true(probe_record_parse(&record, line, PROBE_LINE_MOST, NULL));
	assert_false(probe_record_parse(&record, line, PROBE_LINE_MOST + 1, NULL));
	memset(line, '[', PROBE_LINE_MOST);
	assert_false(probe_record_parse(&record, line, PROBE_LINE_MOST, NULL));
	assert_false(probe_record_parse(&record, "{}\0{}", 5, NULL));
}

/* --- into a row */

#define CPU(user) \
	"\"cpu_user_ms\":" #user ",\"cpu_system_ms\":2,\"cpu_idle_ms\":3,\"cpu_iowait_ms\":4"

static void
test_fill(void **state)
{
	struct probe_record record;
	struct node own, node;

	table_row_init(ROWS_NODE, &own);
	table_row_init(ROWS_NODE, &node);
	own.cpu_user_ms = 77;
	own.mem_total = 100;
	assert_true(parse(&record, "{" CPU(1) ",\"load1\":5,\"boot_time\":9,"
	    "\"memory_total\":99,\"memory_used\":8,\"memory_free\":9}", NULL));
	probe_record_fill(&record, &own, &node);
	assert_int_equal(node.cpu_user_ms, 77); /* no steal: not all of the counters */
	assert_int_equal(node.load1, 5);
	assert_int_equal(node.boot_at, 9000000);
	assert_int_equal(node.load5, ABSENT_U32);
	assert_int_equal(node.mem_used, 8);
	own.mem_used = 50;
	assert_true(parse(&record, "{" CPU(1) ",\"cpu_steal_ms\":5,"
	    "\"memory_used\":8,\"memory_total\":99}", NULL));
	probe_record_fill(&record, &own, &node);
	assert_int_equal(node.cpu_user_ms, 1);
	assert_int_equal(node.cpu_steal_ms, 5);
	assert_int_equal(node.mem_used, 50);
	assert_int_equal(node.load1, ABSENT_U32);
	probe_record_fill(NULL, &own, &node);
	assert_int_equal(node.cpu_user_ms, 77);
	assert_int_equal(node.cpu_steal_ms, ABSENT_U64);
	assert_int_equal(node.boot_at, 0);
}

/* --- /proc */

static void
test_proc(void **state)
{
	static const char stat[] = "cpu  10 1 20 30 40 2 3 5 7 7\ncpu0 1 1 1 1\nbtime 99\n";
	struct proc_cpu cpu;
	uint64_t n;

	assert_true(proc_cpu(stat, &cpu));
	assert_int_equal(cpu.user, 11);
	assert_int_equal(cpu.system, 25);
	assert_int_equal(cpu.steal, 5);
	assert_false(proc_cpu("cpu  10 1 20\n", &cpu));
	assert_false(proc_cpu(NULL, &cpu));
	assert_true(proc_number(stat, "btime", &n));
	assert_int_equal(n, 99);
	assert_false(proc_number(stat, "btim", &n));
	assert_true(proc_number("A: 1 kB\nAB:   2 kB\n", "AB", &n));
	assert_int_equal(n, 2);
	assert_true(proc_pressure("some avg10=12.34 avg60=0.00 total=1\n", &n));
	assert_int_equal(n, 1234);
	assert_false(proc_pressure("full avg10=12.34\n", &n));
	assert_false(proc_pressure("some avg10=x\n", &n));
	assert_false(proc_pressure("some avg10=101\n", &n));
}

/* The program itself. */
static void
test_program(void **state)
{
	const char *dir = g_getenv("VCL_BUILDDIR");
	g_autofree char *program =
	    g_build_filename(dir == NULL ? "." : dir, "virtcluster-probe", NULL);
	char *argv[] = { program, (char *)"--once", (char *)"--images", (char *)"/nowhere",
		NULL };
	g_autofree char *out = NULL, *stat = proc_read("/proc/stat");
	g_autofree char *meminfo = proc_read("/proc/meminfo");
	g_autoptr(GError) error = NULL;
	struct probe_record record;
	uint64_t number;
	int status;

	assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL,
	    &status, NULL));
	assert_int_equal(status, 0);
	assert_true(g_str_has_suffix(out, "}\n"));
	if (!probe_record_parse(&record, out, strlen(out) - 1, &error))
		fail_msg("%s: %s", out, error->message);
	assert_true(proc_number(meminfo, "MemTotal", &number));
	assert_int_equal(record.facts.mem_total, number / 1024);
	assert_true(proc_number(stat, "btime", &number));
	assert_in_range(record.facts.boot_at / 1000000, number - 1, number + 1);
	assert_true(probe_record_has_cpu(&record));
	assert_int_equal(record.interval, 10);
	assert_int_equal(record.facts.images_size, ABSENT_U32);
	assert_true(record.facts.root_size != ABSENT_U32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_lines),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_long_and_deep),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_proc),
		cmocka_unit_test(test_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
