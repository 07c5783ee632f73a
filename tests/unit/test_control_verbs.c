/* What the verbs of the control protocol answer, and rows of all tables as JSON. */
#include "tests/unit/control_fixture.h"

#include <sys/socket.h>
#include <unistd.h>

#include "agent/json.h"
#include "model/row_json.h"
#include "model/self.h"

/* --- JSON of cells */

/* Gives a column's field a value that is not absent; false when it has no field. */
static bool
set_field(const struct column *c, void *row)
{
	void *field = (char *)row + c->offset;

	switch (c->field) {
	case FIELD_NONE:
	case FIELD_SWITCH:
		return false;
	case FIELD_TEXT:
		*(const char **)field = "a \"text\"\n\\";
		break;
	case FIELD_I32:
		*(int32_t *)field = c->syntax == SYN_ENUM ? c->names[0].value : 1;
		break;
	case FIELD_U32:
		*(uint32_t *)field = 4000000000;
		break;
	case FIELD_I64:
		*(int64_t *)field = INT64_C(1784984532123456);
		break;
	case FIELD_U64:
		*(uint64_t *)field = UINT64_MAX - 1;
		break;
	case FIELD_MEBI:
		*(uint64_t *)field = UINT64_C(4000000000) << 20 | 12345;
		break;
	}
	return true;
}

static void
check_text(JsonNode *node, const struct column *c)
{
	assert_string_equal(json_node_get_string(node), "a \"text\"\n\\");
}

static void
check_enum(JsonNode *node, const struct column *c)
{
	assert_string_equal(json_node_get_string(node), c->names[0].name);
}

static void
check_bool(JsonNode *node, const struct column *c)
{
	assert_int_equal(json_node_get_value_type(node), G_TYPE_BOOLEAN);
	assert_true(json_node_get_boolean(node));
}

static void
check_unsigned(JsonNode *node, const struct column *c)
{
	assert_int_equal(json_node_get_value_type(node), G_TYPE_INT64);
	assert_int_equal(json_node_get_int(node),
	    c->field == FIELD_U64 ? G_MAXINT64 : 4000000000);
}

static void
check_signed(JsonNode *node, const struct column *c)
{
	assert_int_equal(json_node_get_int(node), 1);
}

static void
check_date(JsonNode *node, const struct column *c)
{
	assert_string_equal(json_node_get_string(node), "2026-07-25T13:02:12.123Z");
}

static void (*const checks[SYN_COUNT])(JsonNode *, const struct column *) = {
	[SYN_TEXT] = check_text,
	[SYN_ENUM] = check_enum,
	[SYN_ROW] = check_enum,
	[SYN_BOOL] = check_bool,
	[SYN_INT] = check_signed,
	[SYN_INDEX] = check_unsigned,
	[SYN_UNSIGNED] = check_unsigned,
	[SYN_GAUGE] = check_unsigned,
	[SYN_COUNTER] = check_unsigned,
	[SYN_DATE] = check_date,
};

static bool
is_that(const struct column *c, void *ctx)
{
	return c == ctx;
}

/* The row as JSON and back, with that one column only. */
static JsonObject *
through_json(const struct table *table, const struct column *c, const void *row)
{
	struct reading reading = { .now = g_get_monotonic_time() };
	g_autoptr(JsonBuilder) b = json_builder_new();

	json_builder_begin_object(b);
	row_json_add(b, table, &reading, row, is_that, (void *)c);
	json_builder_end_object(b);
	g_autofree char *text = json_text(b);
	assert_null(strchr(text, '\n'));
	g_autoptr(JsonNode) root = json_from_string(text, NULL);
	assert_non_null(root);
	return json_object_ref(json_node_get_object(root));
}

static void
check_cell(const struct table *table, const struct column *c)
{
	g_autofree void *row = g_malloc0(rows_size(table->rows));

	table_row_init(table->rows, row);
	if (!set_field(c, row))
		return;
	g_autoptr(JsonObject) full = through_json(table, c, row);
	JsonNode *node = json_object_get_member(full, c->name);
	if (checks[c->syntax] == NULL) {
		assert_null(node);
	} else {
		assert_non_null(node);
		checks[c->syntax](node, c);
	}
	table_row_init(table->rows, row);
	g_autoptr(JsonObject) empty = through_json(table, c, row);
	if (c->access != ACCESS_INDEX) /* which no row lacks */
		assert_int_equal(json_object_has_member(empty, c->name),
		    c->syntax == SYN_INDEX);
}

