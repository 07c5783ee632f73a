/* Commands in words: the verbs of `virtcluster` and of vclCommand. */
#include "model/admin_state.h"
#include "model/find.h"
#include "model/request.h"

#include <string.h>

const struct command_verb command_verbs[] = {
	{ "start",     JOB_POWER_ON,          "VM", "",
	    "power a VM on, or let it go on where it was saved" },
	{ "shutdown",  JOB_SHUTDOWN,          "VM", "grace",
	    "ask the guest to shut down, and wait until it has" },
	{ "stop",      JOB_SHUTDOWN_THEN_OFF, "VM", "grace",
	    "ask the guest to shut down, and cut its power if it does not" },
	{ "poweroff",  JOB_POWER_OFF,         "VM", "", "cut a VM's power at once" },
	{ "reboot",    JOB_REBOOT,            "VM", "grace", "ask the guest to restart" },
	{ "reset",     JOB_RESET,             "VM", "", "press a VM's reset button" },
	{ "cycle",     JOB_POWER_CYCLE,       "VM", "", "cut a VM's power, and power it on" },
	{ "suspend",   JOB_SUSPEND,           "VM", "", "stop a VM's CPUs" },
	{ "resume",    JOB_RESUME,            "VM", "", "let a suspended VM go on" },
	{ "save",      JOB_MANAGED_SAVE,      "VM", "", "write a VM's memory to disk and stop it" },
	{ "button",    JOB_POWER_BUTTON,      "VM", "", "press a VM's power button once" },
	{ "cad",       JOB_CTRL_ALT_DEL,      "VM", "", "press Ctrl, Alt and Del" },
	{ "nmi",       JOB_NMI,               "VM", "", "inject a non-maskable interrupt" },
	{ "keys",      JOB_KEYS,              "VM KEYS...", "",
	    "press keys: ctrl+alt+f2; pause 1s; type root; enter" },
	{ "setvcpus",  JOB_SET_VCPUS,         "VM N", "", "give a VM another number of vCPUs" },
	{ "setmemory", JOB_SET_MEMORY,        "VM SIZE", "", "give a VM other memory: 512M, 2G" },
	{ "autostart", JOB_SET_AUTOSTART,     "VM on|off", "", "start a VM with its node, or not" },
	{ "adminstate", JOB_NONE,             "VM STATE", "",
	    "say what a VM shall be: running, shutdown, paused, saved, unmanaged" },
	{ "cancel",    JOB_CANCEL,            "JOB", "",
	    "end a job that waits, or that can be stopped" },
	{ "evacuate",  JOB_EVACUATE,          "NODE", "offline", "move all VMs off a node" },
	{ "maintenance", JOB_MAINTENANCE,     "NODE", "offline",
	    "take a node out of service: it takes no VMs, and those on it are moved" },
	{ "online",    JOB_NODE_ONLINE,       "NODE", "", "take a node into service again" },
	{ "node-poweron", JOB_NODE_POWER_ON,  "NODE", "", "switch a node of the cluster on" },
	{ "node-poweroff", JOB_NODE_POWER_OFF, "NODE", "",
	    "cut the power of a node of the cluster: fence it" },
	{ "node-reset", JOB_NODE_POWER_RESET, "NODE", "",
	    "cut the power of a node of the cluster, and give it back" },
	{ "balance",   JOB_BALANCE,           "", "dry-run",
	    "move VMs until the nodes are evenly loaded" },
	{ "sequence",  JOB_POWER_SEQUENCE,    "SEQUENCE", "", "run a power sequence" },
	{ "pool-refresh", JOB_POOL_REFRESH,   "POOL", "", "look what is in a pool now" },
	{ "pool-start", JOB_POOL_START,       "POOL", "", "make a pool's volumes available" },
	{ "pool-stop", JOB_POOL_STOP,         "POOL", "", "take a pool out of use; its data stays" },
	{ "volume-create", JOB_VOLUME_CREATE, "POOL NEW SIZE", "raw whole", "make a volume" },
	{ "volume-delete", JOB_VOLUME_DELETE, "VOLUME", "", "delete a volume that nothing uses" },
	{ "volume-resize", JOB_VOLUME_RESIZE, "VOLUME SIZE", "",
	    "make a volume larger, also under a running VM" },
	{ "volume-clone", JOB_VOLUME_CLONE,   "VOLUME NEW", "raw linked", "copy a volume" },
	{ "volume-move", JOB_VOLUME_MOVE,     "VOLUME PLACE", "bandwidth",
	    "move a volume to another pool, also under a running VM" },
	{ "volume-wipe", JOB_VOLUME_WIPE,     "VOLUME", "",
	    "overwrite a volume that nothing uses with zeros" },
	{ "volume-upload", JOB_VOLUME_UPLOAD, "POOL/NEW", "bandwidth", "make a volume of a file" },
	{ "volume-download", JOB_VOLUME_DOWNLOAD, "VOLUME", "bandwidth", "copy a volume to a file" },
	{ "volume-export", JOB_VOLUME_EXPORT, "VOLUME [NODE]", "read-only",
	    "let a host of the volume serve it to the others, by NBD" },
	{ "volume-unexport", JOB_VOLUME_UNEXPORT, "VOLUME [NODE]", "disconnect",
	    "serve a volume no longer" },
	{ "app-start", JOB_APP_START,         "APP", "", "have an application started" },
	{ "app-stop",  JOB_APP_STOP,          "APP", "", "have an application stopped" },
	{ "app-move",  JOB_APP_MOVE,          "APP [NODE]", "",
	    "move an application to another node" },
	{ "app-cleanup", JOB_APP_CLEANUP,     "APP", "",
	    "forget what failed of an application, and look at it anew" },
	{ "vnode-enable", JOB_VNODE_ENABLE,   "VM", "name address",
	    "make a VM that is an application a node of the cluster, too" },
	{ "vnode-disable", JOB_VNODE_DISABLE, "VM", "", "make a VM a node of the cluster no longer" },
	{ "migrate",   JOB_MIGRATE,           "VM [NODE]",
	    "copy-storage max-downtime bandwidth postcopy auto-converge offline",
	    "move a VM to another node" },
	{ "snapshot-create", JOB_SNAPSHOT_CREATE, "VM [SNAPSHOT]", "",
	    "keep the present state of a VM's disks" },
	{ "snapshot-revert", JOB_SNAPSHOT_REVERT, "VM SNAPSHOT", "power-off",
	    "take a VM's disks back to a snapshot" },
	{ "snapshot-delete", JOB_SNAPSHOT_DELETE, "VM SNAPSHOT", "bandwidth",
	    "give a snapshot up; the VM stays as it is" },
	{ "clone",     JOB_VM_CLONE,          "VM NEW", "node pool linked quiesce bandwidth start",
	    "copy a VM, running or off, to another name" },
	{ "template-create", JOB_TEMPLATE_CREATE, "VM TEMPLATE", "node pool quiesce bandwidth",
	    "make a template of a VM" },
	{ "create",    JOB_VM_CREATE,         "NAME",
	    "template vcpus memory disk network node hostname user ssh-key no-start",
	    "make a VM from a template" },
	{ "backup",    JOB_BACKUP,            "VM", "pool full incremental quiesce bandwidth",
	    "back up all disks of a VM, also while it runs" },
	{ "restore",   JOB_RESTORE,           "BACKUP [NEW]", "pool node disk start",
	    "make a VM, or one disk, of what was backed up" },
	{ "backup-verify", JOB_BACKUP_VERIFY, "BACKUP", "",
	    "read a backup's files, and compare them with its catalogue" },
	{ "backup-delete", JOB_BACKUP_DELETE, "BACKUP", "", "delete a backup" },
	{ "backup-scan", JOB_BACKUP_SCAN,     "POOL", "", "look which backups are in a pool" },
	{ "ha-enable", JOB_HA_ENABLE,         "VM", "priority prefer",
	    "let the cluster manager start a VM elsewhere when its node is lost" },
	{ "ha-disable", JOB_HA_DISABLE,       "VM|APP", "",
	    "take a VM out of the cluster manager's hands, without stopping it" },
	{ 0 },
};

