/* Applications and the cluster manager's word about nodes, composed; what happens, as events. */
#include "tests/unit/test.h"

#include "model/alarms.h"
#include "model/compose.h"
#include "model/diff.h"
#include "model/find.h"
#include "model/health.h"
#include "model/memory.h"
#include "model/state.h"
#include "model/value.h"

static const struct cluster_info info = {
	.name = "t", .version = "1", .backend = "none", .quorate = ABSENT_I32, INFO_WITHOUT_BACKEND,
};

enum { ALPHA, BETA, PACEMAKER, MARKS, SOURCES };

struct world {
	struct part *parts[SOURCES];
	struct cluster *before, *now;
	struct memory *memory; /* of this and earlier runs */
	struct part *events; /* of the last step */
	int64_t clock;
};

static int
setup(void **state)
{
	struct world *w = g_new0(struct world, 1);

	w->clock = g_get_monotonic_time();
	w->memory = memory_new();
	w->parts[ALPHA] = test_node_part("alpha", NODE_ONLINE);
	w->parts[BETA] = test_node_part("beta", NODE_ONLINE);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < SOURCES; i++)
		part_unref(w->parts[i]);
	part_unref(w->events);
	cluster_unref(w->before);
	cluster_unref(w->now);
	memory_free(w->memory);
	g_free(w);
	return 0;
}

/* Composes what there is; the parts stay. */
static void
step(struct world *w)
{
	struct compose_input in = {
		.previous = w->now, .parts = w->parts, .parts_n = SOURCES, .info = &info,
		.memory = w->memory,
		.now = w->clock += G_USEC_PER_SEC, .wall = w->clock + 365 * G_TIME_SPAN_DAY,
	};

	cluster_unref(w->before);
	w->before = w->now;
	w->now = compose(&in);
	part_unref(w->events);
	w->events = part_new("events", NULL);
	diff(w->before, w->now, w->memory, w->events, in.wall);
	memory_follow(w->memory, w->before, w->now, NULL);
}

/* --- Pacemaker's part */

static void
begin(struct world *w)
{
	struct part *part = part_new("pacemaker", NULL);
	struct backend_info *b = part_add(part, ROWS_BACKEND);

	part_unref(w->parts[PACEMAKER]);
	w->parts[PACEMAKER] = part;
	*b = (struct backend_info){ .backend = "pacemaker", .version = "2.1.5",
		.coordinator = "alpha", .reason = "", .quorate = 1, .fencing = 1,
		.sampled_us = w->clock, .stale_after = 50 };
}

static struct cluster_member *
add_member(struct world *w, const char *name, int32_t membership)
{
	struct cluster_member *m = part_add(w->parts[PACEMAKER], ROWS_MEMBER);

	m->name = part_text(w->parts[PACEMAKER], name);
	m->reason = membership == MEMBER_ONLINE ? "" : "so says the cluster";
	m->kind = NODE_PHYSICAL;
	m->membership = membership;
	m->sampled_us = w->clock;
	m->interval = 10;
	return m;
}

static struct app *
add_app(struct world *w, const char *name, int32_t state, const char *node)
{
	struct app *app = part_add(w->parts[PACEMAKER], ROWS_APP);

	app->name = part_text(w->parts[PACEMAKER], name);
	app->agent = app->parent_name = app->reason = app->failure = app->preferred_name = "";
	app->vm_name = "";
	app->node_name = app->node_names = part_text(w->parts[PACEMAKER], node);
	app->kind = APP_KIND_VM;
	app->state = state;
	app->wanted = WANTED_STARTED;
	app->managed = 1;
	app->sampled_us = w->clock;
	app->stale_after = 50;
	return app;
}

static struct backend_info *
backend(struct world *w)
{
	return w->parts[PACEMAKER]->rows[ROWS_BACKEND]->pdata[0];
}

/* Both hosts are members, and there is one application. */
static struct app *
see(struct world *w, int32_t alpha, int32_t beta, int32_t state, const char *node)
{
	begin(w);
	add_member(w, "alpha", alpha);
	add_member(w, "beta", beta);
	return add_app(w, "web1", state, node);
}

static const struct app *
app_of(const struct world *w, const char *name)
{
	return rows_find(&w->now->rows[ROWS_APP], state_index(NULL, OBJECT_APP, name), 0);
}

static const struct node *
node_of(const struct world *w, const char *name)
{
	return cluster_node(w->now, state_index(NULL, OBJECT_NODE, name));
}

static const struct event *
event_of(const struct world *w, int32_t type)
{
	for (guint i = 0; i < w->events->rows[ROWS_EVENT]->len; i++) {
		const struct event *event = w->events->rows[ROWS_EVENT]->pdata[i];
		if (event->type == type)
			return event;
	}
	return NULL;
}

/* --- without a cluster manager */

static void
standalone_has_nothing_of_it(void **state)
{
	struct world *w = *state;

	step(w);
	const struct cluster_info *is = cluster_info(w->now);
	assert_string_equal(is->backend, "none");
	assert_int_equal(is->quorate, ABSENT_I32);
	assert_int_equal(is->apps, ABSENT_U32);
	assert_null(is->backend_reason);
	assert_int_equal(w->now->rows[ROWS_APP].n, 0);
	assert_ptr_equal(w->now->rows[ROWS_NODE].row, w->now->all[ROWS_NODE].row);
}

/* --- which VM an application is */

static const struct {
	const char *uuid, *config, *name; /* of the application */
	const char *vm;                   /* that it is; "": nobody knows */
} matches[] = {
	{ NULL, NULL, "web1", "web1" },
	{ NULL, "web1", "app-of-web", "web1" },
	{ NULL, "web1", "web1", "web1" },
	{ NULL, "web1", "db1", "" },      /* one name says this, one that */
	{ NULL, "nothing", "db1", "db1" },
	{ NULL, NULL, "nothing", "" },
	{ NULL, NULL, "twin", "" },       /* two are called so */
	{ "00000000-0000-4000-8000-000000000002", "web1", "web1", "db1" },
	{ "00000000-0000-4000-8000-0000000000ff", "web1", "web1", "" }, /* not there now */
};

