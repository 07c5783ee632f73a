/* The command line tool against a real control socket: what it prints, how it ends. */
#include "tests/unit/control_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/json.h"
#include "model/row_json.h"
#include "cli/cli.h"
#include "cli/display.h"

#define MOST_WORDS 24

/* What a run of the tool came to. */
struct outcome {
	int status;
	char *out, *err;
};

static void
outcome_free(struct outcome *o)
{
	free(o->out);
	free(o->err);
	g_free(o);
}
SCOPED_DEFINE(outcome, outcome_free)

/* Runs `virtcluster --socket PATH LINE`, LINE split at blanks. */
static struct outcome *
run_on(const struct fixture *f, bool terminal, const char *line)
{
	struct outcome *o = g_new0(struct outcome, 1);
	g_auto(GStrv) words = g_strsplit(line, " ", MOST_WORDS);
	char *argv[MOST_WORDS + 4] = { (char *)"virtcluster", (char *)"--socket", f->path };
	int argc = 3;
	size_t size;
	FILE *out = open_memstream(&o->out, &size), *err = open_memstream(&o->err, &size);

	for (size_t i = 0; words[i] != NULL; i++)
		if (words[i][0] != '\0')
			argv[argc++] = words[i];
	o->status = cli_main(argc, argv, (struct output){ out, terminal, 80, false, true }, err);
	fclose(out);
	fclose(err);
	return o;
}

static struct outcome *
run(const struct fixture *f, const char *line)
{
	return run_on(f, false, line);
}

static void
expect(const struct outcome *o, int status, const char *out, const char *err)
{
	if (o->status != status || strstr(o->out, out) == NULL || strstr(o->err, err) == NULL)
		fail_msg("status %d, out \"%s\", err \"%s\"", o->status, o->out, o->err);
	if (status == 0)
		assert_string_equal(o->err, "");
	else
		assert_true(g_str_has_prefix(o->err, "virtcluster: "));
}

/* --- listings */

static void
vms_are_listed(void **data)
{
	SCOPED(outcome) o = run(*data, "vms");

	expect(o, 0, "VM     STATE", "");
	g_auto(GStrv) lines = g_strsplit(o->out, "\n", -1);
	assert_int_equal(g_strv_length(lines), 6);
	assert_true(g_str_has_prefix(lines[1], "db1    running   beta"));
	assert_true(g_str_has_prefix(lines[2], "web1   running   alpha"));
	assert_true(g_str_has_prefix(lines[3], "web2   paused    alpha"));
	assert_true(g_str_has_prefix(lines[4], "web10  shut off  alpha"));
	assert_non_null(strstr(lines[2], "2.0 GiB"));
	for (size_t i = 0; lines[i] != NULL; i++)
		assert_true(text_width(lines[i]) <= 80);
}

