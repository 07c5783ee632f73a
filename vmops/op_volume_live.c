/*
 * A disk moves to another volume under a running VM: libvirt copies it while the guest goes
 * on writing to both, and then the VM lets go of the old one.
 */
#include <stdlib.h>
#include <string.h>

#include "vmops/block_job.h"
#include "vmops/storage.h"

#define LOOK_US  (250 * 1000)

static bool
fail(const struct live_move *m, enum job_cause cause, const char *text, GError **error)
{
	g_set_error(error, OP_ERROR, (gint)cause, "cannot move %s of %s to pool %s: %s",
	    m->target, m->vm_name, m->to->at->pool_name, text);
	return false;
}

static bool
fail_libvirt(const struct live_move *m, const char *what, GError **error)
{
	g_autofree char *text = g_strdup_printf("%s: %s", what, virGetLastErrorMessage());

	return fail(m, CAUSE_LIBVIRT, text, error);
}

/* The target of the disk that the VM has on that volume; free it. */
static char *
target_on(virDomainPtr domain, const struct volume_names *names, unsigned flags)
{
	char *xml = virDomainGetXMLDesc(domain, flags);
	char *target = xml == NULL ? NULL : storage_disk_target(xml, names);

	free(xml);
	return target;
}

static bool
is_on(virDomainPtr domain, const char *target, const struct volume_names *names)
{
	g_autofree char *there = target_on(domain, names, 0);

	return g_strcmp0(there, target) == 0;
}

/* --- the new volume */

static virStorageVolPtr
make_volume(struct live_move *m, GError **error)
{
	uint64_t capacity, allocation, physical;

	if (!storage_measure(m->run, m->from, &capacity, &allocation, &physical, error))
		return NULL;
	g_autofree char *xml = storage_volume_xml(&(struct volume_form){
	    .name = m->name, .format = m->format, .capacity = capacity,
	    .allocation = m->format == NULL ? capacity : 0 });
	virStorageVolPtr made = virStorageVolCreateXML(m->to->pool, xml, 0);
	if (made == NULL)
		storage_fail(m->run, m->to, "make volume", m->name, error);
	return made;
}

static char *
copy_xml(const struct live_move *m, const char *path)
{
	bool block = m->format == NULL;

	return g_markup_printf_escaped("<disk type='%s'><driver name='qemu' type='%s'/>"
	    "<source %s='%s'/></disk>", block ? "block" : "file", block ? "raw" : m->format,
	    block ? "dev" : "file", path);
}

/* --- the copy */

static bool
start_copy(struct live_move *m, virDomainPtr domain, const char *path, GError **error)
{
	uint32_t limit = m->run->request->bandwidth;
	g_autofree char *xml = copy_xml(m, path);
	virTypedParameterPtr params = NULL;
	int n = 0, room = 0;

	if (limit > 0)
		virTypedParamsAddULLong(&params, &n, &room, VIR_DOMAIN_BLOCK_COPY_BANDWIDTH,
		    limit * STORAGE_MIB);
	bool started = virDomainBlockCopy(domain, m->target, xml, params, n,
	    VIR_DOMAIN_BLOCK_COPY_REUSE_EXT | VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB) == 0 ||
	    fail_libvirt(m, "the copy cannot be started", error);
	virTypedParamsFree(params, n);
	return started;
}

/* Until both are the same.  (libvirt lets cur be end only when QEMU has called it so.) */
static bool
wait_ready(struct live_move *m, virDomainPtr domain, GError **error)
{
	const struct op_run *run = m->run;
	virDomainBlockJobInfo info;

	for (;;) {
		int rc = virDomainGetBlockJobInfo(domain, m->target, &info, 0);
		if (rc < 0)
			return fail_libvirt(m, "the copy cannot be seen", error);
		if (rc == 0)
			return fail(m, CAUSE_LIBVIRT, "the copy has ended with an error; the "
			    "pool may be full, see the log of QEMU", error);
		run->alive(run->context);
		storage_report(run, "copying under the running VM", info.cur, info.end);
		if (info.end > 0 && info.cur == info.end)
			return true;
		if (!run->pause(run->context, LOOK_US, error))
			return false;
	}
}

static bool
pivot(struct live_move *m, virDomainPtr domain, const struct volume_names *to, GError **error)
{
	op_step(m->run, "changing over");
	g_autofree char *words = block_job_pivot(m->run, domain, m->target);
	if (is_on(domain, m->target, to))
		return true;
	g_autofree char *text = words == NULL
	    ? g_strdup("it is still on the old volume after it was told to change over")
	    : g_strconcat("it cannot change over: ", words, NULL);
	return fail(m, CAUSE_LIBVIRT, text, error);
}

/* For its next start; libvirt does that itself where both were the same. */
static bool
redefine(struct live_move *m, virDomainPtr domain, const struct volume_names *to,
    GError **error)
{
	g_autofree char *there = target_on(domain, to, VIR_DOMAIN_XML_INACTIVE);

	if (there != NULL || virDomainIsPersistent(domain) != 1)
		return true;
	char *xml = virDomainGetXMLDesc(domain,
	    VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
	g_autofree char *disk = xml == NULL ? NULL
	    : storage_disk_xml(xml, m->target, to->path, m->format == NULL);
	free(xml);
	return disk == NULL ||
	    virDomainUpdateDeviceFlags(domain, disk, VIR_DOMAIN_AFFECT_CONFIG) == 0 ||
	    fail_libvirt(m, "it runs on the new volume, but its definition names the old one",
		error);
}

static bool
copy_over(struct live_move *m, virDomainPtr domain, const struct volume_names *to,
    GError **error)
{
	if (!start_copy(m, domain, to->path, error))
		return false;
	if (wait_ready(m, domain, error) && pivot(m, domain, to, error))
		return true;
	block_job_cancel(m->run, domain, m->target);
	return false;
}

bool
storage_move_live(struct live_move *m, GError **error)
{
	const struct op_run *run = m->run;
	g_autoptr(virDomain) domain =
	    backend_find_domain(run->backend, m->vm_node, m->vm_uuid, m->vm_name, error);

	if (domain == NULL || !storage_check_free(run, m->to, m->name, error) ||
	    !run->own(run->context, error) || !run->begin(run->context, error))
		return false;
	g_autoptr(virStorageVol) made = make_volume(m, error);
	VOLUME_NAMES to = { 0 };
	bool named = made != NULL && (storage_names(made, &to) ||
	    storage_fail(run, m->to, "see the path of", m->name, error));
	bool moved = named && copy_over(m, domain, &to, error);
	bool known = moved && redefine(m, domain, &to, error);
	if (made != NULL && !moved)
		storage_add_left(error, storage_undo(run, m->to, m->name));
	return known;
}

bool
storage_move_resume(struct live_move *m, virDomainPtr domain, const struct volume_names *to,
    bool *moved, GError **error)
{
	bool active = op_activity(domain) == ACTIVE;
	g_autofree char *there = target_on(domain, to, active ? 0 : VIR_DOMAIN_XML_INACTIVE);
	VOLUME_NAMES old = { 0 };

	m->vm_name = virDomainGetName(domain);
	*moved = there != NULL;
	if (*moved) {
		m->target = there;
		return !active || redefine(m, domain, to, error);
	}
	g_autofree char *target = storage_names(m->from->volume, &old)
	    ? target_on(domain, &old, 0) : NULL;
	if (target == NULL || block_job_cancel(m->run, domain, target))
		return true;
	m->target = target;
	return fail(m, CAUSE_LIBVIRT, "the copy that was begun cannot be called off", error);
}
