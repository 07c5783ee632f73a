/* RRD files, rrdcached and the sink: what goes in comes out right, whatever happens. */
#include "config.h" /* nftw */

#include <math.h>
#include <rrd.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "graphs/rrd_sink.h"
#include "model/store.h"
#include "rrd_fixture.h"

#define assert_ok(expression)                                                          \
	do {                                                                           \
		g_autoptr(GError) ok_error = NULL;                                     \
		bool ok = (expression);                                                \
		if (!ok)                                                               \
			fail_msg(                                                      \
			    "%s", ok_error != NULL ? ok_error->message : #expression); \
	} while (0)

static const struct rrd_kind *
vm_kind(void)
{
	return rrd_kind_find("vm");
}

/* One source's rows of one archive. */
struct column_data {
	time_t start;
	unsigned long step;
	GArray *value; /* double; row i ends at start + (i + 1) * step */
};

static struct column_data
fetch(const char *path, const char *cf, const char *name, unsigned long step,
    time_t from, time_t to)
{
	struct column_data out = { .start = from, .step = step };
	unsigned long columns;
	char **names;
	rrd_value_t *data;
	time_t end = to;

	if (rrd_fetch_r(
		path, cf, &out.start, &end, &out.step, &columns, &names, &data) != 0)
		fail_msg("%s", rrd_get_error());
	out.value = g_array_new(FALSE, FALSE, sizeof(double));
	for (unsigned long c = 0; c < columns; c++) {
		if (strcmp(names[c], name) == 0)
			for (unsigned long r = 0;
			     r < (unsigned long)(end - out.start) / out.step; r++)
				g_array_append_val(out.value, data[r * columns + c]);
		rrd_freemem(names[c]);
	}
	rrd_freemem(names);
	rrd_freemem(data);
	assert_true(out.value->len > 0);
	return out;
}

static double
last_value(const char *path, const char *name)
{
	time_t when;
	unsigned long n;
	char **names, **values;
	double found = -1;

	if (rrd_lastupdate_r(path, &when, &n, &names, &values) != 0)
		fail_msg("%s: %s", path, rrd_get_error());
	for (unsigned long i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			found = strcmp(values[i], "U") == 0
			            ? (double)NAN
			            : g_ascii_strtod(values[i], NULL);
		rrd_freemem(names[i]);
		rrd_freemem(values[i]);
	}
	rrd_freemem(names);
	rrd_freemem(values);
	return found;
}

/* --- layout */

/* The rows of one consolidation, AVERAGE; and MAX has the same. */
static void
check_archives(const char *kind, unsigned step, unsigned years, const char *const want[4])
{
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);

	rrd_layout_add_archives(args, rrd_kind_find(kind), step, years);
	assert_int_equal(args->len, 8);
	for (size_t a = 0; a < 4; a++) {
		g_autofree char *max = g_strconcat("RRA:MAX:", want[a], NULL);
		g_autofree char *average = g_strconcat("RRA:AVERAGE:", want[a], NULL);
		assert_string_equal(g_ptr_array_index(args, a), average);
		assert_string_equal(g_ptr_array_index(args, a + 4), max);
	}
}

