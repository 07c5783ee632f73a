/* The trend of a pool: cases of its history, and the way through a file. */
#include "config.h" /* nftw */

#include "rrd_fixture.h"

#include <math.h>
#include <rrd.h>

#include "graphs/trend.h"
#include "graphs/trends.h"

#define HOUR 3600

/* Values by hour: from + rate a day, with a gap in each day's first `gap` hours. */
static int32_t
days_of(size_t hours, double from, double rate, size_t gap, double size)
{
	g_autofree double *used = g_new(double, hours);

	for (size_t i = 0; i < hours; i++)
		used[i] = i % 24 < gap ? NAN : from + rate * (double)i / 24;
	return trend_days(used, hours, HOUR, size);
}

static void
straight_lines(void **state)
{
	static const struct {
		size_t hours;
		double from, rate;
		size_t gap;
		double size;
		int32_t days;
	} cases[] = {
		{ 241, 100, 10, 0, 300, 10 },    /* grown to 200 in ten days */
		{ 240, 100, 10, 8, 300, 10 },    /* with gaps: the line is the same */
		{ 241, 200, 0, 0, 300, -1 },     /* flat */
		{ 241, 200, -5, 0, 300, -1 },    /* shrinking */
		{ 0, 0, 0, 0, 300, -1 },         /* nothing known */
		{ 11, 100, 10, 0, 300, -1 },     /* too little */
		{ 48, 100, 10, 24, 300, -1 },    /* gaps only */
		{ 24, 100, 24, 0, 300, 7 },      /* a day is enough: at 123, 24 a day */
		{ 241, 290, 1, 0, 300, 0 },      /* full just now */
		{ 241, 400, 1, 0, 300, 0 },      /* more than full */
		{ 241, 100, 0.001, 0, 300, -1 }, /* in some hundred years */
		{ 241, 100, 10, 0, NAN, -1 },    /* the size is not known */
		{ 241, 100, 10, 0, 0, -1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int32_t days = days_of(cases[i].hours, cases[i].from, cases[i].rate,
		    cases[i].gap, cases[i].size);
		if (days != cases[i].days)
			fail_msg("case %zu: %d, not %d", i, days, cases[i].days);
	}
}

/* A line through values that go up and down finds what they have in common. */
static void
a_wavering_line(void **state)
{
	double used[24 * 10];

	for (size_t i = 0; i < G_N_ELEMENTS(used); i++)
		used[i] = 100 + 10 * (double)i / 24 + (i % 2 == 0 ? 3 : -3);
	assert_in_range(trend_days(used, G_N_ELEMENTS(used), HOUR, 400), 19, 21);
}

/* Ten days of hourly samples: 2 MiB a day more, of 100. */
static void
write_history(struct rrd_fixture *x, const char *identity, int64_t now)
{
	const struct rrd_kind *kind = rrd_kind_find("pool");
	g_autoptr(GError) error = NULL;
	int64_t start = now / HOUR * HOUR - 240 * HOUR;
	SCOPED(rrd_file) file = rrd_file_new(x->settings.rrd_dir, kind, identity, 300, 300, NULL,
	    &error);

	assert_true(rrd_file_prepare(file, start, &error));
	for (int64_t at = start; at <= now; at += 300) {
		struct rrd_sample sample = sample_at(at);
		sample_set(&sample, kind, "capacity", 100);
		sample_set(&sample, kind, "allocation", 20 + (uint64_t)(at - start) / (12 * HOUR));
		assert_true(rrd_file_write(file, &sample, 1, &error));
	}
}

static void
out_of_a_file(void **state)
{
	struct rrd_fixture x;
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;

	fixture_start(&x);
	write_history(&x, "7", now);
	g_autofree char *path = g_strconcat(x.settings.rrd_dir, "/pool/7.rrd", NULL);
	g_autofree char *none = g_strconcat(x.settings.rrd_dir, "/pool/8.rrd", NULL);
	assert_in_range(trend_days_of_file(path, now), 28, 31); /* at 40, 2 a day */
	assert_int_equal(trend_days_of_file(none, now), TREND_NONE);
	assert_true(g_file_set_contents(none, "no RRD file", -1, NULL));
	assert_int_equal(trend_days_of_file(none, now), TREND_NONE);
	fixture_end(&x);
}

static uint32_t
publish_pool(struct store *store)
{
	struct part *part = part_new("storage:alpha", "alpha");
	struct pool_node *pool = part_add(part, ROWS_POOL_NODE);

	pool->identity = pool->uuid = pool->pool_name = pool->name = pool->node_name = "nas";
	pool->state = POOL_RUNNING;
	pool->sampled_us = g_get_monotonic_time();
	pool->stale_after = 60;
	store_publish(store, part, PUBLISH_NOW);
	for (uint64_t seen = 0;;) {
		SCOPED(cluster) now = store_wait(store, seen, 5 * G_USEC_PER_SEC);
		seen = now->generation;
		if (now->rows[ROWS_POOL].n == 1)
			return ((const struct pool *)now->rows[ROWS_POOL].row[0])->h.index;
	}
}

static void
into_the_cluster_value(void **state)
{
	struct rrd_fixture x;
	struct store *store = store_new(NULL, "test");
	struct trends *trends = trends_new(store, -1);
	uint32_t index = publish_pool(store);
	g_autofree char *identity = g_strdup_printf("%u", index);
	int32_t days = TREND_NONE;

	fixture_start(&x);
	write_history(&x, identity, g_get_real_time() / G_USEC_PER_SEC);
	trends_look(trends, &x.settings);
	for (int i = 0; i < 100 && days == TREND_NONE; i++) {
		SCOPED(cluster) now = store_get(store);
		days = ((const struct pool *)rows_find(&now->rows[ROWS_POOL], index, 0))->days_left;
		g_usleep(20000);
	}
	assert_in_range(days, 28, 31);
	trends_free(trends);
	store_free(store);
	fixture_end(&x);
}

/* --- usage */

static void
sums(void **state)
{
	static const struct {
		size_t n, unknown;
		uint32_t average, max, p95;
	} cases[] = {
		{ 100, 0, 51, 100, 95 }, /* 1 to 100: 50.5 on average */
		{ 20, 0, 11, 20, 19 },
		{ 10, 0, 6, 10, 10 },
		{ 1, 0, 1, 1, 1 },
		{ 100, 50, 76, 100, 98 }, /* 51 to 100 */
		{ 5, 5, ABSENT_U32, ABSENT_U32, ABSENT_U32 },
		{ 0, 0, ABSENT_U32, ABSENT_U32, ABSENT_U32 },
	};
	double values[100];
	uint32_t out[TREND_STATS];

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		for (size_t k = 0; k < cases[i].n; k++) /* not in order */
			values[k * 37 % cases[i].n] =
			    k < cases[i].unknown ? NAN : (double)k + 1;
		trend_sum_up(values, cases[i].n, out);
		assert_int_equal(out[TREND_AVERAGE], cases[i].average);
		assert_int_equal(out[TREND_MAX], cases[i].max);
		assert_int_equal(out[TREND_95], cases[i].p95);
	}
}

