/* What the AgentX master has from somebody else. */
#include "config.h"

#include "agent/snmp_held.h"

#include <string.h>

#include "agent/snmp_value.h"
#include "common/log.h"

#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>

/* What libnetsnmp logs of AgentX's duplicateRegistration; it does not tell of what. */
#define HELD_BY_ANOTHER "registering pdu failed: 263"

#define RETRY_US (5 * G_USEC_PER_SEC)
#define MIBS_MOST 4

static struct part_of_tree {
	const struct mib *mib;
	oid name[SNMP_MAX_OID];
	size_t length;
	struct register_parameters last; /* as libnetsnmp asked for it */
	bool held;
	int64_t retry_at; /* 0: it was not told yet */
} parts[MIBS_MOST];
static size_t parts_n;
static struct part_of_tree *asked; /* the one that libnetsnmp asks for now */

static int
note_asked(int major, int minor, void *parameters, void *data)
{
	const struct register_parameters *p = parameters;

	asked = NULL;
	for (struct part_of_tree *part = parts; part < parts + parts_n; part++)
		if (snmp_oid_compare(p->name, p->namelen, part->name, part->length) == 0)
			asked = part;
	if (asked == NULL)
		return 0;
	asked->last = *p;
	asked->last.name = asked->name;
	asked->last.contextName = "";
	asked->last.reginfo = NULL;
	return 0;
}

void
snmp_held_init(void)
{
	/* before libnetsnmp's own, which asks the master and waits for the answer */
	netsnmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_REGISTER_OID,
	    note_asked, NULL, NETSNMP_CALLBACK_HIGHEST_PRIORITY);
}

void
snmp_held_watch(const struct mib *mib)
{
	static const uint32_t objects[] = { 1 };
	struct part_of_tree *part = &parts[parts_n];

	g_assert(parts_n < MIBS_MOST);
	part->mib = mib;
	part->length = snmp_oid(mib, objects, G_N_ELEMENTS(objects), part->name);
	parts_n++;
}

bool
snmp_held_take_log(const char *text)
{
	if (strstr(text, HELD_BY_ANOTHER) == NULL || asked == NULL)
		return false;
	asked->held = true;
	if (asked->retry_at == 0)
		log_warn("snmp", "the AgentX master has %s from somebody else: it is not served; "
				 "trying again every %d s", asked->mib->name,
		    (int)(RETRY_US / G_USEC_PER_SEC));
	asked->retry_at = g_get_monotonic_time() + RETRY_US;
	return true;
}

void
snmp_held_forget(void)
{
	for (struct part_of_tree *part = parts; part < parts + parts_n; part++) {
		part->held = false;
		part->retry_at = 0;
	}
}

void
snmp_held_retry(int64_t now)
{
	for (struct part_of_tree *part = parts; part < parts + parts_n; part++) {
		if (!part->held || now < part->retry_at)
			continue;
		struct register_parameters again = part->last;
		part->held = false;
		snmp_call_callbacks(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_REGISTER_OID, &again);
		if (part->held)
			continue;
		part->retry_at = 0;
		log_info("snmp", "%s is served now", part->mib->name);
	}
}
