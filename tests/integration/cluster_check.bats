# virtcluster cluster check: what is wrong with a set-up is found, and the command that is
# printed mends it.
# plain build only: Corosync, Pacemaker and three hosts leave no room for sanitizers
# long only: a lab cluster of three hosts, one of which is fenced; what is judged is in test_review
load helpers
load cluster

setup_file() {
	cluster_begin
	lab cib h1 resources "$(dummy app1)"
	lab guest h1 vm1 --ha
	lab wait vm1 LAB-UP 60
	apps_settle
}

teardown_file() { lab_end; }

# The blocks of a check in what the review prints
findings() { virtcluster cluster check | awk -v RS= -v ORS='\n\n' -v check=": $1" '$0 ~ check "\n"'; }
found() { findings "$1" | grep .; }
gone() { [ -z "$(findings "$1")" ]; }

# run_on WHERE COMMAND: as it is printed, in a shell of root's
run_on() {
	local h
	case $1 in
	'any node of the cluster') lab exec h2 sh -c "$2" ;;
	'the machine with virtcluster')
		VIRTCLUSTER_SOCKET=$VCL_SOCKET PATH=$VCL_BUILD:$PATH sh -c "$2"
		;;
	'each node'*) for h in h1 h2 h3; do lab exec $h sh -c "$2" || return 1; done ;;
	lab-*) lab exec "${1#lab-}" sh -c "$2" ;;
	*) echo "nobody knows where that is: $1" >&2 && false ;;
	esac
}
# mends CHECK: it is found, its command runs, and it is found no more
mends() {
	local block command where
	block=$(found "$1")
	echo "$block"
	command=$(sed -n 's/^  mend: //p' <<<"$block" | head -n 1)
	where=$(sed -n 's/^  on: //p' <<<"$block" | head -n 1)
	[ -n "$command" ]
	run_on "$where" "$command"
	within 20 gone "$1"
}
on_h1() { lab exec h1 "$@"; }
# Everything of the CIB that somebody can have changed
configured() { on_h1 cibadmin -Q -o configuration; }
edit_definition() { sed -i "$1" "$LAB_DIR/shared/vm1.xml"; }

