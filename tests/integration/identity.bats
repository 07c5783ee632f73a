# Who is who, and what was counted: across unplugging, plugging, renaming, undefining,
# defining again, migrating.  All counters are read all the while.
# plain build only: it samples counters as fast as it can
load helpers

VCPUS=vclVmCpuTable DISKS=vclVmDiskTable NICS=vclVmNicTable

setup_file() {
	lab_begin 2
	lab guest h1 web1 --disk 32M --disk 16M --io
	lab guest h1 off1 --no-start
	lab wait web1 LAB-UP 90
	within 20 vm_is web1 running
	within 10 device web1/vdb
	: >"$LAB_DIR/watched"
	watch_counters >"$LAB_DIR/counters" 2>"$LAB_DIR/counters.err" 3>&- &
	echo $! >"$LAB_DIR/watcher"
}

teardown_file() {
	rm -f "$LAB_DIR/watched"
	lab_end
}

# --- every counter of every VM and device, twice a second: "WALK OID = TYPE: VALUE"

watch_counters() {
	local table oids=() walk=0
	for table in vclVmTable $VCPUS $DISKS $NICS; do oids+=("$(oid $table)"); done
	while [ -e "$LAB_DIR/watched" ]; do
		walk=$((walk + 1))
		for table in "${oids[@]}"; do
			# shellcheck disable=SC2086
			snmpbulkwalk -r 0 -t 1 -On -Oe $VCL_READ "$VCL_SNMP" "$table" | sed "s/^/$walk /"
		done
		sleep 0.5
	done
}

# column number of a table's discontinuity times
discontinuity() { oid "$1" | sed 's/.*\.//'; }

