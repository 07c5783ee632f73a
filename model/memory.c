/* Memory: what was seen last, from one run to the next. */
#include "model/memory.h"

#include "model/state.h"

#define SETTLE_US (5 * G_USEC_PER_SEC) /* until all nodes of the configuration have rows */

struct memory {
	GHashTable *objects; /* index -> struct remembered */
	GHashTable *waiting; /* of these, VMs that are not settled: a set of indexes */
	int64_t began_us;    /* when this run composed first, monotonic; 0: not yet */
};

bool
remembered_is_sound(const struct remembered *r)
{
	const struct enum_name *names = r->kind == OBJECT_NODE ? node_state_names
	    : r->kind == OBJECT_VM ? vm_state_names
	    : r->kind == OBJECT_APP ? app_state_names : NULL;

	return names != NULL &&
	    enum_from_name(names, enum_to_name(names, r->state)) == r->state;
}

struct memory *
memory_new(void)
{
	struct memory *memory = g_new0(struct memory, 1);

	memory->objects = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
	memory->waiting = g_hash_table_new(g_direct_hash, g_direct_equal);
	return memory;
}

void
memory_free(struct memory *memory)
{
	if (memory == NULL)
		return;
	g_hash_table_destroy(memory->objects);
	g_hash_table_destroy(memory->waiting);
	g_free(memory);
}

static struct remembered *
find(const struct memory *memory, uint32_t index)
{
	return memory == NULL ? NULL
	    : g_hash_table_lookup(memory->objects, GUINT_TO_POINTER(index));
}

const struct remembered *
memory_of(const struct memory *memory, uint32_t index)
{
	return find(memory, index);
}

static int
compare_indexes(gconstpointer a, gconstpointer b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

GArray *
memory_waiting(const struct memory *memory)
{
	GArray *indexes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	GHashTableIter iter;
	gpointer key;

	if (memory == NULL)
		return indexes;
	g_hash_table_iter_init(&iter, memory->waiting);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		uint32_t index = GPOINTER_TO_UINT(key);
		g_array_append_val(indexes, index);
	}
	g_array_sort(indexes, compare_indexes);
	return indexes;
}

static bool
waits(const struct memory *memory, uint32_t index)
{
	return g_hash_table_contains(memory->waiting, GUINT_TO_POINTER(index));
}

void
memory_put(struct memory *memory, uint32_t index, const struct remembered *r)
{
	gpointer key = GUINT_TO_POINTER(index);

	if (r->kind == OBJECT_VM && !r->settled)
		g_hash_table_add(memory->waiting, key);
	else
		g_hash_table_remove(memory->waiting, key);
	g_hash_table_replace(memory->objects, key, g_memdup2(r, sizeof(*r)));
}

/* --- VMs of an earlier run */

static bool
any_connecting(const struct cluster *cluster)
{
	const struct rows *nodes = &cluster->rows[ROWS_NODE];

	for (size_t i = 0; i < nodes->n; i++)
		if (((const struct node *)nodes->row[i])->state == NODE_CONNECTING)
			return true;
	return nodes->n == 0;
}

/* It answers, or has been fenced or left, or is no node any more. */
static bool
home_is_known(const struct memory *memory, const struct cluster *cluster, uint32_t index)
{
	const struct node *home = cluster_node(cluster, index);

	if (home != NULL)
		return node_is_up(home) || home->state == NODE_OFFLINE;
	return memory->began_us != 0 && cluster->composed_us - memory->began_us > SETTLE_US &&
	    !any_connecting(cluster);
}

bool
memory_vm_is_due(const struct memory *memory, const struct cluster *cluster, const struct vm *vm)
{
	const struct remembered *r = find(memory, vm->h.index);

	return r == NULL || r->settled || vm_is_active(vm) ||
	    (r->state == vm->state && r->node == vm->node) ||
	    home_is_known(memory, cluster, r->node);
}

/* --- following */

static bool
same(const struct remembered *a, const struct remembered *b)
{
	return a->kind == b->kind && a->state == b->state && a->node == b->node &&
	    a->last_node == b->last_node && a->troubled == b->troubled &&
	    a->fenced_at == b->fenced_at;
}

static void
keep(struct memory *memory, struct state *state, uint32_t index, const struct remembered *is)
{
	struct remembered *was = find(memory, index);

	if (was != NULL && was->settled && same(was, is))
		return;
	if (state != NULL && (was == NULL || !same(was, is)))
		state_remember(state, index, is);
	memory_put(memory, index, is);
}

