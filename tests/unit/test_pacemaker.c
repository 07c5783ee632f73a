/* Pacemaker's XML as rows: nodes, applications in each state, and what is no answer at all. */
#include "tests/unit/test.h"

#include "collectors/pacemaker_cib.h"
#include "collectors/pacemaker_look.h"
#include "model/value.h"

/* --- documents */

#define DC(flags)                                                                      \
	"<summary><stack type='corosync'/><current_dc " flags "/>"                     \
	"<cluster_options stonith-enabled='true' maintenance-mode='false' "            \
	"stop-all-resources='false'/></summary>"
#define QUORATE DC("present='true' version='2.1.5-a3f44794f94' name='h1' id='1' with_quorum='true'")

#define NODE(name, online, unclean, more)                                              \
	"<node name='" name "' id='" name "' online='" online "' unclean='" unclean "' " \
	"is_dc='false' resources_running='2' " more "/>"
#define MEMBER(name) NODE(name, "true", "false", "type='member'")
#define NODES(nodes) "<nodes>" nodes "</nodes>"
#define THREE                                                                          \
	NODES("<node name='h1' id='1' online='true' standby='false' "                  \
	      "maintenance='false' pending='false' unclean='false' is_dc='true' "      \
	      "resources_running='3' type='member'/>" MEMBER("h2")                     \
	      NODE("h3", "false", "true", "type='member'"))

#define HEAD(version) "<?xml version='1.0'?><pacemaker-result api-version='" version "' request='crm_mon'>"
#define TAIL	      "<status code='0' message='OK'/></pacemaker-result>"
#define STATUS(body)  HEAD("2.25") body TAIL
#define RESOURCES(r)  STATUS(QUORATE THREE "<resources>" r "</resources>")

#define CIB(configuration, status)                                                     \
	"<cib epoch='7' admin_epoch='0' num_updates='3' validate-with='pacemaker-3.9' " \
	"have-quorum='1'><configuration><crm_config/><nodes/>" configuration           \
	"</configuration><status>" status "</status></cib>"
#define NO_CIB CIB("<resources/><constraints/>", "")

#define ON(node) "<node name='" node "' id='1' cached='true'/>"
#define RESOURCE(id, agent, role, places, more, nodes)                                 \
	"<resource id='" id "' resource_agent='" agent "' role='" role "' active='true' " \
	"orphaned='false' nodes_running_on='" places "' " more ">" nodes "</resource>"
#define WELL "blocked='false' managed='true' failed='false' failure_ignored='false'"
#define DUMMY "ocf:pacemaker:Dummy"
#define STARTED(id, node) RESOURCE(id, DUMMY, "Started", "1", WELL, ON(node))
#define STOPPED(id)	  RESOURCE(id, DUMMY, "Stopped", "0", WELL, "")

static struct part *
read_both(const char *status, const char *cib, GHashTable *names, GError **error)
{
	const struct pacemaker_look look = {
		.status = status, .cib = cib, .names = names, .now_us = 1000, .wall = 2000,
		.interval = 10, .stale_after = 50,
	};

	return pacemaker_part(&look, error);
}

static struct part *
read_good(const char *status, const char *cib)
{
	GError *error = NULL;
	struct part *part = read_both(status, cib, NULL, &error);

	if (part == NULL)
		fail_msg("%s", error->message);
	return part;
}

static const struct app *
app_of(const struct part *part, const char *name)
{
	for (guint i = 0; i < part->rows[ROWS_APP]->len; i++) {
		const struct app *app = part->rows[ROWS_APP]->pdata[i];
		if (strcmp(app->name, name) == 0)
			return app;
	}
	fail_msg("there is no application %s", name);
	return NULL;
}

static const struct cluster_member *
member_of(const struct part *part, const char *name)
{
	for (guint i = 0; i < part->rows[ROWS_MEMBER]->len; i++) {
		const struct cluster_member *member = part->rows[ROWS_MEMBER]->pdata[i];
		if (strcmp(member->name, name) == 0)
			return member;
	}
	fail_msg("there is no member %s", name);
	return NULL;
}

static const struct backend_info *
backend_of(const struct part *part)
{
	assert_int_equal(part->rows[ROWS_BACKEND]->len, 1);
	return part->rows[ROWS_BACKEND]->pdata[0];
}

/* --- the states of one application */

#define FAILURE                                                                        \
	"<failures><failure op_key='a_monitor_10000' node='h2' "                       \
	"exitstatus='not running' exitreason='it has gone' exitcode='7' call='4' "     \
	"status='complete' last-rc-change='2026-11-28 12:00:00 +01:00' task='monitor'/>" \
	"</failures>"
#define GONE "monitor on h2: not running (it has gone)"

static const struct {
	const char *resource;
	int32_t state;
	const char *reason, *node;
} states[] = {
	{ STARTED("a", "h1"), APP_STARTED, "", "h1" },
	{ STOPPED("a"), APP_STOPPED, GONE, "" },
	{ RESOURCE("a", DUMMY, "Stopped", "0", WELL " target_role='Stopped'", ""), APP_STOPPED, "",
	    "" },
	{ RESOURCE("a", DUMMY, "Starting", "0", WELL, ""), APP_STARTING, "", "" },
	{ RESOURCE("a", DUMMY, "Stopping", "1", WELL, ON("h1")), APP_STOPPING, "", "h1" },
	{ RESOURCE("a", DUMMY, "Migrating", "1", WELL, ON("h1")), APP_MIGRATING, "", "h1" },
	{ RESOURCE("a", DUMMY, "Started", "1",
	    "blocked='false' managed='true' failed='true' failure_ignored='false'", ON("h1")),
	    APP_FAILED, GONE, "h1" },
	{ RESOURCE("a", DUMMY, "Started", "1",
	    "blocked='false' managed='true' failed='true' failure_ignored='true'", ON("h1")),
	    APP_STARTED, "", "h1" },
	{ RESOURCE("a", DUMMY, "Started", "1",
	    "blocked='true' managed='true' failed='true' failure_ignored='false'", ON("h1")),
	    APP_BLOCKED, GONE, "h1" },
	{ RESOURCE("a", DUMMY, "Started", "1",
	    "blocked='false' managed='false' failed='false' failure_ignored='false'", ON("h1")),
	    APP_STARTED, "not managed: nobody starts, stops or watches it", "h1" },
	{ STARTED("a", "h3"), APP_UNKNOWN,
	    "node h3 is unclean: nobody knows whether it still runs there", "h3" },
	{ RESOURCE("a", DUMMY, "Started", "2", WELL, ON("h1") ON("h2")), APP_FAILED,
	    "started on more than one node at the same time", "" },
	{ RESOURCE("a", DUMMY, "Dancing", "1", WELL, ON("h1")), APP_UNKNOWN,
	    "Pacemaker calls its role Dancing", "h1" },
	{ "<resource id='a' resource_agent='" DUMMY "' role='Started' orphaned='true' "
	  "managed='true' failed='false' nodes_running_on='1'>" ON("h2") "</resource>",
	    APP_STARTED, "no longer in the cluster's configuration", "h2" },
	{ "<resource id='a'/>", APP_UNKNOWN, "Pacemaker calls its role nothing", "" },
};

