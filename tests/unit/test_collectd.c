/* contrib/collectd-import: what collectd has recorded goes on in files of ours. */
#include "config.h" /* nftw */

#include "rrd_fixture.h"

#include <math.h>
#include <rrd.h>

#include "graphs/rrd_rows.h"

#define END  INT64_C(1795392000) /* a midnight, UTC */
#define LAST (END - 3600)        /* collectd's last value */
#define MAC  "52:54:00:00:00:06"

struct world {
	struct rrd_fixture x;
	char *folder; /* of collectd */
};

/* As collectd's rrdtool plugin makes them: an hour, a day, a week, a month; three of each. */
static void
make_file(struct world *w, const char *name, const char *const *sources, bool counts,
    const double *per_second, size_t n)
{
	static const unsigned archives[][2] = { { 1, 1200 }, { 7, 1235 }, { 50, 1210 },
		{ 223, 1202 } };
	static const char *const cfs[] = { "AVERAGE", "MIN", "MAX" };
	g_autofree char *path = g_strdup_printf("%s/%s.rrd", w->folder, name);
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);
	int64_t start = LAST - 20 * 86400;

	for (size_t i = 0; i < n; i++)
		g_ptr_array_add(args, g_strdup_printf("DS:%s:%s:20:%s:U", sources[i],
		    counts ? "DERIVE" : "GAUGE", counts ? "0" : "U"));
	for (size_t a = 0; a < G_N_ELEMENTS(archives); a++)
		for (size_t c = 0; c < G_N_ELEMENTS(cfs); c++)
			g_ptr_array_add(args, g_strdup_printf("RRA:%s:0.1:%u:%u", cfs[c],
			    archives[a][0], archives[a][1]));
	assert_int_equal(
	    rrd_create_r(path, 10, start - 1, (int)args->len, (const char **)args->pdata), 0);
	for (int64_t t = start; t <= LAST; t += 14400) {
		g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
		for (int64_t s = t; s < t + 14400 && s <= LAST; s += 10) {
			GString *line = g_string_new(NULL);
			g_string_append_printf(line, "%lld", (long long)s);
			for (size_t i = 0; i < n; i++)
				g_string_append_printf(line, ":%.0f",
				    per_second[i] * (counts ? (double)(s - start) : 1));
			g_ptr_array_add(lines, g_string_free(line, FALSE));
		}
		assert_int_equal(rrd_update_r(path, NULL, (int)lines->len,
		    (const char **)lines->pdata), 0);
	}
}

#define FILE_OF(w, name, counts, sources, ...)                                         \
	make_file(w, name, (const char *const[]){ sources }, counts,                   \
	    (const double[]){ __VA_ARGS__ },                                           \
	    G_N_ELEMENTS(((const double[]){ __VA_ARGS__ })))
#define BOTH(a, b) a, b

static int
setup(void **state)
{
	static struct world w;

	fixture_start(&w.x);
	w.folder = g_strconcat(w.x.dir, "/collectd", NULL);
	g_mkdir(w.folder, 0755);
	FILE_OF(&w, "virt_cpu_total", true, "value", 250000000);
	FILE_OF(&w, "memory-total", false, "value", 2048. * 1048576);
	FILE_OF(&w, "memory-available", false, "value", 2000. * 1048576);
	FILE_OF(&w, "memory-unused", false, "value", 500. * 1048576);
	FILE_OF(&w, "disk_octets-vda", true, BOTH("read", "write"), 1000, 2000);
	FILE_OF(&w, "disk_octets-vdb", true, BOTH("read", "write"), 10, 20);
	FILE_OF(&w, "disk_ops-vda", true, BOTH("read", "write"), 3, 4);
	FILE_OF(&w, "if_octets-vnet0", true, BOTH("rx", "tx"), 5000, 6000);
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	fixture_end(&w->x);
	g_free(w->folder);
	return 0;
}

/* Runs it; what it says goes to `said`. */
static int
import(struct world *w, const char *folder, const char *uuid, const char *nic, char **said)
{
	g_autofree char *program =
	    g_build_filename(g_getenv("VCL_SRCDIR"), "contrib", "collectd-import", NULL);
	g_autofree char *python = g_find_program_in_path("python3");
	g_autofree char *rrdtool = g_find_program_in_path("rrdtool");
	const char *argv[] = { python, program, folder, w->x.settings.rrd_dir, uuid,
		nic == NULL ? NULL : "--nic", nic, NULL };
	int status;

	if (python == NULL || rrdtool == NULL) {
		print_message("python3 or rrdtool is not installed\n");
		skip();
	}
	assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
	    NULL, NULL, said, &status, NULL));
	return status;
}

