# Every bad SET has its own SNMP error; bad configuration and arguments one clear sentence.
load helpers

setup_file() {
	lab_begin 1
	lab guest h1 web1 --no-start
	within 10 vm_is web1 shutOff
}

teardown_file() { lab_end; }

# refused ERROR OBJECT TYPE VALUE
refused() {
	run setv "$2" "$3" "$4"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"$1"* ]]
}

action() { echo "vclVmAction.$(vm_index web1)"; }

@test "a wrong type is wrongType" { refused wrongType "$(action)" s powerOff; }
@test "a wrong value is wrongValue" { refused wrongValue "$(action)" i 77; }
@test "none is no action: wrongValue" { refused wrongValue "$(action)" i 1; }
@test "a VM that is not there is noCreation" { refused noCreation vclVmAction.12345 i 4; }
@test "a read-only column is notWritable" { refused notWritable "vclVmLastJob.$(vm_index web1)" u 4; }
@test "outside of vclControl even the operator has noAccess" { refused noAccess "vclVmState.$(vm_index web1)" i 4; }
@test "a column that does not exist is noCreation or notWritable" {
	run setv "vclVmControlEntry.99.$(vm_index web1)" i 4
	[[ $output == *notWritable* || $output == *noCreation* ]]
}
@test "an impossible transition is inconsistentValue" { refused inconsistentValue "$(action)" i 4; }
@test "a command that is not understood is wrongValue" { refused wrongValue vclCommand.0 s "explode web1"; }
@test "a command without operand is wrongValue" { refused wrongValue vclCommand.0 s poweroff; }
@test "a command for an unknown VM is inconsistentName" { refused inconsistentName vclCommand.0 s "start nobody"; }
@test "a command too long is wrongLength" {
	refused wrongLength vclCommand.0 s "start $(printf '%0300d' 0)"
}
@test "a command with control characters is wrongValue" { refused wrongValue vclCommand.0 x "73 74 61 72 74 20 07"; }
@test "a reader may not write" {
	# shellcheck disable=SC2086
	run snmpset $VCL_V3_READ "$VCL_SNMP" "$(oid "$(action)")" i 2
	[ "$status" -ne 0 ]
	[[ $output == *noAccess* || $output == *authorization* || $output == *"No Access"* ]]
}
@test "the operator by SNMPv3 may" {
	# shellcheck disable=SC2086
	snmpset $VCL_V3_WRITE "$VCL_SNMP" "$(oid "$(action)")" i 2
	within 5 virsh_is h1 web1 running
}
@test "nothing of all that became a job but the last" { [ "$(get vclJobNumber.0)" -eq 1 ]; }

control_is_off() { [ "$(get vclControlEnabled.0)" = 2 ]; }

@test "control off: notWritable by SNMP, a sentence by the CLI" {
	sed -i 's/^control = .*/control = off/' "$VCL_CONFIG"
	stack reload-agent
	within 5 control_is_off
	refused notWritable "$(action)" i 4
	refused notWritable vclCommand.0 s "poweroff web1"
	run virtcluster poweroff web1
	[ "$status" -eq 1 ]
	[[ $output == *"control is switched off"* ]]
	virsh_is h1 web1 running
	sed -i 's/^control = .*/control = on/' "$VCL_CONFIG"
	stack reload-agent
}

@test "a bad configuration names file, line and key, and the running one stays" {
	cp "$VCL_CONFIG" "$BATS_TEST_TMPDIR/good"
	printf '[node h9]\nurl = x\n' >>"$VCL_CONFIG"
	stack reload-agent
	within 5 grep -q "$VCL_CONFIG:[0-9]*: unknown key \"url\"" "$LAB_DIR/stack/virtclusterd.log"
	node_cell_is vclNodeState h1 "${NODE[online]}"
	run "$VCL_BUILD/virtclusterd" -c "$VCL_CONFIG" --check-config
	[ "$status" -ne 0 ]
	[[ $output == *"unknown key \"url\""* ]]
	cp "$BATS_TEST_TMPDIR/good" "$VCL_CONFIG"
	stack reload-agent
}

@test "the daemon with a bad configuration does not start, and says why" {
	printf '[cluster]\ninterval = soon\n' >"$BATS_TEST_TMPDIR/bad"
	run "$VCL_BUILD/virtclusterd" -c "$BATS_TEST_TMPDIR/bad"
	[ "$status" -ne 0 ]
	[[ $output == *"bad:2: interval = soon"* ]]
}

@test "CLI: wrong usage exits 2 with a hint" {
	run virtcluster explode
	[ "$status" -eq 2 ]
	[[ $output == *explode* ]]
	run virtcluster start
	[ "$status" -eq 2 ]
	run virtcluster vms --colour
	[ "$status" -eq 2 ]
}

@test "CLI: an unknown VM is named" {
	run virtcluster start nobody
	[ "$status" -eq 1 ]
	[[ $output == *'no VM is called "nobody"'* ]]
	run virtcluster show vm nobody
	[ "$status" -eq 1 ]
	[[ $output == *nobody* ]]
}

@test "CLI: no daemon, one sentence" {
	run "$VCL_BUILD/virtcluster" --socket /nonexistent/s status
	[ "$status" -eq 1 ]
	[[ $output == *"/nonexistent/s"* ]]
	[ "$(wc -l <<<"$output")" -eq 1 ]
}

@test "CLI: a stranger may read but not act" {
	run setpriv --reuid 12345 --regid 12345 --clear-groups "$VCL_BUILD/virtcluster" --socket "$VCL_SOCKET" vms
	[ "$status" -eq 0 ]
	run setpriv --reuid 12345 --regid 12345 --clear-groups "$VCL_BUILD/virtcluster" --socket "$VCL_SOCKET" poweroff web1
	[ "$status" -eq 1 ]
	[[ $output == *"permission denied"* ]]
	virsh_is h1 web1 running
}

@test "garbage on the control socket gets an error and harms nobody" {
	run python3 - "$VCL_SOCKET" <<'PY'
import socket, sys, os
for junk in (b'\n', b'{\n', b'[]\n', b'{"verb": 7}\n', b'\xff\xfe\n', os.urandom(5000) + b'\n', b'x' * 200000):
    s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(sys.argv[1])
    try:
        s.sendall(junk); s.shutdown(socket.SHUT_WR)
        print(s.recv(4096)[:100])
    except OSError as e:
        print(e)
    s.close()
PY
	echo "$output"
	virtcluster status
}

@test "the daemon's log is clean" { log_is_clean; }
