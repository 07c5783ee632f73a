/* Backups as the job manager keeps them: found by VM, UUID and name, also after a restart. */
#include "tests/unit/jobs_fixture.h"

#include "vmops/jobs_private.h"

static int
begin(void **data)
{
	begin_fixture();
	open_store();
	open_jobs();
	return 0;
}

static int
end(void **data)
{
	end_fixture(0);
	return 0;
}

static void
keep(const char *uuid, const char *vm, const char *name, enum backup_state state, int64_t at)
{
	struct backup_record r = { .kind = BACKUP_FULL, .state = (int32_t)state,
		.check = CHECK_NEVER, .taken_at = at };

	g_strlcpy(r.uuid, uuid, sizeof(r.uuid));
	g_strlcpy(r.vm_uuid, vm, sizeof(r.vm_uuid));
	g_strlcpy(r.name, name, sizeof(r.name));
	jobs_keep_backup(fix.jobs, &r);
}

/* The UUIDs of that VM's backups, each with a blank behind it. */
static void
assert_of(const char *vm, const char *wanted)
{
	g_autoptr(GPtrArray) all = jobs_copy_backups(fix.jobs, vm);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < all->len; i++)
		g_string_append_printf(text, "%s ", ((struct backup_record *)all->pdata[i])->uuid);
	assert_string_equal(text->str, wanted);
}

static void
restart(void)
{
	stop_all();
	open_store();
	open_jobs();
}

static void
save(void)
{
	g_autoptr(GError) error = NULL;

	if (!jobs_save_backups(fix.jobs, &error))
		fail_msg("%s", error->message);
}

static void
of_a_vm(void **data)
{
	struct backup_record r;

	keep("a1", "a", "one", BACKUP_COMPLETE, 1);
	keep("b1", "b", "two", BACKUP_COMPLETE, 2);
	keep("a2", "a", "three", BACKUP_RUNNING, 3);
	assert_of("a", "a1 a2 ");
	assert_of("b", "b1 ");
	assert_of("c", "");
	assert_true(jobs_find_backup(fix.jobs, "b1", &r));
	assert_string_equal(r.vm_uuid, "b");
	assert_false(jobs_find_backup(fix.jobs, "b2", &r));
	assert_true(jobs_has_backup(fix.jobs, "three"));
	assert_false(jobs_has_backup(fix.jobs, ""));
}

static void
changed(void **data)
{
	keep("a1", "a", "one", BACKUP_RUNNING, 1);
	keep("a2", "a", "two", BACKUP_RUNNING, 2);
	keep("a1", "a", "uno", BACKUP_COMPLETE, 1); /* stays the first */
	assert_of("a", "a1 a2 ");
	assert_false(jobs_has_backup(fix.jobs, "one"));
	assert_true(jobs_has_backup(fix.jobs, "uno"));
	keep("a1", "b", "uno", BACKUP_COMPLETE, 1);
	assert_of("a", "a2 ");
	assert_of("b", "a1 ");
}

static void
forgotten(void **data)
{
	struct backup_record r;

	keep("a1", "a", "same", BACKUP_COMPLETE, 1);
	keep("b1", "b", "same", BACKUP_COMPLETE, 2);
	jobs_forget_backup(fix.jobs, "a1");
	jobs_forget_backup(fix.jobs, "a1");
	assert_of("a", "");
	assert_false(jobs_find_backup(fix.jobs, "a1", &r));
	assert_true(jobs_has_backup(fix.jobs, "same")); /* b1 */
	jobs_forget_backup(fix.jobs, "b1");
	assert_false(jobs_has_backup(fix.jobs, "same"));
}

static void
failed_attempts_give_way(void **data)
{
	keep("b1", "b", "", BACKUP_FAILED, 1);
	keep("a1", "a", "", BACKUP_FAILED, 1);
	keep("a2", "a", "", BACKUP_FAILED, 2);
	assert_of("a", "a2 ");
	keep("a3", "a", "three", BACKUP_COMPLETE, 3);
	keep("a4", "a", "", BACKUP_FAILED, 9);
	keep("a5", "a", "five", BACKUP_COMPLETE, 8); /* found by a scan: an older one */
	assert_of("a", "a3 a4 a5 ");
	assert_of("b", "b1 ");
}

static void
after_a_restart(void **data)
{
	struct backup_record r;

	keep("a1", "a", "one", BACKUP_COMPLETE, 1);
	keep("a2", "a", "two", BACKUP_COMPLETE, 2);
	keep("a3", "a", "", BACKUP_FAILED, 3);
	save();
	keep("a4", "a", "four", BACKUP_COMPLETE, 4); /* a3 gives way */
	jobs_forget_backup(fix.jobs, "a1");
	jobs_forget_backup(fix.jobs, "a2");
	keep("a2", "a", "two", BACKUP_COMPLETE, 2); /* is there again */
	save();
	restart();
	assert_of("a", "a2 a4 ");
	assert_true(jobs_has_backup(fix.jobs, "two"));
	assert_false(jobs_find_backup(fix.jobs, "a3", &r));
}

/* All VMs' are shown, and again when one has changed. */
static void
published(void **data)
{
	keep("a1", "a", "one", BACKUP_COMPLETE, 1);
	keep("b1", "b", "two", BACKUP_COMPLETE, 2);
	jobs_publish_backups(fix.jobs);
	for (uint64_t generation = 0;;) {
		SCOPED(cluster) cluster =
		    store_wait(fix.store, generation, 5 * G_USEC_PER_SEC);
		if (cluster->rows[ROWS_BACKUP].n == 2)
			break;
		assert_true(cluster->generation > generation);
		generation = cluster->generation;
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(of_a_vm),
		TEST(changed),
		TEST(forgotten),
		TEST(failed_attempts_give_way),
		TEST(after_a_restart),
		TEST(published),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
