# What was backed up is restored: as another VM on another host while the first one is away,
# as the VM itself, one disk alone; and what fails leaves nothing.
# plain build only: it boots guests under TCG for minutes
load helpers
load backup

setup_file() {
	lab_begin 2
	mkdir -p "$LAB_DIR/shared/backups" "$LAB_DIR/shared/images"
	for h in h1 h2; do
		lab pool $h backups --dir /srv/shared/backups
		lab pool $h images --dir /srv/shared/images
		lab pool $h small --loop 32M
	done
	printf '[pool backups]\nshared = yes\n[pool images]\nshared = yes\n' >>"$VCL_CONFIG"
	stack reload-agent
	lab guest h1 web1 --verify --disk 32M --disk 64M
	lab exec h1 qemu-img info -U /srv/shared/web1-1.qcow2 >/dev/null
	lab wait web1 LAB-SEQ 90
	within 10 vm_is web1 running
	within 10 has_pool images
	for _ in 1 2 3; do
		backup web1 --pool backups
		within 30 seq_beyond web1 $(($(last_seq web1) + 20))
	done
}

teardown_file() { lab_end; }

has_pool() { [ -n "$(index_of vclPoolName "$1")" ]; }
point() { backups_of web1 | sed -n "$1p"; } # 1 is the oldest
# disk_of HOST VM TARGET
disk_of() { lab virsh "$1" domblklist "$2" | awk -v t="$3" '$1 == t { print $2 }'; }
is_point() { # HOST VM N: its disks are those of that backup
	lab exec "$1" qemu-img compare -U "$(disk_of "$1" "$2" vda)" "/srv/shared/backups/$(point "$3")-vda.qcow2"
	lab exec "$1" qemu-img compare -U "$(disk_of "$1" "$2" vdb)" "/srv/shared/backups/$(point "$3")-vdb.qcow2"
	lab exec "$1" qemu-img info -U "$(disk_of "$1" "$2" vda)" --output json | jq -e '."backing-filename" == null'
}
macs() { lab virsh "$1" domiflist "$2" | grep -o '52:54:[0-9a-f:]*' | sort; }

@test "each point as a new VM, on either host: its UUID, MACs and disks are its own" {
	local n host=h1
	for n in 1 2 3; do
		virtcluster restore "$(point $n)" "copy$n" --node $host --pool images --wait
		[ "$(virsh_state $host "copy$n")" = "shut off" ]
		is_point $host "copy$n" $n
		[ "$(lab virsh $host domuuid "copy$n")" != "$(lab virsh h1 domuuid web1)" ]
		[ -n "$(macs $host "copy$n")" ]
		[ "$(macs $host "copy$n")" != "$(macs h1 web1)" ]
		[[ $(disk_of $host "copy$n" vda) == /srv/shared/images/copy$n-*-vda.qcow2 ]]
		host=h2
	done
	[ "$(records "$(disk_of h1 copy1 vda)" | tail -1)" -lt "$(records "$(disk_of h2 copy3 vda)" | tail -1)" ]
	goes_on web1
}

# Writes to both disks, more each time
scatter() {
	lab type h1 web1 "for n in 1 5 9; do dd if=/dev/urandom of=/dev/vdb bs=4096 seek=\$((n * $1)) count=7 conv=notrunc,fsync; done 2>/dev/null"
	within 30 seq_beyond web1 $(($(last_seq web1) + 20))
}

# stands_still KIND: at rest it is backed up, and each of its disks is copied beside the agent
stands_still() {
	local target
	virtcluster suspend web1 --wait
	backup web1 "--$1"
	[ "$(kind_of "$(last_backup web1)")" = "$1" ]
	for target in vda vdb; do
		lab exec h1 qemu-img convert -U -O raw "$(disk_of h1 web1 $target)" "/srv/shared/$1-$target.raw"
	done
	vm_is web1 paused
	virtcluster resume web1 --wait
	last_backup web1 >"$LAB_DIR/$1"
}

# is_instant KIND VM: what was restored is what was copied then, and the VM has gone on since
is_instant() {
	local target
	for target in vda vdb; do
		lab exec h1 qemu-img compare "$(disk_of h1 "$2" $target)" "/srv/shared/$1-$target.raw"
		fails lab exec h1 qemu-img compare -U "$(disk_of h1 web1 $target)" "/srv/shared/$1-$target.raw"
		rm "$LAB_DIR/shared/$1-$target.raw"
	done
}

