# Control through a real Pacemaker: VMs that are applications, applications, and nothing without
# a quorum.
# plain build only: Corosync, Pacemaker and three hosts leave no room for sanitizers
load helpers
load cluster

SUCCEEDED=3 FAILED=4
START=2 STOP=3 MOVE=4
EVACUATE=2 POWER_ON=5 POWER_OFF=6 MEMBER_OFFLINE=6 MAINTENANCE=3

setup_file() {
	cluster_begin
	lab cib h1 resources "$(dummy app1)"
	lab guest h1 vm1 --ha
	within 30 app_is app1 $APP_STARTED
	lab wait vm1 LAB-UP 60
	within 20 is_owned vm1
}

teardown_file() { lab_end; }

app_on_node() { [ "$(app_cell "$1" vclAppNodeName)" = "$2" ]; }
job_is() { [ "$(get "vclJobState.$1")" = "$2" ]; }
job_ended() { [ "$(get "vclJobState.$1")" -ge 3 ]; }
# ends JOB STATE
ends() {
	within 60 job_ended "$1"
	job_is "$1" "$2" || { get "vclJobError.$1" && false; }
}
app_set() { setv "$2.$(index_of vclAppName "$1")" i "$3"; }
node_set() { setv "vclNodeAction.$(node_index "$1")" i "$2"; }
app_job() { app_cell "$1" vclAppLastJob; }
no_rules() { lab exec h1 cibadmin -Q -o constraints | fails grep -e cli-prefer -e cli-ban; }
# Live migrations that Pacemaker has begun
moves_of() {
	local h
	for h in h1 h2 h3; do
		lab exec $h grep -h "Initiating migrate_to operation $1_migrate_to" /var/log/pacemaker/pacemaker.log || true
	done | wc -l
}

@test "a live migration goes through Pacemaker, and the VM stays" {
	local from to job before
	from=$(app_on h1 vm1)
	to=$(another "$from")
	before=$(moves_of vm1)
	setv "vclVmMigrateTo.$(vm_index vm1)" i "$(node_index "$to")"
	job=$(vm_cell vclVmLastJob vm1)
	ends "$job" $SUCCEEDED
	app_is_on h1 vm1 "$to"
	runs_on_only vm1 "$to"
	no_rules
	[ "$(moves_of vm1)" = $((before + 1)) ]
	[ "$(boots vm1)" = 1 ]
	vm_cell_is vclVmNodeName vm1 "$to"
	app_on_node vm1 "$to"
}

@test "what libvirt alone would do is refused" {
	run virtcluster migrate vm1 "$(another "$(app_on h1 vm1)")" --copy-storage
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"it cannot be told how"* ]]
	run virtcluster save vm1
	[ "$status" -ne 0 ]
	[[ $output == *"it is the application vm1 of the cluster"* ]]
	runs_on_only vm1 "$(app_on h1 vm1)"
}

@test "the power of a VM is cut, and Pacemaker neither calls it a failure nor starts it" {
	vm_action vm1 powerOff
	within 20 app_is vm1 $APP_STOPPED
	within 20 test -z "$(hosts_of vm1)"
	stays 3 test -z "$(hosts_of vm1)"
	[ "$(app_cell vm1 vclAppFailCount)" = 0 ]
	app_set vm1 vclAppAction $START
	ends "$(app_job vm1)" $SUCCEEDED
	within 30 booted vm1 2
	runs_on_only vm1 "$(app_on h1 vm1)"
}

@test "an application stops, starts and moves" {
	local from
	app_set app1 vclAppAction $STOP
	ends "$(app_job app1)" $SUCCEEDED
	[ -z "$(app_on h1 app1)" ]
	app_set app1 vclAppAction $START
	ends "$(app_job app1)" $SUCCEEDED
	from=$(app_on h1 app1)
	app_set app1 vclAppAction $MOVE
	ends "$(app_job app1)" $SUCCEEDED
	[ -n "$(app_on h1 app1)" ]
	fails app_is_on h1 app1 "$from"
	run virtcluster app-move app1 "$from" --wait
	echo "$output"
	[ "$status" -eq 0 ]
	app_is_on h1 app1 "$from"
	no_rules
}

