# Virtual nodes: a VM that is a node of the cluster, the applications in it, and what becomes of
# them when it moves, is switched off, or loses its host.
# plain build only: Corosync, Pacemaker and three hosts leave no room for sanitizers
# long only: a cluster of three hosts and guests in it take minutes
load helpers
load cluster

SUCCEEDED=3
MEMBER_ONLINE=2 MEMBER_OFFLINE=6
NODE_POWER_ON=5 NODE_POWER_OFF=6 NODE_POWER_RESET=7
VIRTUAL=2 # vclNodeKind, vclAppKind

setup_file() {
	cluster_begin
	lab guest h1 vn1 --node --ip 10.66.2.1/16
	lab wait vn1 LAB-UP 60
	within 60 node_cell_is vclNodeMembership lab-vn1 $MEMBER_ONLINE
	lab cib h1 resources "$(dummy app1)"
	# in the virtual node, or nowhere
	lab cib h1 configuration "<resources>$(dummy app2)</resources><constraints>$(only_on app2 lab-vn1)</constraints>"
	within 30 app_is app2 $APP_STARTED
	within 30 app_is app1 $APP_STARTED
	within 20 is_owned vn1
}

teardown_file() { lab_end; }

app_on_node() { app_shows "$1" vclAppNodeName "$2"; }
job_is() { [ "$(get "vclJobState.$1")" = "$2" ]; }
job_ended() { [ "$(get "vclJobState.$1")" -ge 3 ]; }
# ends JOB STATE
ends() {
	within 90 job_ended "$1"
	job_is "$1" "$2" || { get "vclJobError.$1" && false; }
}
app_set() { setv "$2.$(index_of vclAppName "$1")" i "$3"; }
node_set() { setv "vclNodeAction.$(node_index "$1")" i "$2"; }
app_job() { app_cell "$1" vclAppLastJob; }
no_rules() { lab exec h1 cibadmin -Q -o constraints | fails grep -e cli-prefer -e cli-ban; }

# only_on APP NODE
only_on() {
	cat <<-XML
		<rsc_location id="$1-there" rsc="$1"><rule id="$1-there-rule" score="-INFINITY">
		<expression id="$1-there-name" attribute="#uname" operation="ne" value="$2"/></rule></rsc_location>
	XML
}

# Where Pacemaker has an application, a guest node included
seat() { lab exec "$1" crm_resource -r "$2" --locate 2>/dev/null | sed -n 's/.* is running on: \([^ ]*\).*/\1/p'; }
sits() { [ "$(seat "$1" "$2")" = "$3" ]; }
app_starts() { lab serial vn1 | grep -c "LAB-APP $1 started"; }
# events_of KIND NAME: their types and reasons, the oldest first
events_of() {
	virtcluster --json events | jq -r --arg n "$2" --arg k "$1" \
		'[.[] | select(.vclEventName == $n and .vclEventObjectKind == $k)] | sort_by(.vclEventIndex | tonumber) | .[] | .vclEventType + " " + (.vclEventNewState // "") + " " + (.vclEventReason // "")'
}
# app_moved NAME NODE: by SNMP, to its end
app_moved() {
	app_set "$1" vclAppMoveTo "$(node_index "$2")"
	ends "$(app_job "$1")" $SUCCEEDED
}
# in_vn1 HOST-THAT-IS-ASKED APP
in_vn1() { sits "$1" "$2" lab-vn1 && app_on_node "$2" lab-vn1; }

@test "a virtual node has a row, with its VM" {
	node_cell_is vclNodeKind lab-vn1 $VIRTUAL
	node_cell_is vclNodeState lab-vn1 "${NODE[online]}"
	[ "$(node_cell vclNodeVm lab-vn1)" = "$(vm_index vn1)" ]
	[ "$(app_cell vn1 vclAppKind)" = $VIRTUAL ]
	[ "$(app_cell vn1 vclAppVm)" = "$(vm_index vn1)" ]
}

