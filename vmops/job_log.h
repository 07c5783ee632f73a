/*
 * The job log: every job that was ever accepted and not yet pruned, in the state file.
 * Used by one thread at a time: the job manager's.
 */
#ifndef VCL_VMOPS_JOB_LOG_H
#define VCL_VMOPS_JOB_LOG_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/rows.h"
#include "vmops/job_record.h"

struct job_log;

/* Opens DIR/state.db. */
struct job_log *job_log_open(const char *dir, GError **error);
void job_log_close(struct job_log *);

/* The highest number of ours ever written, also if that job has been pruned. */
bool job_log_last_number(struct job_log *, uint32_t *out, GError **error);

/* All jobs, oldest first; the caller owns the array and its struct job_record. */
GPtrArray *job_log_load(struct job_log *, GError **error);

/* Adds or updates these records, all or none. */
bool job_log_write(struct job_log *, const struct job_record *const *, size_t n,
    GError **error);

/* What VMs shall be: index -> struct wish; unreference it. */
GHashTable *job_log_load_wishes(struct job_log *, GError **error);
bool job_log_write_wish(struct job_log *, const struct wish *, GError **error);

/* A node that is out of service. */
struct mark_record {
	uint32_t node; /* its index */
	char reason[256];
	int64_t since_at;
};

/* Appends to the array of struct mark_record; writes it in the place of the one before. */
bool job_log_load_marks(struct job_log *, GArray *out, GError **error);
bool job_log_write_marks(struct job_log *, const GArray *, GError **error);

/* Removes jobs, all or none. */
bool job_log_remove(struct job_log *, const uint32_t *numbers, size_t n, GError **error);

#endif
