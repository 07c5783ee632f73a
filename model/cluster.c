/* The cluster value: references and look-ups. */
#include "model/cluster.h"

#include "model/block.h"
#include "model/links.h"
#include "model/request.h"
#include "model/rules.h"

struct cluster *
cluster_ref(struct cluster *cluster)
{
	ref_take(&cluster->refs);
	return cluster;
}

void
cluster_unref(struct cluster *cluster)
{
	if (cluster == NULL || !ref_drop(&cluster->refs))
		return;
	for (size_t i = 0; i < ROWS_COUNT; i++) {
		if (cluster->all[i].row != cluster->rows[i].row)
			g_free(cluster->all[i].row);
		g_free(cluster->rows[i].row);
	}
	g_free(cluster->jobs_by_object.row);
	g_free(cluster->alarms_by_object.row);
	links_unref(cluster->links);
	rules_unref(cluster->rules);
	block_unref(cluster->uuids);
	g_ptr_array_unref(cluster->blocks);
	block_unref(cluster->own);
	g_free(cluster);
}

static int
compare_key(const struct row_head *row, uint32_t index, uint32_t sub)
{
	if (row->index != index)
		return row->index < index ? -1 : 1;
	if (row->sub != sub)
		return row->sub < sub ? -1 : 1;
	return 0;
}

const void *
rows_find(const struct rows *rows, uint32_t index, uint32_t sub)
{
	size_t low = 0, high = rows->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_key(rows->row[middle], index, sub);
		if (order == 0)
			return rows->row[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct node *
cluster_node(const struct cluster *cluster, uint32_t index)
{
	return rows_find(&cluster->rows[ROWS_NODE], index, 0);
}

const struct vm *
cluster_vm(const struct cluster *cluster, uint32_t index)
{
	return rows_find(&cluster->rows[ROWS_VM], index, 0);
}

const struct job *
cluster_job(const struct cluster *cluster, uint32_t index)
{
	return rows_find(&cluster->rows[ROWS_JOB], index, 0);
}

const struct cluster_info *
cluster_info(const struct cluster *cluster)
{
	return cluster->rows[ROWS_CLUSTER].row[0];
}

const struct job *
cluster_last_job(const struct cluster *cluster, enum object_kind kind, uint32_t object)
{
	const struct rows *jobs = &cluster->jobs_by_object;
	size_t low = 0, high = jobs->n;

	/* the first job after all of this object */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct job *job = jobs->row[middle];
		if (job->object < object ||
		    (job->object == object && job->kind <= (int32_t)kind))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	const struct job *job = jobs->row[low - 1];
	return job->object == object && job->kind == (int32_t)kind ? job : NULL;
}

/* The place of the first alarm of that object or behind it. */
static size_t
first_alarm(const struct rows *alarms, int32_t kind, uint32_t object)
{
	size_t low = 0, high = alarms->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct alarm *alarm = alarms->row[middle];
		if (alarm->object < object ||
		    (alarm->object == object && alarm->kind < kind))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct alarm *
alarm_at(const struct rows *alarms, size_t place, int32_t kind, uint32_t object)
{
	const struct alarm *alarm = place < alarms->n ? alarms->row[place] : NULL;

	return alarm != NULL && alarm->object == object && alarm->kind == kind ? alarm : NULL;
}

const struct alarm *
cluster_worst_alarm(const struct cluster *cluster, enum object_kind kind, uint32_t object)
{
	const struct rows *alarms = &cluster->alarms_by_object;

	return alarm_at(alarms, first_alarm(alarms, (int32_t)kind, object), (int32_t)kind,
	    object);
}

const struct alarm *
cluster_event_alarm(const struct cluster *cluster, const struct event *event)
{
	const struct rows *alarms = &cluster->alarms_by_object;
	size_t place = first_alarm(alarms, event->kind, event->object);
	const struct alarm *alarm;

	while ((alarm = alarm_at(alarms, place++, event->kind, event->object)) != NULL)
		if (alarm->severity == event->severity &&
		    g_strcmp0(alarm->reason, event->reason) == 0)
			return alarm;
	return NULL;
}

/* What a person may call an object by: a name wins over a UUID or an index. */
struct wanted {
	const char *text;
	uint64_t index; /* 0: it is no number */
};

static struct wanted
wanted_new(const char *text)
{
	struct wanted wanted = { .text = text };

	if (!g_ascii_string_to_unsigned(text, 10, 1, INT32_MAX, &wanted.index, NULL))
		wanted.index = 0;
	return wanted;
}

static bool
wanted_by_id(const struct wanted *wanted, const struct row_head *head, const char *uuid)
{
	return head->index == wanted->index ||
	    (uuid != NULL && g_ascii_strcasecmp(wanted->text, uuid) == 0);
}

const struct vm *
cluster_vm_by_name(const struct cluster *cluster, const char *name, GError **error)
{
	const struct rows *vms = &cluster->rows[ROWS_VM];
	const struct vm *by_name = NULL, *by_id = NULL;
	struct wanted wanted = wanted_new(name);

	for (size_t i = 0; i < vms->n; i++) {
		const struct vm *vm = vms->row[i];
		if (wanted_by_id(&wanted, &vm->h, vm->uuid))
			by_id = vm;
		if (g_strcmp0(vm->name, name) != 0)
			continue;
		if (by_name != NULL) {
			g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT,
			    "two VMs are called \"%s\": say %s (on %s) or %s (on %s)", name,
			    by_name->uuid, by_name->node_name, vm->uuid, vm->node_name);
			return NULL;
		}
		by_name = vm;
	}
	if (by_name == NULL && by_id == NULL)
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT,
		    "no VM is called \"%s\"", name);
	return by_name != NULL ? by_name : by_id;
}

const struct node *
cluster_node_by_name(const struct cluster *cluster, const char *name, GError **error)
{
	const struct rows *nodes = &cluster->rows[ROWS_NODE];
	const struct node *by_id = NULL;
	struct wanted wanted = wanted_new(name);

	for (size_t i = 0; i < nodes->n; i++) {
		const struct node *node = nodes->row[i];
		if (g_strcmp0(node->name, name) == 0)
			return node;
		if (wanted_by_id(&wanted, &node->h, node->uuid))
			by_id = node;
	}
	if (by_id == NULL)
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT,
		    "no node is called \"%s\"", name);
	return by_id;
}

bool
vm_is_stale(const struct vm *vm, int64_t now)
{
	return now - vm->sampled_us > (int64_t)vm->stale_after * G_USEC_PER_SEC;
}

bool
node_is_stale(const struct node *node, int64_t now)
{
	/* three polls missed, and never less than a slow poll may take */
	int64_t limit = MAX(3 * (int64_t)node->interval, (int64_t)node->interval + 5);

	return node->state == NODE_UNREACHABLE || node->state == NODE_CONNECTING ||
	    now - node->sampled_us > limit * G_USEC_PER_SEC;
}

bool
node_is_up(const struct node *node)
{
	return node->state == NODE_ONLINE || node->state == NODE_STANDBY ||
	    node->state == NODE_MAINTENANCE;
}

bool
pool_is_stale(const struct pool *pool, int64_t now)
{
	return now - pool->sampled_us > (int64_t)pool->stale_after * G_USEC_PER_SEC;
}

bool
vm_is_active(const struct vm *vm)
{
	return vm->state == VM_RUNNING || vm->state == VM_PAUSED ||
	    vm->state == VM_SHUTTING_DOWN || vm->state == VM_SUSPENDED;
}
