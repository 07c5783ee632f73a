# Backups of a guest that goes on writing, judged by the images and by what the guest had
# confirmed when they were taken.
load helpers
load backup

setup_file() {
	lab_begin 2
	mkdir -p "$LAB_DIR/shared/backups" "$LAB_DIR/shared/second"
	for h in h1 h2; do
		lab pool $h backups --dir /srv/shared/backups
		lab pool $h disks --dir /srv/shared
		lab pool $h second --dir /srv/shared/second
	done
	printf '[pool %s]\nshared = yes\n' backups disks second >>"$VCL_CONFIG"
	stack reload-agent
	lab guest h1 web1 --verify --disk 32M --disk 16M
	lab guest h1 off1 --tiny --no-start --disk 8M
	lab wait web1 LAB-SEQ 90
	within 10 vm_is web1 running
	within 10 node_cell_is vclNodeState h2 "${NODE[online]}"
	within 10 vm_is off1 shutOff
	within 10 test_pool
	mkdir -p "$LAB_DIR/conf"
	printf 'defVersion 2c\ndefCommunity private\n' >"$LAB_DIR/conf/snmp.conf"
}

teardown_file() { lab_end; }

test_pool() { [ -n "$(index_of vclPoolName backups)" ]; }
by_snmp() {
	SNMPCONFPATH=$LAB_DIR/conf SNMP_PERSISTENT_DIR=$LAB_DIR/conf \
		"$VCL_BUILD/virtcluster" --agent "$VCL_SNMP" "$@"
}

# taken OPTION...: a backup, whose newest record lies between what was confirmed before and after
taken() {
	local before after name found
	before=$(last_seq web1)
	backup web1 "$@"
	after=$(last_seq web1)
	name=$(last_backup web1)
	found=$(newest "/srv/shared/backups/$name-vda.qcow2")
	echo "$name: $found is from $before to $after"
	[ "$found" -ge "$before" ]
	[ "$found" -le $((after + 10)) ]
	no_gaps "/srv/shared/backups/$name-vda.qcow2" "$found"
	echo "$name $found" >>"$LAB_DIR/points"
}

# The last 200 records are in slots of their own, in several clusters
no_gaps() {
	local want=$(($2 < 200 ? $2 : 200))
	[ "$(records "$1" | awk -v n="$2" -v want=$want '$1 > n - want && $1 <= n' | sort -un | wc -l)" = $want ]
}

# moves POOL: its first disk, under it
moves() {
	within 20 has_volume web1-0.qcow2
	virtcluster volume-move web1-0.qcow2 "$1" --wait
	goes_on web1
}
both_have_it() { [ "$(get "vclPoolNodes.$(index_of vclPoolName backups)")" = 2 ]; }
has_volume() { [ -n "$(index_of vclVolumeName "$1")" ]; }

@test "its disk moves under it, and it is kept in a snapshot that is given up" {
	moves second
	virtcluster snapshot-create web1 before --wait
	goes_on web1
	virtcluster snapshot-delete web1 before --wait
	goes_on web1
}

@test "a full one and three incremental ones, each of its instant" {
	run virtcluster backup web1 --wait
	[ "$status" -ne 0 ]
	[[ $output == *"web1 has not been backed up yet"* ]]
	taken --pool backups
	within 40 seq_beyond web1 $(($(last_seq web1) + 30))
	taken
	within 40 seq_beyond web1 $(($(last_seq web1) + 30))
	taken
	within 40 seq_beyond web1 $(($(last_seq web1) + 30))
	taken --quiesce
	good web1
	virtcluster backups --vm web1
	[ "$(backups_of web1 | wc -l)" = 4 ]
	[ "$(virtcluster --json backups | jq -r '.[].vclBackupKind' | xargs)" = "full incremental incremental incremental" ]
	[ "$(virtcluster --json backups | jq -r '.[].vclBackupQuiesced' | xargs)" = "true true true true" ]
	[ "$(checkpoints h1 web1 | wc -l)" = 4 ]
	# each is read by what is in its directory alone
	local name found
	while read -r name found; do
		[ "$(newest "/srv/shared/backups/$name-vda.qcow2")" = "$found" ]
	done <"$LAB_DIR/points"
	[ "$(lab exec h1 qemu-img info "/srv/shared/backups/$(last_backup web1)-vda.qcow2" --output json |
		jq -r '."backing-filename"')" = "$(backups_of web1 | sed -n 3p)-vda.qcow2" ]
	[ -z "$(index_of vclAlarmName web1)" ]
}