static void
applications_in_each_state(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
		g_autofree char *status = g_strconcat(HEAD("2.25") QUORATE THREE "<resources>",
		    states[i].resource, "</resources>" FAILURE TAIL, NULL);
		SCOPED(part) part = read_good(status, NO_CIB);
		const struct app *app = app_of(part, "a");
		if (app->state != states[i].state)
			fail_msg("case %zu is %s, shall be %s", i,
			    enum_to_name(app_state_names, app->state),
			    enum_to_name(app_state_names, states[i].state));
		assert_string_equal(app->reason, states[i].reason);
		assert_string_equal(app->node_name, states[i].node);
		assert_string_equal(app->failure, GONE);
	}
}

/* --- what consists of others */

static const struct {
	const char *resource, *name;
	int32_t kind, state;
	uint32_t instances;
	const char *node, *nodes;
} sets[] = {
	{ "<group id='g' number_resources='2' managed='true' disabled='false'>"
	  STARTED("a", "h1") STARTED("b", "h1") "</group>", "g", APP_KIND_GROUP, APP_STARTED, 2,
	    "h1", "h1" },
	{ "<group id='g' managed='true' disabled='false'>" STARTED("a", "h1") STOPPED("b")
	  "</group>", "g", APP_KIND_GROUP, APP_PARTIAL, 1, "h1", "h1" },
	{ "<group id='g' managed='true' disabled='false'>" STARTED("a", "h3") STOPPED("b")
	  "</group>", "g", APP_KIND_GROUP, APP_UNKNOWN, 0, "h3", "h3" },
	{ "<group id='g' managed='true' disabled='true'>" STOPPED("a") STOPPED("b") "</group>",
	    "g", APP_KIND_GROUP, APP_STOPPED, 0, "", "" },
	/* an instance that has no place is none that lacks */
	{ "<clone id='c' multi_state='false' managed='true' disabled='false'>" STARTED("a", "h1")
	  STARTED("a", "h2") STOPPED("a") "</clone>", "c", APP_KIND_CLONE, APP_STARTED, 2, "",
	    "h1 h2" },
	{ "<clone id='c' managed='true' disabled='false'>" STARTED("a:0", "h1")
	  STARTED("a:1", "h3") "</clone>", "c", APP_KIND_CLONE, APP_PARTIAL, 1, "", "h1 h3" },
	{ "<clone id='c' managed='true' disabled='false'>" STARTED("a:0", "h1")
	  STARTED("a:1", "h2") "</clone>", "a", APP_KIND_SERVICE, APP_STARTED, 2, "", "h1 h2" },
	{ "<clone id='c' managed='true' disabled='false'>" STOPPED("a") STOPPED("a") "</clone>",
	    "c", APP_KIND_CLONE, APP_STOPPED, 0, "", "" },
	{ "<clone id='c' multi_state='true' managed='true' disabled='false'>"
	  RESOURCE("a", DUMMY, "Unpromoted", "1", WELL, ON("h1"))
	  RESOURCE("a", DUMMY, "Promoted", "1", WELL, ON("h2")) "</clone>", "c", APP_KIND_CLONE,
	    APP_STARTED, 2, "h2", "h1 h2" },
	{ "<clone id='c' managed='true' disabled='false'><group id='g:0'>" STARTED("a", "h1")
	  "</group><group id='g:1'>" STOPPED("a") "</group></clone>", "g", APP_KIND_GROUP,
	    APP_STARTED, 1, "h1", "h1" },
	{ "<bundle id='b' type='podman' managed='true'><replica id='0'>"
	  STARTED("b-ip-0", "h1") STARTED("a", "b-0") STARTED("b-0", "h1") "</replica><replica id='1'>"
	  STOPPED("b-ip-1") STOPPED("a") STOPPED("b-1") "</replica></bundle>", "b",
	    APP_KIND_BUNDLE, APP_PARTIAL, 3, "", "h1" },
};

static void
groups_clones_and_bundles(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(sets); i++) {
		g_autofree char *status = g_strconcat(HEAD("2.25") QUORATE THREE "<resources>",
		    sets[i].resource, "</resources>" TAIL, NULL);
		SCOPED(part) part = read_good(status, NO_CIB);
		const struct app *app = app_of(part, sets[i].name);
		if (app->state != sets[i].state || app->kind != sets[i].kind)
			fail_msg("case %zu is a %s, %s", i, enum_to_name(app_kind_names, app->kind),
			    enum_to_name(app_state_names, app->state));
		assert_int_equal(app->instances, sets[i].instances);
		assert_string_equal(app->node_name, sets[i].node);
		assert_string_equal(app->node_names, sets[i].nodes);
	}
}

static void
what_is_in_a_group_tells_so(void **data)
{
	SCOPED(part) part = read_good(RESOURCES("<clone id='c'><group id='g:0'>"
	    STARTED("a", "h1") "</group><group id='g:1'>" STARTED("a", "h2") "</group></clone>"
	    STARTED("alone", "h1")), NO_CIB);

	assert_int_equal(part->rows[ROWS_APP]->len, 4);
	assert_string_equal(app_of(part, "a")->parent_name, "g");
	assert_string_equal(app_of(part, "g")->parent_name, "c");
	assert_string_equal(app_of(part, "c")->parent_name, "");
	assert_string_equal(app_of(part, "alone")->parent_name, "");
}

/* --- nodes */

