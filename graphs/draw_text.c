/* Texts of a graph: numbers, times, names, the time axis. */
#include "graphs/draw_text.h"

#include <math.h>

/*
 * Time axes by span: step of the grid, of its stronger lines, of the labels, and their
 * text.  librrd's own choice has labels so wide that the last one is cut off.
 */
static const struct {
	int64_t most; /* seconds */
	const char *grid;
} time_axes[] = {
	{ 10 * 60, "SECOND:30:MINUTE:1:MINUTE:1:0:%H:%M" },
	{ 40 * 60, "MINUTE:1:MINUTE:5:MINUTE:5:0:%H:%M" },
	{ 100 * 60, "MINUTE:5:MINUTE:10:MINUTE:10:0:%H:%M" },
	{ 4 * 3600, "MINUTE:10:MINUTE:30:MINUTE:30:0:%H:%M" },
	{ 9 * 3600, "MINUTE:30:HOUR:1:HOUR:1:0:%H:%M" },
	{ 36 * 3600, "HOUR:1:HOUR:3:HOUR:3:0:%H:%M" },
	{ 4 * 86400, "HOUR:3:DAY:1:DAY:1:0:%a" },
	{ 12 * 86400, "HOUR:6:DAY:1:DAY:1:0:%a" },
	{ 80 * 86400, "DAY:1:WEEK:1:WEEK:1:0:%m-%d" },
	{ 400 * 86400, "WEEK:1:MONTH:1:MONTH:1:0:%b" },
	{ 800 * 86400, "MONTH:1:MONTH:3:MONTH:3:0:%b" },
	{ INT64_MAX, "MONTH:3:YEAR:1:YEAR:1:0:%Y" },
};

char *
draw_text_number(const struct graph *g, double x)
{
	static const char *const decimal[] = { "", "k", "M", "G", "T", "P" };
	static const char *const binary[] = { "", "Ki", "Mi", "Gi", "Ti", "Pi" };
	size_t i = 0;

	if (isnan(x))
		return g_strdup("-");
	while (g->base > 0 && fabs(x) >= g->base && i + 1 < G_N_ELEMENTS(decimal)) {
		x /= g->base;
		i++;
	}
	int places = fabs(x) < 9.995 ? 2 : fabs(x) < 99.95 ? 1 : 0;
	return g_strdup_printf("%.*f%s%s%s", places, x, g->unit[0] == '\0' ? "" : " ",
	    g->base == 1024 ? binary[i] : decimal[i], g->unit);
}

char *
draw_text_span(int64_t start, int64_t end)
{
	static const char *const formats[][2] = {
		{ "%-d %b %Y, %H:%M", "%H:%M" },       /* within a day */
		{ "%-d %b %H:%M", "%-d %b %Y %H:%M" }, /* within a month */
		{ "%-d %b %Y", "%-d %b %Y" },
	};
	g_autoptr(GDateTime) from = g_date_time_new_from_unix_local(start);
	g_autoptr(GDateTime) to = g_date_time_new_from_unix_local(end);

	if (from == NULL || to == NULL)
		return g_strdup("");
	bool same_day = g_date_time_get_year(from) == g_date_time_get_year(to) &&
	                g_date_time_get_day_of_year(from) ==
	                    g_date_time_get_day_of_year(to);
	size_t i = same_day ? 0 : end - start <= 40 * 86400 ? 1 : 2;
	g_autofree char *a = g_date_time_format(from, formats[i][0]);
	g_autofree char *b = g_date_time_format(to, formats[i][1]);
	return g_strdup_printf("%s – %s", a, b);
}

char *
draw_text_name(const char *name)
{
	g_autofree char *valid = g_utf8_make_valid(name, -1);

	for (char *c = valid; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	if (g_utf8_strlen(valid, -1) <= 40)
		return g_steal_pointer(&valid);
	g_autofree char *start = g_utf8_substring(valid, 0, 39);
	return g_strconcat(start, "…", NULL);
}

const char *
draw_text_axis(int64_t span)
{
	size_t i = 0;

	while (span > time_axes[i].most)
		i++;
	return time_axes[i].grid;
}
