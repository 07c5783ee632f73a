/* What is known of one host, and the parts made from it. */
#include "test.h"

#include "collectors/picture.h"
#include "common/log.h"
#include "model/value.h"

#define UUID(n) "0000000" #n "-0000-4000-8000-000000000000"

struct domain {
	const char *uuid, *name;
	int64_t id;
};

/* A sample as libvirt's answers make it, of domains that run with id >= 0. */
static struct sample *
make_sample(bool full, int64_t now, const struct domain *domains, size_t n)
{
	struct sample *sample = g_new0(struct sample, 1);

	sample->full = full;
	sample->time = (struct look_time){ now, now, false };
	sample->readings = g_array_new(FALSE, FALSE, sizeof(struct domain_reading));
	table_row_init(ROWS_NODE, &sample->node);
	sample->node.cpus = 8;
	for (size_t i = 0; i < n; i++) {
		struct domain_reading reading;
		domain_reading_init(&reading);
		g_strlcpy(reading.uuid, domains[i].uuid, sizeof(reading.uuid));
		reading.name = domains[i].name;
		reading.id = domains[i].id;
		reading.state =
		    domains[i].id >= 0 ? VIR_DOMAIN_RUNNING : VIR_DOMAIN_SHUTOFF;
		if (full)
			reading.cpu_ns = (uint64_t)now;
		g_array_append_val(sample->readings, reading);
	}
	return sample;
}

static struct part *
show(struct picture *p, bool full, int64_t now, const struct domain *domains, size_t n,
    bool *news)
{
	SCOPED(sample) sample = make_sample(full, now, domains, n);

	return picture_sample(p, sample, news);
}

static const struct vm *
vm_at(const struct part *part, guint i)
{
	assert_true(i < part->rows[ROWS_VM]->len);
	return part->rows[ROWS_VM]->pdata[i];
}

static const struct node *
node_of(const struct part *part)
{
	assert_int_equal(part->rows[ROWS_NODE]->len, 1);
	return part->rows[ROWS_NODE]->pdata[0];
}

static int
setup(void **state)
{
	*state = picture_new("alpha", "test:///default", 10);
	return 0;
}

static int
teardown(void **state)
{
	picture_free(*state);
	return 0;
}

static void
test_connecting(void **state)
{
	SCOPED(part) part = picture_connecting(*state);

	assert_string_equal(part->source, "node:alpha");
	assert_string_equal(part->node, "alpha");
	assert_false(part->reachable);
	assert_int_equal(node_of(part)->state, NODE_CONNECTING);
	assert_string_equal(node_of(part)->uri, "test:///default");
	assert_int_equal(node_of(part)->sampled_us, 0);
	assert_int_equal(part->rows[ROWS_VM]->len, 0);
}

static void
test_quick_look_keeps_numbers(void **state)
{
	const struct domain domains[] = { { UUID(1), "a", 1 }, { UUID(2), "b", 2 } };
	bool news;
	SCOPED(part) full = show(*state, true, 100, domains, 2, &news);
	assert_false(news);
	assert_true(full->reachable);
	SCOPED(part) quick = show(*state, false, 200, domains, 2, &news);

	assert_false(news);
	assert_int_equal(vm_at(quick, 0)->cpu_ns, 100);
	assert_int_equal(vm_at(quick, 0)->counted_us, 100);
	assert_int_equal(vm_at(quick, 0)->sampled_us, 200);
	assert_int_equal(vm_at(quick, 0)->stale_after, 30);
	assert_int_equal(node_of(quick)->cpus, 8);
	assert_int_equal(node_of(quick)->polls, 1); /* of full ones */
	assert_int_equal(node_of(quick)->sampled_us, 100);
}

