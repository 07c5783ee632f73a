/* Cells that are made of several columns of a row, and the tones of cells. */
#include "client/cells.h"

#include <string.h>

/* --- tones */

static const struct {
	const char *state;
	enum tone tone;
} state_tones[] = {
	{ "running", TONE_GOOD },      { "online", TONE_GOOD },
	{ "succeeded", TONE_GOOD },    { "ok", TONE_GOOD },
	{ "serving", TONE_GOOD },      { "ended", TONE_BAD },
	{ "complete", TONE_GOOD },     { "good", TONE_GOOD },
	{ "bad", TONE_BAD },
	{ "paused", TONE_WARN },       { "suspended", TONE_WARN },
	{ "shuttingDown", TONE_WARN }, { "standby", TONE_WARN },
	{ "maintenance", TONE_WARN },  { "connecting", TONE_WARN },
	{ "cancelled", TONE_WARN },    { "interrupted", TONE_WARN },
	{ "unknown", TONE_WARN },      { "warning", TONE_WARN },
	{ "degraded", TONE_WARN },     { "building", TONE_WARN },
	{ "crashed", TONE_BAD },       { "offline", TONE_BAD },
	{ "unreachable", TONE_BAD },   { "unclean", TONE_BAD },
	{ "failed", TONE_BAD },        { "critical", TONE_BAD },
	{ "inaccessible", TONE_BAD },  { "down", TONE_BAD },
	{ "shutOff", TONE_FAINT },     { "inactive", TONE_FAINT },
	{ "started", TONE_GOOD },      { "stopped", TONE_FAINT },
	{ "starting", TONE_WARN },     { "stopping", TONE_WARN },
	{ "migrating", TONE_WARN },    { "partial", TONE_WARN },
	{ "blocked", TONE_BAD },
};

enum tone
tone_of_state(const char *state)
{
	for (size_t i = 0; state != NULL && i < G_N_ELEMENTS(state_tones); i++)
		if (strcmp(state_tones[i].state, state) == 0)
			return state_tones[i].tone;
	return TONE_PLAIN;
}

enum tone
tone_state(JsonObject *row, const char *key)
{
	return tone_of_state(row_text(row, key));
}

enum tone
tone_bad(JsonObject *row, const char *key)
{
	return TONE_BAD;
}

enum tone
tone_flag(JsonObject *row, const char *key)
{
	return row_bool(row, key) ? TONE_WARN : TONE_PLAIN;
}

#define MUCH      9000 /* hundredths of a percent */
#define VERY_MUCH 10000

enum tone
tone_use(JsonObject *row, const char *key)
{
	int64_t use = row_int(row, key);

	return use >= VERY_MUCH ? TONE_BAD : use >= MUCH ? TONE_WARN : TONE_PLAIN;
}

/* The row's column that has the same prefix as `key`, but ends otherwise. */
static const char *
sibling(const char *key, const char *ending)
{
	static const char *const prefixes[] = { "vclVm", "vclNode", "vclPool", "vclApp" };

	for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		if (!g_str_has_prefix(key, prefixes[i]))
			continue;
		g_autofree char *name = g_strconcat(prefixes[i], ending, NULL);
		return g_intern_string(name);
	}
	return "";
}

static bool
is_stale(JsonObject *row, const char *key)
{
	return row_bool(row, sibling(key, "Stale"));
}

enum tone
tone_seen(JsonObject *row, const char *key)
{
	return is_stale(row, key) ? TONE_BAD : TONE_PLAIN;
}

enum tone
tone_health(JsonObject *row, const char *key)
{
	return is_stale(row, key) ? TONE_BAD : tone_state(row, key);
}

/* --- freshness and health */

static char *
stale_for(JsonObject *row, const char *age_key)
{
	g_autofree char *age = format_seconds(row, age_key);

	return g_strconcat("STALE", age != NULL ? " " : "", age, NULL);
}

char *
cell_seen(JsonObject *row, const char *key)
{
	return is_stale(row, key) ? stale_for(row, key) : format_seconds(row, key);
}

char *
cell_health(JsonObject *row, const char *key)
{
	return is_stale(row, key) ? stale_for(row, sibling(key, "SampleAge"))
				  : format_words(row, key);
}

/* --- nodes */

char *
cell_node_vms(JsonObject *row, const char *key)
{
	g_autofree char *running = format_text(row, key);
	g_autofree char *defined = format_text(row, "vclNodeVmsDefined");

	return running == NULL ? NULL
			       : g_strconcat(running, "/", defined ? defined : "?", NULL);
}

