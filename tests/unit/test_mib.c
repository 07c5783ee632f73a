/*
 * VIRTCLUSTER-MIB says the same as the tables of the model, in both directions.
 *
 * The MIB is read by Net-SNMP's parser, as managers do; that needs the IETF's MIBs.
 */
#include "config.h"

#include "tests/unit/test.h"

#include <stdio.h>

#include "model/names.h"
#include "model/switches.h"
#include "model/table.h"

/* last: it defines short macros */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

static char *mib_file;                   /* as built */
static char *ietf_dir;                   /* what it imports from */
static GString *complaints;              /* of Net-SNMP's parser */
static const struct tree *mib, *objects; /* vclMIB and vclObjects */

/* --- comparing: a difference is told with the name of the object */

static void
expect_text(const char *where, const char *what, const char *is, const char *shall)
{
	if (g_strcmp0(is, shall) != 0)
		fail_msg("%s: %s is \"%s\", shall be \"%s\"", where, what,
		    is == NULL ? "(none)" : is, shall == NULL ? "(none)" : shall);
}

static void
expect_number(const char *where, const char *what, gint64 is, gint64 shall)
{
	if (is != shall)
		fail_msg("%s: %s is %" G_GINT64_FORMAT ", shall be %" G_GINT64_FORMAT, where,
		    what, is, shall);
}

/* --- finding */

static const struct tree *
child(const struct tree *node, uint32_t arc)
{
	const struct tree *c = node == NULL ? NULL : node->child_list;

	while (c != NULL && c->subid != arc)
		c = c->next_peer;
	return c;
}

/* The entry of a table, or the group of scalars. */
static const struct tree *
table_node(const struct table *table)
{
	const struct tree *node = mib;

	for (size_t i = 0; i < table->oid_len; i++)
		node = child(node, table->oid[i]);
	if (node == NULL)
		fail_msg("%s is not in the MIB", table->name);
	return node;
}

static const struct tree *
column_node(const struct table *table, const struct column *column)
{
	const struct tree *node = child(table_node(table), column->number);

	if (node == NULL)
		fail_msg("%s: the MIB has no object %u in %s", column->name, column->number,
		    table->name);
	return node;
}

/* Calls `check` for each column of each table with its object. */
static void
each_column(void (*check)(const struct column *, const struct tree *))
{
	for (size_t i = 0; i < tables_n; i++) {
		TABLE_FOREACH_COLUMN (tables[i], c)
			check(c, column_node(tables[i], c));
	}
}

/* --- the column's line of data, as the MIB has to say it */

static const struct {
	int type;
	const char *convention;
	bool units; /* has to have UNITS */
} syntaxes[SYN_COUNT] = {
	[SYN_TEXT]     = { TYPE_OCTETSTR,   "SnmpAdminString",  false },
	[SYN_ENUM]     = { TYPE_INTEGER,    NULL,               false },
	[SYN_BOOL]     = { TYPE_INTEGER,    "TruthValue",       false },
	[SYN_INT]      = { TYPE_INTEGER32,  NULL,               false },
	[SYN_INDEX]    = { TYPE_INTEGER32,  NULL,               false },
	[SYN_UNSIGNED] = { TYPE_UNSIGNED32, NULL,               false },
	[SYN_GAUGE]    = { TYPE_GAUGE,      NULL,               true  },
	[SYN_COUNTER]  = { TYPE_COUNTER64,  NULL,               true  },
	[SYN_DATE]     = { TYPE_OCTETSTR,   "DateAndTime",      false },
	[SYN_STAMP]    = { TYPE_TIMETICKS,  "TimeStamp",        false },
	[SYN_ROW]      = { TYPE_INTEGER,    "RowStatus",        false },
	[SYN_LOCK]     = { TYPE_INTEGER,    "TestAndIncr",      false },
};

static void
check_name(const struct column *c, const struct tree *node)
{
	expect_text(c->name, "its name", node->label, c->name);
}

