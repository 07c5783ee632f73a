/* virtcluster: the table of verbs, dispatch and help. */
#include "config.h"

#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "cli/snmp/client.h"

static verb_run verb_help, verb_version;

#define ACT     "wait timeout notify keep"
#define LISTING " sort reverse last top wide watch"

const struct cli_verb cli_verbs[] = {
	{ "status", verb_status, "", 0, 0, "watch", "",
	    "how the cluster is, what is wrong, which nodes are not well" },
	{ "nodes", verb_list, "", 0, 0, "state health stale name" LISTING, "",
	    "list the nodes" },
	{ "vms", verb_list, "", 0, 0, "node state health stale name" LISTING, "",
	    "list the virtual machines" },
	{ "top", verb_top, "", 0, 0, "node name all sort reverse top wide watch", "",
	    "show which virtual machines are busy, live",
	    "On a terminal until 'q' is pressed, every 2 seconds unless --watch says otherwise;\n"
	    "'h' shows the keys. Elsewhere, and as JSON, once unless --watch is given." },
	{ "vcpus", verb_list, "", 0, 0, "node vm name" LISTING, "",
	    "list the virtual CPUs" },
	{ "disks", verb_list, "", 0, 0, "node vm pool name" LISTING, "",
	    "list the disks of the virtual machines" },
	{ "nics", verb_list, "", 0, 0, "node vm name" LISTING, "",
	    "list the network interfaces of the virtual machines" },
	{ "snapshots", verb_list, "", 0, 0, "node vm name" LISTING, "",
	    "list the snapshots of the virtual machines" },
	{ "pools", verb_list, "", 0, 0, "node state health stale name" LISTING, "",
	    "list the storage pools" },
	{ "exports", verb_list, "", 0, 0, "node pool name" LISTING, "",
	    "list the volumes that hosts serve to others" },
	{ "volumes", verb_list, "", 0, 0, "node vm pool orphan name" LISTING, "",
	    "list the volumes in the storage pools" },
	{ "apps", verb_list, "", 0, 0, "node vm state kind health stale name" LISTING, "",
	    "list the applications of the cluster" },
	{ "jobs", verb_list, "", 0, 0, "node vm state since name" LISTING, "",
	    "list what was asked for, and what became of it" },
	{ "events", verb_list, "", 0, 0, "node vm pool severity kind since name" LISTING, "",
	    "list what happened" },
	{ "alarms", verb_list, "", 0, 0,
	    "node vm pool severity kind condition since name" LISTING, "",
	    "list what is wrong now, the worst first" },
	{ "show", verb_show, "KIND NAME", 2, 2, "wide watch", "kinds objects",
	    "show all that is known about one thing",
	    "KIND is node, vm, vcpu, disk, nic, pool, volume, job, alarm, template or\n"
	    "backup.  NAME is a name, a UUID or an index; of a job, its number.  A pool is also\n"
	    "NODE/POOL, a volume POOL/VOLUME, a disk VM/TARGET, a NIC VM/MAC, an alarm NAME/CONDITION." },
	{ "start", verb_act, "NAME", 1, 1, ACT, "vms",
	    "power a virtual machine on",
	    "A saved one goes on where it was." },
	{ "shutdown", verb_act, "NAME", 1, 1, ACT " grace", "vms",
	    "ask the guest to shut down" },
	{ "stop", verb_act, "NAME", 1, 1, ACT " grace", "vms",
	    "ask the guest to shut down, else cut its power",
	    "The power is cut when the time of --grace has passed, or else that of the\n"
	    "configuration. What the guest has not written by then is lost." },
	{ "poweroff", verb_act, "NAME", 1, 1, ACT, "vms",
	    "cut a virtual machine's power at once",
	    "The guest is not asked: what it has not written is lost." },
	{ "reboot", verb_act, "NAME", 1, 1, ACT " grace", "vms",
	    "ask the guest to restart" },
	{ "reset", verb_act, "NAME", 1, 1, ACT, "vms",
	    "press a virtual machine's reset button",
	    "The guest is not asked: what it has not written is lost." },
	{ "cycle", verb_act, "NAME", 1, 1, ACT, "vms",
	    "cut a virtual machine's power, and power it on",
	    "The guest is not asked: what it has not written is lost." },
	{ "suspend", verb_act, "NAME", 1, 1, ACT, "vms",
	    "stop a virtual machine's CPUs; its memory stays" },
	{ "resume", verb_act, "NAME", 1, 1, ACT, "vms",
	    "let a suspended virtual machine go on" },
	{ "save", verb_act, "NAME", 1, 1, ACT, "vms",
	    "write a virtual machine's memory to disk and stop it",
	    "'start' lets it go on from there." },
	{ "button", verb_act, "NAME", 1, 1, ACT, "vms",
	    "press a virtual machine's power button once" },
	{ "cad", verb_act, "NAME", 1, 1, ACT, "vms",
	    "press Ctrl, Alt and Del" },
	{ "nmi", verb_act, "NAME", 1, 1, ACT, "vms",
	    "inject a non-maskable interrupt" },
	{ "keys", verb_act, "NAME KEYS...", 2, 1000, ACT, "vms",
	    "press keys at a virtual machine's keyboard",
	    "For example: ctrl+alt+f2, alt+sysrq+s, 'enter; pause 500ms; type root'.\n"
	    "'type' types as on a US keyboard. See virtcluster(1) for the keys' names." },
	{ "setvcpus", verb_act, "NAME N", 2, 2, ACT, "vms",
	    "give a virtual machine another number of vCPUs" },
	{ "setmemory", verb_act, "NAME SIZE", 2, 2, ACT, "vms",
	    "give a virtual machine other memory",
	    "SIZE is in MiB, or has a unit: 512M, 2G." },
	{ "autostart", verb_act, "NAME on|off", 2, 2, ACT, "vms truths",
	    "start a virtual machine with its node, or not" },
	{ "adminstate", verb_act, "NAME STATE", 2, 2, ACT, "vms adminstates",
	    "say what a virtual machine shall be",
	    "STATE is running, shutdown, paused, saved or unmanaged. A job makes it so; when\n"
	    "it has become something else for long, there is an alarm." },
	{ "evacuate", verb_act, "NODE", 1, 1, ACT " offline", "nodes",
	    "move all virtual machines off a node",
	    "Those that are off stay where they are, unless --offline is given." },
	{ "maintenance", verb_act, "NODE", 1, 1, ACT " offline", "nodes",
	    "take a node out of service, and move what runs on it",
	    "It takes no virtual machines any more, until 'online'." },
	{ "online", verb_act, "NODE", 1, 1, ACT, "nodes",
	    "take a node into service again" },
	{ "node-poweron", verb_act, "NODE", 1, 1, ACT, "nodes",
	    "switch a node of the cluster on",
	    "By the cluster's fencing device; finished when the node is a member again. Of a\n"
	    "virtual node the virtual machine is started." },
	{ "node-poweroff", verb_act, "NODE", 1, 1, ACT, "nodes",
	    "cut the power of a node of the cluster",
	    "It is fenced, as if it had failed: what runs there is lost, and the applications\n"
	    "start elsewhere. Say 'maintenance' before, to have them moved. Of a virtual node\n"
	    "the virtual machine is stopped." },
	{ "node-reset", verb_act, "NODE", 1, 1, ACT, "nodes",
	    "cut the power of a node of the cluster, and give it back" },
	{ "balance", verb_act, "", 0, 0, ACT " dry-run", "",
	    "move virtual machines until the nodes are evenly loaded",
	    "With --dry-run: only what would be moved, as 'advice' lists it." },
	{ "advice", verb_list, "", 0, 0, "name" LISTING, "",
	    "list what 'balance' would move at present" },
	{ "sequence", verb_act, "NAME", 1, 1, ACT, "sequences",
	    "run a power sequence of the configuration" },
	{ "sequences", verb_list, "", 0, 0, "name" LISTING, "",
	    "list the power sequences" },
	{ "migrate", verb_act, "NAME [NODE]", 1, 2,
	    ACT " copy-storage max-downtime bandwidth postcopy auto-converge offline",
	    "vms nodes", "move a virtual machine to another node",
	    "It goes on running meanwhile. Without a node the agent chooses one. What can be\n"
	    "known to prevent it is said before anything is changed; 'virtcluster cancel'\n"
	    "stops it, and the machine stays where it is." },
	{ "vnode-enable", verb_act, "NAME", 1, 1, ACT " name address", "vms",
	    "make a virtual machine a node of the cluster, too",
	    "pacemaker_remoted must run in its guest, with the nodes' key, and the machine must\n"
	    "be an application of the cluster. It goes on running. Without --name the node is\n"
	    "called NAME-node; without --address, that is what the guest's agent tells." },
	{ "vnode-disable", verb_act, "NAME", 1, 1, ACT, "vms",
	    "make a virtual machine a node of the cluster no longer",
	    "Applications in it move elsewhere before; if one cannot, nothing is done. The\n"
	    "machine goes on running." },
	{ "app-start", verb_act, "APP", 1, 1, ACT, "apps",
	    "have an application of the cluster manager started",
	    "It is waited for until it is; that is how it shall be from then on." },
	{ "app-stop", verb_act, "APP", 1, 1, ACT, "apps",
	    "have an application of the cluster manager stopped",
	    "It is waited for until it is; that is how it shall be from then on." },
	{ "app-move", verb_act, "APP [NODE]", 1, 2, ACT, "apps nodes",
	    "move an application to another node",
	    "Without a node the cluster manager chooses one. Live, where the application can\n"
	    "migrate. No rule is left behind, and it is seen to whether it stays." },
	{ "app-cleanup", verb_act, "APP", 1, 1, ACT, "apps",
	    "forget what failed of an application, and look at it anew" },
	{ "ha-enable", verb_act, "NAME", 1, 1, ACT " priority prefer", "vms",
	    "let the cluster manager start a virtual machine elsewhere when its node is lost",
	    "It becomes an application of the cluster, and goes on as it is, running or off. Its\n"
	    "definition is put on all members of the cluster, and Pacemaker alone starts and stops\n"
	    "it from then on. 'ha-disable' takes it back." },
	{ "ha-disable", verb_act, "NAME", 1, 1, ACT, "apps",
	    "take a virtual machine out of the cluster manager's hands",
	    "It goes on as it is, and is one of libvirt's again, on the node where it runs, or ran\n"
	    "last." },
	{ "pool-refresh", verb_act, "POOL", 1, 1, ACT, "pools",
	    "look what is in a storage pool now" },
	{ "pool-start", verb_act, "POOL", 1, 1, ACT, "pools",
	    "make the volumes of a storage pool available",
	    "On each node that has it and where it is inactive." },
	{ "pool-stop", verb_act, "POOL", 1, 1, ACT, "pools",
	    "take a storage pool out of use; its data stays",
	    "On each node that has it. Not while a virtual machine runs with one of its\n"
	    "volumes." },
	{ "volume-create", verb_act, "POOL NAME SIZE", 3, 3, ACT " raw whole", "pools",
	    "make a volume",
	    "SIZE is in MiB, or has a unit: 512M, 20G. It is an image of format qcow2 that\n"
	    "grows as it is written to, unless --raw and --whole say otherwise." },
	{ "volume-delete", verb_act, "VOLUME", 1, 1, ACT, "volumes",
	    "delete a volume that nothing uses",
	    "VOLUME is a name, POOL/VOLUME or NODE/POOL/VOLUME." },
	{ "volume-resize", verb_act, "VOLUME SIZE", 2, 2, ACT, "volumes",
	    "make a volume larger, also under a running virtual machine",
	    "It cannot become smaller: that would cut off data." },
	{ "volume-clone", verb_act, "VOLUME [POOL/]NAME", 2, 2, ACT " raw linked", "volumes",
	    "copy a volume, also to another pool or host",
	    "With --linked only what differs is kept: the original must not change any more." },
	{ "volume-move", verb_act, "VOLUME POOL", 2, 2, ACT " bandwidth", "volumes pools",
	    "move a volume to another storage pool",
	    "Also under a running virtual machine, which does not notice. The old volume is\n"
	    "removed when all is over; 'virtcluster cancel' stops it before." },
	{ "volume-wipe", verb_act, "VOLUME", 1, 1, ACT, "volumes",
	    "overwrite a volume that nothing uses with zeros" },
	{ "volume-export", verb_act, "VOLUME [NODE]", 1, 2, ACT " read-only", "volumes nodes",
	    "let a host of the volume serve it to the others, by NBD",
	    "'virtcluster exports' tells where. The host needs virtcluster-export, and \"export\" in\n"
	    "the configuration says how it is reached." },
	{ "volume-unexport", verb_act, "VOLUME [NODE]", 1, 2, ACT " disconnect", "volumes nodes",
	    "serve a volume to others no longer" },
	{ "volume-upload", verb_upload, "POOL/NAME FILE", 2, 2, "notify keep bandwidth", "pools",
	    "make a volume of a file",
	    "FILE '-' is standard input. The file's octets become those of the volume, holes stay\n"
	    "holes, and libvirt sees what format it is. A volume that is there is left alone. An\n"
	    "interrupt, or any failure, takes the new volume away again." },
	{ "volume-download", verb_download, "VOLUME FILE", 2, 2, "notify keep bandwidth force",
	    "volumes", "copy a volume to a file",
	    "FILE '-' is standard output. It is called FILE.part until it is whole. Not of a volume\n"
	    "that a running virtual machine writes to." },
	{ "snapshot-create", verb_act, "NAME [SNAPSHOT]", 1, 2, ACT, "vms",
	    "keep the present state of a virtual machine's disks",
	    "Of all its disks at one instant, while it runs; the guest's agent, when it answers,\n"
	    "brings the file systems to rest before. Without SNAPSHOT, date and time name it." },
	{ "snapshot-revert", verb_act, "NAME SNAPSHOT", 2, 2, ACT " power-off",
	    "vms snapshots", "take a virtual machine's disks back to a snapshot",
	    "What was written after the last snapshot is lost. One that runs is only reverted\n"
	    "with --power-off; it is off afterwards." },
	{ "snapshot-delete", verb_act, "NAME SNAPSHOT", 2, 2, ACT " bandwidth",
	    "vms snapshots", "give a snapshot up; the virtual machine stays as it is",
	    "Images are merged, which libvirt does while the machine runs. Once that has begun,\n"
	    "also when it is cancelled, one cannot go back to the snapshot any more." },
	{ "clone", verb_act, "VM NEW", 2, 2, ACT " node pool linked quiesce bandwidth start", "vms",
	    "copy a virtual machine, running or off, to another name",
	    "All disks are copied as they are at one instant; with --quiesce, as the guest has\n"
	    "written them to the end. With --start the clone is started, gets a machine ID of\n"
	    "its own where its guest's agent can be asked for it, and only then is connected." },
	{ "template-create", verb_act, "VM TEMPLATE", 2, 2, ACT " node pool quiesce bandwidth", "vms",
	    "make a template of a virtual machine, running or off",
	    "Its disk is copied to be the base of new ones. What is inside stays as it is: empty\n"
	    "/etc/machine-id and remove SSH host keys before." },
	{ "create", verb_act, "NAME", 1, 1,
	    ACT " template vcpus memory disk network node hostname user ssh-key no-start", "",
	    "make a virtual machine from a template",
	    "The job ends when the guest's agent answers, by its new host name where cloud-init\n"
	    "gives it one. Without a node the agent chooses one. A KEY is an ssh public key." },
	{ "backup", verb_act, "NAME", 1, 1, ACT " pool full incremental quiesce bandwidth", "vms",
	    "back a virtual machine up, also while it runs",
	    "All its disks as they are in one instant; only what was written since the last\n"
	    "backup, where libvirt can tell. Without a pool it goes to that of the last one.\n"
	    "The guest's agent, when it answers, brings the file systems to rest." },
	{ "restore", verb_act, "BACKUP [NAME]", 1, 2, ACT " pool node disk start", "backups",
	    "make a virtual machine, or one disk, of what was backed up",
	    "As a new one called NAME, or without NAME in the place of the one that it is of,\n"
	    "which must be off or gone; the volumes that it had stay. With --disk that disk\n"
	    "alone, as a volume called NAME. New volumes go to the backup's pool, or to POOL." },
	{ "backup-verify", verb_act, "BACKUP", 1, 1, ACT, "backups",
	    "read a backup's files, and compare them with what was written" },
	{ "backup-delete", verb_act, "BACKUP", 1, 1, ACT, "backups",
	    "delete a backup that no other is upon" },
	{ "backup-scan", verb_act, "POOL", 1, 1, ACT, "pools",
	    "look which backups are in a storage pool",
	    "After the agent's state directory was lost, or the pool came from elsewhere." },
	{ "backups", verb_list, "", 0, 0, "vm pool state name" LISTING, "",
	    "list the backups of the virtual machines" },
	{ "schedules", verb_list, "", 0, 0, "name" LISTING, "",
	    "list the schedules of backups, and how they stand" },
	{ "templates", verb_list, "", 0, 0, "state name" LISTING, "",
	    "list what virtual machines can be made from" },
	{ "wait", verb_wait, "JOB", 1, 1, "timeout", "jobs",
	    "follow a job until it is finished",
	    "Fails with the job's own sentence when the job failed." },
	{ "cancel", verb_cancel, "JOB", 1, 1, "", "jobs",
	    "withdraw a job, or stop it where that is possible" },
	{ "poke", verb_poke, "cluster", 1, 1, "", "pokable",
	    "have the agent look at the cluster at once",
	    "Prints nothing. For what is told of changes there, such as virtcluster-alert." },
	{ "cluster", verb_cluster, "check", 1, 1, "quiet", "clusterchecks",
	    "review how the cluster is set up, and tell how to mend it",
	    "Asks Pacemaker and each of its nodes, and changes nothing. Each finding has the\n"
	    "command that mends it, and where to run that. Exit status: 0, all is well or there\n"
	    "are hints only; 1, there are warnings; 3, something could not be known." },
	{ "graph", verb_graph, "KIND NAME [GRAPH]", 1, 3,
	    "span from to size dark percentile output", "graphed objects graphs",
	    "draw a graph",
	    "'virtcluster graphs' lists each KIND and GRAPH that there is; the first of the\n"
	    "kind is drawn if GRAPH is left out. The cluster needs no NAME." },
	{ "graphs", verb_catalogue, "", 0, 0, "", "",
	    "list the graphs that can be drawn" },
	{ "series", verb_series, "KIND NAME SOURCE", 2, 3,
	    "span from to resolution max", "recorded objects sources",
	    "print the numbers of a graph",
	    "As lines of time,value; a value that is not known is empty. 'virtcluster sources'\n"
	    "lists each KIND and SOURCE. The cluster needs no NAME." },
	{ "sources", verb_catalogue, "", 0, 0, "", "",
	    "list what is recorded of each kind of object" },
	{ "version", verb_version, "", 0, 0, "", "",
	    "print the version" },
	{ "help", verb_help, "[VERB]", 0, 2, "", "verbs",
	    "explain all verbs, or one" },
	{ "complete", verb_complete, "KIND [WORD...]", 1, 1000, "", "",
	    "list words for the shell's completion", .hidden = true },
	{ 0 },
};

