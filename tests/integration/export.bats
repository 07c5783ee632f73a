# Hosts serve volumes to others: by a real ssh and the real qemu-nbd, to other hosts and to a
# guest that moves between them.
# plain build only: qemu-nbd, ssh and the guest are the same
load helpers
load web.bash

SUCCEEDED=3 FAILED=4
CREATE_AND_GO=4
VOLUME_EXPORT=45
SERVING=1 ENDED=2 UNKNOWN=3

setup_file() {
	local h
	lab_begin 2
	for h in h1 h2; do lab pool $h fast; done
	BY_H1=$(command_of h1) BY_H2=$(command_of h2)
	export BY_H1 BY_H2
	serve_by h1 "$BY_H1"
	serve_by h2 "$BY_H2"
	lab virsh h1 vol-create-as fast disk.img 64M --format qcow2
	lab virsh h1 vol-create-as fast small.img 8M --format raw
	lab exec h1 qemu-io -f qcow2 -c 'write -P 0x5a 1M 2M' /srv/local/fast/disk.img
	within 20 has_volume disk.img
	within 20 has_volume small.img
}

teardown_file() {
	web_end
	lab_end
}

# command_of HOST: by ssh, as root there, into a directory of the host's own
command_of() {
	echo "$(lab ssh "$1" nobody) $VCL_BUILD/virtcluster-export --address 10.66.0.1${1#h} --state /srv/local/exports"
}

# serve_by NODE COMMAND: into the configuration of the running daemon
serve_by() {
	sed -i "/^\[node $1\]/,/^\$/ { /^export/d }" "$VCL_CONFIG"
	[ -z "$2" ] || sed -i "s|^\[node $1\]|&\nexport = ${2//|/\\|}|" "$VCL_CONFIG"
	stack reload-agent
}

volume_index() { index_of vclVolumeName "$1"; }
has_volume() { [ -n "$(volume_index "$1")" ]; }
volume_cell() { get "$2.$(volume_index "$1")" | tr -d '"'; }
# export_cell VOLUME COLUMN [NODE]
export_cell() { get "$2.$(volume_index "$1").$(node_index "${3:-h1}")" | tr -d '"'; }
export_is() { [ "$(export_cell "$1" vclExportState "${3:-h1}")" = "$2" ]; }
is_served() { [ "$(volume_cell "$1" vclVolumeExports)" = "${2:-1}" ]; }
not_served() { [ "$(volume_cell "$1" vclVolumeExports)" = 0 ]; }
uri_of() { export_cell "$1" vclExportUri "${2:-h1}"; }
clients_are() { [ "$(export_cell "$1" vclExportClients)" = "$2" ]; }
job_is() { [ "$(get "vclJobState.$1")" = "$2" ]; }
job_ended() { [ "$(get "vclJobState.$1")" -ge 3 ]; }
said() { stack log | grep -F " export: $1: $2"; }
alarmed() { virtcluster alarms --json | jq -e '.[] | select(.vclAlarmCondition == "exportEnded" and .vclAlarmName == "h1/fast/disk.img")'; }
good() { ! lab serial "$1" | grep -a LAB-BAD; }
# servers HOST: how many qemu-nbd it has
servers() {
	# shellcheck disable=SC2016
	lab exec "$1" sh -c 'cat /proc/[0-9]*/comm 2>/dev/null | grep -cx qemu-nbd' || true
}
server_pid() {
	# shellcheck disable=SC2016
	lab exec h1 sh -c 'for p in /proc/[0-9]*; do grep -qx qemu-nbd "$p/comm" 2>/dev/null && tr "\0" " " <"$p/cmdline" | grep -qF "$1" && echo "${p#/proc/}"; done; true' find "$1"
}

refused() { # WORDS PATTERN
	# shellcheck disable=SC2086
	run virtcluster $1 --wait
	echo "$output"
	[ "$status" -ne 0 ]
	[ "$(grep -c '^virtcluster: ' <<<"$output")" -eq 1 ]
	[[ $output == *"virtcluster: "*"$2"* ]]
}

