/* A review of the cluster: what each check finds, what it does not, and how that is mended. */
#include "tests/unit/test.h"

#include <unistd.h>

#include "collectors/review/review_private.h"

/* --- a cluster of three in which all is well */

#define CMAP                                                                           \
	"nodelist.node.0.name (str) = lab-h1\n"                                        \
	"nodelist.node.0.ring0_addr (str) = 10.66.0.11\n"                              \
	"nodelist.node.0.ring1_addr (str) = 10.67.0.11\n"                              \
	"nodelist.node.1.name (str) = lab-h2\n"                                        \
	"nodelist.node.1.ring0_addr (str) = 10.66.0.12\n"                              \
	"nodelist.node.2.name (str) = lab-h3\n"                                        \
	"nodelist.node.2.ring0_addr (str) = 10.66.0.13\n"                              \
	"quorum.provider (str) = corosync_votequorum\n"                                \
	"runtime.config.totem.token (u32) = 1650\n"                                    \
	"totem.cluster_name (str) = lab\n"                                             \
	"totem.token (u32) = 1000\n"
#define VOTES                                                                          \
	"Quorum information\n------------------\nNodes:            3\n\n"              \
	"Votequorum information\n----------------------\nExpected votes:   3\n"        \
	"Highest expected: 3\nTotal votes:      3\nQuorum:           2  \n"
#define LIBVIRT                                                                        \
	"Compiled against library: libvirt 9.0.0\nUsing library: libvirt 9.0.0\n"      \
	"Using API: QEMU 9.0.0\nRunning hypervisor: QEMU 7.2.22\n"                     \
	"Running against daemon: 9.0.0\n\n"
#define DEFINITION                                                                     \
	"==> /srv/shared/vm1.xml <==\n<domain type='qemu'><name>vm1</name>"           \
	"<uuid>0b16a7c7-6586-4b92-b9e4-28d3fac29e6c</uuid><devices>"                  \
	"<disk type='file' device='disk'><driver name='qemu' cache='none'/>"           \
	"<source file='/srv/shared/vm1-0.qcow2'/><target dev='vda'/></disk>"          \
	"<disk type='file' device='cdrom'><source file='/var/tmp/cd.iso'/><target dev='sda'/></disk>" \
	"<interface type='bridge'><mac address='52:54:00:7c:9d:59'/></interface>"      \
	"</devices></domain>\n"
#define FENCER                                                                         \
	"<pacemaker-result api-version='2.25' request='stonith_admin'>"                \
	"<list name='registered fence devices' count='1'><item name='device'>fencing</item></list>" \
	"<status code='0' message='OK'/></pacemaker-result>"

static const char *const replies[REVIEW_SOURCES] = {
	[FROM_CLOCK] = "1795898573.500000000\n",
	[FROM_COROSYNC] = CMAP,
	[FROM_QUORUM] = VOTES,
	[FROM_PACEMAKERD] = "Pacemaker 2.1.5\nWritten by Andrew Beekhof\n",
	[FROM_COROSYNC_VERSION] = "Corosync Cluster Engine, version '3.1.7'\n",
	[FROM_LIBVIRT] = LIBVIRT,
	[FROM_PERSISTENT] = "\n",
	[FROM_AUTOSTART] = "\n",
	[FROM_BOOT] = "disabled\n",
	[FROM_DEFINITIONS] = DEFINITION,
	[FROM_DISKS] = "4711:/srv/shared/vm1-0.qcow2\n",
	[FROM_TRANSPORT] = "",
	[FROM_FENCER] = FENCER,
};

static char *
read_file(const char *state, const char *kind)
{
	g_autofree char *path = g_strdup_printf(TEST_DATA "/pacemaker/%s.%s.xml", state, kind);
	char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

/* Of a state that was sampled; every node tells that all is well. */
static struct review_material *
material_of(const char *state)
{
	static const char *const names[] = { "lab-h1", "lab-h2", "lab-h3" };
	struct review_material *material = material_new();

	material->status = read_file(state, "crm_mon");
	material->cib = read_file(state, "cib");
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		struct review_node *node = material_add_node(material, names[i]);
		for (int source = 0; source < REVIEW_SOURCES; source++)
			node->reply[source].text = g_strdup(replies[source]);
		node->reply[FROM_CLOCK].before = INT64_C(1795898573) * G_USEC_PER_SEC + 490000;
		node->reply[FROM_CLOCK].after = INT64_C(1795898573) * G_USEC_PER_SEC + 510000;
	}
	return material;
}

static GPtrArray *
review_of(const struct review_material *material)
{
	g_autoptr(GError) error = NULL;
	SCOPED(judge) judge = judge_new(material, &error);

	assert_null(error);
	return judge_all(judge);
}

static G_GNUC_UNUSED const struct review_finding *
find(const GPtrArray *findings, const char *check)
{
	for (guint i = 0; i < findings->len; i++) {
		const struct review_finding *finding = findings->pdata[i];
		if (strcmp(finding->check, check) == 0)
			return finding;
	}
	return NULL;
}

static char *
names_of(const GPtrArray *findings)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint i = 0; i < findings->len; i++) {
		const struct review_finding *finding = findings->pdata[i];
		g_string_append_printf(names, "%s%s%s%s", i > 0 ? " " : "", finding->check,
		    *finding->about != '\0' ? "=" : "", finding->about);
	}
	return g_string_free(g_steal_pointer(&names), FALSE);
}

/* --- what was sampled of a real cluster */