static void
check_syntax(const struct column *c, const struct tree *node)
{
	const char *convention =
	    node->tc_index < 0 ? NULL : get_tc_descriptor(node->tc_index);

	expect_number(c->name, "its type", node->type, syntaxes[c->syntax].type);
	expect_text(c->name, "its textual convention", convention,
	    syntaxes[c->syntax].convention);
	if (syntaxes[c->syntax].units && node->units == NULL)
		fail_msg("%s has no UNITS", c->name);
}

static void
check_access(const struct column *c, const struct tree *node)
{
	static const int accesses[] = {
		[ACCESS_READ] = MIB_ACCESS_READONLY,
		[ACCESS_INDEX] = MIB_ACCESS_NOACCESS,
		[ACCESS_WRITE] = MIB_ACCESS_READWRITE,
		[ACCESS_CREATE] = MIB_ACCESS_CREATE,
	};

	expect_number(c->name, "its MAX-ACCESS", node->access, accesses[c->access]);
}

static const char *
label_of(const struct tree *node, int value)
{
	for (const struct enum_list *e = node->enums; e != NULL; e = e->next)
		if (e->value == value)
			return e->label;
	return NULL;
}

static void
check_labels(const struct column *c, const struct tree *node)
{
	size_t n = 0;

	if (c->syntax != SYN_ENUM)
		return;
	for (const struct enum_name *e = c->names; e->name != NULL; e++, n++) {
		g_autofree char *what = g_strdup_printf("the label of %d", e->value);
		expect_text(c->name, what, label_of(node, e->value), e->name);
	}
	for (const struct enum_list *e = node->enums; e != NULL; e = e->next)
		n--;
	expect_number(c->name, "the difference in the number of labels", (gint64)n, 0);
}

/* Net-SNMP keeps a limit in an int, also that of an Unsigned32. */
static void
check_range(const struct column *c, const struct tree *node)
{
	bool key = c->access == ACCESS_INDEX;

	if (c->syntax == SYN_TEXT || c->syntax == SYN_INDEX || key)
		assert_non_null(node->ranges);
	if (c->syntax == SYN_TEXT) {
		expect_number(c->name, "its least size", node->ranges->low, 0);
		expect_number(c->name, "its largest size", node->ranges->high, 255);
	} else if (c->syntax == SYN_INDEX || key) {
		uint32_t most = c->syntax == SYN_INDEX ? INT32_MAX : UINT32_MAX;
		expect_number(c->name, "its least value", node->ranges->low, key);
		expect_number(c->name, "its largest value", (uint32_t)node->ranges->high,
		    most);
	}
}

static void
every_column_has_its_object(void **data)
{
	each_column(check_name);
}

static void
syntaxes_agree(void **data)
{
	each_column(check_syntax);
}

static void
accesses_agree(void **data)
{
	each_column(check_access);
}

static void
labels_agree(void **data)
{
	each_column(check_labels);
}

static void
ranges_agree(void **data)
{
	each_column(check_range);
}

/* --- the other way round */

/* The table with that entry or group in whose array the number is, or NULL. */
static const struct column *
column_of(const struct tree *node)
{
	for (size_t i = 0; i < tables_n; i++) {
		if (table_node(tables[i]) != node->parent)
			continue;
		TABLE_FOREACH_COLUMN (tables[i], c) {
			if (c->number == node->subid)
				return c;
		}
	}
	return NULL;
}

static bool
is_structure(const struct tree *node)
{
	return node->child_list != NULL || node->type == TYPE_OBJIDENTITY;
}

/* What only a notification carries, and an index that is no field of a row. */
static bool
is_not_served(const struct tree *node)
{
	return node->access == MIB_ACCESS_NOTIFY || strcmp(node->label, "vclVmByUuidUuid") == 0;
}

