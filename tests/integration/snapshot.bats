# Snapshots by words and SNMP, against virsh, the images and what the guest has confirmed.
load helpers

SUCCEEDED=3 FAILED=4 CANCELLED=5

setup_file() {
	lab_begin 2
	lab virsh h1 pool-create-as shared dir --target /srv/shared >/dev/null
	lab guest h1 web1 --verify
	lab guest h1 off1 --tiny --no-start --disk 100M
	lab wait web1 LAB-SEQ 90
	within 10 vm_is web1 running
	within 10 node_cell_is vclNodeState h2 "${NODE[online]}"
	within 10 vm_is off1 shutOff
	mkdir -p "$LAB_DIR/conf"
	printf 'defVersion 2c\ndefCommunity private\n' >"$LAB_DIR/conf/snmp.conf"
}

teardown_file() { lab_end; }

job_cell() { get "$1.$2" | tr -d '"'; }
job_ended() { [ "$(job_cell vclJobState "$1")" -ge 3 ]; }
command() { setv vclCommand.0 s "$1" >/dev/null && get vclCommandJob.0; }

# by_snmp VERB...: the command line without the control socket
by_snmp() {
	SNMPCONFPATH=$LAB_DIR/conf SNMP_PERSISTENT_DIR=$LAB_DIR/conf \
		"$VCL_BUILD/virtcluster" --agent "$VCL_SNMP" "$@"
}

# done_by WORDS: as a job by SNMP, which ends well
done_by() {
	local job
	job=$(command "$1")
	within 60 job_ended "$job"
	job_cell vclJobState "$job"
	job_cell vclJobError "$job"
	[ "$(job_cell vclJobState "$job")" = $SUCCEEDED ]
}

vm_job_step() { job_cell vclJobStep "$(vm_cell vclVmLastJob "$1")"; }

ours() { virtcluster snapshots --vm "$1" --json | jq -r '.[].vclSnapshotName' | sort; }
theirs() { lab virsh h1 snapshot-list "$1" --name | sed '/^$/d' | sort; }
same_list() { [ "$(ours "$1")" = "$(theirs "$1")" ]; }
images() { (cd "$LAB_DIR/shared" && ls | grep "^$1-.*qcow2$"); }
source_of() { lab virsh h1 domblklist "$1" | awk '$1 == "vda" { print $2 }'; }
depth() { lab virsh h1 dumpxml "$1" | grep -c '<backingStore type'; }
# The newest record on an image, with those below it, as the host sees them
newest() {
	rm -f "$LAB_DIR/shared/raw"
	lab exec h1 qemu-img convert -U -O raw "$1" /srv/shared/raw
	grep -a -o 'LAB-RECORD [0-9]*' "$LAB_DIR/shared/raw" | cut -d' ' -f2 | sort -n | tail -1
}
declare -g PLAIN=web1-0.qcow2

@test "two snapshots while it writes; the list is that of virsh" {
	local before
	before=$(last_seq web1)
	done_by "snapshot-create web1 first"
	goes_on web1
	[ "$(newest /srv/shared/$PLAIN)" -ge "$before" ]
	done_by "snapshot-create web1 second"
	vm_job_step web1
	[ "$(vm_job_step web1)" = "snapshot second, file systems at rest" ]
	within 5 same_list web1
	[ "$(ours web1)" = $'first\nsecond' ]
	[ "$(depth web1)" = 2 ]
	[ "$(column vclSnapshotName | grep -c .)" = 2 ]
	[ "$(get vclSnapshotNumber.0)" = 2 ]
	[ "$(virtcluster complete line -- snapshot-delete web1 "" | sort)" = $'first\nsecond' ]
	run virtcluster snapshots --vm web1
	[[ $output == *first*external*second*external*yes*first* ]]
	[ "$(by_snmp --json snapshots --vm web1)" = "$(virtcluster --json snapshots --vm web1)" ]
	goes_on web1
}

@test "names that are none, or not there, or taken: one sentence each, and nothing changes" {
	local before name index job
	before=$(theirs web1; images web1)
	index=$(vm_index web1)
	for name in ../x a/b .x 'a b' $'a\tb' "é" -x "$(printf 'x%.0s' {1..65})"; do
		run setv vclCommand.0 s "snapshot-create web1 -- '$name'"
		[[ $output == *wrongValue* ]]
		run virtcluster snapshot-create web1 -- "$name"
		[ "$status" -ne 0 ]
		[ "${#lines[@]}" = 1 ]
		[[ $output == *"of a snapshot"* ]]
	done
	for name in ../first /etc/passwd ''; do
		run setv vclCommand.0 s "snapshot-delete web1 '$name'"
		[[ $output == *wrongValue* ]]
	done
	for job in "snapshot-create web1 first" "snapshot-delete web1 nosuch"; do
		run virtcluster $job --wait
		[ "$status" -ne 0 ]
		[[ $output == *"snapshot ${job##* } of web1"* ]]
	done
	run virtcluster snapshot-revert web1 first
	[ "$status" -ne 0 ]
	[[ $output == *"not shut off"* ]]
	[ "$(theirs web1; images web1)" = "$before" ]
	goes_on web1
}

@test "a VM with snapshots is not migrated, which is said before anything is changed" {
	run virtcluster migrate web1 h2 --wait
	[ "$status" -ne 0 ]
	echo "$output"
	[[ $output == *"web1 has 2 snapshots, which cannot move"* ]]
	goes_on web1
}

