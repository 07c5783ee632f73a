# Volumes are made, deleted, resized, cloned, moved (also under a running guest that verifies
# what it writes), wiped; pools are started and stopped.  Judged by virsh and qemu-img.
load helpers

SUCCEEDED=3 FAILED=4 CANCELLED=5 INTERRUPTED=6

setup_file() {
	lab_begin 2
	lab pool h1 images --dir /srv/shared/images
	lab pool h2 images --dir /srv/shared/images
	lab pool h1 fast
	lab pool h1 small --loop 32M
	lab pool h2 far
	printf '[pool images]\nshared = yes\n' >>"$VCL_CONFIG"
	stack reload-agent
	mkdir -p "$LAB_DIR/shared/images"
	lab guest h1 web1 --verify
	lab guest h1 off1 --no-start --local 8M
	lab virsh h1 pool-define-as local dir --target /srv/local
	lab virsh h1 pool-start local
	lab pool h1 disks --dir /srv/shared
	lab wait web1 LAB-SEQ 90
	within 20 has_volume off1-0.qcow2
	within 20 has_volume web1-0.qcow2
}

teardown_file() { lab_end; }

volume_index() { index_of vclVolumeName "$1"; }
has_volume() { [ -n "$(volume_index "$1")" ]; }
volume() { get "$2.$(volume_index "$1")" | tr -d '"'; }
in_pool() { lab virsh "$1" vol-list "$2" | awk 'NF { print $1 }' | xargs; }
path_of() { lab virsh "$1" vol-path "$3" --pool "$2"; }
disk_of() { lab virsh h1 domblklist "$1" "${@:2}" | awk '$1 == "vda" { print $2 }'; }
content() {
	lab exec h1 qemu-img convert -O raw "$1" /srv/local/content &&
		sha256sum <"$LAB_DIR/hosts/h1/local/content"
}
# queued WORDS: as a job, whose number it is
queued() { virtcluster "$@" | sed -n 's/^job \([0-9]*\) queued.*/\1/p'; }
job_is() { [ "$(get "vclJobState.$1")" = "$2" ]; }
job_ended() { [ "$(get "vclJobState.$1")" -ge 3 ]; }
has_begun() { [ "$(get "vclJobProcessed.$1" | grep -E '^[0-9]+$')" -gt 0 ]; }

# refused WORDS PATTERN: one sentence, and no volume has come, gone or changed its size
refused() {
	local before after
	before=$(picture)
	run virtcluster $1 --wait
	echo "$output"
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *"$2"* ]]
	after=$(picture)
	[ "$before" = "$after" ]
}
picture() {
	lab virsh h1 'vol-list images --details; vol-list fast --details; vol-list small --details
		vol-list disks --details; vol-list local --details' | awk '/qcow2|raw/ { print $1, $4, $5 }'
	lab virsh h2 vol-list far
}

# patterned PATH SIZE: content that can be told again
patterned() { lab exec h1 qemu-io -f qcow2 -c "write -P 0x5a 1M $2" "$1" >/dev/null; }

@test "by one SET: a volume of a name and a size" {
	local pool
	pool=$(index_of vclPoolName images)
	# shellcheck disable=SC2086
	snmpset -Oe $VCL_WRITE "$VCL_SNMP" "$(oid vclJobRowStatus.4000000001)" i $CREATE_AND_GO \
		"$(oid vclJobType.4000000001)" i 29 "$(oid vclJobObjectIndex.4000000001)" u "$pool" \
		"$(oid vclJobArgument.4000000001)" s one.qcow2 "$(oid vclJobAmount.4000000001)" u 64
	within 20 job_is 4000000001 $SUCCEEDED
	has_volume one.qcow2
	[ "$(volume one.qcow2 vclVolumeCapacity)" = 64 ]
	[ "$(volume one.qcow2 vclVolumeFormat)" = qcow2 ]
	[[ " $(in_pool h1 images) " == *" one.qcow2 "* ]]
	[[ " $(in_pool h2 images) " == *" one.qcow2 "* ]]
	lab exec h1 qemu-img info /srv/shared/images/one.qcow2 | grep -q 'virtual size: 64 MiB'
}

@test "in words: raw, and whole" {
	virtcluster volume-create fast raw1 8M --raw --whole --wait
	[ "$(stat -c %s "$LAB_DIR/hosts/h1/local/fast/raw1")" = $((8 * 1024 * 1024)) ]
	[ "$(stat -c %b "$LAB_DIR/hosts/h1/local/fast/raw1")" -ge $((8 * 2048)) ]
	[ "$(volume raw1 vclVolumeFormat)" = raw ]
	setv vclCommand.0 s "volume-create fast thin1 8M"
	within 20 has_volume thin1
	[ "$(volume thin1 vclVolumeFormat)" = qcow2 ]
}