static size_t
check_known(const struct tree *node)
{
	size_t n = 0;

	if (!is_structure(node)) {
		const struct column *c = column_of(node);
		if (c == NULL && is_not_served(node))
			return 0;
		if (c == NULL)
			fail_msg("%s is in the MIB but in no table", node->label);
		return 1;
	}
	for (const struct tree *t = node->child_list; t != NULL; t = t->next_peer)
		n += check_known(t);
	return n;
}

static void
every_object_has_its_column(void **data)
{
	size_t n = 0;

	for (size_t i = 0; i < tables_n; i++)
		n += tables[i]->columns_n;
	assert_int_equal(check_known(objects), n);
}

/* --- tables */

/* What an entry of that table is called: vclVmTable has vclVmEntry. */
static char *
entry_name(const struct table *table)
{
	size_t stem = strlen(table->name) - strlen("Table");

	assert_true(g_str_has_suffix(table->name, "Table"));
	return g_strdup_printf("%.*sEntry", (int)stem, table->name);
}

/* The table of the same rows that has the index columns. */
static const struct table *
indexed_table(enum row_set rows)
{
	for (size_t i = 0; i < tables_n; i++)
		if (tables[i]->rows == rows && tables[i]->keys > 0 &&
		    tables[i]->columns[0].access == ACCESS_INDEX)
			return tables[i];
	fail_msg("no table of row set %d has an index", (int)rows);
	return NULL;
}

/* Tables whose index is more than their own first column. */
static const struct {
	const struct table *table;
	const char *index[3];
} compound[] = {
	{ &vcpu_table,       { "vclVmIndex", "vclVcpuIndex" } },
	{ &disk_table,       { "vclVmIndex", "vclDiskIndex" } },
	{ &nic_table,        { "vclVmIndex", "vclNicIndex" } },
	{ &snapshot_table,   { "vclVmIndex", "vclSnapshotIndex" } },
	{ &vm_by_uuid_table, { "vclVmByUuidUuid" } },
	{ &pool_node_table,  { "vclPoolIndex", "vclNodeIndex" } },
	{ &export_table,     { "vclVolumeIndex", "vclNodeIndex" } },
};

static const char *const *
compound_index(const struct table *table)
{
	for (size_t i = 0; i < G_N_ELEMENTS(compound); i++)
		if (compound[i].table == table)
			return compound[i].index;
	return NULL;
}

static void
check_index(const struct table *table, const struct tree *entry)
{
	const char *const own[] = { table->columns[0].name, NULL };
	const char *const *want = compound_index(table);
	const struct index_list *index = entry->indexes;

	for (want = want == NULL ? own : want; *want != NULL; want++, index = index->next)
		expect_text(table->name, "an index", index == NULL ? NULL : index->ilabel, *want);
	assert_null(index);
}

static void
check_table(const struct table *table)
{
	const struct tree *entry = table_node(table);
	g_autofree char *name = entry_name(table);

	expect_text(table->name, "the name of its entry", entry->label, name);
	expect_text(table->name, "its name", entry->parent->label, table->name);
	expect_number(table->name, "its access", entry->parent->access, MIB_ACCESS_NOACCESS);
	if (table->columns[0].access == ACCESS_INDEX || compound_index(table) != NULL) {
		check_index(table, entry);
		return;
	}
	g_autofree char *base = entry_name(indexed_table(table->rows));
	expect_text(name, "what it AUGMENTS", entry->augments, base);
}

static void
tables_and_indexes_agree(void **data)
{
	for (size_t i = 0; i < tables_n; i++) {
		if (tables[i]->keys > 0)
			check_table(tables[i]);
		else
			expect_text(tables[i]->name, "its name",
			    table_node(tables[i])->label, tables[i]->name);
	}
}

/* --- the module */

static void
root_is_the_configured_one(void **data)
{
	static const oid root[] = { VCL_OID_ROOT };
	const struct tree *node = mib;

	for (size_t i = G_N_ELEMENTS(root); i > 0; i--, node = node->parent) {
		assert_non_null(node);
		assert_int_equal(node->subid, root[i - 1]);
	}
	assert_null(node);
	expect_text("vclMIB", "its kind", mib->type == TYPE_MODID ? "module" : "other",
	    "module");
}

