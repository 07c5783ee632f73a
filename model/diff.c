/* Diff: what happened between two cluster values, as events. */
#include "model/diff.h"

#include <string.h>

#include "model/memory.h"
#include "model/vm_mib.h"

struct changes {
	const struct cluster *before, *after;
	const struct memory *memory;
	struct part *out;
	int64_t wall;
};

/* --- severities: a table beats a switch */

static const int32_t vm_severity[] = {
	[VM_RUNNING] = SEVERITY_INFO,
	[VM_PAUSED] = SEVERITY_WARNING,
	[VM_SHUTTING_DOWN] = SEVERITY_INFO,
	[VM_SHUT_OFF] = SEVERITY_WARNING,
	[VM_CRASHED] = SEVERITY_CRITICAL,
	[VM_SUSPENDED] = SEVERITY_INFO,
	[VM_UNKNOWN] = SEVERITY_WARNING,
};

static const int32_t node_severity[] = {
	[NODE_ONLINE] = SEVERITY_INFO,
	[NODE_STANDBY] = SEVERITY_INFO,
	[NODE_MAINTENANCE] = SEVERITY_INFO,
	[NODE_OFFLINE] = SEVERITY_CRITICAL,
	[NODE_UNREACHABLE] = SEVERITY_CRITICAL,
	[NODE_UNCLEAN] = SEVERITY_CRITICAL,
	[NODE_CONNECTING] = SEVERITY_INFO,
};

static const int32_t pool_severity[] = {
	[POOL_RUNNING] = SEVERITY_INFO,
	[POOL_BUILDING] = SEVERITY_INFO,
	[POOL_DEGRADED] = SEVERITY_WARNING,
	[POOL_INACCESSIBLE] = SEVERITY_CRITICAL,
	[POOL_INACTIVE] = SEVERITY_WARNING,
};

static const int32_t app_severity[] = {
	[APP_STARTED] = SEVERITY_INFO,
	[APP_STOPPED] = SEVERITY_WARNING,
	[APP_STARTING] = SEVERITY_INFO,
	[APP_STOPPING] = SEVERITY_INFO,
	[APP_MIGRATING] = SEVERITY_INFO,
	[APP_PARTIAL] = SEVERITY_WARNING,
	[APP_FAILED] = SEVERITY_CRITICAL,
	[APP_BLOCKED] = SEVERITY_CRITICAL,
	[APP_UNKNOWN] = SEVERITY_WARNING,
};

static const int32_t job_severity[] = {
	[JOB_SUCCEEDED] = SEVERITY_INFO,
	[JOB_FAILED] = SEVERITY_CRITICAL,
	[JOB_CANCELLED] = SEVERITY_WARNING,
	[JOB_INTERRUPTED] = SEVERITY_CRITICAL,
};

/* --- one event each */

static struct event *
add_event(struct changes *c, enum event_type type, enum object_kind kind,
    const struct row_head *object)
{
	struct event *event = part_add(c->out, ROWS_EVENT);

	event->type = type;
	event->kind = kind;
	event->object = object->index;
	event->severity = SEVERITY_INFO;
	event->old_state = event->new_state = event->reason = event->node = "";
	event->at = c->wall;
	return event;
}

static struct event *
add_vm_event(struct changes *c, enum event_type type, const struct vm *vm)
{
	struct event *event = add_event(c, type, OBJECT_VM, &vm->h);

	event->name = part_text(c->out, vm->name);
	event->uuid = part_text(c->out, vm->uuid);
	event->node = part_text(c->out, vm->node_name);
	event->reason = part_text(c->out, vm->reason == NULL ? "" : vm->reason);
	event->persistent = vm->persistent;
	return event;
}

static void
vm_state_changed(struct changes *c, const struct vm *was, const struct vm *is)
{
	struct event *event = add_vm_event(c, EVENT_VM_STATE, is);

	event->old_state = enum_to_name(vm_state_names, was->state);
	event->new_state = enum_to_name(vm_state_names, is->state);
	event->severity = vm_severity[is->state];
	event->oper_before = (int32_t)vm_mib_oper_state(was);
	event->oper_after = (int32_t)vm_mib_oper_state(is);
}

