# Is it true?  Everything that the agent tells of guests under load and of their hosts,
# against somebody else's word of the same moment.  metrics.table has a line for each.
# alone: it compares readings of a moment, and loads the machine
# plain build only: sanitizers take the time that is measured
load helpers

WALKS=10 # of ours, a second apart: rates are their mean
CLOSE=3  # the walk that levels and counters are taken from

setup_file() {
	lab_begin 2
	stack stop-agent
	lab guest h1 old1 --no-start
	lab virsh h1 snapshot-create-as old1 first
	sleep 1.1
	lab virsh h1 snapshot-create-as old1 second
	sed -i "s|^uri = .*hosts/h1.*|&\nprobe = $LAB_DIR/relay connect $(lab relay h1 probe "$VCL_BUILD/virtcluster-probe" --interval 1)|" "$VCL_CONFIG"
	sed -i 's/^control = on/&\ndirty-rate = 3600/' "$VCL_CONFIG"
	stack start-agent
	within 10 node_cell_is vclNodeState h1 "${NODE[online]}"
	lab guest h1 web1 --vcpus 2 --disk 32M --disk 16M --ip 10.66.1.1/16 --io
	lab guest h2 app1 --ip 10.66.1.2/16
	lab wait web1 LAB-UP 90
	lab wait app1 LAB-UP 90
	lab type h2 app1 'while :; do nc -l -p 5000 >/dev/null; done &'
	lab type h1 web1 'while :; do dd if=/dev/zero bs=1k count=96 2>/dev/null | nc 10.66.1.2 5000; sleep 0.2; done & while :; do :; done &'
	within 30 vm_cell_is vclVmGuestHostName web1 web1
	within 30 vm_knows vclVmDirtyRate web1
	within 10 node_knows vclNodeLoad1 h1
	oid_map >"$LAB_DIR/oids"
	read_all
}

teardown_file() { lab_end; }

# --- theirs: what is read, in $P

# What the guest tells of itself, on its serial line.
ask_guest() { # HOST NAME
	local from
	from=$(lab serial "$2" | wc -l)
	# shellcheck disable=SC2016
	lab type "$1" "$2" 'grep -E "^(MemTotal|MemAvailable)" /proc/meminfo; grep -E "^(pgmajfault|pswp)" /proc/vmstat; grep " vd[a-z] " /proc/diskstats; grep eth0: /proc/net/dev; echo "uptime $(cat /proc/uptime)"; echo "host-name $(hostname)"; echo "release $(cat /proc/sys/kernel/osrelease)"; ip addr show dev eth0 | grep "inet "'
	lab serial "$2" | tail -n +"$((from + 1))" | tr -d '\r' >"$P/guest.$2"
}

# Its QEMU, by the kernel; the ids are those of the host's own /proc.
ask_process() { # HOST NAME
	# shellcheck disable=SC2016
	lab exec "$1" sh -c '
		p=$(cat "/run/libvirt/qemu/$1.pid")
		cat "/proc/$p/stat" >"$2/stat.$1"
		cat "/proc/$p/status" >"$2/status.$1"
		for t in /proc/$p/task/*; do echo "$(cat $t/comm): $(cat $t/schedstat)"; done >"$2/threads.$1"
		' ask "$2" "$P"
}

ask_host() {
	# shellcheck disable=SC2016
	lab exec h1 sh -c '
		cat /proc/stat >"$1/stat"; cat /proc/loadavg >"$1/loadavg"; cat /proc/vmstat >"$1/vmstat"
		cat /proc/meminfo >"$1/meminfo"
		for r in cpu memory io; do cat /proc/pressure/$r >"$1/pressure.$r"; done
		df -B1M --output=target,size,used / >"$1/df"
		echo "/var/lib/libvirt/images $(df -B1M --output=size,used /var/lib/libvirt/images | tail -1)" >>"$1/df"
		ls -d /proc/[0-9]* | wc -l >"$1/processes"
		for d in /sys/block/*/device; do cat "${d%device}stat"; done >"$1/block"
		for f in /sys/class/net/vnet*/statistics/*_bytes /sys/class/net/vnet*/statistics/*_packets; do
			echo "${f##*/} $(cat $f)"; done >"$1/tap"
		' ask "$P"
}

