/*
 * Operations: a host serves a volume to others, or no longer.
 *
 * What virtcluster-export is asked for twice is done once: so both are gone through with after a
 * restart.
 */
#include <stdlib.h>

#include "common/log.h"
#include "model/value.h"
#include "vmops/export.h"

#define LOOK_US  (50 * 1000)
#define SHOWN_US (5 * G_USEC_PER_SEC) /* for the host's list to arrive */

static const struct volume *
volume_of(const struct op_run *run, const struct cluster *cluster)
{
	return rows_find(&cluster->rows[ROWS_VOLUME], run->request->object, 0);
}

/* The tables no longer have it.  Always false. */
static bool
refuse_unknown(const struct op_run *run, GError **error)
{
	return op_refuse(error, CAUSE_GONE, "volume %s is not known any longer", run->name);
}

/* --- the end of both: the tables show it */

static bool
is_shown(const struct op_run *run, bool served)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct node *node =
	    cluster == NULL ? NULL : cluster_node_by_name(cluster, run->node, NULL);
	const struct export_info *export = node == NULL ? NULL
	    : rows_find(&cluster->rows[ROWS_EXPORT], run->request->object, node->h.index);

	return node == NULL ||
	    (served ? export != NULL && export->state == EXPORT_SERVING : export == NULL);
}

static void
wait_until_shown(const struct op_run *run, bool served)
{
	int64_t until = g_get_monotonic_time() + SHOWN_US;

	while (!is_shown(run, served) && g_get_monotonic_time() < until) {
		run->alive(run->context);
		g_usleep(LOOK_US);
	}
}

/* --- begin */

/* What clients ask for.  Unlike the pool's and volume's, the node's name makes it one. */
static char *
name_of(const struct op_run *run, const struct volume *volume)
{
	return g_strdup_printf("%s/%s/%s", run->node, volume->pool_name, volume->name);
}

static JsonObject *
request_to_start(const struct op_run *run, const struct storage_side *side, GError **error)
{
	const struct volume *volume = volume_of(run, side->cluster);
	char *path = volume == NULL ? NULL : virStorageVolGetPath(side->volume);

	if (volume == NULL)
		refuse_unknown(run, error);
	else if (path == NULL)
		storage_fail(run, side, "see the path of", run->name, error);
	if (path == NULL)
		return NULL;
	bool told = volume->format != NULL && *volume->format != '\0';
	g_autofree char *name = name_of(run, volume);
	JsonObject *request = json_object_new();
	json_object_set_string_member(request, "volume", volume->identity);
	json_object_set_string_member(request, "name", name);
	json_object_set_string_member(request, "path", path);
	json_object_set_string_member(request, "format", told ? volume->format : "raw");
	json_object_set_boolean_member(request, "read_only",
	    (run->request->flags & REQUEST_READ_ONLY) != 0);
	free(path);
	return request;
}

static bool
start(const struct op_run *run, JsonObject *request, GError **error)
{
	g_autoptr(JsonObject) answer = export_call(run, run->node, "start", request, error);

	if (answer == NULL)
		return false;
	log_info("jobs", "job %u: node %s serves volume %s as %s", run->number, run->node,
	    run->name, json_object_get_string_member_with_default(answer, "uri", "?"));
	wait_until_shown(run, true);
	return true;
}

bool
op_volume_export(const struct op_run *run, GError **error)
{
	bool read_only = run->request->flags & REQUEST_READ_ONLY;
	STORAGE_SIDE side = { 0 };

	if (!storage_open_subject(run, true, &side, error) ||
	    (!read_only && !storage_check_unnamed(run, &side, "served", error)))
		return false;
	g_autoptr(JsonObject) request = request_to_start(run, &side, error);
	return request != NULL && run->own(run->context, error) &&
	    run->begin(run->context, error) && start(run, request, error);
}

/* After a restart, when the hosts' storage has yet to be looked at. */
static bool
open_again(const struct op_run *run, struct storage_side *side, GError **error)
{
	g_autoptr(GError) why = NULL;
	int64_t until = 0;

	while (!storage_open_subject(run, true, side, &why)) {
		storage_close(side);
		if (storage_open_again(run, &until, &why))
			continue;
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	return true;
}

/* Once begun it is gone through with: the host may be at it still. */
bool
op_volume_export_recover(const struct op_run *run, GError **error)
{
	STORAGE_SIDE side = { 0 };

	if (!run->owned)
		return op_refuse(error, CAUSE_RESTART,
		    "the agent was restarted meanwhile; volume %s is not served", run->name);
	if (!open_again(run, &side, error))
		return false;
	g_autoptr(JsonObject) request = request_to_start(run, &side, error);
	return request != NULL && start(run, request, error);
}

/* --- end */

/* Does the host serve it? */
static bool
ask_host(const struct op_run *run, const char *identity, bool *served, GError **error)
{
	g_autoptr(JsonObject) answer = export_call(run, run->node, "list", NULL, error);
	JsonArray *exports = answer == NULL ? NULL : export_list(run->node, answer, error);

	*served = false;
	for (guint i = 0; exports != NULL && i < json_array_get_length(exports); i++)
		if (export_has(json_array_get_element(exports, i), "volume", identity))
			*served = true;
	return exports != NULL;
}

static bool
stop(const struct op_run *run, const char *identity, GError **error)
{
	g_autoptr(JsonObject) request = json_object_new();

	json_object_set_string_member(request, "volume", identity);
	json_object_set_boolean_member(request, "force",
	    (run->request->flags & REQUEST_DISCONNECT) != 0);
	g_autoptr(JsonObject) answer = export_call(run, run->node, "stop", request, error);
	if (answer == NULL)
		return false;
	log_info("jobs", "job %u: node %s serves volume %s no longer", run->number, run->node,
	    run->name);
	return true;
}

/* `volume`: NULL where the tables have none.  `again`: it was begun before a restart. */
static bool
end(const struct op_run *run, const struct volume *volume, bool again, GError **error)
{
	bool served;

	if (volume == NULL)
		return refuse_unknown(run, error);
	if (!ask_host(run, volume->identity, &served, error))
		return false;
	if (served && !((again || run->begin(run->context, error)) &&
	    stop(run, volume->identity, error)))
		return false; /* else somebody has ended it before us */
	wait_until_shown(run, false);
	return true;
}

bool
op_volume_unexport(const struct op_run *run, GError **error)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct volume *volume = cluster == NULL ? NULL : volume_of(run, cluster);

	if (cluster == NULL)
		return op_refuse(error, CAUSE_RESTART, "%s: the agent is stopping", run->name);
	return end(run, volume, false, error);
}

bool
op_volume_unexport_recover(const struct op_run *run, GError **error)
{
	STORAGE_SIDE side = { 0 };

	return open_again(run, &side, error) && end(run, volume_of(run, side.cluster), true, error);
}
