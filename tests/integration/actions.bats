# SNMP SET, seen through libvirt, the guest, the table and the notification.
load helpers

setup_file() {
	lab_begin 2
	lab guest h1 web1
	lab guest h2 app1
	lab wait web1 LAB-UP 60
	lab wait app1 LAB-UP 60
	within 10 vm_is web1 running
	within 10 vm_is app1 running
}

teardown_file() { lab_end; }

last_job() { vm_cell vclVmLastJob "$1"; }
job_state_is() { [ "$(get "vclJobState.$1")" = "$2" ]; }
SUCCEEDED=3

@test "powerOff: libvirt, the table at once, job, notification with old and new state" {
	local mark t0 t1
	mark=$(trap_mark)
	vm_action web1 powerOff
	within 5 virsh_is h1 web1 "shut off"
	t0=$(now_ms)
	within 5 vm_is web1 shutOff
	t1=$(now_ms)
	echo "table $((t1 - t0)) ms after libvirt"
	[ $((t1 - t0)) -lt $((2000 * SLOW)) ] # `make bench-latency` tells what it is on a quiet machine
	within 5 job_state_is "$(last_job web1)" $SUCCEEDED
	within 5 got_trap "$mark" "$(oid vclVmStateChanged)" web1 shutOff # from shuttingDown, if seen
	within 5 got_trap "$mark" "$(oid vclVmStateChanged)" web1 running
	within 5 got_trap "$mark" "$(oid vclJobFinished)" "powerOff web1" succeeded
}

@test "powerOn: a guest that really boots" {
	local mark before
	mark=$(trap_mark)
	before=$(boots web1)
	vm_action web1 powerOn
	within 5 virsh_is h1 web1 running
	within 2 vm_is web1 running
	within 60 booted web1 $((before + 1))
	within 5 got_trap "$mark" "$(oid vclVmStateChanged)" web1 shutOff running
}

@test "reset: the guest boots again, the process stays" {
	local mark before
	mark=$(trap_mark)
	before=$(boots web1)
	vm_action web1 reset
	within 60 booted web1 $((before + 1))
	virsh_is h1 web1 running
	within 5 got_trap "$mark" "$(oid vclJobFinished)" "reset web1" succeeded
}

@test "shutdown: the guest hears the power button and goes down by itself" {
	local mark
	mark=$(trap_mark)
	vm_action app1 shutdown
	within 60 virsh_is h2 app1 "shut off"
	within 2 vm_is app1 shutOff
	lab serial app1 | grep -qE 'LAB-(POWERBUTTON|SHUTDOWN)'
	within 5 job_state_is "$(last_job app1)" $SUCCEEDED
	within 5 got_trap "$mark" "$(oid vclJobFinished)" "shutdown app1" succeeded
}

@test "vclCommand takes the CLI's words and tells its job" {
	local before
	before=$(boots app1)
	setv vclCommand.0 s "start app1"
	within 5 virsh_is h2 app1 running
	[ "$(get vclCommand.0)" = '"start app1"' ]
	within 5 job_state_is "$(get vclCommandJob.0)" $SUCCEEDED
	within 60 booted app1 $((before + 1))
}

job_counted() { [ "$(get vclJobNumber.0)" -eq "$1" ]; }

@test "the same SET twice is one job" {
	local index=vclVmAction.$(vm_index app1) a b count
	count=$(get vclJobNumber.0)
	setv "$index" i "${ACTION[reset]}"
	within 2 job_counted $((count + 1))
	a=$(last_job app1)
	setv "$index" i "${ACTION[reset]}"
	sleep 1
	b=$(last_job app1)
	[ "$a" = "$b" ]
	job_counted $((count + 1))
}

@test "two VMs in one SET; one bad varbind and nothing happens to either" {
	local web app count
	web=$(oid "vclVmAction.$(vm_index web1)")
	app=$(oid "vclVmAction.$(vm_index app1)")
	count=$(get vclJobNumber.0)
	# shellcheck disable=SC2086
	run snmpset $VCL_WRITE "$VCL_SNMP" "$web" i 4 "$app" i 99
	[ "$status" -ne 0 ]
	sleep 1
	virsh_is h1 web1 running
	job_counted "$count"
	# shellcheck disable=SC2086
	snmpset $VCL_WRITE "$VCL_SNMP" "$web" i 4 "$app" i 4
	within 5 virsh_is h1 web1 "shut off"
	within 5 virsh_is h2 app1 "shut off"
	within 5 vm_is web1 shutOff
	within 5 job_state_is "$(last_job web1)" $SUCCEEDED
}

@test "virtcluster start --wait: shows it, and the guest runs" {
	run virtcluster start web1 --wait
	echo "$output"
	[ "$status" -eq 0 ]
	virsh_is h1 web1 running
}

@test "virtcluster start again: one sentence and a non-zero exit" {
	sleep 3
	run virtcluster start web1 --wait
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"web1 is already running"* ]]
}

@test "a failing job ends --wait with the job's own sentence" {
	lab guest h2 broken --no-start
	within 5 vm_is broken shutOff
	rm -f "$(lab virsh h2 domblklist broken | awk '/vda/ { print $2 }' | sed "s|^/srv/shared|$LAB_DIR/shared|")"
	run virtcluster start broken --wait
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *broken* ]]
	lab virsh h2 undefine broken
}

@test "jobs lists them with state and requester" {
	run virtcluster jobs
	[ "$status" -eq 0 ]
	[[ $output == *succeeded* && $output == *web1* ]]
}

@test "the daemon's log is clean" { log_is_clean; }