const struct cli_verb *
cli_find_verb(const char *name)
{
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

/* --- a verb that is not there */

#define LONGEST_TYPO 32

/* Levenshtein's distance, of words shorter than LONGEST_TYPO. */
static int
distance(const char *a, const char *b)
{
	int row[LONGEST_TYPO + 1];
	int n = (int)strlen(b);

	for (int j = 0; j <= n; j++)
		row[j] = j;
	for (int i = 1; a[i - 1] != '\0'; i++) {
		int diagonal = row[0];
		row[0] = i;
		for (int j = 1; j <= n; j++) {
			int replaced = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			row[j] = MIN(MIN(row[j], row[j - 1]) + 1, replaced);
		}
	}
	return row[n];
}

const char *
cli_nearest_verb(const char *name)
{
	const char *nearest = NULL;
	int best = 3; /* three wrong letters are another word */

	if (strlen(name) >= LONGEST_TYPO)
		return NULL;
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		int d = g_str_has_prefix(v->name, name) ? 1 : distance(name, v->name);
		if (!v->hidden && d < best && d < (int)strlen(v->name)) {
			best = d;
			nearest = v->name;
		}
	}
	return nearest;
}

const struct cli_verb *
cli_find_verb_of_two(const char *first, const char *second)
{
	g_autofree char *joined = second == NULL ? NULL : g_strconcat(first, "-", second, NULL);

	return joined == NULL || cli_find_verb(first) != NULL ? NULL : cli_find_verb(joined);
}

