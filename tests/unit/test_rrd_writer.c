/* Samples on their way: rrdcached killed, hung, away for too long; files in the way. */
#include "config.h" /* nftw */

#include <fcntl.h>
#include <math.h>
#include <rrd.h>

#include "graphs/rrd_rows.h"
#include "graphs/rrd_writer.h"
#include "model/self.h"
#include "rrd_fixture.h"

#define STEP  60
#define START (INT64_C(1795392000) + 300) /* after a midnight (UTC): a whole step of each test */

/* A writer, the queue of one VM, and what is logged. */
struct world {
	struct rrd_fixture x;
	struct rrd_counters counters;
	struct rrd_writer *writer;
	struct rrd_queue *queue;
	unsigned step;
	int stderr_before;
};

static void
log_to_file(struct world *w)
{
	g_autofree char *path = g_build_filename(w->x.dir, "log", NULL);
	int fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);

	fflush(stderr);
	w->stderr_before = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static unsigned
times_logged(const struct world *w, const char *text)
{
	g_autofree char *path = g_build_filename(w->x.dir, "log", NULL);
	g_autofree char *all = NULL;
	unsigned n = 0;

	assert_true(g_file_get_contents(path, &all, NULL, NULL));
	for (const char *p = all; (p = strstr(p, text)) != NULL; p++)
		n++;
	return n;
}

static void
begin(struct world *w, bool server, unsigned step)
{
	*w = (struct world){ .step = step };
	fixture_start(&w->x);
	log_to_file(w);
	struct rrd_writer_options options = {
		.dir = w->x.settings.rrd_dir,
		.server = server ? w->x.address : "",
		.step = step,
		.years = 1,
		.cancel = -1,
		.counters = &w->counters,
	};
	w->writer = rrd_writer_new(&options);
	w->queue = rrd_writer_open(w->writer, rrd_kind_find("vm"), TEST_UUID, 10);
}

static void
end(struct world *w)
{
	rrd_writer_free(w->writer);
	dup2(w->stderr_before, STDERR_FILENO);
	close(w->stderr_before);
	fixture_end(&w->x);
}

static uint64_t
count(const _Atomic uint64_t *counter)
{
	return atomic_load(counter);
}

/* Sample number n says n. */
static void
keep_one(struct world *w, unsigned n)
{
	struct rrd_sample sample = sample_at(START + (int64_t)n * w->step);

	sample_set(&sample, rrd_kind_find("vm"), "mem_used", n);
	rrd_writer_keep(w->writer, w->queue, &sample);
}

/*
 * Of samples 0 to n - 1: how many are in the file; each must be what it was.  The first one
 * begins a file and has no row.
 */
static unsigned
samples_written(struct world *w, unsigned n)
{
	__attribute__((cleanup(rrd_rows_clear))) struct rrd_rows rows = { 0 };
	g_autofree char *path =
	    g_strconcat(w->x.settings.rrd_dir, "/vm/" TEST_UUID ".rrd", NULL);
	g_autoptr(GError) error = NULL;
	unsigned found = 0;

	if (w->x.rrdcached != 0) {
		SCOPED(rrdcached) server = rrdcached_new(w->x.address, -1);
		if (!rrd_file_flush(server, path, &error))
			fail_msg("%s", error->message);
	}
	if (!rrd_rows_read(&rows, path, "MAX", START - w->step,
		START + (int64_t)(n - 1) * w->step, w->step, &error))
		fail_msg("%s", error->message);
	g_autofree double *value = rrd_rows_source(&rows, "mem_used");
	for (size_t i = 0; i < rows.n; i++) {
		int64_t at = rows.start + (int64_t)((i + 1) * rows.step);
		if (isnan(value[i]))
			continue;
		assert_float_equal(value[i], (double)((at - START) / w->step), 1e-9);
		found++;
	}
	return found;
}

/* --- rrdcached */

/* It had taken all and written nothing.  Nobody asks it for anything before it is back. */
static void
test_killed_unnoticed(void **state)
{
	struct world w;

	begin(&w, true, STEP);
	fixture_start_rrdcached(&w.x);
	for (unsigned i = 0; i < 6; i++) {
		keep_one(&w, i);
		rrd_writer_write(w.writer);
	}
	assert_int_equal(count(&w.counters.updates), 6);
	assert_int_equal(count(&w.counters.waiting), 0);
	fixture_stop_rrdcached(&w.x, SIGKILL);
	fixture_start_rrdcached(&w.x);
	keep_one(&w, 6);
	rrd_writer_write(w.writer);
	assert_int_equal(count(&w.counters.waiting), 0);
	assert_int_equal(samples_written(&w, 7), 6);
	assert_int_equal(times_logged(&w, "is sent again"), 1);
	assert_int_equal(count(&w.counters.dropped), 0);
	end(&w);
}

/* Half of it was written; then three minutes without it. */
static void
test_killed_and_away(void **state)
{
	struct world w;

	begin(&w, true, STEP);
	fixture_start_rrdcached(&w.x);
	for (unsigned i = 0; i < 6; i++) {
		keep_one(&w, i);
		rrd_writer_write(w.writer);
		if (i == 3)
			samples_written(&w, 4);
	}
	fixture_stop_rrdcached(&w.x, SIGKILL);
	for (unsigned i = 6; i < 9; i++) {
		keep_one(&w, i);
		rrd_writer_write(w.writer);
	}
	assert_true(rrd_writer_has_lost_server(w.writer));
	assert_int_equal(count(&w.counters.waiting), 9);
	assert_int_equal(atomic_load(&self.rrd_waiting), 9);
	fixture_start_rrdcached(&w.x);
	g_usleep(1100000); /* the first pause */
	rrd_writer_write(w.writer);
	assert_false(rrd_writer_has_lost_server(w.writer));
	assert_int_equal(count(&w.counters.waiting), 0);
	assert_int_equal(count(&w.counters.dropped), 0);
	assert_int_equal(samples_written(&w, 9), 8);
	assert_int_equal(times_logged(&w, "samples are kept"), 1);
	assert_int_equal(times_logged(&w, "answers again"), 1);
	assert_int_equal(times_logged(&w, "can be written again"), 0);
	end(&w);
}

