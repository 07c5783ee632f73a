# Jobs that are caught in the middle of what they have libvirt do, which then waits for a file
# system that is frozen, or is stopped itself: the agent is killed, or the job cancelled.
# Afterwards each is over and says what became of it, nothing is there that was not asked for,
# nothing is lost that was, the guest goes on, and the same can be asked for again.  (What
# copies, moves, backs up, restores or makes machines is killed in the file of its own.)
# alone: guests of others have stood still while file systems were frozen
# long only: it takes two minutes by itself
# plain build only: what is caught is in libvirt; it boots a guest under TCG
load helpers
load backup

setup_file() {
	local pool
	lab_begin 2
	for pool in made gone larger wiped live; do lab pool h1 $pool --loop 96M; done
	lab pool h1 kept --loop 96M
	lab pool h1 big
	lab pool h2 far --loop 96M
	for pool in t1 t2 t3; do
		lab pool h1 $pool --dir /srv/shared/$pool
		lab pool h2 $pool --dir /srv/shared/$pool
		printf '[pool %s]\nshared = yes\n' $pool >>"$VCL_CONFIG"
	done
	printf '[control]\njobs-per-node = 20\n' >>"$VCL_CONFIG"
	for pool in h1 h2; do lab virsh $pool pool-destroy t2; done
	stack reload-agent
	guest_in live web1 --verify
	lab virsh h1 start web1
	guest_in big tiny1 --tiny --disk 8M
	lab virsh h1 start tiny1 --paused
	guest_in big big1 --tiny --disk 300M
	lab exec h1 qemu-io -c "write -P 0x5a 0 300M" /srv/local/big/big1-0.qcow2 >/dev/null
	for pool in 1 2; do
		truncate -s 16M "$LAB_DIR/hosts/h1/local/volume"
		lab exec h1 cp /srv/local/volume "/srv/local/gone/gone$pool.raw"
		lab exec h1 cp /srv/local/volume "/srv/local/wiped/wiped$pool.raw"
		lab exec h1 qemu-img create -q -f qcow2 "/srv/local/larger/larger$pool.qcow2" 16M
	done
	lab wait web1 LAB-SEQ 90
	within 20 all_is_seen
	virtcluster backup big1 --pool big --wait
	backup web1 --pool kept
	backup web1
	many_catalogues
}

teardown() { thaw; }
teardown_file() { lab_end; }

# guest_in POOL NAME OPTION...: its disk in that pool of h1, not started
guest_in() {
	lab guest h1 "${@:2}" --no-start
	lab exec h1 mv "/srv/shared/$2-0.qcow2" "/srv/local/$1/"
	lab virsh h1 dumpxml "$2" | sed "s|/srv/shared/$2-0|/srv/local/$1/$2-0|" >"$LAB_DIR/moved.xml"
	lab virsh h1 define "$LAB_DIR/moved.xml"
}

# A scan has to read all of them to find that they are not what they are called.
many_catalogues() {
	# shellcheck disable=SC2016
	lab exec h1 sh -c 'cd /srv/local/big; for n in $(seq 200); do cp *-??????.vclbackup copy$n.vclbackup; done'
}

# --- what there is

declare -gA POOLS=([h1]="made gone larger wiped live kept big t1 t2 t3" [h2]="far t1 t2 t3")

# Pools with their states, volumes with their sizes, VMs.
picture() {
	local host pool words
	for host in h1 h2; do
		words=
		for pool in ${POOLS[$host]}; do
			words+="pool-refresh $pool; echo POOL $pool; vol-list $pool --details; "
		done
		lab virsh $host "$words" 2>/dev/null | awk -v h=$host '
			$1 == "POOL" { pool = $2; $1 = $2 = ""; $0 = $0 }
			$3 == "file" { print h, pool, $1, $4, $5 }'
		lab virsh $host pool-list --all | awk -v h=$host '/active/ { print h, "pool", $1, $2 }'
		lab virsh $host list --all --name | awk -v h=$host 'NF { print h, "vm", $1 }'
	done | sort
}
all_is_seen() {
	[ "$(column vclPoolNodeState | wc -l)" = 14 ] && vm_is web1 running && vm_is big1 shutOff &&
		[ -n "$(index_of vclVolumeName web1-0.qcow2)" ] && [ -n "$(index_of vclVolumeName big1-0.qcow2)" ] &&
		node_cell_is vclNodeState h2 "${NODE[online]}"
}

# --- what is caught, and how

FROZEN=$BATS_RUN_TMPDIR/frozen