char *
cell_node_memory(JsonObject *row, const char *key)
{
	int64_t total = row_int(row, "vclNodeMemoryTotal");
	g_autofree char *size = format_mib(row, "vclNodeMemoryTotal");

	if (size == NULL || total == 0)
		return format_mib(row, key);
	if (!json_object_has_member(row, key))
		return g_strconcat("of ", size, NULL);
	double share = (double)row_int(row, key) / (double)total;
	return g_strdup_printf("%.0f %% of %s", 100 * share, size);
}

char *
cell_node_reason(JsonObject *row, const char *key)
{
	const char *reason = row_text(row, key);

	return reason != NULL && reason[0] != '\0' ? g_strdup(reason)
						   : format_text(row, "vclNodeHealthReason");
}

char *
cell_load(JsonObject *row, const char *key)
{
	g_autofree char *one = format_hundredths(row, key);
	g_autofree char *five = format_hundredths(row, "vclNodeLoad5");
	g_autofree char *fifteen = format_hundredths(row, "vclNodeLoad15");

	return one == NULL ? NULL
			   : g_strdup_printf("%s %s %s", one, five != NULL ? five : "-",
				 fifteen != NULL ? fifteen : "-");
}

char *
cell_used_of(JsonObject *row, const char *key)
{
	static const char *const endings[] = { "Size", "Total" };
	g_autofree char *used = format_mib(row, key);
	g_autofree char *of = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(endings) && of == NULL; i++) {
		size_t stem = strlen(key) - strlen("Used");
		g_autofree char *name =
		    g_strdup_printf("%.*s%s", (int)stem, key, endings[i]);
		of = format_mib(row, name);
	}
	if (used == NULL)
		return of != NULL ? g_strconcat("of ", of, NULL) : NULL;
	return g_strconcat(used, of != NULL ? " of " : "", of, NULL);
}

/* --- VMs */

char *
cell_memory_short(JsonObject *row, const char *key)
{
	static const char *const of = "vclVmMemoryActual";
	bool has_used = json_object_has_member(row, key);
	bool has_actual = json_object_has_member(row, of);
	g_autofree char *used = has_used ? format_short_size(row_int(row, key)) : NULL;
	g_autofree char *actual = has_actual ? format_short_size(row_int(row, of)) : NULL;

	if (!has_used && !has_actual)
		return NULL;
	return g_strconcat(has_used ? used : "-", "/", has_actual ? actual : "-", NULL);
}

/* --- storage */

char *
cell_volume_vm(JsonObject *row, const char *key)
{
	if (row_bool(row, "vclVolumeOrphan"))
		return g_strdup("orphan");
	return format_index(row, key);
}

char *
cell_none(JsonObject *row, const char *key)
{
	return g_strcmp0(row_text(row, key), "none") == 0 ? NULL : format_words(row, key);
}

/* --- jobs and events */

char *
cell_progress(JsonObject *row, const char *key)
{
	const char *state = row_text(row, "vclJobState");

	return g_strcmp0(state, "running") == 0 ? format_percent(row, key) : NULL;
}

char *
cell_change(JsonObject *row, const char *key)
{
	g_autofree char *from = format_words(row, "vclEventOldState");
	g_autofree char *to = format_words(row, key);
	bool has_to = to != NULL && to[0] != '\0';
	/* of a VM that moved, both are the same */
	bool has_from = from != NULL && from[0] != '\0' && g_strcmp0(from, to) != 0;

	return g_strconcat(has_from ? from : "", has_from && has_to ? " -> " : "",
	    has_to ? to : "", NULL);
}

/* AgentX does not say who sent a SET; a name that comes with one is only a claim. */
char *
cell_requester(JsonObject *row, const char *key)
{
	const char *who = row_text(row, key), *way = row_text(row, "vclJobOrigin");

	if (who == NULL || *who == '\0')
		return format_text(row, "vclJobOrigin");
	return g_strcmp0(way, "snmp") == 0 ? g_strconcat(way, ":", who, NULL) : g_strdup(who);
}

char *
cell_job_title(JsonObject *row, const char *key)
{
	g_autofree char *type = format_words(row, key);
	const char *name = row_text(row, "vclJobObjectName");

	return g_strconcat(type != NULL ? type : "?", name != NULL ? " " : "", name, NULL);
}