static const struct {
	const char *line;
	int status;
	const char *out, *err;
} cases[] = {
	{ "nodes", 0, "Connection refused", "" },
	{ "status", 0, "1/2 online", "" },
	{ "status", 0, "4: 2 running, 1 paused, 1 shut off", "" },
	{ "status", 0, "Connection refused", "" },
	{ "--json status", 0, "\"vclCluster", "" },
	{ "status", 0, "Health    critical: ", "" },
	{ "status", 0, "Storage   80.0 GiB used of 200 GiB in 3 pools, 30.0 GiB given to", "" },
	{ "status", 0, "Alarms    1 critical, 0 warning\n", "" },
	{ "status", 0, "Alarms:\nSEVERITY  ", "" },
	{ "status", 0, "nodeUnreachable", "" },
	{ "vms --state shut-off", 0, "web10", "" },
	{ "vms --name web* --state running", 0, "web1 ", "" },
	{ "vms --name w?b2", 0, "web2", "" },
	{ "vms --health bad", 2, "", "vms: there is no health \"bad\" (there are ok, unknown, " },
	{ "vms --node gamma", 1, "", "no node is called \"gamma\"" },
	{ "vms --wide", 0, "ADDRESS", "" },
	{ "vms --sort os", 0, "web1", "" },
	{ "vms --sort vclVmName --reverse --top 1", 0, "web10", "" },
	{ "vms --top 0", 2, "", "--top wants a number from 1 to 1000000" },
	{ "vms --vm web1", 2, "", "vms: unknown option --vm" },
	{ "vms --watch=never", 2, "", "--watch wants a number from 1 to 86400, not \"never\"" },
	{ "nodes --health warning", 0, "beta", "" },
	{ "nodes --stale", 0, "STALE", "" },
	{ "vcpus", 0, "web1/0", "" },
	{ "disks --vm web1", 0, "web1/vdb", "" },
	{ "disks --wide", 0, "web1/vda", "" },
	{ "disks --pool alpha/default", 0, "web1/vda", "" },
	{ "disks --pool default", 1, "", "two pools are called \"default\": say " },
	{ "nics", 0, "web1/52:54:00:00:00:01  up", "" },
	{ "pools", 0, "shared   running  ok ", "" },
	{ "pools", 0, "  alpha, beta  100 GiB  40.0 %", "" },
	{ "pools --state flying", 2, "", "there is no state \"flying\" (there are running, " },
	{ "volumes", 0, "web1-vda.qcow2  default  alpha", "" },
	{ "volumes --vm web1", 0, "web1-vda.qcow2", "" },
	{ "volumes --orphan --pool shared", 0, "install.iso", "" },
	{ "alarms", 0, "nodeUnreachable  node beta is unreachable: Connection refused", "" },
	{ "alarms --condition nodeunreachable", 0, "beta", "" },
	{ "alarms --severity warning --kind node", 0, "beta", "" },
	{ "alarms --severity bad", 2, "", "there is no severity \"bad\" (there are info, " },
	{ "alarms --since 2h", 0, "beta", "" },
	{ "alarms --since yesterday", 2, "", "alarms: \"yesterday\" is not a time" },
	{ "events --node beta", 0, "alarm raised", "" },
	{ "events --kind ship", 2, "", "there is no kind \"ship\" (there are cluster, node, " },
	{ "vms --state flying", 2, "", "there is no state \"flying\" (there are running, " },
	{ "vms --sort memory", 0, "web1 ", "" },
	{ "vms --sort colour", 2, "", "no column \"colour\" (there are vm, state, node" },
	{ "vms --node alpha", 0, "web1", "" },
	{ "vms --node", 2, "", "vms: --node wants a NODE" },
	{ "vms --nodes=alpha", 2, "", "vms: unknown option --nodes=alpha" },
	{ "vms --wait", 2, "", "vms: unknown option --wait" },
	{ "vms -x", 2, "", "vms: unknown option -x" },
	{ "vms --json=yes", 2, "", "vms: --json takes no value" },
	{ "vms surplus", 2, "", "vms: too many words; usage: virtcluster vms\n" },
	{ "vms --last 0", 2, "", "--last wants a number from 1 to 1000000, not \"0\"" },
	{ "--json vms", 0, "[\n  {\n", "" },
	{ "vms --json --state crashed", 0, "[]", "" },
	{ "show vm web1", 0, "web1\n", "" },
	{ "show node beta", 0, "Connection refused\n", "" },
	{ "show node beta", 0, "\nAlarms:\nSEVERITY", "" },
	{ "show node beta", 0, "\nVMs:\nVM   STATE", "" },
	{ "show node beta", 0, "\nPools:\nPOOL ", "" },
	{ "show vm web1", 0, "\nDisks:\nDISK      ", "" },
	{ "show vm web1", 0, "\nNICs:\nNIC  ", "" },
	{ "show vm web1", 0, "\nvCPUs:\nVCPU  ", "" },
	{ "show disk web1/vda", 0, "web1-vda.qcow2\n", "" },
	{ "show nic 52:54:00:00:00:01", 0, "web1/52:54:00:00:00:01\n", "" },
	{ "show vcpu web1/0", 0, "running\n", "" },
	{ "show pool shared", 0, "\nOn nodes:\nNODE   STATE", "" },
	{ "show pool shared", 0, "\nVolumes:\nVOLUME ", "" },
	{ "show pool default", 1, "", "two pools are called \"default\": say " },
	{ "show volume shared/install.iso", 0, "/images/install.iso\n", "" },
	{ "show volume base.qcow2", 1, "", "two volumes are called \"base.qcow2\": say " },
	{ "show alarm beta/nodeUnreachable", 0, "critical\n", "" },
	{ "show alarm beta", 0, "node beta is unreachable: Connection refused\n", "" },
	{ "show alarm 99999", 1, "", "no alarm is called \"99999\"" },
	{ "show vm web1 --json", 0, "\"vclVmName\" : \"web1\"", "" },
	{ "show vm nobody", 1, "", "nobody" },
	{ "show ship web1", 2, "", "show: there is no kind \"ship\" (there are node, vm, vcpu, " },
	{ "show vm", 2, "", "something is missing; usage: virtcluster show KIND NAME" },
	{ "", 2, "", "what shall be done?" },
	{ "vsm", 2, "", "there is no verb \"vsm\"; did you mean \"vms\"?" },
	{ "ha", 2, "", "\"ha\" alone is no verb: say ha enable, ha disable" },
	{ "help vnode", 2, "", "\"vnode\" alone is no verb: say vnode enable, vnode disable" },
	{ "fly web1", 2, "", "there is no verb \"fly\"; see 'virtcluster help'" },
	{ "help", 0, "usage: virtcluster", "" },
	{ "--help", 0, "usage: virtcluster", "" },
	{ "help start", 0, "--timeout SECONDS", "" },
	{ "start --help", 0, "usage: virtcluster start NAME", "" },
	{ "help fly", 2, "", "there is no verb \"fly\"" },
	{ "version", 0, "virtcluster ", "" },
	{ "--version", 0, "virtcluster ", "" },
	{ "--json version", 0, "{ \"version\" : ", "" },
	{ "start", 2, "", "start: something is missing; usage: virtcluster start NAME" },
	{ "start nobody", 1, "", "nobody" },
	{ "start db1", 1, "", "db1 is busy with job 3" },
	{ "start web1 --timeout 5", 2, "", "--timeout makes sense with --wait only" },
	{ "start web1 --wait --timeout never", 2, "", "not \"never\"" },
	{ "poweroff web1", 0,
	    "job 17 queued: poweroff web1; follow it with 'virtcluster wait 17'\n", "" },
	{ "--json poweroff web1", 0, "\"vclJobState\" : \"waiting\"", "" },
	{ "cancel x", 2, "", "\"x\" is not a job's number" },
	{ "cancel 99", 1, "", "there is no job 99" },
	{ "wait 0", 2, "", "\"0\" is not a job's number" },
	{ "wait 99", 1, "", "there is no job 99" },
	{ "graphs", 0, "vm    cpu     CPU usage", "" },
	{ "graph vm web1 cpu -o -", 0, "<svg>", "" },
	{ "graph vm web1 -o -", 0, "<svg>", "" },
	{ "graph vm web1 nonsense -o -", 1, "", "there is no graph nonsense" },
	{ "graph vm web1 cpu", 2, "", "say -o FILE.svg" },
	{ "graph vm -o x.svg", 2, "", "say KIND NAME" },
	{ "graph cluster -o x.svg", 1, "", "there are no graphs of that kind of object" },
	{ "sources", 0, "vm    cpu       rate   vclVmCpuTime", "" },
	{ "series vm web1 cpu", 0, "time,value\n1970-01-01T00:11:00Z,1.5\n"
		"1970-01-01T00:12:00Z,\n1970-01-01T00:13:00Z,3000000000\n", "" },
	{ "--json series vm web1 cpu --span 1d --resolution 1h --max", 0, "\"time\" : 660", "" },
	{ "series vm web1 colour", 1, "", "there is no source colour" },
	{ "series vm web1", 2, "", "say KIND NAME SOURCE" },
	{ "series cluster a b", 2, "", "say KIND SOURCE" },
	{ "series vm web1 cpu --span 3", 2, "", "\"3\" is not a span" },
	{ "series vm web1 cpu --resolution much", 2, "", "\"much\" is not a span" },
	{ "series vm web1 cpu --from -1h --to -2h", 2, "", "series: it ends before it begins" },
	{ "graph vm web1 cpu -o x.gif", 2, "", "must end in .svg or .png" },
	{ "graph ship web1 cpu -o x.svg", 1, "", "no such kind of object: ship (there are cluster, node, " },
	{ "graph vm nobody -o x.svg", 1, "", "no VM is called \"nobody\"" },
	{ "graph vm web1 cpu -o x.svg --span 3", 2, "", "\"3\" is not a span" },
	{ "graph vm web1 cpu -o x.svg --size 3", 2, "", "\"3\" is not a size" },
	{ "graph vm web1 cpu -o x.svg --from soon", 2, "", "\"soon\" is not a time" },
	{ "graph vm web1 cpu -o x.svg --from -1h --to -2h", 2, "", "ends before it begins" },
	{ "graph vm web1 cpu -o /nonexistent/x.svg", 1, "", "/nonexistent" },
	{ "complete vms", 0, "web10\n", "" },
	{ "complete nodes", 0, "beta\n", "" },
	{ "complete ships", 2, "", "no words of kind \"ships\"" },
};

