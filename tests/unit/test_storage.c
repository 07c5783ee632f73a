/* The storage of a host: what makes a pool the same, hostile XML, libvirt's test driver. */
#include "test.h"

#include "collectors/storage.h"
#include "collectors/storage_config.h"
#include "common/virt.h"
#include "model/store.h"
#include "model/value.h"

#define SECOND ((int64_t)G_USEC_PER_SEC)
#define UUID_1 "11111111-1111-4111-8111-111111111111"
#define UUID_2 "22222222-2222-4222-8222-222222222222"

static struct pool_config *
read_pool(const char *type, const char *name, const char *uuid, const char *source,
    const char *path, const struct pool_place *place, GError **error)
{
	g_autofree char *xml = g_strdup_printf("<pool type='%s'><name>%s</name><uuid>%s</uuid>"
	    "<source>%s</source><target><path>%s</path></target></pool>", type, name, uuid,
	    source, path);

	return pool_config_parse(xml, place, error);
}

/* --- identity */

#define HOST(h) "<host name='" h "'/>"
#define DIR(d) "<dir path='" d "'/>"

static void
pools_that_are_one(void **state)
{
	static const char *const said[] = { "iso", NULL };
	static const struct {
		const char *type, *name_a, *name_b, *source_a, *source_b, *path_a, *path_b;
		bool same;
	} cases[] = {
		{ "netfs", "a", "b", HOST("NAS") DIR("/x"), HOST("nas") DIR("/x/"), "/1", "/2", true },
		{ "netfs", "a", "a", HOST("nas") DIR("/x"), HOST("nas") DIR("/y"), "/1", "/1", false },
		{ "netfs", "a", "a", HOST("nas") DIR("/x"), HOST("bak") DIR("/x"), "/1", "/1", false },
		{ "netfs", "a", "a", HOST("localhost") DIR("/x"), HOST("localhost") DIR("/x"), "/1",
		    "/1", false },
		{ "netfs", "a", "a", DIR("/x"), DIR("/x"), "/1", "/1", false },
		{ "rbd", "a", "b", HOST("m1") HOST("m2") "<name>vms</name>",
		    HOST("m2") HOST("m1") "<name>vms</name>", "", "", true },
		{ "rbd", "a", "b", HOST("m1") "<name>vms</name>", HOST("m1") "<name>iso</name>", "",
		    "", false },
		{ "iscsi", "a", "b", HOST("s") "<device path='iqn.1:t'/>",
		    HOST("s") "<device path='iqn.1:t'/>", "/dev/disk/by-path", "/dev", true },
		{ "gluster", "a", "b", HOST("g") "<name>v</name>" DIR("/"),
		    HOST("g") "<name>v</name>" DIR("/"), "", "", true },
		{ "dir", "a", "a", "", "", "/srv", "/srv", false },
		{ "dir", "iso", "iso", "", "", "/srv/iso", "/srv/iso", true },
		{ "dir", "iso", "iso", "", "", "/srv/iso", "/mnt/iso", false },
		{ "dir", "iso", "isos", "", "", "/srv/iso", "/srv/iso", false },
		{ "logical", "vg", "vg", "<name>vg0</name>", "<name>vg0</name>", "/dev/vg0",
		    "/dev/vg0", false },
	};
	const struct pool_place alpha = { "aaaaaaaa-0000-4000-8000-000000000001", "alpha", said };
	const struct pool_place beta = { "bbbbbbbb-0000-4000-8000-000000000002", "beta", said };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		/* equal UUIDs on two hosts prove nothing: one may be a copy of the other */
		SCOPED(pool_config) a = read_pool(cases[i].type, cases[i].name_a, UUID_1,
		    cases[i].source_a, cases[i].path_a, &alpha, NULL);
		SCOPED(pool_config) b = read_pool(cases[i].type, cases[i].name_b, UUID_1,
		    cases[i].source_b, cases[i].path_b, &beta, NULL);
		if ((strcmp(a->identity, b->identity) == 0) != cases[i].same)
			fail_msg("case %zu: \"%s\" and \"%s\"", i, a->identity, b->identity);
	}
}

/* One libvirtd watched by two URIs; without its UUID the node's name stands for the host. */
static void
the_same_host_twice(void **state)
{
	const struct pool_place qemu = { UUID_2, "h1", NULL }, lxc = { UUID_2, "h1-lxc", NULL };
	const struct pool_place none = { NULL, "h1", NULL };
	SCOPED(pool_config) a = read_pool("dir", "a", UUID_1, "", "/a", &qemu, NULL);
	SCOPED(pool_config) b = read_pool("dir", "a", UUID_1, "", "/a", &lxc, NULL);
	SCOPED(pool_config) c = read_pool("dir", "a", UUID_1, "", "/a", &none, NULL);

	assert_string_equal(a->identity, b->identity);
	assert_string_equal(c->identity, "node:h1/" UUID_1);
}

