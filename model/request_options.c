/* Options of a request in words: "copy-storage", "max-downtime=300". */
#include "model/request.h"

#include <string.h>

static const struct enum_name on_off_names[] = {
	{ REQUEST_ON, "on" }, { REQUEST_OFF, "off" }, { 0, NULL },
};

#define FOR(type) (UINT64_C(1) << (type))

/*
 * Either a flag, or a number from 1 to `most` (or one of `names`) in the field at
 * `offset`.
 */
static const struct option {
	const char *word;
	uint32_t flag;
	size_t offset;
	uint32_t most;
	uint64_t types; /* of jobs that have it, 0: all */
	const struct enum_name *names;
} options[] = {
	{ "copy-storage",  REQUEST_COPY_STORAGE },
	{ "postcopy",      REQUEST_POSTCOPY },
	{ "auto-converge", REQUEST_AUTO_CONVERGE },
	{ "offline",       REQUEST_OFFLINE },
	{ "notify",        REQUEST_NOTIFY },
	{ "dry-run",       REQUEST_DRY_RUN },
	{ "raw",           REQUEST_RAW, .types = FOR(JOB_VOLUME_CREATE) | FOR(JOB_VOLUME_CLONE) },
	{ "whole",         REQUEST_WHOLE, .types = FOR(JOB_VOLUME_CREATE) },
	{ "linked",        REQUEST_LINKED, .types = FOR(JOB_VOLUME_CLONE) },
	{ "power-off",     REQUEST_POWER_OFF, .types = FOR(JOB_SNAPSHOT_REVERT) },
	{ "max-downtime",  0, offsetof(struct request, max_downtime), 2000000 },
	{ "bandwidth",     0, offsetof(struct request, bandwidth), 1000000 },
	{ "keep",          0, offsetof(struct request, keep), REQUEST_KEEP_MOST },
	{ "grace",         0, offsetof(struct request, amount), 86400,
	    FOR(JOB_SHUTDOWN) | FOR(JOB_REBOOT) | FOR(JOB_SHUTDOWN_THEN_OFF) },
	{ "size",          0, offsetof(struct request, amount), UINT32_MAX - 1,
	    FOR(JOB_VOLUME_CREATE) | FOR(JOB_VOLUME_RESIZE) },
	{ "vcpus",         0, offsetof(struct request, amount), 65535, FOR(JOB_SET_VCPUS) },
	{ "memory",        0, offsetof(struct request, amount), UINT32_MAX - 1,
	    FOR(JOB_SET_MEMORY) },
	{ "autostart",     0, offsetof(struct request, amount), 2, FOR(JOB_SET_AUTOSTART),
	    on_off_names },
};

static bool
is_for(const struct option *o, const struct request *request)
{
	return o->types == 0 ||
	    (request->type > 0 && request->type < 64 && (o->types & FOR(request->type)));
}

static uint32_t *
field_of(struct request *request, const struct option *option)
{
	return (uint32_t *)(void *)((char *)request + option->offset);
}

static void
append_value(GString *text, const char *gap, const struct option *o, uint32_t value)
{
	if (o->names != NULL)
		g_string_append_printf(text, "%s%s=%s", gap, o->word,
		    enum_to_name(o->names, (int32_t)value));
	else
		g_string_append_printf(text, "%s%s=%u", gap, o->word, value);
}

char *
request_options_text(const struct request *request)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct request copy = *request;

	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		const struct option *o = &options[i];
		const char *gap = text->len > 0 ? " " : "";
		if (!is_for(o, request))
			continue;
		if (o->flag != 0 && (request->flags & o->flag))
			g_string_append_printf(text, "%s%s", gap, o->word);
		else if (o->flag == 0 && *field_of(&copy, o) != 0)
			append_value(text, gap, o, *field_of(&copy, o));
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

static bool
take_name(const struct option *o, const char *text, struct request *out, GError **error)
{
	*field_of(out, o) = (uint32_t)enum_from_name(o->names, text);
	if (*field_of(out, o) != 0)
		return true;
	g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE, "option %s is %s or %s, not %s",
	    o->word, o->names[0].name, o->names[1].name, text);
	return false;
}

/* "300" behind the option's word, or NULL. */
static bool
take_number(const struct option *o, const char *text, struct request *out, GError **error)
{
	guint64 number = 0;

	if (o->names != NULL && text != NULL)
		return take_name(o, text, out, error);
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
		if (!is_for(o, out)) {
			g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
			    "option %s is not for %s", o->word,
			    enum_to_name(job_type_names, out->type));
			return false;
		}
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
request_option_takes_value(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		if (strcmp(options[i].word, name) == 0)
			return options[i].flag == 0;
	return false;
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
