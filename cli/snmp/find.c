/* Over SNMP: the row that a person means, and which rows belong to it. */
#include "cli/snmp/find.h"

#include <string.h>

#include "client/client.h"
#include "cli/snmp/rows.h"
#include "model/find.h"

/* --- a cluster value of names only, for model/find.c */

#define NAMES_MOST 4
#define ALSO_MOST  2

static const struct names {
	enum row_set rows;
	const struct table *table;
	const char *columns[NAMES_MOST + 1]; /* each is a field of the row */
	enum row_set also[ALSO_MOST];        /* whose names are needed besides; ROWS_CLUSTER: none */
} names[] = {
	{ ROWS_NODE, &node_table, { "vclNodeName", "vclNodeUuid" }, { 0 } },
	{ ROWS_VM, &vm_table, { "vclVmName", "vclVmUuid", "vclVmNodeName" }, { 0 } },
	{ ROWS_VCPU, &vcpu_table, { "vclVcpuName" }, { ROWS_VM } },
	{ ROWS_DISK, &disk_table, { "vclDiskName" }, { ROWS_VM } },
	{ ROWS_NIC, &nic_table, { "vclNicName", "vclNicMac" }, { ROWS_VM } },
	{ ROWS_POOL, &pool_table, { "vclPoolName", "vclPoolUuid" },
	    { ROWS_POOL_NODE, ROWS_NODE } },
	{ ROWS_POOL_NODE, &pool_node_table, { "vclPoolNodeNodeName" }, { 0 } },
	{ ROWS_VOLUME, &volume_table,
	    { "vclVolumeName", "vclVolumePool", "vclVolumePoolName", "vclVolumeNode" },
	    { ROWS_POOL_NODE, ROWS_NODE } },
	{ ROWS_TEMPLATE, &template_table, { "vclTemplateName" }, { 0 } },
	{ ROWS_BACKUP, &backup_table, { "vclBackupName", "vclBackupUuid" }, { 0 } },
	{ ROWS_APP, &app_table, { "vclAppName" }, { 0 } },
	{ ROWS_JOB, &job_table, { "vclJobState" }, { 0 } },
	{ ROWS_ALARM, &alarm_table, { "vclAlarmName", "vclAlarmCondition" }, { 0 } },
};

static const struct names *
names_of(enum row_set rows)
{
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (names[i].rows == rows)
			return &names[i];
	g_error("cli/snmp/find.c: no names of row set %d", rows);
}

/* Rows that were read, as those of a cluster value. */
struct named_rows {
	struct cluster cluster; /* only its rows */
	GPtrArray *tables;      /* struct snmp_table: own the texts */
};

static void
named_rows_clear(struct named_rows *n)
{
	for (size_t set = 0; set < ROWS_COUNT; set++) {
		struct rows *rows = &n->cluster.rows[set];
		for (size_t i = 0; i < rows->n; i++)
			g_free((void *)rows->row[i]);
		g_free(rows->row);
	}
	g_ptr_array_free(n->tables, TRUE);
}

/* The field behind a column; the other way round than column_read. */
static void
put_field(const struct column *c, void *row, const struct value *v)
{
	char *field = (char *)row + c->offset;

	if (v->syntax == SYN_NONE)
		return;
	if (c->field == FIELD_TEXT)
		*(const char **)(void *)field = v->s;
	else if (c->field == FIELD_U32)
		*(uint32_t *)(void *)field = (uint32_t)v->u;
	else if (c->field == FIELD_I32)
		*(int32_t *)(void *)field = (int32_t)v->i;
	else
		g_error("cli/snmp/find.c: %s is no plain field", c->name);
}

static bool
read_names(struct manager *session, struct named_rows *out, const struct names *n,
    GError **error)
{
	const struct column *columns[NAMES_MOST];
	size_t columns_n = 0;

	for (; n->columns[columns_n] != NULL; columns_n++)
		columns[columns_n] = table_column(n->table, n->columns[columns_n]);
	struct snmp_table *table =
	    snmp_table_walk(session, n->table, columns, columns_n, error);
	if (table == NULL)
		return false;
	g_ptr_array_add(out->tables, table);
	struct rows *rows = &out->cluster.rows[n->rows];
	rows->row = g_new(const void *, snmp_table_size(table));
	for (size_t i = 0; i < snmp_table_size(table); i++) {
		const struct snmp_row *cells = snmp_table_row(table, i);
		struct row_head *row = g_malloc0(rows_size(n->rows));
		table_row_init(n->rows, row);
		row->index = cells->head.index;
		row->sub = cells->head.sub;
		for (size_t k = 0; k < columns_n; k++)
			put_field(columns[k], row, &cells->cells[k]);
		rows->row[rows->n++] = row;
	}
	return true;
}

