/* Cells of the daemon's rows as text for people. */
#include "client/format.h"

#define RECENT_DAYS 300 /* so long no year is needed */

static JsonNode *
value_of(JsonObject *row, const char *key)
{
	JsonNode *node = json_object_get_member(row, key);

	return node != NULL && JSON_NODE_HOLDS_VALUE(node) ? node : NULL;
}

static bool
is_number(JsonObject *row, const char *key)
{
	JsonNode *node = value_of(row, key);

	return node != NULL && json_node_get_value_type(node) == G_TYPE_INT64;
}

int64_t
row_int(JsonObject *row, const char *key)
{
	return is_number(row, key) ? json_object_get_int_member(row, key) : 0;
}

const char *
row_text(JsonObject *row, const char *key)
{
	JsonNode *node = value_of(row, key);

	return node != NULL ? json_node_get_string(node) : NULL;
}

bool
row_bool(JsonObject *row, const char *key)
{
	JsonNode *node = value_of(row, key);

	return node != NULL && json_node_get_value_type(node) == G_TYPE_BOOLEAN &&
	    json_node_get_boolean(node);
}

char *
format_text(JsonObject *row, const char *key)
{
	if (is_number(row, key))
		return g_strdup_printf("%" G_GINT64_FORMAT, row_int(row, key));
	if (row_text(row, key) != NULL)
		return g_strdup(row_text(row, key));
	return format_bool(row, key);
}

char *
words_of(const char *camel)
{
	GString *words = g_string_new(NULL);

	for (const char *p = camel; *p != '\0'; p++) {
		if (g_ascii_isupper(*p) && p > camel && !g_ascii_isupper(p[-1]))
			g_string_append_c(words, ' ');
		g_string_append_c(words, g_ascii_tolower(*p));
	}
	return g_string_free(words, FALSE);
}

char *
format_words(JsonObject *row, const char *key)
{
	const char *text = row_text(row, key);

	return text != NULL ? words_of(text) : NULL;
}

char *
format_bool(JsonObject *row, const char *key)
{
	JsonNode *node = value_of(row, key);

	if (node == NULL || json_node_get_value_type(node) != G_TYPE_BOOLEAN)
		return NULL;
	return g_strdup(json_node_get_boolean(node) ? "yes" : "no");
}

/* The largest unit in which the number is 1 at least. */
static char *
scale(double number, const char *gap, const char *const *units)
{
	const char *const *unit = units;

	while (number >= 1024 && unit[1] != NULL) {
		number /= 1024;
		unit++;
	}
	bool whole = unit == units || number >= 99.95;
	return g_strdup_printf(whole ? "%.0f%s%s" : "%.1f%s%s", number, gap, *unit);
}

char *
format_size(int64_t mib)
{
	static const char *const units[] = { "MiB", "GiB", "TiB", "PiB", NULL };

	return scale((double)mib, " ", units);
}

char *
format_short_size(int64_t mib)
{
	static const char *const units[] = { "M", "G", "T", "P", NULL };

	return scale((double)mib, "", units);
}

char *
format_mib(JsonObject *row, const char *key)
{
	return is_number(row, key) ? format_size(row_int(row, key)) : NULL;
}

char *
format_octets(JsonObject *row, const char *key)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", NULL };

	return is_number(row, key) ? scale((double)row_int(row, key), " ", units) : NULL;
}

char *
format_speed(JsonObject *row, const char *key)
{
	g_autofree char *octets = format_octets(row, key);

	return octets != NULL ? g_strconcat(octets, "/s", NULL) : NULL;
}

char *
format_flow(JsonObject *row, const char *key)
{
	static const char *const units[] = { "B/s", "K/s", "M/s", "G/s", "T/s", NULL };

	return is_number(row, key) ? scale((double)row_int(row, key), "", units) : NULL;
}

char *
format_rate(JsonObject *row, const char *key)
{
	g_autofree char *number = is_number(row, key) ? format_text(row, key) : NULL;

	return number != NULL ? g_strconcat(number, "/s", NULL) : NULL;
}

char *
format_limit(JsonObject *row, const char *key)
{
	return row_int(row, key) != 0 ? format_rate(row, key) : NULL;
}

char *
format_mib_limit(JsonObject *row, const char *key)
{
	g_autofree char *size = row_int(row, key) != 0 ? format_mib(row, key) : NULL;

	return size != NULL ? g_strconcat(size, "/s", NULL) : NULL;
}

