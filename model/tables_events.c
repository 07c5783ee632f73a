/* vclJobs and vclEvents: what was asked for, what happened, what is wrong. */
#include "model/request.h"
#include "model/tables_private.h"

COUNT_OF(job, ROWS_JOB)
COUNT_OF(advice, ROWS_ADVICE)
COUNT_OF(sequence, ROWS_SEQUENCE)
COUNT_OF(event, ROWS_EVENT)
COUNT_OF(alarm, ROWS_ALARM)

/* --- rows of vclJobTable, as they are written */

/* Above the numbers that the agent itself gives out for a long time. */
#define NEXT_LEAST 1000000000u
#define NEXT_RANGE (INT32_MAX - NEXT_LEAST)

/*
 * A number that nobody has, another one at each time: managers that ask at the same time
 * do not get in each other's way.
 */
static void
job_next(const struct reading *r, const void *row, struct value *out)
{
	uint64_t mixed = (uint64_t)r->now * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t number;

	do {
		number = NEXT_LEAST + (uint32_t)((mixed >> 32) % NEXT_RANGE);
		mixed += UINT64_C(1) << 32;
	} while (cluster_job(r->cluster, number) != NULL);
	get_unsigned(out, SYN_UNSIGNED, number);
}

static bool
fill_type(const struct value *value, struct row_request *row, GError **error)
{
	if (value->i == JOB_NONE || value->i == JOB_CANCEL) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE, "%s is not a job",
		    enum_to_name(job_type_names, (int32_t)value->i));
		return false;
	}
	row->request.type = (int32_t)value->i;
	row->written |= ROW_TYPE;
	return true;
}

static bool
fill_kind(const struct value *value, struct row_request *row, GError **error)
{
	row->request.kind = (int32_t)value->i;
	row->written |= ROW_KIND;
	return true;
}

#define FILL_NUMBER(name, field, bit, most)                                            \
	static bool fill_##name(const struct value *value, struct row_request *row,    \
	    GError **error)                                                            \
	{                                                                              \
		if (value->u > (most)) {                                               \
			g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,           \
			    "at most %u is possible", (unsigned)(most));               \
			return false;                                                  \
		}                                                                      \
		row->request.field = (uint32_t)value->u;                               \
		row->written |= (bit);                                                 \
		return true;                                                           \
	}

FILL_NUMBER(object, object, ROW_OBJECT, UINT32_MAX)
FILL_NUMBER(target, target, ROW_TARGET, INT32_MAX)
FILL_NUMBER(keep, keep, ROW_KEEP, REQUEST_KEEP_MOST)
FILL_NUMBER(amount, amount, ROW_AMOUNT, UINT32_MAX)

static bool
fill_text(char *field, size_t size, const struct value *value, GError **error)
{
	if (g_strlcpy(field, value->s, size) < size)
		return true;
	g_set_error(error, REQUEST_ERROR, REQUEST_TOO_LONG, "longer than %zu octets", size - 1);
	return false;
}

#define FILL_TEXT(name, field, bit)                                                    \
	static bool fill_##name(const struct value *value, struct row_request *row,    \
	    GError **error)                                                            \
	{                                                                              \
		row->written |= (bit);                                                 \
		return fill_text(row->field, sizeof(row->field), value, error);        \
	}

FILL_TEXT(argument, request.argument, ROW_ARGUMENT)
FILL_TEXT(options, options, ROW_OPTIONS)
FILL_TEXT(requester, request.requester, ROW_REQUESTER)

static bool
fill_status(const struct value *value, struct row_request *row, GError **error)
{
	if (value->i == ROW_NOT_READY) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
		    "notReady can only be read");
		return false;
	}
	row->status = (int32_t)value->i;
	row->written |= ROW_STATUS;
	return true;
}

/* --- vclJobs */

#define ROW struct cluster_info
static const struct column jobs_columns[] = {
	{ 1, "vclJobNumber",          FUNC(SYN_GAUGE, job_number) },
	{ 2, "vclJobTableLastChange", FUNC(SYN_STAMP, job_changed) },
	{ 3, "vclJobNextIndex",       FUNC(SYN_UNSIGNED, job_next) },
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
	{ 3,  "vclJobType",        ENUM(type, job_type_names), CREATE(fill_type) },
	{ 4,  "vclJobObjectKind",  ENUM(kind, object_kind_names), CREATE(fill_kind) },
	{ 5,  "vclJobObjectIndex", UNSIGNED(object), CREATE(fill_object) },
	{ 6,  "vclJobObjectUuid",  TEXT(object_uuid) },
	{ 7,  "vclJobNode",        INDEX(node) },
	{ 8,  "vclJobArgument",    TEXT(argument), CREATE(fill_argument) },
	{ 9,  "vclJobState",       ENUM(state, job_state_names) },
	{ 10, "vclJobCause",       ENUM(cause, job_cause_names) },
	{ 11, "vclJobError",       TEXT(error) },
	{ 12, "vclJobProgress",    GAUGE(progress) },
	{ 13, "vclJobOrigin",      ENUM(origin, origin_names) },
	{ 14, "vclJobRequester",   TEXT(requester), CREATE(fill_requester) },
	{ 15, "vclJobSubmitted",   DATE(submitted_at) },
	{ 16, "vclJobStarted",     DATE(started_at) },
	{ 17, "vclJobFinishedAt",  DATE(finished_at) },
	{ 18, "vclJobTarget",      INDEX(target), CREATE(fill_target) },
	{ 19, "vclJobTargetName",  TEXT(target_name) },
	{ 20, "vclJobOptions",     TEXT(options), CREATE(fill_options) },
	{ 21, "vclJobStep",        TEXT(step) },
	{ 22, "vclJobProcessed",   MEBI(processed) },
	{ 23, "vclJobRemaining",   MEBI(remaining) },
	{ 24, "vclJobRate",        GAUGE(rate) },
	{ 25, "vclJobDirtyRate",   GAUGE(dirty_rate) },
	{ 26, "vclJobIteration",   GAUGE(iteration) },
	{ 27, "vclJobEta",         INTEGER(eta) },
	{ 28, "vclJobDowntime",    GAUGE(downtime_ms) },
	{ 29, "vclJobParent",      UNSIGNED(parent) },
	{ 30, "vclJobKeep",        UNSIGNED(keep), CREATE(fill_keep) },
	{ 31, "vclJobAmount",      UNSIGNED(amount), CREATE(fill_amount) },
	{ 32, "vclJobRowStatus",   ROWSTATUS(row_status), CREATE(fill_status) },
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