static void
test_news(void **state)
{
	const struct domain before[] = { { UUID(1), "a", 1 }, { UUID(2), "b", -1 } };
	const struct domain one_more[] = { { UUID(1), "a", 1 }, { UUID(2), "b", -1 },
		{ UUID(3), "c", -1 } };
	const struct domain started[] = { { UUID(1), "a", 1 }, { UUID(2), "b", 5 },
		{ UUID(3), "c", -1 } };
	const struct domain stopped[] = { { UUID(1), "a", -1 }, { UUID(2), "b", 5 },
		{ UUID(3), "c", -1 } };
	bool news;

	part_unref(show(*state, true, 100, before, 2, &news));
	part_unref(show(*state, false, 200, one_more, 3, &news));
	assert_true(news);
	part_unref(show(*state, true, 300, one_more, 3, &news));
	assert_false(news);
	part_unref(show(*state, false, 400, started, 3, &news));
	assert_true(news);
	part_unref(show(*state, false, 500, stopped, 3, &news));
	assert_false(news);
}

/* What went over to another host is kept for a moment; what only ended is not. */
static void
test_departed(void **state)
{
	const struct domain domains[] = { { UUID(1), "a", 1 }, { UUID(2), "b", 2 } };
	bool news;
	part_unref(show(*state, true, 100, domains, 2, &news));
	picture_note_left(*state, UUID(1), 150);
	picture_note_left(*state, UUID(3), 150); /* nobody knows it */
	SCOPED(part) gone = show(*state, false, 200, NULL, 0, &news);
	SCOPED(part) still = show(*state, true, 300, NULL, 0, &news);
	SCOPED(part) later = show(*state, true, 150 + DOMAIN_DEPARTED_US, NULL, 0, &news);

	assert_int_equal(gone->rows[ROWS_VM]->len, 1);
	assert_int_equal(still->rows[ROWS_VM]->len, 1);
	assert_string_equal(vm_at(still, 0)->name, "a");
	assert_int_equal(vm_at(still, 0)->migration, VM_LEFT);
	assert_int_equal(vm_at(still, 0)->sampled_us, 100); /* seen last */
	assert_int_equal(vm_at(still, 0)->cpu_ns, 100);
	assert_int_equal(later->rows[ROWS_VM]->len, 0);
}

static void
test_left_out(void **state)
{
	const struct domain domains[] = {
		{ UUID(1), "a", 1 },
		{ UUID(1), "twin", 2 },
		{ "", "none", 3 },
		{ "00000000-0000-0000-0000-000000000000", "Domain-0", 0 },
		{ UUID(2), "b", 4 },
	};
	bool news;

	for (int i = 1; i <= 2; i++) {
		SCOPED(part) part = show(*state, true, i, domains, 5, &news);
		assert_int_equal(part->rows[ROWS_VM]->len, 2);
		assert_string_equal(vm_at(part, 0)->name, "a");
		assert_string_equal(vm_at(part, 1)->name, "b");
	}
}

/* Renamed, gone, and defined again: the last is another life. */
static void
test_come_and_go(void **state)
{
	const struct domain a = { UUID(1), "a", 1 }, renamed = { UUID(1), "z", 1 };
	bool news;

	part_unref(show(*state, true, 100, &a, 1, &news));
	SCOPED(part) second = show(*state, false, 200, &renamed, 1, &news);
	assert_string_equal(vm_at(second, 0)->name, "z");
	assert_int_equal(vm_at(second, 0)->discontinuity_us, 100);
	SCOPED(part) none = show(*state, false, 300, NULL, 0, &news);
	assert_int_equal(none->rows[ROWS_VM]->len, 0);
	SCOPED(part) again = show(*state, true, 400, &a, 1, &news);
	assert_int_equal(vm_at(again, 0)->discontinuity_us, 400);
}

static void
test_odd_names(void **state)
{
	g_autofree char *long_name = g_strnfill(5000, 'x');
	const struct domain domains[] = {
		{ UUID(1), "\xff\xfe" "broken", 1 },
		{ UUID(2), long_name, 2 },
		{ UUID(3), "", 3 },
	};
	bool news;
	SCOPED(part) part = show(*state, true, 100, domains, 3, &news);

	assert_true(g_utf8_validate(vm_at(part, 0)->name, -1, NULL));
	assert_true(strlen(vm_at(part, 1)->name) <= 255);
	assert_string_equal(vm_at(part, 2)->name, "");
}

