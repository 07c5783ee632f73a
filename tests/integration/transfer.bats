# Files become volumes, and volumes files, through the command line: the octets are the same,
# holes stay holes, and whatever breaks off on the way leaves nothing behind.
load helpers

SUCCEEDED=3 FAILED=4 CANCELLED=5 INTERRUPTED=6
CREATE_AND_GO=4
MIB=$((1024 * 1024))

setup_file() {
	lab_begin 2
	lab pool h1 images --dir /srv/shared/images
	lab pool h2 images --dir /srv/shared/images
	lab pool h1 small --loop 32M
	printf '[pool images]\nshared = yes\n' >>"$VCL_CONFIG"
	stack reload-agent
	lab guest h1 web1
	lab pool h1 disks --dir /srv/shared
	HERE=$LAB_DIR/files
	export HERE
	mkdir "$HERE"
	truncate -s 64M "$HERE/sparse.raw"
	dd if=/dev/urandom of="$HERE/sparse.raw" bs=1M count=3 seek=20 conv=notrunc status=none
	dd if=/dev/urandom of="$HERE/solid.raw" bs=1M count=24 status=none
	cp "$HERE/solid.raw" "$LAB_DIR/shared/images/solid.raw"
	virtcluster pool-refresh images --wait
	qemu-img create -q -f qcow2 "$HERE/disk.qcow2" 48M
	qemu-io -f qcow2 -c 'write -P 0x5a 1M 8M' "$HERE/disk.qcow2" >/dev/null
	: >"$HERE/empty"
	qemu-img create -q -f qcow2 -b /etc/shadow -F raw "$HERE/sly.qcow2" 1M
	within 20 has_volume web1-0.qcow2
	within 20 has_volume solid.raw
}

teardown_file() { lab_end; }

volume_index() { index_of vclVolumeName "$1"; }
has_volume() { [ -n "$(volume_index "$1")" ]; }
volume() { get "$2.$(volume_index "$1")" | tr -d '"'; }
pool_index() { index_of vclPoolName "$1"; }
job_is() { [ "$(get "vclJobState.$1")" = "$2" ]; }
job_error() { get "vclJobError.$1"; }
octets_in() { stat -c %b "$1" | awk '{ print int($1 / 2048) }'; } # MiB that it takes
is_clean() { [ "$(names_in "$LAB_DIR/shared/images")" = "$1" ]; }
names_in() { find "$1" -mindepth 1 -maxdepth 1 -printf '%f ' | tr ' ' '\n' | sort | xargs; }

# by_itself WORDS: a process of its own, whose number is $pid
by_itself() {
	"$VCL_BUILD/virtcluster" --socket "$VCL_SOCKET" "$@" \
		>"$BATS_TEST_TMPDIR/out" 2>&1 3>&- </dev/null &
	pid=$!
}
newest_job() { column vclJobType | sort -n | awk -v type="$1" '$2 == type { job = $1 } END { print job }'; }
is_moving() {
	local job
	job=$(newest_job "$1")
	[ "$job" -gt "$2" ] && [ "$(get "vclJobProcessed.$job")" -gt 0 ]
}
UPLOAD=48 DOWNLOAD=49

# slowly VERB FROM TO: is under way, as job $job of process $pid
slowly() {
	local type=$UPLOAD before
	[ "$1" = volume-upload ] || type=$DOWNLOAD
	before=$(newest_job $type)
	by_itself "$1" "$2" "$3" --bandwidth 2
	within 20 is_moving $type "${before:-0}"
	job=$(newest_job $type)
}

# over STATUS PATTERN: the process has ended so
over() {
	local status=0
	wait "$pid" || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq "$1" ]
	grep -q -- "$2" "$BATS_TEST_TMPDIR/out"
}

# refused PATTERN WORDS...: one sentence; no volume and no file has come
refused() {
	local pattern=$1 before after
	shift
	before=$(names_in "$LAB_DIR/shared/images") before+=$(names_in "$HERE")
	run virtcluster "$@"
	echo "$output"
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *"$pattern"* ]]
	after=$(names_in "$LAB_DIR/shared/images") after+=$(names_in "$HERE")
	[ "$before" = "$after" ]
}

@test "a file becomes a volume, with its holes, and is the same seen from the other host" {
	run virtcluster volume-upload images/up.raw "$HERE/sparse.raw"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = "images/up.raw uploaded" ]
	has_volume up.raw
	[ "$(volume up.raw vclVolumeCapacity)" = 64 ]
	[ "$(volume up.raw vclVolumeFormat)" = raw ]
	cmp "$HERE/sparse.raw" "$LAB_DIR/shared/images/up.raw"
	[ "$(octets_in "$LAB_DIR/shared/images/up.raw")" -le 4 ]

	lab virsh h1 pool-destroy images
	within 20 pool_is_elsewhere
	virtcluster volume-download images/up.raw "$HERE/down.raw"
	cmp "$HERE/sparse.raw" "$HERE/down.raw"
	[ "$(octets_in "$HERE/down.raw")" -le 4 ]
	[ ! -e "$HERE/down.raw.part" ]
	[ "$(get "vclJobNode.$(newest_job $DOWNLOAD)")" = "$(node_index h2)" ]
	lab virsh h1 pool-start images
	within 20 pool_is_here
}
pool_state_on() { get "vclPoolNodeState.$(pool_index images).$(node_index h1)"; }
pool_is_elsewhere() { [ "$(pool_state_on)" != 1 ]; }
pool_is_here() { [ "$(pool_state_on)" = 1 ]; }

