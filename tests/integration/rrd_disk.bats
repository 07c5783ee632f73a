# The disk of the histories is full: what is there goes on, what is new waits, it is an alarm,
# and all is well by itself when there is room again.  With rrdcached, then without.
load helpers

# A file system of its own, which is really full.  It has room for what is there at the start.
setup_file() {
	LAB_DIR=$(mktemp -d /tmp/vclXXXXXX)
	export LAB_DIR
	mkdir -p "$LAB_DIR/stack/rrd"
	chmod 755 "$LAB_DIR" "$LAB_DIR/stack"
	mount -t tmpfs -o size=160m histories "$LAB_DIR/stack/rrd"
	lab up 1
	lab guest h1 web1 --io
	stack up --interval 1 --step 5
	eval "$(stack env)"
	export MIBS=
	sed -i 's/^\[health\]$/&\nhistory-age = 6/; s/^\[rrd\]$/&\nyears = 1/' "$VCL_CONFIG"
	stack reload-agent
	within 20 vm_is web1 running
	within 40 goes_into_file web1
}

teardown_file() {
	stack down
	umount "$LAB_DIR/stack/rrd"
	lab down
}

dir() { echo "$LAB_DIR/stack/rrd"; }
file_of() { rrd_file vm "$(vm_cell vclVmUuid "$1")"; }
waiting() { get vclClusterRrdWaiting.0; }
nothing_waits() { [ "$(waiting)" -eq 0 ]; }
flushed() { ! pgrep_rrdcached || flush_rrd "$1"; }
pgrep_rrdcached() { [ -e "$LAB_DIR/stack/rrdcached.pid" ]; }
last_of() { flushed "$1" && rrdtool last "$1"; }
goes_into_file() {
	local file last
	file=$(file_of "$1")
	last=$(last_of "$file") || return 1
	[ "$(($(date +%s) - last))" -le 12 ]
}

fill() {
	local kib
	kib=$(df --output=avail -k "$(dir)" | tail -1)
	head -c $((kib * 1024 - 300000)) /dev/zero >"$(dir)/ballast"
}
no_remains() {
	find "$(dir)" -type f ! -name '*.rrd' ! -name ballast ! -name .pid | tee /dev/stderr | fails grep -q .
}
complaints() { stack log | grep -c 'disk may be full' || true; }
some_wait() { alarm_is historyAge && [ "$(waiting)" -gt 5 ]; }

# disk_is_full NEW: while it is, a VM of that name starts
disk_is_full() {
	local pid before
	pid=$(agent_pid) before=$(complaints)
	fill
	lab guest h1 "$1" --no-disk
	within 20 vm_is "$1" running
	date +%s >"$LAB_DIR/runs"
	within 40 some_wait
	[ "$(complaints)" -eq $((before + 1)) ]
	[ ! -e "$(file_of "$1")" ]
	no_remains
	# the others go on, and so does everything else
	[ "$(get vclClusterRrdAge.0)" -le 10 ]
	within 15 goes_into_file web1
	virtcluster suspend "$1" --wait
	within 5 vm_is "$1" paused
	virtcluster resume "$1" --wait
	within 5 vm_is "$1" running
	[ "$(agent_pid)" = "$pid" ]
	sleep 15 # to have some samples more of that time
}

# room_again NEW: nothing is done but that there is room
room_again() {
	local file from to back
	back=$(date +%s)
	rm "$(dir)/ballast"
	within 30 nothing_waits
	within 10 fails alarm_is historyAge
	[ "$(get vclClusterRrdDropped.0)" -eq 0 ]
	file=$(file_of "$1")
	within 20 goes_into_file "$1"
	no_remains
	# of the time when there was no file, too
	from=$(($(cat "$LAB_DIR/runs") + 10)) to=$(last_of "$file")
	rrd_rows "$file" cpu "$from" "$to" | tee /dev/stderr >"$BATS_TEST_TMPDIR/rows"
	[ "$(awk -v back="$back" '$1 < back' "$BATS_TEST_TMPDIR/rows" | wc -l)" -ge 2 ]
	fails grep nan "$BATS_TEST_TMPDIR/rows"
}

@test "by rrdcached: the disk is full" { disk_is_full app1; }
@test "by rrdcached: there is room again" { room_again app1; }

@test "directly: the disk is full" {
	sed -i 's/^rrdcached = .*/rrdcached =/' "$VCL_CONFIG"
	stack reload-agent
	sleep 2
	stack stop-rrdcached
	within 30 goes_into_file web1
	disk_is_full db1
}
@test "directly: there is room again" { room_again db1; }

@test "the daemon's log is clean" { log_is_clean; }