static void
lines_and_their_outcomes(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(outcome) o = run(*data, cases[i].line);
		if (o->status != cases[i].status)
			fail_msg("%s: status %d, out \"%s\", err \"%s\"", cases[i].line,
			    o->status, o->out, o->err);
		expect(o, cases[i].status, cases[i].out, cases[i].err);
	}
}

/* --- a review of the cluster: what is found, and the exit status */

#define HINT_TEXT "hint: one-ring\n  There is one network.\n  note: Add another.\n"
#define UNKNOWN_TEXT "not known\n  Of beta it is not known: its clock.\n"
#define WARNING_TEXT                                                                   \
	"warning: failures\n  web1 has failed once.\n  mend: crm_resource --cleanup\n  on: beta\n"
#define COUNTS(warnings, hints, unknown)                                               \
	"0 critical, " warnings ", " hints ", " unknown " not known; 59 checks, 2 nodes\n"

static const struct {
	int finds; /* see control_fixture.h */
	const char *line;
	int status;
	const char *out, *err;
} reviews[] = {
	{ 0, "cluster check", 0, COUNTS("0 warnings", "0 hints", "0"), "" },
	{ 0, "cluster check --quiet", 0, "", "" },
	{ 0, "cluster check --json", 0, "[]\n", "" },
	{ 1, "cluster check", 0, HINT_TEXT "\n" COUNTS("0 warnings", "1 hint", "0"), "" },
	{ 1, "cluster check -q", 0, "", "" },
	{ 3, "cluster check", 3, UNKNOWN_TEXT "\n" HINT_TEXT "\n" COUNTS("0 warnings", "1 hint", "1"),
	    "" },
	{ 3, "cluster check -q", 3, UNKNOWN_TEXT, "" },
	{ 7, "cluster check -q", 1, WARNING_TEXT "\n" UNKNOWN_TEXT, "" },
	{ 5, "cluster check", 1, WARNING_TEXT "\n" HINT_TEXT "\n" COUNTS("1 warning", "1 hint", "0"),
	    "" },
	{ 8, "cluster check", 3, "", "virtcluster: Pacemaker cannot be asked\n" },
	{ 0, "cluster chek", 2, "", "virtcluster: cluster: there is no \"chek\"; say 'cluster check'\n" },
};

