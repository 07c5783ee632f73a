/* A domain's XML made into that of another machine. */
#include "tests/unit/test.h"

#include "common/safe_xml.h"
#include "vmops/create.h"
#include "vmops/new_identity.h"

#define OLD	"6a2c1f7e-3d0b-4e0e-9a51-0f4d6f9a1a11"
#define NEW	"12345678-0000-4000-8000-000000000001"
#define DOMAIN(head, devices)                                                          \
	"<domain type='qemu' id='4'><name>web1</name><uuid>" OLD "</uuid>" head        \
	"<devices>" devices "</devices></domain>"
#define DISK                                                                           \
	"<disk type='network' device='disk'><driver name='qemu' type='raw' cache='none'/>" \
	"<auth username='u'/><source protocol='rbd' name='p/v'/><backingStore/>"       \
	"<target dev='vda' bus='virtio'/><serial>S1</serial></disk>"

static const struct new_disk places[] = {
	{ "vda", "/p/a&b.qcow2", "qcow2", false },
	{ "sda", "/dev/vg/seed", "raw", true },
};
static const struct new_identity web2 = { "web2", NEW, places, G_N_ELEMENTS(places) };

struct rewritten {
	const char *xml;
	const char *has[4], *has_not[4];
};

/* The first MAC of web2, instead of "MAC". */
static char *
with_mac(const char *text)
{
	g_autofree char *mac = create_mac(NEW, 0);
	g_auto(GStrv) parts = g_strsplit(text, "MAC0", -1);

	return g_strjoinv(mac, parts);
}