static void
test_archives(void **state)
{
	static const struct {
		const char *kind;
		unsigned step, years;
		const char *want[4];
	} cases[] = {
		{ "vm", 5, 10, { "0.5:1:17280", "0.5:60:2016", "0.5:720:744",
			"0.95:17280:3653" } },
		{ "vm", 60, 10, { "0.5:1:1440", "0.5:5:2016", "0.5:60:744", "0.95:1440:3653" } },
		{ "vm", 60, 2, { "0.5:1:1440", "0.5:5:2016", "0.5:60:744", "0.95:1440:731" } },
		{ "node", 300, 1, { "0.5:1:288", "0.5:1:2016", "0.5:12:744",
			"0.95:288:366" } },
		{ "disk", 60, 10, { "0.5:1:1440", "0.5:15:672", "0.5:60:744",
			"0.95:1440:731" } },
		{ "volume", 60, 1, { "0.5:1:1440", "0.5:15:672", "0.5:60:744",
			"0.95:1440:366" } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		check_archives(
		    cases[i].kind, cases[i].step, cases[i].years, cases[i].want);
	for (unsigned step = 1; step <= 300; step++) {
		g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);
		if (300 % step != 0)
			continue;
		rrd_layout_add_archives(args, vm_kind(), step, 10);
		for (guint a = 0; a < args->len; a++) {
			static const unsigned spans[] = { 86400, 7 * 86400, 31 * 86400,
				3653 * 86400 };
			unsigned steps, rows;
			const char *numbers = strstr(
						  g_ptr_array_index(args, a), ":0.") +
			                      1;
			assert_int_equal(
			    sscanf(strchr(numbers, ':'), ":%u:%u", &steps, &rows), 2);
			assert_int_equal(steps * rows * step,
			    a % 4 == 0 ? MIN(86400, 17280 * step) : spans[a % 4]);
		}
	}
}

static void
test_sources(void **state)
{
	for (size_t k = 0; k < rrd_kinds_n; k++) {
		const struct rrd_sources *sources = rrd_kind_sources(&rrd_kinds[k]);
		assert_true(sources->n >= 2);
		for (size_t i = 0; i < sources->n; i++) {
			const char *name = sources->column[i]->series;
			assert_in_range(strlen(name), 1, 19);
			assert_int_equal(rrd_kind_source(&rrd_kinds[k], name), i);
		}
	}
	assert_int_equal(rrd_kind_source(vm_kind(), "colour"), -1);
}

static void
test_paths(void **state)
{
	static const struct {
		const char *identity, *path;
	} cases[] = {
		{ TEST_UUID, "/r/vm/" TEST_UUID ".rrd" },
		{ "a.b-c_1", "/r/vm/a.b-c_1.rrd" },
		{ "", NULL },
		{ "..", NULL },
		{ ".hidden", NULL },
		{ "../../etc/passwd", NULL },
		{ "a b", NULL },
		{ "a\nFLUSHALL", NULL },
		{ "a:b", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *path = rrd_layout_path(
		    "/r", vm_kind(), cases[i].identity, &error);
		if (cases[i].path != NULL)
			assert_string_equal(path, cases[i].path);
		else
			assert_true(path == NULL && error != NULL);
	}
}

/* --- a year */

#define YEAR_END INT64_C(1795392000) /* a midnight (UTC), a Monday */
#define DAYS     400

/* MiB: a wave a day, and a peak on each seventh day at noon. */
static uint64_t
wave(int64_t t)
{
	double day = (double)(t % 86400) / 86400;

	if (t / 86400 % 7 == 3 && t % 86400 > 43200 && t % 86400 <= 43200 + 600)
		return 4000;
	return (uint64_t)lround(1000 + 500 * sin(2 * G_PI * day));
}

#define RATE_NS 250000000 /* per second */

/* Starts anew every 100,000 seconds; a multiple of a day or an hour it is not. */
static uint64_t
counter(int64_t t)
{
	return (uint64_t)(t % 100000) * RATE_NS;
}

static void
write_year(struct rrd_file *file)
{
	g_autoptr(GArray) some = g_array_new(FALSE, FALSE, sizeof(struct rrd_sample));

	for (int64_t t = YEAR_END - DAYS * 86400; t <= YEAR_END; t += 60) {
		struct rrd_sample sample = sample_at(t);
		sample_set(&sample, vm_kind(), "mem_used", wave(t));
		sample_set(&sample, vm_kind(), "cpu", counter(t));
		g_array_append_val(some, sample);
		if (some->len < 1440 && t < YEAR_END)
			continue;
		assert_ok(rrd_file_write(
		    file, (const void *)some->data, some->len, &ok_error));
		g_array_set_size(some, 0);
	}
}

static void
check_row(const char *cf, int64_t end, int64_t step, double got)
{
	double sum = 0, most = 0;

	for (int64_t t = end - step + 60; t <= end; t += 60) {
		sum += (double)wave(t);
		most = MAX(most, (double)wave(t));
	}
	double want = strcmp(cf, "MAX") == 0 ? most : sum / ((double)step / 60);
	if (!(fabs(got - want) < 0.01))
		fail_msg("%s of %d s to %lld: %f instead of %f", cf, (int)step,
		    (long long)end, got, want);
}

static void
test_year(void **state)
{
	static const struct {
		const char *span;
		time_t seconds;
		unsigned long step;
	} cases[] = {
		{ "hour", 3600, 60 },
		{ "day", 86400, 60 },
		{ "week", 7 * 86400, 300 },
		{ "month", 31 * 86400, 3600 },
		{ "year", 365 * 86400, 86400 },
	};
	static const char *const cfs[] = { "AVERAGE", "MAX" };
	struct rrd_fixture x;

	fixture_start(&x);
	SCOPED(rrd_file)
	file = rrd_file_new(
	    x.settings.rrd_dir, vm_kind(), TEST_UUID, 60, 10, NULL, NULL);
	assert_ok(rrd_file_prepare(file, YEAR_END - DAYS * 86400, &ok_error));
	write_year(file);
	const char *path = rrd_file_name(file);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		for (size_t c = 0; c < G_N_ELEMENTS(cfs); c++) {
			time_t from = YEAR_END - cases[i].seconds;
			struct column_data d = fetch(path, cfs[c], "mem_used",
			    cases[i].step, from, YEAR_END - 1);
			assert_int_equal(d.step, cases[i].step);
			assert_true(
			    d.value->len >= (guint)(cases[i].seconds / (time_t)d.step));
			for (guint r = 0; r < d.value->len; r++)
				check_row(cfs[c], d.start + (r + 1) * (int64_t)d.step,
				    (int64_t)d.step, g_array_index(d.value, double, r));
			g_array_free(d.value, TRUE);
			/* The counter's resets are gaps at most: never another rate. */
			d = fetch(
			    path, cfs[c], "cpu", cases[i].step, from, YEAR_END - 1);
			guint known = 0;
			for (guint r = 0; r < d.value->len; r++) {
				double v = g_array_index(d.value, double, r);
				assert_true(isnan(v) || fabs(v - RATE_NS) < 1);
				known += !isnan(v);
			}
			assert_true(known >= d.value->len - 8);
			g_array_free(d.value, TRUE);
		}
	}
	fixture_end(&x);
}

/* --- files of other versions */

/* Some of our sources in another order, one that nobody knows, and a day of history. */
static void
make_old_file(const char *path)
{
	const char *args[] = { "DS:net_rx:DERIVE:180:0:U", "DS:future:GAUGE:180:0:100",
		"DS:mem_used:GAUGE:180:0:U", "RRA:AVERAGE:0.5:1:1440",
		"RRA:AVERAGE:0.5:5:2016", "RRA:AVERAGE:0.5:60:744",
		"RRA:AVERAGE:0.95:1440:731", "RRA:MAX:0.5:1:1440", "RRA:MAX:0.5:5:2016",
		"RRA:MAX:0.5:60:744", "RRA:MAX:0.95:1440:731" };
	g_autofree char *folder = g_path_get_dirname(path);
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	g_mkdir_with_parents(folder, 0755);
	assert_int_equal(
	    rrd_create_r(path, 60, YEAR_END - 86400, G_N_ELEMENTS(args), args), 0);
	for (int64_t t = YEAR_END - 86400 + 60; t <= YEAR_END; t += 60)
		g_ptr_array_add(
		    lines, g_strdup_printf("%lld:%lld:42:%llu", (long long)t,
			       (long long)t * 10, (unsigned long long)wave(t)));
	assert_int_equal(
	    rrd_update_r(path, NULL, (int)lines->len, (const char **)lines->pdata), 0);
}

static void
compare_history(const char *before, const char *after)
{
	static const char *const names[] = { "net_rx", "future", "mem_used" };
	static const unsigned long steps[] = { 60, 300, 3600 };

	for (size_t n = 0; n < G_N_ELEMENTS(names); n++) {
		for (size_t s = 0; s < G_N_ELEMENTS(steps); s++) {
			struct column_data a = fetch(before, "MAX", names[n], steps[s],
			    YEAR_END - 79200, YEAR_END - 1);
			struct column_data b = fetch(after, "MAX", names[n], steps[s],
			    YEAR_END - 79200, YEAR_END - 1);
			assert_int_equal(a.step, b.step);
			assert_int_equal(a.value->len, b.value->len);
			for (guint i = 0; i < a.value->len; i++)
				assert_float_equal(g_array_index(a.value, double, i),
				    g_array_index(b.value, double, i), 1e-9);
			g_array_free(a.value, TRUE);
			g_array_free(b.value, TRUE);
		}
	}
}

static void
check_old_file(struct rrd_fixture *x, struct rrdcached *server)
{
	SCOPED(rrd_file)
	file = rrd_file_new(
	    x->settings.rrd_dir, vm_kind(), TEST_UUID, 60, 10, server, NULL);
	const char *path = rrd_file_name(file);
	g_autofree char *copy = g_strconcat(x->dir, "/copy.rrd", NULL);
	g_autofree char *bytes = NULL;
	gsize len;

	make_old_file(path);
	assert_true(g_file_get_contents(path, &bytes, &len, NULL));
	assert_true(g_file_set_contents(copy, bytes, (gssize)len, NULL));
	assert_ok(rrd_file_prepare(file, YEAR_END, &ok_error));
	assert_int_equal(rrd_file_lacks(file), 0);
	assert_int_equal(rrd_file_last(file), YEAR_END);
	compare_history(copy, path);

	struct rrd_sample sample = sample_at(YEAR_END + 60);
	sample_set(&sample, vm_kind(), "mem_used", 77);
	sample_set(&sample, vm_kind(), "net_rx", 99);
	sample_set(&sample, vm_kind(), "cpu", 1234567890123456789);
	if (server == NULL) {
		assert_ok(rrd_file_write(file, &sample, 1, &ok_error));
	} else {
		g_autoptr(GString) update = g_string_new("UPDATE");
		rrdcached_append(update, path);
		g_string_append_c(update, ' ');
		rrd_file_append_values(file, &sample, update);
		g_auto(GStrv) lines = rrdcached_ask(server, update->str, NULL);
		assert_non_null(lines);
		assert_ok(rrd_file_flush(server, path, &ok_error));
	}
	assert_float_equal(last_value(path, "mem_used"), 77, 0);
	assert_float_equal(last_value(path, "net_rx"), 99, 0);
	assert_float_equal(last_value(path, "cpu"), 1234567890123456789, 0);
	assert_true(isnan(last_value(path, "future")));
	assert_true(isnan(last_value(path, "disk_rd")));
}

static void
test_old_file_direct(void **state)
{
	struct rrd_fixture x;

	fixture_start(&x);
	check_old_file(&x, NULL);
	fixture_end(&x);
}

static void
test_old_file_rrdcached(void **state)
{
	struct rrd_fixture x;

	fixture_start(&x);
	fixture_start_rrdcached(&x);
	SCOPED(rrdcached) server = rrdcached_new(x.address, -1);
	check_old_file(&x, server);
	fixture_end(&x);
}

/* --- single updates */

static void
test_same_second(void **state)
{
	struct rrd_fixture x;
	struct rrd_sample sample = sample_at(YEAR_END);
	struct stat st;

	fixture_start(&x);
	SCOPED(rrd_file)
	file = rrd_file_new(
	    x.settings.rrd_dir, vm_kind(), TEST_UUID, 60, 10, NULL, NULL);
	assert_ok(rrd_file_prepare(file, YEAR_END, &ok_error));
	sample_set(&sample, vm_kind(), "mem_used", 1);
	assert_ok(rrd_file_write(file, &sample, 1, &ok_error));
	sample_set(&sample, vm_kind(), "mem_used", 2);
	assert_ok(rrd_file_write(file, &sample, 1, &ok_error));
	assert_float_equal(last_value(rrd_file_name(file), "mem_used"), 1, 0);

	assert_int_equal(stat(rrd_file_name(file), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);

	/* Gone: it says so, and is made again when prepared again. */
	g_autoptr(GError) error = NULL;
	assert_int_equal(unlink(rrd_file_name(file)), 0);
	sample.at += 60;
	assert_false(rrd_file_write(file, &sample, 1, &error));
	assert_true(g_error_matches(error, RRD_ERROR, RRD_ERROR_MISSING));
	rrd_file_distrust(file);
	assert_ok(rrd_file_prepare(file, sample.at, &ok_error));
	assert_ok(rrd_file_write(file, &sample, 1, &ok_error));
	fixture_end(&x);
}

static void
test_unwritable(void **state)
{
	struct rrd_fixture x;
	g_autoptr(GError) error = NULL;

	fixture_start(&x);
	assert_true(g_file_set_contents(x.settings.rrd_dir, "in the way", -1, NULL));
	SCOPED(rrd_file)
	file = rrd_file_new(
	    x.settings.rrd_dir, vm_kind(), TEST_UUID, 60, 10, NULL, NULL);
	assert_false(rrd_file_prepare(file, YEAR_END, &error));
	assert_true(g_error_matches(error, RRD_ERROR, RRD_ERROR_FAILED));
	fixture_end(&x);
}

/* What a lost power leaves of a file that was just made: zeros, or not even those. */
static void
check_blank(struct rrd_fixture *x, struct rrdcached *server, gssize size)
{
	SCOPED(rrd_file)
	file = rrd_file_new(
	    x->settings.rrd_dir, vm_kind(), TEST_UUID, 60, 10, server, NULL);
	g_autofree char *folder = g_path_get_dirname(rrd_file_name(file));
	g_autofree char *zeros = g_malloc0((gsize)size + 1);

	g_mkdir_with_parents(folder, 0755);
	assert_true(g_file_set_contents(rrd_file_name(file), zeros, size, NULL));
	assert_ok(rrd_file_prepare(file, YEAR_END, &ok_error));
	assert_int_equal(rrd_file_last(file), YEAR_END - 1);
	assert_int_equal(unlink(rrd_file_name(file)), 0);
}

static void
test_blank(void **state)
{
	struct rrd_fixture x;

	fixture_start(&x);
	check_blank(&x, NULL, 0);
	check_blank(&x, NULL, 100000);
	fixture_start_rrdcached(&x);
	SCOPED(rrdcached) server = rrdcached_new(x.address, -1);
	check_blank(&x, server, 0);
	check_blank(&x, server, 100000);
	fixture_end(&x);
}

/* A file that has something in it, if only a word, is somebody's: it stays. */
static void
test_not_ours(void **state)
{
	struct rrd_fixture x;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	fixture_start(&x);
	SCOPED(rrd_file)
	file = rrd_file_new(
	    x.settings.rrd_dir, vm_kind(), TEST_UUID, 60, 10, NULL, NULL);
	g_autofree char *folder = g_path_get_dirname(rrd_file_name(file));
	g_mkdir_with_parents(folder, 0755);
	assert_true(g_file_set_contents(rrd_file_name(file), "a word", -1, NULL));
	assert_false(rrd_file_prepare(file, YEAR_END, &error));
	assert_true(g_file_get_contents(rrd_file_name(file), &text, NULL, NULL));
	assert_string_equal(text, "a word");
	fixture_end(&x);
}

static void
write_one(struct rrd_file *file, struct rrdcached *server, int64_t at)
{
	struct rrd_sample sample = sample_at(at);

	sample_set(&sample, vm_kind(), "mem_used", 5);
	if (server == NULL) {
		assert_ok(rrd_file_write(file, &sample, 1, &ok_error));
		return;
	}
	g_autoptr(GString) update = g_string_new("UPDATE");
	rrdcached_append(update, rrd_file_name(file));
	g_string_append_c(update, ' ');
	rrd_file_append_values(file, &sample, update);
	g_auto(GStrv) lines = rrdcached_ask(server, update->str, NULL);
	assert_non_null(lines);
	assert_ok(rrd_file_flush(server, rrd_file_name(file), &ok_error));
}

/* Read every minute, and from then on every five. */
static void
check_longer_interval(struct rrd_fixture *x, struct rrdcached *server)
{
	SCOPED(rrd_file)
	file = rrd_file_new(
	    x->settings.rrd_dir, vm_kind(), TEST_UUID, 60, 10, server, NULL);

	assert_ok(rrd_file_prepare(file, YEAR_END, &ok_error));
	for (int64_t t = YEAR_END; t <= YEAR_END + 300; t += 60)
		write_one(file, server, t);
	rrd_file_expect(file, 20);
	assert_true(rrd_file_is_ready(file));
	rrd_file_expect(file, 300);
	assert_false(rrd_file_is_ready(file));
	assert_ok(rrd_file_prepare(file, YEAR_END, &ok_error));
	for (int64_t t = YEAR_END + 600; t <= YEAR_END + 1500; t += 300)
		write_one(file, server, t);
	struct column_data d = fetch(rrd_file_name(file), "MAX", "mem_used", 60,
	    YEAR_END + 1, YEAR_END + 1499);
	for (guint i = 0; i < d.value->len; i++) /* all of it */
		assert_float_equal(g_array_index(d.value, double, i), 5, 1e-9);
	assert_true(d.value->len >= 24);
	g_array_free(d.value, TRUE);
	assert_int_equal(unlink(rrd_file_name(file)), 0);
}

static void
test_longer_interval(void **state)
{
	struct rrd_fixture x;

	fixture_start(&x);
	check_longer_interval(&x, NULL);
	fixture_start_rrdcached(&x);
	SCOPED(rrdcached) server = rrdcached_new(x.address, -1);
	check_longer_interval(&x, server);
	fixture_end(&x);
}

struct refusals {
	unsigned n;
	size_t last;
	enum rrd_error code;
};

static void
count_refusal(void *context, size_t n, const char *message)
{
	struct refusals *r = context;

	r->n++;
	r->last = n;
	r->code = rrd_error_code(message);
}

static void
test_batch(void **state)
{
	struct rrd_fixture x;
	struct refusals refused = { 0 };

	fixture_start(&x);
	fixture_start_rrdcached(&x);
	SCOPED(rrdcached) server = rrdcached_new(x.address, -1);
	SCOPED(rrd_file)
	file = rrd_file_new(
	    x.settings.rrd_dir, vm_kind(), TEST_UUID, 60, 10, server, NULL);
	assert_ok(rrd_file_prepare(file, YEAR_END, &ok_error));
	g_autoptr(GString) batch = g_string_new(NULL);
	for (int i = 0; i < 5000; i++) {
		struct rrd_sample sample = sample_at(YEAR_END + (i == 17 ? 16 : i));
		g_string_append(batch, "UPDATE");
		rrdcached_append(batch, rrd_file_name(file));
		g_string_append_c(batch, ' ');
		rrd_file_append_values(file, &sample, batch);
		g_string_append_c(batch, '\n');
	}
	assert_ok(rrdcached_batch(server, batch, count_refusal, &refused, &ok_error));
	assert_int_equal(refused.n, 1);
	assert_int_equal(refused.last, 17);
	assert_int_equal(refused.code, RRD_ERROR_PAST);
	/* An answer, not a broken connection. */
	assert_ok(rrd_file_flush(server, rrd_file_name(file), &ok_error));

	g_autoptr(GError) error = NULL;
	assert_false(rrd_file_flush(server, "/elsewhere.rrd", &error));
	assert_int_equal(error->domain, RRD_ERROR);
	assert_int_not_equal(error->code, RRD_ERROR_GONE);
	assert_ok(rrd_file_flush(server, rrd_file_name(file), &ok_error));

	/* A restart of rrdcached while nobody talks to it goes unnoticed. */
	fixture_stop_rrdcached(&x, SIGTERM);
	fixture_start_rrdcached(&x);
	assert_ok(rrd_file_flush(server, rrd_file_name(file), &ok_error));
	fixture_stop_rrdcached(&x, SIGTERM);
	g_clear_error(&error);
	assert_false(rrd_file_flush(server, rrd_file_name(file), &error));
	assert_true(g_error_matches(error, RRD_ERROR, RRD_ERROR_GONE));
	fixture_end(&x);
}

/* --- the sink */

/* Hands in a sample of node alpha and a VM that used `cpu_s` seconds of CPU. */
static void
publish(
    struct store *store, double cpu_s, enum vm_state vm_state, int64_t discontinuity)
{
	struct part *part = test_node_part("alpha", NODE_ONLINE);
	struct vm *vm = test_add_vm(part, "web1", 1, vm_state);
	struct node *node = part->rows[ROWS_NODE]->pdata[0];

	node->cpu_user_ms = (uint64_t)(cpu_s * 1000);
	node->mem_used = 1000;
	vm->cpu_ns = vm_state == VM_RUNNING ? (uint64_t)(cpu_s * 1e9) : ABSENT_U64;
	vm->discontinuity_us = discontinuity;
	store_publish(store, part, PUBLISH_NOW);
}

/* Publishes five times a second, half a CPU busy, until there is so much (15 s at most). */
static struct rrd_sink_stats
feed(struct store *store, struct rrd_sink *sink, uint64_t updates, uint64_t waiting)
{
	struct rrd_sink_stats stats = { 0 };

	for (int i = 0; i < 75; i++) {
		publish(store, (double)g_get_monotonic_time() / 2e6, VM_RUNNING, 1);
		g_usleep(200000);
		rrd_sink_get_stats(sink, &stats);
		if (stats.updates >= updates && stats.waiting >= waiting)
			return stats;
	}
	fail_msg("after 15 s %d updates, %d waiting", (int)stats.updates,
	    (int)stats.waiting);
	return stats;
}

static void
check_half_busy(struct rrd_fixture *x, const char *kind, const char *id,
    const char *source, double want)
{
	g_autofree char *path = g_strdup_printf(
	    "%s/%s/%s.rrd", x->settings.rrd_dir, kind, id);
	time_t now = time(NULL);
	unsigned known = 0;

	struct column_data d = fetch(path, "MAX", source, 1, now - 30, now);
	for (guint i = 0; i < d.value->len; i++) {
		double v = g_array_index(d.value, double, i);
		known += !isnan(v);
		/* Readings come at any moment, rates are told of whole seconds. */
		if (!isnan(v) && fabs(v - want) > want * 0.02)
			fail_msg("%s %s: %f instead of %f", kind, source, v, want);
	}
	assert_true(known >= 2);
	g_array_free(d.value, TRUE);
}

static void
test_sink_direct(void **state)
{
	struct rrd_fixture x;

	fixture_start(&x);
	x.settings.rrd_step = 1;
	struct store *store = store_new(NULL, "test");
	struct rrd_sink *sink = rrd_sink_new(store, &x.settings, NULL);
	struct rrd_sink_stats stats = feed(store, sink, 15, 0);
	assert_int_equal(stats.failed, 0);
	assert_int_equal(stats.dropped, 0);
	assert_true(stats.last_good_us > 0);
	check_half_busy(&x, "vm", TEST_UUID, "cpu", 5e8);
	check_half_busy(&x, "node", "alpha", "cpu_user", 500);

	/* Counters that start anew, far ahead of where they were: no spike. */
	publish(store, 1e9, VM_RUNNING, 2);
	g_usleep(1300000);
	publish(store, 1e9 + 0.75, VM_RUNNING, 2);
	g_usleep(1300000);
	check_half_busy(&x, "vm", TEST_UUID, "cpu", 5e8);

	/* Shut off: unknown from now on; then it says nothing more. */
	publish(store, 0, VM_SHUT_OFF, 2);
	g_usleep(1300000);
	g_autofree char *path = g_strconcat(
	    x.settings.rrd_dir, "/vm/" TEST_UUID ".rrd", NULL);
	assert_true(isnan(last_value(path, "mem_actual")));

	/* Switched off by new settings. */
	struct settings off = x.settings;
	off.rrd_enabled = false;
	rrd_sink_apply(sink, &off);
	g_usleep(300000);
	rrd_sink_get_stats(sink, &stats);
	uint64_t before = stats.updates;
	publish(store, 1, VM_RUNNING, 3);
	g_usleep(1300000);
	rrd_sink_get_stats(sink, &stats);
	assert_int_equal(stats.updates, before);
	rrd_sink_free(sink);
	store_free(store);
	fixture_end(&x);
}

static void
test_sink_rrdcached(void **state)
{
	struct rrd_fixture x;

	fixture_start(&x);
	fixture_start_rrdcached(&x);
	x.settings.rrd_step = 1;
	g_free(x.settings.rrdcached);
	x.settings.rrdcached = g_strdup(x.address);
	struct store *store = store_new(NULL, "test");
	struct rrd_sink *sink = rrd_sink_new(store, &x.settings, NULL);
	struct rrd_sink_stats stats = feed(store, sink, 15, 0);
	assert_int_equal(stats.failed, 0);

	/* Gone: samples wait.  Back: they are written, none is lost. */
	fixture_stop_rrdcached(&x, SIGTERM);
	stats = feed(store, sink, 0, 6);
	fixture_start_rrdcached(&x);
	stats = feed(store, sink, stats.updates + stats.waiting + 3, 0);
	assert_int_equal(stats.dropped, 0);
	SCOPED(rrdcached) server = rrdcached_new(x.address, -1);
	g_autofree char *path = g_strconcat(
	    x.settings.rrd_dir, "/vm/" TEST_UUID ".rrd", NULL);
	assert_ok(rrd_file_flush(server, path, &ok_error));
	check_half_busy(&x, "vm", TEST_UUID, "cpu", 5e8);

	/* Hangs: the end of the sink does not wait for it. */
	kill(x.rrdcached, SIGSTOP);
	g_usleep(1300000);
	int64_t start = g_get_monotonic_time();
	rrd_sink_free(sink);
	assert_true(g_get_monotonic_time() - start < G_USEC_PER_SEC);
	store_free(store);
	fixture_end(&x);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_archives),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_year),
		cmocka_unit_test(test_old_file_direct),
		cmocka_unit_test(test_old_file_rrdcached),
		cmocka_unit_test(test_same_second),
		cmocka_unit_test(test_unwritable),
		cmocka_unit_test(test_blank),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_longer_interval),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_sink_direct),
		cmocka_unit_test(test_sink_rrdcached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