static void
every_cell_of_every_table(void **data)
{
	for (size_t t = 0; t < tables_n; t++) {
		TABLE_FOREACH_COLUMN (tables[t], c) {
			assert_in_range(c->syntax, SYN_NONE + 1, SYN_COUNT - 1);
			check_cell(tables[t], c);
		}
	}
}

static void
bad_utf8_does_not_get_through(void **data)
{
	struct vm vm;

	table_row_init(ROWS_VM, &vm);
	vm.name = "bad \xff name";
	TABLE_FOREACH_COLUMN (&vm_table, c) {
		if (c->syntax != SYN_TEXT || c->offset != offsetof(struct vm, name))
			continue;
		g_autoptr(JsonObject) o = through_json(&vm_table, c, &vm);
		assert_true(g_utf8_validate(json_object_get_string_member(o, c->name), -1,
		    NULL));
	}
}

/* --- verbs, without a socket file: a pair of ends is enough */

struct line {
	struct wire *here, *there;
	struct peer peer;
	atomic_bool stopping;
	struct control_session session;
};

static struct line *
line_new(struct fixture *f)
{
	struct line *l = g_new0(struct line, 1);
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	l->here = wire_new(ends[0], 1 << 20);
	l->there = wire_new(ends[1], 1 << 20);
	wire_set_timeout(l->here, 10000);
	l->session = (struct control_session){ &f->setup, &l->peer, l->there, &l->stopping };
	return l;
}

static void
line_free(struct line *l)
{
	wire_free(l->here);
	wire_free(l->there);
	g_free(l);
}
SCOPED_DEFINE(line, line_free)

/* The next line of the answer, which must be of that kind. */
static JsonObject *
next(struct line *l, const char *kind)
{
	GError *error = NULL;
	const char *text = wire_read_line(l->here, &error);

	if (text == NULL)
		fail_msg("no %s: %s", kind, error != NULL ? error->message : "the end");
	g_autoptr(JsonNode) root = json_from_string(text, NULL);
	assert_non_null(root);
	JsonObject *o = json_node_get_object(root);
	assert_int_equal(json_object_get_size(o), 1);
	if (!json_object_has_member(o, kind))
		fail_msg("wanted %s, got %s", kind, text);
	return json_object_ref(json_object_get_object_member(o, kind));
}

static void
pass_over(struct line *l, const char *kind)
{
	json_object_unref(next(l, kind));
}

static const char *
text_of(JsonObject *o, const char *key)
{
	return json_object_get_string_member_with_default(o, key, "(none)");
}

/* All that the cluster value knows, and nothing else. */
static void
status_has_all_scalars(void **data)
{
	struct fixture *f = *data;
	SCOPED(line) l = line_new(f);
	SCOPED(cluster) cluster = store_get(f->store);
	struct reading reading = { .cluster = cluster, .now = g_get_monotonic_time() };

	assert_true(control_answer(&l->session, "{\"verb\":\"status\"}"));
	g_autoptr(JsonObject) row = next(l, "row");
	pass_over(l, "end");
	TABLE_FOREACH_COLUMN (&cluster_table, c) {
		struct value v;
		column_read(c, &reading, cluster_info(cluster), &v);
		if (json_object_has_member(row, c->name) != (v.syntax != SYN_NONE))
			fail_msg("%s", c->name);
	}
	assert_true(json_object_has_member(row, "vclControlEnabled"));
	assert_true(json_object_has_member(row, "vclVmNumber"));
}