@test "the older is deleted, then the newer; the guest sees nothing, one plain image is left" {
	done_by "snapshot-delete web1 first"
	within 5 same_list web1
	[ "$(ours web1)" = second ]
	[ "$(depth web1)" = 1 ]
	goes_on web1
	run by_snmp snapshot-delete web1 second --wait
	echo "$output"
	[ "$status" -eq 0 ]
	within 5 same_list web1
	[ -z "$(ours web1)" ]
	[ "$(depth web1)" = 0 ]
	[ "$(source_of web1)" = /srv/shared/$PLAIN ]
	[ "$(images web1)" = $PLAIN ]
	goes_on web1
}

@test "back to a snapshot: the disk is that of the instant, and all layers go" {
	local before after now
	before=$(last_seq web1)
	done_by "snapshot-create web1 keep"
	after=$(last_seq web1)
	within 90 seq_beyond web1 $((after + 100))
	done_by "snapshot-create web1 later"
	done_by "snapshot-revert web1 keep --power-off"
	within 5 vm_is web1 shutOff
	now=$(newest "$(source_of web1)")
	[ "$now" -ge "$before" ]
	[ "$now" -le $((after + 10)) ]
	[ "$(lab virsh h1 snapshot-current web1 --name)" = keep ]
	[ "$(images web1 | wc -l)" = 3 ] # the plain one, later's, and the new one
	run virtcluster snapshot-delete web1 keep --wait
	[ "$status" -ne 0 ]
	[[ $output == *"later comes after it"* ]]
	done_by "snapshot-delete web1 later"
	[ "$(images web1 | wc -l)" = 2 ]
	run virtcluster snapshot-delete web1 keep --wait
	[ "$status" -ne 0 ]
	[[ $output == *"start it first"* ]]
	virtcluster start web1 --wait
	done_by "snapshot-delete web1 keep"
	[ "$(images web1)" = $PLAIN ]
	within 60 booted web1 2
	goes_on web1
}

@test "internal snapshots of others are listed, gone back to and deleted" {
	local before
	virtcluster poweroff web1 --wait
	lab virsh h1 snapshot-create-as web1 inside >/dev/null
	virtcluster start web1 --wait
	within 10 same_list web1
	[ "$(virtcluster snapshots --vm web1 --json | jq -r '.[0].vclSnapshotKind')" = internal ]
	virtcluster poweroff web1 --wait
	done_by "snapshot-revert web1 inside"
	done_by "snapshot-delete web1 inside"
	within 5 same_list web1
	[ -z "$(theirs web1)" ]
}

merging() { [ "$(job_cell vclJobProcessed "$1")" -gt 0 ]; }

# One that is off is kept too; 64 MiB are then to be merged, at 1 MiB/s.
@test "cancelled in the middle: the VM goes on, it can be deleted again and not gone back to" {
	local job
	done_by "snapshot-create off1 slow"
	lab exec h1 qemu-io -c "write -P 0x5a 0 64M" "$(source_of off1)"
	virtcluster start off1 --wait
	job=$(command "snapshot-delete off1 slow --bandwidth 1")
	within 20 merging "$job"
	virtcluster cancel "$job"
	within 20 job_ended "$job"
	[ "$(job_cell vclJobState "$job")" = $CANCELLED ]
	[[ $(job_cell vclJobError "$job") == *"partly merged"* ]]
	[[ $(lab virsh h1 blockjob off1 vda --info) != *[0-9]* ]]
	vm_is off1 running || vm_is off1 paused
	[ "$(theirs off1)" = slow ]
	[ "$(depth off1)" = 1 ]
	virtcluster poweroff off1 --wait
	run virtcluster snapshot-revert off1 slow --wait
	[ "$status" -ne 0 ]
	[[ $output == *"its deletion has begun"* ]]
	virtcluster start off1 --wait
}

@test "killed in the middle: the next agent brings it to its end" {
	local job
	job=$(command "snapshot-delete off1 slow --bandwidth 4")
	within 20 merging "$job"
	stack kill-agent
	stack start-agent
	within 60 job_ended "$job"
	job_cell vclJobError "$job"
	[ "$(job_cell vclJobState "$job")" = $SUCCEEDED ]
	[ -z "$(theirs off1)" ]
	[ "$(depth off1)" = 0 ]
	[ "$(images off1)" = off1-0.qcow2 ]
	qemu-io -U -r -c "read -P 0x5a 0 64M" "$LAB_DIR/shared/off1-0.qcow2" | grep -q '64 MiB'
}

@test "without an agent in the guest it is kept as it is, under a name from date and time" {
	local name
	done_by "snapshot-create off1"
	vm_job_step off1
	[[ $(vm_job_step off1) =~ ^snapshot\ [0-9]{8}-[0-9]{6},\ file\ systems\ not\ at\ rest$ ]]
	within 5 same_list off1
	name=$(theirs off1)
	[[ $(vm_job_step off1) == "snapshot $name,"* ]]
	[[ $(column vclSnapshotDescription) == *"while it ran, file systems not at rest"* ]]
	done_by "snapshot-delete off1 $name"
	[ "$(images off1)" = off1-0.qcow2 ]
}

@test "nothing went wrong in the daemon" {
	log_is_clean
}
