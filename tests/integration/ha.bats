# A libvirt VM becomes an application of the cluster, and a libvirt VM again, and never notices:
# it moves, survives its host, and what stops in the middle leaves one or the other.
# long only: Corosync, Pacemaker and three hosts, two minutes by itself
# plain build only: likewise
load helpers
load cluster

SUCCEEDED=3 FAILED=4 INTERRUPTED=6
HA_ENABLE=57 HA_DISABLE=58
VM=3 APP=6
APP_STARTED=1 APP_STOPPED=2
DEFINITIONS=/var/lib/libvirt/ha # each host of the lab has its own

setup_file() {
	local h
	lab_begin 3
	lab cluster
	holder
	for h in h1 h2 h3; do
		sed -i "s|^\[node $h\]|&\npacemaker-name = lab-$h\npacemaker = $LAB_DIR/held $(lab ssh $h nobody)|" "$VCL_CONFIG"
	done
	sed -i 's/^\[cluster\]/&\nbackend = pacemaker/' "$VCL_CONFIG"
	printf '\n[pacemaker]\ndefinitions = %s\nmigration-transport = tcp\n' $DEFINITIONS >>"$VCL_CONFIG"
	stack reload-agent
	lab guest h1 web1
	lab wait web1 LAB-UP 60
	within 30 vm_is web1 running
	within 30 test_quorate
}

teardown() { rm -f "$LAB_DIR/marks/hold"; }
teardown_file() { lab_end; }

# What is run on a host waits while its words are in the file "hold"; with "drop" it is not run.
holder() {
	mkdir -m 777 "$LAB_DIR/marks" # of whoever the agent runs as
	cat >"$LAB_DIR/held" <<END
#!/bin/sh
if [ -e $LAB_DIR/marks/hold ]; then
	case "\$*" in *"\$(cat $LAB_DIR/marks/hold)"*)
		: >$LAB_DIR/marks/reached
		while [ -e $LAB_DIR/marks/hold ]; do sleep 0.1; done
		[ ! -e $LAB_DIR/marks/drop ] || exit 1 ;;
	esac
fi
exec "\$@"
END
	chmod 755 "$LAB_DIR/held"
}

test_fencing() { [ "$(get vclClusterFencing.0)" = $TRUE ]; }
test_quorate() { [ "$(get vclClusterQuorate.0)" = $TRUE ]; }
app_cell() { get "$2.$(index_of vclAppName "$1")" | tr -d '"'; }
app_is() { [ "$(app_cell "$1" vclAppState)" = "$2" ]; }
no_app() { [ -z "$(index_of vclAppName "$1")" ]; }
job_ended() { [ "$(get "vclJobState.$1")" -ge 3 ]; }
last_ended() { job_ended "$(vm_cell vclVmLastJob "$1")"; }
# ends JOB STATE
ends() {
	within 90 job_ended "$1"
	[ "$(get "vclJobState.$1")" = "$2" ] || { get "vclJobError.$1" && false; }
}
another() { if [ "$1" = h1 ]; then echo h2; else echo h1; fi; }
no_definitions() {
	local h
	for h in h1 h2 h3; do
		[ -z "$(lab exec $h sh -c "ls $DEFINITIONS 2>/dev/null")" ] || return 1
	done
}
everywhere_defined() {
	local h
	for h in h1 h2 h3; do lab exec $h test -s "$DEFINITIONS/$1.xml" || return 1; done
	[ "$(for h in h1 h2 h3; do lab exec $h sha256sum "$DEFINITIONS/$1.xml"; done | sort -u | wc -l)" = 1 ]
}
persistent_on() { lab virsh "$1" list --all --persistent --name | grep -qx "$2"; }
not_persistent() {
	local h
	for h in h1 h2 h3; do persistent_on $h "$1" && return 1; done
	true
}
no_traces() { lab exec h1 cibadmin -Q | fails grep -q "$1"; }
# An application and nothing else: on that host, or, with "", nowhere
is_app() {
	everywhere_defined "$1"
	not_persistent "$1"
	app_is_on h1 "$1" "$2"
	lab exec h1 crm_mon -1r | fails grep -q unmanaged
	[ "$(hosts_of "$1")" = "${2:+$2 }" ]
}
# A VM of libvirt's on that host and nothing else
is_vm() {
	no_traces "$1"
	no_definitions
	persistent_on "$2" "$1"
	within 10 no_app "$1"
}
# What the cluster and the hosts have, in words
all_there_is() {
	local h
	lab exec h1 cibadmin -Q -o configuration | grep -v -e last-lrm-refresh -e '<cib '
	for h in h1 h2 h3; do
		lab virsh $h list --all --persistent --name | sort
		lab exec $h sh -c "ls $DEFINITIONS 2>/dev/null || true"
	done
}
# ha_refuses SENTENCE WORD...: and all is as it was
ha_refuses() {
	local before says=$1
	before=$(all_there_is)
	sleep 2 # the same within two seconds is the same job
	run virtcluster ha "${@:2}" --wait
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"$says"* ]]
	diff <(echo "$before") <(all_there_is)
}