static void
the_cluster_is_reviewed(void **data)
{
	struct fixture *f = *data;

	g_free(f->settings->backend);
	f->settings->backend = g_strdup("pacemaker");
	for (size_t i = 0; i < G_N_ELEMENTS(reviews); i++) {
		atomic_store(&f->finds, reviews[i].finds);
		SCOPED(outcome) o = run(f, reviews[i].line);
		assert_string_equal(o->out, reviews[i].out);
		assert_string_equal(o->err, reviews[i].err);
		assert_int_equal(o->status, reviews[i].status);
	}
}

static void
without_a_manager_there_is_no_review(void **data)
{
	SCOPED(outcome) o = run(*data, "cluster check");

	expect(o, 3, "", "there is no cluster manager in the configuration");
}

static void
json_is_one_document(void **data)
{
	static const char *const lines[] = { "--json vms", "--json nodes", "--json status",
		"--json jobs", "--json events", "--json show vm web1", "--json graphs",
		"--json vcpus", "--json disks", "--json nics", "--json pools", "--json volumes",
		"--json alarms", "--json show pool shared", "--json show node beta",
		"--json volumes --name nothing" };

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		SCOPED(outcome) o = run(*data, lines[i]);
		g_autoptr(JsonNode) root = json_from_string(o->out, NULL);
		assert_non_null(root);
	}
}

/* The rows that a line lists, as far as their first columns go. */
static const struct {
	const char *line;
	const char *first; /* words of the first column */
} lists[] = {
	{ "vms --state running", "db1 web1" },
	{ "vms --node alpha", "web1 web2 web10" },
	{ "vms --node alpha --last 2", "web2 web10" },
	{ "vms --node alpha --top 2", "web1 web2" },
	{ "vms --sort memory --top 1", "web1" },
	{ "vms --reverse", "web10 web2 web1 db1" },
	{ "vms --sort vm --reverse", "web10 web2 web1 db1" },
	{ "vms --name *1", "db1 web1" },
	{ "vms --health ok --name web*", "web1 web2 web10" },
	{ "nodes --health critical", "beta" },
	{ "nodes --sort health", "beta alpha" },
	{ "pools --node alpha", "default shared" },
	{ "volumes --orphan", "base.qcow2 base.qcow2 install.iso" },
	{ "volumes --node beta", "base.qcow2 install.iso" },
	{ "disks --name */vdb", "web1/vdb" },
};

static void
filters_choose_rows(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
		SCOPED(outcome) o = run(*data, lists[i].line);
		g_auto(GStrv) lines = g_strsplit(o->out, "\n", -1);
		g_autoptr(GString) first = g_string_new(NULL);
		for (size_t n = 1; lines[0] != NULL && lines[n] != NULL && lines[n][0] != '\0'; n++)
			g_string_append_printf(first, "%s%.*s", n > 1 ? " " : "",
			    (int)strcspn(lines[n], " "), lines[n]);
		if (strcmp(first->str, lists[i].first) != 0)
			fail_msg("%s: %s", lists[i].line, first->str);
	}
}

