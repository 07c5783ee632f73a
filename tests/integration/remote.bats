# The command line by SNMPv3 alone: the same answers as by the control socket.
load helpers

setup_file() {
	lab_begin 2
	lab guest h1 web1
	lab guest h2 app1 --no-start
	lab pool h1 images --dir /srv/shared/images >/dev/null
	within 10 vm_is web1 running
	within 20 vm_knows vclVmCpuUsage web1
	credentials operator operator operator-secret
	credentials reader reader reader-secret
	credentials wrong operator a-wrong-passphrase
	virtcluster suspend web1 --wait
	virtcluster resume web1 --wait
}

teardown_file() { lab_end; }

# credentials DIRECTORY USER PASSPHRASE: a snmp.conf
credentials() {
	mkdir -p "$LAB_DIR/conf/$1"
	cat >"$LAB_DIR/conf/$1/snmp.conf" <<-END
		defVersion 3
		defSecurityName $2
		defSecurityLevel authPriv
		defAuthType SHA-256
		defAuthPassphrase $3
		defPrivType AES
		defPrivPassphrase $3
	END
}

# as USER VERB...: by SNMP
as() {
	local user=$1
	shift
	SNMPCONFPATH=$LAB_DIR/conf/$user SNMP_PERSISTENT_DIR=$LAB_DIR/conf/$user \
		"$VCL_BUILD/virtcluster" --agent "$VCL_SNMP" "$@"
}

# What moves by itself may differ: numbers that are not keys, and a tenth of a second of times.
same_answers() {
	python3 - "$1" "$2" <<-'END'
		import json, re, sys
		MOVES = re.compile(r"Age|Uptime|Cpu|Time|Rate|Octets|Load|Pressure|Reads|Writes|Ops|Latency|"
		                   r"Memory|Polls|Packets|Busy|Usage|Processes|Steal|Speed|Flushes|Updates|"
		                   r"NextIndex|LastSeen|Duration|Notifications|Sets|Available|Used|Free|Swap")
		def simple(o):
		    if isinstance(o, dict):
		        return {k: 0 if MOVES.search(k) else simple(v) for k, v in o.items()}
		    if isinstance(o, list):
		        return [simple(v) for v in o]
		    if isinstance(o, str):
		        return re.sub(r"(T[0-9:]+\.[0-9])[0-9]+Z", r"\1", o)
		    return o
		a, b = (simple(json.load(open(f))) for f in sys.argv[1:3])
		if a != b:
		    print("by SNMP:", json.dumps(a)[:3000], "\nby socket:", json.dumps(b)[:3000])
		sys.exit(a != b)
	END
}

# the_same VERB...: answer, sentence and status are those of the socket.  They are asked one
# after the other, and a cell may become known in between: what lasts is a difference.
the_same() {
	local i
	for i in 1 2 3 4 5; do
		! the_same_once "$@" || return 0
		sleep 0.3
	done
	return 1
}

the_same_once() {
	local a=0 b=0
	as operator --json "$@" >"$BATS_TEST_TMPDIR/a" 2>"$BATS_TEST_TMPDIR/a.err" || a=$?
	virtcluster --json "$@" >"$BATS_TEST_TMPDIR/b" 2>"$BATS_TEST_TMPDIR/b.err" || b=$?
	echo "$*: $a $b"
	[ "$a" -eq "$b" ] || { cat "$BATS_TEST_TMPDIR/a.err"; return 1; }
	diff "$BATS_TEST_TMPDIR/a.err" "$BATS_TEST_TMPDIR/b.err" || return 1
	[ "$a" -ne 0 ] || same_answers "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
}

@test "every listing is the socket's" {
	local verb
	for verb in nodes vms vcpus disks nics pools volumes jobs events alarms advice sequences status; do
		the_same $verb
	done
	[ "$(as operator --json vms | grep -c vclVmName)" -eq 2 ]
}

@test "filters and what belongs to what" {
	the_same vms --state running
	the_same vms --node h1
	the_same disks --node h1
	the_same nics --vm web1
	the_same pools --node h1
	the_same volumes --node h1
	the_same events --node h1
	the_same events --vm web1 --severity warning
	the_same jobs --vm web1 --last 1
	the_same vms --health warning --top 3
}

@test "top is the socket's" {
	the_same top --all --sort vm
	the_same top --name nobody
	the_same top --sort colour
	[ "$(as operator top --all --sort vm | sed 1,5d | cut -d' ' -f1 | xargs)" = "app1 web1" ]
}

