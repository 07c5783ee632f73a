/*
 * Operation: a VM is cloned: its disks, all of one instant, its definition as that of another
 * machine; then the clone may be started.
 *
 * What fails before the clone is whole is undone: what this job made is removed again.  The
 * definition comes last, so that what is defined is whole.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "vmops/clone.h"
#include "vmops/create.h"

#define LOOK_US   G_USEC_PER_SEC
#define ANSWER_US (60 * G_USEC_PER_SEC) /* for libvirt to let go of what it works on */

/* --- sentences */

bool
clone_refuse(const struct clone *c, enum job_cause cause, GError **error, const char *why, ...)
{
	va_list args;

	va_start(args, why);
	g_autofree char *reason = g_strdup_vprintf(why, args);
	va_end(args);
	g_set_error(error, OP_ERROR, (gint)cause, c->run->request->type == JOB_TEMPLATE_CREATE
	    ? "cannot make of %s the template %s: %s" : "cannot clone %s to %s: %s",
	    c->run->name, c->name, reason);
	return false;
}

bool
clone_refuse_libvirt(const struct clone *c, GError **error, const char *what)
{
	g_autofree char *reason = g_strdup(virGetLastErrorMessage());

	return clone_refuse(c, CAUSE_LIBVIRT, error, "%s: %s", what, reason);
}

/* --- opening */

void
clone_end(struct clone *c)
{
	g_ptr_array_unref(c->disks);
	g_ptr_array_unref(c->discs);
	if (c->source != NULL)
		virDomainFree(c->source);
	if (c->host != NULL)
		virConnectClose(c->host);
	g_free(c->host_name);
	g_free(c->uuid);
	g_free(c->prefix);
	free(c->xml);
}
#define CLONE __attribute__((cleanup(clone_end))) struct clone

void
clone_begin(struct clone *c, const struct op_run *run)
{
	g_autofree char *text = g_strdup_printf("clone %s %u %s", run->uuid, run->number,
	    run->request->argument);

	*c = (struct clone){ .run = run, .name = run->request->argument };
	c->uuid = new_identity_uuid(text);
	c->prefix = g_strdup_printf("%s-%.8s-", c->name, c->uuid);
	c->disks = g_ptr_array_new_with_free_func((GDestroyNotify)clone_disk_free);
	c->discs = g_ptr_array_new_with_free_func((GDestroyNotify)clone_disc_free);
}

static bool
open_host(struct clone *c, GError **error)
{
	const struct op_run *run = c->run;
	SCOPED(cluster) cluster = run->look(run->context);
	const struct node *node = cluster == NULL ? NULL : run->request->target != 0
	    ? cluster_node(cluster, run->request->target)
	    : cluster_node_by_name(cluster, run->node, NULL);

	if (node == NULL)
		return clone_refuse(c, cluster == NULL ? CAUSE_RESTART : CAUSE_GONE, error,
		    "its node is not known any longer");
	c->host_name = g_strdup(node->name);
	c->host_index = node->h.index;
	c->host = backend_connect(run->backend, node->name, c->name, error);
	return c->host != NULL;
}