static void
check(struct world *w, const char *file, const char *cf, const char *source, int64_t from,
    int64_t to, unsigned step, double want)
{
	__attribute__((cleanup(rrd_rows_clear))) struct rrd_rows rows = { 0 };
	g_autofree char *path = g_strdup_printf("%s/%s.rrd", w->x.settings.rrd_dir, file);
	unsigned known = 0;

	assert_true(rrd_rows_read(&rows, path, cf, from, to, step, NULL));
	assert_int_equal(rows.step, step);
	g_autofree double *values = rrd_rows_source(&rows, source);
	assert_non_null(values);
	for (size_t i = 0; i < rows.n; i++) {
		if (isnan(values[i]))
			continue;
		if (fabs(values[i] - want) > want * 1e-4)
			fail_msg("%s %s: %f instead of %f", file, source, values[i], want);
		known++;
	}
	if (known + 3 < (unsigned)((to - from) / step))
		fail_msg("%s %s %u s: only %u of %lld are known", file, source, step, known,
		    (long long)(to - from) / step);
}

static void
what_was_recorded_is_there(void **state)
{
	static const struct {
		const char *file, *source;
		double want;
	} series[] = {
		{ "vm/" TEST_UUID, "cpu", 250000000 },
		{ "vm/" TEST_UUID, "mem_actual", 2048 },
		{ "vm/" TEST_UUID, "mem_used", 1500 },
		{ "vm/" TEST_UUID, "disk_rd", 1010 },
		{ "vm/" TEST_UUID, "disk_wr", 2020 },
		{ "vm/" TEST_UUID, "disk_wr_req", 4 },
		{ "vm/" TEST_UUID, "net_tx", 6000 },
		{ "disk/" TEST_UUID ".vda", "rd", 1000 },
		{ "disk/" TEST_UUID ".vda", "rd_req", 3 },
		{ "disk/" TEST_UUID ".vdb", "wr", 20 },
		{ "nic/" TEST_UUID ".52-54-00-00-00-06", "rx", 5000 },
	};
	struct world *w = *state;

	assert_int_equal(import(w, w->folder, TEST_UUID, "vnet0=" MAC, NULL), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(series); i++) {
		check(w, series[i].file, "AVERAGE", series[i].source, LAST - 3 * 3600, LAST - 60,
		    60, series[i].want);
		check(w, series[i].file, "MAX", series[i].source, LAST - 10 * 86400, LAST - 3600,
		    3600, series[i].want);
		check(w, series[i].file, "AVERAGE", series[i].source, LAST - 19 * 86400,
		    LAST - 86400, 86400, series[i].want);
	}
}

/* The file goes on: what the agent adds, and what it has written is not touched by another run. */
static void
the_agent_goes_on(void **state)
{
	struct world *w = *state;
	const struct rrd_kind *kind = rrd_kind_find("vm");
	SCOPED(rrd_file)
	file = rrd_file_new(w->x.settings.rrd_dir, kind, TEST_UUID, 60, 10, NULL, NULL);

	assert_true(rrd_file_prepare(file, END, NULL));
	assert_int_equal(rrd_file_lacks(file), 0);
	for (int64_t t = END - 600; t <= END; t += 60) {
		struct rrd_sample sample = sample_at(t);
		sample_set(&sample, kind, "mem_used", 77);
		sample_set(&sample, kind, "mem_rss", 88);
		assert_true(rrd_file_write(file, &sample, 1, NULL));
	}
	for (int again = 0; again < 2; again++) {
		check(w, "vm/" TEST_UUID, "AVERAGE", "mem_used", END - 540, END - 60, 60, 77);
		check(w, "vm/" TEST_UUID, "MAX", "mem_rss", END - 540, END - 60, 60, 88);
		check(w, "vm/" TEST_UUID, "AVERAGE", "mem_used", LAST - 3 * 3600, LAST - 60, 60,
		    1500);
		assert_int_equal(import(w, w->folder, TEST_UUID, NULL, NULL), 0);
	}
}

static void
nonsense_is_refused(void **state)
{
	struct world *w = *state;
	const struct {
		const char *folder, *uuid, *nic, *said;
	} cases[] = {
		{ w->folder, "web1", NULL, "web1 is not a UUID" },
		{ "/nonexistent", TEST_UUID, NULL, "/nonexistent: No such file" },
		{ w->x.dir, TEST_UUID, NULL, "has no files of collectd's plugin virt" },
		{ w->folder, TEST_UUID, "vnet0", "INTERFACE=MAC is wanted" },
		{ w->folder, TEST_UUID, "vnet7=" MAC, "has no if_octets-vnet7.rrd" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *said = NULL;
		assert_int_not_equal(
		    import(w, cases[i].folder, cases[i].uuid, cases[i].nic, &said), 0);
		if (strstr(said, cases[i].said) == NULL || strstr(said, "Traceback") != NULL)
			fail_msg("case %zu: %s", i, said);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_recorded_is_there),
		cmocka_unit_test(the_agent_goes_on),
		cmocka_unit_test(nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
