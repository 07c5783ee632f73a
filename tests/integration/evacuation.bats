# Nodes in and out of service: evacuation, maintenance, balance, on three hosts.
# plain build only: it moves and boots guests under TCG for minutes
load helpers

# Ten under VCL_LONG=1.
GUESTS="app1 app2 app3 app4 stay1"
[ -z "${VCL_LONG:-}" ] || GUESTS="app5 app6 app7 app8 app9 $GUESTS"
ALL=$(wc -w <<<"$GUESTS")

setup_file() {
	lab_begin 3
	cat >>"$VCL_CONFIG" <<-'END'

		[placer]
		parallel = 3
	END
	stack reload-agent
}

teardown_file() { lab_end; }

can_migrate() { virtcluster help migrate >/dev/null 2>&1; }
node_of() { vm_cell vclVmNode "$1"; }
on_node() { [ "$(node_of "$1")" = "$(node_index "$2")" ]; }
guests_on() { lab virsh "$1" list --name | grep -c .; }
node_job() { get "vclNodeLastJob.$(node_index "$1")"; }
job_state_is() { [ "$(get "vclJobState.$1")" = "$2" ]; }
some_have_moved() { [ "$(guests_on h1)" -lt $ALL ]; }
# has NAME WORDS: the hosts that list it so
has() {
	local h
	for h in h1 h2 h3; do lab virsh $h list $2 --name | grep -x "$1" >/dev/null && echo $h; done
	true
}
listed_once() { [ "$(has "$1" | wc -l)" -eq 1 ]; }
# It runs on one host, now; the source of a migration has it, paused, for a moment longer.
runs_once() { # NAME
	local where
	where=$(has "$1" --state-running)
	[ "$(wc -w <<<"$where")" -eq 1 ] || { echo "$1 runs on:" $where && false; }
	within 5 listed_once "$1"
}

# libvirt does not migrate a guest that shares memory with a peer: nothing tells so beforehand.
share_memory() { # NAME
	lab virsh h1 dumpxml "$1" --inactive >"$LAB_DIR/$1.xml"
	sed -i "s|</devices>|<shmem name='peers'><model type='ivshmem-plain'/><size unit='M'>1</size></shmem>&|" \
		"$LAB_DIR/$1.xml"
	lab virsh h1 define "$LAB_DIR/$1.xml"
	lab virsh h1 start "$1"
}

start_guests() {
	local name
	lab guest h1 stay1 --memory 64 --no-start
	share_memory stay1
	for name in $GUESTS; do [ "$name" = stay1 ] || lab guest h1 "$name" --memory 64; done
	for name in $GUESTS; do within 20 vm_is "$name" running; done
}

@test "a node in maintenance takes no VMs, also after a restart of the daemon" {
	lab guest h3 idle1 --no-start
	within 10 vm_is idle1 shutOff
	setv "vclNodeAction.$(node_index h3)" i 3
	within 20 node_cell_is vclNodeState h3 3
	within 20 job_state_is "$(node_job h3)" 3
	stack kill-agent
	stack start-agent
	within 10 node_cell_is vclNodeState h3 3
	[[ $(node_cell vclNodeStateReason h3) == *"in maintenance"* ]]
	run virtcluster start idle1
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"node h3 is in maintenance and takes no VMs"* ]]
	run virtcluster online h3 --wait
	echo "$output"
	[ "$status" -eq 0 ]
	within 5 node_cell_is vclNodeState h3 1
	run virtcluster online h2
	[ "$status" -eq 1 ]
	[[ $output == *"node h2 is not in maintenance"* ]]
	lab virsh h3 undefine idle1
}

@test "all but one move, and one sentence tells of the one that does not" {
	can_migrate || skip "this build cannot migrate"
	start_guests
	run virtcluster evacuate h1 --wait
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"$((ALL - 1)) of $ALL VMs moved; stay1 stays on h1: "*"device 'ivshmem'"* ]]
	[ "$(guests_on h1)" -eq 1 ]
	for name in $GUESTS; do runs_once "$name"; done
}

@test "what was moved a moment ago is neither advised to move nor moved by a balance" {
	can_migrate || skip "this build cannot migrate"
	local before
	before="$(guests_on h2) $(guests_on h3)"
	[ "$(get vclAdviceNumber.0)" = 0 ]
	run virtcluster balance --wait
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(guests_on h2) $(guests_on h3)" = "$before" ]
}

@test "kill -9 in mid-evacuation: the next daemon goes on with it" {
	can_migrate || skip "this build cannot migrate"
	local job name
	for name in $GUESTS; do on_node "$name" h1 || virtcluster migrate "$name" h1; done
	for name in $GUESTS; do within 120 on_node "$name" h1; done
	setv "vclNodeAction.$(node_index h1)" i 2
	within 60 some_have_moved
	job=$(node_job h1)
	stack kill-agent
	stack start-agent
	within 120 job_state_is "$job" 4
	[[ $(get "vclJobError.$job") == *"$((ALL - 1)) of $ALL VMs moved; stay1 stays on h1"* ]]
	for name in $GUESTS; do runs_once "$name"; done
}

@test "the daemon's log is clean" { log_is_clean; }