static const struct { const char *state, *found; } states[] = {
	{ "healthy", "fencing-never vm-unsafe=vm1 alert" },
	{ "active-on-two-nodes", "active-twice=app1 fencing-never unmanaged=app1 vm-unsafe=vm1 alert" },
	{ "banned-resource", "fencing-never move-left=app1 vm-unsafe=vm1 alert" },
	{ "blocked-resource",
	    "vm-definition-missing=vm2 vm-definition-missing=vm2 "
	    "vm-definition-missing=vm2 fencing-never failures=app1 failures=vm2 "
	    "failures=stuck blocked=stuck vm-allow-migrate=vm2 vm-monitor=vm2 "
	    "vm-operation-missing=vm2 vm-operation-missing=vm2 vm-unsafe=vm1 alert" },
	{ "failed-monitor", "fencing-never failures=app1 vm-unsafe=vm1 alert" },
	{ "failed-start",
	    "vm-definition-missing=vm2 vm-definition-missing=vm2 "
	    "vm-definition-missing=vm2 fencing-never failures=app1 failures=vm2 "
	    "vm-allow-migrate=vm2 vm-monitor=vm2 vm-operation-missing=vm2 "
	    "vm-operation-missing=vm2 vm-unsafe=vm1 alert" },
	{ "fenced-node",
	    "node-offline=lab-h3 fencing-untested=lab-h1 fencing-untested=lab-h2 "
	    "vm-unsafe=vm1 alert" },
	{ "fencing-failed-then-succeeded",
	    "fencing-untested=lab-h1 fencing-untested=lab-h2 vm-unsafe=vm1 alert" },
	{ "fencing-succeeded",
	    "fencing-untested=lab-h1 fencing-untested=lab-h2 vm-unsafe=vm1 alert" },
	{ "group-and-clones", "fencing-never vm-unsafe=vm1 alert" },
	{ "guest-and-remote-node",
	    "vm-definition-missing=vn1 vm-definition-missing=vn1 "
	    "vm-definition-missing=vn1 fencing-untested=lab-h1 fencing-untested=lab-h2 "
	    "vm-unsafe=vm1 vm-unsafe=vn1 alert" },
	{ "maintenance-mode", "maintenance-mode fencing-never vm-unsafe=vm1 alert" },
	{ "maintenance-node", "node-maintenance=lab-h3 fencing-never vm-unsafe=vm1 alert" },
	{ "migrated-vm", "fencing-never move-left=vm1 vm-unsafe=vm1 alert" },
	{ "migrating-vm", "fencing-never move-left=vm1 vm-unsafe=vm1 alert" },
	{ "moved-resource", "fencing-never move-left=app1 vm-unsafe=vm1 alert" },
	{ "no-quorum",
	    "no-quorum node-unclean=lab-h2 node-unclean=lab-h3 fencing-untested=lab-h1 "
	    "fencing-untested=lab-h2 vm-unsafe=vm1 alert" },
	{ "offline-clean-node", "node-offline=lab-h3 fencing-never vm-unsafe=vm1 alert" },
	{ "standby-node", "fencing-never node-standby=lab-h3 vm-unsafe=vm1 alert" },
	{ "stopped-resource", "fencing-never vm-unsafe=vm1 alert" },
	{ "unclean-node-fencing-broken",
	    "node-unclean=lab-h3 fencing-failed=lab-h3 vm-unsafe=vm1 alert" },
	{ "unmanaged-resource", "fencing-never unmanaged=app1 vm-unsafe=vm1 alert" },
};

static void
states_that_were_sampled(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
		SCOPED(review_material) material = material_of(states[i].state);
		g_autoptr(GPtrArray) findings = review_of(material);
		g_autofree char *names = names_of(findings);
		assert_string_equal(names, states[i].found);
	}
}

/* --- what is spoiled is found, and nothing else by that check */

#define STATUS (-1) /* what is edited: crm_mon's words, */
#define CONFIG (-2) /* the CIB, or what the nodes tell */
#define EACH   0    /* of all nodes, or of lab-h1 to lab-h3 */