static const struct {
	const char *line;
	size_t rows;
} lists[] = {
	{ "{\"verb\":\"nodes\"}", 2 },
	{ "{\"verb\":\"vms\"}", 4 },
	{ "{\"verb\":\"jobs\"}", 1 },
	{ "{\"verb\":\"show\",\"kind\":\"vm\",\"name\":\"web1\"}", 1 },
	{ "{\"verb\":\"show\",\"kind\":\"node\",\"name\":\"beta\"}", 1 },
	{ "{\"verb\":\"show\",\"kind\":\"job\",\"name\":\"17\"}", 1 },
	{ "{\"verb\":\"graphs\"}", 3 },
	{ "{\"verb\":\"sources\"}", 3 },
	{ "{\"verb\":\"show\",\"kind\":\"cluster\"}", 1 },
	{ "{\"verb\":\"vcpus\"}", 1 },
	{ "{\"verb\":\"disks\"}", 2 },
	{ "{\"verb\":\"nics\"}", 1 },
	{ "{\"verb\":\"pools\"}", 3 },
	{ "{\"verb\":\"pool-nodes\"}", 4 },
	{ "{\"verb\":\"volumes\"}", 4 },
	{ "{\"verb\":\"alarms\"}", 1 },
	{ "{\"verb\":\"show\",\"kind\":\"disk\",\"name\":\"web1/vda\"}", 1 },
	{ "{\"verb\":\"show\",\"kind\":\"nic\",\"name\":\"52:54:00:00:00:01\"}", 1 },
	{ "{\"verb\":\"show\",\"kind\":\"vcpu\",\"name\":\"web1/0\"}", 1 },
	{ "{\"verb\":\"show\",\"kind\":\"pool\",\"name\":\"alpha/default\"}", 1 },
	{ "{\"verb\":\"show\",\"kind\":\"volume\",\"name\":\"shared/install.iso\"}", 1 },

	/* what belongs to something */
	{ "{\"verb\":\"vms\",\"node\":\"alpha\"}", 3 },
	{ "{\"verb\":\"vms\",\"node\":\"beta\"}", 1 },
	{ "{\"verb\":\"vcpus\",\"node\":\"beta\"}", 0 },
	{ "{\"verb\":\"disks\",\"vm\":\"web1\"}", 2 },
	{ "{\"verb\":\"disks\",\"vm\":\"db1\"}", 0 },
	{ "{\"verb\":\"disks\",\"node\":\"alpha\"}", 2 },
	{ "{\"verb\":\"disks\",\"pool\":\"alpha/default\"}", 1 },
	{ "{\"verb\":\"disks\",\"pool\":\"shared\"}", 0 },
	{ "{\"verb\":\"nics\",\"vm\":\"web1\",\"node\":\"alpha\"}", 1 },
	{ "{\"verb\":\"nics\",\"vm\":\"web1\",\"node\":\"beta\"}", 0 },
	{ "{\"verb\":\"pools\",\"node\":\"beta\"}", 2 },
	{ "{\"verb\":\"pool-nodes\",\"pool\":\"shared\"}", 2 },
	{ "{\"verb\":\"pool-nodes\",\"node\":\"alpha\"}", 2 },
	{ "{\"verb\":\"volumes\",\"pool\":\"alpha/default\"}", 2 },
	{ "{\"verb\":\"volumes\",\"node\":\"beta\"}", 2 },
	{ "{\"verb\":\"volumes\",\"vm\":\"web1\"}", 1 },
	{ "{\"verb\":\"jobs\",\"vm\":\"db1\"}", 0 },
	{ "{\"verb\":\"alarms\",\"node\":\"beta\"}", 1 },
	{ "{\"verb\":\"alarms\",\"node\":\"alpha\"}", 0 },
	{ "{\"verb\":\"alarms\",\"vm\":\"web1\"}", 0 },
	{ "{\"verb\":\"events\",\"pool\":\"shared\"}", 0 },
	{ "{\"verb\":\"apps\"}", 0 },
	{ "{\"verb\":\"apps\",\"node\":\"alpha\",\"vm\":\"web1\"}", 0 },

	/* by the value of a column */
	{ "{\"verb\":\"vms\",\"where\":{\"vclVmState\":[\"running\"]}}", 2 },
	{ "{\"verb\":\"vms\",\"where\":{\"vclVmState\":[\"running\",\"paused\"]}}", 3 },
	{ "{\"verb\":\"vms\",\"where\":{\"vclVmState\":[\"running\"],"
	  "\"vclVmName\":[\"db1\"]}}", 1 },
	{ "{\"verb\":\"vms\",\"where\":{\"vclVmState\":[]}}", 0 },
	{ "{\"verb\":\"vms\",\"where\":{}}", 4 },
	{ "{\"verb\":\"vms\",\"where\":{\"vclVmVcpus\":[\"1\"]}}", 4 },
	{ "{\"verb\":\"vms\",\"where\":{\"vclVmTitle\":[\"\"]}}", 0 }, /* absent */
	{ "{\"verb\":\"volumes\",\"where\":{\"vclVolumeOrphan\":[\"true\"]}}", 3 },
	{ "{\"verb\":\"volumes\",\"where\":{\"vclVolumeOrphan\":[\"false\"]}}", 1 },
	{ "{\"verb\":\"nodes\",\"where\":{\"vclNodeHealth\":[\"critical\"]}}", 1 },
};

