# What the integration tests share: the lab, SNMP by name, waiting.
# shellcheck shell=bash

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${VCL_BUILD:=$TOP/build/check}" "${LAB_CACHE:=$TOP/build/lab-cache}"
export TOP VCL_BUILD LAB_CACHE

# Sanitizers make everything slower: what is promised in seconds is given so many more.
SLOW=1
case $VCL_BUILD in *asan | *tsan) SLOW=5 ;; esac
export SLOW

lab() { "$TOP/tests/lab/lab" "$@"; }
stack() { "$TOP/tests/lab/stack" "$@"; }
virtcluster() { "$VCL_BUILD/virtcluster" --socket "$VCL_SOCKET" "$@"; }

# lab_begin HOSTS STACK-OPTION...: for setup_file.  Guests come after it, by `lab guest`.
lab_begin() {
	local hosts=$1
	shift
	LAB_DIR=$(mktemp -d /tmp/vclXXXXXX)
	export LAB_DIR
	lab up "$hosts"
	stack up --interval 1 --step 1 "$@"
	eval "$(stack env)"
	export MIBS= # numbers only: no parser is asked
}

lab_end() {
	stack down
	lab down
}

# --- waiting

now_ms() { date +%s%3N; }

# within SECONDS COMMAND...: until it succeeds; says what was waited for if it never does.
within() {
	local seconds=$(($1 * SLOW)) end
	shift
	end=$(($(now_ms) + seconds * 1000))
	until "$@"; do
		if [ "$(now_ms)" -ge $end ]; then
			echo "not within $seconds s: $*" >&2
			return 1
		fi
		sleep 0.1
	done >/dev/null 2>&1
}

# stays SECONDS COMMAND...: it succeeds all the while.
stays() {
	local end=$(($(now_ms) + $1 * 1000))
	shift
	while [ "$(now_ms)" -lt $end ]; do
		"$@" || { echo "did not stay: $*" >&2; return 1; }
		sleep 0.2
	done
}

fails() { ! "$@"; }

# --- SNMP by descriptor, from the MIB's text alone: no parser and no other MIBs needed