/* What can come after that word: "ha enable, ha disable"; NULL: nothing.  To be freed. */
static char *
seconds_of(const char *first)
{
	g_autofree char *prefix = g_strconcat(first, "-", NULL);
	g_autoptr(GString) said = g_string_new(NULL);

	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++)
		if (!v->hidden && g_str_has_prefix(v->name, prefix))
			g_string_append_printf(said, "%s%s %s", said->len > 0 ? ", " : "", first,
			    v->name + strlen(prefix));
	return said->len == 0 ? NULL : g_string_free(g_steal_pointer(&said), FALSE);
}

static const struct cli_verb *
need_verb(const char *name, GError **error)
{
	const struct cli_verb *verb = cli_find_verb(name);
	const char *nearest = cli_nearest_verb(name);

	if (verb != NULL)
		return verb;
	g_autofree char *seconds = seconds_of(name);
	if (seconds != NULL)
		g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "\"%s\" alone is no verb: say %s",
		    name, seconds);
	else if (nearest != NULL)
		g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
		    "there is no verb \"%s\"; did you mean \"%s\"?", name, nearest);
	else
		g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
		    "there is no verb \"%s\"; see 'virtcluster help'", name);
	return NULL;
}

/* --- help */

static void
help_all(const struct output *out)
{
	g_autoptr(GString) options = g_string_new(NULL);

	fputs("usage: virtcluster [--socket PATH] [--json] VERB ...\n\n"
	      "Shows and controls a cluster of libvirt hosts by way of virtclusterd.\n\n"
	      "verbs:\n",
	    out->file);
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		g_autofree char *form = g_strconcat(v->name, " ", v->operands, NULL);
		if (!v->hidden)
			fprintf(out->file, "  %-28s %s\n", form, v->help);
	}
	options_describe(options, OPTIONS_GLOBAL);
	fprintf(out->file, "\noptions:\n%s\n"
	    "'virtcluster help VERB' explains a verb and its options; so does virtcluster(1).\n",
	    options->str);
}