/* What has been taken is not kept for ever. */
static void
test_taken_is_let_go(void **state)
{
	struct world w;

	begin(&w, true, STEP);
	fixture_start_rrdcached(&w.x);
	for (unsigned i = 0; i < 100; i++) {
		keep_one(&w, i);
		rrd_writer_write(w.writer);
	}
	assert_int_equal(count(&w.counters.updates), 100);
	fixture_stop_rrdcached(&w.x, SIGKILL);
	keep_one(&w, 100);
	rrd_writer_write(w.writer);
	assert_int_equal(count(&w.counters.waiting), 7); /* seven minutes, with the last one */
	assert_int_equal(count(&w.counters.dropped), 0);
	end(&w);
}

/* An hour is kept, and the seven minutes before. */
static void
test_away_for_too_long(void **state)
{
	struct world w;

	begin(&w, true, 300);
	for (unsigned i = 0; i < 20; i++) {
		keep_one(&w, i);
		rrd_writer_write(w.writer);
	}
	assert_int_equal(count(&w.counters.waiting), 13);
	assert_int_equal(count(&w.counters.dropped), 7);
	assert_int_equal(times_logged(&w, "the oldest are given up"), 1);
	fixture_start_rrdcached(&w.x);
	g_usleep(1100000);
	rrd_writer_write(w.writer);
	assert_int_equal(count(&w.counters.waiting), 0);
	assert_int_equal(samples_written(&w, 20), 12);
	assert_int_equal(times_logged(&w, "all samples can be written again"), 1);
	end(&w);
}

static void
test_memory_is_bounded(void **state)
{
	struct world w;
	enum { QUEUES = 120, SAMPLES = 4000 };
	struct rrd_queue *queue[QUEUES];
	size_t size = sizeof(int64_t) + rrd_kind_sources(rrd_kind_find("vm"))->n * 8;

	begin(&w, true, 1);
	for (unsigned q = 0; q < QUEUES; q++) {
		g_autofree char *name = g_strdup_printf("vm%u", q);
		queue[q] = rrd_writer_open(w.writer, rrd_kind_find("vm"), name, 10);
	}
	for (unsigned i = 0; i < SAMPLES; i++) {
		struct rrd_sample sample = sample_at(START + i);
		for (unsigned q = 0; q < QUEUES; q++)
			rrd_writer_keep(w.writer, queue[q], &sample);
	}
	assert_in_range(count(&w.counters.waiting) * size, 70 << 20, (80 << 20) + size);
	assert_int_equal(count(&w.counters.waiting) + count(&w.counters.dropped),
	    QUEUES * SAMPLES);
	assert_int_equal(times_logged(&w, "the oldest are given up"), 1);
	end(&w);
}

static void
test_hung(void **state)
{
	struct rrd_fixture x;
	g_autoptr(GError) error = NULL;

	fixture_start(&x);
	fixture_start_rrdcached(&x);
	SCOPED(rrdcached) server = rrdcached_new(x.address, -1);
	g_strfreev(rrdcached_ask(server, "PING", NULL));
	kill(x.rrdcached, SIGSTOP);
	g_usleep(200000);
	rrdcached_set_patience(server, G_USEC_PER_SEC / 2);
	int64_t start = g_get_monotonic_time();
	assert_null(rrdcached_ask(server, "PING", &error));
	assert_true(g_error_matches(error, RRD_ERROR, RRD_ERROR_GONE));
	assert_in_range(g_get_monotonic_time() - start, 400000, 3000000);
	fixture_end(&x);
}

/* --- files */

/* One that cannot be made does not hold up the others, and is told of until it can. */
static void
test_in_the_way(void **state)
{
	struct world w;

	begin(&w, false, STEP);
	g_autofree char *folder = g_build_filename(w.x.settings.rrd_dir, "vm", NULL);
	g_mkdir_with_parents(w.x.settings.rrd_dir, 0755);
	assert_true(g_file_set_contents(folder, "in the way", -1, NULL));
	struct rrd_queue *node = rrd_writer_open(w.writer, rrd_kind_find("node"), "alpha", 10);
	for (unsigned i = 0; i < 3; i++) {
		struct rrd_sample sample = sample_at(START + (int64_t)i * STEP);
		rrd_writer_keep(w.writer, node, &sample);
		keep_one(&w, i);
		rrd_writer_write(w.writer);
	}
	assert_int_equal(count(&w.counters.updates), 3);
	assert_int_equal(count(&w.counters.waiting), 3);
	assert_true(atomic_load(&self.rrd_refused_us) > 0);
	assert_int_equal(times_logged(&w, "of other files is not logged"), 1);
	unlink(folder);
	rrd_writer_write(w.writer);
	assert_int_equal(count(&w.counters.waiting), 0);
	assert_int_equal(atomic_load(&self.rrd_refused_us), 0);
	assert_int_equal(samples_written(&w, 3), 2);
	assert_int_equal(times_logged(&w, "all samples can be written again"), 1);
	end(&w);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_unnoticed),
		cmocka_unit_test(test_killed_and_away),
		cmocka_unit_test(test_taken_is_let_go),
		cmocka_unit_test(test_away_for_too_long),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_hung),
		cmocka_unit_test(test_in_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
