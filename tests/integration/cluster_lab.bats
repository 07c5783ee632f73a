# The lab's cluster: what Corosync, Pacemaker and the lab's fence agent do by themselves.
# plain build only: the product takes no part
# long only: likewise
load helpers
load cluster

setup_file() {
	LAB_DIR=$(mktemp -d /tmp/vclXXXXXX)
	export LAB_DIR
	lab up 3
	lab cluster
}

teardown_file() { lab down; }

# fenced HOST-THAT-IS-ASKED HOST STATUS: at least once
fenced() {
	lab exec "$1" crm_mon -1 --output-as=xml --fence-history=3 |
		grep -q "<fence_event.* target=\"lab-$2\".*status=\"$3\""
}
runs_somewhere() { [ -n "$(app_on h1 "$1")" ]; }
runs_nowhere() { [ -z "$(hosts_of "$1")" ]; }
is_back() { node_has "$1" "$2" 'online="true"' 'pending="false"' 'unclean="false"'; }

@test "three nodes are members for each of them, and a resource starts" {
	local asked h
	for asked in h1 h2 h3; do
		for h in h1 h2 h3; do node_has $asked $h 'online="true"' 'unclean="false"'; done
	done
	lab cib h1 resources "$(dummy app1)"
	within 10 runs_somewhere app1
}

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
	fenced "$other" "$from" success
	fails app_is_on "$other" vm1 "$from"
	runs_on_only vm1 "$(app_on "$other" vm1)"
	within 40 is_back "$other" "$from" # who fenced it gave it power again
	apps_settle "$other"
	runs_on_only vm1 "$(app_on "$other" vm1)"
	[ "$(boots vm1)" = 2 ]
}

@test "where fencing fails, a lost node stays unclean and its VM runs nowhere, until it works again" {
	local from other
	from=$(app_on h1 vm1)
	other=$(another "$from")
	lab fencing break
	lab power off "$from" >/dev/null
	within 20 node_has "$other" "$from" 'unclean="true"'
	within 20 fenced "$other" "$from" failed
	stays 2 runs_nowhere vm1
	lab fencing mend
	within 60 booted vm1 3
	within 40 is_back "$other" "$from"
}

@test "a node whose cable is pulled is fenced, and comes back with the cable" {
	[ -n "${VCL_LONG:-}" ] || skip "only with --long"
	local from other
	from=$(app_on h1 vm1)
	other=$(another "$from")
	lab net cut "$from"
	within 30 booted vm1 4
	runs_on_only vm1 "$(app_on "$other" vm1)"
	fails app_is_on "$other" vm1 "$from"
	stays 3 fails is_back "$other" "$from"
	lab net mend "$from"
	within 40 is_back "$other" "$from"
}

@test "a VM is a node, and a resource in it survives its live move" {
	[ -n "${VCL_LONG:-}" ] || skip "only with --long"
	local from to
	lab guest h1 vn1 --node --ip 10.66.2.1/16
	within 90 node_has h1 vn1 'online="true"'
	lab cib h1 resources "$(dummy app2)"
	lab cib h1 constraints '<rsc_location id="app2-in-vn1" rsc="app2" node="lab-vn1" score="INFINITY"/>'
	lab wait vn1 "LAB-APP app2 started" 30
	from=$(app_on h1 vn1)
	to=$(another "$from")
	lab exec h1 crm_resource --move -r vn1 -N "lab-$to"
	within 40 runs_on_only vn1 "$to"
	apps_settle
	node_has h1 vn1 'online="true"'
	app_is_on h1 app2 vn1
	[ "$(lab serial vn1 | grep -c 'LAB-APP app2')" = 1 ]
}
