/*
 * The cluster value: everything the product knows at one moment, immutable.
 *
 * Consumers take a reference (store_get), read without locks, and let it go.  Parts are
 * what producers hand in; compose() makes the next cluster value out of them.
 */
#ifndef VCL_MODEL_CLUSTER_H
#define VCL_MODEL_CLUSTER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/scoped.h"
#include "common/sync.h"
#include "model/rows.h"
#include "model/table.h"

struct part;
struct block;
struct rules;
struct links;
struct name_index;

/* Rows sorted by (index, sub), ready for GETNEXT. */
struct rows {
	const void **row;
	size_t n;
	int64_t changed_us; /* when a row was last added or removed */
};

struct cluster {
	refcount refs;
	uint64_t generation; /* one more than the cluster value before */
	int64_t composed_us;
	struct rows rows[ROWS_COUNT];
	struct rows all[ROWS_COUNT]; /* of parts: with those that lost against a duplicate */
	struct rows jobs_by_object;  /* struct job, by (object, time) */
	struct rows backups_by_vm;   /* struct backup, by (VM, instant) */
	struct rows apps_by_vm;      /* struct app of those that are VMs, by (VM, index) */
	struct rows alarms_by_object; /* struct alarm, by (object, worst first) */
	GArray *leaving; /* uint32_t: a node, once for each VM that its target tells to be coming */
	struct links *links;         /* disks and volumes by path */
	struct name_index *vm_names, *volume_names;
	struct rules *rules;         /* what the configuration says about placement */
	GPtrArray *blocks; /* struct block by source, NULL where none: keep rows alive */
	struct block *own; /* rows that this value made itself */
	struct block *uuids; /* ROWS_VM_BY_UUID, shared while no VM comes or goes */
};

struct cluster *cluster_ref(struct cluster *);
void cluster_unref(struct cluster *);
SCOPED_DEFINE(cluster, cluster_unref)

/* A cluster value without rows, but with the one row of each group of scalars. */
struct cluster *cluster_new_empty(void);

/* The row with that index (and sub, 0 if none), or NULL.  Binary search. */
const void *rows_find(const struct rows *, uint32_t index, uint32_t sub);

/* Those of that index, whatever their sub: *at is 0 for the first; NULL: no more.  O(log n). */
const void *rows_of(const struct rows *, uint32_t index, size_t *at);

const struct node *cluster_node(const struct cluster *, uint32_t index);
const struct vm *cluster_vm(const struct cluster *, uint32_t index);
const struct job *cluster_job(const struct cluster *, uint32_t index);
const struct cluster_info *cluster_info(const struct cluster *);

/* The newest job on that object, or NULL. */
const struct job *cluster_last_job(const struct cluster *, enum object_kind, uint32_t object);

/*
 * The newest backup of that VM, or NULL.  With `complete` failed attempts do not count, and
 * the walk back stops at the first that is whole.
 */
const struct backup *cluster_last_backup(const struct cluster *, uint32_t vm, bool complete);

/* The backups of that VM, oldest first: *at is 0 for the first; NULL: no more.  O(log n). */
const struct backup *cluster_backup_of(const struct cluster *, uint32_t vm, size_t *at);

/* What the history of a node or VM tells of late, or NULL. */
const struct trend *cluster_trend(const struct cluster *, enum object_kind, uint32_t object);

/* VMs that are on their way from that node. */
uint32_t cluster_going(const struct cluster *, const struct node *);

/* The VM of that UUID, or NULL. */
const struct vm *cluster_vm_of_uuid(const struct cluster *, const char *uuid);

/* URL of the graphs of a VM, or NULL. */
const char *cluster_vm_graphs(const struct cluster *, const struct vm *);

/* The worst alarm on that object, or NULL. */
const struct alarm *cluster_worst_alarm(const struct cluster *, enum object_kind,
    uint32_t object);

/* The alarm that an event has raised, as it is now; NULL when it is over. */
const struct alarm *cluster_event_alarm(const struct cluster *, const struct event *);

/* The volume that a disk is on; the disk that uses a volume; NULL where none is known. */
const struct volume *cluster_disk_volume(const struct cluster *, const struct disk *);
const struct disk *cluster_volume_disk(const struct cluster *, const struct volume *);

/* The volume of that pool and name, or NULL.  O(log n). */
const struct volume *cluster_volume_called(const struct cluster *, uint32_t pool,
    const char *name);

/* Those of that pool, by name: *at is 0 for the first; NULL: no more.  O(log n). */
const struct volume *cluster_volume_of(const struct cluster *, uint32_t pool, size_t *at);

/* A node that serves the volume to others; NULL: none is known. */
const struct export_info *cluster_volume_export(const struct cluster *, const struct volume *);

/* An image of a pool that has that volume below it; NULL: none that is known. */
const struct volume *cluster_volume_overlay(const struct cluster *, const struct volume *);
/* A disk of a running VM that has it below its own image; NULL: none that is known. */
const struct disk *cluster_volume_reader(const struct cluster *, const struct volume *);

/* Neither a disk nor another image of a pool uses it. */
bool cluster_volume_is_orphan(const struct cluster *, const struct volume *);

/* How many images lie below it. */
uint32_t cluster_volume_depth(const struct cluster *, const struct volume *);

/* The node or VM that a person means; see find_row() in model/find.h. */
const struct vm *cluster_vm_by_name(const struct cluster *, const char *, GError **);
const struct node *cluster_node_by_name(const struct cluster *, const char *, GError **);

/* The application that the VM is, which alone may act on it; NULL: it is none. */
const struct app *cluster_vm_app(const struct cluster *, uint32_t vm);

/* The one with that ID; what the cluster manager says of the node that we call so.  Or NULL. */
const struct app *cluster_app_called(const struct cluster *, const char *id);
const struct cluster_member *cluster_member_called(const struct cluster *, const char *node);

/* Older than it should be at monotonic time `now`: the poll failed or did not return. */
bool vm_is_stale(const struct vm *, int64_t now);
bool node_is_stale(const struct node *, int64_t now);
bool pool_is_stale(const struct pool *, int64_t now);
bool app_is_stale(const struct app *, int64_t now);

/* Is it a host of ours, on which VMs can be; not what the cluster manager alone knows. */
bool node_is_host(const struct node *);

/* It answers, whether it is to take VMs or not: online, standby, in maintenance. */
bool node_is_up(const struct node *);

/* Is it a VM, whether it is a virtual node as well or not. */
bool app_is_vm(const struct app *);

/* Can it execute now: running, paused, shutting down, suspended. */
bool vm_is_active(const struct vm *);

/* A row that only remembers a VM which has migrated away from its node: it is not there. */
bool vm_has_left(const struct vm *);

/*
 * What each node tells of a VM, also what lost against another's; nodes that it has left do
 * not count.  *at is 0 for the first one; NULL: no more.  O(log n) for the first.
 */
const struct vm *cluster_half(const struct cluster *, uint32_t index, size_t *at);

/* Likewise of all VMs that go by that name, which more than one may. */
const struct vm *cluster_vm_called(const struct cluster *, const char *name, size_t *at);

#endif