static void
empty_lists_say_so(void **data)
{
	static const char *const lines[][2] = {
		{ "jobs", "no jobs\n" },
		{ "vms --state crashed", "no VMs match\n" },
		{ "alarms --vm web1", "no alarms match\n" },
		{ "volumes --name nothing --wide", "no volumes match\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		SCOPED(outcome) o = run(*data, lines[i][0]);
		assert_int_equal(o->status, 0);
		assert_string_equal(o->out, "");
		assert_string_equal(o->err, lines[i][1]);
	}
}

/* Only what is shown is asked for: with all columns the text is the same. */
static void
asked_columns_suffice(void **data)
{
	const struct fixture *f = *data;
	struct client *client = client_open(f->path, NULL);

	for (size_t i = 0; listings[i] != NULL; i++) {
		const struct listing *l = listings[i];
		g_autoptr(GPtrArray) keys = g_ptr_array_new();
		display_keys(l->list, true, keys);
		g_ptr_array_add(keys, NULL);
		JsonBuilder *b = client_request(listing_request(l));
		client_add_words(b, "columns", (const char *const *)keys->pdata);
		g_autoptr(GPtrArray) some = client_rows(client, b, NULL);
		g_autoptr(GPtrArray) all = client_rows(client, client_request(listing_request(l)), NULL);
		assert_int_equal(some->len, all->len);
		display_sums(l, some);
		display_sums(l, all);
		for (guint n = 0; n < all->len; n++) {
			for (const struct field *field = l->list; field->key != NULL; field++) {
				g_autofree char *a = field->format(some->pdata[n], field->key);
				g_autofree char *z = field->format(all->pdata[n], field->key);
				if (g_strcmp0(a, z) != 0)
					fail_msg("%s: %s, not %s", field->key, a, z);
			}
		}
	}
	client_close(client);
}

static void
show_has_tables_in_json(void **data)
{
	static const char *const lines[][3] = {
		{ "--json show vm web1", "vclVmDiskTable", "vclDiskName" },
		{ "--json show vm web1", "vclVmNicTable", "vclNicMac" },
		{ "--json show vm web1", "vclVmCpuTable", "vclVcpuState" },
		{ "--json show node beta", "vclAlarmTable", "vclAlarmReason" },
		{ "--json show node beta", "vclVmTable", "vclVmUuid" },
		{ "--json show pool shared", "vclPoolNodeTable", "vclPoolNodeNodeName" },
		{ "--json show pool shared", "vclVolumeTable", "vclVolumePath" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		SCOPED(outcome) o = run(*data, lines[i][0]);
		g_autoptr(JsonNode) root = json_from_string(o->out, NULL);
		JsonArray *rows =
		    json_object_get_array_member(json_node_get_object(root), lines[i][1]);
		assert_non_null(rows);
		assert_true(json_object_has_member(json_array_get_object_element(rows, 0),
		    lines[i][2]));
	}
}

/* --- --watch */

struct watching {
	struct fixture *f;
	const char *line;
	bool terminal;
	_Atomic pthread_t watcher;
	char *file, *errors;
};

static char *
content(const char *file)
{
	char *text = NULL;

	assert_true(g_file_get_contents(file, &text, NULL, NULL));
	return text;
}

static size_t
count(const char *file, const char *what)
{
	g_autofree char *text = content(file);
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, what)) != NULL; p += strlen(what))
		n++;
	return n;
}

static void
wait_for_count(const char *file, const char *what, size_t n)
{
	int64_t deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

	while (count(file, what) < n) {
		assert_true(g_get_monotonic_time() < deadline);
		g_usleep(20000);
	}
}

/* In a thread of its own, which alone gets its signals. */
static gpointer
run_watch(gpointer data)
{
	struct watching *w = data;
	g_auto(GStrv) words = g_strsplit(w->line, " ", MOST_WORDS);
	char *argv[MOST_WORDS + 4] = { (char *)"virtcluster", (char *)"--socket", w->f->path };
	int argc = 3;
	FILE *out = fopen(w->file, "w"), *errors = fopen(w->errors, "w");

	for (size_t i = 0; words[i] != NULL; i++)
		argv[argc++] = words[i];
	atomic_store(&w->watcher, pthread_self()); /* before the first picture, which is waited for */
	int status = cli_main(argc, argv,
	    (struct output){ out, w->terminal, 80, false, true }, errors);
	fclose(out);
	fclose(errors);
	return GINT_TO_POINTER(status);
}

static GThread *
watching_start(struct watching *w)
{
	w->file = g_build_filename(w->f->dir, "out", NULL);
	w->errors = g_build_filename(w->f->dir, "errors", NULL);
	assert_true(g_file_set_contents(w->file, "", 0, NULL));
	assert_true(g_file_set_contents(w->errors, "", 0, NULL));
	return g_thread_new("watch", run_watch, w);
}

static void
watching_end(struct watching *w, GThread *thread)
{
	pthread_kill(atomic_load(&w->watcher), SIGINT);
	assert_int_equal(GPOINTER_TO_INT(g_thread_join(thread)), 0);
}

static void
watching_clear(struct watching *w)
{
	g_unlink(w->file);
	g_unlink(w->errors);
	g_free(w->file);
	g_free(w->errors);
}

static void
watch_prints_again(void **data)
{
	struct watching w = { .f = *data, .line = "vms --watch 1" };
	GThread *thread = watching_start(&w);

	wait_for_count(w.file, "VM     STATE", 2);
	watching_end(&w, thread);
	g_autofree char *text = content(w.file);
	assert_true(g_ascii_isdigit(text[0])); /* the time stands above each picture */
	assert_non_null(strstr(text, "\nVM     STATE"));
	assert_null(strchr(text, '\033'));
	assert_int_equal(count(w.errors, "virtcluster"), 0);
	watching_clear(&w);
}

static void
watch_draws_in_place(void **data)
{
	struct watching w = { .f = *data, .line = "show vm web1 --watch 1", .terminal = true };
	GThread *thread = watching_start(&w);

	wait_for_count(w.file, "\033[H", 2);
	watching_end(&w, thread);
	g_autofree char *text = content(w.file);
	assert_null(strstr(text, "\033[2J")); /* which would flicker */
	assert_true(g_str_has_prefix(text, "\033[?1049h\033[?25l"));
	assert_true(g_str_has_suffix(text, "\033[?25h\033[?1049l"));
	assert_non_null(strstr(text, "web1\033[K\n"));
	watching_clear(&w);
}

