/* Composing VMs: one row where several nodes tell of the same one. */
#include "model/compose_vms.h"

#include "model/compose_stopped.h"

/* What a sample says may be so much older than the sample. */
#define SAMPLE_US (2 * G_USEC_PER_SEC)

/* Nobody is asked whether he has a VM that migrated away less than so long ago. */
#define ARRIVES_US (5 * G_USEC_PER_SEC)

static bool
row_reachable(const struct cluster *cluster, const struct row_head *row)
{
	const struct block *block = block_at(cluster, row->source);

	return block != NULL && block->part != NULL && block->part->reachable;
}

/*
 * A running VM is where it runs; one that is off is where it was last.  Of the halves of a
 * live migration the target's counts from the moment in which it runs.
 */
static int
vm_rank(const struct vm *vm)
{
	if (vm->halted_us != 0)
		return vm->migration == VM_COMES ? 1 : 2;
	if (vm->state == VM_RUNNING || vm->state == VM_SHUTTING_DOWN)
		return 3;
	if (vm_is_active(vm))
		return 2;
	return vm->state == VM_UNKNOWN ? 1 : 0;
}

/* Does row `a` tell the truth rather than `b`? */
static bool
beats(const struct vm *a, bool a_reachable, const struct vm *b, bool b_reachable)
{
	/* what may still run on a silent node counts as running: never start it twice */
	if (vm_rank(a) != vm_rank(b))
		return vm_rank(a) > vm_rank(b);
	if (a_reachable != b_reachable)
		return a_reachable;
	return a->since_at > b->since_at;
}

static const struct vm *
previous_choice(const struct cluster *previous, const struct vm *a, const struct vm *b)
{
	const struct vm *shown = previous == NULL ? NULL : cluster_vm(previous, a->h.index);

	if (shown != NULL && shown->node == b->node)
		return b;
	return a;
}

static const struct vm *
choose_vm(const struct cluster *next, const struct cluster *previous, const struct vm *a,
    const struct vm *b)
{
	bool a_reachable = row_reachable(next, &a->h);
	bool b_reachable = row_reachable(next, &b->h);

	if (beats(a, a_reachable, b, b_reachable))
		return a;
	if (beats(b, b_reachable, a, a_reachable))
		return b;
	return previous_choice(previous, a, b);
}

static bool
runs_here_for_sure(const struct cluster *next, const struct vm *vm)
{
	return vm->state == VM_RUNNING && vm->halted_us == 0 && row_reachable(next, &vm->h);
}

/* What a node said before the VM began to run on the other may be over by now. */
static bool
run_at_once(const struct vm *a, const struct vm *b)
{
	return a->sampled_us >= b->state_us + SAMPLE_US &&
	    b->sampled_us >= a->state_us + SAMPLE_US;
}

/* Split brain is shown, never hidden by picking one. */
static const struct vm *
mark_duplicate(struct cluster *next, struct block *own, const struct vm *winner,
    const struct vm *other)
{
	struct vm *copy = block_row(own, ROWS_VM, own->set[ROWS_VM].n++);

	*copy = *winner;
	copy->duplicate = other->node;
	return copy;
}

/* While the target tells of a VM that is coming, whoever has it otherwise is losing it. */
static void
note_leaving(struct cluster *next, const struct rows *all, size_t first, size_t end)
{
	bool comes = false;

	for (size_t i = first; i < end; i++) {
		const struct vm *vm = all->row[i];
		comes |= vm->migration == VM_COMES && row_reachable(next, &vm->h);
	}
	for (size_t i = first; comes && i < end; i++) {
		const struct vm *vm = all->row[i];
		if (vm->migration == VM_STAYS && vm_is_active(vm))
			g_array_append_val(next->leaving, vm->node);
	}
}

