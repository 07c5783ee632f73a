/* Pacemaker's XML as rows: the whole, and its nodes. */
#include "collectors/pacemaker_private.h"

#include <string.h>

#include "model/value.h"

#define API_VERSION "2." /* any minor one: they only add */

static void
failure_free(gpointer data)
{
	struct failure *failure = data;

	g_free(failure->text);
	g_free(failure);
}

static void
fencing_free(gpointer data)
{
	struct fencing *fencing = data;

	g_free(fencing->failure);
	g_free(fencing);
}

bool
pacemaker_flag(const xmlNode *node, const char *name, bool fallback)
{
	if (xml_tree_is(node, name, "true"))
		return true;
	return xml_tree_is(node, name, "false") ? false : fallback;
}

int64_t
pacemaker_time(const char *text)
{
	g_autofree char *iso = NULL;
	const char *zone;

	if (text == NULL || strlen(text) < 20 || text[10] != ' ')
		return 0;
	zone = strchr(text + 11, ' '); /* "12:17:38 -05:00", or "12:17:38Z" */
	iso = zone == NULL ? g_strdup(text)
	    : g_strdup_printf("%.*s%s", (int)(zone - text), text, zone + 1);
	iso[10] = 'T';
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(iso, NULL);
	return time == NULL ? 0 : g_date_time_to_unix(time) * G_USEC_PER_SEC;
}

/* --- is it what we know */

static bool
is_status(const xmlNode *root, GError **error)
{
	g_autofree char *version = xml_tree_attribute(root, "api-version");

	if (!safe_xml_is(root, "pacemaker-result") || version == NULL)
		return xml_tree_refuse(error, "that is not crm_mon's XML: it begins with <%.60s>",
		    (const char *)root->name);
	if (!g_str_has_prefix(version, API_VERSION))
		return xml_tree_refuse(error, "Pacemaker's XML is of version %.60s, and virtcluster "
		    "knows version 2", version);
	return true;
}

static bool
has_succeeded(const xmlNode *root, GError **error)
{
	xmlNode *status = safe_xml_child(root, "status");
	g_autofree char *message = xml_tree_attribute(status, "message");

	if (status == NULL)
		return xml_tree_refuse(error, "crm_mon's XML does not tell how it ended");
	return xml_tree_is(status, "code", "0") || xml_tree_refuse(error, "crm_mon: %.200s",
	    message == NULL ? "it failed, and does not say why" : message);
}

/* --- what went wrong before */

/* "web1_monitor_10000": tasks may have an underscore in them. */
static char *
resource_of_key(const char *key, const char *task)
{
	g_autofree char *middle = task == NULL ? NULL : g_strdup_printf("_%s_", task);
	const char *end = middle == NULL ? NULL : g_strrstr(key, middle);

	if (end == NULL)
		end = strrchr(key, '_');
	if (task == NULL && end != NULL)
		end = g_strrstr_len(key, end - key, "_");
	g_autofree char *instance = end == NULL ? NULL : g_strndup(key, (gsize)(end - key));
	return instance == NULL ? NULL : cib_resource_name(instance);
}

/* "monitor on h2: not running (the guest has gone)" */
static char *
describe_failure(const xmlNode *node, const char *task)
{
	g_autofree char *where = xml_tree_attribute(node, "node");
	g_autofree char *status = xml_tree_attribute(node, "exitstatus");
	g_autofree char *reason = xml_tree_attribute(node, "exitreason");
	bool has_reason = reason != NULL && *reason != '\0';

	return g_strdup_printf("%s on %s: %s%s%s%s", task != NULL ? task : "an action",
	    where != NULL ? where : "a node", status != NULL ? status : "it failed",
	    has_reason ? " (" : "", has_reason ? reason : "", has_reason ? ")" : "");
}

static void
read_failures(struct view *v, const xmlNode *list)
{
	for (xmlNode *node = list == NULL ? NULL : list->children; node != NULL;
	     node = node->next) {
		g_autofree char *key = xml_tree_attribute(node, "op_key");
		g_autofree char *task = xml_tree_attribute(node, "task");
		g_autofree char *when = xml_tree_attribute(node, "last-rc-change");
		char *id = key == NULL ? NULL : resource_of_key(key, task);
		if (id == NULL)
			continue;
		struct failure *last = g_hash_table_lookup(v->failures, id);
		int64_t at = pacemaker_time(when);
		if (last != NULL && last->at > at) {
			g_free(id);
			continue;
		}
		last = g_new0(struct failure, 1);
		last->text = describe_failure(node, task);
		last->at = at;
		g_hash_table_replace(v->failures, id, last);
	}
}