static void
forget(struct memory *memory, struct state *state, uint32_t index)
{
	g_hash_table_remove(memory->waiting, GUINT_TO_POINTER(index));
	if (g_hash_table_remove(memory->objects, GUINT_TO_POINTER(index)) && state != NULL)
		state_remember(state, index, NULL);
}

static bool
knows_fencing(const struct node *node)
{
	return node->membership != ABSENT_I32 && node->membership != MEMBER_NONE &&
	    node->membership != MEMBER_UNKNOWN;
}

/* While it is connected to for the first time it is as it was. */
static void
follow_node(struct memory *memory, const struct cluster *after, const void *row,
    struct state *state)
{
	const struct node *node = row;
	const struct remembered *was = find(memory, node->h.index);
	struct remembered is = {
		.kind = OBJECT_NODE, .state = node->state, .settled = true,
		.fenced_at = knows_fencing(node) ? node->fenced_at
		    : was != NULL ? was->fenced_at : FENCED_UNKNOWN,
	};

	if (node->state == NODE_CONNECTING && was == NULL)
		return;
	if (node->state == NODE_CONNECTING)
		is.state = was->state;
	keep(memory, state, node->h.index, &is);
}

static void
follow_vm(struct memory *memory, const struct cluster *after, const void *row,
    struct state *state)
{
	const struct vm *vm = row;
	const struct remembered is = {
		.kind = OBJECT_VM, .state = vm->state, .node = vm->node, .settled = true,
		.last_node = vm->last_node,
	};

	if (memory_vm_is_due(memory, after, vm))
		keep(memory, state, vm->h.index, &is);
}

/* What the cluster manager does not tell is as it was. */
static void
follow_app(struct memory *memory, const struct cluster *after, const void *row,
    struct state *state)
{
	const struct app *app = row;
	const char *silent = cluster_info(after)->backend_reason;
	const struct remembered is = {
		.kind = OBJECT_APP, .state = app->state, .node = app->seat, .settled = true,
		.last_node = app->last_node, .troubled = app->troubled,
	};

	if (silent == NULL || *silent == '\0')
		keep(memory, state, app->h.index, &is);
}

/*
 * VMs of the earlier run: also those whose rows stand still; those that nobody knows any more,
 * though their node would, are forgotten after a while.
 */
static void
settle(struct memory *memory, const struct cluster *after, struct state *state)
{
	g_autoptr(GArray) waiting = memory_waiting(memory);
	bool late = after->composed_us - memory->began_us >= 12 * SETTLE_US;

	for (guint i = 0; i < waiting->len; i++) {
		uint32_t index = g_array_index(waiting, uint32_t, i);
		const struct vm *vm = cluster_vm(after, index);
		if (vm != NULL)
			follow_vm(memory, after, vm, state);
		else if (late && home_is_known(memory, after, find(memory, index)->node))
			forget(memory, state, index);
	}
}

static const struct {
	enum row_set set;
	void (*follow)(struct memory *, const struct cluster *, const void *, struct state *);
} followed[] = {
	{ ROWS_NODE, follow_node },
	{ ROWS_VM,   follow_vm   },
	{ ROWS_APP,  follow_app  },
};

/* What has no row any more is gone, but for VMs of the earlier run: these are not known yet. */
static void
follow_rows(struct memory *memory, size_t f, const struct rows *old, const struct rows *new,
    const struct cluster *after, struct state *state)
{
	size_t o = 0;

	for (size_t n = 0; n < new->n || o < old->n;) {
		const struct row_head *was = o < old->n ? old->row[o] : NULL;
		const struct row_head *is = n < new->n ? new->row[n] : NULL;
		if (is == NULL || (was != NULL && was->index < is->index)) {
			if (!waits(memory, was->index))
				forget(memory, state, was->index);
			o++;
			continue;
		}
		if (was != is) /* a shared row cannot have changed */
			followed[f].follow(memory, after, is, state);
		o += was != NULL && was->index == is->index;
		n++;
	}
}

void
memory_follow(struct memory *memory, const struct cluster *before, const struct cluster *after,
    struct state *state)
{
	static const struct rows none;

	if (memory->began_us == 0)
		memory->began_us = MAX(after->composed_us, 1);
	for (size_t f = 0; f < G_N_ELEMENTS(followed); f++)
		follow_rows(memory, f, before == NULL ? &none : &before->rows[followed[f].set],
		    &after->rows[followed[f].set], after, state);
	settle(memory, after, state);
}
