/* The rows of a domain's vCPUs, disks and NICs, from look to look. */
#include "test.h"

#include "collectors/device_rows.h"
#include "model/value.h"

#define SECOND ((int64_t)G_USEC_PER_SEC)
#define XML                                                                            \
	"<domain><vcpu cpuset='0-3'>2</vcpu><devices>"                                 \
	"<disk device='disk'><driver type='qcow2'/><source file='/old'/>"              \
	"<backingStore/><target dev='vda' bus='virtio'/></disk>"                       \
	"<disk device='cdrom'><source file='/iso'/><target dev='sda' bus='sata'/>"     \
	"<readonly/></disk>"                                                           \
	"<filesystem><source dir='/srv'/><target dir='share'/></filesystem>"           \
	"<interface type='bridge'><mac address='52:54:00:00:00:01'/>"                  \
	"<source bridge='br0'/><target dev='vnet0'/></interface>"                      \
	"<interface type='user'><mac address='52:54:00:00:00:02'/></interface>"        \
	"</devices></domain>"

struct record {
	virTypedParameterPtr params;
	int n, most;
};

static void
add_u64(struct record *r, const char *name, unsigned long long value)
{
	assert_int_equal(virTypedParamsAddULLong(&r->params, &r->n, &r->most, name, value),
	    0);
}

static void
add_text(struct record *r, const char *name, const char *value)
{
	assert_int_equal(virTypedParamsAddString(&r->params, &r->n, &r->most, name, value),
	    0);
}

static void
add_state(struct record *r, int state)
{
	assert_int_equal(
	    virTypedParamsAddInt(&r->params, &r->n, &r->most, "state.state", state), 0);
}

/* One look; frees the record.  `id` negative: the domain is off. */
static struct part *
look(struct domain_history *h, struct record *r, int64_t id, int64_t now)
{
	struct look_time time = { now, now, false };
	struct part *part = part_new("node:alpha", "alpha");
	struct domain_reading reading;

	add_state(r, id >= 0 ? VIR_DOMAIN_RUNNING : VIR_DOMAIN_SHUTOFF);
	domain_reading_init(&reading);
	reading.id = id;
	domain_reading_params(&reading, r->params, r->n);
	part_add(part, ROWS_VM); /* another VM: places are counted from it */
	struct vm *vm = part_add(part, ROWS_VM);
	domain_history_sample(h, &reading, &time, vm);
	vm->name = "web1";
	device_rows_add(part, h, &reading, vm);
	domain_reading_clear(&reading);
	virTypedParamsFree(r->params, r->n);
	return part;
}

static const struct disk *
disk_of(const struct part *part, const char *target)
{
	for (guint i = 0; i < part->rows[ROWS_DISK]->len; i++) {
		const struct disk *disk = part->rows[ROWS_DISK]->pdata[i];
		if (strcmp(disk->target, target) == 0)
			return disk;
	}
	return NULL;
}

static const struct vm *
vm_of(const struct part *part)
{
	return part->rows[ROWS_VM]->pdata[1];
}

static int
setup(void **state)
{
	struct domain_history *h = domain_history_new();

	h->config = domain_config_parse(XML, NULL);
	*state = h;
	return 0;
}

static int
teardown(void **state)
{
	domain_history_free(*state);
	return 0;
}

/* --- what a row says */

