/* The inbox: what of it survives which end of the process, and what happens when full. */
#include "config.h"

#include "tests/unit/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmops/inbox.h"

static char *dir;

static int
setup(void **unused)
{
	dir = test_directory();
	return 0;
}

static int
teardown(void **unused)
{
	test_directory_remove(g_steal_pointer(&dir));
	return 0;
}

static struct inbox *
open_inbox(uint32_t last_number)
{
	g_autoptr(GError) error = NULL;
	struct inbox *inbox = inbox_open(dir, last_number, &error);

	if (error != NULL)
		fail_msg("%s", error->message);
	return inbox;
}

static struct request
request_number(unsigned n)
{
	struct request request = { .type = JOB_RESET, .kind = OBJECT_VM, .object = n };

	g_snprintf(request.name, sizeof(request.name), "vm%u", n);
	return request;
}

static struct inbox_slot *
reserve(struct inbox *inbox, unsigned n)
{
	struct request request = request_number(n);

	return inbox_reserve(inbox, &request);
}

/* Accepts under the next number. */
static uint32_t
commit(struct inbox *inbox, struct inbox_slot *slot, int64_t submitted_at)
{
	uint32_t number = inbox_next_number(inbox);

	inbox_commit(slot, number, submitted_at);
	return number;
}

static uint32_t
commit_as(struct inbox_slot *slot, uint32_t number)
{
	inbox_commit(slot, number, 1);
	return number;
}

static char *
inbox_path(const char *suffix)
{
	g_autofree char *path = g_build_filename(dir, "inbox", NULL);

	return g_strconcat(path, suffix, NULL);
}

/* --- every state of a slot, after a restart */

static void
leave_free(struct inbox *inbox, struct inbox_slot *slot)
{
	inbox_release(slot);
}

static void
leave_reserved(struct inbox *inbox, struct inbox_slot *slot)
{
}

static void
leave_committed(struct inbox *inbox, struct inbox_slot *slot)
{
	commit(inbox, slot, 77);
}

static void
leave_uncommitted(struct inbox *inbox, struct inbox_slot *slot)
{
	commit(inbox, slot, 77);
	inbox_uncommit(slot);
}

static void
leave_settled(struct inbox *inbox, struct inbox_slot *slot)
{
	commit(inbox, slot, 77);
	inbox_settle(slot);
}

static void
leave_done(struct inbox *inbox, struct inbox_slot *slot)
{
	leave_settled(inbox, slot);
	inbox_release(slot);
}

static const struct {
	const char *name;
	void (*leave)(struct inbox *, struct inbox_slot *);
	guint left;
	bool settled;
} ends[] = {
	{ "free",        leave_free,        0, false },
	{ "reserved",    leave_reserved,    0, false },
	{ "committed",   leave_committed,   1, false },
	{ "uncommitted", leave_uncommitted, 0, false },
	{ "settled",     leave_settled,     1, true  },
	{ "done",        leave_done,        0, false },
};

static void
check_leftovers(size_t i, uint32_t last_number)
{
	struct inbox *inbox = open_inbox(0);
	g_autoptr(GArray) items = inbox_leftovers(inbox);

	if (items->len != ends[i].left)
		fail_msg("%s: %u left, not %u", ends[i].name, items->len, ends[i].left);
	if (items->len > 0) {
		const struct inbox_item *item = &g_array_index(items, struct inbox_item, 0);
		assert_int_equal(item->settled, ends[i].settled);
		assert_int_equal(item->number, last_number + 1);
		assert_int_equal(item->submitted_at, 77);
		assert_int_equal(item->request.object, i);
		assert_int_equal(item->request.type, JOB_RESET);
	}
	inbox_clear(inbox);
	g_autoptr(GArray) none = inbox_leftovers(inbox);
	assert_int_equal(none->len, 0);
	inbox_close(inbox);
}

