/* Finding the row that a person means. */
#include "model/find.h"

#include <string.h>

#include "model/request.h"

/* Candidates that an error lists. */
#define MOST_SAID 5

struct named {
	enum row_set rows;
	const char *noun, *nouns;
	size_t name, uuid; /* offsets of their texts, 0: it has none */

	/* Longer names that it goes by as well; NULL: none. */
	bool (*is_called)(const struct cluster *, const void *row, const char *text);

	/* What tells it from others of its name; to be freed. */
	char *(*exactly)(const struct cluster *, const void *row);
};

/* --- what rows are called */

static const char *
node_name(const struct cluster *cluster, uint32_t index)
{
	const struct node *node = cluster_node(cluster, index);

	return node != NULL ? node->name : "?";
}

static char *
vm_exactly(const struct cluster *cluster, const void *row)
{
	const struct vm *vm = row;

	return g_strdup_printf("%s (on %s)", vm->uuid, vm->node_name);
}

static char *
by_index(const struct cluster *cluster, const void *row)
{
	return g_strdup_printf("%u", ((const struct row_head *)row)->index);
}

/* Of what belongs to a VM. */
static char *
child_exactly(const struct cluster *cluster, const void *row)
{
	const struct row_head *head = row;
	const struct vm *vm = cluster_vm(cluster, head->index);

	return g_strdup_printf("%u.%u (on %s)", head->index, head->sub,
	    vm != NULL ? vm->node_name : "?");
}

static bool
nic_is_called(const struct cluster *cluster, const void *row, const char *text)
{
	const struct nic *nic = row;

	return (nic->mac != NULL && g_ascii_strcasecmp(nic->mac, text) == 0) ||
	    (nic->name != NULL && g_ascii_strcasecmp(nic->name, text) == 0);
}

bool
find_pool_on_node(const struct cluster *cluster, uint32_t pool, uint32_t node)
{
	return rows_find(&cluster->rows[ROWS_POOL_NODE], pool, node) != NULL;
}

/* "NODE/POOL" for any of the nodes that have it. */
static bool
is_pool_on_node(const struct cluster *cluster, uint32_t pool, const char *name,
    const char *text)
{
	const struct rows *nodes = &cluster->rows[ROWS_NODE];

	if (name == NULL || !g_str_has_suffix(text, name))
		return false;
	size_t head = strlen(text) - strlen(name);
	if (head < 2 || text[head - 1] != '/')
		return false;
	for (size_t i = 0; i < nodes->n; i++) {
		const struct node *node = nodes->row[i];
		if (strlen(node->name) == head - 1 &&
		    strncmp(node->name, text, head - 1) == 0)
			return find_pool_on_node(cluster, pool, node->h.index);
	}
	return false;
}

static bool
pool_is_called(const struct cluster *cluster, const void *row, const char *text)
{
	const struct pool *pool = row;

	return is_pool_on_node(cluster, pool->h.index, pool->name, text);
}

static char *
pool_exactly(const struct cluster *cluster, const void *row)
{
	const struct pool *pool = row;
	const struct rows *nodes = &cluster->rows[ROWS_NODE];

	for (size_t i = 0; i < nodes->n; i++) {
		const struct node *node = nodes->row[i];
		if (find_pool_on_node(cluster, pool->h.index, node->h.index))
			return g_strdup_printf("%s/%s", node->name, pool->name);
	}
	return by_index(cluster, row);
}

/* "POOL/VOLUME" or "NODE/POOL/VOLUME" */
static bool
volume_is_called(const struct cluster *cluster, const void *row, const char *text)
{
	const struct volume *volume = row;

	if (volume->name == NULL || !g_str_has_suffix(text, volume->name))
		return false;
	size_t head = strlen(text) - strlen(volume->name);
	if (head < 2 || text[head - 1] != '/')
		return false;
	g_autofree char *pool = g_strndup(text, head - 1);
	return g_strcmp0(pool, volume->pool_name) == 0 ||
	    is_pool_on_node(cluster, volume->pool, volume->pool_name, pool);
}

static char *
volume_exactly(const struct cluster *cluster, const void *row)
{
	const struct volume *volume = row;

	return g_strdup_printf("%s/%s/%s", node_name(cluster, volume->node),
	    volume->pool_name != NULL ? volume->pool_name : "?", volume->name);
}

/* "NAME/CONDITION" */
static bool
alarm_is_called(const struct cluster *cluster, const void *row, const char *text)
{
	const struct alarm *alarm = row;
	g_autofree char *full = g_strdup_printf("%s/%s", alarm->name, alarm->condition);

	return strcmp(full, text) == 0;
}

static char *
alarm_exactly(const struct cluster *cluster, const void *row)
{
	const struct alarm *alarm = row;

	return g_strdup_printf("%u (%s)", alarm->h.index, alarm->condition);
}

#define AT(type, field) offsetof(struct type, field)

