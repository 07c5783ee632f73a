/* What can be asked of both hosts before anything is changed. */
#include <stdlib.h>
#include <string.h>

#include "common/virt.h"
#include "model/settings.h"
#include "model/value.h"
#include "vmops/migrate_private.h"

struct preflight {
	struct migration *m;
	virDomainPtr domain;
	virConnectPtr source, target;
	bool active;
	bool undeclared; /* a disk stays that libvirt itself must know to be shared */
};

/* --- the domain */

static bool
check_names(struct preflight *p, GError **error)
{
	const struct op_run *run = p->m->run;
	g_autoptr(virDomain) same = virDomainLookupByUUIDString(p->target, run->uuid);
	g_autoptr(virDomain) named = NULL;

	if (same != NULL)
		return migrate_refuse(p->m, CAUSE_IMPOSSIBLE, error,
		    "it is already defined there");
	if (virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
		return migrate_refuse_libvirt(p->m, error, "that node cannot be asked");
	named = virDomainLookupByName(p->target, virDomainGetName(p->domain));
	return named == NULL || migrate_refuse(p->m, CAUSE_IMPOSSIBLE, error,
	    "another VM has that name there");
}

static bool
check_snapshots(struct preflight *p, GError **error)
{
	int n = virDomainSnapshotNum(p->domain, 0);

	return n <= 0 || migrate_refuse(p->m, CAUSE_IMPOSSIBLE, error,
	    "it has %d snapshot%s, which cannot move: delete %s first", n, n == 1 ? "" : "s",
	    n == 1 ? "it" : "them");
}

static bool
check_saved(struct preflight *p, GError **error)
{
	if (p->active || virDomainHasManagedSaveImage(p->domain, 0) != 1)
		return true;
	return migrate_refuse(p->m, CAUSE_IMPOSSIBLE, error,
	    "it has a saved state, which stays behind: start it, or remove that first");
}

static bool
check_devices(struct preflight *p, GError **error)
{
	const struct migrant *migrant = p->m->migrant;

	if (p->active && migrant->stuck != NULL)
		return migrate_refuse(p->m, CAUSE_IMPOSSIBLE, error,
		    "it has %s, which cannot move: detach it first", migrant->stuck);
	if (!p->active && migrant->nvram != NULL &&
	    !migrate_is_below(p->m->settings->migrate_shared, migrant->nvram))
		return migrate_refuse(p->m, CAUSE_IMPOSSIBLE, error,
		    "its firmware's variables (%s) would stay behind: move it while it runs",
		    migrant->nvram);
	return true;
}

/* --- the target */

/* Only a clear no counts: what cannot be compared, libvirt will look at itself. */
static bool
check_cpu(struct preflight *p, GError **error)
{
	const struct migrant *m = p->m->migrant;

	if (m->cpu == NULL || virConnectCompareHypervisorCPU(p->target, m->emulator, m->arch,
	    m->machine, m->virt, m->cpu, 0) != VIR_CPU_COMPARE_INCOMPATIBLE)
		return true;
	return migrate_refuse(p->m, CAUSE_IMPOSSIBLE, error,
	    "that node does not offer the CPU model that it was given");
}

static bool
check_network(struct preflight *p, const char *name, GError **error)
{
	g_autoptr(virNetwork) network = virNetworkLookupByName(p->target, name);

	if (network == NULL && virGetLastErrorCode() == VIR_ERR_NO_NETWORK)
		return migrate_refuse(p->m, CAUSE_IMPOSSIBLE, error,
		    "that node has no network %s", name);
	if (network != NULL && virNetworkIsActive(network) == 0)
		return migrate_refuse(p->m, CAUSE_IMPOSSIBLE, error,
		    "network %s is not active on that node", name);
	return true;
}

/* Not every libvirtd has a driver for interfaces. */
static bool
check_bridge(struct preflight *p, const char *name, GError **error)
{
	g_autoptr(virInterface) bridge = virInterfaceLookupByName(p->target, name);

	if (bridge != NULL || virGetLastErrorCode() != VIR_ERR_NO_INTERFACE)
		return true;
	return migrate_refuse(p->m, CAUSE_IMPOSSIBLE, error, "that node has no bridge %s",
	    name);
}

static bool
check_links(struct preflight *p, GError **error)
{
	const GArray *links = p->m->migrant->links;

	for (guint i = 0; i < links->len; i++) {
		const struct migrant_link *link = &g_array_index(links, struct migrant_link, i);
		if (!(link->network ? check_network : check_bridge)(p, link->name, error))
			return false;
	}
	return true;
}

/* What shall stay free; whether it fits at all, the request was asked already. */
static bool
check_reserve(struct preflight *p, GError **error)
{
	const struct op_run *run = p->m->run;
	SCOPED(cluster) cluster = run->look(run->context);
	const struct node *to = cluster == NULL ? NULL
	    : cluster_node(cluster, run->request->target);
	const struct vm *vm = cluster == NULL ? NULL
	    : cluster_vm(cluster, run->request->object);
	uint32_t reserve = (uint32_t)p->m->settings->migrate_reserve;

	if (!p->active || to == NULL || vm == NULL || reserve == 0 ||
	    to->mem_free == ABSENT_U32 || vm->mem_max == ABSENT_U32)
		return true;
	uint64_t left = (uint64_t)to->mem_free +
	    (to->mem_cached == ABSENT_U32 ? 0 : to->mem_cached);
	if ((uint64_t)vm->mem_max + reserve <= left)
		return true;
	return migrate_refuse(p->m, CAUSE_IMPOSSIBLE, error,
	    "it needs %u MiB of memory, of %u MiB left there %u MiB must stay free",
	    vm->mem_max, (unsigned)left, reserve);
}

/* --- disks */

static bool
is_of_network(const char *pool_type)
{
	static const char *const types[] = {
		"netfs", "gluster", "rbd", "sheepdog", "iscsi", "iscsi-direct", "scsi",
		"mpath", "vstorage", NULL,
	};

	return pool_type != NULL && g_strv_contains(types, pool_type);
}

/* False only where libvirt could not say what must be known. */
static bool
find_place(struct preflight *p, const struct migrant_disk *disk, struct disk_place *out,
    GError **error)
{
	g_autofree char *type = NULL, *there_type = NULL;

	*out = (struct disk_place){
		.declared = migrate_is_below(p->m->settings->migrate_shared, disk->path),
	};
	if (out->declared || (disk->kind != DISK_FILE && disk->kind != DISK_BLOCK))
		return true;
	g_autoptr(virStoragePool) here = migrate_find_pool(p->source, disk->path, &type);
	g_autoptr(virStoragePool) there =
	    migrate_find_pool(p->target, disk->path, &there_type);
	out->in_pool = here != NULL;
	out->has_pool = there != NULL;
	out->network = is_of_network(type) && is_of_network(there_type);
	if (there == NULL || out->network)
		return true;
	int has = migrate_pool_has(there, disk->path);
	out->is_there = has == 1;
	return has >= 0 || migrate_refuse_libvirt(p->m, error,
	    "the storage pool of its disk cannot be looked at");
}

static bool
add_copy(struct preflight *p, const struct migrant_disk *disk, GError **error)
{
	virDomainBlockInfo info;

	if (virDomainGetBlockInfo(p->domain, disk->target, &info, 0) != 0)
		return migrate_refuse_libvirt(p->m, error, "the size of a disk is not known");
	struct volume_copy *copy = g_new0(struct volume_copy, 1);
	copy->path = g_strdup(disk->path);
	copy->target = g_strdup(disk->target);
	copy->format = g_strdup(disk->format[0] != '\0' ? disk->format : "raw");
	copy->capacity = info.capacity;
	copy->allocation = info.allocation;
	g_ptr_array_add(p->m->copies, copy);
	return true;
}

static bool
check_disk(struct preflight *p, const struct migrant_disk *disk, GError **error)
{
	bool copy = p->m->run->request->flags & REQUEST_COPY_STORAGE;
	const char *why = NULL, *advice = NULL;
	struct disk_place place;
	enum disk_plan plan;

	if (!find_place(p, disk, &place, error))
		return false;
	if (!migrate_plan_disk(disk, &place, copy, &plan, &why, &advice))
		return migrate_refuse(p->m, CAUSE_IMPOSSIBLE, error, "%s %s (%s) %s %s: %s",
		    disk->removable ? "drive" : "disk", disk->target, disk->path, why,
		    p->m->to, advice);
	if (plan == DISK_COPIED)
		return add_copy(p, disk, error);
	if (place.declared)
		p->m->declared = true;
	else if (disk->kind == DISK_FILE && !disk->removable && !disk->read_only)
		p->undeclared = true;
	return true;
}

/* Is there room for what is really in use? */
static bool
check_room(struct preflight *p, GError **error)
{
	for (guint i = 0; i < p->m->copies->len; i++) {
		const struct volume_copy *copy = p->m->copies->pdata[i];
		g_autoptr(virStoragePool) pool =
		    migrate_find_pool(p->target, copy->path, NULL);
		virStoragePoolInfo info;
		if (pool == NULL || virStoragePoolGetInfo(pool, &info) != 0 ||
		    copy->allocation <= info.available)
			continue;
		return migrate_refuse(p->m, CAUSE_IMPOSSIBLE, error,
		    "disk %s takes %u MiB, and storage pool %s has %u MiB left there",
		    copy->target, (unsigned)(copy->allocation >> 20),
		    virStoragePoolGetName(pool), (unsigned)(info.available >> 20));
	}
	return true;
}

static bool
check_disks(struct preflight *p, GError **error)
{
	const GArray *disks = p->m->migrant->disks;
	const struct op_run *run = p->m->run;

	for (guint i = 0; i < disks->len; i++) {
		run->alive(run->context);
		if (!check_disk(p, &g_array_index(disks, struct migrant_disk, i), error))
			return false;
	}
	/* the check that it turns off is for all disks: not if one needs it */
	p->m->declared = p->m->declared && !p->undeclared;
	return check_room(p, error);
}

static bool
read_config(struct preflight *p, GError **error)
{
	g_autoptr(GError) refused = NULL;
	char *xml = virDomainGetXMLDesc(p->domain, p->active ? 0 : VIR_DOMAIN_XML_INACTIVE);

	if (xml == NULL)
		return migrate_refuse_libvirt(p->m, error, "its configuration cannot be read");
	p->m->migrant = migrant_parse(xml, &refused);
	free(xml);
	return p->m->migrant != NULL ||
	    migrate_refuse(p->m, CAUSE_LIBVIRT, error, "%s", refused->message);
}

bool
migrate_preflight(struct migration *m, virDomainPtr domain, virConnectPtr target,
    GError **error)
{
	static bool (*const checks[])(struct preflight *, GError **) = {
		check_names, check_snapshots, check_saved, check_devices, check_cpu,
		check_links, check_reserve, check_disks,
	};
	struct preflight p = {
		.m = m, .domain = domain, .source = virDomainGetConnect(domain),
		.target = target, .active = op_activity(domain) != INACTIVE,
	};

	if (!read_config(&p, error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(checks); i++) {
		m->run->alive(m->run->context);
		if (!checks[i](&p, error))
			return false;
	}
	return true;
}

/* --- may it run there at any time, whatever becomes of its own node */

static bool
is_called_shared(const struct settings *settings, virStoragePoolPtr pool)
{
	return pool != NULL && settings->shared_pools != NULL &&
	    g_strv_contains((const char *const *)settings->shared_pools,
		virStoragePoolGetName(pool));
}

/* A file that happens to have the same path there may be another one: somebody must say so. */
static bool
check_reach(struct preflight *p, const struct migrant_disk *disk, GError **error)
{
	g_autofree char *type = NULL;
	struct disk_place place;

	if (disk->kind != DISK_FILE && disk->kind != DISK_BLOCK)
		return true;
	if (!find_place(p, disk, &place, error))
		return false;
	g_autoptr(virStoragePool) here = migrate_find_pool(p->source, disk->path, &type);
	bool shared = place.declared || place.network || is_called_shared(p->m->settings, here);
	if (shared && place.has_pool && !place.network && !place.is_there)
		return migrate_refuse(p->m, CAUSE_IMPOSSIBLE, error, "its %s %s (%s) is not on %s",
		    disk->removable ? "drive" : "disk", disk->target, disk->path, p->m->to);
	p->m->declared |= place.declared;
	return shared || migrate_refuse(p->m, CAUSE_IMPOSSIBLE, error,
	    "its %s %s (%s) is not known to be the same on all nodes: %s name its directory in "
	    "\"shared\" of [migrate], or say \"shared = on\" for its pool",
	    disk->removable ? "drive" : "disk", disk->target, disk->path,
	    disk->removable ? "eject it, or" : "if it is,");
}

static bool
check_reaches(struct preflight *p, GError **error)
{
	const GArray *disks = p->m->migrant->disks;

	for (guint i = 0; i < disks->len; i++) {
		p->m->run->alive(p->m->run->context);
		if (!check_reach(p, &g_array_index(disks, struct migrant_disk, i), error))
			return false;
	}
	return true;
}

bool
migrate_check_host(const struct op_run *run, virDomainPtr domain, const char *to,
    virConnectPtr target, bool *declared, GError **error)
{
	static bool (*const checks[])(struct preflight *, GError **) = {
		check_names, check_cpu, check_links, check_reaches,
	};
	struct migration m = { .run = run, .to = to, .settings = backend_settings(run->backend) };
	struct preflight p = {
		.m = &m, .domain = domain, .source = virDomainGetConnect(domain),
		.target = target, .active = op_activity(domain) != INACTIVE,
	};
	bool good = read_config(&p, error);

	for (size_t i = 0; good && i < G_N_ELEMENTS(checks); i++) {
		run->alive(run->context);
		good = checks[i](&p, error);
	}
	*declared |= m.declared;
	migrant_free(m.migrant);
	settings_unref(m.settings);
	return good;
}
