# The agent on the lab's cluster: its state, a virtual address, snmpd and virtclusterd as a group
# of resources, as contrib/ha has it.  Outside, where a manager would be, snmptrapd.
# shellcheck shell=bash

AGENT_ADDRESS=$NET.100
AGENT_TRAPS=10162 # in the switch's namespace, nobody else is there
AGENT=$LAB_DIR/shared/agent

verb_outside() { ip netns exec "$SWITCH" "$@"; }

# make_agent_dirs DIR: the resource agents, as they would be installed
make_agent_dirs() {
	local contrib=$HERE/../../contrib/ocf name file
	mkdir -p "$1/resource.d/virtcluster" "$1/lib/virtcluster"
	for name in virtcluster snmpd; do
		file=$1/resource.d/virtcluster/$name
		sed 's|@s\{0,1\}bindir@|/srv/shared/agent|g; s|@runstatedir@|/run|g; s|@DAEMON_USER@|virtcluster|g' \
			"$contrib/$name.in" >"$file"
		chmod 755 "$file"
	done
	cp "$contrib/process.sh" "$1/lib/virtcluster/"
}

# --- configuration

# All hosts by their names: nothing is "this machine" for an agent that moves.
write_group_config() {
	local h
	cat >"$AGENT/virtcluster.conf" <<EOF
[cluster]
name = lab
interval = 1
control = on
backend = pacemaker
control-socket = /run/virtcluster/control.sock
agentx-socket = /run/virtcluster-agentx/master
state-dir = /srv/agent/state

[migrate]
shared = /srv/shared

[health]
raise-after = 0
node-cpu-warning = 0
node-pressure-warning = 0
node-pressure-critical = 0
vm-steal-warning = 0
vm-steal-critical = 0

[rrd]
dir = /srv/agent/state/rrd
step = 5
EOF
	for h in $(verb_hosts); do
		printf '\n[node %s]\nuri = qemu+tcp://lab-%s/system\npacemaker-name = lab-%s\n' "$h" "$h" "$h" \
			>>"$AGENT/virtcluster.conf"
	done
}

write_group_snmpd() { # ROOT-OID
	cat >"$AGENT/snmpd.conf" <<EOF
master agentx
agentXSocket /run/virtcluster-agentx/master
agentXPerms 0660 0755 virtcluster virtcluster
maxGetbulkResponses 1000
view all included .1
view vclControl included $1.1.9
view vclControl included $1.1.6.11
com2sec reader $NET.0/16 public
com2sec operator $NET.0/16 private
group readers v2c reader
group readers usm reader
group operators v2c operator
access readers "" any noauth exact all none none
access operators "" any noauth exact all vclControl none
createUser reader SHA-256 reader-secret AES reader-secret
trap2sink $NET.1:$AGENT_TRAPS traps
EOF
}

# The group that is shipped, with what is the lab's.
group_xml() {
	local log='name="log" value="/var/log/pacemaker'
	sed "s|files.example.org:/virtcluster|/srv/shared/agent/store|
		s|value=\"/var/lib/virtcluster|value=\"/srv/agent|
		s|\"nfs4\"|\"none\"|; s|\"hard\"|\"bind\"|
		s|192.0.2.10|$AGENT_ADDRESS|; s|name=\"cidr_netmask\" value=\"24\"|name=\"cidr_netmask\" value=\"16\"|
		s|\"eth0\"|\"br0\"|
		s|/etc/virtcluster/|/srv/shared/agent/|
		s|<nvpair id=\"\([a-z-]*\)-config\"|<nvpair id=\"\1-log\" $log/\1.log\"/>&|" \
		"$HERE/../../contrib/ha/agent-group.xml"
}

# --- what there is outside

start_group_traps() {
	cat >"$LAB_DIR/agent-traps.conf" <<EOF
disableAuthorization yes
doNotRetainNotificationLogs yes
format2 %b|%V|%v|%P\n
EOF
	mkdir -p "$LAB_DIR/agent-traps"
	setsid ip netns exec "$SWITCH" env SNMP_PERSISTENT_FILE="$LAB_DIR/agent-traps/snmptrapd.conf" \
		SNMPCONFPATH="$LAB_DIR/agent-traps" MIBS= \
		snmptrapd -f -C -c "$LAB_DIR/agent-traps.conf" -n -On -Lf "$LAB_DIR/agent-traps.log" \
		"udp:$NET.1:$AGENT_TRAPS" </dev/null >"$LAB_DIR/agent-traps.out" 2>&1 3>&- &
	note_pid "$LAB_DIR/agent-traps.pid" $!
}

end_group_traps() {
	local pid
	pid=$(live_pid "$LAB_DIR/agent-traps.pid" 2>/dev/null) && kill -9 "$pid"
}

group_answers() { # ROOT-OID
	verb_outside snmpget -r 0 -t 1 -v2c -c public "$AGENT_ADDRESS" "$1.1.1.1.0" 2>&1 |
		grep -v -e 'No Such' -e Timeout
}

# --- the verb

verb_agent-group() {
	local build=${VCL_BUILD:-$HERE/../../build/check} host=${1:-h1} root end=$((SECONDS + 60))
	need_cluster "$host"
	root=.$(sed -n 's/.*VCL_OID_ROOT_TEXT "\(.*\)"/\1/p' "$build/config.h")
	mkdir -p "$AGENT/store/state"
	cp "$build/virtclusterd" "$build/virtcluster" "$AGENT/"
	chown -R 64058:64058 "$AGENT/store/state"
	write_group_config
	write_group_snmpd "$root"
	start_group_traps
	group_xml >"$AGENT/agent-group.xml"
	in_host "$host" cibadmin -C -o resources -x /srv/shared/agent/agent-group.xml || exit 1
	until group_answers "$root" >/dev/null; do
		if [ $SECONDS -ge $end ]; then
			in_host "$host" crm_mon -1rf >&2
			die "the agent does not answer at $AGENT_ADDRESS"
		fi
		sleep 0.2
	done
}

# Where a manager finds it, for eval.
verb_agent-env() {
	local build=${VCL_BUILD:-$HERE/../../build/check}
	cat <<EOF
export VCL_SNMP='$AGENT_ADDRESS' VCL_READ='-v2c -c public' VCL_WRITE='-v2c -c private'
export VCL_ROOT='.$(sed -n 's/.*VCL_OID_ROOT_TEXT "\(.*\)"/\1/p' "$build/config.h")'
export VCL_V3_READ='-v3 -l authPriv -u reader -a SHA-256 -A reader-secret -x AES -X reader-secret'
export VCL_TRAPLOG='$LAB_DIR/agent-traps.log' AGENT_ADDRESS='$AGENT_ADDRESS' MIBS=
export AGENT_OUTSIDE='ip netns exec $SWITCH' VCL_MIBDIR='$build/mibs'
EOF
}
