/* Templates: reading them, the XML that is made of them, what cloud-init is told. */
#include "config.h"

#include "tests/unit/test.h"

#include "common/safe_xml.h"
#include "model/request.h"
#include "vmops/create.h"
#include "vmops/templates.h"

#define XML                                                                            \
	"<domain type='qemu'><name>x</name><uuid>6a2c1f7e-3d0b-4e0e-9a51-0f4d6f9a1a11</uuid>" \
	"<title>old</title><memory unit='GiB'>1</memory><vcpu current='1'>2</vcpu>"   \
	"<os><type>hvm</type><kernel>/k</kernel><cmdline>quiet url=@url@ host=@hostname@" \
	" a@b</cmdline></os>"                                                          \
	"<cpu><topology sockets='1' cores='2' threads='1'/></cpu><devices>"            \
	"<disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>"       \
	"<disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/>" \
	"<source file='/old'/><backingStore type='file'/><target dev='vda' bus='virtio'/></disk>" \
	"<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/>" \
	"<target dev='vnet0'/></interface>"                                            \
	"</devices></domain>"

#define CONF "[template]\nbase = images/base.qcow2\n[parameters]\nurl = http://x/p?a&b<c\n"

#define UUID "12345678-0000-4000-8000-000000000001"

static char *dir; /* of the templates */

