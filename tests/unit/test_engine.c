/* The SNMP engine, without a master: every cell by GET, every walk, every refusal. */
#include "tests/unit/test.h"

#include "agent/engine.h"
#include "model/compose.h"
#include "model/switches.h"
#include "model/vm_mib.h"

/* --- a cluster value with holes: every third VM is shut off and knows no usage */

#define VMS 50

static struct part *parts[3];
static struct cluster *cluster;

/* Two vCPUs, a disk and a NIC; the second vCPU does not know where it may run. */
static void
add_devices(struct part *part, unsigned vm)
{
	for (uint32_t n = 1; n <= 2; n++) {
		struct vcpu *vcpu = part_add(part, ROWS_VCPU);
		vcpu->vm = vm;
		vcpu->h.sub = n;
		vcpu->name = "v";
		vcpu->time_ns = vm * 1000;
		vcpu->affinity = n == 1 ? "0-1,3" : NULL;
	}
	struct disk *disk = part_add(part, ROWS_DISK);
	disk->vm = vm;
	disk->h.sub = 5;
	disk->name = disk->target = "vda";
	disk->source = "/images/a";
	disk->format = "qcow2";
	struct nic *nic = part_add(part, ROWS_NIC);
	nic->vm = vm;
	nic->h.sub = 77;
	nic->mac = nic->name = "52:54:00:12:34:56";
}

static const struct mib *const mibs[] = { &virtcluster_mib, &vm_mib };

static int
setup(void **data)
{
	static const struct cluster_info info = {
		.name = "t", .version = "1", .backend = "none", .control = 1
	};

	parts[1] = test_node_part("alpha", NODE_ONLINE);
	((struct node *)parts[1]->rows[ROWS_NODE]->pdata[0])->cpus = 4;
	for (unsigned i = 0; i < VMS; i++) {
		g_autofree char *name = g_strdup_printf("vm%u", i);
		struct vm *vm = test_add_vm(parts[1], name, i,
		    i % 3 == 0 ? VM_SHUT_OFF : VM_RUNNING);
		if (i % 3 != 0)
			vm->cpu_ns = i;
		if (i % 3 != 0)
			add_devices(parts[1], i);
	}
	parts[2] = part_new("jobs", NULL);
	for (uint32_t i = 1; i <= 3; i++) {
		struct job *job = part_add(parts[2], ROWS_JOB);
		job->h.index = i * 10;
		job->object_name = "vm1";
		job->error = job->requester = job->argument = job->object_uuid = "";
	}
	struct compose_input in = {
		.parts = parts, .parts_n = 3, .info = &info, .now = 5, .wall = 6
	};
	cluster = compose(&in);
	return 0;
}

static int
teardown(void **data)
{
	cluster_unref(cluster);
	part_unref(parts[1]);
	part_unref(parts[2]);
	return 0;
}

static bool
same_value(const struct value *a, const struct value *b)
{
	if (a->syntax != b->syntax)
		return false;
	return a->syntax == SYN_TEXT ? strcmp(a->s, b->s) == 0 : a->u == b->u;
}

/* Cells of one column in one row: one, or those of its third index. */
static uint32_t
thirds_of(const struct table *table, const void *row)
{
	return table->keys == KEYS_THIRD ? table->thirds(cluster, row) : 1;
}

static void
cell_oid(const struct table *table, const struct column *c, const void *row, uint32_t third,
    struct engine_oid *out)
{
	engine_cell_oid(table, c, row, out);
	if (table->keys == KEYS_THIRD)
		out->arc[out->len++] = third;
}

typedef void cell_check(const struct mib *, const struct table *, const struct column *,
    const void *row, uint32_t third, void *ctx);

static void
each_cell(const struct mib *mib, cell_check *check, void *ctx)
{
	for (size_t t = 0; t < mib->tables_n; t++) {
		const struct table *table = mib->tables[t];
		const struct rows *rows = &cluster->rows[table->rows];
		TABLE_FOREACH_COLUMN (table, c) {
			for (size_t r = 0; r < rows->n; r++)
				for (uint32_t k = 1; k <= thirds_of(table, rows->row[r]); k++)
					check(mib, table, c, rows->row[r], k, ctx);
		}
	}
}

