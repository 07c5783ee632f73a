/* libvirt's XML of a domain, as plain values; and the numbers of its devices. */
#include "test.h"

#include "collectors/device_number.h"
#include "collectors/domain_config.h"
#include "model/value.h"

static struct domain_config *
parse_devices(const char *devices)
{
	g_autofree char *xml =
	    g_strconcat("<domain type='kvm'><devices>", devices, "</devices></domain>", NULL);
	GError *error = NULL;
	struct domain_config *config = domain_config_parse(xml, &error);

	assert_null(error);
	assert_non_null(config);
	return config;
}

/* --- disks */

#define DISK(inside) "<disk>" inside "<target dev='vda' bus='virtio'/></disk>"

static void
test_disks(void **state)
{
	static const struct {
		const char *xml, *source, *format;
		int32_t device;
		bool read_only;
	} cases[] = {
		{ "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"
		  "<source file='/images/a.qcow2' index='1'/><target dev='vda'/></disk>",
		  "/images/a.qcow2", "qcow2", DISK_DEVICE_DISK, false },
		{ DISK("<source dev='/dev/vg/a'/>"), "/dev/vg/a", NULL, DISK_DEVICE_DISK, false },
		{ DISK("<source dir='/floppy'/>"), "/floppy", NULL, DISK_DEVICE_DISK, false },
		{ DISK("<source pool='p' volume='v'/>"), "p/v", NULL, DISK_DEVICE_DISK, false },
		{ DISK("<source protocol='rbd' name='pool/img'><host name='h'/></source>"),
		  "rbd:pool/img", NULL, DISK_DEVICE_DISK, false },
		{ DISK("<source protocol='nbd'/>"), "nbd:", NULL, DISK_DEVICE_DISK, false },
		{ "<disk device='cdrom'><target dev='sda'/><readonly/></disk>", "", NULL,
		  DISK_DEVICE_CDROM, true },
		{ "<disk device='floppy'><target dev='fda'/></disk>", "", NULL,
		  DISK_DEVICE_FLOPPY, false },
		{ "<disk device='lun'><target dev='sda'/></disk>", "", NULL,
		  DISK_DEVICE_LUN, false },
		{ "<disk device='tape'><target dev='sda'/></disk>", "", NULL,
		  DISK_DEVICE_DISK, false },
		{ DISK("<source file='/a&amp;b &#xe4;'/>"), "/a&b \xc3\xa4", NULL,
		  DISK_DEVICE_DISK, false },
		{ "<filesystem type='mount'><source dir='/lxc/a'/><target dir='/'/></filesystem>",
		  "/lxc/a", NULL, DISK_DEVICE_FILESYSTEM, false },
		{ "<filesystem type='ram'><source usage='1' units='MiB'/><target dir='/tmp'/>"
		  "<readonly/></filesystem>", "", NULL, DISK_DEVICE_FILESYSTEM, true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(domain_config) config = parse_devices(cases[i].xml);
		assert_int_equal(config->disks->len, 1);
		const struct config_disk *disk =
		    &g_array_index(config->disks, struct config_disk, 0);
		assert_string_equal(disk->source, cases[i].source);
		assert_int_equal(g_strcmp0(disk->format, cases[i].format), 0);
		assert_int_equal(disk->device, cases[i].device);
		assert_int_equal(disk->read_only, cases[i].read_only);
		assert_non_null(disk->target);
	}
}

static void
test_disk_limits_and_depth(void **state)
{
	static const struct {
		const char *xml;
		uint64_t iops, bytes;
		uint32_t depth;
	} cases[] = {
		{ "", 0, 0, ABSENT_U32 },
		{ "<backingStore/>", 0, 0, 0 },
		{ "<backingStore type='file'><source file='/b'/><backingStore/></backingStore>",
		  0, 0, 1 },
		{ "<backingStore><source file='/b'/><backingStore><source file='/c'/>"
		  "</backingStore></backingStore>", 0, 0, 2 },
		{ "<iotune><total_iops_sec>500</total_iops_sec>"
		  "<read_bytes_sec>10</read_bytes_sec><write_bytes_sec>20</write_bytes_sec>"
		  "</iotune>", 500, 30, ABSENT_U32 },
		{ "<iotune><total_iops_sec>-1</total_iops_sec>"
		  "<read_iops_sec>18446744073709551614</read_iops_sec>"
		  "<write_iops_sec>9</write_iops_sec>"
		  "<total_bytes_sec>99999999999999999999999</total_bytes_sec></iotune>",
		  UINT64_MAX - 1, 0, ABSENT_U32 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *xml =
		    g_strconcat("<disk><target dev='vda'/>", cases[i].xml, "</disk>", NULL);
		SCOPED(domain_config) config = parse_devices(xml);
		const struct config_disk *disk =
		    &g_array_index(config->disks, struct config_disk, 0);
		assert_true(disk->limit_iops == cases[i].iops);
		assert_true(disk->limit_bytes == cases[i].bytes);
		assert_int_equal(disk->depth, cases[i].depth);
	}
}

/* --- NICs */

static void
test_nics(void **state)
{
	static const struct {
		const char *xml, *mac, *type, *model, *source, *target;
		int32_t link;
	} cases[] = {
		{ "<interface type='network'><mac address='52:54:00:AB:cd:ef'/>"
		  "<source network='default' bridge='virbr0'/><target dev='vnet3'/>"
		  "<model type='virtio'/></interface>",
		  "52:54:00:ab:cd:ef", "network", "virtio", "default", "vnet3", NIC_LINK_UP },
		{ "<interface type='bridge'><mac address='1'/><source bridge='br0'/>"
		  "<link state='down'/></interface>",
		  "1", "bridge", NULL, "br0", NULL, NIC_LINK_DOWN },
		{ "<interface type='direct'><source dev='eth0' mode='bridge'/>"
		  "<link state='up'/></interface>",
		  NULL, "direct", NULL, "eth0", NULL, NIC_LINK_UP },
		{ "<interface type='user'/>", NULL, "user", NULL, "", NULL, NIC_LINK_UP },
		{ "<interface/>", NULL, NULL, NULL, "", NULL, NIC_LINK_UP },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(domain_config) config = parse_devices(cases[i].xml);
		assert_int_equal(config->nics->len, 1);
		const struct config_nic *nic =
		    &g_array_index(config->nics, struct config_nic, 0);
		assert_int_equal(g_strcmp0(nic->mac, cases[i].mac), 0);
		assert_int_equal(g_strcmp0(nic->type, cases[i].type), 0);
		assert_int_equal(g_strcmp0(nic->model, cases[i].model), 0);
		assert_string_equal(nic->source, cases[i].source);
		assert_int_equal(g_strcmp0(nic->target, cases[i].target), 0);
		assert_int_equal(nic->link, cases[i].link);
	}
}

/* --- the rest */

static void
test_agent(void **state)
{
#define CHANNEL(name, more) "<channel type='unix'><target name='" name "'" more "/></channel>"
	static const struct {
		const char *xml;
		enum guest_agent expected;
	} cases[] = {
		{ "", GUEST_AGENT_NONE },
		{ "<channel/>", GUEST_AGENT_NONE },
		{ CHANNEL("com.redhat.spice.0", " state='connected'"), GUEST_AGENT_NONE },
		{ CHANNEL("org.qemu.guest_agent.0", ""), GUEST_AGENT_DISCONNECTED },
		{ CHANNEL("org.qemu.guest_agent.0", " state='disconnected'"),
		  GUEST_AGENT_DISCONNECTED },
		{ CHANNEL("org.qemu.guest_agent.0", " state='connected'")
		  CHANNEL("com.redhat.spice.0", ""), GUEST_AGENT_CONNECTED },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(domain_config) config = parse_devices(cases[i].xml);
		assert_int_equal(config->guest_agent, cases[i].expected);
	}
}

static void
test_domain(void **state)
{
	SCOPED(domain_config) config = domain_config_parse("<?xml version='1.0'?>\n"
	    "<domain><title>Shop &amp; more</title><metadata><x xmlns='u'><title>no</title></x>"
	    "</metadata><os><type arch='x86_64'>hvm</type></os><vcpu cpuset='0-7'>4</vcpu>"
	    "<cputune><vcpupin vcpu='1' cpuset='2,3'/><vcpupin vcpu='x' cpuset='9'/>"
	    "<vcpupin vcpu='2'/></cputune></domain>", NULL);

	assert_non_null(config);
	assert_string_equal(config->title, "Shop & more");
	assert_string_equal(config->os_type, "hvm");
	assert_string_equal(domain_config_affinity(config, 0), "0-7");
	assert_string_equal(domain_config_affinity(config, 1), "2,3");
	assert_string_equal(domain_config_affinity(config, 2), "0-7");
	SCOPED(domain_config) bare = domain_config_parse("<domain/>", NULL);
	assert_null(bare->title);
	assert_null(bare->os_type);
	assert_string_equal(domain_config_affinity(bare, 0), "");
	assert_int_equal(bare->disks->len, 0);
}

static void
test_malformed(void **state)
{
	static const char *const cases[] = {
		"", " ", "nonsense", "<domain>", "<domain></domains>", "<domain/><domain/>",
		"<node/>", "<domain><title>\xff\xfe</title></domain>",
		"<domain a='1' a='2'/>", "<domain>&nothing;</domain>", "<domain>&#0;</domain>",
		"<!DOCTYPE domain><domain/>",
		"<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><domain><title>&e;</title>"
		"</domain>",
		"<!DOCTYPE d SYSTEM 'http://192.0.2.1/x.dtd'><domain/>",
		"<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>"
		"<!ENTITY c '&b;&b;&b;&b;&b;'>]><domain><title>&c;&c;&c;</title></domain>",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		assert_null(domain_config_parse(cases[i], &error));
		assert_non_null(error);
		assert_true(strlen(error->message) > 15);
		assert_null(strchr(error->message, '\n'));
	}
}

/* Far too much of everything: an error, or some of it, soon. */
static void
test_too_much(void **state)
{
	g_autoptr(GString) deep = g_string_new(NULL), many = g_string_new("<domain><devices>");
	g_autofree char *huge = g_strnfill(5 << 20, ' ');
	g_autoptr(GError) error = NULL;

	assert_null(domain_config_parse(huge, &error));
	for (int i = 0; i < 100000; i++)
		g_string_append(deep, "<domain>");
	assert_null(domain_config_parse(deep->str, NULL));
	for (int i = 0; i < 5000; i++)
		g_string_append(many, "<disk><target dev='vda'/></disk><interface/>");
	g_string_append(many, "</devices></domain>");
	SCOPED(domain_config) config = domain_config_parse(many->str, NULL);
	assert_int_equal(config->disks->len, 1024);
	assert_int_equal(config->nics->len, 1024);
}

/* --- numbers */

static void
test_disk_numbers(void **state)
{
	static const struct {
		const char *target;
		uint32_t expected; /* 0: a hash */
	} cases[] = {
		{ "vda", 1 }, { "vdb", 2 }, { "vdz", 26 }, { "vdaa", 27 }, { "vdzzz", 18278 },
		{ "sda", 100001 }, { "hdc", 200003 }, { "xvda", 300001 }, { "fda", 400001 },
		{ "vd", 0 }, { "vdA", 0 }, { "vda1", 0 }, { "vdaaaa", 0 }, { "", 0 },
		{ "/", 0 }, { "/srv", 0 }, { "nvme0n1", 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		uint32_t number = device_disk_number(cases[i].target);
		if (cases[i].expected != 0)
			assert_int_equal(number, cases[i].expected);
		else
			assert_in_range(number, 1000000, INT32_MAX - 100000);
	}
	/* in the MIB's index: they can never change */
	assert_int_equal(device_disk_number("/"), 706468254);
	assert_int_equal(device_disk_number("nvme0n1"), 154620176);
}

static void
test_nic_numbers(void **state)
{
	static const struct {
		const char *mac;
		uint32_t expected; /* 0: a hash */
	} cases[] = {
		{ "52:54:00:00:00:00", 1 },
		{ "52:54:00:12:34:56", 0x123457 },
		{ "52:54:00:ff:ff:ff", 0x1000000 },
		{ "52:54:00:AB:cd:EF", 0xabcdf0 },
		{ NULL, 0 }, { "", 0 }, { "52:54:00:00:00", 0 }, { "52:54:00:00:00:0", 0 },
		{ "52:54:00:00:00:000", 0 }, { "52-54-00-00-00-00", 0 }, { "zz:54:00:00:00:00", 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		uint32_t number = device_nic_number(cases[i].mac);
		if (cases[i].expected != 0)
			assert_int_equal(number, cases[i].expected);
		else
			assert_in_range(number, 20000000, INT32_MAX - 100000);
	}
}

/* The first by name has the number; nobody who could have their own is pushed aside. */
static void
test_collisions(void **state)
{
	static const char *const macs[] = {
		"52:54:01:00:00:05", "52:54:00:00:00:05", "52:54:00:00:00:06",
		"52:54:02:00:00:05", "52:54:00:00:00:09",
	};
	static const uint32_t expected[] = { 8, 6, 7, 9, 10 };
	uint32_t numbers[G_N_ELEMENTS(macs)];

	device_numbers(macs, G_N_ELEMENTS(macs), device_nic_number, numbers);
	for (size_t i = 0; i < G_N_ELEMENTS(macs); i++)
		assert_int_equal(numbers[i], expected[i]);
	device_numbers(NULL, 0, device_nic_number, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_disks),
		cmocka_unit_test(test_disk_limits_and_depth),
		cmocka_unit_test(test_nics),
		cmocka_unit_test(test_agent),
		cmocka_unit_test(test_domain),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_disk_numbers),
		cmocka_unit_test(test_nic_numbers),
		cmocka_unit_test(test_collisions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
