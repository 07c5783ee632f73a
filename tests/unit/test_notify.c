/* Notifications: the switches that an operator sets, the gate, the words of RFC 7666. */
#include "tests/unit/test.h"

#include "agent/gate.h"
#include "common/sync.h"
#include "model/compose.h"
#include "model/diff.h"
#include "model/self.h"
#include "model/vm_mib.h"

#define SECOND INT64_C(1000000)

/* --- switches */

static int
fresh(void **data)
{
	switches_load("/nonexistent", NULL);
	switches_configure(SWITCH_RATE, 60);
	switches_configure(SWITCH_MIN_SEVERITY, SEVERITY_INFO);
	gate_reset();
	memset(notify_counts, 0, sizeof(notify_counts));
	return 0;
}

static void
what_is_set_wins_over_the_configuration(void **data)
{
	assert_int_equal(switches_get(SWITCH_RATE), 60);
	switches_configure(SWITCH_RATE, 10);
	assert_int_equal(switches_get(SWITCH_RATE), 10);
	assert_int_equal(switches_set(SWITCH_RATE, 5), 10);
	switches_configure(SWITCH_RATE, 20);
	assert_int_equal(switches_get(SWITCH_RATE), 5);
	assert_int_equal(switches_set(SWITCH_RATE, 20), 5); /* follows again */
	switches_configure(SWITCH_RATE, 0);
	assert_int_equal(switches_get(SWITCH_RATE), 0);
}

static void
what_was_set_survives(void **data)
{
	g_autofree char *dir = test_directory();
	g_autofree char *path = g_build_filename(dir, "switches.conf", NULL);

	assert_true(switches_save(dir, NULL));
	assert_false(g_file_test(path, G_FILE_TEST_EXISTS)); /* nothing was set */
	switches_configure(SWITCH_RATE, 10);
	switches_set(SWITCH_RATE, 60); /* the built-in value, but not the configuration's */
	switches_set(SWITCH_MIN_SEVERITY, SEVERITY_CRITICAL);
	switches_set(SWITCH_NOTIFY + NOTIFY_JOB_FINISHED, 0);
	switches_set(SWITCH_VM_MIB, 1);
	assert_true(switches_save(dir, NULL));
	assert_true(switches_load(dir, NULL));
	switches_configure(SWITCH_RATE, 10);
	assert_int_equal(switches_get(SWITCH_RATE), 60);
	assert_int_equal(switches_get(SWITCH_MIN_SEVERITY), SEVERITY_CRITICAL);
	assert_int_equal(switches_get(SWITCH_NOTIFY + NOTIFY_JOB_FINISHED), 0);
	assert_int_equal(switches_get(SWITCH_NOTIFY + NOTIFY_VM_STATE), 1);
	assert_int_equal(switches_get(SWITCH_VM_MIB), 0); /* the RFC's do not */
	g_unlink(path);
	g_rmdir(dir);
}

static void
files_that_make_no_sense(void **data)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ "[switches]\nnotify-rate=100001\nnotify-severity=0\nnotify-1=2\n", true },
		{ "[switches]\nnotify-rate=-1\nnotify-severity=high\nnotify-1=\n", true },
		{ "[other]\nnotify-rate=5\n", true },
		{ "", true },
		{ "notify-rate=5\n", false },
		{ "\xff\xfe", false },
	};
	g_autofree char *dir = test_directory();
	g_autofree char *path = g_build_filename(dir, "switches.conf", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		assert_true(g_file_set_contents(path, cases[i].text, -1, NULL));
		assert_int_equal(switches_load(dir, &error), cases[i].good);
		assert_true(cases[i].good || strstr(error->message, path) != NULL);
		assert_int_equal(switches_get(SWITCH_RATE), 60);
		assert_int_equal(switches_get(SWITCH_MIN_SEVERITY), SEVERITY_INFO);
		assert_int_equal(switches_get(SWITCH_NOTIFY + NOTIFY_VM_STATE), 1);
	}
	g_unlink(path);
	g_rmdir(dir);
}

static gpointer
set_soon(gpointer data)
{
	switches_set(SWITCH_RATE, 7);
	return NULL;
}

