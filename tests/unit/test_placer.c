/*
 * The placer: a table of single choices, and properties that hold for any cluster.
 * Random clusters come from a seed that is printed; VCL_SEED repeats one.
 */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "model/compose.h"
#include "model/request.h"
#include "model/rules.h"
#include "model/state.h"
#include "vmops/placer.h"

#define MINUTE_US (INT64_C(60) * G_USEC_PER_SEC)
#define HOUR_US   (60 * MINUTE_US)

/* --- building clusters */

struct world {
	GPtrArray *parts;
	struct rules *rules;
	struct part *jobs;
	int64_t wall;
	unsigned vms;
};

static struct world *
world_new(void)
{
	struct world *w = g_new0(struct world, 1);

	w->parts = g_ptr_array_new_with_free_func((GDestroyNotify)part_unref);
	w->rules = rules_new();
	w->jobs = part_new("jobs", NULL);
	g_ptr_array_add(w->parts, w->jobs);
	w->wall = 1000 * HOUR_US;
	return w;
}

static void
world_free(struct world *w)
{
	g_ptr_array_free(w->parts, TRUE);
	rules_unref(w->rules);
	g_free(w);
}
SCOPED_DEFINE(world, world_free)

static struct part *
add_node(struct world *w, const char *name, uint32_t memory, uint32_t cpus)
{
	struct part *part = test_node_part(name, NODE_ONLINE);
	struct node *node = part->rows[ROWS_NODE]->pdata[0];

	node->mem_total = memory;
	node->cpus = cpus;
	node->hypervisor = "QEMU";
	g_ptr_array_add(w->parts, part);
	return part;
}

static struct node *
node_of(struct part *part)
{
	return part->rows[ROWS_NODE]->pdata[0];
}

/* `load`: percent of one CPU. */
static struct vm *
add_vm(struct world *w, struct part *part, const char *name, uint32_t memory, uint32_t load)
{
	struct vm *vm = test_add_vm(part, name, ++w->vms, VM_RUNNING);

	vm->mem_actual = vm->mem_max = memory;
	vm->cpu_usage = load * 100;
	vm->control = CONTROL_OK;
	return vm;
}

static void
read_rules(struct world *w, const char *text)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) error = NULL;

	assert_true(g_key_file_load_from_data(file, text, strlen(text), G_KEY_FILE_NONE, NULL));
	g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
	for (char **group = groups; *group != NULL; group++) {
		g_autofree char *key = NULL;
		if (!rules_read(w->rules, file, *group, &key, &error))
			fail_msg("%s", error->message);
	}
}

static struct job *
add_job(struct world *w, uint32_t number, enum job_type type, enum job_state state,
    enum object_kind kind, uint32_t object)
{
	struct job *job = part_add(w->jobs, ROWS_JOB);

	*job = (struct job){ .h.index = number, .type = type, .state = (int32_t)state,
		.kind = kind, .object = object, .object_name = "", .object_uuid = "",
		.argument = "", .error = "", .step = "", .target_name = "", .options = "",
		.requester = "" };
	return job;
}

/* Usage is derived from two samples; here it is as the test says. */
static void
set_usage(const struct world *w, struct cluster *cluster)
{
	for (guint i = 0; i < w->parts->len; i++) {
		const struct part *part = w->parts->pdata[i];
		for (guint j = 0; j < part->rows[ROWS_VM]->len; j++) {
			const struct vm *from = part->rows[ROWS_VM]->pdata[j];
			struct vm *to = (struct vm *)cluster_vm(cluster,
			    state_index(NULL, OBJECT_VM, from->uuid));
			to->cpu_usage = from->cpu_usage;
		}
	}
}

static struct cluster *
world_compose(const struct world *w)
{
	struct compose_input in = {
		.parts = (struct part *const *)w->parts->pdata, .parts_n = w->parts->len,
		.rules = w->rules, .now = g_get_monotonic_time(), .wall = w->wall,
	};
	struct cluster *cluster = compose(&in);

	set_usage(w, cluster);
	return cluster;
}

