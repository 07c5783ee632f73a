# The lab's cluster: what Corosync, Pacemaker and the lab's fence agent do by themselves.
# plain build only: the product takes no part
load helpers
load cluster

setup_file() {
	LAB_DIR=$(mktemp -d /tmp/vclXXXXXX)
	export LAB_DIR
	lab up 3
	lab cluster
}

teardown_file() { lab down; }

# A host that is asked: any but that one
another() { if [ "$1" = h1 ]; then echo h2; else echo h1; fi; }
fenced() { lab exec "$1" stonith_admin --history "lab-$2" | grep -q 'able to reboot\|reboot.*succe'; }

@test "three nodes are members for each of them, and a resource starts" {
	local asked h
	for asked in h1 h2 h3; do
		for h in h1 h2 h3; do node_has $asked $h 'online="true"' 'unclean="false"'; done
	done
	lab cib h1 resources "$(dummy app1)"
	within 10 test_app_runs
}
test_app_runs() { [ -n "$(app_on h1 app1)" ]; }

@test "a VM application starts, moves live, and does not move back" {
	local from to
	lab guest h1 vm1 --ha
	lab wait vm1 LAB-UP 60
	from=$(app_on h1 vm1)
	to=$(another "$from")
	runs_on_only vm1 "$from"
	lab exec h1 crm_resource --move -r vm1 -N "lab-$to"
	within 20 runs_on_only vm1 "$to"
	within 10 app_is_on h1 vm1 "$to"
	lab exec h1 crm_resource --clear -r vm1
	apps_settle
	runs_on_only vm1 "$to"
	[ "$(boots vm1)" = 1 ]
}

@test "a node whose power is cut is fenced, and its VM runs elsewhere, once" {
	local from other
	from=$(app_on h1 vm1)
	other=$(another "$from")
	[ "$(lab power off "$from")" = off ]
	within 30 booted vm1 2
	fenced "$other" "$from"
	runs_on_only vm1 "$(app_on "$other" vm1)"
	fails app_is_on "$other" vm1 "$from"
	within 40 node_has "$other" "$from" 'online="true"' 'pending="false"' # the fence gave power back
	apps_settle "$other"
	fails runs_on_only vm1 "$from"
}

@test "a node whose fence does not answer is unclean, and its VM runs nowhere else" {
	local from other
	from=$(app_on h1 vm1)
	other=$(another "$from")
	lab fencing break
	lab power off "$from"
	within 20 node_has "$other" "$from" 'unclean="true"'
	stays 3 test -z "$(hosts_of vm1)"
	lab fencing mend
	within 60 booted vm1 3
	within 40 node_has "$other" "$from" 'online="true"' 'unclean="false"'
}
