/*
 * Schedules: points in time that come again.
 *
 *	hourly [15]          at that minute of each hour
 *	daily 02:30
 *	weekly sun 03:00
 *	monthly 1 04:00      the 31st is the last day of a shorter month
 *	every 10m            counted from 1970; ten seconds at least
 *
 * In local time.  A time that a day lacks, because clocks go forward, is the next one that
 * it has; of a time that a day has twice only one counts: so each day has it once.  Pure.
 */
#ifndef VCL_MODEL_SCHEDULE_H
#define VCL_MODEL_SCHEDULE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum schedule_kind {
	SCHEDULE_EVERY, SCHEDULE_HOURLY, SCHEDULE_DAILY, SCHEDULE_WEEKLY, SCHEDULE_MONTHLY,
};

struct schedule {
	enum schedule_kind kind;
	int period;       /* seconds from one to the next; of a month, 31 days */
	int day;          /* of the week, Monday is 1; of the month */
	int hour, minute;
};

/* False when the text says none; what would is in schedule_wanted. */
bool schedule_parse(const char *text, struct schedule *out);
extern const char schedule_wanted[];

/* "10s", "5m", "36h", "2d" or "1w" in seconds, from 1 to ten years.  False: none of them. */
bool schedule_parse_span(const char *text, int *seconds);
extern const char schedule_span_wanted[];

/* The last point that is not after `at`, and the first one that is; microseconds of 1970. */
int64_t schedule_latest(const struct schedule *, GTimeZone *, int64_t at);
int64_t schedule_next(const struct schedule *, GTimeZone *, int64_t at);

#endif
