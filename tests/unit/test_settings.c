/* The configuration: what is read, and what is refused with which sentence. */
#include "tests/unit/test.h"

#include "model/settings.h"

struct fixture {
	char *dir, *path;
};

static int
setup(void **data)
{
	struct fixture *f = g_new0(struct fixture, 1);

	f->dir = test_directory();
	f->path = g_build_filename(f->dir, "virtcluster.conf", NULL);
	*data = f;
	return 0;
}

static int
teardown(void **data)
{
	struct fixture *f = *data;

	g_unlink(f->path);
	g_rmdir(f->dir);
	g_free(f->path);
	g_free(f->dir);
	g_free(f);
	return 0;
}

static struct settings *
load(struct fixture *f, const char *text, GError **error)
{
	assert_true(g_file_set_contents(f->path, text, -1, NULL));
	return settings_load(f->path, error);
}

static void
defaults(void **data)
{
	SCOPED(settings) s = load(*data, "", NULL);

	assert_non_null(s);
	assert_string_equal(s->name, "virtcluster");
	assert_int_equal(s->interval, 10);
	assert_false(s->control);
	assert_int_equal(s->rrd_step, 60);
	assert_true(s->rrd_enabled && s->rrd_devices);
	assert_int_equal(s->rrd_years, 10);
	assert_int_equal(s->rrd_keep_removed, 365);
	assert_int_equal(s->thresholds.history_age, 600);
	assert_int_equal(s->dirty_rate, 300);
	assert_string_equal(s->web_url, "");
	assert_string_equal(s->agentx_socket, "/var/agentx/master");
	assert_true(g_str_has_suffix(s->rrd_dir, "/lib/virtcluster/rrd"));
	assert_int_equal(s->nodes->len, 0);
	assert_string_equal(s->backend, "none");
	assert_int_equal(s->pacemaker_interval, 10);
	assert_int_equal(s->pacemaker_timeout, 10);
	assert_int_equal(s->storage_interval, 60);
	assert_int_equal(s->storage_refresh, 300);
	assert_null(s->shared_pools);
}

static void
everything(void **data)
{
	SCOPED(settings) s = load(*data,
	    "# a comment\n[cluster]\nname = lab\ninterval=2\ncontrol = on\n"
	    "state-dir = /tmp/s\ndirty-rate = 0\n[web]\nurl = https://vc.example/\nhost = monitor ::1\n[rrd]\nstep = 5\nrrdcached = unix:/run/r.sock\n"
	    "years = 2\ndevices = off\nkeep-removed = 0\n"
	    "[notify]\nseverity = Warning\nheartbeat = 300\n"
	    "[node alpha]\nuri = qemu+ssh://root@alpha/system\n"
	    "[node beta]\nuri = lxc:///\ninterval = 30\n"
	    "probe = ssh -o 'Batch Mode' b\n"
	    "[storage]\ninterval = 0\nrefresh = 3600\n[pool isos (old)]\nshared = yes\n"
	    "[pool local]\nshared = no\n[pool images]\nshared = yes\n", NULL);

	assert_non_null(s);
	assert_string_equal(s->name, "lab");
	assert_int_equal(s->interval, 2);
	assert_true(s->control);
	assert_int_equal(s->dirty_rate, 0);
	assert_string_equal(s->web_url, "https://vc.example/");
	assert_string_equal(s->web_hosts, "monitor ::1");
	assert_string_equal(s->rrd_dir, "/tmp/s/rrd");
	assert_int_equal(s->rrd_years, 2);
	assert_false(s->rrd_devices);
	assert_int_equal(s->rrd_keep_removed, 0);
	assert_int_equal(s->notify_severity, SEVERITY_WARNING);
	assert_int_equal(s->notify_rate, 60);
	assert_int_equal(s->heartbeat, 300);
	assert_int_equal(s->nodes->len, 2);
	assert_string_equal(settings_node(s, "alpha")->uri, "qemu+ssh://root@alpha/system");
	assert_int_equal(settings_node(s, "beta")->interval, 30);
	assert_string_equal(settings_node(s, "alpha")->probe, "");
	assert_string_equal(settings_node(s, "beta")->probe, "ssh -o 'Batch Mode' b");
	assert_null(settings_node(s, "gamma"));
	assert_int_equal(s->storage_interval, 0);
	assert_int_equal(s->storage_refresh, 3600);
	assert_int_equal(g_strv_length(s->shared_pools), 2);
	assert_string_equal(s->shared_pools[0], "isos (old)");
	assert_string_equal(s->shared_pools[1], "images");
}

