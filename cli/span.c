/* Spans and times as people write them. */
#include "cli/span.h"

#include <string.h>

#include "cli/options.h"

#define DAY 86400

static const struct {
	const char *name;
	int64_t seconds;
} units[] = {
	{ "s", 1 },        { "m", 60 },        { "min", 60 },       { "h", 3600 },
	{ "d", DAY },      { "w", 7 * DAY },   { "mo", 30 * DAY },  { "y", 365 * DAY },
};

#define MOST_SPAN (10 * 365LL * DAY)
#define EPOCH_DIGITS 9 /* shorter numbers are no sensible seconds since 1970 */

static bool
read_span(const char *text, int64_t *seconds)
{
	char *end;

	if (!g_ascii_isdigit(text[0]))
		return false;
	guint64 number = g_ascii_strtoull(text, &end, 10);
	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		if (strcmp(end, units[i].name) != 0 || number == 0 ||
		    number > (guint64)(MOST_SPAN / units[i].seconds))
			continue;
		*seconds = (int64_t)number * units[i].seconds;
		return true;
	}
	return false;
}

bool
span_parse(const char *text, int64_t *seconds, GError **error)
{
	if (read_span(text, seconds))
		return true;
	g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
	    "\"%s\" is not a span such as 30m, 1h, 1d, 1w, 1mo or 1y", text);
	return false;
}

static bool
read_date(const char *text, int64_t *seconds)
{
	g_autoptr(GTimeZone) local = g_time_zone_new_local();
	g_autoptr(GString) iso = g_string_new(text);

	if (iso->len == strlen("2026-07-25"))
		g_string_append(iso, "T00:00:00");
	else if (iso->len == strlen("2026-07-25 14:00"))
		g_string_append(iso, ":00");
	if (iso->len > 10 && iso->str[10] == ' ')
		iso->str[10] = 'T';
	g_autoptr(GDateTime) at = g_date_time_new_from_iso8601(iso->str, local);
	if (at == NULL)
		return false;
	*seconds = g_date_time_to_unix(at);
	return true;
}

static bool
read_epoch(const char *text, int64_t *seconds)
{
	guint64 number;

	if (strlen(text) < EPOCH_DIGITS ||
	    !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32, &number, NULL))
		return false;
	*seconds = (int64_t)number;
	return true;
}

bool
time_parse(const char *text, int64_t now, int64_t *seconds, GError **error)
{
	int64_t ago = 0;

	if (strcmp(text, "now") == 0 || (text[0] == '-' && read_span(text + 1, &ago))) {
		*seconds = now - ago;
		return true;
	}
	if (read_epoch(text, seconds) || read_date(text, seconds))
		return true;
	g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
	    "\"%s\" is not a time such as -2h, 2026-07-25 or \"2026-07-25 14:00\"", text);
	return false;
}

bool
size_parse(const char *text, int *width, int *height, GError **error)
{
	g_auto(GStrv) sides = g_strsplit(text, "x", 3);
	guint64 w, h;

	if (g_strv_length(sides) == 2 &&
	    g_ascii_string_to_unsigned(sides[0], 10, 100, 4000, &w, NULL) &&
	    g_ascii_string_to_unsigned(sides[1], 10, 60, 4000, &h, NULL)) {
		*width = (int)w;
		*height = (int)h;
		return true;
	}
	g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
	    "\"%s\" is not a size such as 800x300 (100x60 to 4000x4000)", text);
	return false;
}