static void
what_is_shown_of_a_source(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ HOST("nas") DIR("/export/"), "nas:/export" },
		{ HOST("b") HOST("a") "<name>vms</name>", "a,b:vms" },
		{ "<device path='/dev/sdb'/><device path='/dev/sdc'/>", "/dev/sdb,/dev/sdc" },
		{ "<name>vg0</name><device path='/dev/sdb'/>", "vg0" },
		{ "<adapter name='host5'/>", "host5" },
		{ HOST("nas"), "nas" },
	};
	const struct pool_place place = { NULL, "h1", NULL };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(pool_config) pool =
		    read_pool("dir", "a", UUID_1, cases[i][0], "", &place, NULL);
		assert_string_equal(pool->source, cases[i][1]);
		assert_string_equal(pool->path, "");
	}
}

/* Two that are long and differ at their end only must not become one. */
static void
long_identities_stay_apart(void **state)
{
	const struct pool_place place = { NULL, "h1", NULL };
	g_autofree char *dir = g_strnfill(300, 'd');
	g_autofree char *one = g_strdup_printf(HOST("nas") "<dir path='/%s1'/>", dir);
	g_autofree char *two = g_strdup_printf(HOST("nas") "<dir path='/%s2'/>", dir);
	SCOPED(pool_config) a = read_pool("netfs", "a", UUID_1, one, "", &place, NULL);
	SCOPED(pool_config) b = read_pool("netfs", "a", UUID_1, two, "", &place, NULL);
	g_autofree char *v = volume_identity(a->identity, dir);
	g_autofree char *w = volume_identity(b->identity, dir);

	assert_true(strlen(a->identity) <= 255 && strlen(v) <= 255);
	assert_string_not_equal(a->identity, b->identity);
	assert_string_not_equal(v, w);
}

static void
xml_that_is_refused(void **state)
{
	static const char *const cases[] = {
		"", "<pool", "<domain/>", "<pool type='dir'/>",
		"<pool type='dir'><name>a</name></pool>",
		"<pool type='dir'><name>a</name><uuid>none</uuid></pool>",
		"<pool type='dir'><name/><uuid>" UUID_1 "</uuid></pool>",
		"<!DOCTYPE pool [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
		"<pool type='dir'><name>&a;</name><uuid>" UUID_1 "</uuid></pool>",
	};
	const struct pool_place place = { NULL, "h1", NULL };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) why = NULL, no_volume = NULL;
		assert_null(pool_config_parse(cases[i], &place, &why));
		assert_non_null(why);
		assert_null(volume_config_parse(cases[i], &no_volume));
		assert_non_null(no_volume);
	}
}

static void
a_volume(void **state)
{
	SCOPED(volume_config) v = volume_config_parse("<volume type='file'><name>top</name>"
	    "<physical unit='bytes'>4096</physical><target><path>/p/top</path>"
	    "<format type='qcow2'/></target><backingStore><path>/p/mid</path></backingStore>"
	    "</volume>", NULL);
	SCOPED(volume_config) bare = volume_config_parse("<volume/>", NULL);
	SCOPED(volume_config) odd = volume_config_parse(
	    "<volume><physical>-5</physical><target/></volume>", NULL);

	assert_string_equal(v->path, "/p/top");
	assert_string_equal(v->format, "qcow2");
	assert_string_equal(v->backing, "/p/mid");
	assert_true(v->physical == 4096);
	assert_string_equal(bare->path, "");
	assert_string_equal(bare->backing, "");
	assert_true(bare->physical == ABSENT_U64 && odd->physical == ABSENT_U64);
}

/* --- the thread, against a real driver inside this process */

static const char host_xml[] =
    "<node><pool type='dir'><name>one</name><uuid>" UUID_1 "</uuid>"
    "<target><path>/one</path></target>"
    "<volume type='file'><name>v1</name><capacity>1048576</capacity>"
    "<allocation>0</allocation><target><path>/one/v1</path></target></volume></pool>"
    "<pool type='dir'><name>two</name><uuid>" UUID_2 "</uuid>"
    "<target><path>/two</path></target></pool></node>";

struct world {
	char *dir, *uri;
	struct store *store;
	struct storage *storage;
};

static int
setup(void **state)
{
	struct world *w = g_new0(struct world, 1);

	virt_init();
	w->dir = test_directory();
	g_autofree char *path = g_build_filename(w->dir, "host.xml", NULL);
	assert_true(g_file_set_contents(path, host_xml, -1, NULL));
	w->uri = g_strconcat("test://", path, NULL);
	w->store = store_new(NULL, "test");
	w->storage = storage_start(w->store, "alpha", w->uri, NULL);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	g_autofree char *path = g_build_filename(w->dir, "host.xml", NULL);
	int64_t start = g_get_monotonic_time();

	storage_stop(w->storage);
	storage_wait(w->storage, start + 2 * SECOND);
	assert_true(storage_ended(w->storage));
	assert_in_range(g_get_monotonic_time() - start, 0, SECOND);
	storage_free(w->storage);
	store_free(w->store);
	g_unlink(path);
	g_rmdir(w->dir);
	g_free(w->dir);
	g_free(w->uri);
	g_free(w);
	return 0;
}