static void
test_unreachable(void **state)
{
	const struct domain domains[] = { { UUID(1), "a", 1 }, { UUID(2), "b", -1 } };
	bool news;

	part_unref(show(*state, true, 100, domains, 2, &news));
	SCOPED(part) part = picture_unreachable(*state, "no answer");
	assert_false(part->reachable);
	assert_int_equal(node_of(part)->state, NODE_UNREACHABLE);
	assert_string_equal(node_of(part)->reason, "no answer");
	assert_int_equal(node_of(part)->cpus, 8);
	assert_int_equal(node_of(part)->polls, 2);
	assert_int_equal(node_of(part)->polls_failed, 1);
	assert_int_equal(node_of(part)->sampled_us, 100);
	assert_int_equal(part->rows[ROWS_VM]->len, 2);
	assert_int_equal(vm_at(part, 0)->state, VM_RUNNING);
	assert_int_equal(vm_at(part, 0)->sampled_us, 100);

	/* and back: the same run, nothing started anew */
	SCOPED(part) back = show(*state, true, 900, domains, 2, &news);
	assert_int_equal(node_of(back)->state, NODE_ONLINE);
	assert_string_equal(node_of(back)->reason, "");
	assert_int_equal(vm_at(back, 0)->discontinuity_us, 100);
}

/* --- configurations */

static struct domain_reading *
reading_at(struct sample *sample, guint i)
{
	return &g_array_index(sample->readings, struct domain_reading, i);
}

static void
answer_config(struct sample *sample, guint i, const char *inside)
{
	g_autofree char *xml = g_strconcat("<domain>", inside, "</domain>", NULL);
	struct domain_reading *reading = reading_at(sample, i);

	reading->config_asked = true;
	domain_config_unref(reading->config);
	reading->config = domain_config_parse(xml, NULL);
	assert_non_null(reading->config);
}

static guint
count_wanted(struct picture *p, bool off, int64_t now)
{
	const struct domain domains[] = { { UUID(1), "a", 1 }, { UUID(2), "b", off ? -1 : 2 } };
	SCOPED(sample) sample = make_sample(true, now, domains, 2);
	g_autoptr(GArray) wanted = picture_lend_configs(p, sample);

	return wanted->len;
}

static void
test_configs(void **state)
{
	const struct domain domains[] = { { UUID(1), "a", 1 }, { UUID(2), "b", 2 } };
	int64_t start = G_USEC_PER_SEC;
	bool news;
	SCOPED(sample) first = make_sample(true, start, domains, 2);
	g_autoptr(GArray) both = picture_lend_configs(*state, first);
	assert_int_equal(both->len, 2);
	assert_null(reading_at(first, 0)->config);

	answer_config(first, 0, "<title>Title of a</title><os><type>hvm</type></os>"
	    "<devices><channel><target name='org.qemu.guest_agent.0' state='connected'/>"
	    "</channel></devices>");
	reading_at(first, 1)->config_asked = true; /* no answer */
	SCOPED(part) part = picture_sample(*state, first, &news);
	assert_string_equal(vm_at(part, 0)->title, "Title of a");
	assert_string_equal(vm_at(part, 0)->os_type, "hvm");
	assert_int_equal(vm_at(part, 0)->guest_agent, GUEST_AGENT_CONNECTED);
	assert_null(vm_at(part, 1)->title);
	assert_int_equal(vm_at(part, 1)->guest_agent, ABSENT_I32);

	SCOPED(sample) second = make_sample(true, start + 1, domains, 2);
	g_autoptr(GArray) none = picture_lend_configs(*state, second);
	assert_int_equal(none->len, 0);
	assert_non_null(reading_at(second, 0)->config);
	SCOPED(part) later = picture_sample(*state, second, &news);
	assert_string_equal(vm_at(later, 0)->title, "Title of a");

	assert_int_equal(count_wanted(*state, true, start + 2), 1); /* stopped */
	picture_forget_config(*state, UUID(2), start + 2);
	picture_forget_config(*state, UUID(9), start + 2);
	assert_int_equal(count_wanted(*state, false, start + 3), 1);
	assert_int_equal(count_wanted(*state, false, start + 3600 * start), 2);
}

