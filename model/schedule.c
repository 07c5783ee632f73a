/* Schedules: reading them, and finding their points in time. */
#include "model/schedule.h"

#include <string.h>

#include "common/words.h"

#define MINUTE_S    60
#define HOUR_S	    3600
#define DAY_S	    86400
#define SPAN_MOST_S (3650 * DAY_S)
#define EVERY_LEAST_S 10 /* more often nobody looks */
#define DAYS_LOOKED 63 /* two months have the day of any third */

const char schedule_wanted[] = "hourly [MINUTE], daily HH:MM, weekly DAY HH:MM, "
    "monthly DAY HH:MM or every TIME (10s at least) is wanted";
const char schedule_span_wanted[] =
    "a time such as 30s, 10m, 36h, 2d or 1w, ten years at most, is wanted";

/* --- reading */

static bool
take_number(const char *text, int least, int most, int *out)
{
	guint64 number;

	if (!g_ascii_string_to_unsigned(text, 10, (guint64)least, (guint64)most, &number,
		NULL))
		return false;
	*out = (int)number;
	return true;
}

/* "02:30" */
static bool
take_clock(const char *text, struct schedule *out)
{
	g_auto(GStrv) parts = g_strsplit(text, ":", 3);

	return g_strv_length(parts) == 2 && strlen(parts[1]) == 2 &&
	    take_number(parts[0], 0, 23, &out->hour) &&
	    take_number(parts[1], 0, 59, &out->minute);
}

static bool
take_weekday(const char *text, int *out)
{
	static const char *const names[] = { "mon", "tue", "wed", "thu", "fri", "sat",
		"sun" };

	for (int i = 0; i < (int)G_N_ELEMENTS(names); i++) {
		if (g_ascii_strcasecmp(text, names[i]) != 0)
			continue;
		*out = i + 1;
		return true;
	}
	return false;
}

static bool
read_every(char *const *word, struct schedule *out)
{
	return schedule_parse_span(word[0], &out->period) && out->period >= EVERY_LEAST_S;
}

static bool
read_hourly(char *const *word, struct schedule *out)
{
	return word[0] == NULL || take_number(word[0], 0, 59, &out->minute);
}

static bool
read_daily(char *const *word, struct schedule *out)
{
	return take_clock(word[0], out);
}

static bool
read_weekly(char *const *word, struct schedule *out)
{
	return take_weekday(word[0], &out->day) && take_clock(word[1], out);
}

static bool
read_monthly(char *const *word, struct schedule *out)
{
	return take_number(word[0], 1, 31, &out->day) && take_clock(word[1], out);
}

static const struct {
	const char *word;
	enum schedule_kind kind;
	int period;
	guint least, most; /* words behind the first */
	bool (*read)(char *const *words, struct schedule *);
} kinds[] = {
	{ "every",   SCHEDULE_EVERY,   0,	   1, 1, read_every },
	{ "hourly",  SCHEDULE_HOURLY,  HOUR_S,	   0, 1, read_hourly },
	{ "daily",   SCHEDULE_DAILY,   DAY_S,	   1, 1, read_daily },
	{ "weekly",  SCHEDULE_WEEKLY,  7 * DAY_S,  2, 2, read_weekly },
	{ "monthly", SCHEDULE_MONTHLY, 31 * DAY_S, 2, 2, read_monthly },
};

bool
schedule_parse(const char *text, struct schedule *out)
{
	g_auto(GStrv) words = words_split(text, " \t");
	guint n = g_strv_length(words);

	for (size_t i = 0; n > 0 && i < G_N_ELEMENTS(kinds); i++) {
		if (strcmp(words[0], kinds[i].word) != 0)
			continue;
		*out = (struct schedule){ kinds[i].kind, kinds[i].period, 0, 0, 0 };
		return n - 1 >= kinds[i].least && n - 1 <= kinds[i].most &&
		    kinds[i].read(words + 1, out);
	}
	return false;
}

bool
schedule_parse_span(const char *text, int *seconds)
{
	static const struct { char letter; int seconds; } units[] = {
		{ 's', 1 }, { 'm', MINUTE_S }, { 'h', HOUR_S }, { 'd', DAY_S },
		{ 'w', 7 * DAY_S },
	};
	size_t length = strlen(text);

	for (size_t i = 0; length > 1 && i < G_N_ELEMENTS(units); i++) {
		g_autofree char *number = g_strndup(text, length - 1);
		if (text[length - 1] != units[i].letter ||
		    !take_number(number, 1, SPAN_MOST_S / units[i].seconds, seconds))
			continue;
		*seconds *= units[i].seconds;
		return true;
	}
	return false;
}