freeze() { # HOST POOL...
	local pool
	for pool in "${@:2}"; do
		echo "$1 $pool" >>"$FROZEN"
		lab exec "$1" fsfreeze -f "/srv/local/$pool"
	done
}
thaw() {
	local host pool
	lab resume h1
	[ -e "$FROZEN" ] || return 0
	while read -r host pool; do
		lab exec "$host" fsfreeze -u "/srv/local/$pool" </dev/null ||
			echo "$pool of $host is frozen still"
	done <"$FROZEN"
	rm -f "$FROZEN"
}
# stuck HOST N COMMAND: so many of its threads wait for a file system
stuck() { [ "$(lab exec "$1" ps -eLo stat=,args= | grep -cE "^D.*[/ ]$3( |\$)")" -ge "$2" ]; }
runs() { [ "$(job_cell vclJobState "$1")" = 2 ]; }
step_is() { [[ $(job_cell vclJobStep "$1") == *"$2"* ]]; }
reads() { [ "$(job_cell vclJobProcessed "$1" | grep -E '^[0-9]+$')" -gt 0 ]; }

# A round's table, one job a line, with | between
#	words
#	"back": it can be cancelled, and nothing of it stays; "on": libvirt ends what it has begun
#	its state after the agent was killed, and its sentence then
#	what it adds to the picture, what it takes from it: patterns, with ; between
#	the answer to the same words again after the agent was killed, and after the job was
#	cancelled, or could not be; nothing: it is done; with ? before it: either
declare -a ROWS JOBS

ask() { # PATTERN: those rows
	local row words
	for row in "${!ROWS[@]}"; do
		words=${ROWS[row]%%|*}
		# shellcheck disable=SC2053
		[[ $words == $1 ]] || continue
		# shellcheck disable=SC2086
		JOBS[row]=$(queued $words)
		echo "job ${JOBS[row]}: $words"
		[ -n "${JOBS[row]}" ]
	done
	ASKED=$(now_ms)
}
job_of() { # PATTERN
	local row
	for row in "${!ROWS[@]}"; do
		# shellcheck disable=SC2053
		[[ ${ROWS[row]%%|*} == $1 ]] && echo "${JOBS[row]}"
	done
}
fields() { IFS='|' read -r WORDS KIND STATE SENTENCE MORE LESS AGAIN_KILLED AGAIN_CANCELLED <<<"${ROWS[$1]}"; }
all_run() {
	local job
	for job in "${JOBS[@]}"; do runs "$job" || return 1; done
}

# patterns more|less [back]: one a line, of all rows or of those that go back
patterns() {
	local row
	for row in "${!ROWS[@]}"; do
		fields "$row"
		[ -z "${2:-}" ] || [ "$KIND" = back ] || continue
		[ "$1" = less ] || LESS=$MORE
		[ -z "$LESS" ] || tr ';' '\n' <<<"$LESS"
	done
}
# differs_by BEFORE AFTER: in nothing but what was asked for
differs_by() {
	local came went
	came=$(comm -13 <(echo "$1") <(echo "$2"))
	went=$(comm -23 <(echo "$1") <(echo "$2"))
	echo "came: $came"
	echo "went: $went"
	fails grep -qvxEf <(patterns more; echo) <<<"$came"
	fails grep -qvxEf <(patterns less; echo) <<<"$went"
	CAME=$came WENT=$went
}
nothing_half_made() { # BEFORE
	differs_by "$1" "$(picture)"
	fails grep -qxEf <(patterns more back; echo NOTHING) <<<"$CAME"
}
all_done() { # BEFORE
	differs_by "$1" "$(picture)"
	[ "$(grep -c . <<<"$CAME")" = "$(patterns more | wc -l)" ]
	[ "$(grep -c . <<<"$WENT")" = "$(patterns less | wc -l)" ]
}

# over ROW STATE PATTERN: so, and in one sentence
over() {
	local error
	within 60 job_ended "${JOBS[$1]}"
	error=$(job_cell vclJobError "${JOBS[$1]}")
	echo "${ROWS[$1]%%|*}: state $(job_cell vclJobState "${JOBS[$1]}") $error"
	[ "$(job_cell vclJobState "${JOBS[$1]}")" = "$2" ]
	[ "$2" = "$SUCCEEDED" ] || [ -n "$error" ]
	[[ $error == *"$3"* ]]
	[ "$(wc -l <<<"$error")" = 1 ]
}
again() { # ROW ANSWER
	fields "$1"
	# shellcheck disable=SC2086
	run virtcluster $WORDS --wait
	echo "again: $WORDS: $output"
	[ "$status" != 0 ] || [ -z "${2%%\?*}" ] || return 1
	if [ "$status" != 0 ]; then
		[ -n "$2" ]
		[ "$(grep -c ^virtcluster: <<<"$output")" = 1 ]
		[[ ${lines[-1]} == virtcluster:*"${2#\?}"* ]]
	fi
}
later_than_the_same() { until [ "$(now_ms)" -gt $((ASKED + 2100)) ]; do sleep 0.1; done; }

