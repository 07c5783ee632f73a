# What the tests of templates share: the lab with some, and rows that use them.
# shellcheck shell=bash disable=SC2034

VM_CREATE=39
SUCCEEDED=3 FAILED=4 CANCELLED=5

# The lab's guest as a template has it: NAME DISK-XML CMDLINE
domain_xml() {
	cat <<-END
	<domain type='qemu'>
	  <name>$1</name>
	  <memory unit='MiB'>96</memory>
	  <vcpu>1</vcpu>
	  <os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type>
	    <kernel>/srv/guest/vmlinuz</kernel><initrd>/srv/guest/initrd</initrd>
	    <cmdline>console=ttyS0 quiet panic=-1 mitigations=off $3</cmdline></os>
	  <features><acpi/><apic/><tcg><tb-cache unit='MiB'>32</tb-cache></tcg></features>
	  <cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model></cpu>
	  <devices>
	    <emulator>/usr/bin/qemu-system-x86_64</emulator>
	    <controller type='usb' model='none'/>
	    <video><model type='none'/></video>
	    $2
	    <interface type='bridge'><source bridge='br0'/><model type='virtio'/></interface>
	    <memballoon model='virtio'><stats period='1'/></memballoon>
	  </devices>
	</domain>
	END
}

DISK="<disk device='disk' type='file'><driver name='qemu' cache='none'/><target dev='vda' bus='virtio'/></disk>"

# template NAME <<CONF
template() {
	mkdir -p "$LAB_DIR/templates/$1"
	cat >"$LAB_DIR/templates/$1/template.conf"
	domain_xml "$1" "$DISK" "${2:-}" >"$LAB_DIR/templates/$1/domain.xml"
}

templates_begin() {
	lab_begin 2
	for host in h1 h2; do
		lab pool $host images
		lab virsh $host vol-create-as images base.qcow2 32M --format qcow2
	done
	lab pool h1 tiny --loop 64M
	lab virsh h1 vol-create-as images big.img 256M --format raw --allocation 0
	dd if=/dev/urandom of="$LAB_DIR/hosts/h1/local/images/big.img" bs=1M count=256 \
		conv=notrunc status=none
	lab virsh h1 pool-refresh images
	lab guest h1 old1 --no-start
	template small <<-END
		[template]
		description = the lab's guest
		base = images/base.qcow2
		install = cloud-init
		timeout = 120

		[cloud-init]
		user = ops
		packages = nginx
	END
	template whole <<-END
		[template]
		base = images/big.img
		linked = off
	END
	template small-tiny <<-END
		[template]
		base = images/base.qcow2
		pool = tiny
		install = cloud-init
	END
	template whole-tiny <<-END
		[template]
		base = images/big.img
		pool = tiny
	END
	template boot "lab.name=@hostname@ site=@site@" <<-END
		[template]
		pool = images
		disk = 64
		install = netboot
		timeout = 120

		[parameters]
		site = north
	END
	template broken <<<'[template]
colour = red'
	chmod -R a+rX "$LAB_DIR/templates"
	printf '\n[templates]\ndir = %s/templates\n[control]\njobs-per-node = 2\n' "$LAB_DIR" \
		>>"$VCL_CONFIG"
	stack reload-agent
	within 10 templates_are 6
	within 20 pools_known
	within 10 vm_is old1 shutOff
}

templates_are() { [ "$(get vclTemplateNumber.0)" = "$1" ]; }
pools_known() { [ "$(column vclVolumeName | grep -cE 'base.qcow2|big.img')" -eq 3 ] && [ "$(column vclPoolName | wc -l)" -ge 3 ]; }
template_index() { index_of vclTemplateName "$1"; }
state_of() { get "vclJobState.$1"; }
job_is() { [ "$(state_of "$1")" = "$2" ]; }
is_over() { [[ $(state_of "$1") == [3456] ]]; }
step_is() { [[ $(get "vclJobStep.$1") == *"$2"* ]]; }
error_of() { get "vclJobError.$1" | tr -d '"'; }
no_vm() { [ -z "$(vm_index "$1")" ] && ! lab virsh h1 domstate "$1" && ! lab virsh h2 domstate "$1"; }

# by_row JOB TEMPLATE NAME [MORE...]: one SET, createAndGo
by_row() { job_by_row "$1" $VM_CREATE "$(template_index "$2")" "${@:3}"; }

guest_name() { # HOST VM
	lab virsh "$1" qemu-agent-command "$2" '{"execute":"guest-get-host-name"}' |
		sed 's/.*"host-name":"\([^"]*\)".*/\1/'
}

remove() { # HOST VM
	lab virsh "$1" destroy "$2" || true
	lab virsh "$1" undefine "$2"
	local volume
	for volume in $(lab virsh "$1" vol-list images | awk -v n="$2-" 'index($1, n) == 1 { print $1 }'); do
		lab virsh "$1" vol-delete "$volume" images
	done
}

