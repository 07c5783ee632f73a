/* The token bucket of notifications. */
#include "tests/unit/test.h"

#include "agent/bucket.h"

#define SECOND 1000000

static void
a_burst_then_a_rate(void **state)
{
	struct bucket b = { 0 };
	int64_t now = SECOND;
	int sent = 0;

	for (int i = 0; i < 100; i++)
		sent += bucket_take(&b, 60, now);
	assert_int_equal(sent, 60);
	assert_int_equal(b.held, 40);
	assert_int_equal(bucket_take_held(&b, 60, now), 0); /* no room for the summary */
	for (int i = 0; i < 10; i++) {
		now += SECOND;
		assert_true(bucket_take(&b, 60, now));
		assert_false(bucket_take(&b, 60, now));
	}
	assert_int_equal(bucket_take_held(&b, 60, now + SECOND + 1), 50);
	assert_int_equal(bucket_take_held(&b, 60, now + 2 * SECOND), 0);
}

static void
never_more_than_a_burst(void **state)
{
	struct bucket b = { 0 };
	int sent = 0;

	assert_true(bucket_take(&b, 5, SECOND));
	for (int i = 0; i < 100; i++)
		sent += bucket_take(&b, 5, SECOND * INT64_C(100000));
	assert_int_equal(sent, 5);
}

static void
without_a_limit(void **state)
{
	struct bucket b = { .held = 3 };

	for (int i = 0; i < 1000; i++)
		assert_true(bucket_take(&b, 0, SECOND));
	assert_int_equal(bucket_take_held(&b, 0, SECOND), 3);
}

static void
a_clock_that_stands_still(void **state)
{
	struct bucket b = { 0 };

	assert_true(bucket_take(&b, 1, 5));
	assert_false(bucket_take(&b, 1, 5));
	assert_false(bucket_take(&b, 1, 4));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_then_a_rate),
		cmocka_unit_test(never_more_than_a_burst),
		cmocka_unit_test(without_a_limit),
		cmocka_unit_test(a_clock_that_stands_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