static const struct {
	const char *node;
	int32_t membership, kind;
	const char *reason;
} nodes[] = {
	{ MEMBER("n"), MEMBER_ONLINE, NODE_PHYSICAL, "" },
	{ NODE("n", "true", "false", "standby='true' type='member'"), MEMBER_STANDBY,
	    NODE_PHYSICAL, "on standby in the cluster" },
	{ NODE("n", "true", "false", "standby_onfail='true' type='member'"), MEMBER_STANDBY,
	    NODE_PHYSICAL, "on standby because something failed there" },
	{ NODE("n", "true", "false", "maintenance='true' standby='true' type='member'"),
	    MEMBER_MAINTENANCE, NODE_PHYSICAL, "the cluster leaves it alone" },
	{ NODE("n", "false", "false", "standby='true' type='member'"), MEMBER_OFFLINE,
	    NODE_PHYSICAL, "not a member of the cluster at present" },
	{ NODE("n", "true", "false", "pending='true' type='member'"), MEMBER_PENDING,
	    NODE_PHYSICAL, "joining the cluster" },
	{ NODE("n", "true", "true", "type='member'"), MEMBER_UNCLEAN, NODE_PHYSICAL,
	    "lost, and fencing it has failed: no route to the device" },
	{ NODE("n", "true", "false", "shutdown='true' type='member'"), MEMBER_ONLINE,
	    NODE_PHYSICAL, "leaving the cluster" },
	{ NODE("n", "true", "false", "type='remote'"), MEMBER_ONLINE, NODE_REMOTE, "" },
	{ NODE("n", "true", "false", "type='remote' id_as_resource='vm1'"), MEMBER_ONLINE,
	    NODE_VIRTUAL, "" },
};

#define FENCED                                                                         \
	"<fence_history status='0'>"                                                   \
	"<fence_event status='failed' action='reboot' target='n' client='c' origin='h1' " \
	"exit-reason='no route to the device' completed='2026-11-28 12:00:10 +01:00'/>" \
	"<fence_event status='success' action='off' target='n' client='c' origin='h1' " \
	"delegate='h1' completed='2026-11-28 11:00:00Z'/>"                             \
	"<fence_event status='success' action='on' target='n' client='c' origin='h1' " \
	"completed='2026-11-28 12:30:00 +01:00'/></fence_history>"

static void
nodes_in_each_state(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(nodes); i++) {
		g_autofree char *status = g_strconcat(HEAD("2.25") QUORATE "<nodes>", nodes[i].node,
		    "</nodes>" FENCED TAIL, NULL);
		SCOPED(part) part = read_good(status, NO_CIB);
		const struct cluster_member *member = member_of(part, "n");
		if (member->membership != nodes[i].membership)
			fail_msg("case %zu is %s", i,
			    enum_to_name(membership_names, member->membership));
		assert_int_equal(member->kind, nodes[i].kind);
		assert_string_equal(member->reason, nodes[i].reason);
		assert_int_equal(member->fenced_at, INT64_C(1795863600) * G_USEC_PER_SEC);
		assert_int_equal(member->apps, 2);
	}
}

static void
a_fencing_that_goes_on_is_told(void **data)
{
	SCOPED(part) part = read_good(STATUS(QUORATE THREE "<fence_history>"
	    "<fence_event status='pending' action='reboot' target='h3' client='c' origin='h1'/>"
	    "</fence_history>"), NO_CIB);

	assert_string_equal(member_of(part, "h3")->reason, "lost: it is being fenced");
	assert_int_equal(member_of(part, "h3")->fenced_at, 0);
	assert_int_equal(member_of(part, "h1")->coordinator, 1);
	assert_int_equal(member_of(part, "h2")->coordinator, 0);
}

static void
nodes_go_by_our_names(void **data)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GError) error = NULL;

	g_hash_table_insert(names, (char[]){ "h1" }, (char[]){ "alpha" });
	SCOPED(part) part = read_both(RESOURCES(STARTED("a", "h1")), CIB("<constraints>"
	    "<rsc_location id='l' rsc='a' node='h1' score='50'/></constraints>", ""), names, &error);
	assert_non_null(part);
	assert_string_equal(member_of(part, "alpha")->name, "alpha");
	assert_string_equal(app_of(part, "a")->node_name, "alpha");
	assert_string_equal(app_of(part, "a")->preferred_name, "alpha");
	assert_string_equal(backend_of(part)->coordinator, "alpha");
	g_hash_table_insert(names, (char[]){ "h2" }, (char[]){ "alpha" });
	assert_null(read_both(RESOURCES(""), NO_CIB, names, &error));
	assert_string_equal(error->message, "Pacemaker has two nodes called alpha");
}

/* What runs in a container is no node for anybody outside. */
static void
nodes_of_bundles_are_left_out(void **data)
{
	SCOPED(part) part = read_good(STATUS(QUORATE NODES(MEMBER("h1")
	    NODE("b-0", "true", "false", "type='remote' id_as_resource='b-podman-0'")
	    NODE("g1", "true", "false", "type='remote' id_as_resource='vm1'"))
	    "<resources><bundle id='b'><replica id='0'>" STARTED("b-podman-0", "h1")
	    "</replica></bundle></resources>"), NO_CIB);

	assert_int_equal(part->rows[ROWS_MEMBER]->len, 2);
	assert_string_equal(member_of(part, "g1")->container, "vm1");
}

/* --- the whole */

static const struct {
	const char *summary;
	int32_t quorate;
	const char *coordinator;
} summaries[] = {
	{ QUORATE, 1, "h1" },
	{ DC("present='true' version='2.1.5' name='h1' with_quorum='false'"), 0, "h1" },
	{ DC("present='false'"), ABSENT_I32, "" },
};

static void
quorum_and_who_decides(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(summaries); i++) {
		g_autofree char *status =
		    g_strconcat(HEAD("2.30") , summaries[i].summary, THREE TAIL, NULL);
		SCOPED(part) part = read_good(status, NO_CIB);
		const struct backend_info *b = backend_of(part);
		assert_int_equal(b->quorate, summaries[i].quorate);
		assert_string_equal(b->coordinator, summaries[i].coordinator);
		assert_int_equal(b->fencing, 1);
		assert_int_equal(b->maintenance, 0);
		assert_string_equal(b->reason, "");
		assert_int_equal(pacemaker_is_quorate(part), summaries[i].quorate == 1);
		assert_int_equal(part->rows[ROWS_APP]->len, 0);
	}
	SCOPED(part) part = read_good(STATUS(QUORATE THREE), NO_CIB);
	assert_string_equal(backend_of(part)->version, "2.1.5");
}

static void
what_all_shall_be(void **data)
{
	SCOPED(part) part = read_good(STATUS("<summary><current_dc present='false'/>"
	    "<cluster_options stonith-enabled='false' maintenance-mode='true' "
	    "stop-all-resources='true'/></summary>" THREE "<resources>"
	    RESOURCE("a", DUMMY, "Started", "1", "managed='false' failed='false'", ON("h1"))
	    "</resources>"), NO_CIB);

	assert_int_equal(app_of(part, "a")->wanted, WANTED_STOPPED);
	assert_string_equal(app_of(part, "a")->reason,
	    "not watched: the cluster is in maintenance");
	assert_int_equal(backend_of(part)->fencing, 0);
	assert_int_equal(backend_of(part)->maintenance, 1);
}

/* --- the configuration */

