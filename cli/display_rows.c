/* Rows shown by the arrays of display.c: listings, one thing in full, sorting. */
#include <string.h>

#include "cli/display.h"

static enum tone
tone_of(const struct field *f, JsonObject *row)
{
	return f->tone != NULL ? f->tone(row, f->key) : TONE_PLAIN;
}

void
display_rows(const struct listing *l, GPtrArray *rows, const struct output *out)
{
	SCOPED(sheet) sheet = sheet_new();

	for (const struct field *f = l->list; f->key != NULL; f++)
		sheet_add_column(sheet, f->header, f->align, f->least);
	for (guint i = 0; i < rows->len; i++) {
		for (const struct field *f = l->list; f->key != NULL; f++) {
			g_autofree char *text = f->format(rows->pdata[i], f->key);
			sheet_add_cell(sheet, text, tone_of(f, rows->pdata[i]));
		}
	}
	sheet_write(sheet, out);
}

/* --- one thing in full */

static void
add_line(struct sheet *sheet, const char *label, const char *text, enum tone tone)
{
	if (text == NULL || text[0] == '\0')
		return;
	sheet_add_cell(sheet, label, TONE_FAINT);
	sheet_add_cell(sheet, text, tone);
}

static bool
is_in_detail(const struct listing *l, const char *key)
{
	for (const struct field *f = l->detail; f->key != NULL; f++)
		if (strcmp(f->key, key) == 0)
			return true;
	return false;
}

/* Columns that this program does not know better are shown by their own names. */
static void
add_rest(struct sheet *sheet, const struct listing *l, JsonObject *row)
{
	g_autoptr(GList) keys = json_object_get_members(row);

	for (GList *k = keys; k != NULL; k = k->next) {
		const char *key = k->data;
		if (is_in_detail(l, key))
			continue;
		const char *bare =
		    g_str_has_prefix(key, l->prefix) ? key + strlen(l->prefix) : key;
		g_autofree char *label = words_of(bare);
		g_autofree char *text = format_text(row, key);
		add_line(sheet, label, text, TONE_PLAIN);
	}
}

void
display_row(const struct listing *l, JsonObject *row, const struct output *out)
{
	SCOPED(sheet) sheet = sheet_new();
	struct output whole = *out;

	whole.terminal = false; /* here nothing is cut: this is where one looks it up */
	sheet_add_column(sheet, "", ALIGN_LEFT, 0);
	sheet_add_column(sheet, "", ALIGN_LEFT, 0);
	for (const struct field *f = l->detail; f->key != NULL; f++) {
		if (f->format == NULL)
			continue;
		g_autofree char *text = f->format(row, f->key);
		add_line(sheet, f->header, text, tone_of(f, row));
	}
	add_rest(sheet, l, row);
	sheet_write_rows(sheet, &whole);
}

/* --- sorting */

/* "vclVmNodeName" by that name or by the header that stands above it. */
static const char *
key_of_column(const struct listing *l, const char *column)
{
	for (const struct field *f = l->list; f->key != NULL; f++)
		if (g_ascii_strcasecmp(f->header, column) == 0 ||
		    g_ascii_strcasecmp(f->key, column) == 0)
			return f->key;
	return NULL;
}

static int
compare_numbers(JsonObject *a, JsonObject *b, const char *key)
{
	int64_t x = row_int(a, key), y = row_int(b, key);

	return (x < y) - (x > y); /* the largest first */
}

static int
compare_texts(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a == NULL) - (b == NULL); /* those without one last */
	g_autofree char *x = g_utf8_collate_key_for_filename(a, -1);
	g_autofree char *y = g_utf8_collate_key_for_filename(b, -1);
	return strcmp(x, y);
}

static int
compare_rows(gconstpointer a, gconstpointer b, gpointer key)
{
	JsonObject *x = *(JsonObject *const *)a, *y = *(JsonObject *const *)b;
	const char *text_x = row_text(x, key), *text_y = row_text(y, key);

	if (text_x == NULL && text_y == NULL)
		return compare_numbers(x, y, key);
	return compare_texts(text_x, text_y);
}

bool
display_sort(const struct listing *l, GPtrArray *rows, const char *column)
{
	const char *key = key_of_column(l, column);

	if (key == NULL)
		return false;
	/* GLib's sort is stable, so that equal rows keep the order of their names */
	g_ptr_array_sort_with_data(rows, compare_rows, (gpointer)key);
	return true;
}

const char **
display_columns(const struct listing *l)
{
	size_t n = 0;

	while (l->list[n].key != NULL)
		n++;
	const char **words = g_new0(const char *, n + 1);
	for (size_t i = 0; i < n; i++)
		words[i] = l->list[i].header;
	return words;
}

bool
same_state(const char *a, const char *b)
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