ask_libvirt() {
	local h
	for h in h1 h2; do
		lab virsh $h list --all >"$P/list.$h"
		sed -i '/^ *$/d' "$P/list.$h"
		lab virsh $h nodeinfo >"$P/nodeinfo.$h"
	done
	for h in web1 old1; do lab virsh h1 dominfo "$h" >"$P/info.$h"; done
	lab virsh h1 domcontrol web1 >"$P/control"
	lab virsh h1 dumpxml web1 >"$P/xml"
	lab virsh h1 domblklist web1 >"$P/blklist"
	lab virsh h1 domblkinfo web1 vdb >"$P/blkinfo"
	lab virsh h1 domblkerror web1 >"$P/errors"
	lab virsh h1 domiflist web1 >"$P/iflist"
	lab virsh h1 snapshot-list old1 --name | sed '/^$/d' >"$P/snapshots"
	lab virsh h1 snapshot-dumpxml old1 first | sed -n 's/.*<creationTime>\(.*\)<.*/\1/p' >"$P/oldest"
	lab virsh h2 nodecpustats >"$P/nodecpu"
	lab virsh h2 nodememstats >"$P/nodemem"
	qemu-img info -U --output=json "$LAB_DIR/shared/web1-0.qcow2" >"$P/image"
	stat -c %s "$LAB_DIR/shared/web1-0.qcow2" >"$P/size"
}

# The busy ones together and next to a time of their own, as rates are made of them.
ask_counters() {
	ask_process h1 web1
	ask_process h2 app1
	date +%s%N >"$P/time"
	ask_host
	{ lab virsh h1 domstats; lab virsh h2 domstats; } >"$P/domstats"
	date +%s%N >"$P/time.domstats"
}

# Counters are read last before ours, and first after it.
read_all() {
	local i
	P=$LAB_DIR/before
	mkdir -p "$LAB_DIR"/{before,close,after}
	ask_libvirt
	ask_guest h1 web1
	ask_counters
	for ((i = 1; i <= WALKS; i++)); do
		sleep 1
		snmp_all >"$LAB_DIR/walk.$i"
		[ $i -eq $CLOSE ] || continue
		P=$LAB_DIR/close
		ask_counters
		ask_guest h1 web1
		ask_libvirt
	done
	P=$LAB_DIR/after
	ask_counters
}

# --- theirs: the words of the table

section() { awk -v name="$1" '/^Domain:/ { on = $2 == "\047" name "\047" } on' "$P/domstats"; }
dom() { section "$1" | sed -n "s/^ *$2=//p"; }
disks() { echo $(($(dom "$1" "block.0.$2") + $(dom "$1" "block.1.$2"))); }
info() { sed -n "s/^$2: *//p" "$P/info.$1"; }
nodeinfo() { sed -n "s/^$2: *\([0-9]*\).*/\1/p" "$P/nodeinfo.$1"; }
mib() { echo $(($1 / 1048576)); }
kib() { echo $((${1% *} / 1024)); }
hundredths() { awk -v x="$1" 'BEGIN { printf "%d\n", x * 100 + 0.5 }'; }
truth() { if [ "$1" = "$2" ]; then echo $TRUE; else echo $FALSE; fi; }
guest() { awk -v key="$2" -v n="$3" '{ sub(/^ +/, ""); sub(/^[0-9]+ +[0-9]+ vda /, "vda ") } $1 == key { v = $n } END { print v }' "$P/guest.$1"; }
guest_disks() { awk -v n="$2" '$3 ~ /^vd[a-z]$/ { s += $(n + 2) } END { printf "%.0f\n", s }' "$P/guest.$1"; }
status() { awk -v key="$2:" '$1 == key { print $2 }' "$P/status.$1"; }
ticks() { awk '{ sub(/.*\) /, ""); printf "%.0f\n", ($12 + $13) * 10000000 }' "$P/stat.$1"; }
thread() { # NAME VCPU time|delay
	awk -v key="CPU $2/TCG:" -v n="$3" 'index($0, key) == 1 { print n == "time" ? $3 : $4 }' "$P/threads.$1"
}
tap() { awk -v key="$1" '$1 == key { print $2 }' "$P/tap"; }
image() { sed -n "s/^    \"$1\": \"*\([a-z0-9]*\).*/\1/p" "$P/image"; }
meminfo() { awk -v key="$1:" '$1 == key { print $2 }' "$P/meminfo"; }
pressure() { hundredths "$(sed -n 's/^some avg10=\([0-9.]*\).*/\1/p' "$P/pressure.$1")"; }
df_field() { awk -v path="$1" -v n="$2" '$1 == path { print $n; exit }' "$P/df"; }
nodemem() { sed -n "s/^$1 *: *\([0-9]*\).*/\1/p" "$P/nodemem"; }
nodecpu() { awk -v key="$1:" '$1 == key { printf "%.0f\n", $2 / 1000000 }' "$P/nodecpu"; }
cpu() { awk -v list="$*" '$1 == "cpu" { n = split(list, f, " "); for (i = 1; i <= n; i++) s += $f[i]; printf "%.0f\n", s * 10 }' "$P/stat"; }
octets() { awk -v n="$2" '{ s += $n * 512 } END { printf "%.0f\n", s }' "$P/$1"; }

