/* The options of all verbs. */
#include "cli/options.h"

#include <getopt.h>
#include <string.h>

#define MOST_OPTIONS 80
#define LONG_BASE    256 /* getopt's value of option i, out of the way of letters */

G_DEFINE_QUARK(vcl-cli-error, cli_error)

#define AT(f) offsetof(struct options, f)

const struct option_def option_defs[] = {
	{ "socket",  's', "PATH",    NULL,    0, 0, AT(socket),  "the daemon's control socket" },
	{ "agent",   'a', "ADDRESS", "",      0, 0, AT(agent),   "ask that SNMP agent, as snmp.conf says" },
	{ "json",    'j', NULL,      NULL,    0, 0, AT(json),    "print JSON" },
	{ "node",    'n', "NODE",    "nodes", 0, 0, AT(node),    "on that node only", .handed_on = true },
	{ "vm",      0,   "VM",      "vms",   0, 0, AT(vm),      "only those of that VM" },
	{ "pool",    0,   "POOL",    "pools", 0, 0, AT(pool),    "in that pool only", .handed_on = true },
	{ "name",    0,   "PATTERN", "",      0, 0, AT(name),    "only those of such a name: 'web*'; of a virtual node: its name", .handed_on = true },
	{ "address", 0,   "ADDRESS", "",      0, 0, AT(address), "where pacemaker_remoted listens in the guest", .handed_on = true },
	{ "state",   0,   "STATE",   "words", 0, 0, AT(state),   "only those in that state" },
	{ "health",  0,   "HEALTH",  "words", 0, 0, AT(health),  "only those of that health or worse" },
	{ "severity", 0,  "SEVERITY", "words", 0, 0, AT(severity), "only those of that severity or worse" },
	{ "kind",    0,   "KIND",    "words", 0, 0, AT(kind),    "only those about that kind of object" },
	{ "condition", 0, "WORD",    "conditions", 0, 0, AT(condition), "only those of that condition" },
	{ "since",   0,   "TIME",    "",      0, 0, AT(since),   "only those since then: 2h, 2026-07-25" },
	{ "stale",   0,   NULL,      NULL,    0, 0, AT(stale),   "only those not heard from lately" },
	{ "orphan",  0,   NULL,      NULL,    0, 0, AT(orphan),  "only those that nothing uses" },
	{ "all",     'a', NULL,     NULL,    0, 0, AT(all),     "also those that do not run" },
	{ "quiet",   'q', NULL,      NULL,    0, 0, AT(quiet),   "no hints, and no sum at the end" },
	{ "sort",    0,   "COLUMN",  "columns", 0, 0, AT(sort),  "sort by a column" },
	{ "reverse", 'r', NULL,      NULL,    0, 0, AT(reverse), "in the opposite order" },
	{ "last",    0,   "N",       "",      1, 1000000, AT(last), "only the last N" },
	{ "top",     0,   "N",       "",      1, 1000000, AT(top), "only the first N, after sorting" },
	{ "wide",    0,   NULL,      NULL,    0, 0, AT(wide),    "more columns" },
	{ "watch",   0,   "SECONDS", "",      1, 86400, AT(watch), "again and again, every 2 SECONDS", 2 },
	{ "wait",    'w', NULL,      NULL,    0, 0, AT(wait),    "wait until the job is finished" },
	{ "timeout", 't', "SECONDS", "",      1, 86400, AT(timeout), "do not wait any longer (with --wait)" },
	{ "copy-storage", 0, NULL, NULL,  0, 0, AT(copy_storage), "take along the disks that are not shared", .handed_on = true },
	{ "max-downtime", 0, "MS", "",    1, 2000000, AT(max_downtime), "let it stand still for so many milliseconds at most", .handed_on = true },
	{ "bandwidth", 0, "MIB", "",      1, 1000000, AT(bandwidth), "use so many MiB/s at most", .handed_on = true },
	{ "postcopy", 0,  NULL,      NULL,    0, 0, AT(postcopy), "let it go over after the first pass, its memory follows", .handed_on = true },
	{ "auto-converge", 0, NULL,  NULL,    0, 0, AT(auto_converge), "slow the guest down until it fits", .handed_on = true },
	{ "offline", 0,   NULL,      NULL,    0, 0, AT(offline), "also what is shut off: its definition moves", .handed_on = true },
	{ "raw",     0,   NULL,      NULL,    0, 0, AT(raw),     "a raw image instead of qcow2", .handed_on = true },
	{ "whole",   0,   NULL,      NULL,    0, 0, AT(whole),   "allocate all of it at once", .handed_on = true },
	{ "linked",  0,   NULL,      NULL,    0, 0, AT(linked),  "on top of the original: keep only what differs", .handed_on = true },
	{ "read-only", 0, NULL,      NULL,    0, 0, AT(read_only), "others can only read it", .handed_on = true },
	{ "disconnect", 0, NULL,     NULL,    0, 0, AT(disconnect), "also from clients that are connected", .handed_on = true },
	{ "power-off", 0, NULL,      NULL,    0, 0, AT(power_off), "cut the power of one that runs", .handed_on = true },
	{ "quiesce", 0,   NULL,      NULL,    0, 0, AT(quiesce), "with the guest's file systems at rest, or not at all", .handed_on = true },
	{ "start",   0,   NULL,      NULL,    0, 0, AT(start),   "start what was made", .handed_on = true },
	{ "template", 0,  "TEMPLATE", "templates", 0, 0, AT(template), "what it is made from", .handed_on = true },
	{ "vcpus",   0,   "N",       "",      0, 0, AT(vcpus),   "with so many vCPUs", .handed_on = true },
	{ "memory",  0,   "SIZE",    "",      0, 0, AT(memory),  "with so much memory: 512M, 2G", .handed_on = true },
	{ "disk",    0,   "SIZE|TARGET", "",  0, 0, AT(disk),    "with a disk of that size: 20G; of a backup: that disk only, vda", .handed_on = true },
	{ "network", 0,   "NAME",    "",      0, 0, AT(network), "in that network of libvirt's", .handed_on = true },
	{ "hostname", 0,  "NAME",    "",      0, 0, AT(hostname), "called so by itself (default: its name)", .handed_on = true },
	{ "user",    0,   "NAME",    "",      0, 0, AT(user),    "with that user, who may do everything", .handed_on = true },
	{ "ssh-key", 0,   "KEY",     "",      0, 0, AT(ssh_key), "let in who has that key, besides the template's", .handed_on = true },
	{ "full",    0,   NULL,      NULL,    0, 0, AT(full),    "all of it, not only what was written since", .handed_on = true },
	{ "incremental", 0, NULL,    NULL,    0, 0, AT(incremental), "only what was written since, or nothing", .handed_on = true },
	{ "no-start", 0,  NULL,      NULL,    0, 0, AT(no_start), "leave it off", .handed_on = true },
	{ "force",   0,   NULL,      NULL,    0, 0, AT(force),   "replace a file that is there" },
	{ "span",    0,   "SPAN",    "spans", 0, 0, AT(span),    "how long: 1h, 1d, 1w, 1mo, 1y (default: 1h)" },
	{ "from",    0,   "TIME",    "",      0, 0, AT(from),    "beginning: -2h, 2026-07-25, '2026-07-25 14:00'" },
	{ "to",      0,   "TIME",    "",      0, 0, AT(to),      "end (default: now)" },
	{ "size",    0,   "WxH",     "",      0, 0, AT(size),    "width and height in pixels (default: 760x300)" },
	{ "dark",    0,   NULL,      NULL,    0, 0, AT(dark),    "light on dark" },
	{ "percentile", 0, NULL,     NULL,    0, 0, AT(percentile), "tell the 95th percentile, too" },
	{ "resolution", 0, "SPAN",   "spans", 0, 0, AT(resolution), "of each number: 1m, 1h, 1d (default: some 500 of them)" },
	{ "max",     0,   NULL,      NULL,    0, 0, AT(max),     "the highest instead of the average" },
	{ "output",  'o', "FILE",    NULL,    0, 0, AT(output),  "the picture, FILE.svg or FILE.png; '-': SVG to standard output" },
	{ "notify",  0,   NULL,      NULL,    0, 0, AT(notify),  "send a notification when the job has finished", .handed_on = true },
	{ "keep",    0,   "SECONDS", "",      1, 31536000, AT(keep), "keep the job's result so long (default: a day)", .handed_on = true },
	{ "grace",   0,   "SECONDS", "",      1, 86400, AT(grace), "give the guest so much time", .handed_on = true },
	{ "priority", 0,  "N",       "",      1, 1000000, AT(priority), "more important than what has less, when there is not room for all", .handed_on = true },
	{ "prefer",  0,   "NODE",    "nodes", 0, 0, AT(prefer),  "start it on that node where there is a choice", .handed_on = true },
	{ "dry-run", 0,   NULL,      NULL,    0, 0, AT(dry_run), "only tell what would be done", .handed_on = true },
	{ "help",    'h', NULL,      NULL,    0, 0, AT(help),    "print help" },
	{ "version", 'V', NULL,      NULL,    0, 0, AT(version), "print the version" },
	{ 0 },
};
_Static_assert(G_N_ELEMENTS(option_defs) <= MOST_OPTIONS, "raise MOST_OPTIONS");