/* A day: busy for a quarter of a CPU, for half of one in the last hour. */
static void
write_usage(struct rrd_fixture *x, const char *kind_name, const char *identity, int64_t now,
    const char *const *counters, const uint64_t *per_second, size_t n)
{
	const struct rrd_kind *kind = rrd_kind_find(kind_name);
	int64_t start = now / HOUR * HOUR - 24 * HOUR;
	uint64_t total[8] = { 0 };
	g_autoptr(GError) error = NULL;
	SCOPED(rrd_file) file =
	    rrd_file_new(x->settings.rrd_dir, kind, identity, 60, 60, NULL, &error);

	assert_true(rrd_file_prepare(file, start, &error));
	for (int64_t at = start; at <= now; at += 60) {
		struct rrd_sample sample = sample_at(at);
		bool late = at > now - HOUR;
		for (size_t i = 0; i < n; i++) {
			total[i] += per_second[i] * 60 * (late && i == 0 ? 2 : 1);
			sample_set(&sample, kind, counters[i], total[i]);
		}
		sample_set(&sample, kind, "mem_used", late ? 3000 : 1000);
		assert_true(rrd_file_write(file, &sample, 1, &error));
	}
}

static void
usage_out_of_files(void **state)
{
	static const char *const cpu[] = { "cpu" };
	static const uint64_t quarter[] = { 250000000 };
	static const char *const modes[] = { "cpu_user", "cpu_system", "cpu_idle" };
	static const uint64_t of_modes[] = { 500, 250, 1250 };
	struct rrd_fixture x;
	struct trend t;
	int64_t now = g_get_real_time() / G_USEC_PER_SEC / 60 * 60;

	fixture_start(&x);
	write_usage(&x, "vm", TEST_UUID, now, cpu, quarter, 1);
	write_usage(&x, "node", "alpha", now, modes, of_modes, 3);
	g_autofree char *vm = g_strconcat(x.settings.rrd_dir, "/vm/" TEST_UUID ".rrd", NULL);
	g_autofree char *node = g_strconcat(x.settings.rrd_dir, "/node/alpha.rrd", NULL);
	trend_usage_of_file(vm, false, now, &t);
	assert_in_range(t.value[TREND_CPU][TREND_HOUR][TREND_AVERAGE], 4950, 5000);
	assert_in_range(t.value[TREND_CPU][TREND_DAY][TREND_AVERAGE], 2550, 2650);
	assert_int_equal(t.value[TREND_CPU][TREND_DAY][TREND_MAX], 5000);
	assert_int_equal(t.value[TREND_CPU][TREND_DAY][TREND_95], 2500);
	assert_int_equal(t.value[TREND_MEMORY][TREND_DAY][TREND_MAX], 3000);
	assert_int_equal(t.value[TREND_MEMORY][TREND_HOUR][TREND_95], 3000);
	assert_in_range(t.value[TREND_MEMORY][TREND_DAY][TREND_AVERAGE], 1050, 1150);

	/* 750 of 2,000 ms are 37.5 %, with 500 more 50 %. */
	trend_usage_of_file(node, true, now, &t);
	assert_int_equal(t.value[TREND_CPU][TREND_DAY][TREND_MAX], 5000);
	assert_int_equal(t.value[TREND_CPU][TREND_DAY][TREND_95], 3750);

	/* Silent for an hour: the day has an average, the hour none. */
	trend_usage_of_file(vm, false, now + 2 * HOUR, &t);
	assert_int_equal(t.value[TREND_CPU][TREND_HOUR][TREND_AVERAGE], ABSENT_U32);
	assert_int_equal(t.value[TREND_CPU][TREND_DAY][TREND_MAX], 5000);
	trend_usage_of_file("/no/file.rrd", false, now, &t);
	assert_int_equal(t.value[TREND_MEMORY][TREND_DAY][TREND_MAX], ABSENT_U32);
	fixture_end(&x);
}

