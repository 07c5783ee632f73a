/* Operations: pools are refreshed, started, stopped; on every node that has them. */
#include "vmops/storage.h"

struct pool_action {
	const char *what; /* "cannot WHAT images on h1" */
	bool running;     /* on nodes where it is running; else where it is inactive */
	int (*call)(virStoragePoolPtr);
};

static int
refresh(virStoragePoolPtr pool)
{
	return virStoragePoolRefresh(pool, 0);
}

static int
start(virStoragePoolPtr pool)
{
	return virStoragePoolCreate(pool, 0);
}

static const struct pool_action refreshing = { "refresh pool", true, refresh };
static const struct pool_action starting = { "start pool", false, start };
static const struct pool_action stopping = { "stop pool", true, virStoragePoolDestroy };

static bool
act_on(const struct op_run *run, const struct pool_action *action,
    const struct pool_node *seat, GError **error)
{
	STORAGE_SIDE side;
	bool done = storage_open(run, seat->h.index, seat->h.sub, false, &side, error);

	if (!done)
		return false;
	run->alive(run->context);
	if (action->call(side.pool) == 0)
		return true;
	g_autofree char *what = g_strdup_printf("%s %s", action->what, run->name);
	return op_fail_on(run, side.connection, seat->node_name, what, error);
}

/* Nodes that do not answer are left out; the first one that refuses ends it. */
static bool
act(const struct op_run *run, const struct pool_action *action, GError **error)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct rows *rows = cluster == NULL ? NULL : &cluster->rows[ROWS_POOL_NODE];
	int64_t now = g_get_monotonic_time();
	const struct pool_node *seat;

	if (!run->begin(run->context, error))
		return false;
	for (size_t at = 0; rows != NULL &&
	     (seat = rows_of(rows, run->request->object, &at)) != NULL;) {
		const struct node *node = cluster_node(cluster, seat->h.sub);
		int32_t wanted = action->running ? POOL_RUNNING : POOL_INACTIVE;
		if (seat->state == wanted && node != NULL && !node_is_stale(node, now) &&
		    !act_on(run, action, seat, error))
			return false;
	}
	return true;
}

/* So that the tables show it when the job is called done. */
static bool
act_and_show(const struct op_run *run, const struct pool_action *action, GError **error)
{
	bool done = act(run, action, error);

	storage_settle(run, run->request->object);
	return done;
}

bool
op_pool_refresh(const struct op_run *run, GError **error)
{
	return act_and_show(run, &refreshing, error);
}

bool
op_pool_start(const struct op_run *run, GError **error)
{
	return act_and_show(run, &starting, error);
}

bool
op_pool_stop(const struct op_run *run, GError **error)
{
	return act_and_show(run, &stopping, error);
}