@test "an image of format qcow2 is one there, too" {
	virtcluster volume-upload images/disk.qcow2 "$HERE/disk.qcow2"
	[ "$(volume disk.qcow2 vclVolumeFormat)" = qcow2 ]
	[ "$(volume disk.qcow2 vclVolumeCapacity)" = 48 ]
	qemu-img compare "$HERE/disk.qcow2" "$LAB_DIR/shared/images/disk.qcow2"
	virtcluster volume-delete disk.qcow2 --wait
}

@test "through pipes, both ways" {
	cat "$HERE/sparse.raw" | virtcluster volume-upload images/piped.raw -
	cmp "$HERE/sparse.raw" "$LAB_DIR/shared/images/piped.raw"
	[ "$(octets_in "$LAB_DIR/shared/images/piped.raw")" -le 4 ]
	[ "$(virtcluster volume-download piped.raw - | sha256sum)" = "$(sha256sum <"$HERE/sparse.raw")" ]
	virtcluster volume-download piped.raw - >"$HERE/out.raw"
	cmp "$HERE/sparse.raw" "$HERE/out.raw"
	virtcluster volume-delete piped.raw --wait
}

@test "a terminal shows a bar, with MiB and MiB/s" {
	COLUMNS=160 script -qec "$VCL_BUILD/virtcluster --socket $VCL_SOCKET volume-upload images/bar $HERE/solid.raw \
		--bandwidth 12" "$BATS_TEST_TMPDIR/screen" >/dev/null </dev/null
	grep -a -q '\[#* *\] [0-9]* %, uploading, [0-9]* MiB left at [0-9]* MiB/s' "$BATS_TEST_TMPDIR/screen"
	virtcluster volume-delete bar --wait
}

@test "what is refused leaves all as it was" {
	refused "has a volume up.raw already" volume-upload images/up.raw "$HERE/solid.raw"
	refused "cannot be a volume's name" volume-upload images/.hidden "$HERE/solid.raw"
	refused "cannot be a volume's name" volume-upload 'images/a;b' "$HERE/solid.raw"
	refused "cannot be a volume's name" volume-upload 'images/a b' "$HERE/solid.raw"
	refused "no pool is called" volume-upload images/../x "$HERE/solid.raw"
	refused "no pool is called" volume-upload images/../../x "$HERE/solid.raw"
	refused "no pool is called" volume-upload nowhere/x "$HERE/solid.raw"
	refused "POOL/NAME" volume-upload up2.raw "$HERE/solid.raw"
	refused "needs another file" volume-upload images/sly "$HERE/sly.qcow2"
	refused "the file is empty" volume-upload images/empty "$HERE/empty"
	refused "neither a file, a block device nor a pipe" volume-upload images/null /dev/null
	refused "No such file" volume-upload images/x "$HERE/nothing"
	refused "Is a directory" volume-upload images/x "$HERE"
	refused "web1 runs and writes to it" volume-download web1-0.qcow2 "$HERE/web1"
	refused "no volume is called" volume-download nothing "$HERE/nothing"
	refused "--force replaces it" volume-download up.raw "$HERE/solid.raw"
	refused "is there, and is not a file" volume-download up.raw "$HERE" --force
	refused "No such file" volume-download up.raw "$HERE/no/where"
	echo kept >"$HERE/kept"
	virtcluster volume-download up.raw "$HERE/kept" --force
	cmp "$HERE/sparse.raw" "$HERE/kept"
}

@test "SNMP has no file to hand over, and is told so" {
	run setv vclCommand.0 s "volume-upload images/x"
	echo "$output"
	[[ $output == *inconsistentValue* ]]
	run setv vclCommand.0 s "volume-download up.raw"
	echo "$output"
	[[ $output == *inconsistentValue* ]]
	# shellcheck disable=SC2086
	run snmpset -Oe $VCL_WRITE "$VCL_SNMP" "$(oid vclJobRowStatus.4000000048)" i $CREATE_AND_GO \
		"$(oid vclJobType.4000000048)" i $UPLOAD \
		"$(oid vclJobObjectIndex.4000000048)" u "$(pool_index images)" \
		"$(oid vclJobArgument.4000000048)" s x
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *inconsistentValue* ]]
	[ ! -e "$LAB_DIR/shared/images/x" ]
}