@test "an application moves from a physical node into the virtual node, back, and in again" {
	local from
	from=$(app_cell app1 vclAppNodeName)
	app_moved app1 lab-vn1
	sits h1 app1 lab-vn1
	app_on_node app1 lab-vn1
	[ "$(node_cell vclNodeApps lab-vn1)" = 2 ]
	[ "$(app_starts app1)" = 1 ]
	app_moved app1 "$from"
	app_is_on h1 app1 "$from"
	lab serial vn1 | grep "LAB-APP app1 stopped"
	[ "$(node_cell vclNodeApps lab-vn1)" = 1 ]
	app_moved app1 lab-vn1
	no_rules
	[ "$(app_starts app1)" = 2 ]
	[ "$(app_cell app1 vclAppMoves)" = 3 ]
	[ "$(app_cell app1 vclAppFailovers)" = 0 ]
	events_of app app1
	[ "$(events_of app app1 | grep -c '^appMoved')" = 3 ]
}

@test "the virtual node migrates live, and its application goes on" {
	local from to told told_apps
	from=$(app_on h1 vn1)
	to=$(another "$from")
	told=$(events_of node lab-vn1)
	told_apps=$(events_of app app1 && events_of app app2)
	setv "vclVmMigrateTo.$(vm_index vn1)" i "$(node_index "$to")"
	ends "$(vm_cell vclVmLastJob vn1)" $SUCCEEDED
	runs_on_only vn1 "$to"
	vm_cell_is vclVmNodeName vn1 "$to"
	app_on_node vn1 "$to"
	node_cell_is vclNodeMembership lab-vn1 $MEMBER_ONLINE
	in_vn1 h1 app1
	in_vn1 h1 app2
	[ "$(app_starts app1)" = 2 ]
	[ "$(app_starts app2)" = 1 ]
	[ "$(boots vn1)" = 1 ]
	[ "$(app_cell app1 vclAppMoves)" = 3 ]
	[ "$(app_cell vn1 vclAppMoves)" = 1 ]
	[ "$(app_cell vn1 vclAppFailovers)" = 0 ]
	diff <(echo "$told_apps") <(events_of app app1 && events_of app app2)
	diff <(echo "$told") <(events_of node lab-vn1)
}

@test "its host's power is cut: the VM, the node and the applications are back, and the rows tell of it" {
	local from other
	from=$(app_on h1 vn1)
	other=$(another "$from")
	[ "$(lab power off "$from")" = off ]
	within 60 booted vn1 2
	within 60 in_vn1 "$other" app2
	within 30 app_is app1 $APP_STARTED
	within 30 app_is vn1 $APP_STARTED
	within 20 node_cell_is vclNodeMembership lab-vn1 $MEMBER_ONLINE
	runs_on_only vn1 "$(app_on "$other" vn1)"
	vm_cell_is vclVmNodeName vn1 "$(app_on "$other" vn1)"
	[ "$(boots vn1)" = 2 ]
	[ "$(app_starts app2)" = 2 ]
	# started again where it was, or on a host, which is quicker; once
	[ "$(lab exec "$other" crm_resource -r app1 --locate | grep -c "is running on")" = 1 ]
	tell_all "$from"
	events_of app app1 | grep "appMoved .*failed over from lab-vn1"
	[ "$(app_cell app1 vclAppFailovers)" = 1 ]
	[ "$(app_cell app2 vclAppMoves)" = 0 ]
	events_of node "$from" | grep nodeFenced
	events_of app vn1 | grep "appMoved .*failed over from $from"
	events_of node lab-vn1 | grep "nodeState offline"
	events_of node lab-vn1 | tail -1 | grep "nodeState online"
	events_of vm vn1 | grep "vmMoved"
	[ "$(app_cell vn1 vclAppFailovers)" = 1 ]
	[ "$(app_cell vn1 vclAppLastNode)" = "$(node_index "$from")" ]
	within 90 node_has "$other" "$from" 'online="true"' 'pending="false"'
	apps_settle "$other"
	runs_on_only vn1 "$(app_on "$other" vn1)"
	[ "$(boots vn1)" = 2 ]
}
# The story, for who reads a failure
tell_all() {
	local name
	for name in "$1" lab-vn1; do echo "node $name" && events_of node "$name"; done
	for name in vn1 app1 app2 lab-vn1; do echo "app $name" && events_of app "$name"; done
	echo "vm vn1" && events_of vm vn1
}