static void
watch_in_json_is_a_document_a_line(void **data)
{
	struct watching w = { .f = *data, .line = "vms --json --watch 1" };
	GThread *thread = watching_start(&w);

	wait_for_count(w.file, "\n", 2);
	watching_end(&w, thread);
	g_autofree char *text = content(w.file);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (int i = 0; i < 2; i++) {
		g_autoptr(JsonNode) root = json_from_string(lines[i], NULL);
		assert_int_equal(json_array_get_length(json_node_get_array(root)), 4);
	}
	watching_clear(&w);
}

/* A daemon that is started again is missed once, and found again. */
static void
watch_outlives_the_daemon(void **data)
{
	struct fixture *f = *data;
	struct watching w = { .f = f, .line = "vms --watch 1" };
	GThread *thread = watching_start(&w);

	wait_for_count(w.file, "VM     STATE", 1);
	control_free(f->control);
	wait_for_count(w.errors, "virtcluster: no answer from virtclusterd since ", 1);
	size_t before = count(w.file, "VM     STATE");
	f->control = fixture_listen(f);
	wait_for_count(w.file, "VM     STATE", before + 2);
	watching_end(&w, thread);
	assert_int_equal(count(w.errors, "\n"), 1);
	watching_clear(&w);
}

/* Nor does it wait for one that never was, or for what is not there. */
static void
watch_begins_with_a_picture(void **data)
{
	struct fixture none = { .path = (char *)"/nonexistent/control.sock" };
	SCOPED(outcome) away = run(&none, "vms --watch 1");
	SCOPED(outcome) gone = run(*data, "show vm nobody --watch 1");

	expect(away, 1, "", "cannot reach virtclusterd");
	expect(gone, 1, "", "no VM is called \"nobody\"");
}

static void
no_daemon_is_one_sentence(void **data)
{
	g_autofree char *path = g_strdup("/nonexistent/control.sock");
	struct fixture f = { .path = path };
	SCOPED(outcome) o = run(&f, "vms");

	expect(o, 1, "", "");
	assert_string_equal(o->err, "virtcluster: cannot reach virtclusterd at "
				    "/nonexistent/control.sock: No such file or directory; "
				    "is it running?\n");
}

static const struct table *
table_of(const struct listing *l)
{
	for (size_t i = 0; i < tables_n; i++)
		if (strcmp(tables[i]->name, l->table) == 0)
			return tables[i];
	fail_msg("%s", l->table);
	return NULL;
}

static void
must_exist(const struct table *t, const char *key)
{
	if (key != NULL && row_json_column(t, key) == NULL)
		fail_msg("%s has no %s", t->name, key);
}

/* Every key that is shown exists, so that a renamed column cannot vanish quietly. */
static void
shown_columns_exist(void **data)
{
	for (size_t i = 0; listings[i] != NULL; i++) {
		const struct listing *l = listings[i];
		const struct table *t = table_of(l);
		g_autoptr(GPtrArray) keys = g_ptr_array_new();
		display_keys(l->list, true, keys);
		if (l->detail != NULL)
			display_keys(l->detail, true, keys);
		for (const struct filter *f = l->filters; f->option != NULL; f++)
			must_exist(t, f->key);
		for (guint k = 0; k < keys->len; k++)
			must_exist(t, keys->pdata[k]);
		must_exist(t, l->name);
		must_exist(t, l->within);
		must_exist(t, l->index);
		must_exist(t, l->sort);
	}
}

/* The words of a filter are those of its column, and all of them. */
static void
words_are_those_of_the_model(void **data)
{
	size_t checked = 0;

	for (size_t i = 0; listings[i] != NULL; i++) {
		for (const struct filter *f = listings[i]->filters; f->option != NULL; f++) {
			if (f->words == NULL)
				continue;
			const struct enum_name *names =
			    row_json_column(table_of(listings[i]), f->key)->names;
			size_t n = 0;
			for (; names[n].name != NULL; n++)
				assert_true(g_strv_contains(f->words, names[n].name));
			assert_int_equal(g_strv_length((char **)f->words), n);
			checked++;
		}
	}
	assert_true(checked > 8);
}

static const struct option_def *
option_called(const char *name)
{
	for (const struct option_def *def = option_defs; def->name != NULL; def++)
		if (strcmp(def->name, name) == 0)
			return def;
	return NULL;
}

/* Every option of a request is one of the tool's verb, and handed on. */
static void
options_are_handed_on(const struct cli_verb *verb, const char *names)
{
	g_auto(GStrv) words = g_strsplit(names, " ", -1);

	for (char **word = words; *word != NULL; word++) {
		const struct option_def *def = option_called(*word);
		if (def == NULL || !def->handed_on || !option_is_in(def, verb->options))
			fail_msg("%s: no option --%s", verb->name, *word);
		assert_int_equal(def->operand != NULL, request_option_takes_value(*word));
	}
}

