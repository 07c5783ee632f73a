# Two hosts that are unevenly loaded: what is advised, carried out on request, and by itself.
# plain build only: it moves and boots guests under TCG
load helpers

# A fifth of the machine's memory is on h1: promised to guests, hardly touched by them.
setup_file() {
	local memory
	lab_begin 2
	memory=$(awk '/^MemTotal/ { print int($2 / 1024 / 10) }' /proc/meminfo)
	lab guest h1 big1 --memory "$memory" --no-disk
	lab guest h1 big2 --memory "$memory" --no-disk
	lab wait big1 LAB-UP 90
	lab wait big2 LAB-UP 90
	within 10 vm_is big1 running
	within 10 vm_is big2 running
}

teardown_file() { lab_end; }

guests_on() { lab virsh "$1" list --name | grep -c .; }
placed() { [ "$(guests_on h1) $(guests_on h2)" = "$1 $2" ]; }
advised() { [ "$(get vclAdviceNumber.0)" = "$1" ]; }
runs_once() { [ "$(for h in h1 h2; do lab virsh $h list --name; done | grep -cx "$1")" -eq 1 ]; }

placer() { # KEY = VALUE...: all of [placer]
	sed -i '/^\[placer\]/,$d' "$VCL_CONFIG"
	printf '[placer]\n' >>"$VCL_CONFIG"
	printf '%s\n' "$@" >>"$VCL_CONFIG"
	stack reload-agent
}

# Nothing is left alone because it was moved: only that all is even keeps it still.
@test "one of two is advised to move; a balance moves it, and the advice is empty" {
	placer "cooldown = 0"
	within 20 advised 1
	run virtcluster balance --wait
	echo "$output"
	[ "$status" -eq 0 ]
	placed 1 1
	runs_once big1
	runs_once big2
	within 20 advised 0
	stays 6 advised 0
	placed 1 1
}

@test "by itself: one move, and then it keeps still" {
	local name jobs
	for name in big1 big2; do
		lab virsh h1 list --name | grep -qx $name || virtcluster migrate $name h1 --wait
	done
	placed 2 0
	within 20 advised 1
	placer "cooldown = 0" "auto-balance = 10" "moves-per-hour = 3"
	within 60 placed 1 1
	within 20 advised 0
	jobs=$(column vclJobType)
	stays 25 placed 1 1
	[ "$(column vclJobType)" = "$jobs" ]
	stack log | grep -q 'balancer.*at most 3 moves'
}

@test "by itself, no more moves in an hour than it may" {
	local name jobs
	placer "cooldown = 0" "auto-balance = 10" "moves-per-hour = 1"
	for name in big1 big2; do
		lab virsh h1 list --name | grep -qx $name || virtcluster migrate $name h1 --wait
	done
	within 20 advised 1
	jobs=$(column vclJobType)
	stays 15 placed 2 0
	[ "$(column vclJobType)" = "$jobs" ]
}

# Their memory is next to nothing: it is the CPUs that are uneven.
@test "two guests that keep the CPUs busy are parted" {
	local name
	placer "cooldown = 0"
	for name in big1 big2; do virtcluster poweroff $name --wait; done
	for name in busy1 busy2; do
		lab guest h1 $name --no-disk
		lab wait $name LAB-UP 90
		lab type h1 $name 'while :; do :; done &'
	done
	placed 2 0
	within 60 advised 1
	[[ "$(column vclAdviceReason)" == *CPU* ]] || { column vclAdviceReason; false; }
	virtcluster balance --wait
	placed 1 1
	runs_once busy1
	runs_once busy2
	within 30 advised 0
}

@test "the daemon's log is clean" { log_is_clean; }