static void
write_file(const char *name, const char *file, const char *text)
{
	g_autofree char *where = g_build_filename(dir, name, NULL);
	g_autofree char *path = g_build_filename(where, file, NULL);

	g_mkdir_with_parents(where, 0700);
	assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
write_template(const char *name, const char *conf, const char *xml)
{
	write_file(name, TEMPLATE_CONF, conf);
	write_file(name, TEMPLATE_XML, xml);
}

static int
begin(void **data)
{
	dir = g_dir_make_tmp("vclXXXXXX", NULL);
	return 0;
}

static void
remove_all(const char *path)
{
	GDir *entries = g_dir_open(path, 0, NULL);
	const char *name;

	while (entries != NULL && (name = g_dir_read_name(entries)) != NULL) {
		g_autofree char *inner = g_build_filename(path, name, NULL);
		remove_all(inner);
	}
	if (entries != NULL)
		g_dir_close(entries);
	g_remove(path);
}

static int
end(void **data)
{
	remove_all(dir);
	g_clear_pointer(&dir, g_free);
	return 0;
}

/* --- reading */

static void
a_template_is_read(void **data)
{
	g_autoptr(GError) error = NULL;

	write_template("small", CONF "[cloud-init]\nuser = ops\npackages = a b\n", XML);
	SCOPED(template) t = template_read(dir, "small", &error);
	assert_null(error);
	assert_string_equal(t->base_pool, "images");
	assert_string_equal(t->base_volume, "base.qcow2");
	assert_string_equal(t->pool, "images");
	assert_int_equal(t->memory, 1024); /* the XML's */
	assert_int_equal(t->vcpus, 2);
	assert_int_equal(t->install, INSTALL_NONE);
	assert_int_equal(t->timeout, 600);
	assert_true(t->linked);
	assert_false(t->agent);
	assert_string_equal(t->user, "ops");
}

static void
a_bad_one_is_told_in_one_sentence(void **data)
{
	static const struct {
		const char *conf, *xml, *says;
	} cases[] = {
		{ "[template]\nbase = x\n", XML, ":2: base = x: POOL/VOLUME is wanted" },
		{ "[template]\nbase = p/../v\n", XML, ":2: base = p/../v: POOL/VOLUME" },
		{ "[template]\nbase = p/.\n", XML, "POOL/VOLUME is wanted" },
		{ "[template]\n\nmemory = lots\n", XML, ":3: memory = lots: a whole number" },
		{ "[template]\ncolour = red\n", XML, ":2: unknown key \"colour\" in [template]" },
		{ "[extra]\na = b\n", XML, ":1: unknown section [extra]" },
		{ "[template]\ninstall = magic\n", XML, ":2: install = magic: none, cloud-init" },
		{ "[template]\ninstall = cloudInit\n", XML, "none, cloud-init or netboot" },
		{ "[template]\ninstall = cloud-init\n", XML, "it takes a \"base\"" },
		{ "[template]\ndisk = 10\n", XML, ":2: disk = 10: \"base\" or \"pool\"" },
		{ "[template]\npool = p\n", XML, ":2: pool = p: without a \"base\"" },
		{ "[template]\nnetwork = a/b\n", XML, ":2: network = a/b: 1 to 63 letters" },
		{ "[cloud-init]\nuser = a b\n", XML, ":2: user = a b: 1 to 63 letters" },
		{ "nonsense", XML, TEMPLATE_CONF },
		{ "[template]\n", XML, "<os> wants @url@, which [parameters] does not have" },
		{ CONF, "<domain>", TEMPLATE_XML },
		{ CONF, "", TEMPLATE_XML },
		{ CONF, "<network/>", TEMPLATE_XML ": <domain> is wanted" },
		{ CONF, "<domain/>", ": <os> and <devices> are wanted" },
		{ CONF, "<domain><memory>1</memory><os/><devices/></domain>",
		    ": there is no <disk> for the volume in pool images" },
		{ "[template]\n", "<domain><os/><devices/></domain>", ": <memory> is wanted" },
		{ "[template]\nnetwork = n\nmemory = 5\n", "<domain><os/><devices/></domain>",
		    ": there is no <interface> for the network n" },
		{ "[template]\ninstall = netboot\nmemory = 5\n",
		    "<domain><os/><devices/></domain>", "takes a <kernel>" },
		{ CONF, "<!DOCTYPE d [<!ENTITY e SYSTEM '/etc/passwd'>]><domain>&e;</domain>",
		    TEMPLATE_XML },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		write_template("bad", cases[i].conf, cases[i].xml);
		SCOPED(template) t = template_read(dir, "bad", &error);
		assert_null(t);
		if (strstr(error->message, cases[i].says) == NULL)
			fail_msg("case %zu: %s", i, error->message);
		assert_non_null(strstr(error->message, "/bad/"));
		assert_null(strchr(error->message, '\n'));
	}
}

static void
names_are_no_paths(void **data)
{
	static const char *const bad[] = { "", ".", "..", "../small", "a/b", "/etc", "-x", ".x",
		"a b", "a\nb", "a;b", "\xc3\xa4", NULL };

	write_template("small", CONF, XML);
	for (size_t i = 0; bad[i] != NULL; i++) {
		g_autoptr(GError) error = NULL;
		assert_null(template_read(dir, bad[i], &error));
		assert_non_null(error);
		assert_false(template_fits_name(bad[i]));
	}
	assert_true(template_fits_name("Web_1.x-y"));
}

static const struct template_info *
find_info(const struct part *part, const char *name)
{
	for (guint i = 0; i < part->rows[ROWS_TEMPLATE]->len; i++) {
		const struct template_info *row = part->rows[ROWS_TEMPLATE]->pdata[i];
		if (strcmp(row->name, name) == 0)
			return row;
	}
	return NULL;
}

static void
one_that_is_bad_leaves_the_others(void **data)
{
	write_template("good", CONF "[cloud-init]\nuser = a\n", XML);
	write_template("broken", "[template]\nx = y\n", XML);
	write_template(".hidden", CONF, XML);
	write_template("odd name", CONF, XML);
	SCOPED(part) part = templates_read(dir);

	assert_int_equal(part->rows[ROWS_TEMPLATE]->len, 3);
	const struct template_info *good = find_info(part, "good");
	assert_int_equal(good->state, TEMPLATE_VALID);
	assert_string_equal(good->base, "images/base.qcow2");
	assert_int_equal(good->memory, 1024);
	assert_string_equal(good->reason, "");
	const struct template_info *broken = find_info(part, "broken");
	assert_int_equal(broken->state, TEMPLATE_INVALID);
	assert_non_null(strstr(broken->reason, "broken/template.conf:2: unknown key \"x\""));
	assert_int_equal(find_info(part, "odd name")->state, TEMPLATE_INVALID);

	SCOPED(part) none = templates_read("/nowhere/at/all");
	assert_true(none->rows[ROWS_TEMPLATE] == NULL || none->rows[ROWS_TEMPLATE]->len == 0);
}

/* Those that come with the program. */
static void
examples_are_good(void **data)
{
	static const char *const names[] = { "debian-12", "debian-netboot", NULL };
	g_autofree char *path = g_build_filename(g_getenv("VCL_SRCDIR"), "contrib", "templates",
	    NULL);

	for (size_t i = 0; names[i] != NULL; i++) {
		g_autoptr(GError) error = NULL;
		SCOPED(template) t = template_read(path, names[i], &error);
		if (t == NULL)
			fail_msg("%s", error->message);
		assert_true(t->agent);
	}
}

/* --- the XML */

static char *
make_xml(const char *conf, const struct create_domain *d)
{
	g_autoptr(GError) error = NULL;

	write_template("t", conf, XML);
	SCOPED(template) t = template_read(dir, "t", &error);
	assert_null(error);
	char *xml = create_xml(t, d, &error);
	assert_null(error);
	return xml;
}

static void
has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no %s in %s", part, text);
}

