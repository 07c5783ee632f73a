/* Names: which VMs and volumes are called so, and when that is looked up anew. */
#include "test.h"

#include "model/compose.h"

#define PARTS 2
#define MANY 2000

static struct cluster *
compose_all(const struct cluster *previous, struct part *parts[PARTS])
{
	static const struct cluster_info info = { .name = "t", .version = "1", .backend = "none" };
	struct compose_input in = {
		.previous = previous,
		.parts = parts,
		.parts_n = PARTS,
		.info = &info,
		.now = g_get_monotonic_time(),
		.wall = g_get_real_time(),
	};

	return compose(&in);
}

static void
add_volume(struct part *part, const char *pool, const char *name)
{
	struct volume *volume = part_add(part, ROWS_VOLUME);
	g_autofree char *identity = g_strconcat(pool, "/", name == NULL ? "?" : name, NULL);

	volume->identity = volume->path = volume->key = part_text(part, identity);
	volume->pool_identity = volume->pool_name = pool;
	volume->name = name == NULL ? NULL : part_text(part, name);
	volume->format = "raw";
	volume->type = VOLUME_FILE;
	volume->sampled_us = g_get_monotonic_time();
}

static uint32_t
pool_of(const struct cluster *c, const char *pool)
{
	const struct rows *rows = &c->rows[ROWS_VOLUME];

	for (size_t i = 0; i < rows->n; i++)
		if (strcmp(((const struct volume *)rows->row[i])->pool_name, pool) == 0)
			return ((const struct volume *)rows->row[i])->pool;
	fail_msg("no pool %s", pool);
	return 0;
}

/* The nodes that tell of a VM of that name, each with a blank behind it. */
static void
assert_called(const struct cluster *c, const char *name, const char *wanted)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const struct vm *vm;

	for (size_t at = 0; (vm = cluster_vm_called(c, name, &at)) != NULL;) {
		assert_string_equal(vm->name, name);
		g_string_append_printf(text, "%s ", vm->node_name);
	}
	assert_string_equal(text->str, wanted);
}

static void
vms(void **data)
{
	SCOPED(part) a = test_node_part("alpha", NODE_ONLINE);
	SCOPED(part) b = test_node_part("beta", NODE_ONLINE);
	struct part *parts[PARTS] = { a, b };

	test_add_vm(a, "web", 1, VM_RUNNING);
	test_add_vm(b, "web", 1, VM_SHUT_OFF); /* hidden by the one that runs */
	test_add_vm(a, "db", 2, VM_SHUT_OFF);
	test_add_vm(b, "old", 2, VM_SHUT_OFF); /* has another name there */
	test_add_vm(b, "went", 3, VM_SHUT_OFF)->migration = VM_LEFT;
	test_add_vm(b, "two", 4, VM_SHUT_OFF);
	test_add_vm(a, "two", 5, VM_SHUT_OFF);
	SCOPED(cluster) c = compose_all(NULL, parts);
	assert_called(c, "web", "alpha beta ");
	assert_called(c, "db", "alpha ");
	assert_called(c, "old", "beta ");
	assert_called(c, "went", "");
	assert_called(c, "we", "");
	assert_called(c, "", "");
	assert_called(c, "zzz", "");
	size_t at = 0, n = 0;
	while (cluster_vm_called(c, "two", &at) != NULL)
		n++;
	assert_int_equal(n, 2);
}

static void
volumes(void **data)
{
	SCOPED(part) a = part_new("storage:alpha", "alpha");
	struct part *parts[PARTS] = { a, NULL };
	const struct volume *volume, *last = NULL;

	for (unsigned i = 0; i < MANY; i++) {
		g_autofree char *name = g_strdup_printf("v%u", i * 7919 % MANY);
		add_volume(a, i % 2 == 0 ? "one" : "two", name);
	}
	add_volume(a, "one", "both");
	add_volume(a, "two", "both");
	add_volume(a, "two", NULL);
	SCOPED(cluster) c = compose_all(NULL, parts);
	uint32_t one = pool_of(c, "one"), two = pool_of(c, "two");
	for (unsigned i = 0; i < MANY; i++) {
		g_autofree char *name = g_strdup_printf("v%u", i * 7919 % MANY);
		volume = cluster_volume_called(c, i % 2 == 0 ? one : two, name);
		assert_non_null(volume);
		assert_string_equal(volume->name, name);
		assert_null(cluster_volume_called(c, i % 2 == 0 ? two : one, name));
	}
	assert_int_equal(cluster_volume_called(c, one, "both")->pool, one);
	assert_int_equal(cluster_volume_called(c, two, "both")->pool, two);
	assert_null(cluster_volume_called(c, one, "v"));
	assert_null(cluster_volume_called(c, 1, "both"));
	size_t at = 0, n = 0;
	while ((volume = cluster_volume_of(c, two, &at)) != NULL) {
		assert_int_equal(volume->pool, two);
		assert_true(last == NULL || strcmp(last->name, volume->name) < 0);
		last = volume;
		n++;
	}
	assert_int_equal(n, MANY / 2 + 1); /* one has no name */
	at = 0;
	assert_null(cluster_volume_of(c, 1, &at));
}

/* A row that is another one now, but called the same, makes nothing anew. */
static void
made_anew(void **data)
{
	struct part *before[PARTS], *same[PARTS], *renamed[PARTS];
	struct part **all[] = { before, same, renamed };

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		all[i][0] = test_node_part("alpha", NODE_ONLINE);
		all[i][1] = part_new("storage:alpha", "alpha");
		test_add_vm(all[i][0], all[i] == renamed ? "new" : "web", 1, VM_SHUT_OFF);
		add_volume(all[i][1], "one", "a");
	}
	add_volume(renamed[1], "one", "b");
	SCOPED(cluster) c = compose_all(NULL, before);
	SCOPED(cluster) next = compose_all(c, same);
	assert_ptr_equal(next->vm_names, c->vm_names);
	assert_ptr_equal(next->volume_names, c->volume_names);
	size_t at = 0;
	assert_ptr_equal(cluster_vm_called(next, "web", &at), next->rows[ROWS_VM].row[0]);
	struct part *vm_renamed[PARTS] = { renamed[0], same[1] };
	SCOPED(cluster) third = compose_all(next, vm_renamed);
	assert_ptr_not_equal(third->vm_names, next->vm_names);
	assert_ptr_equal(third->volume_names, next->volume_names);
	assert_called(third, "web", "");
	assert_called(third, "new", "alpha ");
	SCOPED(cluster) fourth = compose_all(third, renamed);
	assert_ptr_equal(fourth->vm_names, third->vm_names);
	assert_non_null(cluster_volume_called(fourth, pool_of(fourth, "one"), "b"));
	assert_null(cluster_volume_called(third, pool_of(third, "one"), "b"));
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		for (size_t p = 0; p < PARTS; p++)
			part_unref(all[i][p]);
}

static void
by_uuid(void **data)
{
	SCOPED(part) a = test_node_part("alpha", NODE_ONLINE);
	struct part *parts[PARTS] = { a, NULL };
	const struct vm *vm = test_add_vm(a, "web", 1, VM_RUNNING);

	test_add_vm(a, "db", 2, VM_RUNNING);
	SCOPED(cluster) c = compose_all(NULL, parts);
	assert_string_equal(cluster_vm_of_uuid(c, vm->uuid)->name, "web");
	assert_null(cluster_vm_of_uuid(c, "00000000-0000-4000-8000-000000000009"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vms),
		cmocka_unit_test(volumes),
		cmocka_unit_test(made_anew),
		cmocka_unit_test(by_uuid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