@test "one that goes back is told of" {
	local from to
	from=$(app_on h1 app1)
	to=$(another "$from")
	lab exec h1 crm_resource -r app1 --meta -p resource-stickiness -v 0
	lab cib h1 constraints "<rsc_location id=\"app1-home\" rsc=\"app1\" node=\"lab-$from\" score=\"50\"/>"
	apps_settle
	app_set app1 vclAppMoveTo "$(node_index "$to")"
	ends "$(app_job app1)" $FAILED
	[[ $(get "vclJobError.$(app_job app1)") == *"app1 did not stay on node $to but went to $from"* ]]
	app_is_on h1 app1 "$from"
	no_rules
}

@test "what is edited by hand is followed, and not fought" {
	lab exec h2 crm_resource -r app1 --meta -p target-role -v Stopped
	within 2 app_is app1 $APP_STOPPED
	stays 3 app_is app1 $APP_STOPPED
	lab exec h2 crm_resource -r app1 --meta -p target-role -v Started
	within 2 app_is app1 $APP_STARTED
}

@test "who is in maintenance is on standby: live migration drains it, and online takes it back" {
	local from other before
	from=$(app_on h1 vm1)
	other=$(another "$from")
	before=$(boots vm1)
	run virtcluster maintenance "$from" --wait
	echo "$output"
	[ "$status" -eq 0 ]
	node_has "$other" "$from" 'standby="true"'
	fails app_is_on "$other" vm1 "$from"
	runs_on_only vm1 "$(app_on "$other" vm1)"
	[ "$(boots vm1)" = "$before" ]
	node_cell_is vclNodeState "$from" $MAINTENANCE
	[ "$(node_cell vclNodeApps "$from")" = 0 ]
	run virtcluster app-move vm1 "$from"
	[ "$status" -ne 0 ]
	[[ $output == *"which is on standby"* ]]
	run virtcluster online "$from" --wait
	echo "$output"
	[ "$status" -eq 0 ]
	node_has "$other" "$from" 'standby="false"'
}

@test "an evacuated node is not on standby any more" {
	local from other before
	from=$(app_on h1 vm1)
	other=$(another "$from")
	before=$(boots vm1)
	node_set "$from" $EVACUATE
	ends "$(node_cell vclNodeLastJob "$from")" $SUCCEEDED
	node_has "$other" "$from" 'standby="false"'
	fails app_is_on "$other" vm1 "$from"
	runs_on_only vm1 "$(app_on "$other" vm1)"
	[ "$(boots vm1)" = "$before" ]
}

@test "a node whose power is cut by SNMP is fenced, and comes back" {
	local from other job
	from=$(app_on h1 vm1)
	other=$(another "$from")
	node_set "$from" $POWER_OFF
	job=$(node_cell vclNodeLastJob "$from")
	ends "$job" $SUCCEEDED
	[ "$(lab power status "$from")" = off ]
	node_has "$other" "$from" 'online="false"' 'unclean="false"'
	node_cell_is vclNodeMembership "$from" $MEMBER_OFFLINE
	within 30 booted vm1 3
	runs_on_only vm1 "$(app_on "$other" vm1)"
	node_set "$from" $POWER_ON
	job=$(node_cell vclNodeLastJob "$from")
	ends "$job" $SUCCEEDED
	node_has "$other" "$from" 'online="true"' 'pending="false"'
	run virtcluster node-poweron "$from"
	[ "$status" -ne 0 ]
	[[ $output == *"is on: it is a member"* ]]
	runs_on_only vm1 "$(app_on "$other" vm1)"
}

@test "without a quorum nothing is begun" {
	lab net cut h2
	lab net cut h3
	within 20 quorate $FALSE
	run app_set app1 vclAppAction $STOP
	echo "$output"
	[[ $output == *resourceUnavailable* ]]
	run virtcluster app-stop app1
	[ "$status" -ne 0 ]
	[[ $output == *"no quorum"* ]]
	run node_set h2 $POWER_OFF
	[[ $output == *resourceUnavailable* ]]
}

@test "the daemon's log is clean" { log_is_clean; }
