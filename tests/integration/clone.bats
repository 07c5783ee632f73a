# VMs are cloned, running and off, to the same host and to another; and what is given up in the
# middle leaves nothing behind.  Judged by virsh, qemu-img and the guests themselves.
# plain build only: it boots guests under TCG for minutes
load helpers

SUCCEEDED=3 FAILED=4 CANCELLED=5
VM_CLONE=38

setup_file() {
	local big host
	lab_begin 2
	big=$LAB_DIR/hosts/h1/local
	for host in h1 h2; do
		lab pool $host images
		lab pool $host local --dir /srv/local
	done
	lab pool h1 tiny --loop 64M
	lab guest h1 web1 --id --verify --local 32M
	lab guest h1 off1 --id --no-start --local 32M
	# a disk that is small itself, on top of much
	head -c 384M /dev/urandom >"$big/part.img"
	cat "$big"/part.img "$big"/part.img "$big"/part.img "$big"/part.img >"$big/big.img"
	rm "$big/part.img"
	qemu-img create -q -f qcow2 -b /srv/local/big.img -F raw -u "$big/top.qcow2" 1536M
	lab guest h1 big1 --no-start --no-agent --local 32M
	lab virsh h1 attach-disk big1 /srv/local/top.qcow2 vdb --driver qemu --subdriver qcow2 \
		--targetbus virtio --cache none --config
	lab virsh h1 pool-refresh local
	lab exec h1 qemu-io -f qcow2 -c "write -P 0x5a 1M 4M" /srv/local/off1-0.qcow2
	lab wait web1 LAB-SEQ 90
	within 20 has_disk big1/vdb
	within 20 has_volume top.qcow2
	within 20 has_agent web1
}

teardown_file() { lab_end; }

has_volume() { [ -n "$(index_of vclVolumeName "$1")" ]; }
has_disk() { [ -n "$(column vclDiskName | grep -F "$1")" ]; }
has_agent() { lab virsh h1 qemu-agent-command "$1" '{"execute":"guest-ping"}'; }
job_is() { [ "$(get "vclJobState.$1")" = "$2" ]; }
is_over() { [ "$(get "vclJobState.$1")" -ge 3 ]; }
step_is() { [[ $(get "vclJobStep.$1") == *"$2"* ]]; }
error_of() { get "vclJobError.$1" | tr -d '"'; }
disk_of() { lab virsh "$1" domblklist "$2" --inactive | awk -v t="${3:-vda}" '$1 == t { print $2 }'; }
mac_of() { lab virsh "$1" dumpxml "$2" --inactive | sed -n "s/.*mac address='\([^']*\)'.*/\1/p"; }
idle() { lab virsh h1 domjobinfo "$1" | grep -q None; }

# The last one that the guest has told of.
machine_id() { lab serial "$1" | grep -a -o 'LAB-ID [0-9a-f]*' | tail -1 | cut -d' ' -f2; }

# by_row JOB VM NAME [MORE...]: one SET, createAndGo
by_row() { job_by_row "$1" $VM_CLONE "$(vm_index "$2")" "${@:3}"; }

remove() { # HOST VM
	local volume
	lab virsh "$1" destroy "$2" || true
	for volume in $(lab virsh "$1" domblklist "$2" --inactive | awk '/\// { print $2 }'); do
		volumes+=("$volume")
	done
	lab virsh "$1" undefine "$2"
	for volume in "${volumes[@]}"; do lab virsh "$1" vol-delete "$volume"; done
	volumes=()
}

@test "one that runs, by one SET: it boots beside the original and is another machine" {
	by_row 7001 web1 web2 "vclJobOptions.7001 s start"
	within 90 is_over 7001
	error_of 7001
	job_is 7001 $SUCCEEDED
	[ "$(lab virsh h1 domuuid web1)" != "$(lab virsh h1 domuuid web2)" ]
	[ "$(mac_of h1 web1)" != "$(mac_of h1 web2)" ]
	[ "$(machine_id web2)" = "$(lab virsh h1 domuuid web2 | tr -d '\n-')" ]
	[ "$(machine_id web1)" = "$(lab virsh h1 domuuid web1 | tr -d '\n-')" ]
	[[ $(lab virsh h1 domif-getlink web2 "$(mac_of h1 web2)") == *up* ]]
	goes_on web1
	goes_on web2
	idle web1
	vm_is web2 running
	[ "$(lab serial web1 | grep -a -c LAB-UP)" -eq 1 ]
	remove h1 web2
}

# Numbers of the records on that image, those whose checksum is right.
records() {
	lab exec h1 qemu-img convert -O raw "$1" /srv/local/content
	dd if="$LAB_DIR/hosts/h1/local/content" bs=512 skip=2048 count=256 status=none |
		tr -d '\0' | grep -a -o 'LAB-RECORD [0-9]* [0-9a-f]*' |
		while read -r word n sum; do
			[ "$(echo "$word $n" | md5sum | cut -c1-32)" = "$sum" ] || echo "BAD $n"
			echo "$n"
		done
	rm "$LAB_DIR/hosts/h1/local/content"
}

@test "what the guest had written when it began is on the clone, and nothing torn" {
	local before after newest
	before=$(last_seq web1)
	virtcluster clone web1 web3 --pool images --wait
	after=$(last_seq web1)
	[[ $(disk_of h1 web3) == /srv/local/images/web3-*-vda.qcow2 ]]
	records "$(disk_of h1 web3)" >"$BATS_TEST_TMPDIR/records"
	fails grep BAD "$BATS_TEST_TMPDIR/records"
	newest=$(sort -n "$BATS_TEST_TMPDIR/records" | tail -1)
	echo "$before $newest $after"
	[ "$newest" -ge "$before" ]
	[ "$newest" -le $((after + 20)) ]
	virsh_is h1 web3 'shut off'
	remove h1 web3
}

