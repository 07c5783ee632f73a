/* compose(): indexes, order, sharing, duplicates, usage. */
#include "tests/unit/test.h"

#include "model/compose.h"
#include "model/derive.h"
#include "model/state.h"

static const struct cluster_info info = { .name = "t", .version = "1", .backend = "none" };

static struct cluster *
compose_parts(const struct cluster *previous, struct part **parts, size_t n)
{
	struct compose_input in = {
		.previous = previous,
		.parts = parts,
		.parts_n = n,
		.info = &info,
		.now = g_get_monotonic_time(),
		.wall = g_get_real_time(),
	};

	return compose(&in);
}

static void
assert_sorted(const struct rows *rows)
{
	for (size_t i = 1; i < rows->n; i++) {
		const struct row_head *a = rows->row[i - 1], *b = rows->row[i];
		assert_true(a->index < b->index || (a->index == b->index && a->sub < b->sub));
	}
}

static void
empty_cluster_answers_scalars(void **data)
{
	SCOPED(cluster) empty = cluster_new_empty();

	assert_int_equal(cluster_info(empty)->nodes, 0);
	assert_int_equal(empty->rows[ROWS_COMMAND].n, 1);
	assert_null(cluster_vm(empty, 1));
}

static void
indexes_are_derived_from_identity(void **data)
{
	SCOPED(part) a = test_node_part("alpha", NODE_ONLINE);
	struct part *parts[] = { NULL, a };

	test_add_vm(a, "web1", 1, VM_RUNNING);
	SCOPED(cluster) c = compose_parts(NULL, parts, 2);
	const struct vm *vm = test_vm(c, "web1");
	assert_int_equal(vm->h.index, state_hash_index(OBJECT_VM, vm->uuid));
	assert_int_equal(vm->node, state_hash_index(OBJECT_NODE, "alpha"));
	assert_string_equal(vm->node_name, "alpha");
	assert_ptr_equal(cluster_vm(c, vm->h.index), vm);
}

static void
many_rows_are_sorted_and_unique(void **data)
{
	struct part *parts[10] = { NULL };

	for (unsigned h = 1; h < 10; h++) {
		g_autofree char *name = g_strdup_printf("h%u", h);
		parts[h] = test_node_part(name, NODE_ONLINE);
		for (unsigned v = 0; v < 200; v++)
			test_add_vm(parts[h], "x", h * 1000 + v, VM_RUNNING);
	}
	SCOPED(cluster) c = compose_parts(NULL, parts, 10);
	assert_int_equal(c->rows[ROWS_VM].n, 1800);
	assert_sorted(&c->rows[ROWS_VM]);
	assert_sorted(&c->rows[ROWS_NODE]);
	assert_int_equal(cluster_info(c)->vms_running, 1800);

	/* one host hands in another part, one retires */
	struct part *old = parts[3], *gone = parts[4];
	parts[3] = test_node_part("h3", NODE_ONLINE);
	test_add_vm(parts[3], "x", 3007, VM_RUNNING);
	parts[4] = NULL;
	SCOPED(cluster) d = compose_parts(c, parts, 10);
	assert_int_equal(d->rows[ROWS_VM].n, 1401);
	assert_sorted(&d->rows[ROWS_VM]);
	assert_true(d->rows[ROWS_VM].changed_us > c->rows[ROWS_VM].changed_us);
	part_unref(old);
	part_unref(gone);
	for (size_t h = 1; h < 10; h++)
		part_unref(parts[h]);
}

static void
unchanged_rows_are_shared(void **data)
{
	SCOPED(part) a = test_node_part("alpha", NODE_ONLINE);
	SCOPED(part) b = test_node_part("beta", NODE_ONLINE);
	SCOPED(part) b2 = test_node_part("beta", NODE_ONLINE);
	struct part *parts[] = { NULL, a, b };

	test_add_vm(a, "web1", 1, VM_RUNNING);
	test_add_vm(b, "web2", 2, VM_RUNNING);
	test_add_vm(b2, "web2", 2, VM_PAUSED);
	SCOPED(cluster) c = compose_parts(NULL, parts, 3);
	parts[2] = b2;
	SCOPED(cluster) d = compose_parts(c, parts, 3);
	assert_ptr_equal(test_vm(c, "web1"), test_vm(d, "web1"));
	assert_ptr_not_equal(test_vm(c, "web2"), test_vm(d, "web2"));
	assert_int_equal(c->rows[ROWS_VM].changed_us, d->rows[ROWS_VM].changed_us);
	assert_int_equal(d->generation, c->generation + 1);
}