bool
option_is_in(const struct option_def *def, const char *names)
{
	size_t length = strlen(def->name);

	for (const char *p = names; (p = strstr(p, def->name)) != NULL; p += length)
		if ((p == names || p[-1] == ' ') && (p[length] == ' ' || p[length] == '\0'))
			return true;
	return false;
}

/* The table as getopt_long wants it. */
struct getopt_form {
	struct option longs[MOST_OPTIONS + 1];
	GString *letters;
};

static void
fill_form(struct getopt_form *form, const char *names, bool stop_early)
{
	size_t n = 0;

	memset(form->longs, 0, sizeof(form->longs));
	form->letters = g_string_new(stop_early ? "+:" : ":");
	for (size_t i = 0; option_defs[i].name != NULL; i++) {
		const struct option_def *def = &option_defs[i];
		if (!option_is_in(def, names))
			continue;
		form->longs[n++] = (struct option){
			.name = def->name,
			.has_arg = def->operand == NULL ? no_argument
			    : def->fallback != 0 ? optional_argument : required_argument,
			.val = LONG_BASE + (int)i,
		};
		if (def->letter != 0)
			g_string_append_printf(form->letters, "%c%s", def->letter,
			    def->operand != NULL ? ":" : "");
	}
}

static const struct option_def *
def_of(int value)
{
	if (value >= LONG_BASE)
		return &option_defs[value - LONG_BASE];
	for (const struct option_def *def = option_defs; def->name != NULL; def++)
		if (def->letter != 0 && def->letter == value)
			return def;
	return NULL;
}