static void
help_one(const struct output *out, const struct cli_verb *v)
{
	g_autoptr(GString) options = g_string_new(NULL);

	options_describe(options, v->options);
	options_describe(options, OPTIONS_GLOBAL);
	fprintf(out->file, "usage: virtcluster %s%s%s [options]\n\n%s%s%s\n\noptions:\n%s",
	    v->name, v->operands[0] != '\0' ? " " : "", v->operands, v->help,
	    v->details != NULL ? ".\n" : "", v->details != NULL ? v->details : "",
	    options->str);
}

static bool
verb_help(struct cli *cli, GError **error)
{
	const struct cli_verb *verb = NULL;

	if (cli->argc > 0) {
		verb = cli_find_verb_of_two(cli->argv[0], cli->argc > 1 ? cli->argv[1] : NULL);
		if (verb == NULL)
			verb = need_verb(cli->argv[0], error);
		if (verb == NULL)
			return false;
		help_one(&cli->out, verb);
	} else {
		help_all(&cli->out);
	}
	return true;
}

static bool
verb_version(struct cli *cli, GError **error)
{
	if (cli->options.json)
		fprintf(cli->out.file, "{ \"version\" : \"%s\" }\n", PACKAGE_VERSION);
	else
		fprintf(cli->out.file, "virtcluster %s\n", PACKAGE_VERSION);
	return true;
}