web1_is_well() {
	local vm
	[ "$(virsh_state h1 web1)" = running ]
	for vm in web1 tiny1; do
		[ -z "$(lab virsh h1 blockjob $vm vda --info 2>/dev/null | grep '[0-9]')" ]
		no_job h1 $vm
	done
	[ "$(lab virsh h1 domblkerror web1)" = "No errors found" ]
	goes_on web1
}

# The agent was killed and runs again.
judge_killed() { # BEFORE
	local row
	for row in "${!ROWS[@]}"; do
		fields "$row"
		over "$row" "${!STATE}" "$SENTENCE"
	done
	within 20 all_is_seen
	nothing_half_made "$1"
	web1_is_well
	later_than_the_same
	for row in "${!ROWS[@]}"; do
		fields "$row"
		again "$row" "$AGAIN_KILLED"
	done
	all_done "$1"
}

cancel_all() {
	local row
	for row in "${!ROWS[@]}"; do
		fields "$row"
		run virtcluster cancel "${JOBS[row]}"
		echo "$output"
		if [ "$KIND" = back ]; then
			[ "$status" = 0 ]
		else
			[ "$status" != 0 ]
			[ "${#lines[@]}" = 1 ]
			[[ $output == *"is running and cannot be stopped"* ]]
		fi
	done
}

judge_cancelled() { # BEFORE
	local row
	for row in "${!ROWS[@]}"; do
		fields "$row"
		if [ "$KIND" = back ]; then
			over "$row" "$CANCELLED" cancelled
		else
			over "$row" "$SUCCEEDED" ""
		fi
	done
	nothing_half_made "$1"
	web1_is_well
	later_than_the_same
	for row in "${!ROWS[@]}"; do
		fields "$row"
		again "$row" "$AGAIN_CANCELLED"
	done
	all_done "$1"
}

# --- volumes: made, deleted, larger, wiped

volume_jobs() { # N
	local from=$((32 + 8 * ($1 - 1))) to=$((32 + 8 * $1))
	mapfile -t ROWS <<-EOT
		volume-create made new$1.qcow2 32M --whole|back|INTERRUPTED|volume new$1.qcow2 was not made|h1 made new$1.qcow2 32.00 MiB||
		volume-delete gone$1.raw|on|INTERRUPTED|see what has become of it||h1 gone gone$1.raw 16.00 MiB|no volume is called|no volume is called
		volume-resize larger$1.qcow2 24M|on|INTERRUPTED|see what has become of it|h1 larger larger$1.qcow2 24.00 MiB|h1 larger larger$1.qcow2 16.00 MiB|24 MiB already|24 MiB already
		volume-wipe wiped$1.raw|on|INTERRUPTED|see what has become of it||||
		volume-resize web1-0.qcow2 ${to}M|on|INTERRUPTED|see what has become of it|h1 live web1-0.qcow2 $to.00 MiB|h1 live web1-0.qcow2 $from.00 MiB|$to MiB already|$to MiB already
	EOT
}
catch_volume_jobs() {
	freeze h1 made gone larger wiped live
	ask '*'
	within 20 all_run
	within 20 stuck h1 2 libvirtd
	within 20 stuck h1 2 qemu-img
	within 20 step_is "$(job_of '*web1-0*')" "under the running VM"
}

@test "volumes are made, deleted, resized, wiped, and the agent is killed" {
	local before
	before=$(picture)
	volume_jobs 1
	catch_volume_jobs
	stack kill-agent
	stack start-agent
	sleep 2 # libvirt is still at work when the next agent looks
	thaw
	judge_killed "$before"
}

@test "volumes are made, deleted, resized, wiped, and that is cancelled" {
	local before
	before=$(picture)
	volume_jobs 2
	catch_volume_jobs
	cancel_all
	thaw
	judge_cancelled "$before"
}

# --- what reads backups or deletes one, and pools, which are done on h2 and not yet on h1