@test "a virtual node is switched off, on and reset: its VM is" {
	local job before
	before=$(boots vn1)
	run virtcluster node-poweron lab-vn1
	[ "$status" -ne 0 ]
	[[ $output == *"is on: it is a member"* ]]
	node_set lab-vn1 $NODE_POWER_OFF
	ends "$(node_cell vclNodeLastJob lab-vn1)" $SUCCEEDED
	[ -z "$(hosts_of vn1)" ]
	node_cell_is vclNodeMembership lab-vn1 $MEMBER_OFFLINE
	app_is vn1 $APP_STOPPED
	within 20 app_is app1 $APP_STARTED
	fails app_on_node app1 lab-vn1
	stays 3 test -z "$(hosts_of vn1)"
	run virtcluster node-poweroff lab-vn1
	[ "$status" -ne 0 ]
	[[ $output == *"is no member at present"* ]]
	node_set lab-vn1 $NODE_POWER_ON
	ends "$(node_cell vclNodeLastJob lab-vn1)" $SUCCEEDED
	[ "$(boots vn1)" = $((before + 1)) ]
	node_cell_is vclNodeMembership lab-vn1 $MEMBER_ONLINE
	within 20 node_has_guest h1
	node_set lab-vn1 $NODE_POWER_RESET
	ends "$(node_cell vclNodeLastJob lab-vn1)" $SUCCEEDED
	[ "$(boots vn1)" = $((before + 2)) ]
	node_cell_is vclNodeMembership lab-vn1 $MEMBER_ONLINE
	[ "$(app_cell vn1 vclAppFailCount)" = 0 ]
	runs_on_only vn1 "$(app_on h1 vn1)"
}
node_has_guest() { state "$1" | grep '<resource id="lab-vn1".*role="Started"'; }

# --- becoming one, and none again

cib_has() { lab exec h1 cibadmin -Q | grep "$@"; }
has_no_node() { [ -z "$(node_index "$1")" ]; }
is_app() { vm_cell_is vclVmAppName "$1" "$1" && vm_is "$1" running; }
# job_of VM STATE: its last one
job_of() { ends "$(vm_cell vclVmLastJob "$1")" "$2"; }
VNODE_ENABLE=59 VNODE_DISABLE=60

@test "a VM becomes a node while it runs, and keeps other VMs out" {
	lab guest h1 vm1 --ha
	lab guest h1 vn2 --remoted --ip 10.66.2.2/16
	lab exec h1 cibadmin --delete -o constraints -X '<rsc_location id="vm1-on-hosts"/>'
	lab wait vn2 LAB-UP 60
	lab wait vm1 LAB-UP 60
	within 30 is_app vn2
	within 30 is_app vm1
	run virtcluster vnode enable vm1 --wait # has none; vn2's own may be known by now
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"its guest's address is not known"* ]]
	run virtcluster vnode enable vn2 --name lab-vn1 --address 10.66.2.2
	[ "$status" -ne 0 ]
	[[ $output == *"a node is called so already"* ]]
	run virtcluster vnode enable vn2 --address 10.66.2.2 --wait
	echo "$output"
	[ "$status" -eq 0 ]
	node_cell_is vclNodeMembership vn2-node $MEMBER_ONLINE
	node_cell_is vclNodeKind vn2-node $VIRTUAL
	[ "$(node_cell vclNodeVm vn2-node)" = "$(vm_index vn2)" ]
	[ "$(boots vn2)" = 1 ]
	runs_on_only vn2 "$(app_on h1 vn2)"
	state h1 | grep '<ban.*resource="vm1" node="vn2-node" weight="-1000000"'
	# nobody has looked for a VM there, or for fencing
	lab exec h1 cibadmin -Q -o status | sed -n '/<node_state.*uname="vn2-node"/,/<.node_state>/p' >"$BATS_TEST_TMPDIR/state"
	grep 'lrm_resource id="app1"' "$BATS_TEST_TMPDIR/state"
	fails grep -e '"vm1"' -e '"vn1"' -e '"fencing"' "$BATS_TEST_TMPDIR/state"
	within 20 fails cib_has virtcluster-trial # Pacemaker drops its history by and by
	run virtcluster vnode enable vn2 --address 10.66.2.2
	[ "$status" -ne 0 ]
	[[ $output == *"vn2 is the node vn2-node already"* ]]
	[ -z "$(column vclNodeName | grep trial)" ]
	[ -z "$(virtcluster events | grep trial)" ]
}

