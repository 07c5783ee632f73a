# Live migration by SNMP and words: what moves, what is refused, what is cancelled, who dies.
# plain build only: it moves and boots guests under TCG for minutes
load helpers

# Moves of the first test; all of them under VCL_LONG=1.
MOVES=4
[ -z "${VCL_LONG:-}" ] || MOVES=20
WAITING=1 SUCCEEDED=3 FAILED=4 CANCELLED=5 INTERRUPTED=6

setup_file() {
	local h
	lab_begin 3
	for h in h1 h2 h3; do
		lab virsh $h pool-create-as local dir --target /srv/local >/dev/null
	done
	lab guest h1 mem1 --verify
	lab guest h1 disk1 --local 400M
	lab guest h1 off1 --no-start --no-disk
	qemu-io -c "write -P 0x5a 0 300M" "$LAB_DIR/hosts/h1/local/disk1-0.qcow2" >/dev/null 2>&1 || true
	lab wait mem1 LAB-SEQ 90
	lab wait disk1 LAB-UP 60
	within 10 vm_is mem1 running
	within 10 vm_is disk1 running
}

teardown_file() { lab_end; }

last_job() { vm_cell vclVmLastJob "$1"; }
job_cell() { get "$1.$2" | tr -d '"'; }
newer_job() { [ "$(last_job "$1")" != "$2" ]; }
job_is() { [ "$(job_cell vclJobState "$1")" = "$2" ]; }
job_ended() { [ "$(job_cell vclJobState "$1")" -ge 3 ]; }
job_has_begun_to_copy() { [ "$(job_cell vclJobProcessed "$1")" -gt 0 ]; }
step_has() { [[ "$(job_cell vclJobStep "$1")" == *$2* ]]; }
on_node() { vm_cell_is vclVmNode "$1" "$(node_index "$2")"; }

# hosts_of VM: where it is executing, by libvirt's own word
hosts_of() {
	local h
	for h in h1 h2 h3; do
		case $(virsh_state $h "$1" 2>/dev/null) in running | paused) printf '%s ' $h ;; esac
	done
}
runs_on_only() { [ "$(hosts_of "$1")" = "$2 " ]; }
next_host() { case $1 in h1) echo h2 ;; h2) echo h3 ;; *) echo h1 ;; esac; }


no_volume() { ! ls "$LAB_DIR/hosts/$1/local" | grep -q .; }

# told MARK NOTIFICATION NAME: the events that were notified, each once, though all come both ways
told() {
	traps_since "$1" | grep -F "$(oid "$2")|" |
		grep -o "vclEventName[^|]*\"$3\"\|1\.7\.11\.1\.2\.[0-9]* = STRING: \"$3\"" | sort -u
}
# notified MARK NOTIFICATION NAME TIMES
notified() { [ "$(told "$@" | wc -l)" -eq "$4" ]; }
alarmed() { virtcluster events --json | grep -F vmDuplicate; }

# cancelled_rightly MARK VM: told once that it was cancelled, and nothing else of the VM
cancelled_rightly() {
	within 5 notified "$1" vclJobFinished "migrate $2" 1
	within 5 got_trap "$1" "$(oid vclJobFinished)" "migrate $2" cancelled
	stays 1 notified "$1" vclJobFinished "migrate $2" 1
	notified "$1" vclVmMigrated "$2" 0
	fails got_trap "$1" "$(oid vclVmStateChanged)" "$2"
	fails alarmed
}

# command WORDS: its job's number, or the error
command() { setv vclCommand.0 s "$1" >/dev/null && get vclCommandJob.0; }

