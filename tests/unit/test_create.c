/* Making VMs: where they go, and what refuses them, on a cluster value. */
#include "tests/unit/test.h"

#include "model/compose.h"
#include "model/request.h"
#include "model/rules.h"
#include "model/state.h"
#include "vmops/create.h"

#define MEMORY 1000 /* MiB of a node; 90 % of it may be used */

struct world {
	struct part *nodes[3], *templates, *jobs, *storage[3];
};

static void
add_pool(struct world *w, int node, const char *name, enum pool_state state)
{
	struct pool_node *pool = part_add(w->storage[node], ROWS_POOL_NODE);
	g_autofree char *identity = g_strdup_printf("%d/%s", node, name);

	pool->identity = part_text(w->storage[node], identity);
	pool->name = pool->pool_name = part_text(w->storage[node], name);
	pool->uuid = pool->type = pool->path = pool->source = pool->error = "";
	pool->node_name = w->storage[node]->node;
	pool->state = (int32_t)state;
}

static void
add_base(struct world *w, int node, const char *path)
{
	struct volume *volume = part_add(w->storage[node], ROWS_VOLUME);
	g_autofree char *pool = g_strdup_printf("%d/images", node);
	g_autofree char *identity = g_strconcat(pool, "/base", NULL);

	volume->pool_identity = part_text(w->storage[node], pool);
	volume->identity = part_text(w->storage[node], identity);
	volume->name = "base";
	volume->pool_name = "images";
	volume->path = path;
	volume->key = volume->format = volume->backing = "";
}

static struct template_info *
add_template(struct world *w, const char *name, const char *base, const char *pool)
{
	struct template_info *t = part_add(w->templates, ROWS_TEMPLATE);

	t->name = name;
	t->description = t->reason = "";
	t->base = base;
	t->pool = pool;
	t->vcpus = 1;
	t->memory = 100;
	t->disk = 0;
	t->install = INSTALL_CLOUD_INIT;
	t->state = TEMPLATE_VALID;
	return t;
}

/* alpha and beta have the pool, gamma has not; beta is the emptiest. */
static struct world *
world_new(void)
{
	static const char *const names[] = { "alpha", "beta", "gamma" };
	struct world *w = g_new0(struct world, 1);

	for (int i = 0; i < 3; i++) {
		g_autofree char *storage = g_strconcat("storage:", names[i], NULL);
		w->nodes[i] = test_node_part(names[i], NODE_ONLINE);
		struct node *node = w->nodes[i]->rows[ROWS_NODE]->pdata[0];
		node->mem_total = MEMORY;
		node->cpus = 2;
		w->storage[i] = part_new(storage, names[i]);
		w->storage[i]->reachable = true;
	}
	struct vm *vm = test_add_vm(w->nodes[0], "old1", 1, VM_RUNNING);
	vm->mem_actual = vm->mem_max = 700;
	add_pool(w, 0, "images", POOL_RUNNING);
	add_pool(w, 1, "images", POOL_RUNNING);
	add_pool(w, 2, "images", POOL_INACTIVE);
	w->templates = part_new("templates", NULL);
	w->jobs = part_new("jobs", NULL);
	add_template(w, "small", "images/base", "images");
	add_template(w, "diskless", "", "")->install = INSTALL_NONE;
	struct template_info *bad = add_template(w, "bad", "", "");
	bad->state = TEMPLATE_INVALID;
	bad->reason = "line 3 is odd";
	return w;
}

static void
world_free(struct world *w)
{
	for (int i = 0; i < 3; i++) {
		part_unref(w->nodes[i]);
		part_unref(w->storage[i]);
	}
	part_unref(w->templates);
	part_unref(w->jobs);
	g_free(w);
}
SCOPED_DEFINE(world, world_free)

static struct cluster *
world_compose(struct world *w)
{
	struct part *parts[] = { w->nodes[0], w->nodes[1], w->nodes[2], w->templates, w->jobs,
		w->storage[0], w->storage[1], w->storage[2] };
	struct compose_input in = { .parts = parts, .parts_n = G_N_ELEMENTS(parts),
		.now = g_get_monotonic_time(), .wall = g_get_real_time() };

	return compose(&in);
}

static struct request
ask(const char *template, const char *name, const char *options)
{
	struct request r = { .type = JOB_VM_CREATE, .kind = OBJECT_TEMPLATE,
		.object = state_index(NULL, OBJECT_TEMPLATE, template) };
	g_autoptr(GError) error = NULL;

	g_strlcpy(r.argument, name, sizeof(r.argument));
	if (!request_options_parse(&r, options, &error))
		fail_msg("%s", error->message);
	return r;
}

/* The name of the node, or the sentence; free it. */
static char *
choose(const struct cluster *cluster, const struct request *r)
{
	g_autoptr(GError) error = NULL;
	const struct node *node = cluster_node(cluster,
	    create_choose(cluster, r, g_get_monotonic_time(), &error));

	assert_true((node == NULL) == (error != NULL));
	return g_strdup(node != NULL ? node->name : error->message);
}

