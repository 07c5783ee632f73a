/* What is known of one job: what the job log keeps. */
#ifndef VCL_VMOPS_JOB_RECORD_H
#define VCL_VMOPS_JOB_RECORD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/request.h"
#include "vmops/ops.h"

struct job_record {
	uint32_t number;
	struct request request;
	uint32_t node;    /* index of the node where it ran, 0: it did not */
	uint32_t aim;     /* and of the one where it goes, as the agent chose it; 0: none */
	uint32_t autostart; /* 1: the VM started with its node when this began */
	uint32_t owned;   /* 1: from then on what it was to make is its own, see op_run.own */
	int32_t state;    /* enum job_state */
	int32_t cause;    /* enum job_cause */
	char error[256];  /* one sentence, "" unless it failed */
	struct op_progress progress;
	int64_t submitted_at, started_at, finished_at; /* microseconds since 1970 */
};

bool job_record_is_finished(const struct job_record *);

/* Finishes the record.  `sentence` is made valid UTF-8 and cut to fit; NULL: "". */
void job_record_finish(struct job_record *, enum job_state, enum job_cause,
    const char *sentence);

/* Replaces, in a buffer of that size, what is not UTF-8 or not printable; ends it. */
void job_text_clean(char *text, size_t size);

/* Copies a text (NULL: "") that is made valid in that way, and cut at a character. */
void job_text_copy(char *to, size_t size, const char *from);

#endif
