/* Facts about VMs: what a guest's agent answered. */
#include "tests/unit/test.h"

#include <libvirt/libvirt.h>

#include "collectors/facts.h"
#include "common/sync.h"
#include "model/value.h"

struct told {
	virTypedParameterPtr params;
	int n, max;
};

static void
tell(struct told *t, const char *name, const char *value)
{
	assert_int_equal(
	    virTypedParamsAddString(&t->params, &t->n, &t->max, name, value), 0);
}

static void
a_whole_answer(void **state)
{
	struct told t = { 0 };
	SCOPED(vm_facts) f = vm_facts_new();

	tell(&t, "os.id", "debian");
	tell(&t, "os.pretty-name", "Debian GNU/Linux 12");
	tell(&t, "hostname", "web1");
	tell(&t, "if.0.hwaddr", "00:00:00:00:00:00");
	tell(&t, "if.0.addr.0.addr", "127.0.0.1");
	tell(&t, "if.1.hwaddr", "52:54:00:AB:CD:EF");
	tell(&t, "if.1.addr.0.addr", "fe80::1");
	tell(&t, "if.1.addr.1.addr", "192.0.2.7");
	tell(&t, "if.1.addr.2.addr", "2001:db8::7");
	vm_facts_guest(f, t.params, t.n);
	assert_string_equal(f->os, "Debian GNU/Linux 12");
	assert_string_equal(f->host, "web1");
	assert_string_equal(f->address, "192.0.2.7");
	assert_string_equal(vm_facts_addresses(f, "52:54:00:ab:cd:ef"),
	    "192.0.2.7 2001:db8::7");
	assert_null(vm_facts_addresses(f, "00:00:00:00:00:00"));
	assert_null(vm_facts_addresses(f, NULL));
	virTypedParamsFree(t.params, t.n);
}

/* The agent is away, or tells less: what it said last stays; addresses are new each time. */
static void
a_lesser_answer(void **state)
{
	struct told t = { 0 };
	SCOPED(vm_facts) f = vm_facts_new();

	tell(&t, "hostname", "web1");
	tell(&t, "if.0.hwaddr", "52:54:00:00:00:01");
	tell(&t, "if.0.addr.0.addr", "192.0.2.7");
	vm_facts_guest(f, t.params, t.n);
	SCOPED(vm_facts) copy = vm_facts_copy(f);
	assert_string_equal(copy->host, "web1");
	assert_string_equal(vm_facts_addresses(copy, "52:54:00:00:00:01"), "192.0.2.7");
	struct told less = { 0 };
	tell(&less, "os.name", "Linux");
	tell(&less, "hostname", "");
	virTypedParamsAddInt(&less.params, &less.n, &less.max, "os.id", 7);
	vm_facts_guest(f, less.params, less.n);
	assert_string_equal(f->host, "web1");
	assert_string_equal(f->os, "Linux");
	assert_null(f->address);
	virTypedParamsFree(t.params, t.n);
	virTypedParamsFree(less.params, less.n);
}

static void
into_a_row(void **state)
{
	SCOPED(part) part = test_node_part("alpha", NODE_ONLINE);
	struct vm *vm = test_add_vm(part, "web1", 1, VM_RUNNING);
	struct vm *off = test_add_vm(part, "web2", 2, VM_SHUT_OFF);
	SCOPED(vm_facts) f = vm_facts_new();

	vm_facts_apply(NULL, part, vm);
	assert_int_equal(vm->snapshots, ABSENT_U32);
	f->disk_errors = 1;
	f->snapshots = 2;
	f->managed_save = 0;
	vm_facts_apply(f, part, vm);
	vm_facts_apply(f, part, off);
	assert_int_equal(vm->disk_errors, 1);
	assert_int_equal(off->disk_errors, ABSENT_U32);
	assert_int_equal(off->snapshots, 2);
	assert_null(vm->guest_host);
}

static void
a_dirty_rate(void **state)
{
	static const struct {
		int status;
		long long rate;
		bool done;
		uint32_t want;
	} cases[] = {
		{ VIR_DOMAIN_DIRTYRATE_UNSTARTED, 0, true, ABSENT_U32 },
		{ VIR_DOMAIN_DIRTYRATE_MEASURING, 0, false, ABSENT_U32 },
		{ VIR_DOMAIN_DIRTYRATE_MEASURED, 12, true, 12 },
		{ VIR_DOMAIN_DIRTYRATE_MEASURED, -1, true, ABSENT_U32 },
		{ VIR_DOMAIN_DIRTYRATE_MEASURED, INT64_MAX, true, ABSENT_U32 - 1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct told t = { 0 };
		SCOPED(vm_facts) f = vm_facts_new();
		virTypedParamsAddInt(&t.params, &t.n, &t.max, "dirtyrate.calc_status",
		    cases[i].status);
		virTypedParamsAddLLong(&t.params, &t.n, &t.max,
		    "dirtyrate.megabytes_per_second", cases[i].rate);
		assert_int_equal(vm_facts_rate(f, t.params, t.n), cases[i].done);
		assert_int_equal(f->dirty_rate, cases[i].want);
		virTypedParamsFree(t.params, t.n);
	}
}

/* It is of this run, or it is not told; the next asking keeps it. */
static void
a_dirty_rate_in_a_row(void **state)
{
	SCOPED(part) part = test_node_part("alpha", NODE_ONLINE);
	struct vm *vm = test_add_vm(part, "web1", 1, VM_RUNNING);
	SCOPED(vm_facts) f = vm_facts_new();

	f->dirty_rate = 7;
	f->measured_us = 1000;
	SCOPED(vm_facts) copy = vm_facts_copy(f);
	vm->discontinuity_us = 500;
	vm_facts_apply(copy, part, vm);
	assert_int_equal(vm->dirty_rate, 7);
	vm->discontinuity_us = 2000;
	vm_facts_apply(copy, part, vm);
	assert_int_equal(vm->dirty_rate, ABSENT_U32);
}

static void
bad_disks(void **state)
{
	SCOPED(vm_facts) f = vm_facts_new();

	assert_int_equal(vm_facts_disk_error(NULL, "vda"), ABSENT_I32);
	assert_int_equal(vm_facts_disk_error(f, "vda"), ABSENT_I32);
	f->disk_errors = 1;
	g_hash_table_insert(f->bad_disks, g_strdup("vdb"),
	    GINT_TO_POINTER(DISK_ERROR_NO_SPACE));
	SCOPED(vm_facts) copy = vm_facts_copy(f);
	assert_int_equal(vm_facts_disk_error(copy, "vda"), DISK_ERROR_NONE);
	assert_int_equal(vm_facts_disk_error(copy, "vdb"), DISK_ERROR_NO_SPACE);
}

/* --- a guest that hangs: libvirt's own call is taken over by this program */

#define GUESTS 5

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned hanging;
	char numb[16]; /* the guest whose call does not return: the first that is asked */
	bool free_them, released;
	GHashTable *told, *early; /* UUIDs */
} scene = { .lock = PTHREAD_MUTEX_INITIALIZER };