/* Which of two nodes tells the truth about a VM that both know. */
static void
one_row_for_a_vm_on_two_nodes(void **data)
{
	static const struct {
		enum vm_state a, b;
		enum node_state node_a, node_b;
		const char *winner;
		bool duplicate;
	} cases[] = {
		{ VM_RUNNING,  VM_SHUT_OFF, NODE_ONLINE,      NODE_ONLINE,      "alpha", false },
		{ VM_SHUT_OFF, VM_RUNNING,  NODE_ONLINE,      NODE_ONLINE,      "beta",  false },
		{ VM_PAUSED,   VM_RUNNING,  NODE_ONLINE,      NODE_ONLINE,      "beta",  false },
		{ VM_RUNNING,  VM_PAUSED,   NODE_ONLINE,      NODE_ONLINE,      "alpha", false },
		{ VM_SHUT_OFF, VM_SHUT_OFF, NODE_UNREACHABLE, NODE_ONLINE,      "beta",  false },
		{ VM_RUNNING,  VM_SHUT_OFF, NODE_UNREACHABLE, NODE_ONLINE,      "alpha", false },
		{ VM_RUNNING,  VM_RUNNING,  NODE_UNREACHABLE, NODE_ONLINE,      "beta",  false },
		{ VM_RUNNING,  VM_RUNNING,  NODE_ONLINE,      NODE_ONLINE,      "alpha", true  },
		{ VM_CRASHED,  VM_PAUSED,   NODE_ONLINE,      NODE_ONLINE,      "beta",  false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(part) a = test_node_part("alpha", cases[i].node_a);
		SCOPED(part) b = test_node_part("beta", cases[i].node_b);
		struct part *parts[] = { NULL, a, b };
		test_add_vm(a, "web1", 1, cases[i].a);
		test_add_vm(b, "web1", 1, cases[i].b);
		SCOPED(cluster) c = compose_parts(NULL, parts, 3);
		assert_int_equal(c->rows[ROWS_VM].n, 1);
		const struct vm *vm = test_vm(c, "web1");
		assert_string_equal(vm->node_name, cases[i].winner);
		assert_int_equal(vm->duplicate != 0, cases[i].duplicate);
	}
}

static void
a_tie_stays_where_it_was(void **data)
{
	SCOPED(part) a = test_node_part("alpha", NODE_ONLINE);
	SCOPED(part) b = test_node_part("beta", NODE_ONLINE);
	SCOPED(part) a2 = test_node_part("alpha", NODE_ONLINE);
	struct part *only_b[] = { NULL, NULL, b }, *both[] = { NULL, a2, b };

	test_add_vm(b, "web1", 1, VM_SHUT_OFF);
	test_add_vm(a2, "web1", 1, VM_SHUT_OFF);
	SCOPED(cluster) c = compose_parts(NULL, only_b, 3);
	SCOPED(cluster) d = compose_parts(c, both, 3);
	assert_string_equal(test_vm(d, "web1")->node_name, "beta");
}

static void
a_moved_vm_remembers_its_last_node(void **data)
{
	SCOPED(part) a = test_node_part("alpha", NODE_ONLINE);
	SCOPED(part) a2 = test_node_part("alpha", NODE_ONLINE);
	SCOPED(part) b = test_node_part("beta", NODE_ONLINE);
	struct part *parts[] = { NULL, a, NULL }, *after[] = { NULL, a2, b };

	test_add_vm(a, "web1", 1, VM_RUNNING);
	test_add_vm(b, "web1", 1, VM_RUNNING);
	SCOPED(cluster) c = compose_parts(NULL, parts, 3);
	SCOPED(cluster) d = compose_parts(c, after, 3);
	const struct vm *was = test_vm(c, "web1"), *is = test_vm(d, "web1");
	assert_int_equal(was->h.index, is->h.index);
	assert_int_equal(is->last_node, was->node);
	assert_string_equal(is->node_name, "beta");
	assert_int_equal(is->cpu_usage, ABSENT_U32);
}

/* Stolen time is busy, waiting for I/O is idle; who counts changes in the last two. */
static void
usage_of_a_node(void **data)
{
	static const struct {
		uint64_t user, idle, iowait, steal;
		uint32_t usage;
		bool anew;
	} cases[] = {
		{ 1000, 1000, 0, 0, ABSENT_U32, true },
		{ 1100, 1200, 50, 50, 3750, false },
		{ 1100, 1200, 50, 50, 3750, false }, /* no new sample */
		{ 1110, 1210, 50, ABSENT_U64, ABSENT_U32, true },
		{ 1120, 1220, 50, 90, ABSENT_U32, true },
		{ 1130, 1250, 50, 90, 2500, false },
	};
	SCOPED(cluster) before = NULL;
	int64_t since = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(part) part = test_node_part("alpha", NODE_ONLINE);
		struct part *in[] = { NULL, part };
		struct node *node = part->rows[ROWS_NODE]->pdata[0];
		node->cpu_system_ms = 0;
		node->cpu_user_ms = cases[i].user;
		node->cpu_idle_ms = cases[i].idle;
		node->cpu_iowait_ms = cases[i].iowait;
		node->cpu_steal_ms = cases[i].steal;
		struct cluster *c = compose_parts(before, in, 2);
		const struct node *shown = c->rows[ROWS_NODE].row[0];
		assert_int_equal(shown->cpu_usage, cases[i].usage);
		assert_int_equal(shown->discontinuity_us != since, cases[i].anew);
		since = shown->discontinuity_us;
		if (before != NULL)
			cluster_unref(before);
		before = c;
		g_usleep(1000);
	}
}

