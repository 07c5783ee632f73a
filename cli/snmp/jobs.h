/*
 * Jobs over SNMP: asked for in words, followed and cancelled.
 */
#ifndef VCL_CLI_SNMP_JOBS_H
#define VCL_CLI_SNMP_JOBS_H

#include <json-glib/json-glib.h>

#include "cli/snmp/manager.h"

/*
 * Writes the words to vclCommand, once.  `job`: the number of the job that came of it, 0:
 * nothing is to be done.  False with the daemon's own sentence when it was refused.
 */
bool snmp_submit(struct manager *, JsonArray *words, uint32_t *job, GError **);

/* The job's row; NULL with an error. */
JsonObject *snmp_job(struct manager *, uint32_t job, GError **);

bool snmp_cancel(struct manager *, uint32_t job, GError **);

/* Words as one line that vclCommand takes apart again.  Free it. */
char *snmp_command_text(JsonArray *words);

/* A job that is waited for. */
struct snmp_follow;
struct snmp_follow *snmp_follow_new(struct manager *, uint32_t job);
void snmp_follow_free(struct snmp_follow *);

/*
 * The job's row when it has changed.  NULL and `over` after the last one; NULL with an error
 * of CLIENT_ERROR_TIMEOUT when nothing has changed for so long.
 */
JsonObject *snmp_follow_next(struct snmp_follow *, int timeout_ms, bool *over, GError **);

#endif
