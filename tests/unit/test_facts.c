/* Facts about VMs: what a guest's agent answered. */
#include "tests/unit/test.h"

#include <libvirt/libvirt.h>

#include "collectors/vm_facts.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_answer),
		cmocka_unit_test(a_lesser_answer),
		cmocka_unit_test(into_a_row),
	};

	assert_int_equal(virInitialize(), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