static void
a_change_ends_the_wait(void **data)
{
	int64_t begun = g_get_monotonic_time();
	GThread *thread = g_thread_new("setter", set_soon, NULL);

	switches_wait(begun + 60 * SECOND);
	assert_int_equal(switches_get(SWITCH_RATE), 7);
	g_thread_join(thread);
	/* what could not be written is tried again at the deadline, not at once */
	assert_false(switches_save("/nonexistent", NULL));
	switches_wait(g_get_monotonic_time() + SECOND / 100);
	switches_wake();
	switches_wait(begun + 60 * SECOND);
	assert_true(g_get_monotonic_time() < begun + 50 * SECOND);
}

/* --- the gate */

static void
the_gate_obeys_the_switches(void **data)
{
	static const struct {
		unsigned type;
		int32_t severity, least;
		bool enabled, vm_mib, pass;
	} cases[] = {
		{ NOTIFY_VM_STATE, SEVERITY_INFO, SEVERITY_INFO, true, false, true },
		{ NOTIFY_VM_STATE, SEVERITY_INFO, SEVERITY_INFO, false, true, false },
		{ NOTIFY_VM_STATE, SEVERITY_INFO, SEVERITY_WARNING, true, false, false },
		{ NOTIFY_VM_STATE, SEVERITY_WARNING, SEVERITY_WARNING, true, false, true },
		{ NOTIFY_VM_STATE, SEVERITY_WARNING, SEVERITY_CRITICAL, true, false, false },
		{ NOTIFY_VM_STATE, SEVERITY_CRITICAL, SEVERITY_CRITICAL, true, false, true },
		{ NOTIFY_HEARTBEAT, 0, SEVERITY_CRITICAL, true, false, true },
		{ NOTIFY_HEARTBEAT, 0, SEVERITY_INFO, false, false, false },
		{ NOTIFY_SUPPRESSED, 0, SEVERITY_CRITICAL, true, false, true },
		{ NOTIFY_SUPPRESSED, 0, SEVERITY_INFO, false, false, false },
		{ GATE_VM_MIB(1), SEVERITY_INFO, SEVERITY_CRITICAL, true, true, true },
		{ GATE_VM_MIB(1), SEVERITY_CRITICAL, SEVERITY_INFO, true, false, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		fresh(data);
		if (cases[i].type < NOTIFY_END)
			switches_set(SWITCH_NOTIFY + cases[i].type, cases[i].enabled);
		switches_set(SWITCH_VM_MIB, cases[i].vm_mib);
		switches_set(SWITCH_MIN_SEVERITY, (uint32_t)cases[i].least);
		assert_int_equal(gate_pass(cases[i].type, cases[i].severity, SECOND),
		    cases[i].pass);
	}
}

static void
each_type_has_a_bucket_and_counts(void **data)
{
	uint64_t sent = self.notifications_sent, suppressed = self.notifications_suppressed;

	switches_set(SWITCH_RATE, 2);
	switches_set(SWITCH_VM_MIB, 1);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(gate_pass(NOTIFY_VM_STATE, SEVERITY_INFO, SECOND), i < 2);
		assert_int_equal(gate_pass(GATE_VM_MIB(3), SEVERITY_INFO, SECOND), i < 2);
		assert_true(gate_pass(NOTIFY_HEARTBEAT, 0, SECOND));
	}
	assert_true(gate_pass(NOTIFY_JOB_FINISHED, SEVERITY_INFO, SECOND));
	assert_int_equal(notify_counts[NOTIFY_VM_STATE].sent, 2);
	assert_int_equal(notify_counts[NOTIFY_VM_STATE].suppressed, 3);
	assert_int_equal(notify_counts[NOTIFY_JOB_FINISHED].sent, 1);
	assert_int_equal(notify_counts[NOTIFY_HEARTBEAT].sent, 5);
	assert_int_equal(self.notifications_sent - sent, 2 + 2 + 5 + 1);
	assert_int_equal(self.notifications_suppressed - suppressed, 6);
	assert_int_equal(gate_take_held(NOTIFY_VM_STATE, SECOND), 0); /* no room yet */
	assert_int_equal(gate_take_held(NOTIFY_VM_STATE, 90 * SECOND), 3);
	assert_int_equal(gate_take_held(NOTIFY_VM_STATE, 90 * SECOND), 0);
	switches_set(SWITCH_NOTIFY + NOTIFY_SUPPRESSED, 0);
	assert_int_equal(gate_take_held(GATE_VM_MIB(3), 90 * SECOND), 0);
	switches_set(SWITCH_NOTIFY + NOTIFY_SUPPRESSED, 1);
	assert_int_equal(gate_take_held(GATE_VM_MIB(3), 90 * SECOND), 3);
}