#define COMMON_OPTIONS "notify keep" /* of every verb */

/* A command that is being read. */
struct reading_words {
	const struct cluster *cluster;
	const struct command_verb *verb;
	const char *const *next; /* word, ended by NULL */
	GPtrArray *operands;     /* words that are not options, borrowed */
	const struct template_info *template; /* of --template */
	const struct node *node; /* of --node or --prefer */
	struct request *out;
};

/* What is typed wrongly. */
#define refuse(error, ...) request_refuse(error, REQUEST_BAD_VALUE, __VA_ARGS__)

/* --- operands: what each word of a verb's usage stands for */

static bool
take_vm(const struct reading_words *r, const char *word, GError **error)
{
	const struct vm *vm = cluster_vm_by_name(r->cluster, word, error);

	if (vm != NULL)
		request_for_vm(r->out, r->verb->type, vm);
	return vm != NULL;
}

/* The node that is acted on, or, behind a VM, the node where it shall go. */
static bool
take_node(const struct reading_words *r, const char *word, GError **error)
{
	const struct node *node = cluster_node_by_name(r->cluster, word, error);

	if (node == NULL)
		return false;
	if (r->out->kind == 0)
		request_for_node(r->out, r->verb->type, node);
	else
		r->out->target = node->h.index;
	return true;
}

