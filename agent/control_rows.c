/* Verbs of the control protocol that list rows: which ones, and which of their columns. */
#include <gio/gio.h>
#include <string.h>

#include "agent/control_call.h"
#include "agent/control_order.h"
#include "agent/json.h"
#include "agent/reply.h"
#include "model/find.h"
#include "model/row_json.h"

#define MOST_CONDITIONS 8
#define MOST_OWNERS     4

/* --- rows that belong to an object */

typedef bool belongs_to(const struct cluster *, const void *row, const void *object);

static uint32_t
index_of(const void *row)
{
	return ((const struct row_head *)row)->index;
}

static bool
vm_on_node(const struct cluster *cluster, const void *row, const void *object)
{
	return ((const struct vm *)row)->node == index_of(object);
}

/* Of vCPUs, disks and NICs: index is the VM's. */
static bool
child_of_vm(const struct cluster *cluster, const void *row, const void *object)
{
	return index_of(row) == index_of(object);
}

static bool
child_on_node(const struct cluster *cluster, const void *row, const void *object)
{
	const struct vm *vm = cluster_vm(cluster, index_of(row));

	return vm != NULL && vm->node == index_of(object);
}

static bool
disk_in_pool(const struct cluster *cluster, const void *row, const void *object)
{
	const struct volume *volume = cluster_disk_volume(cluster, row);

	return volume != NULL && volume->pool == index_of(object);
}

static bool
pool_on_node(const struct cluster *cluster, const void *row, const void *object)
{
	return find_pool_on_node(cluster, index_of(row), index_of(object));
}

static bool
view_of_pool(const struct cluster *cluster, const void *row, const void *object)
{
	return index_of(row) == index_of(object);
}

static bool
view_by_node(const struct cluster *cluster, const void *row, const void *object)
{
	return ((const struct row_head *)row)->sub == index_of(object);
}

static bool
volume_in_pool(const struct cluster *cluster, const void *row, const void *object)
{
	return ((const struct volume *)row)->pool == index_of(object);
}

static bool
volume_on_node(const struct cluster *cluster, const void *row, const void *object)
{
	return find_pool_on_node(cluster, ((const struct volume *)row)->pool,
	    index_of(object));
}

static bool
volume_of_vm(const struct cluster *cluster, const void *row, const void *object)
{
	const struct disk *disk = cluster_volume_disk(cluster, row);

	return disk != NULL && disk->h.index == index_of(object);
}

static bool
export_in_pool(const struct cluster *cluster, const void *row, const void *object)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], index_of(row), 0);

	return volume != NULL && volume->pool == index_of(object);
}

/* Started there; of those in many places, too. */
static bool
app_on_node(const struct cluster *cluster, const void *row, const void *object)
{
	const struct app *app = row;
	const struct node *node = object;
	g_auto(GStrv) names = g_strsplit(app->node_names, " ", -1);

	return g_strv_contains((const char *const *)names, node->name);
}

static bool
app_of_vm(const struct cluster *cluster, const void *row, const void *object)
{
	return ((const struct app *)row)->vm == index_of(object);
}

/* What is in a group, clone or bundle. */
static bool
app_in_app(const struct cluster *cluster, const void *row, const void *object)
{
	return ((const struct app *)row)->parent == index_of(object);
}

static bool
backup_of_vm(const struct cluster *cluster, const void *row, const void *object)
{
	return ((const struct backup *)row)->vm == index_of(object);
}

static bool
backup_in_pool(const struct cluster *cluster, const void *row, const void *object)
{
	return ((const struct backup *)row)->pool == index_of(object);
}

static bool
job_on_vm(const struct cluster *cluster, const void *row, const void *object)
{
	const struct job *job = row;

	return job->kind == OBJECT_VM && job->object == index_of(object);
}

static bool
job_on_node(const struct cluster *cluster, const void *row, const void *object)
{
	return ((const struct job *)row)->node == index_of(object);
}

static bool
job_on_app(const struct cluster *cluster, const void *row, const void *object)
{
	const struct job *job = row;

	return job->kind == OBJECT_APP && job->object == index_of(object);
}

/* Events and alarms name their object in the same way. */
#define ABOUT(row_type, object_kind, name)                                             \
	static bool row_type##_about_##name(const struct cluster *cluster,             \
	    const void *row, const void *object)                                       \
	{                                                                              \
		const struct row_type *r = row;                                        \
		return r->kind == object_kind && r->object == index_of(object);        \
	}

ABOUT(event, OBJECT_VM, vm)
ABOUT(event, OBJECT_POOL, pool)
ABOUT(event, OBJECT_NODE, node)
ABOUT(event, OBJECT_APP, app)
ABOUT(alarm, OBJECT_VM, vm)
ABOUT(alarm, OBJECT_POOL, pool)
ABOUT(alarm, OBJECT_NODE, node)
ABOUT(alarm, OBJECT_APP, app)

/* About the node, or about something on it. */
static bool
event_on_node(const struct cluster *cluster, const void *row, const void *object)
{
	const struct event *event = row;
	const struct node *node = object;

	return event_about_node(cluster, row, object) ||
	    g_strcmp0(event->node, node->name) == 0;
}