@test "a running VM becomes highly available by SNMP, and does not notice" {
	local index node
	index=$(vm_index web1)
	node=$(vm_cell vclVmNode web1)
	job_by_row 101 $HA_ENABLE "$index" "" "vclJobObjectKind.101 i $VM" \
		"vclJobTarget.101 i $(node_index h2)" "vclJobAmount.101 u 7"
	ends 101 $SUCCEEDED
	is_app web1 h1
	within 5 app_is web1 $APP_STARTED
	[ "$(app_cell web1 vclAppPriority)" = 7 ]
	[ "$(app_cell web1 vclAppPreferredNode)" = "$(node_index h2)" ]
	[ "$(vm_index web1)" = "$index" ]
	[ "$(vm_cell vclVmNode web1)" = "$node" ]
	[ "$(boots web1)" = 1 ]
	stays 3 runs_on_only web1 h1
}

@test "it is one already, and cannot become one again" {
	ha_refuses "so it is already" enable web1
}

@test "it moves live through Pacemaker" {
	setv "vclVmMigrateTo.$(vm_index web1)" i "$(node_index h3)"
	ends "$(vm_cell vclVmLastJob web1)" $SUCCEEDED
	is_app web1 h3
	[ "$(boots web1)" = 1 ]
}

@test "its host's power is cut, and it runs elsewhere, once" {
	local index
	index=$(vm_index web1)
	lab power off h3 >/dev/null
	within 40 booted web1 2
	fails app_is_on h1 web1 h3
	runs_on_only web1 "$(app_on h1 web1)"
	within 20 vm_cell_is vclVmNodeName web1 "$(app_on h1 web1)"
	[ "$(vm_index web1)" = "$index" ]
	lab power on h3
	within 60 node_has h1 h3 'online="true"' 'pending="false"'
	within 20 node_cell_is vclNodeState h3 1
	[ "$(boots web1)" = 2 ]
}

@test "a rule with another resource is in the way of taking it out" {
	lab cib h1 resources "$(dummy app1)"
	lab cib h1 constraints '<rsc_colocation id="together" rsc="app1" with-rsc="web1" score="10"/>'
	ha_refuses "rsc_colocation together names it" disable web1
	lab exec h1 cibadmin --delete --xml-text '<rsc_colocation id="together"/>'
	lab exec h1 cibadmin --delete --xml-text '<primitive id="app1"/>'
	lab exec h1 crm_resource --wait -T 60
	is_app web1 "$(app_on h1 web1)"
}

@test "it leaves the cluster without stopping, and is as it was" {
	local node index
	node=$(app_on h1 web1)
	index=$(vm_index web1)
	run virtcluster ha disable web1 --wait
	echo "$output"
	[ "$status" -eq 0 ]
	is_vm web1 "$node"
	runs_on_only web1 "$node"
	[ "$(boots web1)" = 2 ]
	[ "$(vm_index web1)" = "$index" ]
	lab virsh "$node" dumpxml --inactive web1 | fails grep -q "backingStore\|alias name='virtio"
	stays 3 runs_on_only web1 "$node"
	run virtcluster ha disable web1
	[ "$status" -ne 0 ]
	[[ $output == *"web1 is no application of the cluster"* ]]
}

@test "what is in the way is told, and nothing is changed" {
	local node
	node=$(vm_cell vclVmNodeName web1)
	lab guest "$node" local1 --tiny --local 8M --no-start
	lab guest "$node" "two words" --tiny --no-start
	within 20 vm_is local1 shutOff
	ha_refuses "is not known to be the same on all nodes" enable local1
	ha_refuses "with a blank in its name" enable "two words"
	lab virsh "$node" undefine local1
	lab virsh "$node" undefine "two words"
	lab exec "$(another "$node")" install -D -m 600 /dev/null "$DEFINITIONS/web1.xml"
	ha_refuses "has another file" enable web1
	lab exec "$(another "$node")" rm "$DEFINITIONS/web1.xml"
	lab cib h1 resources "$(dummy web1-prefers)"
	ha_refuses "another element web1-prefers already" enable web1
	lab exec h1 cibadmin --delete --xml-text '<primitive id="web1-prefers"/>'
	lab exec h1 crm_attribute --name stonith-enabled --update false
	ha_refuses "fencing is off in the cluster" enable web1
	lab exec h1 crm_attribute --name stonith-enabled --update true
	virtcluster poke cluster
	within 20 test_fencing
	is_vm web1 "$node"
	[ "$(boots web1)" = 2 ]
}