static struct placer *
placer_of(const struct world *w, const struct cluster *cluster)
{
	return placer_new(cluster, g_get_monotonic_time(), w->wall);
}

static const char *
node_name(const struct cluster *cluster, uint32_t index)
{
	const struct node *node = cluster_node(cluster, index);

	return node == NULL ? "-" : node->name;
}

/* --- one VM */

static void
test_choices(void **unused)
{
	static const struct {
		const char *rules, *vm, *node, *why;
	} cases[] = {
		{ "", "web1", "beta", "" }, /* the emptiest */
		{ "[vm web1]\nnodes = alpha gamma\n", "web1", "gamma", "" },
		{ "[vm web*]\nprefer = gamma\n", "web1", "gamma", "" },
		{ "[vm web1]\nnodes = alpha\n", "web1", "-", "beta is not among its nodes" },
		{ "[group g]\nmembers = web*\nrule = apart\n", "web1", "gamma", "" },
		{ "[group g]\nmembers = web* db*\nrule = apart\n", "web1", "-",
		    "beta has another VM of group g" },
		{ "[group g]\nmembers = web1 db1\nrule = together\n", "web1", "gamma", "" },
		{ "[group g]\nmembers = web1 db1\nrule = together\n[vm web1]\nnodes = beta\n",
		    "web1", "-", "beta is not where group g is (gamma)" },
		{ "[group g]\nmembers = web* db*\n", "web1", "beta", "" }, /* just a name */
		{ "", "huge", "-", "gamma has no room (8412 of 7372 MiB)" },
		{ "", "lxc", "epsilon", "" },
		{ "[vm lxc]\nnodes = beta\n", "lxc", "-", "beta has another hypervisor (QEMU)" },
		{ "", "off1", "beta", "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(world) w = world_new();
		struct part *alpha = add_node(w, "alpha", 16384, 4);
		struct part *beta = add_node(w, "beta", 8192, 4);
		struct part *gamma = add_node(w, "gamma", 8192, 4);
		struct part *delta = add_node(w, "delta", 65536, 64);
		struct part *epsilon = add_node(w, "epsilon", 65536, 64);
		struct part *zeta = add_node(w, "zeta", 65536, 64);
		struct node_mark *mark = part_add(w->jobs, ROWS_MARK);
		mark->h.index = state_index(NULL, OBJECT_NODE, "delta");
		mark->reason = "asked for";
		assert_string_equal(node_of(delta)->name, "delta");
		node_of(epsilon)->hypervisor = "LXC";
		node_of(zeta)->hypervisor = "LXC";
		add_vm(w, zeta, "lxc", 512, 0);
		add_vm(w, alpha, "web1", 1024, 10);
		add_vm(w, alpha, "huge", 7900, 10);
		add_vm(w, alpha, "off1", 1024, 0)->state = VM_SHUT_OFF;
		add_vm(w, beta, "web2", 256, 10);
		add_vm(w, gamma, "db1", 512, 10);
		read_rules(w, cases[i].rules);
		SCOPED(cluster) cluster = world_compose(w);
		SCOPED(placer) p = placer_of(w, cluster);
		g_autoptr(GString) why = g_string_new(NULL);
		uint32_t node = placer_choose(p, test_vm(cluster, cases[i].vm), why);
		if (strcmp(node_name(cluster, node), cases[i].node) != 0 ||
		    (node == 0 && strstr(why->str, cases[i].why) == NULL))
			fail_msg("case %zu: %s (%s)", i, node_name(cluster, node), why->str);
		uint32_t again = placer_choose(p, test_vm(cluster, cases[i].vm), NULL);
		assert_int_equal(node, again);
	}
}

/* Every node has a word, also those that are silent. */
static void
test_closed_nodes(void **unused)
{
	SCOPED(world) w = world_new();
	struct part *alpha = add_node(w, "alpha", 8192, 4);
	g_autoptr(GError) error = NULL;

	node_of(add_node(w, "beta", 8192, 4))->state = NODE_UNREACHABLE;
	node_of(add_node(w, "gamma", 8192, 4))->sampled_us -= 60 * G_USEC_PER_SEC;
	node_of(add_node(w, "delta", 0, 4))->mem_total = ABSENT_U32;
	add_node(w, "epsilon", 8192, 4);
	add_job(w, 1, JOB_EVACUATE, JOB_RUNNING, OBJECT_NODE,
	    state_index(NULL, OBJECT_NODE, "epsilon"));
	add_vm(w, alpha, "web1", 128, 0);
	SCOPED(cluster) cluster = world_compose(w);
	assert_int_equal(placer_choose_one(cluster, test_vm(cluster, "web1"),
	    g_get_monotonic_time(), &error), 0);
	assert_int_equal(error->code, REQUEST_IMPOSSIBLE);
	static const char *const parts[] = { "no node can take web1: ", "beta is not online",
		"gamma does not answer", "delta does not tell how much memory it has",
		"epsilon is being evacuated" };
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		assert_non_null(strstr(error->message, parts[i]));
}

/* What is on its way counts where it goes to. */
static void
test_on_the_way(void **unused)
{
	SCOPED(world) w = world_new();
	struct part *alpha = add_node(w, "alpha", 8192, 4);
	uint32_t beta = state_index(NULL, OBJECT_NODE, "beta");
	g_autofree char *why = NULL;

	add_node(w, "beta", 1024, 4);
	add_vm(w, alpha, "web1", 512, 0);
	struct vm *db1 = add_vm(w, alpha, "db1", 512, 0);
	add_job(w, 1, JOB_MIGRATE, JOB_RUNNING, OBJECT_VM,
	    state_index(NULL, OBJECT_VM, db1->uuid))->target = beta;
	SCOPED(cluster) cluster = world_compose(w);
	SCOPED(placer) p = placer_of(w, cluster);
	why = placer_refuse(p, test_vm(cluster, "web1"), beta);
	assert_string_equal(why, "beta has no room (1024 of 921 MiB)");
}

/* --- plans */

static void
test_evacuation_keeps_together(void **unused)
{
	SCOPED(world) w = world_new();
	struct part *alpha = add_node(w, "alpha", 8192, 4);

	add_node(w, "beta", 1200, 4); /* empty, but too small for both */
	struct part *gamma = add_node(w, "gamma", 8192, 4);
	add_vm(w, gamma, "load", 2000, 50);
	add_vm(w, alpha, "app", 600, 0);
	add_vm(w, alpha, "db", 600, 0);
	add_vm(w, alpha, "old", 100, 0)->state = VM_SHUT_OFF;
	read_rules(w, "[group g]\nmembers = app db\nrule = together\n");
	SCOPED(cluster) cluster = world_compose(w);
	for (int offline = 0; offline < 2; offline++) {
		SCOPED(placer) p = placer_of(w, cluster);
		g_autoptr(GPtrArray) plan = placer_plan_evacuation(p,
		    state_index(NULL, OBJECT_NODE, "alpha"), offline);
		assert_int_equal(plan->len, 2 + offline);
		for (guint i = 0; i < 2; i++) {
			const struct move *move = plan->pdata[i];
			assert_string_equal(node_name(cluster, move->to), "gamma");
		}
	}
}

static void
test_nothing_to_balance(void **unused)
{
	static const struct {
		const char *rules;
		bool job, recent, failed, even;
	} cases[] = {
		{ "[vm *]\nprefer = alpha\n" },
		{ "[vm *]\nnodes = alpha\n" },
		{ "", .job = true },
		{ "", .recent = true },
		{ "", .failed = true },
		{ "", .even = true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(world) w = world_new();
		struct part *alpha = add_node(w, "alpha", 8192, 4);
		struct part *beta = add_node(w, "beta", 8192, 4);
		for (int v = 0; v < 4; v++) {
			g_autofree char *name = g_strdup_printf("vm%d", v);
			struct vm *vm = add_vm(w, cases[i].even && v % 2 ? beta : alpha, name,
			    1024, 50);
			uint32_t index = state_index(NULL, OBJECT_VM, vm->uuid);
			if (cases[i].job)
				add_job(w, 1 + (uint32_t)v, JOB_RESET, JOB_WAITING, OBJECT_VM,
				    index);
			if (cases[i].recent || cases[i].failed)
				add_job(w, 1 + (uint32_t)v, JOB_MIGRATE,
				    cases[i].failed ? JOB_FAILED : JOB_SUCCEEDED, OBJECT_VM,
				    index)->finished_at = w->wall - 10 * MINUTE_US;
		}
		read_rules(w, cases[i].rules);
		SCOPED(cluster) cluster = world_compose(w);
		SCOPED(placer) p = placer_of(w, cluster);
		g_autoptr(GPtrArray) plan = placer_plan_balance(p, 10);
		if (plan->len != 0)
			fail_msg("case %zu: %u moves", i, plan->len);
	}
}

/* --- properties */

static guint32
seed_of_run(void)
{
	const char *wanted = g_getenv("VCL_SEED");
	guint32 seed = wanted == NULL ? g_random_int() : (guint32)strtoul(wanted, NULL, 10);

	print_message("VCL_SEED=%u\n", seed);
	return seed;
}

static const char *const random_rules[] = {
	"", "[group a]\nmembers = vm?\nrule = apart\n", "[group b]\nmembers = vm1* vm2*\nrule = apart\n",
	"[group c]\nmembers = vm3 vm4 vm5\nrule = together\n",
	"[vm vm1?]\nnodes = n0 n1 n2\n", "[vm vm2*]\nprefer = n1\n",
	"[vm vm7]\nnodes = n0\n[group d]\nmembers = vm*7\nrule = together\n",
};

static struct world *
random_world(GRand *rand)
{
	struct world *w = world_new();
	int nodes = g_rand_int_range(rand, 1, 9), vms = g_rand_int_range(rand, 0, 60);

	w->rules->limits.memory_limit = g_rand_int_range(rand, 20, 150);
	w->rules->limits.improvement = g_rand_int_range(rand, 1, 30);
	for (int i = 0; i < nodes; i++) {
		g_autofree char *name = g_strdup_printf("n%d", i);
		struct node *node = node_of(add_node(w, name,
		    (uint32_t)g_rand_int_range(rand, 1000, 40000),
		    (uint32_t)g_rand_int_range(rand, 1, 32)));
		if (g_rand_int_range(rand, 0, 6) == 0)
			node->state = NODE_UNREACHABLE;
		if (g_rand_boolean(rand))
			node->psi_memory = (uint32_t)g_rand_int_range(rand, 0, 5000);
	}
	for (int i = 0; i < vms; i++) {
		g_autofree char *name = g_strdup_printf("vm%d", i);
		struct part *part = w->parts->pdata[1 + g_rand_int_range(rand, 0, nodes)];
		struct vm *vm = add_vm(w, part, name,
		    (uint32_t)g_rand_int_range(rand, 1, 4000),
		    (uint32_t)g_rand_int_range(rand, 0, 200));
		if (g_rand_int_range(rand, 0, 8) == 0)
			vm->state = VM_SHUT_OFF;
		if (g_rand_int_range(rand, 0, 20) == 0)
			vm->mem_actual = vm->mem_max = ABSENT_U32;
	}
	for (int i = 0; i < 2; i++) {
		const char *text = random_rules[g_rand_int_range(rand, 0,
		    G_N_ELEMENTS(random_rules))];
		if (i == 0 || strchr(text, 'g') == NULL)
			read_rules(w, text);
	}
	return w;
}

/* Where each VM is, kept by the test itself. */
struct map {
	const struct cluster *cluster;
	GHashTable *where; /* VM's index -> node's index */
};

static uint32_t
where(const struct map *m, const struct vm *vm)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(m->where,
	    GUINT_TO_POINTER(vm->h.index)));
}

