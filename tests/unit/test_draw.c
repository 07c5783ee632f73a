/* Graphs: every picture of the catalogue is drawn, and its numbers are right. */
#include "config.h" /* nftw */

#include <math.h>

#include "graphs/draw.h"
#include "rrd_fixture.h"

#define END   INT64_C(1795392000)
#define START (END - 2 * 86400)

static const struct draw_request base_request = {
	.kind = "vm",
	.identity = TEST_UUID,
	.title = "web1",
	.graph = "cpu",
	.start = END - 3600,
	.end = END,
};

/* Two days of a steady VM, node and pool: half a CPU, 100 bytes a second in. */
static void
record(struct rrd_fixture *x, const struct rrd_kind *kind, const char *identity)
{
	SCOPED(rrd_file)
	file = rrd_file_new(x->settings.rrd_dir, kind, identity, 60, 10, NULL, NULL);
	g_autoptr(GArray)
	    samples = g_array_new(FALSE, FALSE, sizeof(struct rrd_sample));

	for (int64_t t = START; t <= END; t += 60) {
		struct rrd_sample sample = sample_at(t);
		uint64_t s = (uint64_t)(t - START);
		if (strcmp(kind->name, "vm") == 0) {
			sample_set(&sample, kind, "cpu", s * 500000000);
			sample_set(&sample, kind, "mem_used", t % 600 == 0 ? 300 : 100);
			sample_set(&sample, kind, "net_rx", s * 100);
		} else if (kind->small) {
			sample_set(&sample, kind, rrd_kind_sources(kind)->column[0]->series, s);
		} else if (strcmp(kind->name, "cluster") == 0) {
			sample_set(&sample, kind, "cpu", 2500);
		} else if (strcmp(kind->name, "pool") == 0) {
			sample_set(&sample, kind, "capacity", 1000);
			sample_set(&sample, kind, "allocation", 400);
		} else {
			sample_set(&sample, kind, "cpu_user", s * 100);
			sample_set(&sample, kind, "cpu_system", s * 300);
			sample_set(&sample, kind, "cpu_idle", s * 1600);
			sample_set(&sample, kind, "vms_cpu", 15000);
		}
		g_array_append_val(samples, sample);
	}
	assert_true(rrd_file_prepare(file, START, NULL));
	assert_true(
	    rrd_file_write(file, (const void *)samples->data, samples->len, NULL));
}

/* A VM that keeps n tenths of a CPU busy, from the second day on. */
static void
record_cpu(struct rrd_fixture *x, const char *identity, unsigned n)
{
	const struct rrd_kind *kind = rrd_kind_find("vm");
	SCOPED(rrd_file)
	file = rrd_file_new(x->settings.rrd_dir, kind, identity, 60, 10, NULL, NULL);

	assert_true(rrd_file_prepare(file, START, NULL));
	for (int64_t t = START + 86400; t <= END; t += 60) {
		struct rrd_sample sample = sample_at(t);
		sample_set(&sample, kind, "cpu", (uint64_t)(t - START) * n * 100000000);
		assert_true(rrd_file_write(file, &sample, 1, NULL));
	}
}

