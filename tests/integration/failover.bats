# The agent as resources of a cluster: it moves with its address, by a power cut and by order.
# alone: it measures times, of three hosts with Corosync and Pacemaker
# long only: likewise
# plain build only: likewise
load helpers
load cluster

VMS="ha1 ha2 ha3"
APP_STARTED=1 START=2 STOP=3 SUCCEEDED=3
# Seconds; what is aimed at is 5 and 10, on a machine that does nothing else.
VMS_WITHIN=15 GET_WITHIN=20

setup_file() {
	local vm
	LAB_DIR=$(mktemp -d /tmp/vclXXXXXX)
	export LAB_DIR
	lab up 3
	lab cluster --shipped
	lab cib h1 resources "$(dummy app1)"
	# who is fenced stays off until somebody switches it on
	lab exec h1 crm_attribute -n stonith-action -v off
	for vm in $VMS; do lab guest h1 "$vm" --ha; done
	lab agent-group h1
	eval "$(lab agent-env)"
	export HERE_NOW=h1
	gather h1
	for vm in $VMS; do lab wait "$vm" LAB-UP 60; done
	within 20 all_are_known h1
}

teardown_file() { lab down; }

# A manager is outside.
snmpget() { $AGENT_OUTSIDE snmpget "$@"; }
snmpset() { $AGENT_OUTSIDE snmpset "$@"; }
snmpbulkwalk() { $AGENT_OUTSIDE snmpbulkwalk "$@"; }

say() { echo "# $*" >&3; }
any_host() { lab hosts | while read -r h; do lab exec "$h" true 2>/dev/null && echo "$h" && break; done; }
agent_host() { app_on "$(any_host)" virtclusterd; }
app_cell() { get "$2.$(index_of vclAppName "$1")" | tr -d '"'; }
app_is() { [ "$(app_cell "$1" vclAppState)" = "$2" ]; }

all_on() {
	local app
	for app in $VMS virtclusterd; do app_is_on "$1" "$app" "$1" || return 1; done
}
# Three VMs and the agent on that host
gather() {
	local app
	for app in $VMS agent; do
		lab exec "$1" crm_resource --move -r "$app" -N "lab-$1" || true # it is there already
	done
	within 60 all_on "$1"
	apps_settle "$1"
	for app in $VMS agent; do lab exec "$1" crm_resource --clear -r "$app"; done
}
all_are_known() {
	local vm
	for vm in $VMS; do
		vm_is "$vm" running && vm_cell_is vclVmNodeName "$vm" "$1" && app_is "$vm" $APP_STARTED || return 1
	done
	app_is agent $APP_STARTED && app_is app1 $APP_STARTED
}

# What a manager remembers an object by, and the jobs that it has asked for.
memory() {
	local of
	for of in vclVmName vclVmUuid vclNodeName vclAppName vclPoolName; do
		echo "$of"
		column $of | sort
	done
}
history() {
	local of
	for of in vclJobType vclJobState vclJobObjectIndex vclJobRequester vclJobSubmitted vclJobFinishedAt; do
		column $of | sort
	done
}

# --- the cut

# The first moment at which the command succeeds, in ms, into a file
note_first() { # FILE COMMAND...
	local file=$1
	shift
	until "$@" >/dev/null 2>&1; do sleep 0.05; done
	now_ms >"$file"
}
vm_has_started() { # VM LOST-HOST
	local h
	for h in h1 h2 h3; do
		[ "$h" = "$2" ] || [ ! -S "$LAB_DIR/hosts/$h/run/libvirt-sock" ] || {
			virsh -q -c "qemu+unix:///system?socket=$LAB_DIR/hosts/$h/run/libvirt-sock" \
				domstate "$1" | grep -q running && return
		}
	done
	return 1
}
# shellcheck disable=SC2086
quick_get() { snmpget -r 0 -t 0.3 -Oqv -Oe $VCL_READ "$VCL_SNMP" "$1"; }
replies() { [[ $(quick_get "$1") =~ ^[0-9] ]]; }
# A row that tells where the VM really runs
good_get() { # STATE-OID NODE-OID LOST-HOST
	local host
	[ "$(quick_get "$1")" = 1 ] || return 1
	host=$(quick_get "$2" | tr -d '"')
	[[ $host = h[123] ]] && [ "$host" != "$3" ]
}

