# Notifications at a real snmptrapd, as SNMPv2c traps and as SNMPv3 informs; the switches.
load helpers

VM_MIB=.1.3.6.1.2.1.236

setup_file() {
	lab_begin 2
	local name
	for name in t1 t2 t3; do lab guest h1 $name --tiny; done
	within 10 vm_is t1 paused
	within 10 vm_is t3 paused
	setv vclNotifyHeartbeat.0 u 1
}

teardown_file() { lab_end; }

# both MARK NAME PATTERN...: it came in both ways
both() {
	local mark=$1 name=$2
	shift 2
	within 10 got_trap "$mark" "$(trap_oid "$name")|" "SNMP v2c" "$@"
	within 10 got_trap "$mark" "$(trap_oid "$name")|" "INFORM, SNMP v3" "$@"
}
trap_oid() {
	case $1 in
	vm*) echo "$VM_MIB.0.${NOTICE[${1#vm}]}" ;;
	*) oid "$1" ;;
	esac
}
declare -gA NOTICE=([Running]=1 [Shutdown]=3 [Paused]=4 [Suspended]=6 [Migrating]=8 [Crashed]=9
	[Deleted]=10)

count_traps() { traps_since "$1" | grep -F "SNMP v2c" | grep -cF "$(trap_oid "$2")|" || true; }
beats() { [ "$(count_traps "$1" vclHeartbeat)" -ge 2 ]; }
# What happened before has been sent, if it is sent at all: a heartbeat comes behind events.
fence() { within 10 beats "$(trap_mark)"; }

change() { # VERB NAME STATE: and the agent has seen it
	lab virsh h1 "$1" "$2"
	within 10 vm_is "$2" "$3"
}
switch_vm_mib() { setm "$VM_MIB.1.9.0" i "$1"; }
getm() { snmpget -Oqv -Oe $VCL_READ "$VCL_SNMP" "$1"; }
setm() { snmpset -Oqv -Oe $VCL_WRITE "$VCL_SNMP" "$@" 2>&1; }
value() { [ "$(get "$1")" = "$2" ]; }
refused() { # ERROR COMMAND...
	local error=$1 out
	shift
	out=$("$@" 2>&1) && { echo "not refused: $*"; return 1; }
	echo "$out"
	[[ $out == *"Reason: $error"* ]]
}

@test "a VM's state: names, states, severity, reason, node, sequence, the row's index" {
	local mark i
	mark=$(trap_mark)
	change resume t1 running
	both "$mark" vclVmStateChanged '"t1"' '"paused"' '"running"' '"h1"' \
		"$(oid vclVmState).$(vm_index t1) = INTEGER: 1|"
	for i in Name Uuid OldState NewState Severity Reason Node Sequence; do
		traps_since "$mark" | grep -F "$(oid vclVmStateChanged)|" | grep -qF "$(oid "vclEvent$i")."
	done
}

@test "a job that ends, a VM that moves" {
	local mark
	mark=$(trap_mark)
	vm_action t2 powerOff
	both "$mark" vclJobFinished '"powerOff t2"' '"succeeded"'
	mark=$(trap_mark)
	lab virsh h1 migrate --live --p2p --persistent --undefinesource t1 "$(lab uri-tcp h2)"
	both "$mark" vclVmMigrated '"t1"' '"moved from h1 to h2"' \
		"$(oid vclVmNodeName).$(vm_index t1) = STRING: \"h2\"|"
	lab virsh h2 migrate --live --p2p --persistent --undefinesource t1 "$(lab uri-tcp h1)"
	within 10 vm_cell_is vclVmNodeName t1 h1
}

@test "a node is lost and comes back; the alarm of that, by its own index" {
	local mark alarm
	mark=$(trap_mark)
	lab stop-libvirtd h2
	both "$mark" vclNodeStateChanged '"h2"' '"unreachable"'
	both "$mark" vclAlarmRaised '"nodeUnreachable"' "$(oid vclAlarmSeverity)."
	alarm=$(index_of vclAlarmCondition nodeUnreachable)
	got_trap "$mark" "$(oid vclAlarmRaised)|" "$(oid vclAlarmCondition).$alarm = "
	mark=$(trap_mark)
	lab start-libvirtd h2
	within 20 node_cell_is vclNodeState h2 "${NODE[online]}"
	both "$mark" vclAlarmCleared '"h2"' '"ok"'
}

cli_says() { virtcluster --json vms | jq -e --arg n "$1" --arg s "$2" 'any(.[]; .vclVmName == $n and .vclVmState == $s)'; }