static int
setup(void **state)
{
	static struct rrd_fixture x;

	fixture_start(&x);
	g_free(x.settings.rrd_dir);
	x.settings.rrd_dir = g_strconcat(x.dir, "/a: b", NULL); /* librrd's separator */
	record(&x, rrd_kind_find("vm"), TEST_UUID);
	for (size_t i = 0; i < rrd_kinds_n; i++)
		if (strcmp(rrd_kinds[i].name, "vm") != 0)
			record(&x, &rrd_kinds[i], "alpha");
	for (unsigned n = 1; n <= 10; n++) {
		g_autofree char *identity =
		    g_strdup_printf("00000000-0000-4000-8000-0000000001%02u", n);
		record_cpu(&x, identity, n);
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

static void
check_png(GBytes *image, unsigned width, unsigned height)
{
	gsize n;
	const uint8_t *b = g_bytes_get_data(image, &n);

	assert_true(n > (width > 100 ? 1000 : 100));
	assert_memory_equal(b, "\x89PNG\r\n\x1a\n", 8);
	assert_int_equal(b[16] << 24 | b[17] << 16 | b[18] << 8 | b[19], width);
	assert_int_equal(b[20] << 24 | b[21] << 16 | b[22] << 8 | b[23], height);
}

static void
check_svg(GBytes *image)
{
	static const GMarkupParser parser = { 0 };
	gsize n;
	const char *text = g_bytes_get_data(image, &n);
	g_autoptr(GMarkupParseContext)
	    context = g_markup_parse_context_new(&parser, 0, NULL, NULL);

	assert_non_null(g_strstr_len(text, (gssize)n, "<svg "));
	assert_true(g_markup_parse_context_parse(context, text, (gssize)n, NULL));
	assert_true(g_markup_parse_context_end_parse(context, NULL));
}

static unsigned
height_of(const struct draw_request *r)
{
	const struct graph *g = graph_find(r->kind, r->graph, NULL);

	return g->members != MEMBERS_NONE ? DRAW_MEMBERS_HEIGHT : DRAW_HEIGHT;
}

/* The data has its place within the picture; a spark is nothing but data. */
static void
check_plot(const struct draw_plot *plot, bool spark)
{
	assert_true(plot->width > 0 && plot->height > 0);
	assert_true(plot->left + plot->width <= plot->image_width);
	assert_true(plot->top + plot->height <= plot->image_height);
	if (spark)
		assert_true(plot->left <= 1 && plot->width >= plot->image_width - 2);
	else
		assert_true(plot->left > 20 && plot->top > 10);
}

static void
draw_one(const struct rrd_fixture *x, struct draw_request r)
{
	for (r.theme = DRAW_LIGHT; r.theme <= DRAW_DARK; r.theme++) {
		for (r.format = DRAW_SVG; r.format <= DRAW_PNG; r.format++) {
			g_autoptr(GError) error = NULL;
			struct draw_plot plot;
			g_autoptr(GBytes) image = draw_graph(&x->settings, &r, &plot, &error);
			if (image == NULL)
				fail_msg("%s %s: %s", r.kind, r.graph, error->message);
			if (r.format == DRAW_SVG)
				check_svg(image);
			else
				check_png(image, r.width > 0 ? r.width : DRAW_WIDTH,
				    r.height > 0 ? r.height : height_of(&r));
			check_plot(&plot, r.spark);
		}
	}
}

/* More than there are lines; one of them has no file. */
#define MEMBERS 12
#define MEMBER(n) "00000000-0000-4000-8000-0000000001" n
static const struct member test_members[] = { { TEST_UUID, "web1" },
	{ MEMBER("00"), "none" }, { MEMBER("01"), "one" }, { MEMBER("02"), "two" },
	{ MEMBER("03"), "three: with a colon" }, { MEMBER("04"), "vier und zwölf Bären im Wald" },
	{ MEMBER("05"), "five" }, { MEMBER("06"), "six" }, { MEMBER("07"), "seven" },
	{ MEMBER("08"), "eight" }, { MEMBER("09"), "nine" }, { MEMBER("10"), "ten" } };

static void
test_catalogue(void **state)
{
	static const int64_t spans[] = { 60, 3600, 86400, 7 * 86400, 31 * 86400,
		730 * 86400 };

	for (const struct graph *g = graphs; g < graphs + graphs_n; g++) {
		struct draw_request r = base_request;
		r.kind = g->kind;
		r.identity = strcmp(g->kind, "vm") == 0 ? TEST_UUID : "alpha";
		r.graph = g->name;
		r.members = test_members;
		r.members_n = G_N_ELEMENTS(test_members);
		for (size_t i = 0; i < G_N_ELEMENTS(spans); i++) {
			r.start = r.end - spans[i];
			draw_one(*state, r);
		}
	}
}

/* Every source that the catalogue mentions is one that is recorded. */
static void
test_catalogue_sources(void **state)
{
	for (const struct graph *g = graphs; g < graphs + graphs_n; g++) {
		const struct rrd_kind *kind =
		    rrd_kind_find(g->members != MEMBERS_NONE ? "vm" : g->kind);
		for (const struct graph_series *s = g->series; s->label != NULL; s++) {
			g_auto(GStrv) tokens = g_strsplit(s->value, ",", -1);
			for (char **t = tokens; *t != NULL; t++) {
				bool is_source = **t == '@' || **t == '=';
				if (is_source && rrd_kind_source(kind, *t + 1) < 0)
					fail_msg("%s %s: no source %s", g->kind,
					    g->name, *t + 1);
			}
		}
	}
}

static void
test_numbers(void **state)
{
	static const struct {
		const char *kind, *identity, *graph;
		unsigned series;
		double min, average, max, last;
	} cases[] = {
		{ "vm", TEST_UUID, "cpu", 0, 50, 50, 50, 50 },
		{ "vm", TEST_UUID, "net", 0, 800, 800, 800, 800 },
		{ "vm", TEST_UUID, "net", 1, NAN, NAN, NAN, NAN },
		{ "vm", TEST_UUID, "memory", 0, 100 * 1048576., 120 * 1048576.,
		    300 * 1048576., 300 * 1048576. },
		{ "node", "alpha", "cpu", 0, 15, 15, 15, 15 },
		{ "node", "alpha", "cpu", 1, 5, 5, 5, 5 },
		{ "node", "alpha", "cpu", 2, NAN, NAN, NAN, NAN },
		{ "node", "alpha", "vms", 0, 1.5, 1.5, 1.5, 1.5 },
		{ "pool", "alpha", "usage", 0, 400 * 1048576., 400 * 1048576.,
		    400 * 1048576., 400 * 1048576. },
		{ "pool", "alpha", "usage", 1, NAN, NAN, NAN, NAN },
	};
	const struct rrd_fixture *x = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct draw_request r = base_request;
		struct draw_numbers n[DRAW_LINES_MOST];
		g_autoptr(GError) error = NULL;
		r.kind = cases[i].kind;
		r.identity = cases[i].identity;
		r.graph = cases[i].graph;
		if (draw_numbers(&x->settings, &r, n, &error) == NULL)
			fail_msg("%s", error->message);
		const struct draw_numbers *got = &n[cases[i].series];
		if (isnan(cases[i].average)) {
			assert_true(isnan(got->min) && isnan(got->average) &&
				    isnan(got->max) && isnan(got->last));
			continue;
		}
		assert_float_equal(got->min, cases[i].min, cases[i].min * 1e-6);
		assert_float_equal(
		    got->average, cases[i].average, cases[i].average * 1e-2);
		assert_float_equal(got->max, cases[i].max, cases[i].max * 1e-6);
		assert_float_equal(got->last, cases[i].last, cases[i].last * 1e-6);
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char *kind, *identity, *graph, *message;
		int64_t start;
		unsigned width;
	} cases[] = {
		{ "vm", TEST_UUID, "spin",
		    "a vm has no graph \"spin\" (there are: cpu, memory, disk, iops, "
		    "latency, net, packets, errors, swap, faults, dirty)",
		    END - 60, 0 },
		{ "pool", "alpha", "cpu",
		    "a pool has no graph \"cpu\" (there are: usage, volumes)", END - 60, 0 },
		{ "snapshot", "x", "cpu", "there are no graphs of a snapshot", END - 60, 0 },
		{ "node", "alpha", "vms-cpu",
		    "no data recorded yet for a virtual machine of web1", END - 60, 0 },
		{ "vm", "11111111-0000-4000-8000-000000000001", "cpu",
		    "no data recorded yet for web1", END - 60, 0 },
		{ "vm", "../node/alpha", "cpu",
		    "\"../node/alpha\" cannot be the name of a file", END - 60, 0 },
		{ "vm", TEST_UUID, "cpu", "the end of the span must be after its start",
		    END, 0 },
		{ "vm", TEST_UUID, "cpu", "the width must be 300 to 4000 pixels",
		    END - 60, 10 },
	};
	const struct rrd_fixture *x = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct draw_request r = base_request;
		g_autoptr(GError) error = NULL;
		r.kind = cases[i].kind;
		r.identity = cases[i].identity;
		r.graph = cases[i].graph;
		r.start = cases[i].start;
		r.width = cases[i].width;
		struct draw_plot plot;
		assert_null(draw_graph(&x->settings, &r, &plot, &error));
		assert_string_equal(error->message, cases[i].message);
	}
}

