/* Schedules: what is understood, and which points in time they are. */
#include "tests/unit/test.h"

#include "model/schedule.h"

#include <inttypes.h>

static void
understood(void **unused)
{
	static const struct {
		const char *text;
		struct schedule schedule;
	} cases[] = {
		{ "every 10s", { SCHEDULE_EVERY, 10 } },
		{ "  every\t 2w ", { SCHEDULE_EVERY, 1209600 } },
		{ "hourly", { SCHEDULE_HOURLY, 3600 } },
		{ "hourly 15", { SCHEDULE_HOURLY, 3600, .minute = 15 } },
		{ "daily 02:30", { SCHEDULE_DAILY, 86400, .hour = 2, .minute = 30 } },
		{ "daily 2:05", { SCHEDULE_DAILY, 86400, .hour = 2, .minute = 5 } },
		{ "weekly Sun 23:59", { SCHEDULE_WEEKLY, 604800, 7, 23, 59 } },
		{ "weekly mon 00:00", { SCHEDULE_WEEKLY, 604800, 1, 0, 0 } },
		{ "monthly 31 04:00", { SCHEDULE_MONTHLY, 2678400, 31, 4, 0 } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct schedule is;
		if (!schedule_parse(cases[i].text, &is))
			fail_msg("\"%s\" is not understood", cases[i].text);
		assert_memory_equal(&is, &cases[i].schedule, sizeof(is));
	}
}

static void
refused(void **unused)
{
	static const char *const cases[] = {
		"", "  ", "every", "every 0s", "every 9s", "every 10", "every s", "every -1s", "every 10s 5s",
		"every 3651d", "every 99999999999999999999s", "every 1y", "hourly 60", "hourly -1",
		"hourly 1 2", "hourly x", "daily", "daily 24:00", "daily 02:60", "daily 02:3",
		"daily 02", "daily 02:30:00", "daily 02:30 x", "daily :30", "daily 02:", "weekly",
		"weekly sun", "weekly 7 03:00", "weekly sunday 03:00", "weekly 03:00 sun",
		"monthly 0 04:00", "monthly 32 04:00", "monthly 1", "yearly", "Daily 02:30",
		"daily\n02:30",
	};
	struct schedule s;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		if (schedule_parse(cases[i], &s))
			fail_msg("\"%s\" is understood", cases[i]);
}

static void
spans(void **unused)
{
	static const struct {
		const char *text;
		int seconds; /* 0: refused */
	} cases[] = {
		{ "1s", 1 }, { "90m", 5400 }, { "36h", 129600 }, { "2d", 172800 },
		{ "1w", 604800 }, { "3650d", 315360000 }, { "3651d", 0 }, { "0d", 0 }, { "d", 0 },
		{ "", 0 }, { "5", 0 }, { "5 m", 0 }, { "1.5h", 0 }, { "+5m", 0 }, { "5M", 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int seconds = 0;
		bool good = schedule_parse_span(cases[i].text, &seconds);
		if (good != (cases[i].seconds != 0) || (good && seconds != cases[i].seconds))
			fail_msg("\"%s\": %d", cases[i].text, seconds);
	}
}

static int64_t
at(const char *text, GTimeZone *zone)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, zone);

	assert_non_null(time);
	return g_date_time_to_unix(time) * G_USEC_PER_SEC;
}

