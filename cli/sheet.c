/* A sheet: rows of cells under headers, aligned when written. */
#include "cli/sheet.h"

#include <glib.h>

#define GAP 2 /* blanks between columns */

struct column {
	char *header;
	enum align align;
	size_t least;
	size_t width; /* of the widest cell */
};

struct cell {
	char *text;
	enum tone tone;
};

struct sheet {
	GArray *columns; /* struct column */
	GArray *cells;   /* struct cell, row after row */
};

struct sheet *
sheet_new(void)
{
	struct sheet *s = g_new0(struct sheet, 1);

	s->columns = g_array_new(FALSE, TRUE, sizeof(struct column));
	s->cells = g_array_new(FALSE, TRUE, sizeof(struct cell));
	return s;
}

void
sheet_free(struct sheet *s)
{
	for (guint i = 0; i < s->columns->len; i++)
		g_free(g_array_index(s->columns, struct column, i).header);
	for (guint i = 0; i < s->cells->len; i++)
		g_free(g_array_index(s->cells, struct cell, i).text);
	g_array_free(s->columns, TRUE);
	g_array_free(s->cells, TRUE);
	g_free(s);
}

void
sheet_add_column(struct sheet *s, const char *header, enum align align, size_t least)
{
	struct column c = {
		.header = g_strdup(header),
		.align = align,
		.least = least,
		.width = text_width(header),
	};

	g_array_append_val(s->columns, c);
}

void
sheet_add_cell(struct sheet *s, const char *text, enum tone tone)
{
	struct cell cell = { .text = text_clean(text), .tone = tone };
	guint place = s->cells->len % s->columns->len;
	struct column *column = &g_array_index(s->columns, struct column, place);

	column->width = MAX(column->width, text_width(cell.text));
	g_array_append_val(s->cells, cell);
}

/* The column that is cut next, or NULL. */
static struct column *
widest(struct column *columns, guint n)
{
	struct column *found = NULL;

	for (guint i = 0; i < n; i++) {
		struct column *c = &columns[i];
		if (c->least > 0 && c->width > c->least &&
		    (found == NULL || c->width > found->width))
			found = c;
	}
	return found;
}

/* Makes the columns fit into `room`, as far as they may be cut. */
static void
shrink(struct column *columns, guint n, size_t room)
{
	size_t total = GAP * (n - 1);

	for (guint i = 0; i < n; i++)
		total += columns[i].width;
	for (; total > room; total--) {
		struct column *c = widest(columns, n);
		if (c == NULL)
			return;
		c->width--;
	}
}

static void
write_row(const struct output *out, const struct column *columns, guint n,
    const struct cell *cells)
{
	for (guint i = 0; i < n; i++) {
		const struct column *c = &columns[i];
		bool last = i == n - 1;
		bool right = c->align == ALIGN_RIGHT;
		g_autofree char *text = text_cut(cells[i].text, c->width, out->utf8);

		output_cell(out, text, cells[i].tone, last && !right ? 0 : c->width, right);
		fputs(last ? "\n" : "  ", out->file);
	}
}

static void
write_sheet(const struct sheet *s, const struct output *out, bool with_header)
{
	guint n = s->columns->len;
	g_autofree struct column *columns =
	    g_memdup2(s->columns->data, n * sizeof(struct column));
	g_autofree struct cell *headers = g_new0(struct cell, n);

	if (out->terminal)
		shrink(columns, n, (size_t)out->width);
	for (guint i = 0; i < n; i++)
		headers[i] = (struct cell){ columns[i].header, TONE_TITLE };
	if (with_header)
		write_row(out, columns, n, headers);
	for (guint i = 0; i + n <= s->cells->len; i += n)
		write_row(out, columns, n, &g_array_index(s->cells, struct cell, i));
}

void
sheet_write(const struct sheet *s, const struct output *out)
{
	write_sheet(s, out, true);
}

void
sheet_write_rows(const struct sheet *s, const struct output *out)
{
	write_sheet(s, out, false);
}
