/* A picture that may be longer than the terminal. */
#include "cli/scroll.h"

void
scroll_by(struct scroll *s, gint64 lines)
{
	s->first = (guint)CLAMP((gint64)s->first + lines, 0, G_MAXINT32);
}

static void
add_lines(GString *frame, char **lines, guint from, guint to)
{
	for (guint i = from; i < to; i++)
		g_string_append_printf(frame, "%s\033[K\n", lines[i]);
}

void
scroll_write(struct scroll *s, const char *picture, guint head, guint room, GString *frame)
{
	g_auto(GStrv) lines = g_strsplit(picture, "\n", -1);
	guint n = g_strv_length(lines);

	if (n > 0 && lines[n - 1][0] == '\0')
		n--;
	head = head < room ? MIN(head, n) : 0;
	guint rest = n - head;
	s->page = MAX(room - head, 1);
	s->first = MIN(s->first, rest > s->page ? rest - s->page : 0);
	guint last = s->first + MIN(s->page, rest - s->first);
	add_lines(frame, lines, 0, head);
	add_lines(frame, lines, head + s->first, head + last);
	if (rest > s->page)
		g_string_append_printf(frame, "%u to %u of %u lines\033[K", s->first + 1, last,
		    rest);
}

/* --- keys */

static bool
by(struct scroll *s, gint64 lines)
{
	scroll_by(s, lines);
	return false;
}

static gint64
page_of(const struct scroll *s)
{
	return s->page;
}

static bool
line_down(void *data, const char *word)
{
	return by(data, 1);
}

static bool
line_up(void *data, const char *word)
{
	return by(data, -1);
}

static bool
page_down(void *data, const char *word)
{
	return by(data, page_of(data));
}

static bool
page_up(void *data, const char *word)
{
	return by(data, -page_of(data));
}

static bool
to_top(void *data, const char *word)
{
	return by(data, -(gint64)G_MAXINT32);
}

static bool
to_end(void *data, const char *word)
{
	return by(data, G_MAXINT32);
}

const struct key scroll_keys[] = {
	{ KEY_DOWN, "a line down", line_down },
	{ 'j', NULL, line_down },
	{ KEY_UP, "a line up", line_up },
	{ 'k', NULL, line_up },
	{ ' ', "a page down", page_down },
	{ KEY_PAGE_DOWN, NULL, page_down },
	{ 'b', "a page up", page_up },
	{ KEY_PAGE_UP, NULL, page_up },
	{ KEY_HOME, "to the beginning", to_top },
	{ 'g', NULL, to_top },
	{ KEY_END, "to the end", to_end },
	{ 'G', NULL, to_end },
	{ 0 },
};
