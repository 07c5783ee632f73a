# What can be done to a VM, seen by the guest itself, its agent, or libvirt.
load helpers

ACTION+=([reboot]=5 [suspend]=7 [resume]=8 [managedSave]=9 [powerButton]=10 [ctrlAltDel]=11
	[nmi]=12 [powerCycle]=13 [shutdownThenOff]=14 [cancel]=16)
SUCCEEDED=3 FAILED=4 CANCELLED=5

setup_file() {
	lab_begin 1
	lab guest h1 web1
	lab guest h1 deaf1 --no-agent
	lab guest h1 more1 --memory 512 --max-vcpus 2 --no-disk
	lab wait web1 LAB-UP 60
	lab wait deaf1 LAB-UP 60
	lab wait more1 LAB-UP 60
	within 10 vm_is web1 running
	within 10 vm_is deaf1 running
	within 20 agent_answers web1
	within 20 agent_answers more1
}

teardown_file() { lab_end; }

last_job() { vm_cell vclVmLastJob "$1"; }
job_state_is() { [ "$(get "vclJobState.$1")" = "$2" ]; }
agent_answers() { lab virsh h1 qemu-agent-command "$1" '{"execute":"guest-ping"}'; }

# in_guest NAME COMMAND: by the guest's agent
in_guest() {
	lab virsh h1 qemu-agent-command "$1" \
		"{\"execute\":\"guest-exec\",\"arguments\":{\"path\":\"/bin/sh\",\"arg\":[\"-c\",\"$2\"]}}"
}

# in_console NAME COMMAND: typed on its serial line, which QEMU reads while it is held open
in_console() {
	local tty
	tty=$(lab virsh h1 ttyconsole "$1")
	lab exec h1 sh -c "{ sleep 1.5; printf '%s\n' \"\$1\"; sleep 1.5; } >$tty" sh "$2"
}

# done_by VM SECONDS: its newest job ends well
done_by() {
	within "$2" job_state_is "$(last_job "$1")" $SUCCEEDED || {
		get "vclJobError.$(last_job "$1")"
		return 1
	}
}

# new_job VM COMMAND...: runs it, and waits for a job that was not there before
new_job() {
	local vm=$1 before
	shift
	before=$(last_job "$vm")
	"$@" || return 1
	within 3 test_job_after "$vm" "$before"
}
test_job_after() { [ "$(last_job "$1")" != "$2" ]; }
act() { new_job "$1" vm_action "$1" "$2"; }

serial_says() { [ "$(lab serial "$1" | grep -cE -- "$2")" -ge "${3:-1}" ]; }
serial_count() { lab serial "$1" | grep -cE -- "$2"; }
heartbeat() { lab serial web1 | sed -n 's/.*LAB-BEAT \([0-9]*\).*/\1/p' | tail -1; }
beats_beyond() { [ "$(heartbeat)" -gt "$1" ]; }
start_heartbeat() {
	in_guest web1 'n=0; while :; do n=$((n+1)); echo LAB-BEAT $n > /dev/ttyS0; sleep 0.2; done'
	within 10 beats_beyond 1
}

@test "ctrl+alt+f2, pauses and typing reach the guest's console" {
	new_job web1 setv "vclVmKeys.$(vm_index web1)" s "x; pause 300ms; type Hi"
	done_by web1 10
	within 10 serial_says web1 'LAB-KEY.* 78'
	within 10 serial_says web1 'LAB-KEY.* 48'
	within 10 serial_says web1 'LAB-KEY.* 69'
	[ "$(vm_cell vclVmKeys web1)" = "" ]
	run setv "vclVmKeys.$(vm_index web1)" s "ctrl+alt+boom"
	[ "$status" -ne 0 ]
	[[ $output == *wrongValue* ]]
	run virtcluster keys web1 ctrl+alt+boom
	echo "$output"
	[[ $output == *'character 10: no key is called "boom"'* ]]
}

@test "alt+sysrq+h and an NMI: the guest's kernel says so" {
	in_guest web1 'echo 1 > /proc/sys/kernel/sysrq; echo 7 > /proc/sys/kernel/printk'
	sleep 0.5
	run virtcluster keys web1 alt+sysrq+h --wait
	echo "$output"
	[ "$status" -eq 0 ]
	within 10 serial_says web1 'sysrq: HELP'
	act web1 nmi
	done_by web1 10
	within 10 serial_says web1 'NMI'
	in_guest web1 'echo 0 > /proc/sys/kernel/printk'
}