static void
applications_find_their_vms(void **state)
{
	struct world *w = *state;

	test_add_vm(w->parts[ALPHA], "web1", 1, VM_RUNNING);
	test_add_vm(w->parts[ALPHA], "db1", 2, VM_RUNNING);
	test_add_vm(w->parts[ALPHA], "twin", 3, VM_RUNNING);
	test_add_vm(w->parts[BETA], "twin", 4, VM_RUNNING);
	test_add_vm(w->parts[BETA], "web1", 1, VM_SHUT_OFF); /* defined there as well */
	for (size_t i = 0; i < G_N_ELEMENTS(matches); i++) {
		begin(w);
		struct app *app = add_app(w, matches[i].name, APP_STARTED, "alpha");
		app->vm_uuid = matches[i].uuid;
		app->vm_config = matches[i].config;
		step(w);
		const struct app *is = app_of(w, matches[i].name);
		if (strcmp(is->vm_name, matches[i].vm) != 0)
			fail_msg("case %zu is VM \"%s\"", i, is->vm_name);
		assert_int_equal(is->vm != 0, *matches[i].vm != '\0');
		if (is->vm != 0)
			assert_ptr_equal(cluster_vm_app(w->now, is->vm), is);
	}
	assert_null(cluster_vm_app(w->now, test_vm(w->now, "db1")->h.index));
}

static void
a_service_is_no_vm(void **state)
{
	struct world *w = *state;

	test_add_vm(w->parts[ALPHA], "web1", 1, VM_RUNNING);
	begin(w);
	add_app(w, "web1", APP_STARTED, "alpha")->kind = APP_KIND_SERVICE;
	step(w);
	assert_int_equal(app_of(w, "web1")->vm, 0);
}

/* --- nodes */

static const struct {
	int32_t host, membership, shown;
	bool their_reason;
} joined[] = {
	{ NODE_ONLINE, MEMBER_ONLINE, NODE_ONLINE, false },
	{ NODE_ONLINE, MEMBER_STANDBY, NODE_STANDBY, true },
	{ NODE_ONLINE, MEMBER_MAINTENANCE, NODE_MAINTENANCE, true },
	{ NODE_ONLINE, MEMBER_PENDING, NODE_OFFLINE, true },
	{ NODE_ONLINE, MEMBER_OFFLINE, NODE_OFFLINE, true },
	{ NODE_ONLINE, MEMBER_UNCLEAN, NODE_UNCLEAN, true },
	{ NODE_ONLINE, MEMBER_UNKNOWN, NODE_ONLINE, false },
	{ NODE_UNREACHABLE, MEMBER_ONLINE, NODE_UNREACHABLE, false },
	{ NODE_UNREACHABLE, MEMBER_STANDBY, NODE_UNREACHABLE, false },
	{ NODE_UNREACHABLE, MEMBER_OFFLINE, NODE_OFFLINE, true },
	{ NODE_UNREACHABLE, MEMBER_UNCLEAN, NODE_UNCLEAN, true },
	{ NODE_UNREACHABLE, MEMBER_UNKNOWN, NODE_UNREACHABLE, false },
	{ NODE_CONNECTING, MEMBER_ONLINE, NODE_CONNECTING, false },
};

static void
the_word_of_the_cluster_and_of_the_host(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(joined); i++) {
		part_unref(w->parts[ALPHA]);
		w->parts[ALPHA] = test_node_part("alpha", (enum node_state)joined[i].host);
		begin(w);
		add_member(w, "alpha", joined[i].membership)->fenced_at = 77;
		step(w);
		const struct node *node = node_of(w, "alpha");
		if (node->state != joined[i].shown)
			fail_msg("case %zu is %s", i, enum_to_name(node_state_names, node->state));
		assert_string_equal(node->reason, joined[i].their_reason ? "so says the cluster" : "");
		assert_int_equal(node->membership, joined[i].membership);
		assert_int_equal(node->fenced_at, 77);
		assert_true(node_is_host(node));
		assert_int_equal(node_is_stale(node, g_get_monotonic_time()),
		    joined[i].host != NODE_ONLINE); /* libvirt's silence is its own */
		assert_int_equal(node_of(w, "beta")->membership, MEMBER_NONE);
		assert_int_equal(node_of(w, "beta")->state, NODE_ONLINE);
	}
}

/* Alpha with a VM that ran when it was last seen. */
static void
alpha_with_vm(struct world *w, bool reachable)
{
	part_unref(w->parts[ALPHA]);
	w->parts[ALPHA] = test_node_part("alpha", reachable ? NODE_ONLINE : NODE_UNREACHABLE);
	w->parts[ALPHA]->reachable = reachable;
	test_add_vm(w->parts[ALPHA], "web1", 1, VM_RUNNING);
	test_add_vm(w->parts[ALPHA], "off1", 2, VM_SHUT_OFF);
}

static void
of_a_vm_on_a_lost_node_nobody_knows(void **state)
{
	struct world *w = *state;

	alpha_with_vm(w, true);
	see(w, MEMBER_UNCLEAN, MEMBER_ONLINE, APP_UNKNOWN, "alpha");
	step(w);
	assert_int_equal(test_vm(w->now, "web1")->state, VM_RUNNING); /* libvirt knows */
	alpha_with_vm(w, false);
	see(w, MEMBER_ONLINE, MEMBER_ONLINE, APP_UNKNOWN, "alpha");
	step(w);
	assert_int_equal(test_vm(w->now, "web1")->state, VM_RUNNING); /* as last seen, stale */
	see(w, MEMBER_UNCLEAN, MEMBER_ONLINE, APP_UNKNOWN, "alpha");
	step(w);
	const struct vm *vm = test_vm(w->now, "web1");
	int64_t since = vm->since_at;
	assert_int_equal(vm->state, VM_UNKNOWN);
	assert_non_null(strstr(vm->reason, "nobody knows"));
	assert_int_equal(test_vm(w->now, "off1")->state, VM_SHUT_OFF);
	assert_int_equal(cluster_info(w->now)->vms_unknown, 1);
	assert_string_equal(event_of(w, EVENT_VM_STATE)->new_state, "unknown");
	step(w);
	assert_int_equal(test_vm(w->now, "web1")->since_at, since);
	assert_null(event_of(w, EVENT_VM_STATE));
	static const int32_t then[] = { MEMBER_OFFLINE, MEMBER_UNKNOWN, MEMBER_ONLINE };
	for (size_t i = 0; i < G_N_ELEMENTS(then); i++) { /* fenced, or nobody decides: no news */
		see(w, then[i], MEMBER_ONLINE, APP_UNKNOWN, "alpha");
		step(w);
		assert_int_equal(test_vm(w->now, "web1")->state, VM_UNKNOWN);
		assert_int_equal(test_vm(w->now, "web1")->since_at, since);
	}
	alpha_with_vm(w, true);
	step(w);
	assert_int_equal(test_vm(w->now, "web1")->state, VM_RUNNING);
}

