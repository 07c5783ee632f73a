/* Where a VM had best go, when nobody said: the online node with the most memory left. */
#include "model/value.h"
#include "vmops/migrate.h"

static uint32_t
memory_left(const struct node *node)
{
	if (node->mem_free == ABSENT_U32)
		return 0;
	return node->mem_free + (node->mem_cached == ABSENT_U32 ? 0 : node->mem_cached);
}

/* A request to that node, as if somebody had named it. */
static bool
is_possible(const struct cluster *cluster, const struct vm *vm, const struct node *node,
    int64_t now)
{
	struct request request;
	g_autoptr(GError) refused = NULL;

	request_for_vm(&request, JOB_MIGRATE, vm);
	request.target = node->h.index;
	if (!vm_is_active(vm))
		request.flags |= REQUEST_OFFLINE;
	return migrate_check(cluster, &request, now, &refused);
}

uint32_t
migrate_aim(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct vm *vm = cluster_vm(cluster, request->object);

	return vm == NULL ? 0 : migrate_choose(cluster, vm, now, error);
}

uint32_t
migrate_choose(const struct cluster *cluster, const struct vm *vm, int64_t now,
    GError **error)
{
	const struct rows *nodes = &cluster->rows[ROWS_NODE];
	const struct node *best = NULL;

	for (size_t i = 0; i < nodes->n; i++) {
		const struct node *node = nodes->row[i];
		if (node->h.index == vm->node || !is_possible(cluster, vm, node, now))
			continue;
		if (best == NULL || memory_left(node) > memory_left(best))
			best = node;
	}
	if (best != NULL)
		return best->h.index;
	g_set_error(error, REQUEST_ERROR, REQUEST_IMPOSSIBLE,
	    "no other node can take %s: name one to hear why", vm->name);
	return 0;
}