static void
has_not(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("%s in %s", part, text);
}

static void
the_xml_is_rewritten(void **data)
{
	char disk_path[] = "/p/a&b'<.img", seed_path[] = "/p/seed.iso", q[] = "qcow2", r[] = "raw";
	struct create_disk disk = { disk_path, q, false }, seed = { seed_path, r, false };
	struct create_domain d = { .name = "web1", .uuid = UUID, .hostname = "web-1",
		.vcpus = 4, .memory = 300, .network = "", .disk = &disk, .seed = &seed };
	g_autofree char *mac = create_mac(UUID, 0);
	g_autofree char *mac_text = g_strdup_printf("<mac address=\"%s\"/>", mac);
	g_autofree char *xml = make_xml(CONF, &d);

	has(xml, "<name>web1</name>");
	has(xml, "<uuid>" UUID "</uuid>");
	has(xml, "<memory unit=\"MiB\">300</memory>");
	has(xml, "<currentMemory unit=\"MiB\">300</currentMemory>");
	has(xml, "<vcpu>4</vcpu>");
	has_not(xml, "topology");
	has_not(xml, "<title>");
	has_not(xml, "6a2c1f7e");
	has_not(xml, "/old");
	has_not(xml, "vnet0");
	has_not(xml, "backingStore");
	has(xml, mac_text);
	has(xml, "bridge=\"br0\"");
	has(xml, "file=\"/p/a&amp;b'&lt;.img\"");
	has(xml, "type=\"qcow2\" cache=\"none\"");
	has(xml, "<source file=\"/p/seed.iso\"/>"); /* in the drive that was empty */
	has_not(xml, "vdb");
	has(xml, "<readonly/>");
	has(xml, "quiet url=http://x/p?a&amp;b&lt;c host=web-1 a@b<");
	has_not(xml, "guest_agent");

	xmlDoc *doc = safe_xml_parse(xml, NULL);
	assert_non_null(doc);
	xmlFreeDoc(doc);
}

static void
network_agent_and_second_disk(void **data)
{
	char path[] = "/dev/vg/x", raw[] = "raw";
	struct create_disk disk = { path, raw, true };
	struct create_domain d = { .name = "a", .uuid = UUID, .hostname = "a", .vcpus = 2,
		.memory = 8, .network = "lan", .disk = &disk };
	g_autofree char *xml = make_xml("[template]\nbase = p/v\ninstall = cloud-init\n"
	    "[parameters]\nurl = x\n", &d);

	has(xml, "<interface type=\"network\">");
	has(xml, "<source network=\"lan\"/>");
	has_not(xml, "br0");
	has(xml, "name=\"org.qemu.guest_agent.0\"");
	has(xml, "<disk type=\"block\" device=\"disk\">");
	has(xml, "<source dev=\"/dev/vg/x\"/>");
	has(xml, "topology"); /* it still fits */
}

