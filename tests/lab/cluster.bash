# Corosync and Pacemaker on the lab's hosts: one cluster of all that are up.
# shellcheck shell=bash

CLUSTER_KEY=secret-of-a-laboratory # between the nodes and guest nodes

cluster_dir() { echo "$(host_dir "$1")/cluster"; }
live_hosts() { local h; for h in $(verb_hosts); do alive "$h" && echo "$h"; done; }

# --- configuration

# The time-outs of the example that is shipped, as lines for "totem".
shipped_timeouts() { grep -E '^[[:space:]]*(token|token_coefficient|consensus):' "$HERE/../../contrib/ha/corosync.conf.example"; }

# corosync_conf TIME-OUTS HOST...
corosync_conf() {
	local h
	cat <<EOF
totem {
	version: 2
	cluster_name: lab
	transport: knet
$1
	crypto_cipher: none
	crypto_hash: none
}
quorum {
	provider: corosync_votequorum
EOF
	shift
	[ $# -ne 2 ] || printf '\ttwo_node: 1\n'
	cat <<EOF
}
system {
	move_to_root_cgroup: no
}
logging {
	to_syslog: no
	to_logfile: yes
	logfile: /var/log/corosync/corosync.log
	timestamp: hires
}
nodelist {
EOF
	for h in "$@"; do
		printf '\tnode {\n\t\tring0_addr: %s\n\t\tname: lab-%s\n\t\tnodeid: %s\n\t}\n' \
			"$(address "$h")" "$h" "${h#h}"
	done
	echo "}"
}

nvpairs() { # ID NAME=VALUE...
	local id=$1 pair
	shift
	for pair in "$@"; do
		printf '<nvpair id="%s-%s" name="%s" value="%s"/>\n' "$id" "${pair%%=*}" "${pair%%=*}" "${pair#*=}"
	done
}

# What the cluster begins with: fencing, and nothing that moves back.  The load that a host sees
# is the whole machine's: nobody does one thing at a time because of it.
first_cib() {
	cat <<EOF
<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" admin_epoch="0" epoch="1" num_updates="0">
<configuration>
<crm_config><cluster_property_set id="options">
$(nvpairs options dc-deadtime=5s stonith-enabled=true no-quorum-policy=stop load-threshold=10000%)
</cluster_property_set></crm_config>
<nodes/>
<resources>
<primitive id="fencing" class="stonith" type="fence_lab">
<instance_attributes id="fencing-params">
$(nvpairs fencing pcmk_host_check=static-list "pcmk_host_list=$(printf ' lab-h%s' 1 2 3 4 5 6 7 8 9)")
</instance_attributes>
<operations><op id="fencing-monitor" name="monitor" interval="60s" timeout="20s"/></operations>
</primitive>
</resources>
<constraints/>
<rsc_defaults><meta_attributes id="defaults">
$(nvpairs defaults resource-stickiness=100)
</meta_attributes></rsc_defaults>
</configuration>
<status/>
</cib>
EOF
}

make_cluster_dir() { # HOST
	local dir
	dir=$(cluster_dir "$1")
	mkdir -p "$dir"/{sbin,etc/corosync,etc/pacemaker,lib/corosync,log/corosync}
	install -d -o hacluster -g haclient -m 750 "$dir"/{lib,log}/pacemaker "$dir"/lib/pacemaker/{cib,pengine,cores,blackbox}
	install -m 755 "$HERE/fence_lab" "$HERE/relay" "$dir/sbin/"
	make_agent_dirs "$dir/ocf"
	# "Filesystem" wants it, and no host of the lab has modules to load
	command -v modprobe >/dev/null || install -m 755 /dev/stdin "$dir/sbin/modprobe" <<<'#!/bin/sh'
	printf %s "$CLUSTER_KEY" >"$dir/etc/pacemaker/authkey"
	chown hacluster:haclient "$dir/etc/pacemaker/authkey"
	chmod 600 "$dir/etc/pacemaker/authkey"
	install -m 755 "$HERE/cluster-init" "$dir/init" # host-init runs it from now on
}

write_cluster_config() { # HOST TIME-OUTS HOST...
	local dir cib
	dir=$(cluster_dir "$1")
	[ ! -d "$dir" ] || return 0
	make_cluster_dir "$1"
	cib=$dir/lib/pacemaker/cib/cib.xml
	corosync_conf "${@:2}" >"$dir/etc/corosync/corosync.conf"
	first_cib >"$cib"
	chown hacluster:haclient "$cib"
	chmod 600 "$cib"
}

# --- start, stop

launch_cluster() {
	local dir
	dir=$(cluster_dir "$1")
	setsid nsenter -t "$(host_pid "$1")" -m -u -i -n -p "$dir/init" "$dir" \
		</dev/null >>"$dir/init.log" 2>&1 3>&- &
}

# quorate N: so many nodes are members for each of them, and there is somebody who fences
quorate() {
	local h state
	for h in $(live_hosts); do
		state=$(in_host "$h" crm_mon -1 --output-as=xml 2>/dev/null)
		[[ $state == *with_quorum=\"true\"* ]] || return 1
		[ "$(grep '<node name=' <<<"$state" | grep 'online="true"' | grep -c 'pending="false"')" -ge "$1" ] || return 1
		grep -q '<resource id="fencing".*role="Started".*active="true"' <<<"$state" || return 1
	done
}

wait_quorum() { # NODES
	local end=$((SECONDS + 60))
	until quorate "$1"; do
		if [ $SECONDS -ge $end ]; then
			tail -n 5 "$LAB_DIR"/hosts/*/cluster/init.log "$LAB_DIR"/hosts/*/cluster/log/*/*.log >&2
			die "the cluster is not quorate after 60 s"
		fi
		sleep 0.2
	done
}

verb_cluster() {
	local timeouts='	token: 1000' h hosts
	case ${1:-} in
	--token) timeouts="	token: ${2:?cluster: --token MS}" ;;
	--shipped) timeouts=$(shipped_timeouts) ;;
	'') ;;
	*) die "cluster: unknown option $1" ;;
	esac
	mapfile -t hosts < <(live_hosts)
	[ ${#hosts[@]} -ge 2 ] || die "cluster: of two hosts or more (lab up)"
	command -v pacemakerd >/dev/null || die "cluster: no Pacemaker here (tests/packages)"
	start_pdu
	for h in "${hosts[@]}"; do
		write_cluster_config "$h" "$timeouts" "${hosts[@]}"
		launch_cluster "$h"
	done
	wait_quorum ${#hosts[@]}
}

need_cluster() {
	need_live_host "$@"
	[ -e "$(cluster_dir "$1")/etc/corosync/corosync.conf" ] || die "$1 is no node of a cluster (lab cluster)"
}

cluster_pids() { in_host "$1" pidof pacemakerd corosync; }

verb_cluster-stop() {
	need_cluster "$@"
	local end=$((SECONDS + 60)) daemon
	for daemon in pacemakerd corosync; do
		in_host "$1" sh -c "kill \$(pidof $daemon)" 2>/dev/null
		while in_host "$1" pidof "$daemon" >/dev/null; do
			[ $SECONDS -lt $end ] || die "$daemon of $1 did not end"
			sleep 0.2
		done
	done
}

verb_cluster-start() {
	need_cluster "$@"
	[ -z "$(cluster_pids "$1")" ] || die "the cluster's daemons run on $1"
	launch_cluster "$1"
}

# --- resources

verb_cib() {
	need_cluster "$@"
	in_host "$1" cibadmin --modify --allow-create -o "$2" -X "<$2>$3</$2>"
}

# A host that runs resources only: pacemaker-remoted, of the guest's package.
verb_remote-node() {
	need_cluster "${1:-}"
	need_live_host "${2:-}"
	[ ! -d "$(cluster_dir "$2")" ] || die "$2 is a node already"
	"$HERE/build-guest" node || exit 1
	make_cluster_dir "$2"
	cp "$LAB_CACHE/x/pacemaker-remote/usr/sbin/pacemaker-remoted" "$(cluster_dir "$2")/sbin/"
	launch_cluster "$2"
	verb_cib "$1" resources "
<primitive id=\"lab-$2\" class=\"ocf\" provider=\"pacemaker\" type=\"remote\">
<instance_attributes id=\"lab-$2-params\">$(nvpairs "lab-$2" server="$(address "$2")" reconnect_interval=10s)</instance_attributes>
<operations><op id=\"lab-$2-monitor\" name=\"monitor\" interval=\"10s\" timeout=\"15s\"/></operations>
</primitive>"
}

# A guest as a resource, which is no guest's of another guest.  Reads the variables of verb_guest.
vm_resource() { # ID
	cat <<EOF
<primitive id="$1" class="ocf" provider="heartbeat" type="VirtualDomain">
<instance_attributes id="$1-params">
$(nvpairs "$1" config="/srv/shared/$1.xml" hypervisor=qemu:///system \
		migration_transport=tcp migrate_options=--unsafe autoset_utilization_cpu=false \
		autoset_utilization_hv_memory=false autoset_utilization_host_memory=false)
</instance_attributes>
<meta_attributes id="$1-meta">
$(nvpairs "$1" allow-migrate=true ${node:+remote-node=lab-$1 remote-addr="${ip%/*}" remote-connect-timeout=60s})
</meta_attributes>
<operations>
<op id="$1-monitor" name="monitor" interval="10s" timeout="30s"/>
<op id="$1-start" name="start" interval="0" timeout="90s"/>
<op id="$1-stop" name="stop" interval="0" timeout="60s"/>
<op id="$1-migrate_to" name="migrate_to" interval="0" timeout="120s"/>
<op id="$1-migrate_from" name="migrate_from" interval="0" timeout="60s"/>
</operations>
</primitive>
EOF
}

# On hosts only, and nobody looks for it elsewhere.
vm_location() { # ID
	cat <<EOF
<rsc_location id="$1-on-hosts" rsc="$1" resource-discovery="never">
<rule id="$1-on-hosts-rule" score="-INFINITY">
<expression id="$1-on-hosts-kind" attribute="#kind" operation="ne" value="cluster"/>
</rule>
</rsc_location>
EOF
}

add_vm_resource() { # HOST NAME
	local id
	id=$(file_name "$2")
	verb_cib "$1" configuration "<resources>$(vm_resource "$id")</resources><constraints>$(vm_location "$id")</constraints>"
}