static void
vm_moved(struct changes *c, const struct vm *was, const struct vm *is)
{
	struct event *event = add_vm_event(c, EVENT_VM_MOVED, is);
	g_autofree char *reason = g_strdup_printf("moved from %s to %s",
	    was->node_name, is->node_name);

	event->old_state = enum_to_name(vm_state_names, was->state);
	event->new_state = enum_to_name(vm_state_names, is->state);
	event->reason = part_text(c->out, reason);
	if (was->state != is->state)
		return; /* the event of that has told the rest */
	event->oper_before = (int32_t)vm_mib_oper_state(was);
	event->oper_after = (int32_t)vm_mib_oper_state(is);
}

static void
vm_duplicated(struct changes *c, const struct vm *vm)
{
	struct event *event = add_vm_event(c, EVENT_VM_DUPLICATE, vm);
	const struct node *second = cluster_node(c->after, vm->duplicate);
	g_autofree char *reason = g_strdup_printf("runs on %s and on %s at the same time",
	    vm->node_name, second == NULL ? "another node" : second->name);

	event->severity = SEVERITY_CRITICAL;
	event->new_state = enum_to_name(vm_state_names, vm->state);
	event->reason = part_text(c->out, reason);
}

/* An earlier run has seen it, and it is not yet known what became of it since. */
static bool
is_unsettled(const struct changes *c, const struct vm *vm)
{
	const struct remembered *r = memory_of(c->memory, vm->h.index);

	return r != NULL && r->kind == OBJECT_VM && !r->settled;
}

static void
compare_vms(struct changes *c, const struct vm *was, const struct vm *is)
{
	if (was->state != is->state)
		vm_state_changed(c, was, is);
	if (was->node != is->node)
		vm_moved(c, was, is);
	if (was->duplicate == 0 && is->duplicate != 0)
		vm_duplicated(c, is);
}

static void
compare_vm(struct changes *c, const void *a, const void *b)
{
	if (!is_unsettled(c, b))
		compare_vms(c, a, b);
}

static const char *
node_name(const struct changes *c, uint32_t index)
{
	const struct node *node = cluster_node(c->before, index);

	if (node == NULL)
		node = cluster_node(c->after, index);
	return node == NULL ? "a node that is gone" : node->name;
}

/* What became of the VMs of an earlier run. */
static void
compare_remembered_vms(struct changes *c)
{
	g_autoptr(GArray) waiting = memory_waiting(c->memory);

	for (guint i = 0; i < waiting->len; i++) {
		uint32_t index = g_array_index(waiting, uint32_t, i);
		const struct remembered *r = memory_of(c->memory, index);
		const struct vm *is = cluster_vm(c->after, index);
		if (is == NULL || !memory_vm_is_due(c->memory, c->after, is))
			continue;
		struct vm was = *is;
		was.state = r->state;
		was.node = r->node;
		was.node_name = node_name(c, r->node);
		was.reason = "";
		was.migration = VM_STAYS;
		was.duplicate = 0;
		compare_vms(c, &was, is);
	}
}

/* New only if its node was there to be seen without it: else we have just begun to look. */
static void
appear_vm(struct changes *c, const void *row)
{
	const struct vm *vm = row;
	const struct node *node = cluster_node(c->before, vm->node);

	if (node == NULL || !node_is_up(node) || is_unsettled(c, vm))
		return;
	struct event *event = add_vm_event(c, EVENT_VM_ADDED, vm);
	event->new_state = enum_to_name(vm_state_names, vm->state);
	event->oper_after = (int32_t)vm_mib_oper_state(vm);
}

/* Gone only if its node still answers: else it was the node that left the configuration. */
static void
vanish_vm(struct changes *c, const void *row)
{
	const struct vm *vm = row;
	const struct node *node = cluster_node(c->after, vm->node);

	if (node == NULL || !node_is_up(node) || is_unsettled(c, vm))
		return;
	struct event *event = add_vm_event(c, EVENT_VM_REMOVED, vm);
	event->old_state = enum_to_name(vm_state_names, vm->state);
	event->new_state = "removed";
	event->oper_before = (int32_t)vm_mib_oper_state(vm);
	event->reason = "no longer defined on any node";
}

static struct event *
add_node_event(struct changes *c, enum event_type type, const struct node *node)
{
	struct event *event = add_event(c, type, OBJECT_NODE, &node->h);

	event->name = event->node = part_text(c->out, node->name);
	event->uuid = part_text(c->out, node->uuid == NULL ? "" : node->uuid);
	event->reason = part_text(c->out, node->reason == NULL ? "" : node->reason);
	event->new_state = enum_to_name(node_state_names, node->state);
	return event;
}

