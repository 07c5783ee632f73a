/* A sample: what one look at a libvirt host brings, as plain values. */
#include "collectors/sample.h"

#include <stdlib.h>
#include <string.h>

#include "collectors/node_stats.h"
#include "collectors/sick.h"
#include "common/virt.h"
#include "model/table.h"
#include "model/value.h"

#define FULL_STATS                                                                     \
	(VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL |                         \
	    VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_VCPU |                         \
	    VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK)

/* --- the domains, all at once */

static struct domain_reading *
add_reading(struct sample *sample, virDomainPtr domain)
{
	struct domain_reading reading;

	domain_reading_init(&reading);
	reading.domain = domain;
	reading.name = virDomainGetName(domain);
	reading.id = (int)virDomainGetID(domain);
	if (reading.name == NULL)
		reading.name = "";
	if (virDomainGetUUIDString(domain, reading.uuid) < 0)
		reading.uuid[0] = '\0';
	g_array_append_val(sample->readings, reading);
	return &g_array_index(sample->readings, struct domain_reading,
	    sample->readings->len - 1);
}

/* Adds a record's domain with what the record tells. */
static struct domain_reading *
add_record(struct sample *sample, const virDomainStatsRecord *record)
{
	struct domain_reading *reading = add_reading(sample, record->dom);

	domain_reading_params(reading, record->params, record->nparams);
	return reading;
}

static int
get_stats(struct link *link, struct sample *sample, unsigned stats)
{
	unsigned flags = link->lacks & LACKS_NOWAIT ? 0
	    : VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT;

	call_begin(link->called_us);
	int n = virConnectGetAllDomainStats(link->connection, stats, &sample->records, flags);
	if (n >= 0 || flags == 0 || virGetLastErrorCode() != VIR_ERR_INVALID_ARG)
		return n;
	link->lacks |= LACKS_NOWAIT; /* a flag that it does not know */
	return get_stats(link, sample, stats);
}

static bool
look_in_bulk(struct link *link, struct sample *sample, unsigned stats, GError **error)
{
	int n = get_stats(link, sample, stats);

	if (n < 0 && link_note_lack(link, LACKS_BULK))
		return true;
	if (n < 0)
		return virt_error_plain(error);
	for (int i = 0; i < n; i++)
		add_record(sample, sample->records[i]);
	return true;
}

/* --- the domains in bulk, but for those that would hold up the others */

/* The numbers of the domains listed in `well` (ended by NULL). */
static bool
add_numbers(struct link *link, struct sample *sample, virDomainPtr *well, unsigned stats,
    GError **error)
{
	unsigned flags = link->lacks & LACKS_NOWAIT ? 0
	    : VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT;

	call_begin(link->called_us);
	int n = virDomainListGetStats(well, stats, &sample->records, flags);
	if (n < 0)
		return virt_error_plain(error);
	for (int i = 0; i < n; i++)
		add_record(sample, sample->records[i]);
	return true;
}

/* States come from a call that asks no hypervisor process; numbers of those that answer. */
static bool
look_around_sick(struct link *link, struct sample *sample, unsigned stats, GHashTable *sick,
    GError **error)
{
	char uuid[VIR_UUID_STRING_BUFLEN];

	call_begin(link->called_us);
	int n = virConnectGetAllDomainStats(link->connection, VIR_DOMAIN_STATS_STATE,
	    &sample->states, 0);
	if (n < 0)
		return virt_error_plain(error);
	g_autofree virDomainPtr *well = g_new0(virDomainPtr, n + 1);
	int healthy = 0;
	for (int i = 0; i < n; i++) {
		virDomainStatsRecord *record = sample->states[i];
		if (virDomainGetUUIDString(record->dom, uuid) < 0 ||
		    !g_hash_table_contains(sick, uuid)) {
			well[healthy++] = record->dom;
			continue;
		}
		struct domain_reading *reading = add_record(sample, record);
		reading->sick = sick_look(link, reading);
		if (!reading->sick)
			g_hash_table_remove(sick, uuid); /* the next sample asks it again */
	}
	return healthy == 0 || add_numbers(link, sample, well, stats, error);
}

