/* Admission: the checks that can refuse a request, on a cluster value. */
#include "vmops/admission.h"
#include "vmops/app.h"
#include "vmops/restore.h"
#include "vmops/storage.h"

#include <string.h>

#include "vmops/create.h"

static const struct vm *
find_vm(const struct cluster *cluster, const struct request *request, GError **error)
{
	const struct vm *vm = cluster_vm(cluster, request->object);

	if (vm != NULL && (request->uuid[0] == '\0' || strcmp(request->uuid, vm->uuid) == 0))
		return vm;
	if (request->name[0] != '\0')
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT,
		    "no node knows VM %s any longer", request->name);
	else
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT, "there is no VM %u",
		    request->object);
	return NULL;
}

static bool
refuse_silent_node(const struct vm *vm, const struct node *node, const struct op *op,
    int64_t now, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (node == NULL)
		g_string_append(text, "its node is not configured");
	else if (node->sampled_us <= 0)
		g_string_printf(text, "node %s has not been reached yet", node->name);
	else
		g_string_printf(text, "node %s has not answered for %" G_GINT64_FORMAT " s",
		    node->name, (now - node->sampled_us) / G_USEC_PER_SEC);
	if (op->startable)
		g_string_append_printf(text, "; %s may still run there", vm->name);
	else
		g_string_append_printf(text, "; %s cannot be %s", vm->name, op->verb);
	g_set_error_literal(error, REQUEST_ERROR, REQUEST_UNREACHABLE, text->str);
	return false;
}

static bool
check_node(const struct cluster *cluster, const struct vm *vm, const struct op *op,
    int64_t now, GError **error)
{
	const struct node *node = cluster_node(cluster, vm->node);

	if (node == NULL || node_is_stale(node, now))
		return refuse_silent_node(vm, node, op, now, error);
	return true;
}