static void
a_vm_that_is_lost_is_where_it_runs_then(void **state)
{
	struct world *w = *state;

	alpha_with_vm(w, false);
	test_add_vm(w->parts[BETA], "web1", 1, VM_SHUT_OFF);
	see(w, MEMBER_UNCLEAN, MEMBER_ONLINE, APP_UNKNOWN, "alpha");
	step(w);
	assert_int_equal(test_vm(w->now, "web1")->state, VM_UNKNOWN); /* never "off" */
	assert_int_equal(test_vm(w->now, "web1")->node, node_of(w, "alpha")->h.index);
	part_unref(w->parts[BETA]);
	w->parts[BETA] = test_node_part("beta", NODE_ONLINE);
	test_add_vm(w->parts[BETA], "web1", 1, VM_RUNNING);
	step(w);
	assert_int_equal(test_vm(w->now, "web1")->state, VM_RUNNING);
	assert_int_equal(test_vm(w->now, "web1")->node, node_of(w, "beta")->h.index);
	assert_int_equal(test_vm(w->now, "web1")->duplicate, 0);
	assert_null(event_of(w, EVENT_VM_DUPLICATE));
}

/* Its domain is gone as long as it is stopped; whoever looks for it is told where it is. */
static void
a_vm_that_is_stopped_is_told_of(void **state)
{
	static const struct {
		const char *asked, *said;
		int32_t app;
	} cases[] = {
		{ "web1", "it is the application web1 of the cluster, which is stopped", APP_STOPPED },
		{ "web1", "no VM is called \"web1\"", APP_UNKNOWN },
		{ "web2", "no VM is called \"web2\"", APP_STOPPED },
	};
	struct world *w = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		GError *error = NULL;
		see(w, MEMBER_ONLINE, MEMBER_ONLINE, cases[i].app, "");
		step(w);
		assert_null(find_row(w->now, ROWS_VM, cases[i].asked, &error));
		assert_non_null(strstr(error->message, cases[i].said));
		g_error_free(error);
	}
}

/* --- VMs that are defined on no host */

#define WEB1_UUID "00000000-0000-4000-8000-000000000001"

/* alpha and beta as hosts; web1 is on that one, or on none */
static void
hosts(struct world *w, const char *with_vm)
{
	static const char *const names[] = { "alpha", "beta" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		part_unref(w->parts[ALPHA + i]);
		w->parts[ALPHA + i] = test_node_part(names[i], NODE_ONLINE);
		if (strcmp(names[i], with_vm) == 0)
			test_add_vm(w->parts[ALPHA + i], "web1", 1, VM_RUNNING)->mem_max = 512;
	}
}

/* As `ha enable` has made it. */
static void
see_ha(struct world *w, int32_t state, const char *node)
{
	struct app *app = see(w, MEMBER_ONLINE, MEMBER_ONLINE, state, node);

	app->vm_uuid = WEB1_UUID;
	app->vm_config = "web1";
}

static const struct vm *
ha_vm(const struct world *w)
{
	return cluster_vm_of_uuid(w->now, WEB1_UUID);
}

static void
a_stopped_application_is_a_vm_still(void **state)
{
	struct world *w = *state;

	hosts(w, "alpha");
	see_ha(w, APP_STARTED, "alpha");
	step(w);
	uint32_t index = ha_vm(w)->h.index;
	hosts(w, ""); /* its host tells so before Pacemaker does */
	step(w);
	const struct vm *vm = ha_vm(w);
	int64_t since = vm->since_at;
	assert_int_equal(vm->state, VM_SHUT_OFF);
	assert_int_equal(vm->h.index, index);
	assert_string_equal(vm->name, "web1");
	assert_string_equal(vm->node_name, "alpha");
	assert_int_equal(vm->mem_max, 512);
	assert_int_equal(vm->mem_actual, ABSENT_U32);
	assert_string_equal(event_of(w, EVENT_VM_STATE)->new_state, "shutOff");
	assert_null(event_of(w, EVENT_VM_REMOVED));
	see_ha(w, APP_STOPPED, "");
	step(w);
	assert_int_equal(ha_vm(w)->since_at, since);
	assert_int_equal(app_of(w, "web1")->vm, index);
	assert_null(event_of(w, EVENT_VM_STATE));
	backend(w)->reason = "nobody answers";
	step(w);
	assert_int_equal(ha_vm(w)->state, VM_SHUT_OFF);
	hosts(w, "beta");
	see_ha(w, APP_STARTED, "beta");
	step(w);
	assert_int_equal(ha_vm(w)->state, VM_RUNNING);
	assert_string_equal(ha_vm(w)->node_name, "beta");
	assert_null(event_of(w, EVENT_VM_ADDED));
	assert_int_equal(w->now->rows[ROWS_VM].n, 1);
}

