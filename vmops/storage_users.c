/* Storage: which VM of a host names a volume; what cannot be asked for counts as in use. */
#include "vmops/storage.h"

#include <stdlib.h>

#include "common/virt.h"
#include "vmops/ha.h"

bool
storage_names(virStorageVolPtr volume, struct volume_names *names)
{
	*names = (struct volume_names){ .name = g_strdup(virStorageVolGetName(volume)) };
	virStoragePoolPtr pool = virStoragePoolLookupByVolume(volume);
	if (pool == NULL)
		return false;
	names->pool = g_strdup(virStoragePoolGetName(pool));
	virStoragePoolFree(pool);
	char *path = virStorageVolGetPath(volume); /* the last: so its error stays */
	names->path = g_strdup(path);
	free(path);
	return names->path != NULL;
}

void
storage_names_clear(struct volume_names *names)
{
	g_free(names->path);
	g_free(names->pool);
	g_free(names->name);
	*names = (struct volume_names){ 0 };
}

struct search {
	const struct volume_names *names;
	GError *why; /* of VIRT_ERROR, of the first answer that did not come; NULL: all have */
};

/* At once, for what is freed on the way resets libvirt's last error. */
static void
note_unknown(struct search *s)
{
	if (s->why == NULL)
		virt_error_plain(&s->why);
}

/* Of libvirt's XML, which is taken.  NULL: what has gone meanwhile names nothing. */
static bool
is_in(struct search *s, char *xml)
{
	bool named = xml != NULL && storage_xml_names(xml, s->names);
	int code = xml != NULL ? VIR_ERR_OK : virGetLastErrorCode();

	if (xml == NULL && code != VIR_ERR_NO_DOMAIN && code != VIR_ERR_NO_DOMAIN_SNAPSHOT)
		note_unknown(s);
	free(xml);
	return named;
}

/* A snapshot keeps what the VM has left, too; there are drivers that have none. */
static bool
is_kept_by(virDomainPtr domain, struct search *s)
{
	virDomainSnapshotPtr *snapshots = NULL;
	int n = virDomainListAllSnapshots(domain, &snapshots, 0);
	bool kept = false;

	if (n < 0 && !virt_unsupported() && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
		note_unknown(s);
	for (int i = 0; i < n; i++) {
		kept = kept || is_in(s, virDomainSnapshotGetXMLDesc(snapshots[i], 0));
		virDomainSnapshotFree(snapshots[i]);
	}
	free(snapshots);
	return kept;
}

static bool
is_named_by(virDomainPtr domain, struct search *s)
{
	return is_in(s, virDomainGetXMLDesc(domain, 0)) ||
	    is_in(s, virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE)) ||
	    is_kept_by(domain, s);
}

/* One that cannot be read does not keep another from being found. */
static virDomainPtr
search_domains(virConnectPtr connection, struct search *s)
{
	VIRT_DOMAINS domains = NULL;
	int n = virConnectListAllDomains(connection, &domains, 0);

	if (n < 0)
		note_unknown(s);
	for (int i = 0; i < n; i++)
		if (is_named_by(domains[i], s)) {
			virDomainRef(domains[i]);
			return domains[i];
		}
	return NULL;
}

/* False with an error of VIRT_ERROR: nobody is known, and not all could be asked. */
static bool
find_user(virConnectPtr connection, const struct volume_names *names, virDomainPtr *user,
    GError **error)
{
	struct search s = { .names = names };

	*user = search_domains(connection, &s);
	if (*user != NULL)
		g_clear_error(&s.why);
	if (s.why == NULL)
		return true;
	g_propagate_error(error, s.why);
	return false;
}

bool
storage_find_user(const struct op_run *run, const struct storage_side *side,
    const struct volume_names *names, virDomainPtr *user, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (find_user(side->connection, names, user, &why))
		return true;
	g_autofree char *said = g_strdup_printf("see which VM names volume %s (pool %s)",
	    names->name, names->pool);
	return op_fail_connection(side->connection, side->at->node_name, said, why->code,
	    why->message, error);
}

char *
storage_why_kept(virConnectPtr connection, virStorageVolPtr volume)
{
	VOLUME_NAMES names = { 0 };
	g_autoptr(virDomain) user = NULL;
	g_autoptr(GError) why = NULL;

	if (!storage_names(volume, &names))
		virt_error_plain(&why);
	if (why != NULL || !find_user(connection, &names, &user, &why))
		return g_strdup_printf("nobody can tell whether a VM names it: %s", why->message);
	return user == NULL ? NULL : g_strdup_printf("VM %s names it", virDomainGetName(user));
}

bool
storage_check_unnamed(const struct op_run *run, const struct storage_side *side,
    const char *what, GError **error)
{
	VOLUME_NAMES names = { 0 };
	g_autoptr(virDomain) user = NULL;

	if (!storage_names(side->volume, &names))
		return storage_fail(run, side, "see the path of", run->name, error);
	if (!storage_find_user(run, side, &names, &user, error))
		return false;
	if (user == NULL)
		return ha_check_unnamed(run, &names, what, error);
	g_set_error(error, OP_ERROR, CAUSE_IMPOSSIBLE,
	    "volume %s cannot be %s: VM %s on %s names it", run->name, what,
	    virDomainGetName(user), side->at->node_name);
	return false;
}
