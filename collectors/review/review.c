/* A review: Pacemaker first, then all its nodes at once, then the judge. */
#include "collectors/review/review.h"

#include <string.h>

#include "collectors/review/ask.h"
#include "common/sync.h"

#define THREADS_MOST 16

/* --- all nodes, each in a thread of its own */

static gpointer
asker_main(gpointer data)
{
	struct asker *asker = data;
	GPtrArray *nodes = asker->material->nodes;

	pthread_mutex_lock(&asker->lock);
	while (asker->next < nodes->len) {
		struct review_node *node = nodes->pdata[asker->next++];
		pthread_mutex_unlock(&asker->lock);
		ask_node(asker, node);
		pthread_mutex_lock(&asker->lock);
		asker->done++;
		asker->last = node->name;
		pthread_cond_signal(&asker->changed);
	}
	pthread_mutex_unlock(&asker->lock);
	return NULL;
}

static void
tell(const struct review_request *request, unsigned done, unsigned of, const char *what)
{
	if (request->progress != NULL)
		request->progress(request->ctx, done, of, what);
}

/* Steps: Pacemaker, the devices, and each node. */
static unsigned
steps_of(const struct review_material *material)
{
	return material->nodes->len + 2;
}

static void
watch_nodes(struct asker *asker)
{
	guint seen = 0, n = asker->material->nodes->len;

	while (seen < n) {
		pthread_mutex_lock(&asker->lock);
		while (asker->done == seen)
			sync_cond_wait_until(&asker->changed, &asker->lock, INT64_MAX);
		seen = asker->done;
		const char *last = asker->last;
		pthread_mutex_unlock(&asker->lock);
		tell(asker->request, 2 + seen, steps_of(asker->material), last);
	}
}

static void
ask_nodes(struct asker *asker)
{
	GThread *threads[THREADS_MOST];
	guint n = MIN(asker->material->nodes->len, THREADS_MOST);

	pthread_mutex_init(&asker->lock, NULL);
	sync_cond_init(&asker->changed);
	for (guint i = 0; i < n; i++)
		threads[i] = g_thread_new("review", asker_main, asker);
	watch_nodes(asker);
	for (guint i = 0; i < n; i++)
		g_thread_join(threads[i]);
	pthread_cond_destroy(&asker->changed);
	pthread_mutex_destroy(&asker->lock);
}

/* --- Pacemaker itself */

static bool
ask_pacemaker(const struct asker *asker, const char *command, GError **error)
{
	static const char *const status[] = { "crm_mon", "-1", "-r", "--fence-history=3",
		"--output-as=xml", NULL };
	static const char *const cib[] = { "cibadmin", "-Q", NULL };
	struct review_reply said[2] = { { 0 } };
	struct review_material *material = asker->material;

	ask(asker, command, status, false, &said[0]);
	if (said[0].text != NULL)
		ask(asker, command, cib, false, &said[1]);
	bool good = said[0].text != NULL && said[1].text != NULL;
	if (good) {
		g_free(material->status);
		g_free(material->cib);
		material->status = g_steal_pointer(&said[0].text);
		material->cib = g_steal_pointer(&said[1].text);
	} else {
		xml_tree_refuse(error, "%s", said[0].why != NULL ? said[0].why : said[1].why);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(said); i++) {
		g_free(said[i].text);
		g_free(said[i].why);
	}
	return good;
}

static bool
has_quorum(const char *status)
{
	return strstr(status, "with_quorum=\"true\"") != NULL;
}

/* The command of the place that is with the quorum, or else of one that answers. */
static const char *
ask_around(const struct asker *asker, GError **error)
{
	g_autoptr(GArray) places = settings_pacemaker_places(asker->request->settings);
	g_autoptr(GString) reasons = g_string_new(NULL);
	const char *answered = NULL, *quorate = NULL;

	for (guint i = 0; quorate == NULL && i < places->len; i++) {
		const struct pacemaker_place *place =
		    &g_array_index(places, struct pacemaker_place, i);
		g_autoptr(GError) why = NULL;
		if (ask_pacemaker(asker, place->command, &why)) {
			answered = place->command;
			quorate = has_quorum(asker->material->status) ? answered : NULL;
		} else {
			g_string_append_printf(reasons, "%s%s%s%s", reasons->len > 0 ? "; " : "",
			    place->node, *place->node != '\0' ? ": " : "", why->message);
		}
	}
	if (answered == NULL)
		xml_tree_refuse(error, "Pacemaker cannot be asked: %s", reasons->str);
	return quorate != NULL ? quorate : answered;
}

/* --- which nodes there are */

static const struct node_setting *
setting_of(const struct settings *settings, const char *name)
{
	for (guint i = 0; i < settings->nodes->len; i++) {
		const struct node_setting *node = settings->nodes->pdata[i];
		if (strcmp(node_setting_pacemaker_name(node), name) == 0)
			return node;
	}
	return NULL;
}

