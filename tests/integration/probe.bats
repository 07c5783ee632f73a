# Probes as they are run: by a command, by a real ssh, killed, and out of their minds.
# plain build only: sshd and the probes are the same
load helpers

setup_file() {
	lab_begin 2
	within 10 node_cell_is vclNodeState h1 "${NODE[online]}"
	PROBE=$VCL_BUILD/virtcluster-probe
	cat >"$LAB_DIR/remote" <<-END
		#!/bin/sh
		echo \$\$ >$LAB_DIR/stack/state/remote.pid
		exec $LAB_DIR/relay connect $(lab relay h1 probe "$PROBE" --interval 1)
	END
	chmod 755 "$LAB_DIR/remote"
	# it is given up after 40 s, while all the rest goes on
	printf '#!/bin/sh\necho $$ >%s/stack/state/silent.pid\nexec sleep 1000\n' "$LAB_DIR" | script silent.sh
	printf '\n[node quiet]\nuri = test:///default\nprobe = %s/silent.sh\n' "$LAB_DIR" >>"$VCL_CONFIG"
	export PROBE
}

teardown_file() { lab_end; }

# set_probe NODE COMMAND: into the configuration of the running daemon
set_probe() {
	sed -i "/^\[node $1\]/,/^\$/ { /^probe/d }" "$VCL_CONFIG"
	sed -i "s|^\[node $1\]|&\nprobe = ${2//|/\\|}|" "$VCL_CONFIG"
	stack reload-agent
}

# script NAME: its text comes from standard input
script() {
	cat >"$LAB_DIR/$1"
	chmod 755 "$LAB_DIR/$1"
}

has_facts() { node_knows vclNodeLoad1 "$1" && node_knows vclNodeRootSize "$1"; }
fresh() { [ "$(node_cell vclNodeProbeAge "$1")" -le $((2 * SLOW)) ]; }
said() { stack log | grep -F " probe: $1: $2"; }
sentences() { stack log | grep -cF " probe: $1: "; }
said_more() { [ "$(sentences "$1")" -gt "$2" ]; }

@test "a command that runs it inside the host" {
	set_probe h1 "$LAB_DIR/remote"
	within 10 has_facts h1
	said h1 "it answers"
	within 5 fresh h1
	fails has_facts h2
	[ "$(node_cell vclNodeMemoryTotal h1)" -gt 0 ]
}

@test "killed: it is started again, and its facts go on" {
	local pid
	pid=$(cat "$LAB_DIR/stack/state/remote.pid")
	kill -9 "$pid"
	within 5 said h1 "killed by signal 9"
	within 10 fails grep -qx "$pid" "$LAB_DIR/stack/state/remote.pid"
	within 10 fresh h1
	has_facts h1
}

@test "the probe itself killed, on the other side: likewise" {
	# shellcheck disable=SC2016
	lab exec h1 sh -c 'for p in /proc/[0-9]*; do grep -q virtcluster-pro "$p/comm" && kill -9 "${p#/proc/}"; done; true'
	within 5 said h1 "ended with status 0"
	within 10 fresh h1
}

@test "a real ssh" {
	local ssh
	ssh=$(lab ssh h2 nobody) || skip "openssh-server cannot be downloaded"
	set_probe h2 "$ssh $PROBE --interval 1"
	within 20 has_facts h2
	said h2 "it answers"
	within 5 fresh h2
}

@test "an ssh that is refused: what it says, once" {
	local before
	[ -e "$LAB_DIR/hosts/h2/ssh/key" ] || skip "openssh-server cannot be downloaded"
	: >"$LAB_DIR/hosts/h2/ssh/key.pub"
	before=$(sentences h2)
	set_probe h2 "$(sed -n 's/^probe = ssh \(.*\)/ssh -o ConnectTimeout=9 \1/p' "$VCL_CONFIG")"
	within 10 said h2 "ended with status 255"
	stack log | grep "probe: h2"
	said h2 "ended with status 255: root@lab-h2: Permission denied"
	stays 3 said h2 "ended with status 255"
	[ "$(sentences h2)" -eq $((before + 1)) ]
	within 30 fails has_facts h2 # too old
}

# NAME | WHAT IT SAYS; the scripts
bad() {
	script missing.sh <<<"exit 127" && rm "$LAB_DIR/missing.sh"
	printf '#!/bin/sh\necho hello; sleep 100\n' | script garbage.sh
	printf '#!/bin/sh\nprintf "{\\"load1\\":1,\\"host\\":\\"x"; exec >&-; sleep 100\n' | script truncated.sh
	printf '#!/bin/sh\ntr "\\\\0" a </dev/zero\n' | script endless.sh
	printf '#!/bin/sh\necho "{\\"load1\\":-5}"; sleep 100\n' | script numbers.sh
	printf '#!/bin/sh\necho "{\\"root_size\\":1,\\"root_used\\":2}"; sleep 100\n' | script sums.sh
	printf '#!/bin/sh\necho "no such host" >&2; exit 7\n' | script failing.sh
	cat <<-'END'
		missing.sh|cannot run
		garbage.sh|a line that is not JSON
		truncated.sh|killed by signal 15
		endless.sh|a line of more than
		numbers.sh|load1 = -5: from 0
		sums.sh|root_used is more than root_size
		failing.sh|ended with status 7: no such host
	END
}

@test "garbage, truncated, endless, wrong: one sentence each, no facts, all else goes on" {
	local name sentence before rss
	rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$(agent_pid)/status")
	while IFS='|' read -r name sentence; do
		before=$(sentences h2)
		set_probe h2 "$LAB_DIR/$name"
		within 10 said_more h2 "$before"
		stack log | grep -F " probe: h2: " | tail -1
		stack log | grep -F " probe: h2: " | tail -1 | grep -F "$sentence"
		stays 3 fresh h1 # long enough for it to be started twice more
		[ "$(sentences h2)" -eq $((before + 1)) ]
		fails has_facts h2
		node_cell_is vclNodeState h2 "${NODE[online]}"
	done < <(bad)
	[ "$(awk '/^VmRSS/ { print $2 }' "/proc/$(agent_pid)/status")" -lt $((rss + 8192 * SLOW)) ]
}

@test "silent: no line in time, and no process is left behind" {
	local pid
	within 50 said quiet "no line in time"
	[ "$(sentences quiet)" -eq 1 ]
	fails has_facts quiet
	set_probe quiet "$LAB_DIR/silent.sh --again"
	sleep 1
	pid=$(cat "$LAB_DIR/stack/state/silent.pid")
	kill -0 "$pid"
	set_probe quiet ""
	within 5 fails kill -0 "$pid"
	within 10 fresh h1
}

@test "the daemon's log is clean" { log_is_clean; }
