/* What the history of an object is kept under. */
#include "model/history.h"

#include <string.h>

static bool
put(char name[HISTORY_NAME], const char *text)
{
	return text != NULL && *text != '\0' &&
	       g_strlcpy(name, text, HISTORY_NAME) < HISTORY_NAME;
}

static bool
name_cluster(const struct cluster *cluster, const void *row, char name[HISTORY_NAME])
{
	return put(name, "cluster");
}

static bool
name_node(const struct cluster *cluster, const void *row, char name[HISTORY_NAME])
{
	return put(name, ((const struct node *)row)->name);
}

static bool
name_vm(const struct cluster *cluster, const void *row, char name[HISTORY_NAME])
{
	return put(name, ((const struct vm *)row)->uuid);
}

/* What belongs to a VM: its UUID, and what the guest knows it by. */
static bool
name_child(const struct cluster *cluster, const struct row_head *head, const char *own,
    char name[HISTORY_NAME])
{
	const struct vm *vm = cluster_vm(cluster, head->index);

	return vm != NULL && vm->uuid != NULL && own != NULL && *own != '\0' &&
	       g_snprintf(name, HISTORY_NAME, "%s.%s", vm->uuid, own) < HISTORY_NAME;
}

static bool
name_disk(const struct cluster *cluster, const void *row, char name[HISTORY_NAME])
{
	const struct disk *disk = row;

	return name_child(cluster, &disk->h, disk->target, name);
}

static bool
name_nic(const struct cluster *cluster, const void *row, char name[HISTORY_NAME])
{
	const struct nic *nic = row;

	if (!name_child(cluster, &nic->h, nic->mac, name))
		return false;
	g_strdelimit(name, ":", '-');
	return true;
}

static bool
name_index(const struct cluster *cluster, const void *row, char name[HISTORY_NAME])
{
	g_snprintf(name, HISTORY_NAME, "%u", ((const struct row_head *)row)->index);
	return true;
}

static const struct {
	bool (*name)(const struct cluster *, const void *row, char name[HISTORY_NAME]);
	size_t title; /* offset of the text */
} sets[ROWS_COUNT] = {
	[ROWS_CLUSTER] = { name_cluster, offsetof(struct cluster_info, name) },
	[ROWS_NODE] = { name_node, offsetof(struct node, name) },
	[ROWS_VM] = { name_vm, offsetof(struct vm, name) },
	[ROWS_DISK] = { name_disk, offsetof(struct disk, name) },
	[ROWS_NIC] = { name_nic, offsetof(struct nic, name) },
	[ROWS_POOL] = { name_index, offsetof(struct pool, name) },
	[ROWS_VOLUME] = { name_index, offsetof(struct volume, name) },
};

bool
history_name(const struct cluster *cluster, enum row_set set, const void *row,
    char name[HISTORY_NAME])
{
	return sets[set].name != NULL && sets[set].name(cluster, row, name);
}

const char *
history_title(enum row_set set, const void *row)
{
	return *(const char *const *)((const char *)row + sets[set].title);
}