static uint64_t
cell(const struct cluster *cluster, const struct table *table, const void *row,
    const char *name)
{
	struct reading reading = { cluster, g_get_monotonic_time(), 0 };
	struct value value = { SYN_NONE };

	column_read(table_column(table, name), &reading, row, &value);
	return value.syntax == SYN_NONE ? ABSENT_U64 : value.u;
}

static void
into_columns(void **state)
{
	static const char *const cpu[] = { "cpu" };
	static const uint64_t quarter[] = { 250000000 };
	struct rrd_fixture x;
	struct store *store = store_new(NULL, "test");
	struct trends *trends = trends_new(store, -1);
	struct part *part = test_node_part("alpha", NODE_ONLINE);
	uint64_t max = ABSENT_U64;

	fixture_start(&x);
	write_usage(&x, "vm", TEST_UUID, g_get_real_time() / G_USEC_PER_SEC / 60 * 60, cpu, quarter, 1);
	test_add_vm(part, "web1", 1, VM_RUNNING);
	test_add_vm(part, "web2", 2, VM_RUNNING);
	store_publish(store, part, PUBLISH_NOW);
	for (int i = 0; i < 100 && max == ABSENT_U64; i++) {
		trends_look(trends, &x.settings);
		g_usleep(20000);
		SCOPED(cluster) now = store_get(store);
		if (now->rows[ROWS_VM].n < 2)
			continue;
		const struct vm *vm = test_vm(now, "web1"), *other = test_vm(now, "web2");
		max = cell(now, &vm_table, vm, "vclVmCpuDayMaximum");
		assert_true(cell(now, &vm_table, other, "vclVmCpuDayMaximum") == ABSENT_U64);
		if (max != ABSENT_U64)
			assert_int_equal(cell(now, &vm_table, vm, "vclVmMemoryHour95"), 3000);
	}
	assert_int_equal(max, 5000);
	trends_free(trends);
	store_free(store);
	fixture_end(&x);
}

