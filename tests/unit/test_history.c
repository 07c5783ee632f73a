/* Histories of all kinds of objects: what they are kept under, how long, and where they end. */
#include "config.h" /* nftw */

#include "rrd_fixture.h"

#include <math.h>
#include <rrd.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "graphs/rrd_shelf.h"
#include "graphs/rrd_sink.h"
#include "graphs/rrd_writer.h"
#include "model/history.h"
#include "model/store.h"

#define DAY     86400
#define NOON    INT64_C(1795348800) /* of some day, UTC */
#define NEXT_US 1300000             /* longer than a step */

/* --- a node with a VM that has a disk and a NIC */

static struct part *
node_with_vm(const char *node, const char *vm_name, uint64_t octets, int64_t since_us)
{
	struct part *part = test_node_part(node, NODE_ONLINE);
	struct vm *vm = test_add_vm(part, vm_name, 1, VM_RUNNING);
	struct disk *disk = part_add(part, ROWS_DISK);
	struct nic *nic = part_add(part, ROWS_NIC);

	vm->discontinuity_us = since_us;
	disk->vm = nic->vm = 0;
	disk->h.sub = 1;
	disk->name = part_text(part, "web1/vda");
	disk->target = "vda";
	disk->source = "/images/web1";
	disk->rd_bytes = octets;
	disk->wr_bytes = octets;
	nic->h.sub = 7;
	nic->name = nic->mac = "52:54:00:00:00:06";
	nic->rx_bytes = nic->tx_bytes = octets;
	disk->counted_us = nic->counted_us = vm->counted_us;
	disk->discontinuity_us = nic->discontinuity_us = since_us;
	return part;
}

static struct cluster *
composed(struct store *store, size_t vms)
{
	for (uint64_t seen = 0;;) {
		struct cluster *now = store_wait(store, seen, 5 * G_USEC_PER_SEC);
		seen = now->generation;
		if (now->rows[ROWS_VM].n == vms)
			return now;
		cluster_unref(now);
	}
}

static void
names(void **state)
{
	static const struct {
		enum row_set set;
		const char *name, *title;
	} cases[] = {
		{ ROWS_CLUSTER, "cluster", "test" },
		{ ROWS_NODE, "alpha", "alpha" },
		{ ROWS_VM, TEST_UUID, "web1" },
		{ ROWS_DISK, TEST_UUID ".vda", "web1/vda" },
		{ ROWS_NIC, TEST_UUID ".52-54-00-00-00-06", "52:54:00:00:00:06" },
	};
	struct store *store = store_new(NULL, "test");
	char name[HISTORY_NAME];

	store_publish(store, node_with_vm("alpha", "web1", 1, 1), PUBLISH_NOW);
	SCOPED(cluster) now = composed(store, 1);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const void *row = now->rows[cases[i].set].row[0];
		assert_true(history_name(now, cases[i].set, row, name));
		assert_string_equal(name, cases[i].name);
		assert_string_equal(history_title(cases[i].set, row), cases[i].title);
	}
	assert_false(history_name(now, ROWS_NOTIFY, now->rows[ROWS_NOTIFY].row[0], name));
	store_free(store);
}

/* --- reading files */

static unsigned long
info_number(const char *path, const char *key)
{
	rrd_info_t *info = rrd_info_r(path);
	unsigned long found = 0;

	assert_non_null(info);
	for (const rrd_info_t *i = info; i != NULL; i = i->next)
		if (strcmp(i->key, key) == 0)
			found = i->value.u_cnt;
	rrd_info_free(info);
	return found;
}

/* Values of a source, of rows of `step` seconds. */
static GArray *
values_of(const char *path, const char *cf, const char *name, unsigned long step, time_t from,
    time_t to)
{
	GArray *out = g_array_new(FALSE, FALSE, sizeof(double));
	unsigned long columns;
	char **columns_names;
	rrd_value_t *data;

	if (rrd_fetch_r(path, cf, &from, &to, &step, &columns, &columns_names, &data) != 0)
		fail_msg("%s", rrd_get_error());
	for (unsigned long c = 0; c < columns; c++) {
		for (time_t r = 0; strcmp(columns_names[c], name) == 0 &&
		                   r < (to - from) / (time_t)step; r++)
			g_array_append_val(out, data[(unsigned long)r * columns + c]);
		rrd_freemem(columns_names[c]);
	}
	rrd_freemem(columns_names);
	rrd_freemem(data);
	return out;
}

/* --- how far back */