static void
the_new_machine_is_another(void **data)
{
	static const struct rewritten cases[] = {
		{ DOMAIN("<title>the first</title><description>a</description>", ""),
		    { "<name>web2</name>", "<uuid>" NEW "</uuid>", "<description>a" },
		    { "web1", OLD, "the first", " id=" } },
		{ DOMAIN("", DISK),
		    { "<disk type=\"file\"", "<source file=\"/p/a&amp;b.qcow2\"/>",
			"type=\"qcow2\" cache=\"none\"", "<serial>S1" },
		    { "rbd", "auth", "backingStore" } },
		{ DOMAIN("", "<disk type='file' device='cdrom'><source file='/iso/x.iso'/>"
			     "<target dev='sdb'/><readonly/></disk>"),
		    { "file=\"/iso/x.iso\"" }, { "/p/" } },
		{ DOMAIN("", "<disk type='file' device='cdrom'><source file='/iso/seed.iso'/>"
			     "<target dev='sda'/><readonly/></disk>"),
		    { "dev=\"/dev/vg/seed\"", "type=\"block\"" }, { "/iso/seed.iso" } },
		{ DOMAIN("", "<disk type='file'><source file='/ro.img'/><target dev='vdb'/>"
			     "<readonly/></disk>"),
		    { "file=\"/ro.img\"" } },
		{ DOMAIN("", "<interface type='bridge'><mac address='52:54:00:11:22:33'/>"
			     "<source bridge='br0'/><target dev='vnet0'/><virtualport type="
			     "'openvswitch'><parameters interfaceid='77'/></virtualport>"
			     "<filterref filter='clean'><parameter name='IP' value='10.0.0.1'/>"
			     "<parameter name='X' value='y'/></filterref></interface>"),
		    { "address=\"MAC0\"", "bridge=\"br0\"", "name=\"X\"" },
		    { "11:22:33", "vnet0", "interfaceid", "10.0.0.1" } },
		{ DOMAIN("", "<interface type='network'><source network='lan' portid='88'/>"
			     "</interface>"),
		    { "address=\"MAC0\"", "network=\"lan\"" }, { "portid" } },
		{ DOMAIN("<genid>43dc0cf8-809b-4adb-9bea-a9abb5f3d90e</genid>", ""),
		    { "<genid/>" }, { "43dc0cf8" } },
		{ DOMAIN("<sysinfo type='smbios'><system><entry name='uuid'>" OLD "</entry>"
			 "<entry name='serial'>S7</entry><entry name='product'>P</entry>"
			 "</system><chassis><entry name='serial'>S8</entry></chassis></sysinfo>", ""),
		    { "<entry name=\"uuid\">" NEW "<", "<entry name=\"serial\">" NEW "<",
			"<entry name=\"product\">P<" },
		    { OLD, "S7", "S8" } },
		{ DOMAIN("<sysinfo type='smbios'><system><entry name='serial'>ds=nocloud;s=x"
			 "</entry></system></sysinfo>", ""),
		    { "ds=nocloud;s=x" } },
		{ DOMAIN("<os><nvram template='/fw/t' type='file'><source file='/n/web1.fd'/>"
			 "</nvram></os>", ""),
		    { "template=\"/fw/t\"" }, { "web1.fd", "type=\"file\"" } },
		{ DOMAIN("<os><nvram template='/fw/t'>/n/other.fd</nvram></os>", ""),
		    { "template=\"/fw/t\"" }, { "other.fd" } },
		{ DOMAIN("", "<channel type='unix'><source mode='bind' path='/run/web1.agent'/>"
			     "<target type='virtio' name='org.qemu.guest_agent.0'/></channel>"),
		    { "org.qemu.guest_agent.0", "type=\"unix\"" }, { "path" } },
		{ DOMAIN("", "<serial type='file'><source path='/web1/web1.log'/></serial>"
			     "<console type='file'><source path='/x/serial'/></console>"),
		    { "\"/web1/web2.log\"", "\"/x/serial-web2\"" } },
		{ DOMAIN("", "<serial type='unix'><source mode='bind' path='/s/web1'/></serial>"
			     "<serial type='unix'><source mode='connect' path='/c/web1'/></serial>"),
		    { "\"/s/web2\"", "\"/c/web1\"" } },
		{ DOMAIN("", "<serial type='tcp'><source mode='bind' host='h' service='1'/>"
			     "<protocol type='raw'/><log file='/l/web1.log'/></serial>"),
		    { "<serial type=\"pty\">", "/l/web2.log" }, { "source", "protocol" } },
		{ DOMAIN("", "<graphics type='vnc' port='5907' autoport='no' websocket='80' "
			     "listen='::1' passwd='pw'><listen type='address'/></graphics>"),
		    { "port=\"-1\"", "autoport=\"yes\"", "passwd=\"pw\"", "listen=\"::1\"" },
		    { "5907", "websocket" } },
		{ DOMAIN("", "<graphics type='vnc' socket='/s/web1'><listen type='socket' "
			     "socket='/s/web1'/></graphics>"),
		    { "socket=\"/s/web2\"" }, { "/s/web1", "autoport" } },
		{ DOMAIN("", "<tpm model='tpm-crb'><backend type='emulator'/></tpm>"),
		    { "emulator" } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct rewritten *c = &cases[i];
		g_autoptr(GError) error = NULL;
		g_autofree char *xml = new_identity_xml(c->xml, &web2, &error);
		g_assert_no_error(error);
		for (size_t k = 0; k < G_N_ELEMENTS(c->has) && c->has[k] != NULL; k++) {
			g_autofree char *wanted = with_mac(c->has[k]);
			if (strstr(xml, wanted) == NULL)
				fail_msg("case %zu: no %s in %s", i, wanted, xml);
		}
		for (size_t k = 0; k < G_N_ELEMENTS(c->has_not) && c->has_not[k] != NULL; k++)
			if (strstr(xml, c->has_not[k]) != NULL)
				fail_msg("case %zu: %s in %s", i, c->has_not[k], xml);
		xmlDoc *doc = safe_xml_parse(xml, &error);
		g_assert_no_error(error);
		xmlFreeDoc(doc);
	}
}

static void
what_cannot_be_had_twice_is_refused(void **data)
{
	static const struct { const char *xml, *says; bool only_new; } cases[] = {
		{ DOMAIN("", "<hostdev mode='subsystem'/>"), "it has a device of its host" },
		{ DOMAIN("", "<lease/>"), "it has a lease" },
		{ DOMAIN("", "<interface type='hostdev'/>"), "a network device of its host" },
		{ DOMAIN("", "<interface type='vdpa'/>"), "a network device of its host" },
		{ DOMAIN("", "<input type='evdev'/>"), "an input device of its host" },
		{ DOMAIN("", "<tpm><backend type='passthrough'/></tpm>"), "the TPM" },
		{ DOMAIN("", "<memory model='nvdimm'/>"), "kept in a file" },
		{ DOMAIN("", "<disk type='nvme' device='disk'><target dev='vda'/></disk>"),
		    "a disk of its host" },
		{ DOMAIN("", "<disk device='lun'><target dev='vda'/></disk>"),
		    "disk vda is a device of its host" },
		{ DOMAIN("", "<disk><target dev='vda'/><shareable/></disk>"),
		    "disk vda is shared" },
		{ DOMAIN("", "<disk><target dev='vda'/><encryption format='luks'/></disk>"),
		    "disk vda is encrypted" },
		{ DOMAIN("", "<disk><source><encryption/></source><target dev='vda'/></disk>"),
		    "disk vda is encrypted" },
		{ DOMAIN("", "<disk/>"), "a disk has no target" },
		{ DOMAIN("", "<disk type='file'><source file='/x'/><target dev='vdb'/></disk>"),
		    "disk vdb has no new place", true },
		{ "<domain/>", "not that of a domain" },
		{ "<x><devices/></x>", "not that of a domain" },
		{ "<domain", "not well-formed" },
		{ "<!DOCTYPE domain><domain><devices/></domain>", "document type" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL, also = NULL;
		g_autofree char *xml = new_identity_xml(cases[i].xml, &web2, &error);
		g_auto(GStrv) targets = new_identity_targets(cases[i].xml, &also);
		if (xml != NULL || strstr(error->message, cases[i].says) == NULL)
			fail_msg("case %zu: %s", i, xml != NULL ? xml : error->message);
		assert_int_equal(targets != NULL, cases[i].only_new);
		assert_int_equal(also == NULL, cases[i].only_new);
	}
}

static void
the_disks_that_need_a_place_are_told(void **data)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) targets = new_identity_targets(DOMAIN("", DISK
	    "<disk device='cdrom'><target dev='sda'/></disk>"
	    "<disk device='floppy'><target dev='fda'/></disk>"
	    "<disk><target dev='vdc'/><readonly/></disk>"
	    "<disk device='disk'><target dev='vdb'/></disk>"), &error);

	g_assert_no_error(error);
	assert_int_equal(g_strv_length(targets), 2);
	assert_string_equal(targets[0], "vda");
	assert_string_equal(targets[1], "vdb");
}

