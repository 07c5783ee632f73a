/* Rates: tables of cases, and rows from one sample to the next. */
#include "tests/unit/test.h"

#include "model/rates.h"

#define NEVER ABSENT_U64
#define NONE  ABSENT_U32

static void
usage(void **data)
{
	static const struct {
		uint64_t now, before;
		int64_t elapsed;
		uint32_t want;
	} cases[] = {
		{ 1000000000, 0, 1000000, 10000 }, /* one CPU */
		{ 2500000000, 500000000, 1000000, 20000 },
		{ 5000000, 0, 1000000, 50 },
		{ 7, 7, 1000000, 0 },
		{ 100, 200, 1000000, NONE }, /* started anew */
		{ 200, 100, 0, NONE },       /* no time */
		{ 200, 100, -5, NONE },
		{ NEVER, 100, 1000000, NONE },
		{ 100, NEVER, 1000000, NONE },
		{ UINT64_MAX - 1, 0, 1, ABSENT_U32 - 1 }, /* clipped, not absent */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_int_equal(rate_usage(cases[i].now, cases[i].before, cases[i].elapsed),
		    cases[i].want);
}

static void
per_second(void **data)
{
	static const struct {
		uint64_t now, before;
		int64_t elapsed;
		uint32_t want;
	} cases[] = {
		{ 100, 0, 1000000, 100 },
		{ 100, 0, 10000000, 10 },
		{ 3, 0, 2000000, 2 }, /* rounded */
		{ 1048576 * 200ULL, 0, 1000000, 209715200 },
		{ 5, 10, 1000000, NONE },
		{ 5, 1, 0, NONE },
		{ NEVER, 1, 1000000, NONE },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_int_equal(
		    rate_per_second(cases[i].now, cases[i].before, cases[i].elapsed),
		    cases[i].want);
}

static void
latency(void **data)
{
	static const struct {
		uint64_t ns, ns_before, requests, requests_before;
		uint32_t want;
	} cases[] = {
		{ 10000000, 0, 10, 0, 1000 },
		{ 10000500, 500, 15, 5, 1000 },
		{ 500, 500, 5, 5, NONE },    /* no requests: no latency */
		{ 400, 500, 15, 5, NONE },   /* started anew */
		{ NEVER, 0, 10, 0, NONE },
		{ 10, 0, NEVER, 0, NONE },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_int_equal(rate_latency(cases[i].ns, cases[i].ns_before,
				     cases[i].requests, cases[i].requests_before),
		    cases[i].want);
}

static struct disk
disk_at(int64_t counted_us, uint64_t reads, uint64_t bytes, uint64_t ns)
{
	struct disk disk;

	table_row_init(ROWS_DISK, &disk);
	disk.discontinuity_us = 1;
	disk.counted_us = counted_us;
	disk.rd_req = reads;
	disk.rd_bytes = bytes;
	disk.rd_ns = ns;
	return disk;
}

static void
a_row_from_sample_to_sample(void **data)
{
	struct disk first = disk_at(1000000, 10, 4096, 1000);
	struct disk second = disk_at(3000000, 30, 4096 + 8192, 41000);
	struct disk again = disk_at(3000000, 30, 4096 + 8192, 41000);

	rates_derive(ROWS_DISK, &first, NULL);
	assert_int_equal(first.rd_iops, NONE);
	rates_derive(ROWS_DISK, &second, &first);
	assert_int_equal(second.rd_iops, 10);
	assert_int_equal(second.rd_speed, 4096);
	assert_int_equal(second.rd_latency, 2);
	assert_int_equal(second.wr_iops, NONE); /* not told */

	/* a look that read no counters leaves the rates as they were */
	rates_derive(ROWS_DISK, &again, &second);
	assert_int_equal(again.rd_iops, 10);
}

static void
a_new_beginning_is_a_gap(void **data)
{
	struct disk first = disk_at(1000000, 1000, 1 << 20, 1000);
	struct disk moved = disk_at(2000000, 5, 4096, 10);

	moved.discontinuity_us = 1500000;
	rates_derive(ROWS_DISK, &moved, &first);
	assert_int_equal(moved.rd_iops, NONE);
	assert_int_equal(moved.rd_speed, NONE);
	struct disk next = disk_at(3000000, 10, 8192, 20);
	next.discontinuity_us = 1500000;
	rates_derive(ROWS_DISK, &next, &moved);
	assert_int_equal(next.rd_iops, 5);
}

/* --- what can happen from sample to sample: each step is a look at the same NIC */

struct step {
	double counted;     /* s, 0: no counters in this look */
	int64_t epoch;      /* discontinuity */
	uint64_t bytes;
	uint32_t speed;     /* expected */
};

#define STEPS 6
#define GB4   4294967296ULL /* where the counters of old drivers wrap */

static const struct {
	const char *what;
	struct step steps[STEPS];
} stories[] = {
	{ "a steady flow", {
		{ 1, 1, 1000, NONE }, { 2, 1, 2000, 1000 }, { 4, 1, 4000, 1000 } } },
	{ "a counter that starts anew and nobody says so", {
		{ 1, 1, 1000000, NONE }, { 2, 1, 1001000, 1000 }, { 3, 1, 500, NONE },
		{ 4, 1, 1500, 1000 } } },
	{ "32 bits are over", {
		{ 1, 1, GB4 - 2000, NONE }, { 2, 1, GB4 - 1000, 1000 }, { 3, 1, 100, NONE },
		{ 4, 1, 1100, 1000 } } },
	{ "a migration: other numbers, another epoch", {
		{ 1, 1, 100, NONE }, { 2, 1, 200, 100 }, { 3, 2, 5000000, NONE },
		{ 4, 2, 5000100, 100 } } },
	{ "a restart between two samples", {
		{ 1, 1, 9000, NONE }, { 3, 2, 10, NONE }, { 4, 2, 20, 10 } } },
	{ "not told in one look, then told again", {
		{ 1, 1, 100, NONE }, { 2, 1, 200, 100 }, { 3, 1, NEVER, NONE },
		{ 4, 1, 400, NONE }, { 5, 1, 500, 100 } } },
	{ "told for the first time: all that was before is no speed", {
		{ 1, 1, NEVER, NONE }, { 2, 1, 7000000000, NONE }, { 3, 1, 7000000010, 10 } } },
	{ "a look at the state only keeps the speed", {
		{ 1, 1, 100, NONE }, { 2, 1, 200, 100 }, { 2, 1, 200, 100 }, { 3, 1, 300, 100 } } },
	{ "looks that are close to each other", {
		{ 1, 1, 100, NONE }, { 1.001, 1, 101, 1000 }, { 1.002, 1, 101, 0 } } },
	{ "a clock that goes back", {
		{ 5, 1, 100, NONE }, { 4, 1, 200, NONE }, { 5, 1, 300, 100 } } },
	{ "silence of an hour", {
		{ 1, 1, 0, NONE }, { 3601, 1, 3600000, 1000 } } },
	{ "no counters since a start", {
		{ 1, 1, 100, NONE }, { 2, 1, 200, 100 }, { 0, 2, NEVER, NONE }, { 4, 2, 50, NONE },
		{ 5, 2, 150, 100 } } },
};

static void
from_sample_to_sample(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(stories); i++) {
		struct nic rows[STEPS];
		for (size_t k = 0; k < STEPS && stories[i].steps[k].epoch != 0; k++) {
			const struct step *step = &stories[i].steps[k];
			table_row_init(ROWS_NIC, &rows[k]);
			rows[k].discontinuity_us = step->epoch;
			rows[k].counted_us = (int64_t)(step->counted * 1e6 + 0.5);
			rows[k].rx_bytes = step->bytes;
			rates_derive(ROWS_NIC, &rows[k], k == 0 ? NULL : &rows[k - 1]);
			if (rows[k].rx_speed != step->speed)
				fail_msg("%s: step %zu: %u, wanted %u", stories[i].what, k,
				    rows[k].rx_speed, step->speed);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usage),
		cmocka_unit_test(per_second),
		cmocka_unit_test(latency),
		cmocka_unit_test(a_row_from_sample_to_sample),
		cmocka_unit_test(a_new_beginning_is_a_gap),
		cmocka_unit_test(from_sample_to_sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
