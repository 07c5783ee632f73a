# vCPUs, disks and NICs; containers; a thousand domains; a guest that hangs; alarms.
load helpers

setup_file() {
	lab_begin 2
	lab guest h1 web1 --disk 32M --disk 16M --io
	for i in 1 2 3 4 5 6 7 8 9 10; do lab guest h2 "t$i" --tiny; done
	lab container h1 c1
	lab wait web1 LAB-UP 90
	make_thousand >"$LAB_DIR/thousand.xml"
	printf '[node lxc]\nuri = %s\n[node big]\nuri = test://%s/thousand.xml\n' \
		"$(lab uri-lxc h1)" "$LAB_DIR" >>"$VCL_CONFIG"
	stack reload-agent
	within 10 vm_is web1 running
	within 10 vm_is c1 running
	within 20 vm_is m0999 running
}

teardown_file() { lab_end; }

make_thousand() {
	local i
	echo '<node>'
	for i in $(seq -w 0 999); do
		echo "<domain type='test'><name>m0$i</name><uuid>22222222-0000-4000-8000-000000000$i</uuid>"
		echo "<memory>65536</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>"
	done
	echo '</node>'
}

# child COLUMN NAME-COLUMN NAME: the cell of the row of that name
child() {
	local index
	index=$(index_of "$2" "$3")
	[ -n "$index" ] && get "$1.$index" | tr -d '"'
}
child_is() { [ "$(child "$1" "$2" "$3")" = "$4" ]; }
domstats() { lab virsh h1 domstats web1 | sed -n "s/^ *$1=//p"; }

# near OURS LOW HIGH: libvirt's own word just before and just after
between() {
	printf '%-28s ours %-14s theirs %s .. %s\n' "$1" "$2" "$3" "$4"
	[ "$2" -ge "$3" ] && [ "$2" -le "$4" ]
}

@test "counters of a busy guest lie between two readings of libvirt's own" {
	local column key low ours
	while read -r column name key; do
		low=$(domstats "$key")
		sleep 2.5
		ours=$(child "$column" "$name" "$(names_of "$name")")
		sleep 1
		between "$column" "$ours" "$low" "$(domstats "$key")"
	done <<-EOF
		vclDiskReads vclDiskName block.0.rd.reqs
		vclDiskWriteOctets vclDiskName block.0.wr.bytes
		vclDiskReadTime vclDiskName block.0.rd.times
		vclNicInPackets vclNicName net.0.rx.pkts
		vclVcpuTime vclVcpuName vcpu.0.time
	EOF
}

names_of() {
	case $1 in
	vclDiskName) echo web1/vda ;;
	vclVcpuName) echo web1/0 ;;
	vclNicName) column vclNicName | awk '$2 ~ /^web1\// { print $2 }' ;;
	esac
}

@test "disks say what they are" {
	child_is vclDiskTarget vclDiskName web1/vda vda
	child_is vclDiskBus vclDiskName web1/vda virtio
	child_is vclDiskFormat vclDiskName web1/vdb qcow2
	child_is vclDiskCapacity vclDiskName web1/vda 32
	child_is vclDiskCapacity vclDiskName web1/vdb 16
	[ "$(column vclDiskName | grep -c web1/)" -eq 2 ]
}

@test "a NIC keeps its row when a disk goes, and the sums do not go back" {
	local nic before after
	nic=$(index_of vclNicName "$(names_of vclNicName)")
	before=$(vm_cell vclVmDiskReads web1)
	lab virsh h1 detach-disk web1 vdb
	within 15 fails child vclDiskTarget vclDiskName web1/vdb
	# while libvirt is busy with the disk it counts none of them, and then there is no sum
	within 10 vm_knows vclVmDiskReads web1
	after=$(vm_cell vclVmDiskReads web1)
	echo "reads: $before, then $after"
	[ "$after" -ge "$before" ]
	[ "$(index_of vclNicName "$(names_of vclNicName)")" = "$nic" ]
	child_is vclDiskTarget vclDiskName web1/vda vda
}

@test "a container and a thousand domains stand beside the guests" {
	[ "$(get vclVmNumber.0)" -eq 1012 ]
	[ "$(vm_cell vclVmNodeName c1)" = lxc ]
	[ "$(vm_cell vclVmOsType c1)" = exe ]
	[ "$(vm_cell vclVmCpuTime c1)" -gt 0 ]
	[ "$(node_cell vclNodeVmsDefined big)" -eq 1000 ]
}