/* "Xen" is not in "Xenix". */
static bool
has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = words; (p = strstr(p, word)) != NULL; p += len)
		if ((p == words || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
			return true;
	return false;
}

static bool
check_driver(const struct cluster *cluster, const struct vm *vm, const struct op *op,
    GError **error)
{
	const struct node *node = cluster_node(cluster, vm->node);
	const char *driver = node == NULL ? NULL : node->hypervisor;

	if (op->lacking == NULL || driver == NULL || *driver == '\0' ||
	    !has_word(op->lacking, driver))
		return true;
	g_set_error(error, REQUEST_ERROR, REQUEST_IMPOSSIBLE,
	    "%s cannot be %s: the %s driver of node %s cannot do that", vm->name, op->verb,
	    driver, node->name);
	return false;
}

/* How a VM's state is called in a sentence: "web1 is ...". */
static const char *const state_words[] = {
	[VM_RUNNING] = "running",
	[VM_PAUSED] = "paused",
	[VM_SHUTTING_DOWN] = "shutting down",
	[VM_SHUT_OFF] = "shut off",
	[VM_CRASHED] = "crashed",
	[VM_SUSPENDED] = "suspended",
	[VM_UNKNOWN] = "in a state that its node does not tell",
};

static bool
check_state(const struct vm *vm, const struct op *op, GError **error)
{
	int32_t state = CLAMP(vm->state, VM_RUNNING, VM_UNKNOWN);

	if (op->states & OP_STATE(state))
		return true;
	bool already = (op->leaves == LEAVES_ACTIVE && state == VM_RUNNING) ||
	    (op->leaves == LEAVES_INACTIVE && state == VM_SHUT_OFF);
	if (already)
		g_set_error(error, REQUEST_ERROR, REQUEST_IMPOSSIBLE, "%s is already %s",
		    vm->name, state_words[state]);
	else
		g_set_error(error, REQUEST_ERROR, REQUEST_IMPOSSIBLE,
		    "%s is %s and cannot be %s", vm->name, state_words[state], op->verb);
	return false;
}

/* Two running copies of one VM destroy its disks: all rows count, also the hidden ones. */
static bool
check_elsewhere(const struct cluster *cluster, const struct vm *vm, int64_t now,
    GError **error)
{
	const struct vm *other;

	for (size_t at = 0; (other = cluster_half(cluster, vm->h.index, &at)) != NULL;) {
		if (other->node == vm->node ||
		    (!vm_is_active(other) && other->state != VM_UNKNOWN))
			continue;
		const struct node *node = cluster_node(cluster, other->node);
		bool silent = node == NULL || node_is_stale(node, now);
		g_set_error(error, REQUEST_ERROR,
		    silent ? REQUEST_UNREACHABLE : REQUEST_IMPOSSIBLE,
		    silent ? "%s may still run on node %s, which does not answer"
			   : "%s already runs on node %s",
		    vm->name, other->node_name);
		return false;
	}
	return true;
}

/* A node out of service takes no VMs, not even those that are defined there. */
static bool
check_service(const struct cluster *cluster, const struct vm *vm, GError **error)
{
	const struct node *node = cluster_node(cluster, vm->node);

	if (node == NULL || node->state != NODE_MAINTENANCE)
		return true;
	g_set_error(error, REQUEST_ERROR, REQUEST_IMPOSSIBLE,
	    "node %s is in maintenance and takes no VMs: migrate %s, or say "
	    "'online %s'", node->name, vm->name, node->name);
	return false;
}

/* Where it is now, nobody has told yet. */
static bool
check_left(const struct vm *vm, GError **error)
{
	if (!vm_has_left(vm))
		return true;
	g_set_error(error, REQUEST_ERROR, REQUEST_BUSY,
	    "%s has just migrated away from node %s, and the node where it is has not told of "
	    "it yet", vm->name, vm->node_name);
	return false;
}

/* What no host has, libvirt can do nothing with; what Pacemaker does needs no host before. */
static bool
check_somewhere(const struct vm *vm, const struct op *op, GError **error)
{
	if (!vm->nowhere || op->owned == OWNED_MANAGED || op->also == OBJECT_APP)
		return true;
	g_set_error(error, REQUEST_ERROR, REQUEST_IMPOSSIBLE, "%s cannot be %s: it is an "
	    "application of the cluster that is stopped, and no host has it until it is started",
	    vm->name, op->verb);
	return false;
}

static bool
check_vm(const struct cluster *cluster, const struct op *op, const struct request *request,
    int64_t now, struct subject *out, GError **error)
{
	const struct vm *vm = find_vm(cluster, request, error);

	if (vm == NULL || !check_left(vm, error) || !check_somewhere(vm, op, error) ||
	    (!vm->nowhere && !check_node(cluster, vm, op, now, error)) ||
	    !check_driver(cluster, vm, op, error) || !check_state(vm, op, error))
		return false;
	bool owned = cluster_vm_app(cluster, vm->h.index) != NULL; /* may start anywhere */
	if (op->startable && !owned && !check_service(cluster, vm, error))
		return false;
	if (op->startable && !check_elsewhere(cluster, vm, now, error))
		return false;
	*out = (struct subject){ vm->name, vm->uuid, vm->node, vm->node_name,
		vm->autostart == 1 };
	return true;
}

/* A node's own operation must see to it what a silent node means. */
static bool
check_node_object(const struct cluster *cluster, const struct op *op,
    const struct request *request, int64_t now, struct subject *out, GError **error)
{
	const struct node *node = cluster_node(cluster, request->object);

	if (node == NULL) {
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT,
		    "there is no node %s%u", request->name, request->object);
		return false;
	}
	if (!op->foreign && !node_is_host(node)) {
		g_set_error(error, REQUEST_ERROR, REQUEST_IMPOSSIBLE,
		    "node %s is no host of VMs: it is none of the configuration's", node->name);
		return false;
	}
	*out = (struct subject){ node->name, node->uuid == NULL ? "" : node->uuid,
		node->h.index, node->name };
	return true;
}

static bool
check_pool(const struct cluster *cluster, const struct op *op, const struct request *request,
    int64_t now, struct subject *out, GError **error)
{
	const struct pool *pool = rows_find(&cluster->rows[ROWS_POOL], request->object, 0);
	const struct pool_node *seat;

	if (pool == NULL) {
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT, "there is no pool %s%u",
		    request->name, request->object);
		return false;
	}
	seat = storage_seat(cluster, request->object, 0, false, now);
	if (seat == NULL)
		seat = storage_seat(cluster, request->object, 0, true, now);
	if (seat == NULL) {
		g_set_error(error, REQUEST_ERROR, REQUEST_UNREACHABLE,
		    "no node that has pool %s answers", pool->name);
		return false;
	}
	*out = (struct subject){ pool->name, "", seat->h.sub, seat->node_name };
	return true;
}

static bool
check_volume(const struct cluster *cluster, const struct op *op, const struct request *request,
    int64_t now, struct subject *out, GError **error)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);

	if (volume == NULL) {
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT, "there is no volume %s%u",
		    request->name, request->object);
		return false;
	}
	uint32_t index = storage_volume_node(cluster, request, now, error);
	const struct node *node = cluster_node(cluster, index);
	if (node == NULL)
		return false;
	*out = (struct subject){ volume->name, "", index, node->name };
	return true;
}