static void
macs_differ(void **data)
{
	g_autofree char *a = create_mac(UUID, 0), *b = create_mac(UUID, 1);
	g_autofree char *c = create_mac("12345678-0000-4000-8000-000000000002", 0);
	g_autofree char *again = create_mac(UUID, 0);

	assert_string_equal(a, again);
	assert_string_not_equal(a, b);
	assert_string_not_equal(a, c);
	assert_true(g_str_has_prefix(a, "52:54:00:"));
	assert_int_equal(strlen(a), 17);
}

/* --- cloud-init */

static void
yaml_stays_in_its_quotes(void **data)
{
	static const struct {
		const char *text, *yaml;
	} cases[] = {
		{ "web1", "\"web1\"" },
		{ "", "\"\"" },
		{ "a: b # c", "\"a: b # c\"" },
		{ "say \"hi\"", "\"say \\\"hi\\\"\"" },
		{ "a\\n", "\"a\\\\n\"" },
		{ "x\nruncmd: [reboot]", "\"x\\x0aruncmd: [reboot]\"" },
		{ "tab\tdel\x7f", "\"tab\\x09del\\x7f\"" },
		{ "\xc2\x85nel", "\"\\x85nel\"" },
		{ "\xe2\x80\xa8line", "\"\\u2028line\"" },
		{ "\xc3\xa4", "\"\xc3\xa4\"" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *yaml = create_yaml_text(cases[i].text);
		assert_string_equal(yaml, cases[i].yaml);
	}
	g_autofree char *broken = create_yaml_text("a\xff\"b");
	assert_true(g_utf8_validate(broken, -1, NULL));
	assert_string_equal(broken + strlen(broken) - 4, "\\\"b\"");
}

/* What ssh-keygen -t ed25519 gives. */
#define SSH_KEY "AAAAC3NzaC1lZDI1NTE5AAAAIE1tFqBqDAMmo0KEtdfTMbKoLkEdTsWgXzEQ5nzPFnXX"

static const struct create_seed full_seed = {
	.uuid = UUID, .hostname = "web1", .user = "ops",
	.ssh_keys = "ssh-rsa AAAAB3 one@x ; ssh-rsa AAAAB4 \"two\"", .ssh_key = SSH_KEY,
	.packages = "nginx qemu-guest-agent",
};

static void
user_data_says_all(void **data)
{
	g_autofree char *text = create_user_data(&full_seed);
	g_autofree char *meta = create_meta_data(&full_seed);

	assert_string_equal(text,
	    "#cloud-config\nhostname: \"web1\"\npreserve_hostname: false\nusers:\n"
	    "  - name: \"ops\"\n    lock_passwd: true\n    shell: \"/bin/bash\"\n"
	    "    sudo: \"ALL=(ALL) NOPASSWD:ALL\"\n    ssh_authorized_keys:\n"
	    "    - \"ssh-rsa AAAAB3 one@x\"\n    - \"ssh-rsa AAAAB4 \\\"two\\\"\"\n"
	    "    - \"ssh-ed25519 " SSH_KEY "\"\npackages:\n  - \"nginx\"\n"
	    "  - \"qemu-guest-agent\"\n");
	assert_string_equal(meta, "instance-id: \"" UUID "\"\nlocal-hostname: \"web1\"\n");

	struct create_seed bare = { UUID, "h", "", "", "", "" };
	g_autofree char *little = create_user_data(&bare);
	assert_string_equal(little,
	    "#cloud-config\nhostname: \"h\"\npreserve_hostname: false\n");
}

static void
keys_are_known_by_their_type(void **data)
{
	static const char *const bad[] = { "", "AAAA", "AAAAAAAA", "AAAA////", "AAAAAQ==", NULL };
	g_autofree char *type = create_key_type(SSH_KEY);

	assert_string_equal(type, "ssh-ed25519");
	for (size_t i = 0; bad[i] != NULL; i++)
		assert_null(create_key_type(bad[i]));
}

/* As ISO 9660 has it: the primary volume descriptor is sector 16. */
static void
the_image_has_label_and_files(void **data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GByteArray) image = create_seed_image(&full_seed, &error);
	g_autofree char *user = create_user_data(&full_seed);

	assert_null(error);
	assert_true(image->len > 18 * 2048 && image->len < 2 * 1024 * 1024);
	assert_memory_equal(image->data + 16 * 2048 + 1, "CD001", 5);
	assert_memory_equal(image->data + 16 * 2048 + 40, "CIDATA  ", 8);
	assert_non_null(memmem(image->data, image->len, "user-data", 9));   /* Rock Ridge */
	assert_non_null(memmem(image->data, image->len, "meta-data", 9));
	assert_non_null(memmem(image->data, image->len, "network-config", 14));
	assert_non_null(memmem(image->data, image->len, user, strlen(user)));
}