# cut_power HOST: prints how long what took
cut_power() {
	local cut vm jobs=() d=$BATS_TEST_TMPDIR/cut vms=0 t state node
	state=$(oid "vclVmState.$(vm_index ha1)") node=$(oid "vclVmNodeName.$(vm_index ha1)")
	rm -rf "$d" && mkdir "$d"
	cut=$(now_ms)
	kill -9 "$(cut -d' ' -f1 "$LAB_DIR/hosts/$1/init.pid")"
	for vm in $VMS; do
		note_first "$d/$vm" vm_has_started "$vm" "$1" 3>&- &
		jobs+=($!)
	done
	note_first "$d/reply" replies "$(oid vclVmNumber.0)" 3>&- &
	jobs+=($!)
	note_first "$d/good" good_get "$state" "$node" "$1" 3>&- &
	jobs+=($!)
	within 60 test -s "$d/ha1" -a -s "$d/ha2" -a -s "$d/ha3" -a -s "$d/reply" -a -s "$d/good" || {
		kill "${jobs[@]}"
		lab exec "$(any_host)" crm_mon -1rf
		ls "$d"
		return 1
	}
	for vm in $VMS; do
		t=$(($(cat "$d/$vm") - cut))
		[ $t -le $vms ] || vms=$t
	done
	REPLY_MS=$(($(cat "$d/reply") - cut)) GOOD_MS=$(($(cat "$d/good") - cut)) VMS_MS=$vms
	say "cut of $1: VMs started after $vms ms, first reply after $REPLY_MS ms, first good GET after $GOOD_MS ms"
}

# told_of MARK PATTERN...: within a while, once and from the virtual address
told_of() {
	within 30 got_trap "$@" || { traps_since "$1"; return 1; }
}
only_from_address() {
	traps_since "$1" | fails grep -v "^UDP: \[$AGENT_ADDRESS\]:"
}

power_is_cut() { # HOST
	local before jobs vm mark boots started
	before=$(memory)
	jobs=$(history)
	declare -A boots
	for vm in $VMS; do boots[$vm]=$(boots "$vm"); done
	mark=$(trap_mark)
	cut_power "$1"
	[ "$VMS_MS" -lt $((VMS_WITHIN * 1000)) ]
	[ "$GOOD_MS" -lt $((GET_WITHIN * 1000)) ]
	# the manager finds what it knew
	within 30 same_memory "$before"
	diff <(echo "$jobs") <(history)
	# everything runs once, also when the host is back
	for vm in $VMS; do [ "$(hosts_of "$vm" | wc -w)" = 1 ]; done
	started=$(get vclClusterStarted.0)
	lab power on "$1"
	within 30 node_has "$(any_host)" "$1" 'online="true"' 'pending="false"'
	for vm in $VMS; do
		[ "$(hosts_of "$vm" | wc -w)" = 1 ]
		within 40 booted "$vm" $((${boots[$vm]} + 1))
	done
	stays 5 each_runs_once
	for vm in $VMS; do [ "$(boots "$vm")" = $((${boots[$vm]} + 1)) ]; done
	[ "$(get vclClusterStarted.0)" = "$started" ] # that it is back concerns nobody
	# and it was told of
	told_of "$mark" "$(oid vclNodeStateChanged)" "\"$1\""
	for vm in $VMS; do
		told_of "$mark" "$(oid vclVmMigrated)" "\"$vm\"" "moved from $1 to"
		told_of "$mark" "$(oid vclAppStateChanged)" "\"$vm\"" "failed over from $1 to"
	done
	told_of "$mark" "$(oid vclAppStateChanged)" '"agent"' "failed over from $1 to"
	only_from_address "$mark"
}
same_memory() { [ "$(memory)" = "$1" ]; }
each_runs_once() {
	local vm
	for vm in $VMS; do [ "$(hosts_of "$vm" | wc -w)" = 1 ] || return 1; done
}

