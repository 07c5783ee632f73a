/* What is known of one host, and the parts made from it. */
#include "test.h"

#include "collectors/picture.h"
#include "common/log.h"
#include "model/value.h"

#define UUID(n) "0000000" #n "-0000-4000-8000-000000000000"

struct domain {
	const char *uuid, *name;
	int64_t id;
};

/* A sample as libvirt's answers make it, of domains that run with id >= 0. */
static struct sample *
make_sample(bool full, int64_t now, const struct domain *domains, size_t n)
{
	struct sample *sample = g_new0(struct sample, 1);

	sample->full = full;
	sample->time = (struct look_time){ now, now };
	sample->readings = g_array_new(FALSE, FALSE, sizeof(struct domain_reading));
	table_row_init(ROWS_NODE, &sample->node);
	sample->node.cpus = 8;
	for (size_t i = 0; i < n; i++) {
		struct domain_reading reading;
		domain_reading_init(&reading);
		g_strlcpy(reading.uuid, domains[i].uuid, sizeof(reading.uuid));
		reading.name = domains[i].name;
		reading.id = domains[i].id;
		reading.state =
		    domains[i].id >= 0 ? VIR_DOMAIN_RUNNING : VIR_DOMAIN_SHUTOFF;
		if (full)
			reading.cpu_ns = (uint64_t)now;
		g_array_append_val(sample->readings, reading);
	}
	return sample;
}

static struct part *
show(struct picture *p, bool full, int64_t now, const struct domain *domains, size_t n,
    bool *news)
{
	SCOPED(sample) sample = make_sample(full, now, domains, n);

	return picture_sample(p, sample, news);
}

static const struct vm *
vm_at(const struct part *part, guint i)
{
	assert_true(i < part->rows[ROWS_VM]->len);
	return part->rows[ROWS_VM]->pdata[i];
}

static const struct node *
node_of(const struct part *part)
{
	assert_int_equal(part->rows[ROWS_NODE]->len, 1);
	return part->rows[ROWS_NODE]->pdata[0];
}

static int
setup(void **state)
{
	*state = picture_new("alpha", "test:///default", 10);
	return 0;
}

static int
teardown(void **state)
{
	picture_free(*state);
	return 0;
}

static void
test_connecting(void **state)
{
	SCOPED(part) part = picture_connecting(*state);

	assert_string_equal(part->source, "node:alpha");
	assert_string_equal(part->node, "alpha");
	assert_false(part->reachable);
	assert_int_equal(node_of(part)->state, NODE_CONNECTING);
	assert_string_equal(node_of(part)->uri, "test:///default");
	assert_int_equal(node_of(part)->sampled_us, 0);
	assert_int_equal(part->rows[ROWS_VM]->len, 0);
}

static void
test_quick_look_keeps_numbers(void **state)
{
	const struct domain domains[] = { { UUID(1), "a", 1 }, { UUID(2), "b", 2 } };
	bool news;
	SCOPED(part) full = show(*state, true, 100, domains, 2, &news);
	assert_false(news);
	assert_true(full->reachable);
	SCOPED(part) quick = show(*state, false, 200, domains, 2, &news);

	assert_false(news);
	assert_int_equal(vm_at(quick, 0)->cpu_ns, 100);
	assert_int_equal(vm_at(quick, 0)->counted_us, 100);
	assert_int_equal(vm_at(quick, 0)->sampled_us, 200);
	assert_int_equal(vm_at(quick, 0)->stale_after, 30);
	assert_int_equal(node_of(quick)->cpus, 8);
	assert_int_equal(node_of(quick)->polls, 1); /* of full ones */
	assert_int_equal(node_of(quick)->sampled_us, 100);
}

static void
test_news(void **state)
{
	const struct domain before[] = { { UUID(1), "a", 1 }, { UUID(2), "b", -1 } };
	const struct domain one_more[] = { { UUID(1), "a", 1 }, { UUID(2), "b", -1 },
		{ UUID(3), "c", -1 } };
	const struct domain started[] = { { UUID(1), "a", 1 }, { UUID(2), "b", 5 },
		{ UUID(3), "c", -1 } };
	const struct domain stopped[] = { { UUID(1), "a", -1 }, { UUID(2), "b", 5 },
		{ UUID(3), "c", -1 } };
	bool news;

	part_unref(show(*state, true, 100, before, 2, &news));
	part_unref(show(*state, false, 200, one_more, 3, &news));
	assert_true(news);
	part_unref(show(*state, true, 300, one_more, 3, &news));
	assert_false(news);
	part_unref(show(*state, false, 400, started, 3, &news));
	assert_true(news);
	part_unref(show(*state, false, 500, stopped, 3, &news));
	assert_false(news);
}