@test "by SNMP alone round the ring: nothing is lost, it is never twice, its index stays" {
	local i to index mark seq job
	index=$(vm_index mem1)
	mark=$(trap_mark)
	for ((i = 0; i < MOVES; i++)); do
		to=$(next_host "$(hosts_of mem1 | tr -d ' ')")
		seq=$(last_seq mem1)
		setv "vclVmMigrateTo.$index" i "$(node_index "$to")"
		within 5 newer_job mem1 "${job:-0}"
		job=$(last_job mem1)
		within 60 job_ended "$job"
		job_is "$job" $SUCCEEDED || { job_cell vclJobError "$job"; false; }
		echo "move $((i + 1)) to $to: stood still for $(job_cell vclJobDowntime "$job") ms"
		within 2 on_node mem1 "$to"
		runs_on_only mem1 "$to"
		within 60 seq_beyond mem1 "$seq"
	done
	[ "$(vm_index mem1)" = "$index" ]
	[ "$(get "vclVmMigrateTo.$index")" = 0 ]
	good mem1
	within 5 notified "$mark" vclVmMigrated mem1 $MOVES || {
		told "$mark" vclVmMigrated mem1
		virtcluster events --vm mem1
		false
	}
	fails got_trap "$mark" "$(oid vclVmStateChanged)" mem1
	fails alarmed
}

@test "refused before anything is changed, in one sentence" {
	local node
	node=$(hosts_of mem1 | tr -d ' ')
	sleep 2.1 # before, it would be the last move once more
	run virtcluster migrate mem1 "$node"
	[[ $output == *"mem1 is on $node already"* ]]
	run virtcluster migrate mem1 h2 --offline
	[[ $output == *"mem1 is not shut off"* ]]
	run virtcluster migrate off1 h2
	[[ $output == *"off1 is shut off: only its definition can move"* ]]
	run virtcluster migrate disk1 h2 --wait
	[[ $output == *"disk vda (/srv/local/disk1-0.qcow2) is not on h2"*copy-storage* ]]
	run setv "vclVmMigrateTo.$(vm_index mem1)" i 12345
	[ "$status" -ne 0 ]
	lab virsh h3 pool-destroy local >/dev/null
	run virtcluster migrate disk1 h3 --copy-storage --wait
	lab virsh h3 pool-create-as local dir --target /srv/local >/dev/null
	[[ $output == *"has no active storage pool at its place on h3"* ]]
	echo old >"$LAB_DIR/hosts/h3/local/disk1-0.qcow2"
	run virtcluster migrate disk1 h3 --copy-storage --bandwidth 100 --wait # not the same again
	[[ $output == *"would overwrite a file of that name on h3"* ]]
	[ "$(cat "$LAB_DIR/hosts/h3/local/disk1-0.qcow2")" = old ]
	rm "$LAB_DIR/hosts/h3/local/disk1-0.qcow2"
	runs_on_only disk1 h1
}

@test "a bridge that the target lacks, and a CPU that it does not offer" {
	lab guest h1 odd1 --no-start --no-disk
	lab virsh h1 dumpxml odd1 --inactive >"$LAB_DIR/odd1.xml"
	sed -i "s|bridge='br0'|bridge='br7'|" "$LAB_DIR/odd1.xml"
	lab virsh h1 define "$LAB_DIR/odd1.xml" >/dev/null
	within 5 vm_is odd1 shutOff
	run virtcluster migrate odd1 h2 --offline --wait
	echo "$output"
	[[ $output == *"that node has no bridge br7"* ]]
	sed -i "s|bridge='br7'|bridge='br0'|; s|check='none'|check='full'|; s|qemu64|EPYC-Milan|" "$LAB_DIR/odd1.xml"
	lab virsh h1 define "$LAB_DIR/odd1.xml" >/dev/null
	run virtcluster migrate odd1 h3 --offline --wait
	echo "$output"
	[[ $output == *"does not offer the CPU model"* ]]
	virsh_is h1 odd1 "shut off"
	lab virsh h1 undefine odd1
}