char *
format_us(JsonObject *row, const char *key)
{
	int64_t us = row_int(row, key);

	if (!is_number(row, key))
		return NULL;
	if (us < 1000)
		return g_strdup_printf("%d us", (int)us);
	if (us < G_USEC_PER_SEC)
		return g_strdup_printf("%.1f ms", (double)us / 1000);
	return g_strdup_printf("%.1f s", (double)us / G_USEC_PER_SEC);
}

char *
format_hundredths(JsonObject *row, const char *key)
{
	if (!is_number(row, key))
		return NULL;
	return g_strdup_printf("%.2f", (double)row_int(row, key) / 100);
}

char *
format_days(JsonObject *row, const char *key)
{
	if (!is_number(row, key) || row_int(row, key) < 0)
		return NULL;
	return g_strdup_printf("%" G_GINT64_FORMAT " d", row_int(row, key));
}

char *
format_usage(JsonObject *row, const char *key)
{
	if (!is_number(row, key))
		return NULL;
	double percent = (double)row_int(row, key) / 100;
	return g_strdup_printf(percent < 1000 ? "%.1f %%" : "%.0f %%", percent);
}

char *
format_percent(JsonObject *row, const char *key)
{
	if (!is_number(row, key))
		return NULL;
	return g_strdup_printf("%" G_GINT64_FORMAT " %%", row_int(row, key));
}

static GDateTime *
date_of(const char *text)
{
	return text != NULL ? g_date_time_new_from_iso8601(text, NULL) : NULL;
}

char *
format_date(JsonObject *row, const char *key)
{
	g_autoptr(GDateTime) utc = date_of(row_text(row, key));

	if (utc == NULL)
		return NULL;
	g_autoptr(GDateTime) local = g_date_time_to_local(utc);
	return g_date_time_format(local, "%F %T");
}

char *
format_when(JsonObject *row, const char *key)
{
	g_autoptr(GDateTime) utc = date_of(row_text(row, key));

	if (utc == NULL)
		return NULL;
	g_autoptr(GDateTime) local = g_date_time_to_local(utc);
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	GTimeSpan age = g_date_time_difference(now, local);
	bool clear = age > -G_TIME_SPAN_DAY && age < RECENT_DAYS * G_TIME_SPAN_DAY;
	return g_date_time_format(local, clear ? "%m-%d %T" : "%F");
}

int64_t
seconds_since(const char *text)
{
	g_autoptr(GDateTime) then = date_of(text);

	if (then == NULL)
		return -1;
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	return MAX(g_date_time_difference(now, then) / G_TIME_SPAN_SECOND, 0);
}

char *
format_ago(JsonObject *row, const char *key)
{
	int64_t seconds = seconds_since(row_text(row, key));

	return seconds < 0 ? NULL : format_duration(seconds);
}

/* A unit is used from twice its length on, so that "90 s" is not "1 min". */
char *
format_duration(int64_t seconds)
{
	static const struct {
		int64_t length;
		const char *name;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	size_t i = 0;

	while (i < G_N_ELEMENTS(units) - 1 && seconds < 2 * units[i].length)
		i++;
	return g_strdup_printf("%" G_GINT64_FORMAT " %s", seconds / units[i].length,
	    units[i].name);
}

char *
format_seconds(JsonObject *row, const char *key)
{
	return is_number(row, key) ? format_duration(row_int(row, key)) : NULL;
}

static char *
clock_text(int64_t s)
{
	return g_strdup_printf("%" G_GINT64_FORMAT ":%02d:%02d", s / 3600,
	    (int)(s / 60 % 60), (int)(s % 60));
}

char *
format_cpu_time(JsonObject *row, const char *key)
{
	return is_number(row, key) ? clock_text(row_int(row, key) / 1000000000) : NULL;
}

char *
format_cpu_ms(JsonObject *row, const char *key)
{
	return is_number(row, key) ? clock_text(row_int(row, key) / 1000) : NULL;
}

char *
format_ms(JsonObject *row, const char *key)
{
	if (!is_number(row, key))
		return NULL;
	return g_strdup_printf("%" G_GINT64_FORMAT " ms", row_int(row, key));
}

char *
format_index(JsonObject *row, const char *key)
{
	bool is_none = row_text(row, key) == NULL && row_int(row, key) == 0;

	return is_none ? NULL : format_text(row, key);
}
