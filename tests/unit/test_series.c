/* Numbers out of histories are those that went in; and the marks beside them. */
#include "config.h" /* nftw */

#include "rrd_fixture.h"

#include <math.h>

#include "graphs/rrd_rows.h"
#include "graphs/series.h"
#include "model/marks.h"
#include "model/members.h"
#include "model/store.h"

#define END   INT64_C(1795392000) /* a midnight, UTC */
#define START (END - 3 * 86400)
#define GAP   (END - 7200) /* for ten minutes nothing is known */

static bool
in_gap(int64_t t)
{
	return t > GAP && t <= GAP + 600;
}

/* MiB: by the minute of the day. */
static double
level_at(int64_t t)
{
	return (double)(t % 86400 / 60);
}

static int
setup(void **state)
{
	static struct rrd_fixture x;
	const struct rrd_kind *kind = rrd_kind_find("vm");

	fixture_start(&x);
	SCOPED(rrd_file)
	file = rrd_file_new(x.settings.rrd_dir, kind, TEST_UUID, 60, 10, NULL, NULL);
	assert_true(rrd_file_prepare(file, START, NULL));
	for (int64_t t = START; t <= END; t += 60) {
		struct rrd_sample sample = sample_at(t);
		if (!in_gap(t)) {
			sample_set(&sample, kind, "mem_used", (uint64_t)level_at(t));
			sample_set(&sample, kind, "cpu", (uint64_t)(t - START) * 1234567);
		}
		assert_true(rrd_file_write(file, &sample, 1, NULL));
	}
	*state = &x;
	return 0;
}

static int
teardown(void **state)
{
	fixture_end(*state);
	return 0;
}

static const struct series_request base_request = { .kind = "vm", .identity = TEST_UUID,
	.title = "web1", .source = "mem_used", .from = END - 3600, .to = END };

/* What a point shall say, from the samples themselves. */
static double
wanted(int64_t end, unsigned step, bool max, size_t *known)
{
	double sum = 0, most = 0;

	*known = 0;
	for (int64_t t = end - step + 60; t <= end; t += 60) {
		if (in_gap(t))
			continue;
		sum += level_at(t);
		most = MAX(most, level_at(t));
		(*known)++;
	}
	return max ? most : sum / (double)*known;
}

static void
numbers_are_the_samples(void **state)
{
	static const struct {
		int64_t span, step;
		unsigned got;
		bool max;
	} cases[] = {
		{ 3600, 60, 60, false }, { 3600, 60, 60, true }, { 3600, 300, 300, false },
		{ 3600, 300, 300, true }, { 4 * 3600, 60, 60, false },
		{ 4 * 3600, 900, 900, true }, { 2 * 86400, 3600, 3600, false },
		{ 2 * 86400, 3600, 3600, true }, { 3600, 70, 120, false },
		{ 3600, 0, 60, false }, { 86400, 0, 180, false }, { 86400, 90, 120, true },
	};
	const struct rrd_fixture *x = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct series_request r = base_request;
		struct series s = { 0 };
		size_t checked = 0, known;
		r.from = END - cases[i].span;
		r.step = cases[i].step;
		r.max = cases[i].max;
		assert_true(series_read(&x->settings, &r, &s, NULL));
		assert_int_equal(s.step, cases[i].got);
		assert_true(s.n <= SERIES_MOST);
		for (size_t p = 1; p + 1 < s.n; p++) {
			int64_t end = s.start + (int64_t)((p + 1) * s.step);
			double want = wanted(end, s.step, r.max, &known);
			if (end > END - (int64_t)s.step)
				continue;
			/* a point that is half known may be unknown: the archive decides */
			if (known * 60 < s.step && isnan(s.value[p]))
				continue;
			if (known == 0)
				assert_true(isnan(s.value[p]));
			else if (!(fabs(s.value[p] - want) < 0.6 * (known * 60 < s.step ? s.step : 1)))
				fail_msg("case %zu, %lld: %f instead of %f", i,
				    (long long)end, s.value[p], want);
			checked++;
		}
		assert_true(checked + 25 >= (size_t)(cases[i].span / s.step));
		g_free(s.value);
	}
}