bool
snmp_find(struct manager *session, enum row_set set, const char *name,
    struct row_head *out, GError **error)
{
	__attribute__((cleanup(named_rows_clear))) struct named_rows known = {
		.tables = g_ptr_array_new_with_free_func((GDestroyNotify)snmp_table_free)
	};
	const struct names *n = names_of(set);
	g_autoptr(GError) why = NULL;

	if (!read_names(session, &known, n, error))
		return false;
	for (size_t i = 0; i < ALSO_MOST; i++)
		if (n->also[i] != ROWS_CLUSTER &&
		    !read_names(session, &known, names_of(n->also[i]), error))
			return false;
	const struct row_head *row = find_row(&known.cluster, set, name, &why);
	if (row != NULL) {
		*out = *row;
		return true;
	}
	g_set_error_literal(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED, why->message);
	return false;
}

/* --- which rows belong to an object */

/*
 * A row belongs to the object when its column `key` has the object's index, or, with
 * `through`, the index `of` a row of that table which belongs to it; `kind`: and when that
 * column says what kind of object it is; `name`: or when that column has its name.
 */
static const struct relation {
	const char *member;
	const struct table *rows;
	const char *key;
	const struct table *through;
	const char *of;
	const char *kind, *name;
} relations[] = {
	{ "node", &vm_table, "vclVmNode" },
	{ "node", &vcpu_table, "vclVmIndex", &vm_table, "vclVmIndex" },
	{ "node", &disk_table, "vclVmIndex", &vm_table, "vclVmIndex" },
	{ "node", &nic_table, "vclVmIndex", &vm_table, "vclVmIndex" },
	{ "node", &snapshot_table, "vclVmIndex", &vm_table, "vclVmIndex" },
	{ "node", &pool_table, "vclPoolIndex", &pool_node_table, "vclPoolIndex" },
	{ "node", &pool_node_table, "vclNodeIndex" },
	{ "node", &volume_table, "vclVolumePool", &pool_node_table, "vclPoolIndex" },
	{ "node", &job_table, "vclJobNode" },
	{ "node", &event_table, "vclEventObjectIndex", .kind = "vclEventObjectKind",
	    .name = "vclEventNode" },
	{ "node", &alarm_table, "vclAlarmObjectIndex", .kind = "vclAlarmObjectKind",
	    .name = "vclAlarmNode" },
	{ "vm", &vcpu_table, "vclVmIndex" },
	{ "vm", &disk_table, "vclVmIndex" },
	{ "vm", &nic_table, "vclVmIndex" },
	{ "vm", &snapshot_table, "vclVmIndex" },
	{ "vm", &volume_table, "vclVolumeVm" },
	{ "vm", &backup_table, "vclBackupVm" },
	{ "vm", &job_table, "vclJobObjectIndex", .kind = "vclJobObjectKind" },
	{ "vm", &event_table, "vclEventObjectIndex", .kind = "vclEventObjectKind" },
	{ "vm", &alarm_table, "vclAlarmObjectIndex", .kind = "vclAlarmObjectKind" },
	{ "pool", &disk_table, "vclDiskPool" },
	{ "pool", &pool_node_table, "vclPoolIndex" },
	{ "pool", &volume_table, "vclVolumePool" },
	{ "pool", &backup_table, "vclBackupPool" },
	{ "pool", &event_table, "vclEventObjectIndex", .kind = "vclEventObjectKind" },
	{ "pool", &alarm_table, "vclAlarmObjectIndex", .kind = "vclAlarmObjectKind" },
	{ "node", &app_table, "vclAppNode" },
	{ "vm", &app_table, "vclAppVm" },
	{ "app", &app_table, "vclAppParent" },
	{ "app", &event_table, "vclEventObjectIndex", .kind = "vclEventObjectKind" },
	{ "app", &alarm_table, "vclAlarmObjectIndex", .kind = "vclAlarmObjectKind" },
};

static const struct owner {
	const char *member;
	enum row_set rows;
} owners[] = { { "node", ROWS_NODE }, { "vm", ROWS_VM }, { "pool", ROWS_POOL },
	{ "app", ROWS_APP } };

static const struct relation *
find_relation(const struct table *table, const char *member, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(relations); i++)
		if (relations[i].rows == table && strcmp(relations[i].member, member) == 0)
			return &relations[i];
	g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED,
	    "rows of %s do not belong to %s %s", table->name,
	    *member == 'a' ? "an" : "a", member);
	return NULL;
}

static void
add_name(GPtrArray *columns, const char *name)
{
	if (name != NULL)
		g_ptr_array_add(columns, (gpointer)name);
}

