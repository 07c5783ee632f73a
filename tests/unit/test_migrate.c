/* Live migration: what is decided without asking libvirt. */
#include "tests/unit/test.h"

#include "common/virt.h"
#include "model/compose.h"
#include "model/value.h"
#include "vmops/migrate.h"

/* --- URIs and flags */

static void
routes(void **data)
{
	static const struct {
		const char *migrate_uri, *uri, *peer, *stream;
	} cases[] = {
		{ "", "qemu:///system", NULL, NULL },
		{ "", "qemu+unix:///system?socket=/x", NULL, NULL },
		{ "", "qemu+tcp://h2/system", "qemu+tcp://h2/system", NULL },
		{ "", "qemu+tls://h2/system", "qemu+tls://h2/system", NULL },
		{ "", "qemu+ssh://root@h2/system", NULL, NULL },
		{ "qemu+ssh://h2/system", "qemu:///system", "qemu+ssh://h2/system", NULL },
		{ "tcp://10.0.0.2", "qemu+tcp://h2/system", NULL, "tcp://10.0.0.2" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct migrate_route route;
		migrate_route(cases[i].migrate_uri, cases[i].uri, &route);
		assert_true(g_strcmp0(route.peer, cases[i].peer) == 0);
		assert_true(g_strcmp0(route.stream, cases[i].stream) == 0);
		g_free(route.peer);
		g_free(route.stream);
	}
}

static void
flags(void **data)
{
	enum {
		ALWAYS = VIR_MIGRATE_LIVE | VIR_MIGRATE_ABORT_ON_ERROR,
		KEPT = VIR_MIGRATE_PERSIST_DEST | VIR_MIGRATE_UNDEFINE_SOURCE,
	};
	static const struct {
		struct migrate_how how;
		unsigned want;
	} cases[] = {
		{ { 0 }, ALWAYS },
		{ { .persistent = true }, ALWAYS | KEPT },
		{ { .peer_to_peer = true }, ALWAYS | VIR_MIGRATE_PEER2PEER },
		{ { .copies = true }, ALWAYS | VIR_MIGRATE_NON_SHARED_DISK },
		{ { .declared = true }, ALWAYS | VIR_MIGRATE_UNSAFE },
		{ { .flags = REQUEST_POSTCOPY }, ALWAYS | VIR_MIGRATE_POSTCOPY },
		{ { .flags = REQUEST_AUTO_CONVERGE }, ALWAYS | VIR_MIGRATE_AUTO_CONVERGE },
		/* the disks that are copied are found by looking, not by the wish */
		{ { .flags = REQUEST_COPY_STORAGE }, ALWAYS },
		{ { .flags = REQUEST_OFFLINE }, ALWAYS }, /* never libvirt's own */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_int_equal(migrate_flags(&cases[i].how), cases[i].want);
}

/* --- disks */

static void
directories(void **data)
{
	static const struct {
		const char *directories, *path;
		bool below;
	} cases[] = {
		{ "", "/srv/a", false },
		{ "/srv", "/srv/a", true },
		{ "/srv/", "/srv/a", true },
		{ "/srv", "/srvx/a", false },
		{ "/srv", "/srv", false },
		{ "/a  /srv", "/srv/b/c", true },
		{ "/srv", "/srv/../etc/x", false },
		{ "/", "/etc/x", true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_int_equal(migrate_is_below(cases[i].directories, cases[i].path),
		    cases[i].below);
}

static void
disks(void **data)
{
	enum { NO = -1 };
	static const struct {
		struct migrant_disk disk;
		struct disk_place place;
		bool copy;
		int want; /* enum disk_plan */
	} cases[] = {
#define FILE_DISK { .kind = DISK_FILE }
		{ FILE_DISK, { 0 }, false, DISK_STAYS },
		{ FILE_DISK, { .in_pool = true }, false, DISK_STAYS },
		{ FILE_DISK, { .has_pool = true }, false, NO },
		{ FILE_DISK, { .has_pool = true, .is_there = true }, false, DISK_STAYS },
		{ FILE_DISK, { .declared = true, .has_pool = true }, false, DISK_STAYS },
		{ FILE_DISK, { 0 }, true, DISK_STAYS },
		{ FILE_DISK, { .in_pool = true }, true, NO },
		{ FILE_DISK, { .in_pool = true, .has_pool = true }, true, DISK_COPIED },
		{ FILE_DISK, { .in_pool = true, .has_pool = true, .is_there = true }, true, NO },
		{ FILE_DISK, { .declared = true, .in_pool = true, .has_pool = true }, true,
		    DISK_STAYS },
		{ FILE_DISK, { .network = true, .in_pool = true, .has_pool = true,
		    .is_there = true }, true, DISK_STAYS },
		{ { .kind = DISK_OTHER }, { 0 }, true, DISK_STAYS },
		{ { .kind = DISK_EMPTY, .removable = true }, { 0 }, false, DISK_STAYS },
		{ { .kind = DISK_FILE, .removable = true }, { .has_pool = true }, true, NO },
		{ { .kind = DISK_FILE, .read_only = true },
		    { .in_pool = true, .has_pool = true }, true, NO },
		{ { .kind = DISK_BLOCK }, { .in_pool = true, .has_pool = true }, true,
		    DISK_COPIED },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *why = NULL, *advice = NULL;
		enum disk_plan plan;
		bool can = migrate_plan_disk(&cases[i].disk, &cases[i].place, cases[i].copy,
		    &plan, &why, &advice);
		assert_int_equal(can, cases[i].want != NO);
		assert_int_equal(can, why == NULL);
		if (can)
			assert_int_equal(plan, cases[i].want);
	}
}

static void
configuration(void **data)
{
	static const char xml[] =
	    "<domain type='kvm'><os><type arch='x86_64' machine='q35'>hvm</type>"
	    "<nvram>/v/web1.fd</nvram></os><cpu mode='custom' check='full'>"
	    "<model>Skylake</model></cpu><devices><emulator>/usr/bin/q</emulator>"
	    "<disk type='file' device='disk'><driver type='qcow2'/><source file='/a'/>"
	    "<target dev='vda'/></disk>"
	    "<disk type='file' device='cdrom'><target dev='sda'/><readonly/></disk>"
	    "<disk type='network' device='disk'><source protocol='rbd' name='x'/>"
	    "<target dev='vdb'/></disk>"
	    "<interface type='bridge'><source bridge='br0'/></interface>"
	    "<interface type='network'><source network='lan' bridge='virbr0'/></interface>"
	    "<hostdev mode='subsystem'><teaming type='transient' persistent='a'/></hostdev>"
	    "</devices></domain>";
	SCOPED(migrant) m = migrant_parse(xml, NULL);

	assert_non_null(m);
	assert_string_equal(m->virt, "kvm");
	assert_string_equal(m->nvram, "/v/web1.fd");
	assert_true(strstr(m->cpu, "Skylake") != NULL);
	assert_null(m->stuck);
	assert_int_equal(m->disks->len, 3);
	const struct migrant_disk *d = (const struct migrant_disk *)(void *)m->disks->data;
	assert_int_equal(d[0].kind, DISK_FILE);
	assert_string_equal(d[0].path, "/a");
	assert_int_equal(d[1].kind, DISK_EMPTY);
	assert_true(d[1].removable);
	assert_int_equal(d[2].kind, DISK_OTHER);
	assert_int_equal(m->links->len, 2);
	const struct migrant_link *l = (const struct migrant_link *)(void *)m->links->data;
	assert_false(l[0].network);
	assert_string_equal(l[0].name, "br0");
	assert_true(l[1].network);
	assert_string_equal(l[1].name, "lan");
	SCOPED(migrant) stuck = migrant_parse(
	    "<domain><cpu check='none'><model>x</model></cpu><devices><hostdev/></devices>"
	    "</domain>", NULL);
	assert_string_equal(stuck->stuck, "a device of the host");
	assert_null(stuck->cpu);
}

/* --- figures */

struct told {
	virTypedParameterPtr params;
	int n, most;
};

static void
tell(struct told *t, const char *name, unsigned long long value)
{
	assert_int_equal(virTypedParamsAddULLong(&t->params, &t->n, &t->most, name, value), 0);
}

static struct op_progress
measure(struct migrate_meter *meter, int64_t now, uint64_t total, uint64_t processed,
    uint64_t remaining, uint64_t bps, uint64_t pages)
{
	struct told t = { 0 };
	struct op_progress p;

	tell(&t, VIR_DOMAIN_JOB_DATA_TOTAL, total);
	tell(&t, VIR_DOMAIN_JOB_DATA_PROCESSED, processed);
	tell(&t, VIR_DOMAIN_JOB_DATA_REMAINING, remaining);
	tell(&t, VIR_DOMAIN_JOB_MEMORY_TOTAL, total);
	tell(&t, VIR_DOMAIN_JOB_MEMORY_BPS, bps);
	tell(&t, VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE, pages);
	tell(&t, VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE, 4096);
	migrate_measure(meter, t.params, t.n, now, &p);
	virTypedParamsFree(t.params, t.n);
	return p;
}

static void
figures(void **data)
{
	struct migrate_meter meter = { 0 };
	struct op_progress p = measure(&meter, 1000000, 1000000, 400000, 600000, 100000, 0);

	assert_int_equal(p.percent, 40);
	assert_int_equal(p.eta, 6);
	assert_int_equal(p.rate, 100000);
	/* new pages: it does not go back */
	p = measure(&meter, 2000000, 1000000, 500000, 900000, 0, 0);
	assert_int_equal(p.percent, 40);
	assert_int_equal(p.rate, 100000); /* by two looks */
	/* dirties faster than is sent: nobody knows when */
	p = measure(&meter, 3000000, 1000000, 600000, 100000, 40960, 10);
	assert_int_equal(p.dirty_rate, 40960);
	assert_int_equal(p.eta, -1);
	assert_int_equal(p.percent, 90);
	p = measure(&meter, 4000000, 1000000, 900000, 0, 1000, 0);
	assert_int_equal(p.percent, 99);
	/* nothing told */
	struct migrate_meter fresh = { 0 };
	migrate_measure(&fresh, NULL, 0, 1, &p);
	assert_int_equal(p.percent, 0);
	assert_int_equal(p.eta, -1);
	assert_int_equal(p.rate, ABSENT_U32);
	assert_string_equal(p.step, "beginning");
}

/* --- what became of it */

static void
outcomes(void **data)
{
	static const struct {
		enum half was, source, target;
		enum outcome want;
	} cases[] = {
		{ HALF_RUNNING, HALF_ABSENT, HALF_RUNNING, OUTCOME_MOVED },
		{ HALF_RUNNING, HALF_OFF, HALF_RUNNING, OUTCOME_MOVED },
		{ HALF_PAUSED, HALF_ABSENT, HALF_PAUSED, OUTCOME_MOVED },
		{ HALF_RUNNING, HALF_RUNNING, HALF_ABSENT, OUTCOME_STAYED },
		{ HALF_RUNNING, HALF_RUNNING, HALF_OFF, OUTCOME_STAYED },
		{ HALF_PAUSED, HALF_PAUSED, HALF_ABSENT, OUTCOME_STAYED },
		{ HALF_RUNNING, HALF_PAUSED, HALF_ABSENT, OUTCOME_HELD },
		{ HALF_RUNNING, HALF_RUNNING, HALF_PAUSED, OUTCOME_MOVING },
		{ HALF_RUNNING, HALF_PAUSED, HALF_RUNNING, OUTCOME_MOVING },
		{ HALF_RUNNING, HALF_RUNNING, HALF_RUNNING, OUTCOME_BOTH },
		{ HALF_RUNNING, HALF_OFF, HALF_ABSENT, OUTCOME_NEITHER },
		{ HALF_RUNNING, HALF_ABSENT, HALF_ABSENT, OUTCOME_NEITHER },
		{ HALF_RUNNING, HALF_UNKNOWN, HALF_RUNNING, OUTCOME_UNKNOWN },
		{ HALF_RUNNING, HALF_RUNNING, HALF_UNKNOWN, OUTCOME_UNKNOWN },
		{ HALF_RUNNING, HALF_BROKEN, HALF_PAUSED, OUTCOME_BROKEN },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_int_equal(migrate_judge(cases[i].was, cases[i].source, cases[i].target),
		    cases[i].want);
}

/* --- refusals by the cluster value */

struct scene {
	enum vm_state state;
	enum node_state target;
	uint32_t flags;
	uint32_t snapshots, memory, left;
	int32_t managed_save;
	const char *hypervisor, *uuid; /* of the target */
	unsigned other;                /* a VM on the target: 1 the same, 2 of its name */
	bool own;                      /* to its own node */
	const char *sentence;          /* NULL: allowed */
};

static void
refusals(void **data)
{
	static const struct scene scenes[] = {
		{ VM_RUNNING, NODE_ONLINE, .sentence = NULL },
		{ VM_PAUSED, NODE_ONLINE, .sentence = NULL },
		{ VM_RUNNING, NODE_ONLINE, .own = true, .sentence = "web1 is on alpha already" },
		{ VM_RUNNING, NODE_MAINTENANCE, .sentence = "that node is in maintenance" },
		{ VM_RUNNING, NODE_UNREACHABLE, .sentence = "that node is unreachable" },
		{ VM_RUNNING, NODE_ONLINE, .hypervisor = "LXC", .sentence = "that node has LXC" },
		{ VM_RUNNING, NODE_ONLINE, .uuid = "host-a", .sentence = "the same host as" },
		{ VM_RUNNING, NODE_ONLINE, .snapshots = 2, .sentence = "has 2 snapshots" },
		{ VM_RUNNING, NODE_ONLINE, .memory = 512, .left = 100,
		    .sentence = "needs 512 MiB of memory, and that node has 100 MiB left" },
		{ VM_RUNNING, NODE_ONLINE, .other = 1, .sentence = "already defined there" },
		{ VM_RUNNING, NODE_ONLINE, .other = 2, .sentence = "another VM has that name" },
		{ VM_RUNNING, NODE_ONLINE, REQUEST_OFFLINE, .sentence = "is not shut off" },
		{ VM_SHUT_OFF, NODE_ONLINE, .sentence = "only its definition can move" },
		{ VM_SHUT_OFF, NODE_ONLINE, REQUEST_OFFLINE, .sentence = NULL },
		{ VM_SHUT_OFF, NODE_ONLINE, REQUEST_OFFLINE | REQUEST_COPY_STORAGE,
		    .sentence = "copied only while it runs" },
		{ VM_SHUT_OFF, NODE_ONLINE, REQUEST_OFFLINE, .managed_save = 1,
		    .sentence = "has a saved state" },
	};
	static const struct cluster_info info = { .name = "t", .version = "1",
		.backend = "none" };

	for (size_t i = 0; i < G_N_ELEMENTS(scenes); i++) {
		const struct scene *s = &scenes[i];
		SCOPED(part) a = test_node_part("alpha", NODE_ONLINE);
		SCOPED(part) b = test_node_part("beta", NODE_ONLINE);
		struct part *parts[] = { NULL, a, b };
		struct vm *vm = test_add_vm(a, "web1", 1, s->state);
		vm->snapshots = s->snapshots;
		vm->managed_save = s->managed_save;
		vm->mem_max = s->memory == 0 ? 64 : s->memory;
		if (s->other != 0)
			test_add_vm(b, "web1", s->other, VM_SHUT_OFF);
		struct compose_input in = { .parts = parts, .parts_n = 3, .info = &info,
			.now = g_get_monotonic_time() };
		SCOPED(cluster) c = compose(&in);
		struct node *from = (struct node *)cluster_node_by_name(c, "alpha", NULL);
		struct node *to = (struct node *)cluster_node_by_name(c, "beta", NULL);
		from->hypervisor = "QEMU";
		from->uuid = "host-a";
		to->hypervisor = s->hypervisor == NULL ? "QEMU" : s->hypervisor;
		to->uuid = s->uuid == NULL ? "host-b" : s->uuid;
		to->state = s->target;
		to->mem_free = s->left == 0 ? 1000 : s->left;
		to->mem_cached = 0;
		to->mem_total = 4000; /* what the placer goes by */
		const struct vm *row = NULL;
		for (size_t r = 0; r < c->rows[ROWS_VM].n; r++) {
			const struct vm *seen = c->rows[ROWS_VM].row[r];
			if (seen->node == from->h.index)
				row = seen;
		}
		assert_non_null(row);
		struct request request;
		request_for_vm(&request, JOB_MIGRATE, row);
		request.flags = s->flags;
		request.target = s->own ? from->h.index : to->h.index;
		g_autoptr(GError) error = NULL;
		bool can = migrate_check(c, &request, in.now, &error);
		assert_int_equal(can, s->sentence == NULL);
		if (!can && strstr(error->message, s->sentence) == NULL)
			fail_msg("case %zu: %s", i, error->message);
		request.target = 0; /* the choice is among those that could be named */
		if (!s->own && (s->flags & REQUEST_COPY_STORAGE) == 0)
			assert_int_equal(migrate_check(c, &request, in.now, NULL), can);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes),
		cmocka_unit_test(flags),
		cmocka_unit_test(directories),
		cmocka_unit_test(disks),
		cmocka_unit_test(configuration),
		cmocka_unit_test(figures),
		cmocka_unit_test(outcomes),
		cmocka_unit_test(refusals),
	};

	virInitialize();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