/* The channel of a domain that is off is not connected, whatever was read before. */
static void
test_agent_of_a_stopped_domain(void **state)
{
	const struct domain on = { UUID(1), "a", 1 }, off = { UUID(1), "a", -1 };
	bool news;
	SCOPED(sample) sample = make_sample(true, 100, &on, 1);

	answer_config(sample, 0, "<devices><channel><target state='connected'"
	    " name='org.qemu.guest_agent.0'/></channel></devices>");
	part_unref(picture_sample(*state, sample, &news));
	SCOPED(part) part = show(*state, false, 200, &off, 1, &news);
	assert_int_equal(vm_at(part, 0)->guest_agent, GUEST_AGENT_DISCONNECTED);
}

/* Another device was plugged in, and no event told of it. */
static void
test_config_of_other_devices(void **state)
{
	const struct domain a = { UUID(1), "a", 1 };
	bool news;

	for (int i = 0; i < 4; i++) {
		SCOPED(sample) sample = make_sample(true, 100 + i, &a, 1);
		domain_reading_add(reading_at(sample, 0), DEVICE_DISK, "vda");
		if (i >= 2)
			domain_reading_add(reading_at(sample, 0), DEVICE_DISK, "vdb");
		g_autoptr(GArray) wanted = picture_lend_configs(*state, sample);
		assert_int_equal(wanted->len, i % 2 == 0);
		reading_at(sample, 0)->config_asked = wanted->len > 0;
		/* what is asked for by name comes later, and says nothing new */
		domain_reading_add(reading_at(sample, 0), DEVICE_NIC, "vnet0");
		part_unref(picture_sample(*state, sample, &news));
	}
}

/* --- rows of devices */

#define DEVICES                                                                        \
	"<devices><disk><source file='/a'/><target dev='vda' bus='virtio'/></disk>"    \
	"<interface type='network'><mac address='52:54:00:00:00:05'/>"                 \
	"<source network='default'/><target dev='vnet0'/></interface></devices>"

/* Two domains, the second with a vCPU, a disk and a NIC that have counted 7 of all. */
static struct part *
show_devices(struct picture *p, int64_t now, const struct domain *domains)
{
	SCOPED(sample) sample = make_sample(true, now, domains, 2);
	struct domain_reading *reading = reading_at(sample, 1);
	const virVcpuInfo vcpu = { 0, VIR_VCPU_RUNNING, 7, 3 };
	bool news;

	answer_config(sample, 1, DEVICES);
	reading->vcpus = 1;
	if (reading->id >= 0) {
		domain_reading_vcpus(reading, &vcpu, 1);
		domain_reading_add(reading, DEVICE_DISK, "vda")->counter[DISK_RD_REQ] = 7;
		domain_reading_add(reading, DEVICE_NIC, "vnet0")->counter[NIC_RX_BYTES] = 7;
	}
	return picture_sample(p, sample, &news);
}

/* That part has one row of each kind, of the VM at that place. */
static void
expect_devices(const struct part *part, uint32_t place, uint64_t count, int64_t counted)
{
	assert_int_equal(part->rows[ROWS_VCPU]->len, 1);
	assert_int_equal(part->rows[ROWS_DISK]->len, 1);
	assert_int_equal(part->rows[ROWS_NIC]->len, 1);
	const struct vcpu *vcpu = part->rows[ROWS_VCPU]->pdata[0];
	const struct disk *disk = part->rows[ROWS_DISK]->pdata[0];
	const struct nic *nic = part->rows[ROWS_NIC]->pdata[0];
	assert_string_equal(vcpu->name, "b/0");
	assert_string_equal(disk->name, "b/vda");
	assert_string_equal(nic->name, "b/52:54:00:00:00:05");
	assert_true(vcpu->vm == place && disk->vm == place && nic->vm == place);
	assert_true(vcpu->h.sub == 1 && disk->h.sub == 1 && nic->h.sub == 6);
	assert_int_equal(vcpu->time_ns, count);
	assert_int_equal(disk->rd_req, count);
	assert_int_equal(nic->rx_bytes, count);
	assert_true(vcpu->counted_us == counted && disk->counted_us == counted &&
	    nic->counted_us == counted);
}

