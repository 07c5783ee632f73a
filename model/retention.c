/* Retention: which backups of one VM may go. */
#include "model/retention.h"

struct shelf {
	const struct retention_point *point;
	size_t n;
	size_t *newest; /* places, the newest first */
	bool *counts;   /* is good, with all that it is based on */
	bool *stays;
};

/* --- chains */

/* Bases are followed n times at most: what goes round in a circle has no end. */
static bool
is_sound(const struct shelf *s, size_t place)
{
	for (size_t steps = 0; steps < s->n; steps++) {
		const struct retention_point *p = &s->point[place];
		if (!p->good || p->base == RETENTION_BASE_MISSING)
			return false;
		if (p->base == RETENTION_NO_BASE)
			return true;
		place = (size_t)p->base;
	}
	return false;
}

static void
keep_chain(const struct shelf *s, size_t place)
{
	for (size_t steps = 0; steps < s->n; steps++) {
		s->stays[place] = true;
		if (s->point[place].base < 0)
			return;
		place = (size_t)s->point[place].base;
	}
}

/* How many others are below it; n in a circle. */
static size_t
depth_of(const struct shelf *s, size_t place)
{
	size_t depth = 0;

	while (depth < s->n && s->point[place].base >= 0) {
		place = (size_t)s->point[place].base;
		depth++;
	}
	return depth;
}

/* --- what the rules choose */

/* Equal for two times of the same day, week or month. */
typedef int64_t bucket_function(GDateTime *);

static int64_t
day_bucket(GDateTime *t)
{
	return g_date_time_get_year(t) * 1000 + g_date_time_get_day_of_year(t);
}

static int64_t
week_bucket(GDateTime *t)
{
	return g_date_time_get_week_numbering_year(t) * 100 +
	    g_date_time_get_week_of_year(t);
}

static int64_t
month_bucket(GDateTime *t)
{
	return g_date_time_get_year(t) * 100 + g_date_time_get_month(t);
}

static int64_t
bucket_of(bucket_function *bucket, GTimeZone *zone, int64_t at)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(at / G_USEC_PER_SEC);

	if (utc == NULL)
		return 0;
	g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone);
	return local == NULL ? 0 : bucket(local);
}

/* The newest of each of the `most` newest buckets; without `bucket`, just the newest. */
static void
keep_newest(const struct shelf *s, int most, bucket_function *bucket, GTimeZone *zone)
{
	int64_t last = -1;

	for (size_t i = 0; i < s->n && most > 0; i++) {
		size_t place = s->newest[i];
		if (!s->counts[place])
			continue;
		int64_t at = s->point[place].at;
		int64_t is = bucket == NULL ? -1 : bucket_of(bucket, zone, at);
		if (bucket != NULL && is == last)
			continue;
		last = is;
		keep_chain(s, place);
		most--;
	}
}

/* Those that may not go whatever the rules say.  False: none of all counts. */
static bool
keep_always(const struct shelf *s, int64_t now)
{
	int64_t newest = INT64_MIN;

	for (size_t i = 0; i < s->n; i++) {
		const struct retention_point *p = &s->point[i];
		if (p->foreign || p->busy || p->at > now || depth_of(s, i) == s->n)
			keep_chain(s, i);
		if (s->counts[i])
			newest = MAX(newest, p->at);
	}
	for (size_t i = 0; i < s->n; i++)
		if (!s->counts[i] && s->point[i].at >= newest)
			keep_chain(s, i);
	return newest != INT64_MIN;
}

/* --- the whole */

static int
compare_newest(const void *a, const void *b, void *data)
{
	const struct retention_point *point = data;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (point[x].at != point[y].at)
		return point[x].at > point[y].at ? -1 : 1;
	return (y > x) - (y < x);
}

static int
compare_deepest(const void *a, const void *b, void *data)
{
	const struct shelf *s = data;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	size_t dx = depth_of(s, x), dy = depth_of(s, y);

	if (dx != dy)
		return dx > dy ? -1 : 1;
	return compare_newest(a, b, (void *)s->point);
}

static void
look_at_all(const struct shelf *s, int64_t now)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct retention_point *p = &s->point[i];
		s->newest[i] = i;
		s->counts[i] = !p->foreign && p->at <= now && is_sound(s, i);
	}
	g_qsort_with_data(s->newest, (int)s->n, sizeof(size_t), compare_newest,
	    (void *)s->point);
}

size_t
retention_choose(const struct retention *rules, const struct retention_point *points,
    size_t n, GTimeZone *zone, int64_t now, size_t *out)
{
	size_t chosen = 0;

	if (n == 0 ||
	    rules->last + rules->daily + rules->weekly + rules->monthly == 0)
		return 0;
	g_autofree size_t *newest = g_new(size_t, n);
	g_autofree bool *counts = g_new0(bool, n), *stays = g_new0(bool, n);
	struct shelf s = { points, n, newest, counts, stays };
	look_at_all(&s, now);
	if (!keep_always(&s, now))
		return 0; /* nothing that counts: whatever there is may be all there is */
	keep_newest(&s, MAX(rules->last, 1), NULL, zone);
	keep_newest(&s, rules->daily, day_bucket, zone);
	keep_newest(&s, rules->weekly, week_bucket, zone);
	keep_newest(&s, rules->monthly, month_bucket, zone);
	for (size_t i = 0; i < n; i++)
		if (!stays[i])
			out[chosen++] = i;
	g_qsort_with_data(out, (int)chosen, sizeof(size_t), compare_deepest, &s);
	return chosen;
}