static const struct {
	const char *line, *message;
} refusals[] = {
	{ "{\"verb\":\"show\",\"kind\":\"ship\",\"name\":\"x\"}",
	    "there is no such kind of object: ship (there are cluster, node, vm, vcpu, disk, nic, pool, "
	    "volume, app, job, alarm, template, backup)" },
	{ "{\"verb\":\"show\",\"kind\":\"vm\"}", "\"name\" is missing" },
	{ "{\"verb\":\"show\",\"kind\":\"app\",\"name\":\"web1\"}",
	    "no application is called \"web1\"" },
	{ "{\"verb\":\"vms\",\"app\":\"web1\"}", "rows of vclVmTable do not belong to an app" },
	{ "{\"verb\":\"poke\"}", "\"what\" is missing" },
	{ "{\"verb\":\"poke\",\"what\":\"moon\"}", "nobody can be poked but the \"cluster\"" },
	{ "{\"verb\":\"poke\",\"what\":\"cluster\"}",
	    "there is no cluster manager in the configuration" },
	{ "{\"verb\":\"show\",\"kind\":\"pool\",\"name\":\"default\"}",
	    "two pools are called \"default\": say " },
	{ "{\"verb\":\"disks\",\"vm\":\"nobody\"}", "no VM is called \"nobody\"" },
	{ "{\"verb\":\"show\",\"kind\":\"vm\",\"name\":1}", "there is no vm with the index 1" },
	{ "{\"verb\":\"show\",\"kind\":\"vm\",\"name\":0}", "\"name\" must be a number from 1 to " },
	{ "{\"verb\":\"show\",\"kind\":\"vm\",\"name\":true}", "\"name\" must be a string" },
	{ "{\"verb\":\"show\",\"kind\":\"vm\"}", "\"name\" is missing" },
	{ "{\"verb\":\"disks\",\"vm\":1}", "there is no vm with the index 1" },
	{ "{\"verb\":\"disks\",\"vm\":true}", "\"vm\" must be a string" },
	{ "{\"verb\":\"disks\",\"vm\":0}", "\"vm\" must be a number from 1 to " },
	{ "{\"verb\":\"nodes\",\"vm\":\"web1\"}",
	    "rows of vclNodeTable do not belong to a vm" },
	{ "{\"verb\":\"vms\",\"where\":[]}", "\"where\" must be an object" },
	{ "{\"verb\":\"vms\",\"where\":{\"vclVmState\":\"running\"}}",
	    "\"vclVmState\" must be an array of strings" },
	{ "{\"verb\":\"vms\",\"where\":{\"vclVmColour\":[]}}",
	    "vclVmTable has no column vclVmColour" },
	{ "{\"verb\":\"vms\",\"columns\":[\"vclNodeName\"]}",
	    "vclVmTable has no column vclNodeName" },
	{ "{\"verb\":\"vms\",\"where\":{\"vclVmName\":[],\"vclVmTitle\":[],\"vclVmUuid\":[],"
	  "\"vclVmState\":[],\"vclVmNode\":[],\"vclVmStale\":[],\"vclVmVcpus\":[],"
	  "\"vclVmHealth\":[],\"vclVmUptime\":[]}}", "\"where\" has more than 8 columns" },
	{ "{\"verb\":\"graph\",\"kind\":\"disk\",\"name\":\"web1/vda\"}",
	    "there are no graphs of that kind of object" },
	{ "{\"verb\":\"graph\",\"kind\":\"vcpu\",\"name\":\"web1/0\"}",
	    "there is no history of a vcpu" },
	{ "{\"verb\":\"series\",\"kind\":\"vm\",\"name\":\"web1\"}", "\"source\" is missing" },
	{ "{\"verb\":\"series\",\"kind\":\"vm\",\"name\":\"web1\",\"source\":\"colour\"}",
	    "there is no source colour" },
	{ "{\"verb\":\"series\",\"kind\":\"vm\",\"name\":\"web1\",\"source\":\"cpu\","
	  "\"resolution\":0}", "\"resolution\" must be a number from 1 to " },
	{ "{\"verb\":\"series\",\"kind\":\"vm\",\"name\":\"web1\",\"source\":\"cpu\","
	  "\"from\":9,\"to\":9}", "a graph must begin before it ends" },
};