static void
test_devices(void **state)
{
	const struct domain domains[] = { { UUID(1), "a", 1 }, { UUID(2), "b", 2 } };
	const struct domain swapped[] = { { UUID(2), "b", 2 }, { UUID(1), "a", 1 } };
	const struct domain off[] = { { UUID(3), "c", 1 }, { UUID(2), "b", -1 } };
	bool news;

	SCOPED(part) full = show_devices(*state, 100, domains);
	expect_devices(full, 1, 7, 100);
	SCOPED(part) quick = show(*state, false, 200, swapped, 2, &news);
	expect_devices(quick, 0, 7, 100);
	SCOPED(part) again = show(*state, false, 300, domains, 2, &news);
	expect_devices(again, 1, 7, 100);
	SCOPED(part) silent = picture_unreachable(*state, "no answer");
	expect_devices(silent, 1, 7, 100);
	SCOPED(part) stopped = show(*state, false, 400, off, 2, &news);
	expect_devices(stopped, 1, ABSENT_U64, 0);
	assert_int_equal(((const struct vcpu *)stopped->rows[ROWS_VCPU]->pdata[0])->state,
	    VCPU_OFFLINE);
	SCOPED(part) still = show_devices(*state, 500, off);
	expect_devices(still, 1, ABSENT_U64, 0);
	SCOPED(part) other = show(*state, false, 600, domains, 2, &news);
	expect_devices(other, 1, ABSENT_U64, 0);
	const struct disk *disk = other->rows[ROWS_DISK]->pdata[0];
	assert_int_equal(disk->discontinuity_us, 600);
}

/* When a run began is known only if it was seen: not at the first look, not after a gap. */
static void
test_started(void **state)
{
	static const struct {
		int64_t id;
		bool gap; /* before this look */
		int64_t expected;
	} cases[] = {
		{ 1,  false, 0   },
		{ 1,  false, 0   },
		{ 2,  false, 300 },
		{ 2,  false, 300 },
		{ -1, false, 0   },
		{ 3,  false, 600 },
		{ 3,  true,  600 },
		{ 4,  true,  0   },
		{ 5,  false, 900 },
	};
	bool news;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct domain a = { UUID(1), "a", cases[i].id };
		if (cases[i].gap)
			part_unref(picture_unreachable(*state, "gone"));
		SCOPED(part) part = show(*state, i % 2 == 0, (int64_t)(i + 1) * 100, &a, 1,
		    &news);
		assert_int_equal(vm_at(part, 0)->started_us, cases[i].expected);
	}
}

static void
test_flags(void **state)
{
	const struct domain domains[] = { { UUID(1), "a", 1 }, { UUID(2), "b", 2 } };
	bool news;
	SCOPED(part) unknown = show(*state, true, 100, domains, 2, &news);
	assert_int_equal(vm_at(unknown, 0)->autostart, ABSENT_I32);

	SCOPED(sample) sample = make_sample(true, 200, domains, 2);
	sample->autostart = g_hash_table_new(g_str_hash, g_str_equal);
	sample->persistent = g_hash_table_new(g_str_hash, g_str_equal);
	g_hash_table_add(sample->autostart, (char *)UUID(2));
	g_hash_table_add(sample->persistent, (char *)UUID(1));
	SCOPED(part) asked = picture_sample(*state, sample, &news);
	assert_int_equal(vm_at(asked, 0)->autostart, 0);
	assert_int_equal(vm_at(asked, 1)->autostart, 1);
	assert_int_equal(vm_at(asked, 0)->persistent, 1);
	assert_int_equal(vm_at(asked, 1)->persistent, 0);
	SCOPED(part) kept = show(*state, false, 300, domains, 2, &news);
	assert_int_equal(vm_at(kept, 1)->autostart, 1);
}