static void
note_fencing(struct fencing *f, const xmlNode *event)
{
	g_autofree char *when = xml_tree_attribute(event, "completed");
	int64_t at = pacemaker_time(when);

	if (xml_tree_is(event, "status", "success")) {
		f->done_at = MAX(f->done_at, at);
	} else if (xml_tree_is(event, "status", "failed")) {
		if (at < f->failed_at)
			return;
		g_free(f->failure);
		f->failure = xml_tree_attribute(event, "exit-reason");
		f->failed_at = at;
	} else {
		f->pending = true;
	}
}

static void
read_fencings(struct view *v, const xmlNode *list)
{
	for (xmlNode *event = list == NULL ? NULL : list->children; event != NULL;
	     event = event->next) {
		char *target = safe_xml_is(event, "fence_event")
		    ? xml_tree_attribute(event, "target") : NULL;
		/* "on" is none; "unfencing" neither */
		if (target == NULL || xml_tree_is(event, "action", "on")) {
			g_free(target);
			continue;
		}
		struct fencing *fencing = g_hash_table_lookup(v->fencings, target);
		if (fencing == NULL) {
			fencing = g_new0(struct fencing, 1);
			g_hash_table_insert(v->fencings, g_strdup(target), fencing);
		}
		note_fencing(fencing, event);
		g_free(target);
	}
}

static void
note_bundled(struct view *v, const xmlNode *node, bool in_bundle)
{
	for (xmlNode *child = node == NULL ? NULL : node->children; child != NULL;
	     child = child->next) {
		char *id = in_bundle && safe_xml_is(child, "resource")
		    ? xml_tree_attribute(child, "id") : NULL;
		if (id != NULL)
			g_hash_table_add(v->bundled, id);
		note_bundled(v, child, in_bundle || safe_xml_is(child, "bundle"));
	}
}

/* Of clones any instance. */
static void
note_resources(struct view *v, xmlNode *node)
{
	for (xmlNode *child = node == NULL ? NULL : node->children; child != NULL;
	     child = child->next) {
		char *id = safe_xml_is(child, "resource") ? xml_tree_attribute(child, "id") : NULL;
		if (id != NULL)
			g_hash_table_replace(v->resources, id, child);
		note_resources(v, child);
	}
}

/* --- the whole */

/* "2.1.5-a3f44794f94" without what its packager or a commit is called. */
static const char *
version_of(struct view *v, const xmlNode *dc)
{
	g_autofree char *version = xml_tree_attribute(dc, "version");

	if (version == NULL)
		return "";
	version[strcspn(version, "-+ ")] = '\0';
	return part_text(v->part, version);
}

static bool
read_summary(struct view *v, const xmlNode *summary, GError **error)
{
	xmlNode *dc = safe_xml_child(summary, "current_dc");
	xmlNode *options = safe_xml_child(summary, "cluster_options");
	g_autofree char *name = xml_tree_attribute(dc, "name");

	if (summary == NULL || dc == NULL)
		return xml_tree_refuse(error, "crm_mon's XML has no summary");
	struct backend_info *b = part_add(v->part, ROWS_BACKEND);
	bool decides = pacemaker_flag(dc, "present", false);
	b->backend = "pacemaker";
	b->reason = "";
	b->version = version_of(v, dc);
	b->coordinator = decides && name != NULL ? part_text(v->part, pacemaker_our_name(v, name)) : "";
	b->quorate = !decides ? ABSENT_I32 : pacemaker_flag(dc, "with_quorum", false);
	v->quorate = b->quorate == 1;
	b->fencing = pacemaker_flag(options, "fencing-enabled",
	    pacemaker_flag(options, "stonith-enabled", true));
	b->maintenance = v->maintenance = pacemaker_flag(options, "maintenance-mode", false);
	b->sampled_us = v->look->now_us;
	b->stale_after = v->look->stale_after;
	v->stop_all = pacemaker_flag(options, "stop-all-resources", false);
	return true;
}