static void
discs_that_both_can_read_are_told(void **data)
{
	static const struct new_disk gone[] = { { "sda", NULL, NULL, false } };
	static const struct new_identity without = { "web2", NEW, gone, 1 };
	static const char xml[] = DOMAIN("",
	    "<disk device='cdrom' type='block'><source dev='/dev/cd'/><target dev='sda'/></disk>"
	    "<disk device='cdrom'><target dev='sdb'/></disk>"
	    "<disk type='file'><source file='/ro'/><target dev='vdc'/><readonly/></disk>"
	    "<disk device='floppy'><source pool='p' volume='v'/><target dev='fda'/></disk>");
	g_autoptr(GPtrArray) discs = new_identity_discs(xml);
	g_autoptr(GError) error = NULL;
	g_autofree char *ejected = new_identity_xml(xml, &without, &error);
	const struct old_disc *first = discs->pdata[0], *second = discs->pdata[1];

	assert_int_equal(discs->len, 3);
	assert_string_equal(first->target, "sda");
	assert_string_equal(first->path, "/dev/cd");
	assert_true(first->drive);
	assert_string_equal(second->path, "/ro");
	assert_false(second->drive);
	assert_null(((const struct old_disc *)discs->pdata[2])->path);
	assert_null(new_identity_discs("<x/>"));
	g_assert_no_error(error);
	assert_null(strstr(ejected, "/dev/cd"));
	assert_non_null(strstr(ejected, "file=\"/ro\""));
}

static void
a_template_has_nothing_of_its_own(void **data)
{
	static const char *const gone[] = { OLD, "web1", "/iso", "rbd", "auth", "52:54", "vnet0",
		"S7", ".log", "5907", "/n/" };
	static const char xml[] = DOMAIN("<title>t</title><os><nvram>/n/x</nvram></os><sysinfo>"
	    "<system><entry name='uuid'>" OLD "</entry><entry name='serial'>S7</entry></system>"
	    "</sysinfo>", DISK
	    "<disk type='file' device='cdrom'><source file='/iso'/><target dev='sda'/></disk>"
	    "<interface type='bridge'><mac address='52:54:00:11:22:33'/><source bridge='br0'/>"
	    "<target dev='vnet0'/></interface>"
	    "<serial type='file'><source path='/x/web1.log'/></serial>"
	    "<console type='pty'><log file='/y/web1.log'/></console>"
	    "<graphics type='vnc' port='5907'/>");
	static const struct { const char *xml, *says; } refused[] = {
		{ DOMAIN("", ""), "it has 0 disks" },
		{ DOMAIN("", DISK "<disk><target dev='vdb'/></disk>"), "it has 2 disks" },
		{ DOMAIN("", DISK "<disk><target dev='vdb'/><readonly/></disk>"), "read-only" },
		{ DOMAIN("", DISK "<hostdev/>"), "a device of its host" },
	};
	g_autoptr(GError) error = NULL;
	g_autofree char *made = new_identity_template(xml, "base9", &error);

	g_assert_no_error(error);
	assert_non_null(strstr(made, "<name>base9</name>"));
	assert_non_null(strstr(made, "bridge=\"br0\""));
	assert_non_null(strstr(made, "dev=\"vda\""));
	for (size_t i = 0; i < G_N_ELEMENTS(gone); i++)
		if (strstr(made, gone[i]) != NULL)
			fail_msg("%s in %s", gone[i], made);
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) why = NULL;
		assert_null(new_identity_template(refused[i].xml, "base9", &why));
		if (strstr(why->message, refused[i].says) == NULL)
			fail_msg("case %zu: %s", i, why->message);
	}
}

static void
a_uuid_comes_from_a_text(void **data)
{
	g_autofree char *one = new_identity_uuid("a"), *again = new_identity_uuid("a");
	g_autofree char *other = new_identity_uuid("b");

	assert_true(g_uuid_string_is_valid(one));
	assert_string_equal(one, again);
	assert_string_not_equal(one, other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_new_machine_is_another),
		cmocka_unit_test(what_cannot_be_had_twice_is_refused),
		cmocka_unit_test(the_disks_that_need_a_place_are_told),
		cmocka_unit_test(discs_that_both_can_read_are_told),
		cmocka_unit_test(a_template_has_nothing_of_its_own),
		cmocka_unit_test(a_uuid_comes_from_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
