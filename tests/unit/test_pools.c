/* Composing pools and volumes, and their links with disks. */
#include "test.h"

#include "model/compose.h"
#include "model/diff.h"
#include "model/value.h"

#define MIB UINT64_C(1048576)

static struct cluster *
compose_all(const struct cluster *previous, struct part **parts, size_t n)
{
	static const struct cluster_info info = { .name = "t", .version = "1", .backend = "none" };
	struct compose_input in = {
		.previous = previous,
		.parts = parts,
		.parts_n = n,
		.info = &info,
		.now = g_get_monotonic_time(),
		.wall = g_get_real_time(),
	};

	return compose(&in);
}

static struct part *
storage_part(const char *node)
{
	g_autofree char *source = g_strconcat("storage:", node, NULL);

	return part_new(source, node);
}

static struct pool_node *
add_pool(struct part *part, const char *identity, enum pool_state state, uint64_t mib)
{
	struct pool_node *pool = part_add(part, ROWS_POOL_NODE);

	pool->identity = pool->uuid = pool->pool_name = identity;
	pool->name = pool->type = pool->path = pool->source = pool->error = "";
	pool->node_name = part->node;
	pool->state = state;
	pool->capacity = mib * MIB;
	pool->allocation = mib * MIB / 2;
	pool->sampled_us = g_get_monotonic_time();
	pool->stale_after = 60;
	return pool;
}

static struct volume *
add_volume(struct part *part, const char *pool, const char *name, const char *path,
    const char *backing)
{
	struct volume *volume = part_add(part, ROWS_VOLUME);
	g_autofree char *identity = g_strconcat(pool, "/", name, NULL);

	volume->identity = part_text(part, identity);
	volume->pool_identity = volume->pool_name = pool;
	volume->name = name;
	volume->path = volume->key = path;
	volume->backing = backing;
	volume->format = "qcow2";
	volume->type = VOLUME_FILE;
	volume->capacity = 10 * MIB;
	volume->sampled_us = g_get_monotonic_time();
	return volume;
}

static struct disk *
add_disk(struct part *part, uint32_t vm, uint32_t number, const char *source)
{
	struct disk *disk = part_add(part, ROWS_DISK);

	disk->vm = vm;
	disk->h.sub = number;
	disk->name = disk->target = disk->bus = disk->format = "";
	disk->source = source;
	return disk;
}

static const struct pool *
pool_of(const struct cluster *c, const char *name)
{
	for (size_t i = 0; i < c->rows[ROWS_POOL].n; i++) {
		const struct pool *pool = c->rows[ROWS_POOL].row[i];
		if (strcmp(pool->name, name) == 0)
			return pool;
	}
	fail_msg("no pool %s", name);
	return NULL;
}

static const struct volume *
volume_of(const struct cluster *c, const char *name)
{
	for (size_t i = 0; i < c->rows[ROWS_VOLUME].n; i++) {
		const struct volume *volume = c->rows[ROWS_VOLUME].row[i];
		if (strcmp(volume->name, name) == 0)
			return volume;
	}
	return NULL;
}

/* --- pools */

static void
a_shared_pool_is_one_row_and_counts_once(void **state)
{
	SCOPED(part) a = storage_part("alpha");
	SCOPED(part) b = storage_part("beta");
	struct part *parts[] = { NULL, a, b };

	add_pool(a, "nas", POOL_RUNNING, 100);
	add_pool(b, "nas", POOL_RUNNING, 100);
	add_pool(b, "local", POOL_RUNNING, 10);
	add_volume(a, "nas", "v", "/a/v", "");
	add_volume(b, "nas", "v", "/a/v", "");
	SCOPED(cluster) c = compose_all(NULL, parts, 3);
	assert_int_equal(c->rows[ROWS_POOL].n, 2);
	assert_int_equal(c->rows[ROWS_POOL_NODE].n, 3);
	assert_int_equal(c->rows[ROWS_VOLUME].n, 1);
	assert_int_equal(pool_of(c, "nas")->nodes, 2);
	assert_int_equal(pool_of(c, "nas")->volumes, 1);
	assert_int_equal(pool_of(c, "local")->nodes, 1);
	assert_true(cluster_info(c)->storage_total == 110 * MIB);
	assert_true(cluster_info(c)->storage_provisioned == 10 * MIB);
}

/* The state of two nodes' views, and what the pool is then. */
static void
the_best_of_its_states(void **state)
{
	static const struct {
		enum pool_state a, b, pool;
	} cases[] = {
		{ POOL_RUNNING, POOL_RUNNING, POOL_RUNNING },
		{ POOL_RUNNING, POOL_INACTIVE, POOL_RUNNING },
		{ POOL_UNKNOWN, POOL_RUNNING, POOL_RUNNING },
		{ POOL_UNKNOWN, POOL_INACTIVE, POOL_INACTIVE },
		{ POOL_UNKNOWN, POOL_UNKNOWN, POOL_UNKNOWN },
		{ POOL_DEGRADED, POOL_INACCESSIBLE, POOL_DEGRADED },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(part) a = storage_part("alpha");
		SCOPED(part) b = storage_part("beta");
		struct part *parts[] = { NULL, a, b };
		add_pool(a, "nas", cases[i].a, 100);
		add_pool(b, "nas", cases[i].b, 100);
		SCOPED(cluster) c = compose_all(NULL, parts, 3);
		if (pool_of(c, "nas")->state != (int32_t)cases[i].pool)
			fail_msg("case %zu: %d", i, pool_of(c, "nas")->state);
	}
}

