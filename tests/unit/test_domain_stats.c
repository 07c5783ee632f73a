/* What libvirt tells of one domain, as one row. */
#include "test.h"

#include "collectors/domain_state.h"
#include "collectors/domain_stats.h"
#include "model/table.h"
#include "model/value.h"

#define SECOND ((int64_t)G_USEC_PER_SEC)
#define WALL   (1700000000 * SECOND)

/* --- records as libvirt makes them */

struct record {
	virTypedParameterPtr params;
	int n, most;
};

static void
add_int(struct record *r, const char *name, int value)
{
	assert_int_equal(virTypedParamsAddInt(&r->params, &r->n, &r->most, name, value), 0);
}

static void
add_u64(struct record *r, const char *name, unsigned long long value)
{
	assert_int_equal(virTypedParamsAddULLong(&r->params, &r->n, &r->most, name, value),
	    0);
}

static void
add_u32(struct record *r, const char *name, unsigned value)
{
	assert_int_equal(virTypedParamsAddUInt(&r->params, &r->n, &r->most, name, value), 0);
}

static void
add_text(struct record *r, const char *name, const char *value)
{
	assert_int_equal(virTypedParamsAddString(&r->params, &r->n, &r->most, name, value),
	    0);
}

/* A disk with all four counters derived from `base`; ABSENT_U64: none of them. */
static void
add_disk(struct record *r, unsigned number, const char *name, uint64_t base)
{
	static const char *const fields[] = { "rd.reqs", "rd.bytes", "wr.reqs", "wr.bytes" };
	g_autofree char *field = g_strdup_printf("block.%u.name", number);

	add_text(r, field, name);
	for (size_t i = 0; i < G_N_ELEMENTS(fields) && base != ABSENT_U64; i++) {
		g_autofree char *counter =
		    g_strdup_printf("block.%u.%s", number, fields[i]);
		add_u64(r, counter, base + i);
	}
}

static void
add_running(struct record *r)
{
	add_int(r, "state.state", VIR_DOMAIN_RUNNING);
	add_int(r, "state.reason", VIR_DOMAIN_RUNNING_BOOTED);
}

/* One look; frees the record. */
static struct vm
look(struct domain_history *h, struct record *r, int64_t id, int64_t now)
{
	struct look_time time = { now, WALL + now };
	struct domain_reading reading;
	struct vm vm;

	domain_reading_init(&reading);
	reading.id = id;
	domain_reading_params(&reading, r->params, r->n);
	table_row_init(ROWS_VM, &vm);
	domain_history_sample(h, &reading, &time, &vm);
	domain_reading_clear(&reading);
	virTypedParamsFree(r->params, r->n);
	return vm;
}

static struct vm
look_at_state(struct domain_history *h, int state, int64_t id, int64_t now, struct vm vm)
{
	struct look_time time = { now, WALL + now };
	struct domain_reading reading;

	domain_reading_init(&reading);
	reading.id = id;
	reading.state = state;
	reading.reason = 1;
	domain_history_state(h, &reading, &time, &vm);
	domain_reading_clear(&reading);
	return vm;
}

static int
setup(void **state)
{
	*state = domain_history_new();
	return 0;
}

static int
teardown(void **state)
{
	domain_history_free(*state);
	return 0;
}

/* --- states */

