# Guests: domain XML, disks, serial lines.
# shellcheck shell=bash

guest_usage() {
	cat <<'EOF'
usage: lab guest HOST NAME [OPTION...]
  --memory MIB      96
  --vcpus N         1
  --max-vcpus N     as many can be plugged in (default: no more)
  --disk SIZE       one more disk, qcow2 on the shared directory (default: one of 32M)
  --local SIZE      one more disk, in a pool of the host's own (/srv/local)
  --nbd PLACE       one more disk, ADDRESS:PORT/NAME, that a host serves
  --no-disk         none
  --no-start        define only
  --transient       start without defining
  --uuid UUID
  --no-agent        no channel for the guest agent
  --ip ADDRESS/N    of its first NIC
  --verify          it writes numbered records on its first disk and in memory, and reads them again
  --id              it keeps a machine ID on its first disk
  --io              the guest writes and reads its first disk all the time
  --ha              a resource of the cluster: /srv/shared/NAME.xml is its definition
  --remoted         that, and pacemaker-remoted runs in it: it can become a node (wants --ip)
  --node            that, and a node of the cluster, lab-NAME
  --tiny            8 MiB, no disk (but those of --disk), no network, started paused: many fit
EOF
}

# A guest's name may have spaces; its files may not.
file_name() { printf %s "$1" | tr -c 'A-Za-z0-9._-' _; }
serial_file() { echo "$LAB_DIR/shared/$(file_name "$1").serial"; }
xml_text() { printf %s "$1" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }

disk_xml() { # TARGET PATH
	echo "<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none'/>"
	echo "<source file='$2'/><target dev='$1' bus='virtio'/></disk>"
}

# What a host serves: ADDRESS:PORT/NAME
nbd_xml() { # TARGET PLACE
	local place=${2%%/*}
	echo "<disk type='network' device='disk'><driver name='qemu' type='raw' cache='none'/>"
	echo "<source protocol='nbd' name='$(xml_text "${2#*/}")'><host name='${place%:*}' port='${place##*:}'/></source>"
	echo "<target dev='$1' bus='virtio'/></disk>"
}

all_disks_xml() { # FILE
	local i=0 size letters=abcdefgh
	for size in $disks; do
		case $size in
		nbd:*) nbd_xml "vd${letters:i:1}" "${size#nbd:}" ;;
		local:*) disk_xml "vd${letters:i:1}" "/srv/local/$1-$i.qcow2" ;;
		*) disk_xml "vd${letters:i:1}" "/srv/shared/$1-$i.qcow2" ;;
		esac
		i=$((i + 1))
	done
}

# Reads the variables that verb_guest has set.
guest_xml() {
	local file
	file=$(file_name "$name")
	cat <<EOF
<domain type='qemu'>
  <name>$(xml_text "$name")</name>
  ${uuid:+<uuid>$uuid</uuid>}
  <memory unit='MiB'>$memory</memory>
  <vcpu current='$vcpus'>${max_vcpus:-$vcpus}</vcpu>
  <os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type>
EOF
	[ -n "$tiny" ] || cat <<EOF
    <kernel>/srv/guest/vmlinuz</kernel><initrd>/srv/guest/initrd${remoted:+-node}</initrd>
    <cmdline>console=ttyS0 quiet panic=-1 mitigations=off lab.name=$file${ip:+ lab.ip=$ip}${io:+ lab.io=vda}${verify:+ lab.verify=vda}${id:+ lab.id=vda}${remoted:+ lab.node=$CLUSTER_KEY}</cmdline>
EOF
	cat <<EOF
  </os>
  <features><acpi/><apic/><tcg><tb-cache unit='MiB'>${tiny:-32}</tb-cache></tcg></features>
  <cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model></cpu>
  <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    <video><model type='none'/></video>
EOF
	all_disks_xml "$file"
	if [ -n "$tiny" ]; then
		echo "<memballoon model='none'/>"
	else
		cat <<EOF
    <interface type='bridge'><source bridge='br0'/>${mac:+<mac address='$mac'/>}<model type='virtio'/></interface>
    <serial type='pty'><log file='/srv/shared/$file.serial' append='on'/><target port='0'/></serial>
    <console type='pty'><target type='serial' port='0'/></console>
    <memballoon model='virtio'><stats period='1'/></memballoon>
EOF
		[ -n "$no_agent" ] || echo "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
	fi
	echo "  </devices></domain>"
}

make_disks() {
	local size i=0 file
	for size in $disks; do
		[ "${size#nbd:}" = "$size" ] || { i=$((i + 1)); continue; }
		file=$LAB_DIR/shared/$(file_name "$name")
		[ "${size#local:}" = "$size" ] || file=$(host_dir "$host")/local/$(file_name "$name")
		[ -e "$file-$i.qcow2" ] || qemu-img create -q -f qcow2 "$file-$i.qcow2" "${size#local:}" || exit 1
		i=$((i + 1))
	done
}