reading_jobs() {
	local big last
	big=$(last_backup big1) last=$(last_backup web1)
	[ "$(kind_of "$last")" = incremental ]
	mapfile -t ROWS <<-EOT
		backup-delete $last|on|SUCCEEDED|||h1 kept $last-vda.qcow2 .*;h1 kept $last.vclbackup .*|no backup is called|no backup is called
		backup-verify $big|back|INTERRUPTED|see what has become of it||||
		backup-scan big|back|INTERRUPTED|see what has become of it||||
		pool-refresh t1|on|INTERRUPTED|see what has become of it||||
	EOT
	mapfile -t -O ${#ROWS[@]} ROWS <<<"$1"
}
# libvirtd goes on for moments, until the first octets have been read.
catch_reading() {
	lab pause h1
	ask 'backup-verify*'
	ask 'backup-scan*'
	within 20 reads_a_little
	runs "$(job_of 'backup-verify*')"
	runs "$(job_of 'backup-scan*')"
}
reads_a_little() {
	lab pulse h1 0.05
	sleep 0.3
	reads "$(job_of 'backup-verify*')"
}
catch_reading_jobs() {
	freeze h1 kept
	ask 'backup-delete*'
	within 20 stuck h1 1 libvirtd
	catch_reading
	ask 'pool-*'
	within 20 all_run
	within 20 pool_on_h2 "$1" "$2"
}
pool_on_h2() { lab virsh h2 pool-list --all | grep -qE "$1 +$2 "; }

# A libvirtd that loses a client in the middle of a stream may fall (9.0), and takes a pool whose
# directory is there for active when it comes back.
@test "backups are verified, sought, deleted, pools started and stopped, and the agent is killed" {
	local before
	before=$(picture)
	reading_jobs "pool-start t2|on|INTERRUPTED|see what has become of it|h1 pool t2 active;h2 pool t2 active|h1 pool t2 inactive;h2 pool t2 inactive|?not inactive on any node|
pool-stop t3|on|INTERRUPTED|see what has become of it|h1 pool t3 inactive;h2 pool t3 inactive|h1 pool t3 active;h2 pool t3 active||"
	catch_reading_jobs t3 inactive
	stack kill-agent
	thaw
	stack start-agent
	judge_killed "$before"
	[ "$(virtcluster --json show backup "$(last_backup big1)" | jq -r .vclBackupCheck)" = good ]
}

@test "backups are verified, sought, deleted, pools started and stopped, and that is cancelled" {
	local before
	backup web1
	before=$(picture)
	reading_jobs "pool-start t3|on|INTERRUPTED||h1 pool t3 active;h2 pool t3 active|h1 pool t3 inactive;h2 pool t3 inactive||not inactive on any node
pool-stop t2|on|INTERRUPTED||h1 pool t2 inactive;h2 pool t2 inactive|h1 pool t2 active;h2 pool t2 active||not running on any node"
	catch_reading_jobs t2 inactive
	cancel_all
	thaw
	judge_cancelled "$before"
	[ "$(virtcluster --json show backup "$(last_backup big1)" | jq -r .vclBackupCheck)" = good ]
}

# --- snapshots, and what a clone does when it has its copy and carries it to another host

vm_jobs() { # N
	mapfile -t ROWS <<-EOT
		snapshot-create web1 s$1|on|INTERRUPTED|see what has become of it|h1 live web1.*s$1.* .*||one of that name already|one of that name already
		clone tiny1 c$1 --node h2 --pool far|back|INTERRUPTED|what there was of the clone was removed|h2 far c$1-[0-9a-f]{8}-vda.qcow2 .*;h2 vm c$1|||
	EOT
}
catch_vm_jobs() {
	freeze h1 live
	freeze h2 far
	ask '*'
	within 20 stuck h1 1 libvirtd
	within 20 step_is "$(job_of 'clone*')" "copying disk vda to h2"
	within 20 stuck h2 1 libvirtd
	all_run
}

@test "a snapshot is made, a clone carried to another host, and the agent is killed" {
	local before
	before=$(picture)
	vm_jobs 1
	catch_vm_jobs
	stack kill-agent
	stack start-agent
	sleep 2
	thaw
	judge_killed "$before"
}

@test "a snapshot is made, a clone carried to another host, and that is cancelled" {
	local before
	before=$(picture)
	vm_jobs 2
	catch_vm_jobs
	cancel_all
	thaw
	judge_cancelled "$before"
}

@test "after all that the next backup is upon the first, and whole" {
	local first last
	first=$(last_backup web1)
	backup web1
	last=$(last_backup web1)
	reason_of "$last"
	[ "$(kind_of "$last")" = incremental ]
	[ "$(virtcluster --json show backup "$last" | jq -r .vclBackupBase)" = "$(index_of vclBackupName "$first")" ]
	virtcluster backup-verify "$last" --wait
	web1_is_well
}

@test "nothing went wrong in the daemon" {
	log_is_clean
}
