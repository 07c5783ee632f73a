# Schedules: backups come by themselves and go again, whatever happens to the daemon; what
# is overdue or fails is an alarm.  Judged by the files in the pool and by traps.
# plain build only: it waits for points in time
load helpers
load backup

setup_file() {
	lab_begin 1
	lab pool h1 vault --dir /srv/shared/vault
	lab pool h1 disks --dir /srv/shared
	lab pool h1 small --loop 24M
	mkdir -p "$LAB_DIR/shared/vault"
	lab guest h1 web1 --verify --disk 16M
	lab guest h1 db1 --verify --disk 8M
	lab wait web1 LAB-SEQ 90
	lab wait db1 LAB-SEQ 90
	within 10 vm_is web1 running
	within 20 has_pool vault
	within 20 has_pool small
}

teardown_file() { lab_end; }

has_pool() { [ -n "$(index_of vclPoolName "$1")" ]; }

# schedules TEXT: all that the configuration says of them
schedules() {
	sed -i '/^\[backup /,$d' "$VCL_CONFIG"
	printf '%b\n' "$1" >>"$VCL_CONFIG"
	stack reload-agent
}
schedule_cell() { get "$1.1" | tr -d '"'; }
count() { backups_of "$1" | wc -l; }
has_at_least() { [ "$(count "$1")" -ge "$2" ]; }
# jobs TYPE...: of schedules, "NUMBER OBJECT STATE"
jobs() {
	virtcluster --json jobs | jq -r --arg type "$1" '.[] | select(.vclJobType == $type and
		.vclJobOrigin == "cluster") | "\(.vclJobIndex) \(.vclJobObjectName) \(.vclJobState)"' | sort -n
}
failed_jobs() { jobs "$1" | grep -c failed; }
has_deleted() { [ "$(jobs backupDelete | grep -c succeeded)" -ge "$1" ]; }
# What the pool has is what the table says, and each has what it is upon.
is_whole() {
	local bases
	[ "$(files h1 vault | grep -c 'vclbackup$')" = "$(column vclBackupState | grep -c ' 1$')" ] || return 1
	bases=$(column vclBackupBase | awk '$2 != 0 { print $2 }')
	[ -z "$(comm -23 <(sort -u <<<"$bases" | sed '/^$/d') <(column vclBackupName | cut -d' ' -f1 | sort -u))" ]
}
in_health() { [[ $(vm_cell vclVmHealthReason "$1") == *"$2"* ]]; }
# Never two jobs of schedules for one VM
one_at_a_time() { [ -z "$(jobs backup | awk '/waiting|running/ { print $2 }' | sort | uniq -d)" ]; }

schedule_is_idle() { [ "$(schedule_cell vclScheduleName) $(schedule_cell vclScheduleDue)" = "daily 0" ]; }
reason_is() { [ "$(virtcluster --json schedules | jq -r '.[].vclScheduleReason')" = "$1" ]; }
full_failed() { virtcluster --json jobs | jq '[.[] | select(.vclJobRequester == "schedule full" and .vclJobState == "failed")] | length'; }
has_failed() { [ "$(full_failed)" -ge 1 ]; }
at_most_failed() { [ "$(full_failed)" -le "$1" ]; }
no_schedule() { [ "$(get vclScheduleNumber.0)" = 0 ]; }
is_known() { [ "$(get vclScheduleNumber.0)" = 1 ]; }
no_more_jobs_than() { [ "$(jobs backup | wc -l)" -le "$1" ]; }

@test "a configuration that is wrong: file, line and key; the running one stays" {
	schedules '[backup often]\nvms = *\npool = vault\nschedule = hourly 60'
	within 5 grep -q 'schedule = hourly 60: hourly \[MINUTE\], daily HH:MM' <(stack log)
	run "$VCL_BUILD/virtclusterd" --config "$VCL_CONFIG" --check-config
	[ "$status" -ne 0 ]
	[[ $output == *"$VCL_CONFIG:$(grep -n 'hourly 60' "$VCL_CONFIG" | cut -d: -f1): schedule = "* ]]
	[ "$(get vclScheduleNumber.0)" = 0 ]
}