@test "what is refused leaves all as it was" {
	refused "volume-create images one.qcow2 8M" "has a volume one.qcow2 already"
	refused "volume-create images ../x 8M" "cannot be a volume's name"
	refused "volume-create images .hidden 8M" "cannot be a volume's name"
	refused "volume-create images a;b 8M" "cannot be a volume's name"
	refused "volume-create images x 0" "not a size"
	refused "volume-create nowhere x 8M" "no pool is called"
	refused "volume-create small big 8G --whole --raw" "MiB are needed"
	refused "volume-delete web1-0.qcow2" "VM web1 has it as vda"
	refused "volume-wipe web1-0.qcow2" "VM web1 has it as vda"
	refused "volume-delete off1-0.qcow2" "VM off1 has it as vda"
	refused "volume-clone web1-0.qcow2 copy" "web1 runs and writes to it"
	refused "volume-resize one.qcow2 32M" "would cut off data"
	refused "volume-resize one.qcow2 64M" "64 MiB already"
	refused "volume-move one.qcow2 images" "is in pool images already"
	refused "volume-move web1-0.qcow2 far" "its node h1 has no pool far"
	refused "volume-clone one.qcow2 nowhere/x" "no pool is called"
	refused "volume-clone one.qcow2 fast/../x" "no pool is called"
	refused "pool-start images" "not inactive"
	refused "pool-stop disks" "web1 runs with its volume"
	run setv vclCommand.0 s "volume-delete web1-0.qcow2"
	[[ $output == *inconsistentValue* ]]
}

@test "larger: one that nothing uses, and one under a running guest" {
	virtcluster volume-resize one.qcow2 96M --wait
	[ "$(volume one.qcow2 vclVolumeCapacity)" = 96 ]
	virtcluster volume-resize web1-0.qcow2 48M --wait
	lab virsh h1 domblkinfo web1 vda | grep -q "^Capacity: *$((48 * 1024 * 1024))"
	[ "$(volume web1-0.qcow2 vclVolumeCapacity)" = 48 ]
	lab type h1 web1 'echo LAB-SIZE $(cat /sys/block/vda/size)'
	within 10 guest_said "LAB-SIZE $((48 * 2048))"
}
guest_said() { lab serial web1 | grep -a -q "$1"; }

@test "copies are the same: in the pool, in another, on another host" {
	local want
	patterned /srv/shared/images/one.qcow2 8M
	want=$(content /srv/shared/images/one.qcow2)
	virtcluster volume-clone one.qcow2 two.qcow2 --wait
	virtcluster volume-clone one.qcow2 fast/three.raw --raw --wait
	[ "$(content /srv/shared/images/two.qcow2)" = "$want" ]
	[ "$(content /srv/local/fast/three.raw)" = "$want" ]
	virtcluster volume-clone three.raw far/four.raw --wait
	cmp "$LAB_DIR/hosts/h1/local/fast/three.raw" "$LAB_DIR/hosts/h2/local/far/four.raw"
	[ "$(volume four.raw vclVolumePoolName)" = far ]
}

@test "a linked clone is on top, and what is below cannot go" {
	virtcluster volume-clone one.qcow2 top.qcow2 --linked --wait
	[ "$(volume top.qcow2 vclVolumeChainDepth)" = 1 ]
	[ "$(content /srv/shared/images/top.qcow2)" = "$(content /srv/shared/images/one.qcow2)" ]
	refused "volume-delete one.qcow2" "image top.qcow2 is on top of it"
	refused "volume-clone web1-0.qcow2 x --linked" "VM web1 has it as vda"
	virtcluster volume-delete top.qcow2 --wait
	fails has_volume top.qcow2
}

@test "a copy that does not fit is refused, or taken back" {
	virtcluster volume-create fast big.raw 48M --raw --whole --wait
	refused "volume-clone fast/big.raw small/x" "MiB are needed"
	virtcluster volume-delete big.raw --wait
	lab exec h1 fallocate -l 22M /srv/local/small/ballast # nobody has told of that yet
	run virtcluster volume-clone one.qcow2 small/z --wait
	echo "$output"
	[ "$status" -ne 0 ]
	[[ " $(in_pool h1 small) " != *" z "* ]]
	[ ! -e "$LAB_DIR/hosts/h1/local/small/z" ]
	lab exec h1 rm -f /srv/local/small/ballast
}

@test "a volume that nothing uses moves; the VM that is off goes along" {
	local want
	want=$(content /srv/shared/images/two.qcow2)
	virtcluster volume-move two.qcow2 fast --wait
	[ "$(content /srv/local/fast/two.qcow2)" = "$want" ]
	[ ! -e "$LAB_DIR/shared/images/two.qcow2" ]
	[ "$(volume two.qcow2 vclVolumePoolName)" = fast ]
	virtcluster volume-move off1-0.qcow2 fast --wait
	[ "$(disk_of off1)" = /srv/local/fast/off1-0.qcow2 ]
	[ ! -e "$LAB_DIR/hosts/h1/local/off1-0.qcow2" ]
	virtcluster start off1 --wait
	virtcluster poweroff off1 --wait
}

