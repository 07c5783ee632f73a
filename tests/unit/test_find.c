/* Finding what a person means: names, longer names, UUIDs, indexes; and what is unclear. */
#include "tests/unit/control_fixture.h"

#include "model/compose.h"
#include "model/find.h"

static const struct cluster_info info = { .name = "t", .version = "1", .backend = "none" };
static struct part *alpha, *beta;
static struct cluster *cluster;

static int
set_up(void **data)
{
	struct part *parts[] = { NULL, alpha = test_node_part("alpha", NODE_ONLINE),
		beta = test_node_part("beta", NODE_ONLINE) };

	test_add_vm(alpha, "web1", 1, VM_RUNNING);
	test_add_vm(alpha, "twin", 2, VM_RUNNING);
	test_add_vm(beta, "twin", 3, VM_RUNNING);
	test_add_vm(beta, "17", 4, VM_SHUT_OFF);
	fixture_add_devices(alpha);
	fixture_add_storage(alpha, beta);
	const struct compose_input in = { .parts = parts, .parts_n = G_N_ELEMENTS(parts),
		.info = &info, .now = g_get_monotonic_time(), .wall = g_get_real_time() };
	cluster = compose(&in);
	return 0;
}

static int
tear_down(void **data)
{
	cluster_unref(cluster);
	part_unref(alpha);
	part_unref(beta);
	return 0;
}

static const struct {
	enum row_set set;
	const char *text;
	const char *found; /* its name in the table */
} cases[] = {
	{ ROWS_NODE, "alpha", "alpha" },
	{ ROWS_VM, "web1", "web1" },
	{ ROWS_VM, "17", "17" }, /* a name wins over an index */
	{ ROWS_VM, "00000000-0000-4000-8000-000000000001", "web1" },
	{ ROWS_VM, "00000000-0000-4000-8000-000000000003", "twin" },
	{ ROWS_VCPU, "web1/0", "web1/0" },
	{ ROWS_DISK, "web1/vdb", "web1/vdb" },
	{ ROWS_NIC, "web1/52:54:00:00:00:01", "web1/52:54:00:00:00:01" },
	{ ROWS_NIC, "52:54:00:00:00:01", "web1/52:54:00:00:00:01" },
	{ ROWS_POOL, "shared", "shared" },
	{ ROWS_POOL, "beta/shared", "shared" },
	{ ROWS_POOL, "beta/default", "default" },
	{ ROWS_VOLUME, "install.iso", "install.iso" },
	{ ROWS_VOLUME, "shared/install.iso", "install.iso" },
	{ ROWS_VOLUME, "beta/shared/install.iso", "install.iso" },
	{ ROWS_VOLUME, "alpha/default/base.qcow2", "base.qcow2" },
	{ ROWS_VOLUME, "default/web1-vda.qcow2", "web1-vda.qcow2" },
};

static const struct {
	enum row_set set;
	const char *text;
	const char *message; /* what the error begins with */
} refusals[] = {
	{ ROWS_NODE, "gamma", "no node is called \"gamma\"" },
	{ ROWS_VM, "", "no VM is called \"\"" },
	{ ROWS_VM, "0", "no VM is called \"0\"" },
	{ ROWS_VM, "1.2.3", "no VM is called \"1.2.3\"" },
	{ ROWS_VM, "twin", "two VMs are called \"twin\": say 00000000-0000-4000-8000-00000000000" },
	{ ROWS_DISK, "web1", "no disk is called \"web1\"" },
	{ ROWS_DISK, "web1/vdz", "no disk is called \"web1/vdz\"" },
	{ ROWS_POOL, "default", "two pools are called \"default\": say " },
	{ ROWS_POOL, "gamma/default", "no pool is called \"gamma/default\"" },
	{ ROWS_POOL, "/default", "no pool is called \"/default\"" },
	{ ROWS_VOLUME, "base.qcow2", "two volumes are called \"base.qcow2\": say " },
	{ ROWS_VOLUME, "default/base.qcow2", "two volumes are called \"default/base.qcow2\": say " },
	{ ROWS_VOLUME, "shared/base.qcow2", "no volume is called \"shared/base.qcow2\"" },
	{ ROWS_VOLUME, "xdefault/base.qcow2", "no volume is called \"xdefault/base.qcow2\"" },
	{ ROWS_JOB, "99", "there is no job 99" },
	{ ROWS_ALARM, "web1", "no alarm is called \"web1\"" },
};

