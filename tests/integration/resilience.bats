# What breaks at three in the morning: daemons killed, stopped, restarted.
# alone: it measures how long answers take
load helpers

setup_file() {
	lab_begin 2
	lab guest h1 web1
	lab guest h1 db1 --no-start
	lab guest h2 app1
	lab wait web1 LAB-UP 60
	within 10 vm_is web1 running
	within 10 vm_is app1 running
}

teardown_file() {
	end_other_agent
	lab_end
}

indexes() {
	column vclVmName
	column vclNodeName
}
indexes_are() { [ "$(indexes)" = "$1" ]; }
jobs() { column vclJobType; }
age_below() { [ "$(vm_cell vclVmSampleAge "$1")" -le "$2" ]; }
agent_answers() { get vclVmNumber.0; }

@test "kill -9 of the daemon at any moment: indexes stay, no accepted job is lost" {
	local before round job rounds=5
	[ -z "${VCL_LONG:-}" ] || rounds=30
	before=$(indexes)
	for ((round = 1; round <= rounds; round++)); do
		# the answer to this SET is a promise; the kill comes right behind it
		setv "vclVmAction.$(vm_index db1)" i "${ACTION[powerOn]}" || setv "vclVmAction.$(vm_index db1)" i "${ACTION[powerOff]}"
		stack kill-agent
		job=$((${job:-0} + 1))
		stack start-agent
		within 10 agent_answers
		within 10 indexes_are "$before" # each host's rows come with its first sample
		echo "round $round: $(jobs | wc -l) jobs, wanted $job"
		[ "$(jobs | wc -l)" -eq "$job" ]
		sleep 3
	done
	# each has an end: done, or truthfully interrupted
	within 20 fails grep -qE ' [12]$' <(column vclJobState)
	column vclJobState
}

@test "kill -9 in the middle of a running job: it is interrupted, and says so" {
	setv "vclVmAction.$(vm_index app1)" i "${ACTION[shutdown]}"
	sleep 0.3
	stack kill-agent
	sleep 1
	stack start-agent
	within 10 agent_answers
	run virtcluster jobs
	echo "$output"
	within 60 fails grep -qE ' [12]$' <(column vclJobState)
	virtcluster poweroff app1 --wait || true # it may be on its way down, or there already
	within 20 vm_is app1 shutOff
	virtcluster start app1 --wait
	within 10 vm_is app1 running
}

# other_agent DIR: a second daemon at the same master
other_agent() {
	mkdir -p "$1/state" "$1/rrd"
	chown -R nobody:nogroup "$1"
	sed "s|^control-socket = .*|control-socket = $1/control.sock|; s|^state-dir = .*|state-dir = $1/state|
		s|^dir = .*|dir = $1/rrd|" "$VCL_CONFIG" >"$1/conf"
	setpriv --reuid nobody --regid nogroup --clear-groups "$VCL_BUILD/virtclusterd" -c "$1/conf" \
		</dev/null >"$1/log" 2>&1 3>&- &
	echo $! >"$LAB_DIR/other.pid"
}
end_other_agent() {
	[ -e "$LAB_DIR/other.pid" ] || return 0
	kill "$(cat "$LAB_DIR/other.pid")"
	within 10 fails kill -0 "$(cat "$LAB_DIR/other.pid")"
	rm "$LAB_DIR/other.pid"
}
serves_tables() { [[ $(get vclVmNumber.0) =~ ^[0-9]+$ ]]; }

@test "somebody else serves the tables: the daemon does when he has gone" {
	local dir=$LAB_DIR/stack/other
	other_agent "$dir"
	within 10 grep 'has VIRTCLUSTER-MIB from somebody else' "$dir/log"
	grep 'has VM-MIB from somebody else' "$dir/log"
	sleep 6
	[ "$(grep -c 'from somebody else' "$dir/log")" -eq 2 ] # each is told once
	stack stop-agent
	within 15 serves_tables
	grep 'VIRTCLUSTER-MIB is served now' "$dir/log"
	end_other_agent
	stack start-agent
	within 15 serves_tables
}

@test "snmpd restarted: tables are back within 5 s" {
	stack restart-snmpd
	within 5 agent_answers
	within 1 vm_is web1 running
}

@test "snmpd stopped: the CLI still answers; started again: so do the tables" {
	stack stop-snmpd
	run virtcluster vms
	[ "$status" -eq 0 ]
	[[ $output == *web1* ]]
	stack start-snmpd
	within 5 agent_answers
}

@test "a notification of what happened while snmpd was away comes later" {
	local mark
	mark=$(trap_mark)
	stack stop-snmpd
	lab virsh h1 suspend web1
	sleep 1
	stack start-snmpd
	within 10 got_trap "$mark" "$(oid vclVmStateChanged)" web1 paused
	lab virsh h1 resume web1
	within 3 vm_is web1 running
}

# alarm_came MARK raised|cleared NODE: that it is unreachable, as a trap and as an inform
alarm_came() {
	local what=("$(oid vclAlarmRaised)|" "$3" nodeUnreachable)
	[ "$2" = raised ] || what=("$(oid vclAlarmCleared)" "\"$3\"")
	got_trap "$1" "${what[@]}" "SNMP v2c" && got_trap "$1" "${what[@]}" "INFORM, SNMP v3"
}
no_alarm() { [[ $(column vclAlarmCondition) != *nodeUnreachable* ]]; }