#define META(pairs)	  "<meta_attributes id='m'>" pairs "</meta_attributes>"
#define PARAMETERS(pairs) "<instance_attributes id='i'>" pairs "</instance_attributes>"
#define USE(pairs)	  "<utilization id='u'>" pairs "</utilization>"
#define PAIR(name, value) "<nvpair id='p' name='" name "' value='" value "'/>"
#define VM_AGENT	  "ocf:heartbeat:VirtualDomain"

static const char configured[] = CIB(
    "<rsc_defaults>" META(PAIR("priority", "1")) "</rsc_defaults>"
    "<resources><template id='t' class='ocf' provider='heartbeat' type='VirtualDomain'>"
    PARAMETERS(PAIR("config", "/etc/vms/of-template.xml")) META(PAIR("allow-migrate", "true"))
    "</template><primitive id='vm1' template='t'>"
    PARAMETERS(PAIR("config", "/etc/vms/web1.xml"))
    META(PAIR("priority", "INFINITY") PAIR("virtcluster-uuid",
	"0F0F0F0F-0000-4000-8000-00000000000A"))
    USE(PAIR("cpu", "2") PAIR("hv_memory", "512")) "</primitive>"
    "<primitive id='vm2' template='t'>" META(PAIR("remote-node", "g1")
	PAIR("virtcluster-uuid", "no such")) "</primitive>"
    "<group id='g'>" META(PAIR("priority", "20") PAIR("target-role", "Stopped"))
    "<primitive id='a' class='ocf' provider='pacemaker' type='Dummy'/></group>"
    "<primitive id='z' class='ocf' provider='pacemaker' type='Dummy'>"
    "<meta_attributes id='r'><rule id='x'/>" PAIR("priority", "9") "</meta_attributes>"
    "</primitive></resources>"
    "<constraints><rsc_location id='1' rsc='vm1' node='h1' score='10'/>"
    "<rsc_location id='2' rsc='vm1' node='h2' score='INFINITY'/>"
    "<rsc_location id='3' rsc='vm1' node='h3' score='-INFINITY'/>"
    "<rsc_location id='4' rsc='vm2'><rule id='r1' score='30'>"
    "<expression id='e' attribute='#uname' operation='eq' value='h1'/></rule></rsc_location>"
    "<rsc_location id='5' rsc='a' node='nowhere' score='30'/>"
    "<rsc_location id='6' rsc='z'><rule id='r2' score='30'>"
    "<expression id='e1' attribute='#uname' operation='eq' value='h1'/>"
    "<expression id='e2' attribute='load' operation='lt' value='2'/></rule></rsc_location>"
    "</constraints>",
    "<node_state id='1' uname='h1'><transient_attributes id='1'><instance_attributes id='s'>"
    PAIR("fail-count-vm1#monitor_10000", "2") PAIR("last-failure-vm1#monitor_10000", "1790000000")
    PAIR("fail-count-a#start_0", "INFINITY") PAIR("shutdown", "0")
    "</instance_attributes></transient_attributes></node_state>"
    "<node_state id='2' uname='h2'><transient_attributes id='2'><instance_attributes id='s'>"
    PAIR("fail-count-vm1#start_0", "3") PAIR("last-failure-vm1#start_0", "1790000005")
    "</instance_attributes></transient_attributes></node_state>");

static const char running[] = RESOURCES(
    RESOURCE("vm1", VM_AGENT, "Started", "1", WELL, ON("h1"))
    RESOURCE("vm2", VM_AGENT, "Started", "1", WELL, ON("h2"))
    "<group id='g' disabled='true' managed='true'>"
    RESOURCE("a", DUMMY, "Stopped", "0", WELL " target_role='Stopped'", "") "</group>"
    STOPPED("z")
    RESOURCE("pdu", "stonith:fence_apc", "Started", "1", WELL, ON("h1"))
    RESOURCE("g1", "ocf:pacemaker:remote", "Started", "1", WELL, ON("h2")));

static void
applications_as_they_are_configured(void **data)
{
	SCOPED(part) part = read_good(running, configured);
	const struct app *vm1 = app_of(part, "vm1"), *vm2 = app_of(part, "vm2");
	const struct app *a = app_of(part, "a"), *g = app_of(part, "g");

	assert_int_equal(vm1->kind, APP_KIND_VM);
	assert_string_equal(vm1->agent, VM_AGENT);
	assert_int_equal(vm1->priority, 1000000);
	assert_int_equal(vm1->can_migrate, 1);
	assert_int_equal(vm1->use_cpu, 2);
	assert_int_equal(vm1->use_memory, 512);
	assert_string_equal(vm1->preferred_name, "h2");
	assert_string_equal(vm1->vm_config, "web1");
	assert_string_equal(vm1->vm_uuid, "0f0f0f0f-0000-4000-8000-00000000000a");
	assert_int_equal(vm1->fail_count, 5);
	assert_int_equal(vm1->failed_at, INT64_C(1790000005) * G_USEC_PER_SEC);

	/* one that migrates live is on both sides for a moment */
	SCOPED(part) moving = read_good(RESOURCES(RESOURCE("vm1", VM_AGENT, "Started", "2", WELL,
	    ON("h1") ON("h2"))), configured);
	assert_int_equal(app_of(moving, "vm1")->state, APP_MIGRATING);

	assert_int_equal(vm2->kind, APP_KIND_VIRTUAL_NODE);
	assert_string_equal(vm2->vm_config, "of-template");
	assert_null(vm2->vm_uuid); /* what is none proves nothing */
	assert_int_equal(vm2->priority, 1);
	assert_string_equal(vm2->preferred_name, "h1");
	assert_int_equal(vm2->use_cpu, ABSENT_U32);

	assert_int_equal(a->priority, 20);
	assert_int_equal(a->wanted, WANTED_STOPPED);
	assert_int_equal(a->fail_count, 1000000);
	assert_string_equal(a->preferred_name, ""); /* of a node that nobody knows */
	assert_int_equal(g->wanted, WANTED_STOPPED);
	assert_int_equal(g->fail_count, 1000000);
	assert_int_equal(app_of(part, "z")->priority, 1); /* what a rule decides is not seen */
	assert_string_equal(app_of(part, "z")->preferred_name, "");
	assert_int_equal(app_of(part, "pdu")->kind, APP_KIND_FENCING);
	assert_int_equal(app_of(part, "g1")->kind, APP_KIND_CONNECTION);
}

