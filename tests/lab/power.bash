# Power and cables: what can be taken from a host, and the switched sockets it hangs on.
# shellcheck shell=bash

pdu_socket() { echo "$LAB_DIR/shared/.pdu"; } # hosts see it as /srv/shared/.pdu

# One at a time switches a host: tests do, and the nodes of a cluster.  Prints what it is
# afterwards.
verb_power() {
	need_host "${2:-}"
	exec 9>"$LAB_DIR/power-$2.lock" && flock 9 || exit 1
	need_host "$2" # there was a host; is there still?
	case $1 in
	off) end_host "$2" ;;
	on) alive "$2" || power_on "$2" 9>&- ;;
	reboot) power_on "$2" 9>&- ;;
	status) ;;
	*) die "power: off, on, reboot or status, not \"$1\"" ;;
	esac
	if alive "$2"; then echo on; else echo off; fi
}

# As with a real socket, nobody waits for the host to have started.
power_on() {
	local end=$((SECONDS + 20))
	start_host "$1"
	until find_init_pid "$1"; do
		[ $SECONDS -lt $end ] || die "host $1 did not come up (log: $(host_dir "$1")/init.log)"
		sleep 0.05
	done
}

verb_net() {
	need_host "${2:-}"
	case $1 in
	cut) ip -n "$SWITCH" link set "$2" down ;;
	mend) ip -n "$SWITCH" link set "$2" up ;;
	*) die "net: cut or mend, not \"$1\"" ;;
	esac
}

# --- the socket strip, for fence_lab: one line of "ACTION HOST" per connection

# A process of its own, outside all hosts.  Who starts a host must see its children end, which
# who came from the relay would not.
start_pdu() {
	live_pid "$LAB_DIR/pdu.pid" >/dev/null && return
	install -m 755 "$HERE/relay" "$LAB_DIR/relay"
	rm -f "$(pdu_socket)"
	setsid env LAB_DIR="$LAB_DIR" "$LAB_DIR/relay" listen "$(pdu_socket)" \
		env --default-signal=CHLD "$HERE/lab" pdu </dev/null >"$LAB_DIR/pdu.log" 2>&1 3>&- &
	note_pid "$LAB_DIR/pdu.pid" $!
	until [ -S "$(pdu_socket)" ]; do
		live_pid "$LAB_DIR/pdu.pid" >/dev/null || die "pdu: $(cat "$LAB_DIR/pdu.log")"
		sleep 0.05
	done
}

verb_pdu() {
	local action host
	read -r action host
	[ ! -e "$LAB_DIR/fencing-broken" ] || exit 1
	echo "$(date +%T.%N) $action $host" >>"$LAB_DIR/pdu.events"
	case $action in
	list) verb_hosts | sed 's/^/lab-/' ;;
	*) verb_power "$action" "${host#lab-}" 2>>"$LAB_DIR/pdu.log" ;;
	esac
}

verb_fencing() {
	case ${1:-} in
	break) touch "$LAB_DIR/fencing-broken" ;;
	mend) rm -f "$LAB_DIR/fencing-broken" ;;
	*) die "fencing: break or mend, not \"${1:-}\"" ;;
	esac
}

# Nobody switches anything on any more; who was about to finds no hosts.
end_power() {
	local h pid lock
	pid=$(live_pid "$LAB_DIR/pdu.pid" 2>/dev/null) && kill -9 "$pid"
	for h in $(verb_hosts); do exec {lock}>"$LAB_DIR/power-$h.lock" && flock "$lock"; done
}