static void
add_node(const struct asker *asker, const xmlNode *xml)
{
	g_autofree char *name = ATTRIBUTE(xml, "name");
	const struct node_setting *setting =
	    name == NULL ? NULL : setting_of(asker->request->settings, name);

	if (name == NULL)
		return;
	struct review_node *node = material_add_node(asker->material, name);
	node->online = safe_xml_attribute_is((xmlNode *)xml, "online", "true") &&
	    !safe_xml_attribute_is((xmlNode *)xml, "unclean", "true");
	if (setting != NULL) {
		g_free(node->ours);
		g_free(node->command);
		node->ours = g_strdup(setting->name);
		node->command = g_strdup(setting->pacemaker);
	}
}

/* Of a daemon on a node of the cluster which the configuration does not name: that node. */
static void
find_local(const struct asker *asker)
{
	static const char *const who[] = { "crm_node", "-n", NULL };
	struct review_reply reply = { 0 };

	ask(asker, "local", who, false, &reply);
	for (guint i = 0; reply.text != NULL && i < asker->material->nodes->len; i++) {
		struct review_node *node = asker->material->nodes->pdata[i];
		if (strcmp(g_strstrip(reply.text), node->name) == 0 && *node->command == '\0') {
			g_free(node->command);
			node->command = g_strdup("local");
		}
	}
	g_free(reply.text);
	g_free(reply.why);
}

static bool
find_nodes(struct asker *asker, const char *command, GError **error)
{
	xmlDoc *doc = safe_xml_parse_most(asker->material->status, PACEMAKER_XML_MOST, error);
	xmlNode *nodes = doc == NULL ? NULL
	    : safe_xml_child(xmlDocGetRootElement(doc), "nodes");

	if (doc == NULL)
		return false;
	for (xmlNode *node = nodes == NULL ? NULL : nodes->children; node != NULL; node = node->next)
		if (safe_xml_is(node, "node") && (safe_xml_attribute_is(node, "type", "member") ||
		    xmlHasProp(node, (const xmlChar *)"type") == NULL))
			add_node(asker, node);
	xmlFreeDoc(doc);
	if (strcmp(command, "local") == 0)
		find_local(asker);
	return true;
}

/* By which URI each of them would be migrated, with "*" for the node. */
static void
find_transports(struct asker *asker, const struct judge *judge)
{
	for (guint i = 0; i < judge->vms->len; i++) {
		char *uri = transport_of(judge, judge->vms->pdata[i]);
		if (uri != NULL && !g_ptr_array_find_with_equal_func(asker->transports, uri,
			g_str_equal, NULL))
			g_ptr_array_add(asker->transports, uri);
		else
			g_free(uri);
	}
}

static bool
find_vms(struct asker *asker, GError **error)
{
	SCOPED(judge) judge = judge_new(asker->material, error);

	if (judge == NULL)
		return false;
	for (guint i = 0; i < judge->vms->len; i++) {
		const struct review_vm *vm = judge->vms->pdata[i];
		add_file(asker->files, vm->file);
	}
	find_transports(asker, judge);
	if (judge->vms->len > 0)
		asker->uri = g_strdup(judge->uri);
	return true;
}

static void
ask_fencer(const struct asker *asker, const char *command)
{
	for (guint i = 0; i < asker->material->nodes->len; i++) {
		struct review_node *node = asker->material->nodes->pdata[i];
		g_autofree char *list = g_strconcat("--list=", node->name, NULL);
		const char *const tool[] = { "stonith_admin", list, "--output-as=xml", NULL };
		ask(asker, command, tool, true, &node->reply[FROM_FENCER]);
	}
}

static bool
ask_all(struct asker *asker, GError **error)
{
	tell(asker->request, 0, 0, "Pacemaker");
	const char *command = ask_around(asker, error);
	if (command == NULL || !find_nodes(asker, command, error) || !find_vms(asker, error))
		return false;
	tell(asker->request, 1, steps_of(asker->material), "Pacemaker");
	ask_fencer(asker, command);
	tell(asker->request, 2, steps_of(asker->material), "the fencing devices");
	ask_nodes(asker);
	return true;
}

bool
review_cluster(const struct review_request *request, struct review *review, GError **error)
{
	SCOPED(review_material) material = material_new();
	struct asker asker = {
		.request = request, .material = material,
		.files = g_ptr_array_new_with_free_func(g_free),
		.transports = g_ptr_array_new_with_free_func(g_free),
	};

	bool asked = ask_all(&asker, error);
	g_ptr_array_free(asker.files, TRUE);
	g_ptr_array_free(asker.transports, TRUE);
	g_free(asker.uri);
	SCOPED(judge) judge = asked ? judge_new(material, error) : NULL;
	if (judge == NULL)
		return false;
	judge->shared = request->settings->migrate_shared;
	review->findings = judge_all(judge);
	review->checks = (unsigned)checks_n;
	review->nodes = material->nodes->len;
	return true;
}