static const char *
name_of(enum row_set set, const void *row)
{
	static const struct {
		enum row_set set;
		size_t offset;
	} names[] = {
		{ ROWS_NODE, offsetof(struct node, name) },
		{ ROWS_VM, offsetof(struct vm, name) },
		{ ROWS_VCPU, offsetof(struct vcpu, name) },
		{ ROWS_DISK, offsetof(struct disk, name) },
		{ ROWS_NIC, offsetof(struct nic, name) },
		{ ROWS_POOL, offsetof(struct pool, name) },
		{ ROWS_VOLUME, offsetof(struct volume, name) },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (names[i].set == set)
			return *(const char *const *)((const char *)row + names[i].offset);
	return "";
}

static void
names_find_rows(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		const void *row = find_row(cluster, cases[i].set, cases[i].text, &error);
		if (row == NULL)
			fail_msg("%s: %s", cases[i].text, error->message);
		assert_string_equal(name_of(cases[i].set, row), cases[i].found);
	}
}

static void
errors_tell_what_is_unclear(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autoptr(GError) error = NULL;
		assert_null(find_row(cluster, refusals[i].set, refusals[i].text, &error));
		if (!g_str_has_prefix(error->message, refusals[i].message))
			fail_msg("%s", error->message);
	}
}

/* What an error proposes is understood. */
static void
proposals_are_understood(void **data)
{
	static const struct {
		enum row_set set;
		const char *text;
	} unclear[] = {
		{ ROWS_VM, "twin" },
		{ ROWS_POOL, "default" },
		{ ROWS_VOLUME, "base.qcow2" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(unclear); i++) {
		g_autoptr(GError) error = NULL;
		assert_null(find_row(cluster, unclear[i].set, unclear[i].text, &error));
		g_auto(GStrv) said =
		    g_strsplit(strstr(error->message, ": say ") + strlen(": say "), " or ", -1);
		assert_int_equal(g_strv_length(said), 2);
		const void *found[2];
		for (int k = 0; k < 2; k++) {
			g_auto(GStrv) words = g_strsplit(said[k], " (on ", 2);
			found[k] = find_row(cluster, unclear[i].set, words[0], NULL);
			assert_non_null(found[k]);
		}
		assert_ptr_not_equal(found[0], found[1]);
	}
}

static void
indexes_find_rows(void **data)
{
	const struct disk *disk = find_row(cluster, ROWS_DISK, "web1/vdb", NULL);
	const struct pool *pool = find_row(cluster, ROWS_POOL, "shared", NULL);
	g_autofree char *disk_index = g_strdup_printf("%u.%u", disk->h.index, disk->h.sub);
	g_autofree char *vm_index = g_strdup_printf("%u", disk->h.index);
	g_autofree char *pool_index = g_strdup_printf("%u", pool->h.index);

	assert_ptr_equal(find_row(cluster, ROWS_DISK, disk_index, NULL), disk);
	assert_null(find_row(cluster, ROWS_DISK, vm_index, NULL));
	assert_ptr_equal(find_row(cluster, ROWS_POOL, pool_index, NULL), pool);
	assert_ptr_equal(find_row(cluster, ROWS_VM, vm_index, NULL), test_vm(cluster, "web1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_find_rows),
		cmocka_unit_test(errors_tell_what_is_unclear),
		cmocka_unit_test(proposals_are_understood),
		cmocka_unit_test(indexes_find_rows),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