/* --- what is asked for, in words */

static void
options_of_a_new_vm(void **data)
{
	struct request r = { .type = JOB_VM_CREATE };
	g_autoptr(GError) error = NULL;

	assert_true(request_options_parse(&r, "vcpus=2 memory=1G disk=10240 network=lan "
	    "hostname=a.example.net user=ops ssh-key=" SSH_KEY " no-start", &error));
	assert_int_equal(r.machine.vcpus, 2);
	assert_int_equal(r.amount, 1024);
	assert_int_equal(r.machine.disk, 10240);
	assert_string_equal(r.machine.user, "ops");
	assert_string_equal(r.machine.ssh_key, SSH_KEY);
	assert_true(r.flags & REQUEST_NO_START);
	g_autofree char *text = request_options_text(&r);
	struct request again = { .type = JOB_VM_CREATE };
	assert_true(request_options_parse(&again, text, NULL));
	assert_memory_equal(&r, &again, sizeof(r));
	assert_true(strlen(text) < 256);

	struct request whole = { .type = JOB_VM_CREATE };
	assert_true(request_option_take(&whole, "ssh-key=ssh-ed25519 " SSH_KEY " me@here", NULL));
	assert_string_equal(whole.machine.ssh_key, SSH_KEY);
}

static void
bad_options_are_refused(void **data)
{
	static const char *const bad[] = { "vcpus=0", "vcpus=x", "vcpus=", "memory=1X", "disk=-1",
		"network=a/b", "network=", "network", "hostname=-a", "hostname=a..b",
		"hostname=a_b", "hostname=a.", "user=Root", "user=1a", "user=a:b",
		"user=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ssh-key=x", "ssh-key=AAA",
		"ssh-key=AAAA\nBBBB", "copy-storage=x", "autostart=on", NULL };

	for (size_t i = 0; bad[i] != NULL; i++) {
		struct request r = { .type = JOB_VM_CREATE };
		g_autoptr(GError) error = NULL;
		if (request_option_take(&r, bad[i], &error))
			fail_msg("%s was taken", bad[i]);
		assert_int_equal(error->code, REQUEST_BAD_VALUE);
	}
	struct request other = { .type = JOB_SET_VCPUS };
	assert_true(request_option_take(&other, "vcpus=3", NULL));
	assert_int_equal(other.amount, 3);
	assert_int_equal(other.machine.vcpus, 0);
	assert_false(request_option_take(&other, "hostname=a", NULL));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_template_is_read),
		TEST(a_bad_one_is_told_in_one_sentence),
		TEST(names_are_no_paths),
		TEST(one_that_is_bad_leaves_the_others),
		TEST(examples_are_good),
		TEST(the_xml_is_rewritten),
		TEST(network_agent_and_second_disk),
		TEST(macs_differ),
		TEST(yaml_stays_in_its_quotes),
		TEST(user_data_says_all),
		TEST(keys_are_known_by_their_type),
		TEST(the_image_has_label_and_files),
		TEST(options_of_a_new_vm),
		TEST(bad_options_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
