/* Options of a request in words: "copy-storage", "max-downtime=300". */
#include "model/request.h"

#include <string.h>

static const struct enum_name on_off_names[] = {
	{ REQUEST_ON, "on" }, { REQUEST_OFF, "off" }, { 0, NULL },
};

#define FOR(type) (UINT64_C(1) << (type))

/* --- texts: what fits */

static bool
has_only(const char *text, const char *set)
{
	return *text != '\0' && text[strspn(text, set)] == '\0';
}

static bool
is_network(const char *text)
{
	return *text != '-' && has_only(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-");
}

/* Labels of letters, digits and '-', with dots between them. */
static bool
is_hostname(const char *text)
{
	g_auto(GStrv) labels = g_strsplit(text, ".", -1);

	for (char **label = labels; *label != NULL; label++)
		if (!has_only(*label, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-") ||
		    **label == '-' || g_str_has_suffix(*label, "-"))
			return false;
	return *text != '\0';
}

static bool
is_user(const char *text)
{
	return !g_ascii_isdigit(*text) && *text != '-' &&
	    has_only(text, G_CSET_a_2_z G_CSET_DIGITS "_-");
}

/* Of a public key, what stands between its type and its comment. */
static bool
is_key(const char *text)
{
	return g_str_has_prefix(text, "AAAA") && strlen(text) % 4 == 0 &&
	    has_only(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "+/=");
}

/* It stands between other words. */
static bool
is_pool(const char *text)
{
	return *text != '-' && *text != '\0' && g_utf8_validate(text, -1, NULL) &&
	    strpbrk(text, " \t\n\"'") == NULL;
}

static bool
is_drive(const char *text)
{
	return has_only(text, G_CSET_a_2_z G_CSET_DIGITS);
}

static bool
is_node_name(const char *text)
{
	return g_ascii_isalnum(*text) &&
	    has_only(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-");
}

/* Of either IP, or a name. */
static bool
is_address(const char *text)
{
	return (g_ascii_isalnum(*text) || *text == ':') &&
	    has_only(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._:-");
}

static const struct text_kind {
	bool (*fits)(const char *);
	const char *wanted;
} network_text = { is_network, "a network's name" },
	hostname_text = { is_hostname, "a host name" },
	user_text = { is_user, "a user's name in lower case" },
	key_text = { is_key, "an ssh public key" },
	pool_text = { is_pool, "a pool's name" },
	node_name_text = { is_node_name, "a node's name" },
	address_text = { is_address, "an address or a host's name" },
	drive_text = { is_drive, "a disk's target such as vda" };

/*
 * Either a flag, or a number from 1 to `most` (or one of `names`), or a text of less than
 * `room` octets, in the field at `offset`.
 */
static const struct option {
	const char *word;
	uint32_t flag;
	size_t offset;
	uint32_t most;
	uint64_t types; /* of jobs that have it, 0: all */
	const struct enum_name *names;
	const struct text_kind *text; /* NULL: no text */
	size_t room;
	bool mib;         /* a number that may have a unit: 2G */
} options[] = {
	{ "copy-storage",  REQUEST_COPY_STORAGE },
	{ "postcopy",      REQUEST_POSTCOPY },
	{ "auto-converge", REQUEST_AUTO_CONVERGE },
	{ "offline",       REQUEST_OFFLINE },
	{ "notify",        REQUEST_NOTIFY },
	{ "dry-run",       REQUEST_DRY_RUN },
	{ "raw",           REQUEST_RAW, .types = FOR(JOB_VOLUME_CREATE) | FOR(JOB_VOLUME_CLONE) },
	{ "whole",         REQUEST_WHOLE, .types = FOR(JOB_VOLUME_CREATE) },
	{ "linked",        REQUEST_LINKED, .types = FOR(JOB_VOLUME_CLONE) | FOR(JOB_VM_CLONE) },
	{ "read-only",     REQUEST_READ_ONLY, .types = FOR(JOB_VOLUME_EXPORT) },
	{ "disconnect",    REQUEST_DISCONNECT, .types = FOR(JOB_VOLUME_UNEXPORT) },
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
	    FOR(JOB_SET_MEMORY) | FOR(JOB_VM_CREATE), .mib = true },
	{ "autostart",     0, offsetof(struct request, amount), 2, FOR(JOB_SET_AUTOSTART),
	    on_off_names },
	{ "priority",      0, offsetof(struct request, amount), 1000000, FOR(JOB_HA_ENABLE) },
	{ "no-start",      REQUEST_NO_START, .types = FOR(JOB_VM_CREATE) },
	{ "vcpus",         0, offsetof(struct request, machine.vcpus), 4096,
	    FOR(JOB_VM_CREATE) },
	{ "disk",          0, offsetof(struct request, machine.disk), UINT32_MAX - 1,
	    FOR(JOB_VM_CREATE), .mib = true },
	{ "full",          REQUEST_FULL_BACKUP, .types = FOR(JOB_BACKUP) },
	{ "incremental",   REQUEST_INCREMENTAL, .types = FOR(JOB_BACKUP) },
	{ "quiesce",       REQUEST_QUIESCE,
	    .types = FOR(JOB_VM_CLONE) | FOR(JOB_TEMPLATE_CREATE) | FOR(JOB_BACKUP) },
	{ "start",         REQUEST_START, .types = FOR(JOB_VM_CLONE) | FOR(JOB_RESTORE) },
#define TEXT_OPTION_FOR(types, word, field, kind)                                      \
	{ word, 0, offsetof(struct request, machine.field), 0, types,                  \
	    .text = &kind, .room = sizeof(((struct request *)0)->machine.field) }
#define TEXT_OPTION(word, field, kind)                                                 \
	TEXT_OPTION_FOR(FOR(JOB_VM_CREATE), word, field, kind)
	TEXT_OPTION_FOR(FOR(JOB_VM_CLONE) | FOR(JOB_TEMPLATE_CREATE) | FOR(JOB_BACKUP) |
	    FOR(JOB_RESTORE), "pool", pool, pool_text),
	TEXT_OPTION_FOR(FOR(JOB_RESTORE), "disk", drive, drive_text),
	TEXT_OPTION_FOR(FOR(JOB_VNODE_ENABLE), "address", network, address_text),
	{ "name", 0, offsetof(struct request, argument), 0, FOR(JOB_VNODE_ENABLE),
	    .text = &node_name_text, .room = 64 },
	TEXT_OPTION("network", network, network_text),
	TEXT_OPTION("hostname", hostname, hostname_text),
	TEXT_OPTION("user", user, user_text),
	TEXT_OPTION("ssh-key", ssh_key, key_text),
#undef TEXT_OPTION
#undef TEXT_OPTION_FOR
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

static char *
text_of(struct request *request, const struct option *option)
{
	return (char *)request + option->offset;
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
		else if (o->text != NULL && *text_of(&copy, o) != '\0')
			g_string_append_printf(text, "%s%s=%s", gap, o->word,
			    text_of(&copy, o));
		else if (o->flag == 0 && o->text == NULL && *field_of(&copy, o) != 0)
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
		    options[i].word, options[i].text != NULL ? "=TEXT"
			: options[i].flag == 0 ? "=N" : "");
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

/* "ssh-ed25519 AAAA... somebody" is what people have: the middle is enough. */
static bool
take_text(const struct option *o, const char *text, struct request *out, GError **error)
{
	g_auto(GStrv) words = g_strsplit(text == NULL ? "" : text, " ", 3);
	const char *word = words[0] != NULL && words[1] != NULL && o->text == &key_text
	    ? words[1] : text;

	if (word == NULL || !o->text->fits(word) || strlen(word) >= o->room) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
		    "option %s takes %s of at most %zu octets", o->word, o->text->wanted,
		    o->room - 1);
		return false;
	}
	memset(text_of(out, o), 0, o->room);
	g_strlcpy(text_of(out, o), word, o->room);
	return true;
}

bool
request_parse_size(const char *text, uint32_t *mib)
{
	static const struct { const char *unit; uint32_t mib; } units[] = {
		{ "", 1 }, { "m", 1 }, { "mib", 1 }, { "g", 1024 }, { "gib", 1024 },
		{ "t", 1024 * 1024 }, { "tib", 1024 * 1024 },
	};
	size_t digits = strspn(text, "0123456789");
	g_autofree char *number = g_strndup(text, digits);
	guint64 n;

	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		if (g_ascii_strcasecmp(text + digits, units[i].unit) != 0)
			continue;
		if (!g_ascii_string_to_unsigned(number, 10, 1,
			(UINT32_MAX - 1) / units[i].mib, &n, NULL))
			return false;
		*mib = (uint32_t)n * units[i].mib;
		return true;
	}
	return false;
}

/* "300" behind the option's word, or NULL. */
static bool
take_number(const struct option *o, const char *text, struct request *out, GError **error)
{
	guint64 number = 0;

	if (o->text != NULL)
		return take_text(o, text, out, error);
	if (o->names != NULL && text != NULL)
		return take_name(o, text, out, error);
	if (o->mib && text != NULL && request_parse_size(text, field_of(out, o)))
		return true;
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
	bool known = false;

	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		const struct option *o = &options[i];
		if (strlen(o->word) != len || strncmp(o->word, word, len) != 0)
			continue;
		known = true;
		if (!is_for(o, out)) /* another type may have one of that name */
			continue;
		if (o->flag == 0)
			return take_number(o, equals == NULL ? NULL : equals + 1, out, error);
		if (equals != NULL)
			return refuse_word(word, error);
		out->flags |= o->flag;
		return true;
	}
	if (!known)
		return refuse_word(word, error);
	g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE, "option %.*s is not for %s",
	    (int)len, word, enum_to_name(job_type_names, out->type));
	return false;
}

bool
request_option_takes_value(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		if (strcmp(options[i].word, name) == 0)
			return options[i].flag == 0;
	return request_option_is_object(name);
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