static void
parser_has_no_complaint(void **data)
{
	if (complaints->len > 0)
		fail_msg("Net-SNMP complains: %s", complaints->str);
}

#define LEADING                                                                        \
	"vclEventName", "vclEventUuid", "vclEventOldState", "vclEventNewState",        \
	    "vclEventSeverity", "vclEventReason", "vclEventNode", "vclEventSequence"

static void
notifications_begin_alike(void **data)
{
	static const struct {
		uint32_t number;
		const char *name;
		const char *objects[12];
	} cases[] = {
		{ NOTIFY_VM_STATE, "vclVmStateChanged",
		    { LEADING, "vclVmState", "vclVmNode" } },
		{ NOTIFY_NODE_STATE, "vclNodeStateChanged", { LEADING, "vclNodeState" } },
		{ NOTIFY_JOB_FINISHED, "vclJobFinished",
		    { LEADING, "vclJobType", "vclJobState", "vclJobError" } },
		{ NOTIFY_POOL_THRESHOLD, "vclPoolThreshold",
		    { LEADING, "vclPoolUsage", "vclPoolState" } },
		{ NOTIFY_APP_STATE, "vclAppStateChanged",
		    { LEADING, "vclAppState", "vclAppNode", "vclAppNodeName" } },
		{ NOTIFY_ALARM_RAISED, "vclAlarmRaised",
		    { LEADING, "vclAlarmCondition", "vclAlarmSeverity", "vclAlarmReason" } },
		{ NOTIFY_ALARM_CLEARED, "vclAlarmCleared", { LEADING } },
		{ NOTIFY_VM_MIGRATED, "vclVmMigrated",
		    { LEADING, "vclVmNode", "vclVmNodeName" } },
		{ NOTIFY_QUORUM, "vclQuorumChanged", { LEADING, "vclClusterQuorate" } },
		{ NOTIFY_HEARTBEAT, "vclHeartbeat",
		    { "vclClusterName", "vclClusterHealth", "vclClusterHealthReason",
			"vclClusterAlarmsWarning", "vclClusterAlarmsCritical" } },
		{ NOTIFY_SUPPRESSED, "vclNotificationsSuppressed",
		    { "vclNotifySuppressedType", "vclNotifySuppressedCount" } },
	};
	const struct tree *notifications = child(mib, 0);
	size_t n = 0;

	for (const struct tree *t = notifications->child_list; t != NULL; t = t->next_peer)
		n++;
	assert_int_equal(n, G_N_ELEMENTS(cases));
	assert_int_equal(notify_types_n, G_N_ELEMENTS(cases));
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct tree *node = child(notifications, cases[i].number);
		assert_int_equal(notify_types[i].h.index, cases[i].number);
		expect_text("a row", "its name", notify_types[i].name, cases[i].name);
		assert_non_null(node);
		expect_text("a notification", "its name", node->label, cases[i].name);
		const struct varbind_list *v = node->varbinds;
		for (size_t k = 0; cases[i].objects[k] != NULL || v != NULL; k++) {
			expect_text(cases[i].name, "an object", v == NULL ? NULL : v->vblabel,
			    cases[i].objects[k]);
			v = v->next;
		}
	}
}

static void
smilint_has_no_complaint(void **data)
{
	g_autofree char *smilint = g_find_program_in_path("smilint");
	g_autofree char *out = NULL, *err = NULL;
	int status = -1;

	if (smilint == NULL) {
		print_message("# smilint is not installed\n");
		skip();
	}
	const char *argv[] = { smilint, "-l", "6", mib_file, NULL };
	g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "SMIPATH", ietf_dir, TRUE);
	assert_true(g_spawn_sync(NULL, (char **)argv, env, G_SPAWN_DEFAULT, NULL, NULL, &out,
	    &err, &status, NULL));
	expect_text(mib_file, "what smilint says", out, "");
	expect_text(mib_file, "what smilint says", err, "");
	assert_int_equal(status, 0);
}