static bool
take_pool(const struct reading_words *r, const char *word, GError **error)
{
	const struct pool *pool = find_row(r->cluster, ROWS_POOL, word, error);

	if (pool != NULL)
		request_for_pool(r->out, r->verb->type, pool);
	return pool != NULL;
}

static bool
take_app(const struct reading_words *r, const char *word, GError **error)
{
	const struct app *app = find_row(r->cluster, ROWS_APP, word, error);

	if (app != NULL)
		request_for_app(r->out, r->verb->type, app);
	return app != NULL;
}

/* One that is stopped is a VM of no host: then the application is meant. */
static bool
take_vm_or_app(const struct reading_words *r, const char *word, GError **error)
{
	const struct vm *vm = cluster_vm_by_name(r->cluster, word, NULL);
	const struct app *app = vm == NULL ? find_row(r->cluster, ROWS_APP, word, NULL) : NULL;

	if (app != NULL)
		request_for_app(r->out, r->verb->type, app);
	return app != NULL || take_vm(r, word, error);
}

static bool
take_volume(const struct reading_words *r, const char *word, GError **error)
{
	const struct volume *volume = find_row(r->cluster, ROWS_VOLUME, word, error);

	if (volume != NULL)
		request_for_volume(r->out, r->verb->type, volume);
	return volume != NULL;
}

static bool
take_backup(const struct reading_words *r, const char *word, GError **error)
{
	const struct backup *backup = find_row(r->cluster, ROWS_BACKUP, word, error);

	if (backup == NULL)
		return false;
	request_for_backup(r->out, r->verb->type, backup);
	r->out->target = r->node == NULL ? 0 : r->node->h.index;
	return true;
}

static bool
set_text(const struct reading_words *r, char *field, size_t size, const char *word,
    GError **error)
{
	if (g_strlcpy(field, word, size) < size)
		return true;
	return refuse(error, "\"%s\": more than %zu octets of text", r->verb->verb, size - 1);
}

/* Something that the cluster as a whole has by that name: a power sequence. */
static bool
take_name(const struct reading_words *r, const char *word, GError **error)
{
	r->out->kind = OBJECT_CLUSTER;
	return set_text(r, r->out->name, sizeof(r->out->name), word, error) &&
	    set_text(r, r->out->argument, sizeof(r->out->argument), word, error);
}

static bool
take_argument(const struct reading_words *r, const char *word, GError **error)
{
	return set_text(r, r->out->argument, sizeof(r->out->argument), word, error);
}

/* The pool that is acted on, and the volume that is to be in it. */
static bool
take_place(const struct reading_words *r, const char *word, GError **error)
{
	const char *slash = strrchr(word, '/');
	g_autofree char *pool = slash == NULL ? NULL : g_strndup(word, (gsize)(slash - word));

	if (pool == NULL || *pool == '\0')
		return refuse(error, "\"%s\": POOL/NAME, not %s", r->verb->verb, word);
	return take_pool(r, pool, error) && take_argument(r, slash + 1, error);
}

static bool
take_number(const struct reading_words *r, const char *word, GError **error)
{
	guint64 number;

	if (!g_ascii_string_to_unsigned(word, 10, 1, UINT32_MAX - 1, &number, NULL))
		return refuse(error, "\"%s\": %s is not a number from 1 on", r->verb->verb, word);
	r->out->amount = (uint32_t)number;
	return true;
}

static bool
take_job(const struct reading_words *r, const char *word, GError **error)
{
	guint64 number;

	if (!g_ascii_string_to_unsigned(word, 10, 1, UINT32_MAX, &number, NULL))
		return refuse(error, "\"%s\" is not a job's number", word);
	r->out->kind = OBJECT_JOB;
	r->out->object = (uint32_t)number;
	return set_text(r, r->out->name, sizeof(r->out->name), word, error);
}

/* A VM that is to be made, from the template that an option names. */
static bool
take_new_vm(const struct reading_words *r, const char *word, GError **error)
{
	if (r->template == NULL)
		return refuse(error, "\"%s\": --template is missing", r->verb->verb);
	request_for_create(r->out, r->template, "");
	return take_argument(r, word, error);
}

/* MiB: "512", "512M", "2GiB". */
static bool
take_size(const struct reading_words *r, const char *word, GError **error)
{
	if (request_parse_size(word, &r->out->amount))
		return true;
	return refuse(error, "\"%s\": %s is not a size such as 512M or 2G", r->verb->verb, word);
}