static bool
store(struct options *options, const struct option_def *def, const char *operand,
    GError **error)
{
	void *field = (char *)options + def->offset;
	guint64 number;

	if (def->operand == NULL) {
		*(bool *)field = true;
	} else if (operand == NULL) {
		*(int *)field = def->fallback;
	} else if (def->most == 0) {
		*(const char **)field = operand;
	} else if (g_ascii_string_to_unsigned(operand, 10, (guint64)def->least,
		       (guint64)def->most, &number, NULL)) {
		*(int *)field = (int)number;
	} else {
		g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
		    "--%s wants a number from %d to %d, not \"%s\"", def->name, def->least,
		    def->most, operand);
		return false;
	}
	return true;
}

/* An operand that may be left out is the next word if that is a number. */
static const char *
operand_of(const struct option_def *def, int argc, char **argv)
{
	if (optarg == NULL && def->fallback != 0 && optind < argc &&
	    g_ascii_isdigit(argv[optind][0]))
		return argv[optind++];
	return optarg;
}

static void
refuse(int value, char **argv, GError **error)
{
	const struct option_def *def = optopt != 0 ? def_of(optopt) : NULL;

	if (value == ':' && def != NULL)
		g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "--%s wants a %s", def->name,
		    def->operand);
	else if (optopt >= LONG_BASE && def != NULL)
		g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "--%s takes no value",
		    def->name);
	else if (optopt != 0)
		g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "unknown option -%c", optopt);
	else
		g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "unknown option %s",
		    argv[optind - 1]);
}

int
options_parse(struct options *options, int argc, char **argv, const char *names,
    bool stop_early, GError **error)
{
	struct getopt_form form;
	bool good = true;
	int value;

	fill_form(&form, names, stop_early);
	optind = 0; /* glibc: start anew */
	opterr = 0;
	while (good &&
	    (value = getopt_long(argc, argv, form.letters->str, form.longs, NULL)) != -1) {
		if (value == '?' || value == ':') {
			refuse(value, argv, error);
			good = false;
		} else {
			const struct option_def *def = def_of(value);
			good = store(options, def, operand_of(def, argc, argv), error);
		}
	}
	g_string_free(form.letters, TRUE);
	return good ? optind : -1;
}

const char *
options_get(const struct options *options, const char *name)
{
	for (const struct option_def *def = option_defs; def->name != NULL; def++) {
		const void *field = (const char *)options + def->offset;
		if (strcmp(def->name, name) != 0)
			continue;
		if (def->operand == NULL)
			return *(const bool *)field ? "" : NULL;
		return def->most == 0 ? *(const char *const *)field : NULL;
	}
	return NULL;
}

void
options_hand_on(const struct options *options, const char *names, GPtrArray *words)
{
	for (const struct option_def *def = option_defs; def->name != NULL; def++) {
		const void *field = (const char *)options + def->offset;
		if (!def->handed_on || !option_is_in(def, names))
			continue;
		if (def->operand == NULL && *(const bool *)field)
			g_ptr_array_add(words, g_strconcat("--", def->name, NULL));
		else if (def->operand != NULL && def->most > 0 && *(const int *)field != 0)
			g_ptr_array_add(words,
			    g_strdup_printf("--%s=%d", def->name, *(const int *)field));
		else if (def->operand != NULL && def->most == 0 &&
		    *(const char *const *)field != NULL)
			g_ptr_array_add(words, g_strconcat("--", def->name, "=",
			    *(const char *const *)field, NULL));
	}
}

void
options_describe(GString *text, const char *names)
{
	for (const struct option_def *def = option_defs; def->name != NULL; def++) {
		if (!option_is_in(def, names))
			continue;
		g_autofree char *letter = def->letter != 0
		    ? g_strdup_printf("-%c, ", def->letter) : g_strdup("    ");
		g_autofree char *form = g_strconcat(letter, "--", def->name,
		    def->fallback != 0 ? " [" : def->operand != NULL ? " " : "", def->operand,
		    def->fallback != 0 ? "]" : NULL, NULL);
		g_string_append_printf(text, "  %-22s %s\n", form, def->help);
	}
}