static void
every_type_has_its_name(void **data)
{
	size_t named = 0;

	assert_string_equal(gate_name(NOTIFY_VM_STATE), "vclVmStateChanged");
	assert_string_equal(gate_name(GATE_VM_MIB(10)), "vmDeleted");
	assert_null(gate_name(0));
	assert_string_equal(gate_name(NOTIFY_QUORUM), "vclQuorumChanged");
	for (unsigned type = 0; type < gate_types_n; type++)
		named += gate_name(type) != NULL;
	assert_int_equal(named, notify_types_n + 10);
	for (size_t i = 1; i < notify_types_n; i++)
		assert_true(notify_types[i - 1].h.index < notify_types[i].h.index);
}

/* --- the words of RFC 7666 */

static void
operational_and_administrative_states(void **data)
{
	static const struct {
		int32_t state;
		const char *reason;
		int32_t saved;
		enum vm_mib_oper oper;
		enum vm_mib_admin admin;
	} cases[] = {
		{ VM_RUNNING, "", 0, VM_MIB_RUNNING, VM_MIB_ADMIN_RUNNING },
		{ VM_RUNNING, "restored from a saved state", 1, VM_MIB_RUNNING,
		    VM_MIB_ADMIN_RUNNING },
		{ VM_PAUSED, NULL, 0, VM_MIB_PAUSED, VM_MIB_ADMIN_PAUSED },
		{ VM_PAUSED, VM_REASON_SAVING, 0, VM_MIB_SUSPENDING, VM_MIB_ADMIN_SUSPENDED },
		{ VM_PAUSED, VM_REASON_MOVING, 0, VM_MIB_MIGRATING, VM_MIB_ADMIN_RUNNING },
		{ VM_PAUSED, VM_REASON_RESTORING, 1, VM_MIB_RESUMING, VM_MIB_ADMIN_RUNNING },
		{ VM_RUNNING, VM_REASON_POSTCOPY, 0, VM_MIB_MIGRATING, VM_MIB_ADMIN_RUNNING },
		{ VM_SHUT_OFF, "", ABSENT_I32, VM_MIB_SHUTDOWN, VM_MIB_ADMIN_SHUTDOWN },
		{ VM_SHUT_OFF, "", 1, VM_MIB_SUSPENDED, VM_MIB_ADMIN_SUSPENDED },
		{ VM_SHUT_OFF, VM_REASON_SAVED, 0, VM_MIB_SUSPENDED, VM_MIB_ADMIN_SUSPENDED },
		{ VM_SHUT_OFF, VM_REASON_CRASHED, 0, VM_MIB_CRASHED, VM_MIB_ADMIN_RUNNING },
		/* what is known of a saved memory is older than that */
		{ VM_SHUT_OFF, "powered off by the user", 1, VM_MIB_SHUTDOWN,
		    VM_MIB_ADMIN_SHUTDOWN },
		{ VM_SHUTTING_DOWN, "", 0, VM_MIB_SHUTTINGDOWN, VM_MIB_ADMIN_SHUTDOWN },
		{ VM_CRASHED, "", 0, VM_MIB_CRASHED, VM_MIB_ADMIN_RUNNING },
		{ VM_SUSPENDED, "", 0, VM_MIB_OTHER, VM_MIB_ADMIN_RUNNING },
		{ VM_UNKNOWN, "", 0, VM_MIB_UNKNOWN, 0 },
		{ 99, "", 0, VM_MIB_UNKNOWN, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct vm vm = { .state = cases[i].state, .reason = cases[i].reason,
			.managed_save = cases[i].saved };
		assert_int_equal(vm_mib_oper_state(&vm), cases[i].oper);
		assert_int_equal(vm_mib_admin_state(&vm), cases[i].admin);
	}
}

static void
events_in_the_words_of_the_rfc(void **data)
{
	static const struct {
		enum event_type type;
		enum vm_mib_oper before, after;
		const char *names[VM_MIB_NOTICES];
		enum vm_mib_oper carried[VM_MIB_NOTICES];
	} cases[] = {
		{ EVENT_VM_STATE, VM_MIB_SHUTDOWN, VM_MIB_RUNNING, { "vmRunning" },
		    { VM_MIB_SHUTDOWN } },
		{ EVENT_VM_STATE, VM_MIB_RUNNING, VM_MIB_SHUTTINGDOWN, { "vmShuttingdown" },
		    { VM_MIB_RUNNING } },
		{ EVENT_VM_STATE, VM_MIB_RUNNING, VM_MIB_SHUTDOWN, { "vmShutdown" },
		    { VM_MIB_RUNNING } },
		{ EVENT_VM_STATE, VM_MIB_RUNNING, VM_MIB_PAUSED, { "vmPaused" },
		    { VM_MIB_RUNNING } },
		{ EVENT_VM_STATE, VM_MIB_RUNNING, VM_MIB_SUSPENDING, { "vmSuspending" },
		    { VM_MIB_RUNNING } },
		{ EVENT_VM_STATE, VM_MIB_SUSPENDING, VM_MIB_SUSPENDED, { "vmSuspended" },
		    { VM_MIB_SUSPENDING } },
		{ EVENT_VM_STATE, VM_MIB_SUSPENDED, VM_MIB_RUNNING, { "vmRunning" },
		    { VM_MIB_SUSPENDED } },
		{ EVENT_VM_STATE, VM_MIB_RUNNING, VM_MIB_MIGRATING, { "vmMigrating" },
		    { VM_MIB_RUNNING } },
		{ EVENT_VM_STATE, VM_MIB_RUNNING, VM_MIB_CRASHED, { "vmCrashed" },
		    { VM_MIB_RUNNING } },
		{ EVENT_VM_STATE, VM_MIB_RUNNING, VM_MIB_OTHER, { NULL }, { 0 } },
		{ EVENT_VM_STATE, VM_MIB_RUNNING, VM_MIB_UNKNOWN, { NULL }, { 0 } },
		{ EVENT_VM_STATE, VM_MIB_RUNNING, VM_MIB_RUNNING, { NULL }, { 0 } },
		{ EVENT_VM_MOVED, VM_MIB_RUNNING, VM_MIB_RUNNING, { "vmMigrating", "vmRunning" },
		    { VM_MIB_RUNNING, VM_MIB_MIGRATING } },
		{ EVENT_VM_MOVED, VM_MIB_MIGRATING, VM_MIB_RUNNING, { "vmRunning" },
		    { VM_MIB_MIGRATING } },
		{ EVENT_VM_MOVED, VM_MIB_PAUSED, VM_MIB_PAUSED, { "vmMigrating", "vmPaused" },
		    { VM_MIB_PAUSED, VM_MIB_MIGRATING } },
		{ EVENT_VM_MOVED, VM_MIB_SHUTDOWN, VM_MIB_SHUTDOWN, { NULL }, { 0 } },
		{ EVENT_VM_MOVED, 0, 0, { NULL }, { 0 } }, /* with a change of state */
		{ EVENT_VM_STATE, VM_MIB_SUSPENDED, VM_MIB_RESUMING, { "vmResuming" },
		    { VM_MIB_SUSPENDED } },
		{ EVENT_VM_ADDED, 0, VM_MIB_RUNNING, { "vmRunning" }, { VM_MIB_UNKNOWN } },
		{ EVENT_VM_ADDED, 0, VM_MIB_SHUTDOWN, { NULL }, { 0 } },
		{ EVENT_VM_REMOVED, VM_MIB_SHUTDOWN, 0, { "vmDeleted" }, { VM_MIB_SHUTDOWN } },
		{ EVENT_NODE_STATE, 0, 0, { NULL }, { 0 } },
		{ EVENT_ALARM_RAISED, 0, 0, { NULL }, { 0 } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct event event = { .type = cases[i].type,
			.oper_before = cases[i].before, .oper_after = cases[i].after };
		struct vm_mib_notice out[VM_MIB_NOTICES];
		size_t n = vm_mib_notices(&event, out), wanted = 0;
		while (wanted < VM_MIB_NOTICES && cases[i].names[wanted] != NULL)
			wanted++;
		assert_int_equal(n, wanted);
		for (size_t k = 0; k < n; k++) {
			assert_string_equal(out[k].name, cases[i].names[k]);
			assert_string_equal(vm_mib_notice_name(out[k].number), out[k].name);
			assert_int_equal(out[k].before, cases[i].carried[k]);
			assert_int_equal(out[k].persistent, cases[i].type == EVENT_VM_REMOVED);
		}
	}
}

/* The cluster value of one node with one VM, or with none. */
static struct cluster *
with_vm(struct cluster *previous, const char *node, int32_t state, const char *reason)
{
	SCOPED(part) part = test_node_part(node, NODE_ONLINE);
	struct compose_input in = { .previous = previous, .parts = &part, .parts_n = 1,
		.now = 1, .wall = 1 };

	if (state != 0) {
		struct vm *vm = test_add_vm(part, "web1", 1, (enum vm_state)state);
		vm->reason = reason;
		vm->persistent = 1;
	}
	return compose(&in);
}

/* What an event carries outlives the row that it was made of. */
static void
events_keep_the_values(void **data)
{
	SCOPED(cluster) nothing = with_vm(NULL, "a", 0, NULL);
	SCOPED(cluster) running = with_vm(nothing, "a", VM_RUNNING, "");
	SCOPED(cluster) saved = with_vm(running, "a", VM_SHUT_OFF, VM_REASON_SAVED);
	/* libvirt has the same word for both */
	SCOPED(cluster) restored = with_vm(saved, "a", VM_PAUSED, VM_REASON_MOVING);
	SCOPED(cluster) still = with_vm(restored, "a", VM_PAUSED, VM_REASON_MOVING);
	SCOPED(cluster) again = with_vm(still, "a", VM_RUNNING, "");
	SCOPED(cluster) arriving = with_vm(running, "a", VM_PAUSED, VM_REASON_MOVING);
	SCOPED(cluster) gone = with_vm(saved, "a", 0, NULL);
	const struct {
		const struct cluster *was, *is;
		enum event_type type;
		enum vm_mib_oper before, after;
	} cases[] = {
		{ nothing, running, EVENT_VM_ADDED, 0, VM_MIB_RUNNING },
		{ running, saved, EVENT_VM_STATE, VM_MIB_RUNNING, VM_MIB_SUSPENDED },
		{ saved, restored, EVENT_VM_STATE, VM_MIB_SUSPENDED, VM_MIB_RESUMING },
		{ still, again, EVENT_VM_STATE, VM_MIB_RESUMING, VM_MIB_RUNNING },
		{ running, arriving, EVENT_VM_STATE, VM_MIB_RUNNING, VM_MIB_MIGRATING },
		{ saved, gone, EVENT_VM_REMOVED, VM_MIB_SUSPENDED, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(part) out = part_new("events", NULL);
		diff(cases[i].was, cases[i].is, NULL, out, 1);
		assert_int_equal(out->rows[ROWS_EVENT]->len, 1);
		const struct event *event = out->rows[ROWS_EVENT]->pdata[0];
		assert_int_equal(event->type, cases[i].type);
		assert_int_equal(event->oper_before, cases[i].before);
		assert_int_equal(event->oper_after, cases[i].after);
		assert_int_equal(event->persistent, 1);
		assert_string_equal(event->name, "web1");
		assert_int_equal(vm_mib_choice(event->persistent), 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_is_set_wins_over_the_configuration, fresh),
		cmocka_unit_test_setup(what_was_set_survives, fresh),
		cmocka_unit_test_setup(files_that_make_no_sense, fresh),
		cmocka_unit_test_setup(a_change_ends_the_wait, fresh),
		cmocka_unit_test(the_gate_obeys_the_switches),
		cmocka_unit_test_setup(each_type_has_a_bucket_and_counts, fresh),
		cmocka_unit_test_setup(every_type_has_its_name, fresh),
		cmocka_unit_test(operational_and_administrative_states),
		cmocka_unit_test(events_in_the_words_of_the_rfc),
		cmocka_unit_test(events_keep_the_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
