/* High availability, as far as it is pure: names, definitions, resources, what depends on what. */
#include "tests/unit/test.h"

#include "common/xml_tree.h"
#include "model/value.h"
#include "vmops/crm_cib.h"
#include "vmops/ha.h"

#define UUID "11111111-2222-4333-8444-555555555555"

/* --- names */

static void
an_id_is_the_name_where_it_can_be(void **state)
{
	static const char *const pairs[][2] = {
		{ "web1", "web1" }, { "web-1.example", "web-1.example" }, { "_x", "_x" },
		{ "1st", "vm-1st" }, { "a:b", "a_b" }, { "a@b+c", "a_b_c" }, { ".x", "vm-.x" },
		{ "w\xc3\xa4r", "w__r" }, { "%", "vm-_" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *id = ha_id(pairs[i][0]);
		assert_string_equal(id, pairs[i][1]);
	}
}

static void
what_the_agent_would_misread_is_no_name(void **state)
{
	static const char *const good[] = { "web1", "a:b", "w\xc3\xa4r", "1st", "a@b%c=d,e+f" };
	static const char *const bad[] = { "two words", "-x", "a&b", "a*b", "a'b", "a<b", "a$b", "a;b",
		"a\\b", "a?b", "a[b" };

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		assert_null(ha_name_misfit(good[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_non_null(ha_name_misfit(bad[i]));
}

/* --- the definition */

#define DOMAIN(inside)                                                                 \
	"<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"      \
	"<name>web1</name><uuid>" UUID "</uuid><memory unit='KiB'>98304</memory>"          \
	"<vcpu current='1'>2</vcpu><devices>" inside "</devices></domain>"
#define DISK(more)                                                                     \
	"<disk type='file' device='disk'><source file='/srv/web1.qcow2'/><target dev='vda' "   \
	"bus='virtio'/>" more "</disk>"
#define CARD "<interface type='bridge'><mac address='52:54:00:00:00:01'/></interface>"

/* As VirtualDomain's egrep and sed find it. */
static char *
name_as_the_agent_reads_it(const char *text)
{
	g_autoptr(GRegex) regex =
	    g_regex_new("^[[:space:]]*<name>(.*)</name>[[:space:]]*$", G_REGEX_MULTILINE, 0, NULL);
	g_autoptr(GMatchInfo) info = NULL;
	char *name;

	assert_true(g_regex_match(regex, text, 0, &info));
	name = g_match_info_fetch(info, 1);
	assert_false(g_match_info_next(info, NULL));
	return name;
}

static void
a_definition_has_its_name_on_a_line_and_a_mark(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = ha_definition(DOMAIN(DISK("") CARD), &error);

	assert_null(error);
	g_autofree char *name = name_as_the_agent_reads_it(text);
	assert_string_equal(name, "web1");
	assert_non_null(strstr(text, "virtcluster-ha:" UUID));
	assert_non_null(strstr(text, "xmlns:qemu"));
	g_autofree char *uuid = ha_definition_uuid(text);
	assert_string_equal(uuid, UUID);
	xmlDoc *doc = safe_xml_parse(text, &error);
	assert_null(error);
	xmlNode *devices = safe_xml_child(xmlDocGetRootElement(doc), "devices");
	assert_non_null(safe_xml_child(safe_xml_child(devices, "interface"), "mac"));
	xmlFreeDoc(doc);
}

static void
the_same_domain_makes_the_same_file(void **state)
{
	g_autofree char *a = ha_definition(DOMAIN(DISK("")), NULL);
	g_autofree char *b = ha_definition(DOMAIN(DISK("")), NULL);

	assert_string_equal(a, b);
}

static void
what_the_agent_would_take_for_a_name_is_refused(void **state)
{
	g_autoptr(GError) error = NULL;

	assert_null(ha_definition("<domain type='kvm'><name>web1</name><uuid>" UUID "</uuid>"
	    "<metadata><x>\n<name>other</name>\n</x></metadata></domain>", &error));
	assert_non_null(strstr(error->message, "besides its name"));
	g_clear_error(&error);
	assert_null(ha_definition("<domain type='kvm'><name>a b</name><uuid>" UUID
	    "</uuid></domain>", &error));
	assert_non_null(error);
	g_clear_error(&error);
	assert_null(ha_definition("no XML", &error));
	assert_non_null(error);
}

/* --- back */

static void
the_definition_that_it_ran_from_is_kept(void **state)
{
	g_autofree char *file = ha_definition(DOMAIN(DISK("") CARD), NULL);
	g_autofree char *xml = ha_persistent(DOMAIN(DISK("<alias name='virtio-disk0'/>"
	    "<backingStore/>") CARD), file, NULL);

	assert_string_equal(xml, file);
}

static void
what_runs_counts_where_it_is_another(void **state)
{
	static const char *const running[] = {
		DOMAIN(DISK("<alias name='virtio-disk0'/><backingStore/>")),
		DOMAIN(DISK("<alias name='virtio-disk0'/>") CARD "<hostdev mode='subsystem'/>"),
		DOMAIN("<disk type='file'><source file='/srv/moved.qcow2' index='3'/>"
		       "<target dev='vda'/><alias name='ua-mine'/></disk>" CARD),
	};
	g_autofree char *file = ha_definition(DOMAIN(DISK("") CARD), NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(running); i++) {
		g_autofree char *xml = ha_persistent(running[i], file, NULL);
		assert_string_not_equal(xml, file);
		assert_non_null(strstr(xml, UUID));
		assert_null(strstr(xml, "virtio-disk0"));
		assert_null(strstr(xml, "backingStore"));
		assert_null(strstr(xml, "index="));
		assert_true(i != 2 || strstr(xml, "ua-mine") != NULL);
	}
}

static void
another_machines_file_is_not_kept(void **state)
{
	static const char *const file = "<domain type='kvm'><name>web1</name>"
	    "<uuid>11111111-2222-4333-8444-000000000000</uuid><memory unit='KiB'>98304</memory>"
	    "<vcpu current='1'>2</vcpu><devices>" DISK("") "</devices></domain>";
	g_autofree char *xml = ha_persistent(DOMAIN(DISK("")), file, NULL);

	assert_non_null(strstr(xml, UUID));
}

/* --- the resource */

static const struct ha_resource plain = {
	.id = "web1", .uuid = UUID, .config = "/etc/virtcluster/ha/web1.xml",
	.hypervisor = "qemu:///system", .transport = "ssh", .vcpus = ABSENT_U32,
	.memory = ABSENT_U32, .started = true,
};

static xmlDoc *
read_resource(const struct ha_resource *r)
{
	g_autofree char *xml = ha_resource_xml(r);
	g_autoptr(GError) error = NULL;
	xmlDoc *doc = safe_xml_parse(xml, &error);

	assert_null(error);
	return doc;
}

static void
expect_meta(const xmlNode *resource, const char *name, const char *value)
{
	g_autofree char *is = crm_cib_meta(resource, name);

	if (g_strcmp0(is, value) != 0)
		fail_msg("%s is %s", name, is == NULL ? "not there" : is);
}

static void
expect_parameter(const xmlNode *resource, const char *name, const char *value)
{
	g_autofree char *is = crm_cib_parameter(resource, name);

	if (g_strcmp0(is, value) != 0)
		fail_msg("%s is %s", name, is == NULL ? "not there" : is);
}

static void
a_plain_resource_is_not_managed_yet(void **state)
{
	xmlDoc *doc = read_resource(&plain);
	xmlNode *r = crm_cib_find(doc, "web1");

	expect_parameter(r, "config", "/etc/virtcluster/ha/web1.xml");
	expect_parameter(r, "hypervisor", "qemu:///system");
	expect_parameter(r, "migration_transport", "ssh");
	expect_parameter(r, "migrate_options", NULL);
	expect_meta(r, "is-managed", "false");
	expect_meta(r, "allow-migrate", "true");
	expect_meta(r, "virtcluster-uuid", UUID);
	expect_meta(r, "priority", NULL);
	expect_meta(r, "target-role", NULL);
	expect_meta(r, "resource-stickiness", NULL);
	assert_non_null(crm_cib_find(doc, "web1-on-hosts"));
	assert_null(crm_cib_find(doc, "web1-prefers"));
	assert_null(crm_cib_find(doc, "web1-cpu"));
	xmlFreeDoc(doc);
}

static void
a_resource_says_all_that_was_asked_for(void **state)
{
	struct ha_resource all = plain;

	all.prefer = "n-\"beta\"";
	all.priority = 7;
	all.vcpus = 2;
	all.memory = 96;
	all.unsafe = all.sticky = true;
	all.started = false;
	xmlDoc *doc = read_resource(&all);
	xmlNode *r = crm_cib_find(doc, "web1"), *rule = crm_cib_find(doc, "web1-prefers");
	expect_parameter(r, "migrate_options", "--unsafe");
	expect_meta(r, "priority", "7");
	expect_meta(r, "target-role", "Stopped");
	expect_meta(r, "resource-stickiness", "100");
	assert_true(safe_xml_attribute_is(crm_cib_find(doc, "web1-cpu"), "value", "2"));
	assert_true(safe_xml_attribute_is(crm_cib_find(doc, "web1-hv_memory"), "value", "96"));
	assert_true(safe_xml_attribute_is(rule, "node", "n-\"beta\""));
	assert_true(safe_xml_attribute_is(rule, "score", "50")); /* less than what keeps it */
	xmlFreeDoc(doc);
}

static void
every_id_that_is_made_is_looked_for(void **state)
{
	struct ha_resource all = plain;

	all.prefer = "beta";
	all.priority = 7;
	all.vcpus = all.memory = 2;
	all.unsafe = all.sticky = true;
	all.started = false;
	g_autofree char *xml = ha_resource_xml(&all);
	g_autofree char *never = crm_cib_never_xml("web1");
	g_autofree char *both = g_strconcat(xml, never, NULL);
	g_auto(GStrv) parts = g_strsplit(both, " id=\"", -1);
	assert_non_null(parts[1]);
	for (char **part = parts + 1; *part != NULL; part++) {
		g_autofree char *id = g_strndup(*part, strcspn(*part, "\""));
		g_autofree char *text =
		    g_strdup_printf("<configuration><resources><x id=\"%s\"/></resources></configuration>", id);
		xmlDoc *doc = safe_xml_parse(text, NULL);
		g_autofree char *taken = ha_taken_id(doc, "web1");
		if (g_strcmp0(taken, id) != 0)
			fail_msg("%s is not looked for", id);
		xmlFreeDoc(doc);
	}
	xmlDoc *other = safe_xml_parse("<configuration><x id=\"web11\"/></configuration>", NULL);
	assert_null(ha_taken_id(other, "web1"));
	xmlFreeDoc(other);
}

static void
the_rule_against_looking_names_it_alone(void **state)
{
	g_autofree char *xml = crm_cib_never_xml("web.1");

	assert_non_null(strstr(xml, "rsc-pattern=\"^web\\.1$\""));
	assert_non_null(strstr(xml, "id=\"web.1-never\""));
	assert_null(strstr(xml, " rsc="));
}

/* --- what depends on it */

static void
expect_dependent(const char *resources, const char *rest, const char *why)
{
	g_autofree char *xml = g_strdup_printf(
	    "<configuration><resources>%s</resources>%s</configuration>", resources, rest);
	xmlDoc *doc = safe_xml_parse(xml, NULL);
	g_autofree char *is = crm_cib_dependent(doc, "web1");

	xmlFreeDoc(doc);
	if ((why == NULL) != (is == NULL) || (why != NULL && strstr(is, why) == NULL))
		fail_msg("\"%s\" instead of \"%s\"", is == NULL ? "" : is, why == NULL ? "" : why);
}

#define WEB1 "<primitive id='web1'/><primitive id='db'/>"
#define RULES(text) "<constraints>" text "</constraints>"

static void
what_depends_on_it_is_found(void **state)
{
	expect_dependent(WEB1, "", NULL);
	expect_dependent(WEB1, RULES("<rsc_location id='x' rsc='web1' node='a' score='5'/>"
	    "<rsc_colocation id='y' rsc='db' with-rsc='other'/>"), NULL);
	expect_dependent("<group id='g'>" WEB1 "</group>", "", "it is in the group g");
	expect_dependent("<clone id='c'><primitive id='web1'/></clone>", "", "it is in the clone c");
	expect_dependent(WEB1, RULES("<rsc_colocation id='y' rsc='db' with-rsc='web1'/>"),
	    "rsc_colocation y");
	expect_dependent(WEB1, RULES("<rsc_order id='o' first='web1' then='db'/>"), "rsc_order o");
	expect_dependent(WEB1, RULES("<rsc_ticket id='t' rsc='web1' ticket='x'/>"), "rsc_ticket t");
	expect_dependent(WEB1, RULES("<rsc_order id='o'><resource_set id='s'>"
	    "<resource_ref id='web1'/></resource_set></rsc_order>"), "rsc_order o");
	expect_dependent(WEB1, RULES("<rsc_location id='l'><resource_set id='s'>"
	    "<resource_ref id='web1'/></resource_set></rsc_location>"), "rsc_location l");
	expect_dependent(WEB1, "<tags><tag id='web'><obj_ref id='web1'/></tag></tags>", "tag web");
	expect_dependent("<primitive id='web1'><meta_attributes id='m'><nvpair id='n' "
	    "name='remote-node' value='vn1'/></meta_attributes></primitive>", "",
	    "it is the virtual node vn1: disable that first");
	expect_dependent("<primitive id='web1'/><primitive id='in'><meta_attributes id='m'><nvpair "
	    "id='n' name='container' value='web1'/></meta_attributes></primitive>", "",
	    "in runs in it");
}

/* --- how hosts are reached */

static void
the_transport_is_that_of_the_uris(void **state)
{
	assert_string_equal(ha_transport("", "qemu+tcp://a/system"), "tcp");
	assert_string_equal(ha_transport("", "qemu+tls://a/system"), "tls");
	assert_string_equal(ha_transport("qemu+tls://a/system", "qemu+tcp://a/system"), "tls");
	assert_string_equal(ha_transport("", "qemu+ssh://root@a/system"), "ssh");
	assert_string_equal(ha_transport("", "qemu:///system"), "ssh");
	assert_string_equal(ha_transport("tcp://10.0.0.1", "qemu+unix:///system?socket=/x"), "ssh");
}

static void
a_host_calls_its_own_libvirtd_without_a_name(void **state)
{
	static const char *const pairs[][2] = {
		{ "qemu+ssh://root@a/system", "qemu:///system" }, { "qemu:///system", "qemu:///system" },
		{ "qemu+unix:///system?socket=/x/y", "qemu:///system" },
		{ "xen+tls://a:16514/system", "xen:///system" }, { "test:///default", "test:///default" },
		{ "qemu+tcp://a/session", "qemu:///session" }, { "", "qemu:///system" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *uri = ha_hypervisor(pairs[i][0]);
		assert_string_equal(uri, pairs[i][1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_the_name_where_it_can_be),
		cmocka_unit_test(what_the_agent_would_misread_is_no_name),
		cmocka_unit_test(a_definition_has_its_name_on_a_line_and_a_mark),
		cmocka_unit_test(the_same_domain_makes_the_same_file),
		cmocka_unit_test(what_the_agent_would_take_for_a_name_is_refused),
		cmocka_unit_test(the_definition_that_it_ran_from_is_kept),
		cmocka_unit_test(what_runs_counts_where_it_is_another),
		cmocka_unit_test(another_machines_file_is_not_kept),
		cmocka_unit_test(a_plain_resource_is_not_managed_yet),
		cmocka_unit_test(a_resource_says_all_that_was_asked_for),
		cmocka_unit_test(every_id_that_is_made_is_looked_for),
		cmocka_unit_test(the_rule_against_looking_names_it_alone),
		cmocka_unit_test(what_depends_on_it_is_found),
		cmocka_unit_test(the_transport_is_that_of_the_uris),
		cmocka_unit_test(a_host_calls_its_own_libvirtd_without_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
