/* The cluster value: references and look-ups. */
#include "model/cluster.h"

#include "common/search.h"
#include "model/block.h"
#include "model/find.h"
#include "model/links.h"
#include "model/name_index.h"
#include "model/rules.h"
#include "model/value.h"

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
	g_free(cluster->backups_by_vm.row);
	g_free(cluster->apps_by_vm.row);
	g_free(cluster->alarms_by_object.row);
	g_array_free(cluster->leaving, TRUE);
	links_unref(cluster->links);
	name_index_unref(cluster->vm_names);
	name_index_unref(cluster->volume_names);
	rules_unref(cluster->rules);
	block_unref(cluster->uuids);
	g_ptr_array_unref(cluster->blocks);
	block_unref(cluster->own);
	g_free(cluster);
}

struct row_key {
	uint32_t index, sub;
};

static bool
row_before(const void *rows, size_t place, const void *wanted)
{
	const struct row_head *row = ((const struct rows *)rows)->row[place];
	const struct row_key *key = wanted;

	return row->index < key->index || (row->index == key->index && row->sub < key->sub);
}

static size_t
first_row(const struct rows *rows, uint32_t index, uint32_t sub)
{
	struct row_key key = { index, sub };

	return search_first(rows, rows->n, row_before, &key);
}

const void *
rows_find(const struct rows *rows, uint32_t index, uint32_t sub)
{
	size_t place = first_row(rows, index, sub);
	const struct row_head *row = place < rows->n ? rows->row[place] : NULL;

	return row != NULL && row->index == index && row->sub == sub ? row : NULL;
}

