/* Members of the cluster manager's cluster: standby, and draining. */
#include "vmops/member.h"

#include "model/value.h"
#include "vmops/app.h"
#include "vmops/crm.h"

#define STUCK_US (10 * 60 * G_USEC_PER_SEC) /* longer than a stop or a migration takes */
#define SHOWN_US (30 * G_USEC_PER_SEC)
#define LOOK_US  (250 * 1000)
#define POKE_US  G_USEC_PER_SEC

bool
member_is(const struct cluster *cluster, const struct node *node)
{
	return cluster->rows[ROWS_BACKEND].n > 0 &&
	    rows_find(&cluster->rows[ROWS_MEMBER], node->h.index, 0) != NULL;
}

bool
member_check(const struct cluster *cluster, const struct node *node, int64_t now,
    GError **error)
{
	return !member_is(cluster, node) || app_cluster_check(cluster, now, error);
}

bool
member_set_standby(const struct op_run *run, bool on, bool undo, GError **error)
{
	g_autofree char *name = crm_node_name(run, run->node);
	g_autofree char *node = crm_option("node", name);
	const char *const tool[] = { "crm_attribute", "--output-as=xml", node, "--name=standby",
		on ? "--update=on" : "--delete", "--lifetime=forever", NULL };

	return undo ? crm_undo(run, tool, CRM_SECONDS, error)
		    : crm_run(run, tool, CRM_SECONDS, NULL, error);
}

/* --- draining */

void
drain_init(struct drain *drain)
{
	*drain = (struct drain){ .vms = g_hash_table_new(NULL, NULL) };
}

void
drain_clear(struct drain *drain)
{
	g_hash_table_destroy(drain->vms);
}

static int32_t
membership_of(const struct op_run *run, bool *is_member)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct node *node =
	    cluster == NULL ? NULL : cluster_node(cluster, run->request->object);

	*is_member = node != NULL && member_is(cluster, node);
	return *is_member ? node->membership : MEMBER_NONE;
}

bool
drain_begin(struct drain *drain, const struct op_run *run, GError **error)
{
	bool is_member;
	int32_t membership = membership_of(run, &is_member);

	drain->ours = run->owned;
	if (!is_member || membership == MEMBER_STANDBY)
		return true;
	/* written down first: a later process takes it back at the end */
	if (!run->own(run->context, error))
		return false;
	drain->ours = true;
	return member_set_standby(run, true, false, error);
}

bool
drain_end(struct drain *drain, const struct op_run *run, bool good, GError **error)
{
	g_autoptr(GError) left = NULL;
	bool stops = !good && error != NULL && g_error_matches(*error, OP_ERROR, CAUSE_RESTART);

	if (!drain->ours || stops || member_set_standby(run, false, true, &left))
		return good;
	if (good)
		return op_refuse(error, (enum job_cause)left->code, "node %s is evacuated, but still on "
		    "standby: %s", run->node, left->message);
	g_prefix_error(error, "node %s is still on standby (%s); ", run->node, left->message);
	return false;
}

static void
poke(struct drain *drain, const struct op_run *run, int64_t now)
{
	if (now - drain->poked < POKE_US)
		return;
	drain->poked = now;
	run->poke(run->context);
}

void
drain_look(struct drain *drain, const struct op_run *run, const struct cluster *cluster,
    const struct node *node, int64_t now)
{
	const struct rows *apps = &cluster->rows[ROWS_APP];
	uint32_t n = member_is(cluster, node) && node->apps != ABSENT_U32 ? node->apps : 0;

	for (size_t i = 0; i < apps->n; i++) {
		const struct app *app = apps->row[i];
		const struct vm *vm = app->vm == 0 ? NULL : cluster_vm(cluster, app->vm);
		if (vm != NULL && vm->node == node->h.index && vm_is_active(vm))
			g_hash_table_add(drain->vms, GUINT_TO_POINTER(app->vm));
	}
	if (n != drain->apps || drain->since == 0)
		drain->since = now;
	drain->apps = n;
	if (n > 0)
		poke(drain, run, now);
}

unsigned
drain_moved(const struct drain *drain, const struct cluster *cluster, uint32_t node)
{
	GHashTableIter iter;
	gpointer index;
	unsigned n = 0;

	g_hash_table_iter_init(&iter, drain->vms);
	while (g_hash_table_iter_next(&iter, &index, NULL)) {
		const struct vm *vm = cluster_vm(cluster, GPOINTER_TO_UINT(index));
		n += vm != NULL && vm->node != node;
	}
	return n;
}

bool
drain_is_over(const struct drain *drain, int64_t now)
{
	return drain->apps == 0 || now - drain->since > STUCK_US;
}

bool
member_return(const struct op_run *run, GError **error)
{
	int64_t until = g_get_monotonic_time() + SHOWN_US;
	bool is_member;

	if (membership_of(run, &is_member) != MEMBER_STANDBY)
		return true;
	if (!member_set_standby(run, false, false, error))
		return false;
	while (membership_of(run, &is_member) == MEMBER_STANDBY) {
		if (g_get_monotonic_time() > until)
			return op_refuse(error, CAUSE_TIMEOUT,
			    "node %s was taken off standby, but that does not show", run->node);
		run->poke(run->context);
		if (!run->pause(run->context, LOOK_US, error))
			return false;
	}
	return true;
}
