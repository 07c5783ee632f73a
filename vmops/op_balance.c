/* Operation: balance.  A plan is made once and carried out move by move. */
#include "vmops/children.h"
#include "vmops/placer.h"

#include "model/rules.h"

#define LOOK_US (500 * 1000)

/* One migration of the plan; names outlive the cluster value that it was made from. */
struct shift {
	uint32_t vm, target, job;
	int64_t asked;
	bool over;
	char *name, *why; /* why: NULL while all is well */
};

struct balance {
	const struct op_run *run;
	GPtrArray *shifts;
	unsigned open, moved, over;
};

static void
shift_free(gpointer data)
{
	struct shift *shift = data;

	g_free(shift->name);
	g_free(shift->why);
	g_free(shift);
}

static void
plan(struct balance *b, const struct cluster *cluster)
{
	unsigned most = (unsigned)cluster->rules->limits.moves;
	SCOPED(placer) p = placer_new(cluster, g_get_monotonic_time(), g_get_real_time());

	if (b->run->request->amount > 0)
		most = MIN(most, b->run->request->amount);
	g_autoptr(GPtrArray) moves = placer_plan_balance(p, most);
	for (guint i = 0; i < moves->len; i++) {
		const struct move *move = moves->pdata[i];
		struct shift *shift = g_new0(struct shift, 1);
		shift->vm = move->vm->h.index;
		shift->target = move->to;
		shift->name = g_strdup(move->vm->name);
		g_ptr_array_add(b->shifts, shift);
	}
}

static void
look_at(struct balance *b, const struct cluster *cluster, struct shift *shift)
{
	const struct job *row;
	enum child_state state;

	if (shift->job != 0 && !shift->over) {
		state = child_look(cluster, shift->job, shift->asked, &row);
		shift->over = state != CHILD_OPEN;
		if (state == CHILD_FAILED)
			shift->why = g_strdup(child_why(row));
	}
	b->open += shift->job != 0 && !shift->over;
	b->over += shift->over;
	b->moved += shift->over && shift->why == NULL;
}

/* The cluster has gone on since the plan was made. */
static void
start(struct balance *b, const struct cluster *cluster, struct shift *shift)
{
	const struct vm *vm = cluster_vm(cluster, shift->vm);
	struct request request;
	g_autoptr(GError) refused = NULL;

	if (vm == NULL) {
		shift->why = g_strdup("is gone");
	} else {
		SCOPED(placer) p = placer_new(cluster, g_get_monotonic_time(), 0);
		shift->why = placer_refuse(p, vm, shift->target);
	}
	shift->over = shift->why != NULL;
	if (shift->over)
		return;
	request_for_vm(&request, JOB_MIGRATE, vm);
	request.target = shift->target;
	shift->job = b->run->submit(b->run->context, &request, &refused);
	shift->asked = g_get_monotonic_time();
	b->open += shift->job != 0;
	shift->over = shift->job == 0;
	if (shift->over)
		shift->why = g_strdup(refused->message);
}

static void
go_on(struct balance *b, const struct cluster *cluster)
{
	unsigned most = (unsigned)cluster->rules->limits.parallel;

	b->open = b->over = b->moved = 0;
	for (guint i = 0; i < b->shifts->len; i++)
		look_at(b, cluster, b->shifts->pdata[i]);
	for (guint i = 0; i < b->shifts->len && b->open < most; i++) {
		struct shift *shift = b->shifts->pdata[i];
		if (shift->job == 0 && !shift->over)
			start(b, cluster, shift);
	}
	g_autofree char *step = g_strdup_printf("%u of %u VMs moved, %u on their way", b->moved,
	    b->shifts->len, b->open);
	op_show(b->run, b->shifts->len == 0 ? 100 : b->over * 100 / b->shifts->len, step);
}

static bool
conclude(const struct balance *b, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new(), whys = g_ptr_array_new();

	for (guint i = 0; i < b->shifts->len; i++) {
		const struct shift *shift = b->shifts->pdata[i];
		if (shift->why == NULL)
			continue;
		g_ptr_array_add(names, shift->name);
		g_ptr_array_add(whys, shift->why);
	}
	if (names->len == 0)
		return true;
	g_autofree char *list = op_list_failures("was not", names, whys);
	return op_end(CAUSE_IMPOSSIBLE, error, "%u of %u VMs moved; %s", b->moved,
	    b->shifts->len, list);
}

static bool
balance(struct balance *b, GError **error)
{
	for (bool planned = false;; planned = true) {
		SCOPED(cluster) cluster = b->run->look(b->run->context);
		if (cluster == NULL)
			return op_end(CAUSE_RESTART, error, "the agent was stopped meanwhile");
		if (!planned)
			plan(b, cluster);
		if (b->run->request->flags & REQUEST_DRY_RUN) {
			g_autofree char *step =
			    g_strdup_printf("%u VMs would be moved", b->shifts->len);
			op_show(b->run, 100, step);
			return true;
		}
		go_on(b, cluster);
		if (b->over == b->shifts->len)
			return conclude(b, error);
		if (!b->run->pause(b->run->context, LOOK_US, error))
			return false;
	}
}

bool
op_balance(const struct op_run *run, GError **error)
{
	struct balance b = {
		.run = run, .shifts = g_ptr_array_new_with_free_func(shift_free)
	};
	bool good = run->begin(run->context, error) && balance(&b, error);

	g_ptr_array_free(b.shifts, TRUE);
	return good;
}