/* Started where nobody can look: whether it runs is not known, and not said. */
static void
on_a_silent_host_it_may_run(void **state)
{
	static const struct {
		int32_t app;
		const char *node;
		enum node_state beta;
		bool off;
	} cases[] = {
		{ APP_STARTING, "beta", NODE_ONLINE, true }, /* it has yet to come */
		{ APP_STARTED, "beta", NODE_ONLINE, true },
		{ APP_STARTED, "beta", NODE_UNREACHABLE, false },
		{ APP_STOPPING, "beta", NODE_UNREACHABLE, false },
		{ APP_STOPPED, "", NODE_UNREACHABLE, true },
		{ APP_UNKNOWN, "", NODE_ONLINE, false },
	};
	struct world *w = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		hosts(w, "alpha");
		see_ha(w, APP_STARTED, "alpha");
		step(w);
		hosts(w, "");
		part_unref(w->parts[BETA]);
		w->parts[BETA] = test_node_part("beta", cases[i].beta);
		see_ha(w, cases[i].app, cases[i].node);
		step(w);
		const struct vm *vm = ha_vm(w);
		if ((vm != NULL && vm->state == VM_SHUT_OFF) != cases[i].off)
			fail_msg("case %zu is %s", i, vm == NULL ? "not shown" : "shown");
	}
}

/* Neither the resource nor a host has it any longer. */
static void
a_vm_that_nobody_has_is_gone(void **state)
{
	struct world *w = *state;

	hosts(w, "alpha");
	see_ha(w, APP_STOPPED, "");
	step(w);
	assert_int_equal(ha_vm(w)->state, VM_RUNNING); /* libvirt knows better */
	hosts(w, "");
	begin(w);
	step(w);
	assert_null(ha_vm(w));
	assert_non_null(event_of(w, EVENT_VM_REMOVED));
}

static void
a_vm_that_was_never_seen(void **state)
{
	static const struct {
		int32_t app, kind;
		bool silent, shown;
	} cases[] = {
		{ APP_STOPPED, APP_KIND_VM, false, true },
		{ APP_STOPPED, APP_KIND_VIRTUAL_NODE, false, true },
		{ APP_STOPPED, APP_KIND_SERVICE, false, false },
		{ APP_STOPPED, APP_KIND_VM, true, false },
		{ APP_STARTED, APP_KIND_VM, false, false }, /* where, no host has told yet */
		{ APP_UNKNOWN, APP_KIND_VM, false, false },
		{ APP_FAILED, APP_KIND_VM, false, false },
	};
	struct world *w = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		see_ha(w, cases[i].app, "");
		((struct app *)w->parts[PACEMAKER]->rows[ROWS_APP]->pdata[0])->kind =
		    cases[i].kind;
		backend(w)->reason = cases[i].silent ? "nobody answers" : "";
		cluster_unref(w->now);
		w->now = NULL;
		step(w);
		const struct vm *vm = ha_vm(w);
		if ((vm != NULL) != cases[i].shown)
			fail_msg("case %zu is %s", i, vm == NULL ? "not shown" : "shown");
		if (vm != NULL)
			assert_int_equal(vm->node, 0);
	}
}

static void
a_state_lasts_as_long_as_it_is_the_same(void **state)
{
	struct world *w = *state;

	see(w, MEMBER_ONLINE, MEMBER_UNCLEAN, APP_STARTED, "alpha");
	step(w);
	int64_t since = node_of(w, "beta")->since_at;
	see(w, MEMBER_ONLINE, MEMBER_UNCLEAN, APP_STARTED, "alpha");
	step(w);
	assert_int_equal(node_of(w, "beta")->since_at, since);
	see(w, MEMBER_ONLINE, MEMBER_OFFLINE, APP_STARTED, "alpha");
	step(w);
	assert_true(node_of(w, "beta")->since_at > since);
	assert_int_equal(cluster_info(w->now)->nodes_unclean, 0);
}

static void
virtual_and_other_nodes_are_rows(void **state)
{
	struct world *w = *state;

	test_add_vm(w->parts[ALPHA], "vm1", 1, VM_RUNNING);
	begin(w);
	add_app(w, "vm1", APP_STARTED, "alpha")->kind = APP_KIND_VIRTUAL_NODE;
	struct cluster_member *guest = add_member(w, "guest1", MEMBER_ONLINE);
	guest->kind = NODE_VIRTUAL;
	guest->container = "vm1";
	add_member(w, "arbiter", MEMBER_OFFLINE);
	add_member(w, "alpha", MEMBER_ONLINE);
	step(w);

	const struct rows *nodes = &w->now->rows[ROWS_NODE];
	assert_int_equal(nodes->n, 4);
	for (size_t i = 1; i < nodes->n; i++)
		assert_true(((const struct row_head *)nodes->row[i - 1])->index <
		    ((const struct row_head *)nodes->row[i])->index);
	const struct node *node = node_of(w, "guest1");
	assert_false(node_is_host(node));
	assert_int_equal(node->kind, NODE_VIRTUAL);
	assert_int_equal(node->state, NODE_ONLINE);
	assert_int_equal(node->vm, test_vm(w->now, "vm1")->h.index);
	assert_string_equal(node->uri, "");
	assert_int_equal(node->mem_total, ABSENT_U32);
	assert_int_equal(node_of(w, "arbiter")->state, NODE_OFFLINE);
	assert_int_equal(cluster_info(w->now)->nodes, 4);
	assert_int_equal(w->now->all[ROWS_NODE].n, 2);
}

/* --- what becomes of applications */

struct scene {
	int32_t alpha, beta, state;
	const char *node;
};

static void
play(struct world *w, const struct scene *scenes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		see(w, scenes[i].alpha, scenes[i].beta, scenes[i].state, scenes[i].node);
		step(w);
	}
}

static void
a_power_cut_is_a_failover(void **state)
{
	static const struct scene scenes[] = {
		{ MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "alpha" },
		{ MEMBER_UNCLEAN, MEMBER_ONLINE, APP_UNKNOWN, "alpha" },
		{ MEMBER_OFFLINE, MEMBER_ONLINE, APP_STARTING, "" },
		{ MEMBER_OFFLINE, MEMBER_ONLINE, APP_STARTED, "beta" },
	};
	struct world *w = *state;

	play(w, scenes, G_N_ELEMENTS(scenes));
	const struct app *app = app_of(w, "web1");
	const struct event *event = event_of(w, EVENT_APP_MOVED);
	assert_int_equal(app->failovers, 1);
	assert_int_equal(app->moves, 1);
	assert_int_equal(app->last_node, node_of(w, "alpha")->h.index);
	assert_non_null(event);
	assert_string_equal(event->reason, "failed over from alpha to beta");
	assert_int_equal(event->severity, SEVERITY_WARNING);
	assert_int_equal(event->kind, OBJECT_APP);
}

