# Pools and volumes, against the word of virsh, df and qemu-img.
load helpers

setup_file() {
	lab_begin 2
	lab pool h1 images --dir /srv/shared/images
	lab pool h2 images --dir /srv/shared/images
	lab pool h1 small --loop 64M
	lab pool h2 scratch
	for h in h1 h2; do
		lab virsh $h pool-define-as nas netfs --source-host nas.example.net \
			--source-path /export --target "/srv/local/nas-$h"
	done
	make_chain
	lab guest h1 web1 --tiny --no-start
	attach vda "<source pool='images' volume='top.qcow2'/>" volume
	attach vdb "<source file='/srv/shared/images/data.qcow2'/>" file
	{
		printf '[pool images]\nshared = yes\n'
		printf '[node lxc]\nuri = %s\n' "$(lab uri-lxc h1)"
	} >>"$VCL_CONFIG"
	stack reload-agent
	within 10 pool_is images vclPoolNodes 3
	within 10 pool_is small vclPoolNodes 2
	within 10 vm_is web1 shutOff
}

teardown_file() { lab_end; }

new_volume() { lab virsh h1 vol-create-as images "$1" 16M --format qcow2 "${@:2}"; }

make_chain() {
	new_volume base.qcow2
	new_volume mid.qcow2 --backing-vol base.qcow2 --backing-vol-format qcow2
	new_volume top.qcow2 --backing-vol mid.qcow2 --backing-vol-format qcow2
	new_volume data.qcow2
	new_volume lone.qcow2
}

attach() { # TARGET SOURCE TYPE
	cat >"$LAB_DIR/disk.xml" <<-XML
		<disk type='$3' device='disk'><driver name='qemu' type='qcow2'/>$2<target dev='$1' bus='virtio'/></disk>
	XML
	lab virsh h1 attach-device web1 "$LAB_DIR/disk.xml" --config
}

declare -gA POOL=([running]=1 [inactive]=5 [unknown]=6)

pool_index() { index_of vclPoolName "$1"; }
pool() { get "$2.$(pool_index "$1")" | tr -d '"'; }
pool_is() { [ "$(pool "$1" "$2")" = "$3" ]; }
pool_at_least() { [ "$(pool "$1" "$2")" -ge "$3" ]; }
on_node() { get "$3.$(pool_index "$1").$(node_index "$2")" | tr -d '"'; }
on_node_is() { [ "$(on_node "$1" "$2" "$3")" = "$4" ]; }
volume_index() { index_of vclVolumeName "$1"; }
volume() { get "$2.$(volume_index "$1")" | tr -d '"'; }
volume_is() { [ "$(volume "$1" "$2")" = "$3" ]; }
has_volume() { [ -n "$(volume_index "$1")" ]; }
disk() { get "$2.$(index_of vclDiskName "$1")" | tr -d '"'; }

bytes() { lab virsh "$1" "${@:3}" --bytes | awk -v what="$2:" '$1 == what { print int($2 / 1048576) }'; }
info() { lab virsh "$1" pool-info "$2" --bytes | sed -n "s/^$3: *//p"; }

# A table of what we say and what the others say; they may differ by DELTA MiB.
near() {
	printf '%-24s ours %-10s theirs %-10s\n' "$1" "$2" "$3"
	[ "$2" -ge $(($3 - $4)) ] && [ "$2" -le $(($3 + $4)) ]
}

# Others write to that file system too: both are read until they agree.
same_size() { # POOL COLUMN WORD DELTA
	near "$1 $3" "$(pool "$1" "$2")" "$(bytes h1 "$3" pool-info "$1")" "$4"
}

@test "pools are those that virsh lists, and their numbers are its own" {
	local host name
	for host in h1 h2; do
		for name in $(lab virsh $host pool-list --all --name); do
			on_node_is "$name" $host vclPoolNodeName "$name on $host"
		done
	done
	[ "$(get vclPoolNumber.0)" -eq 4 ]
	for name in images small; do
		same_size $name vclPoolCapacity Capacity 0
		within 30 same_size $name vclPoolAllocation Allocation 64
		within 30 same_size $name vclPoolAvailable Available 64
	done
	[ "$(pool small vclPoolType)" = fs ]
	[ "$(pool small vclPoolUuid)" = "$(info h1 small UUID)" ]
	[[ "$(pool small vclPoolSource)" == /dev/loop* ]]
}