/* --- what verbs share */

const char *
cli_socket(const struct options *options)
{
	const char *path = getenv("VIRTCLUSTER_SOCKET");

	if (options->socket != NULL)
		return options->socket;
	return path != NULL && path[0] != '\0' ? path
					       : RUNSTATEDIR "/virtcluster/control.sock";
}

/* What is said on the command line beats the environment. */
static const char *
cli_agent(const struct options *options)
{
	const char *address = getenv("VIRTCLUSTER_AGENT");

	if (options->agent != NULL || options->socket != NULL)
		return options->agent;
	return address != NULL && address[0] != '\0' ? address : NULL;
}

struct client *
cli_client(struct cli *cli, GError **error)
{
	const char *agent = cli_agent(&cli->options);

	if (cli->client == NULL && cli->options.agent != NULL && cli->options.socket != NULL)
		g_set_error_literal(error, CLI_ERROR, CLI_ERROR_USAGE,
		    "--agent and --socket are two ways to the same: say one of them");
	else if (cli->client == NULL)
		cli->client = agent != NULL ? client_open_agent(agent, error)
					    : client_open(cli_socket(&cli->options), error);
	return cli->client;
}

void
cli_drop_client(struct cli *cli)
{
	g_clear_pointer(&cli->client, client_close);
}