static void
collect(const struct mib *mib, const struct table *table, const struct column *c,
    const void *row, uint32_t third, void *ctx)
{
	struct reading reading = { cluster, 5, third };
	struct engine_oid oid = { .len = 0 };
	struct value value;

	if (c->access == ACCESS_INDEX)
		return;
	column_read(c, &reading, row, &value);
	cell_oid(table, c, row, third, &oid);
	if (value.syntax != SYN_NONE)
		g_array_append_vals(ctx, &oid, 1);
}

/* Every cell there is, in the order of OIDs, by brute force. */
static GArray *
all_cells(const struct mib *mib)
{
	GArray *cells = g_array_new(FALSE, FALSE, sizeof(struct engine_oid));

	each_cell(mib, collect, cells);
	return cells;
}

static void
check_column(const struct column *c)
{
	assert_true((c->access == ACCESS_WRITE) ==
	    (c->write != NULL || c->field == FIELD_SWITCH));
	assert_true((c->access == ACCESS_CREATE) == (c->fill != NULL));
	assert_true((c->field == FIELD_SWITCH) == (c->switch_id != 0));
	assert_true((c->syntax == SYN_ENUM || c->syntax == SYN_ROW) == (c->names != NULL));
	assert_true((c->field == FIELD_NONE) == (c->get != NULL));
	assert_true(c->series == NULL || strlen(c->series) <= 19);
}

static void
columns_and_tables_ascend(void **data)
{
	for (size_t m = 0; m < G_N_ELEMENTS(mibs); m++) {
		for (size_t t = 0; t < mibs[m]->tables_n; t++) {
			const struct table *table = mibs[m]->tables[t];
			for (size_t c = 1; c < table->columns_n; c++)
				assert_true(table->columns[c - 1].number <
				    table->columns[c].number);
			assert_true((table->keys == KEYS_THIRD) == (table->thirds != NULL));
			TABLE_FOREACH_COLUMN (table, c)
				check_column(c);
		}
	}
}

static void
check_get(const struct mib *mib, const struct table *table, const struct column *c,
    const void *row, uint32_t third, void *ctx)
{
	struct reading reading = { cluster, 5, third };
	struct engine_view view;
	struct engine_oid oid;
	struct value wanted, got;

	engine_view_init(&view, mib, cluster, 5);
	cell_oid(table, c, row, third, &oid);
	column_read(c, &reading, row, &wanted);
	enum engine_found found = engine_get(&view, oid.arc, oid.len, &got);
	if (c->access == ACCESS_INDEX)
		assert_int_equal(found, ENGINE_NO_OBJECT);
	else if (wanted.syntax == SYN_NONE)
		assert_int_equal(found, ENGINE_NO_INSTANCE);
	else
		assert_true(found == ENGINE_VALUE && same_value(&wanted, &got));
	*(size_t *)ctx += 1;
}

static void
get_answers_every_cell(void **data)
{
	for (size_t m = 0; m < G_N_ELEMENTS(mibs); m++) {
		size_t cells = 0;
		each_cell(mibs[m], check_get, &cells);
		assert_true(cells > VMS * vm_mib_vm_table.columns_n);
	}
}

static void
check_walk(const struct mib *mib)
{
	g_autoptr(GArray) cells = all_cells(mib);
	struct engine_view view;
	struct engine_oid at = { .len = 0 }, next;
	struct value value;
	size_t n = 0;

	engine_view_init(&view, mib, cluster, 5);
	while (engine_next(&view, at.arc, at.len, &next, &value)) {
		const struct engine_oid *wanted = &g_array_index(cells, struct engine_oid, n);
		assert_true(n < cells->len);
		assert_int_equal(next.len, wanted->len);
		assert_memory_equal(next.arc, wanted->arc, next.len * sizeof(uint32_t));
		at = next;
		n++;
	}
	assert_int_equal(n, cells->len);
}

static void
a_walk_is_all_cells_in_order(void **data)
{
	for (size_t m = 0; m < G_N_ELEMENTS(mibs); m++)
		check_walk(mibs[m]);
}