@test "the size of a pool is that of its file system" {
	local size used
	read -r size used < <(lab exec h1 df -m --output=size,used /srv/local/small | tail -1)
	near "small size" "$(pool small vclPoolCapacity)" "$size" 1
	near "small used" "$(pool small vclPoolAllocation)" "$used" 1
}

@test "volumes are those that virsh lists, and are what qemu-img says" {
	local name json
	[ "$(lab virsh h1 vol-list images | awk '{ print $1 }' | sort)" = \
		"$(for i in $(column vclVolumePool | awk -v p="$(pool_index images)" '$2 == p { print $1 }'); do
			get "vclVolumeName.$i" | tr -d '"'; done | sort)" ]
	for name in base.qcow2 top.qcow2; do
		json=$(qemu-img info --output=json "$LAB_DIR/shared/images/$name")
		[ "$(volume $name vclVolumeFormat)" = "$(sed -n 's/^    "format": "\(.*\)".*/\1/p' <<<"$json")" ]
		near "$name capacity" "$(volume $name vclVolumeCapacity)" \
			$(($(sed -n 's/^    "virtual-size": \([0-9]*\).*/\1/p' <<<"$json") / 1048576)) 0
		near "$name allocation" "$(volume $name vclVolumeAllocation)" \
			$(($(sed -n 's/^    "actual-size": \([0-9]*\).*/\1/p' <<<"$json") / 1048576)) 1
	done
	[ "$(pool images vclPoolVolumes)" -eq 5 ]
	[ "$(pool images vclPoolProvisioned)" -eq 80 ]
}

@test "a pool that hosts share is one row, and counts once" {
	local total=0 name
	[ "$(column vclPoolName | grep -c ' images$')" -eq 1 ]
	[ "$(column vclPoolName | grep -c ' nas$')" -eq 1 ]
	pool_is images vclPoolShared $TRUE
	pool_is scratch vclPoolShared $FALSE
	pool_is nas vclPoolNodes 3
	pool_is nas vclPoolSource nas.example.net:/export
	on_node_is nas h2 vclPoolNodePath /srv/local/nas-h2
	for name in images small scratch; do total=$((total + $(pool $name vclPoolCapacity))); done
	near "cluster's storage" "$(get vclClusterStorageTotal.0)" $total 3
}

@test "a disk and its volume lead to each other, given by pool or by path" {
	local vm
	vm=$(vm_index web1)
	[ "$(disk web1/vda vclDiskVolume)" = "$(volume_index top.qcow2)" ]
	[ "$(disk web1/vda vclDiskPool)" = "$(pool_index images)" ]
	[ "$(disk web1/vdb vclDiskVolume)" = "$(volume_index data.qcow2)" ]
	volume_is top.qcow2 vclVolumeVm "$vm"
	volume_is data.qcow2 vclVolumeVm "$vm"
	lab virsh h1 start web1 --paused
	within 5 vm_is web1 paused
	within 5 eval '[ "$(disk web1/vda vclDiskSource)" = /srv/shared/images/top.qcow2 ]'
	[ "$(disk web1/vda vclDiskVolume)" = "$(volume_index top.qcow2)" ]
	volume_is top.qcow2 vclVolumeDisk 1
	volume_is data.qcow2 vclVolumeDisk 2
	[ "$(disk web1/vda vclDiskChainDepth)" -eq 2 ]
}

@test "a chain of three images; what nothing uses is an orphan" {
	volume_is top.qcow2 vclVolumeChainDepth 2
	volume_is mid.qcow2 vclVolumeChainDepth 1
	volume_is base.qcow2 vclVolumeChainDepth 0
	volume_is top.qcow2 vclVolumeBacking /srv/shared/images/mid.qcow2
	local name
	for name in top mid base data; do volume_is $name.qcow2 vclVolumeOrphan $FALSE; done
	volume_is lone.qcow2 vclVolumeOrphan $TRUE
}

