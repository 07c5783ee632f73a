# Hosts: namespaces, network, libvirtd.
# shellcheck shell=bash

host_dir() { echo "$LAB_DIR/hosts/$1"; }
namespace() { echo "vcl-$ID-$1"; }
address() { echo "$NET.1${1#h}"; }
cgroup_dirs() { local c; for c in /sys/fs/cgroup /sys/fs/cgroup/*; do [ -e "$c/cgroup.procs" ] && echo "$c/vcl-$ID-$1"; done; }

# The pid, outside, of a host's pid 1.
host_pid() { live_pid "$(host_dir "$1")/init.pid" 2>/dev/null; }
alive() { host_pid "$1" >/dev/null; }

need_host() {
	[ -n "${1:-}" ] || die "which host? (lab hosts)"
	[ -d "$(host_dir "$1")" ] || die "there is no host $1 in $LAB_DIR (lab hosts)"
}

need_live_host() {
	need_host "$@"
	alive "$1" || die "host $1 is down (lab up starts it)"
}

in_host() {
	local h=$1
	shift
	nsenter -t "$(host_pid "$h")" -m -u -i -n -p "$@"
}

socket() { echo "$(host_dir "$1")/run/libvirt-sock"; }
virsh_ok() { virsh -q -c "$(verb_uri "$1")" version >/dev/null 2>&1; }

# --- network: one bridge in a namespace of its own; the machine's own namespace sees none

# `ip netns` makes its directory a mount when it is first used; drop_netns_mount undoes it.
# Labs come and go side by side: one at a time looks at it.
make_switch() {
	local lock
	exec {lock}</run && flock "$lock"
	make_switch_alone
	exec {lock}<&-
}

make_switch_alone() {
	ip netns list | grep -qw "$SWITCH" && return
	mountpoint -q /run/netns || touch /run/netns-is-the-lab
	ip netns add "$SWITCH"
	ip -n "$SWITCH" link set lo up
	ip -n "$SWITCH" link add br0 address 02:66:00:00:00:01 type bridge stp_state 0 forward_delay 0
	ip -n "$SWITCH" addr add "$NET.1/16" dev br0
	ip -n "$SWITCH" link set br0 up
}

# The last lab does, unless somebody else has begun to use it.
drop_netns_mount() {
	local lock
	[ -e /run/netns-is-the-lab ] || return 0
	exec {lock}</run && flock "$lock"
	if [ -d /run/netns ] && [ -z "$(ls /run/netns)" ]; then
		umount /run/netns && rmdir /run/netns && rm -f /run/netns-is-the-lab
	fi
	exec {lock}<&-
}

# The bridge has an address of its own.  Left alone it takes the lowest of its ports', which is
# that of a guest's tap once in a while: then it changes when a guest comes, and the other
# hosts send to the old one for half a minute, long enough for a migration to fail.
make_network() {
	local h=$1 ns
	ns=$(namespace "$h")
	ip netns list | grep -qw "$ns" && return
	ip netns add "$ns"
	ip -n "$SWITCH" link add "$h" type veth peer name eth0 netns "$ns"
	ip -n "$SWITCH" link set "$h" master br0 up
	ip -n "$ns" link set lo up
	ip -n "$ns" link add br0 address "02:66:00:00:00:1${h#h}" type bridge stp_state 0 forward_delay 0
	ip -n "$ns" link set eth0 master br0 up
	ip -n "$ns" addr add "$(address "$h")/16" dev br0
	ip -n "$ns" link set br0 up
}

# --- configuration

# libvirt looks for the user libvirt-qemu even when told to run QEMU as root; only a package
# that brings system services of its own makes it.
write_users() {
	local f
	for f in passwd group; do cp /etc/$f "$1/$f"; done
	# who comes by ssh gets a plain shell, and none of what root has at home on this machine
	sed -i 's|^root:.*|root:x:0:0:root:/run:/bin/sh|' "$1/passwd"
	grep -q '^libvirt-qemu:' "$1/passwd" || echo 'libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin' >>"$1/passwd"
	grep -q '^libvirt-qemu:' "$1/group" || echo 'libvirt-qemu:x:64055:' >>"$1/group"
	grep -q '^sshd:' "$1/passwd" || echo 'sshd:x:64057:65534::/run/sshd:/usr/sbin/nologin' >>"$1/passwd"
	grep -q '^virtcluster:' "$1/passwd" || echo 'virtcluster:x:64058:64058::/nonexistent:/usr/sbin/nologin' >>"$1/passwd"
	grep -q '^virtcluster:' "$1/group" || echo 'virtcluster:x:64058:' >>"$1/group"
	sed -i 's/^haclient:.*[^:]$/&,virtcluster/; s/^haclient:.*:$/&virtcluster/' "$1/group" # may ask Pacemaker
	grep -q '^kvm:' "$1/group" || echo 'kvm:x:64056:' >>"$1/group"
}

write_host_config() {
	local h=$1 dir i
	dir=$(host_dir "$h")
	mkdir -p "$dir"/{etc,lib,cache,log,run,local}
	[ -s "$dir/uuid" ] || cat /proc/sys/kernel/random/uuid >"$dir/uuid"
	write_users "$dir"
	cat >"$dir/etc/libvirtd.conf" <<EOF
listen_tls = 0
listen_tcp = 1
listen_addr = "$(address "$h")"
auth_tcp = "none"
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_ro_perms = "0777"
unix_sock_rw_perms = "0777"
host_uuid = "$(cat "$dir/uuid")"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
EOF
	cat >"$dir/etc/qemu.conf" <<EOF
user = "root"
group = "root"
security_driver = "none"
stdio_handler = "file"
namespaces = []
cgroup_controllers = []
migration_host = "$(address "$h")"
migration_address = "$(address "$h")"
EOF
	{ echo "127.0.0.1 localhost"; for i in 1 2 3 4 5 6 7 8 9; do echo "$NET.1$i lab-h$i"; done; } >"$dir/hosts"
	echo "lab-$h" >"$dir/hostname"
	printf %s "$ID-$h" | md5sum | cut -c1-32 >"$dir/machine-id"
	# asking QEMU what it can do takes seconds: once for all hosts
	[ ! -d "$LAB_CACHE/libvirt/qemu" ] || [ -d "$dir/cache/qemu" ] || cp -a "$LAB_CACHE/libvirt/." "$dir/cache/"
}

make_cgroups() {
	local c
	for c in $(cgroup_dirs "$1"); do
		mkdir -p "$c" 2>/dev/null || continue
		case $c in
		*/cpuset/*) for f in cpus mems; do cat "${c%/*}/cpuset.$f" >"$c/cpuset.$f"; done ;;
		esac
	done 2>/dev/null
	true
}

# --- start

# In a session of its own and with no descriptor of the caller's, who may wait for our output.
launch_host() {
	local h=$1 dir
	dir=$(host_dir "$h")
	rm -f "$dir/init.pid"
	CGROUPS=$(cgroup_dirs "$h") setsid bash -c '
		for c in $CGROUPS; do echo $$ >"$c/cgroup.procs"; done 2>/dev/null
		exec nsenter --net="/run/netns/$1" unshare --mount --uts --ipc --pid --cgroup \
			--propagation private --fork --kill-child "$2/host-init" "$3" "$4" "$5"' \
		launch "$(namespace "$h")" "$HERE" "$h" "$LAB_DIR" "$LAB_CACHE" \
		</dev/null >"$dir/init.log" 2>&1 3>&- &
	note_pid "$dir/launch.pid" $!
}

find_init_pid() {
	local dir pid
	dir=$(host_dir "$1")
	pid=$(ps -o pid= --ppid "$(live_pid "$dir/launch.pid")" 2>/dev/null | head -1 | tr -d ' ')
	[ -n "$pid" ] && note_pid "$dir/init.pid" "$pid"
}

wait_host() {
	local h=$1 dir end=$((SECONDS + 60))
	dir=$(host_dir "$h")
	until find_init_pid "$h" && virsh_ok "$h"; do
		if [ $SECONDS -ge $end ] || ! live_pid "$dir/launch.pid" >/dev/null; then
			tail -n 5 "$dir/init.log" "$dir/log/libvirtd.log" >&2
			die "host $h did not come up (see above, and $dir/init.log)"
		fi
		sleep 0.1
	done
	[ -d "$LAB_CACHE/libvirt/qemu" ] || {
		virsh -q -c "$(verb_uri "$h")" domcapabilities --virttype qemu >/dev/null 2>&1
		mkdir -p "$LAB_CACHE/libvirt"
		cp -a "$dir/cache/." "$LAB_CACHE/libvirt/"
	}
}

# What there is to do until its pid 1 runs; wait_host does the rest.
start_host() {
	end_host "$1"
	write_host_config "$1"
	make_network "$1"
	make_cgroups "$1"
	launch_host "$1"
}

verb_up() {
	local n=${1:-2} h started=
	[[ $n =~ ^[1-9]$ ]] || die "up: how many hosts? 1 to 9, not \"$n\""
	mkdir -p "$LAB_DIR/hosts" "$LAB_DIR/shared" "$LAB_CACHE"
	chmod 755 "$LAB_DIR"
	verb_build-guest || exit 1
	make_switch
	for ((i = 1; i <= n; i++)); do
		h=h$i
		alive $h && continue
		start_host $h
		started+=" $h"
	done
	for h in $started; do wait_host "$h"; done
}

# --- stop

# The network namespace outlives the host: what somebody has given it besides its own address,
# such as a virtual one, does not.
drop_other_addresses() {
	local ns other
	ns=$(namespace "$1")
	for other in $(ip -n "$ns" -o -4 addr show dev br0 2>/dev/null | awk '{ print $4 }'); do
		[ "$other" = "$(address "$1")/16" ] || ip -n "$ns" addr del "$other" dev br0
	done
}

# SIGKILL to pid 1 ends all in its pid namespace at once: what a power cut is.
end_host() {
	local dir pid c i
	dir=$(host_dir "$1")
	for c in "$dir"/init.pid "$dir"/launch.pid; do
		pid=$(live_pid "$c" 2>/dev/null) && kill -9 "$pid"
	done
	for ((i = 0; i < 100; i++)); do
		alive "$1" || break
		sleep 0.05
	done
	rm -f "$dir/init.pid" "$dir/launch.pid"
	drop_other_addresses "$1"
	for c in $(cgroup_dirs "$1"); do
		for ((i = 0; i < 40; i++)); do
			[ -d "$c" ] || break
			find "$c" -depth -type d -exec rmdir {} \; 2>/dev/null
			sleep 0.05
		done
	done
}

# They stand outside: a host that is switched on again is reached by the same ones.
end_relays() {
	local c pid
	for c in "$(host_dir "$1")"/*.relay.pid; do
		pid=$(live_pid "$c" 2>/dev/null) && kill -9 "$pid"
	done
}

verb_down() {
	local h
	end_power
	end_group_traps
	for h in $(verb_hosts); do
		end_relays "$h"
		end_host "$h"
		ip netns del "$(namespace "$h")" 2>/dev/null
		detach_loops "$h"
	done
	ip netns del "$SWITCH" 2>/dev/null
	drop_netns_mount
	[ ! -d "$LAB_DIR" ] || rm -rf --one-file-system "$LAB_DIR" || die "cannot remove $LAB_DIR"
}

verb_kill() { need_live_host "$@" && end_host "$1"; }

# --- asking

verb_hosts() { ls "$LAB_DIR/hosts" 2>/dev/null || true; }
verb_uri() { need_host "$@" && echo "qemu+unix:///system?socket=$(socket "$1")"; }
verb_uri-tcp() { need_host "$@" && echo "qemu+tcp://$(address "$1")/system"; }

verb_virsh() {
	need_live_host "$@"
	local h=$1
	shift
	virsh -q -c "$(verb_uri "$h")" "$@"
}

verb_exec() {
	need_live_host "$@"
	in_host "$@"
}

verb_relay() {
	need_live_host "$@"
	local h=$1 name=$2 dir socket
	shift 2
	dir=$(host_dir "$h")
	socket=$dir/$name.sock
	# who connects need not be root, and this tree may be below /root
	install -m 755 "$HERE/relay" "$LAB_DIR/relay"
	[ ! -S "$socket" ] || die "relay: $h has one of that name"
	# by its name: it may have been switched off and on again when somebody connects
	setsid "$HERE/relay" listen "$socket" "$HERE/lab" exec "$h" "$@" \
		</dev/null >"$dir/$name.log" 2>&1 3>&- &
	note_pid "$dir/$name.relay.pid" $!
	until [ -S "$socket" ]; do
		live_pid "$dir/$name.relay.pid" >/dev/null || die "relay: $(cat "$dir/$name.log")"
		sleep 0.05
	done
	echo "$socket"
}

# --- libvirtd alone

libvirtd_pid() { ps -o pid=,comm= --ppid "$(host_pid "$1")" | awk '$2 == "libvirtd" { print $1; exit }'; }

signal_libvirtd() {
	need_live_host "$@"
	local pid
	pid=$(libvirtd_pid "$1")
	[ -n "$pid" ] || die "no libvirtd runs on $1"
	kill "-$2" "$pid"
}

verb_kill-libvirtd() { signal_libvirtd "${1:-}" KILL; }
verb_pause() { signal_libvirtd "${1:-}" STOP; }
verb_kill-libvirtd() { signal_libvirtd "${1:-}" KILL; }
verb_resume() { signal_libvirtd "${1:-}" CONT; }

# One that was stopped goes on for so long, and is stopped again.
verb_pulse() {
	need_live_host "$@"
	local pid
	pid=$(libvirtd_pid "$1")
	[ -n "$pid" ] || die "no libvirtd runs on $1"
	kill -CONT "$pid" && sleep "${2:?}" && kill -STOP "$pid"
}

# host-init starts libvirtd again whenever it ends, unless this file says otherwise.
verb_stop-libvirtd() {
	need_live_host "$@"
	touch "$(host_dir "$1")/run/stay-down"
	signal_libvirtd "$1" TERM
	local end=$((SECONDS + 10))
	while [ -n "$(libvirtd_pid "$1")" ]; do
		[ $SECONDS -lt $end ] || signal_libvirtd "$1" KILL
		sleep 0.1
	done
}

verb_start-libvirtd() {
	need_live_host "$@"
	rm -f "$(host_dir "$1")/run/stay-down"
	local end=$((SECONDS + 30))
	until virsh_ok "$1"; do
		[ $SECONDS -lt $end ] || die "libvirtd of $1 did not come up"
		sleep 0.1
	done
}

verb_restart-libvirtd() { verb_stop-libvirtd "$@" && verb_start-libvirtd "$@"; }