static void
usage_survives_a_quick_look(void **data)
{
	struct part *parts[4];
	struct cluster *c[4] = { NULL };
	const uint64_t counted[] = { 1000000, 2000000, 2000000, 3000000 };
	const uint64_t ns[] = { 0, 500000000, 500000000, 750000000 };
	const uint32_t usage[] = { ABSENT_U32, 5000, 5000, 2500 };

	for (size_t i = 0; i < 4; i++) {
		parts[i] = test_node_part("alpha", NODE_ONLINE);
		struct vm *vm = test_add_vm(parts[i], "web1", 1, VM_RUNNING);
		vm->cpu_ns = ns[i];
		vm->counted_us = (int64_t)counted[i];
		struct part *in[] = { NULL, parts[i] };
		c[i] = compose_parts(i == 0 ? NULL : c[i - 1], in, 2);
		assert_int_equal(test_vm(c[i], "web1")->cpu_usage, usage[i]);
	}
	for (size_t i = 0; i < 4; i++) {
		part_unref(parts[i]);
		cluster_unref(c[i]);
	}
}

static void
nodes_sum_their_vms(void **data)
{
	SCOPED(part) a = test_node_part("alpha", NODE_ONLINE);
	struct part *parts[] = { NULL, a };

	test_add_vm(a, "web1", 1, VM_RUNNING);
	test_add_vm(a, "web2", 2, VM_PAUSED);
	test_add_vm(a, "web3", 3, VM_SHUT_OFF);
	SCOPED(cluster) c = compose_parts(NULL, parts, 2);
	const struct node *node = cluster_node_by_name(c, "alpha", NULL);
	assert_int_equal(node->vms_defined, 3);
	assert_int_equal(node->vms_running, 1);
	assert_int_equal(node->vcpus_allocated, 2);
	assert_int_equal(node->mem_allocated, 256);
	assert_int_equal(cluster_info(c)->vms_paused, 1);
}