static void
what_is_moved_does_not_fail_over(void **state)
{
	static const struct scene scenes[] = {
		{ MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "alpha" },
		{ MEMBER_STANDBY, MEMBER_ONLINE, APP_MIGRATING, "alpha" },
		{ MEMBER_STANDBY, MEMBER_ONLINE, APP_STARTED, "beta" },
	};
	struct world *w = *state;

	play(w, scenes, G_N_ELEMENTS(scenes));
	assert_int_equal(app_of(w, "web1")->failovers, 0);
	assert_int_equal(app_of(w, "web1")->moves, 1);
	assert_string_equal(event_of(w, EVENT_APP_MOVED)->reason, "moved from alpha to beta");
}

/* A node that left in order has stopped what ran there before; without fencing nobody knows. */
static void
who_leaves_in_order_loses_nothing(void **state)
{
	static const struct scene scenes[] = {
		{ MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "alpha" },
		{ MEMBER_OFFLINE, MEMBER_ONLINE, APP_STARTING, "" },
		{ MEMBER_OFFLINE, MEMBER_ONLINE, APP_STARTED, "beta" },
	};
	struct world *w = *state;

	play(w, scenes, G_N_ELEMENTS(scenes));
	assert_int_equal(app_of(w, "web1")->failovers, 0);
	see(w, MEMBER_ONLINE, MEMBER_OFFLINE, APP_STARTING, "");
	backend(w)->fencing = 0;
	step(w);
	see(w, MEMBER_ONLINE, MEMBER_OFFLINE, APP_STARTED, "alpha");
	step(w);
	assert_int_equal(app_of(w, "web1")->failovers, 1);
}

static void
one_that_failed_and_went_on_elsewhere(void **state)
{
	static const struct scene scenes[] = {
		{ MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "alpha" },
		{ MEMBER_ONLINE, MEMBER_ONLINE, APP_FAILED, "alpha" },
		{ MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "beta" },
		{ MEMBER_ONLINE, MEMBER_ONLINE, APP_FAILED, "beta" },
		{ MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "beta" }, /* restarted in its place */
		{ MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "alpha" },
	};
	struct world *w = *state;

	play(w, scenes, G_N_ELEMENTS(scenes));
	assert_int_equal(app_of(w, "web1")->failovers, 1);
	assert_int_equal(app_of(w, "web1")->moves, 2);
}

/* web1 is the node inner, where db is. */
static void
see_guest(struct world *w, int64_t fenced_at, int32_t vm, const char *host, int32_t inner,
    int32_t db, const char *place)
{
	see(w, fenced_at != 0 ? MEMBER_OFFLINE : MEMBER_ONLINE, MEMBER_ONLINE, vm, host);
	((struct cluster_member *)w->parts[PACEMAKER]->rows[ROWS_MEMBER]->pdata[0])->fenced_at =
	    fenced_at;
	struct cluster_member *m = add_member(w, "inner", inner);
	m->kind = NODE_VIRTUAL;
	m->container = "web1";
	add_app(w, "db", db, place)->kind = APP_KIND_SERVICE;
	step(w);
}

static void
what_was_in_a_lost_vm_fails_over(void **state)
{
	struct world *w = *state;

	see_guest(w, 0, APP_STARTED, "alpha", MEMBER_ONLINE, APP_STARTED, "inner");
	see_guest(w, 7, APP_STARTING, "", MEMBER_OFFLINE, APP_STOPPED, "");
	see_guest(w, 7, APP_STARTED, "beta", MEMBER_OFFLINE, APP_STARTED, "beta");
	assert_int_equal(app_of(w, "web1")->failovers, 1);
	assert_int_equal(app_of(w, "db")->failovers, 1);
	/* back into it, and then the VM is stopped in good order */
	see_guest(w, 7, APP_STARTED, "beta", MEMBER_ONLINE, APP_STARTED, "inner");
	see_guest(w, 7, APP_STOPPED, "", MEMBER_OFFLINE, APP_STOPPED, "");
	see_guest(w, 7, APP_STOPPED, "", MEMBER_OFFLINE, APP_STARTED, "beta");
	assert_int_equal(app_of(w, "db")->failovers, 1);
	assert_int_equal(app_of(w, "db")->moves, 3);
	/* its guest crashes */
	see_guest(w, 7, APP_STARTED, "beta", MEMBER_ONLINE, APP_STARTED, "inner");
	see_guest(w, 7, APP_FAILED, "beta", MEMBER_OFFLINE, APP_STOPPED, "");
	see_guest(w, 7, APP_STARTING, "beta", MEMBER_OFFLINE, APP_STARTED, "beta");
	assert_int_equal(app_of(w, "db")->failovers, 2);
}

/* A poll may see no more than before and after. */
static void
a_node_that_was_fenced_between_two_looks(void **state)
{
	struct world *w = *state;

	see(w, MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "alpha");
	step(w);
	see(w, MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "beta");
	((struct cluster_member *)w->parts[PACEMAKER]->rows[ROWS_MEMBER]->pdata[0])->fenced_at = 9;
	step(w);
	assert_int_equal(app_of(w, "web1")->failovers, 1);
	assert_non_null(event_of(w, EVENT_NODE_FENCED));
	assert_string_equal(event_of(w, EVENT_NODE_FENCED)->name, "alpha");
	step(w);
	assert_null(event_of(w, EVENT_NODE_FENCED));
}

static const struct {
	int32_t before, after, wanted, severity;
} changes[] = {
	{ APP_STARTED, APP_FAILED, WANTED_STARTED, SEVERITY_CRITICAL },
	{ APP_STARTED, APP_BLOCKED, WANTED_STARTED, SEVERITY_CRITICAL },
	{ APP_STARTED, APP_STOPPED, WANTED_STARTED, SEVERITY_WARNING },
	{ APP_STARTED, APP_STOPPED, WANTED_STOPPED, SEVERITY_INFO },
	{ APP_STARTED, APP_UNKNOWN, WANTED_STARTED, SEVERITY_WARNING },
	{ APP_STOPPED, APP_STARTED, WANTED_STARTED, SEVERITY_INFO },
	{ APP_STARTED, APP_STARTED, WANTED_STARTED, 0 },
};

