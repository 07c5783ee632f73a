# What guests tell of themselves, while one of them does not.
load helpers

GUESTS="a1 a2 a3"

setup_file() {
	local g
	lab_begin 1
	for g in a1 a2 a3; do lab guest h1 $g --no-disk; done
	for g in a1 a2 a3; do lab wait $g LAB-UP 90; done
	for g in a1 a2 a3; do within 40 tells $g; done
}

teardown_file() { lab_end; }

tells() { vm_cell_is vclVmGuestHostName "$1" "$1"; }
silent() { ! vm_knows vclVmGuestHostName "$1"; }
given_up() { [ "$(stack log | grep -c 'does not tell of itself')" -gt "$1" ]; }
times_given_up() { stack log | grep -c 'does not tell of itself' || true; }

# others_tell NAME: the two that are well, within seconds of the daemon's start
others_tell() {
	local g
	for g in $GUESTS; do [ $g = "$1" ] || within 20 tells $g; done
}

@test "a guest that is stopped when it is asked: the facts of the others come all the same" {
	local stopped before
	for stopped in a1 a3; do # whatever libvirt's order is, it is not always the last
		before=$(times_given_up)
		lab pause-guest h1 $stopped
		stack stop-agent
		stack start-agent
		others_tell $stopped
		within 10 given_up "$before"
		silent $stopped
		lab resume-guest h1 $stopped
	done
	# one that was given up is asked again when it answers, one asked too early after 30 s
	within 60 tells $stopped || { stack log | tail -30; return 1; }
}

@test "an agent that never answers: the facts of the others come all the same" {
	# shellcheck disable=SC2016
	lab type h1 a2 'for p in /proc/[0-9]*; do grep -q qemu-ga $p/comm && kill -STOP ${p#/proc/}; done; true'
	stack stop-agent
	stack start-agent
	others_tell a2
	silent a2
	vm_cell_is vclVmStale a2 $FALSE
}

@test "the daemon ends quickly while a guest hangs" {
	local t0
	lab pause-guest h1 a1
	stack stop-agent
	stack start-agent
	within 15 vm_is a1 running
	sleep 3
	t0=$(now_ms)
	stack stop-agent
	echo "ended in $(($(now_ms) - t0)) ms"
	[ $(($(now_ms) - t0)) -lt $((8000 * SLOW)) ]
	lab resume-guest h1 a1
	stack start-agent
	within 20 tells a1
}

@test "the daemon's log is clean" { log_is_clean; }