static bool
open_source(struct clone *c, GError **error)
{
	c->source = op_find_domain(c->run, error);
	if (c->source == NULL)
		return false;
	c->active = op_activity(c->source) == ACTIVE;
	c->xml = virDomainGetXMLDesc(c->source, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
	return c->xml != NULL || clone_refuse_libvirt(c, error, "its definition");
}

bool
clone_open(struct clone *c, GError **error)
{
	return open_host(c, error) && open_source(c, error) && clone_disks_open(c, error) &&
	    clone_discs_open(c, error);
}

/* --- making */

/* Neither its name nor what it is known by later. */
static bool
check_free(struct clone *c, GError **error)
{
	g_autoptr(virDomain) named = virDomainLookupByName(c->host, c->name);
	bool unnamed = named == NULL && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN;
	g_autoptr(virDomain) same =
	    unnamed ? virDomainLookupByUUIDString(c->host, c->uuid) : NULL;

	if (named != NULL || same != NULL)
		return clone_refuse(c, CAUSE_IMPOSSIBLE, error, "there is a VM %s on %s already",
		    virDomainGetName(named != NULL ? named : same), c->host_name);
	return virGetLastErrorCode() == VIR_ERR_NO_DOMAIN ||
	    clone_refuse_libvirt(c, error, "looking for its name");
}

/* Its XML with the new places. */
static char *
write_xml(struct clone *c, GError **error)
{
	guint n = c->disks->len + c->discs->len;
	g_autofree struct new_disk *places = g_new0(struct new_disk, n + 1);
	struct new_identity new = { c->name, c->uuid, places, n };
	g_autoptr(GError) why = NULL;

	for (guint i = 0; i < c->disks->len; i++) {
		const struct clone_disk *d = c->disks->pdata[i];
		places[i] = (struct new_disk){ d->target, d->path,
			d->format == NULL ? "raw" : d->format, d->format == NULL };
	}
	for (guint i = 0; i < c->discs->len; i++) {
		const struct clone_disc *d = c->discs->pdata[i];
		places[c->disks->len + i] = (struct new_disk){ d->target, d->path, "raw", false };
	}
	char *xml = new_identity_xml(c->xml, &new, &why);
	if (xml == NULL)
		clone_refuse(c, CAUSE_IMPOSSIBLE, error, "%s", why->message);
	return xml;
}

static virDomainPtr
define(struct clone *c, GError **error)
{
	g_autofree char *xml = write_xml(c, error);
	virDomainPtr domain = NULL;

	if (xml == NULL)
		return NULL;
	op_step(c->run, "defining it");
	domain = virDomainDefineXMLFlags(c->host, xml, 0);
	if (domain == NULL)
		clone_refuse_libvirt(c, error, "libvirt does not take its definition");
	return domain;
}

static virDomainPtr
make(struct clone *c, GError **error)
{
	return clone_disks_copy(c, error) && clone_discs_make(c, error) && c->run->pause(c->run->context, 0, error)
	    ? define(c, error) : NULL;
}

/* --- taking back */

/* NULL: it is gone, else what is left, in words. */
static char *
remove_domain(struct clone *c)
{
	g_autoptr(virDomain) domain = virDomainLookupByUUIDString(c->host, c->uuid);

	if (domain != NULL && op_activity(domain) != INACTIVE)
		virDomainDestroy(domain);
	if (domain != NULL &&
	    virDomainUndefineFlags(domain, VIR_DOMAIN_UNDEFINE_MANAGED_SAVE |
		VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
		VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | VIR_DOMAIN_UNDEFINE_NVRAM) == 0)
		return NULL;
	return virGetLastErrorCode() == VIR_ERR_NO_DOMAIN ? NULL
	    : g_strdup_printf("left on %s, to be removed: the definition of %s (%s)",
		c->host_name, c->name, virGetLastErrorMessage());
}

/* Volumes only when no domain has them any longer. */
static char *
undo(struct clone *c)
{
	char *left = remove_domain(c);

	if (left == NULL)
		left = clone_discs_remove(c);
	return left != NULL ? left : clone_disks_remove(c);
}

static bool
fail(struct clone *c, GError *why, GError **error)
{
	if (why->code != CAUSE_RESTART) { /* then the next process takes it up */
		op_step(c->run, "taking back what was made");
		storage_add_left(&why, undo(c));
	}
	g_propagate_error(error, why);
	return false;
}

/* --- the whole */

static bool
attend(struct clone *c, virDomainPtr domain, bool runs, GError **error)
{
	GError *stopped = NULL;

	if (!(c->run->request->flags & REQUEST_START) ||
	    (runs ? clone_attend : clone_start)(c, domain, &stopped, error))
		return true;
	return stopped != NULL && fail(c, stopped, error);
}

static bool
run_clone(struct clone *c, GError **error)
{
	const struct op_run *run = c->run;
	GError *why = NULL;

	if (!check_free(c, error) || !clone_disks_check(c, error) ||
	    !clone_discs_check(c, error) ||
	    !run->own(run->context, error) || !run->begin(run->context, error))
		return false;
	g_autoptr(virDomain) domain = make(c, &why);
	run->filled(run->context);
	return domain != NULL ? attend(c, domain, false, error) : fail(c, why, error);
}

bool
op_clone(const struct op_run *run, GError **error)
{
	CLONE c;

	clone_begin(&c, run);
	bool done = clone_open(&c, error) && run_clone(&c, error);
	clone_disks_settle(&c);
	return done;
}

/* --- after a restart */

bool
clone_open_again(struct clone *c, GError **error)
{
	const struct op_run *run = c->run;
	g_autoptr(GError) why = NULL;
	int64_t until = 0;

	while (!clone_open(c, &why)) {
		clone_end(c);
		clone_begin(c, run);
		if (storage_open_again(run, &until, &why))
			continue;
		g_set_error(error, OP_ERROR, why->code, "%s: the agent was stopped while it was "
		    "copied to %s: look for volumes %s* (%s)", run->name, c->name, c->prefix,
		    why->message);
		return false;
	}
	return true;
}

/* What libvirt still works on cannot be removed yet. */
static bool
take_back(struct clone *c, GError **error)
{
	int64_t until = g_get_monotonic_time() + ANSWER_US;
	char *left;

	clone_backup_end(c);
	while ((left = undo(c)) != NULL && g_get_monotonic_time() < until) {
		g_free(left);
		c->run->alive(c->run->context);
		g_usleep(LOOK_US);
	}
	g_set_error(error, OP_ERROR, left == NULL ? CAUSE_RESTART : CAUSE_LIBVIRT,
	    "the agent was stopped while %s was cloned to %s; what there was of the clone was "
	    "removed", c->run->name, c->name);
	storage_add_left(error, left);
	return false;
}

/* One that is defined is whole; but one that shall run and does not was never started. */
static bool
recover(struct clone *c, GError **error)
{
	g_autoptr(virDomain) domain = virDomainLookupByUUIDString(c->host, c->uuid);
	bool runs = domain != NULL && op_activity(domain) == ACTIVE;
	bool whole = domain != NULL && (runs || !(c->run->request->flags & REQUEST_START));

	return whole ? attend(c, domain, true, error) : take_back(c, error);
}

bool
op_clone_recover(const struct op_run *run, GError **error)
{
	CLONE c;

	clone_begin(&c, run);
	if (!run->owned) {
		g_set_error(error, OP_ERROR, CAUSE_RESTART, "the agent was stopped before %s was "
		    "cloned to %s; nothing was made", run->name, c.name);
		return false;
	}
	bool done = clone_open_again(&c, error) && recover(&c, error);
	clone_disks_settle(&c);
	return done;
}