static bool
take_truth(const struct reading_words *r, const char *word, GError **error)
{
	bool on = g_ascii_strcasecmp(word, "on") == 0;

	if (!on && g_ascii_strcasecmp(word, "off") != 0)
		return refuse(error, "\"%s\": on or off, not %s", r->verb->verb, word);
	r->out->amount = on ? REQUEST_ON : REQUEST_OFF;
	return true;
}

/* What the VM before it shall be. */
static bool
take_state(const struct reading_words *r, const char *word, GError **error)
{
	const struct vm *vm = cluster_vm(r->cluster, r->out->object);
	int32_t wanted = enum_from_name(admin_state_names, word);

	if (wanted == 0)
		return refuse(error, "\"%s\": running, shutdown, paused, saved or unmanaged, "
		    "not %s", r->verb->verb, word);
	return admin_state_request(vm, wanted, r->out, error);
}

/* A word with three points takes all that follow as well. */
static const struct operand {
	const char *usage;
	bool (*take)(const struct reading_words *, const char *word, GError **);
} operand_kinds[] = {
	{ "VM", take_vm },
	{ "VM|APP", take_vm_or_app },
	{ "NODE", take_node },
	{ "SEQUENCE", take_name },
	{ "JOB", take_job },
	{ "POOL", take_pool },
	{ "APP", take_app },
	{ "VOLUME", take_volume },
	{ "BACKUP", take_backup },
	{ "NEW", take_argument },   /* [POOL/]NAME of a volume, NAME of a VM that is to be */
	{ "PLACE", take_argument }, /* POOL, [POOL/]NAME: where it shall go */
	{ "POOL/NEW", take_place },
	{ "KEYS...", take_argument },
	{ "SNAPSHOT", take_argument },
	{ "TEMPLATE", take_argument },
	{ "N", take_number },
	{ "SIZE", take_size },
	{ "on|off", take_truth },
	{ "STATE", take_state },
	{ "NAME", take_new_vm },
};

static const struct operand *
find_operand(const char *usage, size_t len)
{
	for (size_t i = 0; i < G_N_ELEMENTS(operand_kinds); i++) {
		const struct operand *kind = &operand_kinds[i];
		if (strlen(kind->usage) == len && strncmp(kind->usage, usage, len) == 0)
			return kind;
	}
	g_error("model/command.c: no operand is called %s", usage);
}

bool
request_option_is_object(const char *option)
{
	return strcmp(option, "template") == 0 || strcmp(option, "node") == 0 ||
	    strcmp(option, "prefer") == 0;
}

static bool
refuse_use(const struct command_verb *verb, GError **error)
{
	g_autoptr(GString) usage = g_string_new(verb->verb);
	g_auto(GStrv) options = g_strsplit(verb->options, " ", -1);

	if (verb->usage[0] != '\0')
		g_string_append_printf(usage, " %s", verb->usage);
	for (char **o = options; *o != NULL; o++)
		g_string_append_printf(usage, " [--%s%s]", *o,
		    request_option_takes_value(*o) ? "=N" : "");
	return refuse(error, "\"%s\" is used like this: %s", verb->verb, usage->str);
}

static bool
take_rest(const struct reading_words *r, guint from, const struct operand *kind,
    GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = from; i < r->operands->len; i++)
		g_string_append_printf(text, "%s%s", i > from ? " " : "",
		    (const char *)r->operands->pdata[i]);
	return kind->take(r, text->str, error);
}

/* Word by word as in the usage, "VM [NODE]". */
static bool
take_operands(const struct reading_words *r, GError **error)
{
	g_auto(GStrv) usages = g_strsplit(r->verb->usage, " ", -1);
	guint taken = 0;

	for (char **usage = usages; *usage != NULL; usage++) {
		bool optional = **usage == '[';
		const char *name = *usage + optional;
		const struct operand *kind = find_operand(name, strlen(name) - optional);
		bool rest = g_str_has_suffix(kind->usage, "...");
		if (taken == r->operands->len && optional)
			break;
		if (taken == r->operands->len)
			return refuse_use(r->verb, error);
		if (rest && !take_rest(r, taken, kind, error))
			return false;
		if (!rest && !kind->take(r, r->operands->pdata[taken], error))
			return false;
		taken = rest ? r->operands->len : taken + 1;
	}
	return taken == r->operands->len || refuse_use(r->verb, error);
}

/* --- options */

