# Jobs as rows that a manager makes: RowStatus, an index of its choice, the spin lock.
load helpers

POWER_OFF=4 RESET=6
CREATE_AND_GO=4 CREATE_AND_WAIT=5 ACTIVE=1 NOT_IN_SERVICE=2 NOT_READY=3 DESTROY=6
SUCCEEDED=3 PREPARING=7

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

@test "the daemon's log is clean" { log_is_clean; }