static const struct spoiled {
	const char *check, *about;
	int source, node;
	const char *from, *to; /* "": all of it; to NULL: cannot be asked */
	const char *says;      /* somewhere in its sentence */
	const char *mend;      /* NULL: there is none */
} spoiled[] = {
	/* --- the cluster */
	{ "fencing-off", "", CONFIG, 0, "name=\"stonith-enabled\" value=\"true\"",
	    "name=\"stonith-enabled\" value=\"off\"", "stonith-enabled=off",
	    "crm_attribute --type crm_config --name stonith-enabled --update true" },
	{ "quorum-ignored", "", CONFIG, 0, "name=\"no-quorum-policy\" value=\"stop\"",
	    "name=\"no-quorum-policy\" value=\"ignore\"", "no-quorum-policy=ignore",
	    "crm_attribute --type crm_config --name no-quorum-policy --update stop" },
	{ "no-quorum", "", STATUS, 0, "with_quorum=\"true\"", "with_quorum=\"false\"", "no quorum" },
	{ "maintenance-mode", "", CONFIG, 0, "<nvpair id=\"options-dc-deadtime\"",
	    "<nvpair id=\"m\" name=\"maintenance-mode\" value=\"TRUE\"/><nvpair id=\"x\"", "whole",
	    "crm_attribute --type crm_config --name maintenance-mode --update false" },
	{ "stop-all", "", CONFIG, 0, "<nvpair id=\"options-dc-deadtime\"",
	    "<nvpair id=\"m\" name=\"stop-all-resources\" value=\"1\"/><nvpair id=\"x\"", "everything",
	    "crm_attribute --type crm_config --name stop-all-resources --update false" },
	{ "node-unclean", "lab-h2", STATUS, 0, "unclean=\"false\" health=\"green\" feature_set=\"3.16.1\" "
	    "shutdown=\"false\" expected_up=\"true\" is_dc=\"false\" resources_running=\"1\" "
	    "type=\"member\"/>\n    <node name=\"lab-h3\"", "unclean=\"true\" type=\"member\"/><node "
	    "name=\"lab-h3\"", "lost", "stonith_admin --reboot=lab-h2" },
	{ "node-offline", "lab-h1", STATUS, 0, "name=\"lab-h1\" id=\"1\" online=\"true\"",
	    "name=\"lab-h1\" id=\"1\" online=\"false\"", "lab-h1", "systemctl start pacemaker" },
	{ "node-maintenance", "lab-h1", STATUS, 0, "maintenance=\"false\"", "maintenance=\"true\"",
	    "lab-h1", "crm_attribute --node lab-h1 --name maintenance --delete" },
	{ "node-standby", "lab-h1", STATUS, 0, "standby=\"false\"", "standby=\"true\"", "lab-h1",
	    "crm_attribute --node lab-h1 --name standby --delete" },
	{ "node-left", "lab-h9", CONFIG, 0, "<node id=\"1\"",
	    "<node id=\"9\" uname=\"lab-h9\"/><node id=\"1\"", "lab-h9",
	    "crm_node --force --remove=lab-h9" },

	/* --- fencing */
	{ "fencing-no-device", "", CONFIG, 0, "class=\"stonith\"", "class=\"lsb\"", "no fencing device" },
	{ "fencing-uncovered", "lab-h3", FROM_FENCER, 3, "count='1'", "count='0'", "lab-h3",
	    "crm_resource --resource=fencing --set-parameter=pcmk_host_list --parameter-value="
	    "'lab-h1 lab-h2 lab-h3 lab-h4 lab-h5 lab-h6 lab-h7 lab-h8 lab-h9 lab-h3'" },
	{ "not-known", "lab-h3", FROM_FENCER, 3, "", "cannot connect to fencer", "Which device fences lab-h3" },
	{ "fencing-failed", "lab-h2", STATUS, 0, "  <status code=\"0\" message=\"OK\"/>",
	    "<fence_history><fence_event target=\"lab-h2\" status=\"success\" "
	    "completed=\"2026-11-28 20:43:54Z\"/><fence_event target=\"lab-h2\" status=\"failed\" "
	    "completed=\"2026-11-28 20:44:06Z\"/></fence_history>", "lab-h2",
	    "stonith_admin --reboot=lab-h2" },
	{ "fencing-untested", "lab-h1", STATUS, 0, "  <status code=\"0\" message=\"OK\"/>",
	    "<fence_history><fence_event target=\"lab-h2\" status=\"success\" "
	    "completed=\"2026-11-28 20:44:54Z\"/><fence_event target=\"lab-h2\" status=\"failed\" "
	    "completed=\"2026-11-28 20:44:06Z\"/></fence_history>", "lab-h1",
	    "stonith_admin --reboot=lab-h1" },
	{ "not-known", "", STATUS, 0, "  <status code=\"0\" message=\"OK\"/>",
	    "<fence_history status=\"107\"/>", "has been fenced is not known" },
	{ "fencing-monitor", "fencing", CONFIG, 0, "<op id=\"fencing-monitor\" name=\"monitor\"",
	    "<op id=\"fencing-monitor\" name=\"start\"", "fencing",
	    "cibadmin --modify --allow-create --scope resources --xml-text '<primitive id=\"fencing\">"
	    "<operations><op id=\"fencing-monitor-60\" name=\"monitor\" interval=\"60s\" "
	    "timeout=\"20s\"/></operations></primitive>'" },
	{ "fencing-stopped", "fencing", STATUS, 0, "role=\"Started\" active=\"true\"",
	    "role=\"Stopped\" active=\"false\"", "fencing", "crm_resource --resource=fencing --cleanup" },

	/* --- Corosync */
	{ "token-long", "", FROM_COROSYNC, 0, "totem.token (u32) = 1000", "totem.token (u32) = 3000",
	    "3000 ms", "sed -i 's/^\\([[:space:]]*token:\\).*/\\1 1000/' /etc/corosync/corosync.conf && "
	    "corosync-cfgtool -R" },
	{ "token-long", "", FROM_COROSYNC, 0, "runtime.config.totem.token (u32) = 1650\n"
	    "totem.cluster_name (str) = lab\ntotem.token (u32) = 1000",
	    "runtime.config.totem.token (u32) = 3650", "3000 ms",
	    "sed -i '/^[[:space:]]*totem[[:space:]]*{/a token: 1000' /etc/corosync/corosync.conf && "
	    "corosync-cfgtool -R" },
	{ "token-short", "", FROM_COROSYNC, 0, "totem.token (u32) = 1000", "totem.token (u32) = 300",
	    "300 ms", "sed -i 's/^\\([[:space:]]*token:\\).*/\\1 1000/' /etc/corosync/corosync.conf && "
	    "corosync-cfgtool -R" },
	{ "not-known", "", FROM_COROSYNC, 0, "", "nothing = here\n", "does not tell its token" },
	{ "one-ring", "", FROM_COROSYNC, 0, "ring1_addr", "ring8_addr", "one network" },
	{ "two-node", "", FROM_COROSYNC, 0, "nodelist.node.2", "nodelist.none", "Of two nodes",
	    "sed -i '/^[[:space:]]*quorum[[:space:]]*{/a two_node: 1' /etc/corosync/corosync.conf && "
	    "corosync-cfgtool -R" },
	{ "wait-for-all", "", FROM_COROSYNC, 0, "totem.token ",
	    "quorum.two_node (u8) = 1\nquorum.wait_for_all (u8) = 0\ntotem.token ", "wait_for_all",
	    "sed -i 's/^\\([[:space:]]*wait_for_all:\\).*/\\1 1/' /etc/corosync/corosync.conf && "
	    "corosync-cfgtool -R" },
	{ "even-votes", "", FROM_COROSYNC, 0, "quorum.provider", "nodelist.node.3.ring0_addr (str) = x\n"
	    "quorum.provider", "Of 4 nodes" },
	{ "expected-votes", "", FROM_QUORUM, 0, "Expected votes:   3", "Expected votes:   5",
	    "expects 5 votes of 3", "corosync-quorumtool -e 3" },
	{ "not-known", "lab-h1", FROM_QUORUM, 0, "", "Cannot initialize QUORUM service\n",
	    "How many votes" },
	{ "corosync-differs", "lab-h2", FROM_COROSYNC, 2, "totem.token (u32) = 1000",
	    "totem.token (u32) = 900", "totem.token", "scp -p /etc/corosync/corosync.conf "
	    "root@lab-h2:/etc/corosync/ && corosync-cfgtool -R" },

	/* --- nodes */
	{ "clock", "lab-h2", FROM_CLOCK, 2, "573", "576", "3.0 s ahead of that of lab-h1",
	    "chronyc makestep" },
	{ "clock", "lab-h1", FROM_CLOCK, 1, "573", "571", "2.0 s behind that of lab-h2",
	    "chronyc makestep" },
	{ "version-pacemaker", "lab-h3", FROM_PACEMAKERD, 3, "2.1.5", "2.1.6",
	    "lab-h3 has Pacemaker 2.1.6, lab-h1 has 2.1.5" },
	{ "version-corosync", "lab-h3", FROM_COROSYNC_VERSION, 3, "3.1.7", "3.1.8", "3.1.8" },
	{ "version-libvirt", "lab-h2", FROM_LIBVIRT, 2, "daemon: 9.0.0", "daemon: 10.2.0", "10.2.0" },
	{ "not-known", "lab-h2", FROM_LIBVIRT, 2, "daemon: 9.0.0", "daemon: ?", "version of lab-h2" },
	{ "libvirt-guests", "lab-h3", FROM_BOOT, 3, "disabled", "enabled", "lab-h3",
	    "systemctl disable libvirt-guests.service" },
	{ "not-known", "lab-h3", FROM_BOOT, 3, "disabled\n", "", "libvirt-guests" },
	{ "not-known", "lab-h3", FROM_CLOCK, 3, "", NULL, "Of lab-h3 it is not known: its clock. gone" },

	/* --- resources */
	{ "active-twice", "vm1", STATUS, 0, "agent=\"ocf:heartbeat:VirtualDomain\" role=\"Started\" "
	    "active=\"true\" orphaned=\"false\" blocked=\"false\" managed=\"true\" failed=\"false\" "
	    "failure_ignored=\"false\" nodes_running_on=\"1\"",
	    "agent=\"ocf:heartbeat:VirtualDomain\" role=\"Started\" nodes_running_on=\"2\"",
	    "on 2 nodes at once" },
	{ "stickiness", "", CONFIG, 0, "name=\"resource-stickiness\" value=\"100\"",
	    "name=\"resource-stickiness\" value=\"0\"", "An application goes back",
	    "crm_attribute --type rsc_defaults --name resource-stickiness --update 100" },
	{ "stickiness", "vm1", CONFIG, 0, "<nvpair id=\"vm1-allow-migrate\"",
	    "<nvpair id=\"s\" name=\"resource-stickiness\" value=\"0\"/><nvpair id=\"vm1-allow-migrate\"",
	    "vm1 goes back", "crm_resource --resource=vm1 --meta --set-parameter=resource-stickiness "
	    "--parameter-value=100" },
	{ "move-left", "app1", CONFIG, 0, "<constraints>",
	    "<constraints><rsc_location id=\"cli-ban-app1-on-lab-h1\" rsc=\"app1\" node=\"lab-h1\" "
	    "score=\"-INFINITY\"/>", "cli-ban-app1-on-lab-h1", "crm_resource --resource=app1 --clear" },
	{ "failures", "vm1", CONFIG, 0, "<instance_attributes id=\"status-2\">",
	    "<instance_attributes id=\"status-2\"><nvpair id=\"f\" name=\"fail-count-vm1#start_0\" "
	    "value=\"INFINITY\"/>", "vm1 has failed for good", "crm_resource --resource=vm1 --cleanup" },
	{ "failed-action", "vm1", STATUS, 0, "  <status code=\"0\" message=\"OK\"/>",
	    "<failures><failure op_key=\"vm1_migrate_to_0\" node=\"lab-h2\" exitstatus=\"error\" "
	    "task=\"migrate_to\"/></failures>", "migrate_to on lab-h2, error",
	    "crm_resource --resource=vm1 --cleanup" },
	{ "unmanaged", "vm1", CONFIG, 0, "name=\"allow-migrate\"",
	    "name=\"is-managed\" value=\"false\"/><nvpair id=\"a\" name=\"allow-migrate\"", "is-managed",
	    "crm_resource --resource=vm1 --meta --set-parameter=is-managed --parameter-value=true" },
	{ "blocked", "app1", STATUS, 0, "resource_agent=\"ocf:pacemaker:Dummy\" role=\"Started\" "
	    "active=\"true\" orphaned=\"false\" blocked=\"false\"",
	    "resource_agent=\"ocf:pacemaker:Dummy\" blocked=\"true\"", "app1",
	    "crm_resource --resource=app1 --cleanup" },

	/* --- applications that are VMs */
	{ "vm-allow-migrate", "vm1", CONFIG, 0, "name=\"allow-migrate\" value=\"true\"",
	    "name=\"allow-migrate\" value=\"false\"", "not migrated live",
	    "crm_resource --resource=vm1 --meta --set-parameter=allow-migrate --parameter-value=true" },
	{ "vm-transport", "lab-h2", FROM_TRANSPORT, 2, "", "lab-h3 qemu+tcp://lab-h3/system virsh ended "
	    "with status 1\n", "from lab-h2 to lab-h3: its libvirt is not reached as "
	    "qemu+tcp://lab-h3/system (virsh ended with status 1)" },
	{ "not-known", "vm1", CONFIG, 0, "name=\"autoset_utilization_cpu\" value=\"false\"",
	    "name=\"migration_network_suffix\" value=\"-fast\"", "Whether vm1 can be migrated" },
	{ "vm-unsafe", "vm1", CONFIG, 0, "value=\"--unsafe\"", "value=\"--unsafe --verbose\"", "unsafe",
	    "crm_resource --resource=vm1 --set-parameter=migrate_options --parameter-value=--verbose" },
	{ "vm-monitor", "vm1", CONFIG, 0, "<op id=\"vm1-monitor\" name=\"monitor\" interval=\"10s\"",
	    "<op id=\"vm1-monitor\" name=\"monitor\" interval=\"0\"", "vm1",
	    "cibadmin --modify --allow-create --scope resources --xml-text '<primitive id=\"vm1\">"
	    "<operations><op id=\"vm1-monitor-10\" name=\"monitor\" interval=\"10s\" timeout=\"30s\"/>"
	    "</operations></primitive>'" },
	{ "vm-operation-missing", "vm1", CONFIG, 0, "name=\"migrate_to\"", "name=\"notify\"",
	    "no operation migrate_to, so that it has 20 s", "cibadmin --modify --allow-create --scope "
	    "resources --xml-text '<primitive id=\"vm1\"><operations><op id=\"vm1-migrate_to-0\" "
	    "name=\"migrate_to\" interval=\"0\" timeout=\"120s\"/></operations></primitive>'" },
	{ "vm-operation-short", "vm1", CONFIG, 0, "name=\"stop\" interval=\"0\" timeout=\"60s\"",
	    "name=\"stop\" interval=\"0\" timeout=\"500ms\"", "for its operation stop",
	    "cibadmin --modify --xml-text '<op id=\"vm1-stop\" timeout=\"120s\"/>'" },
	{ "vm-stop-slow", "vm1", CONFIG, 0, "<lrm_rsc_op id=\"vm1_last_0\"",
	    "<lrm_rsc_op id=\"x\" operation=\"stop\" exec-time=\"54800\"/><lrm_rsc_op id=\"vm1_last_0\"",
	    "took 55 s of the 60 s", "cibadmin --modify --xml-text '<op id=\"vm1-stop\" "
	    "timeout=\"120s\"/>'" },
	{ "vm-failure-ignored", "vm1", CONFIG, 0, "<op id=\"vm1-start\"",
	    "<op on-fail=\"ignore\" id=\"vm1-start\"", "start of vm1",
	    "cibadmin --modify --xml-text '<op id=\"vm1-start\" on-fail=\"restart\"/>'" },
	{ "vm-stop-blocks", "vm1", CONFIG, 0, "<op id=\"vm1-stop\"",
	    "<op on-fail=\"block\" id=\"vm1-stop\"", "vm1",
	    "cibadmin --modify --xml-text '<op id=\"vm1-stop\" on-fail=\"fence\"/>'" },
	{ "vm-threshold", "vm1", CONFIG, 0, "name=\"allow-migrate\"",
	    "name=\"migration-threshold\" value=\"3\"/><nvpair id=\"a\" name=\"allow-migrate\"", "3 times",
	    "crm_resource --resource=vm1 --meta --set-parameter=failure-timeout "
	    "--parameter-value=10min" },
	{ "vm-definition-missing", "vm1", FROM_DEFINITIONS, 2, "", "",
	    "on lab-h2: no definition /srv/shared/vm1.xml",
	    "scp -p /srv/shared/vm1.xml root@lab-h2:/srv/shared/vm1.xml" },
	{ "vm-definition-differs", "vm1", FROM_DEFINITIONS, 2, "52:54:00", "52:54:01",
	    "on lab-h2: its definition /srv/shared/vm1.xml differs from that on lab-h3",
	    "scp -p /srv/shared/vm1.xml root@lab-h2:/srv/shared/vm1.xml" },
	{ "vm-no-mac", "vm1", FROM_DEFINITIONS, 0, "<mac address='52:54:00:7c:9d:59'/>", "", "MAC" },
	{ "vm-disk-missing", "vm1", FROM_DISKS, 3, "4711:/srv/shared/vm1-0.qcow2\n", "",
	    "on lab-h3: its disk vda is not there (/srv/shared/vm1-0.qcow2)" },
	{ "vm-disk-inactive", "vm1", FROM_DEFINITIONS, 0, "<disk type='file' device='disk'><driver "
	    "name='qemu' cache='none'/><source file='/srv/shared/vm1-0.qcow2'/>",
	    "<disk type='block' device='disk'><source dev='/dev/vg/vm1'/>", "Disk vda of vm1" },
	{ "vm-disk-not-shared", "vm1", FROM_DISKS, 2, "4711", "815", "on lab-h2 than on lab-h1" },
	{ "vm-disk-unlocked", "vm1", FROM_DEFINITIONS, 0, "<target dev='vda'/>",
	    "<target dev='vda'/><shareable/>", "Disk vda of vm1",
	    "sed -i 's|<shareable */>||g' /srv/shared/vm1.xml" },
	{ "vm-disk-unsafe", "vm1", FROM_DEFINITIONS, 0, "cache='none'", "cache='unsafe'",
	    "Disk vda of vm1", "sed -i 's|cache=.unsafe.|cache=\"none\"|g' /srv/shared/vm1.xml" },
	{ "not-known", "vm1", FROM_DEFINITIONS, 0, "<domain type='qemu'>", "<domain type='qemu'>&",
	    "is none of libvirt's" },
	{ "vm-autostart", "vm1", FROM_AUTOSTART, 2, "\n", "other\nvm1\n\n", "starts vm1 with lab-h2",
	    "virsh -c qemu:///system autostart --disable vm1" },
	{ "vm-defined", "vm1", FROM_PERSISTENT, 1, "\n", "vm1\n", "libvirt on lab-h1",
	    "virsh -c qemu:///system undefine vm1" },
};

