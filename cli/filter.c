/* Filters of listings: what an option means for a listing's rows. */
#include "cli/filter.h"

#include <fnmatch.h>
#include <string.h>

#include "client/client.h"
#include "client/format.h"
#include "cli/span.h"

/* Each function may be NULL. */
struct filter_type {
	/* Makes sense of what was said, or tells what would make sense. */
	bool (*check)(const struct filter *, const char *said, GError **);

	/* A member of the request. */
	void (*ask)(const struct filter *, const char *said, JsonBuilder *);

	/* A column that must have one of these words: the first one, and how many. */
	const char *const *(*words)(const struct filter *, const char *said, size_t *n);

	bool (*matches)(const struct filter *, const char *said, JsonObject *row);
};

const char *const filter_health[] = { "ok", "unknown", "warning", "critical", NULL };
const char *const filter_severity[] = { "info", "warning", "critical", NULL };

bool
filter_same(const char *a, const char *b)
{
	for (;;) {
		while (*a == ' ' || *a == '-' || *a == '_')
			a++;
		while (*b == ' ' || *b == '-' || *b == '_')
			b++;
		if (*a == '\0' || *b == '\0')
			return *a == *b;
		if (g_ascii_tolower(*a++) != g_ascii_tolower(*b++))
			return false;
	}
}

static const char *const *
find_word(const struct filter *f, const char *said)
{
	for (const char *const *w = f->words; *w != NULL; w++)
		if (filter_same(*w, said))
			return w;
	return NULL;
}

/* --- the types */

static bool
check_word(const struct filter *f, const char *said, GError **error)
{
	if (find_word(f, said) != NULL)
		return true;
	g_autofree char *known = g_strjoinv(", ", (char **)f->words);
	g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "there is no %s \"%s\" (there are %s)",
	    f->option, said, known);
	return false;
}

static const char *const *
one_word(const struct filter *f, const char *said, size_t *n)
{
	*n = 1;
	return find_word(f, said);
}

static const char *const *
worse_words(const struct filter *f, const char *said, size_t *n)
{
	const char *const *from = find_word(f, said);

	*n = g_strv_length((char **)from);
	return from;
}

static const char *const *
true_word(const struct filter *f, const char *said, size_t *n)
{
	static const char *const words[] = { "true" };

	*n = 1;
	return words;
}

static void
ask_owner(const struct filter *f, const char *said, JsonBuilder *b)
{
	client_add_text(b, f->option, said);
}

static bool
matches_text(const struct filter *f, const char *said, JsonObject *row)
{
	const char *text = row_text(row, f->key);

	return text != NULL && filter_same(text, said);
}

static bool
matches_name(const struct filter *f, const char *said, JsonObject *row)
{
	const char *name = row_text(row, f->key);

	return name != NULL && fnmatch(said, name, 0) == 0;
}

/* A span ago may be said without its sign. */
static bool
read_since(const char *said, int64_t *at, GError **error)
{
	int64_t now = g_get_real_time() / G_USEC_PER_SEC, ago;

	if (!span_parse(said, &ago, NULL))
		return time_parse(said, now, at, error);
	*at = now - ago;
	return true;
}

static bool
check_since(const struct filter *f, const char *said, GError **error)
{
	int64_t at;

	return read_since(said, &at, error);
}

static bool
matches_since(const struct filter *f, const char *said, JsonObject *row)
{
	const char *text = row_text(row, f->key);
	g_autoptr(GDateTime) when =
	    text != NULL ? g_date_time_new_from_iso8601(text, NULL) : NULL;
	int64_t at;

	return when != NULL && read_since(said, &at, NULL) &&
	    g_date_time_to_unix(when) >= at;
}

const struct filter_type filter_owner = { .ask = ask_owner };
const struct filter_type filter_word = { .check = check_word, .words = one_word };
const struct filter_type filter_worst = { .check = check_word, .words = worse_words };
const struct filter_type filter_flag = { .words = true_word };
const struct filter_type filter_text = { .matches = matches_text };
const struct filter_type filter_name = { .matches = matches_name };
const struct filter_type filter_since = { .check = check_since, .matches = matches_since };

/* --- all filters of a listing */

#define FILTERS_FOREACH(f, filters, said, options)                                     \
	for (const struct filter *f = filters; f->option != NULL; f++)                 \
		for (const char *said = options_get(options, f->option); said != NULL; \
		     said = NULL)

bool
filter_check(const struct filter *filters, const struct options *o, const char *verb,
    GError **error)
{
	FILTERS_FOREACH (f, filters, said, o) {
		if (f->type->check == NULL || f->type->check(f, said, error))
			continue;
		g_prefix_error(error, "%s: ", verb);
		return false;
	}
	return true;
}

static void
add_words(JsonBuilder *b, const struct filter *f, const char *said)
{
	size_t n = 0;
	const char *const *words = f->type->words(f, said, &n);

	json_builder_set_member_name(b, f->key);
	json_builder_begin_array(b);
	for (size_t i = 0; i < n; i++)
		json_builder_add_string_value(b, words[i]);
	json_builder_end_array(b);
}

void
filter_ask(const struct filter *filters, const struct options *o, JsonBuilder *b)
{
	FILTERS_FOREACH (f, filters, said, o)
		if (f->type->ask != NULL)
			f->type->ask(f, said, b);
	json_builder_set_member_name(b, "where");
	json_builder_begin_object(b);
	FILTERS_FOREACH (f, filters, said, o)
		if (f->type->words != NULL)
			add_words(b, f, said);
	json_builder_end_object(b);
}

static bool
is_wanted(const struct filter *filters, const struct options *o, JsonObject *row)
{
	FILTERS_FOREACH (f, filters, said, o)
		if (f->type->matches != NULL && !f->type->matches(f, said, row))
			return false;
	return true;
}

void
filter_rows(const struct filter *filters, const struct options *o, GPtrArray *rows)
{
	guint kept = 0;

	for (guint i = 0; i < rows->len; i++) {
		JsonObject *row = rows->pdata[i];
		if (!is_wanted(filters, o, row))
			continue;
		rows->pdata[i] = rows->pdata[kept];
		rows->pdata[kept++] = row;
	}
	g_ptr_array_set_size(rows, (int)kept);
}

bool
filter_any(const struct filter *filters, const struct options *o)
{
	FILTERS_FOREACH (f, filters, said, o)
		return true;
	return false;
}

void
filter_keys(const struct filter *filters, const struct options *o, GPtrArray *keys)
{
	FILTERS_FOREACH (f, filters, said, o)
		if (f->type->matches != NULL)
			g_ptr_array_add(keys, (gpointer)f->key);
}
