# Power sequences: several guests in order, as one job.
# plain build only: it moves and boots guests under TCG for minutes
load helpers

setup_file() {
	lab_begin 2
	for name in db1 web1 web2; do lab guest h1 $name --no-start; done
	lab guest h2 web3 --no-start
	cat >>"$VCL_CONFIG" <<-'END'

		[group web]
		members = web*
		rule = apart

		[sequence boot]
		1 = start db*
		2 = wait db* running within 30s
		3 = start @web stagger 2s
		4 = wait @web running within 30s

		[sequence agent]
		1 = start db1
		2 = wait db1 agent within 60s

		[sequence patient]
		1 = start db1
		2 = delay 1h
		3 = start web1

		[sequence strict]
		1 = reset web2
		2 = start web1

		[sequence lenient]
		1 = reset web2 else go on
		2 = start web1

		[sequence web3]
		1 = poweroff web3
		2 = start web3

		[sequence down]
		1 = poweroff *
	END
	stack reload-agent
	within 10 sequences_are 7
	for name in db1 web1 web2 web3; do within 10 vm_is $name shutOff; done
}

teardown_file() { lab_end; }

sequences_are() { [ "$(get vclSequenceNumber.0)" -eq "$1" ]; }
job_state_is() { [ "$(get "vclJobState.$1")" = "$2" ]; }
job_step_is() { [[ $(get "vclJobStep.$1") == *"$2"* ]]; }
all_off() { for name in db1 web1 web2 web3; do vm_is $name shutOff || return 1; done; }
down() { virtcluster sequence down --wait >/dev/null && within 10 all_off; }

# When the guest's process started, in ticks of 1/100 s since the machine's boot.
started_tick() { # HOST NAME
	local pid
	pid=$(lab exec "$1" cat "/run/libvirt/qemu/$2.pid")
	lab exec "$1" awk '{ print $22 }' "/proc/$pid/stat"
}
started_at() { echo $(($(started_tick "$1" "$2") / 100)); } # in seconds
started_after() { [ "$(started_tick "$1" "$2")" -gt "$3" ]; }

@test "sequences lists them, also by SNMP" {
	run virtcluster sequences
	echo "$output"
	[[ $output == *boot*"start db*; wait db* running within 30s;"* ]]
	[ "$(get vclSequenceName.1)" = '"boot"' ]
	[ "$(get vclSequenceSteps.1)" = 4 ]
}

@test "boot order: the database before the others, those staggered" {
	local db web1 web2 web3
	setv vclCommand.0 s "sequence boot"
	within 60 job_state_is "$(get vclCommandJob.0)" 3
	job_step_is "$(get vclCommandJob.0)" "4/4: wait @web running"
	for name in db1 web1 web2 web3; do vm_is $name running; done
	db=$(started_at h1 db1) web1=$(started_at h1 web1)
	web2=$(started_at h1 web2) web3=$(started_at h2 web3)
	echo "db1 $db web1 $web1 web2 $web2 web3 $web3"
	[ "$db" -le "$web1" ]
	[ $((web2 - web1)) -ge 1 ]
	[ $((web3 - web2)) -ge 1 ]
	[ $((web3 - web1)) -ge 3 ]
}

@test "vclVmAction powerSequence runs the sequence of the VM's name" {
	local before
	before=$(started_tick h2 web3)
	setv "vclVmAction.$(vm_index web3)" i 15
	within 20 started_after h2 web3 "$before"
	within 20 vm_is web3 running
	run setv "vclVmAction.$(vm_index db1)" i 15
	echo "$output"
	[[ $output == *inconsistentName* ]]
}

@test "wait agent: until the guest's agent answers" {
	down
	run virtcluster sequence agent --wait
	echo "$output"
	[ "$status" -eq 0 ]
	lab virsh h1 qemu-agent-command db1 '{"execute":"guest-ping"}'
}

@test "the step shows while it runs; cancelled, nothing more is started" {
	local job
	down
	virtcluster sequence patient
	within 10 vm_is db1 running
	job=$(column vclJobObjectName | awk '$2 == "patient" { print $1; exit }')
	within 10 job_step_is "$job" "2/3: delay 1h"
	[ "$(get "vclJobProgress.$job")" = 33 ]
	virtcluster cancel "$job"
	within 5 job_state_is "$job" 5
	[[ $(get "vclJobError.$job") == *"cancelled in step 2 of 3 (delay 1h)"* ]]
	stays 2 vm_is web1 shutOff
}

@test "a step that fails ends it, or does not, as the sequence says" {
	down
	run virtcluster sequence strict --wait
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"strict: 0 of 2 steps done; step 1 (reset web2): web2: web2 is shut off and cannot be reset"* ]]
	vm_is web1 shutOff
	run virtcluster sequence lenient --wait
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"lenient: 1 of 2 steps done; step 1 (reset web2 else go on):"* ]]
	within 5 vm_is web1 running
}

@test "a sequence that is not there is one sentence" {
	run virtcluster sequence nothing
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"the configuration has no [sequence nothing]"* ]]
}

@test "the daemon's log is clean" { log_is_clean; }
