# What the tests of backups share: a guest whose records tell what was on its disk when.
# shellcheck shell=bash

SUCCEEDED=3 FAILED=4 CANCELLED=5 INTERRUPTED=6
export SUCCEEDED FAILED CANCELLED INTERRUPTED

job_cell() { get "$1.$2" | tr -d '"'; }
job_ended() { [ "$(job_cell vclJobState "$1")" -ge 3 ]; }
queued() { virtcluster "$@" | sed -n 's/^job \([0-9]*\) queued.*/\1/p'; }

# backup VM OPTION...: what is asked for again within two seconds would be the same job, so
# each has a limit of its own, which is none
backup() { virtcluster backup "$@" --bandwidth $((100000 + $(now_ms) % 100000)) --wait; }
# That cannot be told apart otherwise
not_the_same() { sleep 2.1; }

# records PATH: the numbers that are on an image with those below it, as host $2 sees them
records() {
	rm -f "$LAB_DIR/shared/raw"
	lab exec "${2:-h1}" qemu-img convert -U -O raw "$1" /srv/shared/raw
	grep -a -o 'LAB-RECORD [0-9]*' "$LAB_DIR/shared/raw" | cut -d' ' -f2 | sort -n
}
newest() { records "$@" | tail -1; }

# backup_cell COLUMN NAME
backup_cell() { get "$1.$(index_of vclBackupName "$2")" | tr -d '"'; }
backups_of() { virtcluster --json backups --vm "$1" --state complete | jq -r '.[].vclBackupName' | sort; }
last_backup() { backups_of "$1" | tail -1; }
# kind_of NAME
kind_of() { virtcluster --json show backup "$1" | jq -r .vclBackupKind; }
reason_of() { virtcluster --json show backup "$1" | jq -r .vclBackupReason; }

checkpoints() { lab virsh "$1" checkpoint-list "$2" --name | sed '/^$/d' | sort; }
# files HOST POOL
files() { lab virsh "$1" "pool-refresh $2; vol-list $2" | awk '/vclbackup|qcow2/ { print $1 }' | sort; }
no_job() { lab virsh "$1" domjobinfo "$2" | grep -q 'None'; }
