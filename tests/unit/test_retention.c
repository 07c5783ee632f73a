/* Retention: what goes, what stays, and in which order. */
#include "tests/unit/test.h"

#include "model/retention.h"

#define MOST 64
#define DAY  (86400 * (int64_t)G_USEC_PER_SEC)
#define NOW  (20000 * DAY + DAY / 2) /* noon of Friday, 4 October 2024 */

struct shelf {
	struct retention_point p[MOST];
	size_t n;
	size_t out[MOST];
	size_t chosen;
};

/*
 * A shelf in words, the oldest first: "-3.5F -3i -2!i": days before now; F a full one, i one
 * based on the last of them that is full or based; ! broken, ? its base is missing, ~ foreign,
 * & busy.
 */
static void
read_shelf(const char *text, struct shelf *s)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	int last = RETENTION_NO_BASE;

	*s = (struct shelf){ .n = 0 };
	for (char **word = words; *word != NULL; word++) {
		char *end;
		double days = g_ascii_strtod(*word, &end);
		struct retention_point *p = &s->p[s->n];
		p->at = NOW + (int64_t)(days * (double)DAY);
		p->good = strchr(end, '!') == NULL;
		p->foreign = strchr(end, '~') != NULL;
		p->busy = strchr(end, '&') != NULL;
		p->base = strchr(end, '?') != NULL ? RETENTION_BASE_MISSING
		    : strchr(end, 'F') != NULL	   ? RETENTION_NO_BASE
						   : last;
		last = (int)s->n++;
	}
}

static void
choose(struct shelf *s, const struct retention *rules)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_utc();

	s->chosen = retention_choose(rules, s->p, s->n, zone, NOW, s->out);
}

