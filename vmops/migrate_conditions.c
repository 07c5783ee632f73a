/* What can keep a VM from leaving its node, or from entering another. */
#include <string.h>

#include "model/value.h"
#include "vmops/migrate.h"

struct asked {
	const struct cluster *cluster;
	const struct request *request;
	const struct vm *vm;
	const struct node *from, *to;
	int64_t now;
};

/* --- the VM itself */

static bool
check_state(const struct asked *a, GError **error)
{
	const struct vm *vm = a->vm;
	bool offline = a->request->flags & REQUEST_OFFLINE;

	if (offline && vm->state != VM_SHUT_OFF)
		return request_refuse(error, REQUEST_IMPOSSIBLE,
		    "%s is not shut off: without \"offline\" it moves while it runs", vm->name);
	if (!offline && vm->state == VM_SHUT_OFF)
		return request_refuse(error, REQUEST_IMPOSSIBLE,
		    "%s is shut off: only its definition can move, with \"offline\"", vm->name);
	if (offline && (a->request->flags & REQUEST_COPY_STORAGE))
		return request_refuse(error, REQUEST_IMPOSSIBLE,
		    "%s is shut off: its disks are copied only while it runs", vm->name);
	if (offline && vm->managed_save == 1)
		return request_refuse(error, REQUEST_IMPOSSIBLE,
		    "%s has a saved state, which stays on %s: start it, or remove that first",
		    vm->name, vm->node_name);
	return true;
}

static bool
check_snapshots(const struct asked *a, GError **error)
{
	uint32_t n = a->vm->snapshots;

	if (n == 0 || n == ABSENT_U32)
		return true;
	return request_refuse(error, REQUEST_IMPOSSIBLE,
	    "%s has %u snapshot%s, which cannot move: delete %s first", a->vm->name, n,
	    n == 1 ? "" : "s", n == 1 ? "it" : "them");
}

static bool
check_block_jobs(const struct asked *a, GError **error)
{
	const struct rows *disks = &a->cluster->rows[ROWS_DISK];
	const struct disk *disk;

	for (size_t at = 0; (disk = rows_of(disks, a->vm->h.index, &at)) != NULL;) {
		if (disk->block_job == ABSENT_I32 || disk->block_job <= BLOCK_JOB_NONE)
			continue;
		return request_refuse(error, REQUEST_IMPOSSIBLE,
		    "disk %s of %s is being worked on (%s): wait until that is over",
		    disk->target, a->vm->name,
		    enum_to_name(block_job_names, disk->block_job));
	}
	return true;
}

/* --- the node where it shall go */

static bool
check_target(const struct asked *a, GError **error)
{
	static const char *const states[] = {
		[NODE_STANDBY] = "on standby", [NODE_MAINTENANCE] = "in maintenance",
		[NODE_OFFLINE] = "offline", [NODE_UNREACHABLE] = "unreachable",
		[NODE_UNCLEAN] = "unclean", [NODE_CONNECTING] = "not reached yet",
	};

	if (a->to == NULL)
		return request_refuse(error, REQUEST_NO_OBJECT, "there is no node %u for %s to go to",
		    a->request->target, a->vm->name);
	if (!node_is_host(a->to))
		return request_refuse(error, REQUEST_IMPOSSIBLE, "%s cannot go to %s: that node is "
		    "no host of VMs", a->vm->name, a->to->name);
	if (a->to->h.index == a->vm->node)
		return request_refuse(error, REQUEST_IMPOSSIBLE, "%s is on %s already", a->vm->name,
		    a->to->name);
	if (a->to->state != NODE_ONLINE &&
	    (size_t)a->to->state < G_N_ELEMENTS(states) && states[a->to->state] != NULL)
		return request_refuse(error,
		    a->to->state == NODE_STANDBY || a->to->state == NODE_MAINTENANCE
			? REQUEST_IMPOSSIBLE : REQUEST_UNREACHABLE,
		    "%s cannot go to %s: that node is %s", a->vm->name, a->to->name,
		    states[a->to->state]);
	if (node_is_stale(a->to, a->now))
		return request_refuse(error, REQUEST_UNREACHABLE,
		    "%s cannot go to %s: that node has not answered for %" G_GINT64_FORMAT
		    " s", a->vm->name, a->to->name,
		    (a->now - a->to->sampled_us) / G_USEC_PER_SEC);
	return true;
}

