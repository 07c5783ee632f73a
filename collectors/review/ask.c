/* Asking one node: words that only read. */
#include "collectors/review/ask.h"

#include <string.h>
#include <sys/wait.h>

#include "common/answer.h"
#include "common/remote.h"

#define FILES_MOST 200 /* in one command */
#define CLOCK_TRIES 4
#define CLOCK_US    (G_USEC_PER_SEC / 2) /* quick enough */
#define SSH_FAILED 255
#define KNOWN_FILE "/dev/null"
/* What a shell ends with. */
#define NOT_EXECUTABLE 126
#define NOT_FOUND      127

/* --- the material */

static void
node_free(gpointer data)
{
	struct review_node *node = data;

	for (int i = 0; i < REVIEW_SOURCES; i++) {
		g_free(node->reply[i].text);
		g_free(node->reply[i].why);
	}
	g_free(node->name);
	g_free(node->ours);
	g_free(node->command);
	g_free(node);
}

struct review_material *
material_new(void)
{
	struct review_material *material = g_new0(struct review_material, 1);

	material->nodes = g_ptr_array_new_with_free_func(node_free);
	return material;
}

void
material_free(struct review_material *material)
{
	if (material == NULL)
		return;
	g_ptr_array_free(material->nodes, TRUE);
	g_free(material->status);
	g_free(material->cib);
	g_free(material);
}

struct review_node *
material_add_node(struct review_material *material, const char *name)
{
	struct review_node *node = g_new0(struct review_node, 1);

	node->name = g_strdup(name);
	node->ours = g_strdup("");
	node->command = g_strdup("");
	node->online = true;
	g_ptr_array_add(material->nodes, node);
	return node;
}

/* --- one command */

/* A tool that has not run there ends so; what it tells by its status is its own affair. */
static bool
has_run(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) != SSH_FAILED &&
	    WEXITSTATUS(status) != NOT_FOUND && WEXITSTATUS(status) != NOT_EXECUTABLE;
}

void
ask(const struct asker *asker, const char *command, const char *const *tool, bool tolerant,
    struct review_reply *reply)
{
	const struct answer_limits limits = {
		.timeout_ms = asker->request->settings->pacemaker_timeout * 1000,
		.most = PACEMAKER_XML_MOST, .wake = asker->request->wake,
	};
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) argv = remote_words(command, tool, &error);
	struct answer answer;

	reply->before = g_get_real_time();
	if (argv == NULL || !answer_of(argv, &limits, &answer, &error)) {
		reply->why = g_strdup_printf("%s: %s", tool[0], error->message);
		return;
	}
	reply->after = g_get_real_time();
	reply->ran = has_run(answer.status);
	bool good = WIFEXITED(answer.status) && WEXITSTATUS(answer.status) == 0;
	if (!good)
		reply->why = g_strdup_printf("%s %s", tool[0], answer.how);
	if (good || (tolerant && reply->ran))
		reply->text = g_steal_pointer(&answer.text);
	answer_clear(&answer);
}

/* --- one node */