static void
test_inherit(void **state)
{
	const struct domain domains[] = { { UUID(1), "a", 1 } };
	struct picture *heir = picture_new("alpha", "test:///other", 10);
	bool news;

	part_unref(show(*state, true, 100, domains, 1, &news));
	picture_inherit(heir, *state);
	SCOPED(part) part = picture_connecting(heir);
	assert_int_equal(node_of(part)->state, NODE_CONNECTING);
	assert_string_equal(node_of(part)->uri, "test:///other");
	assert_int_equal(node_of(part)->polls, 1);
	assert_string_equal(vm_at(part, 0)->name, "a");
	SCOPED(part) other = show(heir, true, 200, NULL, 0, &news);
	assert_int_equal(other->rows[ROWS_VM]->len, 0);
	picture_free(heir);
}

/* --- the probe's record */

static struct probe_record
make_record(const char *line)
{
	struct probe_record record;

	assert_true(probe_record_parse(&record, line, strlen(line), NULL));
	return record;
}

static void
test_probe_facts(void **state)
{
	const struct domain domains[] = { { UUID(1), "a", 1 } };
	struct probe_record record = make_record("{\"load1\":7,\"interval\":10,"
	    "\"cpu_user_ms\":1,\"cpu_system_ms\":2,\"cpu_idle_ms\":3,"
	    "\"cpu_iowait_ms\":4,\"cpu_steal_ms\":5}");
	bool news;
	SCOPED(sample) sample = make_sample(true, 100, domains, 1);
	sample->node.cpu_user_ms = 77;
	part_unref(picture_sample(*state, sample, &news));
	SCOPED(part) probed = picture_probed(*state, &record, 200);
	assert_true(probed->reachable);
	assert_int_equal(vm_at(probed, 0)->cpu_ns, 100);
	assert_int_equal(node_of(probed)->load1, 7);
	assert_int_equal(node_of(probed)->cpu_user_ms, 1);
	assert_int_equal(node_of(probed)->sampled_us, 100);
	assert_int_equal(node_of(probed)->probed_us, 200);

	SCOPED(part) quick = show(*state, false, 300, domains, 1, &news);
	assert_int_equal(node_of(quick)->load1, 7);
	SCOPED(part) lost = picture_unreachable(*state, "gone");
	assert_false(lost->reachable);
	assert_int_equal(node_of(lost)->load1, 7);

	/* libvirt's own numbers come back, when 3 intervals and 10 s have passed */
	assert_null(picture_probe_old(*state, 200 + 40 * G_USEC_PER_SEC));
	SCOPED(part) old = picture_probe_old(*state, 201 + 40 * G_USEC_PER_SEC);
	assert_int_equal(node_of(old)->load1, ABSENT_U32);
	assert_int_equal(node_of(old)->cpu_user_ms, 77);
	assert_int_equal(node_of(old)->cpu_steal_ms, ABSENT_U64);
	assert_int_equal(node_of(old)->probed_us, 200);
	assert_null(picture_probe_old(*state, 300 + 40 * G_USEC_PER_SEC));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_connecting),
		TEST(test_quick_look_keeps_numbers),
		TEST(test_news),
		TEST(test_departed),
		TEST(test_left_out),
		TEST(test_come_and_go),
		TEST(test_odd_names),
		TEST(test_unreachable),
		TEST(test_configs),
		TEST(test_agent_of_a_stopped_domain),
		TEST(test_config_of_other_devices),
		TEST(test_devices),
		TEST(test_started),
		TEST(test_flags),
		TEST(test_inherit),
		TEST(test_probe_facts),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
