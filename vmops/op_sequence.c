/* Operation: a power sequence, step by step. */
#include "vmops/children.h"

#include <string.h>

#include "model/rules.h"

#define LOOK_US (200 * 1000)
#define AT_ONCE 8 /* jobs of one step, unless it says how many */

/* A VM that the present step is about. */
struct part_of_step {
	uint32_t vm, job;
	int64_t asked;
	bool over;
	char *name, *why; /* why: it failed */
};

struct progress {
	const struct op_run *run;
	struct rules *rules; /* as they were at the start: a reload changes no running one */
	const struct sequence *sequence;
	unsigned number;     /* of the step, from 1 */
	unsigned failed;     /* steps */
	char *first_failure;
	enum job_cause cause; /* of it */
	GPtrArray *vms;      /* struct part_of_step */
};

static void
part_of_step_free(gpointer data)
{
	struct part_of_step *part = data;

	g_free(part->name);
	g_free(part->why);
	g_free(part);
}

static bool
stopped(GError **error)
{
	return op_end(CAUSE_RESTART, error, "the agent was stopped meanwhile");
}

static void
show(const struct progress *p, const char *detail)
{
	const struct step *step = p->sequence->steps->pdata[p->number - 1];
	unsigned n = p->sequence->steps->len;
	g_autofree char *text = g_strdup_printf("%u/%u: %s%s%s", p->number, n, step->text,
	    detail[0] != '\0' ? ", " : "", detail);

	op_show(p->run, (p->number - 1) * 100 / n, text);
}

/* --- whom it is about */

static int
compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp((*(const struct part_of_step *const *)a)->name,
	    (*(const struct part_of_step *const *)b)->name);
}

/* In the order of their names.  False: there are none. */
static bool
collect(struct progress *p, const struct cluster *cluster, const char *target)
{
	const struct rows *vms = &cluster->rows[ROWS_VM];

	g_ptr_array_set_size(p->vms, 0);
	for (size_t i = 0; i < vms->n; i++) {
		const struct vm *vm = vms->row[i];
		if (!rules_target_is(p->rules, target, vm->name))
			continue;
		struct part_of_step *part = g_new0(struct part_of_step, 1);
		part->vm = vm->h.index;
		part->name = g_strdup(vm->name);
		g_ptr_array_add(p->vms, part);
	}
	g_ptr_array_sort(p->vms, compare_names);
	return p->vms->len > 0;
}

static unsigned
count_over(const struct progress *p)
{
	unsigned n = 0;

	for (guint i = 0; i < p->vms->len; i++)
		n += ((const struct part_of_step *)p->vms->pdata[i])->over;
	return n;
}

/* The step's verdict: none of its VMs has failed. */
static bool
judge(const struct progress *p, enum job_cause cause, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new(), whys = g_ptr_array_new();

	for (guint i = 0; i < p->vms->len; i++) {
		const struct part_of_step *part = p->vms->pdata[i];
		if (part->why == NULL)
			continue;
		g_ptr_array_add(names, part->name);
		g_ptr_array_add(whys, part->why);
	}
	if (names->len == 0)
		return true;
	g_autofree char *list = op_list_failures("", names, whys);
	return op_end(cause, error, "%s", list);
}

/* --- acting */

/* It is as the action would leave it: nothing is to be done. */
static bool
is_so_already(const struct vm *vm, enum job_type type)
{
	const struct op *op = op_find((int32_t)type);

	if (op == NULL)
		return false;
	if (type == JOB_POWER_ON || type == JOB_RESUME)
		return vm->state == VM_RUNNING;
	return op->leaves == LEAVES_INACTIVE && vm->state == VM_SHUT_OFF;
}

static void
ask(struct progress *p, const struct cluster *cluster, const struct step *step,
    struct part_of_step *part)
{
	const struct vm *vm = cluster_vm(cluster, part->vm);
	g_autoptr(GError) refused = NULL;
	struct request request;

	part->asked = g_get_monotonic_time();
	if (vm == NULL || is_so_already(vm, step->type)) {
		part->why = vm == NULL ? g_strdup("is gone") : NULL;
		part->over = true;
		return;
	}
	request_for_vm(&request, step->type, vm);
	if (step->argument != NULL)
		g_strlcpy(request.argument, step->argument, sizeof(request.argument));
	part->job = p->run->submit(p->run->context, &request, &refused);
	part->over = part->job == 0;
	if (part->over)
		part->why = g_strdup(refused->message);
}

static void
look_at(const struct cluster *cluster, struct part_of_step *part)
{
	const struct job *row;

	if (part->job == 0 || part->over)
		return;
	enum child_state state = child_look(cluster, part->job, part->asked, &row);
	part->over = state != CHILD_OPEN;
	if (state == CHILD_FAILED)
		part->why = g_strdup(child_why(row));
}

/* Asks for as many as may go on at once, each `stagger` after the one before. */
static void
ask_more(struct progress *p, const struct cluster *cluster, const struct step *step,
    int64_t *next)
{
	unsigned most = step->at_once > 0 ? step->at_once : AT_ONCE, open = 0;

	for (guint i = 0; i < p->vms->len; i++) {
		struct part_of_step *part = p->vms->pdata[i];
		look_at(cluster, part);
		open += part->job != 0 && !part->over;
	}
	for (guint i = 0; i < p->vms->len && open < most; i++) {
		struct part_of_step *part = p->vms->pdata[i];
		if (part->job != 0 || part->over)
			continue;
		if (g_get_monotonic_time() < *next)
			return;
		ask(p, cluster, step, part);
		if (part->job != 0)
			*next = g_get_monotonic_time() +
			    (int64_t)step->stagger * G_USEC_PER_SEC;
		open += part->job != 0;
	}
}