static void
test_reopen(void **unused)
{
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		uint32_t last = 1000 * (uint32_t)(i + 1);
		struct inbox *inbox = open_inbox(last);
		ends[i].leave(inbox, reserve(inbox, (unsigned)i));
		inbox_close(inbox);
		check_leftovers(i, last);
	}
}

static void
test_kill(void **unused)
{
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		uint32_t last = 1000 * (uint32_t)(i + 1);
		pid_t child = fork();
		int status;

		if (child == 0) {
			struct inbox *inbox = inbox_open(dir, last, NULL);
			ends[i].leave(inbox, reserve(inbox, (unsigned)i));
			kill(getpid(), SIGKILL);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		check_leftovers(i, last);
	}
}

/* --- numbers */

static void
test_numbers(void **unused)
{
	struct inbox *inbox = open_inbox(41);
	struct inbox_slot *slot = reserve(inbox, 1);

	assert_int_equal(commit(inbox, slot, 1), 42);
	inbox_uncommit(slot);
	assert_int_equal(commit_as(slot, 42), 42); /* keeps the number */
	inbox_release(slot);
	inbox_close(inbox);
	/* not used again, although nothing else remembers it */
	inbox = open_inbox(0);
	slot = reserve(inbox, 1);
	assert_int_equal(commit(inbox, slot, 1), 43);
	inbox_close(inbox);
	inbox = open_inbox(500);
	assert_int_equal(commit(inbox, reserve(inbox, 1), 1), 501);
	inbox_close(inbox);
}

static void
test_full(void **unused)
{
	struct inbox *inbox = open_inbox(0);
	struct inbox_slot *slots[INBOX_SLOTS];

	for (unsigned i = 0; i < INBOX_SLOTS; i++) {
		slots[i] = reserve(inbox, i);
		assert_non_null(slots[i]);
		commit(inbox, slots[i], i);
		inbox_settle(slots[i]);
	}
	assert_null(reserve(inbox, 9999));
	inbox_release(slots[17]);
	assert_ptr_equal(reserve(inbox, 9999), slots[17]);
	assert_null(reserve(inbox, 9999));
	inbox_close(inbox);

	inbox = open_inbox(0);
	g_autoptr(GArray) items = inbox_leftovers(inbox);
	assert_int_equal(items->len, INBOX_SLOTS - 1);
	for (guint i = 1; i < items->len; i++)
		assert_true(g_array_index(items, struct inbox_item, i - 1).number <
		    g_array_index(items, struct inbox_item, i).number);
	inbox_close(inbox);
}

/* --- several threads at once */

#define THREADS 4
#define ROUNDS  20000

static atomic_uint committed;

static void *
reserve_and_release(void *data)
{
	struct inbox *inbox = data;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct inbox_slot *slot = reserve(inbox, i);
		assert_non_null(slot);
		commit(inbox, slot, i);
		atomic_fetch_add(&committed, 1);
		if (i % 3 == 0)
			inbox_settle(slot);
		inbox_release(slot);
	}
	return NULL;
}

static void
test_concurrent(void **unused)
{
	struct inbox *inbox = open_inbox(0);
	pthread_t threads[THREADS];

	atomic_store(&committed, 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, reserve_and_release, inbox);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&committed), THREADS * ROUNDS);
	struct inbox_slot *slot = reserve(inbox, 1);
	assert_int_equal(commit(inbox, slot, 1), THREADS * ROUNDS + 1);
	inbox_close(inbox);
}

/* --- files that are not as they should be */

static void
settle_three(void)
{
	struct inbox *inbox = open_inbox(10);

	for (unsigned i = 0; i < 3; i++) {
		struct inbox_slot *slot = reserve(inbox, 100 + i);
		commit(inbox, slot, 5);
		inbox_settle(slot);
	}
	inbox_close(inbox);
}

static void
overwrite(off_t at, const void *bytes, size_t n)
{
	g_autofree char *path = inbox_path("");
	int fd = open(path, O_WRONLY);

	assert_int_equal(pwrite(fd, bytes, n, at), (ssize_t)n);
	close(fd);
}