# oid DESCRIPTOR[.SUFFIX]
oid() {
	local name=${1%%.*} suffix=
	[ "$name" = "$1" ] || suffix=.${1#*.}
	awk -v want="$name" -v root="$VCL_ROOT" '
	/^[a-z][A-Za-z0-9]* +(OBJECT|NOTIFICATION|MODULE)[ -]/ || /^[a-z][A-Za-z0-9]*$/ { name = $1 }
	match($0, /::= *\{ *[A-Za-z]+[A-Za-z0-9]* +[0-9]+ *\}/) && name != "" {
		split(substr($0, RSTART, RLENGTH), w, /[ {}]+/); parent[name] = w[2]; arc[name] = w[3]; name = ""
	}
	END {
		path = ""
		for (n = want; n in parent && n != "vclMIB"; n = parent[n]) path = "." arc[n] path
		if (n != "vclMIB") { print "no object " want > "/dev/stderr"; exit 1 }
		print root path
	}' "$VCL_BUILD/mibs/VIRTCLUSTER-MIB" | sed "s|\$|$suffix|"
}

# shellcheck disable=SC2086
get() { snmpget -Oqv -Oe $VCL_READ "$VCL_SNMP" "$(oid "$1")"; }
# shellcheck disable=SC2086
walk() { snmpbulkwalk -Onq -Oe $VCL_READ "$VCL_SNMP" "$(oid "$1")"; }
# setv OBJECT TYPE VALUE: as the operator
# shellcheck disable=SC2086
setv() { snmpset -Oqv -Oe $VCL_WRITE "$VCL_SNMP" "$(oid "$1")" "$2" "$3" 2>&1; }

# column DESCRIPTOR: "INDEX VALUE" lines
column() {
	walk "$1" | sed "s|^$(oid "$1")\.||; s|\"||g"
}

index_of() { column "$1" | awk -v name="$2" '$2 == name { print $1; exit }'; }
vm_index() { index_of vclVmName "$1"; }
node_index() { index_of vclNodeName "$1"; }

# cell COLUMN VM
vm_cell() { get "$1.$(vm_index "$2")" | tr -d '"'; }
node_cell() { get "$1.$(node_index "$2")" | tr -d '"'; }
# Is there a value: snmpget succeeds without one too.
vm_knows() { [[ $(vm_cell "$1" "$2") != No\ Such* ]]; }
node_knows() { [[ $(node_cell "$1" "$2") != No\ Such* ]]; }
vm_cell_is() { [ "$(vm_cell "$1" "$2")" = "$3" ]; }
node_cell_is() { [ "$(node_cell "$1" "$2")" = "$3" ]; }

# States and actions by the numbers that the MIB gave them for ever.
declare -gA STATE=([running]=1 [paused]=2 [shuttingDown]=3 [shutOff]=4 [crashed]=5)
declare -gA NODE=([online]=1 [unreachable]=5)
declare -gA ACTION=([none]=1 [powerOn]=2 [shutdown]=3 [powerOff]=4 [reset]=6)
TRUE=1 FALSE=2 CREATE_AND_GO=4

vm_is() { vm_cell_is vclVmState "$1" "${STATE[$2]}"; }
vm_action() { setv "vclVmAction.$(vm_index "$1")" i "${ACTION[$2]}"; }

# job_by_row JOB TYPE OBJECT-INDEX ARGUMENT [MORE...]: one SET, createAndGo; each of MORE is
# "COLUMN.JOB TYPE VALUE"
job_by_row() {
	local all=() object name type value
	for object in "vclJobRowStatus.$1 i $CREATE_AND_GO" "vclJobType.$1 i $2" \
		"vclJobObjectIndex.$1 u $3" "vclJobArgument.$1 s $4" "${@:5}"; do
		read -r name type value <<<"$object"
		all+=("$(oid "$name")" "$type" "$value")
	done
	# shellcheck disable=SC2086
	snmpset -Oqv -Oe $VCL_WRITE "$VCL_SNMP" "${all[@]}" 2>&1
}

# refuses SENTENCE WORD...: a command is refused or fails, and nothing is left behind
refuses() {
	local before says=$1
	before=$(everything)
	run virtcluster "${@:2}" --wait
	echo "$output"
	[ "$status" -ne 0 ]
	[ "$(wc -l <<<"$output")" -le 8 ]
	[[ $output == *"$says"* ]]
	diff <(echo "$before") <(everything)
}

alarm_is() { virtcluster --json alarms | jq -e --arg c "$1" 'any(.[]; .vclAlarmCondition == $c)'; }

# --- how quickly it answers

# Asks all the while; prints the slowest answer in ms.
# What snmpget and snmpd take by themselves, on a machine that does other things too, is not
# counted: it is what a GET of snmpd's own sysUpTime takes.
get_ms() { # OID
	local t0
	t0=$(now_ms)
	# shellcheck disable=SC2086
	snmpget -r 0 -t 2 -Oqv -m '' $VCL_READ "$VCL_SNMP" "$1" >/dev/null || { echo 9999; return; }
	echo $(($(now_ms) - t0))
}

# gets_are_quick SECONDS: all but one in twenty within 100 ms, and each within a second: what
# waited for libvirt would take many.
gets_are_quick() {
	local end=$(($(now_ms) + $1 * 1000)) t own slowest=0 oid n=0 slow=0
	oid=$(oid vclVmNumber.0)
	while [ "$(now_ms)" -lt $end ]; do
		own=$(get_ms .1.3.6.1.2.1.1.3.0)
		t=$(($(get_ms "$oid") - own))
		[ $t -le $slowest ] || slowest=$t
		[ $t -lt $((100 * SLOW)) ] || slow=$((slow + 1))
		n=$((n + 1))
		sleep 0.1
	done
	echo "$n GETs, $slow of them slow, the slowest $slowest ms"
	[ $((slow * 20)) -le $n ] && [ $slowest -lt $((1000 * SLOW)) ]
}

# --- histories

rrd_file() { echo "$LAB_DIR/stack/rrd/$1/$2.rrd"; } # KIND NAME
flush_rrd() { rrdtool flushcached --daemon "unix:$LAB_DIR/stack/rrdcached.sock" "$1"; }
# rrd_rows FILE SOURCE FROM TO: "TIME VALUE" of the finest rows, nan for what is unknown
rrd_rows() {
	rrdtool fetch "$1" AVERAGE -r 1 -s "$3" -e "$4" | awk -v source="$2" -v from="$3" -v to="$4" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == source) c = i + 1 }
		/^[0-9]+:/ { at = substr($1, 1, length($1) - 1); if (at > from && at <= to) print at, $c }'
}

