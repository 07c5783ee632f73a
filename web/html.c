/* Writes HTML. */
#include "web/html.h"

#include <stdarg.h>
#include <string.h>

struct html {
	GString *out;
};

struct html *
html_new(void)
{
	struct html *h = g_new0(struct html, 1);

	h->out = g_string_sized_new(16384);
	return h;
}

void
html_free(struct html *h)
{
	g_string_free(h->out, TRUE);
	g_free(h);
}

GBytes *
html_finish(struct html *h)
{
	GBytes *bytes = g_string_free_to_bytes(h->out);

	g_free(h);
	return bytes;
}

/* --- text */

static const char *
entity_of(gunichar c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* Control characters, and marks that turn the direction of what follows. */
static bool
is_unwanted(gunichar c)
{
	return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) ||
	    (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	    c == 0x200e || c == 0x200f || c == 0x2028 || c == 0x2029 ||
	    (c & 0xfffe) == 0xfffe;
}

static void
append_escaped(GString *out, const char *text)
{
	g_autofree char *repaired = NULL;

	if (!g_utf8_validate(text, -1, NULL))
		text = repaired = g_utf8_make_valid(text, -1);
	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		const char *entity = entity_of(c);
		if (entity != NULL)
			g_string_append(out, entity);
		else
			g_string_append_unichar(out, is_unwanted(c) ? 0xfffd : c);
	}
}

char *
html_escape(const char *text)
{
	GString *out = g_string_new(NULL);

	append_escaped(out, text);
	return g_string_free(out, FALSE);
}

void
html_text(struct html *h, const char *text)
{
	if (text != NULL)
		append_escaped(h->out, text);
}

void
html_textf(struct html *h, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	html_text(h, text);
}

/* --- elements */

void
html_doctype(struct html *h)
{
	g_string_append(h->out, "<!DOCTYPE html>\n");
}

static void
put_start(struct html *h, const char *element, va_list attributes)
{
	const char *name;

	g_string_append_c(h->out, '<');
	g_string_append(h->out, element);
	while ((name = va_arg(attributes, const char *)) != NULL) {
		const char *value = va_arg(attributes, const char *);
		if (value == NULL)
			continue;
		g_string_append_c(h->out, ' ');
		g_string_append(h->out, name);
		g_string_append(h->out, "=\"");
		append_escaped(h->out, value);
		g_string_append_c(h->out, '"');
	}
	g_string_append_c(h->out, '>');
}

void
html_begin(struct html *h, const char *element, ...)
{
	va_list attributes;

	va_start(attributes, element);
	put_start(h, element, attributes);
	va_end(attributes);
}

void
html_void(struct html *h, const char *element, ...)
{
	va_list attributes;

	va_start(attributes, element);
	put_start(h, element, attributes);
	va_end(attributes);
}

void
html_end(struct html *h, const char *element)
{
	g_string_append_printf(h->out, "</%s>", element);
}

void
html_leaf(struct html *h, const char *element, const char *text, ...)
{
	va_list attributes;

	va_start(attributes, text);
	put_start(h, element, attributes);
	va_end(attributes);
	html_text(h, text);
	html_end(h, element);
}
