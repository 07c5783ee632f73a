# Backups that end before they are whole: the chain, the VM and the pool are as they were, and
# the next backup goes on from the last one that is whole.
load helpers
load backup

setup_file() {
	lab_begin 1
	mkdir -p "$LAB_DIR/shared/backups"
	lab pool h1 backups --dir /srv/shared/backups
	lab pool h1 small --loop 64M
	lab guest h1 big1 --tiny --no-start --disk 1000M
	lab exec h1 qemu-io -c "write -P 0x5a 0 900M" /srv/shared/big1-0.qcow2 >/dev/null
	lab virsh h1 start big1 --paused >/dev/null
	lab guest h1 'odd vm' --tiny --disk 4M
	within 10 vm_is big1 paused
	within 10 has_pool small
	within 10 has_pool backups
	virtcluster backup big1 --pool backups --wait
}

teardown_file() { lab_end; }

has_pool() { [ -n "$(index_of vclPoolName "$1")" ]; }
copies() { [ "$(job_cell vclJobProcessed "$1" | grep -E '^[0-9]+$')" -gt 0 ]; }
chain() { files h1 backups; checkpoints h1 big1; backups_of big1; }
# Most of 900 MiB, 4 in a second
slow_one() {
	local job
	scribble >&2
	job=$(queued backup big1 --full --bandwidth 4 "$@")
	within 20 copies "$job" >&2
	echo "$job"
}
# Something else on its disk, by QEMU's own hand
scribble() {
	lab virsh h1 qemu-monitor-command big1 --hmp \
		"qemu-io libvirt-1-format \"write -P $((RANDOM % 250 + 1)) $((RANDOM % 900))M 64k\""
}
ended_as() { # JOB STATE PATTERN
	within 90 job_ended "$1"
	job_cell vclJobError "$1"
	[ "$(job_cell vclJobState "$1")" = "$2" ]
	[[ $(job_cell vclJobError "$1") == *"$3"* ]]
}
same_as() { [ "$(chain)" = "$1" ] || { diff <(echo "$1") <(chain) >&3; false; }; }
# The next one is upon the last, and the chain is the disk
works_on() {
	local before last
	before=$(last_backup big1)
	scribble
	backup big1
	last=$(last_backup big1)
	reason_of "$last"
	[ "$(kind_of "$last")" = incremental ]
	[ "$(virtcluster --json show backup "$last" | jq -r .vclBackupBase)" = "$(index_of vclBackupName "$before")" ]
	lab exec h1 qemu-img compare -U /srv/shared/big1-0.qcow2 "/srv/shared/backups/$last-vda.qcow2"
}
vm_is_well() {
	vm_is big1 paused
	no_job h1 big1
	[ -z "$(lab virsh h1 blockjob big1 vda --info 2>/dev/null | grep '[0-9]')" ]
	[ "$(lab virsh h1 domblkerror big1)" = "No errors found" ]
}

@test "cancelled" {
	local before job
	before=$(chain)
	job=$(slow_one)
	[ "$(virtcluster --json backups --state running | jq length)" = 1 ]
	virtcluster cancel "$job"
	ended_as "$job" $CANCELLED cancelled
	within 5 same_as "$before"
	vm_is_well
	[ "$(vm_cell vclVmLastBackupState big1)" = 2 ]
	[[ $(virtcluster --json backups --state failed | jq -r '.[].vclBackupReason') == *cancelled* ]]
	works_on
	[ "$(vm_cell vclVmLastBackupState big1)" = 1 ]
	[ "$(virtcluster --json backups --state failed | jq length)" = 0 ]
}

@test "the agent is killed" {
	local before job
	before=$(chain)
	job=$(slow_one)
	stack kill-agent
	stack start-agent
	ended_as "$job" $INTERRUPTED "what there was of it was removed"
	within 5 same_as "$before"
	vm_is_well
	works_on
}

@test "the agent is stopped and started" {
	local before job
	before=$(chain)
	job=$(slow_one)
	stack stop-agent
	stack start-agent
	ended_as "$job" $INTERRUPTED "what there was of it was removed"
	within 5 same_as "$before"
	vm_is_well
	works_on
}

@test "libvirtd is killed: QEMU goes on, and so does the job" {
	local job
	job=$(slow_one)
	lab kill-libvirtd h1
	within 20 lab virsh h1 blockjob big1 vda 0
	ended_as "$job" $SUCCEEDED ""
	virtcluster backup-verify "$(last_backup big1)" --wait
	vm_is_well
	works_on
}

@test "the pool is full" {
	local before job
	before=$(chain)
	job=$(queued backup big1 --full --pool small)
	ended_as "$job" $FAILED "cannot back big1 up on h1"
	[ -z "$(files h1 small)" ]
	within 5 same_as "$before"
	vm_is_well
	works_on
}

@test "the VM ends" {
	local job
	job=$(slow_one)
	lab virsh h1 destroy big1
	ended_as "$job" $FAILED "big1"
	[ "$(files h1 backups | grep -c vclbackup)" = "$(backups_of big1 | wc -l)" ]
	[ "$(files h1 backups | grep -c qcow2)" = "$(backups_of big1 | wc -l)" ]
	lab virsh h1 start big1 --paused
	within 10 vm_is big1 paused
	works_on
}

@test "a checkpoint that is gone, a disk that came: said, and backed up all the same" {
	lab virsh h1 checkpoint-delete big1 "vcl-$(last_backup big1)" --metadata
	backup big1
	[ "$(kind_of "$(last_backup big1)")" = full ]
	[[ $(reason_of "$(last_backup big1)") == *"checkpoint of the last one is gone"* ]]
	lab exec h1 qemu-img create -q -f raw /srv/shared/more.raw 8M
	lab virsh h1 attach-disk big1 /srv/shared/more.raw vdc --targetbus virtio --driver qemu --subdriver raw
	lab exec h1 qemu-io -f raw -c "write -P 0x77 1M 1M" /srv/shared/more.raw >/dev/null 2>&1 || true
	backup big1
	[ "$(kind_of "$(last_backup big1)")" = incremental ]
	[ "$(backup_cell vclBackupDisks "$(last_backup big1)")" = "vda vdc" ]
	[ "$(lab exec h1 qemu-img info "/srv/shared/backups/$(last_backup big1)-vdc.qcow2" --output json |
		jq -r '."backing-filename"')" = null ]
	lab virsh h1 detach-disk big1 vdc
	works_on
}

@test "what cannot be is refused in a sentence, and a VM may be called anything" {
	local before
	before=$(chain)
	run virtcluster backup big1 --full --incremental
	[[ $output == *"either full or incremental"* ]]
	run virtcluster backup big1 --pool nowhere
	[[ $output == *'no pool is called "nowhere"'* ]]
	run virtcluster backup big1 --quiesce --wait
	[[ $output == *"guest's agent"* ]]
	run virtcluster backup 'odd vm' --incremental --pool backups --wait
	[[ $output == *"none that it can be upon"* ]]
	run virtcluster backup-delete ../big1
	[ "$status" -ne 0 ]
	within 5 same_as "$before"
	virtcluster backup 'odd vm' --pool backups --wait
	[[ $(last_backup 'odd vm') =~ ^odd_vm-[0-9]{8}-[0-9]{6}$ ]]
}

@test "nothing went wrong in the daemon" {
	log_is_clean
}