static bool
check_cluster(const struct cluster *cluster, const struct op *op,
    const struct request *request, int64_t now, struct subject *out, GError **error)
{
	*out = (struct subject){ request->name, "", 0, "" };
	return true;
}

/* Its node is where the new VM goes: the agent's choice when nobody has said. */
static bool
check_template(const struct cluster *cluster, const struct op *op,
    const struct request *request, int64_t now, struct subject *out, GError **error)
{
	uint32_t index = create_choose(cluster, request, now, error);
	const struct node *node = cluster_node(cluster, index);
	const struct template_info *template =
	    rows_find(&cluster->rows[ROWS_TEMPLATE], request->object, 0);

	if (index == 0)
		return false;
	*out = (struct subject){ template->name, "", index, node->name };
	return true;
}

static bool
check_backup(const struct cluster *cluster, const struct op *op, const struct request *request,
    int64_t now, struct subject *out, GError **error)
{
	const struct backup *backup = backup_of(cluster, request);

	if (backup == NULL) {
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT, "there is no backup %s%u",
		    request->name, request->object);
		return false;
	}
	*out = (struct subject){ backup->name, backup->uuid, 0, "" };
	if (backup->state == BACKUP_FAILED) /* nothing of it is anywhere */
		return true;
	const struct node *node =
	    cluster_node(cluster, request->type == JOB_RESTORE
		? restore_node(cluster, request, now, error)
		: backup_node(cluster, request, now, error));
	if (node == NULL)
		return false;
	out->node = node->h.index;
	out->node_name = node->name;
	return true;
}

/* Where it is when it is in one place. */
static bool
check_app(const struct cluster *cluster, const struct op *op, const struct request *request,
    int64_t now, struct subject *out, GError **error)
{
	const struct app *app = rows_find(&cluster->rows[ROWS_APP], request->object, 0);

	if (app == NULL) {
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT,
		    "there is no application %s%u", request->name, request->object);
		return false;
	}
	*out = (struct subject){ app->name, "", app->node, app->node == 0 ? "" : app->node_name };
	return true;
}

static const struct {
	enum object_kind kind;
	bool (*check)(const struct cluster *, const struct op *, const struct request *,
	    int64_t now, struct subject *, GError **);
} kinds[] = {
	{ OBJECT_VM, check_vm },
	{ OBJECT_NODE, check_node_object },
	{ OBJECT_POOL, check_pool },
	{ OBJECT_VOLUME, check_volume },
	{ OBJECT_CLUSTER, check_cluster },
	{ OBJECT_TEMPLATE, check_template },
	{ OBJECT_BACKUP, check_backup },
	{ OBJECT_APP, check_app },
};

static bool
check_owner(const struct cluster *cluster, const struct op *op, const struct request *request,
    int64_t now, struct subject *out, GError **error)
{
	if (!app_owner_check(cluster, op, request, now, &out->managed, error))
		return false;
	op_check *check = out->managed ? op->managed_check : op->check;
	return check == NULL || check(cluster, request, now, error);
}

bool
admission_check(const struct cluster *cluster, const struct op *op,
    const struct request *request, int64_t now, struct subject *out, GError **error)
{
	int32_t kind = op_takes(op, request->kind) ? request->kind : (int32_t)op->kind;

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if ((int32_t)kinds[i].kind == kind)
			return kinds[i].check(cluster, op, request, now, out, error) &&
			    check_owner(cluster, op, request, now, out, error);
	g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE, "%s is not possible on a %s",
	    enum_to_name(job_type_names, op->type),
	    enum_to_name(object_kind_names, request->kind));
	return false;
}

enum job_cause
admission_cause(enum request_error refusal)
{
	static const enum job_cause causes[] = {
		[REQUEST_BAD_VALUE] = CAUSE_IMPOSSIBLE,
		[REQUEST_NO_OBJECT] = CAUSE_GONE,
		[REQUEST_IMPOSSIBLE] = CAUSE_IMPOSSIBLE,
		[REQUEST_BUSY] = CAUSE_IMPOSSIBLE,
		[REQUEST_UNREACHABLE] = CAUSE_UNREACHABLE,
	};

	return (size_t)refusal < G_N_ELEMENTS(causes) ? causes[refusal] : CAUSE_IMPOSSIBLE;
}
