/*
 * A VM that is off moves: defined on the target, then undefined at the source.
 *
 * Not by libvirt's own offline migration, which takes a VM that has just been started for
 * one that is off and leaves a second definition behind.
 */
#include <stdlib.h>

#include "common/virt.h"
#include "vmops/migrate_private.h"

#define SEEN_US (3 * G_USEC_PER_SEC) /* for the collector to see the new definition */
#define LOOK_US (50 * 1000)

static virDomainPtr
define_there(struct migration *m, virDomainPtr domain, virConnectPtr target, GError **error)
{
	char *xml = virDomainGetXMLDesc(domain,
	    VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
	virDomainPtr there =
	    xml == NULL ? NULL : virDomainDefineXMLFlags(target, xml, 0);

	if (there == NULL)
		migrate_refuse_libvirt(m, error, xml == NULL
		    ? "its definition cannot be read" : "it cannot be defined there");
	else if (m->autostart)
		virDomainSetAutostart(there, 1);
	free(xml);
	return there;
}

/* It has been started, or cannot be undefined: as it was before. */
static bool
take_back(struct migration *m, virDomainPtr domain, virDomainPtr there, bool undefined,
    GError **error)
{
	char *xml = undefined ? virDomainGetXMLDesc(there,
	    VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE) : NULL;
	g_autoptr(virDomain) again = NULL;

	if (undefined && xml != NULL)
		again = virDomainDefineXMLFlags(virDomainGetConnect(domain), xml, 0);
	free(xml);
	if (undefined && again == NULL)
		return migrate_refuse_libvirt(m, error,
		    "it was started meanwhile, and is defined on the target only");
	if (again != NULL && m->autostart)
		virDomainSetAutostart(again, 1);
	if (virDomainUndefineFlags(there, VIR_DOMAIN_UNDEFINE_KEEP_NVRAM) != 0 &&
	    virDomainUndefine(there) != 0)
		return migrate_refuse_libvirt(m, error,
		    "and its second definition there cannot be removed");
	return false;
}

/* So that no cluster value is without the VM. */
static bool
wait_until_seen(struct migration *m, GError **error)
{
	const struct op_run *run = m->run;
	int64_t until = g_get_monotonic_time() + SEEN_US;

	while (g_get_monotonic_time() < until) {
		SCOPED(cluster) cluster = run->look(run->context);
		const struct vm *half;
		for (size_t at = 0; cluster != NULL &&
		     (half = cluster_half(cluster, run->request->object, &at)) != NULL;)
			if (half->node == run->request->target)
				return true;
		if (!run->pause(run->context, LOOK_US, error))
			return false;
	}
	return true;
}

bool
migrate_offline(struct migration *m, virDomainPtr domain, virConnectPtr target,
    GError **error)
{
	g_autoptr(virDomain) there = define_there(m, domain, target, error);
	bool undefined = false;

	if (there == NULL)
		return false;
	if (!wait_until_seen(m, error))
		return take_back(m, domain, there, false, error);
	if (op_activity(domain) == INACTIVE) {
		undefined = virDomainUndefineFlags(domain, VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA |
		    VIR_DOMAIN_UNDEFINE_KEEP_NVRAM) == 0 || virDomainUndefine(domain) == 0;
		if (!undefined)
			migrate_refuse_libvirt(m, error, "it cannot be undefined here");
	}
	enum activity after = op_activity(domain);
	if (undefined && after == INACTIVE)
		return true;
	if (error != NULL && *error == NULL)
		migrate_refuse(m, CAUSE_IMPOSSIBLE, error, after == ACTIVE
		    ? "it was started meanwhile" : "it cannot be seen any longer");
	/* with a source that does not answer, two definitions are better than none */
	return after == NOT_KNOWN ? false : take_back(m, domain, there, undefined, error);
}