/* A GETNEXT from any OID, without the help of the one before. */
static void
check_from_anywhere(const struct mib *mib)
{
	g_autoptr(GArray) cells = all_cells(mib);

	for (size_t i = 0; i + 1 < cells->len; i++) {
		struct engine_oid at = g_array_index(cells, struct engine_oid, i), next;
		const struct engine_oid *wanted = &g_array_index(cells, struct engine_oid, i + 1);
		uint32_t longer[ENGINE_MAX_OID + 1];
		struct engine_view view;
		struct value value;
		engine_view_init(&view, mib, cluster, 5);
		memcpy(longer, at.arc, sizeof(at.arc));
		longer[at.len] = 0; /* behind the cell, before the next */
		assert_true(engine_next(&view, longer, at.len + 1, &next, &value));
		assert_memory_equal(next.arc, wanted->arc, next.len * sizeof(uint32_t));
		at.arc[at.len - 1]--; /* in front of the cell; may be another cell's OID */
		assert_true(engine_next(&view, at.arc, at.len, &next, &value));
	}
}

static void
next_from_anywhere(void **data)
{
	for (size_t m = 0; m < G_N_ELEMENTS(mibs); m++)
		check_from_anywhere(mibs[m]);
}

/* vmCpuAffinity: a third index that has no rows. */
static void
third_index_is_synthesised(void **data)
{
	static const int64_t wanted[] = { 1, 1, 2, 1 }; /* of "0-1,3" */
	uint32_t oid[] = { 1, 6, 1, 3, test_vm(cluster, "vm1")->h.index, 1, 0 };
	struct engine_view view;
	struct value value;

	engine_view_init(&view, &vm_mib, cluster, 5);
	assert_int_equal(engine_get(&view, oid, 7, &value), ENGINE_NO_INSTANCE);
	for (oid[6] = 1; oid[6] <= 4; oid[6]++) {
		assert_int_equal(engine_get(&view, oid, 7, &value), ENGINE_VALUE);
		assert_int_equal(value.i, wanted[oid[6] - 1]);
	}
	assert_int_equal(engine_get(&view, oid, 7, &value), ENGINE_NO_INSTANCE);
	assert_int_equal(engine_get(&view, oid, 6, &value), ENGINE_NO_INSTANCE);
	oid[5] = 2;
	oid[6] = 4;
	assert_int_equal(engine_get(&view, oid, 7, &value), ENGINE_VALUE);
	assert_int_equal(value.i, 0);
	oid[6] = UINT32_MAX;
	assert_int_equal(engine_get(&view, oid, 7, &value), ENGINE_NO_INSTANCE);
	engine_next(&view, oid, 7, &(struct engine_oid){ .len = 0 }, &value);
}

static void
both_ends_and_odd_oids(void **data)
{
	static const struct {
		uint32_t arc[8];
		size_t len;
		bool more;
		enum engine_found get;
	} cases[] = {
		{ { 0 },                          0, true,  ENGINE_NO_OBJECT   },
		{ { 0 },                          1, true,  ENGINE_NO_OBJECT   },
		{ { 1 },                          1, true,  ENGINE_NO_OBJECT   },
		{ { 1, 3 },                       2, true,  ENGINE_NO_OBJECT   },
		{ { 1, 3, 11 },                   3, true,  ENGINE_NO_OBJECT   },
		{ { 1, 3, 11, 1 },                4, true,  ENGINE_NO_OBJECT   },
		{ { 1, 3, 11, 1, 2 },             5, true,  ENGINE_NO_INSTANCE },
		{ { 1, 3, 11, 1, 2, 5 },          6, true,  ENGINE_NO_INSTANCE },
		{ { 1, 3, 11, 1, 2, UINT32_MAX }, 6, true,  ENGINE_NO_INSTANCE },
		{ { 1, 3, 11, 1, 999 },           5, true,  ENGINE_NO_OBJECT   },
		{ { 1, 3, 11, 2 },                4, true,  ENGINE_NO_OBJECT   },
		{ { 1, 1, 1 },                    3, true,  ENGINE_NO_INSTANCE },
		{ { 1, 1, 1, 0 },                 4, true,  ENGINE_VALUE       },
		{ { 1, 1, 1, 0, 0 },              5, true,  ENGINE_NO_INSTANCE },
		{ { 1, 1, 1, 1 },                 4, true,  ENGINE_NO_INSTANCE },
		{ { 1, 9, 11, 1, 2, UINT32_MAX }, 6, true,  ENGINE_NO_INSTANCE },
		{ { 1, 9, 15, 1, 5, UINT32_MAX }, 6, false, ENGINE_NO_INSTANCE },
		{ { 1, 9, 15, 1, 6 },             5, false, ENGINE_NO_OBJECT   },
		{ { 1, 9, 11, 1, 8, UINT32_MAX }, 6, true,  ENGINE_NO_INSTANCE },
		{ { 1, 9, 11, 1, 99 },            5, true,  ENGINE_NO_OBJECT   },
		{ { 1, 9, 12, 1, 2, UINT32_MAX }, 6, true,  ENGINE_NO_INSTANCE },
		{ { 1, 9, 12, 1, 3 },             5, true,  ENGINE_NO_OBJECT   },
		{ { 1, 99 },                      2, false, ENGINE_NO_OBJECT   },
		{ { 2 },                          1, false, ENGINE_NO_OBJECT   },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct engine_view view;
		struct engine_oid next;
		struct value value;
		engine_view_init(&view, &virtcluster_mib, cluster, 5);
		assert_int_equal(engine_get(&view, cases[i].arc, cases[i].len, &value),
		    cases[i].get);
		assert_int_equal(engine_next(&view, cases[i].arc, cases[i].len, &next, &value),
		    cases[i].more);
	}
}

