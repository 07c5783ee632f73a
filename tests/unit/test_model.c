/* Small things of the model: texts of parts, empty rows, names, commands in words. */
#include "tests/unit/test.h"

#include "model/request.h"
#include "model/store.h"

static void
texts_are_repaired_and_cut(void **data)
{
	SCOPED(part) part = part_new("x", NULL);
	g_autofree char *ascii = g_strnfill(300, 'a');
	g_autoptr(GString) wide = g_string_new(NULL);

	for (int i = 0; i < 100; i++)
		g_string_append(wide, "\xe2\x82\xac"); /* three octets each */
	assert_null(part_text(part, NULL));
	assert_string_equal(part_text(part, "web1"), "web1");
	assert_int_equal(strlen(part_text(part, ascii)), 255);
	assert_int_equal(strlen(part_text(part, wide->str)), 255);
	g_string_prepend(wide, "ab");
	assert_int_equal(strlen(part_text(part, wide->str)), 254 + 0);
	assert_true(g_utf8_validate(part_text(part, wide->str), -1, NULL));
	assert_true(g_utf8_validate(part_text(part, "bad \xff\xfe name"), -1, NULL));
}

static void
empty_rows_are_absent(void **data)
{
	static const enum row_set sets[] = { ROWS_NODE, ROWS_VM, ROWS_JOB, ROWS_EVENT };
	struct reading reading = { .now = 1 };

	for (size_t t = 0; t < tables_n; t++) {
		for (size_t s = 0; s < G_N_ELEMENTS(sets); s++) {
			if (tables[t]->rows != sets[s])
				continue;
			g_autofree void *row = g_malloc(rows_size(sets[s]));
			table_row_init(sets[s], row);
			TABLE_FOREACH_COLUMN (tables[t], c) {
				struct value v;
				if (c->field == FIELD_NONE || c->access == ACCESS_INDEX ||
				    c->syntax == SYN_INDEX || c->syntax == SYN_DATE)
					continue;
				column_read(c, &reading, row, &v);
				assert_int_equal(v.syntax, SYN_NONE);
			}
		}
	}
}

static void
names_go_both_ways(void **data)
{
	assert_string_equal(enum_to_name(vm_state_names, VM_SHUT_OFF), "shutOff");
	assert_string_equal(enum_to_name(vm_state_names, 99), "unknown");
	assert_int_equal(enum_from_name(vm_state_names, "SHUTOFF"), VM_SHUT_OFF);
	assert_int_equal(enum_from_name(vm_state_names, "off"), 0);
}

static bool
has_vms(const struct cluster *c)
{
	return c->rows[ROWS_VM].n == 2;
}