/*
 * Those that use most are lines, in that order; in a stack the others are one more: 10, 20,
 * 30 and 40 percent.  Two use 50.
 */
static void
test_members_chosen(void **state)
{
	static const struct {
		const char *kind, *graph;
		unsigned lines;
		double first, last;
	} cases[] = {
		{ "cluster", "top-cpu", 8, 100, 40 },
		{ "node", "vms-cpu", 8, 100, 100 },
	};
	const struct rrd_fixture *x = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct draw_request r = base_request;
		struct draw_numbers n[DRAW_LINES_MOST];
		g_autoptr(GError) error = NULL;
		r.kind = cases[i].kind;
		r.graph = cases[i].graph;
		r.identity = "alpha";
		r.members = test_members;
		r.members_n = MEMBERS;
		for (size_t k = 0; k < G_N_ELEMENTS(n); k++)
			n[k].average = -1;
		if (draw_numbers(&x->settings, &r, n, &error) == NULL)
			fail_msg("%s", error->message);
		assert_float_equal(n[0].average, cases[i].first, 1e-6);
		for (unsigned k = 1; k + 1 < cases[i].lines; k++)
			assert_true(n[k].average <= n[k - 1].average);
		assert_float_equal(n[7].average, cases[i].last, 1e-6);
		assert_float_equal(n[8].average, -1, 0);
	}
}