static void
scores(void **data)
{
	static const struct {
		const char *text;
		bool good;
		int32_t score;
	} cases[] = {
		{ "0", true, 0 }, { "-5", true, -5 }, { "+7", true, 7 }, { "INFINITY", true, 1000000 },
		{ "-infinity", true, -1000000 }, { "", false, 0 }, { "1x", false, 0 },
		{ "99999999999", false, 0 }, { NULL, false, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int32_t score = 0;
		assert_int_equal(cib_score(cases[i].text, &score), cases[i].good);
		assert_int_equal(score, cases[i].score);
	}
}

static void
instances_of_clones(void **data)
{
	static const char *const cases[][2] = {
		{ "a", "a" }, { "a:0", "a" }, { "a:12", "a" }, { "a:b", "a:b" }, { ":0", ":0" },
		{ "a:", "a:" }, { "a:1:2", "a:1" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *name = cib_resource_name(cases[i][0]);
		assert_string_equal(name, cases[i][1]);
	}
}

/* --- what is no answer */

static const struct {
	const char *status, *cib, *message;
} refusals[] = {
	{ "", NO_CIB, "the XML is not well-formed" },
	{ "Could not connect to the cluster", NO_CIB, "the XML is not well-formed" },
	{ "<pacemaker-result api-version='2.25'><summary>", NO_CIB, "the XML is not well-formed" },
	{ "<!DOCTYPE x [<!ENTITY y 'z'>]><pacemaker-result/>", NO_CIB, "the XML has a document type" },
	{ "<crm_mon version='1.1.24'><summary/></crm_mon>", NO_CIB,
	    "that is not crm_mon's XML: it begins with <crm_mon>" },
	{ "<pacemaker-result/>", NO_CIB, "that is not crm_mon's XML" },
	{ HEAD("3.0") QUORATE THREE TAIL, NO_CIB,
	    "Pacemaker's XML is of version 3.0, and virtcluster knows version 2" },
	{ HEAD("2.25") "<status code='102' message='Not connected'>"
	  "<errors><error>x</error></errors></status></pacemaker-result>", NO_CIB,
	    "crm_mon: Not connected" },
	{ HEAD("2.25") QUORATE THREE "</pacemaker-result>", NO_CIB,
	    "crm_mon's XML does not tell how it ended" },
	{ STATUS(THREE), NO_CIB, "crm_mon's XML has no summary" },
	{ STATUS("<summary/>" THREE), NO_CIB, "crm_mon's XML has no summary" },
	{ STATUS(QUORATE), NO_CIB, "crm_mon's XML has no list of nodes" },
	{ STATUS(QUORATE NODES("<node id='1' online='true' unclean='false'/>")), NO_CIB,
	    "crm_mon's XML has a node  that does not tell its name" },
	{ STATUS(QUORATE NODES("<node name='h1' online='true'/>")), NO_CIB,
	    "crm_mon's XML has a node h1 that does not tell whether it is online" },
	{ STATUS(QUORATE NODES(MEMBER("h1") MEMBER("h1"))), NO_CIB,
	    "Pacemaker has two nodes called h1" },
	{ RESOURCES(STARTED("a", "h1") STARTED("a", "h2")), NO_CIB,
	    "Pacemaker has two resources called a" },
	{ RESOURCES("<group id='g'>" STARTED("a", "h1") "</group>" STARTED("a", "h2")), NO_CIB,
	    "Pacemaker has two resources called a" },
	{ RESOURCES("<resource role='Started'/>"), NO_CIB,
	    "crm_mon's XML has a resource without an ID" },
	{ RESOURCES("<group id='1'><group id='2'><group id='3'><group id='4'><group id='5'>"
	  "<group id='6'><group id='7'><group id='8'><group id='9'/></group></group></group>"
	  "</group></group></group></group></group>"), NO_CIB,
	    "crm_mon's XML has groups within groups without an end" },
	{ STATUS(QUORATE THREE), "", "the XML is not well-formed" },
	{ STATUS(QUORATE THREE), "<cib validate-with='pacemaker-3.9'/>",
	    "the CIB has no configuration" },
	{ STATUS(QUORATE THREE), "<pacemaker-result/>",
	    "that is no CIB: it begins with <pacemaker-result>" },
	{ STATUS(QUORATE THREE), "<cib validate-with='pacemaker-5.0'><configuration/></cib>",
	    "the CIB is of schema pacemaker-5.0, and virtcluster knows those up to pacemaker-4" },
};

static void
what_is_no_answer_is_one_sentence(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autoptr(GError) error = NULL;
		SCOPED(part) part = read_both(refusals[i].status, refusals[i].cib, NULL, &error);
		if (part != NULL)
			fail_msg("case %zu was read", i);
		if (!g_str_has_prefix(error->message, refusals[i].message))
			fail_msg("case %zu: %s", i, error->message);
		assert_null(strchr(error->message, '\n'));
	}
}

/* Cut anywhere, it is refused or the same; nothing else happens. */
static void
what_is_cut_off_is_refused(void **data)
{
	size_t length = strlen(running);

	for (size_t cut = 0; cut < length; cut += 7) {
		g_autoptr(GError) error = NULL;
		g_autofree char *status = g_strndup(running, cut);
		assert_null(read_both(status, configured, NULL, &error));
		assert_non_null(error);
	}
	for (size_t cut = 0; cut < sizeof(configured) - 1; cut += 7) {
		g_autoptr(GError) error = NULL;
		g_autofree char *cib = g_strndup(configured, cut);
		assert_null(read_both(running, cib, NULL, &error));
		assert_non_null(error);
	}
}

static void
odd_names_and_long_ones(void **data)
{
	g_autofree char *big = g_strnfill(1024 * 1024, 'x');
	g_autofree char *status = g_strconcat(HEAD("2.25") QUORATE
	    NODES(MEMBER("&lt;script&gt;") MEMBER("../../etc") MEMBER("h 1&#10;&quot;"))
	    "<resources>" STARTED("&lt;b&gt;&amp;&#xe4;", "../../etc")
	    "<resource id='", big, "' resource_agent='", big, "' role='", big, "'/>"
	    "</resources>" TAIL, NULL);
	SCOPED(part) part = read_good(status, NO_CIB);

	assert_non_null(member_of(part, "<script>"));
	assert_non_null(member_of(part, "h 1\n\""));
	assert_string_equal(app_of(part, "<b>&\xc3\xa4")->node_name, "../../etc");
	assert_int_equal(part->rows[ROWS_APP]->len, 2);
	for (guint i = 0; i < 2; i++) {
		const struct app *app = part->rows[ROWS_APP]->pdata[i];
		assert_true(strlen(app->name) <= 255 && strlen(app->reason) <= 255);
	}
}

/* Larger than what anybody's cluster has: not even looked at. */
static void
a_huge_answer_is_refused(void **data)
{
	g_autofree char *huge = g_strnfill(PACEMAKER_XML_MOST + 1, ' ');
	g_autoptr(GError) error = NULL;

	assert_null(read_both(huge, NO_CIB, NULL, &error));
	assert_true(g_str_has_prefix(error->message, "the XML is too large"));
}

/* --- without an answer */

static void
what_was_known_is_unknown_then(void **data)
{
	SCOPED(part) known = read_good(running, configured);
	SCOPED(part) lost = pacemaker_lost(known, "h1: no answer within 10 s");
	SCOPED(part) still = pacemaker_lost(lost, "h1: refused");

	assert_false(still->reachable);
	assert_int_equal(still->rows[ROWS_APP]->len, known->rows[ROWS_APP]->len);
	assert_int_equal(app_of(still, "vm1")->state, APP_UNKNOWN);
	assert_string_equal(app_of(still, "vm1")->reason, "h1: refused");
	assert_string_equal(app_of(still, "vm1")->node_name, "h1"); /* when last heard of */
	assert_string_equal(app_of(still, "vm1")->vm_uuid, "0f0f0f0f-0000-4000-8000-00000000000a");
	assert_int_equal(app_of(still, "vm1")->sampled_us, 1000);
	assert_int_equal(member_of(still, "h3")->membership, MEMBER_UNKNOWN);
	assert_int_equal(backend_of(still)->quorate, ABSENT_I32);
	assert_string_equal(backend_of(still)->reason, "h1: refused");
	assert_false(pacemaker_is_quorate(still));
}

/* --- what Pacemaker 2.1.5 really wrote */

static char *
sample_text(const char *name, const char *what)
{
	g_autofree char *file = g_strdup_printf("%s.%s.xml", name, what);
	g_autofree char *path = g_build_filename(TEST_DATA, "pacemaker", file, NULL);
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		fail_msg("there is no %s", path);
	return text;
}

#define NOT_INSTALLED "not installed (environment is invalid, resource considered stopped)"

static const struct {
	const char *sample, *app;
	int32_t state;
	const char *node, *reason;
} sample_apps[] = {
	{ "healthy", "app1", APP_STARTED, "lab-h2", "" },
	{ "healthy", "fencing", APP_STARTED, "lab-h1", "" },
	{ "healthy", "vm1", APP_STARTED, "lab-h3", "" },
	{ "group-and-clones", "web", APP_STARTED, NULL, "" },
	{ "group-and-clones", "web-ip", APP_STARTED, NULL, "" },
	{ "group-and-clones", "cache-clone", APP_STARTED, "", "" },
	{ "group-and-clones", "db-clone", APP_STARTED, "lab-h2", "" }, /* promoted there */
	{ "stopped-resource", "app1", APP_STOPPED, "", "" },
	{ "failed-monitor", "app1", APP_STARTED, "lab-h3", "" }, /* and started again */
	{ "failed-start", "vm2", APP_STOPPED, "", "start on lab-h3: " NOT_INSTALLED },
	{ "blocked-resource", "stuck", APP_BLOCKED, "lab-h2", "monitor on lab-h2: not running" },
	{ "unmanaged-resource", "app1", APP_STARTED, NULL,
	    "not managed: nobody starts, stops or watches it" },
	{ "maintenance-mode", "web", APP_STARTED, NULL,
	    "not watched: the cluster is in maintenance" },
	{ "migrating-vm", "vm1", APP_MIGRATING, "lab-h1", "" },
	{ "migrating-vm-on-two-nodes", "vm1", APP_MIGRATING, "", "listed on more than one node" },
	{ "active-on-two-nodes", "app1", APP_FAILED, "",
	    "started on more than one node at the same time" },
	{ "banned-resource", "app1", APP_STARTED, NULL, "" },
	{ "migrated-vm", "vm1", APP_STARTED, "lab-h2", "" },
	{ "guest-and-remote-node", "app2", APP_STARTED, "lab-vn1", "" },
	{ "guest-and-remote-node", "web", APP_STARTED, "lab-h4", "" },
	{ "guest-and-remote-node", "lab-vn1", APP_STARTED, "lab-h2", "" }, /* the connection */
	{ "unclean-node-fencing-broken", "cache-clone", APP_PARTIAL, "",
	    "node lab-h3 is unclean: nobody knows whether it still runs there" },
	{ "unclean-node-fencing-broken", "web", APP_STARTED, "lab-h1", "" },
	{ "no-quorum", "app1", APP_UNKNOWN, "lab-h2",
	    "node lab-h2 is unclean: nobody knows whether it still runs there" },
	{ "no-quorum", "web", APP_UNKNOWN, "",
	    "no quorum, and a node is lost: nobody knows whether it runs there" },
	{ "offline-clean-node", "cache-clone", APP_STARTED, "", "" },
	{ "fenced-node", "app1", APP_STARTED, "lab-h2", "" },
};

static const struct {
	const char *sample, *node;
	int32_t membership;
	const char *reason;
	bool fenced;
} sample_nodes[] = {
	{ "healthy", "lab-h3", MEMBER_ONLINE, "", false },
	{ "standby-node", "lab-h3", MEMBER_STANDBY, "on standby in the cluster", false },
	{ "maintenance-node", "lab-h3", MEMBER_MAINTENANCE, "the cluster leaves it alone", false },
	{ "offline-clean-node", "lab-h3", MEMBER_OFFLINE,
	    "not a member of the cluster at present", false },
	{ "fenced-node", "lab-h3", MEMBER_OFFLINE, "not a member of the cluster at present", true },
	{ "unclean-node-fencing-broken", "lab-h3", MEMBER_UNCLEAN,
	    "lost, and fencing it has failed; it is tried again", true },
	{ "fencing-failed-then-succeeded", "lab-h3", MEMBER_ONLINE, "", true },
	{ "no-quorum", "lab-h2", MEMBER_UNCLEAN, "lost, and not fenced yet", false },
	{ "no-quorum", "lab-h1", MEMBER_ONLINE, "", false },
	{ "guest-and-remote-node", "lab-vn1", MEMBER_ONLINE, "", false },
	{ "guest-and-remote-node", "lab-h4", MEMBER_ONLINE, "", false },
};

static struct part *
read_sample(const char *name)
{
	g_autofree char *status = sample_text(name, "crm_mon"), *cib = sample_text(name, "cib");

	return read_good(status, cib);
}

static void
samples_of_a_real_cluster(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(sample_apps); i++) {
		SCOPED(part) part = read_sample(sample_apps[i].sample);
		const struct app *app = app_of(part, sample_apps[i].app);
		if (app->state != sample_apps[i].state)
			fail_msg("%s of %s is %s", app->name, sample_apps[i].sample,
			    enum_to_name(app_state_names, app->state));
		if (sample_apps[i].node != NULL)
			assert_string_equal(app->node_name, sample_apps[i].node);
		assert_string_equal(app->reason, sample_apps[i].reason);
		assert_string_equal(backend_of(part)->version, "2.1.5");
	}
	for (size_t i = 0; i < G_N_ELEMENTS(sample_nodes); i++) {
		SCOPED(part) part = read_sample(sample_nodes[i].sample);
		const struct cluster_member *member = member_of(part, sample_nodes[i].node);
		if (member->membership != sample_nodes[i].membership)
			fail_msg("%s of %s is %s", member->name, sample_nodes[i].sample,
			    enum_to_name(membership_names, member->membership));
		assert_string_equal(member->reason, sample_nodes[i].reason);
		assert_int_equal(member->fenced_at != 0, sample_nodes[i].fenced);
		assert_int_equal(backend_of(part)->quorate,
		    strcmp(sample_nodes[i].sample, "no-quorum") != 0);
	}
}

