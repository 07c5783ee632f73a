/* Composing nodes: what is said of them over what they tell. */
#include "model/compose_nodes.h"

/* --- what the cluster manager says */

static const int32_t states[] = {
	[MEMBER_ONLINE] = NODE_ONLINE,
	[MEMBER_STANDBY] = NODE_STANDBY,
	[MEMBER_MAINTENANCE] = NODE_MAINTENANCE,
	[MEMBER_PENDING] = NODE_OFFLINE,
	[MEMBER_OFFLINE] = NODE_OFFLINE,
	[MEMBER_UNCLEAN] = NODE_UNCLEAN,
	[MEMBER_UNKNOWN] = NODE_UNREACHABLE,
};

/*
 * Does its word count more than the host's own state?  What is no member takes no VMs, even
 * if libvirt answers there; that a member is well says nothing of its libvirt.
 */
static bool
overrules(const struct cluster_member *member, const struct node *host)
{
	switch (member->membership) {
	case MEMBER_UNCLEAN:
	case MEMBER_OFFLINE:
	case MEMBER_PENDING:
		return true;
	case MEMBER_STANDBY:
	case MEMBER_MAINTENANCE:
		return host->state == NODE_ONLINE;
	default:
		return false;
	}
}

static void
set_state(struct node *node, int32_t state, const char *reason,
    const struct compose_input *in)
{
	const struct node *was =
	    in->previous == NULL ? NULL : cluster_node(in->previous, node->h.index);

	node->state = state;
	node->reason = reason;
	node->since_at = was != NULL && was->state == state ? was->since_at : in->wall;
}

static void
put_member(const struct cluster *next, struct node *node, const struct cluster_member *member)
{
	const struct app *app =
	    member->app == 0 ? NULL : rows_find(&next->rows[ROWS_APP], member->app, 0);

	node->membership = member->membership;
	node->membership_reason = member->reason;
	node->coordinator = member->membership == MEMBER_UNKNOWN ? ABSENT_I32
								 : member->coordinator;
	node->fenced_at = member->fenced_at;
	node->apps = member->apps;
	node->kind = member->kind;
	node->vm = app == NULL ? 0 : app->vm;
}

static void
describe_host(const struct cluster *next, struct node *node, const struct compose_input *in)
{
	const struct cluster_member *member = rows_find(&next->rows[ROWS_MEMBER], node->h.index, 0);
	const struct node_mark *mark = rows_find(&next->rows[ROWS_MARK], node->h.index, 0);

	if (member != NULL)
		put_member(next, node, member);
	else if (next->rows[ROWS_BACKEND].n > 0)
		node->membership = MEMBER_NONE;
	if (member != NULL && overrules(member, node)) {
		node->told_state = node->state;
		set_state(node, states[member->membership], member->reason, in);
	}
	if (mark == NULL || (node->state != NODE_ONLINE && node->state != NODE_STANDBY))
		return; /* what is in maintenance is on standby as well */
	node->state = NODE_MAINTENANCE;
	node->reason = mark->reason;
	node->since_at = mark->since_at;
}

/* A node that no host of ours is: virtual, remote, or just not in our configuration. */
static void
describe_foreign(const struct cluster *next, struct node *node, const struct cluster_member *member,
    const struct compose_input *in)
{
	table_row_init(ROWS_NODE, node);
	node->h = member->h;
	node->foreign = 1;
	node->name = member->name;
	node->uuid = node->uri = "";
	node->migrations_in = node->migrations_out = ABSENT_U32;
	node->interval = member->interval;
	node->sampled_us = member->sampled_us;
	node->seen_at = member->seen_at;
	put_member(next, node, member);
	set_state(node, states[member->membership], member->reason, in);
}

/* --- all of them */

static size_t
count_foreign(const struct rows *hosts, const struct rows *members)
{
	size_t n = 0;

	for (size_t i = 0; i < members->n; i++)
		n += rows_find(hosts, ((const struct row_head *)members->row[i])->index, 0) == NULL;
	return n;
}

static struct node *
add_node(struct block *own, struct rows *shown)
{
	struct node *node = block_row(own, ROWS_NODE, own->set[ROWS_NODE].n++);

	shown->row[shown->n++] = node;
	return node;
}

/* Both are sorted, and so is what comes out. */
static void
merge_nodes(struct cluster *next, struct block *own, const struct compose_input *in)
{
	const struct rows *hosts = &next->all[ROWS_NODE], *members = &next->rows[ROWS_MEMBER];
	struct rows *shown = &next->rows[ROWS_NODE];
	size_t h = 0;

	for (size_t m = 0; h < hosts->n || m < members->n;) {
		const struct node *host = h < hosts->n ? hosts->row[h] : NULL;
		const struct cluster_member *member = m < members->n ? members->row[m] : NULL;
		if (host == NULL || (member != NULL && member->h.index < host->h.index)) {
			describe_foreign(next, add_node(own, shown), member, in);
			m++;
			continue;
		}
		m += member != NULL && member->h.index == host->h.index;
		struct node *copy = add_node(own, shown);
		*copy = *host;
		describe_host(next, copy, in);
		h++;
	}
}

void
compose_nodes(struct cluster *next, struct block *own, const struct compose_input *in)
{
	const struct rows *hosts = &next->all[ROWS_NODE], *members = &next->rows[ROWS_MEMBER];
	struct rows *shown = &next->rows[ROWS_NODE];

	if (members->n == 0 && next->rows[ROWS_MARK].n == 0 && next->rows[ROWS_BACKEND].n == 0)
		return;
	size_t most = hosts->n + count_foreign(hosts, members);
	own->set[ROWS_NODE].bytes = g_malloc_n(most, rows_size(ROWS_NODE));
	*shown = (struct rows){ .row = g_new(const void *, most) };
	merge_nodes(next, own, in);
}
