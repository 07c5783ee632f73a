/* Domains whose hypervisor process does not answer. */
#include "collectors/sick.h"

#include "common/virt.h"
#include "model/names.h"
#include "model/value.h"

/* A command that the process has not answered for so long is no busy moment. */
#define STUCK_MS 1000

GHashTable *
sick_set_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

GHashTable *
sick_set_copy(GHashTable *set)
{
	GHashTable *copy = sick_set_new();
	GHashTableIter iter;
	gpointer uuid;

	g_hash_table_iter_init(&iter, set);
	while (g_hash_table_iter_next(&iter, &uuid, NULL))
		g_hash_table_add(copy, g_strdup(uuid));
	return copy;
}

static bool
is_stuck(const virDomainControlInfo *info)
{
	return info->state == VIR_DOMAIN_CONTROL_ERROR ||
	    (info->state == VIR_DOMAIN_CONTROL_OCCUPIED && info->stateTime >= STUCK_MS);
}

static bool
ask_control(struct link *link, virDomainPtr domain, virDomainControlInfo *info)
{
	if (link->lacks & LACKS_CONTROL)
		return false;
	call_begin(link->called_us);
	if (virDomainGetControlInfo(domain, info, 0) == 0)
		return true;
	link_note_lack(link, LACKS_CONTROL);
	return false;
}

bool
sick_look(struct link *link, struct domain_reading *reading)
{
	static const int32_t states[] = {
		[VIR_DOMAIN_CONTROL_OK] = CONTROL_OK,
		[VIR_DOMAIN_CONTROL_JOB] = CONTROL_JOB,
		[VIR_DOMAIN_CONTROL_OCCUPIED] = CONTROL_OCCUPIED,
		[VIR_DOMAIN_CONTROL_ERROR] = CONTROL_ERROR,
	};
	virDomainControlInfo info;

	if (!ask_control(link, reading->domain, &info) || info.state >= G_N_ELEMENTS(states))
		return false;
	reading->control = states[info.state];
	reading->control_seconds =
	    info.stateTime == UINT64_MAX ? ABSENT_U32 : (uint32_t)(info.stateTime / 1000);
	return is_stuck(&info);
}

GHashTable *
sick_examine(struct link *link)
{
	VIRT_DOMAINS domains = NULL;
	virDomainControlInfo info;
	char uuid[VIR_UUID_STRING_BUFLEN];

	call_begin(link->called_us);
	int n = virConnectListAllDomains(link->connection, &domains,
	    VIR_CONNECT_LIST_DOMAINS_ACTIVE);
	GHashTable *set = n < 0 ? NULL : sick_set_new();
	for (int i = 0; i < n; i++)
		if (ask_control(link, domains[i], &info) && is_stuck(&info) &&
		    virDomainGetUUIDString(domains[i], uuid) == 0)
			g_hash_table_add(set, g_strdup(uuid));
	call_end(link->called_us);
	return set;
}