static void
changes_are_events(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		see(w, MEMBER_ONLINE, MEMBER_ONLINE, changes[i].before, "alpha");
		step(w);
		see(w, MEMBER_ONLINE, MEMBER_ONLINE, changes[i].after, "alpha")->wanted =
		    changes[i].wanted;
		step(w);
		const struct event *event = event_of(w, EVENT_APP_STATE);
		if ((event == NULL ? 0 : event->severity) != changes[i].severity)
			fail_msg("case %zu", i);
		step(w);
		assert_null(event_of(w, EVENT_APP_STATE));
	}
}

static void
of_a_group_the_group_tells(void **state)
{
	struct world *w = *state;

	see(w, MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "alpha")->parent_name = "g";
	step(w);
	see(w, MEMBER_ONLINE, MEMBER_ONLINE, APP_FAILED, "alpha")->parent_name = "g";
	step(w);
	assert_null(event_of(w, EVENT_APP_STATE));
	assert_int_equal(app_of(w, "web1")->parent, state_index(NULL, OBJECT_APP, "g"));
}

static const struct {
	int32_t before, after;
	const char *old, *new;
	int32_t severity;
} quorums[] = {
	{ 1, 0, "quorate", "notQuorate", SEVERITY_CRITICAL },
	{ 0, 1, "notQuorate", "quorate", SEVERITY_INFO },
	{ 1, ABSENT_I32, "quorate", "unknown", SEVERITY_WARNING },
	{ ABSENT_I32, 0, "unknown", "notQuorate", SEVERITY_CRITICAL },
	{ 1, 1, NULL, NULL, 0 },
};

static void
the_quorum_is_won_and_lost(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(quorums); i++) {
		begin(w);
		backend(w)->quorate = quorums[i].before;
		step(w);
		begin(w);
		backend(w)->quorate = quorums[i].after;
		step(w);
		const struct event *event = event_of(w, EVENT_QUORUM);
		if ((event != NULL) != (quorums[i].old != NULL))
			fail_msg("case %zu", i);
		if (event == NULL)
			continue;
		assert_string_equal(event->old_state, quorums[i].old);
		assert_string_equal(event->new_state, quorums[i].new);
		assert_int_equal(event->severity, quorums[i].severity);
		assert_int_equal(cluster_info(w->now)->quorate, quorums[i].after);
	}
}

/* --- when nobody hears it */

static void
silence_is_one_event_not_many(void **state)
{
	struct world *w = *state;

	see(w, MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "alpha");
	add_member(w, "guest1", MEMBER_ONLINE);
	step(w);
	see(w, MEMBER_UNKNOWN, MEMBER_UNKNOWN, APP_UNKNOWN, "alpha")->reason = "no answer";
	add_member(w, "guest1", MEMBER_UNKNOWN);
	backend(w)->reason = "no answer";
	backend(w)->quorate = ABSENT_I32;
	step(w);
	assert_int_equal(w->events->rows[ROWS_EVENT]->len, 1);
	assert_non_null(event_of(w, EVENT_QUORUM));
	assert_int_equal(node_of(w, "alpha")->state, NODE_ONLINE);
	assert_int_equal(node_of(w, "guest1")->state, NODE_UNREACHABLE);
	see(w, MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "alpha");
	add_member(w, "guest1", MEMBER_ONLINE);
	step(w);
	assert_int_equal(w->events->rows[ROWS_EVENT]->len, 1);
}

/* --- alarms */

static int32_t
severity_of(struct world *w, const char *condition)
{
	struct thresholds t = thresholds_default;
	struct alarms *alarms = alarms_new();
	bool keep = false;
	int32_t severity = 0;
	SCOPED(part) part = alarms_judge(alarms, w->now, &t, NULL, w->clock, w->clock, &keep);

	for (guint i = 0; part != NULL && i < part->rows[ROWS_ALARM]->len; i++) {
		const struct alarm *alarm = part->rows[ROWS_ALARM]->pdata[i];
		if (strcmp(alarm->condition, condition) == 0)
			severity = alarm->severity;
	}
	alarms_free(alarms);
	return severity;
}

static const struct {
	int32_t state, wanted, managed;
	const char *parent;
	int32_t failed, stopped;
} conditions[] = {
	{ APP_STARTED, WANTED_STARTED, 1, "", 0, 0 },
	{ APP_FAILED, WANTED_STARTED, 1, "", SEVERITY_CRITICAL, 0 },
	{ APP_BLOCKED, WANTED_STARTED, 0, "", SEVERITY_CRITICAL, 0 },
	{ APP_FAILED, WANTED_STARTED, 1, "g", 0, 0 },
	{ APP_STOPPED, WANTED_STARTED, 1, "", 0, SEVERITY_CRITICAL },
	{ APP_STOPPED, WANTED_STOPPED, 1, "", 0, 0 },
	{ APP_STOPPED, WANTED_STARTED, 0, "", 0, 0 },
	{ APP_PARTIAL, WANTED_STARTED, 1, "", 0, SEVERITY_WARNING },
	{ APP_UNKNOWN, WANTED_STARTED, 1, "", 0, 0 },
};

static void
what_is_wrong_with_an_application(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(conditions); i++) {
		struct app *app = see(w, MEMBER_ONLINE, MEMBER_ONLINE, conditions[i].state, "alpha");
		app->wanted = conditions[i].wanted;
		app->managed = conditions[i].managed;
		app->parent_name = conditions[i].parent;
		step(w);
		if (severity_of(w, "appFailed") != conditions[i].failed ||
		    severity_of(w, "appStopped") != conditions[i].stopped)
			fail_msg("case %zu", i);
	}
}