const void *
rows_of(const struct rows *rows, uint32_t index, size_t *at)
{
	if (*at == 0)
		*at = first_row(rows, index, 0);
	if (*at >= rows->n || ((const struct row_head *)rows->row[*at])->index != index)
		return NULL;
	return rows->row[(*at)++];
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

const struct trend *
cluster_trend(const struct cluster *cluster, enum object_kind kind, uint32_t object)
{
	return rows_find(&cluster->rows[ROWS_TREND], object, (uint32_t)kind);
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

struct object_key {
	uint32_t object;
	int32_t kind;
};

/* Those of the object itself, too: what is looked for is the place behind them. */
static bool
job_up_to(const void *rows, size_t place, const void *wanted)
{
	const struct job *job = ((const struct rows *)rows)->row[place];
	const struct object_key *key = wanted;

	return job->object < key->object ||
	    (job->object == key->object && job->kind <= key->kind);
}

const struct job *
cluster_last_job(const struct cluster *cluster, enum object_kind kind, uint32_t object)
{
	const struct rows *jobs = &cluster->jobs_by_object;
	struct object_key key = { object, (int32_t)kind };
	size_t behind = search_first(jobs, jobs->n, job_up_to, &key);
	const struct job *job = behind == 0 ? NULL : jobs->row[behind - 1];

	return job != NULL && job->object == object && job->kind == key.kind ? job : NULL;
}

struct backup_place {
	uint32_t vm;
	bool behind; /* those of the VM itself, too */
};

static bool
backup_before(const void *rows, size_t place, const void *wanted)
{
	const struct backup *backup = ((const struct rows *)rows)->row[place];
	const struct backup_place *p = wanted;

	return backup->vm < p->vm || (p->behind && backup->vm == p->vm);
}

const struct backup *
cluster_last_backup(const struct cluster *cluster, uint32_t vm, bool complete)
{
	const struct rows *all = &cluster->backups_by_vm;
	struct backup_place wanted = { vm, true };

	for (size_t i = search_first(all, all->n, backup_before, &wanted); i > 0; i--) {
		const struct backup *backup = all->row[i - 1];
		if (backup->vm != vm)
			return NULL;
		if (!complete || backup->state == BACKUP_COMPLETE)
			return backup;
	}
	return NULL;
}

const struct backup *
cluster_backup_of(const struct cluster *cluster, uint32_t vm, size_t *at)
{
	const struct rows *all = &cluster->backups_by_vm;
	struct backup_place wanted = { vm, false };

	if (*at == 0)
		*at = search_first(all, all->n, backup_before, &wanted);
	if (*at >= all->n || ((const struct backup *)all->row[*at])->vm != vm)
		return NULL;
	return all->row[(*at)++];
}

static bool
alarm_before(const void *rows, size_t place, const void *wanted)
{
	const struct alarm *alarm = ((const struct rows *)rows)->row[place];
	const struct object_key *key = wanted;

	return alarm->object < key->object ||
	    (alarm->object == key->object && alarm->kind < key->kind);
}

const struct alarm *
cluster_worst_alarm(const struct cluster *cluster, enum object_kind kind, uint32_t object)
{
	const struct rows *alarms = &cluster->alarms_by_object;
	struct object_key key = { object, (int32_t)kind };
	size_t place = search_first(alarms, alarms->n, alarm_before, &key);
	const struct alarm *alarm = place < alarms->n ? alarms->row[place] : NULL;

	return alarm != NULL && alarm->object == object && alarm->kind == key.kind ? alarm
										   : NULL;
}

static bool
app_before(const void *rows, size_t place, const void *vm)
{
	return ((const struct app *)((const struct rows *)rows)->row[place])->vm <
	    *(const uint32_t *)vm;
}

const struct app *
cluster_vm_app(const struct cluster *cluster, uint32_t vm)
{
	const struct rows *apps = &cluster->apps_by_vm;
	size_t place = search_first(apps, apps->n, app_before, &vm);
	const struct app *app = place < apps->n ? apps->row[place] : NULL;

	return app != NULL && app->vm == vm ? app : NULL;
}

const struct app *
cluster_app_called(const struct cluster *cluster, const char *id)
{
	const struct rows *apps = &cluster->rows[ROWS_APP];

	for (size_t i = 0; i < apps->n; i++)
		if (strcmp(((const struct app *)apps->row[i])->name, id) == 0)
			return apps->row[i];
	return NULL;
}

const struct cluster_member *
cluster_member_called(const struct cluster *cluster, const char *node)
{
	const struct rows *members = &cluster->rows[ROWS_MEMBER];

	for (size_t i = 0; i < members->n; i++)
		if (strcmp(((const struct cluster_member *)members->row[i])->name, node) == 0)
			return members->row[i];
	return NULL;
}

const struct alarm *
cluster_event_alarm(const struct cluster *cluster, const struct event *event)
{
	return event->alarm == 0 ? NULL : rows_find(&cluster->rows[ROWS_ALARM], event->alarm, 0);
}

const struct vm *
cluster_vm_by_name(const struct cluster *cluster, const char *name, GError **error)
{
	return find_row(cluster, ROWS_VM, name, error);
}

const struct node *
cluster_node_by_name(const struct cluster *cluster, const char *name, GError **error)
{
	return find_row(cluster, ROWS_NODE, name, error);
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
	int32_t state = node->told_state != 0 ? node->told_state : node->state;

	return state == NODE_UNREACHABLE || state == NODE_CONNECTING ||
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
app_is_stale(const struct app *app, int64_t now)
{
	return now - app->sampled_us > (int64_t)app->stale_after * G_USEC_PER_SEC;
}

bool
node_is_host(const struct node *node)
{
	return node->foreign == 0;
}

bool
app_is_vm(const struct app *app)
{
	return app->kind == APP_KIND_VM || app->kind == APP_KIND_VIRTUAL_NODE;
}

bool
vm_is_active(const struct vm *vm)
{
	return vm->state == VM_RUNNING || vm->state == VM_PAUSED ||
	    vm->state == VM_SHUTTING_DOWN || vm->state == VM_SUSPENDED;
}

bool
vm_has_left(const struct vm *vm)
{
	return vm->migration == VM_LEFT;
}

const struct vm *
cluster_half(const struct cluster *cluster, uint32_t index, size_t *at)
{
	const struct vm *vm;

	while ((vm = rows_of(&cluster->all[ROWS_VM], index, at)) != NULL)
		if (!vm_has_left(vm))
			return vm;
	return NULL;
}

/* --- VMs on their way */

uint32_t
cluster_going(const struct cluster *cluster, const struct node *node)
{
	uint32_t n = node->migrations_out;

	for (guint i = 0; n != ABSENT_U32 && i < cluster->leaving->len; i++)
		n += g_array_index(cluster->leaving, uint32_t, i) == node->h.index;
	return n;
}

/* --- VMs by their UUIDs */

static int
compare_uuid(const void *uuid, const void *row)
{
	return strcmp(uuid, (*(const struct vm_uuid *const *)row)->uuid);
}

static const struct vm_uuid *
find_uuid(const struct cluster *cluster, const char *uuid)
{
	const struct rows *rows = &cluster->rows[ROWS_VM_BY_UUID];
	const struct vm_uuid *const *found = rows->n == 0 ? NULL
	    : bsearch(uuid, rows->row, rows->n, sizeof(*rows->row), compare_uuid);

	return found == NULL ? NULL : *found;
}

const struct vm *
cluster_vm_of_uuid(const struct cluster *cluster, const char *uuid)
{
	const struct vm_uuid *found = find_uuid(cluster, uuid);

	return found == NULL ? NULL : cluster_vm(cluster, found->h.index);
}

const char *
cluster_vm_graphs(const struct cluster *cluster, const struct vm *vm)
{
	const struct vm_uuid *found = find_uuid(cluster, vm->uuid);

	return found == NULL ? NULL : found->graphs;
}