static int64_t
memory_on(const struct map *m, uint32_t node)
{
	const struct rows *vms = &m->cluster->rows[ROWS_VM];
	int64_t sum = 0;

	for (size_t i = 0; i < vms->n; i++) {
		const struct vm *vm = vms->row[i];
		if (vm_is_active(vm) && where(m, vm) == node && vm->mem_actual != ABSENT_U32)
			sum += vm->mem_actual;
	}
	return sum;
}

static void
check_rules(const struct world *w, const struct map *m, const struct move *move)
{
	const struct node *to = cluster_node(m->cluster, move->to);
	const struct rule_vm *rule = rules_vm(w->rules, move->vm->name);
	const struct rows *vms = &m->cluster->rows[ROWS_VM];

	assert_int_equal(to->state, NODE_ONLINE);
	if (rule != NULL && rule->nodes != NULL)
		assert_true(g_strv_contains((const char *const *)rule->nodes, to->name));
	for (guint g = 0; g < w->rules->groups->len; g++) {
		const struct rule_group *group = w->rules->groups->pdata[g];
		if (!group->apart || !rule_group_has(group, move->vm->name))
			continue;
		for (size_t i = 0; i < vms->n; i++) {
			const struct vm *other = vms->row[i];
			if (other != move->vm && vm_is_active(other) &&
			    rule_group_has(group, other->name) && where(m, other) == move->to)
				fail_msg("%s would meet %s of group %s", move->vm->name,
				    other->name, group->name);
		}
	}
}