/* A file as earlier versions made it, with `days` rows of days, and 700 days in it. */
static void
make_file(const char *path, unsigned days)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *average = g_strdup_printf("RRA:AVERAGE:0.95:24:%u", days);
	g_autofree char *max = g_strdup_printf("RRA:MAX:0.95:24:%u", days);
	const char *args[] = { "DS:mem_used:GAUGE:7200:0:U", "RRA:AVERAGE:0.5:1:744", average,
		"RRA:MAX:0.5:1:744", max };
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	g_mkdir_with_parents(folder, 0755);
	assert_int_equal(
	    rrd_create_r(path, 3600, NOON - 700 * DAY, G_N_ELEMENTS(args), args), 0);
	for (int64_t t = NOON - 700 * DAY + 3600; t <= NOON; t += 3600)
		g_ptr_array_add(lines,
		    g_strdup_printf("%lld:%lld", (long long)t, (long long)(t / DAY)));
	assert_int_equal(
	    rrd_update_r(path, NULL, (int)lines->len, (const char **)lines->pdata), 0);
}

static void
check_growth(struct rrdcached *server, struct rrd_fixture *x, unsigned days, unsigned want)
{
	g_autoptr(GError) error = NULL;
	SCOPED(rrd_file)
	file = rrd_file_new(x->settings.rrd_dir, rrd_kind_find("vm"), TEST_UUID, 60, 10, server,
	    NULL);
	const char *path = rrd_file_name(file);

	make_file(path, days);
	g_autoptr(GArray) before =
	    values_of(path, "MAX", "mem_used", DAY, NOON - 690 * DAY, NOON - DAY);
	if (!rrd_file_prepare(file, NOON, &error))
		fail_msg("%s", error->message);
	assert_int_equal(rrd_file_lacks(file), 0);
	assert_int_equal(info_number(path, "rra[1].rows"), want);
	assert_int_equal(info_number(path, "rra[3].rows"), want);
	assert_int_equal(info_number(path, "rra[0].rows"), 744);
	assert_int_equal(info_number(path, "step"), 3600);
	g_autoptr(GArray) after =
	    values_of(path, "MAX", "mem_used", DAY, NOON - 690 * DAY, NOON - DAY);
	assert_int_equal(before->len, after->len);
	for (guint i = 0; i < before->len; i++) {
		double day = g_array_index(before, double, i);
		assert_false(isnan(day));
		assert_float_equal(day, g_array_index(after, double, i), 1e-9);
	}
	assert_int_equal(g_unlink(path), 0);
}

static void
old_files_reach_further(void **state)
{
	struct rrd_fixture x;

	fixture_start(&x);
	check_growth(NULL, &x, 731, 3653);
	check_growth(NULL, &x, 5000, 5000); /* nothing is made shorter */
	fixture_start_rrdcached(&x);
	SCOPED(rrdcached) server = rrdcached_new(x.address, -1);
	check_growth(server, &x, 731, 3653);
	fixture_end(&x);
}

static void
old_files_reach_further_through_rrdcached(void **state)
{
	struct rrd_fixture x;

	fixture_start(&x);
	fixture_start_rrdcached(&x);
	SCOPED(rrdcached) server = rrdcached_new(x.address, -1);
	check_growth(server, &x, 5000, 5000);
	fixture_end(&x);
}

/* --- samples that cannot be written */

static void
samples_wait_within_bounds(void **state)
{
	struct rrd_fixture x;
	struct rrd_counters counters = { 0 };

	fixture_start(&x);
	struct rrd_writer_options options = { .dir = x.settings.rrd_dir, .server = x.address,
		.step = 300, .years = 1, .cancel = -1, .counters = &counters };
	struct rrd_writer *writer = rrd_writer_new(&options);
	const struct rrd_kind *kind = rrd_kind_find("volume");
	struct rrd_queue *queue = rrd_writer_open(writer, kind, "7", 300);
	for (int i = 0; i < 15; i++) {
		struct rrd_sample sample = sample_at(NOON + i * 300);
		sample_set(&sample, kind, "allocation", (uint64_t)i);
		rrd_writer_keep(writer, queue, &sample);
		rrd_writer_write(writer);
	}
	assert_int_equal(counters.waiting, 13); /* an hour and seven minutes */
	assert_int_equal(counters.dropped, 2);
	assert_int_equal(counters.updates, 0);
	assert_true(counters.failed > 0);

	/* It comes: what has waited is written, the newest. */
	fixture_start_rrdcached(&x);
	for (int i = 0; i < 100 && counters.waiting > 0; i++) {
		rrd_writer_write(writer);
		g_usleep(100000);
	}
	assert_int_equal(counters.waiting, 0);
	assert_int_equal(counters.updates, 13);
	g_autofree char *path = g_strconcat(x.settings.rrd_dir, "/volume/7.rrd", NULL);
	SCOPED(rrdcached) client = rrdcached_new(x.address, -1);
	assert_true(rrd_file_flush(client, path, NULL));
	g_autoptr(GArray) values =
	    values_of(path, "AVERAGE", "allocation", 300, NOON + 900, NOON + 14 * 300 - 1);
	assert_true(values->len >= 10);
	for (guint i = 0; i < 10; i++)
		assert_float_equal(g_array_index(values, double, i), i + 4, 1e-9);
	rrd_writer_free(writer);
	fixture_end(&x);
}