/* --- the domains, one by one, for drivers that offer no better way */

static bool
look_at_list(struct link *link, struct sample *sample, GError **error)
{
	int state, reason;

	call_begin(link->called_us);
	int n = virConnectListAllDomains(link->connection, &sample->domains, 0);
	if (n < 0)
		return virt_error_plain(error);
	for (int i = 0; i < n; i++) {
		call_begin(link->called_us);
		if (virDomainGetState(sample->domains[i], &state, &reason, 0) < 0)
			continue; /* it went away since it was listed */
		struct domain_reading *reading = add_reading(sample, sample->domains[i]);
		reading->state = state;
		reading->reason = reason;
	}
	return true;
}

static bool
is_active(const struct domain_reading *reading)
{
	return reading->id >= 0;
}

/* Never where bulk statistics have numbers: a guest that hangs would be waited for. */
static void
ask_memory(struct link *link, struct domain_reading *reading)
{
	virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];

	if (link->lacks & LACKS_MEMORY || !is_active(reading))
		return;
	call_begin(link->called_us);
	int n = virDomainMemoryStats(reading->domain, stats, G_N_ELEMENTS(stats), 0);
	if (n < 0)
		link_note_lack(link, LACKS_MEMORY);
	else
		domain_reading_memory(reading, stats, n);
}

static void
ask_info(struct link *link, struct domain_reading *reading)
{
	virDomainInfo info;

	call_begin(link->called_us);
	if (virDomainGetInfo(reading->domain, &info) == 0)
		domain_reading_info(reading, &info);
}

static bool
has_numbers(const struct domain_reading *reading)
{
	return reading->vcpus != ABSENT_U64 && reading->mem_max != ABSENT_U64 &&
	    (reading->cpu_ns != ABSENT_U64 || !is_active(reading));
}

/* Not one number of any domain: then this is not because a guest was busy. */
static bool
tells_states_only(const struct sample *sample)
{
	for (guint i = 0; i < sample->readings->len; i++) {
		const struct domain_reading *reading =
		    &g_array_index(sample->readings, struct domain_reading, i);
		if (reading->vcpus != ABSENT_U64 || reading->mem_max != ABSENT_U64 ||
		    reading->cpu_ns != ABSENT_U64)
			return false;
	}
	return sample->readings->len > 0;
}

static void
fill_gaps(struct link *link, struct sample *sample)
{
	if (tells_states_only(sample))
		link->lacks |= LACKS_NUMBERS;
	for (guint i = 0; i < sample->readings->len; i++) {
		struct domain_reading *reading =
		    &g_array_index(sample->readings, struct domain_reading, i);
		if (reading->sick)
			continue;
		if (link->lacks & LACKS_NUMBERS)
			ask_memory(link, reading);
		if (has_numbers(reading)) {
			if (is_active(reading))
				reading->control = CONTROL_OK; /* it has just answered */
			continue;
		}
		sick_look(link, reading);
		ask_info(link, reading);
	}
}

static bool
look_at_domains(struct link *link, struct sample *sample, unsigned stats, GHashTable *sick,
    GError **error)
{
	if (sick != NULL && g_hash_table_size(sick) > 0 && !(link->lacks & LACKS_BULK))
		return look_around_sick(link, sample, stats, sick, error);
	if (!(link->lacks & LACKS_BULK) && !look_in_bulk(link, sample, stats, error))
		return false;
	if (link->lacks & LACKS_BULK)
		return look_at_list(link, sample, error);
	return true;
}

/* --- which domains start by themselves, and which outlive their run */

static void
uuid_set_add(GHashTable *set, virDomainPtr domain)
{
	char uuid[VIR_UUID_STRING_BUFLEN];

	if (virDomainGetUUIDString(domain, uuid) == 0)
		g_hash_table_add(set, g_strdup(uuid));
}

