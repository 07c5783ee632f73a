/*
 * Operation: a VM is made from a template: its disk, what tells cloud-init who it is, its
 * definition; then it is started, and its guest's agent waited for.
 *
 * What fails before it runs is undone: what this job made is removed again.  From then on
 * the VM is whole, and only a cancelled job takes it away.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/virt.h"
#include "model/settings.h"
#include "vmops/create.h"

#define LOOK_US   G_USEC_PER_SEC
#define ANSWER_US (60 * G_USEC_PER_SEC) /* for the node to answer after a restart */

/* --- sentences */

bool
create_refuse(const struct creation *c, enum job_cause cause, GError **error, const char *why,
    ...)
{
	va_list args;

	va_start(args, why);
	g_autofree char *reason = g_strdup_vprintf(why, args);
	va_end(args);
	g_set_error(error, OP_ERROR, (gint)cause, "cannot make %s on %s: %s", c->name,
	    c->run->node, reason);
	return false;
}

bool
create_refuse_libvirt(const struct creation *c, GError **error, const char *what)
{
	g_autofree char *reason = g_strdup(virGetLastErrorMessage());

	return create_refuse(c, CAUSE_LIBVIRT, error, "%s: %s", what, reason);
}

void
create_step(struct creation *c, unsigned percent, const char *step)
{
	struct op_progress progress;

	op_progress_init(&progress);
	progress.percent = c->percent = percent;
	g_strlcpy(progress.step, step, sizeof(progress.step));
	c->run->report(c->run->context, &progress);
	c->run->alive(c->run->context);
}

/* --- making */

static bool
make_seed(struct creation *c, const char *hostname, GError **error)
{
	const struct request_machine *m = &c->run->request->machine;
	struct create_seed seed = {
		.uuid = c->run->uuid, .hostname = hostname,
		.user = *m->user != '\0' ? m->user : c->t->user,
		.ssh_keys = c->t->ssh_keys, .ssh_key = m->ssh_key, .packages = c->t->packages,
	};
	g_autoptr(GByteArray) image = create_seed_image(&seed, error);

	return image != NULL && create_volume_seed(c, image, error);
}

static virDomainPtr
define(struct creation *c, const char *hostname, GError **error)
{
	const struct request *r = c->run->request;
	struct create_domain d = {
		.name = c->name, .uuid = c->run->uuid, .hostname = hostname,
		.vcpus = r->machine.vcpus != 0 ? r->machine.vcpus : (uint32_t)c->t->vcpus,
		.memory = r->amount != 0 ? r->amount : (uint32_t)c->t->memory,
		.network = *r->machine.network != '\0' ? r->machine.network : c->t->network,
		.disk = c->disk.path != NULL ? &c->disk : NULL,
		.seed = c->seed.path != NULL ? &c->seed : NULL,
	};
	g_autoptr(GError) why = NULL;
	g_autofree char *xml = create_xml(c->t, &d, &why);

	if (xml == NULL) {
		create_refuse(c, CAUSE_IMPOSSIBLE, error, "%s of template %s: %s", TEMPLATE_XML,
		    c->t->name, why->message);
		return NULL;
	}
	virDomainPtr domain = virDomainDefineXMLFlags(c->host, xml, VIR_DOMAIN_DEFINE_VALIDATE);
	if (domain == NULL)
		create_refuse_libvirt(c, error, "libvirt does not take its definition");
	return domain;
}

/* Between two steps: does anybody still want it. */
static bool
next_step(struct creation *c, unsigned percent, const char *step, GError **error)
{
	create_step(c, percent, step);
	return c->run->pause(c->run->context, 0, error);
}

static bool
is_name_free(const struct creation *c, GError **error)
{
	g_autoptr(virDomain) other = virDomainLookupByName(c->host, c->name);

	if (other != NULL)
		return create_refuse(c, CAUSE_IMPOSSIBLE, error,
		    "there is a VM of that name already");
	return virGetLastErrorCode() == VIR_ERR_NO_DOMAIN ||
	    create_refuse_libvirt(c, error, "looking for its name");
}