@test "by one SET: another host reads what is in the volume" {
	# shellcheck disable=SC2086
	snmpset -Oe $VCL_WRITE "$VCL_SNMP" "$(oid vclJobRowStatus.4000000001)" i $CREATE_AND_GO \
		"$(oid vclJobType.4000000001)" i $VOLUME_EXPORT \
		"$(oid vclJobObjectIndex.4000000001)" u "$(volume_index disk.img)"
	within 30 job_ended 4000000001
	get vclJobError.4000000001
	job_is 4000000001 $SUCCEEDED
	is_served disk.img
	export_is disk.img $SERVING
	[ "$(uri_of disk.img)" = nbd://10.66.0.11:10900/h1/fast/disk.img ]
	[ "$(export_cell disk.img vclExportReadOnly)" = $FALSE ]
	[ "$(export_cell disk.img vclExportPoolName)" = fast ]
	[ "$(volume_cell disk.img vclVolumeOrphan)" = $FALSE ]
	lab exec h2 qemu-io -f raw -c 'read -P 0x5a 1M 2M' -c 'write -P 0x66 48M 1M' "$(uri_of disk.img)"
	run virtcluster exports
	echo "$output"
	[[ $output == *disk.img*fast*h1*serving*nbd://10.66.0.11:10900/h1/fast/disk.img* ]]
	[ "$(virtcluster exports --json | jq -r '.[0].vclExportState')" = serving ]
}

@test "the pages list what is served, and lead there" {
	local volume pool
	web_start
	page /exports >"$BATS_TEST_TMPDIR/exports"
	for word in '<bdi>disk.img<' '<bdi>fast<' 'href="/node/h1"' '>serving<' \
		nbd://10.66.0.11:10900/h1/fast/disk.img 'data-label="Clients">0<' 'data-label="Read-only"><bdi>no<'; do
		grep -F -- "$word" "$BATS_TEST_TMPDIR/exports" || { echo "no $word"; false; }
	done >/dev/null
	[ "$(grep -oE 'data-label="Since"><time datetime="[0-9T:-]*' "$BATS_TEST_TMPDIR/exports" | wc -l)" -eq 1 ]
	volume=/volume/$(volume_index disk.img)
	grep -qF "href=\"$volume\"" "$BATS_TEST_TMPDIR/exports"
	shows "$volume" 'served to others'
	shows /pools 'Volumes served to others: 1'
	shows /node/h1 'Served to others'
	lacks 'Served to others' /node/h2
	pool=$(page "$volume" | grep -oE '/pool/[0-9]+' | head -1)
	shows "$pool" nbd://10.66.0.11:10900/h1/fast/disk.img
	shows '/exports?node=h2' 'No volumes are served to others.'
	shows "/exports?pool=${pool#/pool/}&volume=disk.img&state=serving" nbd://10.66.0.11:10900/h1/fast/disk.img
	web_stop
}

@test "what is served is in use" {
	refused "volume-delete disk.img" "node h1 serves it to others"
	refused "volume-wipe disk.img" "node h1 serves it to others"
	refused "volume-resize disk.img 128M" "node h1 serves it to others"
	refused "volume-clone disk.img copy.img" "node h1 serves it to others"
	sleep 2 # sooner it is taken for the same request
	refused "volume-export disk.img" "served by node h1 already"
	refused "pool-stop fast" "" # two nodes have one of that name
	refused "pool-stop h1/fast" "its volume disk.img is served to others"
	refused "volume-unexport small.img" "is not served to others"
	refused "volume-export nothing" "no volume is called"
	is_served disk.img
}

@test "a guest of the other host is on it, and moves to and fro" {
	lab guest h2 roam1 --nbd 10.66.0.11:10900/h1/fast/disk.img --verify
	lab wait roam1 LAB-SEQ 120
	within 20 vm_is roam1 running
	[ "$(volume_cell disk.img vclVolumeVm)" = "$(vm_index roam1)" ]
	within 10 fails clients_are disk.img 0
	refused "volume-unexport disk.img" "among them VM roam1"
	refused "volume-delete disk.img" "VM roam1 has it as vda"
	virtcluster migrate roam1 h1 --wait
	within 20 vm_cell_is vclVmNode roam1 "$(node_index h1)"
	virtcluster migrate roam1 h2 --wait
	within 20 vm_cell_is vclVmNode roam1 "$(node_index h2)"
	good roam1
	virtcluster poweroff roam1 --wait
	lab virsh h2 undefine roam1
	within 20 clients_are disk.img 0
}

@test "the agent is killed: what is served goes on, and is known at once" {
	stack kill-agent
	lab exec h2 qemu-io -f raw -c 'read -P 0x66 48M 1M' nbd://10.66.0.11:10900/h1/fast/disk.img
	stack start-agent
	within 20 has_volume disk.img
	refused "volume-delete disk.img" "serves it to others"
	within 20 is_served disk.img
	export_is disk.img $SERVING
}

@test "the agent is killed while it asks the host: it is done once" {
	printf '#!/bin/sh\n[ "$1" = watch ] || sleep 3\nexec %s "$@"\n' "$BY_H2" >"$LAB_DIR/slow"
	chmod 755 "$LAB_DIR/slow"
	lab virsh h2 vol-create-as fast far.img 8M --format raw
	within 20 has_volume far.img
	serve_by h2 "$LAB_DIR/slow"
	local job
	job=$(virtcluster volume-export far.img | sed -n 's/^job \([0-9]*\) queued.*/\1/p')
	sleep 1.5
	stack kill-agent
	stack start-agent
	within 40 job_ended "$job"
	get "vclJobError.$job"
	job_is "$job" $SUCCEEDED
	[ "$(servers h2)" -eq 1 ]
	is_served far.img
	virtcluster volume-unexport far.img --wait
	not_served far.img
	[ "$(servers h2)" -eq 0 ]
	serve_by h2 "$BY_H2"
}

@test "its server is killed: ended, in words; asked for again it is where it was" {
	local pid
	pid=$(server_pid h1/fast/disk.img)
	lab exec h1 kill -9 "$pid"
	within 5 export_is disk.img $ENDED
	[ -n "$(export_cell disk.img vclExportReason)" ]
	within 5 alarmed
	virtcluster alarms
	refused "volume-delete disk.img" "serves it to others"
	refused "volume-export disk.img --read-only" "volume-unexport"
	virtcluster volume-export disk.img --wait
	export_is disk.img $SERVING
	within 5 fails alarmed
	[ "$(uri_of disk.img)" = nbd://10.66.0.11:10900/h1/fast/disk.img ]
	lab exec h2 qemu-io -f raw -c 'read -P 0x66 48M 1M' "$(uri_of disk.img)"
}

@test "nobody tells any longer: unknown, and nothing is done" {
	serve_by h1 "$LAB_DIR/not-there"
	within 10 said h1 "cannot run $LAB_DIR/not-there"
	refused "volume-export small.img" "cannot run $LAB_DIR/not-there"
	refused "volume-delete small.img" "cannot run $LAB_DIR/not-there"
	printf '#!/bin/sh\necho "Last login: never"\nsleep 100\n' >"$LAB_DIR/nonsense"
	chmod 755 "$LAB_DIR/nonsense"
	serve_by h1 "$LAB_DIR/nonsense"
	within 10 said h1 "a line that is not JSON"
	refused "volume-unexport disk.img" ""
	serve_by h1 ""
	refused "volume-export small.img" 'its "export" is not set'
	serve_by h1 "$BY_H1"
	within 20 export_is disk.img $SERVING
}

@test "read-only: nobody writes, others may look" {
	virtcluster volume-export small.img --read-only --wait
	[ "$(export_cell small.img vclExportReadOnly)" = $TRUE ]
	[ "$(uri_of small.img)" = nbd://10.66.0.11:10901/h1/fast/small.img ]
	run lab exec h2 qemu-io -f raw -c 'write 0 1M' "$(uri_of small.img)"
	echo "$output"
	[[ $output == *"Permission denied"* || $output == *ead-only* ]]
	lab exec h2 qemu-io -f raw -r -c 'read 0 1M' "$(uri_of small.img)"
	virtcluster volume-clone small.img copy.img --wait
	virtcluster volume-unexport small.img --wait
	not_served small.img
	virtcluster volume-delete small.img --wait
}

@test "ended: no server is left, and the volume is as its clients left it" {
	virtcluster volume-unexport disk.img --wait
	not_served disk.img
	[ "$(servers h1)" -eq 0 ]
	[ -z "$(virtcluster exports --json | jq -r '.[].vclExportName')" ]
	lab exec h1 qemu-img check /srv/local/fast/disk.img
	virtcluster volume-resize disk.img 128M --wait
	virtcluster volume-delete disk.img --wait
	within 20 fails has_volume disk.img
}

@test "the daemon's log is clean" { log_is_clean; }