/* Waits for so many pools and volumes. */
static struct cluster *
wait_for_rows(struct world *w, size_t pools, size_t volumes)
{
	int64_t deadline = g_get_monotonic_time() + 5 * SECOND;
	uint64_t generation = 0;

	for (;;) {
		int64_t left = deadline - g_get_monotonic_time();
		struct cluster *now = store_wait(w->store, generation, MAX(left, 0));
		if (now->rows[ROWS_POOL].n == pools && now->rows[ROWS_VOLUME].n == volumes)
			return now;
		if (left <= 0)
			fail_msg("%zu pools, %zu volumes", now->rows[ROWS_POOL].n,
			    now->rows[ROWS_VOLUME].n);
		generation = now->generation;
		cluster_unref(now);
	}
}

static void
rows_of_a_host(void **state)
{
	struct world *w = *state;
	const struct storage_setup often = { .interval = 1, .refresh = 1 }, off = { .interval = 0 };

	storage_set(w->storage, &often);
	SCOPED(cluster) now = wait_for_rows(w, 2, 1);
	const struct volume *volume = now->rows[ROWS_VOLUME].row[0];
	const struct pool *pool = rows_find(&now->rows[ROWS_POOL], volume->pool, 0);
	assert_string_equal(pool->name, "one");
	assert_string_equal(pool->type, "dir");
	assert_string_equal(pool->path, "/one");
	assert_int_equal(pool->state, POOL_RUNNING);
	assert_true(pool->capacity != ABSENT_U64 && pool->capacity >= pool->allocation);
	assert_int_equal(pool->volumes, 1);
	assert_true(pool->provisioned == 1048576);
	assert_string_equal(volume->name, "v1");
	assert_string_equal(volume->path, "/one/v1");
	assert_false(pool_is_stale(pool, g_get_monotonic_time()));

	storage_set(w->storage, &off);
	SCOPED(cluster) none = wait_for_rows(w, 0, 0);
	storage_set(w->storage, &often);
	SCOPED(cluster) again = wait_for_rows(w, 2, 1);
}

/* A look an hour: only an event can show it. */
static void
events_are_listened_to(void **state)
{
	struct world *w = *state;
	const struct storage_setup seldom = { .interval = 3600 };
	struct storage *shared = storage_start(w->store, "beta", "test:///default", NULL);
	g_autoptr(virConnect) connection = virt_connect("test:///default", NULL);

	storage_set(shared, &seldom);
	cluster_unref(wait_for_rows(w, 1, 0));
	virStoragePoolPtr pool = virStoragePoolDefineXML(connection, "<pool type='dir'>"
	    "<name>new</name><target><path>/new</path></target></pool>", 0);
	assert_non_null(pool);
	cluster_unref(wait_for_rows(w, 2, 0));
	assert_int_equal(virStoragePoolUndefine(pool), 0);
	cluster_unref(wait_for_rows(w, 1, 0));
	virStoragePoolFree(pool);
	storage_stop(shared);
	storage_wait(shared, g_get_monotonic_time() + 2 * SECOND);
	storage_free(shared);
}

static void
names_of_pools_stay_when_settings_are_gone(void **state)
{
	struct world *w = *state;
	char *names[] = { g_strdup("one"), NULL };
	const struct storage_setup often = { 1, 0, (const char *const *)names };

	storage_set(w->storage, &often);
	g_free(names[0]);
	SCOPED(cluster) now = wait_for_rows(w, 2, 1);
	const struct volume *volume = now->rows[ROWS_VOLUME].row[0];
	assert_string_equal(volume->pool_identity, "shared:one:/one");
}

static void
a_host_that_does_not_answer(void **state)
{
	struct world *w = *state;
	const struct storage_setup often = { .interval = 1 };

	storage_set(w->storage, &often);
	SCOPED(cluster) now = wait_for_rows(w, 2, 1);
	const struct volume *volume = now->rows[ROWS_VOLUME].row[0];
	SCOPED(part) last = part_new("storage:alpha", "alpha");
	part_add_copy(last, ROWS_VOLUME, volume);
	for (size_t i = 0; i < now->rows[ROWS_POOL_NODE].n; i++)
		part_add_copy(last, ROWS_POOL_NODE, now->rows[ROWS_POOL_NODE].row[i]);
	SCOPED(part) silent = storage_look_unreachable(last);
	assert_false(silent->reachable);
	assert_int_equal(silent->rows[ROWS_POOL_NODE]->len, 2);
	assert_int_equal(silent->rows[ROWS_VOLUME]->len, 1);
	const struct pool_node *pool = silent->rows[ROWS_POOL_NODE]->pdata[0];
	assert_int_equal(pool->state, POOL_UNKNOWN);
	assert_true(pool->capacity != ABSENT_U64);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pools_that_are_one),
		cmocka_unit_test(the_same_host_twice),
		cmocka_unit_test(what_is_shown_of_a_source),
		cmocka_unit_test(long_identities_stay_apart),
		cmocka_unit_test(xml_that_is_refused),
		cmocka_unit_test(a_volume),
		cmocka_unit_test_setup_teardown(rows_of_a_host, setup, teardown),
		cmocka_unit_test_setup_teardown(events_are_listened_to, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    names_of_pools_stay_when_settings_are_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_host_that_does_not_answer, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
