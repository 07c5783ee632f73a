/* vclJobs and vclEvents: what was asked for, what happened, what is wrong. */
#include "model/tables_private.h"

COUNT_OF(job, ROWS_JOB)
COUNT_OF(advice, ROWS_ADVICE)
COUNT_OF(sequence, ROWS_SEQUENCE)
COUNT_OF(event, ROWS_EVENT)
COUNT_OF(alarm, ROWS_ALARM)

#define ROW struct cluster_info
static const struct column jobs_columns[] = {
	{ 1, "vclJobNumber",          FUNC(SYN_GAUGE, job_number) },
	{ 2, "vclJobTableLastChange", FUNC(SYN_STAMP, job_changed) },
	{ 5, "vclAdviceNumber",       FUNC(SYN_GAUGE, advice_number) },
	{ 6, "vclAdviceTableLastChange", FUNC(SYN_STAMP, advice_changed) },
	{ 7, "vclSequenceNumber",     FUNC(SYN_GAUGE, sequence_number) },
	{ 8, "vclSequenceTableLastChange", FUNC(SYN_STAMP, sequence_changed) },
};

#undef ROW
#define ROW struct job
static const struct column job_columns[] = {
	{ 1,  "vclJobIndex",       UNSIGNED(h.index), KEY },
	{ 2,  "vclJobObjectName",  TEXT(object_name) },
	{ 3,  "vclJobType",        ENUM(type, job_type_names) },
	{ 4,  "vclJobObjectKind",  ENUM(kind, object_kind_names) },
	{ 5,  "vclJobObjectIndex", UNSIGNED(object) },
	{ 6,  "vclJobObjectUuid",  TEXT(object_uuid) },
	{ 7,  "vclJobNode",        INDEX(node) },
	{ 8,  "vclJobArgument",    TEXT(argument) },
	{ 9,  "vclJobState",       ENUM(state, job_state_names) },
	{ 10, "vclJobCause",       ENUM(cause, job_cause_names) },
	{ 11, "vclJobError",       TEXT(error) },
	{ 12, "vclJobProgress",    GAUGE(progress) },
	{ 13, "vclJobOrigin",      ENUM(origin, origin_names) },
	{ 14, "vclJobRequester",   TEXT(requester) },
	{ 15, "vclJobSubmitted",   DATE(submitted_at) },
	{ 16, "vclJobStarted",     DATE(started_at) },
	{ 17, "vclJobFinishedAt",  DATE(finished_at) },
	{ 18, "vclJobTarget",      INDEX(target) },
	{ 19, "vclJobTargetName",  TEXT(target_name) },
	{ 20, "vclJobOptions",     TEXT(options) },
	{ 21, "vclJobStep",        TEXT(step) },
	{ 22, "vclJobProcessed",   MEBI(processed) },
	{ 23, "vclJobRemaining",   MEBI(remaining) },
	{ 24, "vclJobRate",        GAUGE(rate) },
	{ 25, "vclJobDirtyRate",   GAUGE(dirty_rate) },
	{ 26, "vclJobIteration",   GAUGE(iteration) },
	{ 27, "vclJobEta",         INTEGER(eta) },
	{ 28, "vclJobDowntime",    GAUGE(downtime_ms) },
	{ 29, "vclJobParent",      UNSIGNED(parent) },
	{ 30, "vclJobKeep",        UNSIGNED(keep) },
};

#undef ROW
#define ROW struct advice
static const struct column advice_columns[] = {
	{ 1, "vclAdviceRank",     UNSIGNED(h.index), KEY },
	{ 2, "vclAdviceVmName",   TEXT(vm_name) },
	{ 3, "vclAdviceVm",       INDEX(vm) },
	{ 4, "vclAdviceFrom",     INDEX(from) },
	{ 5, "vclAdviceFromName", TEXT(from_name) },
	{ 6, "vclAdviceTo",       INDEX(to) },
	{ 7, "vclAdviceToName",   TEXT(to_name) },
	{ 8, "vclAdviceGain",     GAUGE(gain) },
	{ 9, "vclAdviceReason",   TEXT(reason) },
};