static void
lists_have_their_rows(void **data)
{
	struct fixture *f = *data;
	SCOPED(line) l = line_new(f);

	fixture_set_job(f, JOB_FAILED, 0, "no such luck");
	fixture_wait_rows(f, ROWS_JOB, 1);
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
		assert_true(control_answer(&l->session, lists[i].line));
		for (size_t n = 0; n < lists[i].rows; n++)
			pass_over(l, "row");
		pass_over(l, "end");
	}
}

static void
what_makes_no_sense_is_refused(void **data)
{
	SCOPED(line) l = line_new(*data);

	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		assert_true(control_answer(&l->session, refusals[i].line));
		g_autoptr(JsonObject) error = next(l, "error");
		if (!g_str_has_prefix(text_of(error, "message"), refusals[i].message))
			fail_msg("%s: %s", refusals[i].line, text_of(error, "message"));
	}
}

/* By its index as a number an object cannot be mistaken. */
static void
objects_are_named_by_index(void **data)
{
	struct fixture *f = *data;
	SCOPED(line) l = line_new(f);
	SCOPED(cluster) cluster = store_get(f->store);
	uint32_t index = test_vm(cluster, "web1")->h.index;
	g_autofree char *line = g_strdup_printf(
	    "{\"verb\":\"disks\",\"vm\":%u,\"columns\":[\"vclVmIndex\",\"vclDiskName\"]}", index);

	assert_true(control_answer(&l->session, line));
	for (int i = 0; i < 2; i++) {
		g_autoptr(JsonObject) row = next(l, "row");
		assert_int_equal(json_object_get_size(row), 2);
		assert_int_equal(json_object_get_int_member(row, "vclVmIndex"), index);
	}
	pass_over(l, "end");
}

/* Both keys of a row of two keys are in it. */
static void
child_rows_have_their_keys(void **data)
{
	static const struct {
		const char *verb, *keys[2];
	} cases[] = {
		{ "vcpus", { "vclVmIndex", "vclVcpuIndex" } },
		{ "nics", { "vclVmIndex", "vclNicIndex" } },
		{ "pool-nodes", { "vclPoolIndex", "vclNodeIndex" } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(line) l = line_new(*data);
		g_autofree char *line = g_strdup_printf("{\"verb\":\"%s\"}", cases[i].verb);
		assert_true(control_answer(&l->session, line));
		g_autoptr(JsonObject) row = next(l, "row");
		for (int k = 0; k < 2; k++)
			assert_true(json_object_get_int_member(row, cases[i].keys[k]) > 0);
	}
}

static void
columns_can_be_chosen(void **data)
{
	SCOPED(line) l = line_new(*data);

	assert_true(control_answer(&l->session,
	    "{\"verb\":\"vms\",\"columns\":[\"vclVmName\",\"vclVmState\"]}"));
	for (int i = 0; i < 4; i++) {
		g_autoptr(JsonObject) row = next(l, "row");
		assert_int_equal(json_object_get_size(row), 2);
		assert_true(json_object_has_member(row, "vclVmName"));
	}
	pass_over(l, "end");
}

static void
submit_goes_through_the_door(void **data)
{
	struct fixture *f = *data;
	SCOPED(line) l = line_new(f);
	uint64_t accepted = atomic_load(&self.commands_accepted);

	assert_true(control_answer(&l->session,
	    "{\"verb\":\"submit\",\"words\":[\"poweroff\",\"web1\"]}"));
	assert_int_equal(atomic_load(&self.commands_accepted), accepted + 1);
	g_autoptr(JsonObject) row = next(l, "row");
	assert_string_equal(text_of(row, "vclJobState"), "waiting");
	g_autoptr(JsonObject) end = next(l, "end");
	assert_int_equal(json_object_get_int_member(end, "job"), FIXTURE_JOB);
	assert_int_equal(f->last.type, JOB_POWER_OFF);
	assert_int_equal(f->last.kind, OBJECT_VM);
	assert_int_equal(f->last.origin, ORIGIN_CLI);
	assert_string_equal(f->last.name, "web1");
	assert_string_equal(f->last.requester, "root"); /* the peer is zero */
	assert_string_equal(f->last.command, "");
}

static gpointer
follow(gpointer data)
{
	struct line *l = data;

	control_answer(&l->session, "{\"verb\":\"follow\",\"job\":17}");
	return NULL;
}

static void
follow_tells_every_change(void **data)
{
	static const struct {
		enum job_state state;
		uint32_t progress;
		const char *error;
		const char *name;
	} steps[] = {
		{ JOB_WAITING, 0, NULL, "waiting" },
		{ JOB_RUNNING, 0, NULL, "running" },
		{ JOB_RUNNING, 50, NULL, "running" },
		{ JOB_FAILED, 50, "the guest did not react", "failed" },
	};
	struct fixture *f = *data;
	SCOPED(line) l = line_new(f);
	GThread *thread = g_thread_new("follow", follow, l);

	/* asked for before there is a row of it */
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		fixture_set_job(f, steps[i].state, steps[i].progress, steps[i].error);
		g_autoptr(JsonObject) row = next(l, "row");
		assert_string_equal(text_of(row, "vclJobState"), steps[i].name);
		assert_int_equal(json_object_get_int_member(row, "vclJobProgress"),
		    steps[i].progress);
	}
	pass_over(l, "end");
	g_thread_join(thread);
}