static void
what_is_on_its_way_is_looked_at_again(void **data)
{
	static const struct {
		const char *sample;
		bool settling;
	} cases[] = {
		{ "healthy", false }, { "group-and-clones", false }, { "stopped-resource", false },
		{ "standby-node", false }, { "offline-clean-node", false }, { "migrating-vm", true },
		{ "unclean-node-fencing-broken", true }, { "fenced-node", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(part) part = read_sample(cases[i].sample);
		if (pacemaker_is_settling(part) != cases[i].settling)
			fail_msg("%s", cases[i].sample);
	}
	SCOPED(part) part = read_good(STATUS(DC("present='false'") NODES(MEMBER("h1"))), NO_CIB);
	assert_true(pacemaker_is_settling(part));
}

static void
details_of_a_real_cluster(void **data)
{
	SCOPED(part) failed = read_sample("failed-start");
	SCOPED(part) guests = read_sample("guest-and-remote-node");
	SCOPED(part) migrated = read_sample("migrated-vm");
	const struct app *app = app_of(failed, "app1"), *vm = app_of(failed, "vm2");

	assert_int_equal(app->fail_count, 1);
	assert_true(app->failed_at > INT64_C(1790000000) * G_USEC_PER_SEC);
	assert_string_equal(app->failure, "monitor on lab-h3: not running");
	assert_int_equal(vm->kind, APP_KIND_VM);
	assert_int_equal(vm->fail_count, 1000000);
	assert_string_equal(vm->vm_config, "no-such-file");
	assert_int_equal(app_of(failed, "vm1")->can_migrate, 1);
	assert_string_equal(app_of(migrated, "vm1")->preferred_name, "lab-h2");

	assert_int_equal(app_of(guests, "vn1")->kind, APP_KIND_VIRTUAL_NODE);
	assert_int_equal(app_of(guests, "lab-vn1")->kind, APP_KIND_CONNECTION);
	assert_int_equal(member_of(guests, "lab-vn1")->kind, NODE_VIRTUAL);
	assert_string_equal(member_of(guests, "lab-vn1")->container, "vn1");
	assert_int_equal(member_of(guests, "lab-h4")->kind, NODE_REMOTE);
	assert_int_equal(member_of(guests, "lab-h1")->kind, NODE_PHYSICAL);
}

/* For crm_mon it is online from the first attempt on. */
static void
who_is_only_called_is_joining(void **data)
{
	SCOPED(part) part = read_good(STATUS(QUORATE NODES(MEMBER("h1")
	    NODE("g1", "true", "false", "type='remote' id_as_resource='vm1'")
	    NODE("g2", "true", "false", "type='remote' id_as_resource='vm2'"))
	    "<resources>" RESOURCE("g1", "ocf:pacemaker:remote", "Starting", "1", WELL, ON("h1"))
	    RESOURCE("g2", "ocf:pacemaker:remote", "Started", "1", WELL, ON("h1"))
	    "</resources>"), NO_CIB);

	assert_int_equal(member_of(part, "g1")->membership, MEMBER_PENDING);
	assert_string_equal(member_of(part, "g1")->reason, "joining the cluster");
	assert_int_equal(member_of(part, "g2")->membership, MEMBER_ONLINE);
}

#define GUEST(online) NODES(MEMBER("h1") MEMBER("h2")                                   \
	NODE("g1", online, "false", "type='remote' id_as_resource='vm1'"))