static void
cut(off_t size)
{
	g_autofree char *path = inbox_path("");

	assert_int_equal(truncate(path, size), 0);
}

static void
damage_magic(void)
{
	overwrite(0, "SOMEBODY", 8);
}

static void
damage_version(void)
{
	uint32_t version = 99;

	overwrite(8, &version, sizeof(version));
}

static void
damage_counter(void)
{
	uint32_t huge = 0xfffffff0;

	overwrite(20, &huge, sizeof(huge));
}

/* The name of the second request, in the middle of its slot. */
static void
damage_slot(void)
{
	g_autofree char *path = inbox_path("");
	g_autofree char *bytes = NULL;
	gsize size;

	assert_true(g_file_get_contents(path, &bytes, &size, NULL));
	char *name = memmem(bytes, size, "vm101", 5);
	assert_non_null(name);
	overwrite(name - bytes, "xx", 2);
}

static void
damage_length(void)
{
	cut(5000);
}

static void
damage_longer(void)
{
	cut(10 * 1024 * 1024);
}

static const struct {
	const char *name;
	void (*damage)(void);
	guint left;
} damages[] = {
	{ "magic",   damage_magic,   0 },
	{ "version", damage_version, 0 },
	{ "counter", damage_counter, 0 },
	{ "slot",    damage_slot,    2 },
	{ "short",   damage_length,  0 },
	{ "long",    damage_longer,  0 },
};

/* Never a refusal: an agent that does not start helps nobody.  The old file is kept. */
static void
test_damaged(void **unused)
{
	g_autofree char *path = inbox_path(""), *aside = inbox_path(".damaged");

	for (size_t i = 0; i < G_N_ELEMENTS(damages); i++) {
		settle_three();
		damages[i].damage();
		struct inbox *inbox = open_inbox(20);
		g_autoptr(GArray) items = inbox_leftovers(inbox);
		if (items->len != damages[i].left)
			fail_msg("%s: %u left", damages[i].name, items->len);
		assert_true(g_file_test(aside, G_FILE_TEST_EXISTS));
		/* numbers that may have been lost are left out */
		assert_in_range(commit(inbox, reserve(inbox, 1), 1), 1000, 3000);
		inbox_close(inbox);
		/* sound from then on */
		g_unlink(aside);
		inbox_close(open_inbox(0));
		assert_false(g_file_test(aside, G_FILE_TEST_EXISTS));
		g_unlink(path);
	}
}

/* Killed while the file was being made: nothing was accepted yet. */
static void
test_unfinished_file(void **unused)
{
	g_autofree char *path = inbox_path(""), *aside = inbox_path(".damaged");
	struct stat st;

	inbox_close(open_inbox(0));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	cut(0);
	inbox_close(open_inbox(0));
	cut(0);
	cut(st.st_size); /* all zero */
	inbox_close(open_inbox(0));
	assert_false(g_file_test(aside, G_FILE_TEST_EXISTS));
}

static void
test_one_process(void **unused)
{
	struct inbox *inbox = open_inbox(0);
	g_autoptr(GError) error = NULL;

	assert_null(inbox_open(dir, 0, &error));
	assert_non_null(strstr(error->message, "another virtclusterd"));
	inbox_close(inbox);
	inbox_close(open_inbox(0));
}

static void
test_no_directory(void **unused)
{
	g_autoptr(GError) error = NULL;

	assert_null(inbox_open("/nonexistent/virtcluster", 0, &error));
	assert_non_null(strstr(error->message, "/nonexistent/virtcluster/inbox"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_reopen),
		TEST(test_kill),
		TEST(test_numbers),
		TEST(test_full),
		TEST(test_concurrent),
		TEST(test_damaged),
		TEST(test_unfinished_file),
		TEST(test_one_process),
		TEST(test_no_directory),
	};

	return cmocka_run_group_tests_name("inbox", tests, NULL, NULL);
}