# Sets the variables of a guest from the command line.
parse_guest() {
	memory=96 vcpus=1 max_vcpus= disks= no_start= transient= uuid= no_agent= ip= io= verify= id= tiny= ha= remoted= node= mac=
	local no_disk=
	while [ $# -gt 0 ]; do
		case $1 in
		--memory) memory=${2:?} && shift ;;
		--vcpus) vcpus=${2:?} && shift ;;
		--max-vcpus) max_vcpus=${2:?} && shift ;;
		--disk) disks+=" ${2:?}" && shift ;;
		--uuid) uuid=${2:?} && shift ;;
		--no-disk) no_disk=1 ;;
		--no-start) no_start=1 ;;
		--transient) transient=1 ;;
		--no-agent) no_agent=1 ;;
		--ip) ip=${2:?} && shift ;;
		--io) io=1 ;;
		--id) id=1 ;;
		--verify) verify=1 ;;
		--nbd) disks+=" nbd:${2:?}" && shift ;;
		--local) disks+=" local:${2:?}" && shift ;;
		--ha) ha=1 ;;
		--remoted) ha=1 remoted=1 memory=256 ;;
		--node) ha=1 remoted=1 node=1 memory=256 ;;
		--tiny) tiny=1 memory=8 ;;
		*) die "guest: unknown option $1 (lab guest --help)" ;;
		esac
		shift
	done
	[ -n "$disks$no_disk$tiny" ] || disks=32M
	[ -z "$ha" ] || same_everywhere
	[ -z "$remoted" ] || [ -n "$ip" ] || die "guest: a node wants an address (--ip ADDRESS/N)"
}

# What libvirt would make up anew wherever it starts one that nobody has defined.
same_everywhere() {
	[ -n "$uuid" ] || uuid=$(cat /proc/sys/kernel/random/uuid)
	mac=$(printf %s "$uuid" | md5sum | sed 's/\(..\)\(..\)\(..\).*/52:54:00:\1:\2:\3/')
}

verb_guest() {
	[ "${1:-}" != --help ] || { guest_usage; return; }
	need_live_host "$@"
	[ -n "${2:-}" ] || die "guest: what name? (lab guest --help)"
	local host=$1 name=$2 memory vcpus max_vcpus disks no_start transient uuid no_agent ip io verify id tiny ha remoted node mac xml
	shift 2
	parse_guest "$@"
	[ -z "$remoted" ] || "$HERE/build-guest" node || exit 1
	xml=$(host_dir "$host")/$(file_name "$name").xml
	[ -z "$ha" ] || xml=$LAB_DIR/shared/$(file_name "$name").xml
	guest_xml >"$xml"
	make_disks
	if [ -n "$ha" ]; then
		need_cluster "$host"
		add_vm_resource "$host" "$name" || exit 1
		return
	fi
	if [ -n "$transient" ]; then
		verb_virsh "$host" create "$xml" >/dev/null || exit 1
		return
	fi
	verb_virsh "$host" define "$xml" >/dev/null || exit 1
	[ -n "$no_start" ] || verb_virsh "$host" start "$name" ${tiny:+--paused} >/dev/null || exit 1
}

verb_serial() {
	[ -n "${1:-}" ] || die "serial: which guest?"
	cat "$(serial_file "$1")" 2>/dev/null || true
}

# The guest's shell obeys; what it answers is in its serial file.  QEMU reads a line that
# somebody holds open, and stops its guest when what that writes is not read.
verb_type() {
	need_live_host "${1:-}"
	[ $# -eq 3 ] || die "type: HOST NAME COMMAND"
	local pty done_before reader end=$((SECONDS + 20))
	pty=$(verb_virsh "$1" ttyconsole "$2" 2>/dev/null) || die "guest $2 does not run on $1"
	done_before=$(verb_serial "$2" | grep -c LAB-RC)
	cat "$pty" >/dev/null 2>&1 3>&- &
	reader=$!
	printf '%s\n' "$3" >"$pty"
	until [ "$(verb_serial "$2" | grep -c LAB-RC)" -gt "$done_before" ]; do
		[ $SECONDS -lt $end ] || { kill $reader; die "$2 did not obey within 20 s"; }
		sleep 0.1
	done
	kill $reader
	wait $reader 2>/dev/null
	true
}

verb_wait() {
	[ $# -ge 2 ] || die "wait: NAME PATTERN [SECONDS]"
	local end=$((SECONDS + ${3:-60}))
	until verb_serial "$1" | grep -q -- "$2"; do
		[ $SECONDS -lt $end ] || die "$1 has not said \"$2\" within ${3:-60} s"
		sleep 0.2
	done
}

signal_guest() {
	need_live_host "$1"
	local pid
	pid=$(cat "$(host_dir "$1")/run/qemu/$2.pid" 2>/dev/null) || die "guest $2 does not run on $1"
	in_host "$1" kill "-$3" "$pid"
}

verb_pause-guest() { signal_guest "${1:-}" "${2:-}" STOP; }
verb_resume-guest() { signal_guest "${1:-}" "${2:-}" CONT; }