#define FAILING "blocked='false' managed='true' failed='true' failure_ignored='false'"
#define VM_AGENT "ocf:heartbeat:VirtualDomain"
#define REMOTE	 "ocf:pacemaker:remote"

static struct part *
read_after(const struct part *last, const char *status)
{
	const struct pacemaker_look look = {
		.status = status, .cib = CIB("<resources><primitive id='vm1'>"
		    "<meta_attributes><nvpair name='remote-node' value='g1'/>"
		    "<nvpair name='allow-migrate' value='true'/></meta_attributes></primitive>"
		    "</resources>", ""),
		.last = last, .now_us = 1000, .wall = 2000, .interval = 10, .stale_after = 50,
	};
	g_autoptr(GError) error = NULL;
	struct part *part = pacemaker_part(&look, &error);

	if (part == NULL)
		fail_msg("%s", error->message);
	return part;
}

/* Its connection is made anew by the other host: crm_mon says that all of it has failed. */
static void
a_virtual_node_goes_on_while_its_vm_moves(void **data)
{
	static const char *const between[] = {
		STATUS(QUORATE GUEST("false") "<resources>"
		    RESOURCE("vm1", VM_AGENT, "Migrating", "1", FAILING, ON("h1"))
		    RESOURCE("a", DUMMY, "Started", "1", FAILING, ON("g1"))
		    RESOURCE("g1", REMOTE, "Stopped", "0", WELL, "") "</resources>"),
		STATUS(QUORATE GUEST("true") "<resources>"
		    RESOURCE("vm1", VM_AGENT, "Started", "1", WELL, ON("h2"))
		    RESOURCE("a", DUMMY, "Started", "1", WELL, ON("g1"))
		    RESOURCE("g1", REMOTE, "Starting", "1", WELL, ON("h2")) "</resources>"),
		STATUS(QUORATE GUEST("false") "<resources>"
		    RESOURCE("vm1", VM_AGENT, "Stopping", "2", FAILING, ON("h1") ON("h2"))
		    RESOURCE("a", DUMMY, "Started", "1", FAILING, ON("g1"))
		    RESOURCE("g1", REMOTE, "Stopped", "0", WELL, "") "</resources>"),
		STATUS(QUORATE GUEST("true") "<resources>"
		    RESOURCE("vm1", VM_AGENT, "Started", "1", WELL, ON("h2")) STOPPED("a")
		    RESOURCE("g1", REMOTE, "Started", "1", WELL, ON("h2")) "</resources>"
		    "<node_history><node name='g1'><resource_history id='a'>"
		    "<operation_history task='probe' rc='193'/></resource_history></node>"
		    "</node_history>"),
	};
	static const int32_t vms[] = { APP_MIGRATING, APP_STARTED, APP_MIGRATING, APP_STARTED };
	static const int32_t connections[] = { APP_MIGRATING, APP_STARTING, APP_MIGRATING,
		APP_STARTING };
	SCOPED(part) before = read_after(NULL, STATUS(QUORATE GUEST("true") "<resources>"
	    RESOURCE("vm1", VM_AGENT, "Started", "1", WELL, ON("h1")) STARTED("a", "g1")
	    RESOURCE("g1", REMOTE, "Started", "1", WELL, ON("h1")) "</resources>"));

	for (size_t i = 0; i < G_N_ELEMENTS(between); i++) {
		SCOPED(part) part = read_after(before, between[i]);
		assert_int_equal(member_of(part, "g1")->membership, MEMBER_ONLINE);
		assert_int_equal(app_of(part, "a")->state, APP_STARTED);
		assert_string_equal(app_of(part, "a")->node_name, "g1");
		assert_int_equal(app_of(part, "vm1")->state, vms[i]);
		assert_int_equal(app_of(part, "g1")->state, connections[i]);
		assert_true(pacemaker_is_settling(part));
	}
	SCOPED(part) stopped = read_after(before, STATUS(QUORATE GUEST("true") "<resources>"
	    RESOURCE("vm1", VM_AGENT, "Started", "1", WELL, ON("h2")) STOPPED("a")
	    RESOURCE("g1", REMOTE, "Started", "1", WELL, ON("h2")) "</resources>"
	    "<node_history><node name='g1'><resource_history id='a'>"
	    "<operation_history task='probe' rc='7'/></resource_history></node></node_history>"));
	assert_int_equal(app_of(stopped, "a")->state, APP_STOPPED); /* it was looked for */
}