static void
replace(char **text, const char *from, const char *to)
{
	g_auto(GStrv) parts = *from == '\0' ? NULL : g_strsplit(*text, from, -1);

	assert_true(parts == NULL || g_strv_length(parts) > 1); /* or there is nothing to spoil */
	g_free(*text);
	*text = parts == NULL ? g_strdup(to) : g_strjoinv(to, parts);
}

static void
replace_once(char **text, const char *from, const char *to)
{
	const char *at = strstr(*text, from);

	assert_non_null(at);
	char *after = g_strdup_printf("%.*s%s%s", (int)(at - *text), *text, to, at + strlen(from));
	g_free(*text);
	*text = after;
}

static void
spoil(struct review_material *material, const struct spoiled *s)
{
	if (s->source == STATUS || s->source == CONFIG) {
		replace_once(s->source == STATUS ? &material->status : &material->cib, s->from, s->to);
		return;
	}
	for (guint i = 0; i < material->nodes->len; i++) {
		struct review_node *node = material->nodes->pdata[i];
		struct review_reply *reply = &node->reply[s->source];
		if (s->node != EACH && (guint)s->node != i + 1)
			continue;
		if (s->to == NULL) {
			g_clear_pointer(&reply->text, g_free);
			reply->why = g_strdup("gone");
		} else {
			replace(&reply->text, s->from, s->to);
		}
	}
}