static bool
act(struct progress *p, const struct step *step, GError **error)
{
	int64_t next = 0;

	for (;;) {
		SCOPED(cluster) cluster = p->run->look(p->run->context);
		if (cluster == NULL)
			return stopped(error);
		ask_more(p, cluster, step, &next);
		unsigned over = count_over(p);
		g_autofree char *detail = p->vms->len < 2
		    ? g_strdup("") : g_strdup_printf("%u of %u", over, p->vms->len);
		show(p, detail);
		if (over == p->vms->len)
			break;
		if (!p->run->pause(p->run->context, LOOK_US, error))
			return false;
	}
	return judge(p, CAUSE_IMPOSSIBLE, error);
}

/* --- waiting */

static const char *
what_it_lacks(const struct vm *vm, enum step_wanted wanted)
{
	if (vm == NULL)
		return "is gone";
	if (wanted == WANTED_OFF)
		return vm->state == VM_SHUT_OFF || vm->state == VM_CRASHED ? NULL
		    : "is not off";
	if (vm->state != VM_RUNNING)
		return "does not run";
	return wanted == WANTED_RUNNING || vm->guest_agent == GUEST_AGENT_CONNECTED
	    ? NULL : "has no guest agent that answers";
}

static bool
await(struct progress *p, const struct step *step, GError **error)
{
	int64_t deadline = g_get_monotonic_time() + (int64_t)step->seconds * G_USEC_PER_SEC;

	for (;;) {
		SCOPED(cluster) cluster = p->run->look(p->run->context);
		bool late = g_get_monotonic_time() >= deadline;
		if (cluster == NULL)
			return stopped(error);
		for (guint i = 0; i < p->vms->len; i++) {
			struct part_of_step *part = p->vms->pdata[i];
			const char *lacks =
			    what_it_lacks(cluster_vm(cluster, part->vm), step->wanted);
			part->over = lacks == NULL;
			if (late && lacks != NULL)
				part->why = g_strdup_printf("%s after %u s", lacks,
				    step->seconds);
		}
		if (late || count_over(p) == p->vms->len)
			break;
		if (!p->run->pause(p->run->context, LOOK_US, error))
			return false;
	}
	return judge(p, CAUSE_TIMEOUT, error);
}

/* --- one step, and all */

static bool
run_step(struct progress *p, const struct step *step, GError **error)
{
	SCOPED(cluster) cluster = p->run->look(p->run->context);

	if (cluster == NULL)
		return stopped(error);
	show(p, "");
	if (step->kind == STEP_DELAY)
		return p->run->pause(p->run->context, (int64_t)step->seconds * G_USEC_PER_SEC,
		    error);
	if (!collect(p, cluster, step->target))
		return op_end(CAUSE_GONE, error, "there is no VM %s", step->target);
	return step->kind == STEP_ACT ? act(p, step, error) : await(p, step, error);
}

/* Not the step's failure, but the end of all. */
static bool
is_the_end(const GError *error)
{
	return g_error_matches(error, OP_ERROR, CAUSE_CANCELLED) ||
	    g_error_matches(error, OP_ERROR, CAUSE_RESTART);
}

static bool
tell(const struct progress *p, GError **error)
{
	unsigned n = p->sequence->steps->len;

	return op_end(p->cause, error, "%s: %u of %u steps done; %s", p->sequence->name,
	    p->number - p->failed, n, p->first_failure);
}

/* False: the sequence ends here, with an error. */
static bool
take_failure(struct progress *p, const struct step *step, GError *failure, GError **error)
{
	if (is_the_end(failure)) {
		bool cancelled = failure->code == CAUSE_CANCELLED;
		return op_end((enum job_cause)failure->code, error, "%s: %s in step %u of %u (%s)",
		    p->sequence->name, cancelled ? "cancelled" : "the agent was stopped",
		    p->number, p->sequence->steps->len, step->text);
	}
	p->failed++;
	if (p->first_failure == NULL) {
		p->cause = (enum job_cause)failure->code;
		p->first_failure = g_strdup_printf("step %u (%s): %s", p->number, step->text,
		    failure->message);
	}
	return step->go_on || tell(p, error);
}

static bool
run_steps(struct progress *p, GError **error)
{
	for (p->number = 1; p->number <= p->sequence->steps->len; p->number++) {
		const struct step *step = p->sequence->steps->pdata[p->number - 1];
		g_autoptr(GError) failure = NULL;
		if (!run_step(p, step, &failure) && !take_failure(p, step, failure, error))
			return false;
	}
	p->number = p->sequence->steps->len;
	return p->failed == 0 || tell(p, error);
}

bool
op_sequence(const struct op_run *run, GError **error)
{
	SCOPED(cluster) cluster = run->look(run->context);

	if (cluster == NULL)
		return stopped(error);
	if (!run->begin(run->context, error))
		return false;
	struct progress p = {
		.run = run,
		.rules = rules_ref(cluster->rules),
		.sequence = rules_sequence(cluster->rules, run->name),
		.vms = g_ptr_array_new_with_free_func(part_of_step_free),
	};
	bool good = p.sequence != NULL
	    ? run_steps(&p, error)
	    : op_end(CAUSE_GONE, error, "there is no sequence %s any longer", run->name);
	g_ptr_array_free(p.vms, TRUE);
	g_free(p.first_failure);
	rules_unref(p.rules);
	return good;
}

bool
op_check_sequence(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	if (rules_sequence(cluster->rules, request->name) != NULL)
		return true;
	g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT,
	    "the configuration has no [sequence %s]; 'virtcluster sequences' lists them",
	    request->name);
	return false;
}