static bool
read_all(struct view *v, const xmlNode *root, GError **error)
{
	const xmlNode *resources = safe_xml_child(root, "resources");

	if (!is_status(root, error) || !has_succeeded(root, error))
		return false;
	v->cib = cib_read(v->look->cib, error);
	if (v->cib == NULL || !read_summary(v, safe_xml_child(root, "summary"), error))
		return false;
	read_failures(v, safe_xml_child(root, "failures"));
	read_fencings(v, safe_xml_child(root, "fence_history"));
	v->history = safe_xml_child(root, "node_history");
	note_bundled(v, resources, false);
	note_resources(v, safe_xml_child(root, "resources"));
	return pacemaker_nodes(v, safe_xml_child(root, "nodes"), error) &&
	    pacemaker_apps(v, resources, error);
}

static void
view_clear(struct view *v)
{
	cib_free(v->cib);
	g_hash_table_destroy(v->members);
	g_hash_table_destroy(v->bundled);
	g_hash_table_destroy(v->resources);
	g_hash_table_destroy(v->moving);
	g_hash_table_destroy(v->unseen);
	g_hash_table_destroy(v->failures);
	g_hash_table_destroy(v->fencings);
}

struct part *
pacemaker_part(const struct pacemaker_look *look, GError **error)
{
	xmlDoc *doc = safe_xml_parse_most(look->status, PACEMAKER_XML_MOST, error);
	SCOPED(part) part = part_new(PACEMAKER_SOURCE, NULL);

	if (doc == NULL)
		return NULL;
	struct view v = {
		.look = look, .part = part,
		.members = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.bundled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.resources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.moving = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.unseen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.failures = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, failure_free),
		.fencings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, fencing_free),
	};
	bool good = read_all(&v, xmlDocGetRootElement(doc), error);
	view_clear(&v);
	xmlFreeDoc(doc);
	return good ? part_ref(part) : NULL;
}

/* --- without an answer */

struct part *
pacemaker_waiting(const struct pacemaker_look *look)
{
	struct part *part = part_new(PACEMAKER_SOURCE, NULL);
	struct backend_info *b = part_add(part, ROWS_BACKEND);

	part->reachable = false;
	b->backend = "pacemaker";
	b->version = b->coordinator = b->reason = "";
	b->quorate = b->fencing = b->maintenance = ABSENT_I32;
	b->stale_after = look->stale_after;
	return part;
}

static void
copy_lost(struct part *part, const struct part *last, enum row_set set, const char *reason)
{
	for (guint i = 0; i < last->rows[set]->len; i++) {
		void *row = part_add_copy(part, set, last->rows[set]->pdata[i]);
		struct cluster_member *member = row;
		struct backend_info *backend = row;
		struct app *app = row;
		if (set == ROWS_MEMBER) {
			member->membership = MEMBER_UNKNOWN;
			member->reason = reason;
			member->apps = ABSENT_U32;
		} else if (set == ROWS_BACKEND) {
			backend->quorate = ABSENT_I32;
			backend->coordinator = "";
			backend->reason = reason;
		} else {
			app->state = APP_UNKNOWN;
			app->reason = reason;
		}
	}
}

struct part *
pacemaker_lost(const struct part *last, const char *why)
{
	struct part *part = part_new(PACEMAKER_SOURCE, NULL);
	const char *reason = part_text(part, why);

	part->reachable = false;
	copy_lost(part, last, ROWS_MEMBER, reason);
	copy_lost(part, last, ROWS_BACKEND, reason);
	copy_lost(part, last, ROWS_APP, reason);
	return part;
}

bool
pacemaker_is_settling(const struct part *part)
{
	const struct backend_info *b = part->rows[ROWS_BACKEND]->pdata[0];
	bool settling = b->quorate == ABSENT_I32;

	for (guint i = 0; i < part->rows[ROWS_MEMBER]->len; i++) {
		const struct cluster_member *m = part->rows[ROWS_MEMBER]->pdata[i];
		settling |= m->membership == MEMBER_UNCLEAN || m->membership == MEMBER_PENDING;
	}
	for (guint i = 0; i < part->rows[ROWS_APP]->len; i++) {
		const struct app *app = part->rows[ROWS_APP]->pdata[i];
		settling |= app->state == APP_STARTING || app->state == APP_STOPPING ||
		    app->state == APP_MIGRATING || app->state == APP_FAILED;
	}
	return settling;
}

bool
pacemaker_is_quorate(const struct part *part)
{
	const struct backend_info *b = part->rows[ROWS_BACKEND]->pdata[0];

	return b->quorate == 1;
}