job_is() { [ "$(get "vclJobState.$1")" = "$2" ]; }
job_ended() { [ "$(get "vclJobState.$1")" -ge 3 ]; }
app_job() { app_cell "$1" vclAppLastJob; }

@test "the agent answers on the virtual address, and SNMPv3 knows its engine" {
	[ "$(agent_host)" = h1 ]
	# shellcheck disable=SC2086
	snmpget $VCL_V3_READ "$VCL_SNMP" "$(oid vclClusterName.0)"
}

@test "power cut of the node that runs three VMs and the agent" {
	setv "vclAppAction.$(index_of vclAppName app1)" i $STOP
	within 30 job_ended "$(app_job app1)"
	power_is_cut h1
}

@test "and again, on another one" {
	local n
	for n in $(seq "${FAILOVER_RUNS:-1}"); do
		gather "h$((n % 3 + 1))"
		within 20 all_are_known "h$((n % 3 + 1))" || within 20 vm_is ha1 running
		power_is_cut "h$((n % 3 + 1))"
	done
}

@test "a planned move takes the job that has just ended along" {
	local from to job mark engine boots
	from=$(agent_host)
	to=h1
	[ "$from" != h1 ] || to=h2
	# shellcheck disable=SC2086
	engine=$(snmpget -Oqv $VCL_READ "$VCL_SNMP" .1.3.6.1.6.3.10.2.1.1.0)
	# shellcheck disable=SC2086
	boots=$(snmpget -Oqv $VCL_READ "$VCL_SNMP" .1.3.6.1.6.3.10.2.1.2.0)
	mark=$(trap_mark)
	setv "vclAppAction.$(index_of vclAppName app1)" i $START
	job=$(app_job app1)
	within 30 job_ended "$job"
	lab exec "$to" crm_resource --move -r agent -N "lab-$to"
	within 30 app_is_on "$to" virtclusterd "$to"
	within 10 job_is "$job" $SUCCEEDED # once it has registered with its snmpd
	lab exec "$to" crm_resource --clear -r agent
	told_of "$mark" "$(oid vclJobFinished)" "app1"
	stays 3 true
	[ "$(traps_since "$mark" | grep -F "$(oid vclJobFinished)" | grep -c app1)" = 1 ]
	only_from_address "$mark"
	# shellcheck disable=SC2086
	[ "$(snmpget -Oqv $VCL_READ "$VCL_SNMP" .1.3.6.1.6.3.10.2.1.1.0)" = "$engine" ]
	# shellcheck disable=SC2086
	[ "$(snmpget -Oqv $VCL_READ "$VCL_SNMP" .1.3.6.1.6.3.10.2.1.2.0)" -gt "$boots" ]
}

@test "a job that a move finds running ends once, and is told of" {
	local from to job mark
	from=$(agent_host)
	to=h1
	[ "$from" != h1 ] || to=h2
	mark=$(trap_mark)
	setv "vclAppAction.$(index_of vclAppName app1)" i $STOP
	job=$(app_job app1)
	lab exec "$to" crm_resource --move -r agent -N "lab-$to"
	within 30 app_is_on "$to" virtclusterd "$to"
	within 30 job_ended "$job"
	lab exec "$to" crm_resource --clear -r agent
	told_of "$mark" "$(oid vclJobFinished)" "app1"
	stays 3 true
	[ "$(traps_since "$mark" | grep -F "$(oid vclJobFinished)" | grep -c app1)" = 1 ]
}

@test "the daemon is killed: it is back on the same node" {
	local from
	from=$(agent_host)
	lab exec "$from" sh -c 'kill -9 $(cut -d" " -f1 /run/resource-agents/virtcluster-virtclusterd.pid)'
	within 40 lab exec "$from" test -S /run/virtcluster/control.sock
	within 40 replies "$(oid vclVmNumber.0)"
	[ "$(agent_host)" = "$from" ]
}