static void
nobody_sees_into_a_pool_that_is_off(void **state)
{
	SCOPED(part) a = storage_part("alpha");
	struct part *parts[] = { NULL, a };

	add_pool(a, "off", POOL_INACTIVE, 100)->capacity = ABSENT_U64;
	SCOPED(cluster) c = compose_all(NULL, parts, 2);
	assert_int_equal(pool_of(c, "off")->volumes, ABSENT_U32);
	assert_true(pool_of(c, "off")->provisioned == ABSENT_U64);
	assert_true(cluster_info(c)->storage_total == 0);
}

/* A silent node's volumes stay, unless another node looks into the same pool. */
static void
volumes_of_a_silent_node(void **state)
{
	SCOPED(part) a = storage_part("alpha");
	SCOPED(part) b = storage_part("beta");
	struct part *parts[] = { NULL, a, b };

	a->reachable = false;
	add_pool(a, "nas", POOL_UNKNOWN, 100);
	add_pool(a, "own", POOL_UNKNOWN, 100);
	add_pool(b, "nas", POOL_RUNNING, 100);
	add_volume(a, "nas", "deleted", "/n/deleted", "");
	add_volume(a, "nas", "both", "/n/both", "");
	add_volume(a, "own", "mine", "/o/mine", "");
	add_volume(b, "nas", "both", "/n/both", "");
	SCOPED(cluster) c = compose_all(NULL, parts, 3);
	assert_null(volume_of(c, "deleted"));
	assert_non_null(volume_of(c, "both"));
	assert_non_null(volume_of(c, "mine"));
	assert_int_equal(pool_of(c, "own")->state, POOL_UNKNOWN);
}

/* Rows of pools in a part are trends; they come and go without touching the pools. */
static void
a_trend_is_handed_in(void **state)
{
	SCOPED(part) a = storage_part("alpha");
	SCOPED(part) trends = part_new("trends", NULL);
	struct part *parts[] = { NULL, a, NULL };

	add_pool(a, "nas", POOL_RUNNING, 100);
	add_pool(a, "own", POOL_RUNNING, 100);
	SCOPED(cluster) c = compose_all(NULL, parts, 3);
	assert_int_equal(pool_of(c, "nas")->days_left, -1);
	struct pool *trend = part_add(trends, ROWS_POOL);
	trend->h.index = pool_of(c, "nas")->h.index;
	trend->days_left = 17;
	trend = part_add(trends, ROWS_POOL);
	trend->h.index = 12345; /* of a pool that is gone */
	trend->days_left = 1;
	parts[2] = trends;
	SCOPED(cluster) d = compose_all(c, parts, 3);
	assert_int_equal(d->rows[ROWS_POOL].n, 2);
	assert_int_equal(pool_of(d, "nas")->days_left, 17);
	assert_int_equal(pool_of(d, "own")->days_left, -1);
	SCOPED(cluster) e = compose_all(d, parts, 3); /* all parts are kept */
	assert_int_equal(pool_of(e, "nas")->days_left, 17);
	assert_int_equal(e->rows[ROWS_POOL].n, 2);
	parts[2] = NULL;
	SCOPED(cluster) f = compose_all(e, parts, 3);
	assert_int_equal(pool_of(f, "nas")->days_left, -1);
	assert_string_equal(pool_of(f, "nas")->name, "nas");
}