/* Carries out a plan step by step; each step must be allowed and, of a balance, help. */
static void
check_plan(const struct world *w, const struct cluster *cluster, const GPtrArray *plan,
    bool balance)
{
	g_autoptr(GHashTable) table = g_hash_table_new(NULL, NULL);
	struct map m = { cluster, table };
	const struct rows *vms = &cluster->rows[ROWS_VM];
	SCOPED(placer) p = placer_of(w, cluster);

	for (size_t i = 0; i < vms->n; i++) {
		const struct vm *vm = vms->row[i];
		g_hash_table_insert(table, GUINT_TO_POINTER(vm->h.index),
		    GUINT_TO_POINTER(vm->node));
	}
	for (guint i = 0; i < plan->len; i++) {
		const struct move *move = plan->pdata[i];
		int64_t before = placer_score(p);
		if (move->to == 0) {
			assert_true(move->reason != NULL && move->reason[0] != '\0');
			continue;
		}
		const struct node *to = cluster_node(cluster, move->to);
		assert_int_not_equal(move->to, where(&m, move->vm));
		check_rules(w, &m, move);
		g_hash_table_insert(table, GUINT_TO_POINTER(move->vm->h.index),
		    GUINT_TO_POINTER(move->to));
		assert_true(memory_on(&m, move->to) * 100 <=
		    (int64_t)to->mem_total * w->rules->limits.memory_limit);
		placer_move(p, move->vm, move->to);
		if (balance)
			assert_true(placer_score(p) < before);
		if (balance)
			assert_true(move->gain >= (uint32_t)w->rules->limits.improvement * 100);
	}
}