@test "what happened while nobody could send, or looked, is told once" {
	local mark
	mark=$(trap_mark)
	stack stop-snmpd
	lab virsh h1 resume t3
	within 10 cli_says t3 running
	stack stop-agent
	lab virsh h1 suspend t1
	stack start-agent
	stack start-snmpd
	both "$mark" vclVmStateChanged '"t3"' '"paused"' '"running"'
	both "$mark" vclVmStateChanged '"t1"' '"running"' '"paused"'
	stack stop-agent
	stack start-agent
	fence
	[ "$(count_traps "$mark" vclVmStateChanged)" = 2 ]
	[ "$(count_traps "$mark" vclNodeStateChanged)" = 0 ]
	change resume t1 running
	change suspend t3 paused
}

@test "the heartbeat's period is set by SNMP" {
	local mark
	mark=$(trap_mark)
	both "$mark" vclHeartbeat '"lab"' "$(oid vclClusterHealth).0"
	setv vclNotifyHeartbeat.0 u 0
	value vclNotifyHeartbeat.0 0
	mark=$(trap_mark)
	stays 3 fails beats "$mark"
	setv vclNotifyHeartbeat.0 u 1
	fence
}

@test "a type is switched off and on; the others go on" {
	local mark
	setv vclNotifyEnabled.1 i $FALSE
	value vclNotifyEnabled.1 $FALSE
	mark=$(trap_mark)
	change suspend t1 paused
	fence
	[ "$(count_traps "$mark" vclVmStateChanged)" -eq 0 ]
	vm_action t2 powerOn
	both "$mark" vclJobFinished '"powerOn t2"'
	setv vclNotifyEnabled.1 i $TRUE
	mark=$(trap_mark)
	change resume t1 running
	both "$mark" vclVmStateChanged '"t1"'
}

@test "events below the least severity are not sent" {
	local mark
	setv vclNotifyMinSeverity.0 i 2
	mark=$(trap_mark)
	change suspend t1 paused # a warning
	change resume t1 running # an information
	both "$mark" vclVmStateChanged '"t1"' '"running"|' '"paused"|'
	fence
	[ "$(count_traps "$mark" vclVmStateChanged)" -eq 1 ]
	setv vclNotifyMinSeverity.0 i 1
}

@test "too many of a type become one summary" {
	local mark sent suppressed i
	sent=$(get vclNotifySent.1) suppressed=$(get vclNotifySuppressed.1)
	setv vclNotifyRate.0 u 2
	mark=$(trap_mark)
	for i in 1 2 3; do
		change suspend t1 paused
		change resume t1 running
	done
	fence
	sent=$(($(get vclNotifySent.1) - sent)) suppressed=$(($(get vclNotifySuppressed.1) - suppressed))
	echo "sent $sent, suppressed $suppressed"
	[ $((sent + suppressed)) -eq 6 ]
	[ "$suppressed" -ge 2 ]
	[ "$(count_traps "$mark" vclVmStateChanged)" -eq "$sent" ]
	setv vclNotifyRate.0 u 600 # room at once
	both "$mark" vclNotificationsSuppressed '"vclVmStateChanged"' \
		"$(oid vclNotifySuppressedCount).0 = Gauge32: $suppressed|"
	setv vclNotifyRate.0 u 0 # the other tests want all
}

@test "RFC 7666: none until they are switched on, which only the operator can" {
	[ "$(getm $VM_MIB.1.9.0)" = $FALSE ]
	[ "$(getm $VM_MIB.1.10.0)" = $FALSE ]
	fence
	fails got_trap 0 "$VM_MIB.0."
	refused noAccess snmpset $VCL_READ "$VCL_SNMP" $VM_MIB.1.9.0 i $TRUE
	switch_vm_mib $TRUE
	[ "$(getm $VM_MIB.1.9.0)" = $TRUE ]
}

@test "RFC 7666: each change of state, with the state before" {
	local mark index
	index=$(vm_index t1)
	mark=$(trap_mark)
	change suspend t1 paused
	both "$mark" vmPaused "$VM_MIB.1.4.1.2.$index = STRING: \"t1\"|$VM_MIB.1.4.1.3.$index = Hex-STRING: " \
		"$VM_MIB.1.4.1.6.$index = INTEGER: 4|"
	change resume t1 running
	both "$mark" vmRunning "$VM_MIB.1.4.1.6.$index = INTEGER: 8|"
	mark=$(trap_mark)
	change managedsave t1 shutOff
	both "$mark" vmSuspended "$VM_MIB.1.4.1.2.$index = "
	[ "$(getm "$VM_MIB.1.4.1.6.$index")" = 6 ]
	[ "$(getm "$VM_MIB.1.4.1.5.$index")" = 2 ]
	mark=$(trap_mark)
	change start t1 running
	both "$mark" vmRunning "$VM_MIB.1.4.1.2.$index = "
	mark=$(trap_mark)
	lab virsh h1 migrate --live --p2p --persistent --undefinesource t1 "$(lab uri-tcp h2)"
	both "$mark" vmMigrating "$VM_MIB.1.4.1.2.$index = "
	both "$mark" vmRunning "$VM_MIB.1.4.1.6.$index = INTEGER: 9|"
}