@test "a VM that is off: its definition moves, autostart too" {
	lab virsh h1 autostart off1 >/dev/null
	run virtcluster migrate off1 h2 --offline --wait
	echo "$output"
	[ "$status" -eq 0 ]
	virsh_is h2 off1 "shut off"
	fails lab virsh h1 dominfo off1
	lab virsh h2 dominfo off1 | grep -q 'Autostart: *enable'
	within 3 on_node off1 h2
}

jobs_most() { # NUMBER
	sed -i '/^\[control\]/,+1d' "$VCL_CONFIG"
	sed -i "1i [control]\njobs-most = $1" "$VCL_CONFIG"
	stack reload-agent
}

@test "cancelled while it waits for its turn: nothing was begun" {
	local mark first job from to
	from=$(hosts_of mem1 | tr -d ' ')
	to=$(next_host "$from")
	jobs_most 1
	sleep 1
	first=$(command "migrate mem1 $to --bandwidth 2")
	within 20 step_has "$first" memory
	mark=$(trap_mark)
	job=$(command "migrate disk1 h2 --copy-storage")
	stays 2 job_is "$job" $WAITING
	virtcluster cancel "$job"
	within 5 job_is "$job" $CANCELLED
	job_cell vclJobError "$job" | grep -q 'cancelled while it waited'
	runs_on_only disk1 h1
	no_volume h2
	cancelled_rightly "$mark" disk1
	virtcluster cancel "$first"
	within 10 job_is "$first" $CANCELLED
	jobs_most 16
}

@test "cancelled while its disk is copied: it stays, and no volume is left" {
	local mark job
	mark=$(trap_mark)
	job=$(command "migrate disk1 h2 --copy-storage --bandwidth 10")
	within 20 step_has "$job" disks
	within 10 job_has_begun_to_copy "$job"
	virtcluster cancel "$job"
	within 20 job_is "$job" $CANCELLED
	job_cell vclJobError "$job" | grep -q 'it stays on h1'
	runs_on_only disk1 h1
	within 5 no_volume h2
	[ -s "$LAB_DIR/hosts/h1/local/disk1-0.qcow2" ]
	cancelled_rightly "$mark" disk1
}

@test "the disk goes along: made there, removed here, the same" {
	local job
	job=$(command "migrate disk1 h2 --copy-storage")
	within 60 job_ended "$job"
	job_cell vclJobError "$job"
	job_is "$job" $SUCCEEDED
	runs_on_only disk1 h2
	no_volume h1
	qemu-io -U -r -f qcow2 -c "read -P 0x5a 0 300M" "$LAB_DIR/hosts/h2/local/disk1-0.qcow2" | grep -qv 'verification failed'
	within 3 on_node disk1 h2
}

@test "cancelled while its memory is copied, and again when it is too late" {
	local mark job from to
	from=$(hosts_of mem1 | tr -d ' ')
	to=$(next_host "$from")
	mark=$(trap_mark)
	job=$(command "migrate mem1 $to --bandwidth 2")
	within 20 step_has "$job" memory
	virtcluster cancel "$job"
	within 10 job_is "$job" $CANCELLED
	cancelled_rightly "$mark" mem1
	runs_on_only mem1 "$from"
	run virtcluster cancel "$job"
	[ "$status" -ne 0 ]
	[[ $output == *"is over: it has cancelled"* ]]
	good mem1
}

# libvirtd_dies source|target: two samples after the job's end the table tells what is true
libvirtd_dies() {
	local job from to seq mark
	from=$(hosts_of mem1 | tr -d ' ')
	to=$(next_host "$from")
	within 20 node_cell_is vclNodeState "$from" "${NODE[online]}"
	within 20 node_cell_is vclNodeState "$to" "${NODE[online]}"
	mark=$(trap_mark)
	job=$(command "migrate mem1 $to --bandwidth 2")
	within 20 step_has "$job" memory
	if [ "$1" = source ]; then lab kill-libvirtd "$from"; else lab kill-libvirtd "$to"; fi
	within 60 job_ended "$job"
	within 2 on_node mem1 "$from"
	within 2 vm_is mem1 running
	job_cell vclJobError "$job"
	job_is "$job" $FAILED
	job_cell vclJobError "$job" | grep -q "it stays on $from"
	within 15 runs_on_only mem1 "$from"
	notified "$mark" vclVmMigrated mem1 0
	seq=$(last_seq mem1)
	within 20 seq_beyond mem1 "$seq"
	good mem1
}

