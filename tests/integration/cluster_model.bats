# What the agent knows of a real cluster: applications, members, quorum; told of by alerts.
# plain build only: Corosync, Pacemaker and three hosts leave no room for sanitizers
# long only: likewise, in time
load helpers
load cluster

setup_file() {
	cluster_begin 'interval = 600' # nothing is seen but what is told of
	lab cib h1 resources "$(dummy app1)"
	lab guest h1 vm1 --ha
	lab wait vm1 LAB-UP 60
	within 10 app_shows vm1 vclAppState 1
	within 10 vm_is vm1 running
}

teardown_file() { lab_end; }

node_shows() { node_cell_is "$2" "$1" "$3"; }
has_event() { virtcluster --json events | tr -d '\n ' | grep -q "$1"; }

@test "members, applications and the VM that one of them is" {
	for h in h1 h2 h3; do
		node_shows "$h" vclNodeMembership 2
		node_shows "$h" vclNodeState 1
	done
	[ "$(get vclClusterBackend.0 | tr -d '"')" = pacemaker ]
	[ "$(get vclClusterAppsStarted.0)" = 3 ]
	app_shows app1 vclAppKind 3
	app_shows vm1 vclAppKind 1
	app_shows vm1 vclAppVm "$(vm_index vm1)"
	[ "$(vm_cell vclVmAppName vm1)" = vm1 ]
	app_shows vm1 vclAppNodeName "$(app_on h1 vm1)"
}

@test "what is edited by hand is followed within two seconds" {
	local mark
	mark=$(trap_mark)
	lab exec h1 crm_resource -r app1 --meta -p target-role -v Stopped
	within 3 app_shows app1 vclAppState 2 # one of them for Pacemaker to stop it
	app_shows app1 vclAppWantedState 2
	within 3 got_trap "$mark" "$(oid vclAppStateChanged)|" app1
	lab exec h1 crm_resource -r app1 --meta -p target-role -v Started
	within 3 app_shows app1 vclAppState 1
}

@test "a live migration is a move, and no failover" {
	local from to
	from=$(app_on h1 vm1)
	to=$(another "$from")
	lab exec h1 crm_resource --move -r vm1 -N "lab-$to"
	within 20 app_shows vm1 vclAppNodeName "$to"
	app_shows vm1 vclAppPreferredName "$to"
	lab exec h1 crm_resource --clear -r vm1
	app_shows vm1 vclAppMoves 1
	app_shows vm1 vclAppFailovers 0
	fails has_event '"vclEventName":"vm1","vclEventNewState":"failed"'
}

@test "a power cut: unclean and unknown, then fenced, and the VM is elsewhere, once" {
	local from mark other
	from=$(app_on h1 vm1)
	other=$(another "$from")
	lab exec "$other" crm_resource -r fencing -p pcmk_delay_base -v 5s # or it is over unseen
	apps_settle "$other"
	mark=$(trap_mark)
	lab power off "$from"
	within 15 node_shows "$from" vclNodeState 6
	app_shows vm1 vclAppState 9
	within 15 node_shows "$from" vclNodeMembership 6
	within 30 app_shows vm1 vclAppState 1
	app_shows vm1 vclAppFailovers 1
	[ "$(app_cell vm1 vclAppNodeName)" != "$from" ]
	app_shows vm1 vclAppLastNode "$(node_index "$from")"
	within 5 got_trap "$mark" vm1 "failed over from $from to "
	within 5 got_trap "$mark" "$(oid vclNodeStateChanged)|" "$from" unclean
	within 40 node_shows "$from" vclNodeMembership 2
	within 10 node_shows "$from" vclNodeState 1
	apps_settle "$other"
}

@test "without a quorum: that is told, and is over when the others are back" {
	local mark
	mark=$(trap_mark)
	lab cluster-stop h2
	lab cluster-stop h3
	within 10 quorate 2
	within 5 node_shows h3 vclNodeMembership 6
	within 5 got_trap "$mark" "$(oid vclQuorumChanged)|" notQuorate
	virtcluster --json alarms | grep -q quorumLost
	lab cluster-start h2
	lab cluster-start h3
	within 60 quorate 1
	within 30 node_shows h3 vclNodeState 1
}

# slot APP PRIORITY: an application that takes all that a node has
slot() {
	lab cib h1 resources "$(dummy "$1")"
	lab exec h1 crm_resource -r "$1" --meta -p priority -v "$2"
	lab exec h1 crm_resource -r "$1" --utilization -p slots -v 1
}

@test "when a node is lost, what is important displaces what is not, and that is told" {
	local h from mark
	for h in h1 h2 h3; do lab exec h1 crm_attribute -N lab-$h --utilization -n slots -v 1; done
	lab exec h1 crm_attribute -n placement-strategy -v utilization
	slot first 30
	slot second 20
	slot third 10
	for h in first second third; do within 20 app_shows $h vclAppState 1; done
	app_shows first vclAppPriority 30
	from=$(app_cell first vclAppNodeName)
	mark=$(trap_mark)
	lab cluster-stop "$from"
	within 30 app_shows third vclAppState 2
	within 20 app_shows first vclAppState 1
	app_shows second vclAppState 1
	fails app_shows first vclAppNodeName "$from"
	app_shows third vclAppWantedState 1
	within 10 got_trap "$mark" "$(oid vclAppStateChanged)|" third
	lab cluster-start "$from"
	within 60 app_shows third vclAppState 1
}

@test "the daemon's log is clean" { log_is_clean; }