static void
rates_are_per_second(void **state)
{
	const struct rrd_fixture *x = *state;
	struct series_request r = base_request;
	struct series s = { 0 };

	r.source = "cpu";
	r.to = END - 60;
	assert_true(series_read(&x->settings, &r, &s, NULL));
	assert_true(s.n >= 58);
	for (size_t i = 0; i < s.n; i++)
		assert_float_equal(s.value[i], 1234567, 1e-3);
	g_free(s.value);

	r.source = "swap_in"; /* never told of */
	assert_true(series_read(&x->settings, &r, &s, NULL));
	for (size_t i = 0; i < s.n; i++)
		assert_true(isnan(s.value[i]));
	g_free(s.value);
}

/* What is read is what rrdtool fetch reads. */
static void
as_rrdtool_has_them(void **state)
{
	const struct rrd_fixture *x = *state;
	struct series_request r = base_request;
	struct series s = { 0 };
	struct rrd_rows rows = { 0 };
	g_autofree char *path =
	    g_strconcat(x->settings.rrd_dir, "/vm/" TEST_UUID ".rrd", NULL);

	r.from = GAP - 1200;
	r.to = GAP + 1200;
	r.step = 60;
	assert_true(series_read(&x->settings, &r, &s, NULL));
	assert_true(rrd_rows_read(&rows, path, "AVERAGE", r.from, r.to, 60, NULL));
	g_autofree double *same = rrd_rows_source(&rows, "mem_used");
	assert_int_equal(s.start, rows.start);
	for (size_t i = 0; i < s.n; i++)
		assert_true(isnan(s.value[i]) ? isnan(same[i]) : s.value[i] == same[i]);
	rrd_rows_clear(&rows);
	g_free(s.value);
}

/* A file with a row a second, and a span of less seconds than there are points. */
static void
a_short_span_of_fine_rows(void **state)
{
	const struct rrd_fixture *x = *state;
	const struct rrd_kind *kind = rrd_kind_find("pool");
	struct series_request r = { .kind = "pool", .identity = "7", .title = "nas",
		.source = "volumes", .from = END - 60, .to = END };
	struct series s = { 0 };
	SCOPED(rrd_file) file =
	    rrd_file_new(x->settings.rrd_dir, kind, "7", 1, 1, NULL, NULL);

	assert_true(rrd_file_prepare(file, END - 100, NULL));
	for (int64_t t = END - 100; t <= END; t++) {
		struct rrd_sample sample = sample_at(t);
		sample_set(&sample, kind, "volumes", (uint64_t)(t - END + 200));
		assert_true(rrd_file_write(file, &sample, 1, NULL));
	}
	assert_true(series_read(&x->settings, &r, &s, NULL));
	assert_int_equal(s.step, 1);
	assert_true(s.n >= 60);
	assert_float_equal(s.value[10], (double)(s.start + 11 - END + 200), 1e-9);
	g_free(s.value);
}

static void
refused(void **state)
{
	static const struct {
		const char *kind, *identity, *source, *message;
		int64_t from, step;
	} cases[] = {
		{ "ship", "x", "cpu", "no history is kept of a ship", END - 60, 0 },
		{ "volume", "7", "cpu",
		    "a volume has no source \"cpu\" (there are: capacity, allocation)",
		    END - 60, 0 },
		{ "volume", "7", "capacity", "no data recorded yet for web1", END - 60, 0 },
		{ "vm", "../x", "cpu", "\"../x\" cannot be the name of a file", END - 60, 0 },
		{ "vm", TEST_UUID, "cpu", "the end of the span must be after its start", END, 0 },
		{ "vm", TEST_UUID, "cpu",
		    "that would be 8640 points, and 5000 are the most: ask for a coarser "
		    "resolution", END - 86400, 10 },
	};
	const struct rrd_fixture *x = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct series_request r = base_request;
		struct series s = { 0 };
		g_autoptr(GError) error = NULL;
		r.kind = cases[i].kind;
		r.identity = cases[i].identity;
		r.source = cases[i].source;
		r.from = cases[i].from;
		r.step = cases[i].step;
		assert_false(series_read(&x->settings, &r, &s, &error));
		assert_string_equal(error->message, cases[i].message);
		assert_null(s.value);
	}
}

/* --- marks */