static void
follow_ends_when_the_client_goes(void **data)
{
	struct fixture *f = *data;
	SCOPED(line) l = line_new(f);

	fixture_set_job(f, JOB_RUNNING, 0, NULL);
	GThread *thread = g_thread_new("follow", follow, l);
	pass_over(l, "row");
	int64_t start = g_get_monotonic_time();
	wire_shutdown(l->here);
	g_thread_join(thread);
	assert_true(g_get_monotonic_time() - start < 2 * G_USEC_PER_SEC);
}

static void
follow_of_nothing_ends(void **data)
{
	SCOPED(line) l = line_new(*data);

	assert_true(control_answer(&l->session, "{\"verb\":\"follow\",\"job\":99}"));
	g_autoptr(JsonObject) error = next(l, "error");
	assert_string_equal(text_of(error, "message"), "there is no job 99");
}

static void
cancel_is_passed_on(void **data)
{
	struct fixture *f = *data;
	SCOPED(line) l = line_new(f);

	fixture_set_job(f, JOB_RUNNING, 0, NULL);
	fixture_wait_rows(f, ROWS_JOB, 1);
	assert_true(control_answer(&l->session, "{\"verb\":\"cancel\",\"job\":17}"));
	pass_over(l, "end");
	assert_int_equal(atomic_load(&f->cancelled), 17);
}

/* --- order and parts of a listing */

static const struct {
	const char *members, *names;
	int found;
} ordered[] = {
	{ "\"sort\":\"vclVmName\"", "db1 web1 web2 web10", 4 },
	{ "\"sort\":\"vclVmName\",\"descending\":true", "web10 web2 web1 db1", 4 },
	{ "\"sort\":\"vclVmName\",\"offset\":1,\"limit\":2", "web1 web2", 4 },
	{ "\"sort\":\"vclVmName\",\"offset\":4", "", 4 },
	{ "\"sort\":\"vclVmName\",\"match\":\"WEB1\"", "web1 web10", 2 },
	{ "\"sort\":\"vclVmMemoryActual\",\"descending\":true,\"limit\":1", "web1", 4 },
	{ "\"match\":\"nothing like it\"", "", 0 },
	/* only in what is sent */
	{ "\"match\":\"0000-4000\"", "", 0 },
};

static void
a_listing_has_an_order(void **data)
{
	SCOPED(line) l = line_new(*data);

	for (size_t i = 0; i < G_N_ELEMENTS(ordered); i++) {
		g_autofree char *line = g_strdup_printf(
		    "{\"verb\":\"vms\",\"columns\":[\"vclVmName\"],%s}", ordered[i].members);
		g_autoptr(GString) names = g_string_new(NULL);
		assert_true(control_answer(&l->session, line));
		for (;;) {
			g_autofree char *answer = g_strdup(wire_read_line(l->here, NULL));
			g_autoptr(JsonNode) root = json_from_string(answer, NULL);
			JsonObject *o = json_node_get_object(root);
			if (!json_object_has_member(o, "row")) {
				assert_int_equal(ordered[i].found, json_object_get_int_member(
				    json_object_get_object_member(o, "end"), "found"));
				break;
			}
			g_string_append_printf(names, "%s%s", names->len > 0 ? " " : "",
			    text_of(json_object_get_object_member(o, "row"), "vclVmName"));
		}
		assert_string_equal(names->str, ordered[i].names);
	}
}