static void
refusals(void **data)
{
	static const struct {
		const char *text;
		const char *sentence; /* after "PATH:" */
	} cases[] = {
		{ "[cluster]\ninterval = soon\n",
		    "2: interval = soon: a whole number from 1 to 3600 is wanted" },
		{ "[cluster]\n\ninterval = 0\n",
		    "3: interval = 0: a whole number from 1 to 3600 is wanted" },
		{ "[node a]\nuri = lxc:///\nprobe = ssh 'b\n", "3: probe = ssh 'b: \"local\", "
		    "or a command whose quotes match is wanted" },
		{ "[notify]\nseverity = high\n",
		    "2: severity = high: info, warning or critical is wanted" },
		{ "[cluster]\nbackend = corosync\n",
		    "2: backend = corosync: \"none\" or \"pacemaker\" is wanted" },
		{ "[pacemaker]\ntimeout = 0\n",
		    "2: timeout = 0: a whole number from 1 to 300 is wanted" },
		{ "[node a]\nuri = lxc:///\npacemaker = ssh 'b\n", "3: pacemaker = ssh 'b: \"local\", "
		    "or a command whose quotes match is wanted" },
		{ "[node a]\nuri = lxc:///\n[node b]\nuri = lxc:///\npacemaker-name = a\n",
		    "5: [node b]: another node is called a by Pacemaker" },
		{ "[node a]\nuri = lxc:///\npacemaker-name = b\n[node b]\nuri = lxc:///\n",
		    "4: [node b]: another node is called b by Pacemaker" },
		{ "[cluster]\ncontrol = maybe\n", "2: control = maybe: on or off is wanted" },
		{ "[cluster]\ncolour = red\n", "2: unknown key \"colour\" in [cluster] (known: "
		    "name, interval, backend, control, dirty-rate, control-group, control-socket, "
		    "agentx-socket, state-dir)" },
		{ "[klaster]\n", "1: unknown section [klaster] (known: [cluster], [pacemaker], [control], [rrd], "
		    "[storage], [health], [migrate], [notify], [templates], [web], [placer], "
		    "[node NAME], "
		    "[pool NAME], [group NAME], [vm NAME], [sequence NAME], "
		    "[backup NAME])" },
		{ "[pool a]\nshared = both\n", "2: shared = both: on or off is wanted" },
		{ "[pool a]\npath = /x\n", "2: unknown key \"path\" in [pool a] (known: shared)" },
		{ "[pool ]\n", "1: [pool ]: the pool's name is missing" },
		{ "[storage]\nrefresh = -1\n",
		    "2: refresh = -1: a whole number from 0 to 86400 is wanted" },
		{ "[control]\ngrace = 0\n", "2: grace = 0: a whole number from 1 to 86400 is "
		    "wanted" },
		{ "[cluster]\nname = a b\n", "2: name = a b: 1 to 63 letters, digits, '.', '_' "
		    "or '-' is wanted" },
		{ "[cluster]\nstate-dir = x\n", "2: state-dir = x: an absolute path is wanted" },
		{ "name = x\n", "1: \"name = x\" stands before any [section]" },
		{ "[cluster]\nname\n",
		    "2: \"name\" is neither a [section] nor a \"key = value\"" },
		{ "[cluster]\nname = a\nname = b\n",
		    "3: key \"name\" stands a second time (first in line 2)" },
		{ "[node a]\nuri = qemu:///system\n[node a]\nuri = lxc:///\n",
		    "3: section [node a] stands a second time (first in line 1)" },
		{ "[node a]\nuri = qemu:///system\n[node  a]\nuri = lxc:///\n",
		    "3: [node  a]: a second node of that name" },
		{ "[node a/b]\nuri = qemu:///system\n", "1: [node a/b]: the node's name must be "
		    "1 to 63 letters, digits, '.', '_' or '-'" },
		{ "\n[node a]\n", "2: [node a] has no key \"uri\"" },
		{ "[node a]\nuri = nonsense\n", "2: uri = nonsense: a libvirt URI such as "
		    "qemu+ssh://host/system is wanted" },
		{ "[web]\nurl = vc.example\n",
		    "2: url = vc.example: a URL such as https://host/ is wanted" },
		{ "[web]\nhost = monitor:80\n", "2: host = monitor:80: names of hosts without a "
		    "port, separated by blanks is wanted" },
		{ "[cluster]\ndirty-rate = -1\n",
		    "2: dirty-rate = -1: a whole number from 0 to 86400 is wanted" },
		{ "[migrate]\nshared = /srv shared\n", "2: shared = /srv shared: a list of "
		    "absolute paths, separated by blanks is wanted" },
		{ "[rrd]\nyears = 0\n", "2: years = 0: a whole number from 1 to 30 is wanted" },
		{ "[rrd]\nkeep-removed = long\n",
		    "2: keep-removed = long: a whole number from 0 to 36500 is wanted" },
		{ "[rrd]\nstep = 7\n", "2: step = 7: it must divide 300, so that five minutes "
		    "hold whole steps" },
		{ "[placer]\nauto-balance = often\n", "2: auto-balance = often: off, or a "
		    "whole number from 10 to 86400 is wanted" },
		{ "[group web]\nrule = apart\n", "1: [group web] has no key \"members\"" },
		{ "[group web]\nmembers = ,\n", "2: members: at least one name is wanted" },
		{ "[group web]\nmembers = a\nrule = near\n",
		    "3: rule = near: together or apart is wanted" },
		{ "[group web]\nmember = a\n", "2: unknown key \"member\" in [group web] "
		    "(known: members, rule)" },
		{ "[group a b]\nmembers = a\n", "1: [group a b]: a name of 1 to 63 characters "
		    "without blanks is wanted" },
		{ "\n[vm db1]\nnodes = alpha\n", "3: nodes: there is no [node alpha]" },
		{ "[vm db1]\nprefer = x\n", "2: prefer: there is no [node x]" },
		{ "[sequence s]\n", "1: [sequence s] has no steps" },
		{ "[sequence s]\n1 = start a\n3 = start b\n", "3: key \"3\" in [sequence s]: "
		    "the steps are numbered 1, 2, 3, ..., and 2 comes here" },
		{ "[sequence s]\n1 = delay\n", "2: step 1 of sequence s: delay needs a time "
		    "such as 10s, 5m or 1h" },
		{ "[sequence s]\n1 = delay 1s\n2 = stop @x\n",
		    "3: step 2 of sequence s: there is no [group x]" },
#define BACKUP "[backup b]\nvms = *\npool = p\nschedule = hourly\n"
		{ "[backup ]\n", "1: [backup ]: a name of 1 to 50 letters, digits, '.', '_' or "
		    "'-' is wanted" },
		{ "[backup a b]\n", "1: [backup a b]: a name of 1 to 50 letters, digits, '.', "
		    "'_' or '-' is wanted" },
		{ BACKUP "[backup  b]\nvms = *\npool = p\nschedule = hourly\n",
		    "5: [backup  b]: a second schedule of that name" },
		{ "[backup b]\npool = p\nschedule = hourly\n", "1: [backup b] has no key "
		    "\"vms\"" },
		{ "[backup b]\nvms = *\npool =\nschedule = hourly\n", "3: pool: it is empty" },
		{ "[backup b]\nvms = ,\npool = p\nschedule = hourly\n",
		    "2: vms = ,: 1 to 1000 names or patterns are wanted" },
		{ "[backup b]\nvms = a, @web\npool = p\nschedule = hourly\n",
		    "2: vms: there is no [group web]" },
		{ "[backup b]\nvms = *\npool = p\nschedule = daily 2\n", "4: schedule = daily "
		    "2: hourly [MINUTE], daily HH:MM, weekly DAY HH:MM, monthly DAY HH:MM or "
		    "every TIME (10s at least) is wanted" },
		{ BACKUP "overdue = soon\n", "5: overdue = soon: a time such as 30s, 10m, 36h, "
		    "2d or 1w, ten years at most, is wanted" },
		{ BACKUP "full-every = 0\n",
		    "5: full-every = 0: a whole number from 1 to 1000 is wanted" },
		{ BACKUP "keep-last = -1\n",
		    "5: keep-last = -1: a whole number from 0 to 10000 is wanted" },
		{ BACKUP "quiesce = maybe\n", "5: quiesce = maybe: on or off is wanted" },
		{ BACKUP "keep = 7\n", "5: unknown key \"keep\" in [backup b] (known: vms, "
		    "pool, schedule, full-every, quiesce, keep-last, keep-daily, keep-weekly, "
		    "keep-monthly, overdue, bandwidth, parallel)" },
		{ "[cluster]\nname = \xff\n", "1: is not UTF-8 text" },
	};
	struct fixture *f = *data;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		assert_null(load(f, cases[i].text, &error));
		g_autofree char *wanted = g_strdup_printf("%s:%s", f->path, cases[i].sentence);
		assert_string_equal(error->message, wanted);
	}
}