/* What the daemon understands in words, the tool has as verbs. */
static void
commands_are_verbs(void **data)
{
	for (const struct command_verb *c = command_verbs; c->verb != NULL; c++) {
		const struct cli_verb *v = cli_find_verb(c->verb);
		assert_non_null(v);
		assert_ptr_equal(v->run, c->type == JOB_CANCEL ? verb_cancel
		    : c->type == JOB_VOLUME_UPLOAD ? verb_upload
		    : c->type == JOB_VOLUME_DOWNLOAD ? verb_download : verb_act);
		if (v->run == verb_cancel)
			continue;
		options_are_handed_on(v, c->options);
		options_are_handed_on(v, "notify keep");
	}
}

/* --- jobs */

static gpointer
finish_job(gpointer data)
{
	struct fixture *f = data;

	fixture_wait_commit(f);
	g_usleep(50000);
	fixture_set_job(f, JOB_RUNNING, 40, NULL);
	g_usleep(300000);
	fixture_set_job(f, JOB_SUCCEEDED, 100, NULL);
	return NULL;
}

static gpointer
break_job(gpointer data)
{
	struct fixture *f = data;

	fixture_wait_commit(f);
	g_usleep(50000);
	fixture_set_job(f, JOB_FAILED, 0, "the guest did not react within 60 s");
	return NULL;
}

static struct outcome *
run_with(struct fixture *f, GThreadFunc change, bool terminal, const char *line)
{
	GThread *thread = g_thread_new("change", change, f);
	struct outcome *o = run_on(f, terminal, line);

	g_thread_join(thread);
	return o;
}

static void
waiting_shows_progress(void **data)
{
	SCOPED(outcome) o = run_with(*data, finish_job, false, "poweroff web1 --wait");

	expect(o, 0, "job 17: power off web1: running 40 %\n", "");
	assert_non_null(strstr(o->out, "job 17: power off web1: succeeded\n"));
	assert_null(strchr(o->out, '\r'));
}

static void
progress_is_in_place_on_a_terminal(void **data)
{
	SCOPED(outcome) o = run_with(*data, finish_job, true, "poweroff web1 --wait");

	expect(o, 0, "\rjob 17: power off web1: running [########            ] 40 %, ", "");
	assert_non_null(strstr(o->out, " s\033[K\r"));
	assert_true(g_str_has_suffix(o->out, "\n"));
	g_auto(GStrv) lines = g_strsplit(o->out, "\n", -1);
	assert_int_equal(g_strv_length(lines), 2);
}

static void
waiting_fails_with_the_job(void **data)
{
	SCOPED(outcome) o = run_with(*data, break_job, false, "shutdown web1 --wait");

	expect(o, 1, "",
	    "virtcluster: job 17: power off web1: the guest did not react within 60 s\n");
}

static void
waiting_in_json_prints_the_last_row(void **data)
{
	SCOPED(outcome) o = run_with(*data, break_job, false, "--json shutdown web1 --wait");
	g_autoptr(JsonNode) root = json_from_string(o->out, NULL);

	expect(o, 1, "\"vclJobState\" : \"failed\"", "the guest did not react");
	assert_non_null(root);
}

static void
patience_ends(void **data)
{
	SCOPED(outcome) o = run(*data, "poweroff web1 --wait --timeout 1");

	expect(o, 1, "", "job 17 is still waiting after 1 s; it goes on");
}

static void
a_job_is_cancelled(void **data)
{
	struct fixture *f = *data;

	fixture_set_job(f, JOB_RUNNING, 0, NULL);
	fixture_wait_rows(f, ROWS_JOB, 1);
	SCOPED(outcome) o = run(f, "cancel 17");
	expect(o, 0, "job 17 is being cancelled\n", "");
	assert_int_equal(atomic_load(&f->cancelled), 17);
}

/* --- graphs */

static void
a_graph_becomes_a_file(void **data)
{
	struct fixture *f = *data;
	g_autofree char *file = g_build_filename(f->dir, "x.png", NULL);
	g_autofree char *line = g_strdup_printf(
	    "graph vm web1 cpu --from 2026-07-25T00:00:00Z --span 1d --dark --size 400x200 "
	    "-o %s",
	    file);
	g_autofree char *bytes = NULL;
	gsize size;
	SCOPED(outcome) o = run(f, line);

	expect(o, 0, "wrote /", "");
	assert_true(g_file_get_contents(file, &bytes, &size, NULL));
	assert_int_equal(size, 14);
	assert_memory_equal(bytes, "<svg>\n\0</svg>\n", 14);
	assert_true(f->drawn.png && f->drawn.dark);
	assert_int_equal(f->drawn.from, 1784937600);
	assert_int_equal(f->drawn.to, 1784937600 + 86400);
	assert_int_equal(f->drawn.width, 400);
	g_unlink(file);
}

/* --- completion */