@test "an image below a disk whose own image is in no pool is in use" {
	lab exec h1 qemu-img create -q -f qcow2 -b /srv/shared/images/lone.qcow2 -F qcow2 /srv/local/over.qcow2
	attach vdc "<source file='/srv/local/over.qcow2'/>" file
	lab virsh h1 destroy web1
	lab virsh h1 start web1 --paused
	within 10 volume_is lone.qcow2 vclVolumeOrphan $FALSE
	lab virsh h1 destroy web1
	within 10 vm_is web1 shutOff
}

@test "a volume comes and goes, also behind libvirt's back; its index is the same again" {
	local index
	lab virsh h2 vol-create-as scratch new.raw 4M --format raw
	within 5 has_volume new.raw
	index=$(volume_index new.raw)
	lab virsh h2 vol-delete new.raw scratch
	within 5 fails has_volume new.raw
	lab exec h2 truncate -s 4M /srv/local/scratch/new.raw
	within 10 has_volume new.raw
	[ "$(volume_index new.raw)" = "$index" ]
	lab exec h2 rm /srv/local/scratch/new.raw
	within 10 fails has_volume new.raw
}

@test "a pool is created, stopped, started and removed" {
	local mark
	lab pool h2 fresh
	within 3 pool_is fresh vclPoolState "${POOL[running]}"
	lab virsh h2 pool-autostart fresh
	within 5 pool_is fresh vclPoolAutostart $TRUE
	mark=$(trap_mark)
	lab virsh h2 pool-destroy fresh
	within 3 pool_is fresh vclPoolState "${POOL[inactive]}"
	within 3 pool_is fresh vclPoolHealth 2
	[[ "$(pool fresh vclPoolHealthReason)" == *inactive* ]]
	[ "$(pool fresh vclPoolCapacity)" = "No Such Instance currently exists at this OID" ]
	within 5 got_trap "$mark" "$(oid vclAlarmRaised)|" fresh poolState
	lab virsh h2 pool-start fresh
	within 3 pool_is fresh vclPoolHealth 0
	within 5 got_trap "$mark" "$(oid vclAlarmCleared)" fresh
	[[ "$(column vclEventName)" == *fresh* ]]
	lab virsh h2 pool-destroy fresh
	lab virsh h2 pool-undefine fresh
	within 5 eval '[ -z "$(pool_index fresh)" ]'
}

fill() { lab exec h1 dd if=/dev/zero of=/srv/local/small/big bs=1M status=none "$@"; }

# both FROM TRAP NAME PATTERN: as a v2c trap and as a v3 inform
both() {
	within 10 got_trap "$1" "$(oid "$2")|" "$3" "$4" "SNMP v2c" &&
		within 10 got_trap "$1" "$(oid "$2")|" "$3" "$4" "INFORM, SNMP v3"
}

@test "a pool that fills up to ENOSPC warns, is critical, and clears" {
	local mark critical
	mark=$(trap_mark)
	fill count=$(($(pool small vclPoolCapacity) * 85 / 100))
	within 10 pool_is small vclPoolHealth 1
	within 5 eval '[ "$(get vclClusterHealth.0)" -ge 1 ]'
	both "$mark" vclPoolThreshold small 'warning'
	both "$mark" vclAlarmRaised small 'poolUsage'
	critical=$(trap_mark)
	run fill
	[[ "$output" == *"No space left"* ]]
	within 10 pool_is small vclPoolHealth 2
	pool_at_least small vclPoolUsage 9500
	[[ "$(pool small vclPoolHealthReason)" == "pool small is "*"% full" ]]
	[[ "$(column vclAlarmCondition)" == *poolUsage* ]]
	within 5 eval '[ "$(get vclClusterHealth.0)" -eq 2 ]'
	both "$critical" vclPoolThreshold small 'critical'
	mark=$(trap_mark)
	lab exec h1 rm /srv/local/small/big
	within 10 pool_is small vclPoolHealth 0
	[[ "$(column vclAlarmCondition)" != *poolUsage* ]]
	both "$mark" vclPoolThreshold small 'ok'
	both "$mark" vclAlarmCleared small 'ok'
}

