/* Virtual nodes: what is read of Pacemaker's XML, and what is written into it. */
#include "tests/unit/test.h"

#include <libxml/parser.h>

#include "common/safe_xml.h"
#include "model/rows.h"
#include "vmops/vnode.h"

static xmlDoc *
parse(const char *xml)
{
	g_autoptr(GError) error = NULL;
	xmlDoc *doc = safe_xml_parse(xml, &error);

	if (doc == NULL)
		fail_msg("%s: %s", error->message, xml);
	return doc;
}

static void
expect_texts(GPtrArray *texts, const char *const *wanted)
{
	guint n = 0;

	for (; wanted[n] != NULL; n++) {
		assert_true(n < texts->len);
		assert_string_equal(texts->pdata[n], wanted[n]);
	}
	assert_int_equal(texts->len, n);
	g_ptr_array_unref(texts);
}
#define EXPECT_TEXTS(texts, ...) expect_texts(texts, (const char *const[]){ __VA_ARGS__, NULL })

#define VM(id, rest)                                                                   \
	"<primitive id='" id "' class='ocf' provider='heartbeat' type='VirtualDomain'>" rest \
	"</primitive>"
#define RULED(id, discovery, operation, value)                                         \
	"<rsc_location id='r-" id "' rsc='" id "' resource-discovery='" discovery "'>" \
	"<rule id='x-" id "' score='-INFINITY'><expression id='e-" id "' attribute='#kind' " \
	"operation='" operation "' value='" value "'/></rule></rsc_location>"
#define CIB(resources, constraints, rest)                                              \
	"<cib><configuration><nodes><node id='1' uname='n-alpha'/></nodes><resources>" resources \
	"</resources><constraints>" constraints "</constraints></configuration>" rest "</cib>"
#define META(name, value)                                                              \
	"<meta_attributes id='m'><nvpair id='p' name='" name "' value='" value "'/></meta_attributes>"

/* --- written */

static void
what_is_written_is_well_formed(void **state)
{
	g_autofree char *trial = vnode_trial_xml("a&b", "fd00::7", 20);
	g_autofree char *rule = vnode_rule_xml("a&b"), *gone = vnode_trial_rule_xml("a&b");
	xmlDoc *doc = parse(trial);
	g_autofree char *node = vnode_meta(doc, "x", "remote-node");

	assert_null(node);
	assert_non_null(strstr(trial, "name=\"remote-addr\" value=\"fd00::7\""));
	assert_non_null(strstr(trial, "value=\"20s\""));
	/* nothing is to run there, or to be looked for */
	assert_non_null(strstr(trial, "rsc-pattern=\".*\" node=\"virtcluster-trial-a&amp;b-node\" "
	    "score=\"-INFINITY\" resource-discovery=\"never\""));
	xmlFreeDoc(doc);
	xmlFreeDoc(parse(rule));
	xmlFreeDoc(parse(gone));
}

static void
our_rule_is_one_that_we_find(void **state)
{
	g_autofree char *rule = vnode_rule_xml("web1");
	g_autofree char *xml = g_strconcat("<cib><configuration><resources>" VM("web1", "")
	    "</resources>", rule, "</configuration></cib>", NULL);
	xmlDoc *cib = parse(xml);

	EXPECT_TEXTS(vnode_unruled(cib), NULL);
	EXPECT_TEXTS(vnode_rules(cib), "virtcluster-hosts-only-web1");
	xmlFreeDoc(cib);
}

/* --- rules */

static void
vms_without_a_rule_are_found(void **state)
{
	xmlDoc *cib = parse(CIB(VM("out", "") VM("only", "") VM("seen", "") VM("remote", "")
	    "<group id='g'>" VM("in", "") "</group><template id='t' class='ocf' "
	    "provider='heartbeat' type='VirtualDomain'/><primitive id='of-t' template='t'/>"
	    "<primitive id='db' class='ocf' provider='heartbeat' type='pgsql'/>",
	    RULED("out", "never", "eq", "container") RULED("only", "never", "ne", "cluster")
	    RULED("seen", "always", "eq", "container") RULED("remote", "never", "eq", "remote"), ""));

	EXPECT_TEXTS(vnode_unruled(cib), "seen", "remote", "in", "of-t");
	EXPECT_TEXTS(vnode_rules(cib), NULL);
	xmlFreeDoc(cib);
}

/* --- names */

static void
names_are_taken_by_anything(void **state)
{
	xmlDoc *cib = parse(CIB(VM("web1", META("remote-node", "inner"))
	    VM(APP_TRIAL "web1", META("remote-node", APP_TRIAL "web1-node")), "", ""));
	g_autofree char *node = vnode_meta(cib, "web1", "remote-node");

	assert_string_equal(node, "inner");
	assert_true(vnode_is_taken(cib, "n-alpha"));
	assert_true(vnode_is_taken(cib, "web1"));
	assert_true(vnode_is_taken(cib, "inner"));
	assert_false(vnode_is_taken(cib, "web1-node"));
	assert_true(vnode_has_others(cib, "else"));
	assert_false(vnode_has_others(cib, "inner")); /* a trial is none */
	xmlFreeDoc(cib);
}