static void
is_as_it_should(const struct review_finding *finding, const struct spoiled *s)
{
	assert_non_null(finding);
	assert_string_equal(finding->about, s->about);
	if (strstr(finding->text, s->says) == NULL)
		fail_msg("%s: %s", s->check, finding->text);
	if (s->mend == NULL)
		assert_null(finding->mend);
	else
		assert_string_equal(finding->mend, s->mend);
	assert_null(strchr(finding->text, '{'));
	assert_true(g_str_has_suffix(finding->text, ".") || finding->severity == REVIEW_UNKNOWN);
}

static void
what_is_spoiled_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(spoiled); i++) {
		const struct spoiled *s = &spoiled[i];
		SCOPED(review_material) material = material_of("healthy");
		if (strcmp(s->check, "vm-unsafe") != 0)
			replace_once(&material->cib, "value=\"--unsafe\"", "value=\"\"");
		g_autoptr(GPtrArray) before = review_of(material);
		if (strcmp(s->check, "vm-unsafe") != 0)
			assert_null(find(before, s->check));
		spoil(material, s);
		g_autoptr(GPtrArray) findings = review_of(material);
		if (find(findings, s->check) == NULL)
			fail_msg("%s %zu: not found", s->check, i);
		is_as_it_should(find(findings, s->check), s);
	}
}