@test "they come by themselves, one after the other, and those that are not kept go" {
	schedules '[backup often]\nvms = *\npool = vault\nschedule = every 10s\nparallel = 2\nfull-every = 2\nkeep-last = 1'
	within 20 has_at_least db1 1
	within 20 has_at_least web1 1
	[ "$(kind_of "$(backups_of web1 | head -1)")" = full ]
	virtcluster --json jobs | jq -e 'map(select(.vclJobType == "backup")) |
		all(.vclJobRequester == "schedule often" and .vclJobOrigin == "cluster")'
	[ "$(schedule_cell vclScheduleName) $(schedule_cell vclScheduleVms)" = "often 2" ]
	within 60 has_deleted 2
	within 10 is_whole
	# one is kept, with what it is upon; others are on their way out
	[ "$(count web1)" -le 4 ]
	one_at_a_time
	virtcluster schedules
	virtcluster schedules | grep -E '^often +every 10s +2 '
	goes_on web1
}

@test "the daemon is killed in the middle: it goes on, with one for what it missed" {
	local before last
	stack kill-agent
	last=$(ls "$LAB_DIR/shared/vault" | grep -c 'vclbackup$')
	sleep 11 # at least one point goes by
	[ "$(ls "$LAB_DIR/shared/vault" | grep -c 'vclbackup$')" = "$last" ]
	stack start-agent
	within 20 vm_is web1 running
	before=$(jobs backup | grep -c web1)
	stays 8 one_at_a_time
	[ "$(jobs backup | grep -c web1)" -le $((before + 2)) ]
	within 40 has_at_least web1 2
	within 20 is_whole
	goes_on web1
}

@test "a daily one whose time has been is not due" {
	local before
	schedules "[backup daily]\nvms = web1\npool = vault\nschedule = daily $(date -d '1 hour ago' +%H:%M)"
	within 20 schedule_is_idle
	before=$(jobs backup | wc -l)
	stays 8 no_more_jobs_than "$before"
	[ "$(schedule_cell vclScheduleVms)" = 1 ]
	[ "$(get vclScheduleNumber.0)" = 1 ]
}

@test "a pool that is not there: said, overdue after a while, and well again" {
	local mark
	mark=$(trap_mark)
	schedules '[backup lost]\nvms = web1\npool = nowhere\nschedule = every 10s\noverdue = 5s'
	within 20 in_health web1 "VM web1 has no backup of schedule lost"
	within 5 got_trap "$mark" "$(oid vclAlarmRaised)" '"vmBackupOverdue"' '"web1"'
	[ "$(vm_cell vclVmHealth web1)" = 1 ]
	within 10 reason_is 'VM web1: no pool is called "h1/nowhere"'
	[ "$(schedule_cell vclScheduleOverdue)" = 1 ]
	mark=$(trap_mark)
	schedules '[backup found]\nvms = web1\npool = vault\nschedule = every 10s\noverdue = 1m'
	within 20 got_trap "$mark" "$(oid vclAlarmCleared)" '"web1"' '"ok"'
	within 5 vm_cell_is vclVmHealth web1 0
}

@test "a pool that is full: an alarm, and attempts that wait longer each time" {
	local mark
	mark=$(trap_mark)
	lab exec h1 dd if=/dev/zero of=/srv/local/small/a bs=1M status=none || true
	lab exec h1 dd if=/dev/zero of=/srv/local/small/b bs=1k status=none || true
	schedules '[backup full]\nvms = web1\npool = small\nschedule = every 10m'
	within 30 got_trap "$mark" "$(oid vclAlarmRaised)" '"vmBackupFailed"' '"web1"'
	in_health web1 "the last backup of VM web1 failed: "
	within 10 has_failed
	stays 8 at_most_failed 1
	[ "$(schedule_cell vclScheduleFailed)" = 1 ]
	goes_on web1
	mark=$(trap_mark)
	virtcluster backup web1 --pool vault --wait
	within 5 got_trap "$mark" "$(oid vclAlarmCleared)" '"web1"' '"ok"'
	within 5 vm_cell_is vclVmHealth web1 0
}

@test "nobody asks for anything where no schedule is, or control is off" {
	local before
	schedules ''
	within 10 no_schedule
	before=$(jobs backup | wc -l)
	schedules '[backup often]\nvms = *\npool = vault\nschedule = every 10s'
	sed -i 's/^control *=.*/control = off/' "$VCL_CONFIG"
	stack reload-agent
	within 15 is_known
	stays 8 no_more_jobs_than "$before"
}

@test "the daemon's log is clean" { log_is_clean; }