static bool
check_hosts(const struct asked *a, GError **error)
{
	const struct node *from = a->from, *to = a->to;

	if (from == NULL)
		return true;
	if (from->hypervisor != NULL && to->hypervisor != NULL &&
	    strcmp(from->hypervisor, to->hypervisor) != 0)
		return request_refuse(error, REQUEST_IMPOSSIBLE,
		    "%s cannot go to %s: it runs on %s, and that node has %s", a->vm->name,
		    to->name, from->hypervisor, to->hypervisor);
	if (from->uuid != NULL && to->uuid != NULL && from->uuid[0] != '\0' &&
	    strcmp(from->uuid, to->uuid) == 0)
		return request_refuse(error, REQUEST_IMPOSSIBLE,
		    "%s cannot go to %s: libvirt takes it for the same host as %s, for both "
		    "have the UUID %s (host_uuid in libvirtd.conf)",
		    a->vm->name, to->name, from->name, to->uuid);
	return true;
}

/* All rows count, also those that another node's hides. */
static bool
check_names(const struct asked *a, GError **error)
{
	const struct vm *other;

	for (size_t at = 0; (other = cluster_half(a->cluster, a->vm->h.index, &at)) != NULL;)
		if (other->node == a->to->h.index)
			return request_refuse(error, REQUEST_IMPOSSIBLE,
			    "%s cannot go to %s: it is already defined there (%s)%s",
			    a->vm->name, a->to->name,
			    enum_to_name(vm_state_names, other->state),
			    vm_is_active(other) ? "" : "; undefine it there first");
	for (size_t at = 0;
	     (other = cluster_vm_called(a->cluster, a->vm->name, &at)) != NULL;)
		if (other->node == a->to->h.index)
			return request_refuse(error, REQUEST_IMPOSSIBLE,
			    "%s cannot go to %s: another VM has that name there (UUID %s)",
			    a->vm->name, a->to->name, other->uuid);
	return true;
}

/* What it may grow to must fit, with what the host's caches give back. */
static bool
check_memory(const struct asked *a, GError **error)
{
	const struct node *to = a->to;
	uint32_t wanted = a->vm->mem_max != ABSENT_U32 ? a->vm->mem_max : a->vm->mem_actual;

	if (!vm_is_active(a->vm) || wanted == ABSENT_U32 || to->mem_free == ABSENT_U32)
		return true;
	uint64_t left = (uint64_t)to->mem_free +
	    (to->mem_cached == ABSENT_U32 ? 0 : to->mem_cached);
	return wanted <= left ||
	    request_refuse(error, REQUEST_IMPOSSIBLE,
		"%s cannot go to %s: it needs %u MiB of memory, and that node has %u MiB left",
		a->vm->name, to->name, wanted, (unsigned)left);
}

typedef bool check(const struct asked *, GError **error);

static bool
check_all(check *const *checks, const struct asked *a, GError **error)
{
	for (size_t i = 0; checks[i] != NULL; i++)
		if (!checks[i](a, error))
			return false;
	return true;
}

bool
migrate_may_leave(const struct cluster *cluster, const struct request *request,
    const struct vm *vm, GError **error)
{
	static check *const checks[] = {
		check_state, check_snapshots, check_block_jobs, NULL,
	};
	struct asked a = { cluster, request, vm };

	return check_all(checks, &a, error);
}

bool
migrate_may_enter(const struct cluster *cluster, const struct request *request,
    const struct vm *vm, int64_t now, GError **error)
{
	static check *const checks[] = {
		check_target, check_hosts, check_names, check_memory, NULL,
	};
	struct asked a = {
		cluster, request, vm, .from = cluster_node(cluster, vm->node),
		.to = cluster_node(cluster, request->target), .now = now,
	};

	return check_all(checks, &a, error);
}