# No counter is lower than at its last reading, however many walks ago that was (while a VM
# arrives, it has none), unless the discontinuity time of its row has changed since.  Counters
# come before it in a walk: it must be the one of the walk before that reading too.
counters_never_went_back() {
	awk -v vm="$(oid vclVmTable).1." -v vm_d="$(discontinuity vclVmDiscontinuityTime)" \
		-v vcpu="$(oid $VCPUS).1." -v vcpu_d="$(discontinuity vclVcpuDiscontinuityTime)" \
		-v disk="$(oid $DISKS).1." -v disk_d="$(discontinuity vclDiskDiscontinuityTime)" \
		-v nic="$(oid $NICS).1." -v nic_d="$(discontinuity vclNicDiscontinuityTime)" '
	function judge(   key, row) {
		for (key in now) {
			row = row_of[key]
			if (key in last && row in epoch && epoch[row] == epoch_of[key] && now[key] < last[key]) {
				print "walk " walk ": " key " went from " last[key] " (walk " walk_of[key] ") to " now[key]
				bad = 1
			}
			last[key] = now[key]
			walk_of[key] = walk
			epoch_of[key] = epoch1[row]
			seen++
		}
		split("", epoch1); for (row in epoch) epoch1[row] = epoch[row]
		split("", now); split("", epoch)
	}
	BEGIN { entry["vm"] = vm; entry["vcpu"] = vcpu; entry["disk"] = disk; entry["nic"] = nic
		d["vm"] = vm_d; d["vcpu"] = vcpu_d; d["disk"] = disk_d; d["nic"] = nic_d }
	$1 != walk { judge(); walk = $1 }
	{
		for (t in entry) if (index($2, entry[t]) == 1) {
			rest = substr($2, length(entry[t]) + 1)
			column = rest; sub(/\..*/, "", column)
			row = t substr(rest, length(column) + 1)
			if ($4 == "Counter64:") { now[$2] = $5 + 0; row_of[$2] = row }
			else if (column == d[t]) epoch[row] = $0 ~ /\(/ ? substr($5, 2) : $5
		}
	}
	END { judge(); print seen + 0 " readings in " walk + 0 " walks"; exit bad || seen < 1000 }' "$LAB_DIR/counters"
}

# --- rows

device() { [ -n "$(index_of vclDiskName "$1")" ]; }
nics_of() { column vclNicName | awk -v vm="$1/" 'index($2, vm) == 1 { print $1 }' | sort; }
nic_mac() { column vclNicName | awk -v mac="/$1" 'index($2, mac) { print $1 }'; }
gone() { [ -z "$(vm_index "$1")" ]; }
epoch() { vm_cell vclVmDiscontinuityTime "$1"; }
nics_are() { [ "$(nics_of "$1" | wc -l)" -eq "$2" ]; }
# by index, as the name may be another one
cell_of() { get "$1.$2" | tr -d '"'; }
cell_of_is() { [ "$(cell_of "$1" "$2")" = "$3" ]; }

migrate() { # NAME FROM TO [OPTION...]
	local name=$1 from=$2 to=$3
	shift 3
	date +%s >>"$LAB_DIR/moves"
	lab exec "$from" virsh -q migrate --live --unsafe "$@" "$name" "$(lab uri-tcp "$to")"
}

@test "discontinuity times stand still while nothing happens" {
	local before i
	before=$(epoch web1)$(column vclDiskDiscontinuityTime)$(column vclNicDiscontinuityTime)
	for ((i = 0; i < 12; i++)); do
		[ "$(epoch web1)$(column vclDiskDiscontinuityTime)$(column vclNicDiscontinuityTime)" = "$before" ]
		sleep 0.13
	done
}

@test "a disk is unplugged and another plugged in: rows by target, sums go on" {
	local vda vdb nic epoch reads
	vda=$(index_of vclDiskName web1/vda) vdb=$(index_of vclDiskName web1/vdb)
	nic=$(nics_of web1) epoch=$(epoch web1) reads=$(vm_cell vclVmDiskReads web1)
	lab virsh h1 detach-disk web1 vdb --live
	within 10 fails device web1/vdb
	[ "$(index_of vclDiskName web1/vda)" = "$vda" ]
	[ "$(vm_cell vclVmDiskReads web1)" -ge "$reads" ]
	qemu-img create -q -f qcow2 "$LAB_DIR/shared/more.qcow2" 16M
	lab virsh h1 attach-disk web1 /srv/shared/more.qcow2 vdc --live --driver qemu --subdriver qcow2
	within 10 device web1/vdc
	[ "$(index_of vclDiskName web1/vda)" = "$vda" ]
	[ "$(index_of vclDiskName web1/vdc | cut -d. -f2)" -eq 3 ]
	lab virsh h1 attach-disk web1 /srv/shared/web1-1.qcow2 vdb --live --driver qemu --subdriver qcow2
	within 10 device web1/vdb
	[ "$(index_of vclDiskName web1/vdb)" = "$vdb" ]
	[ "$(nics_of web1)" = "$nic" ]
	[ "$(epoch web1)" = "$epoch" ]
}

@test "a NIC is plugged in before the other: rows by MAC, the old one's counts go on" {
	local nic index epoch discontinuity octets
	nic=$(nics_of web1) index=$(vm_index web1) epoch=$(epoch web1)
	discontinuity=$(cell_of vclNicDiscontinuityTime "$nic") octets=$(vm_cell vclVmNetInOctets web1)
	lab virsh h1 attach-interface web1 bridge br0 --mac 52:54:00:00:00:01 --model virtio --live
	within 10 nics_are web1 2
	[ "$(nic_mac 52:54:00:00:00:01)" = "$index.2" ] # its last three octets, plus 1
	[[ $(nics_of web1) == *"$nic"* ]]
	cell_of_is vclNicDiscontinuityTime "$nic" "$discontinuity"
	sleep 2
	lab virsh h1 detach-interface web1 bridge --mac 52:54:00:00:00:01 --live
	within 10 nics_are web1 1
	[ "$(nics_of web1)" = "$nic" ]
	[ "$(epoch web1)" = "$epoch" ]
	[ "$(vm_cell vclVmNetInOctets web1)" -ge "$octets" ]
}

@test "renamed, undefined, defined again: the index stays" {
	local index uuid
	index=$(vm_index off1) uuid=$(vm_cell vclVmUuid off1)
	lab virsh h1 domrename off1 off2
	within 10 cell_of_is vclVmName "$index" off2
	gone off1
	lab virsh h1 dumpxml off2 >"$LAB_DIR/off2.xml"
	lab virsh h1 undefine off2
	within 10 gone off2
	lab virsh h2 define "$LAB_DIR/off2.xml"
	within 10 cell_of_is vclVmName "$index" off2
	cell_of_is vclVmUuid "$index" "$uuid"
	cell_of_is vclVmNodeName "$index" h2
	lab virsh h2 undefine off2
}

@test "a running VM is undefined and defined again: nothing of it starts anew" {
	local index epoch started
	index=$(vm_index web1) epoch=$(epoch web1)
	lab virsh h1 dumpxml web1 --inactive >"$LAB_DIR/web1.xml"
	lab virsh h1 undefine web1
	within 10 vm_cell_is vclVmPersistent web1 $FALSE
	lab virsh h1 define "$LAB_DIR/web1.xml"
	within 10 vm_cell_is vclVmPersistent web1 $TRUE
	[ "$(vm_index web1)" = "$index" ]
	[ "$(epoch web1)" = "$epoch" ]
}

moved() { node_cell_is vclNodeMigrationsOut "$1" 1 && node_cell_is vclNodeMigrationsIn "$2" 1; }

@test "a live migration: counted at both ends, index kept, the counts begin anew" {
	local index epoch disks nics job
	index=$(vm_index web1) epoch=$(epoch web1)
	disks=$(column vclDiskName | grep web1/ | sort) nics=$(nics_of web1)
	node_cell_is vclNodeMigrationsOut h1 0
	node_cell_is vclNodeMigrationsIn h2 0
	# nothing of it stays on h1, or it could not come back
	migrate web1 h1 h2 --bandwidth 4 --persistent --undefinesource >"$LAB_DIR/migrate.log" 2>&1 3>&- &
	job=$!
	within 10 moved h1 h2
	vm_cell_is vclVmNodeName web1 h1 # while it still runs there
	lab virsh h1 migrate-setspeed web1 1000
	wait $job || { cat "$LAB_DIR/migrate.log"; return 1; }
	within 10 vm_cell_is vclVmNodeName web1 h2
	within 5 node_cell_is vclNodeMigrationsOut h1 0
	within 5 node_cell_is vclNodeMigrationsIn h2 0
	[ "$(vm_index web1)" = "$index" ]
	[ "$(epoch web1)" != "$epoch" ]
	within 10 vm_knows vclVmCpuTime web1
	within 10 nics_are web1 1
	[ "$(column vclDiskName | grep web1/ | sort)" = "$disks" ]
	[ "$(nics_of web1)" = "$nics" ]
	[ "$(vm_cell vclVmLastNode web1)" = "$(node_index h1)" ]
}

job_succeeded() { [ "$(get "vclJobState.$(vm_cell vclVmLastJob web1)")" = 3 ]; }

@test "and back again, by a SET: likewise, and no second RRD file" {
	local index epoch
	index=$(vm_index web1)
	sleep 5
	epoch=$(epoch web1)
	date +%s >>"$LAB_DIR/moves"
	setv "vclVmMigrateTo.$index" i "$(node_index h1)"
	within 60 job_succeeded
	within 10 vm_cell_is vclVmNodeName web1 h1
	[ "$(vm_index web1)" = "$index" ]
	within 10 vm_knows vclVmCpuTime web1
	[ "$(epoch web1)" != "$epoch" ]
	[ "$(find "$LAB_DIR/stack/rrd/vm" -name "*$(vm_cell vclVmUuid web1)*.rrd" | wc -l)" -eq 1 ]
	[ "$(find "$LAB_DIR/stack/rrd/disk" -name "$(vm_cell vclVmUuid web1).vda.rrd" | wc -l)" -eq 1 ]
	sleep 5
}

@test "its graph goes on across both moves, without a spike" {
	local file first second most
	file=$(find "$LAB_DIR/stack/rrd/vm" -name "*$(vm_cell vclVmUuid web1)*.rrd")
	rrdtool flushcached --daemon "unix:$LAB_DIR/stack/rrdcached.sock" "$file"
	{ read -r first; read -r second; } <"$LAB_DIR/moves"
	rrdtool fetch "$file" AVERAGE -r 1 -s "$((first - 20))" -e "$(date +%s)" |
		awk 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "cpu") c = i + 1 }
			/^[0-9]+:/ && $c !~ /nan/ { printf "%d %.0f\n", $1, $c / 1e7 }' >"$LAB_DIR/points"
	cat "$LAB_DIR/points"
	# each of its three stays has left points
	awk -v a="$first" -v b="$second" '{ n[$1 < a ? 0 : $1 < b ? 1 : 2]++ }
		END { exit !(n[0] >= 3 && n[1] >= 3 && n[2] >= 2) }' "$LAB_DIR/points"
	most=$(sort -k2n "$LAB_DIR/points" | tail -1 | cut -d' ' -f2)
	[ "$most" -ge 1 ] && [ "$most" -le 130 ] # of one vCPU, and the emulator's own threads
}

