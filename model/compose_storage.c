/* Composing pools and volumes: each is one row, on however many nodes. */
#include "model/compose_storage.h"

#include "model/state.h"

void
compose_storage_part(struct block *block, uint32_t node, const struct compose_input *in)
{
	for (size_t i = 0; i < block->set[ROWS_POOL_NODE].n; i++) {
		struct pool_node *pool = block_row(block, ROWS_POOL_NODE, i);
		pool->h.index = state_index(in->state, OBJECT_POOL, pool->identity);
		pool->h.sub = node;
	}
	for (size_t i = 0; i < block->set[ROWS_VOLUME].n; i++) {
		struct volume *volume = block_row(block, ROWS_VOLUME, i);
		volume->h.index = state_index(in->state, OBJECT_VOLUME, volume->identity);
		volume->pool = state_index(in->state, OBJECT_POOL, volume->pool_identity);
		volume->node = node;
	}
	for (size_t i = 0; i < block->set[ROWS_EXPORT].n; i++) {
		struct export_info *export = block_row(block, ROWS_EXPORT, i);
		export->h.index = state_index(in->state, OBJECT_VOLUME, export->identity);
		export->h.sub = node;
	}
}

/* --- volumes: the newest look at each */

/* Seen by a node that is silent now, in a pool that another node still tells of. */
static bool
is_outdated(const struct cluster *next, const struct volume *volume)
{
	const struct block *block = next->blocks->pdata[volume->h.source];
	const struct pool *pool = rows_find(&next->rows[ROWS_POOL], volume->pool, 0);

	return !block->part->reachable && pool != NULL && pool->state != POOL_UNKNOWN;
}

static void
resolve_volumes(struct cluster *next)
{
	const struct rows *all = &next->all[ROWS_VOLUME];
	struct rows *shown = &next->rows[ROWS_VOLUME];

	shown->row = g_new(const void *, all->n);
	shown->n = 0;
	for (size_t i = 0; i < all->n; i++) {
		const struct volume *volume = all->row[i];
		const struct volume *last = shown->n == 0 ? NULL : shown->row[shown->n - 1];
		if (is_outdated(next, volume))
			continue;
		if (last == NULL || last->h.index != volume->h.index)
			shown->row[shown->n++] = volume;
		else if (volume->sampled_us > last->sampled_us)
			shown->row[shown->n - 1] = volume;
	}
}

/* --- pools */

/* Does node's view `a` tell more than `b`: the better state, then the newer look. */
static bool
tells_more(const struct pool_node *a, const struct pool_node *b)
{
	if (a->state != b->state)
		return a->state < b->state;
	return a->sampled_us > b->sampled_us;
}

static void
describe_pool(struct pool *pool, const struct pool_node *best)
{
	pool->h.index = best->h.index;
	pool->name = best->pool_name;
	pool->uuid = best->uuid;
	pool->type = best->type;
	pool->path = best->path;
	pool->source = best->source;
	pool->state = best->state;
	pool->capacity = best->capacity;
	pool->allocation = best->allocation;
	pool->available = best->available;
	pool->autostart = best->autostart;
	pool->refreshed_at = best->refreshed_at;
	pool->sampled_us = best->sampled_us;
	pool->stale_after = best->stale_after;
	if (best->state == POOL_INACTIVE)
		return; /* nobody can see what is in it */
	pool->volumes = 0;
	pool->provisioned = 0;
}

/*
 * What the history of pools tells is handed in as rows of pools that have an index and
 * that alone: those are all the rows of pools that parts have.
 */
static int32_t
days_left(const struct cluster *next, uint32_t index)
{
	const struct pool *trend = rows_find(&next->all[ROWS_POOL], index, 0);

	return trend == NULL ? -1 : trend->days_left;
}

/* One row per group of pool_node rows of the same index. */
static void
make_pools(struct cluster *next, struct block *own)
{
	const struct rows *views = &next->rows[ROWS_POOL_NODE];
	struct rows *pools = &next->rows[ROWS_POOL];
	const struct pool_node *best;

	own->set[ROWS_POOL].bytes = g_malloc_n(views->n, sizeof(struct pool));
	pools->row = g_new(const void *, views->n);
	pools->n = 0;
	for (size_t i = 0, end; i < views->n; i = end) {
		const struct pool_node *first = best = views->row[i];
		for (end = i; end < views->n; end++) {
			const struct pool_node *view = views->row[end];
			if (view->h.index != first->h.index)
				break;
			if (tells_more(view, best))
				best = view;
		}
		struct pool *pool = block_row(own, ROWS_POOL, pools->n);
		table_row_init(ROWS_POOL, pool);
		describe_pool(pool, best);
		pool->nodes = (uint32_t)(end - i);
		pool->days_left = days_left(next, pool->h.index);
		pools->row[pools->n++] = pool;
	}
	own->set[ROWS_POOL].n = pools->n;
}

static void
count_volumes(struct cluster *next)
{
	const struct rows *volumes = &next->rows[ROWS_VOLUME];

	for (size_t i = 0; i < volumes->n; i++) {
		const struct volume *volume = volumes->row[i];
		struct pool *pool =
		    (struct pool *)rows_find(&next->rows[ROWS_POOL], volume->pool, 0);
		if (pool == NULL || pool->volumes == ABSENT_U32)
			continue;
		pool->volumes++;
		if (volume->capacity != ABSENT_U64)
			pool->provisioned += volume->capacity;
	}
}

void
compose_storage(struct cluster *next, struct block *own, const struct compose_input *in)
{
	make_pools(next, own);
	resolve_volumes(next);
	count_volumes(next);
}