static void
test_disk_rows(void **state)
{
	struct record r = { 0 };

	add_text(&r, "block.0.name", "vda");
	add_text(&r, "block.0.path", "/new");
	add_u64(&r, "block.0.rd.reqs", 1);
	add_u64(&r, "block.0.rd.bytes", 2);
	add_u64(&r, "block.0.rd.times", 3);
	add_u64(&r, "block.0.wr.reqs", 4);
	add_u64(&r, "block.0.wr.bytes", 5);
	add_u64(&r, "block.0.wr.times", 6);
	add_u64(&r, "block.0.fl.reqs", 7);
	add_u64(&r, "block.0.fl.times", 8);
	add_u64(&r, "block.0.allocation", 9);
	add_u64(&r, "block.0.capacity", 10);
	add_u64(&r, "block.0.physical", 11);
	add_text(&r, "block.1.name", "vda"); /* the image below it */
	add_u64(&r, "block.1.rd.reqs", 1000);
	add_text(&r, "block.2.name", "sda"); /* its medium was taken out */
	add_text(&r, "block.3.name", "vdb"); /* plugged in since */
	SCOPED(part) part = look(*state, &r, 7, SECOND);

	assert_int_equal(part->rows[ROWS_DISK]->len, 4);
	const struct disk *vda = disk_of(part, "vda");
	assert_true(vda->rd_req == 1 && vda->rd_bytes == 2 && vda->rd_ns == 3);
	assert_true(vda->wr_req == 4 && vda->wr_bytes == 5 && vda->wr_ns == 6);
	assert_true(vda->fl_req == 7 && vda->fl_ns == 8);
	assert_true(vda->allocation == 9 && vda->capacity == 10 && vda->physical == 11);
	assert_true(vda->h.sub == 1 && vda->vm == 1 && vda->depth == 1);
	assert_true(vda->counted_us == SECOND && vda->discontinuity_us == SECOND);
	assert_string_equal(vda->name, "web1/vda");
	assert_string_equal(vda->source, "/new");
	assert_string_equal(vda->format, "qcow2");
	const struct disk *sda = disk_of(part, "sda");
	assert_string_equal(sda->source, "");
	assert_int_equal(sda->device, DISK_DEVICE_CDROM);
	assert_int_equal(sda->read_only, 1);
	assert_true(sda->counted_us == 0 && sda->rd_req == ABSENT_U64);
	assert_int_equal(disk_of(part, "vdb")->h.sub, 2);
	assert_int_equal(disk_of(part, "share")->device, DISK_DEVICE_FILESYSTEM);
	assert_string_equal(disk_of(part, "share")->source, "/srv");
	const struct vm *vm = vm_of(part);
	assert_true(vm->disk_rd_ns == 3 && vm->disk_wr_ns == 6 && vm->disk_fl_req == 7);
	assert_int_equal(vm->disk_rd_req, 1);
}

static void
test_nic_rows(void **state)
{
	struct record r = { 0 };

	add_text(&r, "net.0.name", "vnet0");
	add_u64(&r, "net.0.rx.bytes", 1);
	add_u64(&r, "net.0.tx.drop", 2);
	add_text(&r, "net.1.name", "vnet9"); /* no MAC is known of it */
	add_u64(&r, "net.1.rx.bytes", 4);
	SCOPED(part) part = look(*state, &r, 7, SECOND);

	assert_int_equal(part->rows[ROWS_NIC]->len, 2);
	const struct nic *nic = part->rows[ROWS_NIC]->pdata[0];
	assert_true(nic->h.sub == 2 && nic->vm == 1);
	assert_string_equal(nic->name, "web1/52:54:00:00:00:01");
	assert_string_equal(nic->source, "br0");
	assert_string_equal(nic->target, "vnet0");
	assert_true(nic->rx_bytes == 1 && nic->tx_drop == 2 && nic->rx_pkts == ABSENT_U64);
	assert_int_equal(nic->counted_us, SECOND);
	const struct nic *user = part->rows[ROWS_NIC]->pdata[1];
	assert_true(user->rx_bytes == ABSENT_U64 && user->counted_us == 0);
	assert_int_equal(vm_of(part)->net_rx_bytes, 5);
}

static void
test_vcpu_rows(void **state)
{
	struct record r = { 0 };

	add_u64(&r, "vcpu.current", 2);
	add_u64(&r, "vcpu.maximum", 8);
	virTypedParamsAddInt(&r.params, &r.n, &r.most, "vcpu.0.state", VIR_VCPU_BLOCKED);
	virTypedParamsAddBoolean(&r.params, &r.n, &r.most, "vcpu.0.halted", 1);
	add_u64(&r, "vcpu.0.time", 100);
	add_u64(&r, "vcpu.0.wait", 10);
	add_u64(&r, "vcpu.0.delay", 20);
	virTypedParamsAddInt(&r.params, &r.n, &r.most, "vcpu.3.state", 77);
	add_u64(&r, "vcpu.3.delay", 30);
	add_u64(&r, "vcpu.5000.delay", 30);
	SCOPED(part) part = look(*state, &r, 7, SECOND);

	assert_int_equal(part->rows[ROWS_VCPU]->len, 2);
	const struct vcpu *vcpu = part->rows[ROWS_VCPU]->pdata[0];
	assert_true(vcpu->h.sub == 1 && vcpu->vm == 1 && vcpu->state == VCPU_BLOCKED);
	assert_string_equal(vcpu->name, "web1/0");
	assert_true(vcpu->halted == 1 && vcpu->cpu == ABSENT_U32);
	assert_true(vcpu->time_ns == 100 && vcpu->wait_ns == 10 && vcpu->delay_ns == 20);
	assert_string_equal(vcpu->affinity, "0-3");
	vcpu = part->rows[ROWS_VCPU]->pdata[1];
	assert_true(vcpu->h.sub == 4 && vcpu->state == ABSENT_I32);
	assert_true(vcpu->time_ns == ABSENT_U64 && vcpu->counted_us == SECOND);
	assert_int_equal(vm_of(part)->steal_ns, 50);
}