/* What a full disk looks like: nothing can be made longer. */
static void
let_files_grow(rlim_t most)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = MIN(most, limit.rlim_max);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
samples_wait_for_room(void **state)
{
	struct rrd_fixture x;
	struct rrd_counters counters = { 0 };

	fixture_start(&x);
	struct rrd_writer_options options = { .dir = x.settings.rrd_dir, .server = "",
		.step = 60, .years = 1, .cancel = -1, .counters = &counters };
	struct rrd_writer *writer = rrd_writer_new(&options);
	const struct rrd_kind *kind = rrd_kind_find("pool");
	struct rrd_queue *queue = rrd_writer_open(writer, kind, "7", 60);
	signal(SIGXFSZ, SIG_IGN);
	let_files_grow(4096);
	SCOPED(rrd_file) file = rrd_file_new(options.dir, kind, "8", 60, 60, NULL, NULL);
	g_autoptr(GError) error = NULL;
	assert_false(rrd_file_prepare(file, NOON, &error));
	assert_string_not_equal(error->message, "");
	for (int i = 0; i < 3; i++) {
		struct rrd_sample sample = sample_at(NOON + i * 60);
		sample_set(&sample, kind, "allocation", 5);
		rrd_writer_keep(writer, queue, &sample);
		rrd_writer_write(writer);
	}
	let_files_grow(RLIM_INFINITY);
	assert_int_equal(counters.updates, 0);
	assert_int_equal(counters.waiting, 3);
	rrd_writer_write(writer);
	assert_int_equal(counters.updates, 3);
	assert_int_equal(counters.waiting, 0);

	/* Nothing half made stays. */
	g_autofree char *folder = g_strconcat(x.settings.rrd_dir, "/pool", NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	assert_string_equal(g_dir_read_name(dir), "7.rrd");
	assert_null(g_dir_read_name(dir));
	rrd_writer_free(writer);
	fixture_end(&x);
}

/* --- the archive */

static char *
touch(struct rrd_fixture *x, const char *name)
{
	char *path = g_build_filename(x->settings.rrd_dir, name, NULL);
	g_autofree char *folder = g_path_get_dirname(path);

	g_mkdir_with_parents(folder, 0755);
	assert_true(g_file_set_contents(path, name, -1, NULL));
	return path;
}

/* All kinds once, some time from now. */
static void
look_by(struct rrd_fixture *x, struct store *store, struct rrdcached *server, int days)
{
	struct rrd_shelf shelf = { 0 };
	SCOPED(cluster) now = store_get(store);
	int64_t at = g_get_real_time() / G_USEC_PER_SEC + days * DAY;

	for (size_t i = 0; i < rrd_kinds_n; i++)
		rrd_shelf_look(&shelf, now, &x->settings, server, at);
	assert_true(shelf.due > at);
}

static void
look(struct rrd_fixture *x, struct store *store, int days)
{
	look_by(x, store, NULL, days);
}

static bool
is_there(const char *path)
{
	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void
what_is_gone_is_kept(void **state)
{
	struct rrd_fixture x;
	struct node_setting node = { .name = (char *)"alpha" };
	struct store *store = store_new(NULL, "test");

	fixture_start(&x);
	x.settings.rrd_keep_removed = 30;
	g_ptr_array_add(x.settings.nodes, &node);
	g_autofree char *known = touch(&x, "disk/" TEST_UUID ".vda.rrd");
	g_autofree char *gone = touch(&x, "disk/" TEST_UUID ".vdb.rrd");
	g_autofree char *other = touch(&x, "disk/README");
	g_autofree char *kept =
	    g_strconcat(x.settings.rrd_dir, "/archive/disk/" TEST_UUID ".vdb.rrd", NULL);

	/* Nobody has told of anything yet; a node is silent; there is one too few. */
	look(&x, store, 2);
	store_publish(store, test_node_part("alpha", NODE_UNREACHABLE), PUBLISH_NOW);
	cluster_unref(composed(store, 0));
	look(&x, store, 2);
	store_publish(store, node_with_vm("alpha", "web1", 1, 1), PUBLISH_NOW);
	cluster_unref(composed(store, 1));
	g_ptr_array_add(x.settings.nodes, &node);
	look(&x, store, 2);
	g_ptr_array_set_size(x.settings.nodes, 1);
	assert_true(is_there(gone));

	/* What rrdcached still has of it would be lost. */
	SCOPED(rrdcached) away = rrdcached_new(x.address, -1);
	look_by(&x, store, away, 2);
	assert_true(is_there(gone));

	look(&x, store, 0); /* it may come back within a day */
	assert_true(is_there(gone));
	look(&x, store, 2);
	assert_true(is_there(known) && is_there(other) && is_there(kept));
	assert_false(is_there(gone));

	/* The object is there again; the next time it is not. */
	assert_true(rrd_shelf_return(gone));
	assert_true(is_there(gone) && !is_there(kept));
	assert_false(rrd_shelf_return(gone));
	look(&x, store, 2);
	look(&x, store, 29);
	assert_true(is_there(kept));
	x.settings.rrd_keep_removed = 0;
	look(&x, store, 1000);
	assert_true(is_there(kept)); /* for ever */
	x.settings.rrd_keep_removed = 30;
	look(&x, store, 31);
	assert_false(is_there(kept));
	assert_true(is_there(known) && is_there(other));
	store_free(store);
	fixture_end(&x);
}

/* What rrdcached holds goes along; what comes later goes into the same file. */
static void
what_is_gone_comes_back(void **state)
{
	struct rrd_fixture x;
	struct rrd_counters counters = { 0 };
	struct node_setting node = { .name = (char *)"alpha" };
	struct store *store = store_new(NULL, "test");
	struct rrd_shelf shelf = { 0 };
	const struct rrd_kind *kind = rrd_kind_find("vm");

	fixture_start(&x);
	fixture_start_rrdcached(&x);
	g_ptr_array_add(x.settings.nodes, &node);
	SCOPED(rrdcached) server = rrdcached_new(x.address, -1);
	struct rrd_writer_options options = { .dir = x.settings.rrd_dir, .server = x.address,
		.step = 60, .years = 1, .cancel = -1, .counters = &counters };
	g_autofree char *path = g_strconcat(x.settings.rrd_dir, "/vm/" TEST_UUID ".rrd", NULL);
	g_autofree char *kept =
	    g_strconcat(x.settings.rrd_dir, "/archive/vm/" TEST_UUID ".rrd", NULL);
	store_publish(store, test_node_part("alpha", NODE_ONLINE), PUBLISH_NOW);
	for (;;) {
		SCOPED(cluster) now = store_get(store);
		if (now->rows[ROWS_NODE].n == 1)
			break;
		g_usleep(10000);
	}
	for (int64_t again = 0; again < 2; again++) {
		struct rrd_writer *writer = rrd_writer_new(&options);
		struct rrd_queue *queue = rrd_writer_open(writer, kind, TEST_UUID, 60);
		for (int64_t i = 0; i < 5; i++) {
			struct rrd_sample sample = sample_at(NOON + again * 300 + i * 60);
			sample_set(&sample, kind, "mem_used", (uint64_t)(again * 5 + i));
			rrd_writer_keep(writer, queue, &sample);
		}
		rrd_writer_write(writer);
		rrd_writer_free(writer);
		assert_true(is_there(path));
		SCOPED(cluster) now = store_get(store);
		shelf = (struct rrd_shelf){ 0 };
		for (size_t i = 0; i < rrd_kinds_n; i++)
			rrd_shelf_look(&shelf, now, &x.settings, server,
			    g_get_real_time() / G_USEC_PER_SEC + 2 * DAY);
		assert_true(is_there(kept) && !is_there(path));
	}
	g_autoptr(GArray) values =
	    values_of(kept, "AVERAGE", "mem_used", 60, NOON, NOON + 540 - 1);
	for (guint i = 0; i < 9; i++)
		assert_float_equal(g_array_index(values, double, i), i + 1, 1e-9);
	store_free(store);
	fixture_end(&x);
}

/* --- devices: migration, rename, restart */

static unsigned
known_values(GArray *values, double least, double most)
{
	unsigned known = 0;

	for (guint i = 0; i < values->len; i++) {
		double v = g_array_index(values, double, i);
		if (!isnan(v) && (v < least || v > most))
			fail_msg("%f is a spike", v);
		known += !isnan(v);
	}
	return known;
}

#define SPEED 1000000 /* octets per second */

static uint64_t
octets_now(void)
{
	return (uint64_t)((double)g_get_monotonic_time() * SPEED / 1e6);
}

static void
run_for_a_while(struct store *store, const char *node, const char *name, uint64_t offset,
    int64_t since_us)
{
	for (int i = 0; i < 20; i++) {
		store_publish(store, node_with_vm(node, name, octets_now() + offset, since_us),
		    PUBLISH_NOW);
		g_usleep(250000);
	}
}

static void
check_devices(struct rrd_fixture *x, time_t start, unsigned least)
{
	static const struct {
		const char *file, *source;
	} series[] = {
		{ "disk/" TEST_UUID ".vda.rrd", "rd" },
		{ "disk/" TEST_UUID ".vda.rrd", "wr" },
		{ "nic/" TEST_UUID ".52-54-00-00-00-06.rrd", "rx" },
		{ "nic/" TEST_UUID ".52-54-00-00-00-06.rrd", "tx" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(series); i++) {
		g_autofree char *path =
		    g_build_filename(x->settings.rrd_dir, series[i].file, NULL);
		g_autoptr(GArray) values =
		    values_of(path, "MAX", series[i].source, 1, start, time(NULL));
		assert_true(known_values(values, SPEED * 0.98, SPEED * 1.02) >= least);
	}
}

static void
devices_keep_their_history(void **state)
{
	struct rrd_fixture x;
	struct store *store = store_new(NULL, "test");
	time_t start = time(NULL);

	fixture_start(&x);
	x.settings.rrd_step = 1;
	struct rrd_sink *sink = rrd_sink_new(store, &x.settings, NULL);
	run_for_a_while(store, "alpha", "web1", 0, 1);

	/* It migrates: its counters go on from elsewhere, further than they were. */
	store_publish(store, test_node_part("alpha", NODE_ONLINE), PUBLISH_NOW);
	run_for_a_while(store, "beta", "web1", UINT64_C(1) << 40, 2);

	/* It is renamed; the daemon is started anew. */
	rrd_sink_free(sink);
	sink = rrd_sink_new(store, &x.settings, NULL);
	run_for_a_while(store, "beta", "web-one", UINT64_C(1) << 40, 2);
	rrd_sink_free(sink);
	check_devices(&x, start, 6);
	g_autofree char *folder = g_strconcat(x.settings.rrd_dir, "/disk", NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	assert_non_null(g_dir_read_name(dir));
	assert_null(g_dir_read_name(dir));
	store_free(store);
	fixture_end(&x);
}

static void
devices_may_have_none(void **state)
{
	struct rrd_fixture x;
	struct store *store = store_new(NULL, "test");

	fixture_start(&x);
	x.settings.rrd_step = 1;
	x.settings.rrd_devices = false;
	g_autofree char *disks = g_strconcat(x.settings.rrd_dir, "/disk", NULL);
	g_autofree char *vm = g_strconcat(x.settings.rrd_dir, "/vm/" TEST_UUID ".rrd", NULL);
	g_autofree char *cluster =
	    g_strconcat(x.settings.rrd_dir, "/cluster/cluster.rrd", NULL);
	struct rrd_sink *sink = rrd_sink_new(store, &x.settings, NULL);
	store_publish(store, node_with_vm("alpha", "web1", 1, 1), PUBLISH_NOW);
	for (int i = 0; i < 300 && !(is_there(vm) && is_there(cluster)); i++)
		g_usleep(100000);
	assert_true(is_there(vm) && is_there(cluster));
	g_usleep(NEXT_US);
	rrd_sink_free(sink);
	assert_false(is_there(disks));
	store_free(store);
	fixture_end(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(old_files_reach_further),
		cmocka_unit_test(old_files_reach_further_through_rrdcached),
		cmocka_unit_test(samples_wait_within_bounds),
		cmocka_unit_test(samples_wait_for_room),
		cmocka_unit_test(what_is_gone_is_kept),
		cmocka_unit_test(what_is_gone_comes_back),
		cmocka_unit_test(devices_keep_their_history),
		cmocka_unit_test(devices_may_have_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