@test "suspend stops the guest's heart, resume lets it go on" {
	local beat
	start_heartbeat
	act web1 suspend
	done_by web1 10
	virsh_is h1 web1 paused
	vm_is web1 paused
	beat=$(heartbeat)
	stays 2 eval '[ "$(heartbeat)" = '"$beat"' ]'
	act web1 resume
	done_by web1 10
	within 10 beats_beyond "$beat"
	[ "$(boots web1)" -eq 1 ]
}

@test "managed save and power on: the guest goes on where it was" {
	local beat
	act web1 managedSave
	done_by web1 60
	virsh_is h1 web1 "shut off"
	lab virsh h1 dominfo web1 | grep -q 'Managed save: *yes'
	beat=$(heartbeat)
	run virtcluster start web1 --wait
	echo "$output"
	[ "$status" -eq 0 ]
	get "vclJobStep.$(last_job web1)" | grep -q "restoring the saved state"
	within 20 beats_beyond "$beat"
	[ "$(boots web1)" -eq 1 ]
}

migration_is() { # STATUS, as QEMU calls what libvirt saves by
	lab virsh h1 qemu-monitor-command more1 '{"execute":"query-migrate"}' | grep -q "\"status\":\"$1"
}
# What libvirt saves by does nothing while there is a file "hold"; undone by the host's end.
HELPER=/usr/lib/libvirt/libvirt_iohelper
hold_saves() {
	local dir=$LAB_DIR/hosts/h1
	cp "$HELPER" "$dir/local/iohelper"
	printf '#!/bin/sh\nwhile [ -e /srv/local/hold ]; do sleep 0.1; done\nexec /srv/local/iohelper "$@"\n' \
		>"$dir/local/held"
	chmod 755 "$dir/local/held" "$dir/local/iohelper"
	touch "$dir/local/hold"
	lab exec h1 mount --bind /srv/local/held $HELPER
}
go_on_saving() { rm -f "$LAB_DIR/hosts/h1/local/hold"; }

@test "managed save of a busy guest is cancelled: it goes on, and nothing is left" {
	local job
	in_guest more1 'dd if=/dev/urandom of=/big bs=1M count=100; echo LAB-BUSY > /dev/ttyS0; while :; do date > /dev/ttyS0; done'
	within 60 serial_says more1 LAB-BUSY
	hold_saves
	new_job more1 vm_action more1 managedSave
	job=$(last_job more1)
	within 20 migration_is active
	vm_action more1 cancel
	within 10 migration_is cancel
	go_on_saving
	within 20 job_state_is "$job" $CANCELLED
	virsh_is h1 more1 running
	within 5 vm_is more1 running
	lab virsh h1 dominfo more1 | grep -q 'Managed save: *no'
	[ -z "$(find "$LAB_DIR/hosts/h1" -name 'more1.save*')" ]
	within 10 lines_beyond more1 "$(lab serial more1 | wc -l)"
	[ "$(boots more1)" -eq 1 ]
}
lines_beyond() { [ "$(lab serial "$1" | wc -l)" -gt "$2" ]; }

@test "a vCPU is plugged in while it runs: the guest has it" {
	new_job more1 setv "vclVmSetVcpus.$(vm_index more1)" u 2
	done_by more1 20
	[ "$(lab virsh h1 vcpucount more1 --live --active)" -eq 2 ]
	within 20 guest_has_cpus
	within 5 vm_cell_is vclVmSetVcpus more1 2
	lab virsh h1 destroy more1 # it has been busy since
}
guest_has_cpus() {
	in_guest more1 'echo 1 > /sys/devices/system/cpu/cpu1/online; echo LAB-CPUS $(grep -c ^processor /proc/cpuinfo) > /dev/ttyS0'
	serial_says more1 'LAB-CPUS 2'
}

# guest_memory: KiB, by the guest's own word
guest_memory() { lab serial web1 | sed -n 's/.*MemTotal: *\([0-9]*\).*/\1/p' | tail -1; }
guest_has_lost() {
	in_guest web1 'grep MemTotal /proc/meminfo > /dev/ttyS0'
	[ $(($1 - $(guest_memory))) -ge "$2" ]
}

