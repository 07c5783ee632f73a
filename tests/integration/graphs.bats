# RRD files grow, graphs show what went in, and the CLI's listings are right.
load helpers

setup_file() {
	lab_begin 2
	lab guest h1 web1
	lab guest h2 app1 --no-start
	within 10 vm_is web1 running
}

teardown_file() { lab_end; }

rrd_of() { echo "$LAB_DIR/stack/rrd/vm/$(lab virsh "$1" domuuid "$2" | head -1).rrd"; }
last_update() { rrdtool lastupdate --daemon "unix:$LAB_DIR/stack/rrdcached.sock" "$1"; }

@test "a running VM has a file by its UUID; one that never ran has none or only unknowns" {
	within 20 test -s "$(rrd_of h1 web1)" # its path is known before it is there
}

@test "what stands in the file is what the table says" {
	local file
	file=$(rrd_of h1 web1)
	within 10 last_update "$file"
	rrdtool fetch --daemon "unix:$LAB_DIR/stack/rrdcached.sock" "$file" AVERAGE -s -30s >"$BATS_TEST_TMPDIR/fetch"
	head -3 "$BATS_TEST_TMPDIR/fetch"
	head -1 "$BATS_TEST_TMPDIR/fetch" | grep -qw cpu
	head -1 "$BATS_TEST_TMPDIR/fetch" | grep -qw net_rx
	[ "$(last_update "$file" | awk 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "mem_actual") c = i } END { print $(c + 1) }')" = "$(vm_cell vclVmMemoryActual web1)" ]
}

@test "graph vm cpu as SVG" {
	sleep 5
	virtcluster graph vm web1 cpu --span 1h -o "$BATS_TEST_TMPDIR/cpu.svg"
	grep -q '<svg' "$BATS_TEST_TMPDIR/cpu.svg"
	[ "$(wc -c <"$BATS_TEST_TMPDIR/cpu.svg")" -gt 5000 ]
}

# of_kind KIND: the NAME by which the lab has one, if it has
of_kind() {
	case $1 in
	node) echo h1 ;;
	vm) echo web1 ;;
	disk) echo web1/vda ;;
	nic) virtcluster --json nics --vm web1 | jq -r '.[0].vclNicName' ;;
	esac
}

@test "each graph of the catalogue, as PNG" {
	local kind graph
	within 20 test -s "$LAB_DIR/stack/rrd/disk/$(vm_cell vclVmUuid web1).vda.rrd"
	within 20 test -s "$LAB_DIR/stack/rrd/cluster/cluster.rrd"
	virtcluster --json graphs | jq -r '.[] | "\(.kind) \(.name)"' >"$BATS_TEST_TMPDIR/graphs"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/graphs")" -gt 40 ]
	while read -r kind graph; do
		[ "$kind" = cluster ] || [ -n "$(of_kind "$kind")" ] || continue # no pools here
		# shellcheck disable=SC2046
		virtcluster graph "$kind" $(of_kind "$kind") "$graph" --span 1h --percentile \
			-o "$BATS_TEST_TMPDIR/$kind-$graph.png" </dev/null
		head -c 8 "$BATS_TEST_TMPDIR/$kind-$graph.png" | grep -q PNG
	done <"$BATS_TEST_TMPDIR/graphs"
	[ "$(find "$BATS_TEST_TMPDIR" -name '*.png' | wc -l)" -gt 40 ]
}

points() { virtcluster series vm web1 cpu --span 1m --resolution 1s | grep -c ',[0-9]'; }
many_points() { [ "$(points)" -ge 15 ]; }

@test "series are the numbers that rrdtool fetch has" {
	local file from to
	file=$(rrd_of h1 web1)
	within 60 many_points
	to=$(date +%s) from=$((to - 20))
	virtcluster --json series vm web1 cpu --from $from --to $to --resolution 1s |
		jq -r '.[] | select(.value != null) | "\(.time) \(.value | floor)"' >"$BATS_TEST_TMPDIR/ours"
	rrdtool flushcached --daemon "unix:$LAB_DIR/stack/rrdcached.sock" "$file"
	rrdtool fetch "$file" AVERAGE -r 1 -s $from -e $to | awk '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == "cpu") c = i + 1 }
		/^[0-9]+:/ && $c !~ /nan/ { printf "%d %d\n", $1, $c }' >"$BATS_TEST_TMPDIR/theirs"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/ours")" -ge 10 ]
	grep -Fxf "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours" >"$BATS_TEST_TMPDIR/same"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/same")" -ge "$(($(wc -l <"$BATS_TEST_TMPDIR/ours") - 1))" ]
	virtcluster series vm web1 mem_actual --span 1h | head -1 | grep -qx time,value
}