@test "libvirtd of the source dies in the middle: what is true is told, and it runs once" {
	libvirtd_dies source
}

@test "libvirtd of the target dies in the middle: likewise" { libvirtd_dies target; }

@test "kill -9 of the daemon in the middle: the next one tells what became of it" {
	local job from to seq
	from=$(hosts_of mem1 | tr -d ' ')
	to=$(next_host "$from")
	within 20 node_cell_is vclNodeState "$to" "${NODE[online]}"
	job=$(command "migrate mem1 $to --bandwidth 2")
	within 20 step_has "$job" memory
	stack kill-agent
	stack start-agent
	within 60 job_ended "$job"
	job_cell vclJobError "$job"
	job_is "$job" $INTERRUPTED
	job_cell vclJobError "$job" | grep -q "it stays on $from"
	runs_on_only mem1 "$from"
	seq=$(last_seq mem1)
	within 20 seq_beyond mem1 "$seq"
	good mem1
}

@test "post-copy, asked for: it begins after the first pass and ends well" {
	local job from to
	from=$(hosts_of mem1 | tr -d ' ')
	to=$(next_host "$from")
	within 20 node_cell_is vclNodeState "$to" "${NODE[online]}"
	job=$(command "migrate mem1 $to --postcopy --bandwidth 4")
	within 90 job_ended "$job"
	job_cell vclJobError "$job"
	job_is "$job" $SUCCEEDED
	stack log | grep -F "job $job: post-copy begins"
	runs_on_only mem1 "$to"
	good mem1
}

@test "peer to peer it goes on without the daemon, and the next one calls it a success" {
	local job from to n=0 h
	for h in h1 h2 h3; do
		sed -i "/^\[node $h\]/a migrate-uri = $(lab uri-tcp $h)" "$VCL_CONFIG"
	done
	stack reload-agent
	from=$(hosts_of mem1 | tr -d ' ')
	to=$(next_host "$from")
	within 20 node_cell_is vclNodeState "$to" "${NODE[online]}"
	virtcluster autostart mem1 on --wait
	within 10 vm_cell_is vclVmAutostart mem1 $TRUE
	job=$(command "migrate mem1 $to --bandwidth 8")
	within 20 step_has "$job" memory
	stack kill-agent
	stack start-agent
	within 90 job_ended "$job"
	job_cell vclJobError "$job"
	job_is "$job" $SUCCEEDED
	runs_on_only mem1 "$to"
	within 5 on_node mem1 "$to"
	lab virsh "$to" dominfo mem1 | grep -q 'Autostart: *enable'
	good mem1
}

# Peer to peer, as the test before has left it: by the agent, its death ends the migration.
@test "kill -9 while a disk is copied, peer to peer: the VM arrives and is started with its node" {
	local job
	virtcluster autostart disk1 on --wait
	within 10 vm_cell_is vclVmAutostart disk1 $TRUE
	job=$(command "migrate disk1 h1 --copy-storage --bandwidth 20")
	within 20 job_has_begun_to_copy "$job"
	stack kill-agent
	stack start-agent
	within 120 job_ended "$job"
	job_cell vclJobError "$job"
	job_is "$job" $SUCCEEDED
	runs_on_only disk1 h1
	lab virsh h1 dominfo disk1 | grep -q 'Autostart: *enable'
	step_has "$job" "the copied disks are still on h2"
}

@test "the daemon's log is clean" { log_is_clean; }