static void
a_graph_is_raw_bytes(void **data)
{
	struct fixture *f = *data;
	SCOPED(line) l = line_new(f);
	char picture[14];

	assert_true(control_answer(&l->session,
	    "{\"verb\":\"graph\",\"kind\":\"vm\",\"name\":\"web1\",\"graph\":\"cpu\","
	    "\"from\":1000,\"to\":2000,\"width\":400,\"height\":200,\"dark\":true,"
	    "\"format\":\"png\"}"));
	g_autoptr(JsonObject) head = next(l, "graph");
	assert_int_equal(json_object_get_int_member(head, "bytes"), 14);
	assert_string_equal(text_of(head, "format"), "png");
	assert_int_equal(json_object_get_int_member(head, "plot-left"), 40);
	assert_int_equal(json_object_get_int_member(head, "plot-width"), 340);
	assert_true(wire_read_bytes(l->here, picture, 14, NULL));
	assert_memory_equal(picture, "<svg>\n\0</svg>\n", 14);
	pass_over(l, "end");
	SCOPED(cluster) cluster = store_get(f->store);
	assert_string_equal(f->drawn_kind, "vm");
	assert_string_equal(f->drawn_identity, test_vm(cluster, "web1")->uuid);
	assert_int_equal(f->drawn.from, 1000);
	assert_int_equal(f->drawn.to, 2000);
	assert_int_equal(f->drawn.width, 400);
	assert_int_equal(f->drawn.height, 200);
	assert_true(f->drawn.dark && f->drawn.png);
}

/* A volume that is called like the index of another one: text is a name, a number an index. */
static void
a_number_is_an_index(void **data)
{
	struct fixture *f = *data;
	SCOPED(line) l = line_new(f);
	SCOPED(cluster) cluster = store_get(f->store);
	uint32_t index = test_vm(cluster, "web10")->h.index;
	g_autofree char *name = g_strdup_printf("%u", index);
	g_autofree char *as_text =
	    g_strdup_printf("{\"verb\":\"show\",\"kind\":\"vm\",\"name\":\"%u\"}", index);
	g_autofree char *as_number =
	    g_strdup_printf("{\"verb\":\"show\",\"kind\":\"vm\",\"name\":%u}", index);
	struct part *part = test_node_part("gamma", NODE_ONLINE);

	test_add_vm(part, name, 0x777, VM_RUNNING);
	store_publish(f->store, part, PUBLISH_NOW);
	fixture_wait_rows(f, ROWS_VM, 5);
	assert_true(control_answer(&l->session, as_text));
	g_autoptr(JsonObject) by_name = next(l, "row");
	assert_string_equal(text_of(by_name, "vclVmName"), name);
	pass_over(l, "end");
	assert_true(control_answer(&l->session, as_number));
	g_autoptr(JsonObject) by_index = next(l, "row");
	assert_string_equal(text_of(by_index, "vclVmName"), "web10");
	pass_over(l, "end");
}

/* beta, which was there, is away: its graph tells. */
static void
a_graph_tells_its_marks(void **data)
{
	struct fixture *f = *data;
	SCOPED(line) l = line_new(f);
	struct part *part = test_node_part("beta", NODE_ONLINE);

	store_publish(f->store, part, PUBLISH_NOW);
	fixture_wait_state(f, "beta", NODE_ONLINE);
	part = test_node_part("beta", NODE_UNREACHABLE);
	((struct node *)part->rows[ROWS_NODE]->pdata[0])->reason = "no route to host";
	store_publish(f->store, part, PUBLISH_NOW);
	fixture_wait_state(f, "beta", NODE_UNREACHABLE);
	assert_true(control_answer(&l->session,
	    "{\"verb\":\"graph\",\"kind\":\"node\",\"name\":\"beta\"}"));
	g_autoptr(JsonObject) head = next(l, "graph");
	JsonArray *marks = json_object_get_array_member(head, "marks");
	assert_int_equal(json_array_get_length(marks), f->drawn.marks_n);
	assert_true(f->drawn.marks_n >= 1);
	JsonObject *mark = json_array_get_object_element(marks, 0);
	assert_string_equal(text_of(mark, "what"), "node away");
	assert_string_equal(text_of(mark, "reason"), "no route to host");
	assert_true(json_object_get_int_member(mark, "time") <=
	    g_get_real_time() / G_USEC_PER_SEC);
}