@test "byte for byte the instant of which a copy was made by other means" {
	scatter 64
	stands_still incremental
	scatter 96
	stands_still full
	scatter 128
	virtcluster restore "$(cat "$LAB_DIR/incremental")" then1 --node h1 --pool images --wait
	virtcluster restore "$(cat "$LAB_DIR/full")" then2 --node h1 --pool images --wait
	fails lab exec h1 qemu-img compare /srv/shared/incremental-vdb.raw /srv/shared/full-vdb.raw
	is_instant incremental then1
	is_instant full then2
	goes_on web1
}

@test "one disk alone" {
	virtcluster restore "$(point 2)" only.qcow2 --disk vdb --pool images --wait
	lab exec h1 qemu-img compare /srv/shared/images/only.qcow2 "/srv/shared/backups/$(point 2)-vdb.qcow2"
	within 10 eval '[ -n "$(index_of vclVolumeName only.qcow2)" ]'
}

@test "a volume that has the name of one to be restored stays, known or not yet" {
	local sum
	run virtcluster restore "$(point 1)" only.qcow2 --disk vda --pool images --wait
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"there is a volume only.qcow2 already"* ]]
	# what libvirt has not looked at
	lab exec h1 cp /srv/shared/images/only.qcow2 /srv/shared/images/mine.qcow2
	sum=$(sha256sum <"$LAB_DIR/shared/images/mine.qcow2")
	run virtcluster restore "$(point 1)" mine.qcow2 --disk vda --pool images --wait
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"a volume mine.qcow2 already"* ]] # by libvirt's word, or by now by ours
	[ "$(sha256sum <"$LAB_DIR/shared/images/mine.qcow2")" = "$sum" ]
}

@test "refused: one sentence, and nothing changes" {
	local before words pattern
	before=$(files h1 images; lab virsh h1 list --all --name; lab virsh h2 list --all --name)
	while IFS='|' read -r words pattern; do
		run virtcluster restore "$(point 1)" $words --wait
		echo "$output"
		[ "$status" -ne 0 ]
		[ "${#lines[@]}" = 1 ]
		[[ $output == *"$pattern"* ]]
	done <<-'EOT'
		|web1 is not shut off
		web1|there is a VM web1 already
		../up|cannot be the name
		x --disk vdz|has no disk vdz
		x --pool nowhere|no pool is called
		x --node nowhere|no node is called
	EOT
	[ "$(files h1 images; lab virsh h1 list --all --name; lab virsh h2 list --all --name)" = "$before" ]
}

@test "a full pool: nothing is left" {
	lab exec h1 sh -c 'cat /dev/zero >/srv/local/small/fill' 2>/dev/null || true
	run virtcluster restore "$(point 3)" late --node h1 --pool small --wait
	echo "$output"
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -ge 1 ]
	[ -z "$(lab virsh h1 "pool-refresh small; vol-list small" | grep late)" ]
	run lab virsh h1 dominfo late
	[ "$status" -ne 0 ]
}

@test "the VM itself, when it is off: what it had stays" {
	local old uuid
	virtcluster poweroff web1 --wait
	old=$(disk_of h1 web1 vda)
	uuid=$(lab virsh h1 domuuid web1)
	virtcluster restore "$(point 2)" --pool images --wait
	is_point h1 web1 2
	[ "$(lab virsh h1 domuuid web1)" = "$uuid" ]
	lab exec h1 test -e "$old"
	[ -z "$(checkpoints h1 web1)" ]
	virtcluster start web1 --wait
	within 60 booted web1 2
	backup web1
	virtcluster backups --vm web1 --wide
	[ "$(kind_of "$(last_backup web1)")" = full ]
	[ -n "$(checkpoints h1 web1)" ]
	goes_on web1
}

@test "the agent is killed in the middle: nothing is left, or it is whole" {
	local job
	job=$(queued restore "$(point 1)" killed --node h1 --pool images)
	stack kill-agent
	stack start-agent
	within 60 job_ended "$job"
	job_cell vclJobError "$job"
	if lab virsh h1 dominfo killed; then
		is_point h1 killed 1
	else
		[ -z "$(files h1 images | grep killed)" ]
	fi
}

@test "the first host is away: restored and started on the other one" {
	virtcluster poweroff web1 --wait
	lab kill h1
	within 30 node_cell_is vclNodeState h1 "${NODE[unreachable]}"
	run virtcluster restore "$(point 3)" --wait
	[ "$status" -ne 0 ]
	[[ $output == *"may still run there"* ]]
	virtcluster restore "$(point 3)" again --pool images --start --wait
	[ "$(virsh_state h2 again)" = running ]
	lab serial web1 | grep LAB-UP
	within 60 eval '[ "$(lab serial web1 | grep -c LAB-UP)" -ge 3 ]' # it still calls itself so
	good web1
}

@test "nothing went wrong in the daemon" {
	log_is_clean
}