#define MANY 100

/* A file with an hour of one source. */
static void
write_small_file(struct rrd_fixture *x, unsigned number, int64_t now)
{
	g_autofree char *path = g_strdup_printf(
	    "%s/vm/00000000-0000-4000-8000-%012x.rrd", x->settings.rrd_dir, number);
	const char *args[] = { "DS:mem_used:GAUGE:7200:0:U", "RRA:AVERAGE:0.5:1:120" };
	g_autofree char *update = g_strdup_printf("%lld:7", (long long)now);
	const char *updates[] = { update };

	assert_int_equal(rrd_create_r(path, 60, now - 3600, G_N_ELEMENTS(args), args), 0);
	assert_int_equal(rrd_update_r(path, NULL, 1, updates), 0);
}

static size_t
known_trends(struct store *store)
{
	SCOPED(cluster) now = store_get(store);
	size_t known = 0;

	for (size_t i = 0; i < now->rows[ROWS_VM].n; i++)
		known += cell(now, &vm_table, now->rows[ROWS_VM].row[i],
			     "vclVmMemoryHourAverage") != ABSENT_U64;
	return known;
}

/* They become known all at once, in one part. */
static size_t
known_after(struct store *store, size_t before)
{
	size_t known = before;

	for (int i = 0; i < 500 && known == before; i++) {
		g_usleep(20000);
		known = known_trends(store);
	}
	return known;
}

/* What is due all at once is read some at a time, and not again in the next step. */
static void
no_burst(void **state)
{
	struct rrd_fixture x;
	struct store *store = store_new(NULL, "test");
	struct trends *trends = trends_new(store, -1);
	struct part *part = test_node_part("alpha", NODE_ONLINE);
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;

	fixture_start(&x);
	x.settings.rrd_step = 1;
	g_autofree char *folder = g_strconcat(x.settings.rrd_dir, "/vm", NULL);
	g_mkdir_with_parents(folder, 0755);
	for (unsigned i = 1; i <= MANY; i++) {
		test_add_vm(part, "web", i, VM_RUNNING);
		write_small_file(&x, i, now);
	}
	store_publish(store, part, PUBLISH_NOW);
	for (size_t seen = 0; seen < MANY;) {
		SCOPED(cluster) c = store_get(store);
		seen = c->rows[ROWS_VM].n;
		g_usleep(10000);
	}
	trends_look(trends, &x.settings);
	assert_int_equal(known_after(store, 0), 63); /* and the node */
	trends_look(trends, &x.settings);
	assert_int_equal(known_after(store, 63), MANY);
	trends_free(trends);
	store_free(store);
	fixture_end(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(straight_lines),
		cmocka_unit_test(a_wavering_line),
		cmocka_unit_test(out_of_a_file),
		cmocka_unit_test(into_the_cluster_value),
		cmocka_unit_test(sums),
		cmocka_unit_test(usage_out_of_files),
		cmocka_unit_test(into_columns),
		cmocka_unit_test(no_burst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
