/* Pools and volumes as libvirt has them. */
#include "vmops/storage.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"

#define LOOK_US   (50 * 1000)
#define AGAIN_US  (500 * 1000)
#define RESTORED_US (60 * G_USEC_PER_SEC) /* for the hosts to be looked at after a start */
#define SHOWN_US  (3 * G_USEC_PER_SEC)  /* for the collector to look again */
#define BUSY_US   G_USEC_PER_SEC        /* between tries while libvirt still writes */

void
storage_close(struct storage_side *side)
{
	if (side->volume != NULL)
		virStorageVolFree(side->volume);
	if (side->pool != NULL)
		virStoragePoolFree(side->pool);
	if (side->connection != NULL)
		virConnectClose(side->connection);
	cluster_unref(side->cluster);
	*side = (struct storage_side){ 0 };
}

bool
storage_open(const struct op_run *run, uint32_t pool, uint32_t node, bool own,
    struct storage_side *side, GError **error)
{
	*side = (struct storage_side){ .pool_index = pool };
	side->cluster = run->look(run->context);
	if (side->cluster == NULL) {
		g_set_error(error, OP_ERROR, CAUSE_RESTART, "%s: the agent is stopping",
		    run->name);
		return false;
	}
	side->at = rows_find(&side->cluster->rows[ROWS_POOL_NODE], pool, node);
	if (side->at == NULL) {
		g_set_error(error, OP_ERROR, CAUSE_GONE,
		    "%s: its pool is not known on its node any longer", run->name);
		return false;
	}
	const char *name = side->at->node_name;
	side->connection = own ? backend_open(run->backend, name, run->name, error)
			       : backend_connect(run->backend, name, run->name, error);
	if (side->connection == NULL)
		return false;
	side->pool = virStoragePoolLookupByUUIDString(side->connection, side->at->uuid);
	return side->pool != NULL ||
	    storage_fail(run, side, "find the pool of", run->name, error);
}

bool
storage_open_again(const struct op_run *run, int64_t *until, GError **error)
{
	int64_t now = g_get_monotonic_time();

	if (*until == 0)
		*until = now + RESTORED_US;
	if (now >= *until || (*error)->code == CAUSE_RESTART ||
	    !run->pause(run->context, AGAIN_US, NULL))
		return false;
	run->alive(run->context);
	g_clear_error(error);
	return true;
}

bool
storage_open_volume(const struct op_run *run, struct storage_side *side, const char *name,
    GError **error)
{
	side->volume = storage_find_volume(side->pool, name);
	return side->volume != NULL || storage_fail(run, side, "find", name, error);
}

bool
storage_open_subject(const struct op_run *run, bool own, struct storage_side *side,
    GError **error)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct volume *volume = cluster == NULL ? NULL
	    : rows_find(&cluster->rows[ROWS_VOLUME], run->request->object, 0);
	const struct node *node =
	    cluster == NULL ? NULL : cluster_node_by_name(cluster, run->node, NULL);

	*side = (struct storage_side){ 0 };
	if (volume == NULL || node == NULL) {
		g_set_error(error, OP_ERROR, cluster == NULL ? CAUSE_RESTART : CAUSE_GONE,
		    cluster == NULL ? "%s: the agent is stopping"
				    : "volume %s is not known any longer", run->name);
		return false;
	}
	return storage_open(run, volume->pool, node->h.index, own, side, error) &&
	    storage_open_volume(run, side, volume->name, error);
}

bool
storage_open_pool(const struct op_run *run, struct storage_side *side, GError **error)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct node *node =
	    cluster == NULL ? NULL : cluster_node_by_name(cluster, run->node, NULL);

	if (node != NULL)
		return storage_open(run, run->request->object, node->h.index, true, side, error);
	g_set_error(error, OP_ERROR, cluster == NULL ? CAUSE_RESTART : CAUSE_GONE,
	    "node %s is not known any longer", run->node);
	return false;
}

bool
storage_fail(const struct op_run *run, const struct storage_side *side, const char *what,
    const char *name, GError **error)
{
	g_autofree char *said = g_strdup_printf("%s %s (pool %s)", what, name,
	    side->at->pool_name);

	return op_fail_on(run, side->connection, side->at->node_name, said, error);
}

bool
storage_measure(const struct op_run *run, const struct storage_side *side, uint64_t *capacity,
    uint64_t *allocation, uint64_t *physical, GError **error)
{
	virStorageVolInfo used, length;
	const char *name = virStorageVolGetName(side->volume); /* not after what fails */

	if (virStorageVolGetInfo(side->volume, &used) != 0 ||
	    virStorageVolGetInfoFlags(side->volume, &length, VIR_STORAGE_VOL_GET_PHYSICAL) != 0)
		return storage_fail(run, side, "see the size of", name, error);
	*capacity = used.capacity;
	*allocation = used.allocation;
	*physical = length.allocation; /* so it is, with that flag */
	return true;
}

bool
storage_check_free(const struct op_run *run, struct storage_side *side, const char *name,
    GError **error)
{
	virStoragePoolRefresh(side->pool, 0);
	g_autoptr(virStorageVol) there = virStorageVolLookupByName(side->pool, name);

	if (there == NULL && virGetLastErrorCode() == VIR_ERR_NO_STORAGE_VOL)
		return true;
	if (there == NULL)
		return storage_fail(run, side, "look for volume", name, error);
	g_set_error(error, OP_ERROR, CAUSE_IMPOSSIBLE, "pool %s has a volume %s already",
	    side->at->pool_name, name);
	return false;
}