/*
 * Seen to happen, or since an earlier run has seen the node last: what was in the history before
 * anybody looked is old.
 */
static bool
was_fenced(const struct changes *c, const struct node *was, const struct node *is)
{
	if (was == NULL || was->membership == ABSENT_I32) {
		const struct remembered *r = memory_of(c->memory, is->h.index);
		return r != NULL && r->fenced_at != FENCED_UNKNOWN && is->fenced_at > r->fenced_at;
	}
	return is->fenced_at > was->fenced_at && was->membership != MEMBER_NONE &&
	    was->membership != MEMBER_UNKNOWN;
}

static void
node_fenced(struct changes *c, int32_t before, const struct node *is)
{
	struct event *event = add_node_event(c, EVENT_NODE_FENCED, is);

	event->old_state = enum_to_name(node_state_names, before);
	event->severity = SEVERITY_WARNING;
	event->reason = "it has been fenced: nothing of what ran there does any longer";
}

/* Is it the first time that this agent sees how it is. */
static bool
is_first_sight(const struct node *was)
{
	return was == NULL || was->state == NODE_CONNECTING;
}

static int32_t
state_before(const struct changes *c, const struct node *was, const struct node *is)
{
	const struct remembered *r =
	    is_first_sight(was) ? memory_of(c->memory, is->h.index) : NULL;

	if (r != NULL && r->kind == OBJECT_NODE)
		return r->state;
	return was == NULL ? NODE_CONNECTING : was->state;
}

/* A node that the cluster manager alone knows, while that is silent: it has an event of its own. */
static bool
is_unheard(const struct node *node)
{
	return node != NULL && !node_is_host(node) && node->membership == MEMBER_UNKNOWN;
}

static void
compare_nodes(struct changes *c, const struct node *was, const struct node *is)
{
	int32_t before = state_before(c, was, is);

	if (was_fenced(c, was, is))
		node_fenced(c, before, is);
	if (before == is->state || (is_first_sight(was) && is->state == NODE_CONNECTING) ||
	    (before == NODE_CONNECTING && (was == NULL || node_is_up(is))))
		return; /* the last: the agent has just started, for the first time */
	if (is_unheard(was) || is_unheard(is))
		return;
	struct event *event = add_node_event(c, EVENT_NODE_STATE, is);
	event->old_state = enum_to_name(node_state_names, before);
	event->severity = node_severity[is->state];
}

static void
compare_node(struct changes *c, const void *a, const void *b)
{
	compare_nodes(c, a, b);
}

static void
appear_node(struct changes *c, const void *row)
{
	compare_nodes(c, NULL, row);
}

/* --- applications */

static struct event *
add_app_event(struct changes *c, enum event_type type, const struct app *was,
    const struct app *is)
{
	struct event *event = add_event(c, type, OBJECT_APP, &is->h);

	event->name = part_text(c->out, is->name);
	event->uuid = "";
	event->node = part_text(c->out, is->node_name);
	event->old_state = enum_to_name(app_state_names, was->state);
	event->new_state = enum_to_name(app_state_names, is->state);
	event->reason = part_text(c->out, is->reason);
	return event;
}

static void
app_moved(struct changes *c, const struct app *was, const struct app *is)
{
	struct event *event = add_app_event(c, EVENT_APP_MOVED, was, is);
	bool failed = is->failovers > was->failovers;
	g_autofree char *reason = g_strdup_printf("%s from %s to %s",
	    failed ? "failed over" : "moved", node_name(c, was->seat), is->node_name);

	event->reason = part_text(c->out, reason);
	event->severity = failed ? SEVERITY_WARNING : SEVERITY_INFO;
}

/* It is, or was, the cluster manager that nobody hears. */
static bool
is_silent(const struct cluster *cluster)
{
	const char *reason = cluster_info(cluster)->backend_reason;

	return reason != NULL && *reason != '\0';
}

/* Of what is in a group or clone, that tells. */
static void
compare_app(struct changes *c, const void *a, const void *b)
{
	const struct app *was = a, *is = b;

	if (is->parent != 0)
		return;
	if (was->seat != 0 && was->seat != is->seat)
		app_moved(c, was, is);
	if (was->state == is->state || is_silent(c->before) || is_silent(c->after))
		return;
	struct event *event = add_app_event(c, EVENT_APP_STATE, was, is);
	event->severity = is->state == APP_STOPPED && is->wanted == WANTED_STOPPED
	    ? SEVERITY_INFO : app_severity[is->state];
}