# --- ours: the whole MIB at once

oid_map() {
	awk -v root="$VCL_ROOT" '
	/^[a-z][A-Za-z0-9]* +(OBJECT|NOTIFICATION|MODULE)[ -]/ || /^[a-z][A-Za-z0-9]*$/ { name = $1 }
	match($0, /::= *\{ *[A-Za-z]+[A-Za-z0-9]* +[0-9]+ *\}/) && name != "" {
		split(substr($0, RSTART, RLENGTH), w, /[ {}]+/); parent[name] = w[2]; arc[name] = w[3]; name = ""
	}
	END {
		for (want in parent) {
			path = ""
			for (n = want; n in parent && n != "vclMIB"; n = parent[n]) path = "." arc[n] path
			print want, root path
		}
	}' "$VCL_BUILD/mibs/VIRTCLUSTER-MIB"
}

# shellcheck disable=SC2086
snmp_all() {
	local group
	for group in 1 2 3; do
		snmpbulkwalk -Onq -Oe $VCL_READ "$VCL_SNMP" "$VCL_ROOT.1.$group"
	done
}

load_ours() {
	local i name oid value
	declare -gA OIDS OURS=()
	while read -r name oid; do OIDS[$name]=$oid; done <"$LAB_DIR/oids"
	for ((i = 1; i <= WALKS; i++)); do
		while read -r oid value; do
			value=${value#\"}
			OURS[$i$oid]=${value%\"}
		done <"$LAB_DIR/walk.$i"
	done
}

declare -gA NAMES=([vclVm]=vclVmName [vclDisk]=vclDiskName [vclNic]=vclNicName
	[vclVcpu]=vclVcpuName [vclNode]=vclNodeName)

# The suffix of the row of that name.
instance() { # OBJECT NAME
	local prefix key=
	[ "$2" != 0 ] || { echo 0; return; }
	for prefix in "${!NAMES[@]}"; do
		[[ $1 =~ ^$prefix[A-Z] ]] && key=${OIDS[${NAMES[$prefix]}]}
	done
	awk -v key="$key." -v name="\"$2\"" 'index($1, key) == 1 && $2 == name { print substr($1, length(key) + 1); exit }' \
		"$LAB_DIR/walk.$WALKS"
}

# "07 EA 0B 19 04 23 1D ..." as seconds since 1970; anything else as it is
plain() {
	if [[ $1 =~ ^07\ [0-9A-F]{2}\ ([0-9A-F]{2}\ ?){6,9}$ ]]; then
		# shellcheck disable=SC2086
		set -- $1
		date -u -d "$((0x$1 * 256 + 0x$2))-$((0x$3))-$((0x$4)) $((0x$5)):$((0x$6)):$((0x$7))" +%s
	else
		echo "$1"
	fi
}

mean_of() { # OID
	local i sum=0 n=0 value
	for ((i = 1; i <= WALKS; i++)); do
		value=${OURS[$i$1]:-}
		[[ $value =~ ^[0-9]+$ ]] || continue
		sum=$((sum + value)) n=$((n + 1))
	done
	[ $n -gt $((WALKS / 2)) ] && echo $((sum / n))
}

# --- the comparison

theirs_in() { P=$LAB_DIR/$1; eval "$2"; }

# Between the two readings, which clock?
elapsed() { # EXPRESSION
	local clock=time
	[[ $1 != *dom\ * ]] || clock=time.domstats
	echo $(($(cat "$LAB_DIR/after/$clock") - $(cat "$LAB_DIR/before/$clock")))
}

grown() { echo $(($(theirs_in after "$1") - $(theirs_in before "$1"))); }

judge() { # KIND OURS LOW HIGH TOLERANCE
	awk -v ours="$2" -v low="$3" -v high="$4" -v tolerance="$5" 'BEGIN {
		n = split(tolerance, t, "+")
		for (i = 1; i <= n; i++) slack += t[i] ~ /%$/ ? (high < 0 ? -high : high) * t[i] / 100 : t[i]
		if (low > high) { x = low; low = high; high = x }
		exit !(ours ~ /^-?[0-9]+$/ && ours + 0 >= low - slack && ours + 0 <= high + slack)
	}'
}

compare() { # OBJECT NAME KIND FACTOR THEIRS TOLERANCE
	local oid ours low high good=ok
	oid=${OIDS[$1]}.$(instance "$1" "$2")
	case $3 in
	rate | ratio)
		ours=$(mean_of "$oid")
		if [ "$3" = rate ]; then
			low=$(awk -v g="$(grown "$5")" -v ns="$(elapsed "$5")" -v f="$4" 'BEGIN { printf "%.0f", g * 1e9 / ns * f }')
		else
			low=$(awk -v a="$(grown "${5%//*}")" -v b="$(grown "${5#*//}")" -v f="$4" 'BEGIN { printf "%.0f", (b > 0 ? a / b * f : -1) }')
		fi
		high=$low
		;;
	*)
		ours=$(plain "${OURS[$CLOSE$oid]-absent}")
		low=$(theirs_in before "$5")
		high=$(theirs_in close "$5")
		;;
	esac
	if [ "$3" = text ]; then
		[ "$ours" = "$high" ] || good=WRONG
		[ "$low" = "$high" ] || low="$low, then $high"
	else
		judge "$3" "${ours:-absent}" "$low" "$high" "$6" || good=WRONG
		[ "$low" = "$high" ] || low="$low .. $high"
	fi
	printf '# %-24s %-26s %20s  %-44s %-12s %s\n' "$1" "$2" "${ours:-absent}" "$low" "$6" "$good"
	[ $good = ok ]
}

compare_all() {
	local object name kind theirs tolerance mac wrong=0 rows=0
	mac=$(P=$LAB_DIR/before && awk '/br0/ { print $5 }' "$P/iflist")
	while IFS='|' read -r object name kind theirs tolerance; do
		rows=$((rows + 1))
		theirs=${theirs//$'\x01'/|}
		name=$(xargs <<<"${name//\{MAC\}/$mac}")
		read -r kind factor <<<"$kind"
		# shellcheck disable=SC2086
		compare $object "$name" $kind "$factor" "$theirs" $tolerance || wrong=$((wrong + 1))
	done < <(sed '/^#/d; /^ *$/d; s/\\|/\x01/g; s/[ \t]*|[ \t]*/|/g' "$BATS_TEST_DIRNAME/metrics.table")
	echo "# $rows metrics, $wrong of them wrong"
	[ $wrong -eq 0 ] && [ $rows -gt 100 ]
}

# What is wrong is so each time; what a busy machine did between two looks is not.
@test "every metric is what an independent source says" {
	local try status=1
	for try in 1 2 3; do
		[ $try = 1 ] || read_all
		load_ours
		printf '# %-24s %-26s %20s  %-44s %-12s %s\n' METRIC ROW OURS THEIRS TOLERANCE VERDICT >"$BATS_TEST_TMPDIR/table"
		compare_all >>"$BATS_TEST_TMPDIR/table" && status=0 && break
	done
	cat "$BATS_TEST_TMPDIR/table" >&3
	return $status
}

@test "the daemon's log is clean" { log_is_clean; }
