/* From when to when. */
#include "web/span.h"

#include <string.h>

#define DAY	86400
#define SHORTEST 60
#define LONGEST	 (11 * 365 * (int64_t)DAY)
#define STEPS	 600 /* of a picture: less than one of them is not to be seen */
#define OLD	 3600 /* seconds; what ended so long ago does not change any more */

const struct span_name span_names[] = {
	{ "hour", "Hour", 3600 },
	{ "day", "Day", DAY },
	{ "week", "Week", 7 * DAY },
	{ "month", "Month", 31 * DAY },
	{ "year", "Year", 366 * DAY },
	{ "decade", "10 years", 3653 * (int64_t)DAY },
	{ 0 },
};

static int64_t
step_of(int64_t seconds)
{
	return MAX(seconds / STEPS, 15);
}

static void
set_named(struct span *span, const struct span_name *n, int64_t now)
{
	int64_t step = step_of(n->seconds);

	span->name = n->name;
	span->to = now - now % step;
	span->from = span->to - n->seconds;
}

static bool
get_times(const struct url *url, int64_t now, struct span *span, GError **error)
{
	span->name = NULL;
	span->to = now - now % 15;
	if (!url_get_int(url, "to", SHORTEST, G_MAXUINT32, &span->to, error))
		return false;
	span->to = MIN(span->to, now + DAY);
	span->from = span->to - 3600;
	if (!url_get_int(url, "from", 0, G_MAXUINT32, &span->from, error))
		return false;
	if (span->from + SHORTEST <= span->to && span->from + LONGEST >= span->to)
		return true;
	g_set_error(error, WEB_ERROR, WEB_ERROR_BAD,
	    "\"from\" must be a minute to eleven years before \"to\".");
	return false;
}

bool
span_get(const struct url *url, int64_t now, struct span *span, GError **error)
{
	const char *name = url_get(url, "span");

	if (url_get(url, "from") != NULL || url_get(url, "to") != NULL)
		return get_times(url, now, span, error);
	if (name == NULL || *name == '\0')
		name = span_names[0].name;
	for (const struct span_name *n = span_names; n->name != NULL; n++) {
		if (strcmp(n->name, name) == 0) {
			set_named(span, n, now);
			return true;
		}
	}
	g_set_error(error, WEB_ERROR, WEB_ERROR_BAD,
	    "\"span\" is hour, day, week, month, year or decade.");
	return false;
}

void
span_add(GString *link, const struct span *span)
{
	if (span->name != NULL) {
		url_add(link, "span", span->name);
		return;
	}
	url_add_int(link, "from", span->from);
	url_add_int(link, "to", span->to);
}

int64_t
span_fresh(const struct span *span, int64_t now)
{
	return span->to < now - OLD ? DAY : step_of(span->to - span->from);
}

static struct span
between(int64_t from, int64_t length, int64_t now)
{
	int64_t to;

	length = CLAMP(length, SHORTEST, LONGEST);
	to = MIN(from + length, now);
	return (struct span){ MAX(to - length, 0), to, NULL };
}

struct span
span_scale(const struct span *span, double factor, int64_t now)
{
	int64_t length = span->to - span->from;
	int64_t wanted = (int64_t)((double)length * factor);

	return between(span->from + (length - wanted) / 2, wanted, now);
}

struct span
span_shift(const struct span *span, double lengths, int64_t now)
{
	int64_t length = span->to - span->from;

	return between(span->from + (int64_t)((double)length * lengths), length, now);
}