static bool
alarm_on_node(const struct cluster *cluster, const void *row, const void *object)
{
	const struct alarm *alarm = row;
	const struct node *node = object;

	return alarm_about_node(cluster, row, object) ||
	    g_strcmp0(alarm->node, node->name) == 0;
}

/* A member of the request that names an object, and what it means for each table. */
static const struct relation {
	const char *member;
	enum row_set objects;
	enum row_set rows;
	belongs_to *belongs;
} relations[] = {
	{ "node", ROWS_NODE, ROWS_VM, vm_on_node },
	{ "node", ROWS_NODE, ROWS_VCPU, child_on_node },
	{ "node", ROWS_NODE, ROWS_DISK, child_on_node },
	{ "node", ROWS_NODE, ROWS_NIC, child_on_node },
	{ "node", ROWS_NODE, ROWS_SNAPSHOT, child_on_node },
	{ "node", ROWS_NODE, ROWS_POOL, pool_on_node },
	{ "node", ROWS_NODE, ROWS_POOL_NODE, view_by_node },
	{ "node", ROWS_NODE, ROWS_VOLUME, volume_on_node },
	{ "node", ROWS_NODE, ROWS_EXPORT, view_by_node },
	{ "node", ROWS_NODE, ROWS_APP, app_on_node },
	{ "node", ROWS_NODE, ROWS_JOB, job_on_node },
	{ "node", ROWS_NODE, ROWS_EVENT, event_on_node },
	{ "node", ROWS_NODE, ROWS_ALARM, alarm_on_node },
	{ "vm", ROWS_VM, ROWS_VCPU, child_of_vm },
	{ "vm", ROWS_VM, ROWS_DISK, child_of_vm },
	{ "vm", ROWS_VM, ROWS_NIC, child_of_vm },
	{ "vm", ROWS_VM, ROWS_SNAPSHOT, child_of_vm },
	{ "vm", ROWS_VM, ROWS_VOLUME, volume_of_vm },
	{ "vm", ROWS_VM, ROWS_APP, app_of_vm },
	{ "vm", ROWS_VM, ROWS_JOB, job_on_vm },
	{ "vm", ROWS_VM, ROWS_BACKUP, backup_of_vm },
	{ "vm", ROWS_VM, ROWS_EVENT, event_about_vm },
	{ "vm", ROWS_VM, ROWS_ALARM, alarm_about_vm },
	{ "pool", ROWS_POOL, ROWS_DISK, disk_in_pool },
	{ "pool", ROWS_POOL, ROWS_POOL_NODE, view_of_pool },
	{ "pool", ROWS_POOL, ROWS_VOLUME, volume_in_pool },
	{ "pool", ROWS_POOL, ROWS_EXPORT, export_in_pool },
	{ "pool", ROWS_POOL, ROWS_BACKUP, backup_in_pool },
	{ "pool", ROWS_POOL, ROWS_EVENT, event_about_pool },
	{ "pool", ROWS_POOL, ROWS_ALARM, alarm_about_pool },
	{ "app", ROWS_APP, ROWS_APP, app_in_app },
	{ "app", ROWS_APP, ROWS_JOB, job_on_app },
	{ "app", ROWS_APP, ROWS_EVENT, event_about_app },
	{ "app", ROWS_APP, ROWS_ALARM, alarm_about_app },
};

/* --- which rows a request wants */

struct owner {
	belongs_to *belongs;
	const void *object;
};

/* A column must have one of these values, written as in JSON but without quotes. */
struct condition {
	const struct column *column;
	const char **words; /* NULL-terminated, the strings borrowed */
};

struct row_wish {
	struct owner owners[MOST_OWNERS];
	size_t owners_n;
	struct condition conditions[MOST_CONDITIONS];
	size_t conditions_n;
	const char **columns; /* NULL: all */
};

static void
wish_clear(struct row_wish *wish)
{
	for (size_t i = 0; i < wish->conditions_n; i++)
		g_free(wish->conditions[i].words);
	g_free(wish->columns);
}

/* Named by what people say, or by its index as a number. */
static const void *
find_object(const struct call *call, const struct relation *r, GError **error)
{
	JsonNode *node = json_object_get_member(call->request, r->member);
	const char *text = NULL;
	int64_t index = 0;

	if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64)
		return json_get_text(call->request, r->member, &text, error)
		    ? find_row(call->cluster, r->objects, text, error) : NULL;
	if (!json_get_int(call->request, r->member, 1, UINT32_MAX, &index, error))
		return NULL;
	const void *row = rows_find(&call->cluster->rows[r->objects], (uint32_t)index, 0);
	if (row == NULL)
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT,
		    "there is no %s with the index %" G_GINT64_FORMAT, r->member, index);
	return row;
}

static const struct relation *
find_relation(enum row_set rows, const char *member)
{
	for (size_t i = 0; i < G_N_ELEMENTS(relations); i++)
		if (relations[i].rows == rows && strcmp(relations[i].member, member) == 0)
			return &relations[i];
	return NULL;
}