# A day's are of rows of five minutes here, which takes longer.
@test "what the history tells of the last hour" {
	within 150 vm_knows vclVmCpuHourAverage web1
	within 150 node_knows vclNodeMemoryHourMaximum h1
	[ "$(vm_cell vclVmCpuHour95 web1)" -le "$(vm_cell vclVmCpuHourMaximum web1)" ]
	[ "$(vm_cell vclVmCpuHourAverage web1)" -le "$(vm_cell vclVmCpuHourMaximum web1)" ]
	! vm_knows vclVmCpuHourAverage app1
}

@test "rrdcached away: samples wait, and it is an alarm until they are written" {
	sed -i 's/^\[health\]$/&\nhistory-age = 4/' "$VCL_CONFIG"
	stack reload-agent
	stack stop-rrdcached
	within 30 alarm_is historyAge
	[ "$(get vclClusterRrdWaiting.0)" -gt 0 ]
	[ "$(get vclClusterRrdAge.0)" -ge 4 ]
	stack start-rrdcached
	within 90 fails alarm_is historyAge
	[ "$(get vclClusterRrdDropped.0)" -eq 0 ]
}

@test "a graph that does not exist: the known ones are listed" {
	run virtcluster graph vm web1 colour -o "$BATS_TEST_TMPDIR/x.svg"
	[ "$status" -ne 0 ]
	[[ $output == *cpu* && $output == *colour* ]]
	[ ! -e "$BATS_TEST_TMPDIR/x.svg" ]
}

# known_since FILE TIME N: so many seconds of CPU usage are in it
known_since() {
	flush_rrd "$1"
	[ "$(rrd_rows "$1" cpu "$2" "$(date +%s)" | grep -vc nan)" -ge "$3" ]
}

@test "a rename and a restart of the daemon keep index and history, without a spike" {
	local before file start renamed restarted
	before=$(vm_index app1) file=$(rrd_of h2 app1) start=$(date +%s)
	virtcluster start app1 --wait
	within 30 known_since "$file" "$start" 4
	virtcluster poweroff app1 --wait
	within 5 vm_is app1 shutOff
	renamed=$(date +%s)
	lab virsh h2 domrename app1 app2
	within 5 vm_is app2 shutOff
	virtcluster start app2 --wait
	within 30 known_since "$file" "$renamed" 4
	stack stop-agent
	restarted=$(date +%s)
	sleep 3
	stack start-agent
	within 30 known_since "$file" "$restarted" 4
	[ "$(vm_index app2)" = "$before" ]
	[ "$(rrd_of h2 app2)" = "$file" ]
	rrd_rows "$file" cpu "$start" "$(date +%s)" | tee "$BATS_TEST_TMPDIR/rows"
	# of one vCPU, and of the emulator's own threads
	awk '$2 !~ /nan/ && $2 > 1.3e9 { bad = 1 } END { exit bad }' "$BATS_TEST_TMPDIR/rows"
	# gaps stay gaps: it was off, and nobody looked
	awk -v b="$restarted" '$2 ~ /nan/ { if ($1 < b) off++; else away++ }
		END { exit !(off >= 2 && away >= 2) }' "$BATS_TEST_TMPDIR/rows"
	# by its new name it tells of the time before
	virtcluster --json series vm app2 cpu --from "$start" --to "$renamed" --resolution 1s |
		jq -e '[.[] | select(.value != null)] | length >= 4'
	virtcluster poweroff app2 --wait
	within 5 vm_is app2 shutOff
}

@test "rrdcached restarted: samples go on" {
	local file a
	file=$(rrd_of h1 web1)
	stack stop-rrdcached
	sleep 3
	stack start-rrdcached
	a=$(date +%s)
	newer() { [ "$(last_update "$file" | awk -F: 'END { print $1 }')" -gt "$a" ]; }
	within 60 newer
}

# What a person sees on a terminal of 80 columns.
on_terminal() {
	script -qec "stty cols 80; '$VCL_BUILD/virtcluster' --socket '$VCL_SOCKET' $*" /dev/null |
		sed 's/\x1b\[[0-9;]*[A-Za-z]//g' | tr -d '\r'
}

@test "listings: within the terminal's 80 columns, JSON with the MIB's names" {
	local verb
	lab stop-libvirtd h2
	within 10 node_cell_is vclNodeState h2 "${NODE[unreachable]}"
	for verb in status nodes vms jobs events; do
		on_terminal $verb | tee /dev/stderr >"$BATS_TEST_TMPDIR/$verb"
		[ "$(wc -L <"$BATS_TEST_TMPDIR/$verb")" -le 80 ]
		virtcluster --json $verb | python3 -m json.tool >/dev/null
	done
	virtcluster --json vms | grep -q '"vclVmName"'
	virtcluster --json show vm web1 | grep -q '"vclVmUuid"'
	virtcluster show vm web1 | grep -q web1
	virtcluster show node h1 | grep -q h1
}

@test "the daemon's log is clean" { log_is_clean; }