# SNMP has tenths of a second
WITHOUT_TIMES='map(del(.vclBackupAge, .vclBackupInstant, .vclBackupCheckedAt))'

@test "what the tables tell" {
	local name index
	name=$(last_backup web1)
	index=$(index_of vclBackupName "$name")
	[ "$(get vclBackupNumber.0)" = 4 ]
	[ "$(backup_cell vclBackupVm "$name")" = "$(vm_index web1)" ]
	[ "$(backup_cell vclBackupPool "$name")" = "$(index_of vclPoolName backups)" ]
	[ "$(backup_cell vclBackupBase "$name")" = "$(index_of vclBackupName "$(backups_of web1 | sed -n 3p)")" ]
	[ "$(backup_cell vclBackupDisks "$name")" = "vda vdb" ]
	[ "$(backup_cell vclBackupAge "$name")" -lt 120 ]
	[ "$(vm_cell vclVmLastBackupState web1)" = 1 ]
	[ "$(vm_cell vclVmLastBackupAge web1)" -lt 120 ]
	[[ $(vm_cell vclVmLastBackup off1) == No\ Such* ]]
	[ "$(by_snmp --json backups --vm web1 | jq "$WITHOUT_TIMES")" = \
		"$(virtcluster --json backups --vm web1 | jq "$WITHOUT_TIMES")" ]
	[ "$(virtcluster complete line -- backup-verify "" | sort)" = "$(backups_of web1)" ]
	[ "$index" = $(($(printf 'backup:%s' "$(backup_cell vclBackupUuid "$name")" | sha256sum | sed 's/^\(.\{8\}\).*/0x\1/') >> 1)) ]
}

@test "verified; a file that was changed is found out, and the next one is a full one" {
	local first last file
	first=$(backups_of web1 | head -1)
	last=$(last_backup web1)
	virtcluster backup-verify "$last" --wait
	[ "$(virtcluster --json show backup "$last" | jq -r .vclBackupCheck)" = good ]
	file=$LAB_DIR/shared/backups/$first-vdb.qcow2
	cp --sparse=always "$file" "$file.kept"
	printf x | dd of="$file" bs=1 seek=200000 conv=notrunc status=none
	not_the_same
	run virtcluster backup-verify "$last" --wait
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"$first-vdb.qcow2 is not what was written"* ]]
	[ "$(virtcluster --json show backup "$last" | jq -r .vclBackupCheck)" = bad ]
	taken
	[ "$(kind_of "$(last_backup web1)")" = full ]
	[[ $(reason_of "$(last_backup web1)") == *"$first was found to be bad"* ]]
	[ "$(checkpoints h1 web1)" = "vcl-$(last_backup web1)" ]
	cp "$file.kept" "$file"
	rm "$file.kept"
	not_the_same
	virtcluster backup-verify "$last" --wait
	[ "$(virtcluster --json show backup "$last" | jq -r .vclBackupCheck)" = good ]
}

@test "one that another is upon is not deleted; the newest is, and the next is upon the one before" {
	local first last
	first=$(last_backup web1)
	taken
	last=$(last_backup web1)
	[ "$(kind_of "$last")" = incremental ]
	run virtcluster backup-delete "$first" --wait
	[ "$status" -ne 0 ]
	[[ $output == *"backup $first cannot be deleted: $last is upon it"* ]]
	virtcluster backup-delete "$last" --wait
	[ "$(last_backup web1)" = "$first" ]
	[ "$(checkpoints h1 web1)" = "vcl-$first" ]
	[ -z "$(files h1 backups | grep "^$last")" ]
	taken
	[ "$(kind_of "$(last_backup web1)")" = incremental ]
	[ "$(virtcluster --json show backup "$(last_backup web1)" | jq -r .vclBackupBase)" = "$(index_of vclBackupName "$first")" ]
	goes_on web1
}