@test "a disk moves under a running guest, there and back, and nothing is lost" {
	local seq
	seq=$(last_seq web1)
	virtcluster volume-move web1-0.qcow2 fast --wait
	[ "$(disk_of web1)" = /srv/local/fast/web1-0.qcow2 ]
	[ "$(disk_of web1 --inactive)" = /srv/local/fast/web1-0.qcow2 ]
	[ ! -e "$LAB_DIR/shared/web1-0.qcow2" ]
	[ "$(volume web1-0.qcow2 vclVolumePoolName)" = fast ]
	[ "$(volume web1-0.qcow2 vclVolumeVm)" = "$(vm_index web1)" ]
	within 60 seq_beyond web1 $((seq + 60))
	virtcluster volume-move web1-0.qcow2 disks --wait
	[ "$(disk_of web1)" = /srv/shared/web1-0.qcow2 ]
	seq=$(last_seq web1)
	within 60 seq_beyond web1 $((seq + 60))
	good web1
	lab virsh h1 blockjob web1 vda --info | fails grep -q .
}

@test "a move is cancelled: the guest is where it was, no volume, no block job" {
	local job
	job=$(queued volume-move web1-0.qcow2 fast --bandwidth 1)
	within 20 has_begun "$job"
	run virtcluster poweroff web1
	[[ $output == *"web1 is busy: job $job (volumeMove web1-0.qcow2) is running"* ]]
	virtcluster cancel "$job"
	within 30 job_is "$job" $CANCELLED
	[ "$(disk_of web1)" = /srv/shared/web1-0.qcow2 ]
	[ ! -e "$LAB_DIR/hosts/h1/local/fast/web1-0.qcow2" ]
	lab virsh h1 blockjob web1 vda --info | fails grep -q .
	good web1
}

WAITING=1

@test "of jobs that fill one pool only so many run at a time" {
	printf '[control]\njobs-per-pool = 1\n' >>"$VCL_CONFIG"
	stack reload-agent
	job=$(queued volume-move web1-0.qcow2 fast --bandwidth 1)
	within 20 has_begun "$job"
	second=$(queued volume-create fast second.qcow2 1M)
	virtcluster volume-create small passes.qcow2 1M --wait
	job_is "$second" $WAITING
	virtcluster cancel "$job"
	within 20 job_ended "$second"
	job_is "$second" $SUCCEEDED
	within 20 job_is "$job" $CANCELLED
	virtcluster volume-delete passes.qcow2 --wait
	virtcluster volume-delete second.qcow2 --wait
	sed -i '/^jobs-per-pool/d' "$VCL_CONFIG"
	stack reload-agent
}

@test "the daemon is killed in mid-move: called off, and said" {
	local job
	job=$(queued volume-move web1-0.qcow2 fast --bandwidth 1)
	within 20 has_begun "$job"
	stack kill-agent
	stack start-agent
	within 60 job_is "$job" $INTERRUPTED
	[[ "$(get "vclJobError.$job")" == *"is where it was"* ]]
	[ "$(disk_of web1)" = /srv/shared/web1-0.qcow2 ]
	[ ! -e "$LAB_DIR/hosts/h1/local/fast/web1-0.qcow2" ]
	lab virsh h1 blockjob web1 vda --info | fails grep -q .
	good web1
}

@test "a move into a pool that fills up meanwhile ends with a sentence; the guest goes on" {
	local seq job
	lab type h1 web1 'dd if=/dev/urandom of=/dev/vda bs=1M seek=24 count=16 2>/dev/null'
	job=$(queued volume-move web1-0.qcow2 small --bandwidth 1)
	within 20 has_begun "$job"
	fails lab exec h1 dd if=/dev/zero of=/srv/local/small/ballast bs=1M status=none
	within 90 job_is "$job" $FAILED
	echo "$(get "vclJobError.$job")"
	[[ "$(get "vclJobError.$job")" == *"the copy has ended with an error"* ]]
	[ "$(disk_of web1)" = /srv/shared/web1-0.qcow2 ]
	[ ! -e "$LAB_DIR/hosts/h1/local/small/web1-0.qcow2" ]
	seq=$(last_seq web1)
	within 60 seq_beyond web1 $((seq + 60))
	good web1
}

@test "wiped, and deleted" {
	virtcluster volume-wipe raw1 --wait
	virtcluster volume-delete raw1 --wait
	fails has_volume raw1
	[ ! -e "$LAB_DIR/hosts/h1/local/fast/raw1" ]
	refused "volume-delete raw1" "no volume is called"
}

@test "a pool is stopped, started and looked into" {
	virtcluster pool-stop far --wait
	[ "$(get "vclPoolState.$(index_of vclPoolName far)")" = 5 ]
	virtcluster pool-start far --wait
	[ "$(get "vclPoolState.$(index_of vclPoolName far)")" = 1 ]
	truncate -s 1M "$LAB_DIR/hosts/h2/local/far/found.raw"
	virtcluster pool-refresh far --wait
	has_volume found.raw
}

@test "the daemon's log is clean" { log_is_clean; }