/* --- those that do not care what day it is: even steps, seconds */

static int64_t
floor_to(int64_t value, int64_t step)
{
	int64_t rest = value % step;

	return value - (rest < 0 ? rest + step : rest);
}

/* The minute counts in local time, and not every zone is whole hours away. */
static int64_t
zone_offset(const struct schedule *s, GTimeZone *zone, int64_t seconds)
{
	if (s->kind == SCHEDULE_EVERY)
		return 0;
	int interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, seconds);
	return g_time_zone_get_offset(zone, interval) - s->minute * MINUTE_S;
}

static int64_t
latest_step(const struct schedule *s, GTimeZone *zone, int64_t seconds)
{
	int64_t offset = zone_offset(s, zone, seconds);

	return floor_to(seconds + offset, s->period) - offset;
}

/* --- those of certain days */

static int
days_of_month(const GDateTime *day)
{
	GDateTime *d = (GDateTime *)day;

	return g_date_get_days_in_month((GDateMonth)g_date_time_get_month(d),
	    (GDateYear)g_date_time_get_year(d));
}

static bool
is_day(const struct schedule *s, GDateTime *day)
{
	if (s->kind == SCHEDULE_WEEKLY)
		return g_date_time_get_day_of_week(day) == s->day;
	if (s->kind == SCHEDULE_MONTHLY)
		return g_date_time_get_day_of_month(day) == MIN(s->day, days_of_month(day));
	return true;
}

/* When it is on the day that is `days` after that of `noon`; -1: not on that day. */
static int64_t
point_on(const struct schedule *s, GTimeZone *zone, GDateTime *noon, int days)
{
	g_autoptr(GDateTime) day = g_date_time_add_days(noon, days);

	if (!is_day(s, day))
		return -1;
	g_autoptr(GDateTime) point = g_date_time_new(zone, g_date_time_get_year(day),
	    g_date_time_get_month(day), g_date_time_get_day_of_month(day), s->hour,
	    s->minute, 0);
	return g_date_time_to_unix(point);
}

/* The day of `seconds`, as a time that every day has. */
static GDateTime *
noon_of(GTimeZone *zone, int64_t seconds)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(seconds);
	g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone);

	return g_date_time_new_utc(g_date_time_get_year(local), g_date_time_get_month(local),
	    g_date_time_get_day_of_month(local), 12, 0, 0);
}

static int64_t
latest_day(const struct schedule *s, GTimeZone *zone, int64_t seconds)
{
	g_autoptr(GDateTime) noon = noon_of(zone, seconds);

	for (int days = 0; days < DAYS_LOOKED; days++) {
		int64_t point = point_on(s, zone, noon, -days);
		if (point >= 0 && point <= seconds)
			return point;
	}
	return 0;
}

static int64_t
next_day(const struct schedule *s, GTimeZone *zone, int64_t seconds)
{
	g_autoptr(GDateTime) noon = noon_of(zone, seconds);

	for (int days = 0; days < DAYS_LOOKED; days++) {
		int64_t point = point_on(s, zone, noon, days);
		if (point > seconds)
			return point;
	}
	return seconds + s->period;
}

/* --- the interface */

static bool
has_days(const struct schedule *s)
{
	return s->kind >= SCHEDULE_DAILY;
}

int64_t
schedule_latest(const struct schedule *s, GTimeZone *zone, int64_t at)
{
	int64_t seconds = floor_to(at, G_USEC_PER_SEC) / G_USEC_PER_SEC;

	return G_USEC_PER_SEC * (has_days(s) ? latest_day(s, zone, seconds)
					     : latest_step(s, zone, seconds));
}

int64_t
schedule_next(const struct schedule *s, GTimeZone *zone, int64_t at)
{
	int64_t seconds = floor_to(at, G_USEC_PER_SEC) / G_USEC_PER_SEC;

	return G_USEC_PER_SEC * (has_days(s) ? next_day(s, zone, seconds)
					     : latest_step(s, zone, seconds) + s->period);
}