bool
snmp_owner_columns(const struct table *table, JsonObject *request, GPtrArray *columns,
    GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(owners); i++) {
		if (!json_object_has_member(request, owners[i].member))
			continue;
		const struct relation *r = find_relation(table, owners[i].member, error);
		if (r == NULL)
			return false;
		add_name(columns, r->key);
		add_name(columns, r->kind);
		add_name(columns, r->name);
	}
	return true;
}

static bool
has_owner(struct manager *session, const struct owner *owner, int64_t index, GError **error)
{
	const struct row_head head = { .index = (uint32_t)index };
	bool there;

	if (!snmp_has_row(session, names_of(owner->rows)->table, &head, &there, error))
		return false;
	if (!there)
		g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED,
		    "there is no %s with the index %" G_GINT64_FORMAT, owner->member, index);
	return there;
}

/* Said by its name, or by its index as a number. */
static bool
find_owner(struct manager *session, const struct owner *owner, JsonObject *request,
    int64_t *index, GError **error)
{
	JsonNode *said = json_object_get_member(request, owner->member);
	struct row_head head;

	if (json_node_get_value_type(said) == G_TYPE_INT64) {
		*index = json_node_get_int(said);
		return has_owner(session, owner, *index, error);
	}
	if (!snmp_find(session, owner->rows, json_node_get_string(said), &head, error))
		return false;
	*index = head.index;
	return true;
}

static int64_t
int_of(JsonObject *row, const char *key)
{
	return json_object_get_int_member_with_default(row, key, -1);
}

/* The indexes that lead to it: its own, or those of the rows in between. */
static GHashTable *
keys_of(struct manager *session, const struct relation *r, int64_t index, GError **error)
{
	g_autoptr(GHashTable) keys =
	    g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

	if (r->through == NULL) {
		g_hash_table_add(keys, g_memdup2(&index, sizeof(index)));
		return g_steal_pointer(&keys);
	}
	const struct relation *between = find_relation(r->through, r->member, error);
	const char *const columns[] = { between->key, r->of, NULL };
	g_autoptr(GPtrArray) rows = snmp_rows(session, r->through, columns, error);
	if (rows == NULL)
		return NULL;
	for (guint i = 0; i < rows->len; i++) {
		int64_t key = int_of(rows->pdata[i], r->of);
		if (int_of(rows->pdata[i], between->key) == index)
			g_hash_table_add(keys, g_memdup2(&key, sizeof(key)));
	}
	return g_steal_pointer(&keys);
}

/* The name of a node by its index, "" where nobody knows it. */
static char *
node_name(struct manager *session, int64_t index, GError **error)
{
	const char *const columns[] = { "vclNodeIndex", "vclNodeName", NULL };
	g_autoptr(GPtrArray) rows = snmp_rows(session, &node_table, columns, error);

	for (guint i = 0; rows != NULL && i < rows->len; i++)
		if (int_of(rows->pdata[i], "vclNodeIndex") == index)
			return g_strdup(json_object_get_string_member_with_default(
			    rows->pdata[i], "vclNodeName", ""));
	return rows == NULL ? NULL : g_strdup("");
}

static bool
belongs(const struct relation *r, GHashTable *keys, const char *name, JsonObject *row)
{
	int64_t key = int_of(row, r->key);
	const char *of_name = r->name == NULL ? NULL
	    : json_object_get_string_member_with_default(row, r->name, NULL);

	if (of_name != NULL && *of_name != '\0' && strcmp(of_name, name) == 0)
		return true;
	if (r->kind != NULL && strcmp(json_object_get_string_member_with_default(row, r->kind,
		""), r->member) != 0)
		return false;
	return g_hash_table_contains(keys, &key);
}

static void
keep_rows(GPtrArray *rows, const struct relation *r, GHashTable *keys, const char *name)
{
	guint kept = 0;

	for (guint i = 0; i < rows->len; i++) {
		JsonObject *row = rows->pdata[i];
		if (!belongs(r, keys, name, row))
			continue;
		rows->pdata[i] = rows->pdata[kept];
		rows->pdata[kept++] = row;
	}
	g_ptr_array_set_size(rows, (int)kept);
}

bool
snmp_owner_filter(struct manager *session, const struct table *table,
    JsonObject *request, GPtrArray *rows, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(owners); i++) {
		int64_t index;
		if (!json_object_has_member(request, owners[i].member))
			continue;
		const struct relation *r = find_relation(table, owners[i].member, error);
		if (r == NULL || !find_owner(session, &owners[i], request, &index, error))
			return false;
		g_autoptr(GHashTable) keys = keys_of(session, r, index, error);
		g_autofree char *name = r->name == NULL ? g_strdup("")
		    : node_name(session, index, error);
		if (keys == NULL || name == NULL)
			return false;
		keep_rows(rows, r, keys, name);
	}
	return true;
}