/* Each check of the table is spoiled above, or below in a case of its own. */
static void
each_check_is_tested(void **state)
{
	static const char *const own[] = { "fencing-never", "fencing-race", "vm-no-uuid",
		"vm-on-guest-node", "alert", NULL };

	(void)state;
	for (size_t c = 0; c < checks_n; c++) {
		bool tested = g_strv_contains(own, checks[c].name);
		for (size_t i = 0; i < G_N_ELEMENTS(spoiled); i++)
			tested = tested || strcmp(spoiled[i].check, checks[c].name) == 0;
		if (!tested)
			fail_msg("%s is not tested", checks[c].name);
	}
}

/* --- cases of their own */

static void
two_nodes_race(void **state)
{
	(void)state;
	SCOPED(review_material) material = material_of("healthy");
	g_ptr_array_remove_index(material->nodes, 2);
	g_autoptr(GPtrArray) findings = review_of(material);
	assert_string_equal(find(findings, "fencing-race")->mend,
	    "crm_attribute --type crm_config --name priority-fencing-delay --update 15s");
	replace_once(&material->cib, "name=\"dc-deadtime\"", "name=\"priority-fencing-delay\"");
	g_autoptr(GPtrArray) after = review_of(material);
	assert_null(find(after, "fencing-race"));
}

/* As virtcluster calls the node, and by its own jobs. */
static void
fencing_is_tried_on_an_empty_node(void **state)
{
	(void)state;
	SCOPED(review_material) material = material_of("healthy");
	struct review_node *last = material->nodes->pdata[2];
	g_free(last->ours);
	last->ours = g_strdup("gamma");
	g_autoptr(GPtrArray) findings = review_of(material);
	const struct review_finding *finding = find(findings, "fencing-never");
	assert_string_equal(finding->mend, "virtcluster maintenance gamma --wait && "
	    "virtcluster node-reset gamma --wait && virtcluster online gamma --wait");
	assert_string_equal(finding->on, "the machine with virtcluster");
}

static void
a_uuid_is_made_up(void **state)
{
	(void)state;
	SCOPED(review_material) material = material_of("healthy");
	for (guint i = 0; i < 3; i++) {
		struct review_node *node = material->nodes->pdata[i];
		replace(&node->reply[FROM_DEFINITIONS].text,
		    "<uuid>0b16a7c7-6586-4b92-b9e4-28d3fac29e6c</uuid>", "");
	}
	g_autoptr(GPtrArray) findings = review_of(material);
	const struct review_finding *finding = find(findings, "vm-no-uuid");
	assert_true(g_regex_match_simple("^grep -q '<uuid>' /srv/shared/vm1\\.xml \\|\\| sed -i "
	    "'0,\\\\\\|</name>\\|s\\|\\|</name><uuid>[-0-9a-f]{36}</uuid>\\|' /srv/shared/vm1\\.xml$",
	    finding->mend, 0, 0));
	assert_string_equal(finding->on, "each node that has the file");
}

static void
vms_are_kept_off_guest_nodes(void **state)
{
	(void)state;
	SCOPED(review_material) material = material_of("guest-and-remote-node");
	g_autoptr(GPtrArray) before = review_of(material);
	assert_null(find(before, "vm-on-guest-node"));
	replace_once(&material->cib, "<rsc_location id=\"vm1-on-hosts\" rsc=\"vm1\"",
	    "<rsc_location id=\"vm1-on-hosts\" rsc=\"app1\"");
	g_autoptr(GPtrArray) findings = review_of(material);
	assert_string_equal(find(findings, "vm-on-guest-node")->about, "vm1");
	replace_once(&material->cib, "rsc=\"app1\"", "rsc-pattern=\"^vm\"");
	g_autoptr(GPtrArray) after = review_of(material);
	assert_null(find(after, "vm-on-guest-node"));
}

static void
our_alert_is_known(void **state)
{
	(void)state;
	SCOPED(review_material) material = material_of("healthy");
	replace_once(&material->cib, "</configuration>", "<alerts><alert id=\"a\" "
	    "path=\"/var/lib/pacemaker/virtcluster-alert\"/></alerts></configuration>");
	g_autoptr(GPtrArray) findings = review_of(material);
	assert_null(find(findings, "alert"));
}

/* What is of a template holds for each that is made of it. */
static void
templates_are_read(void **state)
{
	(void)state;
	SCOPED(review_material) material = material_of("healthy");
	replace_once(&material->cib, "<primitive id=\"vm1\" class=\"ocf\" provider=\"heartbeat\" "
	    "type=\"VirtualDomain\">", "<primitive id=\"vm1\" template=\"vms\">");
	replace_once(&material->cib, "<op id=\"vm1-stop\" name=\"stop\" interval=\"0\" timeout=\"60s\"/>", "");
	replace_once(&material->cib, "<resources>", "<resources><template id=\"vms\" class=\"ocf\" "
	    "provider=\"heartbeat\" type=\"VirtualDomain\"><operations><op id=\"vms-stop\" name=\"stop\" "
	    "interval=\"0\" timeout=\"10s\"/></operations></template>");
	g_autoptr(GPtrArray) findings = review_of(material);
	assert_string_equal(find(findings, "vm-operation-short")->mend,
	    "cibadmin --modify --xml-text '<op id=\"vms-stop\" timeout=\"120s\"/>'");
	assert_null(find(findings, "vm-operation-missing"));
}

