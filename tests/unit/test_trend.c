/* The trend of a pool: cases of its history, and the way through a file. */
#include "config.h" /* nftw */

#include "rrd_fixture.h"

#include <math.h>

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(straight_lines),
		cmocka_unit_test(a_wavering_line),
		cmocka_unit_test(out_of_a_file),
		cmocka_unit_test(into_the_cluster_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
