/* High availability: libvirt's side. */
#include "vmops/ha.h"

#include <stdlib.h>
#include <string.h>

#include "common/virt.h"
#include "common/xml_tree.h"
#include "model/value.h"
#include "vmops/backup.h"
#include "vmops/migrate.h"

#define XML_FLAGS (VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE)

#define refuse(h, error, ...)                                                          \
	op_refuse(error, CAUSE_IMPOSSIBLE, "%s cannot be made highly available: " __VA_ARGS__)

/* --- what would be lost */

/* Those of our own backups are given up: the next backup is a full one. */
static bool
check_checkpoints(struct ha *h, virDomainPtr domain, GError **error)
{
	virDomainCheckpointPtr *all = NULL;
	int n = virDomainListAllCheckpoints(domain, &all, 0), others = 0;

	for (int i = 0; i < n; i++) {
		others += !g_str_has_prefix(virDomainCheckpointGetName(all[i]), BACKUP_CHECKPOINT);
		virDomainCheckpointFree(all[i]);
	}
	free(all);
	return others == 0 || refuse(h, error, "it has %d checkpoint%s of another backup "
	    "program, which would be lost: delete %s first ('virsh "
	    "checkpoint-delete')", h->run->name, others,
	    others == 1 ? "" : "s", others == 1 ? "it" : "them");
}

static bool
check_disk(struct ha *h, xmlNode *disk, GError **error)
{
	static const char *const kinds[] = { "volume", "nvme", "vhostuser", "vhostvdpa", "dir", NULL };
	g_autofree char *type = xml_tree_attribute(disk, "type");
	g_autofree char *target = xml_tree_attribute(safe_xml_child(disk, "target"), "dev");

	return type == NULL || !g_strv_contains(kinds, type) || refuse(h, error, "its disk %s "
	    "is of type \"%s\": whether other nodes have the same cannot be seen; give it by "
	    "its path",
	    h->run->name, target == NULL ? "" : target, type);
}

/* What is known by its element alone. */
static bool
check_devices(struct ha *h, GError **error)
{
	xmlDoc *doc = safe_xml_parse(h->xml, error);
	xmlNode *devices = doc == NULL ? NULL
	    : safe_xml_child(xmlDocGetRootElement(doc), "devices");
	bool good = doc != NULL;

	if (safe_xml_child(devices, "tpm") != NULL)
		good = refuse(h, error, "it has a TPM, whose state is on %s alone: remove that "
		    "from its definition", h->run->name, h->run->node);
	for (xmlNode *node = devices == NULL ? NULL : devices->children; good && node != NULL;
	     node = node->next)
		good = !safe_xml_is(node, "disk") || check_disk(h, node, error);
	if (doc != NULL)
		xmlFreeDoc(doc);
	return good;
}

static bool
check_parts(struct ha *h, GError **error)
{
	SCOPED(migrant) m = migrant_parse(h->xml, error);

	if (m == NULL)
		return false;
	if (m->stuck != NULL)
		return refuse(h, error, "it has %s, which other nodes have not: detach it "
		    "first",
		    h->run->name, m->stuck);
	if (m->nvram != NULL && !migrate_is_below(h->settings->migrate_shared, m->nvram))
		return refuse(h, error, "its firmware's variables (%s) are on %s alone: put "
		    "that file into a directory that all nodes share, and name it in "
		    "\"shared\" of [migrate]",
		    h->run->name, m->nvram, h->run->node);
	return check_devices(h, error);
}

static bool
check_kept(struct ha *h, virDomainPtr domain, GError **error)
{
	int n = virDomainSnapshotNum(domain, 0);

	if (n > 0)
		return refuse(h, error, "it has %d snapshot%s, which cannot move with it: "
		    "delete %s first ('snapshot-delete')", h->run->name, n, n == 1 ? "" : "s",
		    n == 1 ? "it" : "them");
	if (virDomainHasManagedSaveImage(domain, 0) == 1)
		return refuse(h, error, "it has a saved state, which stays on %s: start it "
		    "first, or remove that ('virsh "
		    "managedsave-remove')", h->run->name, h->run->node);
	return check_checkpoints(h, domain, error);
}

/* --- reading it */

static char *
read_xml(struct ha *h, virDomainPtr domain, GError **error)
{
	char *xml = virDomainGetXMLDesc(domain, XML_FLAGS);
	char *copy = g_strdup(xml);

	free(xml);
	if (copy == NULL)
		op_fail_libvirt(h->run, domain, "read the definition of", error);
	return copy;
}

bool
ha_domain_read(struct ha *h, virDomainPtr domain, GError **error)
{
	g_autofree char *xml = read_xml(h, domain, error);
	g_autoptr(GError) why = NULL;
	virDomainInfo info;
	int autostart = 0;

	if (xml == NULL)
		return false;
	if (virDomainGetInfo(domain, &info) != 0)
		return op_fail_libvirt(h->run, domain, "look at", error);
	h->active = op_activity(domain) != INACTIVE;
	h->persistent = virDomainIsPersistent(domain) != 0;
	h->autostart = h->persistent && virDomainGetAutostart(domain, &autostart) == 0 && autostart;
	h->vcpus = info.nrVirtCpu;
	h->memory = (uint32_t)MIN((info.maxMem + 1023) / 1024, ABSENT_U32 - 1);
	h->xml = h->persistent ? g_steal_pointer(&xml) : ha_persistent(xml, NULL, &why);
	h->text = h->xml == NULL ? NULL : ha_definition(h->xml, &why);
	if (h->text == NULL)
		return refuse(h, error, "%s", h->run->name, why->message);
	return check_kept(h, domain, error) && check_parts(h, error);
}

