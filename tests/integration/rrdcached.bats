# rrdcached is killed under load: no sample is lost, and no answer waits for it.
# plain build only: it wants a sample each second
# long only: three minutes without it
load helpers

AWAY=180 MANY=200 # seconds, and VMs besides

# Domains of libvirt's own test driver: they cost nothing but their samples.
many_domains() {
	local i
	echo "<node>"
	for ((i = 1; i <= MANY; i++)); do
		cat <<-EOF
			<domain type='test'><name>many$i</name><uuid>$(printf '00000000-0000-4000-8000-%012d' "$i")</uuid>
			<memory>65536</memory><os><type>hvm</type></os></domain>
		EOF
	done
	echo "</node>"
}

setup_file() {
	lab_begin 2
	lab guest h1 web1 --io
	lab guest h2 app1
	many_domains >"$LAB_DIR/many.xml"
	chmod 644 "$LAB_DIR/many.xml"
	sed -i 's/^\[health\]$/&\nhistory-age = 4/; s/^\[rrd\]$/&\nyears = 1/' "$VCL_CONFIG"
	printf '[node many]\nuri = test://%s/many.xml\n' "$LAB_DIR" >>"$VCL_CONFIG"
	stack reload-agent
	lab wait web1 LAB-UP 90
	within 30 vm_is "many$MANY" running
	within 60 all_have_files
	within 60 nothing_waits
	sleep 15 # some seconds of each are in its file
}

teardown_file() { lab_end; }

all_have_files() { [ "$(find "$LAB_DIR/stack/rrd/vm" -name '*.rrd' | wc -l)" -eq $((MANY + 2)) ]; }
waiting() { get vclClusterRrdWaiting.0; }
nothing_waits() { [ "$(waiting)" -eq 0 ]; }
dropped() { get vclClusterRrdDropped.0; }
uuid() { vm_cell vclVmUuid "$1"; }
# Other labs run beside this one.  What waited for rrdcached would take seconds.
answers_for() { SLOW=$((SLOW * 3)) gets_are_quick "$1"; }
# NAME: "TIME CPU-NS WRITTEN-OCTETS" of now
counters() { echo "$(date +%s) $(vm_cell vclVmCpuTime "$1") $(vm_cell vclVmDiskWriteOctets "$1")"; }

@test "killed: samples wait, it is an alarm, and answers do not wait with them" {
	local before
	counters web1 >"$LAB_DIR/before"
	date +%s >"$LAB_DIR/killed"
	stack kill-rrdcached
	answers_for $((AWAY / 2))
	before=$(waiting)
	[ "$before" -gt "$MANY" ]
	within 10 alarm_is historyAge
	[ "$(get vclClusterRrdAge.0)" -ge 4 ]
	answers_for $((AWAY / 2))
	[ "$(waiting)" -gt "$before" ]
	[ "$(dropped)" -eq 0 ]
	[ "$(stack log | grep -c 'samples are kept')" -eq 1 ]
	vm_cell_is vclVmStale web1 "$FALSE"
	date +%s >"$LAB_DIR/back"
}

@test "started again: what waited is written, and the alarm is over" {
	stack start-rrdcached
	within 90 nothing_waits
	within 10 fails alarm_is historyAge
	[ "$(dropped)" -eq 0 ]
	sleep 3
	counters web1 >"$LAB_DIR/after"
	sleep 5
}

# no_gap KIND NAME SOURCE: from before the kill, of which rrdcached had not written some, to now
no_gap() {
	local file from to
	file=$(rrd_file "$1" "$2")
	from=$(($(cat "$LAB_DIR/killed") - 10)) to=$(cut -d' ' -f1 "$LAB_DIR/after")
	flush_rrd "$file"
	rrd_rows "$file" "$3" "$from" "$to" >"$BATS_TEST_TMPDIR/rows"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/rows")" -eq $((to - from)) ]
	fails grep nan "$BATS_TEST_TMPDIR/rows"
}

@test "there is a value for each second, of the time it was away and of that before" {
	local i
	no_gap vm "$(uuid web1)" cpu
	no_gap vm "$(uuid web1)" mem_actual
	no_gap vm "$(uuid app1)" cpu
	no_gap disk "$(uuid web1).vda" wr
	no_gap node h1 cpu_user
	no_gap cluster cluster vms_running
	for ((i = 1; i <= MANY; i++)); do no_gap vm "$(printf '00000000-0000-4000-8000-%012d' $i)" cpu; done
}

# sum_is SOURCE FIELD: what was counted between the two looks, give or take two seconds of it
sum_is() {
	local file from to
	file=$(rrd_file vm "$(uuid web1)")
	from=$(cut -d' ' -f1 "$LAB_DIR/before") to=$(cut -d' ' -f1 "$LAB_DIR/after")
	rrd_rows "$file" "$1" "$from" "$to" | awk -v want="$(($(cut -d' ' -f"$2" "$LAB_DIR/after") - $(cut -d' ' -f"$2" "$LAB_DIR/before")))" '
		{ sum += $2; if ($2 > most) most = $2 }
		END { print sum, "in the file,", want, "in the MIB"; d = sum - want; exit !(want > 0 && d * d <= 4 * most * most) }'
}

@test "what is in the file is what the MIB has counted meanwhile" {
	sum_is cpu 2
	sum_is disk_wr 3
}

@test "the daemon's log is clean" { log_is_clean; }
