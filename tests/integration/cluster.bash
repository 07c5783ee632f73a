# What the tests on a cluster share: its state by Pacemaker's own tools.
# shellcheck shell=bash

state() { lab exec "${1:-h1}" crm_mon -1 --output-as=xml --inactive; }
# node_has HOST-THAT-IS-ASKED HOST ATTRIBUTE...: its node shows all of these
node_has() {
	local line pattern
	line=$(state "$1" | grep "<node name=\"lab-$2\".*online=")
	for pattern in "${@:3}"; do grep -q "$pattern" <<<"$line" || return 1; done
}
# app_on HOST-THAT-IS-ASKED APP: hosts where Pacemaker has it running
app_on() {
	lab exec "$1" crm_resource -r "$2" --locate 2>/dev/null | sed -n 's/.* is running on: lab-\([^ ]*\).*/\1/p'
}
app_is_on() { [ "$(app_on "$1" "$2")" = "$3" ]; }
apps_settle() { lab exec "${1:-h1}" crm_resource --wait -T 60; }

# dummy ID: a resource that does nothing
dummy() {
	cat <<XML
<primitive id="$1" class="ocf" provider="pacemaker" type="Dummy">
<operations><op id="$1-monitor" name="monitor" interval="5s" timeout="20s"/></operations>
</primitive>
XML
}

# hosts_of VM: where it is executing, by libvirt's own word
hosts_of() {
	local h
	for h in $(lab hosts); do
		case $(virsh_state "$h" "$1" 2>/dev/null) in running | paused) printf '%s ' "$h" ;; esac
	done
}
runs_on_only() { [ "$(hosts_of "$1")" = "$2 " ]; }

# --- with the agent

# shellcheck disable=SC2034
APP_STARTED=1 APP_STOPPED=2 APP_UNKNOWN=9
NODE[maintenance]=3 NODE[unclean]=6

# cluster_begin [SETTING...]: for setup_file: three hosts, the agent told of their cluster;
# settings are lines of [pacemaker]
cluster_begin() {
	local h
	lab_begin 3
	lab cluster
	for h in h1 h2 h3; do
		sed -i "s|^\[node $h\]|&\npacemaker-name = lab-$h\npacemaker = $(lab ssh $h nobody)|" "$VCL_CONFIG"
	done
	sed -i 's/^\[cluster\]/&\nbackend = pacemaker/' "$VCL_CONFIG"
	[ $# -eq 0 ] || printf '\n[pacemaker]\n' >>"$VCL_CONFIG"
	[ $# -eq 0 ] || printf '%s\n' "$@" >>"$VCL_CONFIG"
	alerts
	stack reload-agent
	within 40 quorate $TRUE
}

# Pacemaker tells the daemon that something has happened.
alerts() {
	# shellcheck disable=SC2153
	cp "$VCL_BUILD/virtcluster" "$TOP/contrib/virtcluster-alert" "$LAB_DIR/shared/"
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nPATH=/srv/shared:$PATH exec /srv/shared/virtcluster-alert\n' >"$LAB_DIR/shared/alert"
	chmod 755 "$LAB_DIR/shared/alert" "$LAB_DIR/shared/virtcluster-alert" "$LAB_DIR/shared/virtcluster"
	lab cib h1 configuration "<alerts><alert id=\"virtcluster\" path=\"/srv/shared/alert\">
		<recipient id=\"virtcluster-here\" value=\"$VCL_SOCKET\"/></alert></alerts>"
}

quorate() { [ "$(get vclClusterQuorate.0)" = "$1" ]; }
app_cell() { get "$2.$(index_of vclAppName "$1")" | tr -d '"'; }
app_shows() { [ "$(app_cell "$1" "$2")" = "$3" ]; }
app_is() { app_shows "$1" vclAppState "$2"; }
is_owned() { vm_cell_is vclVmAppName "$1" "$1" && vm_is "$1" running; }
# Another host than that, which can be asked
another() { if [ "$1" = h1 ]; then echo h2; else echo h1; fi; }