/* What Pacemaker mounts is where it is needed. */
static void
mounted_files_may_be_missing(void **state)
{
	(void)state;
	SCOPED(review_material) material = material_of("healthy");
	struct review_node *node = material->nodes->pdata[2];
	replace(&node->reply[FROM_DEFINITIONS].text, "", "");
	replace(&node->reply[FROM_DISKS].text, "", "");
	replace_once(&material->cib, "<resources>", "<resources><primitive id=\"fs\" class=\"ocf\" "
	    "provider=\"heartbeat\" type=\"Filesystem\"><instance_attributes id=\"fs-p\">"
	    "<nvpair id=\"fs-d\" name=\"directory\" value=\"/srv/shared\"/></instance_attributes>"
	    "</primitive>");
	g_autoptr(GPtrArray) findings = review_of(material);
	assert_null(find(findings, "vm-definition-missing"));
	replace(&material->cib, "\"/srv/shared\"", "\"/srv/share\"");
	g_autoptr(GPtrArray) after = review_of(material);
	assert_non_null(find(after, "vm-definition-missing"));
}

/* The worst first, and what is not known is none of the hints. */
static void
the_worst_comes_first(void **state)
{
	(void)state;
	SCOPED(review_material) material = material_of("failed-start");
	struct review_node *node = material->nodes->pdata[0];
	g_clear_pointer(&node->reply[FROM_QUORUM].text, g_free);
	node->reply[FROM_QUORUM].why = g_strdup("gone");
	g_autoptr(GPtrArray) findings = review_of(material);
	for (guint i = 1; i < findings->len; i++) {
		const struct review_finding *a = findings->pdata[i - 1], *b = findings->pdata[i];
		assert_true(a->severity >= b->severity);
	}
	assert_non_null(find(findings, "not-known"));
}

/* A second of an answer says nothing about a second of a clock. */
static void
slow_answers_tell_no_time(void **state)
{
	(void)state;
	SCOPED(review_material) material = material_of("healthy");
	struct review_node *node = material->nodes->pdata[1];
	node->reply[FROM_CLOCK].before -= 5 * G_USEC_PER_SEC;
	g_autoptr(GPtrArray) findings = review_of(material);
	assert_null(find(findings, "clock"));
	assert_non_null(strstr(find(findings, "not-known")->text, "its clock is right"));
}

/* Words come from the cluster: a shell must not find anything in them. */
static void
commands_are_quoted(void **state)
{
	(void)state;
	SCOPED(review_material) material = material_of("healthy");
	for (guint i = 0; i < 3; i++) {
		struct review_node *node = material->nodes->pdata[i];
		replace(&node->reply[FROM_DEFINITIONS].text, "<name>vm1</name>",
		    "<name>a b;'reboot'</name>");
	}
	struct review_node *node = material->nodes->pdata[0];
	replace(&node->reply[FROM_PERSISTENT].text, "\n", "a b;'reboot'\n");
	g_autoptr(GPtrArray) findings = review_of(material);
	g_auto(GStrv) words = NULL;
	assert_true(g_shell_parse_argv(find(findings, "vm-defined")->mend, NULL, &words, NULL));
	assert_int_equal(g_strv_length(words), 5);
	assert_string_equal(words[4], "a b;'reboot'");
}

static void
nonsense_is_refused(void **state)
{
	static const char *const bad[] = { "", "<html/>", "<pacemaker-result", "no XML" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		SCOPED(review_material) material = material_of("healthy");
		g_free(material->status);
		material->status = g_strdup(bad[i]);
		assert_null(judge_new(material, &error));
		assert_non_null(error);
	}
}

static void
seconds_are_read(void **state)
{
	(void)state;
	assert_true(seconds_of("90") == 90);
	assert_true(seconds_of("2min") == 120);
	assert_true(seconds_of("500ms") == 0.5);
	assert_true(seconds_of("PT1M") == 60);
	assert_true(seconds_of("soon") < 0);
	assert_true(seconds_of(NULL) < 0);
}

/* --- asking: a tool that stands for all of a node */

#define TOOL                                                                           \
	"#!/bin/sh\n[ \"$1\" != \"$MUTE\" ] || exit 1\ncase $1 in\n"                                                      \
	"crm_mon) cat " TEST_DATA "/pacemaker/healthy.crm_mon.xml ;;\n"                \
	"cibadmin) cat " TEST_DATA "/pacemaker/healthy.cib.xml ;;\n"                   \
	"date) date +%s.%N ;;\n"                                                       \
	"corosync-cmapctl) echo 'totem.token (u32) = 1000'; echo 'nodelist.node.0.ring0_addr = x' ;;\n" \
	"corosync-quorumtool) echo 'Expected votes: 1' ;;\n"                           \
	"pacemakerd) echo Pacemaker 2.1.5 ;;\n"                                        \
	"corosync) echo \"version '3.1.7'\" ;;\n"                                      \
	"virsh) case \"$*\" in *version*) echo 9.0.0 ;; esac ;;\n"                     \
	"systemctl) echo disabled; exit 1 ;;\n"                                        \
	"stonith_admin) echo \"<pacemaker-result><list count='1'/></pacemaker-result>\" ;;\n" \
	"tail) printf '==> /srv/shared/vm1.xml <==\\n<domain><name>vm1</name><uuid>u</uuid></domain>"  \
	"\\n\\n==> /dev/null <==\\n' ;;\n"                                             \
	"*) exit 1 ;;\nesac\n"

struct asked {
	char *directory, *tool, *config;
	unsigned steps, of;
	GThread *thread;
};