@test "it is none any longer: what ran there goes elsewhere, and the VM runs on" {
	app_moved app1 vn2-node
	lab serial vn2 | grep "LAB-APP app1 started"
	job_by_row 4711 $VNODE_DISABLE "$(vm_index vn2)" ""
	ends 4711 $SUCCEEDED
	within 10 has_no_node vn2-node
	app_is app1 $APP_STARTED
	lab serial vn2 | grep "LAB-APP app1 stopped"
	fails cib_has vn2-node
	cib_has virtcluster-hosts-only-vm1 # there is another virtual node
	[ "$(boots vn2)" = 1 ]
	is_app vn2
	runs_on_only vn2 "$(app_on h1 vn2)"
	[ "$(app_cell vn2 vclAppKind)" = 1 ]
	[ -z "$(column vclAppName | grep vn2-node)" ]
}

@test "by SNMP it becomes one, and one that is needed stays one" {
	job_by_row 4712 $VNODE_ENABLE "$(vm_index vn2)" inner "vclJobOptions.4712 s address=10.66.2.2"
	ends 4712 $SUCCEEDED
	node_cell_is vclNodeMembership inner $MEMBER_ONLINE
	app_moved app1 inner
	lab cib h1 constraints "$(only_on app1 inner)"
	run virtcluster vnode disable vn2 --wait
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"node inner cannot be given up: app1 can run nowhere else"* ]]
	sits h1 app1 inner
	[ "$(lab serial vn2 | grep -c "LAB-APP app1 started")" = 2 ]
	state h1 | grep '<node name="inner".*standby="false"'
	lab exec h1 cibadmin --delete -o constraints -X '<rsc_location id="app1-there"/>'
	sleep 2 # the same request within two seconds is the first one
	run virtcluster vnode disable vn2 --wait
	echo "$output"
	[ "$status" -eq 0 ]
	within 10 has_no_node inner
	[ "$(boots vn2)" = 1 ]
}

@test "where pacemaker_remoted does not answer, or has another key, nothing is left, and the VM stays" {
	local from
	from=$(app_on h1 vm1)
	run virtcluster vnode enable vm1 --address 10.66.2.9 --wait
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"pacemaker_remoted does not answer at 10.66.2.9"* ]]
	within 20 fails cib_has -e virtcluster-trial -e remote-addr.*10.66.2.9 # Pacemaker drops its history by and by
	runs_on_only vm1 "$from"
	[ "$(boots vm1)" = 1 ]
	app_is vm1 $APP_STARTED
	from=$(app_on h1 vn2)
	lab type "$from" vn2 'kill $(pidof pacemaker-remoted); sleep 1; setsid /etc/node wrongkey >/dev/null 2>&1 &'
	sleep 3
	run virtcluster vnode enable vn2 --address 10.66.2.2 --wait
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"Key was rejected by service"* ]]
	within 20 fails cib_has virtcluster-trial # Pacemaker drops its history by and by
	app_is_on h1 vn2 "$from"
	runs_on_only vn2 "$from"
	[ "$(boots vn2)" = 1 ]
}

@test "cancelled, or ended with the agent, it leaves nothing" {
	local job
	virtcluster vnode enable vm1 --address 10.66.2.9
	job=$(vm_cell vclVmLastJob vm1)
	within 10 cib_has virtcluster-trial
	virtcluster cancel "$job"
	within 60 job_ended "$job"
	within 20 fails cib_has virtcluster-trial # Pacemaker drops its history by and by
	virtcluster vnode enable vm1 --address 10.66.2.9
	job=$(vm_cell vclVmLastJob vm1)
	within 10 cib_has virtcluster-trial
	stack kill-agent
	stack start-agent
	within 90 job_ended "$job"
	get "vclJobError.$job"
	within 20 fails cib_has virtcluster-trial # Pacemaker drops its history by and by
	[ "$(boots vm1)" = 1 ]
}