@test "into a pool that is too small: refused, or taken back" {
	dd if=/dev/urandom of="$HERE/large.raw" bs=1M count=48 status=none
	refused "48 MiB are needed" volume-upload small/x "$HERE/large.raw"
	run virtcluster volume-upload small/x - < <(cat "$HERE/large.raw")
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"No space left"* ]]
	[ ! -e "$LAB_DIR/hosts/h1/local/small/x" ]
	fails has_volume x
	rm "$HERE/large.raw"
}

@test "cancelled: no volume, no file" {
	local before
	before=$(names_in "$LAB_DIR/shared/images")
	slowly volume-upload images/c.raw "$HERE/solid.raw"
	virtcluster volume-create images beside 8M --wait # the pool takes others meanwhile
	virtcluster volume-delete beside --wait
	refused "is busy: job $job" volume-upload images/c.raw "$HERE/solid.raw"
	refused "is busy: job $job" pool-stop images
	virtcluster cancel "$job"
	over 1 cancelled
	job_is "$job" $CANCELLED
	is_clean "$before"
	fails has_volume c.raw

	slowly volume-download solid.raw "$HERE/c.raw"
	[ -e "$HERE/c.raw.part" ]
	run virtcluster volume-download solid.raw "$HERE/c.raw" # one at a time
	[ "$status" -ne 0 ]
	virtcluster cancel "$job"
	over 1 cancelled
	[ ! -e "$HERE/c.raw" ]
	[ ! -e "$HERE/c.raw.part" ]
}

@test "interrupted or killed, whoever asked has ended the job, too" {
	local before
	before=$(names_in "$LAB_DIR/shared/images")
	slowly volume-upload images/i.raw "$HERE/solid.raw"
	kill -INT "$pid"
	over 1 'interrupted; the job is cancelled'
	within 20 job_is "$job" $CANCELLED
	is_clean "$before"
	slowly volume-download solid.raw "$HERE/i.raw"
	kill -INT "$pid"
	over 1 'interrupted; the job is cancelled'
	within 20 job_is "$job" $CANCELLED
	[ ! -e "$HERE/i.raw" ]
	[ ! -e "$HERE/i.raw.part" ]

	slowly volume-upload images/k.raw "$HERE/solid.raw"
	kill -KILL "$pid"
	within 20 job_is "$job" $CANCELLED
	[[ "$(job_error "$job")" == *"the client that had lent the file is gone"* ]]
	is_clean "$before"
	slowly volume-download solid.raw "$HERE/k.raw"
	kill -KILL "$pid"
	within 20 job_is "$job" $CANCELLED
	[ ! -e "$HERE/k.raw" ]
	rm "$HERE/k.raw.part"
}

@test "the daemon is killed, or stopped: no volume, no file, and a sentence" {
	local before up down
	before=$(names_in "$LAB_DIR/shared/images")
	slowly volume-upload images/d.raw "$HERE/solid.raw"
	up=$job
	stack kill-agent
	over 1 'broke the connection off'
	stack start-agent
	within 60 job_is "$up" $INTERRUPTED
	[[ "$(job_error "$up")" == *"volume d.raw was not made"* ]]
	is_clean "$before"

	slowly volume-upload images/d.raw "$HERE/solid.raw"
	up=$job
	stack stop-agent
	over 1 virtclusterd
	is_clean "$before"
	stack start-agent
	within 60 job_is "$up" $INTERRUPTED

	slowly volume-download solid.raw "$HERE/d.raw"
	down=$job
	stack kill-agent
	over 1 'broke the connection off'
	stack start-agent
	within 60 job_is "$down" $INTERRUPTED
	[ ! -e "$HERE/d.raw" ]
	[ ! -e "$HERE/d.raw.part" ]
}

@test "the host's libvirtd is killed: no volume, no file, and a sentence" {
	local before
	before=$(names_in "$LAB_DIR/shared/images")
	within 20 has_volume solid.raw # the agent was started a moment ago
	slowly volume-upload images/l.raw "$HERE/solid.raw"
	on=$(get "vclJobNode.$job")
	lab kill-libvirtd "$(host_of "$on")"
	over 1 'broke while it was asked to write to l.raw'
	job_is "$job" $FAILED
	is_clean "$before"
	within 30 both_are_back
	within 20 has_volume solid.raw
	slowly volume-download solid.raw "$HERE/l.raw"
	on=$(get "vclJobNode.$job")
	lab kill-libvirtd "$(host_of "$on")"
	over 1 'broke while it was asked to read solid.raw'
	[ ! -e "$HERE/l.raw" ]
	[ ! -e "$HERE/l.raw.part" ]
	within 30 both_are_back
}
host_of() { [ "$1" = "$(node_index h1)" ] && echo h1 || echo h2; }
both_are_back() { node_cell_is vclNodeState h1 1 && node_cell_is vclNodeState h2 1; }

@test "no descriptor is left in the daemon" {
	within 10 fails has_files_of_ours
}
has_files_of_ours() { ls -l "/proc/$(agent_pid)/fd" | grep -q "$HERE"; }

@test "the daemon's log is clean" { log_is_clean; }
