# What is told and done when a cluster goes wrong: a cable, fencing that fails, no quorum.
# plain build only: Corosync, Pacemaker and three hosts leave no room for sanitizers
# long only: each fault takes Pacemaker half a minute
load helpers
load cluster

MEMBER_ONLINE=2 MEMBER_OFFLINE=6 MEMBER_UNCLEAN=7

setup_file() {
	cluster_begin 'interval = 2'
	lab cib h1 resources "$(dummy app1)"
	lab guest h1 vm1 --ha
	lab guest h1 vm2 --ha
	lab wait vm1 LAB-UP 60
	lab wait vm2 LAB-UP 60
	within 20 is_owned vm1
	within 20 is_owned vm2
	watch_for_twins &
	echo $! >"$LAB_DIR/twins.pid"
}

teardown_file() {
	kill "$(cat "$LAB_DIR/twins.pid")"
	lab_end
}

# From the first test to the last: whoever of the two VMs runs in two places is written down.
# A live migration has the target paused until the source is.
watch_for_twins() {
	local vm h on
	exec 3>&- </dev/null >/dev/null 2>&1
	while sleep 0.3; do
		for vm in vm1 vm2; do
			on=
			for h in h1 h2 h3; do
				[ "$(timeout 3 "$TOP/tests/lab/lab" virsh $h domstate $vm | head -1)" != running ] || on="$on $h"
			done
			[ "$(wc -w <<<"$on")" -lt 2 ] || echo "$vm:$on" >>"$LAB_DIR/twins"
		done
	done
}

membership_is() { node_cell_is vclNodeMembership "$1" "$2"; }
node_is() { node_cell_is vclNodeState "$1" "${NODE[$2]}"; }
app_on_host() { [ "$(app_cell "$1" vclAppNodeName)" = "$2" ]; }
# refused SENTENCE COMMAND...: and nothing was begun
refused() {
	local says=$1
	run "${@:2}"
	echo "$output"
	[ "$status" -ne 0 ] && [[ $output == *"$says"* ]]
}
runs_elsewhere() { # VM HOST
	[ "$(hosts_of "$1")" != "$2 " ] && [ "$(hosts_of "$1" | wc -w)" = 1 ]
}

@test "a cable is pulled: unclean and unknown, then fenced; its VM runs elsewhere; it comes back" {
	local from other mark before
	from=$(app_on h1 vm1)
	other=$(another "$from")
	before=$(boots vm1)
	mark=$(trap_mark)
	lab net cut "$from"
	within 20 node_is "$from" unclean
	within 10 alarm_is nodeUnreachable
	within 10 got_trap "$mark" "$(oid vclNodeStateChanged)|" "$from" unclean
	within 40 booted vm1 $((before + 1))
	within 10 app_is vm1 $APP_STARTED
	fails app_on_host vm1 "$from"
	within 10 runs_elsewhere vm1 "$from"
	vm_cell_is vclVmNodeName vm1 "$(app_on "$other" vm1)"
	within 10 got_trap "$mark" vm1 "failed over from $from to "
	quorate $TRUE
	# it starts without its cable, and is no member: no quorum of its own deceives anybody
	within 40 state "$from"
	stays 5 quorate $TRUE
	fails membership_is "$from" $MEMBER_ONLINE
	lab net mend "$from"
	within 60 membership_is "$from" $MEMBER_ONLINE
	within 20 node_is "$from" online
	[ "$(boots vm1)" = $((before + 1)) ]
}

@test "fencing fails: the node stays unclean, its VM unknown, nothing starts, control is refused" {
	local from other mark before target
	from=$(app_on h1 vm2)
	other=$(another "$from")
	target=$(another "$other")
	[ "$target" != "$from" ] || target=h3
	before=$(boots vm2)
	mark=$(trap_mark)
	lab fencing break
	lab power off "$from"
	within 20 node_is "$from" unclean
	within 10 app_is vm2 $APP_UNKNOWN
	within 30 fails vm_is vm2 running
	[ "$(vm_cell vclVmState vm2)" = 7 ]
	stays 5 test -z "$(hosts_of vm2)"
	[ "$(boots vm2)" = "$before" ]
	node_is "$from" unclean
	membership_is "$from" $MEMBER_UNCLEAN
	virtcluster show node "$from"
	refused "nobody knows whether vm2 runs" virtcluster app-move vm2 "$target"
	refused "nobody knows whether vm2 runs" virtcluster app-stop vm2
	refused "vm2" virtcluster migrate vm2 "$target"
	refused "vm2" virtcluster start vm2
	refused resourceUnavailable setv "vclVmMigrateTo.$(vm_index vm2)" i "$(node_index "$target")"
	refused "is unclean" virtcluster app-move app1 "$from"
	[ "$(boots vm2)" = "$before" ]
}

@test "fencing works again: all by itself, or after one word, it is over" {
	local h lost
	for h in h1 h2 h3; do ! node_is $h unclean || lost=$h; done
	lab fencing mend
	# Pacemaker gives up after ten failures, until something happens or somebody asks
	within 60 membership_is "$lost" $MEMBER_ONLINE || {
		run virtcluster node-reset "$lost" --wait
		echo "$output"
		within 60 membership_is "$lost" $MEMBER_ONLINE
	}
	within 60 app_is vm2 $APP_STARTED
	within 30 vm_is vm2 running
	[ "$(hosts_of vm2 | wc -w)" = 1 ]
	within 30 node_is "$lost" online
	within 20 fails alarm_is nodeUnreachable
}

@test "the quorum is lost: told, control refused, VMs stopped by Pacemaker; back by itself" {
	local mark
	mark=$(trap_mark)
	lab net cut h2
	lab net cut h3
	within 20 quorate $FALSE
	within 5 got_trap "$mark" "$(oid vclQuorumChanged)|" notQuorate
	within 10 alarm_is quorumLost
	refused "no quorum" virtcluster app-stop app1
	refused "no quorum" virtcluster app-move vm1 h2
	refused "no quorum" virtcluster app-stop vm2
	refused "no quorum" virtcluster node-poweroff h2
	refused "no quorum" virtcluster maintenance h2
	lab net mend h2
	lab net mend h3
	within 90 quorate $TRUE
	for h in h1 h2 h3; do within 90 membership_is $h $MEMBER_ONLINE; done
	within 60 app_is vm1 $APP_STARTED
	within 60 app_is vm2 $APP_STARTED
	within 30 vm_is vm1 running
	within 20 fails alarm_is quorumLost
}

@test "neither VM ran in two places, at any time" {
	kill -0 "$(cat "$LAB_DIR/twins.pid")"
	cat "$LAB_DIR/twins" 2>/dev/null || true
	[ ! -e "$LAB_DIR/twins" ]
	fails alarm_is vmDuplicate
}

@test "the daemon's log is clean" { log_is_clean; }