/* --- no longer libvirt's to start */

static bool
undefine(virDomainPtr domain)
{
	return virDomainUndefineFlags(domain, VIR_DOMAIN_UNDEFINE_KEEP_NVRAM) == 0 ||
	    virDomainUndefine(domain) == 0;
}

/* It has become another since we looked. */
static bool
check_same(struct ha *h, virDomainPtr domain, GError **error)
{
	enum activity now = op_activity(domain);

	if (now == NOT_KNOWN)
		return op_fail_libvirt(h->run, domain, "look at", error);
	return (now == ACTIVE) == h->active || op_refuse(error, CAUSE_IMPOSSIBLE, "%s was %s "
	    "meanwhile, by somebody else", h->run->name, h->active ? "stopped" : "started");
}

bool
ha_domain_undefine(struct ha *h, GError **error)
{
	g_autoptr(virDomain) domain =
	    backend_find_domain(h->run->backend, h->home, h->uuid, h->run->name, error);

	if (domain == NULL || !check_same(h, domain, error))
		return false;
	if (virDomainIsPersistent(domain) == 0)
		return true;
	op_step(h->run, "leaving it to Pacemaker");
	if (!backup_drop_checkpoints(h->run, domain, ""))
		return op_refuse(error, CAUSE_LIBVIRT, "%s: a checkpoint of its backups cannot "
		    "be removed",
		    h->run->name);
	if (!undefine(domain))
		return op_fail_libvirt(h->run, domain, "undefine", error);
	return !h->active || check_same(h, domain, error);
}

/* --- back */

/* Is it there at all, and does it run. */
static bool
look_at(struct ha *h, const char *node, bool *there, bool *active, GError **error)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(virDomain) domain =
	    backend_find_domain(h->run->backend, node, h->uuid, h->run->name, &why);

	h->run->alive(h->run->context);
	*there = domain != NULL;
	*active = domain != NULL && op_activity(domain) == ACTIVE;
	if (domain != NULL || why->code == CAUSE_GONE)
		return true;
	g_propagate_error(error, g_steal_pointer(&why));
	return false;
}

/* On all members: where it runs, and if nowhere, where it is defined; else its home stays. */
static bool
find_home(struct ha *h, bool *running, GError **error)
{
	const char *seat = NULL, *defined = NULL;

	for (guint i = 0; i < h->members->len; i++) {
		const char *node = h->members->pdata[i];
		bool there, active;
		if (!look_at(h, node, &there, &active, error))
			return false;
		if (active && seat != NULL)
			return op_refuse(error, CAUSE_IMPOSSIBLE, "%s runs on %s and on %s: it "
			    "is left alone", h->run->name, seat, node);
		seat = active ? node : seat;
		defined = there ? node : defined;
	}
	const char *home = seat != NULL ? seat : defined;
	if (home != NULL) {
		g_free(h->home);
		h->home = g_strdup(home);
	}
	*running = seat != NULL;
	return true;
}

/* What it shall be: of one that runs, as it is now. */
static char *
choose_xml(struct ha *h, virDomainPtr domain, GError **error)
{
	const char *kept = h->text != NULL ? h->text : h->xml;
	g_autofree char *running = NULL;
	g_autoptr(GError) why = NULL;

	if (domain == NULL && kept == NULL)
		op_refuse(error, CAUSE_GONE, "%s: there is no definition of it", h->run->name);
	if (domain == NULL)
		return g_strdup(kept);
	running = read_xml(h, domain, error);
	char *xml = running == NULL ? NULL : ha_persistent(running, kept, &why);
	if (xml == NULL && running != NULL)
		op_refuse(error, CAUSE_LIBVIRT, "%s: %s", h->run->name, why->message);
	return xml;
}

static bool
verify(struct ha *h, virDomainPtr domain, bool active, GError **error)
{
	char uuid[VIR_UUID_STRING_BUFLEN] = "";

	if (virDomainGetUUIDString(domain, uuid) == 0 && strcmp(uuid, h->uuid) == 0 &&
	    virDomainIsPersistent(domain) == 1 && (op_activity(domain) == ACTIVE) == active)
		return true;
	return op_refuse(error, CAUSE_LIBVIRT, "%s was defined on node %s, but is not what it "
	    "was: look at it there", h->run->name, h->home);
}

static bool
define_at_home(struct ha *h, bool active, GError **error)
{
	const struct op_run *run = h->run;
	g_autoptr(virConnect) host = backend_connect(run->backend, h->home, run->name, error);
	g_autoptr(virDomain) is = host == NULL ? NULL : virDomainLookupByUUIDString(host, h->uuid);

	if (host == NULL)
		return false;
	if (is != NULL && virDomainIsPersistent(is) == 1)
		return verify(h, is, active, error);
	g_autofree char *xml = choose_xml(h, is, error);
	g_autoptr(virDomain) domain = xml == NULL ? NULL : virDomainDefineXML(host, xml);
	if (xml != NULL && domain == NULL) {
		g_autofree char *what = g_strdup_printf("define %s", run->name);
		return op_fail_on(run, host, h->home, what, error);
	}
	if (domain == NULL || !verify(h, domain, active, error))
		return false;
	if (h->autostart)
		virDomainSetAutostart(domain, 1);
	return true;
}

bool
ha_domain_define(struct ha *h, GError **error)
{
	bool running = false;

	return find_home(h, &running, error) && define_at_home(h, running, error);
}