static bool
get_owners(const struct call *call, struct row_wish *wish, GError **error)
{
	static const char *const members[MOST_OWNERS] = { "node", "vm", "pool", "app" };
	const struct table *table = call->verb->table;

	for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
		if (!json_object_has_member(call->request, members[i]))
			continue;
		const struct relation *r = find_relation(table->rows, members[i]);
		if (r == NULL) {
			g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
			    "rows of %s do not belong to %s %s", table->name,
			    *members[i] == 'a' ? "an" : "a", members[i]);
			return false;
		}
		const void *object = find_object(call, r, error);
		if (object == NULL)
			return false;
		wish->owners[wish->owners_n++] = (struct owner){ r->belongs, object };
	}
	return true;
}

static const struct column *
need_column(const struct table *table, const char *name, GError **error)
{
	const struct column *column = row_json_column(table, name);

	if (column == NULL)
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE, "%s has no column %s",
		    table->name, name);
	return column;
}

static bool
get_conditions(const struct call *call, struct row_wish *wish, GError **error)
{
	JsonObject *where = NULL;

	if (!json_get_object(call->request, "where", &where, error))
		return false;
	if (where == NULL)
		return true;
	g_autoptr(GList) names = json_object_get_members(where);
	for (GList *n = names; n != NULL; n = n->next) {
		struct condition c = { .column = need_column(call->verb->table, n->data, error) };
		if (c.column == NULL || !json_get_words(where, n->data, &c.words, error))
			return false;
		if (wish->conditions_n == MOST_CONDITIONS) {
			g_free(c.words);
			g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
			    "\"where\" has more than %d columns", MOST_CONDITIONS);
			return false;
		}
		wish->conditions[wish->conditions_n++] = c;
	}
	return true;
}

static bool
get_wish(const struct call *call, struct row_wish *wish, GError **error)
{
	if (!json_get_words(call->request, "columns", &wish->columns, error))
		return false;
	for (size_t i = 0; wish->columns != NULL && wish->columns[i] != NULL; i++)
		if (need_column(call->verb->table, wish->columns[i], error) == NULL)
			return false;
	return get_owners(call, wish, error) && get_conditions(call, wish, error);
}

static bool
holds(const struct condition *c, const struct reading *reading, const void *row)
{
	struct value v;
	char number[24];
	const char *word = number;

	column_read(c->column, reading, row, &v);
	if (v.syntax == SYN_NONE)
		return false;
	if (v.syntax == SYN_TEXT)
		word = v.s;
	else if (v.syntax == SYN_ENUM)
		word = enum_to_name(c->column->names, (int32_t)v.i);
	else if (v.syntax == SYN_BOOL)
		word = v.i != 0 ? "true" : "false";
	else
		g_snprintf(number, sizeof(number), "%" G_GINT64_FORMAT, v.i);
	return g_strv_contains(c->words, word);
}

static bool
is_meant(const struct row_wish *wish, const struct reading *reading, const void *row)
{
	for (size_t i = 0; i < wish->owners_n; i++)
		if (!wish->owners[i].belongs(reading->cluster, row, wish->owners[i].object))
			return false;
	for (size_t i = 0; i < wish->conditions_n; i++)
		if (!holds(&wish->conditions[i], reading, row))
			return false;
	return true;
}

static bool
is_wanted(const struct column *c, void *columns)
{
	return g_strv_contains(columns, c->name);
}

static bool
put_rows(const struct call *call, const struct row_wish *wish, const struct reading *reading,
    GPtrArray *rows, GError **error)
{
	for (guint i = 0; i < rows->len; i++) {
		JsonBuilder *b = reply_start("row");
		row_json_add(b, call->verb->table, reading, rows->pdata[i],
		    wish->columns != NULL ? is_wanted : NULL, (void *)wish->columns);
		if (!call_put(call, b, error))
			return false;
	}
	return true;
}

/* Tells how many rows there are besides those that were sent. */
static bool
put_end(const struct call *call, guint found, GError **error)
{
	JsonBuilder *b = reply_start("end");

	reply_add_int(b, "found", found);
	return call_put(call, b, error);
}

bool
answer_rows(const struct call *call, GError **error)
{
	const struct table *table = call->verb->table;
	const struct rows *rows = &call->cluster->rows[table->rows];
	g_autoptr(GPtrArray) found = g_ptr_array_new();
	struct reading reading = {
		.cluster = call->cluster,
		.now = g_get_monotonic_time(),
	};
	__attribute__((cleanup(wish_clear))) struct row_wish wish = { 0 };
	struct row_order order;

	if (!get_wish(call, &wish, error) ||
	    !order_get(call->request, table, wish.columns, &order, error))
		return false;
	for (size_t i = 0; i < rows->n; i++)
		if (is_meant(&wish, &reading, rows->row[i]) &&
		    order_matches(&order, table, &reading, rows->row[i]))
			g_ptr_array_add(found, (gpointer)rows->row[i]);
	guint n = found->len;
	order_apply(&order, &reading, found);
	return put_rows(call, &wish, &reading, found, error) && put_end(call, n, error);
}