static void
names_that_people_use(void **data)
{
	SCOPED(part) a = test_node_part("alpha", NODE_ONLINE);
	struct part *parts[] = { NULL, a };
	g_autoptr(GError) error = NULL;

	test_add_vm(a, "web1", 1, VM_RUNNING);
	test_add_vm(a, "twin", 2, VM_RUNNING);
	test_add_vm(a, "twin", 3, VM_RUNNING);
	SCOPED(cluster) c = compose_parts(NULL, parts, 2);
	const struct vm *vm = test_vm(c, "web1");
	g_autofree char *index = g_strdup_printf("%u", vm->h.index);
	assert_ptr_equal(test_vm(c, vm->uuid), vm);
	assert_ptr_equal(test_vm(c, index), vm);
	assert_null(cluster_vm_by_name(c, "twin", &error));
	assert_non_null(strstr(error->message, "000000000002 (on alpha)"));
	g_clear_error(&error);
	assert_null(cluster_vm_by_name(c, "nobody", &error));
	assert_string_equal(error->message, "no VM is called \"nobody\"");
}

static void
last_job_of_an_object(void **data)
{
	SCOPED(part) jobs = part_new("jobs", NULL);
	struct part *parts[] = { NULL, jobs };
	static const uint32_t objects[] = { 7, 9, 7, 8, 7 };

	for (uint32_t i = 0; i < G_N_ELEMENTS(objects); i++) {
		struct job *job = part_add(jobs, ROWS_JOB);
		job->h.index = i + 1;
		job->kind = OBJECT_VM;
		job->object = objects[i];
		job->state = JOB_RUNNING;
	}
	SCOPED(cluster) c = compose_parts(NULL, parts, 2);
	assert_int_equal(cluster_last_job(c, OBJECT_VM, 7)->h.index, 5);
	assert_int_equal(cluster_last_job(c, OBJECT_VM, 8)->h.index, 4);
	assert_null(cluster_last_job(c, OBJECT_VM, 10));
	assert_null(cluster_last_job(c, OBJECT_NODE, 7));
	assert_int_equal(cluster_info(c)->jobs_running, 5);
}

/* A node's two figures as a manager reads them; -1: absent. */
static int64_t
node_figure(const struct cluster *c, const char *node, const char *column)
{
	struct reading reading = { c, g_get_monotonic_time() };
	struct value value = { SYN_NONE };

	column_read(table_column(&node_table, column), &reading,
	    cluster_node_by_name(c, node, NULL), &value);
	return value.syntax == SYN_NONE ? -1 : (int64_t)value.u;
}

static void
migrations_are_counted_at_both_ends(void **data)
{
	static const struct {
		enum vm_state a_state;
		int32_t a, b; /* enum vm_migration */
		enum node_state target;
		int64_t a_out, b_in;
	} cases[] = {
		{ VM_RUNNING, VM_STAYS, VM_COMES, NODE_ONLINE, 1, 1 },
		{ VM_PAUSED, VM_GOES, VM_COMES, NODE_ONLINE, 1, 1 }, /* not twice */
		{ VM_PAUSED, VM_GOES, VM_STAYS, NODE_ONLINE, 1, 0 },
		{ VM_SHUT_OFF, VM_STAYS, VM_COMES, NODE_ONLINE, 0, 1 },
		{ VM_RUNNING, VM_STAYS, VM_STAYS, NODE_ONLINE, 0, 0 },
		{ VM_RUNNING, VM_STAYS, VM_COMES, NODE_UNREACHABLE, 0, -1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(part) a = test_node_part("alpha", NODE_ONLINE);
		SCOPED(part) b = test_node_part("beta", cases[i].target);
		struct part *parts[] = { NULL, a, b };
		test_add_vm(a, "web1", 1, cases[i].a_state)->migration = cases[i].a;
		test_add_vm(b, "web1", 1, VM_PAUSED)->migration = cases[i].b;
		test_add_vm(b, "web2", 2, VM_RUNNING);
		SCOPED(cluster) c = compose_parts(NULL, parts, 3);
		assert_int_equal(node_figure(c, "alpha", "vclNodeMigrationsOut"),
		    cases[i].a_out);
		assert_int_equal(node_figure(c, "alpha", "vclNodeMigrationsIn"), 0);
		assert_int_equal(node_figure(c, "beta", "vclNodeMigrationsIn"),
		    cases[i].b_in);
		assert_int_equal(node_figure(c, "beta", "vclNodeMigrationsOut"),
		    cases[i].target == NODE_ONLINE ? 0 : -1);
	}
}

static void
graphs_have_a_link_when_there_is_a_page(void **data)
{
	static const struct {
		const char *url, *want;
	} cases[] = {
		{ "", NULL },
		{ "https://vc/", "https://vc/vm/00000000-0000-4000-8000-000000000001" },
		{ "https://vc", "https://vc/vm/00000000-0000-4000-8000-000000000001" },
		{ "", NULL },
	};
	SCOPED(part) a = test_node_part("alpha", NODE_ONLINE);
	struct part *parts[] = { NULL, a };
	struct cluster *previous = NULL;

	test_add_vm(a, "web1", 1, VM_RUNNING);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct cluster_info changed = info;
		changed.web_url = cases[i].url;
		struct compose_input in = { .previous = previous, .parts = parts,
			.parts_n = 2, .info = &changed, .now = 7 };
		struct cluster *c = compose(&in);
		const char *link = cluster_vm_graphs(c, test_vm(c, "web1"));
		assert_true(g_strcmp0(link, cases[i].want) == 0);
		cluster_unref(previous);
		previous = c;
	}
	cluster_unref(previous);
}