@test "libvirtd of one host stands still: its pools grow stale, those of the other do not" {
	lab pause h1
	within 25 pool_is small vclPoolStale $TRUE
	within 15 pool_is small vclPoolState "${POOL[unknown]}"
	within 5 on_node_is images h1 vclPoolNodeState "${POOL[unknown]}"
	pool_is images vclPoolState "${POOL[running]}"
	pool_is images vclPoolStale $FALSE
	pool_is scratch vclPoolStale $FALSE
	[ "$(pool scratch vclPoolSampleAge)" -le $((3 * SLOW)) ]
	[ "$(pool small vclPoolCapacity)" -gt 0 ] # the last values stay
	has_volume top.qcow2
	pool_is small vclPoolHealth 3
	lab resume h1
	within 40 pool_is small vclPoolStale $FALSE
	within 5 pool_is small vclPoolState "${POOL[running]}"
}

@test "libvirtd of one host is gone and comes back" {
	lab stop-libvirtd h1
	within 15 pool_is small vclPoolState "${POOL[unknown]}"
	pool_is images vclPoolState "${POOL[running]}"
	lab start-libvirtd h1
	lab virsh h1 pool-start small || true # no autostart: but libvirt finds it mounted
	within 15 pool_is small vclPoolState "${POOL[running]}"
	pool_is small vclPoolStale $FALSE
}

indexes() { column vclPoolName | sort; column vclVolumeName | sort; }

@test "a restart changes no index and raises no alarm again" {
	local before mark
	mark=$(trap_mark)
	lab virsh h2 pool-autostart scratch
	lab virsh h2 pool-destroy scratch
	within 5 pool_is scratch vclPoolHealth 2
	within 5 got_trap "$mark" "$(oid vclAlarmRaised)|" scratch
	sleep 1 # what was sent a moment before a kill may be sent again
	before=$(indexes)
	stack kill-agent
	mark=$(trap_mark)
	stack start-agent
	within 10 pool_is scratch vclPoolHealth 2
	within 10 has_volume top.qcow2
	within 10 eval '[ "$(indexes)" = "'"$before"'" ]'
	fails got_trap "$mark" "$(oid vclAlarmRaised)|" scratch
	lab virsh h2 pool-start scratch
	within 5 pool_is scratch vclPoolHealth 0
}

# A history of four days in which 2 MiB a day were added.
write_history() { # FILE SIZE
	local now=$(($(date +%s) / 3600 * 3600)) i
	local -a values=()
	rrdtool create "$1" --start $((now - 97 * 3600)) --step 3600 \
		DS:capacity:GAUGE:7200:0:U DS:allocation:GAUGE:7200:0:U RRA:AVERAGE:0.5:1:200
	for ((i = 96; i >= 0; i--)); do values+=("$((now - i * 3600)):$2:$(((96 - i) / 12))"); done
	rrdtool update "$1" "${values[@]}"
}

@test "the history of a pool tells when it will be full" {
	local file size days
	size=$(pool small vclPoolCapacity)
	file=$LAB_DIR/stack/rrd/pool/$(pool_index small).rrd
	within 10 test -s "$file"
	pool_is small vclPoolDaysUntilFull -1
	stack stop-agent
	stack stop-rrdcached
	rm "$file"
	write_history "$file" "$size"
	chown nobody:nogroup "$file"
	stack start-rrdcached
	stack start-agent
	within 15 pool_at_least small vclPoolDaysUntilFull 1
	days=$(pool small vclPoolDaysUntilFull)
	near "days until full" "$days" $(((size - 8) / 2)) 2
}

@test "a node that leaves the configuration takes its pools along" {
	awk -v drop='[node h2]' '/^\[/ { skip = $0 == drop } !skip' "$VCL_CONFIG" >"$LAB_DIR/conf"
	cat "$LAB_DIR/conf" >"$VCL_CONFIG"
	stack reload-agent
	within 5 eval '[ -z "$(pool_index scratch)" ]'
	pool_is images vclPoolNodes 2
}

@test "the daemon's log is clean" { log_is_clean; }