static void
rules(void **data)
{
	SCOPED(settings) s = load(*data,
	    "[placer]\nmemory-limit = 80\nauto-balance = 60\n"
	    "[node alpha]\nuri = lxc:///\n[node beta]\nuri = lxc:///\n"
	    "[group web]\nmembers = web*, lb1\nrule = apart\n"
	    "[group all]\nmembers = *\n"
	    "[vm db?]\nnodes = alpha  beta\nprefer = beta\n"
	    "[sequence boot]\n1 = start db*\n2 = wait @web running within 1m else go on\n",
	    NULL);

	assert_non_null(s);
	assert_int_equal(s->rules->limits.memory_limit, 80);
	assert_int_equal(s->rules->limits.auto_balance, 60);
	assert_int_equal(s->rules->limits.cooldown, 1800);
	const struct rule_group *web = rules_group(s->rules, "web");
	assert_true(web->has_rule && web->apart);
	assert_true(rule_group_has(web, "web7") && rule_group_has(web, "lb1"));
	assert_false(rule_group_has(web, "lb12"));
	assert_false(rules_group(s->rules, "all")->has_rule);
	assert_string_equal(rules_vm(s->rules, "db1")->nodes[1], "beta");
	assert_null(rules_vm(s->rules, "db10"));
	assert_int_equal(rules_sequence(s->rules, "boot")->steps->len, 2);
	assert_true(rules_target_is(s->rules, "@web", "lb1"));
	assert_false(rules_target_is(s->rules, "@none", "lb1"));
	assert_true(rules_target_is(s->rules, "lb*", "lb1"));
	SCOPED(settings) off = load(*data, "[placer]\nauto-balance = off\n", NULL);
	assert_int_equal(off->rules->limits.auto_balance, 0);
}