/* As an earlier run has seen it last: this one has counted nothing yet. */
static void
appear_app(struct changes *c, const void *row)
{
	const struct app *is = row;
	const struct remembered *r = memory_of(c->memory, is->h.index);

	if (r == NULL || r->kind != OBJECT_APP)
		return;
	struct app was = *is;
	was.state = r->state;
	was.seat = r->node;
	was.failovers = was.moves = 0;
	compare_app(c, &was, is);
}

/* --- the cluster */

static const char *
quorum_word(int32_t quorate)
{
	return quorate == ABSENT_I32 ? "unknown" : quorate != 0 ? "quorate" : "notQuorate";
}

/* What it was before the agent knew is no news. */
static void
compare_cluster(struct changes *c, const void *a, const void *b)
{
	const struct cluster_info *was = a, *is = b;

	if (was->quorate == is->quorate || was->backend_reason == NULL ||
	    is->backend_reason == NULL || was->backend_sampled_us == 0)
		return;
	struct event *event = add_event(c, EVENT_QUORUM, OBJECT_CLUSTER, &is->h);
	event->name = part_text(c->out, is->name);
	event->uuid = "";
	event->old_state = quorum_word(was->quorate);
	event->new_state = quorum_word(is->quorate);
	event->reason = part_text(c->out, is->backend_reason);
	event->severity = is->quorate == 1 ? SEVERITY_INFO
	    : is->quorate == 0 ? SEVERITY_CRITICAL : SEVERITY_WARNING;
}

static bool
job_is_finished(const struct job *job)
{
	return job_state_is_final(job->state);
}

/* "SENTENCE (asked for by cli, root)": the row of the job may be gone before the event's. */
static const char *
job_reason(struct changes *c, const struct job *job)
{
	const char *who = job->requester == NULL ? "" : job->requester;
	g_autofree char *by = g_strdup_printf("asked for by %s%s%s",
	    enum_to_name(origin_names, job->origin), *who != '\0' ? ", " : "", who);
	g_autofree char *both = *job->error == '\0'
	    ? g_steal_pointer(&by) : g_strdup_printf("%s (%s)", job->error, by);

	return part_text(c->out, strlen(both) <= 255 ? both : job->error);
}

static void
job_finished(struct changes *c, const struct job *job, int32_t old_state)
{
	struct event *event = add_event(c, EVENT_JOB_FINISHED, OBJECT_JOB, &job->h);
	const struct node *node = cluster_node(c->after, job->node);
	g_autofree char *name = g_strdup_printf("%s %s",
	    enum_to_name(job_type_names, job->type), job->object_name);

	event->name = part_text(c->out, name);
	event->uuid = part_text(c->out, job->object_uuid);
	event->old_state = enum_to_name(job_state_names, old_state);
	event->new_state = enum_to_name(job_state_names, job->state);
	event->reason = job_reason(c, job);
	event->node = node == NULL ? "" : part_text(c->out, node->name);
	event->severity = job_severity[job->state];
}

static void
compare_job(struct changes *c, const void *a, const void *b)
{
	const struct job *was = a, *is = b;

	if (!job_is_finished(was) && job_is_finished(is))
		job_finished(c, is, was->state);
}

/*
 * Has the log of events what became of it, or had once?  It is written before anybody is told,
 * and the job's own log before that: a run that ended in between has told nobody.
 */
static bool
was_told(const struct changes *c, const struct job *job)
{
	const struct rows *events = &c->after->rows[ROWS_EVENT];

	for (size_t i = events->n; i-- > 0;) {
		const struct event *event = events->row[i];
		if (event->type == EVENT_JOB_FINISHED && event->object == job->h.index)
			return true;
	}
	return events->n > 0 && job->finished_at < ((const struct event *)events->row[0])->at;
}

/* Finished before anybody saw it waiting. */
static void
appear_job(struct changes *c, const void *row)
{
	const struct job *job = row;

	if (job_is_finished(job) && !was_told(c, job))
		job_finished(c, job, JOB_WAITING);
}

