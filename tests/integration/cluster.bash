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