static void
a_change_of_state_is_an_event(void **state)
{
	static const struct {
		enum pool_state was, is;
		guint events;
	} cases[] = {
		{ POOL_RUNNING, POOL_INACTIVE, 1 },
		{ POOL_INACTIVE, POOL_RUNNING, 1 },
		{ POOL_RUNNING, POOL_RUNNING, 0 },
		{ POOL_RUNNING, POOL_UNKNOWN, 0 },
		{ POOL_UNKNOWN, POOL_RUNNING, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(part) a = storage_part("alpha");
		SCOPED(part) b = storage_part("alpha");
		SCOPED(part) out = part_new("events", NULL);
		struct part *before[] = { NULL, a }, *after[] = { NULL, b };
		add_pool(a, "nas", cases[i].was, 100);
		add_pool(b, "nas", cases[i].is, 100);
		SCOPED(cluster) c = compose_all(NULL, before, 2);
		SCOPED(cluster) d = compose_all(c, after, 2);
		diff(c, d, NULL, out, g_get_real_time());
		assert_int_equal(out->rows[ROWS_EVENT]->len, cases[i].events);
	}
}

/* --- links */

static void
disks_and_volumes_find_each_other(void **state)
{
	static const struct {
		const char *source; /* of the disk */
		int32_t type;
		const char *path; /* of the volume */
		bool linked;
	} cases[] = {
		{ "/nas/v", VOLUME_FILE, "/nas/v", true },
		{ "/nas/w", VOLUME_FILE, "/nas/v", false },
		{ "nas/v", VOLUME_FILE, "/nas/v", true },
		{ "nas/w", VOLUME_FILE, "/nas/v", false },
		{ "own/v", VOLUME_FILE, "/nas/v", false },
		{ "rbd:vms/v", VOLUME_NETWORK, "vms/v", true },
		{ "rbd:vms/v", VOLUME_FILE, "vms/v", false },
		{ "gluster:vol/v", VOLUME_NETWORK, "gluster://g.example/vol/v", true },
		{ "", VOLUME_FILE, "", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(part) vms = test_node_part("alpha", NODE_ONLINE);
		SCOPED(part) storage = storage_part("alpha");
		struct part *parts[] = { NULL, vms, storage };
		test_add_vm(vms, "web1", 1, VM_RUNNING);
		add_disk(vms, 0, 1, cases[i].source);
		add_pool(storage, "nas", POOL_RUNNING, 100);
		add_volume(storage, "nas", "v", cases[i].path, "")->type = cases[i].type;
		SCOPED(cluster) c = compose_all(NULL, parts, 3);
		const struct disk *disk = c->rows[ROWS_DISK].row[0];
		const struct volume *volume = volume_of(c, "v");
		const struct volume *of_disk = cluster_disk_volume(c, disk);
		const struct disk *of_volume = cluster_volume_disk(c, volume);
		if ((of_disk == volume) != cases[i].linked || (of_volume == disk) != cases[i].linked)
			fail_msg("case %zu", i);
		assert_int_equal(cluster_volume_is_orphan(c, volume), !cases[i].linked);
	}
}

/* The same path on a host that does not have the pool is something else. */
static void
a_path_means_something_on_its_host_only(void **state)
{
	SCOPED(part) vms = test_node_part("beta", NODE_ONLINE);
	SCOPED(part) a = storage_part("alpha");
	SCOPED(part) b = storage_part("beta");
	struct part *parts[] = { NULL, vms, a, NULL };

	test_add_vm(vms, "web1", 1, VM_RUNNING);
	add_disk(vms, 0, 1, "/img/v");
	add_pool(a, "nas", POOL_RUNNING, 100);
	add_volume(a, "nas", "v", "/img/v", "");
	SCOPED(cluster) c = compose_all(NULL, parts, 4);
	assert_null(cluster_disk_volume(c, c->rows[ROWS_DISK].row[0]));
	assert_true(cluster_volume_is_orphan(c, volume_of(c, "v")));
	add_pool(b, "nas", POOL_RUNNING, 100);
	parts[3] = b;
	SCOPED(cluster) d = compose_all(c, parts, 4);
	assert_non_null(cluster_disk_volume(d, d->rows[ROWS_DISK].row[0]));
}

static void
chains_and_what_is_below_a_disk(void **state)
{
	SCOPED(part) vms = test_node_part("alpha", NODE_ONLINE);
	SCOPED(part) storage = storage_part("alpha");
	struct part *parts[] = { NULL, vms, storage };

	test_add_vm(vms, "web1", 1, VM_RUNNING);
	add_disk(vms, 0, 1, "/p/top");
	add_disk(vms, 0, 2, "/elsewhere/over")->backing = "/p/under";
	add_pool(storage, "nas", POOL_RUNNING, 100);
	add_volume(storage, "nas", "base", "/p/base", "");
	add_volume(storage, "nas", "mid", "/p/mid", "/p/base");
	add_volume(storage, "nas", "top", "/p/top", "/p/mid");
	add_volume(storage, "nas", "under", "/p/under", "");
	add_volume(storage, "nas", "lone", "/p/lone", "/outside/base");
	add_volume(storage, "nas", "ring", "/p/ring", "/p/ring");
	SCOPED(cluster) c = compose_all(NULL, parts, 3);
	static const struct {
		const char *name;
		uint32_t depth;
		bool orphan;
	} cases[] = {
		{ "base", 0, false }, { "mid", 1, false }, { "top", 2, false },
		{ "under", 0, false }, { "lone", 1, true }, { "ring", 64, false },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct volume *volume = volume_of(c, cases[i].name);
		assert_int_equal(cluster_volume_depth(c, volume), cases[i].depth);
		assert_int_equal(cluster_volume_is_orphan(c, volume), cases[i].orphan);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shared_pool_is_one_row_and_counts_once),
		cmocka_unit_test(the_best_of_its_states),
		cmocka_unit_test(nobody_sees_into_a_pool_that_is_off),
		cmocka_unit_test(volumes_of_a_silent_node),
		cmocka_unit_test(a_trend_is_handed_in),
		cmocka_unit_test(a_change_of_state_is_an_event),
		cmocka_unit_test(disks_and_volumes_find_each_other),
		cmocka_unit_test(a_path_means_something_on_its_host_only),
		cmocka_unit_test(chains_and_what_is_below_a_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
