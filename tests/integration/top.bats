# `virtcluster top`: once, as JSON, and on a terminal with its keys.
load helpers

setup_file() {
	lab_begin 2
	lab guest h1 web1 --io
	lab guest h2 app1
	lab guest h2 old1 --no-start
	within 10 vm_is web1 running
	within 10 vm_is app1 running
	within 60 busy web1
}

teardown_file() { lab_end; }

# busy NAME: it is the first by disk, and what it reads and writes is known
busy() { virtcluster top --sort disk --top 1 | grep -Eq "^$1 .* [1-9][0-9.]*[BKM]/s +[1-9]"; }

# rows ARGUMENT...: the names, in their order
rows() { virtcluster --json top "$@" | python3 -c '
import json, sys
print(*[r["vclVmName"] for r in json.load(sys.stdin)])'; }

rows_are() { # NAMES OPTION...
	local want=$1
	shift
	[ "$(rows "$@")" = "$want" ]
}

@test "in a pipe: once, the cluster first, then the running VMs" {
	virtcluster top | tee "$BATS_TEST_TMPDIR/out"
	[ "$(sed -n 1p "$BATS_TEST_TMPDIR/out")" = "2/2 nodes online, 2/3 VMs running, jobs: 0 running, 0 waiting" ]
	sed -n 2p "$BATS_TEST_TMPDIR/out" | grep -Eq '^CPU [0-9.]+ % of [0-9]+ CPUs, memory .* of .* used$'
	sed -n 3p "$BATS_TEST_TMPDIR/out" | grep -q '^alarms: 0 critical, 0 warning; health ok'
	sed -n 5p "$BATS_TEST_TMPDIR/out" | grep -q '^VM  *NODE  *STATE  *CPU  *STEAL  *MEMORY  *DISK  *IOPS  *NET$'
	[ "$(sed 1,5d "$BATS_TEST_TMPDIR/out" | cut -d' ' -f1 | sort | xargs)" = "app1 web1" ]
	virtcluster top --all --sort vm | grep -Eq '^old1  *h2  *shut off( +-){6}$'
}

@test "JSON: whole rows, names of the MIB, sorted and chosen" {
	virtcluster --json top --all | python3 -c '
import json, sys
rows = json.load(sys.stdin)
assert len(rows) == 3 and all(k.startswith("vclVm") for r in rows for k in r)
assert not any("vclVmCpuUsage" in r for r in rows if r["vclVmName"] == "old1")'
	within 10 rows_are "web1 app1" --sort disk # its guest pauses now and then
	within 10 rows_are "app1 web1" --sort disk --reverse
	within 10 rows_are "app1 web1 old1" --sort disk --reverse --all
	[ "$(rows --sort vm --all)" = "app1 old1 web1" ]
	within 10 rows_are web1 --sort iops --top 1
	[ "$(rows --node h2 --all --sort vclVmName)" = "app1 old1" ]
	[ "$(rows --name 'w*')" = web1 ]
	[ "$(virtcluster --json top --name nobody)" = "[]" ]
	virtcluster top --name nobody | grep -q '^no running VMs match$'
	run virtcluster top --sort colour
	[ "$status" -eq 2 ]
	[[ $output == 'virtcluster: top: there is no column "colour" (there are vm, node, '* ]]
	[ "$(virtcluster complete line -- top --sort di)" = disk ]
}

@test "--watch in a pipe draws again" {
	local out=$BATS_TEST_TMPDIR/out
	"$VCL_BUILD/virtcluster" --socket "$VCL_SOCKET" --json top --watch 1 >"$out" 3>&- &
	local watcher=$!
	within 20 two_lines "$out"
	kill -INT "$watcher"
	wait "$watcher"
	while read -r line; do python3 -m json.tool >/dev/null <<<"$line"; done <"$out"
}
two_lines() { [ "$(wc -l <"$1")" -ge 2 ]; }

# on_terminal SIZE STEP... -- ARGUMENT...
on_terminal() {
	local steps=()
	while [ "$1" != -- ]; do
		steps+=("$1")
		shift
	done
	shift
	"$TOP/tests/integration/terminal.py" "${steps[@]}" -- \
		"$VCL_BUILD/virtcluster" --socket "$VCL_SOCKET" "$@"
}

@test "on a terminal: live, and every key does what it says" {
	on_terminal 24x80 see:'^web1' print 'see:running VMs by CPU;' \
		key:d 'see:by DISK;.*\nVM .*\nweb1.*\napp1' \
		key:r 'see:by DISK, reversed;.*\nVM .*\napp1.*\nweb1' \
		key:m see:'by MEMORY' key:n see:'by NET' key:i see:'by IOPS' key:s see:'by STEAL' \
		key:a see:'^old1.*shut off' key:a gone:'^old1' \
		key:v see:'by VM, reversed;.*\nVM .*\nweb1.*\napp1' key:c see:'by CPU' \
		key:h see:'^KEY  *WHAT' print key:x see:'^VM ' \
		'key:?' see:'^KEY' key:q -- top
}

@test "a wide terminal shows more, a low one scrolls" {
	on_terminal 40x132 see:'^VM .* READ  *WRITE .* IN  *OUT ' print key:q -- top
	on_terminal 10x80 see:'1 to 2 of 3 lines' gone:'^web1' key:down 'see:^2 to 3 of 3 lines' \
		see:'^VM ' see:'^web1' key:up see:'^1 to 2' 'key: ' see:'^2 to 3' key:b see:'^1 to 2' \
		key:ctrl-c -- top --all --sort vm
}

@test "Ctrl-Z hands the terminal back, and it comes again" {
	on_terminal 24x80 see:'^web1' stop go see:'^web1' key:d see:'by DISK' key:q -- top
	on_terminal 24x80 see:'^web1' key:q -- vms --watch 1
}

@test "an agent that goes away: the last picture stays, its keys too" {
	on_terminal 24x80 see:'^web1' "run:'$TOP/tests/lab/stack' kill-agent" \
		'see:^no answer from virtclusterd since ' see:'^web1' \
		key:d 'see:by DISK;.*\nVM .*\nweb1' \
		"run:'$TOP/tests/lab/stack' start-agent" 'gone:no answer' see:'^web1' key:q \
		-- top --watch 1
}

@test "a node that is lost: its VMs stay, with their age" {
	lab stop-libvirtd h2
	within 60 is_stale
	virtcluster top | grep -q '^1/2 nodes online'
	lab start-libvirtd h2
	within 30 node_cell_is vclNodeHealth h2 0
}
is_stale() { virtcluster top | grep -Eq '^app1 +h2 +STALE [0-9]+ s'; }

@test "the daemon's log is clean" { log_is_clean; }
