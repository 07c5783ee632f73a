# The command line: every listing and thing, as text and as JSON; filters, errors, --watch.
load helpers

LISTINGS="nodes vms vcpus disks nics pools volumes jobs events alarms"

setup_file() {
	export LISTINGS
	lab_begin 2
	lab guest h1 web1 --disk 32M
	lab guest h2 app1
	lab guest h2 old1 --no-start
	twin h1 11111111-0000-4000-8000-000000000001
	twin h2 11111111-0000-4000-8000-000000000002
	within 10 vm_is web1 running
	within 10 vm_is app1 running
	within 10 twins_are_there
	virtcluster reset web1 --wait
}

teardown_file() { lab_end; }

# twin HOST UUID: a VM of a name that another host has as well
twin() {
	lab virsh "$1" define /dev/stdin <<-XML
		<domain type='qemu'><name>twin</name><uuid>$2</uuid><memory>65536</memory>
		<vcpu>2</vcpu><os><type arch='x86_64'>hvm</type></os></domain>
	XML
}
twins_are_there() { [ "$(column vclVmName | grep -c ' twin$')" -eq 2 ]; }

# json EXPRESSION ARGUMENT...: what Python makes of the document `d`
json() {
	local expression=$1
	shift
	virtcluster --json "$@" | python3 -c "
import json, sys
d = json.load(sys.stdin)
for line in ($expression):
    print(line)"
}

# names VERB ARGUMENT...: the names of the rows, on one line
names() { json "[r.get('$(name_of "$1")') for r in d]" "$@" | xargs; }
name_of() {
	case $1 in
	nodes) echo vclNodeName ;; vms) echo vclVmName ;; vcpus) echo vclVcpuName ;;
	disks) echo vclDiskName ;; nics) echo vclNicName ;; jobs) echo vclJobObjectName ;;
	events) echo vclEventName ;; alarms) echo vclAlarmName ;;
	esac
}

@test "every listing as text and as JSON; every name in JSON is one of the MIB" {
	local verb
	for verb in $LISTINGS; do
		virtcluster "$verb"
		virtcluster "$verb" --wide >/dev/null
		json "(k for r in d for k in r)" "$verb"
	done | grep -o 'vcl[A-Z][A-Za-z0-9]*' >"$BATS_TEST_TMPDIR/keys"
	json "d" status >>"$BATS_TEST_TMPDIR/keys"
	json "(k for k in d)" show vm web1 >>"$BATS_TEST_TMPDIR/keys"
	json "(k for k in d)" show node h1 >>"$BATS_TEST_TMPDIR/keys"
	sort -u "$BATS_TEST_TMPDIR/keys" >"$BATS_TEST_TMPDIR/sorted"
	awk '$2 == "OBJECT-TYPE" { print $1 }' "$VCL_BUILD/mibs/VIRTCLUSTER-MIB" | sort >"$BATS_TEST_TMPDIR/objects"
	wc -l <"$BATS_TEST_TMPDIR/sorted"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/sorted")" -gt 150 ]
	[ -z "$(comm -23 "$BATS_TEST_TMPDIR/sorted" "$BATS_TEST_TMPDIR/objects")" ]
}

# same VERB INDEX-COLUMNS COLUMN: JSON has the values that SNMP has, by the same index.
# Something may happen between the two looks: then they are the same in the next ones.
same() {
	column "$3" | sort >"$BATS_TEST_TMPDIR/snmp"
	json "('.'.join(str(r[k]) for k in '$2'.split(',')) + ' ' + str(r['$3']) for r in d if '$3' in r)" "$1" |
		sort >"$BATS_TEST_TMPDIR/json"
	[ -s "$BATS_TEST_TMPDIR/json" ]
	diff "$BATS_TEST_TMPDIR/snmp" "$BATS_TEST_TMPDIR/json"
}

