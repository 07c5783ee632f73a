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
	assert_true(s->rrd_enabled);
	assert_string_equal(s->agentx_socket, "/var/agentx/master");
	assert_true(g_str_has_suffix(s->rrd_dir, "/lib/virtcluster/rrd"));
	assert_int_equal(s->nodes->len, 0);
}

static void
everything(void **data)
{
	SCOPED(settings) s = load(*data,
	    "# a comment\n[cluster]\nname = lab\ninterval=2\ncontrol = on\n"
	    "state-dir = /tmp/s\n\n[rrd]\nstep = 5\nrrdcached = unix:/run/r.sock\n"
	    "[node alpha]\nuri = qemu+ssh://root@alpha/system\n"
	    "[node beta]\nuri = lxc:///\ninterval = 30\n"
	    "probe = ssh -o 'Batch Mode' b\n", NULL);

	assert_non_null(s);
	assert_string_equal(s->name, "lab");
	assert_int_equal(s->interval, 2);
	assert_true(s->control);
	assert_string_equal(s->rrd_dir, "/tmp/s/rrd");
	assert_int_equal(s->nodes->len, 2);
	assert_string_equal(settings_node(s, "alpha")->uri, "qemu+ssh://root@alpha/system");
	assert_int_equal(settings_node(s, "beta")->interval, 30);
	assert_string_equal(settings_node(s, "alpha")->probe, "");
	assert_string_equal(settings_node(s, "beta")->probe, "ssh -o 'Batch Mode' b");
	assert_null(settings_node(s, "gamma"));
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
		{ "[cluster]\ncontrol = maybe\n", "2: control = maybe: on or off is wanted" },
		{ "[cluster]\ncolour = red\n", "2: unknown key \"colour\" in [cluster] (known: "
		    "name, interval, control, control-group, control-socket, agentx-socket, "
		    "state-dir)" },
		{ "[klaster]\n", "1: unknown section [klaster] (known: [cluster], [rrd], "
		    "[health], [migrate], [notify], [node NAME])" },
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
		{ "[migrate]\nshared = /srv shared\n", "2: shared = /srv shared: a list of "
		    "absolute paths, separated by blanks is wanted" },
		{ "[rrd]\nstep = 7\n", "2: step = 7: it must divide 300, so that five minutes "
		    "hold whole steps" },
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
		cmocka_unit_test_setup_teardown(a_missing_file, setup, teardown),
		cmocka_unit_test_setup_teardown(what_needs_a_restart, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