@test "to another host: one that runs, at rest, and started there" {
	virtcluster clone web1 web4 --node h2 --pool images --quiesce --start --wait
	virsh_is h2 web4 running
	[ "$(machine_id web4)" = "$(lab virsh h2 domuuid web4 | tr -d '\n-')" ]
	[[ $(disk_of h2 web4) == /srv/local/images/web4-*-vda.qcow2 ]]
	lab virsh h1 vol-list local | fails grep web4
	goes_on web1
	remove h2 web4
}

@test "one that is off: here and on another host, and all of it" {
	virtcluster clone off1 off2 --wait
	lab exec h1 qemu-img compare "$(disk_of h1 off1)" "$(disk_of h1 off2)"
	virtcluster clone off1 off3 --node h2 --wait
	cp "$LAB_DIR/hosts/h2/local/$(basename "$(disk_of h2 off3)")" "$LAB_DIR/hosts/h1/local/far"
	lab exec h1 qemu-img compare "$(disk_of h1 off1)" /srv/local/far
	rm "$LAB_DIR/hosts/h1/local/far"
	remove h1 off2
	remove h2 off3
}

@test "linked: only what differs from the image below" {
	virtcluster clone big1 big2 --linked --wait
	lab exec h1 qemu-img info "$(disk_of h1 big2 vdb)" | grep 'backing file: /srv/local/big.img'
	lab exec h1 qemu-img compare -U /srv/local/top.qcow2 "$(disk_of h1 big2 vdb)"
	[ "$(lab exec h1 stat -c %s "$(disk_of h1 big2 vdb)")" -lt 2000000 ]
	remove h1 big2
}

@test "what is wrong is one sentence, and nothing is left" {
	refuses 'cannot be called "../x"' clone web1 ../x
	refuses 'cannot be called "a b"' clone web1 'a b'
	refuses "cannot be called \"$(printf 'x%.0s' {1..64})\"" clone web1 "$(printf 'x%.0s' {1..64})"
	refuses 'there is a VM called off1 already, on h1' clone web1 off1
	refuses 'no VM is called "nothing"' clone nothing x
	refuses '"nowhere"' clone web1 x --node nowhere
	refuses 'node h1 has no pool nowhere running' clone web1 x --pool nowhere
	refuses 'node h2 has no pool tiny running' clone web1 x --node h2 --pool tiny
	refuses 'web1 runs: a linked clone' clone web1 x --linked
	run by_row 7101 web1 ../x
	[[ $output == *inconsistentValue* || $output == *wrongValue* ]]
	run by_row 7102 web1 off1
	[[ $output == *inconsistentValue* ]]
	lab virsh h1 dumpxml off1 --inactive | sed '/<name>/s/off1/dev1/; /<uuid>/d; /<mac /d
		s|</devices>|<hostdev mode="subsystem" type="pci"><source><address domain="0" bus="9" slot="1" function="0"/></source></hostdev></devices>|' \
		>"$BATS_TEST_TMPDIR/dev1.xml"
	lab virsh h1 define "$BATS_TEST_TMPDIR/dev1.xml"
	within 10 vm_is dev1 shutOff
	refuses 'it has a device of its host' clone dev1 x
	lab virsh h1 undefine dev1
}

run_big1() {
	vm_is big1 running || lab virsh h1 start big1
	within 10 vm_is big1 running
}

@test "a full pool: nothing half made, of one that runs and of one that is off" {
	refuses 'error while writing' clone big1 x --pool tiny
	run_big1
	refuses 'cannot clone big1 to y' clone big1 y --pool tiny # x again: the job before
	virsh_is h1 big1 running
	idle big1
}

@test "cancelled while it copies: gone again" {
	local before
	run_big1
	before=$(everything)
	by_row 7201 big1 x "vclJobOptions.7201 s bandwidth=20"
	within 20 step_is 7201 'copying the disks'
	virtcluster cancel 7201
	within 60 is_over 7201
	job_is 7201 $CANCELLED
	diff <(echo "$before") <(everything)
	idle big1
	by_row 7202 web1 x "vclJobOptions.7202 s start"
	within 30 step_is 7202 "waiting for the guest"
	virtcluster cancel 7202
	within 60 is_over 7202
	job_is 7202 $CANCELLED
	diff <(echo "$before") <(everything)
}

@test "the agent is killed while it copies: after its restart nothing is half made" {
	local before
	run_big1
	before=$(everything)
	by_row 7301 big1 x "vclJobOptions.7301 s bandwidth=20"
	within 20 step_is 7301 'copying the disks'
	stack kill-agent
	stack start-agent
	within 90 is_over 7301
	echo "$(error_of 7301)"
	[[ $(error_of 7301) == *'what there was of the clone was removed'* ]]
	diff <(echo "$before") <(everything)
	[ -n "${VCL_LONG:-}" ] || return 0
	idle big1
	lab virsh h1 destroy big1
	within 10 vm_is big1 shutOff
	by_row 7302 big1 y "vclJobTarget.7302 i $(node_index h2)"
	within 20 step_is 7302 'copying disk vdb'
	stack kill-agent
	stack start-agent
	within 90 is_over 7302
	echo "$(error_of 7302)"
	[[ $(error_of 7302) == *'what there was of the clone was removed'* ]]
	diff <(echo "$before") <(everything)
}

@test "the daemon's log has no trace of a defect" {
	log_is_clean
}
