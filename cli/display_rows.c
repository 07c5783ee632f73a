/* Rows shown by the arrays of display.c: listings, one thing in full, sorting. */
#include <string.h>

#include "cli/display.h"

static enum tone
tone_of(const struct field *f, JsonObject *row)
{
	return f->tone != NULL ? f->tone(row, f->key) : TONE_PLAIN;
}

static bool
is_told(const struct field *f, GPtrArray *rows)
{
	for (guint i = 0; i < rows->len; i++)
		if (json_object_has_member(rows->pdata[i], f->key))
			return true;
	return false;
}

static bool
is_shown(const struct field *f, GPtrArray *rows, bool wide)
{
	if (f->width == TOLD)
		return is_told(f, rows);
	return f->width == NARROW || wide == (f->width == WIDE);
}

void
display_rows(const struct listing *l, GPtrArray *rows, bool wide, const struct output *out)
{
	SCOPED(sheet) sheet = sheet_new();

	for (const struct field *f = l->list; f->key != NULL; f++)
		if (is_shown(f, rows, wide))
			sheet_add_column(sheet, f->header, f->align, f->least);
	for (guint i = 0; i < rows->len; i++) {
		for (const struct field *f = l->list; f->key != NULL; f++) {
			if (!is_shown(f, rows, wide))
				continue;
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

/* --- sums */

static void
put_sum(const struct field *f, JsonObject *row)
{
	g_auto(GStrv) parts = g_strsplit(f->with, " ", -1);
	gint64 sum = 0;
	bool is_known = false;

	for (size_t i = 0; parts[i] != NULL; i++) {
		is_known |= json_object_has_member(row, parts[i]);
		sum += row_int(row, parts[i]);
	}
	if (is_known)
		json_object_set_int_member(row, f->key, sum);
}

void
display_sums(const struct listing *l, GPtrArray *rows)
{
	for (const struct field *f = l->list; f->key != NULL; f++)
		for (guint i = 0; display_is_sum(f->key) && i < rows->len; i++)
			put_sum(f, rows->pdata[i]);
}

/* --- sorting */

struct order {
	const char *key;
	int sign;
};

/* Words that have an order of their own: the worst first. */
static const char *const *const ranks[] = { filter_health, filter_severity };

static int
rank_of(const char *const *words, const char *word)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

static int
compare_texts(const char *a, const char *b)
{
	for (size_t i = 0; i < G_N_ELEMENTS(ranks); i++) {
		int x = rank_of(ranks[i], a), y = rank_of(ranks[i], b);
		if (x >= 0 && y >= 0)
			return y - x;
	}
	g_autofree char *x = g_utf8_collate_key_for_filename(a, -1);
	g_autofree char *y = g_utf8_collate_key_for_filename(b, -1);
	return strcmp(x, y);
}

static int
compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct order *order = data;
	JsonObject *x = *(JsonObject *const *)a, *y = *(JsonObject *const *)b;
	bool has_x = json_object_has_member(x, order->key);
	bool has_y = json_object_has_member(y, order->key);
	const char *text_x = row_text(x, order->key), *text_y = row_text(y, order->key);

	if (!has_x || !has_y)
		return has_y - has_x;
	if (text_x != NULL && text_y != NULL)
		return order->sign * compare_texts(text_x, text_y);
	int64_t number_x = row_int(x, order->key), number_y = row_int(y, order->key);
	return order->sign * ((number_x < number_y) - (number_x > number_y));
}

void
display_sort(GPtrArray *rows, const char *key, bool reverse)
{
	struct order order = { key, reverse ? -1 : 1 };

	/* GLib's sort is stable, so that equal rows keep the order of their names */
	g_ptr_array_sort_with_data(rows, compare_rows, &order);
}
