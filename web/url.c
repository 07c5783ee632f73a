/* Addresses: what a browser asks for, and links to pages. */
#include "web/url.h"

#include <stdarg.h>
#include <string.h>

#define LONGEST 4096 /* octets of an address */
#define MOST_PARAMETERS 32

G_DEFINE_QUARK(vcl-web-error, web_error)

static bool
bad(GError **error, const char *why)
{
	g_set_error(error, WEB_ERROR, WEB_ERROR_BAD, "This address makes no sense: %s.", why);
	return false;
}

/* Percent-decoded, to be freed; NULL unless it is text. */
static char *
decode(const char *text, gssize n, bool form, GError **error)
{
	g_autofree char *copy = g_strndup(text, (gsize)n);

	if (form)
		g_strdelimit(copy, "+", ' ');
	g_autofree char *plain = g_uri_unescape_string(copy, NULL);
	if (plain == NULL || !g_utf8_validate(plain, -1, NULL)) {
		bad(error, "it is not text");
		return NULL;
	}
	return g_steal_pointer(&plain);
}

static bool
parse_path(struct url *url, const char *path, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);

	for (char **part = parts; *part != NULL; part++) {
		if (**part == '\0')
			continue;
		if (url->segments == URL_SEGMENTS_MOST)
			return bad(error, "it is too deep");
		char *segment = decode(*part, (gssize)strlen(*part), false, error);
		if (segment == NULL)
			return false;
		url->segment[url->segments++] = segment;
	}
	return true;
}

static bool
parse_query(struct url *url, const char *query, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(query, "&", -1);

	for (char **part = parts; *part != NULL; part++) {
		const char *is = strchr(*part, '=');
		size_t n = is != NULL ? (size_t)(is - *part) : strlen(*part);
		const char *text = is != NULL ? is + 1 : "";
		if (**part == '\0')
			continue;
		if (url->names->len == MOST_PARAMETERS)
			return bad(error, "it has too many parameters");
		g_autofree char *name = decode(*part, (gssize)n, true, error);
		g_autofree char *value =
		    name != NULL ? decode(text, (gssize)strlen(text), true, error) : NULL;
		if (value == NULL)
			return false;
		g_ptr_array_add(url->names, g_steal_pointer(&name));
		g_ptr_array_add(url->values, g_steal_pointer(&value));
	}
	return true;
}

static const char *
skip_base(const char *path, const char *base)
{
	size_t n = strlen(base);

	if (n > 0 && strncmp(path, base, n) == 0 && (path[n] == '/' || path[n] == '\0'))
		return path + n;
	return path;
}

struct url *
url_parse(const char *text, const char *base, GError **error)
{
	struct url *url = g_new0(struct url, 1);

	url->names = g_ptr_array_new_with_free_func(g_free);
	url->values = g_ptr_array_new_with_free_func(g_free);
	const char *question = strchr(text, '?');
	g_autofree char *path =
	    g_strndup(text, question != NULL ? (gsize)(question - text) : strlen(text));
	bool good = strlen(text) <= LONGEST || bad(error, "it is too long");
	if (good && text[0] != '/')
		good = bad(error, "it does not begin with a slash");
	if (good)
		good = parse_path(url, skip_base(path, base), error) &&
		    (question == NULL || parse_query(url, question + 1, error));
	if (good)
		return url;
	url_free(url);
	return NULL;
}

void
url_free(struct url *url)
{
	for (size_t i = 0; i < url->segments; i++)
		g_free(url->segment[i]);
	g_ptr_array_unref(url->names);
	g_ptr_array_unref(url->values);
	g_free(url);
}

const char *
url_get(const struct url *url, const char *name)
{
	for (guint i = 0; i < url->names->len; i++)
		if (strcmp(url->names->pdata[i], name) == 0)
			return url->values->pdata[i];
	return NULL;
}

bool
url_get_int(const struct url *url, const char *name, int64_t least, int64_t most,
    int64_t *out, GError **error)
{
	const char *text = url_get(url, name);

	if (text == NULL || *text == '\0' ||
	    g_ascii_string_to_signed(text, 10, least, most, out, NULL))
		return true;
	g_set_error(error, WEB_ERROR, WEB_ERROR_BAD,
	    "\"%s\" must be a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ".", name,
	    least, most);
	return false;
}

bool
url_get_word(const struct url *url, const char *name, const char *const *words,
    const char **out, GError **error)
{
	const char *text = url_get(url, name);

	*out = "";
	if (text == NULL || *text == '\0')
		return true;
	for (; *words != NULL; words++) {
		if (strcmp(*words, text) == 0) {
			*out = *words;
			return true;
		}
	}
	g_set_error(error, WEB_ERROR, WEB_ERROR_BAD, "\"%s\" cannot be \"%s\".", name, text);
	return false;
}

/* --- links */

static void
add_segment(GString *link, const char *segment)
{
	g_autofree char *plain = g_uri_escape_string(segment, NULL, FALSE);
	/* a browser would take these two for steps in the path, even encoded */
	bool steps = strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0;

	g_string_append_c(link, '/');
	g_string_append(link, steps ? "-" : plain);
}

GString *
url_same(const char *base, const struct url *url)
{
	GString *link = g_string_new(base);

	for (size_t i = 0; i < url->segments; i++)
		add_segment(link, url->segment[i]);
	if (url->segments == 0)
		g_string_append_c(link, '/');
	return link;
}

GString *
url_link(const char *base, ...)
{
	GString *link = g_string_new(base);
	const char *segment;
	va_list segments;

	va_start(segments, base);
	while ((segment = va_arg(segments, const char *)) != NULL)
		add_segment(link, segment);
	va_end(segments);
	if (link->len == strlen(base))
		g_string_append_c(link, '/');
	return link;
}

void
url_add(GString *link, const char *name, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	g_autofree char *plain = g_uri_escape_string(value, NULL, FALSE);
	g_string_append_printf(link, "%c%s=%s", strchr(link->str, '?') != NULL ? '&' : '?',
	    name, plain);
}

void
url_add_int(GString *link, const char *name, int64_t value)
{
	g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);

	url_add(link, name, text);
}