/* Of one reading in ten that is high the percentile does not tell, of the highest value max. */
static void
test_percentile(void **state)
{
	const struct rrd_fixture *x = *state;
	struct draw_request r = base_request;
	struct draw_numbers n[DRAW_LINES_MOST];

	r.graph = "memory";
	r.percentile = true;
	r.start = r.end - 2400;
	assert_non_null(draw_numbers(&x->settings, &r, n, NULL));
	assert_float_equal(n[0].p95, 300 * 1048576., 1);
	assert_float_equal(n[0].average, 120 * 1048576., 6e6);
	draw_one(x, r);
	r.graph = "net"; /* below the axis, and unknown */
	assert_non_null(draw_numbers(&x->settings, &r, n, NULL));
	assert_true(isnan(n[1].p95));
	draw_one(x, r);
}

static void
test_marks(void **state)
{
	const struct rrd_fixture *x = *state;
	struct mark marks[MARK_COUNT * 3];
	struct draw_request r = base_request;

	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
		marks[i] = (struct mark){ END - 3700 + (int64_t)i * 200,
			(enum mark_type)(i % MARK_COUNT) };
	r.marks = marks;
	r.marks_n = G_N_ELEMENTS(marks);
	draw_one(x, r);
	struct draw_plot plot;
	g_autoptr(GBytes) with = draw_graph(&x->settings, &r, &plot, NULL);
	r.marks_n = 1; /* before the picture begins */
	g_autoptr(GBytes) before = draw_graph(&x->settings, &r, &plot, NULL);
	r.marks_n = 0;
	g_autoptr(GBytes) without = draw_graph(&x->settings, &r, &plot, NULL);
	assert_int_equal(g_bytes_get_size(before), g_bytes_get_size(without));
	assert_true(g_bytes_get_size(with) > g_bytes_get_size(without));
}

static unsigned
count_glyphs(GBytes *svg)
{
	gsize n;
	const char *text = g_bytes_get_data(svg, &n), *end = text + n;
	unsigned count = 0;

	while ((text = g_strstr_len(text, end - text, "<use ")) != NULL) {
		text++;
		count++;
	}
	return count;
}

/* The legend tells from where to where: of the newest, each once, and without end. */
static void
test_moves(void **state)
{
	const struct rrd_fixture *x = *state;
	struct draw_request r = base_request;
	struct draw_plot plot;
	struct mark marks[] = {
		{ END - 100, MARK_MIGRATED, "moved from h1 to h2" },
		{ END - 200, MARK_MIGRATED, "moved from h1 to h2" },
		{ END - 300, MARK_MIGRATED, "" },
		{ END - 400, MARK_MIGRATED, "moved from a:b %s to h4" },
	};
	unsigned counts[G_N_ELEMENTS(marks) + 1];

	r.marks = marks;
	for (size_t i = 0; i <= G_N_ELEMENTS(marks); i++) {
		r.marks_n = i;
		g_autoptr(GBytes) svg = draw_graph(&x->settings, &r, &plot, NULL);
		assert_non_null(svg);
		counts[i] = count_glyphs(svg);
	}
	/* librrd puts two blanks before each */
	assert_int_equal(counts[1] - counts[0], strlen("  moved from h1 to h2"));
	assert_int_equal(counts[2], counts[1]);
	assert_int_equal(counts[3] - counts[2], strlen("  migrated"));
	assert_int_equal(counts[4] - counts[3], strlen("  moved from a:b %s to h4"));
}

static void
test_spark(void **state)
{
	struct draw_request r = base_request;

	r.spark = true;
	r.width = 96;
	r.height = 24;
	draw_one(*state, r);
}

static void
test_titles(void **state)
{
	static const char *const titles[] = {
		NULL, "", "<b>&\"':\\%s %d", "zwölf Bären", "broken \xff\xfe",
		"two\nlines",
		"a name that is far too long for any picture, and goes on and on and on"
	};

	for (size_t i = 0; i < G_N_ELEMENTS(titles); i++) {
		struct draw_request r = base_request;
		r.title = titles[i];
		r.width = 400;
		r.height = 200;
		draw_one(*state, r);
	}
}

/* rrdcached configured but not there: what the file has is drawn all the same. */
static void
test_without_rrdcached(void **state)
{
	struct rrd_fixture *x = *state;
	char *none = x->settings.rrdcached;

	x->settings.rrdcached = x->address;
	draw_one(x, base_request);
	x->settings.rrdcached = none;
}

static gpointer
draw_often(gpointer context)
{
	for (int i = 0; i < 3; i++)
		draw_one(context, base_request);
	return NULL;
}

static void
test_threads(void **state)
{
	GThread *threads[3];

	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("draw", draw_often, *state);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_catalogue),
		cmocka_unit_test(test_catalogue_sources),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_spark),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_members_chosen),
		cmocka_unit_test(test_percentile),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_titles),
		cmocka_unit_test(test_without_rrdcached),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