static void
what_is_asked_for(void **data)
{
	static const struct {
		const char *template, *name, *options, *target, *answer;
	} cases[] = {
		{ "small", "web1", "", NULL, "beta" },
		{ "small", "web1", "", "alpha", "alpha" },
		{ "small", "web1", "", "gamma", "web1 cannot be made: gamma has no running pool "
		    "images" },
		{ "diskless", "web1", "", "gamma", "gamma" },
		{ "small", "web1", "memory=201", "alpha", "web1 cannot be made: alpha has no room "
		    "(901 of 900 MiB)" },
		{ "small", "web1", "memory=901", NULL, "web1 cannot be made: gamma has no "
		    "running pool images; alpha has no room (1601 of 900 MiB); beta has no room "
		    "(901 of 900 MiB)" },
		{ "small", "old1", "", NULL, "there is a VM called old1 already, on alpha" },
		{ "small", "../x", "", NULL, "a VM cannot be called \"../x\": 1 to 63 letters, "
		    "digits, '.', '_' or '-' are wanted" },
		{ "small", "", "", NULL, "a VM cannot be called \"\": 1 to 63 letters, digits, "
		    "'.', '_' or '-' are wanted" },
		{ "bad", "x", "", NULL, "template bad cannot be used: line 3 is odd" },
		{ "diskless", "x", "disk=5", NULL, "template diskless has no disk" },
		{ "diskless", "x", "user=a", NULL, "template diskless has no cloud-init, which "
		    "takes user and ssh-key" },
		{ "small", "x", "ssh-key=AAAAAAAA", NULL, "ssh-key is no public key" },
	};
	SCOPED(world) w = world_new();
	SCOPED(cluster) cluster = world_compose(w);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct request r = ask(cases[i].template, cases[i].name, cases[i].options);
		if (cases[i].target != NULL)
			r.target = state_index(NULL, OBJECT_NODE, cases[i].target);
		g_autofree char *answer = choose(cluster, &r);
		assert_string_equal(answer, cases[i].answer);
	}
	struct request r = ask("nothing", "x", "");
	g_autofree char *answer = choose(cluster, &r);
	assert_true(g_str_has_prefix(answer, "there is no template "));
	r = ask("small", "x", "");
	r.target = 4711;
	g_autofree char *nowhere = choose(cluster, &r);
	assert_string_equal(nowhere, "there is no node 4711 for x");
}

static struct job *
add_job(struct world *w, const char *name, const char *node, enum job_state state)
{
	struct job *job = part_add(w->jobs, ROWS_JOB);

	*job = (struct job){ .h.index = w->jobs->rows[ROWS_JOB]->len, .type = JOB_VM_CREATE,
		.state = (int32_t)state, .kind = OBJECT_TEMPLATE,
		.object = state_index(NULL, OBJECT_TEMPLATE, "small"),
		.target = state_index(NULL, OBJECT_NODE, node),
		.object_name = "", .object_uuid = "", .argument = name, .error = "",
		.step = "", .target_name = "", .options = "", .requester = "" };
	return job;
}

/* What others are making there takes room, but not twice, and not this one itself. */
static void
what_is_being_made_takes_room(void **data)
{
	SCOPED(world) w = world_new();

	add_job(w, "a", "beta", JOB_RUNNING)->amount = 700;
	add_job(w, "b", "beta", JOB_RUNNING);                   /* 100, as the template says */
	add_job(w, "c", "beta", JOB_SUCCEEDED)->amount = 1000;
	SCOPED(cluster) cluster = world_compose(w);

	struct request r = ask("small", "d", "");
	r.target = state_index(NULL, OBJECT_NODE, "beta");
	g_autofree char *fits = choose(cluster, &r);
	assert_string_equal(fits, "beta");
	r.amount = 101;
	g_autofree char *full = choose(cluster, &r);
	assert_string_equal(full, "d cannot be made: beta has no room (901 of 900 MiB)");
	g_strlcpy(r.argument, "b", sizeof(r.argument));
	g_autofree char *own = choose(cluster, &r);
	assert_string_equal(own, "beta");

	struct vm *vm = test_add_vm(w->nodes[1], "a", 2, VM_RUNNING);
	vm->mem_actual = vm->mem_max = 700;
	SCOPED(cluster) later = world_compose(w);
	g_strlcpy(r.argument, "d", sizeof(r.argument));
	r.amount = 100;
	g_autofree char *still = choose(later, &r);
	assert_string_equal(still, "beta");
}

static void
its_own_vm_is_no_other(void **data)
{
	SCOPED(world) w = world_new();
	SCOPED(cluster) cluster = world_compose(w);
	struct request r = ask("small", "old1", "");

	g_strlcpy(r.uuid, test_vm(cluster, "old1")->uuid, sizeof(r.uuid));
	g_autofree char *answer = choose(cluster, &r);
	assert_string_equal(answer, "beta");
}

static void
a_base_that_a_vm_writes_to_is_none(void **data)
{
	SCOPED(world) w = world_new();
	struct disk *disk = part_add(w->nodes[0], ROWS_DISK);

	*disk = (struct disk){ .h.sub = 1, .name = "old1/vda", .target = "vda",
		.source = "/images/base", .backing = "", .bus = "virtio", .format = "raw" };
	add_base(w, 0, "/images/base");
	SCOPED(cluster) cluster = world_compose(w);
	struct request r = ask("small", "x", "");
	g_autofree char *answer = choose(cluster, &r);
	assert_string_equal(answer,
	    "base volume images/base of template small is a VM's disk (old1/vda)");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_for),
		cmocka_unit_test(what_is_being_made_takes_room),
		cmocka_unit_test(its_own_vm_is_no_other),
		cmocka_unit_test(a_base_that_a_vm_writes_to_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