#undef ROW
#define ROW struct sequence_info
static const struct column sequence_columns[] = {
	{ 1, "vclSequenceIndex", UNSIGNED(h.index), KEY },
	{ 2, "vclSequenceName",  TEXT(name) },
	{ 3, "vclSequenceSteps", GAUGE(steps) },
	{ 4, "vclSequenceText",  TEXT(text) },
};

/* --- vclEvents */

#undef ROW
#define ROW struct cluster_info
static const struct column events_columns[] = {
	{ 1, "vclEventNumber",          FUNC(SYN_GAUGE, event_number) },
	{ 2, "vclEventTableLastChange", FUNC(SYN_STAMP, event_changed) },
	{ 3, "vclAlarmNumber",          FUNC(SYN_GAUGE, alarm_number) },
	{ 4, "vclAlarmTableLastChange", FUNC(SYN_STAMP, alarm_changed) },
};

#undef ROW
#define ROW struct event
static const struct column event_columns[] = {
	{ 1,  "vclEventIndex",       UNSIGNED(h.index), KEY },
	{ 2,  "vclEventName",        TEXT(name) },
	{ 3,  "vclEventUuid",        TEXT(uuid) },
	{ 4,  "vclEventOldState",    TEXT(old_state) },
	{ 5,  "vclEventNewState",    TEXT(new_state) },
	{ 6,  "vclEventSeverity",    ENUM(severity, severity_names) },
	{ 7,  "vclEventReason",      TEXT(reason) },
	{ 8,  "vclEventNode",        TEXT(node) },
	{ 9,  "vclEventSequence",    UNSIGNED(h.index) },
	{ 10, "vclEventType",        ENUM(type, event_type_names) },
	{ 11, "vclEventObjectKind",  ENUM(kind, object_kind_names) },
	{ 12, "vclEventObjectIndex", UNSIGNED(object) },
	{ 13, "vclEventTime",        DATE(at) },
};

#undef ROW
#define ROW struct alarm
static const struct column alarm_columns[] = {
	{ 1,  "vclAlarmIndex",       UNSIGNED(h.index), KEY },
	{ 2,  "vclAlarmName",        TEXT(name) },
	{ 3,  "vclAlarmUuid",        TEXT(uuid) },
	{ 4,  "vclAlarmCondition",   TEXT(condition) },
	{ 5,  "vclAlarmSeverity",    ENUM(severity, severity_names) },
	{ 6,  "vclAlarmReason",      TEXT(reason) },
	{ 7,  "vclAlarmObjectKind",  ENUM(kind, object_kind_names) },
	{ 8,  "vclAlarmObjectIndex", UNSIGNED(object) },
	{ 9,  "vclAlarmNode",        TEXT(node) },
	{ 10, "vclAlarmRaisedAt",    DATE(raised_at) },
	{ 11, "vclAlarmChangedAt",   DATE(changed_at) },
};

const struct table jobs_table = {
	"vclJobs", SCALARS(ROWS_CLUSTER, 6), COLUMNS(jobs_columns)
};
const struct table job_table = {
	"vclJobTable", ENTRY(ROWS_JOB, KEYS_INDEX, 6, 11), COLUMNS(job_columns)
};
const struct table advice_table = {
	"vclAdviceTable", ENTRY(ROWS_ADVICE, KEYS_INDEX, 6, 12), COLUMNS(advice_columns)
};
const struct table sequence_table = {
	"vclSequenceTable", ENTRY(ROWS_SEQUENCE, KEYS_INDEX, 6, 13), COLUMNS(sequence_columns)
};
const struct table events_table = {
	"vclEvents", SCALARS(ROWS_CLUSTER, 7), COLUMNS(events_columns)
};
const struct table event_table = {
	"vclEventTable", ENTRY(ROWS_EVENT, KEYS_INDEX, 7, 11), COLUMNS(event_columns)
};
const struct table alarm_table = {
	"vclAlarmTable", ENTRY(ROWS_ALARM, KEYS_INDEX, 7, 12), COLUMNS(alarm_columns)
};