static void
what_is_wrong_with_the_cluster(void **state)
{
	struct world *w = *state;

	step(w);
	assert_int_equal(severity_of(w, "quorumLost"), 0);
	begin(w);
	step(w);
	assert_int_equal(severity_of(w, "quorumLost"), 0);
	assert_int_equal(severity_of(w, "clusterUnknown"), 0);
	begin(w);
	backend(w)->quorate = 0;
	step(w);
	assert_int_equal(severity_of(w, "quorumLost"), SEVERITY_CRITICAL);
	see(w, MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "alpha");
	add_member(w, "guest1", MEMBER_OFFLINE)->kind = NODE_VIRTUAL;
	step(w);
	assert_int_equal(severity_of(w, "nodeUnreachable"), 0);
	begin(w);
	add_member(w, "remote1", MEMBER_OFFLINE)->kind = NODE_REMOTE;
	step(w);
	assert_int_equal(severity_of(w, "nodeUnreachable"), SEVERITY_CRITICAL);
	see(w, MEMBER_ONLINE, MEMBER_UNCLEAN, APP_STARTED, "alpha");
	step(w);
	assert_int_equal(severity_of(w, "nodeUnreachable"), SEVERITY_CRITICAL);
	assert_int_equal(cluster_info(w->now)->nodes_unclean, 1);
	begin(w);
	backend(w)->reason = "no answer";
	backend(w)->quorate = ABSENT_I32;
	add_member(w, "guest1", MEMBER_UNKNOWN);
	step(w);
	assert_int_equal(severity_of(w, "clusterUnknown"), SEVERITY_CRITICAL);
	assert_int_equal(severity_of(w, "quorumLost"), 0);
	assert_int_equal(severity_of(w, "nodeUnreachable"), 0);
}

static bool
is_active(const struct part *alarms, const char *condition)
{
	for (guint i = 0; i < alarms->rows[ROWS_ALARM]->len; i++) {
		const struct alarm *alarm = alarms->rows[ROWS_ALARM]->pdata[i];
		if (strcmp(alarm->condition, condition) == 0)
			return true;
	}
	return false;
}

/* What an earlier run has raised is not over before Pacemaker has been asked. */
static void
a_lost_quorum_stays_lost_across_a_restart(void **state)
{
	struct world *w = *state;
	struct thresholds t = thresholds_default;
	struct alarms *before = alarms_new(), *after = alarms_new();
	bool keep = false;

	begin(w);
	backend(w)->quorate = 0;
	step(w);
	SCOPED(part) raised = alarms_judge(before, w->now, &t, NULL, w->clock, w->clock, &keep);
	assert_true(raised != NULL && is_active(raised, "quorumLost"));
	alarms_restore(after, raised);

	begin(w);
	backend(w)->quorate = ABSENT_I32;
	backend(w)->sampled_us = 0; /* not asked yet */
	step(w);
	SCOPED(part) awaited = alarms_judge(after, w->now, &t, NULL, w->clock, w->clock, &keep);
	assert_true(awaited != NULL && is_active(awaited, "quorumLost"));
	begin(w);
	step(w);
	SCOPED(part) over = alarms_judge(after, w->now, &t, NULL, w->clock, w->clock, &keep);
	assert_true(over != NULL && !is_active(over, "quorumLost"));
	alarms_free(before);
	alarms_free(after);
}

/* --- another agent, which has the state of the one before */

static void
carry_over(struct memory *to, const struct memory *from, uint32_t index)
{
	const struct remembered *r = memory_of(from, index);

	if (r == NULL)
		return;
	struct remembered copy = *r;
	copy.settled = false;
	memory_put(to, index, &copy);
}

static uint32_t
vm_index(unsigned n)
{
	g_autofree char *uuid = g_strdup_printf("00000000-0000-4000-8000-%012x", n);

	return state_index(NULL, OBJECT_VM, uuid);
}

static void
put_host(struct world *w, int source, const char *name, int32_t state)
{
	part_unref(w->parts[source]);
	w->parts[source] = test_node_part(name, (enum node_state)state);
}

/* It knows the hosts by name only, and has asked nobody. */
static void
another_agent(struct world *w)
{
	struct memory *next = memory_new();

	carry_over(next, w->memory, state_index(NULL, OBJECT_NODE, "alpha"));
	carry_over(next, w->memory, state_index(NULL, OBJECT_NODE, "beta"));
	carry_over(next, w->memory, state_index(NULL, OBJECT_APP, "web1"));
	carry_over(next, w->memory, vm_index(1));
	memory_free(w->memory);
	w->memory = next;
	g_clear_pointer(&w->before, cluster_unref);
	cluster_unref(w->now);
	w->now = cluster_new_empty();
	g_clear_pointer(&w->parts[PACEMAKER], part_unref);
	put_host(w, ALPHA, "alpha", NODE_CONNECTING);
	put_host(w, BETA, "beta", NODE_CONNECTING);
	step(w);
	assert_int_equal(w->events->rows[ROWS_EVENT]->len, 0);
}

static void
fence(struct world *w, unsigned place, int64_t at)
{
	struct cluster_member *m = w->parts[PACEMAKER]->rows[ROWS_MEMBER]->pdata[place];

	m->fenced_at = at;
}

/* The VM and its application run on alpha; an agent has seen it for a while. */
static void
first_life(struct world *w)
{
	see(w, MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "alpha");
	test_add_vm(w->parts[ALPHA], "web1", 1, VM_RUNNING);
	step(w);
	step(w);
}

static void
the_agent_was_lost_with_the_node(void **state)
{
	struct world *w = *state;

	first_life(w);
	another_agent(w);
	put_host(w, BETA, "beta", NODE_ONLINE);
	see(w, MEMBER_OFFLINE, MEMBER_ONLINE, APP_STOPPED, "");
	fence(w, 0, 9);
	step(w);
	assert_string_equal(event_of(w, EVENT_NODE_FENCED)->old_state, "online");
	assert_string_equal(event_of(w, EVENT_NODE_STATE)->old_state, "online");
	assert_string_equal(event_of(w, EVENT_NODE_STATE)->new_state, "offline");
	assert_string_equal(event_of(w, EVENT_APP_STATE)->old_state, "started");
	assert_null(event_of(w, EVENT_VM_REMOVED));
	put_host(w, BETA, "beta", NODE_ONLINE);
	test_add_vm(w->parts[BETA], "web1", 1, VM_RUNNING);
	see(w, MEMBER_OFFLINE, MEMBER_ONLINE, APP_STARTED, "beta");
	fence(w, 0, 9);
	step(w);
	assert_string_equal(event_of(w, EVENT_APP_MOVED)->reason,
	    "failed over from alpha to beta");
	assert_string_equal(event_of(w, EVENT_VM_MOVED)->reason, "moved from alpha to beta");
	assert_null(event_of(w, EVENT_VM_STATE));
	assert_null(event_of(w, EVENT_VM_ADDED));
	assert_int_equal(app_of(w, "web1")->failovers, 1);
	assert_int_equal(test_vm(w->now, "web1")->last_node, node_of(w, "alpha")->h.index);
	step(w);
	assert_int_equal(w->events->rows[ROWS_EVENT]->len, 0);
}