@test "one that is off is copied whole" {
	virtcluster backup off1 --pool backups --wait
	[ "$(kind_of "$(last_backup off1)")" = full ]
	[ "$(reason_of "$(last_backup off1)")" = "a full one: it was off" ]
	lab exec h1 qemu-img compare /srv/shared/off1-0.qcow2 "/srv/shared/backups/$(last_backup off1)-vda.qcow2"
	virtcluster backup-verify "$(last_backup off1)" --wait
	run virtcluster backup off1 --incremental --wait
	[ "$status" -ne 0 ]
	[[ $output == *"it was off"* ]]
}

# Without attempts that failed
names() { column vclBackupName | awk 'NF == 2' | sort; }

@test "the state file is lost: a scan finds them again, under the same indexes" {
	local before
	before=$(names)
	stack stop-agent
	rm -f "$LAB_DIR"/stack/state/state.db*
	stack start-agent
	within 20 vm_is web1 running
	within 20 both_have_it
	[ -z "$(virtcluster --json backups | jq -r '.[].vclBackupName')" ]
	printf '{ "format": ' >"$LAB_DIR/shared/backups/broken.vclbackup"
	virtcluster backup-scan backups --wait
	[ "$(names)" = "$before" ]
	taken
	[ "$(kind_of "$(last_backup web1)")" = incremental ]
}

checks() { virtcluster --json backups | jq -r '.[] | "\(.vclBackupName) \(.vclBackupCheck)"'; }

@test "a scan says whose catalogue is gone, and of no other" {
	local last file
	last=$(last_backup web1)
	file=$LAB_DIR/shared/backups/$last.vclbackup
	mv "$file" "$LAB_DIR/conf/kept"
	not_the_same
	virtcluster backup-scan backups --wait
	[ "$(checks | grep bad)" = "$last bad" ]
	mv "$LAB_DIR/conf/kept" "$file"
	virtcluster backup-verify "$last" --wait
	[ "$(checks | grep good)" = "$last good" ]
	[ -z "$(checks | grep bad)" ]
}

@test "after its disk has moved the next one is a full one, or has all that it needs" {
	moves disks
	taken
	virtcluster --json show backup "$(last_backup web1)" | jq -r '.vclBackupKind, .vclBackupReason'
	within 40 seq_beyond web1 $(($(last_seq web1) + 30))
	taken
	[ "$(kind_of "$(last_backup web1)")" = incremental ]
	goes_on web1
}

@test "after a migration the next one is a full one" {
	virtcluster migrate web1 h2 --wait
	within 10 vm_cell_is vclVmNodeName web1 h2
	taken
	[ "$(kind_of "$(last_backup web1)")" = full ]
	[[ $(reason_of "$(last_backup web1)") == *"checkpoint of the last one is gone"* ]]
	taken
	[ "$(kind_of "$(last_backup web1)")" = incremental ]
	goes_on web1
}

@test "after it went back to a snapshot the next one is a full one" {
	virtcluster snapshot-create web1 before --wait
	taken
	virtcluster snapshot-revert web1 before --power-off --wait
	[ -z "$(checkpoints h2 web1)" ]
	virtcluster start web1 --wait
	backup web1
	[ "$(kind_of "$(last_backup web1)")" = full ]
	lab exec h2 qemu-img compare -U "$(lab virsh h2 domblklist web1 | awk '$1 == "vdb" { print $2 }')" \
		"/srv/shared/backups/$(last_backup web1)-vdb.qcow2"
	virtcluster snapshot-delete web1 before --wait
	within 60 booted web1 2
	within 40 seq_beyond web1 20
}

@test "nothing went wrong in the daemon" {
	log_is_clean
}