/* --- reading the MIB */

static const char *const imported[] = {
	"SNMPv2-SMI", "SNMPv2-TC", "SNMPv2-CONF", "SNMP-FRAMEWORK-MIB",
};

static bool
has_module(const char *dir, const char *module)
{
	static const char *const suffixes[] = { "", ".mib", ".txt", ".my" };

	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *path = g_strconcat(dir, "/", module, suffixes[i], NULL);
		if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
			return true;
	}
	return false;
}

static bool
has_imported(const char *dir)
{
	if (dir == NULL)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(imported); i++)
		if (!has_module(dir, imported[i]))
			return false;
	return true;
}

static const char *
find_ietf_dir(void)
{
	const char *dirs[] = {
		g_getenv("VCL_IETF_MIBS"), "/usr/share/snmp/mibs", "/usr/share/snmp/mibs/ietf",
		"/usr/share/mibs/ietf", "/var/lib/mibs/ietf",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(dirs); i++)
		if (has_imported(dirs[i]))
			return dirs[i];
	return NULL;
}

static int
note_complaint(int major, int minor, void *message, void *data)
{
	const struct snmp_log_message *log = message;

	/* said of each MACRO in SNMPv2-SMI and SNMPv2-TC */
	if (strstr(log->msg, "parsed and ignored") == NULL)
		g_string_append(complaints, log->msg);
	return 0;
}

/* Nothing but our file and what it imports: no default modules, no ~/.snmp. */
static int
read_mib_file(void **data)
{
	complaints = g_string_new(NULL);
	g_setenv("MIBS", "", TRUE);
	g_setenv("MIBDIRS", ietf_dir, TRUE);
	snmp_disable_log();
	snmp_enable_calllog();
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, note_complaint,
	    NULL);
	netsnmp_ds_set_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_MIB_WARNINGS, 1);
	netsnmp_init_mib();
	if (read_mib(mib_file) == NULL)
		return -1;
	int module = which_module("VIRTCLUSTER-MIB");
	mib = find_tree_node("vclMIB", module);
	objects = find_tree_node("vclObjects", module);
	return mib == NULL || objects == NULL ? -1 : 0;
}

static int
forget_mib(void **data)
{
	shutdown_mib();
	snmp_unregister_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, note_complaint,
	    NULL, 0);
	snmp_disable_log();
	g_string_free(complaints, TRUE);
	return 0;
}

static int
skip_all(const char *reason)
{
	printf("1..0 # SKIP %s\n", reason);
	return 0;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parser_has_no_complaint),
		cmocka_unit_test(root_is_the_configured_one),
		cmocka_unit_test(every_column_has_its_object),
		cmocka_unit_test(every_object_has_its_column),
		cmocka_unit_test(syntaxes_agree),
		cmocka_unit_test(accesses_agree),
		cmocka_unit_test(labels_agree),
		cmocka_unit_test(ranges_agree),
		cmocka_unit_test(tables_and_indexes_agree),
		cmocka_unit_test(notifications_begin_alike),
		cmocka_unit_test(smilint_has_no_complaint),
	};
	const char *build = g_getenv("VCL_BUILDDIR");
	const char *ietf = find_ietf_dir();

	if (ietf == NULL)
		return skip_all("the IETF's MIBs are not here (see VCL_IETF_MIBS)");
	ietf_dir = g_strdup(ietf);
	mib_file = g_build_filename(build == NULL ? "." : build, "mibs", "VIRTCLUSTER-MIB",
	    NULL);
	int failed = cmocka_run_group_tests(tests, read_mib_file, forget_mib);
	g_free(ietf_dir);
	g_free(mib_file);
	return failed;
}
