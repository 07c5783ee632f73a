/* Text for people: where it goes, and how wide it is there. */
#include "cli/output.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEFAULT_WIDTH 80
#define LEAST_WIDTH   20

static const char *const tone_codes[] = {
	[TONE_GOOD] = "32",
	[TONE_WARN] = "33",
	[TONE_BAD] = "31",
	[TONE_FAINT] = "2",
	[TONE_TITLE] = "1",
};

void
output_measure(struct output *out)
{
	struct winsize size = { 0 };
	const char *columns = getenv("COLUMNS");
	int width = columns != NULL ? atoi(columns) : 0;

	if (ioctl(fileno(out->file), TIOCGWINSZ, &size) == 0)
		out->height = size.ws_row;
	if (width <= 0)
		width = size.ws_col;
	out->width = width >= LEAST_WIDTH ? width : DEFAULT_WIDTH;
}

static bool
wants_colour(void)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	return (no_color == NULL || no_color[0] == '\0') && term != NULL &&
	    strcmp(term, "dumb") != 0;
}

static struct output
output_to(FILE *file)
{
	bool terminal = isatty(fileno(file));
	struct output out = {
		.file = file,
		.terminal = terminal,
		.width = DEFAULT_WIDTH,
		.colour = terminal && wants_colour(),
		.utf8 = g_get_charset(NULL),
	};

	if (terminal)
		output_measure(&out);
	return out;
}

struct output
output_stdout(void)
{
	return output_to(stdout);
}

struct output
output_stderr(void)
{
	return output_to(stderr);
}

static size_t
char_width(gunichar c)
{
	if (g_unichar_iszerowidth(c))
		return 0;
	return g_unichar_iswide(c) ? 2 : 1;
}

size_t
text_width(const char *text)
{
	size_t width = 0;

	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
		width += char_width(g_utf8_get_char(p));
	return width;
}

/* Control characters, and those that turn the direction of writing. */
static bool
is_harmful(gunichar c)
{
	return g_unichar_iscntrl(c) || c == 0x2028 || c == 0x2029 ||
	    (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

char *
text_clean(const char *text)
{
	if (text == NULL || text[0] == '\0')
		return g_strdup("-");
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *clean = g_string_sized_new(strlen(valid));

	for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		g_string_append_unichar(clean, is_harmful(c) ? '?' : c);
	}
	return g_string_free(clean, FALSE);
}

char *
text_cut(const char *text, size_t columns, bool utf8)
{
	const char *p = text;
	size_t width = 0;

	if (text_width(text) <= columns)
		return g_strdup(text);
	if (columns == 0)
		return g_strdup("");
	while (width + char_width(g_utf8_get_char(p)) < columns) {
		width += char_width(g_utf8_get_char(p));
		p = g_utf8_next_char(p);
	}
	return g_strdup_printf("%.*s%s", (int)(p - text), text, utf8 ? "…" : "~");
}

static void
pad(const struct output *out, size_t width, size_t columns)
{
	for (size_t i = width; i < columns; i++)
		putc(' ', out->file);
}

char *
output_text(const struct output *out, const char *text, enum tone tone)
{
	if (!out->colour || tone == TONE_PLAIN)
		return g_strdup(text);
	return g_strdup_printf("\033[%sm%s\033[0m", tone_codes[tone], text);
}

void
output_cell(const struct output *out, const char *text, enum tone tone, size_t columns,
    bool right)
{
	size_t width = text_width(text);
	g_autofree char *toned = output_text(out, text, tone);

	if (right)
		pad(out, width, columns);
	fputs(toned, out->file);
	if (!right)
		pad(out, width, columns);
}