static void
note_progress(void *ctx, unsigned done, unsigned of, const char *what)
{
	struct asked *asked = ctx;

	assert_non_null(what);
	assert_ptr_equal(g_thread_self(), asked->thread);
	assert_true(done >= asked->steps);
	asked->steps = done;
	asked->of = of;
}

static void
asked_begin(struct asked *asked)
{
	g_autofree char *tool = g_strdup(TOOL);

	*asked = (struct asked){ .directory = g_dir_make_tmp("vcl-test-XXXXXX", NULL),
		.thread = g_thread_self() };
	asked->tool = g_build_filename(asked->directory, "tool", NULL);
	asked->config = g_build_filename(asked->directory, "conf", NULL);
	assert_true(g_file_set_contents(asked->tool, tool, -1, NULL));
	assert_int_equal(g_chmod(asked->tool, 0700), 0);
}

static void
asked_end(struct asked *asked)
{
	g_unlink(asked->tool);
	g_unlink(asked->config);
	assert_int_equal(g_rmdir(asked->directory), 0);
	g_free(asked->tool);
	g_free(asked->config);
	g_free(asked->directory);
}

/* The commands of lab-h1 and so on; NULL: it has none. */
static bool
ask_nodes(struct asked *asked, const char *const commands[3], int wake, struct review *review,
    GError **error)
{
	g_autoptr(GString) text = g_string_new("[cluster]\nbackend = pacemaker\n");

	for (int i = 0; i < 3; i++) {
		g_string_append_printf(text, "[node lab-h%d]\nuri = test:///default\n", i + 1);
		if (commands[i] != NULL)
			g_string_append_printf(text, "pacemaker = %s\n", commands[i]);
	}
	assert_true(g_file_set_contents(asked->config, text->str, -1, NULL));
	SCOPED(settings) settings = settings_load(asked->config, error);
	assert_non_null(settings);
	const struct review_request request = { .settings = settings, .wake = wake,
		.progress = note_progress, .ctx = asked };
	asked->steps = 0;
	return review_cluster(&request, review, error);
}

static void
nodes_are_asked(void **state)
{
	struct asked asked;
	struct review review;

	(void)state;
	asked_begin(&asked);
	const char *const all[3] = { asked.tool, asked.tool, asked.tool };
	assert_true(ask_nodes(&asked, all, -1, &review, NULL));
	g_autofree char *names = names_of(review.findings);
	assert_string_equal(names, "fencing-never one-ring vm-unsafe=vm1 alert");
	assert_int_equal(asked.steps, 5);
	assert_int_equal(asked.of, 5);
	assert_int_equal(review.nodes, 3);
	g_ptr_array_unref(review.findings);
	asked_end(&asked);
}

/* Each reason is told once, and nothing is found of whom nobody has asked. */
static void
who_does_not_answer_is_not_known(void **state)
{
	struct asked asked;
	struct review review;

	(void)state;
	asked_begin(&asked);
	const char *const some[3] = { "false", asked.tool, NULL };
	assert_true(ask_nodes(&asked, some, -1, &review, NULL));
	g_autofree char *names = names_of(review.findings);
	assert_string_equal(names,
	    "fencing-never not-known=lab-h1 not-known=lab-h3 one-ring vm-unsafe=vm1 alert");
	const struct review_finding *first = review.findings->pdata[1], *last = review.findings->pdata[2];
	assert_non_null(strstr(first->text, "It cannot be asked: date ended with status 1."));
	assert_non_null(strstr(first->text, "its definitions of VM applications"));
	assert_true(g_str_has_suffix(last->text,
	    "[node lab-h3] of virtcluster.conf has no \"pacemaker\"."));
	g_ptr_array_unref(review.findings);
	asked_end(&asked);
}

/* That `tail` writes nothing does not mean that there is no file. */
static void
silence_is_no_answer(void **state)
{
	struct asked asked;
	struct review review;

	(void)state;
	asked_begin(&asked);
	g_autofree char *mute = g_strconcat("env MUTE=tail ", asked.tool, NULL);
	const char *const some[3] = { asked.tool, mute, asked.tool };
	assert_true(ask_nodes(&asked, some, -1, &review, NULL));
	assert_null(find(review.findings, "vm-definition-missing"));
	assert_string_equal(find(review.findings, "not-known")->text, "Of lab-h2 it is not known: its "
	    "definitions of VM applications. tail ended with status 1");
	g_ptr_array_unref(review.findings);
	asked_end(&asked);
}

static void
without_pacemaker_there_is_no_review(void **state)
{
	struct asked asked;
	struct review review;
	g_autoptr(GError) error = NULL, stopped = NULL;
	int wake[2];

	(void)state;
	asked_begin(&asked);
	const char *const none[3] = { "false", NULL, "false" };
	assert_false(ask_nodes(&asked, none, -1, &review, &error));
	assert_string_equal(error->message, "Pacemaker cannot be asked: lab-h1: crm_mon ended with "
	    "status 1; lab-h3: crm_mon ended with status 1");
	assert_int_equal(pipe(wake), 0);
	assert_int_equal(write(wake[1], "x", 1), 1);
	const char *const slow[3] = { "sleep 100 ||", NULL, NULL };
	assert_false(ask_nodes(&asked, slow, wake[0], &review, &stopped));
	close(wake[0]);
	close(wake[1]);
	asked_end(&asked);
}

#define TEST(f) cmocka_unit_test(f)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(states_that_were_sampled), TEST(what_is_spoiled_is_found),
		TEST(each_check_is_tested), TEST(two_nodes_race),
		TEST(fencing_is_tried_on_an_empty_node), TEST(a_uuid_is_made_up),
		TEST(vms_are_kept_off_guest_nodes), TEST(our_alert_is_known),
		TEST(templates_are_read), TEST(mounted_files_may_be_missing), TEST(the_worst_comes_first),
		TEST(slow_answers_tell_no_time), TEST(commands_are_quoted),
		TEST(nonsense_is_refused), TEST(nodes_are_asked),
		TEST(who_does_not_answer_is_not_known), TEST(silence_is_no_answer),
		TEST(without_pacemaker_there_is_no_review),
		 TEST(seconds_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