@test "values in JSON equal those of SNMP" {
	local column
	for column in Name Uuid NodeName Node Vcpus VcpusMax MemoryMax OsType; do
		within 10 same vms vclVmIndex "vclVm$column"
	done
	for column in Name Uri Uuid Cpus MemoryTotal VmsDefined VmsRunning VcpusAllocated PollInterval; do
		within 10 same nodes vclNodeIndex "vclNode$column"
	done
	for column in Name Target Source Bus Format Capacity ChainDepth; do
		within 10 same disks vclVmIndex,vclDiskIndex "vclDisk$column"
	done
	for column in Name Mac Model Source Target; do
		within 10 same nics vclVmIndex,vclNicIndex "vclNic$column"
	done
	within 10 same vcpus vclVmIndex,vclVcpuIndex vclVcpuName
	within 10 same jobs vclJobIndex vclJobObjectName
	within 10 same events vclEventIndex vclEventReason
	[ "$(json "[r['vclVmState'] for r in d if r['vclVmName'] == 'web1']" vms)" = running ]
	vm_is web1 running
}

@test "filters choose rows" {
	[ "$(names vms --state running)" = "app1 web1" ]
	[ "$(names vms --state shut-off --node h2)" = "old1 twin" ]
	[ "$(names vms --name '*1')" = "app1 old1 web1" ]
	[ "$(names vms --node h1 --name '*1')" = web1 ]
	[ "$(names disks --vm web1)" = "web1/vda" ]
	[ "$(names disks --node h2 --name '*/vda')" = "app1/vda old1/vda" ]
	[ "$(names nics --vm app1 | wc -w)" -eq 1 ]
	[ "$(names vcpus --vm web1)" = "web1/0" ]
	[ "$(names nodes --state online)" = "h1 h2" ]
	[ "$(names jobs --vm web1)" = web1 ]
	[ -z "$(names jobs --vm app1)" ]
	[ "$(names jobs --vm web1 --state succeeded --since 1h)" = web1 ]
	[ -z "$(names events --since 2999-01-01)" ]
	[ "$(names events --kind job --node h1)" = "reset web1" ]
}

@test "rows are sorted, turned round and counted" {
	[ "$(names vms)" = "app1 old1 twin twin web1" ]
	[ "$(names vms --reverse)" = "web1 twin twin old1 app1" ]
	[ "$(names vms --sort vcpus --top 2)" = "twin twin" ]
	[ "$(names vms --sort vclVmVcpus --reverse --top 1)" != twin ]
	[ "$(names vms --sort node --top 1)" = twin ]
	[ "$(names events --last 3 | wc -w)" -ge 3 ]
	[ "$(json "[len(d)]" events --last 3)" -eq 3 ]
	virtcluster vms --sort vcpus --top 1 | sed -n 2p | grep -q '^twin '
}

@test "an empty list prints nothing, says so, and is no failure" {
	virtcluster vms --state crashed 2>"$BATS_TEST_TMPDIR/err" >"$BATS_TEST_TMPDIR/out"
	[ ! -s "$BATS_TEST_TMPDIR/out" ]
	[ "$(cat "$BATS_TEST_TMPDIR/err")" = "no VMs match" ]
	[ "$(virtcluster --json vms --state crashed)" = "[]" ]
}

