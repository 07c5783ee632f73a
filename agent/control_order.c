/* Which of the rows that a listing found are sent, and in which order. */
#include "config.h"

#include "agent/control_order.h"

#include <string.h>

#include "agent/json.h"
#include "model/request.h"
#include "model/row_json.h"

#define MOST_ROWS 1000000

bool
order_get(JsonObject *request, const struct table *table, const char *const *columns,
    struct row_order *out, GError **error)
{
	const char *sort = NULL;

	*out = (struct row_order){ .columns = columns };
	if (!json_get_text(request, "sort", &sort, error) ||
	    !json_get_bool(request, "descending", &out->descending, error) ||
	    !json_get_text(request, "match", &out->match, error) ||
	    !json_get_int(request, "offset", 0, MOST_ROWS, &out->offset, error) ||
	    !json_get_int(request, "limit", 1, MOST_ROWS, &out->limit, error))
		return false;
	if (sort == NULL)
		return true;
	out->sort = row_json_column(table, sort);
	if (out->sort == NULL)
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE, "%s has no column %s",
		    table->name, sort);
	return out->sort != NULL;
}

bool
order_matches(const struct row_order *order, const struct table *table,
    const struct reading *reading, const void *row)
{
	if (order->match == NULL || order->match[0] == '\0')
		return true;
	TABLE_FOREACH_COLUMN (table, c) {
		struct value v;
		if (c->syntax != SYN_TEXT && c->syntax != SYN_MAC)
			continue;
		if (order->columns != NULL && !g_strv_contains(order->columns, c->name))
			continue;
		column_read(c, reading, row, &v);
		if (v.syntax != SYN_NONE && v.s != NULL &&
		    strcasestr(v.s, order->match) != NULL)
			return true;
	}
	return false;
}

/* --- order */

/* The number at *p, and behind it; leading zeros do not count. */
static size_t
take_digits(const char **p)
{
	while (**p == '0' && g_ascii_isdigit((*p)[1]))
		(*p)++;
	const char *start = *p;
	while (g_ascii_isdigit(**p))
		(*p)++;
	return (size_t)(*p - start);
}

static int
compare_numbers(const char **a, const char **b)
{
	size_t n = take_digits(a), m = take_digits(b);

	return n != m ? (n < m ? -1 : 1) : strncmp(*a - n, *b - m, n);
}

int
order_compare_texts(const char *a, const char *b)
{
	const char *p = a, *q = b;

	while (*p != '\0' && *q != '\0') {
		int difference;
		if (g_ascii_isdigit(*p) && g_ascii_isdigit(*q)) {
			difference = compare_numbers(&p, &q);
		} else {
			difference = (guchar)g_ascii_tolower(*p) - (guchar)g_ascii_tolower(*q);
			p++;
			q++;
		}
		if (difference != 0)
			return difference;
	}
	return *p != *q ? (guchar)*p - (guchar)*q : strcmp(a, b);
}

struct keyed {
	struct value value;
	const void *row;
	size_t place; /* among equals the order of the table stays */
};

static bool
is_text(enum syntax syntax)
{
	return syntax == SYN_TEXT || syntax == SYN_MAC || syntax == SYN_UUID;
}

static bool
is_signed(enum syntax syntax)
{
	return syntax == SYN_INT || syntax == SYN_ENUM || syntax == SYN_BOOL ||
	    syntax == SYN_DATE || syntax == SYN_STAMP || syntax == SYN_ROW;
}

static int
compare_values(const struct value *a, const struct value *b)
{
	if (is_text(a->syntax))
		return order_compare_texts(a->s, b->s);
	if (is_signed(a->syntax))
		return (a->i > b->i) - (a->i < b->i);
	return (a->u > b->u) - (a->u < b->u);
}

static gint
compare_keyed(gconstpointer x, gconstpointer y, gpointer data)
{
	const struct keyed *a = x, *b = y;
	const struct row_order *order = data;
	bool has_a = a->value.syntax != SYN_NONE, has_b = b->value.syntax != SYN_NONE;
	int difference = 0;

	if (has_a != has_b)
		return has_a ? -1 : 1;
	if (has_a)
		difference = compare_values(&a->value, &b->value);
	if (difference != 0)
		return order->descending ? -difference : difference;
	return a->place < b->place ? -1 : 1;
}

static void
sort_rows(const struct row_order *order, const struct reading *reading, GPtrArray *rows)
{
	g_autofree struct keyed *keyed = g_new(struct keyed, rows->len);

	for (guint i = 0; i < rows->len; i++) {
		keyed[i] = (struct keyed){ .row = rows->pdata[i], .place = i };
		column_read(order->sort, reading, rows->pdata[i], &keyed[i].value);
		if (is_text(keyed[i].value.syntax) && keyed[i].value.s == NULL)
			keyed[i].value.syntax = SYN_NONE;
	}
	g_qsort_with_data(keyed, (gint)rows->len, sizeof(*keyed), compare_keyed,
	    (gpointer)order);
	for (guint i = 0; i < rows->len; i++)
		rows->pdata[i] = (gpointer)keyed[i].row;
}

static void
reverse_rows(GPtrArray *rows)
{
	for (guint i = 0, j = rows->len; i + 1 < j; i++) {
		gpointer other = rows->pdata[--j];
		rows->pdata[j] = rows->pdata[i];
		rows->pdata[i] = other;
	}
}

void
order_apply(const struct row_order *order, const struct reading *reading, GPtrArray *rows)
{
	if (order->sort != NULL && rows->len > 1)
		sort_rows(order, reading, rows);
	else if (order->descending)
		reverse_rows(rows);
	g_ptr_array_remove_range(rows, 0, (guint)MIN(order->offset, (int64_t)rows->len));
	if (order->limit > 0 && order->limit < (int64_t)rows->len)
		g_ptr_array_set_size(rows, (gint)order->limit);
}