/* --- a live migration, look by look: what the halves say, and what is shown */

struct half {
	enum vm_state state; /* 0: not there */
	int32_t migration;
	unsigned age_s; /* of the sample */
};

struct look {
	struct half a, b;
	const char *node;
	enum vm_state state;
	bool duplicate;
};

static struct part *
half_part(const char *node, const struct half *half)
{
	struct part *part = test_node_part(node, NODE_ONLINE);

	if (half->state == 0)
		return part;
	struct vm *vm = test_add_vm(part, "web1", 1, half->state);
	vm->migration = half->migration;
	vm->sampled_us -= half->age_s * G_USEC_PER_SEC;
	struct nic *nic = part_add(part, ROWS_NIC);
	nic->h.sub = 1;
	return part;
}

static void
follow_looks(const struct look *looks, size_t n)
{
	struct cluster *before = NULL;
	uint32_t index = 0;

	for (size_t i = 0; i < n; i++) {
		SCOPED(part) a = half_part("alpha", &looks[i].a);
		SCOPED(part) b = half_part("beta", &looks[i].b);
		struct part *parts[] = { NULL, a, b };
		struct cluster *c = compose_parts(before, parts, 3);
		const struct vm *vm = test_vm(c, "web1");
		assert_string_equal(vm->node_name, looks[i].node);
		assert_int_equal(vm->state, looks[i].state);
		assert_int_equal(vm->duplicate != 0, looks[i].duplicate);
		assert_int_equal(c->rows[ROWS_VM].n, 1);
		assert_int_equal(c->rows[ROWS_NIC].n, 1); /* of the row that is shown */
		assert_true(index == 0 || index == vm->h.index);
		index = vm->h.index;
		SCOPED(cluster) again = compose_parts(c, parts, 3); /* nothing new: nothing changes */
		assert_ptr_equal(test_vm(again, "web1")->node_name, vm->node_name);
		assert_int_equal(again->rows[ROWS_NIC].n, 1);
		cluster_unref(before);
		before = c;
	}
	cluster_unref(before);
}

#define RUNS  { VM_RUNNING, VM_STAYS, 0 }
#define COMES { VM_PAUSED, VM_COMES, 0 }
#define GOES  { VM_PAUSED, VM_GOES, 0 }
#define LEFT  { VM_PAUSED, VM_LEFT, 0 }
#define OFF   { VM_SHUT_OFF, VM_STAYS, 0 }
#define GONE  { 0, VM_STAYS, 0 }

