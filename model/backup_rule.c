/* [backup NAME]: its keys, and what must be right with them. */
#include "model/backup_rule.h"

#include <string.h>

#include "common/words.h"
#include "model/settings_file.h"
#include "model/settings_key.h"

#define NAME_MOST 50 /* "schedule NAME" is the requester of its jobs */
#define VMS_MOST  1000
#define IN(f)	  offsetof(struct backup_rule, f)

static const struct settings_key keys[] = {
	{ "backup", "vms",          KIND_TEXT, IN(words),        "" },
	{ "backup", "pool",         KIND_TEXT, IN(pool),         "" },
	{ "backup", "schedule",     KIND_TEXT, IN(when),         "" },
	{ "backup", "full-every",   KIND_INT,  IN(full_every),   "7", 1, 1000 },
	{ "backup", "quiesce",      KIND_BOOL, IN(quiesce),      "off" },
	{ "backup", "keep-last",    KIND_INT,  IN(keep.last),    "0", 0, 10000 },
	{ "backup", "keep-daily",   KIND_INT,  IN(keep.daily),   "0", 0, 10000 },
	{ "backup", "keep-weekly",  KIND_INT,  IN(keep.weekly),  "0", 0, 10000 },
	{ "backup", "keep-monthly", KIND_INT,  IN(keep.monthly), "0", 0, 10000 },
	{ "backup", "overdue",      KIND_TEXT, IN(late),         "" },
	{ "backup", "bandwidth",    KIND_INT,  IN(bandwidth),    "0", 0, 1000000 },
	{ "backup", "parallel",     KIND_INT,  IN(parallel),     "1", 1, 100 },
};

static const struct settings_form form = { keys, G_N_ELEMENTS(keys) };

void
backup_rule_free(struct backup_rule *rule)
{
	g_free(rule->name);
	g_free(rule->pool);
	g_strfreev(rule->vms);
	g_free(rule->when);
	g_free(rule->words);
	g_free(rule->late);
	g_free(rule);
}

struct reader {
	const struct settings_file *file;
	const char *section;
	struct backup_rule *rule;
};

static bool
refuse(const struct reader *r, const char *key, const char *text, const char *wanted,
    GError **error)
{
	return settings_refuse(r->file, settings_line(r->file, r->section, key), error,
	    "%s = %s: %s", key, text, wanted);
}

static bool
is_named(const struct reader *r, GError **error)
{
	const char *name = r->rule->name;

	if (settings_misfit(KIND_NAME, name) == NULL && strlen(name) <= NAME_MOST)
		return true;
	return settings_refuse(r->file, settings_line(r->file, r->section, NULL), error,
	    "[%s]: a name of 1 to %d letters, digits, '.', '_' or '-' is wanted", r->section,
	    NAME_MOST);
}

/* What has no value that anybody could guess. */
static bool
is_complete(const struct reader *r, GError **error)
{
	const struct { const char *key, *text; } wanted[] = {
		{ "vms", r->rule->words }, { "pool", r->rule->pool },
		{ "schedule", r->rule->when },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		const char *key = wanted[i].key;
		int line = settings_line(r->file, r->section, key);
		int top = settings_line(r->file, r->section, NULL);
		if (line == 0)
			return settings_refuse(r->file, top, error, "[%s] has no key \"%s\"",
			    r->section, key);
		if (*wanted[i].text == '\0')
			return settings_refuse(r->file, line, error, "%s: it is empty", key);
	}
	return true;
}

static bool
take_vms(const struct reader *r, GError **error)
{
	struct backup_rule *rule = r->rule;

	rule->vms = words_split(rule->words, " \t,");
	guint n = g_strv_length(rule->vms);
	return (n > 0 && n <= VMS_MOST) || refuse(r, "vms", n == 0 ? rule->words : "...",
	    "1 to 1000 names or patterns are wanted", error);
}

static bool
take_times(const struct reader *r, GError **error)
{
	struct backup_rule *rule = r->rule;

	if (!schedule_parse(rule->when, &rule->schedule))
		return refuse(r, "schedule", rule->when, schedule_wanted, error);
	rule->overdue = 2 * rule->schedule.period;
	return *rule->late == '\0' || schedule_parse_span(rule->late, &rule->overdue) ||
	    refuse(r, "overdue", rule->late, schedule_span_wanted, error);
}

struct backup_rule *
backup_rule_read(const struct settings_file *file, const char *section, GError **error)
{
	struct backup_rule *rule = g_new0(struct backup_rule, 1);
	struct reader r = { file, section, rule };

	rule->name = g_strstrip(g_strdup(section + strlen("backup")));
	if (is_named(&r, error) && settings_set_fallbacks(file, &form, rule, error) &&
	    settings_read_section(file, section, "backup", &form, rule, error) &&
	    is_complete(&r, error) && take_vms(&r, error))
		take_times(&r, error);
	return rule;
}