/* --- SET: a door that keeps a book */

struct ticket {
	struct request request;
};

static GString *book;
static GError *refusal;

static struct ticket *
book_reserve(void *manager, const struct request *request, GError **error)
{
	g_string_append(book, "reserve ");
	if (refusal != NULL) {
		g_propagate_error(error, g_error_copy(refusal));
		return NULL;
	}
	struct ticket *ticket = g_new0(struct ticket, 1);
	ticket->request = *request;
	return ticket;
}

static uint32_t
book_commit(void *manager, struct ticket *ticket)
{
	g_string_append_printf(book, "commit:%s:%s ",
	    enum_to_name(job_type_names, ticket->request.type), ticket->request.name);
	return 17;
}

static void
book_settle(void *manager, struct ticket *ticket)
{
	g_string_append(book, "settle ");
	g_free(ticket);
}

static void
book_withdraw(void *manager, struct ticket *ticket)
{
	g_string_append(book, "withdraw ");
	g_free(ticket);
}

static const struct request_door door = {
	NULL, book_reserve, book_commit, book_settle, book_withdraw
};

static uint32_t
vm_index(const char *name)
{
	return test_vm(cluster, name)->h.index;
}

static struct engine_input
octets(const char *text)
{
	return (struct engine_input){ INPUT_OCTETS, 0, text, strlen(text) };
}