static void
test_states(void **state)
{
	static const struct {
		int state, reason;
		enum vm_state expected;
		const char *words;
	} cases[] = {
		{ VIR_DOMAIN_NOSTATE, 0, VM_UNKNOWN, "" },
		{ VIR_DOMAIN_RUNNING, 0, VM_RUNNING, "" },
		{ VIR_DOMAIN_RUNNING, 1, VM_RUNNING, "started by the user" },
		{ VIR_DOMAIN_BLOCKED, 0, VM_RUNNING, "waiting for a resource" },
		{ VIR_DOMAIN_PAUSED, 2, VM_PAUSED, "migrating" },
		{ VIR_DOMAIN_PAUSED, 5, VM_PAUSED, "I/O error" },
		{ VIR_DOMAIN_PAUSED, 11, VM_SHUT_OFF, "starting up" },
		{ VIR_DOMAIN_SHUTDOWN, 1, VM_SHUTTING_DOWN, "shut down by the user" },
		{ VIR_DOMAIN_SHUTOFF, 1, VM_SHUT_OFF, "shut down from within the guest" },
		{ VIR_DOMAIN_SHUTOFF, 2, VM_SHUT_OFF, "powered off by the user" },
		{ VIR_DOMAIN_SHUTOFF, 3, VM_SHUT_OFF, "crashed" },
		{ VIR_DOMAIN_CRASHED, 1, VM_CRASHED, "the guest's kernel panicked" },
		{ VIR_DOMAIN_PMSUSPENDED, 0, VM_SUSPENDED, "suspended by the guest" },
		{ VIR_DOMAIN_RUNNING, 15, VM_RUNNING, "" },
		{ VIR_DOMAIN_RUNNING, 16, VM_RUNNING, "" },
		{ VIR_DOMAIN_RUNNING, -1, VM_RUNNING, "" },
		{ 8, 0, VM_UNKNOWN, "" },
		{ -1, -1, VM_UNKNOWN, "" },
		{ 1000000, 1000000, VM_UNKNOWN, "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		assert_int_equal(domain_state(cases[i].state, cases[i].reason), cases[i].expected);
		assert_string_equal(domain_reason(cases[i].state, cases[i].reason),
		    cases[i].words);
	}
}

/* --- a full record */

static void
test_full_record(void **state)
{
	struct record r = { 0 };

	add_running(&r);
	add_u64(&r, "cpu.time", 123456789);
	add_u32(&r, "vcpu.current", 2);
	add_u32(&r, "vcpu.maximum", 4);
	add_u64(&r, "balloon.current", 1048576);
	add_u64(&r, "balloon.maximum", 2097152);
	add_u64(&r, "balloon.rss", 524288);
	add_u64(&r, "balloon.available", 1000 * 1024);
	add_u64(&r, "balloon.unused", 100 * 1024);
	add_u64(&r, "balloon.usable", 300 * 1024);
	add_u64(&r, "balloon.last-update", WALL / SECOND - 3);
	add_u32(&r, "net.count", 2);
	add_text(&r, "net.0.name", "vnet0");
	add_u64(&r, "net.0.rx.bytes", 1000);
	add_u64(&r, "net.0.tx.drop", 3);
	add_text(&r, "net.1.name", "vnet1");
	add_u64(&r, "net.1.rx.bytes", 11);
	add_u64(&r, "net.1.tx.drop", 4);
	add_u32(&r, "block.count", 1);
	add_disk(&r, 0, "vda", 100);

	struct vm vm = look(*state, &r, 7, SECOND);
	assert_int_equal(vm.state, VM_RUNNING);
	assert_string_equal(vm.reason, "started by the user");
	assert_int_equal(vm.cpu_ns, 123456789);
	assert_int_equal(vm.vcpus, 2);
	assert_int_equal(vm.vcpus_max, 4);
	assert_int_equal(vm.mem_actual, 1024);
	assert_int_equal(vm.mem_max, 2048);
	assert_int_equal(vm.mem_rss, 512);
	assert_int_equal(vm.mem_available, 300);
	assert_int_equal(vm.mem_used, 700);
	assert_int_equal(vm.net_rx_bytes, 1011);
	assert_int_equal(vm.net_tx_drop, 7);
	assert_int_equal(vm.net_rx_pkts, ABSENT_U64);
	assert_int_equal(vm.disk_rd_req, 100);
	assert_int_equal(vm.disk_rd_bytes, 101);
	assert_int_equal(vm.disk_wr_req, 102);
	assert_int_equal(vm.disk_wr_bytes, 103);
	assert_int_equal(vm.sampled_us, SECOND);
	assert_int_equal(vm.counted_us, SECOND);
	assert_int_equal(vm.discontinuity_us, SECOND);
}

static void
test_bare_record(void **state)
{
	struct record r = { 0 };

	add_running(&r);
	struct vm vm = look(*state, &r, 7, SECOND);
	assert_int_equal(vm.state, VM_RUNNING);
	assert_int_equal(vm.cpu_ns, ABSENT_U64);
	assert_int_equal(vm.vcpus, ABSENT_U32);
	assert_int_equal(vm.mem_actual, ABSENT_U32);
	assert_int_equal(vm.mem_used, ABSENT_U32);
	assert_int_equal(vm.disk_rd_bytes, ABSENT_U64);
	assert_int_equal(vm.net_rx_bytes, ABSENT_U64);
	assert_int_equal(vm.counted_us, 0);
	assert_int_equal(vm.sampled_us, SECOND);
}

/* What a hostile or broken host could send. */
static void
test_odd_parameters(void **state)
{
	struct record r = { 0 };

	add_text(&r, "state.state", "running");
	add_int(&r, "cpu.time", -5);
	add_text(&r, "vcpu.current", "many");
	add_u64(&r, "vcpu.maximum", UINT64_MAX / 2);
	add_u64(&r, "balloon.current", UINT64_MAX / 2);
	add_u64(&r, "balloon.last-update", UINT64_MAX / 2);
	add_u64(&r, "balloon.usable", 1024);
	add_u64(&r, "block.4000000000.rd.bytes", 1);
	add_u64(&r, "block.99999999999999999999999.rd.bytes", 1);
	add_u64(&r, "block.", 1);
	add_u64(&r, "block.x.rd.bytes", 1);
	add_u64(&r, "block.-1.rd.bytes", 1);
	add_u64(&r, "net.0", 1);
	add_u64(&r, "net.0.", 1);
	add_u64(&r, "net.0.name", 1);
	add_u64(&r, "net.0.rx.bytes", 1);
	add_u64(&r, "net.1000.rx.bytes", 1);

	struct vm vm = look(*state, &r, 7, SECOND);
	assert_int_equal(vm.state, VM_UNKNOWN);
	assert_int_equal(vm.cpu_ns, ABSENT_U64);
	assert_int_equal(vm.vcpus, ABSENT_U32);
	assert_int_equal(vm.mem_actual, ABSENT_U32); /* not active */
}

/* --- drivers without bulk statistics */

static void
test_info_fills_gaps(void **state)
{
	const virDomainInfo info = { VIR_DOMAIN_RUNNING, 2097152, 1048576, 3, 999 };
	const virDomainMemoryStatStruct stats[] = {
		{ VIR_DOMAIN_MEMORY_STAT_RSS, 102400 },
		{ VIR_DOMAIN_MEMORY_STAT_AVAILABLE, 512 * 1024 },
		{ VIR_DOMAIN_MEMORY_STAT_UNUSED, 128 * 1024 },
	};
	struct look_time time = { SECOND, WALL };
	struct domain_reading reading;
	struct vm vm;

	domain_reading_init(&reading);
	reading.id = 1;
	reading.vcpus = 2; /* told already */
	domain_reading_info(&reading, &info);
	domain_reading_memory(&reading, stats, G_N_ELEMENTS(stats));
	table_row_init(ROWS_VM, &vm);
	domain_history_sample(*state, &reading, &time, &vm);
	domain_reading_clear(&reading);
	assert_int_equal(vm.state, VM_RUNNING);
	assert_int_equal(vm.vcpus, 2);
	assert_int_equal(vm.cpu_ns, 999);
	assert_int_equal(vm.mem_max, 2048);
	assert_int_equal(vm.mem_actual, 1024);
	assert_int_equal(vm.mem_rss, 100);
	assert_int_equal(vm.mem_used, 384); /* no date beside it: the driver's own */
	assert_int_equal(vm.mem_available, 128);
}

/* --- sums over devices */

#define NO_DISK UINT64_MAX

static void
test_disk_sums(void **state)
{
	/* base of the counters of vda and vdb in successive looks of one run */
	static const struct {
		uint64_t vda, vdb;
		uint64_t expected; /* disk_rd_req */
	} cases[] = {
		{ 100, 1000,    1100 },
		{ 110, 1010,    1120 },
		{ 120, NO_DISK, 1130 }, /* unplugged: what it had stays */
		{ 120, NO_DISK, 1130 },
		{ 120, 5,       1135 }, /* plugged in again: starts from zero */
		{ 120, 7,       1137 },
		{ 120, 2,       1139 }, /* went backwards: restarted */
		{ NO_DISK, NO_DISK, 1139 },
		{ 1, NO_DISK,   1140 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct record r = { 0 };
		unsigned n = 0;
		add_running(&r);
		if (cases[i].vda != NO_DISK)
			add_disk(&r, n++, "vda", cases[i].vda);
		if (cases[i].vdb != NO_DISK)
			add_disk(&r, n++, "vdb", cases[i].vdb);
		add_u32(&r, "block.count", n);
		struct vm vm = look(*state, &r, 7, (int64_t)(i + 1) * SECOND);
		assert_int_equal(vm.disk_rd_req, cases[i].expected);
		assert_int_equal(vm.discontinuity_us, SECOND);
	}
}

/* A guest that was too busy to be asked: its devices are listed, without counters. */
static void
test_counters_left_out(void **state)
{
	static const uint64_t base[] = { 100, ABSENT_U64, 150 };
	static const uint64_t expected[] = { 100, ABSENT_U64, 150 };

	for (size_t i = 0; i < G_N_ELEMENTS(base); i++) {
		struct record r = { 0 };
		add_running(&r);
		add_disk(&r, 0, "vda", base[i]);
		struct vm vm = look(*state, &r, 7, (int64_t)(i + 1) * SECOND);
		assert_int_equal(vm.disk_rd_req, expected[i]);
		assert_int_equal(vm.counted_us,
		    expected[i] == ABSENT_U64 ? 0 : (int64_t)(i + 1) * SECOND);
	}
}

static void
test_two_devices_of_one_name(void **state)
{
	struct record r = { 0 };

	add_running(&r);
	add_disk(&r, 0, "vda", 100);
	add_disk(&r, 1, "vda", 7);
	assert_int_equal(look(*state, &r, 7, SECOND).disk_rd_req, 100);
}

/* --- runs */

static void
test_runs(void **state)
{
	static const struct {
		int64_t id;
		int libvirt_state;
		uint64_t cpu_ns;
		int64_t discontinuity; /* number of the look, counted from 1 */
		uint64_t disk;         /* base, and what the sum should be */
		uint64_t sum;
	} cases[] = {
		{ 7,  VIR_DOMAIN_RUNNING, 1000, 1, 50, 50 },
		{ 7,  VIR_DOMAIN_RUNNING, 2000, 1, 60, 60 },
		{ 7,  VIR_DOMAIN_PAUSED,  2000, 1, 10, 70 },
		{ 8,  VIR_DOMAIN_RUNNING, 3000, 4, 20, 20 }, /* another run */
		{ 8,  VIR_DOMAIN_RUNNING, 100,  5, 20, 20 }, /* its counter went backwards */
		{ -1, VIR_DOMAIN_SHUTOFF, 0,    5, 20, ABSENT_U64 },
		{ 8,  VIR_DOMAIN_RUNNING, 200,  7, 30, 30 }, /* the same number again */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct record r = { 0 };
		add_int(&r, "state.state", cases[i].libvirt_state);
		add_u64(&r, "cpu.time", cases[i].cpu_ns);
		add_u32(&r, "vcpu.current", 1);
		add_disk(&r, 0, "vda", cases[i].disk);
		struct vm vm = look(*state, &r, cases[i].id, (int64_t)(i + 1) * SECOND);
		bool off = cases[i].id < 0;
		assert_int_equal(vm.discontinuity_us, cases[i].discontinuity * SECOND);
		assert_int_equal(vm.cpu_ns, off ? ABSENT_U64 : cases[i].cpu_ns);
		assert_int_equal(vm.counted_us, off ? 0 : (int64_t)(i + 1) * SECOND);
		assert_int_equal(vm.disk_rd_req, cases[i].sum);
		assert_int_equal(vm.vcpus, 1); /* configuration stays */
	}
}

static struct vm
sample_running(struct domain_history *h, int64_t id, int64_t now)
{
	struct record r = { 0 };

	add_running(&r);
	add_u64(&r, "cpu.time", 1000);
	add_u32(&r, "vcpu.current", 2);
	add_u64(&r, "balloon.current", 1048576);
	add_u64(&r, "balloon.maximum", 1048576);
	add_disk(&r, 0, "vda", 5);
	return look(h, &r, id, now);
}

static void
test_state_only(void **state)
{
	struct domain_history *h = *state;
	struct vm vm = sample_running(h, 7, SECOND);

	vm = look_at_state(h, VIR_DOMAIN_PAUSED, 7, 2 * SECOND, vm);
	assert_int_equal(vm.state, VM_PAUSED);
	assert_string_equal(vm.reason, "paused by the user");
	assert_int_equal(vm.sampled_us, 2 * SECOND);
	assert_int_equal(vm.counted_us, SECOND); /* still those of the sample */
	assert_int_equal(vm.cpu_ns, 1000);
	assert_int_equal(vm.mem_actual, 1024);
	assert_false(h->started);

	vm = look_at_state(h, VIR_DOMAIN_SHUTOFF, -1, 3 * SECOND, vm);
	assert_int_equal(vm.state, VM_SHUT_OFF);
	assert_int_equal(vm.cpu_ns, ABSENT_U64);
	assert_int_equal(vm.mem_actual, ABSENT_U32);
	assert_int_equal(vm.mem_max, 1024);
	assert_int_equal(vm.vcpus, 2);
	assert_int_equal(vm.disk_rd_req, ABSENT_U64);
	assert_int_equal(vm.counted_us, 0);
	assert_int_equal(vm.discontinuity_us, SECOND);

	vm = look_at_state(h, VIR_DOMAIN_RUNNING, 8, 4 * SECOND, vm);
	assert_true(h->started);
	assert_int_equal(vm.discontinuity_us, 4 * SECOND);
	assert_int_equal(vm.cpu_ns, ABSENT_U64);

	vm = sample_running(h, 8, 5 * SECOND);
	assert_false(h->started);
	assert_int_equal(vm.discontinuity_us, 4 * SECOND);
	assert_int_equal(vm.disk_rd_req, 5);
}

/* Off and on again between two looks: the old run's numbers must not stay. */
static void
test_state_only_of_another_run(void **state)
{
	struct vm vm = sample_running(*state, 7, SECOND);

	vm = look_at_state(*state, VIR_DOMAIN_RUNNING, 8, 2 * SECOND, vm);
	assert_int_equal(vm.state, VM_RUNNING);
	assert_int_equal(vm.cpu_ns, ABSENT_U64);
	assert_int_equal(vm.disk_rd_req, ABSENT_U64);
	assert_int_equal(vm.discontinuity_us, 2 * SECOND);
}

/* --- what the guest says about its memory */

static void
test_balloon(void **state)
{
	static const struct {
		int64_t at;      /* of the look, seconds */
		uint64_t update; /* the host's clock, seconds; 0: never, 1: not told */
		bool fresh;
	} cases[] = {
		{ 1,   0,                 false },
		{ 2,   WALL / SECOND,     true  },
		{ 30,  WALL / SECOND,     true  },
		{ 63,  WALL / SECOND,     false }, /* the guest fell silent */
		{ 70,  WALL / SECOND + 9, true  },
		{ 140, WALL / SECOND + 9, false },
		{ 141, 1,                 true  },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct record r = { 0 };
		add_running(&r);
		add_u64(&r, "balloon.available", 1024 * 1024);
		add_u64(&r, "balloon.unused", 256 * 1024);
		if (cases[i].update != 1)
			add_u64(&r, "balloon.last-update", cases[i].update);
		struct vm vm = look(*state, &r, 7, cases[i].at * SECOND);
		assert_int_equal(vm.mem_used, cases[i].fresh ? 768 : ABSENT_U32);
		assert_int_equal(vm.mem_available, cases[i].fresh ? 256 : ABSENT_U32);
	}
}

/* A host whose clock is an hour slow: old at first sight, fresh once it moves. */
static void
test_balloon_of_a_slow_clock(void **state)
{
	static const bool fresh[] = { false, false, true };

	for (size_t i = 0; i < G_N_ELEMENTS(fresh); i++) {
		struct record r = { 0 };
		add_running(&r);
		add_u64(&r, "balloon.available", 1024 * 1024);
		add_u64(&r, "balloon.usable", 256 * 1024);
		add_u64(&r, "balloon.last-update", WALL / SECOND - 3600 + i / 2);
		struct vm vm = look(*state, &r, 7, (int64_t)(i + 1) * SECOND);
		assert_int_equal(vm.mem_used, fresh[i] ? 768 : ABSENT_U32);
	}
}

/* One run after the other, as the states follow each other. */
static void
test_coming_and_going(void **state)
{
	static const struct {
		int64_t id;
		int state, reason;
		int32_t want;
	} steps[] = {
		{ 1, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, VM_COMES },
		{ 1, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, VM_COMES },
		{ 1, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_MIGRATED, VM_STAYS },
		{ 1, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, VM_GOES },
		{ -1, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_MIGRATED, VM_LEFT },
		{ -1, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_MIGRATED, VM_LEFT },
		{ -1, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_MIGRATED, VM_LEFT },
		{ -1, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_MIGRATED, VM_LEFT },
		{ -1, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_MIGRATED, VM_LEFT },
		{ -1, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_MIGRATED, VM_STAYS }, /* 5 s on */
		{ 2, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, VM_COMES },
		{ 2, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_POSTCOPY, VM_COMES },
		{ 2, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_MIGRATED, VM_STAYS },
		{ 2, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY, VM_GOES },
		{ 2, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER, VM_STAYS },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		struct record r = { 0 };
		add_int(&r, "state.state", steps[i].state);
		add_int(&r, "state.reason", steps[i].reason);
		struct vm vm = look(*state, &r, steps[i].id, (int64_t)(i + 1) * SECOND);
		assert_int_equal(vm.migration, steps[i].want);
		if (steps[i].state == VIR_DOMAIN_SHUTOFF)
			assert_int_equal(vm.state,
			    steps[i].want == VM_LEFT ? VM_PAUSED : VM_SHUT_OFF);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_states),
		TEST(test_full_record),
		TEST(test_bare_record),
		TEST(test_odd_parameters),
		TEST(test_info_fills_gaps),
		TEST(test_disk_sums),
		TEST(test_counters_left_out),
		TEST(test_two_devices_of_one_name),
		TEST(test_runs),
		TEST(test_state_only),
		TEST(test_state_only_of_another_run),
		TEST(test_balloon),
		TEST(test_coming_and_going),
		TEST(test_balloon_of_a_slow_clock),
	};

	virInitialize(); /* the typed parameters want it */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