static const struct vm *
resolve_group(struct cluster *next, const struct cluster *previous, struct block *own,
    const struct rows *all, size_t first, size_t end)
{
	const struct vm *winner = all->row[first], *second = NULL;

	for (size_t i = first + 1; i < end; i++)
		winner = choose_vm(next, previous, winner, all->row[i]);
	if (!runs_here_for_sure(next, winner))
		return winner;
	for (size_t i = first; i < end; i++)
		if (all->row[i] != winner && runs_here_for_sure(next, all->row[i]) &&
		    run_at_once(winner, all->row[i]))
			second = all->row[i];
	return second == NULL ? winner : mark_duplicate(next, own, winner, second);
}

/* Is it none of the cluster's at present, whatever the reason. */
static bool
is_outside(const struct cluster_member *member)
{
	return member != NULL && (member->membership == MEMBER_UNCLEAN ||
	    member->membership == MEMBER_OFFLINE || member->membership == MEMBER_PENDING);
}

/*
 * Its node has left the cluster and is silent: nobody knows whether it runs, until somebody
 * tells of it again.  Where libvirt answers, it knows, whatever the cluster manager says.
 */
static bool
is_lost(const struct cluster *next, const struct cluster *previous, const struct vm *vm)
{
	if (!vm_is_active(vm) || row_reachable(next, &vm->h))
		return false;
	const struct vm *was = previous == NULL ? NULL : cluster_vm(previous, vm->h.index);
	return (was != NULL && was->state == VM_UNKNOWN && was->node == vm->node) ||
	    is_outside(rows_find(&next->rows[ROWS_MEMBER], vm->node, 0));
}

static const struct vm *
mark_lost(struct block *own, const struct compose_input *in, const struct vm *vm)
{
	const struct vm *was =
	    in->previous == NULL ? NULL : cluster_vm(in->previous, vm->h.index);
	struct vm *copy = block_row(own, ROWS_VM, own->set[ROWS_VM].n++);

	*copy = *vm;
	copy->state = VM_UNKNOWN;
	copy->reason = "its node was lost: nobody knows whether it still runs there";
	copy->since_at = was != NULL && was->state == VM_UNKNOWN ? was->since_at : in->wall;
	return copy;
}

/* Normally all nodes are there, and no VM is looked at for it. */
static size_t
count_lost(const struct cluster *next, const struct cluster *previous, const struct rows *vms)
{
	const struct rows *members = &next->rows[ROWS_MEMBER];
	bool any = previous != NULL && cluster_info(previous)->vms_unknown > 0;
	size_t lost = 0;

	for (size_t i = 0; i < members->n; i++)
		any |= is_outside(members->row[i]);
	for (size_t i = 0; any && i < vms->n; i++)
		lost += is_lost(next, previous, vms->row[i]);
	return lost;
}

static size_t
count_shared_keys(const struct rows *rows)
{
	size_t shared = 0;

	for (size_t i = 1; i < rows->n; i++) {
		const struct row_head *a = rows->row[i - 1], *b = rows->row[i];
		shared += a->index == b->index && a->sub == b->sub;
	}
	return shared;
}

static size_t
group_end(const struct rows *all, size_t first)
{
	const struct row_head *row = all->row[first];
	size_t end = first + 1;

	while (end < all->n && ((const struct row_head *)all->row[end])->index == row->index)
		end++;
	return end;
}

/*
 * A VM that has left its node by migration is on its way until each other node has been
 * looked at since: then nobody has it, or whoever has it tells of it himself.
 */
static bool
has_arrived(const struct cluster *next, const struct vm *vm)
{
	const struct rows *nodes = &next->all[ROWS_NODE];

	if (vm->left_us == 0 || next->composed_us - vm->left_us < ARRIVES_US)
		return false;
	for (size_t i = 0; i < nodes->n; i++) {
		const struct node *node = nodes->row[i];
		if (node->h.index != vm->node && node->sampled_us < vm->left_us + SAMPLE_US)
			return false;
	}
	return true;
}

/*
 * Or has it been seen elsewhere since: another node tells that it left there later, or that
 * it is there and not just coming.
 */