static void
bad_values_have_their_errors(void **data)
{
	g_autofree char *longest = g_strnfill(256, 'x');
	const uint32_t vm1 = vm_index("vm1");
	const struct {
		struct engine_oid oid;
		struct engine_input in;
		enum engine_error error;
	} cases[] = {
		/* vclVmAction */
		{ { { 1, 9, 11, 1, 1, vm1 }, 6 }, { INPUT_INTEGER, 4 }, ENGINE_OK },
		{ { { 1, 9, 11, 1, 1, vm1 }, 6 }, { INPUT_UNSIGNED, 4 }, ENGINE_WRONG_TYPE },
		{ { { 1, 9, 11, 1, 1, vm1 }, 6 }, octets("4"), ENGINE_WRONG_TYPE },
		{ { { 1, 9, 11, 1, 1, vm1 }, 6 }, { INPUT_OTHER }, ENGINE_WRONG_TYPE },
		{ { { 1, 9, 11, 1, 1, vm1 }, 6 }, { INPUT_INTEGER, 99 }, ENGINE_WRONG_VALUE },
		{ { { 1, 9, 11, 1, 1, vm1 }, 6 }, { INPUT_INTEGER, -1 }, ENGINE_WRONG_VALUE },
		{ { { 1, 9, 11, 1, 1, vm1 }, 6 }, { INPUT_INTEGER, 1 }, ENGINE_WRONG_VALUE },
		{ { { 1, 9, 11, 1, 1, 5 }, 6 }, { INPUT_INTEGER, 4 }, ENGINE_NO_CREATION },
		{ { { 1, 9, 11, 1, 1 }, 5 }, { INPUT_INTEGER, 4 }, ENGINE_NO_CREATION },
		{ { { 1, 9, 11, 1, 1, vm1, 0 }, 7 }, { INPUT_INTEGER, 4 }, ENGINE_NO_CREATION },
		/* vclVmKeys, vclVmSetVcpus, vclVmSetAutostart */
		{ { { 1, 9, 11, 1, 3, vm1 }, 6 }, octets("ctrl+alt+f2"), ENGINE_OK },
		{ { { 1, 9, 11, 1, 3, vm1 }, 6 }, { INPUT_INTEGER, 4 }, ENGINE_WRONG_TYPE },
		{ { { 1, 9, 11, 1, 4, vm1 }, 6 }, { INPUT_UNSIGNED, 2 }, ENGINE_OK },
		{ { { 1, 9, 11, 1, 4, vm1 }, 6 }, { INPUT_INTEGER, 2 }, ENGINE_WRONG_TYPE },
		{ { { 1, 9, 11, 1, 4, vm1 }, 6 }, { INPUT_UNSIGNED, -1 }, ENGINE_WRONG_VALUE },
		{ { { 1, 9, 11, 1, 6, vm1 }, 6 }, { INPUT_INTEGER, 2 }, ENGINE_OK },
		{ { { 1, 9, 11, 1, 6, vm1 }, 6 }, { INPUT_INTEGER, 0 }, ENGINE_WRONG_VALUE },
		{ { { 1, 9, 11, 1, 6, vm1 }, 6 }, { INPUT_INTEGER, 3 }, ENGINE_WRONG_VALUE },
		{ { { 1, 9, 11, 1, 6, vm1 }, 6 }, { INPUT_UNSIGNED, 1 }, ENGINE_WRONG_TYPE },
		/* vclVmLastJob, vclVmState, nothing at all */
		{ { { 1, 9, 11, 1, 2, vm1 }, 6 }, { INPUT_INTEGER, 4 }, ENGINE_NOT_WRITABLE },
		{ { { 1, 3, 11, 1, 5, vm1 }, 6 }, { INPUT_INTEGER, 4 }, ENGINE_NOT_WRITABLE },
		{ { { 1, 9, 11, 1, 77, vm1 }, 6 }, { INPUT_INTEGER, 4 }, ENGINE_NOT_WRITABLE },
		{ { { 0 }, 0 }, { INPUT_INTEGER, 4 }, ENGINE_NOT_WRITABLE },
		/* vclCommand */
		{ { { 1, 9, 3, 0 }, 4 }, octets("start vm3"), ENGINE_OK },
		{ { { 1, 9, 3, 0 }, 4 }, { INPUT_INTEGER, 4 }, ENGINE_WRONG_TYPE },
		{ { { 1, 9, 3, 0 }, 4 }, octets(longest), ENGINE_WRONG_LENGTH },
		{ { { 1, 9, 3, 0 }, 4 }, octets(""), ENGINE_WRONG_VALUE },
		{ { { 1, 9, 3, 0 }, 4 }, octets("explode vm1"), ENGINE_WRONG_VALUE },
		{ { { 1, 9, 3, 0 }, 4 }, octets("start"), ENGINE_WRONG_VALUE },
		{ { { 1, 9, 3, 0 }, 4 }, octets("start \xff"), ENGINE_WRONG_VALUE },
		{ { { 1, 9, 3, 0 }, 4 }, octets("start\nvm3"), ENGINE_WRONG_VALUE },
		{ { { 1, 9, 3, 0 }, 4 }, octets("start nobody"), ENGINE_INCONSISTENT_NAME },
		{ { { 1, 9, 3, 1 }, 4 }, octets("start vm3"), ENGINE_NO_CREATION },
	};
	struct engine_view view;

	engine_view_init(&view, &virtcluster_mib, cluster, 5);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		__attribute__((cleanup(engine_set_clear))) struct engine_set set = { 0 };
		g_autofree char *why = NULL;
		enum engine_error error = engine_set_check(&view, cases[i].oid.arc,
		    cases[i].oid.len, &cases[i].in, &set, &why);
		if (error != cases[i].error)
			print_error("case %zu: %d\n", i, error);
		assert_int_equal(error, cases[i].error);
		assert_true((error == ENGINE_OK) == (why == NULL));
	}
}