static virDomainPtr
make(struct creation *c, const char *hostname, GError **error)
{
	const struct op_run *run = c->run;

	if (*c->t->pool != '\0' && (!next_step(c, 10, "making its disk", error) ||
		!create_volume_disk(c, error)))
		return NULL;
	if (c->t->install == INSTALL_CLOUD_INIT &&
	    (!next_step(c, 50, "making the image for cloud-init", error) ||
		!make_seed(c, hostname, error)))
		return NULL;
	if (!next_step(c, 60, "defining it", error))
		return NULL;
	virDomainPtr domain = define(c, hostname, error);
	if (domain == NULL || (run->request->flags & REQUEST_NO_START))
		return domain;
	if (next_step(c, 70, "starting it", error)) {
		if (virDomainCreate(domain) == 0)
			return domain;
		create_refuse_libvirt(c, error, "it does not start");
	}
	virDomainFree(domain);
	return NULL;
}

/* --- taking back */

/* NULL: it is gone, else what is left, in words. */
static char *
remove_domain(struct creation *c)
{
	g_autoptr(virDomain) domain = virDomainLookupByUUIDString(c->host, c->run->uuid);

	if (domain == NULL)
		return virGetLastErrorCode() == VIR_ERR_NO_DOMAIN ? NULL
		    : g_strdup_printf("the definition (%s)", virGetLastErrorMessage());
	if (op_activity(domain) != INACTIVE)
		virDomainDestroy(domain);
	if (virDomainUndefineFlags(domain, VIR_DOMAIN_UNDEFINE_MANAGED_SAVE |
		VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
		VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | VIR_DOMAIN_UNDEFINE_NVRAM) == 0 ||
	    virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
		return NULL;
	return g_strdup_printf("the definition (%s)", virGetLastErrorMessage());
}

/* Volumes only when no domain has them any longer. */
static char *
undo(struct creation *c)
{
	if (virConnectIsAlive(c->host) != 1) {
		virConnectPtr fresh =
		    backend_connect(c->run->backend, c->run->node, c->name, NULL);
		if (fresh != NULL) {
			virConnectClose(c->host);
			c->host = fresh;
		}
	}
	char *left = remove_domain(c);

	return left != NULL ? left : create_volumes_remove(c);
}

static bool
fail(struct creation *c, GError *why, GError **error)
{
	if (why->code == CAUSE_RESTART) { /* the next process takes it up */
		g_propagate_error(error, why);
		return false;
	}
	create_step(c, c->percent, "taking back what was made");
	g_autofree char *left = undo(c);
	if (left == NULL) {
		g_propagate_error(error, why);
		return false;
	}
	g_set_error(error, OP_ERROR, why->code, "%s; left on %s, to be removed: %s",
	    why->message, c->run->node, left);
	g_error_free(why);
	return false;
}

static bool
attend(struct creation *c, virDomainPtr domain, const char *hostname, GError **error)
{
	GError *stopped = NULL;

	if (create_wait_guest(c, domain, hostname, &stopped, error))
		return true;
	return stopped != NULL && fail(c, stopped, error);
}

/* --- the whole */

static void
creation_begin(struct creation *c, const struct op_run *run)
{
	*c = (struct creation){ .run = run, .name = run->request->argument };
	c->disk_name = g_strdup_printf("%s-%.8s.img", c->name, run->uuid);
	c->seed_name = g_strdup_printf("%s-%.8s-seed.iso", c->name, run->uuid);
}

static void
creation_end(struct creation *c)
{
	if (c->host != NULL)
		virConnectClose(c->host);
	g_free(c->disk_name);
	g_free(c->seed_name);
	g_free(c->disk.path);
	g_free(c->disk.format);
	g_free(c->seed.path);
	g_free(c->seed.format);
}

static bool
run_creation(struct creation *c, GError **error)
{
	g_autofree char *hostname = create_guest_name(c->run);
	GError *why = NULL;

	if (*hostname == '\0')
		return create_refuse(c, CAUSE_IMPOSSIBLE, error,
		    "no host name can be made of its name: say hostname=");
	create_step(c, 0, "looking at the node");
	if (!is_name_free(c, error) || !create_volumes_check(c, error) ||
	    !c->run->begin(c->run->context, error))
		return false;
	g_autoptr(virDomain) domain = make(c, hostname, &why);
	return domain != NULL ? attend(c, domain, hostname, error) : fail(c, why, error);
}

static struct template *
read_template(const struct op_run *run, GError **error)
{
	SCOPED(settings) settings = backend_settings(run->backend);
	g_autoptr(GError) why = NULL;
	struct template *t = template_read(settings->template_dir, run->name, &why);

	if (t == NULL)
		g_set_error(error, OP_ERROR, CAUSE_IMPOSSIBLE, "cannot make %s: %s",
		    run->request->argument, why->message);
	return t;
}

bool
op_create(const struct op_run *run, GError **error)
{
	SCOPED(template) t = read_template(run, error);
	struct creation c;

	if (t == NULL)
		return false;
	creation_begin(&c, run);
	c.t = t;
	c.host = backend_connect(run->backend, run->node, c.name, error);
	bool made = c.host != NULL && run_creation(&c, error);
	creation_end(&c);
	return made;
}

/* --- after a restart */

/* Until the node answers. */
static bool
reach(struct creation *c, GError **error)
{
	const struct op_run *run = c->run;
	int64_t until = g_get_monotonic_time() + ANSWER_US;

	for (;;) {
		g_autoptr(GError) why = NULL;
		c->host = backend_connect(run->backend, run->node, c->name, &why);
		if (c->host != NULL)
			return true;
		if (g_get_monotonic_time() >= until) {
			g_set_error(error, OP_ERROR, CAUSE_UNREACHABLE, "%s: the agent was "
			    "stopped while it was made on %s, which does not answer: look for "
			    "%s and %s there", c->name, run->node, c->disk_name, c->seed_name);
			return false;
		}
		run->alive(run->context);
		if (!run->pause(run->context, LOOK_US, error))
			return false;
	}
}

/* What libvirt still works on cannot be removed yet. */
static bool
take_back(struct creation *c, GError **error)
{
	int64_t until = g_get_monotonic_time() + ANSWER_US;

	c->has_disk = c->has_seed = true;
	for (;;) {
		g_autofree char *left = undo(c);
		bool over = left == NULL || g_get_monotonic_time() >= until;
		if (over && left == NULL)
			g_set_error(error, OP_ERROR, CAUSE_RESTART, "%s: the agent was stopped "
			    "while it was made on %s; what there was of it was removed", c->name,
			    c->run->node);
		else if (over)
			g_set_error(error, OP_ERROR, CAUSE_LIBVIRT, "%s: the agent was stopped "
			    "while it was made; left on %s, to be removed: %s", c->name,
			    c->run->node, left);
		if (over)
			return false;
		c->run->alive(c->run->context);
		g_usleep(LOOK_US);
	}
}

static bool
recover(struct creation *c, GError **error)
{
	const struct op_run *run = c->run;
	g_autoptr(virDomain) domain = virDomainLookupByUUIDString(c->host, run->uuid);
	bool whole = domain != NULL && ((run->request->flags & REQUEST_NO_START) ||
	    op_activity(domain) == ACTIVE);
	SCOPED(template) t = whole ? read_template(run, NULL) : NULL;
	g_autofree char *hostname = create_guest_name(run);

	if (!whole)
		return take_back(c, error);
	c->has_disk = c->has_seed = true; /* for one that is cancelled now */
	if (t == NULL)
		return true;
	c->t = t;
	bool good = attend(c, domain, hostname, error);
	c->t = NULL;
	return good;
}

bool
op_create_recover(const struct op_run *run, GError **error)
{
	struct creation c;

	creation_begin(&c, run);
	bool good = reach(&c, error) && recover(&c, error);
	creation_end(&c);
	return good;
}