@test "started again: the counts begin anew, the index stays" {
	local index epoch
	index=$(vm_index web1) epoch=$(epoch web1)
	lab virsh h1 destroy web1
	within 5 vm_is web1 shutOff
	lab virsh h1 start web1
	within 5 vm_is web1 running
	within 5 fails vm_cell_is vclVmDiscontinuityTime web1 "$epoch"
	[ "$(vm_index web1)" = "$index" ]
}

disks_and_nics() { column vclDiskName | sort; nics_of web1; vm_index web1; }
disks_and_nics_are() { [ "$(disks_and_nics)" = "$1" ]; }

@test "the agent started again: indexes stay, discontinuity times are its own start or later" {
	local indexes epoch
	within 10 device web1/vda # it was started a moment ago: its devices come with a sample
	within 10 nics_are web1 1
	within 10 fails device web1/vdc # its last run had it, and what is seen may be of then
	indexes=$(disks_and_nics)
	epoch=$(epoch web1)
	stack stop-agent
	stack start-agent
	within 10 device web1/vda
	within 10 nics_are web1 1
	printf 'before:\n%s\n' "$indexes"
	within 10 disks_and_nics_are "$indexes" || { disks_and_nics; return 1; } # those of the other VMs come with their samples
	[ "$(epoch web1)" != "$epoch" ] # the count of what was unplugged is not carried over
}

@test "no counter ever went back, but with its discontinuity time" {
	sleep 2
	rm -f "$LAB_DIR/watched"
	counters_never_went_back
}

@test "the daemon's log is clean" { log_is_clean; }
