# LXC containers: a busybox that sleeps, on the host's own directory.
# shellcheck shell=bash

verb_uri-lxc() { need_host "$@" && echo "lxc+unix:///system?socket=$(socket "$1")"; }

container_xml() { # NAME
	cat <<EOF
<domain type='lxc'>
  <name>$(xml_text "$1")</name>
  <memory unit='MiB'>64</memory><vcpu>1</vcpu>
  <os><type>exe</type><init>/bin/busybox</init><initarg>sleep</initarg><initarg>100000</initarg></os>
  <devices>
    <emulator>/usr/lib/libvirt/libvirt_lxc</emulator>
    <filesystem type='mount'><source dir='/srv/local/$1'/><target dir='/'/></filesystem>
    <interface type='bridge'><source bridge='br0'/></interface>
    <console type='pty'/>
  </devices>
</domain>
EOF
}

verb_container() {
	need_live_host "$@"
	[[ ${2:-} =~ ^[A-Za-z0-9_-]+$ ]] || die "container: HOST NAME"
	local root=$LAB_DIR/hosts/$1/local/$2 d
	for d in bin dev proc sys; do mkdir -p "$root/$d"; done
	cp /bin/busybox "$root/bin/"
	container_xml "$2" >"$(host_dir "$1")/$2.xml"
	virsh -q -c "$(verb_uri-lxc "$1")" define "$(host_dir "$1")/$2.xml" >/dev/null || exit 1
	virsh -q -c "$(verb_uri-lxc "$1")" start "$2" >/dev/null || exit 1
}