@test "show: by name, UUID, index, VM/TARGET" {
	the_same show vm web1
	the_same show vm "$(vm_cell vclVmUuid web1)"
	the_same show vm "$(vm_index web1)"
	the_same show node h2
	the_same show disk web1/vda
	the_same show pool h1/images
	the_same show job 1
}

@test "what is wrong is the socket's sentence" {
	the_same show vm web9
	the_same show disk nope
	the_same show job 4711
	the_same disks --vm nope
	the_same pools --node nope
	the_same start web9
	the_same start web1
	the_same start "two words"
	the_same migrate web1 h1
	the_same cancel 4711
	the_same cancel 1
	the_same keys web1 "no such key"
}

@test "acting: a job, waited for, with what became of it" {
	run as operator poweroff web1 --wait
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"power off web1: succeeded"* ]]
	virsh_is h1 web1 "shut off"
	run as operator start web1
	echo "$output"
	[[ $output == "job "*" queued: start web1; follow it with 'virtcluster wait "* ]]
	run as operator wait "$(get vclCommandJob.0)"
	[ "$status" -eq 0 ]
	virsh_is h1 web1 running
	[ "$(get "vclJobType.$(get vclCommandJob.0)")" = 2 ]
}

@test "cancelled while it runs" {
	local job
	job=$(as operator --json stop web1 --grace 60 | sed -n 's/.*"vclJobIndex" : \([0-9]*\).*/\1/p')
	as operator cancel "$job"
	run as operator wait "$job"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *cancelled* ]]
}

@test "a reader may look, and not act" {
	run as reader vms
	[ "$status" -eq 0 ]
	[[ $output == *web1* ]]
	run as reader reset web1
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"noAccess: this user may not write vclCommand (VACM in snmpd.conf)"* ]]
}

@test "a file cannot be handed over by SNMP, and is told so" {
	run as operator volume-upload images/x /etc/os-release
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"a file cannot be handed over by SNMP"* ]]
	run as operator volume-download web1-0.qcow2 "$LAB_DIR/x"
	[ "$status" -eq 1 ]
	[ ! -e "$LAB_DIR/x.part" ]
}

@test "an agent without virtclusterd: said so, not an empty table" {
	stack stop-agent
	run as operator vms
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"the SNMP agent at $VCL_SNMP shows no VIRTCLUSTER-MIB"* ]]
	stack start-agent
	within 10 vm_is web1 running
}

@test "no credentials, wrong ones, nobody there, two ways at once: a sentence each" {
	mkdir -p "$LAB_DIR/conf/none"
	run as none vms
	[ "$status" -eq 1 ]
	[[ $output == *"$VCL_SNMP cannot be asked without credentials: ~/.snmp/snmp.conf needs"* ]]
	run as wrong vms
	[[ $output == *"does not accept the authentication of user operator"* ]]
	sed -i 's/defSecurityName .*/defSecurityName nobody/' "$LAB_DIR/conf/wrong/snmp.conf"
	run as wrong vms
	[[ $output == *"knows no user nobody"* ]]
	run env SNMPCONFPATH="$LAB_DIR/conf/operator" "$VCL_BUILD/virtcluster" --agent 127.0.0.1:1 vms
	[[ $output == *"the SNMP agent at 127.0.0.1:1 does not answer"* ]]
	run as operator --socket /nowhere vms
	[ "$status" -eq 2 ]
	[[ $output == *"say one of them"* ]]
	run as operator graphs
	[[ $output == *"graphs do not come by SNMP"* ]]
}

@test "VIRTCLUSTER_AGENT; --socket on the command line beats it" {
	run env SNMPCONFPATH="$LAB_DIR/conf/operator" VIRTCLUSTER_AGENT="$VCL_SNMP" "$VCL_BUILD/virtcluster" status
	[ "$status" -eq 0 ]
	[[ $output == *"lab (virtclusterd"* ]]
	run env VIRTCLUSTER_AGENT=127.0.0.1:1 "$VCL_BUILD/virtcluster" --socket "$VCL_SOCKET" status
	[ "$status" -eq 0 ]
}

@test "by snmpset: why a command was refused can be read" {
	run setv vclCommand.0 s "start web9"
	[ "$status" -ne 0 ]
	[ "$(get vclCommandRefused.0)" = '"start web9"' ]
	[ "$(get vclCommandError.0)" = '"no VM is called \"web9\""' ]
	setv vclCommand.0 s "suspend web1"
	[ "$(get vclCommandError.0)" = '""' ]
}

@test "the daemon's log is clean" { log_is_clean; }