@test "a libvirtd killed: an alarm, its node is back without help, the alarm clears" {
	local mark
	mark=$(trap_mark)
	lab kill-libvirtd h1
	within 10 alarm_came "$mark" raised h1
	within 20 node_cell_is vclNodeState h1 "${NODE[online]}"
	within 10 alarm_came "$mark" cleared h1
	within 5 no_alarm
	within 10 age_below web1 2
	vm_is web1 running
}

@test "a libvirtd restarted: its node is back without help" {
	lab restart-libvirtd h1
	within 20 node_cell_is vclNodeState h1 "${NODE[online]}"
	within 5 vm_is web1 running
	within 10 age_below web1 2
}

@test "a libvirtd stopped: node unreachable with a reason, rows stay, the other node is fresh" {
	local mark
	mark=$(trap_mark)
	lab stop-libvirtd h1
	within 10 node_cell_is vclNodeState h1 "${NODE[unreachable]}"
	[ -n "$(node_cell vclNodeStateReason h1)" ]
	vm_is web1 running
	within 20 vm_cell_is vclVmStale web1 $TRUE
	vm_cell_is vclVmStale app1 $FALSE
	within 5 got_trap "$mark" "$(oid vclNodeStateChanged)" h1 unreachable
	within 10 node_cell_is vclNodeHealth h1 2
	within 5 alarm_came "$mark" raised h1
	lab start-libvirtd h1
	within 40 node_cell_is vclNodeState h1 "${NODE[online]}"
	within 5 vm_cell_is vclVmStale web1 $FALSE
	within 5 got_trap "$mark" "$(oid vclNodeStateChanged)" h1 online
	within 10 alarm_came "$mark" cleared h1
	within 5 no_alarm
}

@test "a libvirtd SIGSTOPped: the other host stays fresh, GETs are quick, rows stay and are stale" {
	local mark
	mark=$(trap_mark)
	lab pause h1
	gets_are_quick 8
	stays 5 age_below app1 3
	within 30 node_cell_is vclNodeStale h1 $TRUE
	within 30 vm_cell_is vclVmStale web1 $TRUE
	vm_is web1 running
	vm_cell_is vclVmStale app1 $FALSE
	within 10 node_cell_is vclNodeHealth h1 2
	within 5 alarm_came "$mark" raised h1
	run virtcluster status
	[[ $output == *h1* ]]
	lab resume h1
	within 60 node_cell_is vclNodeState h1 "${NODE[online]}"
	within 10 alarm_came "$mark" cleared h1
	within 5 no_alarm
	within 10 vm_cell_is vclVmStale web1 $FALSE
}

@test "a QEMU SIGSTOPped: it is stale, its node is not; all is well after SIGCONT" {
	lab pause-guest h1 web1
	gets_are_quick 8
	stays 4 age_below app1 3
	vm_is web1 running
	within 30 vm_cell_is vclVmStale web1 $TRUE
	node_cell_is vclNodeState h1 "${NODE[online]}"
	lab resume-guest h1 web1
	within 60 vm_cell_is vclVmStale web1 $FALSE
	node_cell_is vclNodeState h1 "${NODE[online]}"
}

@test "an action on a node that does not answer is refused: resourceUnavailable" {
	lab stop-libvirtd h1
	within 10 node_cell_is vclNodeState h1 "${NODE[unreachable]}"
	run vm_action web1 powerOff
	[ "$status" -ne 0 ]
	[[ $output == *resourceUnavailable* ]]
	lab start-libvirtd h1
	within 40 node_cell_is vclNodeState h1 "${NODE[online]}"
}

@test "SIGHUP: a node comes and goes, the others are not disturbed" {
	local polls
	cp "$VCL_CONFIG" "$BATS_TEST_TMPDIR/good"
	printf '[node extra]\nuri = test:///default\n' >>"$VCL_CONFIG"
	stack reload-agent
	within 5 node_cell_is vclNodeState extra "${NODE[online]}"
	within 5 vm_is test running
	polls=$(node_cell vclNodePolls h2)
	[ "$polls" -gt 5 ]
	cp "$BATS_TEST_TMPDIR/good" "$VCL_CONFIG"
	stack reload-agent
	within 5 fails vm_is test running
	[ "$(node_cell vclNodePolls h2)" -ge "$polls" ]
}

@test "a host loses its power: unreachable; it comes back with its VMs shut off" {
	lab pause h2 # or libvirtd may live a moment longer than QEMU, and tell of its end
	lab kill h2
	within 20 node_cell_is vclNodeState h2 "${NODE[unreachable]}"
	echo "app1: $(vm_cell vclVmState app1) $(vm_cell vclVmStateReason app1)"
	vm_is app1 running
	run vm_action app1 powerOn
	[ "$status" -ne 0 ]
	lab up 2
	within 40 node_cell_is vclNodeState h2 "${NODE[online]}"
	within 5 vm_is app1 shutOff
}

@test "the daemon ends quickly and cleanly, also while a libvirtd hangs" {
	local pid t0
	lab pause h1
	sleep 2
	pid=$(agent_pid)
	t0=$(now_ms)
	stack stop-agent
	echo "ended in $(($(now_ms) - t0)) ms"
	fails kill -0 "$pid"
	[ $(($(now_ms) - t0)) -lt $((8000 * SLOW)) ]
	lab resume h1
	stack start-agent
	within 10 agent_answers
}

@test "the daemon's log is clean" { log_is_clean; }
