/*
 * The table of checks: one line each, from what an expert would look at first.
 *
 * {0} is what the finding is about; the other words are those of its check.
 */
#include "collectors/review/review_private.h"

#define CRITICAL REVIEW_CRITICAL
#define WARNING  REVIEW_WARNING
#define HINT	 REVIEW_HINT

#define SET_OPTION(name, value) "crm_attribute --type crm_config --name " name " --update " value
#define SET_META "crm_resource --resource={0} --meta --set-parameter="
#define ADD_OPERATION(seconds, interval, timeout)                                      \
	"cibadmin --modify --allow-create --scope resources --xml-text "               \
	"'<primitive id=\"{0}\"><operations><op id=\"{0}-monitor-" seconds "\" "   \
	"name=\"monitor\" interval=\"" interval "\" timeout=\"" timeout "\"/></operations></primitive>'"
#define SET_OPERATION(at, attribute, value)                                            \
	"cibadmin --modify --xml-text '<op id=\"{" at "}\" " attribute "=\"{" value "}\"/>'"

const struct check checks[] = {
	/* --- the cluster */
	{ "fencing-off", CRITICAL, "options", check_fencing_off,
	    "Fencing is switched off (stonith-enabled={1}): a node that is lost may go on, and what "
	    "it ran is started elsewhere a second time.",
	    SET_OPTION("stonith-enabled", "true"), NULL,
	    "Nothing starts then until there is a fencing device." },
	{ "quorum-ignored", CRITICAL, "options", check_quorum_ignored,
	    "Members without a quorum go on all the same (no-quorum-policy=ignore): after a cut of "
	    "the network both halves act.",
	    SET_OPTION("no-quorum-policy", "stop") },
	{ "no-quorum", CRITICAL, "state", check_no_quorum,
	    "The cluster has no quorum.", NULL, NULL,
	    "Start the nodes that are missing." },
	{ "maintenance-mode", WARNING, "options", check_maintenance_mode,
	    "The whole cluster is in maintenance mode: whatever fails stays so.",
	    SET_OPTION("maintenance-mode", "false") },
	{ "stop-all", WARNING, "options", check_stop_all,
	    "Pacemaker is told to stop everything (stop-all-resources).",
	    SET_OPTION("stop-all-resources", "false") },
	{ "node-unclean", CRITICAL, "state", check_node_unclean,
	    "Nobody knows what runs on {0}: it is lost, and was not fenced.",
	    "stonith_admin --reboot={0}", NULL, NULL },
	{ "node-offline", WARNING, "state", check_node_offline,
	    "{0} is no member at present.", "systemctl start pacemaker", "{0}", NULL },
	{ "node-maintenance", WARNING, "state", check_node_maintenance,
	    "{0} is in maintenance: whatever fails there stays so.",
	    "crm_attribute --node {0} --name maintenance --delete" },
	{ "node-standby", HINT, "state", check_node_standby,
	    "{0} is on standby and takes over nothing.",
	    "crm_attribute --node {0} --name standby --delete" },
	{ "node-left", HINT, "nodes, Corosync", check_unknown_members,
	    "Pacemaker still knows {0}, which is not in the list of Corosync's nodes.",
	    "crm_node --force --remove={0}" },

	/* --- fencing */
	{ "fencing-no-device", CRITICAL, "resources", check_no_device,
	    "There is no fencing device: when a node is lost, nothing of it is started elsewhere.",
	    NULL, NULL, "stonith_admin --list-installed shows what there is for your hardware." },
	{ "fencing-uncovered", CRITICAL, "the fencer", check_uncovered,
	    "No fencing device can fence {0}: when it is lost, nothing of it is started elsewhere.",
	    "{1}", NULL, "The device must have an outlet, or whatever it switches, for it." },
	{ "fencing-failed", CRITICAL, "history of fencing", check_fencing_failed,
	    "The last fencing of {0} has failed.", "{1}", "{2}",
	    "That empties the node and then cuts its power, as a test." },
	{ "fencing-never", WARNING, "history of fencing", check_never_fenced,
	    "No node has been fenced since the cluster was started: nobody knows whether it works.",
	    "{1}", "{2}",
	    "That empties a node and then cuts its power, as a test." },
	{ "fencing-untested", HINT, "history of fencing", check_untested,
	    "{0} has not been fenced since the cluster was started: nobody knows whether it works.",
	    "{1}", "{2}",
	    "That empties the node and then cuts its power, as a test." },
	{ "fencing-monitor", WARNING, "resources", check_device_monitor,
	    "The fencing device {0} has no monitor operation: that it is broken is found out when "
	    "it is needed.",
	    ADD_OPERATION("60", "60s", "20s") },
	{ "fencing-stopped", WARNING, "state", check_device_stopped,
	    "The fencing device {0} is not started.", "{1}" },
	{ "fencing-race", WARNING, "options, resources", check_fence_race,
	    "Two nodes that lose each other fence each other: neither waits.",
	    SET_OPTION("priority-fencing-delay", "15s"), NULL,
	    "The node whose applications have the higher priority wins; give them one." },

	/* --- Corosync */
	{ "token-long", HINT, "Corosync", check_token_long,
	    "A node counts as lost after {1} ms only (token): a failover takes longer than 5 s.",
	    "{2}", "each node", "First try whether the network is quiet enough for that." },
	{ "token-short", WARNING, "Corosync", check_token_short,
	    "A node counts as lost after {1} ms (token): a busy one is fenced as if it had died.",
	    "{2}", "each node", NULL },
	{ "one-ring", HINT, "Corosync", check_one_ring,
	    "The nodes have one network between them: when that fails, they lose each other.",
	    NULL, NULL, "Give each node of corosync.conf a ring1_addr of another network." },
	{ "two-node", WARNING, "Corosync", check_two_node,
	    "Of two nodes none has a quorum alone: when one is lost the other stops.",
	    "{1}", "each node", NULL },
	{ "wait-for-all", WARNING, "Corosync", check_wait_for_all,
	    "wait_for_all is off for two nodes: one that starts alone fences the other.",
	    "{1}", "each node", NULL },
	{ "even-votes", HINT, "Corosync", check_even_votes,
	    "Of {1} nodes two halves have no quorum, either of them, and no quorum device decides.",
	    NULL, NULL, "Set a corosync-qnetd up on another machine, or add a node." },
	{ "expected-votes", WARNING, "votes", check_expected_votes,
	    "Corosync expects {1} votes of {2} nodes.", "corosync-quorumtool -e {2}", NULL, NULL },
	{ "corosync-differs", WARNING, "Corosync", check_corosync_differs,
	    "{0} and {1} have different settings of Corosync: {2}.",
	    "scp -p /etc/corosync/corosync.conf root@{0}:/etc/corosync/ && corosync-cfgtool -R",
	    "{1}", "See first which of them is right." },

	/* --- nodes */
	{ "clock", WARNING, "clocks", check_clocks,
	    "The clock of {0} is {1} s {2} that of {3}.", "chronyc makestep", "{0}",
	    "With another time service: restart that." },
	{ "version-pacemaker", WARNING, "versions", check_versions_pacemaker,
	    "{0} has Pacemaker {1}, {2} has {3}.", NULL, NULL,
	    "Upgrade one after the other; do not leave it at that." },
	{ "version-corosync", WARNING, "versions", check_versions_corosync,
	    "{0} has Corosync {1}, {2} has {3}.", NULL, NULL,
	    "Upgrade one after the other; do not leave it at that." },
	{ "version-libvirt", WARNING, "versions", check_versions_libvirt,
	    "{0} has libvirt {1}, {2} has {3}: live migration may work in one direction only.",
	    NULL, NULL, "Upgrade one after the other; do not leave it at that." },
	{ "libvirt-guests", WARNING, "units", check_libvirt_guests,
	    "libvirt-guests is enabled on {0}: when that shuts down it stops VMs that Pacemaker would "
	    "migrate.",
	    "systemctl disable libvirt-guests.service", "{1}",
	    "Not with --now, which stops the VMs; it holds from the next start of the node on." },

	/* --- resources */
	{ "active-twice", CRITICAL, "state", check_active_twice,
	    "{0} is started on {1} nodes at once.", NULL, NULL,
	    "Stop all of them but one; of a VM, see first what has become of its disks." },
	{ "stickiness", WARNING, "resources, defaults", check_stickiness,
	    "{2} goes back after each move or failover (no resource-stickiness).", "{1}" },
	{ "move-left", WARNING, "constraints", check_leftovers,
	    "A move of {0} has left a rule behind ({1}), which decides where it may be.",
	    "crm_resource --resource={0} --clear", NULL, "Not while it is being moved." },
	{ "failures", WARNING, "state", check_failcounts,
	    "{0} has failed {1}{2}{3}.", "crm_resource --resource={0} --cleanup", NULL,
	    "See first why; the count decides where it may start." },
	{ "failed-action", WARNING, "state", check_failed_actions,
	    "An action of {0} has failed: {1} on {2}, {3}.", "crm_resource --resource={0} --cleanup",
	    NULL, "See first why." },
	{ "unmanaged", WARNING, "resources", check_unmanaged,
	    "{0} is not managed ({1}): nobody starts it again when it fails.",
	    SET_META "{1} --parameter-value={2}" },
	{ "blocked", WARNING, "state", check_blocked,
	    "{0} is blocked: Pacemaker does nothing with it any more.",
	    "crm_resource --resource={0} --cleanup", NULL, "See first why." },

	/* --- applications that are VMs */
	{ "vm-allow-migrate", WARNING, "resources", check_allow_migrate,
	    "{0} is not migrated live but stopped and started (no allow-migrate).",
	    SET_META "allow-migrate --parameter-value=true" },
	{ "vm-transport", WARNING, "libvirt", check_transport,
	    "VMs cannot be migrated live from {0} to {1}: its libvirt is not reached as {2} ({3}).",
	    NULL, NULL, "Mend the way, or set migration_transport to one that works." },
	{ "vm-unsafe", HINT, "resources", check_unsafe,
	    "{0} is migrated although libvirt calls it unsafe (migrate_options).", "{1}", NULL,
	    "Only if its disks are on storage that libvirt knows to be shared." },
	{ "vm-monitor", WARNING, "resources", check_vm_monitor,
	    "{0} has no monitor operation: that it has died is not noticed.",
	    ADD_OPERATION("10", "10s", "30s") },
	{ "vm-operation-missing", WARNING, "resources", check_operation_absent,
	    "{0} has no operation {1}, so that it has {2} for it, Pacemaker's default.",
	    "cibadmin --modify --allow-create --scope resources --xml-text "
	    "'<primitive id=\"{0}\"><operations><op id=\"{3}\" name=\"{1}\" interval=\"0\" "
	    "timeout=\"{4}\"/></operations></primitive>'" },
	{ "vm-operation-short", WARNING, "resources", check_operation_short,
	    "{0} has {2} for its operation {1}, which a guest may well need.",
	    SET_OPERATION("3", "timeout", "4") },
	{ "vm-stop-slow", WARNING, "resources, history", check_stop_took,
	    "The last stop of {0} took {1} of the {2} that it may: its power is cut at the end of "
	    "them.",
	    SET_OPERATION("3", "timeout", "4") },
	{ "vm-failure-ignored", WARNING, "resources", check_on_fail_ignore,
	    "That operation {1} of {0} fails is ignored (on-fail).",
	    SET_OPERATION("2", "on-fail", "3") },
	{ "vm-stop-blocks", WARNING, "resources", check_on_fail_block,
	    "When {0} cannot be stopped it stays down for good (on-fail=block).",
	    SET_OPERATION("2", "on-fail", "3") },
	{ "vm-threshold", HINT, "resources", check_threshold,
	    "A node where {0} has failed {1} times is barred for good (no failure-timeout).",
	    SET_META "failure-timeout --parameter-value=10min" },
	{ "vm-on-guest-node", WARNING, "constraints", check_on_guests,
	    "Pacemaker may start {0} on {1}, which is a virtual or remote node.",
	    "cibadmin --modify --allow-create --scope constraints --xml-text "
	    "'<constraints><rsc_location id=\"{0}-on-hosts\" rsc=\"{0}\" "
	    "resource-discovery=\"never\"><rule id=\"{0}-on-hosts-rule\" score=\"-INFINITY\">"
	    "<expression id=\"{0}-on-hosts-kind\" attribute=\"#kind\" operation=\"ne\" "
	    "value=\"cluster\"/></rule></rsc_location></constraints>'" },
	{ "vm-definition-missing", CRITICAL, "definitions", check_definition_missing,
	    "{0} cannot be started on {1}: no definition {2} there ({3}).", "{4}", "{5}", NULL },
	{ "vm-definition-differs", CRITICAL, "definitions", check_definition_differs,
	    "{0} is another machine on {1}: its definition {2} differs from that on {3}.",
	    "{4}", "{3}", "See first which of them is right." },
	{ "vm-no-uuid", WARNING, "definitions", check_no_uuid,
	    "The definition of {0} has no UUID ({1}): it is another VM after each start.",
	    "{2}", "{3}", "It holds from the next start of the VM on." },
	{ "vm-no-mac", WARNING, "definitions", check_no_mac,
	    "A network interface of {0} has no MAC address ({1}): it is another one after each start.",
	    NULL, NULL, "Put a <mac address='52:54:00:...'/> into the definition." },
	{ "vm-disk-missing", CRITICAL, "disks", check_disk_missing,
	    "{0} cannot be started on {3}: its disk {1} is not there ({2}).", NULL, NULL,
	    "Put it on storage that all nodes have." },
	{ "vm-disk-inactive", HINT, "disks", check_device_missing,
	    "Disk {1} of {0} is not there on {3} at present ({2}).", NULL, NULL,
	    "Something must activate it there before {0} is started." },
	{ "vm-disk-not-shared", CRITICAL, "disks", check_disk_differs,
	    "{0} has another disk {1} on {3} than on {4}: {2} is not shared.", NULL, NULL,
	    "Put it on storage that all nodes share; if it is, say so in [migrate] shared." },
	{ "vm-disk-unlocked", WARNING, "definitions", check_shareable,
	    "Disk {1} of {0} is shareable: QEMU does not lock it, and a second copy of the VM would "
	    "destroy it.",
	    "sed -i 's|<shareable */>||g' {2}", "{3}", "It holds from the next start of the VM on." },
	{ "vm-disk-unsafe", WARNING, "definitions", check_cache_unsafe,
	    "Disk {1} of {0} has the cache mode unsafe: what the guest has flushed is lost with its "
	    "node.",
	    "sed -i 's|cache=.unsafe.|cache=\"none\"|g' {2}", "{3}",
	    "It holds from the next start of the VM on." },
	{ "vm-autostart", CRITICAL, "libvirt", check_autostart,
	    "libvirt starts {2} with {1}, wherever Pacemaker has it.",
	    "virsh -c {3} autostart --disable {2}", "{1}", NULL },
	{ "vm-defined", WARNING, "libvirt", check_persistent,
	    "{2} is defined in libvirt on {1} as well, so that it can be started behind Pacemaker's "
	    "back.",
	    "virsh -c {3} undefine {2}", "{1}", NULL },

	/* --- whoever is to be told */
	{ "alert", HINT, "alerts", check_alert,
	    "Pacemaker does not tell virtclusterd when something happens, which is then seen later.",
	    "cibadmin --modify --allow-create --scope configuration --xml-text "
	    "'<configuration><alerts><alert id=\"virtcluster\" "
	    "path=\"/var/lib/pacemaker/virtcluster-alert\"/></alerts></configuration>'",
	    NULL, "Put virtcluster-alert there on each node before: see the operator's guide." },
};
const size_t checks_n = G_N_ELEMENTS(checks);
