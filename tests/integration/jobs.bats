# Jobs as rows that a manager makes: RowStatus, an index of its choice, the spin lock.
load helpers

SHUTDOWN=3 POWER_OFF=4 RESET=6
CREATE_AND_GO=4 CREATE_AND_WAIT=5 ACTIVE=1 NOT_IN_SERVICE=2 NOT_READY=3 DESTROY=6
RUNNING=2 SUCCEEDED=3 PREPARING=7

setup_file() {
	lab_begin 1
	lab guest h1 web1
	lab wait web1 LAB-UP 60
	within 10 vm_is web1 running
}

teardown_file() { lab_end; }

# sets OBJECT TYPE VALUE...: all in one SET
sets() {
	local all=()
	while [ $# -gt 0 ]; do
		all+=("$(oid "$1")" "$2" "$3")
		shift 3
	done
	# shellcheck disable=SC2086
	snmpset -Oqv -Oe $VCL_WRITE "$VCL_SNMP" "${all[@]}" 2>&1
}

# refused ERROR OBJECT TYPE VALUE...
refused() {
	run sets "${@:2}"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"$1"* ]]
}

# row JOB STATUS TYPE [MORE...]: a SET that makes it, about web1
row() {
	sets "vclJobRowStatus.$1" i "$2" "vclJobType.$1" i "$3" \
		"vclJobObjectIndex.$1" u "$(vm_index web1)" "${@:4}"
}

cell_is() { [ "$(get "$1" | tr -d '"')" = "$2" ]; }
job_done() { cell_is "vclJobState.$1" $SUCCEEDED; }
is_over() { [[ $(get "vclJobState.$1") == [3456] ]]; }
vm_settles() { [ "$(get vclClusterJobsRunning.0)" = 0 ]; }
no_row() { [[ $(get "vclJobRowStatus.$1") == No\ Such* ]]; }

@test "one SET with an index of the manager's choice is a job, and tells its result" {
	row 4000000001 $CREATE_AND_GO $RESET vclJobRequester.4000000001 s noc
	within 10 job_done 4000000001
	within 20 booted web1 2
	cell_is vclJobRowStatus.4000000001 $ACTIVE
	cell_is vclJobRequester.4000000001 noc
	cell_is vclJobObjectName.4000000001 web1
	cell_is vclVmLastJob."$(vm_index web1)" 4000000001
	virtcluster jobs | grep -q 'snmp:noc'
}

@test "the same SET again is noError and no second job" {
	row 4000000001 $CREATE_AND_GO $RESET vclJobRequester.4000000001 s noc
	row 4000000001 $CREATE_AND_GO $RESET vclJobRequester.4000000001 s noc
	stays 1 cell_is vclJobNumber.0 1
	[ "$(boots web1)" -eq 2 ]
}

@test "another SET on that index is inconsistentValue" {
	refused inconsistentValue vclJobRowStatus.4000000001 i $CREATE_AND_GO \
		vclJobType.4000000001 i $POWER_OFF \
		vclJobObjectIndex.4000000001 u "$(vm_index web1)"
	refused inconsistentValue vclJobType.4000000001 i $POWER_OFF
	virsh_is h1 web1 running
}

@test "a reader may not make a row" {
	# shellcheck disable=SC2086
	run snmpset $VCL_READ "$VCL_SNMP" "$(oid vclJobRowStatus.77)" i $CREATE_AND_WAIT
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *noAccess* ]]
	no_row 77
}

@test "the spin lock: a value that has gone by fails the whole SET" {
	local lock
	lock=$(get vclControlLock.0)
	sets vclControlLock.0 i "$lock"
	cell_is vclControlLock.0 $(((lock + 1) & 0x7fffffff))
	refused inconsistentValue vclControlLock.0 i "$lock" \
		vclJobRowStatus.7 i $CREATE_AND_WAIT
	stays 1 no_row 7
}

@test "step by step: createAndWait, fill in, active" {
	sets vclJobRowStatus.7 i $CREATE_AND_WAIT
	within 3 cell_is vclJobRowStatus.7 $NOT_READY
	cell_is vclJobState.7 $PREPARING
	refused inconsistentValue vclJobRowStatus.7 i $ACTIVE
	sets vclJobType.7 i $POWER_OFF
	sets vclJobObjectIndex.7 u "$(vm_index web1)"
	within 3 cell_is vclJobRowStatus.7 $NOT_IN_SERVICE
	virsh_is h1 web1 running
	sets vclJobRowStatus.7 i $ACTIVE
	within 10 job_done 7
	virsh_is h1 web1 "shut off"
}