@test "wrong words: status 2 and one sentence" {
	local line
	while read -r line; do
		echo "$line"
		# shellcheck disable=SC2086
		run virtcluster $line
		echo "$output"
		[ "$status" -eq 2 ]
		[ ${#lines[@]} -eq 1 ]
		[[ $output == "virtcluster: "* ]]
	done <<-EOF
		vms --state flying
		vms --health bad
		vms --sort colour
		vms --top 0
		vms --vm web1
		vms --watch=0
		vms surplus
		events --severity bad
		events --kind ship
		events --since yesterday
		show ship web1
		show vm
	EOF
}

@test "what is not there, or not clear: status 1 and one sentence that helps" {
	run virtcluster disks --vm nobody
	[ "$status" -eq 1 ]
	[ "$output" = 'virtcluster: no VM is called "nobody"' ]
	run virtcluster show vm twin
	[ "$status" -eq 1 ]
	[[ $output == *'two VMs are called "twin": say '*11111111-0000-4000-8000-000000000001*"(on h1)"* ]]
	run virtcluster show disk web1/vdz
	[ "$status" -eq 1 ]
	[ "$(json "[d['vclVmNodeName']]" show vm 11111111-0000-4000-8000-000000000002)" = h2 ]
}

@test "show tells of each kind" {
	local nic
	nic=$(names nics --vm web1)
	virtcluster show vm web1 | tee "$BATS_TEST_TMPDIR/vm"
	grep -q '^Disks:$' "$BATS_TEST_TMPDIR/vm"
	grep -q '^web1/vda ' "$BATS_TEST_TMPDIR/vm"
	grep -qF "$nic" "$BATS_TEST_TMPDIR/vm"
	grep -q '^Last jobs:$' "$BATS_TEST_TMPDIR/vm"
	[ "$(json "[len(d['vclVmDiskTable']), len(d['vclVmNicTable']), len(d['vclVmCpuTable'])]" show vm web1 | xargs)" = "1 1 1" ]
	virtcluster show node h1 | grep -A2 '^VMs:$' | grep -q '^twin '
	[ "$(json "[r['vclVmName'] for r in d['vclVmTable']]" show node h1 | sort | xargs)" = "twin web1" ]
	virtcluster show disk web1/vda | grep -q '^source .*web1-0.qcow2$'
	virtcluster show nic "$nic" | grep -q "^name *$nic$"
	virtcluster show nic "${nic#web1/}" | grep -q "^name *$nic$"
	virtcluster show vcpu web1/0 | grep -q '^state '
	virtcluster show job 1 | grep -q '^state *succeeded$'
	[ "$(json "[d['vclVmName']]" show vm "$(vm_index web1)")" = web1 ]
}

# on_terminal COLUMNS ARGUMENT...: what a person sees
on_terminal() {
	local columns=$1
	shift
	script -qec "stty cols $columns rows 24; '$VCL_BUILD/virtcluster' --socket '$VCL_SOCKET' $*" /dev/null |
		sed 's/\x1b\[[0-9;]*[A-Za-z]//g' | tr -d '\r'
}

@test "listings fit 80 columns; a wide terminal shows more" {
	local verb
	for verb in status $LISTINGS; do
		on_terminal 80 "$verb" | tee /dev/stderr >"$BATS_TEST_TMPDIR/narrow"
		[ "$(wc -L <"$BATS_TEST_TMPDIR/narrow")" -le 80 ]
	done
	on_terminal 200 vms --wide >"$BATS_TEST_TMPDIR/wide"
	head -1 "$BATS_TEST_TMPDIR/wide" | grep -q ADDRESS
	[ "$(wc -L <"$BATS_TEST_TMPDIR/wide")" -le 200 ]
	[ "$(wc -L <"$BATS_TEST_TMPDIR/wide")" -gt 80 ]
}

# watch_to FILE ARGUMENT...: in the background, PID in $WATCH
watch_to() {
	local file=$1
	shift
	"$VCL_BUILD/virtcluster" --socket "$VCL_SOCKET" "$@" >"$file" 2>"$file.err" 3>&- &
	WATCH=$!
}
has() { [ "$(grep -c -- "$2" "$1")" -ge "$3" ]; }

@test "--watch draws again, and Ctrl-C ends it well" {
	local out=$BATS_TEST_TMPDIR/watch
	watch_to "$out" vms --watch 1
	within 10 has "$out" '^VM  *STATE' 2
	kill -INT "$WATCH"
	wait "$WATCH"
	grep -Eq '^[0-9]{4}-[0-9]{2}-[0-9]{2} ' "$out"
	watch_to "$out" nodes --json --watch 1
	within 10 has "$out" '"vclNodeName":"h1"' 2
	kill -TERM "$WATCH"
	wait "$WATCH"
	while read -r line; do python3 -m json.tool >/dev/null <<<"$line"; done <"$out"
}

@test "--watch leaves the terminal as it was" {
	python3 - "$VCL_BUILD/virtcluster" --socket "$VCL_SOCKET" vms --watch 1 <<-'PYTHON'
		import os, pty, select, signal, sys, time
		pid, fd = pty.fork()
		if pid == 0:
		    os.environ["TERM"] = "xterm"
		    os.execv(sys.argv[1], sys.argv[1:])
		seen, end, pressed = b"", time.time() + 30, False
		while time.time() < end:
		    if not select.select([fd], [], [], 1)[0]:
		        continue
		    try:
		        data = os.read(fd, 65536)
		    except OSError:
		        break
		    seen += data
		    if seen.count(b"\x1b[H") == 2 and not pressed:
		        pressed = os.write(fd, b"\x03") == 1 # once: each one discards output
		print(repr(seen))
		status = os.waitpid(pid, 0)[1]
		assert status == 0, status
		assert seen.startswith(b"\x1b[?1049h") and seen.rstrip().endswith(b"\x1b[?1049l")
		assert b"web1" in seen and b"\x1b[2J" not in seen
	PYTHON
}

@test "--watch outlives the daemon" {
	local out=$BATS_TEST_TMPDIR/watch n
	watch_to "$out" vms --watch 1
	within 10 has "$out" '^VM  *STATE' 1
	stack kill-agent
	within 10 has "$out.err" 'no answer from virtclusterd since ' 1
	n=$(grep -c '^VM  *STATE' "$out")
	stack start-agent
	within 20 has "$out" '^VM  *STATE' $((n + 1))
	kill -INT "$WATCH"
	wait "$WATCH"
	[ "$(wc -l <"$out.err")" -eq 1 ]
}

@test "completion offers names, words and columns" {
	complete_line() { virtcluster complete line -- "$@" | xargs; }
	[ "$(complete_line show vm w)" = web1 ]
	[ "$(complete_line show disk web)" = web1/vda ]
	[ "$(complete_line vms --health '')" = "ok unknown warning critical" ]
	[ "$(complete_line vms --sort mem)" = memory ]
	[ "$(complete_line disks --vm a)" = app1 ]
	[[ " $(complete_line '')" == *" alarms "* ]]
}

@test "bash completes the name of a NIC, colons and all" {
	local nic rest
	nic=$(names nics --vm web1)
	rest=${nic#web1/52:}
	# shellcheck source=/dev/null
	. "$TOP/contrib/bash-completion/virtcluster"
	export VIRTCLUSTER_SOCKET=$VCL_SOCKET
	COMP_WORDS=("$VCL_BUILD/virtcluster" show nic web1/52 : "${rest%%:*}")
	COMP_CWORD=5
	_virtcluster
	printf '%s\n' "${COMPREPLY[@]}"
	[ "${COMPREPLY[0]}" = "$rest" ]
	[ ${#COMPREPLY[@]} -eq 1 ]
}

@test "a node that is lost: status, alarms, health and stale rows tell it" {
	lab stop-libvirtd h2
	within 15 node_cell_is vclNodeHealth h2 2
	virtcluster status | tee "$BATS_TEST_TMPDIR/status"
	grep -q '^Health *critical: .*h2' "$BATS_TEST_TMPDIR/status"
	grep -q '^Alarms *1 critical' "$BATS_TEST_TMPDIR/status"
	grep -q 'nodeUnreachable' "$BATS_TEST_TMPDIR/status"
	[ "$(names alarms --condition nodeUnreachable)" = h2 ]
	[ "$(names alarms --severity critical --node h2)" = h2 ]
	[ "$(names nodes --health critical)" = h2 ]
	[ "$(names nodes --stale)" = h2 ]
	virtcluster show alarm h2/nodeUnreachable | grep -q '^severity *critical$'
	virtcluster show node h2 | grep -A2 '^Alarms:$' | grep -q '^critical '
	within 10 same alarms vclAlarmIndex vclAlarmReason
	within 40 stale_rows_say_so
	[ "$(on_terminal 80 nodes | wc -L)" -le 80 ]
	lab start-libvirtd h2
	within 30 node_cell_is vclNodeHealth h2 0
}
stale_rows_say_so() {
	[ "$(names vms --stale)" = "app1 old1 twin" ] && virtcluster vms --node h2 | grep -q '^app1 .*STALE'
}

@test "the daemon's log is clean" { log_is_clean; }