static void
failures_are_remembered_by_nodes(void **state)
{
	xmlDoc *cib = parse(CIB("", "", "<status><node_state uname='n-alpha'>"
	    "<transient_attributes id='1'><instance_attributes id='2'>"
	    "<nvpair id='3' name='fail-count-inner#start_0' value='INFINITY'/>"
	    "</instance_attributes></transient_attributes></node_state>"
	    "<node_state uname='n-beta'><transient_attributes id='4'><instance_attributes id='5'>"
	    "<nvpair id='6' name='fail-count-inner2#start_0' value='1'/>"
	    "</instance_attributes></transient_attributes></node_state></status>"));

	EXPECT_TEXTS(vnode_failed_at(cib, "inner"), "n-alpha");
	EXPECT_TEXTS(vnode_failed_at(cib, "web1"), NULL);
	xmlFreeDoc(cib);
}

/* --- crm_mon */

#define NODE(name, online, standby)                                                    \
	"<node name='" name "' online='" online "' standby='" standby "' unclean='false' " \
	"pending='false' maintenance='false'/>"
#define STATUS(resources, rest)                                                        \
	"<pacemaker-result><nodes>" NODE("a", "true", "false") NODE("b", "true", "true") \
	NODE("c", "false", "false") NODE("inner", "true", "false") "</nodes><resources>" \
	resources "</resources>" rest "</pacemaker-result>"

static void
expect_contact(const char *xml, enum vnode_contact wanted, const char *reason)
{
	xmlDoc *status = parse(xml);
	g_autofree char *why = NULL;

	assert_int_equal(vnode_contact(status, "inner", &why), wanted);
	if (reason == NULL)
		assert_null(why);
	else
		assert_string_equal(why, reason);
	xmlFreeDoc(status);
}

/* crm_mon calls a node online that Pacemaker is only trying to reach. */
static void
a_connection_is_what_its_resource_is(void **state)
{
	expect_contact(STATUS("", ""), VNODE_NONE, NULL);
	expect_contact(STATUS("<resource id='inner' role='Starting' failed='false'/>", ""),
	    VNODE_TRYING, NULL);
	expect_contact(STATUS("<resource id='inner' role='Started' failed='false'/>", ""),
	    VNODE_CONNECTED, NULL);
	expect_contact(STATUS("<resource id='inner' role='Stopped' failed='false'/>", ""),
	    VNODE_NONE, NULL);
	expect_contact(STATUS("<resource id='inner' role='Started' failed='true'/>", ""),
	    VNODE_TRYING, NULL);
	expect_contact(STATUS("<resource id='inner' role='Starting' failed='false'/>",
	    "<failures><failure op_key='inner2_start_0' exitreason='no'/>"
	    "<failure op_key='inner_start_0' exitreason='' exitstatus='error'/></failures>"),
	    VNODE_FAILED, "error");
}

static void
expect_bound(const char *resources, const char *rest, const char *wanted)
{
	g_autofree char *xml = g_strconcat("<pacemaker-result><nodes>" NODE("a", "true", "false")
	    NODE("b", "true", "true") NODE("c", "false", "false") NODE("inner", "true", "false")
	    "</nodes><resources>", resources, "</resources>", rest, "</pacemaker-result>", NULL);
	xmlDoc *status = parse(xml);
	g_autofree char *bound = vnode_bound(status, "inner");

	if (wanted == NULL)
		assert_null(bound);
	else
		assert_string_equal(bound, wanted);
	xmlFreeDoc(status);
}
#define ON_INNER(id) "<resource id='" id "' role='Started'><node name='inner'/></resource>"
#define BAN(id, node, weight) "<ban resource='" id "' node='" node "' weight='" weight "'/>"

static void
what_can_run_nowhere_else_is_found(void **state)
{
	expect_bound(ON_INNER("db") ON_INNER("web"), "", NULL);
	/* b is on standby, c is off */
	expect_bound(ON_INNER("db") ON_INNER("web"), "<bans>" BAN("db", "a", "-1000000") "</bans>",
	    "db");
	expect_bound(ON_INNER("db") ON_INNER("web"), "<bans>" BAN("db", "a", "-1000000")
	    BAN("web", "a", "-1000000") "</bans>", "db and web");
	expect_bound(ON_INNER("db"), "<bans>" BAN("db", "a", "-50") "</bans>", NULL);
	expect_bound("<group id='g'>" ON_INNER("db") "</group>",
	    "<bans>" BAN("g", "a", "-1000000") "</bans>", "db");
	expect_bound("<clone id='k'>" ON_INNER("db") "</clone>",
	    "<bans>" BAN("k", "a", "-1000000") "</bans>", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_well_formed),
		cmocka_unit_test(our_rule_is_one_that_we_find),
		cmocka_unit_test(vms_without_a_rule_are_found),
		cmocka_unit_test(names_are_taken_by_anything),
		cmocka_unit_test(failures_are_remembered_by_nodes),
		cmocka_unit_test(a_connection_is_what_its_resource_is),
		cmocka_unit_test(what_can_run_nowhere_else_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