static void
control_off_writes_nothing(void **data)
{
	static const struct cluster_info info = { .name = "t", .version = "1", .backend = "" };
	struct compose_input in = { .parts = parts, .parts_n = 3, .info = &info };
	SCOPED(cluster) off = compose(&in);
	const uint32_t oid[] = { 1, 9, 3, 0 };
	struct engine_input text = octets("start vm3");
	struct engine_view view;
	__attribute__((cleanup(engine_set_clear))) struct engine_set set = { 0 };

	engine_view_init(&view, &virtcluster_mib, off, 5);
	engine_set_clear(&set);
	assert_int_equal(engine_set_check(&view, oid, 4, &text, &set, NULL), ENGINE_NOT_WRITABLE);
}

static void
phases_reach_the_door(void **data)
{
	const uint32_t oid[] = { 1, 9, 11, 1, 1, vm_index("vm1") };
	struct engine_input off = { INPUT_INTEGER, JOB_POWER_OFF };
	struct engine_view view;
	__attribute__((cleanup(engine_set_clear))) struct engine_set set = { 0 };

	engine_view_init(&view, &virtcluster_mib, cluster, 5);
	book = g_string_new(NULL);
	engine_set_clear(&set);
	assert_int_equal(engine_set_check(&view, oid, 6, &off, &set, NULL), ENGINE_OK);
	assert_string_equal(book->str, "");
	assert_int_equal(engine_set_reserve(&door, &set, NULL), ENGINE_OK);
	engine_set_commit(&door, &set);
	assert_int_equal(set.job, 17);
	engine_set_settle(&door, &set);
	engine_set_withdraw(&door, &set); /* too late: does nothing */
	assert_string_equal(book->str, "reserve commit:powerOff:vm1 settle ");
	assert_int_equal(set.request.origin, ORIGIN_SNMP);

	g_string_truncate(book, 0);
	engine_set_clear(&set);
	assert_int_equal(engine_set_check(&view, oid, 6, &off, &set, NULL), ENGINE_OK);
	assert_int_equal(engine_set_reserve(&door, &set, NULL), ENGINE_OK);
	engine_set_withdraw(&door, &set);
	engine_set_settle(&door, &set);
	assert_string_equal(book->str, "reserve withdraw ");
	g_string_free(book, TRUE);
}

static void
refusals_of_the_door_are_mapped(void **data)
{
	static const struct {
		enum request_error refusal;
		enum engine_error error;
	} cases[] = {
		{ REQUEST_BAD_VALUE,   ENGINE_WRONG_VALUE          },
		{ REQUEST_NO_OBJECT,   ENGINE_INCONSISTENT_NAME    },
		{ REQUEST_IMPOSSIBLE,  ENGINE_INCONSISTENT_VALUE   },
		{ REQUEST_BUSY,        ENGINE_INCONSISTENT_VALUE   },
		{ REQUEST_UNREACHABLE, ENGINE_RESOURCE_UNAVAILABLE },
		{ REQUEST_FULL,        ENGINE_RESOURCE_UNAVAILABLE },
		{ REQUEST_DISABLED,    ENGINE_NOT_WRITABLE         },
		{ REQUEST_DENIED,      ENGINE_NO_ACCESS            },
	};

	book = g_string_new(NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		__attribute__((cleanup(engine_set_clear))) struct engine_set set = { 0 };
		g_autofree char *why = NULL;
		refusal = g_error_new_literal(REQUEST_ERROR, cases[i].refusal, "no");
		assert_int_equal(engine_set_reserve(&door, &set, &why), cases[i].error);
		assert_string_equal(why, "no");
		g_clear_error(&refusal);
	}
	g_string_free(book, TRUE);
}

/* --- switches: no jobs, so the door hears nothing of them */