static void
a_migration_is_neither_a_pause_nor_a_duplicate(void **data)
{
	static const struct look looks[] = {
		{ RUNS, GONE, "alpha", VM_RUNNING, false },
		{ RUNS, COMES, "alpha", VM_RUNNING, false },
		{ GOES, COMES, "alpha", VM_RUNNING, false },
		{ GOES, RUNS, "beta", VM_RUNNING, false },
		{ OFF, RUNS, "beta", VM_RUNNING, false },
		{ GONE, RUNS, "beta", VM_RUNNING, false },
	};
	static const struct look late[] = { /* the source is looked at later than the target */
		{ RUNS, GONE, "alpha", VM_RUNNING, false },
		{ RUNS, COMES, "alpha", VM_RUNNING, false },
		{ { VM_RUNNING, VM_STAYS, 1 }, RUNS, "alpha", VM_RUNNING, false },
		{ GONE, RUNS, "beta", VM_RUNNING, false },
	};
	static const struct look early[] = { /* and here earlier */
		{ RUNS, COMES, "alpha", VM_RUNNING, false },
		{ GONE, COMES, "beta", VM_RUNNING, false },
		{ GONE, RUNS, "beta", VM_RUNNING, false },
	};
	static const struct look slow[] = { /* the target tells of it when it is over */
		{ RUNS, GONE, "alpha", VM_RUNNING, false },
		{ LEFT, GONE, "alpha", VM_RUNNING, false },
		{ LEFT, RUNS, "beta", VM_RUNNING, false },
		{ GONE, RUNS, "beta", VM_RUNNING, false },
	};
	static const struct look known[] = { /* likewise, where it is defined at both ends */
		{ RUNS, OFF, "alpha", VM_RUNNING, false },
		{ LEFT, OFF, "alpha", VM_RUNNING, false },
		{ LEFT, RUNS, "beta", VM_RUNNING, false },
		{ OFF, RUNS, "beta", VM_RUNNING, false },
	};
	static const struct look paused[] = {
		{ { VM_PAUSED, VM_STAYS, 0 }, GONE, "alpha", VM_PAUSED, false },
		{ { VM_PAUSED, VM_STAYS, 0 }, COMES, "alpha", VM_PAUSED, false },
		{ GONE, { VM_PAUSED, VM_STAYS, 0 }, "beta", VM_PAUSED, false },
	};
	static const struct look failed[] = {
		{ RUNS, COMES, "alpha", VM_RUNNING, false },
		{ GOES, COMES, "alpha", VM_RUNNING, false },
		{ RUNS, GONE, "alpha", VM_RUNNING, false },
	};

	follow_looks(looks, G_N_ELEMENTS(looks));
	follow_looks(late, G_N_ELEMENTS(late));
	follow_looks(early, G_N_ELEMENTS(early));
	follow_looks(slow, G_N_ELEMENTS(slow));
	follow_looks(known, G_N_ELEMENTS(known));
	follow_looks(paused, G_N_ELEMENTS(paused));
	follow_looks(failed, G_N_ELEMENTS(failed));
}

/* It is shown until every other node has been looked at since, and no longer. */
static void
what_has_left_is_shown_until_all_others_were_looked_at(void **data)
{
	static const struct { int left_s, looked_s; bool shown; } cases[] = {
		{ 1,  0, true },   /* just now */
		{ 10, 30, true },  /* the other was looked at before */
		{ 10, 9, true },   /* that look may have been begun before */
		{ 10, 2, false },
		{ 50, 55, true },  /* the other does not answer any more */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t now = g_get_monotonic_time();
		SCOPED(part) a = half_part("alpha", &(struct half)LEFT);
		SCOPED(part) b = test_node_part("beta", NODE_ONLINE);
		struct part *parts[] = { NULL, a, b };
		((struct vm *)a->rows[ROWS_VM]->pdata[0])->left_us =
		    now - cases[i].left_s * G_USEC_PER_SEC;
		((struct node *)b->rows[ROWS_NODE]->pdata[0])->sampled_us =
		    now - cases[i].looked_s * G_USEC_PER_SEC;
		SCOPED(cluster) c = compose_parts(NULL, parts, 3);
		assert_int_equal(c->rows[ROWS_VM].n, cases[i].shown);
		assert_int_equal(c->rows[ROWS_NIC].n, cases[i].shown);
	}
}