static void
same_plans(const GPtrArray *a, const GPtrArray *b)
{
	assert_int_equal(a->len, b->len);
	for (guint i = 0; i < a->len; i++) {
		const struct move *x = a->pdata[i], *y = b->pdata[i];
		assert_int_equal(x->vm->h.index, y->vm->h.index);
		assert_int_equal(x->to, y->to);
	}
}

static void
test_any_cluster(void **unused)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(seed_of_run());
	unsigned moves = 0, leaves = 0, stays = 0;

	for (int round = 0; round < 600; round++) {
		SCOPED(world) w = random_world(rand);
		SCOPED(cluster) cluster = world_compose(w);
		SCOPED(placer) a = placer_of(w, cluster);
		SCOPED(placer) b = placer_of(w, cluster);
		g_autoptr(GPtrArray) plan = placer_plan_balance(a, 50);
		g_autoptr(GPtrArray) again = placer_plan_balance(b, 50);
		same_plans(plan, again);
		check_plan(w, cluster, plan, true);
		moves += plan->len;
		SCOPED(placer) c = placer_of(w, cluster);
		g_autoptr(GPtrArray) empty = placer_plan_evacuation(c,
		    state_index(NULL, OBJECT_NODE, "n0"), g_rand_boolean(rand));
		check_plan(w, cluster, empty, false);
		for (guint i = 0; i < empty->len; i++)
			*(((const struct move *)empty->pdata[i])->to == 0 ? &stays : &leaves) += 1;
	}
	print_message("%u moves, %u leave, %u stay\n", moves, leaves, stays);
	assert_true(moves > 100 && leaves > 100 && stays > 100); /* else nothing was shown */
}

