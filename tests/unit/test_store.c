/* The store and diff(): publication, events, waiting. */
#include "tests/unit/test.h"

#include <poll.h>

#include "model/diff.h"
#include "model/store.h"

#define SECOND G_USEC_PER_SEC

/* Waits until `done` says so of the current cluster value. */
static struct cluster *
wait_for(struct store *store, bool (*done)(const struct cluster *))
{
	int64_t deadline = g_get_monotonic_time() + 5 * SECOND;
	struct cluster *c = store_get(store);

	while (!done(c)) {
		assert_true(g_get_monotonic_time() < deadline);
		uint64_t generation = c->generation;
		cluster_unref(c);
		c = store_wait(store, generation, SECOND);
	}
	return c;
}

static bool
has_vm(const struct cluster *c)
{
	return c->rows[ROWS_VM].n == 1;
}

static bool
has_no_node(const struct cluster *c)
{
	return c->rows[ROWS_NODE].n == 0;
}

static bool
has_event(const struct cluster *c)
{
	return c->rows[ROWS_EVENT].n > 0;
}

static struct part *
one_vm(enum vm_state state)
{
	struct part *part = test_node_part("alpha", NODE_ONLINE);

	test_add_vm(part, "web1", 1, state);
	return part;
}

static void
published_rows_are_seen(void **data)
{
	struct store *store = store_new(NULL, "t");
	struct pollfd listener = { .fd = store_listen(store), .events = POLLIN };

	store_publish(store, one_vm(VM_RUNNING), PUBLISH_NOW);
	SCOPED(cluster) c = wait_for(store, has_vm);
	assert_int_equal(poll(&listener, 1, 1000), 1);
	assert_int_equal(test_vm(c, "web1")->state, VM_RUNNING);
	store_retire(store, "node:alpha");
	SCOPED(cluster) d = wait_for(store, has_no_node);
	assert_int_equal(d->rows[ROWS_EVENT].n, 0);
	/* the older value is still whole */
	assert_string_equal(test_vm(c, "web1")->name, "web1");
	store_free(store);
}

static void
a_change_becomes_an_event(void **data)
{
	struct store *store = store_new(NULL, "t");

	store_publish(store, one_vm(VM_RUNNING), PUBLISH_NOW);
	cluster_unref(wait_for(store, has_vm));
	store_publish(store, one_vm(VM_SHUT_OFF), PUBLISH_NOW);
	SCOPED(cluster) c = wait_for(store, has_event);
	const struct event *event = c->rows[ROWS_EVENT].row[0];
	assert_int_equal(event->type, EVENT_VM_STATE);
	assert_string_equal(event->name, "web1");
	assert_string_equal(event->old_state, "running");
	assert_string_equal(event->new_state, "shutOff");
	assert_string_equal(event->node, "alpha");
	assert_int_equal(event->object, test_vm(c, "web1")->h.index);
	store_free(store);
}

static void
waiting_ends(void **data)
{
	struct store *store = store_new(NULL, "t");

	g_usleep(50000);
	SCOPED(cluster) c = store_get(store);
	int64_t start = g_get_monotonic_time();
	SCOPED(cluster) same = store_wait(store, c->generation, SECOND / 20);
	assert_true(g_get_monotonic_time() - start >= SECOND / 20);
	assert_int_equal(same->generation, c->generation);
	store_wake_all(store);
	start = g_get_monotonic_time();
	SCOPED(cluster) woken = store_wait(store, c->generation, 60 * SECOND);
	assert_true(g_get_monotonic_time() - start < 10 * SECOND);
	assert_non_null(woken);
	store_free(store);
}

static gpointer
publish_often(gpointer data)
{
	for (int i = 0; i < 200; i++)
		store_publish(data, one_vm(i % 2 ? VM_RUNNING : VM_PAUSED),
		    i % 3 ? PUBLISH_SOON : PUBLISH_NOW);
	return NULL;
}

static gpointer
read_often(gpointer data)
{
	for (int i = 0; i < 2000; i++) {
		SCOPED(cluster) c = store_get(data);
		for (size_t v = 0; v < c->rows[ROWS_VM].n; v++) {
			const struct vm *vm = c->rows[ROWS_VM].row[v];
			if (strcmp(vm->name, "web1") != 0)
				return data;
		}
	}
	return NULL;
}