/* The store may have composed something else meanwhile: until it shows that VM as it is said. */
static struct cluster *
wait_for_vm(struct store *store, uint64_t generation, const char *node, enum vm_state vm_state)
{
	for (;;) {
		struct cluster *c = store_wait(store, generation, 5 * G_USEC_PER_SEC);
		const struct vm *vm = cluster_vm_by_name(c, "web1", NULL);
		bool timed_out = c->generation == generation;
		if (vm != NULL && vm->state == (int32_t)vm_state &&
		    g_strcmp0(vm->node_name, node) == 0)
			return c;
		generation = c->generation;
		cluster_unref(c);
		if (timed_out)
			fail_msg("web1 does not show in state %d on %s", vm_state, node);
	}
}

static struct cluster *
see(struct store *store, const char *node, enum vm_state vm_state)
{
	SCOPED(cluster) before = store_get(store);
	struct part *part = test_node_part(node, NODE_ONLINE);

	test_add_vm(part, "web1", 1, vm_state)->cpu_ns = (uint64_t)before->generation;
	test_add_vm(part, "web2", 2, VM_RUNNING)->mem_rss = 100;
	store_publish(store, part, PUBLISH_NOW);
	return wait_for_vm(store, before->generation, node, vm_state);
}

static void
events_become_marks(void **state)
{
	static const enum vm_state states[] = { VM_SHUT_OFF, VM_RUNNING, VM_PAUSED, VM_RUNNING,
		VM_CRASHED, VM_RUNNING };
	static const enum mark_type types[] = { MARK_STARTED, MARK_CRASHED, MARK_STARTED };
	struct store *store = store_new(NULL, "test");
	struct mark marks[MARKS_MOST];
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	uint32_t index = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
		SCOPED(cluster) c = see(store, "alpha", states[i]);
		index = test_vm(c, "web1")->h.index;
	}
	SCOPED(cluster) last = store_get(store);
	assert_int_equal(marks_find(last, OBJECT_VM, index, now - 60, now + 60, marks), 3);
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		assert_int_equal(marks[i].type, types[i]); /* newest first: the same backwards */
	assert_int_equal(marks_find(last, OBJECT_VM, index, now - 60, now - 30, marks), 0);
	assert_int_equal(marks_find(last, OBJECT_VM, test_vm(last, "web2")->h.index, now - 60,
	    now + 60, marks), 0);
	assert_int_equal(marks_find(last, OBJECT_NODE, index, now - 60, now + 60, marks), 0);
	store_free(store);
}

static void
moves_and_backups_become_marks(void **state)
{
	struct store *store = store_new(NULL, "test");
	struct mark marks[MARKS_MOST];
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;

	cluster_unref(see(store, "alpha", VM_RUNNING));
	store_publish(store, test_node_part("alpha", NODE_ONLINE), PUBLISH_NOW);
	g_usleep(50000);
	cluster_unref(see(store, "beta", VM_RUNNING));
	struct part *part = part_new("jobs", NULL);
	for (uint32_t i = 1; i <= 3; i++) {
		struct job *job = part_add(part, ROWS_JOB);
		job->h.index = i;
		job->type = i == 3 ? JOB_MIGRATE : JOB_BACKUP;
		job->kind = OBJECT_VM;
		job->object_name = "web1";
		job->object_uuid = TEST_UUID;
		job->state = i == 2 ? JOB_FAILED : JOB_SUCCEEDED;
		job->error = job->argument = job->requester = "";
		job->finished_at = g_get_real_time();
	}
	SCOPED(cluster) before = store_get(store);
	store_publish(store, part, PUBLISH_NOW);
	SCOPED(cluster) last = store_wait(store, before->generation, 5 * G_USEC_PER_SEC);
	size_t n = marks_find(last, OBJECT_VM, test_vm(last, "web1")->h.index, now - 60, now + 60,
	    marks);
	size_t backups = 0;
	for (size_t i = 0; i < n; i++)
		backups += marks[i].type == MARK_BACKED_UP;
	assert_int_equal(backups, 1);
	store_free(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_the_samples),
		cmocka_unit_test(rates_are_per_second),
		cmocka_unit_test(as_rrdtool_has_them),
		cmocka_unit_test(a_short_span_of_fine_rows),
		cmocka_unit_test(refused),
		cmocka_unit_test(events_become_marks),
		cmocka_unit_test(moves_and_backups_become_marks),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