/* Takes the node. */
static void
print_json(const struct cli *cli, JsonNode *node)
{
	g_autofree char *text = json_to_string(node, cli->options.watch == 0);

	fprintf(cli->out.file, "%s\n", text);
	json_node_unref(node);
}

JsonArray *
cli_array_of(GPtrArray *rows)
{
	JsonArray *array = json_array_sized_new(rows->len);

	for (guint i = 0; i < rows->len; i++)
		json_array_add_object_element(array, json_object_ref(rows->pdata[i]));
	return array;
}

void
cli_print_rows(const struct cli *cli, GPtrArray *rows)
{
	JsonArray *array = cli_array_of(rows);

	print_json(cli, json_node_init_array(json_node_alloc(), array));
	json_array_unref(array);
}

void
cli_print_object(const struct cli *cli, JsonObject *object)
{
	print_json(cli, json_node_init_object(json_node_alloc(), object));
}

/* --- main */

/* Splits argv into global options, verb, its options and its operands. */
static bool
parse(struct cli *cli, int argc, char **argv, GError **error)
{
	int first = options_parse(&cli->options, argc, argv, OPTIONS_GLOBAL, true, error);

	if (first < 0)
		return false;
	if (cli->options.version) {
		cli->verb = cli_find_verb("version");
		return true;
	}
	if (first == argc) {
		cli->verb = cli->options.help ? cli_find_verb("help") : NULL;
		if (cli->verb == NULL)
			g_set_error_literal(error, CLI_ERROR, CLI_ERROR_USAGE,
			    "what shall be done? see 'virtcluster help'");
		return cli->verb != NULL;
	}
	cli->verb = cli_find_verb_of_two(argv[first], first + 1 < argc ? argv[first + 1] : NULL);
	if (cli->verb != NULL)
		first++;
	else
		cli->verb = need_verb(argv[first], error);
	if (cli->verb == NULL)
		return false;
	g_autofree char *names =
	    g_strconcat(OPTIONS_GLOBAL, " ", cli->verb->options, NULL);
	int used = options_parse(&cli->options, argc - first, argv + first, names, false,
	    error);
	if (used < 0) {
		g_prefix_error(error, "%s: ", cli->verb->name);
		return false;
	}
	cli->argc = argc - first - used;
	cli->argv = argv + first + used;
	return true;
}