static bool
has_word(const char *words, const char *word, size_t len)
{
	for (const char *p = words; (p = strstr(p, word)) != NULL; p += len)
		if ((p == words || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
			return true;
	return false;
}

/* Options that name something of the cluster: "template=small". */
static bool
take_object(struct reading_words *r, const char *name, const char *value, GError **error)
{
	if (strcmp(name, "template") == 0)
		return (r->template = find_row(r->cluster, ROWS_TEMPLATE, value, error)) != NULL;
	return (r->node = cluster_node_by_name(r->cluster, value, error)) != NULL;
}

/* "--word", "--word=N" or "--word N"; `word` is behind the dashes. */
static bool
take_option(struct reading_words *r, const char *word, GError **error)
{
	size_t len = strcspn(word, "=");
	g_autofree char *name = g_strndup(word, len);
	g_autofree char *joined = NULL;

	if (len == 0 || (!has_word(r->verb->options, name, len) &&
		!has_word(COMMON_OPTIONS, name, len)))
		return refuse(error, "\"%s\" has no option --%s", r->verb->verb, name);
	if (request_option_is_object(name)) {
		const char *value = word[len] == '=' ? word + len + 1 : *r->next;
		if (value == NULL)
			return refuse(error, "\"%s\": --%s wants a name", r->verb->verb, name);
		r->next += word[len] != '=';
		return take_object(r, name, value, error);
	}
	if (word[len] == '\0' && request_option_takes_value(name) && *r->next != NULL)
		joined = g_strdup_printf("%s=%s", name, *r->next++);
	return request_option_take(r->out, joined != NULL ? joined : word, error);
}

/* Sorts the words first: options belong to a request that operands begin anew. */
static bool
take_words(struct reading_words *r, GError **error)
{
	g_autoptr(GPtrArray) operands = r->operands = g_ptr_array_new();
	struct request options = { .type = r->verb->type };
	struct request *out = r->out;
	bool all_operands = false;

	*out = (struct request){ .type = r->verb->type };
	r->out = &options;
	while (*r->next != NULL) {
		const char *word = *r->next++;
		if (all_operands || !g_str_has_prefix(word, "--"))
			g_ptr_array_add(operands, (gpointer)word);
		else if (strcmp(word, "--") == 0)
			all_operands = true;
		else if (!take_option(r, word + 2, error))
			return false;
	}
	r->out = out;
	if (!take_operands(r, error))
		return false;
	out->flags |= options.flags;
	out->max_downtime = options.max_downtime;
	out->bandwidth = options.bandwidth;
	out->keep = options.keep;
	out->machine = options.machine;
	if (r->node != NULL)
		out->target = r->node->h.index;
	if (options.amount != 0)
		out->amount = options.amount;
	if (*options.argument != '\0')
		memcpy(out->argument, options.argument, sizeof(out->argument));
	if (out->kind == 0) {
		out->kind = OBJECT_CLUSTER;
		g_strlcpy(out->name, "cluster", sizeof(out->name));
	}
	return true;
}

/* --- verbs */

static const struct command_verb *
find_verb(const char *word)
{
	for (const struct command_verb *v = command_verbs; v->verb != NULL; v++)
		if (strcmp(v->verb, word) == 0)
			return v;
	return NULL;
}

/* "ha enable" is "ha-enable"; NULL: neither.  `taken` words of it. */
static const struct command_verb *
find_verb_in(const char *const *words, size_t *taken)
{
	const struct command_verb *verb = find_verb(words[0]);

	*taken = 1;
	if (verb != NULL || words[1] == NULL)
		return verb;
	g_autofree char *joined = g_strconcat(words[0], "-", words[1], NULL);
	*taken = 2;
	return find_verb(joined);
}

bool
command_parse_words(const struct cluster *cluster, const char *const *words,
    struct request *out, GError **error)
{
	size_t taken;

	if (words[0] == NULL)
		return refuse(error, "empty command");
	const struct command_verb *verb = find_verb_in(words, &taken);
	if (verb == NULL)
		return refuse(error, "unknown command \"%s\": virtcluster(1) lists them",
		    words[0]);
	struct reading_words reading = {
		.cluster = cluster, .verb = verb, .next = words + taken, .out = out
	};
	return take_words(&reading, error);
}

bool
command_parse(const struct cluster *cluster, const char *text, struct request *out,
    GError **error)
{
	g_auto(GStrv) words = NULL;
	g_autoptr(GError) shell_error = NULL;

	if (!g_shell_parse_argv(text, NULL, &words, &shell_error))
		return refuse(error, "cannot read command \"%s\": %s", text,
		    shell_error->message);
	if (!command_parse_words(cluster, (const char *const *)words, out, error))
		return false;
	g_strlcpy(out->command, text, sizeof(out->command));
	return true;
}