@test "memory, vCPUs, autostart: in the guest or in the definition" {
	local i full
	i=$(vm_index web1)
	within 10 vm_cell_is vclVmSetMemory web1 96
	in_guest web1 'grep MemTotal /proc/meminfo > /dev/ttyS0'
	within 10 serial_says web1 MemTotal
	full=$(guest_memory)
	new_job web1 setv "vclVmSetMemory.$i" u 80
	done_by web1 20
	within 10 guest_has_lost "$full" $((16 * 1000))
	[ "$(lab virsh h1 dominfo web1 | awk '/Used memory/ { print $3 }')" -eq $((80 * 1024)) ]
	within 5 vm_cell_is vclVmSetMemory web1 80
	run setv "vclVmSetMemory.$i" u 97
	[[ $output == *wrongValue* ]]
	new_job web1 virtcluster setmemory web1 96M --wait
	within 5 vm_cell_is vclVmSetMemory web1 96
	run setv "vclVmSetVcpus.$i" u 2
	[[ $output == *wrongValue* ]]
	new_job web1 setv "vclVmSetAutostart.$i" i $TRUE
	done_by web1 10
	lab virsh h1 dominfo web1 | grep -q 'Autostart: *enable'
	within 10 vm_cell_is vclVmAutostart web1 $TRUE
	new_job web1 virtcluster autostart web1 off --wait
	lab virsh h1 dominfo web1 | grep -q 'Autostart: *disable'
}

@test "reboot: the guest shuts down and boots again, the process stays" {
	local before id
	before=$(boots web1)
	id=$(lab virsh h1 domid web1)
	act web1 reboot
	done_by web1 60
	within 60 booted web1 $((before + 1))
	[ "$(lab virsh h1 domid web1)" = "$id" ]
	serial_says web1 'LAB-SHUTDOWN.*-r'
}

@test "ctrlAltDel: the guest's init hears it" {
	local before
	before=$(boots web1)
	act web1 ctrlAltDel
	done_by web1 10
	within 20 serial_says web1 LAB-CTRLALTDEL
	within 60 booted web1 $((before + 1))
}

@test "powerCycle: another run of the hypervisor, and a boot" {
	local before id
	before=$(boots web1)
	id=$(lab virsh h1 domid web1)
	act web1 powerCycle
	done_by web1 30
	[ "$(lab virsh h1 domid web1)" != "$id" ]
	within 60 booted web1 $((before + 1))
}

@test "admin state: a job leads there, none where it is so, and it is kept" {
	local i job
	i=$(vm_index web1)
	[ "$(vm_cell vclVmAdminState web1)" -eq 5 ]
	job=$(last_job web1)
	setv "vclVmAdminState.$i" i 1
	within 5 vm_cell_is vclVmAdminState web1 1
	[ "$(last_job web1)" = "$job" ]
	new_job web1 setv "vclVmAdminState.$i" i 3
	done_by web1 10
	virsh_is h1 web1 paused
	within 5 vm_cell_is vclVmAdminState web1 3
	run virtcluster adminstate web1 paused
	[ "$status" -eq 0 ]
	[[ $output == *"nothing to do"* ]]
	run setv "vclVmAdminState.$i" i 2
	[[ $output == *inconsistentValue* ]]
	run virtcluster adminstate web1 running --wait
	[ "$status" -eq 0 ]
	virsh_is h1 web1 running
	virtcluster adminstate web1 unmanaged
	within 5 vm_cell_is vclVmAdminState web1 5
}

@test "powerButton: one press, which the guest obeys in its own time" {
	act web1 powerButton
	done_by web1 10
	within 20 serial_says web1 LAB-POWERBUTTON
	within 30 virsh_is h1 web1 "shut off"
}

@test "cancel: ends the job that the VM has, and makes none" {
	local job i
	i=$(vm_index deaf1)
	run setv "vclVmAction.$i" i "${ACTION[cancel]}"
	[[ $output == *inconsistentValue* ]]
	new_job deaf1 setv "vclVmKeys.$i" s "pause 50s; a"
	job=$(last_job deaf1)
	within 5 job_state_is "$job" 2
	vm_action deaf1 cancel
	within 5 job_state_is "$job" $CANCELLED
	[ "$(last_job deaf1)" = "$job" ]
}

@test "shutdownThenOff: a guest that ignores the button is off after the grace" {
	local t0
	in_console deaf1 'for p in /proc/[0-9]*; do grep -q acpid $p/comm && kill ${p#/proc/}; done; echo LAB-DEAF'
	within 10 serial_says deaf1 '^LAB-DEAF'
	t0=$(now_ms)
	run virtcluster stop deaf1 --grace 5 --wait
	echo "$output"
	[ "$status" -eq 0 ]
	virsh_is h1 deaf1 "shut off"
	[ $(($(now_ms) - t0)) -ge 5000 ]
	get "vclJobStep.$(last_job deaf1)" | grep -q "did not react"
	fails serial_says deaf1 LAB-POWERBUTTON
}

@test "the daemon's log is clean" { log_is_clean; }