static bool
check_operands(const struct cli *cli, GError **error)
{
	const struct cli_verb *v = cli->verb;

	if (cli->argc >= v->least && cli->argc <= v->most)
		return true;
	g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "%s: %s; usage: virtcluster %s%s%s",
	    v->name, cli->argc < v->least ? "something is missing" : "too many words",
	    v->name, v->operands[0] != '\0' ? " " : "", v->operands);
	return false;
}

static bool
run(struct cli *cli, int argc, char **argv, GError **error)
{
	if (!parse(cli, argc, argv, error))
		return false;
	if (cli->options.help && cli->verb->run != verb_help) {
		help_one(&cli->out, cli->verb);
		return true;
	}
	return check_operands(cli, error) && cli->verb->run(cli, error);
}

int
cli_main(int argc, char **argv, struct output out, FILE *errors)
{
	struct cli cli = { .out = out, .errors = errors };
	g_autoptr(GError) error = NULL;
	int status;

	if (!run(&cli, argc, argv, &error)) {
		g_autofree char *text = text_clean(error->message);
		fflush(out.file);
		fprintf(errors, "virtcluster: %s\n", text);
		status = error->domain == CLI_ERROR ? 2
		    : cli.status != 0 ? cli.status : EXIT_FAILURE;
	} else {
		status = cli.status;
	}
	cli_drop_client(&cli);
	if (fflush(out.file) != 0 || ferror(out.file)) {
		fprintf(errors, "virtcluster: cannot write the output\n");
		status = EXIT_FAILURE;
	}
	return status;
}
