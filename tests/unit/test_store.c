/* The store and diff(): publication, events, waiting. */
#include "tests/unit/test.h"

#include <poll.h>

#include "model/compose.h"
#include "model/diff.h"
#include "model/state.h"
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

/* Those of alarms aside: they have a test of their own. */
static unsigned
count_events(const struct part *out)
{
	unsigned n = 0;

	for (guint i = 0; i < out->rows[ROWS_EVENT]->len; i++) {
		const struct event *event = out->rows[ROWS_EVENT]->pdata[i];
		n += event->type != EVENT_ALARM_RAISED && event->type != EVENT_ALARM_CLEARED;
	}
	return n;
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
		diff(was, is, NULL, out, 1);
		assert_int_equal(count_events(out), d->event != 0);
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

	diff(c, c, NULL, out, 1);
	assert_int_equal(out->rows[ROWS_EVENT]->len, 0);
}

/* A cluster value with that alarm on VM 7, started at time 100; severity 0: none. */
#define EARLIER 99 /* raised by an earlier run */

static struct cluster *
alarmed(enum severity severity, int64_t raised_at)
{
	static const struct cluster_info info = {
		.name = "t", .version = "1", .backend = "none", .started_at = 100
	};
	struct part *parts[] = { part_new("alarms", NULL) };
	struct compose_input in = { .parts = parts, .parts_n = 1, .info = &info };

	if (severity != 0) {
		struct alarm *alarm = part_add(parts[0], ROWS_ALARM);
		alarm->h.index = 3;
		alarm->kind = OBJECT_VM;
		alarm->object = 7;
		alarm->name = "web1";
		alarm->uuid = "u";
		alarm->node = "alpha";
		alarm->condition = "vmStuck";
		alarm->reason = "does not answer";
		alarm->severity = (int32_t)severity;
		alarm->raised_at = 1000; /* whatever another host's clock said */
		alarm->earlier = raised_at == EARLIER;
	}
	struct cluster *cluster = compose(&in);
	part_unref(parts[0]);
	return cluster;
}

static void
alarms_become_events(void **data)
{
	static const struct {
		enum severity was, is;
		int64_t raised_at;
		int event; /* 0: none */
		const char *old_state, *new_state;
	} cases[] = {
		{ 0, SEVERITY_WARNING, 100, EVENT_ALARM_RAISED, "ok", "warning" },
		{ 0, SEVERITY_WARNING, EARLIER, 0, NULL, NULL },
		{ SEVERITY_WARNING, SEVERITY_CRITICAL, EARLIER, EVENT_ALARM_RAISED, "warning",
		    "critical" },
		{ SEVERITY_CRITICAL, SEVERITY_WARNING, 100, 0, NULL, NULL },
		{ SEVERITY_CRITICAL, 0, 100, EVENT_ALARM_CLEARED, "critical", "ok" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(cluster) was = alarmed(cases[i].was, cases[i].raised_at);
		SCOPED(cluster) is = alarmed(cases[i].is, cases[i].raised_at);
		SCOPED(part) out = part_new("events", NULL);
		diff(was, is, NULL, out, 1);
		assert_int_equal(out->rows[ROWS_EVENT]->len, cases[i].event != 0);
		if (cases[i].event == 0)
			continue;
		const struct event *event = out->rows[ROWS_EVENT]->pdata[0];
		assert_int_equal(event->type, cases[i].event);
		assert_string_equal(event->old_state, cases[i].old_state);
		assert_string_equal(event->new_state, cases[i].new_state);
		assert_int_equal(event->kind, OBJECT_VM);
		assert_int_equal(event->object, 7);
		assert_string_equal(event->name, "web1");
		assert_string_equal(event->node, "alpha");
		assert_string_equal(event->reason, "does not answer");
		const struct alarm *alarm = cluster_event_alarm(is, event);
		assert_true((alarm != NULL) == (cases[i].event == EVENT_ALARM_RAISED));
	}
}

/* --- jobs and notifications of an earlier run */

/* A job that has ended at 500, and a log of events that says of `told` how it ended. */
static struct cluster *
with_job(uint32_t told, int64_t first_at)
{
	static const struct cluster_info info = { .started_at = 100, .name = "t", .version = "1",
		.backend = "none", .quorate = ABSENT_I32, INFO_WITHOUT_BACKEND };
	struct part *part = part_new("jobs", NULL);
	struct compose_input in = { .parts = &part, .parts_n = 1, .info = &info };
	struct job *job = part_add(part, ROWS_JOB);
	struct event *event = part_add(part, ROWS_EVENT);

	*job = (struct job){ .h.index = 7, .type = JOB_RESET, .kind = OBJECT_VM,
		.state = JOB_SUCCEEDED, .finished_at = 500, .object_name = "web1",
		.object_uuid = "u", .error = "", .requester = "", .origin = ORIGIN_CLI };
	*event = (struct event){ .h.index = 1, .type = EVENT_JOB_FINISHED, .kind = OBJECT_JOB,
		.object = told, .name = "", .uuid = "", .old_state = "", .new_state = "",
		.reason = "", .node = "", .at = first_at };
	struct cluster *cluster = compose(&in);
	part_unref(part);
	return cluster;
}

static void
a_job_is_told_of_once_whoever_ran_it(void **data)
{
	static const struct {
		uint32_t told;
		int64_t first_at;
		bool event;
	} cases[] = {
		{ 7, 400, false }, /* the log has it */
		{ 6, 400, true },  /* that run ended before it could tell */
		{ 6, 600, false }, /* the log has no longer what was then */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(cluster) was = cluster_new_empty();
		SCOPED(cluster) is = with_job(cases[i].told, cases[i].first_at);
		SCOPED(part) out = part_new("events", NULL);
		diff(was, is, NULL, out, 1);
		assert_int_equal(out->rows[ROWS_EVENT]->len, cases[i].event);
	}
}

static void
what_was_sent_is_known_to_the_next_run(void **data)
{
	char *dir = test_directory();
	struct state *state = state_open(dir, NULL);
	struct store *store = store_new(state, "t");

	assert_int_equal(store_sent(store), 0);
	store_publish(store, one_vm(VM_RUNNING), PUBLISH_NOW);
	cluster_unref(wait_for(store, has_vm));
	store_publish(store, one_vm(VM_CRASHED), PUBLISH_NOW); /* an event and an alarm */
	cluster_unref(wait_for(store, has_event));
	store_note_sent(store, 1);
	store_publish(store, one_vm(VM_RUNNING), PUBLISH_SOON); /* in the last moment */
	store_free(store);
	state_close(state);

	state = state_open(dir, NULL);
	store = store_new(state, "t");
	assert_int_equal(store_sent(store), 1);
	SCOPED(part) events = part_new("events", NULL);
	assert_true(state_load_events(state, events, 10, NULL));
	assert_in_range(events->rows[ROWS_EVENT]->len, 3, 9); /* the last moment's, too */
	store_free(store);
	state_close(state);
	test_directory_remove(dir);
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
		cmocka_unit_test(alarms_become_events),
		cmocka_unit_test(a_job_is_told_of_once_whoever_ran_it),
		cmocka_unit_test(what_was_sent_is_known_to_the_next_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