static void
test_left_out(void **state)
{
	const struct domain domains[] = {
		{ UUID(1), "a", 1 },
		{ UUID(1), "twin", 2 },
		{ "", "none", 3 },
		{ "00000000-0000-0000-0000-000000000000", "Domain-0", 0 },
		{ UUID(2), "b", 4 },
	};
	bool news;

	for (int i = 1; i <= 2; i++) {
		SCOPED(part) part = show(*state, true, i, domains, 5, &news);
		assert_int_equal(part->rows[ROWS_VM]->len, 2);
		assert_string_equal(vm_at(part, 0)->name, "a");
		assert_string_equal(vm_at(part, 1)->name, "b");
	}
}

/* Renamed, gone, and defined again: the last is another life. */
static void
test_come_and_go(void **state)
{
	const struct domain a = { UUID(1), "a", 1 }, renamed = { UUID(1), "z", 1 };
	bool news;

	part_unref(show(*state, true, 100, &a, 1, &news));
	SCOPED(part) second = show(*state, false, 200, &renamed, 1, &news);
	assert_string_equal(vm_at(second, 0)->name, "z");
	assert_int_equal(vm_at(second, 0)->discontinuity_us, 100);
	SCOPED(part) none = show(*state, false, 300, NULL, 0, &news);
	assert_int_equal(none->rows[ROWS_VM]->len, 0);
	SCOPED(part) again = show(*state, true, 400, &a, 1, &news);
	assert_int_equal(vm_at(again, 0)->discontinuity_us, 400);
}

static void
test_odd_names(void **state)
{
	g_autofree char *long_name = g_strnfill(5000, 'x');
	const struct domain domains[] = {
		{ UUID(1), "\xff\xfe" "broken", 1 },
		{ UUID(2), long_name, 2 },
		{ UUID(3), "", 3 },
	};
	bool news;
	SCOPED(part) part = show(*state, true, 100, domains, 3, &news);

	assert_true(g_utf8_validate(vm_at(part, 0)->name, -1, NULL));
	assert_true(strlen(vm_at(part, 1)->name) <= 255);
	assert_string_equal(vm_at(part, 2)->name, "");
}

static void
test_unreachable(void **state)
{
	const struct domain domains[] = { { UUID(1), "a", 1 }, { UUID(2), "b", -1 } };
	bool news;

	part_unref(show(*state, true, 100, domains, 2, &news));
	SCOPED(part) part = picture_unreachable(*state, "no answer");
	assert_false(part->reachable);
	assert_int_equal(node_of(part)->state, NODE_UNREACHABLE);
	assert_string_equal(node_of(part)->reason, "no answer");
	assert_int_equal(node_of(part)->cpus, 8);
	assert_int_equal(node_of(part)->polls, 2);
	assert_int_equal(node_of(part)->polls_failed, 1);
	assert_int_equal(node_of(part)->sampled_us, 100);
	assert_int_equal(part->rows[ROWS_VM]->len, 2);
	assert_int_equal(vm_at(part, 0)->state, VM_RUNNING);
	assert_int_equal(vm_at(part, 0)->sampled_us, 100);

	/* and back: the same run, nothing started anew */
	SCOPED(part) back = show(*state, true, 900, domains, 2, &news);
	assert_int_equal(node_of(back)->state, NODE_ONLINE);
	assert_string_equal(node_of(back)->reason, "");
	assert_int_equal(vm_at(back, 0)->discontinuity_us, 100);
}

static void
test_titles(void **state)
{
	const struct domain domains[] = { { UUID(1), "a", 1 }, { UUID(2), "b", 2 } };
	int64_t start = G_USEC_PER_SEC;
	bool news;
	SCOPED(sample) first = make_sample(true, start, domains, 2);
	g_autoptr(GArray) both = picture_titles_wanted(*state, first);
	assert_int_equal(both->len, 2);

	struct domain_reading *a = &g_array_index(first->readings, struct domain_reading, 0);
	struct domain_reading *b = &g_array_index(first->readings, struct domain_reading, 1);
	a->title_asked = b->title_asked = true;
	a->title = g_strdup("Title of a");
	SCOPED(part) part = picture_sample(*state, first, &news);
	assert_string_equal(vm_at(part, 0)->title, "Title of a");
	assert_null(vm_at(part, 1)->title);

	SCOPED(sample) second = make_sample(true, start + 1, domains, 2);
	g_autoptr(GArray) none = picture_titles_wanted(*state, second);
	assert_int_equal(none->len, 0);
	SCOPED(part) later = picture_sample(*state, second, &news);
	assert_string_equal(vm_at(later, 0)->title, "Title of a");

	picture_forget_title(*state, UUID(2));
	picture_forget_title(*state, UUID(9));
	g_autoptr(GArray) one = picture_titles_wanted(*state, second);
	assert_int_equal(one->len, 1);
	assert_int_equal(g_array_index(one, guint, 0), 1);
	SCOPED(sample) old = make_sample(true, start + 3600 * start, domains, 2);
	g_autoptr(GArray) again = picture_titles_wanted(*state, old);
	assert_int_equal(again->len, 2);
}