static void
switches_have_their_errors(void **data)
{
	static const struct {
		struct engine_oid oid;
		struct engine_input in;
		enum engine_error error;
	} cases[] = {
		{ { { 1, 9, 0 }, 3 }, { INPUT_INTEGER, 1 }, ENGINE_OK },
		{ { { 1, 9, 0 }, 3 }, { INPUT_INTEGER, 2 }, ENGINE_OK },
		{ { { 1, 9, 0 }, 3 }, { INPUT_INTEGER, 0 }, ENGINE_WRONG_VALUE },
		{ { { 1, 9, 0 }, 3 }, { INPUT_INTEGER, 3 }, ENGINE_WRONG_VALUE },
		{ { { 1, 9, 0 }, 3 }, { INPUT_UNSIGNED, 1 }, ENGINE_WRONG_TYPE },
		{ { { 1, 9, 0 }, 3 }, { INPUT_OCTETS }, ENGINE_WRONG_TYPE },
		{ { { 1, 9, 1 }, 3 }, { INPUT_INTEGER, 1 }, ENGINE_NO_CREATION },
		{ { { 1, 9 }, 2 }, { INPUT_INTEGER, 1 }, ENGINE_NO_CREATION },
		{ { { 1, 10, 0 }, 3 }, { INPUT_INTEGER, 2 }, ENGINE_OK },
		{ { { 1, 10, 0 }, 3 }, { INPUT_INTEGER, 1 }, ENGINE_WRONG_VALUE },
		{ { { 1, 2, 0 }, 3 }, { INPUT_INTEGER, 1 }, ENGINE_NOT_WRITABLE },
	};
	struct engine_view view;

	engine_view_init(&view, &vm_mib, cluster, 5);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		__attribute__((cleanup(engine_set_clear))) struct engine_set set = { 0 };
		g_autofree char *why = NULL;
		enum engine_error error = engine_set_check(&view, cases[i].oid.arc,
		    cases[i].oid.len, &cases[i].in, &set, &why);
		if (error != cases[i].error)
			print_error("case %zu: %d\n", i, error);
		assert_int_equal(error, cases[i].error);
	}
	assert_int_equal(switches_get(SWITCH_VM_MIB), 0);
}

/* Those of our own: an enumeration, a number, a row for each type. */
static void
switches_of_notifications(void **data)
{
	static const struct {
		struct engine_oid oid;
		struct engine_input in;
		enum engine_error error;
		unsigned id;
	} cases[] = {
		{ { { 1, 9, 5, 0 }, 4 }, { INPUT_INTEGER, 3 }, ENGINE_OK, SWITCH_MIN_SEVERITY },
		{ { { 1, 9, 5, 0 }, 4 }, { INPUT_INTEGER, 0 }, ENGINE_WRONG_VALUE, 0 },
		{ { { 1, 9, 5, 0 }, 4 }, { INPUT_INTEGER, 4 }, ENGINE_WRONG_VALUE, 0 },
		{ { { 1, 9, 5, 0 }, 4 }, { INPUT_UNSIGNED, 2 }, ENGINE_WRONG_TYPE, 0 },
		{ { { 1, 9, 6, 0 }, 4 }, { INPUT_UNSIGNED, 86400 }, ENGINE_OK, SWITCH_HEARTBEAT },
		{ { { 1, 9, 6, 0 }, 4 }, { INPUT_UNSIGNED, 86401 }, ENGINE_WRONG_VALUE, 0 },
		{ { { 1, 9, 6, 0 }, 4 }, { INPUT_INTEGER, 5 }, ENGINE_WRONG_TYPE, 0 },
		{ { { 1, 9, 7, 0 }, 4 }, { INPUT_UNSIGNED, 0 }, ENGINE_OK, SWITCH_RATE },
		{ { { 1, 9, 7, 0 }, 4 }, { INPUT_UNSIGNED, UINT32_MAX }, ENGINE_WRONG_VALUE, 0 },
		{ { { 1, 9, 7, 1 }, 4 }, { INPUT_UNSIGNED, 1 }, ENGINE_NO_CREATION, 0 },
		{ { { 1, 9, 15, 1, 3, 3 }, 6 }, { INPUT_INTEGER, 2 }, ENGINE_OK,
		    SWITCH_NOTIFY + NOTIFY_JOB_FINISHED },
		{ { { 1, 9, 15, 1, 3, 3 }, 6 }, { INPUT_INTEGER, 0 }, ENGINE_WRONG_VALUE, 0 },
		{ { { 1, 9, 15, 1, 3, 3 }, 6 }, { INPUT_OCTETS }, ENGINE_WRONG_TYPE, 0 },
		{ { { 1, 9, 15, 1, 3, 5 }, 6 }, { INPUT_INTEGER, 2 }, ENGINE_OK,
		    SWITCH_NOTIFY + NOTIFY_APP_STATE },
		{ { { 1, 9, 15, 1, 3, 0 }, 6 }, { INPUT_INTEGER, 2 }, ENGINE_NO_CREATION, 0 },
		{ { { 1, 9, 15, 1, 3, 12 }, 6 }, { INPUT_INTEGER, 2 }, ENGINE_NO_CREATION, 0 },
		{ { { 1, 9, 15, 1, 4, 3 }, 6 }, { INPUT_UNSIGNED, 2 }, ENGINE_NOT_WRITABLE, 0 },
	};
	struct engine_view view;

	engine_view_init(&view, &virtcluster_mib, cluster, 5);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		__attribute__((cleanup(engine_set_clear))) struct engine_set set = { 0 };
		g_autofree char *why = NULL;
		engine_set_clear(&set);
		assert_int_equal(engine_set_check(&view, cases[i].oid.arc, cases[i].oid.len,
		    &cases[i].in, &set, &why), cases[i].error);
		assert_int_equal(set.switch_id, cases[i].id);
		assert_true((why == NULL) == (cases[i].error == ENGINE_OK));
	}
}