@test "a cluster in which no node was ever fenced: the test of it, as it is printed" {
	local before
	before=$(configured)
	run virtcluster cluster check
	echo "$output"
	[ "$status" -eq 1 ]
	[ "$(grep -c '^critical' <<<"$output")" = 0 ]
	[ "$(grep -c '^warning' <<<"$output")" = 1 ]
	[[ $output == *"0 critical, 1 warning, "*" 3 nodes" ]]
	[ "$(configured)" = "$before" ]
	mends fencing-never
	found fencing-untested
	run virtcluster cluster check --quiet
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "not everybody may have it reviewed" {
	run setpriv --reuid=65533 --regid=65533 --clear-groups "$VCL_BUILD/virtcluster" --socket "$VCL_SOCKET" cluster check
	echo "$output"
	[ "$status" -eq 3 ]
	[[ $output == *"permission denied"* ]]
}

@test "fencing that is switched off" {
	on_h1 crm_attribute --type crm_config --name stonith-enabled --update false
	run virtcluster cluster check --quiet
	[ "$status" -eq 1 ]
	mends fencing-off
}

@test "a node that no device fences" {
	on_h1 crm_resource --resource=fencing --set-parameter=pcmk_host_list --parameter-value='lab-h1 lab-h2'
	within 10 found fencing-uncovered
	[[ $(findings fencing-uncovered) == *"can fence lab-h3"* ]]
	mends fencing-uncovered
	on_h1 stonith_admin --list=lab-h3 | grep -q fencing
}

@test "VMs that go back" {
	on_h1 crm_attribute --type rsc_defaults --name resource-stickiness --delete
	mends stickiness
}

@test "a rule that a move has left" {
	on_h1 crm_resource --resource=app1 --move
	apps_settle
	mends move-left
	on_h1 cibadmin -Q -o constraints | fails grep -e cli-prefer -e cli-ban
}

@test "failures, and what is not managed" {
	on_h1 crm_resource --resource=app1 --fail --node "lab-$(app_on h1 app1)"
	within 20 found failures
	mends failures
	on_h1 crm_resource --resource=app1 --meta --set-parameter=is-managed --parameter-value=false
	mends unmanaged
	on_h1 crm_attribute --type crm_config --name maintenance-mode --update true
	mends maintenance-mode
}

@test "operations of a VM: too short, missing, ignored" {
	on_h1 cibadmin --modify --xml-text '<op id="vm1-stop" timeout="15s"/>'
	mends vm-operation-short
	on_h1 cibadmin --delete --xml-text '<op id="vm1-monitor"/>'
	mends vm-monitor
	on_h1 cibadmin --delete --xml-text '<op id="vm1-migrate_to"/>'
	mends vm-operation-missing
	on_h1 cibadmin --modify --xml-text '<op id="vm1-start" on-fail="ignore"/>'
	mends vm-failure-ignored
	on_h1 crm_resource --resource=vm1 --meta --set-parameter=allow-migrate --parameter-value=false
	mends vm-allow-migrate
	runs_on_only vm1 "$(app_on h1 vm1)"
}

@test "a VM that libvirt would start besides" {
	local other
	other=$(another "$(app_on h1 vm1)")
	lab virsh "$other" define "$LAB_DIR/shared/vm1.xml"
	lab virsh "$other" autostart vm1
	[[ $(found vm-autostart) == *"on: lab-$other"* ]]
	mends vm-autostart
	mends vm-defined
	[ -z "$(lab virsh "$other" list --all --persistent --name)" ]
}

@test "definitions: no UUID, a disk without its lock, one that loses what was flushed" {
	local good
	good=$(cat "$LAB_DIR/shared/vm1.xml")
	edit_definition '/<uuid>/d'
	mends vm-no-uuid
	[ "$(grep -c '<uuid>' "$LAB_DIR/shared/vm1.xml")" = 1 ]
	printf '%s\n' "$good" >"$LAB_DIR/shared/vm1.xml"
	edit_definition "s|<target dev='vda' bus='virtio'/>|&<shareable/>|"
	mends vm-disk-unlocked
	edit_definition "s|cache='none'|cache='unsafe'|"
	mends vm-disk-unsafe
	printf '%s\n' "$good" >"$LAB_DIR/shared/vm1.xml"
}

# A VM that is never started: nothing is to happen to it while its definition is spoiled
stopped_vm() {
	cat <<-XML
	<primitive id="vm9" class="ocf" provider="heartbeat" type="VirtualDomain">
	<meta_attributes id="vm9-meta"><nvpair id="vm9-role" name="target-role" value="Stopped"/></meta_attributes>
	<instance_attributes id="vm9-params"><nvpair id="vm9-config" name="config" value="/var/lib/libvirt/vm9.xml"/></instance_attributes>
	</primitive>
	XML
}

@test "a definition that one node has not, and that is another one elsewhere" {
	local h
	for h in h1 h2; do
		lab exec $h sh -c "sed 's|<name>.*|<name>vm9</name>|; /<uuid>/d' /srv/shared/vm1.xml >/var/lib/libvirt/vm9.xml"
	done
	lab exec h2 sed -i 's|<memory unit=.MiB.>96|<memory unit="MiB">97|' /var/lib/libvirt/vm9.xml
	lab cib h1 resources "$(stopped_vm)"
	apps_settle
	found vm-definition-missing
	[[ $(findings vm-definition-missing) == *"vm9 cannot be started on lab-h3"*"root@lab-h3:/var/lib/libvirt/vm9.xml"* ]]
	[[ $(findings vm-definition-differs) == *"its definition /var/lib/libvirt/vm9.xml differs"* ]]
	on_h1 cibadmin --delete --xml-text '<primitive id="vm9"/>'
	apps_settle
	on_h1 crm_resource --cleanup
	within 20 gone vm-definition-missing
	gone vm-definition-differs
}

@test "nobody tells virtclusterd" {
	on_h1 cibadmin --delete --xml-text '<alert id="virtcluster"/>'
	mends alert
}

@test "time-outs of Corosync" {
	local h
	for h in h1 h2 h3; do
		lab exec $h sed -i 's/token:.*/token: 200/' /etc/corosync/corosync.conf
	done
	on_h1 corosync-cfgtool -R
	within 10 found token-short
	mends token-short
	[[ $(on_h1 corosync-cmapctl -g totem.token) == *"= 1000" ]]
}

@test "what cannot be asked is not known" {
	cp "$VCL_CONFIG" "$LAB_DIR/config"
	sed -i '/^\[node h3\]/,/^pacemaker = /s|^pacemaker = .*|pacemaker = false|' "$VCL_CONFIG"
	stack reload-agent
	run virtcluster cluster check
	echo "$output"
	[ "$status" -eq 3 ]
	[[ $output == *"not known"*"Of lab-h3 it is not known: its clock, "* ]]
	[[ $output == *"0 critical, 0 warnings, "*" not known; "* ]]
	sed -i 's|^pacemaker = .*|pacemaker = false|' "$VCL_CONFIG"
	stack reload-agent
	run virtcluster cluster check
	echo "$output"
	[ "$status" -eq 3 ]
	[[ $output == *"Pacemaker cannot be asked: h1: "* ]]
	cp "$LAB_DIR/config" "$VCL_CONFIG"
	stack reload-agent
	run virtcluster cluster check
	[ "$status" -eq 0 ]
}