static void
commands_in_words(void **data)
{
	static const struct {
		const char *text;
		int type; /* 0: refused */
		const char *name_or_sentence;
		const char *options; /* NULL: none */
	} cases[] = {
		{ "start web1",             JOB_POWER_ON,  "web1" },
		{ "  poweroff\tweb1  ",     JOB_POWER_OFF, "web1" },
		{ "shutdown 'my vm'",       JOB_SHUTDOWN,  "my vm" },
		{ "reset \"my vm\"",        JOB_RESET,     "my vm" },
		{ "poweroff",               0, "\"poweroff\" is used like this: poweroff VM" },
		{ "poweroff web1 web1",     0, "\"poweroff\" is used like this: poweroff VM" },
		{ "shutdown --grace 30 web1", JOB_SHUTDOWN, "web1", "grace=30" },
		{ "shutdown web1 --keep=9 --notify --grace=30", JOB_SHUTDOWN, "web1",
		    "notify keep=9 grace=30" },
		{ "shutdown --notify -- web1", JOB_SHUTDOWN, "web1", "notify" },
		{ "shutdown",               0, "\"shutdown\" is used like this: shutdown VM "
		    "[--grace=N]" },
		{ "start web1 --grace=30",  0, "\"start\" has no option --grace" },
		{ "start web1 --",          JOB_POWER_ON, "web1" },
		{ "start web1 --=3",        0, "\"start\" has no option --" },
		{ "start web1 -- --notify", 0, "\"start\" is used like this: start VM" },
		{ "shutdown web1 --grace",  0, "option grace takes a number from 1 to 86400" },
		{ "shutdown web1 --grace=0", 0,
		    "option grace takes a number from 1 to 86400, not 0" },
		{ "explode web1",           0,
		    "unknown command \"explode\": virtcluster(1) lists them" },
		{ "stop web1 --grace=5",     JOB_SHUTDOWN_THEN_OFF, "web1", "grace=5" },
		{ "setvcpus web1 2",         JOB_SET_VCPUS,  "web1", "vcpus=2" },
		{ "cancel 17",               JOB_CANCEL, "17" },
		{ "cancel web1",             0, "\"web1\" is not a job's number" },
		{ "setvcpus web1",           0, "\"setvcpus\" is used like this: setvcpus VM N" },
		{ "setvcpus web1 2 3",       0, "\"setvcpus\" is used like this: setvcpus VM N" },
		{ "setvcpus web1 two",       0, "\"setvcpus\": two is not a number from 1 on" },
		{ "setmemory web1 512",      JOB_SET_MEMORY, "web1", "memory=512" },
		{ "setmemory web1 2g",       JOB_SET_MEMORY, "web1", "memory=2048" },
		{ "setmemory web1 1TiB",     JOB_SET_MEMORY, "web1", "memory=1048576" },
		{ "setmemory web1 9999999T", 0,
		    "\"setmemory\": 9999999T is not a size such as 512M or 2G" },
		{ "setmemory web1 -1",       0,
		    "\"setmemory\": -1 is not a size such as 512M or 2G" },
		{ "autostart web1 on",       JOB_SET_AUTOSTART, "web1", "autostart=on" },
		{ "autostart web1 OFF",      JOB_SET_AUTOSTART, "web1", "autostart=off" },
		{ "autostart web1 maybe",    0, "\"autostart\": on or off, not maybe" },
		{ "keys web1 ctrl+alt+f2 'type a  b'", JOB_KEYS, "web1" },
		{ "adminstate web1 running", JOB_NONE, "web1" },
		{ "adminstate web1 Shutdown", JOB_SHUTDOWN, "web1" },
		{ "adminstate web1 PAUSED",  JOB_SUSPEND, "web1" },
		{ "adminstate web1 saved",   JOB_MANAGED_SAVE, "web1" },
		{ "adminstate web1 happy",   0, "\"adminstate\": running, shutdown, paused, saved "
		    "or unmanaged, not happy" },
		{ "snapshot-create web1",    JOB_SNAPSHOT_CREATE, "web1" },
		{ "snapshot-create web1 s1", JOB_SNAPSHOT_CREATE, "web1" },
		{ "snapshot-create web1 s1 --power-off", 0,
		    "\"snapshot-create\" has no option --power-off" },
		{ "snapshot-revert web1 s1 --power-off", JOB_SNAPSHOT_REVERT, "web1",
		    "power-off" },
		{ "snapshot-delete web1",    0, "\"snapshot-delete\" is used like this: "
		    "snapshot-delete VM SNAPSHOT [--bandwidth=N]" },
		{ "keys web1",               0, "\"keys\" is used like this: keys VM KEYS..." },
		{ "balance --dry-run",      JOB_BALANCE, "cluster", "dry-run" },
		{ "balance web1",           0, "\"balance\" is used like this: balance [--dry-run]" },
		{ "sequence boot",          JOB_POWER_SEQUENCE, "boot", NULL },
		{ "sequence",               0, "\"sequence\" is used like this: sequence SEQUENCE" },
		{ "evacuate nowhere",       0, "no node is called \"nowhere\"" },
		{ "start nobody",           0, "no VM is called \"nobody\"" },
		{ "start 'web1",            0, NULL },
		{ "",                       0, NULL },
		{ "   ",                    0, NULL },
	};
	struct store *store = store_new(NULL, "t");
	struct part *part = test_node_part("alpha", NODE_ONLINE);

	test_add_vm(part, "web1", 1, VM_RUNNING);
	test_add_vm(part, "my vm", 2, VM_RUNNING);
	store_publish(store, part, PUBLISH_NOW);
	struct cluster *c = store_get(store);
	while (!has_vms(c)) {
		uint64_t generation = c->generation;
		cluster_unref(c);
		c = store_wait(store, generation, G_USEC_PER_SEC);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct request request;
		g_autoptr(GError) error = NULL;
		bool good = command_parse(c, cases[i].text, &request, &error);
		assert_int_equal(good, cases[i].type != 0);
		if (good) {
			assert_int_equal(request.type, cases[i].type);
			assert_string_equal(request.name, cases[i].name_or_sentence);
			assert_string_equal(request.command, cases[i].text);
			g_autofree char *options = request_options_text(&request);
			assert_string_equal(options,
			    cases[i].options == NULL ? "" : cases[i].options);
		} else {
			assert_true(error->domain == REQUEST_ERROR);
			if (cases[i].name_or_sentence != NULL)
				assert_string_equal(error->message, cases[i].name_or_sentence);
		}
	}
	cluster_unref(c);
	store_free(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_repaired_and_cut),
		cmocka_unit_test(empty_rows_are_absent),
		cmocka_unit_test(names_go_both_ways),
		cmocka_unit_test(commands_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