static void
ask_fixed(const struct asker *asker, struct review_node *node)
{
	static const struct { enum review_source source; const char *tool[4]; bool tolerant; } fixed[] = {
		{ FROM_COROSYNC, { "corosync-cmapctl" } },
		{ FROM_QUORUM, { "corosync-quorumtool", "-s" }, true },
		{ FROM_PACEMAKERD, { "pacemakerd", "--version" } },
		{ FROM_COROSYNC_VERSION, { "corosync", "-v" } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++)
		ask(asker, node->command, fixed[i].tool, fixed[i].tolerant,
		    &node->reply[fixed[i].source]);
}

static void
ask_libvirt(const struct asker *asker, struct review_node *node)
{
	const char *const version[] = { "virsh", "-r", "-c", asker->uri, "version", "--daemon",
		NULL };
	const char *const persistent[] = { "virsh", "-q", "-r", "-c", asker->uri, "list", "--all",
		"--persistent", "--name", NULL };
	const char *const autostart[] = { "virsh", "-q", "-r", "-c", asker->uri, "list", "--all",
		"--autostart", "--name", NULL };
	const char *const boot[] = { "systemctl", "is-enabled", "libvirt-guests.service", NULL };

	ask(asker, node->command, version, false, &node->reply[FROM_LIBVIRT]);
	ask(asker, node->command, persistent, false, &node->reply[FROM_PERSISTENT]);
	ask(asker, node->command, autostart, false, &node->reply[FROM_AUTOSTART]);
	ask(asker, node->command, boot, true, &node->reply[FROM_BOOT]);
}

/* Keeps what several commands have written as if it were one. */
static void
join(struct review_reply *all, struct review_reply *more)
{
	if (more->text == NULL) {
		g_clear_pointer(&all->text, g_free);
	} else {
		char *text = g_strconcat(all->text != NULL ? all->text : "", more->text, NULL);
		g_free(all->text);
		all->text = text;
	}
	if (more->why != NULL) {
		g_free(all->why);
		all->why = g_steal_pointer(&more->why);
	}
	g_free(more->text);
	g_free(more->why);
}

/* An answer that has not even the file that is everywhere is none. */
static void
refuse_silence(struct review_reply *reply, const char *tool)
{
	if (reply->text == NULL || strstr(reply->text, KNOWN_FILE) != NULL)
		return;
	g_clear_pointer(&reply->text, g_free);
	if (reply->why == NULL)
		reply->why = g_strdup_printf("%s says nothing", tool);
}

/* The tool with those files, in as many commands as it takes. */
static void
ask_files(const struct asker *asker, struct review_node *node, const char *const *tool,
    GPtrArray *files, enum review_source source)
{
	struct review_reply *all = &node->reply[source];

	for (guint from = 0; from < files->len; from += FILES_MOST) {
		g_autoptr(GPtrArray) words = g_ptr_array_new();
		struct review_reply part = { 0 };
		for (const char *const *word = tool; *word != NULL; word++)
			g_ptr_array_add(words, (gpointer)*word);
		for (guint i = from; i < files->len && i < from + FILES_MOST; i++)
			g_ptr_array_add(words, files->pdata[i]);
		g_ptr_array_add(words, (gpointer)KNOWN_FILE);
		g_ptr_array_add(words, NULL);
		ask(asker, node->command, (const char *const *)words->pdata, true, &part);
		refuse_silence(&part, tool[0]);
		bool lost = part.text == NULL;
		join(all, &part);
		if (lost)
			return;
	}
}

static void
ask_definitions(const struct asker *asker, struct review_node *node)
{
	static const char *const show[] = { "tail", "-v", "-n", "+1", NULL };
	static const char *const number[] = { "stat", "-L", "-c", "%i:%n", NULL };

	ask_files(asker, node, show, asker->files, FROM_DEFINITIONS);
	if (told(node, FROM_DEFINITIONS) == NULL)
		return;
	g_autoptr(GPtrArray) disks = disk_files(told(node, FROM_DEFINITIONS));
	ask_files(asker, node, number, disks, FROM_DISKS);
}

/* The member after it that is asked as well, so that each is tried from one and to one. */
static const struct review_node *
next_of(const struct asker *asker, const struct review_node *node)
{
	const GPtrArray *nodes = asker->material->nodes;
	guint at = 0;

	g_ptr_array_find((GPtrArray *)nodes, node, &at);
	for (guint i = 1; i < nodes->len; i++) {
		const struct review_node *next = nodes->pdata[(at + i) % nodes->len];
		if (next->online)
			return next;
	}
	return NULL;
}

/* As an agent would that migrates a VM: a line "TARGET URI REASON" of each that is not reached. */
static void
ask_transport(const struct asker *asker, struct review_node *node)
{
	const struct review_node *next = next_of(asker, node);
	g_autoptr(GString) lines = g_string_new(NULL);

	for (guint i = 0; next != NULL && i < asker->transports->len; i++) {
		g_auto(GStrv) parts = g_strsplit(asker->transports->pdata[i], "*", 2);
		g_autofree char *uri = g_strconcat(parts[0], next->name, parts[1], NULL);
		const char *const tool[] = { "virsh", "-q", "-r", "-c", uri, "version", NULL };
		struct review_reply reply = { 0 };
		ask(asker, node->command, tool, false, &reply);
		g_free(reply.text);
		if (!reply.ran) {
			node->reply[FROM_TRANSPORT].why = reply.why;
			return;
		}
		if (reply.why != NULL)
			g_string_append_printf(lines, "%s %s %s\n", next->name, uri, reply.why);
		g_free(reply.why);
	}
	node->reply[FROM_TRANSPORT].text = g_string_free(g_steal_pointer(&lines), FALSE);
}

/* What it is not asked for when it cannot be, all for the same reason. */
static void
refuse_all(const struct asker *asker, struct review_node *node, const char *why)
{
	for (int source = 0; source < REVIEW_SOURCES; source++) {
		bool of_vms = source >= FROM_LIBVIRT && source <= FROM_TRANSPORT;
		if (source != FROM_FENCER && source != FROM_DISKS && (!of_vms || asker->uri != NULL))
			node->reply[source].why = g_strdup(why);
	}
}

/* Of some answers the quickest: the clock may have been read at any time within it. */
static void
ask_clock(const struct asker *asker, struct review_node *node)
{
	static const char *const clock[] = { "date", "+%s.%N", NULL };
	struct review_reply *best = &node->reply[FROM_CLOCK];

	ask(asker, node->command, clock, false, best);
	for (int i = 1; i < CLOCK_TRIES && best->text != NULL &&
	     best->after - best->before > CLOCK_US; i++) {
		struct review_reply again = { 0 };
		ask(asker, node->command, clock, false, &again);
		bool better = again.text != NULL && again.after - again.before < best->after - best->before;
		struct review_reply worse = better ? *best : again;
		if (better)
			*best = again;
		g_free(worse.text);
		g_free(worse.why);
	}
}

/* One that does not answer the first question is not asked the others. */
static void
ask_living(const struct asker *asker, struct review_node *node)
{
	struct review_reply *first = &node->reply[FROM_CLOCK];

	ask_clock(asker, node);
	if (first->text == NULL) {
		g_autofree char *why = g_strdup_printf("It cannot be asked: %s.", first->why);
		g_clear_pointer(&first->why, g_free);
		refuse_all(asker, node, why);
		return;
	}
	ask_fixed(asker, node);
	if (asker->uri == NULL)
		return;
	ask_libvirt(asker, node);
	ask_definitions(asker, node);
	ask_transport(asker, node);
}

void
ask_node(const struct asker *asker, struct review_node *node)
{
	if (!node->online) {
		refuse_all(asker, node, "It is no member of the cluster at present.");
	} else if (*node->command == '\0') {
		g_autofree char *why = *node->ours == '\0'
		    ? g_strdup("It is no node of virtcluster.conf.")
		    : g_strdup_printf("[node %s] of virtcluster.conf has no \"pacemaker\".", node->ours);
		refuse_all(asker, node, why);
	} else {
		ask_living(asker, node);
	}
}