int
virDomainGetGuestInfo(virDomainPtr domain, unsigned types, virTypedParameterPtr *params,
    int *n, unsigned flags)
{
	int max = 0;

	*n = 0;
	virTypedParamsAddString(params, n, &max, "hostname", virDomainGetName(domain));
	LOCK_SCOPE(&scene.lock);
	if (scene.numb[0] == '\0')
		g_strlcpy(scene.numb, virDomainGetName(domain), sizeof(scene.numb));
	if (strcmp(virDomainGetName(domain), scene.numb) != 0)
		return 0;
	scene.hanging++;
	while (!scene.free_them)
		pthread_cond_wait(&scene.changed, &scene.lock);
	scene.hanging--;
	return 0;
}

/* The first time is too early. */
static bool
take(void *ctx, const char *uuid, struct vm_facts *facts)
{
	LOCK_SCOPE(&scene.lock);
	bool early = g_hash_table_add(scene.early, g_strdup(uuid));
	if (facts->host != NULL && !early)
		g_hash_table_add(scene.told, g_strdup(uuid));
	pthread_cond_broadcast(&scene.changed);
	vm_facts_free(facts);
	return !early;
}

static bool
avoid_none(void *ctx, const char *uuid)
{
	return false;
}

static void
release(void *ctx)
{
	LOCK_SCOPE(&scene.lock);
	scene.released = true;
	pthread_cond_broadcast(&scene.changed);
}

static char *
write_host(const char *dir)
{
	g_autoptr(GString) xml = g_string_new("<node>");

	for (unsigned i = 1; i <= GUESTS; i++)
		g_string_append_printf(xml, "<domain type='test'><name>g%u</name>"
		    "<uuid>33333333-0000-4000-8000-%012x</uuid><memory>1024</memory>"
		    "<os><type>hvm</type></os></domain>", i, i);
	g_string_append(xml, "</node>");
	char *path = g_build_filename(dir, "host.xml", NULL);
	assert_true(g_file_set_contents(path, xml->str, -1, NULL));
	return path;
}

static guint
told(void)
{
	LOCK_SCOPE(&scene.lock);
	return g_hash_table_size(scene.told);
}

static bool
was_released(void)
{
	LOCK_SCOPE(&scene.lock);
	return scene.released;
}

static unsigned
hanging(void)
{
	LOCK_SCOPE(&scene.lock);
	return scene.hanging;
}

/* The facts of the others come, whichever is asked first; the end waits for nobody. */
static void
a_guest_that_hangs(void **state)
{
	g_autofree char *dir = test_directory();
	g_autofree char *path = write_host(dir);
	g_autofree char *uri = g_strconcat("test://", path, NULL);
	int64_t start = g_get_monotonic_time();

	sync_cond_init(&scene.changed);
	scene.early = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	scene.told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct facts *facts = facts_start("alpha", uri, take, avoid_none, release, NULL);
	while (told() < GUESTS - 1 && g_get_monotonic_time() - start < 30 * G_USEC_PER_SEC) {
		facts_check(facts);
		g_usleep(50000);
	}
	assert_int_equal(told(), GUESTS - 1);
	assert_int_equal(hanging(), 1);
	assert_true(g_get_monotonic_time() - start < 15 * G_USEC_PER_SEC);

	facts_stop(facts);
	int64_t stopped = g_get_monotonic_time();
	facts_wait(facts, stopped + G_USEC_PER_SEC / 2);
	assert_false(facts_ended(facts));
	facts_free(facts);
	assert_true(g_get_monotonic_time() - stopped < 2 * G_USEC_PER_SEC);
	assert_false(was_released()); /* a thread may still come back to it */
	pthread_mutex_lock(&scene.lock);
	scene.free_them = true;
	pthread_cond_broadcast(&scene.changed);
	pthread_mutex_unlock(&scene.lock);
	for (int i = 0; i < 200 && !was_released(); i++)
		g_usleep(50000);
	assert_true(was_released());
	assert_int_equal(told(), GUESTS - 1); /* too late to be listened to */
	g_unlink(path);
	g_rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_answer),
		cmocka_unit_test(a_lesser_answer),
		cmocka_unit_test(into_a_row),
		cmocka_unit_test(a_dirty_rate),
		cmocka_unit_test(a_dirty_rate_in_a_row),
		cmocka_unit_test(bad_disks),
		cmocka_unit_test(a_guest_that_hangs),
	};

	assert_int_equal(virInitialize(), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
