/*
 * The record of all backups, in the state file.  What it has can be read back from the
 * catalogues in the pools (backupScan), but for failed attempts and checks.
 *
 * Used by one thread at a time: the job manager's.
 */
#ifndef VCL_VMOPS_BACKUP_LOG_H
#define VCL_VMOPS_BACKUP_LOG_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* As struct backup, flat: it is handed from thread to thread. */
struct backup_record {
	char uuid[40], vm_uuid[40], base_uuid[40];
	char name[256], vm_name[256], pool_name[256], disks[256];
	char reason[256], check_reason[256], checkpoint[256];
	uint32_t pool, seconds;
	int32_t kind, state, quiesced, check;
	uint64_t size;
	int64_t taken_at, checked_at;
};

struct backup_log;

/* Opens DIR/state.db. */
struct backup_log *backup_log_open(const char *dir, GError **error);
void backup_log_close(struct backup_log *);

/* All of them; the caller owns the array and its struct backup_record. */
GPtrArray *backup_log_load(struct backup_log *, GError **error);

/* Adds or updates those (struct backup_record), and removes the others (UUIDs): all or none. */
bool backup_log_write(struct backup_log *, const GPtrArray *records, const GPtrArray *gone,
    GError **error);

#endif