/* No notification for many VMs at once: the log has to say why. */
static void
bulk_notifications_are_refused_with_a_reason(void **data)
{
	static const uint32_t oid[] = { 1, 10, 0 };
	static const struct engine_input on = { INPUT_INTEGER, 1 };
	struct engine_view view;
	__attribute__((cleanup(engine_set_clear))) struct engine_set set = { 0 };
	g_autofree char *why = NULL;

	engine_view_init(&view, &vm_mib, cluster, 5);
	engine_set_clear(&set);
	assert_int_equal(engine_set_check(&view, oid, 3, &on, &set, &why),
	    ENGINE_WRONG_VALUE);
	assert_non_null(strstr(why, "bulk notifications are not implemented"));
}

static void
switches_go_through_the_phases(void **data)
{
	static const uint32_t oid[] = { 1, 9, 0 };
	static const struct engine_input on = { INPUT_INTEGER, 1 };
	struct engine_view view;
	__attribute__((cleanup(engine_set_clear))) struct engine_set set = { 0 };
	struct value value;

	engine_view_init(&view, &vm_mib, cluster, 5);
	engine_set_clear(&set);
	assert_int_equal(engine_set_check(&view, oid, 3, &on, &set, NULL), ENGINE_OK);
	assert_int_equal(engine_set_reserve(&door, &set, NULL), ENGINE_OK);
	engine_set_withdraw(&door, &set); /* FREE: nothing was changed yet */
	assert_int_equal(switches_get(SWITCH_VM_MIB), 0);
	engine_set_commit(&door, &set);
	assert_int_equal(engine_get(&view, oid, 3, &value), ENGINE_VALUE);
	assert_true(value.syntax == SYN_BOOL && value.i == 1);
	engine_set_withdraw(&door, &set); /* UNDO */
	assert_int_equal(switches_get(SWITCH_VM_MIB), 0);
	engine_set_commit(&door, &set);
	engine_set_settle(&door, &set);
	engine_set_withdraw(&door, &set); /* too late */
	assert_int_equal(switches_set(SWITCH_VM_MIB, 0), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_and_tables_ascend),
		cmocka_unit_test(get_answers_every_cell),
		cmocka_unit_test(a_walk_is_all_cells_in_order),
		cmocka_unit_test(next_from_anywhere),
		cmocka_unit_test(third_index_is_synthesised),
		cmocka_unit_test(both_ends_and_odd_oids),
		cmocka_unit_test(bad_values_have_their_errors),
		cmocka_unit_test(control_off_writes_nothing),
		cmocka_unit_test(phases_reach_the_door),
		cmocka_unit_test(refusals_of_the_door_are_mapped),
		cmocka_unit_test(switches_have_their_errors),
		cmocka_unit_test(switches_of_notifications),
		cmocka_unit_test(bulk_notifications_are_refused_with_a_reason),
		cmocka_unit_test(switches_go_through_the_phases),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