/* --- small contents */

char *
storage_upload(virStorageVolPtr volume, const GByteArray *bytes)
{
	virStreamPtr stream = virStreamNew(virStorageVolGetConnect(volume), 0);
	bool good = stream != NULL &&
	    virStorageVolUpload(volume, stream, 0, bytes->len, 0) == 0;

	for (guint done = 0; good && done < bytes->len;) {
		int n = virStreamSend(stream, (const char *)bytes->data + done,
		    MIN(bytes->len - done, 65536));
		good = n > 0;
		done += good ? (guint)n : 0;
	}
	bool sent = good;
	good = sent && virStreamFinish(stream) == 0;
	char *words = good ? NULL : g_strdup(virGetLastErrorMessage());
	if (!sent && stream != NULL)
		virStreamAbort(stream);
	if (stream != NULL)
		virStreamFree(stream);
	return words;
}

/* --- taking back */

/* libvirt goes on writing when nobody waits for it any longer; then it is in nobody's way. */
static bool
delete_when_idle(const struct op_run *run, virStorageVolPtr volume)
{
	while (virStorageVolDelete(volume, 0) != 0) {
		if (virGetLastErrorCode() != VIR_ERR_OPERATION_INVALID)
			return false;
		SCOPED(cluster) cluster = run->look(run->context);
		virStorageVolInfo info;
		if (cluster == NULL || virStorageVolGetInfo(volume, &info) != 0)
			return false;
		run->alive(run->context);
		g_usleep(BUSY_US);
	}
	return true;
}

char *
storage_undo(const struct op_run *run, struct storage_side *side, const char *name)
{
	virStoragePoolRefresh(side->pool, 0); /* a volume of a failed build may be unknown */
	g_autoptr(virStorageVol) volume = virStorageVolLookupByName(side->pool, name);

	if (volume == NULL && virGetLastErrorCode() == VIR_ERR_NO_STORAGE_VOL)
		return NULL;
	g_autofree char *why = volume == NULL ? g_strdup(virGetLastErrorMessage())
	    : storage_why_kept(side->connection, volume);
	if (why == NULL && delete_when_idle(run, volume)) {
		log_info("jobs", "job %u: volume %s/%s removed again on node %s", run->number,
		    side->at->pool_name, name, side->at->node_name);
		return NULL;
	}
	if (why == NULL)
		why = g_strdup(virGetLastErrorMessage());
	log_warn("jobs", "job %u: cannot remove volume %s/%s on node %s: %s", run->number,
	    side->at->pool_name, name, side->at->node_name, why);
	return g_strdup_printf("left on %s, to be removed: %s/%s (%s)", side->at->node_name,
	    side->at->pool_name, name, why);
}

void
storage_add_left(GError **error, char *left)
{
	if (left != NULL && error != NULL && *error != NULL) {
		char *longer = g_strdup_printf("%s; %s", (*error)->message, left);
		g_free((*error)->message);
		(*error)->message = longer;
	}
	g_free(left);
}

/* --- showing */

void
storage_report(const struct op_run *run, const char *step, uint64_t done, uint64_t total)
{
	struct op_progress progress;

	op_progress_init(&progress);
	progress.processed = done;
	progress.remaining = total > done ? total - done : 0;
	progress.percent = total == 0 ? 0 : (uint32_t)MIN(done * 100 / total, 99);
	g_strlcpy(progress.step, step, sizeof(progress.step));
	run->report(run->context, &progress);
}

static void
refresh_on(const struct op_run *run, const struct pool_node *seat)
{
	g_autoptr(virConnect) connection =
	    backend_connect(run->backend, seat->node_name, run->name, NULL);
	g_autoptr(virStoragePool) pool = connection == NULL ? NULL
	    : virStoragePoolLookupByUUIDString(connection, seat->uuid);

	run->alive(run->context);
	if (pool == NULL || virStoragePoolRefresh(pool, 0) != 0)
		log_debug("jobs", "job %u: pool %s on node %s was not refreshed", run->number,
		    seat->pool_name, seat->node_name);
}

/* Has each node that can told of the pool since then? */
static bool
is_shown(const struct cluster *cluster, uint32_t pool, int64_t since)
{
	const struct rows *rows = &cluster->rows[ROWS_POOL_NODE];
	int64_t now = g_get_monotonic_time();
	const struct pool_node *seat;

	for (size_t at = 0; (seat = rows_of(rows, pool, &at)) != NULL;) {
		const struct node *node = cluster_node(cluster, seat->h.sub);
		if (node != NULL && !node_is_stale(node, now) && seat->sampled_us < since)
			return false;
	}
	return true;
}

void
storage_settle(const struct op_run *run, uint32_t pool)
{
	SCOPED(cluster) before = run->look(run->context);
	int64_t now = g_get_monotonic_time();
	const struct pool_node *seat;

	for (size_t at = 0; before != NULL &&
	     (seat = rows_of(&before->rows[ROWS_POOL_NODE], pool, &at)) != NULL;) {
		const struct node *node = cluster_node(before, seat->h.sub);
		if (seat->state == POOL_RUNNING && node != NULL && !node_is_stale(node, now))
			refresh_on(run, seat);
	}
	int64_t since = g_get_monotonic_time();
	for (bool shown = false; !shown && g_get_monotonic_time() < since + SHOWN_US;) {
		SCOPED(cluster) cluster = run->look(run->context);
		shown = cluster == NULL || is_shown(cluster, pool, since);
		if (!shown)
			g_usleep(LOOK_US);
	}
}