/* Proves little by itself; under ThreadSanitizer it proves much. */
static void
many_threads(void **data)
{
	struct store *store = store_new(NULL, "t");
	GThread *threads[] = {
		g_thread_new("p", publish_often, store),
		g_thread_new("p", publish_often, store),
		g_thread_new("r", read_often, store),
		g_thread_new("r", read_often, store),
	};

	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		assert_null(g_thread_join(threads[i]));
	store_free(store);
}

/* --- diff() by itself */

struct difference {
	enum vm_state vm_was, vm_is; /* 0: not there */
	enum node_state node_was, node_is;
	int event; /* expected type, 0: none */
	const char *old_state, *new_state;
	enum severity severity;
};

static struct cluster *
value_of(enum vm_state vm, enum node_state node, struct cluster *previous)
{
	struct store *store = store_new(NULL, "t");
	struct part *part = test_node_part("alpha", node);

	if (vm != 0)
		test_add_vm(part, "web1", 1, vm);
	store_publish(store, part, PUBLISH_NOW);
	struct cluster *c = store_get(store);
	while (c->rows[ROWS_NODE].n == 0) {
		uint64_t generation = c->generation;
		cluster_unref(c);
		c = store_wait(store, generation, SECOND);
	}
	store_free(store);
	return c;
}

static void
what_becomes_an_event(void **data)
{
	static const struct difference cases[] = {
		{ VM_RUNNING, VM_RUNNING, NODE_ONLINE, NODE_ONLINE, 0, NULL, NULL, 0 },
		{ VM_RUNNING, VM_SHUT_OFF, NODE_ONLINE, NODE_ONLINE, EVENT_VM_STATE,
		    "running", "shutOff", SEVERITY_WARNING },
		{ VM_RUNNING, VM_CRASHED, NODE_ONLINE, NODE_ONLINE, EVENT_VM_STATE,
		    "running", "crashed", SEVERITY_CRITICAL },
		{ VM_SHUT_OFF, VM_RUNNING, NODE_ONLINE, NODE_ONLINE, EVENT_VM_STATE,
		    "shutOff", "running", SEVERITY_INFO },
		{ 0, VM_RUNNING, NODE_ONLINE, NODE_ONLINE, EVENT_VM_ADDED,
		    "", "running", SEVERITY_INFO },
		{ 0, VM_RUNNING, NODE_CONNECTING, NODE_ONLINE, 0, NULL, NULL, 0 },
		{ VM_SHUT_OFF, 0, NODE_ONLINE, NODE_ONLINE, EVENT_VM_REMOVED,
		    "shutOff", "removed", SEVERITY_INFO },
		{ VM_RUNNING, VM_RUNNING, NODE_ONLINE, NODE_UNREACHABLE, EVENT_NODE_STATE,
		    "online", "unreachable", SEVERITY_CRITICAL },
		{ VM_RUNNING, VM_RUNNING, NODE_UNREACHABLE, NODE_ONLINE, EVENT_NODE_STATE,
		    "unreachable", "online", SEVERITY_INFO },
		{ 0, 0, NODE_CONNECTING, NODE_UNREACHABLE, EVENT_NODE_STATE,
		    "connecting", "unreachable", SEVERITY_CRITICAL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct difference *d = &cases[i];
		SCOPED(cluster) was = value_of(d->vm_was, d->node_was, NULL);
		SCOPED(cluster) is = value_of(d->vm_is, d->node_is, was);
		SCOPED(part) out = part_new("events", NULL);
		diff(was, is, out, 1);
		assert_int_equal(out->rows[ROWS_EVENT]->len, d->event != 0);
		if (d->event == 0)
			continue;
		const struct event *event = out->rows[ROWS_EVENT]->pdata[0];
		assert_int_equal(event->type, d->event);
		assert_string_equal(event->old_state, d->old_state);
		assert_string_equal(event->new_state, d->new_state);
		assert_int_equal(event->severity, d->severity);
	}
}

static void
nothing_differs_from_itself(void **data)
{
	SCOPED(cluster) c = value_of(VM_RUNNING, NODE_ONLINE, NULL);
	SCOPED(part) out = part_new("events", NULL);

	diff(c, c, out, 1);
	assert_int_equal(out->rows[ROWS_EVENT]->len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_rows_are_seen),
		cmocka_unit_test(a_change_becomes_an_event),
		cmocka_unit_test(waiting_ends),
		cmocka_unit_test(many_threads),
		cmocka_unit_test(what_becomes_an_event),
		cmocka_unit_test(nothing_differs_from_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