/* The same words of crm_mon, but its VM does not move, or nobody knew of it before. */
static void
a_virtual_node_that_is_lost_is_offline(void **data)
{
	SCOPED(part) before = read_after(NULL, STATUS(QUORATE GUEST("true") "<resources>"
	    RESOURCE("vm1", VM_AGENT, "Started", "1", WELL, ON("h1")) STARTED("a", "g1")
	    RESOURCE("g1", REMOTE, "Started", "1", WELL, ON("h1")) "</resources>"));
	SCOPED(part) part = read_after(before, STATUS(QUORATE GUEST("false") "<resources>"
	    RESOURCE("vm1", VM_AGENT, "Started", "1", FAILING, ON("h1"))
	    RESOURCE("a", DUMMY, "Started", "1", FAILING, ON("g1"))
	    RESOURCE("g1", REMOTE, "Stopped", "0", WELL, "") "</resources>"));
	SCOPED(part) fresh = read_after(NULL, STATUS(QUORATE GUEST("true") "<resources>"
	    RESOURCE("vm1", VM_AGENT, "Started", "1", WELL, ON("h1"))
	    RESOURCE("g1", REMOTE, "Starting", "1", WELL, ON("h1")) "</resources>"));

	assert_int_equal(member_of(part, "g1")->membership, MEMBER_OFFLINE);
	assert_int_equal(app_of(part, "a")->state, APP_FAILED);
	assert_int_equal(app_of(part, "vm1")->state, APP_FAILED);
	assert_int_equal(member_of(fresh, "g1")->membership, MEMBER_PENDING);
}

static void
a_virtual_node_is_as_unclean_as_its_host(void **data)
{
	SCOPED(part) part = read_after(NULL, STATUS(QUORATE NODES(MEMBER("h1")
	    NODE("h2", "false", "true", "type='member'")
	    NODE("g1", "false", "false", "type='remote' id_as_resource='vm1'")) "<resources>"
	    RESOURCE("vm1", VM_AGENT, "Started", "1", WELL, ON("h2"))
	    RESOURCE("a", DUMMY, "Started", "1", FAILING, ON("g1"))
	    RESOURCE("g1", REMOTE, "Started", "1", WELL, ON("h2")) "</resources>"));

	assert_int_equal(member_of(part, "g1")->membership, MEMBER_UNCLEAN);
	assert_string_equal(member_of(part, "g1")->reason, "its VM is on node h2, which is unclean");
	assert_int_equal(app_of(part, "a")->state, APP_UNKNOWN);
	assert_string_equal(member_of(part, "h1")->reason, "");
}

static void
a_jobs_trial_is_left_out(void **data)
{
	SCOPED(part) part = read_good(STATUS(QUORATE NODES(MEMBER("h1")
	    NODE(APP_TRIAL "vm1-node", "true", "false", "type='remote' id_as_resource='"
		APP_TRIAL "vm1'"))
	    "<resources>" STARTED("a", "h1") STARTED(APP_TRIAL "vm1", "h1")
	    RESOURCE(APP_TRIAL "vm1-node", "ocf:pacemaker:remote", "Starting", "1", WELL, ON("h1"))
	    "</resources>"), NO_CIB);

	assert_int_equal(part->rows[ROWS_MEMBER]->len, 1);
	assert_int_equal(part->rows[ROWS_APP]->len, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(applications_in_each_state),
		cmocka_unit_test(groups_clones_and_bundles),
		cmocka_unit_test(what_is_in_a_group_tells_so),
		cmocka_unit_test(nodes_in_each_state),
		cmocka_unit_test(a_fencing_that_goes_on_is_told),
		cmocka_unit_test(nodes_go_by_our_names),
		cmocka_unit_test(nodes_of_bundles_are_left_out),
		cmocka_unit_test(quorum_and_who_decides),
		cmocka_unit_test(what_all_shall_be),
		cmocka_unit_test(applications_as_they_are_configured),
		cmocka_unit_test(scores),
		cmocka_unit_test(instances_of_clones),
		cmocka_unit_test(what_is_no_answer_is_one_sentence),
		cmocka_unit_test(what_is_cut_off_is_refused),
		cmocka_unit_test(odd_names_and_long_ones),
		cmocka_unit_test(a_huge_answer_is_refused),
		cmocka_unit_test(what_was_known_is_unknown_then),
		cmocka_unit_test(samples_of_a_real_cluster),
		cmocka_unit_test(what_is_on_its_way_is_looked_at_again),
		cmocka_unit_test(details_of_a_real_cluster),
		cmocka_unit_test(who_is_only_called_is_joining),
		cmocka_unit_test(a_jobs_trial_is_left_out),
		cmocka_unit_test(a_virtual_node_goes_on_while_its_vm_moves),
		cmocka_unit_test(a_virtual_node_that_is_lost_is_offline),
		cmocka_unit_test(a_virtual_node_is_as_unclean_as_its_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