static GHashTable *
ask_flag(struct link *link, unsigned filter)
{
	VIRT_DOMAINS domains = NULL;

	if (link->lacks & LACKS_FLAGS)
		return NULL;
	call_begin(link->called_us);
	int n = virConnectListAllDomains(link->connection, &domains, filter);
	if (n < 0) {
		link_note_lack(link, LACKS_FLAGS);
		return NULL;
	}
	GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (int i = 0; i < n; i++)
		uuid_set_add(set, domains[i]);
	return set;
}

/* --- configurations */

bool
sample_config(struct link *link, struct domain_reading *reading, GError **error)
{
	if (link->lacks & LACKS_CONFIG)
		return true;
	call_begin(link->called_us);
	char *xml = virDomainGetXMLDesc(reading->domain, 0);
	call_end(link->called_us);
	reading->config_asked = true;
	if (xml == NULL)
		return link_note_lack(link, LACKS_CONFIG) || virt_error_plain(error);
	struct domain_config *config = domain_config_parse(xml, error);
	free(xml);
	if (config == NULL)
		return false;
	domain_config_unref(reading->config);
	reading->config = config;
	return true;
}

/* --- whole samples */

static struct sample *
sample_new(bool full)
{
	struct sample *sample = g_new0(struct sample, 1);

	sample->full = full;
	sample->readings = g_array_new(FALSE, FALSE, sizeof(struct domain_reading));
	table_row_init(ROWS_NODE, &sample->node);
	return sample;
}

void
sample_free(struct sample *sample)
{
	if (sample == NULL)
		return;
	for (guint i = 0; i < sample->readings->len; i++)
		domain_reading_clear(
		    &g_array_index(sample->readings, struct domain_reading, i));
	g_array_free(sample->readings, TRUE);
	g_clear_pointer(&sample->autostart, g_hash_table_destroy);
	g_clear_pointer(&sample->persistent, g_hash_table_destroy);
	g_free(sample->cpu_model);
	virt_domains_end(&sample->domains);
	virt_records_end(&sample->records);
	virt_records_end(&sample->states);
	g_free(sample);
}

/* A sample that broke off half way is none. */
static struct sample *
finish(struct link *link, struct sample *sample, bool looked, GError **error)
{
	if (looked && virConnectIsAlive(link->connection) == 0) {
		g_set_error_literal(error, VIRT_ERROR, VIR_ERR_NO_CONNECT,
		    "the connection to libvirt broke off");
		looked = false;
	}
	call_end(link->called_us);
	if (looked)
		return sample;
	sample_free(sample);
	return NULL;
}

static void
stamp(struct sample *sample)
{
	sample->time.now = g_get_monotonic_time();
	sample->time.wall = g_get_real_time();
}

struct sample *
sample_states(struct link *link, GError **error)
{
	struct sample *sample = sample_new(false);
	bool looked = look_at_domains(link, sample, VIR_DOMAIN_STATS_STATE, NULL, error);

	stamp(sample);
	return finish(link, sample, looked, error);
}

struct sample *
sample_full(struct link *link, bool flags, GHashTable *sick, GError **error)
{
	struct sample *sample = sample_new(true);
	int64_t start = g_get_monotonic_time();
	bool looked = look_at_domains(link, sample, FULL_STATS, sick, error);

	if (looked) {
		fill_gaps(link, sample);
		stamp(sample);
		node_stats_read(link, &sample->node, &sample->cpu_model);
	}
	if (looked && flags) {
		sample->autostart = ask_flag(link, VIR_CONNECT_LIST_DOMAINS_AUTOSTART);
		sample->persistent = ask_flag(link, VIR_CONNECT_LIST_DOMAINS_PERSISTENT);
	}
	sample->took_ms = (uint32_t)((g_get_monotonic_time() - start) / 1000);
	return finish(link, sample, looked, error);
}