# --- libvirt's own word

# What there is of volumes and definitions on two hosts, in the pools that they have of these.
everything() {
	local pool words='list --all --name'
	for pool in images local tiny; do words="$words; pool-refresh $pool; vol-list $pool"; done
	lab virsh h1 "$words" 2>/dev/null || true # not all have each pool
	lab virsh h2 "$words" 2>/dev/null || true
}

virsh_state() { lab virsh "$1" domstate "$2" | head -1; }
virsh_is() { [ "$(virsh_state "$1" "$2")" = "$3" ]; }
boots() { lab serial "$1" | grep -c LAB-UP; }
booted() { [ "$(boots "$1")" -ge "$2" ]; }

# --- guests that verify what they write (lab guest --verify)

good() { ! lab serial "$1" | grep -a LAB-BAD; }
# The last record that it has confirmed since it was started last, 0: none yet
last_seq() {
	lab serial "$1" | grep -a -o 'LAB-UP\|LAB-SEQ [0-9]*' |
		awk '$1 == "LAB-UP" { n = 0 } NF == 2 { n = $2 } END { print n + 0 }'
}
seq_beyond() { [ "$(last_seq "$1")" -gt "$2" ]; }
goes_on() {
	within 30 seq_beyond "$1" $(($(last_seq "$1") + 10))
	good "$1"
}

# --- traps

traps_since() { tail -n +"$(($1 + 1))" "$VCL_TRAPLOG"; }
trap_mark() { wc -l <"$VCL_TRAPLOG"; }
# got_trap MARK PATTERN...: one trap line since MARK has all patterns
got_trap() {
	local lines=$1 pattern
	lines=$(traps_since "$1")
	shift
	for pattern in "$@"; do lines=$(grep -F -- "$pattern" <<<"$lines") || return 1; done
}

# --- the daemon

agent_pid() { cut -d' ' -f1 "$LAB_DIR/stack/virtclusterd.pid"; }

# net-snmp 5.9 loses one struct sockaddr_un (110 octets, netsnmp_unix_recv) when the master's
# socket is reset under its hands.  The function is static and so has no name to suppress it
# by; a report of anything else, or of more besides, stays.
without_known_leak() {
	awk '
		/ERROR: LeakSanitizer/ { report = 1; text = ""; other = 0 }
		!report { print; next }
		{ text = text $0 "\n" }
		/leak of/ && !(/^Direct/ && $4 == 110 * $7) { other = 1 }
		/#1 / && !/libnetsnmp\.so/ { other = 1 }
		/SUMMARY: / { if (other) printf "%s", text; report = 0 }
		END { if (report) printf "%s", text }'
}

# What a sanitizer or a crash would have written into the daemon's log.
log_is_clean() {
	! stack log | without_known_leak |
		grep -A20 -E 'AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|assertion|CRITICAL|Segmentation|Aborted'
}