/* Of two that it has left the later one shows it; none, where it is. */
static void
what_has_left_twice_is_shown_where_it_left_last(void **data)
{
	static const struct { int a_left_s; struct half b; int b_left_s; const char *node; } cases[] = {
		{ 3, LEFT, 1, "beta" },
		{ 1, LEFT, 3, "alpha" },
		{ 3, GOES, 0, "beta" },
		{ 3, COMES, 0, "alpha" }, /* it is on its way there */
		{ 3, RUNS, 0, "beta" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t now = g_get_monotonic_time();
		SCOPED(part) a = half_part("alpha", &(struct half)LEFT);
		SCOPED(part) b = half_part("beta", &cases[i].b);
		struct part *parts[] = { NULL, a, b };
		((struct vm *)a->rows[ROWS_VM]->pdata[0])->left_us =
		    now - cases[i].a_left_s * G_USEC_PER_SEC;
		((struct vm *)b->rows[ROWS_VM]->pdata[0])->left_us =
		    cases[i].b_left_s == 0 ? 0 : now - cases[i].b_left_s * G_USEC_PER_SEC;
		SCOPED(cluster) c = compose_parts(NULL, parts, 3);
		assert_int_equal(c->rows[ROWS_VM].n, 1);
		assert_string_equal(test_vm(c, "web1")->node_name, cases[i].node);
	}
}

/* What runs twice and goes on doing so is told, by the next but one look at the latest. */
static void
two_that_go_on_running_are_a_duplicate(void **data)
{
	SCOPED(part) a = half_part("alpha", &(struct half)RUNS);
	SCOPED(part) b = half_part("beta", &(struct half)RUNS);
	SCOPED(part) a2 = test_node_part("alpha", NODE_ONLINE);
	SCOPED(part) b2 = test_node_part("beta", NODE_ONLINE);
	struct part *one[] = { NULL, a, NULL }, *both[] = { NULL, a, b };
	struct part *still[] = { NULL, a2, b2 };

	SCOPED(cluster) first = compose_parts(NULL, one, 3);
	SCOPED(cluster) second = compose_parts(first, both, 3);
	assert_int_equal(test_vm(second, "web1")->duplicate, 0);
	test_add_vm(a2, "web1", 1, VM_RUNNING)->sampled_us += 3 * G_USEC_PER_SEC;
	test_add_vm(b2, "web1", 1, VM_RUNNING)->sampled_us += 3 * G_USEC_PER_SEC;
	SCOPED(cluster) third = compose_parts(second, still, 3);
	assert_int_not_equal(test_vm(third, "web1")->duplicate, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_cluster_answers_scalars),
		cmocka_unit_test(indexes_are_derived_from_identity),
		cmocka_unit_test(many_rows_are_sorted_and_unique),
		cmocka_unit_test(unchanged_rows_are_shared),
		cmocka_unit_test(one_row_for_a_vm_on_two_nodes),
		cmocka_unit_test(a_tie_stays_where_it_was),
		cmocka_unit_test(a_moved_vm_remembers_its_last_node),
		cmocka_unit_test(usage_of_a_node),
		cmocka_unit_test(usage_survives_a_quick_look),
		cmocka_unit_test(nodes_sum_their_vms),
		cmocka_unit_test(names_that_people_use),
		cmocka_unit_test(last_job_of_an_object),
		cmocka_unit_test(migrations_are_counted_at_both_ends),
		cmocka_unit_test(graphs_have_a_link_when_there_is_a_page),
		cmocka_unit_test(a_migration_is_neither_a_pause_nor_a_duplicate),
		cmocka_unit_test(what_has_left_is_shown_until_all_others_were_looked_at),
		cmocka_unit_test(what_has_left_twice_is_shown_where_it_left_last),
		cmocka_unit_test(two_that_go_on_running_are_a_duplicate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