@test "a VM is found by its UUID in one GET" {
	local uuid octets
	uuid=$(vm_cell vclVmUuid web1 | tr -d -)
	octets=$(for ((i = 0; i < 32; i += 2)); do printf '.%d' "0x${uuid:i:2}"; done)
	[ "$(get "vclVmByUuidIndex$octets")" = "$(vm_index web1)" ]
}

@test "the whole MIB is walked in order" {
	snmpbulkwalk -Onq -Oe $VCL_READ "$VCL_SNMP" "$VCL_ROOT" | awk '{ print $1 }' >"$BATS_TEST_TMPDIR/walk"
	sort -V -c "$BATS_TEST_TMPDIR/walk"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/walk")" -gt 20000 ]
}

@test "RFC 7666: every VM by the same index" {
	[ "$(snmpget -Oqv $VCL_READ "$VCL_SNMP" "1.3.6.1.2.1.236.1.2.0")" -eq 1012 ]
	[ "$(snmpget -Oqv $VCL_READ "$VCL_SNMP" "1.3.6.1.2.1.236.1.4.1.2.$(vm_index web1)")" = '"web1"' ]
}

# each_of_nine COLUMN MOST: none of them has more in that column
each_of_nine() {
	join <(column vclVmName | sort) <(column "$1" | sort) |
		awk -v most="$2" '$2 ~ /^t[0-9]+$/ && $2 != "t5" { n++; if ($3 > most) { print $2 " has " $3; bad = 1 } }
			END { exit bad || n != 9 }'
}
# how long libvirt says that its monitor has been waited for, in whole seconds
stuck_for() { lab virsh h2 domcontrol "$1" | sed -n 's/^occupied.*: (\([0-9]*\).*/\1/p; s/^occupied (\([0-9]*\).*/\1/p'; }

@test "one guest of ten hangs: the other nine stay fresh; it is stale, then critical; it clears" {
	local i mark theirs ours
	mark=$(trap_mark)
	lab pause-guest h2 t5
	for ((i = 0; i < 8; i++)); do # until it is found out, a sample is late but not too late
		each_of_nine vclVmSampleAge $((5 * SLOW))
		sleep 0.5
	done
	for ((i = 0; i < 16; i++)); do
		each_of_nine vclVmSampleAge $((2 * SLOW))
		sleep 0.5
	done
	within 20 vm_cell_is vclVmStale t5 $TRUE
	each_of_nine vclVmControlState 1 # ok
	vm_cell_is vclVmControlState t5 3 # occupied
	lab virsh h2 domcontrol t5
	theirs=$(stuck_for t5) ours=$(vm_cell vclVmControlTime t5)
	echo "stuck for $ours s, libvirt says $theirs"
	[ "$ours" -ge 5 ] && [ $((theirs - ours)) -le 3 ] && [ $((ours - theirs)) -le 3 ]
	node_cell_is vclNodeState h2 "${NODE[online]}"
	within 45 vm_cell_is vclVmHealth t5 2
	within 5 got_trap "$mark" "$(oid vclAlarmRaised)|" t5 vmStuck "SNMP v2c"
	within 5 got_trap "$mark" "$(oid vclAlarmRaised)|" t5 vmStuck "INFORM, SNMP v3"
	lab resume-guest h2 t5
	within 20 vm_cell_is vclVmHealth t5 0
	vm_cell_is vclVmControlState t5 1
	within 5 got_trap "$mark" "$(oid vclAlarmCleared)" t5 "SNMP v2c"
	within 5 got_trap "$mark" "$(oid vclAlarmCleared)" t5 "INFORM, SNMP v3"
	[[ $(column vclAlarmCondition) != *vmStuck* ]]
}

raised_at() { get "vclAlarmRaisedAt.$(index_of vclAlarmCondition nodeUnreachable)"; }

@test "a node that is lost is an alarm, also across a restart; it clears when it is back" {
	local raised mark
	mark=$(trap_mark)
	lab stop-libvirtd h2
	within 20 node_cell_is vclNodeHealth h2 2
	within 5 got_trap "$mark" "$(oid vclAlarmRaised)|" nodeUnreachable
	sleep 1 # what was sent a moment before a kill may be sent again
	raised=$(raised_at)
	[ -n "$raised" ]
	stack kill-agent
	mark=$(trap_mark)
	stack start-agent
	within 10 node_cell_is vclNodeHealth h2 2
	[ "$(raised_at)" = "$raised" ]
	fails got_trap "$mark" "$(oid vclAlarmRaised)|" nodeUnreachable
	lab start-libvirtd h2
	within 20 node_cell_is vclNodeHealth h2 0
	within 5 got_trap "$mark" "$(oid vclAlarmCleared)" h2
}

@test "the daemon's log is clean" { log_is_clean; }