static void
a_graph_is_of_the_last_hour(void **data)
{
	struct fixture *f = *data;
	SCOPED(line) l = line_new(f);

	assert_true(control_answer(&l->session,
	    "{\"verb\":\"graph\",\"kind\":\"node\",\"name\":\"alpha\"}"));
	pass_over(l, "graph");
	assert_int_equal(f->drawn.to - f->drawn.from, 3600);
	assert_true(g_get_real_time() / G_USEC_PER_SEC - f->drawn.to < 10);
	assert_true(!f->drawn.dark && !f->drawn.png && f->drawn.width == 0);
	f->setup.draw = NULL;
	assert_true(wire_read_bytes(l->here, (char[14]){ 0 }, 14, NULL));
	pass_over(l, "end");
	assert_true(control_answer(&l->session,
	    "{\"verb\":\"graph\",\"kind\":\"node\",\"name\":\"alpha\"}"));
	pass_over(l, "error");
}

/* Two VMs run on alpha: the one that uses more comes first. */
static void
a_graph_has_members(void **data)
{
	struct fixture *f = *data;
	SCOPED(line) l = line_new(f);
	SCOPED(cluster) cluster = store_get(f->store);
	struct member members[MEMBERS_MOST];
	const struct node *alpha = cluster_node_by_name(cluster, "alpha", NULL);
	size_t all = members_choose(cluster, 0, MEMBERS_CPU, members);

	assert_true(all > 0);
	size_t n = members_choose(cluster, alpha->h.index, MEMBERS_CPU, members);
	assert_in_range(n, 1, all);
	assert_true(control_answer(&l->session,
	    "{\"verb\":\"graph\",\"kind\":\"node\",\"name\":\"alpha\",\"graph\":\"cpu\"}"));
	pass_over(l, "graph");
	assert_int_equal(f->drawn.members_n, n);
	assert_string_equal(f->first_member, members[0].title);
}

static void
a_series_is_rows(void **data)
{
	struct fixture *f = *data;
	SCOPED(line) l = line_new(f);

	assert_true(control_answer(&l->session,
	    "{\"verb\":\"series\",\"kind\":\"vm\",\"name\":\"web1\",\"source\":\"cpu\","
	    "\"from\":600,\"to\":780,\"resolution\":60,\"max\":true}"));
	for (int i = 0; i < 3; i++) {
		g_autoptr(JsonObject) row = next(l, "row");
		assert_int_equal(json_object_get_int_member(row, "time"), 660 + 60 * i);
		if (i == 1)
			assert_true(json_object_get_null_member(row, "value"));
		else
			assert_float_equal(json_object_get_double_member(row, "value"),
			    i == 0 ? 1.5 : 3e9, 1e-9);
	}
	g_autoptr(JsonObject) end = next(l, "end");
	assert_int_equal(json_object_get_int_member(end, "step"), 60);
	assert_int_equal(f->read.from, 600);
	assert_int_equal(f->read.to, 780);
	assert_int_equal(f->read.step, 60);
	assert_true(f->read.max);
}

static int
set_up(void **data)
{
	*data = fixture_new();
	return 0;
}

#define VERB_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, fixture_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_of_every_table),
		cmocka_unit_test(bad_utf8_does_not_get_through),
		VERB_TEST(status_has_all_scalars),
		VERB_TEST(lists_have_their_rows),
		VERB_TEST(what_makes_no_sense_is_refused),
		VERB_TEST(objects_are_named_by_index),
		VERB_TEST(child_rows_have_their_keys),
		VERB_TEST(columns_can_be_chosen),
		VERB_TEST(submit_goes_through_the_door),
		VERB_TEST(follow_tells_every_change),
		VERB_TEST(follow_ends_when_the_client_goes),
		VERB_TEST(follow_of_nothing_ends),
		VERB_TEST(cancel_is_passed_on),
		VERB_TEST(a_listing_has_an_order),
		VERB_TEST(a_graph_is_raw_bytes),
		VERB_TEST(a_number_is_an_index),
		VERB_TEST(a_graph_tells_its_marks),
		VERB_TEST(a_graph_is_of_the_last_hour),
		VERB_TEST(a_graph_has_members),
		VERB_TEST(a_series_is_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