static void
test_flags(void **state)
{
	const struct domain domains[] = { { UUID(1), "a", 1 }, { UUID(2), "b", 2 } };
	bool news;
	SCOPED(part) unknown = show(*state, true, 100, domains, 2, &news);
	assert_int_equal(vm_at(unknown, 0)->autostart, ABSENT_I32);

	SCOPED(sample) sample = make_sample(true, 200, domains, 2);
	sample->autostart = g_hash_table_new(g_str_hash, g_str_equal);
	sample->persistent = g_hash_table_new(g_str_hash, g_str_equal);
	g_hash_table_add(sample->autostart, (char *)UUID(2));
	g_hash_table_add(sample->persistent, (char *)UUID(1));
	SCOPED(part) asked = picture_sample(*state, sample, &news);
	assert_int_equal(vm_at(asked, 0)->autostart, 0);
	assert_int_equal(vm_at(asked, 1)->autostart, 1);
	assert_int_equal(vm_at(asked, 0)->persistent, 1);
	assert_int_equal(vm_at(asked, 1)->persistent, 0);
	SCOPED(part) kept = show(*state, false, 300, domains, 2, &news);
	assert_int_equal(vm_at(kept, 1)->autostart, 1);
}

static void
test_inherit(void **state)
{
	const struct domain domains[] = { { UUID(1), "a", 1 } };
	struct picture *heir = picture_new("alpha", "test:///other", 10);
	bool news;

	part_unref(show(*state, true, 100, domains, 1, &news));
	picture_inherit(heir, *state);
	SCOPED(part) part = picture_connecting(heir);
	assert_int_equal(node_of(part)->state, NODE_CONNECTING);
	assert_string_equal(node_of(part)->uri, "test:///other");
	assert_int_equal(node_of(part)->polls, 1);
	assert_string_equal(vm_at(part, 0)->name, "a");
	SCOPED(part) other = show(heir, true, 200, NULL, 0, &news);
	assert_int_equal(other->rows[ROWS_VM]->len, 0);
	picture_free(heir);
}

/* --- the probe's record */

static struct probe_record
make_record(const char *line)
{
	struct probe_record record;

	assert_true(probe_record_parse(&record, line, strlen(line), NULL));
	return record;
}

static void
test_probe_facts(void **state)
{
	const struct domain domains[] = { { UUID(1), "a", 1 } };
	struct probe_record record = make_record("{\"load1\":7,\"interval\":10,"
	    "\"cpu_user_ms\":1,\"cpu_system_ms\":2,\"cpu_idle_ms\":3,"
	    "\"cpu_iowait_ms\":4,\"cpu_steal_ms\":5}");
	bool news;
	SCOPED(sample) sample = make_sample(true, 100, domains, 1);
	sample->node.cpu_user_ms = 77;
	part_unref(picture_sample(*state, sample, &news));
	SCOPED(part) probed = picture_probed(*state, &record, 200);
	assert_true(probed->reachable);
	assert_int_equal(vm_at(probed, 0)->cpu_ns, 100);
	assert_int_equal(node_of(probed)->load1, 7);
	assert_int_equal(node_of(probed)->cpu_user_ms, 1);
	assert_int_equal(node_of(probed)->sampled_us, 100);
	assert_int_equal(node_of(probed)->probed_us, 200);

	SCOPED(part) quick = show(*state, false, 300, domains, 1, &news);
	assert_int_equal(node_of(quick)->load1, 7);
	SCOPED(part) lost = picture_unreachable(*state, "gone");
	assert_false(lost->reachable);
	assert_int_equal(node_of(lost)->load1, 7);

	/* libvirt's own numbers come back, when 3 intervals and 10 s have passed */
	assert_null(picture_probe_old(*state, 200 + 40 * G_USEC_PER_SEC));
	SCOPED(part) old = picture_probe_old(*state, 201 + 40 * G_USEC_PER_SEC);
	assert_int_equal(node_of(old)->load1, ABSENT_U32);
	assert_int_equal(node_of(old)->cpu_user_ms, 77);
	assert_int_equal(node_of(old)->cpu_steal_ms, ABSENT_U64);
	assert_int_equal(node_of(old)->probed_us, 200);
	assert_null(picture_probe_old(*state, 300 + 40 * G_USEC_PER_SEC));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_connecting),
		TEST(test_quick_look_keeps_numbers),
		TEST(test_news),
		TEST(test_left_out),
		TEST(test_come_and_go),
		TEST(test_odd_names),
		TEST(test_unreachable),
		TEST(test_titles),
		TEST(test_flags),
		TEST(test_inherit),
		TEST(test_probe_facts),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
