# Many managers at once: what each is told is what was done, once.
# VCL_LONG=1: thirty guests and ten minutes instead of eight and twenty seconds.
# plain build only: it is about how much is asked at once
load helpers

GUESTS=8 STORM=20
[ -z "${VCL_LONG:-}" ] || GUESTS=30 STORM=600

setup_file() {
	local i
	lab_begin 2
	for ((i = 0; i < GUESTS; i++)); do lab guest "h$((i % 2 + 1))" "g$i" --tiny; done
	within 20 test_number
}

test_number() { [ "$(get vclVmNumber.0)" -eq $GUESTS ]; }

teardown_file() { lab_end; }

@test "ten managers fire valid and invalid SETs: one job each, one result, no VM twice" {
	run python3 "$TOP/tests/integration/storm.py" "$VCL_SNMP" "$VCL_ROOT" \
		"$LAB_DIR/stack/virtclusterd.log" $STORM 10
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "each guest is on one host" {
	local i n
	for ((i = 0; i < GUESTS; i++)); do
		n=$({ lab virsh h1 list --name; lab virsh h2 list --name; } | grep -cx "g$i" || true)
		echo "g$i: $n"
		[ "$n" -le 1 ]
	done
	[ "$(column vclVmState | wc -l)" -eq $GUESTS ]
}

@test "refused SETs are counted, and none was answered as if something had broken" {
	[ "$(get vclClusterSetsRefused.0)" -gt 0 ]
	[ "$(get vclClusterSetsAccepted.0)" -gt 0 ]
	stack log | grep -q 'SET refused: vcl.*: wrongValue: '
	fails grep -qE 'genErr|commitFailed' <(stack log)
}

@test "the daemon's log is clean" { log_is_clean; }