@test "RFC 7666: off, crashed, deleted" {
	local mark index pid
	index=$(vm_index t2)
	mark=$(trap_mark)
	change destroy t2 shutOff
	both "$mark" vmShutdown "$VM_MIB.1.4.1.2.$index = STRING: \"t2\"|"
	mark=$(trap_mark)
	pid=$(cat "$LAB_DIR/hosts/h1/run/qemu/t3.pid")
	lab exec h1 kill -9 "$pid"
	within 10 vm_is t3 shutOff
	both "$mark" vmCrashed "$VM_MIB.1.4.1.2.$(vm_index t3) = STRING: \"t3\"|"
	mark=$(trap_mark)
	lab virsh h1 undefine t2
	both "$mark" vmDeleted "$VM_MIB.1.4.1.2.$index = STRING: \"t2\"|$VM_MIB.1.4.1.3.$index = Hex-STRING: " \
		"$VM_MIB.1.4.1.6.$index = INTEGER: 11|$VM_MIB.1.4.1.8.$index = INTEGER: 2|"
	both "$mark" vclVmStateChanged '"t2"' '"removed"'
}

@test "what is set wrongly is refused with its error" {
	refused noAccess snmpset $VCL_READ "$VCL_SNMP" "$(oid vclNotifyRate.0)" u 5
	refused wrongValue setv vclNotifyRate.0 u 100001
	refused wrongValue setv vclNotifyMinSeverity.0 i 4
	refused wrongValue setv vclNotifyEnabled.1 i 3
	refused wrongType setv vclNotifyHeartbeat.0 i 5
	refused wrongType setv vclNotifyMinSeverity.0 u 2
	refused wrongType setv vclNotifyEnabled.1 s on
	refused noCreation setv vclNotifyEnabled.12 i 1
	refused wrongValue setm $VM_MIB.1.10.0 i $TRUE
	stack log | grep -q 'SET refused: .*: bulk notifications are not implemented'
	value vclNotifyRate.0 0
	# two at once: neither
	refused wrongValue snmpset $VCL_WRITE "$VCL_SNMP" "$(oid vclNotifyRate.0)" u 5 \
		"$(oid vclNotifyMinSeverity.0)" i 9
	value vclNotifyRate.0 0
}

kept() { grep -qx "$1" "$LAB_DIR/stack/state/switches.conf"; }

@test "what was set survives kill -9, but for RFC 7666's; it wins over the configuration" {
	setv vclNotifyRate.0 u 7
	setv vclNotifyMinSeverity.0 i 3
	setv vclNotifyEnabled.3 i $FALSE
	[ "$(getm $VM_MIB.1.9.0)" = $TRUE ]
	within 2 kept notify-3=0
	within 2 kept notify-severity=3
	stack kill-agent
	printf '[notify]\nrate = 9\n' >>"$VCL_CONFIG"
	stack start-agent
	value vclNotifyRate.0 7
	value vclNotifyMinSeverity.0 3
	value vclNotifyEnabled.3 $FALSE
	value vclNotifyEnabled.1 $TRUE
	value vclNotifyHeartbeat.0 1
	[ "$(getm $VM_MIB.1.9.0)" = $FALSE ]
	setv vclNotifyRate.0 u 9 # the configuration's: follows it again
	within 2 fails kept notify-rate=7
	sed -i 's/^rate = 9/rate = 11/' "$VCL_CONFIG"
	stack reload-agent
	within 5 value vclNotifyRate.0 11
}

@test "without control nothing is switched" {
	sed -i 's/^control = on/control = off/' "$VCL_CONFIG"
	stack reload-agent
	within 5 value vclControlEnabled.0 $FALSE
	refused notWritable setv vclNotifyRate.0 u 5
	refused notWritable setm $VM_MIB.1.9.0 i $TRUE
	value vclNotifyRate.0 11
}

@test "the daemon's log is clean" { log_is_clean; }