/* Off: all that is configured is there, and nothing counts. */
static void
test_domain_that_is_off(void **state)
{
	struct record r = { 0 };

	add_u64(&r, "vcpu.current", 2);
	add_text(&r, "block.0.name", "vda");
	add_text(&r, "block.0.path", "/old");
	add_u64(&r, "block.0.capacity", 10);
	add_u64(&r, "block.0.rd.reqs", 10);
	SCOPED(part) part = look(*state, &r, -1, SECOND);

	assert_int_equal(part->rows[ROWS_VCPU]->len, 2);
	assert_int_equal(part->rows[ROWS_DISK]->len, 3);
	assert_int_equal(part->rows[ROWS_NIC]->len, 2);
	assert_int_equal(((const struct vcpu *)part->rows[ROWS_VCPU]->pdata[0])->state,
	    VCPU_OFFLINE);
	assert_true(disk_of(part, "vda")->rd_req == ABSENT_U64);
	assert_int_equal(disk_of(part, "vda")->capacity, 10);
	assert_int_equal(disk_of(part, "vda")->counted_us, 0);
}

/* --- when a device's counters start anew */

#define GONE UINT64_MAX

static void
test_discontinuity(void **state)
{
	static const struct {
		int64_t id;
		uint64_t reads;    /* of vdb; GONE: unplugged */
		int64_t since;     /* number of the look, from 1; 0: no row */
		uint64_t sum;      /* of the VM */
	} cases[] = {
		{ 7,  100,  1, 110 },
		{ 7,  200,  1, 210 },
		{ 7,  GONE, 0, 210 },
		{ 7,  300,  4, 510 }, /* replugged, though it counted on */
		{ 7,  300,  4, 510 },
		{ 7,  5,    6, 515 }, /* went back: another one, or reset */
		{ 8,  6,    7, 16  }, /* restarted */
		{ 8,  7,    7, 17  },
		{ -1, 0,    7, GONE },
		{ 9,  8,    10, 18 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct record r = { 0 };
		add_text(&r, "block.0.name", "vda");
		add_u64(&r, "block.0.rd.reqs", 10);
		if (cases[i].reads != GONE) {
			add_text(&r, "block.1.name", "vdb");
			add_u64(&r, "block.1.rd.reqs", cases[i].reads);
		}
		SCOPED(part) part = look(*state, &r, cases[i].id, (int64_t)(i + 1) * SECOND);
		const struct disk *vdb = disk_of(part, "vdb");
		assert_int_equal(vdb == NULL, cases[i].since == 0);
		assert_int_equal(vm_of(part)->disk_rd_req, cases[i].sum);
		if (vdb == NULL)
			continue;
		assert_int_equal(vdb->discontinuity_us, cases[i].since * SECOND);
		assert_int_equal(vdb->rd_req, cases[i].id < 0 ? ABSENT_U64 : cases[i].reads);
	}
}

/* The guest's own counters start anew when it reboots; what we tell goes on. */
static void
test_balloon_counters(void **state)
{
	static const struct {
		uint64_t told, expected; /* swap_in: KiB, octets; GONE: not told */
	} cases[] = {
		{ GONE, GONE },
		{ 10, 10 * 1024 },
		{ 12, 12 * 1024 },
		{ GONE, GONE },
		{ 13, 13 * 1024 },
		{ 2, 15 * 1024 }, /* rebooted */
		{ UINT64_MAX / 2, GONE },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct record r = { 0 };
		if (cases[i].told != GONE)
			add_u64(&r, "balloon.swap_in", cases[i].told);
		add_u64(&r, "balloon.current", 1024);
		SCOPED(part) part = look(*state, &r, 7, (int64_t)(i + 1) * SECOND);
		assert_int_equal(vm_of(part)->swap_in_bytes, cases[i].expected);
		assert_int_equal(vm_of(part)->swap_out_bytes, ABSENT_U64);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_disk_rows),
		TEST(test_nic_rows),
		TEST(test_vcpu_rows),
		TEST(test_domain_that_is_off),
		TEST(test_discontinuity),
		TEST(test_balloon_counters),
	};

	virInitialize(); /* the typed parameters want it */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