static void
backups(void **data)
{
	SCOPED(settings) s = load(*data,
	    "[group web]\nmembers = web*\n"
	    "[backup hot]\nvms = db?, @web\npool = vault\nschedule = hourly 10\n"
	    "keep-last = 24\nkeep-daily = 7\nkeep-weekly = 4\nkeep-monthly = 6\n"
	    "overdue = 90m\nfull-every = 24\nquiesce = on\nbandwidth = 100\nparallel = 2\n"
	    "[backup rest]\nvms = *\npool = big pool\nschedule = weekly sun 03:00\n", NULL);

	assert_non_null(s);
	assert_int_equal(s->rules->backups->len, 2);
	const struct backup_rule *hot = rules_backup_of(s->rules, "db1");
	assert_string_equal(hot->name, "hot");
	assert_ptr_equal(rules_backup_of(s->rules, "web7"), hot);
	assert_string_equal(hot->pool, "vault");
	assert_int_equal(hot->schedule.minute, 10);
	assert_int_equal(hot->overdue, 5400);
	assert_int_equal(hot->full_every, 24);
	assert_int_equal(hot->parallel, 2);
	assert_int_equal(hot->bandwidth, 100);
	assert_true(hot->quiesce);
	assert_int_equal(hot->keep.last, 24);
	assert_int_equal(hot->keep.monthly, 6);
	const struct backup_rule *rest = rules_backup_of(s->rules, "db10");
	assert_string_equal(rest->name, "rest");
	assert_string_equal(rest->pool, "big pool");
	assert_int_equal(rest->overdue, 2 * 7 * 86400);
	assert_int_equal(rest->full_every, 7);
	assert_int_equal(rest->parallel, 1);
	assert_int_equal(rest->keep.last, 0);
	assert_false(rest->quiesce);
}

static void
a_missing_file(void **data)
{
	g_autoptr(GError) error = NULL;

	assert_null(settings_load("/nonexistent/virtcluster.conf", &error));
	assert_non_null(strstr(error->message, "/nonexistent/virtcluster.conf"));
}

static void
what_needs_a_restart(void **data)
{
	SCOPED(settings) a = load(*data, "", NULL);
	SCOPED(settings) b = load(*data, "[cluster]\nstate-dir = /x\nname = other\n", NULL);
	g_autofree char *changed = settings_needs_restart(a, b);

	assert_string_equal(changed, "state-dir");
	assert_null(settings_needs_restart(a, a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(defaults, setup, teardown),
		cmocka_unit_test_setup_teardown(everything, setup, teardown),
		cmocka_unit_test_setup_teardown(refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(rules, setup, teardown),
		cmocka_unit_test_setup_teardown(backups, setup, teardown),
		cmocka_unit_test_setup_teardown(a_missing_file, setup, teardown),
		cmocka_unit_test_setup_teardown(what_needs_a_restart, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