@test "what the state of the VM does not allow is inconsistentValue" {
	within 5 vm_is web1 shutOff
	refused inconsistentValue vclJobRowStatus.8 i $CREATE_AND_GO \
		vclJobType.8 i $POWER_OFF vclJobObjectIndex.8 u "$(vm_index web1)"
	no_row 8
}

@test "destroy removes a row" {
	sets vclJobRowStatus.7 i $DESTROY
	within 3 no_row 7
	sets vclJobRowStatus.7 i $DESTROY
	sets vclJobRowStatus.9 i $CREATE_AND_WAIT
	within 3 cell_is vclJobRowStatus.9 $NOT_READY
	sets vclJobRowStatus.9 i $DESTROY
	within 3 no_row 9
	cell_is vclJobNumber.0 1
}

@test "SNMPv3: the operator makes a row, the reader may not" {
	local row
	row=("$(oid vclJobRowStatus.10)" i $CREATE_AND_WAIT)
	# shellcheck disable=SC2086
	run snmpset $VCL_V3_READ "$VCL_SNMP" "${row[@]}"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *noAccess* ]]
	# shellcheck disable=SC2086
	snmpset $VCL_V3_WRITE "$VCL_SNMP" "${row[@]}"
	within 3 cell_is vclJobRowStatus.10 $NOT_READY
	sets vclJobRowStatus.10 i $DESTROY
}

@test "two managers choose the same index: one gets it" {
	local a b n
	virtcluster start web1 --wait
	row 11 $CREATE_AND_GO $RESET vclJobRequester.11 s one >"$BATS_TEST_TMPDIR/a" &
	a=$!
	row 11 $CREATE_AND_GO $RESET vclJobRequester.11 s two >"$BATS_TEST_TMPDIR/b" &
	b=$!
	n=0
	wait $a && n=$((n + 1))
	wait $b && n=$((n + 1))
	cat "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	[ $n -eq 1 ]
	cat "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b" | grep -q inconsistentValue
	within 10 job_done 11
}

@test "the keep time is kept also when nothing else happens" {
	sleep 2.1 # a reset of the test before would have this one for a repetition
	row 12 $CREATE_AND_GO $RESET vclJobKeep.12 u 3
	within 10 job_done 12
	within 6 no_row 12
	stack log | grep -q 'job 12 (reset web1) succeeded'
	virtcluster events | grep 'reset web1' | grep -q 'asked for by snmp'
}

@test "destroy cancels a job that waits for its guest" {
	row 13 $CREATE_AND_GO $SHUTDOWN
	within 3 cell_is vclJobState.13 $RUNNING
	sets vclJobRowStatus.13 i $DESTROY
	within 5 no_row 13
	stack log | grep -q 'job 13 (shutdown web1) cancelled'
}

@test "kill -9 right behind the answer: one job, one result, and the same SET again is it" {
	local before
	within 40 vm_settles
	virtcluster start web1 --wait || true
	within 5 vm_is web1 running
	row 14 $CREATE_AND_GO $POWER_OFF
	stack kill-agent
	stack start-agent
	within 10 is_over 14
	before=$(get vclJobState.14)
	row 14 $CREATE_AND_GO $POWER_OFF
	stays 1 cell_is vclJobState.14 "$before"
	[ "$(stack log | grep -c 'job 14 (powerOff web1) accepted')" -eq 1 ]
	[ "$(column vclJobState | grep -c '^14 ')" -eq 1 ]
}

@test "who may not act on the command line leaves a trace" {
	local before
	before=$(get vclClusterCommandsRefused.0)
	run setpriv --reuid 12345 --regid 12345 --clear-groups "$VCL_BUILD/virtcluster" \
		--socket "$VCL_SOCKET" reset web1
	echo "$output"
	[ "$status" -ne 0 ]
	cell_is vclClusterCommandsRefused.0 $((before + 1))
	stack log | grep -q 'refused to 12345: .*reset.*web1.*permission denied'
}

@test "the daemon's log is clean" { log_is_clean; }