/* Steps, not seconds: they are the same on any machine. */
static void
test_large(void **unused)
{
	SCOPED(world) w = world_new();
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);

	for (int i = 0; i < 1000; i++) {
		g_autofree char *name = g_strdup_printf("n%d", i);
		struct part *part = add_node(w, name, 65536, 32);
		int vms = i % 10 == 0 ? 38 : 18;
		for (int v = 0; v < vms; v++) {
			g_autofree char *vm = g_strdup_printf("vm%d-%d", i, v);
			add_vm(w, part, vm, (uint32_t)g_rand_int_range(rand, 256, 2048),
			    (uint32_t)g_rand_int_range(rand, 0, 100));
		}
	}
	assert_int_equal(w->vms, 20000);
	read_rules(w, "[group web]\nmembers = vm1-* vm2-*\nrule = apart\n");
	SCOPED(cluster) cluster = world_compose(w);
	SCOPED(placer) p = placer_of(w, cluster);
	g_autoptr(GPtrArray) plan = placer_plan_balance(p, 10);
	assert_int_equal(plan->len, 10);
	assert_true(placer_steps(p) < 10 * 64 * 1000 * 2);
	SCOPED(placer) q = placer_of(w, cluster);
	g_autoptr(GPtrArray) empty = placer_plan_evacuation(q,
	    state_index(NULL, OBJECT_NODE, "n10"), false);
	assert_int_equal(empty->len, 38);
	assert_true(placer_steps(q) <= 38 * 1000);
}

/* No node can be relieved: it is found out within the limit. */
static void
test_hopeless(void **unused)
{
	SCOPED(world) w = world_new();

	for (int i = 0; i < 300; i++) {
		g_autofree char *name = g_strdup_printf("n%d", i);
		struct part *part = add_node(w, name, 8192, 32);
		for (int v = 0; v < 66; v++) {
			g_autofree char *vm = g_strdup_printf("vm%d-%d", i, v);
			add_vm(w, part, vm, 64, 20 + (uint32_t)(i + v) % 3);
		}
	}
	w->rules->limits.memory_limit = 50;
	SCOPED(cluster) cluster = world_compose(w);
	SCOPED(placer) p = placer_of(w, cluster);
	g_autoptr(GPtrArray) plan = placer_plan_balance(p, 10);
	assert_int_equal(plan->len, 0);
	assert_true(placer_steps(p) <= 4100000);
}

/* --- over time: the automatic balance does not thrash */

struct life {
	struct world *w;
	GRand *rand;
	GArray *vms; /* struct vm *, as the parts have them */
};

/* Moves the row of a VM into the part of another node. */
static void
relocate(struct world *w, const struct vm *row, const struct cluster *cluster, uint32_t to)
{
	const char *name = node_name(cluster, to);
	struct part *from_part = NULL, *to_part = NULL;
	guint place = 0;

	for (guint i = 1; i < w->parts->len; i++) {
		struct part *part = w->parts->pdata[i];
		if (strcmp(part->node, name) == 0)
			to_part = part;
		for (guint v = 0; v < part->rows[ROWS_VM]->len; v++)
			if (strcmp(((const struct vm *)part->rows[ROWS_VM]->pdata[v])->uuid,
				row->uuid) == 0) {
				from_part = part;
				place = v;
			}
	}
	assert_true(from_part != NULL && to_part != NULL);
	part_add_copy(to_part, ROWS_VM, from_part->rows[ROWS_VM]->pdata[place]);
	g_ptr_array_remove_index(from_part->rows[ROWS_VM], place);
}