static bool
is_superseded(const struct rows *all, size_t place)
{
	const struct vm *left = all->row[place];
	size_t first = place, end = place + 1;

	while (first > 0 && ((const struct vm *)all->row[first - 1])->h.index == left->h.index)
		first--;
	while (end < all->n && ((const struct vm *)all->row[end])->h.index == left->h.index)
		end++;
	for (size_t i = first; i < end; i++) {
		const struct vm *other = all->row[i];
		if (vm_has_left(other) ? other->left_us > left->left_us
				       : vm_is_active(other) && other->migration != VM_COMES)
			return true;
	}
	return false;
}

/* The VMs without those; free its rows if they are not those of `all`. */
static struct rows
without_arrived(const struct cluster *next)
{
	const struct rows *all = &next->all[ROWS_VM];
	struct rows rest = *all;

	for (size_t i = 0; i < all->n; i++) {
		bool arrived = vm_has_left(all->row[i]) &&
		    (has_arrived(next, all->row[i]) || is_superseded(all, i));
		if (arrived && rest.row == all->row) {
			rest.row = g_memdup2(all->row, all->n * sizeof(all->row[0]));
			rest.n = i;
		}
		if (!arrived && rest.row != all->row)
			rest.row[rest.n++] = all->row[i];
	}
	return rest;
}

/* Of the rows of one VM. */
static const struct vm *
resolve(struct cluster *next, const struct compose_input *in, struct block *own,
    const struct rows *all, size_t first, size_t end)
{
	const struct vm *vm = all->row[first];

	if (end - first > 1) {
		note_leaving(next, all, first, end);
		vm = resolve_group(next, in->previous, own, all, first, end);
	}
	return is_lost(next, in->previous, vm) ? mark_lost(own, in, vm) : vm;
}

/* Adds those with lower indexes than `until`; *at of them are there already. */
static void
add_stopped(struct cluster *next, const struct compose_input *in, struct block *own,
    const GArray *stopped, guint *at, uint32_t until)
{
	struct rows *shown = &next->rows[ROWS_VM];

	for (; *at < stopped->len; (*at)++) {
		const struct stopped_vm *vm = &g_array_index(stopped, struct stopped_vm, *at);
		if (vm->index >= until)
			return;
		struct vm *row = block_row(own, ROWS_VM, own->set[ROWS_VM].n++);
		stopped_vm_row(next, in, vm, row);
		shown->row[shown->n++] = row;
	}
}

void
compose_resolve_vms(struct cluster *next, const struct compose_input *in, struct block *own)
{
	struct rows *shown = &next->rows[ROWS_VM];
	struct rows rest = without_arrived(next);
	g_autoptr(GArray) stopped = stopped_vms(next, in, &rest);
	size_t own_rows = count_shared_keys(&rest) + count_lost(next, in->previous, &rest) +
	    stopped->len;
	guint at = 0;

	*shown = rest;
	if (own_rows == 0)
		return;
	own->set[ROWS_VM].bytes = g_malloc_n(own_rows, rows_size(ROWS_VM));
	shown->row = g_new(const void *, rest.n + stopped->len);
	shown->n = 0;
	for (size_t i = 0, end; i < rest.n; i = end) {
		end = group_end(&rest, i);
		add_stopped(next, in, own, stopped, &at, ((const struct vm *)rest.row[i])->h.index);
		shown->row[shown->n++] = resolve(next, in, own, &rest, i, end);
	}
	add_stopped(next, in, own, stopped, &at, UINT32_MAX);
	if (rest.row != next->all[ROWS_VM].row)
		g_free(rest.row);
}

void
compose_resolve_children(struct cluster *next, enum row_set set)
{
	const struct rows *all = &next->all[set];
	struct rows *shown = &next->rows[set];
	const struct vm *vm = NULL;

	*shown = *all;
	if (next->rows[ROWS_VM].row == next->all[ROWS_VM].row)
		return;
	shown->row = g_new(const void *, all->n);
	shown->n = 0;
	for (size_t i = 0; i < all->n; i++) {
		const struct row_head *row = all->row[i];
		if (vm == NULL || vm->h.index != row->index)
			vm = cluster_vm(next, row->index);
		if (vm != NULL && vm->h.source == row->source)
			shown->row[shown->n++] = row;
	}
}