static const struct {
	const char *line, *words;
} completions[] = {
	{ "line -- sta", "status\nstart\n" },
	{ "line -- cluster ", "check\n" },
	{ "line -- cluster check --q", "--quiet\n" },
	{ "line -- vms --st", "--state\n--stale\n" },
	{ "line -- vms --health ", "ok\nunknown\nwarning\ncritical\n" },
	{ "line -- pools --state ina", "inaccessible\ninactive\n" },
	{ "line -- events --kind v", "vm\nvolume\n" },
	{ "line -- disks --vm web1", "web1\nweb10\n" },
	{ "line -- disks --pool ", "default\nshared\n" },
	{ "line -- alarms --condition ", "nodeUnreachable\n" },
	{ "line -- vms --watch ", "" },
	{ "line -- show disk ", "web1/vda\nweb1/vdb\n" },
	{ "line -- show volume s", "shared/install.iso\n" },
	{ "line -- show volume default/b", "default/base.qcow2\n" },
	{ "line -- graph ", "vm\nnode\n" },
	{ "line -- show alarm ", "beta/nodeUnreachable\n" },
	{ "line -- vms --state sh", "shuttingDown\nshutOff\n" },
	{ "line -- vms --sort nod", "node\n" },
	{ "line -- vms --node ", "alpha\nbeta\n" },
	{ "line -- start web", "web1\nweb10\nweb2\n" },
	{ "line -- --json start web10", "web10\n" },
	{ "line -- start web1 ", "" },
	{ "line -- start -w web10", "web10\n" },
	{ "line -- show ", "node\nvm\nvcpu\ndisk\nnic\npool\nvolume\napp\njob\nalarm\ntemplate\nbackup\n" },
	{ "line -- show node b", "beta\n" },
	{ "line -- graph vm web1 ", "cpu\n" },
	{ "line -- graph node alpha ", "memory\ncpu\n" },
	{ "line -- series ", "vm\nnode\n" },
	{ "line -- series vm web1 ", "cpu\nmem_used\n" },
	{ "line -- series vm web1 cpu ", "" },
	{ "line -- graph vm web1 --span 1m", "1mo\n" },
	{ "line -- graph vm web1 -o ", "" },
	{ "line -- create x --template ", "" },
	{ "line -- create x --no", "--node\n--no-start\n--notify\n" },
	{ "line -- help ver", "version\n" },
	{ "line -- ha ", "enable\ndisable\n" },
	{ "line -- ha e", "enable\n" },
	{ "line -- ha enable web", "web1\nweb10\nweb2\n" },
	{ "line -- ha-enable web1 --prefer ", "alpha\nbeta\n" },
	{ "line -- nonsense x", "" },
};

static int
compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
sorted(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, "\n", -1);

	qsort(words, g_strv_length(words), sizeof(*words), compare_words);
	return g_strjoinv(" ", words);
}

static void
words_are_completed(void **data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(completions); i++) {
		const struct fixture *f = *data;
		size_t size;
		char *text = NULL;
		FILE *out = open_memstream(&text, &size);
		g_autofree char *line = g_strconcat("complete ", completions[i].line, NULL);
		g_auto(GStrv) words = g_strsplit(line, " ", -1); /* keeps the empty last one */
		char *argv[MOST_WORDS + 4] = { (char *)"virtcluster", (char *)"-s", f->path };
		int argc = 3;
		for (size_t w = 0; words[w] != NULL; w++)
			argv[argc++] = words[w];
		struct output output = { out, false, 80, false, true };
		assert_int_equal(cli_main(argc, argv, output, stderr), 0);
		fclose(out);
		g_autofree char *got = sorted(text), *wanted = sorted(completions[i].words);
		free(text);
		if (strcmp(got, wanted) != 0)
			fail_msg("%s: wanted %s, got %s", line, wanted, got);
	}
}

#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_set_up, fixture_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CLI_TEST(vms_are_listed),
		CLI_TEST(lines_and_their_outcomes),
		CLI_TEST(the_cluster_is_reviewed),
		CLI_TEST(without_a_manager_there_is_no_review),
		CLI_TEST(json_is_one_document),
		CLI_TEST(filters_choose_rows),
		CLI_TEST(empty_lists_say_so),
		CLI_TEST(asked_columns_suffice),
		CLI_TEST(show_has_tables_in_json),
		CLI_TEST(watch_prints_again),
		CLI_TEST(watch_draws_in_place),
		CLI_TEST(watch_in_json_is_a_document_a_line),
		CLI_TEST(watch_outlives_the_daemon),
		CLI_TEST(watch_begins_with_a_picture),
		cmocka_unit_test(no_daemon_is_one_sentence),
		cmocka_unit_test(shown_columns_exist),
		cmocka_unit_test(words_are_those_of_the_model),
		cmocka_unit_test(commands_are_verbs),
		CLI_TEST(waiting_shows_progress),
		CLI_TEST(progress_is_in_place_on_a_terminal),
		CLI_TEST(waiting_fails_with_the_job),
		CLI_TEST(waiting_in_json_prints_the_last_row),
		CLI_TEST(patience_ends),
		CLI_TEST(a_job_is_cancelled),
		CLI_TEST(a_graph_becomes_a_file),
		CLI_TEST(words_are_completed),
	};

	control_block_signals();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