static void
stir(struct world *w, GRand *rand)
{
	for (guint i = 1; i < w->parts->len; i++) {
		struct part *part = w->parts->pdata[i];
		for (guint v = 0; v < part->rows[ROWS_VM]->len; v++) {
			struct vm *vm = part->rows[ROWS_VM]->pdata[v];
			vm->cpu_usage = (uint32_t)g_rand_int_range(rand, 0, 20000);
		}
	}
}

/*
 * A day of loads that change at every look, which no move can follow: no VM moves twice
 * within the cooldown, and no more move in an hour than the limit says.
 */
static void
test_never_thrashes(void **unused)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(seed_of_run());
	SCOPED(world) w = world_new();
	g_autoptr(GHashTable) last = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
	    g_free);
	g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(int64_t));
	uint32_t number = 100;

	for (int i = 0; i < 4; i++) {
		g_autofree char *name = g_strdup_printf("n%d", i);
		struct part *part = add_node(w, name, 16384, 4);
		for (int v = 0; v < 6; v++) {
			g_autofree char *vm = g_strdup_printf("vm%d-%d", i, v);
			add_vm(w, part, vm, 1024, 10);
		}
	}
	struct job *parent = add_job(w, 1, JOB_BALANCE, JOB_SUCCEEDED, OBJECT_CLUSTER, 0);
	parent->origin = ORIGIN_CLUSTER;
	for (int64_t minute = 0; minute < 24 * 60; minute += 5) {
		w->wall += 5 * MINUTE_US;
		stir(w, rand);
		SCOPED(cluster) cluster = world_compose(w);
		SCOPED(placer) p = placer_of(w, cluster);
		unsigned lately = placer_moves_lately(p);
		unsigned most = (unsigned)w->rules->limits.moves_per_hour;
		if (lately >= most)
			continue;
		g_autoptr(GPtrArray) plan = placer_plan_balance(p, most - lately);
		for (guint i = 0; i < plan->len; i++) {
			const struct move *move = plan->pdata[i];
			int64_t id = move->vm->h.index;
			const int64_t *before = g_hash_table_lookup(last, &id);
			if (before != NULL)
				assert_true(w->wall - *before >=
				    w->rules->limits.cooldown * G_USEC_PER_SEC);
			g_hash_table_insert(last, g_memdup2(&id, sizeof(id)),
			    g_memdup2(&w->wall, sizeof(w->wall)));
			g_array_append_val(times, w->wall);
			struct job *job = add_job(w, number++, JOB_MIGRATE, JOB_SUCCEEDED,
			    OBJECT_VM, move->vm->h.index);
			job->parent = 1;
			job->submitted_at = job->finished_at = w->wall;
			relocate(w, move->vm, cluster, move->to);
		}
	}
	print_message("%u moves in a day\n", times->len);
	assert_true(times->len > 0);
	for (guint i = 0; i < times->len; i++) {
		int64_t at = g_array_index(times, int64_t, i);
		unsigned hour = 0;
		for (guint j = i; j < times->len; j++)
			hour += g_array_index(times, int64_t, j) - at < HOUR_US;
		assert_true(hour <= (unsigned)w->rules->limits.moves_per_hour);
	}
}

/* Loads that stay come to rest: a finite number of moves, then none. */
static void
test_comes_to_rest(void **unused)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(seed_of_run());

	for (int round = 0; round < 30; round++) {
		SCOPED(world) w = random_world(rand);
		int looks = 0;
		for (guint n = 1; n > 0; looks++) {
			SCOPED(cluster) cluster = world_compose(w);
			SCOPED(placer) p = placer_of(w, cluster);
			g_autoptr(GPtrArray) plan = placer_plan_balance(p, 3);
			n = plan->len;
			for (guint i = 0; i < n; i++) {
				const struct move *move = plan->pdata[i];
				relocate(w, move->vm, cluster, move->to);
			}
			assert_true(looks < 200);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_closed_nodes),
		cmocka_unit_test(test_on_the_way),
		cmocka_unit_test(test_evacuation_keeps_together),
		cmocka_unit_test(test_nothing_to_balance),
		cmocka_unit_test(test_any_cluster),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_hopeless),
		cmocka_unit_test(test_never_thrashes),
		cmocka_unit_test(test_comes_to_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