# caught WORDS JOB-VERB...: the agent is killed while it waits for a tool with these words, which
# is then not run; the next one sees to it
caught() {
	rm -f "$LAB_DIR/marks/reached" "$LAB_DIR/marks/drop"
	sleep 2 # the same within two seconds is the same job
	echo "$1" >"$LAB_DIR/marks/hold"
	virtcluster ha "${@:2}"
	within 60 test -e "$LAB_DIR/marks/reached"
	stack kill-agent
	: >"$LAB_DIR/marks/drop"
	rm "$LAB_DIR/marks/hold"
	sleep 0.5
	rm "$LAB_DIR/marks/drop"
	stack start-agent
	within 30 test_quorate
	within 90 last_ended web1
}

@test "killed while it makes a VM highly available, it takes all of it back" {
	local node words
	node=$(vm_cell vclVmNodeName web1)
	for words in "mv -T" "--allow-create" "--delete-parameter=is-managed"; do
		echo "== $words"
		caught "$words" enable web1
		virtcluster jobs --last 1
		is_vm web1 "$node"
		runs_on_only web1 "$node"
		[ "$(boots web1)" = 2 ]
		lab virsh "$node" list --persistent --name | grep -x web1
	done
}

@test "after that it can be made one" {
	virtcluster ha enable web1 --wait
	is_app web1 "$(app_on h1 web1)"
	[ "$(boots web1)" = 2 ]
}

@test "killed while it takes one out of the cluster, it goes on with that" {
	local node words
	node=$(app_on h1 web1)
	for words in "--set-parameter=is-managed" "--refresh" "cibadmin --delete --scope=resources"; do
		echo "== $words"
		caught "$words" disable web1
		virtcluster jobs --last 1
		is_vm web1 "$node"
		runs_on_only web1 "$node"
		[ "$(boots web1)" = 2 ]
		within 20 vm_is web1 running
		virtcluster ha enable web1 --wait
		is_app web1 "$node"
	done
	virtcluster ha disable web1 --wait
	is_vm web1 "$node"
}

@test "cancelled, or refused by a host, it is as it was" {
	local node job
	node=$(vm_cell vclVmNodeName web1)
	lab exec h3 sh -c "rmdir $DEFINITIONS && touch $DEFINITIONS"
	run virtcluster ha enable web1 --wait
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"cannot be kept on node h3"* ]]
	[[ $output == *"it is as it was before"* ]]
	lab exec h3 rm $DEFINITIONS
	is_vm web1 "$node"
	rm -f "$LAB_DIR/marks/reached"
	echo "--allow-create" >"$LAB_DIR/marks/hold"
	virtcluster ha enable web1
	job=$(vm_cell vclVmLastJob web1)
	within 30 test -e "$LAB_DIR/marks/reached"
	virtcluster cancel "$job"
	rm "$LAB_DIR/marks/hold"
	within 60 job_ended "$job"
	is_vm web1 "$node"
	[ "$(boots web1)" = 2 ]
}

@test "one that is off becomes one that is stopped, starts, and comes back off" {
	local node index mark
	node=$(vm_cell vclVmNodeName web1)
	index=$(vm_index web1)
	virtcluster stop web1 --wait
	mark=$(trap_mark)
	virtcluster ha enable web1 --prefer h3 --wait
	is_app web1 ""
	app_is web1 $APP_STOPPED
	[ "$(vm_index web1)" = "$index" ] # though no host has it
	vm_is web1 shutOff
	virtcluster start web1 --wait
	is_app web1 h3
	within 30 booted web1 3
	virtcluster poweroff web1 --wait
	is_app web1 ""
	vm_is web1 shutOff
	[ "$(vm_cell vclVmNodeName web1)" = h3 ]
	stack kill-agent
	stack start-agent
	within 30 test_quorate
	within 10 vm_is web1 shutOff # also to an agent that has never seen it run
	[ "$(vm_index web1)" = "$index" ]
	[ "$(vm_cell vclVmNodeName web1)" = h3 ]
	run virtcluster snapshot create web1 s1
	[ "$status" -ne 0 ]
	[[ $output == *"no host has it until it is started"* ]]
	within 10 got_trap "$mark" "$(oid vclVmStateChanged)|" web1
	virtcluster events --vm web1 --since 2m --json >"$BATS_TEST_TMPDIR/events"
	cat "$BATS_TEST_TMPDIR/events"
	grep -q vmState "$BATS_TEST_TMPDIR/events"
	fails grep -E "vmAdded|vmRemoved" "$BATS_TEST_TMPDIR/events"
	job_by_row 201 $HA_DISABLE "$(index_of vclAppName web1)" "" "vclJobObjectKind.201 i $APP"
	ends 201 $SUCCEEDED
	is_vm web1 h3
	within 20 vm_is web1 shutOff
	virtcluster start web1 --wait
	within 30 booted web1 4
	runs_on_only web1 h3
}
