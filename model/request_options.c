/* Options of a request in words: "copy-storage", "max-downtime=300". */
#include "model/request.h"

#include <string.h>

/* Either a flag, or a number from 1 to `most` in the field at `offset`. */
static const struct option {
	const char *word;
	uint32_t flag;
	size_t offset;
	uint32_t most;
} options[] = {
	{ "copy-storage",  REQUEST_COPY_STORAGE },
	{ "postcopy",      REQUEST_POSTCOPY },
	{ "auto-converge", REQUEST_AUTO_CONVERGE },
	{ "offline",       REQUEST_OFFLINE },
	{ "notify",        REQUEST_NOTIFY },
	{ "dry-run",       REQUEST_DRY_RUN },
	{ "max-downtime",  0, offsetof(struct request, max_downtime), 2000000 },
	{ "bandwidth",     0, offsetof(struct request, bandwidth), 1000000 },
	{ "keep",          0, offsetof(struct request, keep), REQUEST_KEEP_MOST },
};

static uint32_t *
field_of(struct request *request, const struct option *option)
{
	return (uint32_t *)(void *)((char *)request + option->offset);
}

char *
request_options_text(const struct request *request)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct request copy = *request;

	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		const struct option *o = &options[i];
		const char *gap = text->len > 0 ? " " : "";
		if (o->flag != 0 && (request->flags & o->flag))
			g_string_append_printf(text, "%s%s", gap, o->word);
		else if (o->flag == 0 && *field_of(&copy, o) != 0)
			g_string_append_printf(text, "%s%s=%u", gap, o->word,
			    *field_of(&copy, o));
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool
refuse_word(const char *word, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		g_string_append_printf(known, "%s%s%s", known->len > 0 ? ", " : "",
		    options[i].word, options[i].flag == 0 ? "=N" : "");
	g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
	    "unknown option \"%s\" (known: %s)", word, known->str);
	return false;
}

/* "300" behind the option's word, or NULL. */
static bool
take_number(const struct option *o, const char *text, struct request *out, GError **error)
{
	guint64 number = 0;

	if (text != NULL && g_ascii_string_to_unsigned(text, 10, 1, o->most, &number, NULL)) {
		*field_of(out, o) = (uint32_t)number;
		return true;
	}
	g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
	    "option %s takes a number from 1 to %u%s%s", o->word, o->most,
	    text == NULL ? "" : ", not ", text == NULL ? "" : text);
	return false;
}

bool
request_option_take(struct request *out, const char *word, GError **error)
{
	const char *equals = strchr(word, '=');
	size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);

	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		const struct option *o = &options[i];
		if (strlen(o->word) != len || strncmp(o->word, word, len) != 0)
			continue;
		if (o->flag == 0)
			return take_number(o, equals == NULL ? NULL : equals + 1, out, error);
		if (equals != NULL)
			return refuse_word(word, error);
		out->flags |= o->flag;
		return true;
	}
	return refuse_word(word, error);
}

bool
request_options_parse(struct request *out, const char *text, GError **error)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);

	for (char **word = words; *word != NULL; word++)
		if (**word != '\0' && !request_option_take(out, *word, error))
			return false;
	return true;
}
