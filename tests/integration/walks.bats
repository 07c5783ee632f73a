# Both MIBs walked and decoded by two independent SNMP stacks: Net-SNMP and pysnmp.
load helpers

VM_MIB=.1.3.6.1.2.1.236

setup_file() {
	have_ietf_mibs || skip "the IETF's MIBs cannot be had (VCL_IETF_MIBS)"
	lab_begin 2
	lab guest h1 web1 --disk 16M --disk 16M
	lab guest h1 off1 --no-start --no-agent
	lab guest h2 t1 --tiny
	lab guest h2 t2 --tiny
	lab container h2 c1
	lab virsh h1 snapshot-create-as off1 first
	states >"$LAB_DIR/states.xml"
	printf '[node lxc]\nuri = %s\n[node states]\nuri = test://%s/states.xml\n' \
		"$(lab uri-lxc h2)" "$LAB_DIR" >>"$VCL_CONFIG"
	stack reload-agent
	lab wait web1 LAB-UP 90
	within 10 vm_is web1 running
	within 10 vm_is t1 paused
	within 10 vm_is c1 running
	within 10 vm_is test6 crashed
	vm_action t2 powerOff # a job and its events
	within 10 vm_is t2 shutOff
	within 30 facts_are_known
	within 90 trends_are_known
	within 30 settled
	export MIBDIRS=$LAB_DIR/mibs:$VCL_IETF_MIBS
	mkdir "$LAB_DIR/mibs"
	cp "$VCL_MIBDIR/VIRTCLUSTER-MIB" "$TOP"/mibs/*-MIB "$LAB_DIR/mibs/"
	stub_if_mib
}

teardown_file() { [ -z "${LAB_DIR:-}" ] || lab_end; }

# What is asked for rarely, of the guests: their rows get no more columns after that.
facts_are_known() {
	local name known
	known=$(column vclVmManagedSave)
	for name in web1 off1 t1 t2; do grep -q "^$(vm_index $name) [12]$" <<<"$known" || return 1; done
	column vclSnapshotName | grep -q ' first$' || return 1
	column vclVmGuestHostName | grep -q "^$(vm_index web1) "
}

# Histories are read once a minute, and at first there is nothing in them.
trends_are_known() { column vclVmCpuHourAverage | grep -q . && column vclNodeCpuHourAverage | grep -q .; }

# The same objects for three samples: rates and facts have come.
objects() { snmpbulkwalk -Onq -Cr200 $VCL_READ "$VCL_SNMP" "$VCL_ROOT.1" | sed 's/ .*//' | sha256sum; }
settled() {
	local before
	before=$(objects)
	sleep 3
	[ "$(objects)" = "$before" ]
}

have_ietf_mibs() { [ -e "${VCL_IETF_MIBS:-/nonexistent}/SNMPv2-SMI.mib" ]; }

# One VM in each state that libvirt has a number for.
states() {
	local i
	echo '<node>'
	for i in 1 2 3 4 5 6 7; do
		echo "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>"
		echo "<test:runstate>$i</test:runstate><name>test$i</name>"
		echo "<uuid>33333333-0000-4000-8000-00000000000$i</uuid>"
		echo "<memory>65536</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>"
	done
	echo '</node>'
}

# VM-MIB imports one type of a module that Debian has nowhere.
stub_if_mib() {
	cat >"$LAB_DIR/mibs/IF-MIB" <<-'EOM'
		IF-MIB DEFINITIONS ::= BEGIN
		IMPORTS
		    Integer32 FROM SNMPv2-SMI
		    TEXTUAL-CONVENTION FROM SNMPv2-TC;
		InterfaceIndexOrZero ::= TEXTUAL-CONVENTION
		    DISPLAY-HINT "d"
		    STATUS       current
		    DESCRIPTION  "The index of an interface, or zero."
		    SYNTAX       Integer32 (0..2147483647)
		END
	EOM
}

# netsnmp COMMAND...: with our two MIBs loaded and every complaint of the parser
netsnmp() { MIBS=VIRTCLUSTER-MIB:VM-MIB "$@"; }

# The whole of both MIBs by Net-SNMP: bulk by version 2c, one by one by version 3.
walk_bulk() {
	local root
	for root in "$VCL_ROOT" $VM_MIB; do
		netsnmp snmpbulkwalk -On -Ob -Cr1000 $VCL_READ "$VCL_SNMP" $root || return 1
	done
}
walk_next() {
	local root
	for root in "$VCL_ROOT" $VM_MIB; do
		netsnmp snmpwalk -On -Ob $VCL_V3_READ "$VCL_SNMP" $root || return 1
	done
}
oids_of() { sed -n 's/^\(\.[0-9.]*\) = .*/\1/p' | sort -V; }

pysnmp_walks() {
	set -- $VCL_V3_READ
	VCL_COMMUNITY=public VCL_V3_USER=$5 VCL_V3_KEY=$9 /usr/bin/python3 "$TOP/tests/integration/walk.py" \
		"$MIBDIRS" "$VCL_SNMP" "$LAB_DIR/walk" "$VCL_ROOT" $VM_MIB
}

@test "pysnmp: GETNEXT and GETBULK see the same; each value fits its object" {
	mkdir -p "$LAB_DIR/walk"
	run pysnmp_walks
	echo "$output"
	[ "$status" -ne 77 ] || skip "$output"
	[ "$status" -eq 0 ]
	[ "$(wc -l <"$LAB_DIR/walk/oids")" -gt 1000 ]
	[ "$(grep -c "^$VM_MIB\." "$LAB_DIR/walk/oids")" -gt 150 ]
}

@test "Net-SNMP: both MIBs load without a complaint, each value has its type" {
	walk_bulk >"$LAB_DIR/bulk" 2>"$LAB_DIR/bulk.err"
	cat "$LAB_DIR/bulk.err"
	[ ! -s "$LAB_DIR/bulk.err" ]
	fails grep -E 'Wrong Type|No Such|noSuchName|tooBig|genErr' "$LAB_DIR/bulk"
	oids_of <"$LAB_DIR/bulk" | sort -V -c
	walk_next >"$LAB_DIR/next" 2>&1
	diff <(oids_of <"$LAB_DIR/bulk") <(oids_of <"$LAB_DIR/next")
}

@test "Net-SNMP: every label of an enumeration is known" {
	[ -e "$LAB_DIR/walk/enums" ] || skip "pysnmp has not said which they are"
	grep -wFf "$LAB_DIR/walk/enums" "$LAB_DIR/bulk" >"$LAB_DIR/labels" || true
	[ "$(wc -l <"$LAB_DIR/labels")" -gt 300 ]
	fails grep -vE ' = INTEGER: [A-Za-z][A-Za-z0-9]*\([0-9]+\)$' "$LAB_DIR/labels"
}

@test "both stacks see the same objects" {
	[ -e "$LAB_DIR/walk/oids" ] || skip "pysnmp has not walked"
	diff <(sort -V "$LAB_DIR/walk/oids") <(oids_of <"$LAB_DIR/bulk")
}

@test "every OID has a name" {
	oids_of <"$LAB_DIR/bulk" | netsnmp xargs -n 400 snmptranslate >"$LAB_DIR/names" 2>&1
	[ "$(grep -c . "$LAB_DIR/names")" -eq "$(oids_of <"$LAB_DIR/bulk" | wc -l)" ]
	fails grep -vE '^(VIRTCLUSTER-MIB::vcl|VM-MIB::vm)[A-Za-z0-9]+\.|^$' "$LAB_DIR/names"
}

@test "tables are read as tables" {
	local table
	for table in vclNodeTable vclVmTable vclVmCpuTable vclVmDiskTable vclVmNicTable vclJobTable \
		vclEventTable vclVmControlTable vclNotifyTable vmTable vmCpuTable vmCpuAffinityTable \
		vmStorageTable vmNetworkTable; do
		netsnmp snmptable -Cf '|' -CH $VCL_READ "$VCL_SNMP" $table >"$LAB_DIR/table" 2>&1
		echo "$table: $(wc -l <"$LAB_DIR/table") rows"
		tail -1 "$LAB_DIR/table"
		[ -s "$LAB_DIR/table" ]
		fails grep -E 'Wrong Type|Error|no entries' "$LAB_DIR/table"
	done
}

@test "RFC 7666: the rows say what libvirt says" {
	local vm
	vm() { netsnmp snmpget -Oqv $VCL_READ "$VCL_SNMP" "VM-MIB::$1.$(vm_index "$2")"; }
	[ "$(vm vmOperState web1)" = running ]
	[ "$(vm vmOperState off1)" = shutdown ]
	[ "$(vm vmAdminState t1)" = paused ]
	[ "$(vm vmOperState test6)" = crashed ]
	[ "$(vm vmPersistent web1)" = persistent ]
	[ "$(vm vmMemUnit web1)" = 1048576 ]
	[ "$(vm vmCurMem web1)" = 96 ]
	[ "$(vm vmMaxMem web1)" = 96 ]
	[ "$(vm vmMinCpuNumber web1)" = -1 ]
	[ "$(vm vmCurCpuNumber web1)" = 1 ]
	netsnmp snmpwalk -Oqv $VCL_READ "$VCL_SNMP" "VM-MIB::vmStorageDefinedSize.$(vm_index web1)" |
		sort -u | grep -qx 16384
	netsnmp snmpwalk -Oqv $VCL_READ "$VCL_SNMP" "VM-MIB::vmStorageSourceType.$(vm_index web1)" |
		sort -u | grep -qx sparse
	[ "$(netsnmp snmpget -Oqv $VCL_READ "$VCL_SNMP" VM-MIB::vmNumber.0)" -eq 12 ]
}

@test "the daemon's log is clean" { log_is_clean; }