/* All is over, and the node back, when the next agent looks for the first time. */
static void
the_first_look_tells_of_a_failover(void **state)
{
	struct world *w = *state;

	first_life(w);
	another_agent(w);
	put_host(w, ALPHA, "alpha", NODE_ONLINE);
	put_host(w, BETA, "beta", NODE_ONLINE);
	test_add_vm(w->parts[BETA], "web1", 1, VM_RUNNING);
	step(w);
	assert_non_null(event_of(w, EVENT_VM_MOVED));
	see(w, MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "beta");
	fence(w, 0, 9);
	step(w);
	assert_non_null(event_of(w, EVENT_NODE_FENCED));
	assert_string_equal(event_of(w, EVENT_APP_MOVED)->reason,
	    "failed over from alpha to beta");
}

static void
moved_while_no_agent_looked(void **state)
{
	struct world *w = *state;

	first_life(w);
	another_agent(w);
	put_host(w, ALPHA, "alpha", NODE_ONLINE);
	put_host(w, BETA, "beta", NODE_ONLINE);
	see(w, MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "beta");
	step(w);
	assert_string_equal(event_of(w, EVENT_APP_MOVED)->reason, "moved from alpha to beta");
	assert_int_equal(w->events->rows[ROWS_EVENT]->len, 1);
	assert_int_equal(app_of(w, "web1")->failovers, 0);
}

/* The hosts answer one after the other, and the second one has a definition of the VM, too. */
static void
nothing_has_happened_meanwhile(void **state)
{
	struct world *w = *state;

	first_life(w);
	another_agent(w);
	put_host(w, BETA, "beta", NODE_ONLINE);
	test_add_vm(w->parts[BETA], "web1", 1, VM_SHUT_OFF);
	step(w);
	assert_int_equal(w->events->rows[ROWS_EVENT]->len, 0);
	see(w, MEMBER_ONLINE, MEMBER_ONLINE, APP_STARTED, "alpha");
	step(w);
	assert_int_equal(w->events->rows[ROWS_EVENT]->len, 0);
	put_host(w, ALPHA, "alpha", NODE_ONLINE);
	test_add_vm(w->parts[ALPHA], "web1", 1, VM_RUNNING);
	step(w);
	assert_int_equal(w->events->rows[ROWS_EVENT]->len, 0);
	g_autoptr(GArray) waiting = memory_waiting(w->memory);
	assert_int_equal(waiting->len, 0);
	/* from now on it is news again */
	put_host(w, ALPHA, "alpha", NODE_ONLINE);
	test_add_vm(w->parts[ALPHA], "web1", 1, VM_SHUT_OFF);
	step(w);
	assert_string_equal(event_of(w, EVENT_VM_STATE)->new_state, "shutOff");
}

/* Its node is silent: it may still run there, and nobody says that it does not. */
static void
a_vm_of_a_silent_node_has_no_news(void **state)
{
	struct world *w = *state;

	test_add_vm(w->parts[ALPHA], "web1", 1, VM_RUNNING);
	step(w);
	another_agent(w);
	put_host(w, ALPHA, "alpha", NODE_UNREACHABLE);
	put_host(w, BETA, "beta", NODE_ONLINE);
	test_add_vm(w->parts[BETA], "web1", 1, VM_SHUT_OFF);
	step(w);
	assert_null(event_of(w, EVENT_VM_STATE));
	assert_null(event_of(w, EVENT_VM_MOVED));
	assert_string_equal(event_of(w, EVENT_NODE_STATE)->old_state, "online");
	put_host(w, ALPHA, "alpha", NODE_ONLINE);
	step(w);
	assert_string_equal(event_of(w, EVENT_VM_STATE)->new_state, "shutOff");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(standalone_has_nothing_of_it),
		TEST(applications_find_their_vms),
		TEST(a_service_is_no_vm),
		TEST(the_word_of_the_cluster_and_of_the_host),
		TEST(of_a_vm_on_a_lost_node_nobody_knows),
		TEST(a_vm_that_is_lost_is_where_it_runs_then),
		TEST(a_vm_that_is_stopped_is_told_of),
		TEST(a_stopped_application_is_a_vm_still),
		TEST(on_a_silent_host_it_may_run),
		TEST(a_vm_that_nobody_has_is_gone),
		TEST(a_vm_that_was_never_seen),
		TEST(a_state_lasts_as_long_as_it_is_the_same),
		TEST(virtual_and_other_nodes_are_rows),
		TEST(a_power_cut_is_a_failover),
		TEST(what_was_in_a_lost_vm_fails_over),
		TEST(what_is_moved_does_not_fail_over),
		TEST(who_leaves_in_order_loses_nothing),
		TEST(one_that_failed_and_went_on_elsewhere),
		TEST(a_node_that_was_fenced_between_two_looks),
		TEST(changes_are_events),
		TEST(of_a_group_the_group_tells),
		TEST(the_quorum_is_won_and_lost),
		TEST(silence_is_one_event_not_many),
		TEST(what_is_wrong_with_an_application),
		TEST(what_is_wrong_with_the_cluster),
		TEST(a_lost_quorum_stays_lost_across_a_restart),
		TEST(the_agent_was_lost_with_the_node),
		TEST(the_first_look_tells_of_a_failover),
		TEST(moved_while_no_agent_looked),
		TEST(nothing_has_happened_meanwhile),
		TEST(a_vm_of_a_silent_node_has_no_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