static const struct named kinds[] = {
	{ ROWS_NODE, "node", "nodes", AT(node, name), AT(node, uuid), NULL, by_index },
	{ ROWS_VM, "VM", "VMs", AT(vm, name), AT(vm, uuid), NULL, vm_exactly },
	{ ROWS_VCPU, "vCPU", "vCPUs", AT(vcpu, name), 0, NULL, child_exactly },
	{ ROWS_DISK, "disk", "disks", AT(disk, name), 0, NULL, child_exactly },
	{ ROWS_NIC, "NIC", "NICs", AT(nic, name), 0, nic_is_called, child_exactly },
	{ ROWS_POOL, "pool", "pools", AT(pool, name), AT(pool, uuid), pool_is_called,
	    pool_exactly },
	{ ROWS_VOLUME, "volume", "volumes", AT(volume, name), 0, volume_is_called,
	    volume_exactly },
	{ ROWS_APP, "application", "applications", AT(app, name), 0, NULL, by_index },
	{ ROWS_JOB, "job", "jobs" },
	{ ROWS_BACKUP, "backup", "backups", AT(backup, name), AT(backup, uuid), NULL, by_index },
	{ ROWS_TEMPLATE, "template", "templates", AT(template_info, name), 0, NULL, by_index },
	{ ROWS_ALARM, "alarm", "alarms", AT(alarm, name), 0, alarm_is_called, alarm_exactly },
};

/* --- looking */

/* "INDEX" or "INDEX.SUB"; zeros when it is neither. */
static struct row_head
parse_index(const char *text)
{
	struct row_head head = { 0 };
	g_auto(GStrv) parts = g_strsplit(text, ".", 3);
	guint64 number[2] = { 0, 0 };
	guint n = g_strv_length(parts);

	for (guint i = 0; i < n && i < 2; i++)
		if (!g_ascii_string_to_unsigned(parts[i], 10, 1, UINT32_MAX, &number[i], NULL))
			return head;
	if (n <= 2) {
		head.index = (uint32_t)number[0];
		head.sub = (uint32_t)number[1];
	}
	return head;
}

static const char *
text_at(const void *row, size_t offset)
{
	return offset == 0 ? NULL : *(const char *const *)((const char *)row + offset);
}

static bool
has_name(const struct cluster *cluster, const struct named *kind, const void *row,
    const char *text)
{
	return g_strcmp0(text_at(row, kind->name), text) == 0 ||
	    (kind->is_called != NULL && kind->is_called(cluster, row, text));
}

static bool
has_id(const struct named *kind, const struct row_head *row, const char *text,
    const struct row_head *wanted)
{
	const char *uuid = text_at(row, kind->uuid);

	return (wanted->index != 0 && row->index == wanted->index && row->sub == wanted->sub) ||
	    (uuid != NULL && uuid[0] != '\0' && g_ascii_strcasecmp(text, uuid) == 0);
}

static void
refuse_many(const struct cluster *cluster, const struct named *kind, const char *text,
    GPtrArray *found, GError **error)
{
	g_autoptr(GString) said = g_string_new(NULL);
	g_autofree char *number = g_strdup_printf("%u", found->len);

	for (guint i = 0; i < found->len && i < MOST_SAID; i++) {
		g_autofree char *one = kind->exactly(cluster, found->pdata[i]);
		bool last = i + 1 == found->len;
		g_string_append_printf(said, "%s%s", i == 0 ? "" : last ? " or " : ", ", one);
	}
	if (found->len > MOST_SAID)
		g_string_append(said, " or another");
	g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT, "%s %s are called \"%s\": say %s",
	    found->len == 2 ? "two" : number, kind->nouns, text, said->str);
}

/*
 * The application of that name that would be a VM if it were started.  Pacemaker's VMs are
 * defined nowhere: while one is stopped, no host knows it.
 */
static const struct app *
vm_that_is_stopped(const struct cluster *cluster, const struct named *kind, const char *text)
{
	const struct rows *apps = &cluster->rows[ROWS_APP];

	for (size_t i = 0; kind->rows == ROWS_VM && i < apps->n; i++) {
		const struct app *app = apps->row[i];
		bool called = strcmp(app->name, text) == 0 ||
		    g_strcmp0(app->vm_config, text) == 0;
		if (called && app->vm == 0 && app->state == APP_STOPPED && app_is_vm(app))
			return app;
	}
	return NULL;
}

static void
refuse_none(const struct cluster *cluster, const struct named *kind, const char *text,
    GError **error)
{
	const struct app *app = vm_that_is_stopped(cluster, kind, text);

	if (app != NULL)
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT, "no host has VM \"%s\": "
		    "it is the application %s of the cluster, which is stopped; app-start "
		    "starts it", text, app->name);
	else if (kind->name == 0)
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT, "there is no %s %s",
		    kind->noun, text);
	else
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT, "no %s is called \"%s\"",
		    kind->noun, text);
}

const void *
find_row(const struct cluster *cluster, enum row_set set, const char *text, GError **error)
{
	const struct rows *rows = &cluster->rows[set];
	g_autoptr(GPtrArray) by_name = g_ptr_array_new();
	struct row_head wanted = parse_index(text);
	const struct named *kind = kinds;
	const void *by_id = NULL;

	while (kind->rows != set)
		kind++;
	for (size_t i = 0; i < rows->n; i++) {
		if (has_name(cluster, kind, rows->row[i], text))
			g_ptr_array_add(by_name, (gpointer)rows->row[i]);
		else if (has_id(kind, rows->row[i], text, &wanted))
			by_id = rows->row[i];
	}
	if (by_name->len > 1) {
		refuse_many(cluster, kind, text, by_name, error);
		return NULL;
	}
	if (by_name->len == 0 && by_id == NULL)
		refuse_none(cluster, kind, text, error);
	return by_name->len > 0 ? by_name->pdata[0] : by_id;
}