/* Berlin goes forward on 29 March 2026 at 2:00, and back on 25 October at 3:00. */
static void
points(void **unused)
{
	static const struct {
		const char *schedule, *zone, *at, *latest, *next;
	} cases[] = {
		{ "daily 02:30", "UTC", "2026-06-10T02:30:00", "2026-06-10T02:30:00",
		    "2026-06-11T02:30:00" },
		{ "daily 02:30", "UTC", "2026-06-10T02:29:59", "2026-06-09T02:30:00",
		    "2026-06-10T02:30:00" },
		{ "daily 00:00", "UTC", "2026-01-01T00:00:00", "2026-01-01T00:00:00",
		    "2026-01-02T00:00:00" },
		{ "daily 23:30", "Europe/Berlin", "2026-06-10T00:15:00", "2026-06-09T23:30:00",
		    "2026-06-10T23:30:00" },
		/* the day that has no 02:30 */
		{ "daily 02:30", "Europe/Berlin", "2026-03-29T01:59:00", "2026-03-28T02:30:00",
		    "2026-03-29T01:00:00Z" },
		{ "daily 02:30", "Europe/Berlin", "2026-03-29T12:00:00", "2026-03-29T01:00:00Z",
		    "2026-03-30T02:30:00" },
		/* the day that has it twice: one of them */
		{ "daily 02:30", "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-24T02:30:00",
		    "2026-10-25T01:30:00Z" },
		{ "daily 02:30", "Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25T01:30:00Z",
		    "2026-10-26T02:30:00" },
		{ "weekly sun 03:00", "UTC", "2026-11-25T12:00:00", "2026-11-22T03:00:00",
		    "2026-11-29T03:00:00" },
		{ "weekly sun 03:00", "UTC", "2026-11-22T02:59:59", "2026-11-15T03:00:00",
		    "2026-11-22T03:00:00" },
		{ "weekly wed 03:00", "UTC", "2026-11-25T03:00:00", "2026-11-25T03:00:00",
		    "2026-12-02T03:00:00" },
		{ "monthly 1 04:00", "UTC", "2026-01-01T03:59:59", "2025-12-01T04:00:00",
		    "2026-01-01T04:00:00" },
		{ "monthly 31 04:00", "UTC", "2026-02-28T04:00:00", "2026-02-28T04:00:00",
		    "2026-03-31T04:00:00" },
		{ "monthly 31 04:00", "UTC", "2028-02-29T03:00:00", "2028-01-31T04:00:00",
		    "2028-02-29T04:00:00" },
		{ "monthly 30 04:00", "UTC", "2026-02-28T05:00:00", "2026-02-28T04:00:00",
		    "2026-03-30T04:00:00" },
		{ "hourly", "UTC", "2026-06-10T02:00:00", "2026-06-10T02:00:00",
		    "2026-06-10T03:00:00" },
		{ "hourly 15", "UTC", "2026-06-10T02:14:59", "2026-06-10T01:15:00",
		    "2026-06-10T02:15:00" },
		{ "hourly 15", "Asia/Kolkata", "2026-06-10T02:20:00", "2026-06-10T02:15:00",
		    "2026-06-10T03:15:00" },
		{ "hourly 15", "Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25T00:15:00Z",
		    "2026-10-25T01:15:00Z" },
		{ "every 10s", "UTC", "2026-06-10T02:00:09", "2026-06-10T02:00:00",
		    "2026-06-10T02:00:10" },
		{ "every 1d", "America/New_York", "2026-06-10T12:00:00Z",
		    "2026-06-10T00:00:00Z", "2026-06-11T00:00:00Z" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(cases[i].zone);
		struct schedule s;
		assert_non_null(zone);
		assert_true(schedule_parse(cases[i].schedule, &s));
		int64_t now = at(cases[i].at, zone);
		int64_t latest = schedule_latest(&s, zone, now), next = schedule_next(&s, zone, now);
		if (latest != at(cases[i].latest, zone) || next != at(cases[i].next, zone))
			fail_msg("%s in %s at %s: %" PRId64 " and %" PRId64, cases[i].schedule,
			    cases[i].zone, cases[i].at, latest, next);
	}
}

/* Whatever the zone: the latest is not after now, the next is, and none lies between. */
static void
in_order(void **unused)
{
	static const char *const schedules[] = { "every 7m", "hourly 15", "daily 02:30",
		"daily 00:00", "weekly sun 02:30", "monthly 31 00:30", "monthly 29 23:59" };
	static const char *const zones[] = { "UTC", "Europe/Berlin", "America/New_York",
		"Asia/Kolkata", "America/Sao_Paulo", "Pacific/Auckland", "America/St_Johns" };
	guint32 seed = g_random_int();
	g_autoptr(GRand) rand = g_rand_new_with_seed(seed);

	print_message("seed %u\n", seed);
	for (int i = 0; i < 5000; i++) {
		g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(
		    zones[g_rand_int_range(rand, 0, G_N_ELEMENTS(zones))]);
		int which = g_rand_int_range(rand, 0, G_N_ELEMENTS(schedules));
		struct schedule s;
		assert_true(schedule_parse(schedules[which], &s));
		int64_t now = (int64_t)g_rand_double_range(rand, 0.5e15, 2.5e15);
		int64_t latest = schedule_latest(&s, zone, now), next = schedule_next(&s, zone, now);
		if (latest > now || next <= now || schedule_next(&s, zone, latest) != next ||
		    schedule_latest(&s, zone, next - 1) != latest ||
		    schedule_latest(&s, zone, next) != next)
			fail_msg("%s in %s at %" PRId64 ": %" PRId64 ", %" PRId64, schedules[which],
			    g_time_zone_get_identifier(zone), now, latest, next);
	}
}

/* A year of days has each of them once, whatever clocks do. */
static void
once_a_day(void **unused)
{
	static const char *const zones[] = { "UTC", "Europe/Berlin", "America/New_York",
		"America/Sao_Paulo" };

	for (size_t z = 0; z < G_N_ELEMENTS(zones); z++) {
		g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(zones[z]);
		struct schedule s;
		assert_true(schedule_parse("daily 02:30", &s));
		int64_t now = at("2026-01-01T00:00:00", zone), end = at("2027-01-01T00:00:00", zone);
		unsigned n = 0;
		for (;; n++) {
			now = schedule_next(&s, zone, now);
			if (now >= end)
				break;
		}
		assert_int_equal(n, 365);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(understood),
		cmocka_unit_test(refused),
		cmocka_unit_test(spans),
		cmocka_unit_test(points),
		cmocka_unit_test(in_order),
		cmocka_unit_test(once_a_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