/* Between states that somebody has seen: of a node that is lost, the node's event tells. */
static void
compare_pool(struct changes *c, const void *a, const void *b)
{
	const struct pool *was = a, *is = b;

	if (was->state == is->state || was->state == POOL_UNKNOWN ||
	    is->state == POOL_UNKNOWN)
		return;
	struct event *event = add_event(c, EVENT_POOL_STATE, OBJECT_POOL, &is->h);
	event->name = part_text(c->out, is->name);
	event->uuid = part_text(c->out, is->uuid);
	event->old_state = enum_to_name(pool_state_names, was->state);
	event->new_state = enum_to_name(pool_state_names, is->state);
	event->severity = pool_severity[is->state];
}

/* --- alarms: events of the object that they are about */

static struct event *
add_alarm_event(struct changes *c, enum event_type type, const struct alarm *alarm)
{
	const struct row_head object = { .index = alarm->object };
	struct event *event = add_event(c, type, (enum object_kind)alarm->kind, &object);

	event->name = part_text(c->out, alarm->name);
	event->uuid = part_text(c->out, alarm->uuid);
	event->node = part_text(c->out, alarm->node);
	event->reason = part_text(c->out, alarm->reason);
	event->alarm = alarm->h.index;
	return event;
}

static void
alarm_raised(struct changes *c, const struct alarm *alarm, const char *old_state)
{
	struct event *event = add_alarm_event(c, EVENT_ALARM_RAISED, alarm);

	event->old_state = old_state;
	event->new_state = enum_to_name(severity_names, alarm->severity);
	event->severity = alarm->severity;
}

/* One that becomes worse is told again; one that becomes less bad is not. */
static void
compare_alarm(struct changes *c, const void *a, const void *b)
{
	const struct alarm *was = a, *is = b;

	if (is->severity > was->severity)
		alarm_raised(c, is, enum_to_name(severity_names, was->severity));
}

/* Raised in this life: what an earlier one has left behind was told then. */
static void
appear_alarm(struct changes *c, const void *row)
{
	const struct alarm *alarm = row;

	if (alarm->earlier == 0)
		alarm_raised(c, alarm, "ok");
}

static void
vanish_alarm(struct changes *c, const void *row)
{
	const struct alarm *alarm = row;
	struct event *event = add_alarm_event(c, EVENT_ALARM_CLEARED, alarm);

	event->old_state = enum_to_name(severity_names, alarm->severity);
	event->new_state = "ok";
}

/* --- two sorted arrays side by side */

static const struct {
	enum row_set set;
	void (*compare)(struct changes *, const void *was, const void *is);
	void (*appear)(struct changes *, const void *row);
	void (*vanish)(struct changes *, const void *row);
} watched[] = {
	{ ROWS_CLUSTER, compare_cluster, NULL, NULL      },
	{ ROWS_NODE, compare_node, appear_node, NULL     },
	{ ROWS_APP,  compare_app,  appear_app, NULL      },
	{ ROWS_VM,   compare_vm,   appear_vm,  vanish_vm },
	{ ROWS_JOB,  compare_job,  appear_job, NULL      },
	{ ROWS_POOL, compare_pool, NULL,       NULL      },
	{ ROWS_ALARM, compare_alarm, appear_alarm, vanish_alarm },
};

static void
diff_rows(struct changes *c, size_t w)
{
	const struct rows *old = &c->before->rows[watched[w].set];
	const struct rows *new = &c->after->rows[watched[w].set];
	size_t o = 0, n = 0;

	while (o < old->n || n < new->n) {
		const struct row_head *was = o < old->n ? old->row[o] : NULL;
		const struct row_head *is = n < new->n ? new->row[n] : NULL;
		if (was != NULL && is != NULL && was->index == is->index) {
			if (was != is) /* a shared row cannot have changed */
				watched[w].compare(c, was, is);
			o++;
			n++;
		} else if (is == NULL || (was != NULL && was->index < is->index)) {
			if (watched[w].vanish != NULL)
				watched[w].vanish(c, was);
			o++;
		} else {
			if (watched[w].appear != NULL)
				watched[w].appear(c, is);
			n++;
		}
	}
}

void
diff(const struct cluster *before, const struct cluster *after, const struct memory *memory,
    struct part *out, int64_t wall)
{
	struct changes changes = { before, after, memory, out, wall };

	if (before == NULL)
		return;
	for (size_t w = 0; w < G_N_ELEMENTS(watched); w++)
		diff_rows(&changes, w);
	compare_remembered_vms(&changes);
}