static void
cases(void **unused)
{
	static const struct {
		const char *shelf;
		struct retention rules;
		const char *goes; /* places in order */
	} table[] = {
		{ "", { .last = 1 }, "" },
		{ "-2F", { .last = 1 }, "" },
		{ "-3F -2F -1F", { .last = 1 }, "1 0" },
		{ "-3F -2F -1F", { .last = 2 }, "0" },
		{ "-3F -2F -1F", { .last = 9 }, "" },
		{ "-3F -2F -1F", { 0 }, "" },
		/* chains: the base of what stays stays, and the leaf goes first */
		{ "-3F -2i -1i", { .last = 1 }, "" },
		{ "-5F -4i -3i -2F -1i", { .last = 1 }, "2 1 0" },
		{ "-5F -4i -3i -2F -1i", { .last = 3 }, "" },
		{ "-5F -4i -3i -2F -1i", { .last = 2 }, "2 1 0" },
		{ "-6F -5i -4i -3F -2i -1i", { .last = 4 }, "" },
		{ "-6F -5i -4i -3F -2i -1i", { .last = 3 }, "2 1 0" },
		/* days, weeks and months: the newest of each that has one */
		{ "-2.2F -2.1F -1.2F -1.1F -0.2F -0.1F", { .daily = 2 }, "4 2 1 0" },
		{ "-9F -8F -0.1F", { .daily = 2 }, "0" },
		{ "-15F -14F -8F -7F -1F", { .weekly = 2 }, "2 1 0" },
		{ "-70F -65F -40F -35F -1F", { .monthly = 2 }, "2 1 0" },
		{ "-70F -40F -3F -2F -1F", { .last = 1, .daily = 2, .monthly = 3 }, "2" },
		/* broken ones do not count, and go when a newer one does */
		{ "-3F -2F -1!F", { .last = 1 }, "0" },
		{ "-3F -2!F -1F", { .last = 2 }, "1" },
		{ "-3!F -2!F -1!F", { .last = 1 }, "" },
		{ "-4F -3!F -2i -1F", { .last = 2 }, "2 1" },
		{ "-3F -2?i -1i", { .last = 1 }, "" },
		{ "-3F -2?i -1F", { .last = 2 }, "1" },
		/* somebody else's, and what is in use */
		{ "-4~F -3F -2F -1F", { .last = 1 }, "2 1" },
		{ "-4F -3~i -2F -1F", { .last = 1 }, "2" },
		{ "-4F -3F -2F -1~F", { .last = 1 }, "1 0" },
		{ "-4&F -3F -2F", { .last = 1 }, "1" },
		{ "-4F -3&i -2F", { .last = 1 }, "" },
		/* a clock that was wrong */
		{ "-2F -1F 400F", { .last = 1 }, "0" },
		{ "300F 400F", { .last = 1 }, "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		struct shelf s;
		g_autoptr(GString) goes = g_string_new(NULL);
		read_shelf(table[i].shelf, &s);
		if (*table[i].shelf == '\0')
			s.n = 0;
		choose(&s, &table[i].rules);
		for (size_t c = 0; c < s.chosen; c++)
			g_string_append_printf(goes, "%s%zu", c > 0 ? " " : "", s.out[c]);
		if (strcmp(goes->str, table[i].goes) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", table[i].shelf, goes->str,
			    table[i].goes);
	}
}

/* --- properties, of shelves made at random */

static void
fill(struct shelf *s, GRand *rand)
{
	*s = (struct shelf){ .n = (size_t)g_rand_int_range(rand, 0, MOST) };
	for (size_t i = 0; i < s->n; i++) {
		int kind = g_rand_int_range(rand, 0, 20);
		s->p[i].at = NOW - g_rand_int_range(rand, -2, 400) * DAY / 4;
		s->p[i].good = g_rand_int_range(rand, 0, 8) > 0;
		s->p[i].foreign = g_rand_int_range(rand, 0, 15) == 0;
		s->p[i].busy = g_rand_int_range(rand, 0, 15) == 0;
		s->p[i].base = kind < 6 ? RETENTION_NO_BASE
		    : kind == 6		? RETENTION_BASE_MISSING
					: g_rand_int_range(rand, 0, (int)s->n);
	}
}

static bool
is_sound(const struct shelf *s, size_t place)
{
	for (size_t steps = 0; steps < s->n; steps++) {
		if (!s->p[place].good || s->p[place].base == RETENTION_BASE_MISSING)
			return false;
		if (s->p[place].base == RETENTION_NO_BASE)
			return true;
		place = (size_t)s->p[place].base;
	}
	return false;
}

/* The newest that is under the rules and can be restored. */
static int
newest_sound(const struct shelf *s)
{
	int newest = -1;

	for (size_t i = 0; i < s->n; i++)
		if (!s->p[i].foreign && s->p[i].at <= NOW && is_sound(s, i) &&
		    (newest < 0 || s->p[i].at > s->p[newest].at))
			newest = (int)i;
	return newest;
}

/* Deletes them one by one, as a catalogue would: what is still a base does not go. */
static void
carry_out(struct shelf *s)
{
	bool gone[MOST] = { false };
	int moved[MOST];
	size_t left = 0;

	for (size_t c = 0; c < s->chosen; c++) {
		for (size_t i = 0; i < s->n; i++)
			if (!gone[i] && s->p[i].base == (int)s->out[c])
				fail_msg("%zu goes and is the base of %zu", s->out[c], i);
		assert_false(gone[s->out[c]]);
		assert_false(s->p[s->out[c]].foreign || s->p[s->out[c]].busy);
		gone[s->out[c]] = true;
	}
	for (size_t i = 0; i < s->n; i++)
		moved[i] = gone[i] ? -9 : (int)left++;
	for (size_t i = 0; i < s->n; i++) {
		if (gone[i])
			continue;
		struct retention_point *to = &s->p[moved[i]];
		*to = s->p[i];
		if (to->base >= 0)
			to->base = moved[to->base];
		assert_int_not_equal(to->base, -9);
	}
	s->n = left;
}

static void
properties(void **unused)
{
	guint32 seed = g_random_int();
	g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
	size_t total = 0;

	print_message("seed %u\n", seed);
	for (int i = 0; i < 5000; i++) {
		struct retention rules = { g_rand_int_range(rand, 0, 5),
			g_rand_int_range(rand, 0, 5), g_rand_int_range(rand, 0, 4),
			g_rand_int_range(rand, 0, 4) };
		struct shelf s;
		fill(&s, rand);
		int newest = newest_sound(&s);
		int64_t newest_at = newest < 0 ? 0 : s.p[newest].at;
		choose(&s, &rules);
		total += s.chosen;
		carry_out(&s);
		int after = newest_sound(&s);
		assert_int_equal(newest < 0, after < 0);
		if (newest >= 0)
			assert_int_equal(s.p[after].at, newest_at);
		choose(&s, &rules);
		assert_int_equal(s.chosen, 0);
	}
	assert_true(total > 1000); /* it has deleted at all */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases),
		cmocka_unit_test(properties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
