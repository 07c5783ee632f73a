/* The orders in which rows are found by something else than their index. */
#include "model/compose_orders.h"

#include <stdlib.h>
#include <string.h>

#include "model/block.h"

/* --- the order in which jobs are found by their object */

static int
compare_jobs(const void *a, const void *b)
{
	const struct job *x = *(const struct job *const *)a;
	const struct job *y = *(const struct job *const *)b;

	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->submitted_at != y->submitted_at) /* whoever asked may have chosen the index */
		return x->submitted_at < y->submitted_at ? -1 : 1;
	return (x->h.index > y->h.index) - (x->h.index < y->h.index);
}

void
compose_job_order(struct cluster *next)
{
	const struct rows *jobs = &next->rows[ROWS_JOB];

	g_free(next->jobs_by_object.row);
	next->jobs_by_object.n = 0;
	next->jobs_by_object.row = g_new(const void *, jobs->n);
	for (size_t i = 0; i < jobs->n; i++)
		if (((const struct job *)jobs->row[i])->state != JOB_PREPARING)
			next->jobs_by_object.row[next->jobs_by_object.n++] = jobs->row[i];
	if (next->jobs_by_object.n > 1)
		qsort(next->jobs_by_object.row, next->jobs_by_object.n, sizeof(void *),
		    compare_jobs);
}

/* --- the order in which backups are found by their VM */

static int
compare_backups(const void *a, const void *b)
{
	const struct backup *x = *(const struct backup *const *)a;
	const struct backup *y = *(const struct backup *const *)b;

	if (x->vm != y->vm)
		return x->vm < y->vm ? -1 : 1;
	if (x->taken_at != y->taken_at)
		return x->taken_at < y->taken_at ? -1 : 1;
	return (x->h.index > y->h.index) - (x->h.index < y->h.index);
}

void
compose_backup_order(struct cluster *next)
{
	const struct rows *backups = &next->rows[ROWS_BACKUP];

	next->backups_by_vm.n = backups->n;
	next->backups_by_vm.row = g_new(const void *, backups->n);
	for (size_t i = 0; i < backups->n; i++)
		next->backups_by_vm.row[i] = backups->row[i];
	if (backups->n > 1)
		qsort(next->backups_by_vm.row, backups->n, sizeof(void *), compare_backups);
}

/* --- the order in which alarms are found by their object: the worst first */

static int
compare_alarms(const void *a, const void *b)
{
	const struct alarm *x = *(const struct alarm *const *)a;
	const struct alarm *y = *(const struct alarm *const *)b;

	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	return (x->h.index > y->h.index) - (x->h.index < y->h.index);
}

void
compose_alarm_order(struct cluster *next)
{
	const struct rows *alarms = &next->rows[ROWS_ALARM];

	g_free(next->alarms_by_object.row);
	next->alarms_by_object.n = alarms->n;
	next->alarms_by_object.row = g_new(const void *, alarms->n);
	for (size_t i = 0; i < alarms->n; i++)
		next->alarms_by_object.row[i] = alarms->row[i];
	if (alarms->n > 1)
		qsort(next->alarms_by_object.row, alarms->n, sizeof(void *), compare_alarms);
}

/* --- finding VMs by UUID */

static int
compare_uuids(const void *a, const void *b)
{
	const struct vm_uuid *x = a, *y = b;

	return strcmp(x->uuid, y->uuid);
}

static struct block *
make_uuids(const struct cluster *next)
{
	const struct rows *vms = &next->rows[ROWS_VM];
	SCOPED(part) part = part_new("uuids", NULL);
	struct block *block = block_new(part, 0);

	const char *url = cluster_info(next)->web_url;
	const char *slash = url != NULL && g_str_has_suffix(url, "/") ? "" : "/";
	block->set[ROWS_VM_BY_UUID].n = vms->n;
	block->set[ROWS_VM_BY_UUID].bytes = g_malloc_n(vms->n, sizeof(struct vm_uuid));
	for (size_t i = 0; i < vms->n; i++) {
		const struct vm *vm = vms->row[i];
		struct vm_uuid *row = block_row(block, ROWS_VM_BY_UUID, i);
		row->h = (struct row_head){ .index = vm->h.index };
		row->uuid = part_text(part, vm->uuid);
		row->graphs = NULL;
		if (url == NULL || *url == '\0')
			continue;
		g_autofree char *graphs = g_strconcat(url, slash, "vm/", vm->uuid, NULL);
		row->graphs = part_text(part, graphs);
	}
	if (vms->n > 1)
		qsort(block->set[ROWS_VM_BY_UUID].bytes, vms->n, sizeof(struct vm_uuid),
		    compare_uuids);
	return block;
}

void
compose_uuids(struct cluster *next, const struct cluster *previous)
{
	struct rows *rows = &next->rows[ROWS_VM_BY_UUID];

	if (previous != NULL && previous->uuids != NULL &&
	    next->rows[ROWS_VM].changed_us == previous->rows[ROWS_VM].changed_us &&
	    g_strcmp0(cluster_info(next)->web_url, cluster_info(previous)->web_url) == 0)
		next->uuids = block_ref(previous->uuids);
	else
		next->uuids = make_uuids(next);
	rows->n = next->uuids->set[ROWS_VM_BY_UUID].n;
	rows->row = g_renew(const void *, rows->row, rows->n);
	for (size_t i = 0; i < rows->n; i++)
		rows->row[i] = block_row(next->uuids, ROWS_VM_BY_UUID, i);
	next->all[ROWS_VM_BY_UUID] = *rows;
}
