/* Marks: out of the rows of events. */
#include "model/marks.h"

#include <string.h>

const char *const mark_names[MARK_COUNT] = {
	[MARK_STARTED] = "started",
	[MARK_STOPPED] = "stopped",
	[MARK_CRASHED] = "crashed",
	[MARK_MIGRATED] = "migrated",
	[MARK_BACKED_UP] = "backed up",
	[MARK_LOST] = "node away",
	[MARK_BACK] = "node back",
};

/* Which event makes which mark: of the state that the object came into. */
static const struct rule {
	enum event_type type;
	int32_t state; /* -1: any */
	enum mark_type mark;
} rules[] = {
	{ EVENT_VM_MOVED, -1, MARK_MIGRATED },
	{ EVENT_VM_STATE, VM_SHUT_OFF, MARK_STOPPED },
	{ EVENT_VM_STATE, VM_CRASHED, MARK_CRASHED },
	{ EVENT_NODE_STATE, NODE_OFFLINE, MARK_LOST },
	{ EVENT_NODE_STATE, NODE_UNREACHABLE, MARK_LOST },
	{ EVENT_NODE_STATE, NODE_UNCLEAN, MARK_LOST },
};

static int32_t
state_of(const struct event *event, const char *name)
{
	return enum_from_name(
	    event->type == EVENT_NODE_STATE ? node_state_names : vm_state_names, name);
}

static bool
was_off(const struct event *event)
{
	int32_t before = state_of(event, event->old_state);

	return before == VM_SHUT_OFF || before == VM_CRASHED;
}

static bool
was_lost(const struct event *event)
{
	int32_t before = state_of(event, event->old_state);

	return before == NODE_OFFLINE || before == NODE_UNREACHABLE || before == NODE_UNCLEAN;
}

/* MARK_COUNT: it makes none. */
static enum mark_type
mark_of(const struct event *event)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
		if (rules[i].type == (enum event_type)event->type &&
		    (rules[i].state < 0 ||
			rules[i].state == state_of(event, event->new_state)))
			return rules[i].mark;
	if (event->type == EVENT_VM_STATE && was_off(event))
		return MARK_STARTED;
	if (event->type == EVENT_NODE_STATE && was_lost(event))
		return MARK_BACK;
	return MARK_COUNT;
}

/* Jobs tell of their object by its UUID, and "backup web1" is what they are called. */
static bool
is_backup_of(const struct event *event, const char *uuid)
{
	return event->type == EVENT_JOB_FINISHED && uuid != NULL &&
	       g_strcmp0(event->uuid, uuid) == 0 &&
	       g_str_has_prefix(event->name, "backup ") &&
	       strcmp(event->new_state, enum_to_name(job_state_names, JOB_SUCCEEDED)) == 0;
}

size_t
marks_find(const struct cluster *cluster, enum object_kind kind, uint32_t object, int64_t from,
    int64_t to, struct mark out[MARKS_MOST])
{
	const struct rows *events = &cluster->rows[ROWS_EVENT];
	const struct vm *vm = kind == OBJECT_VM ? cluster_vm(cluster, object) : NULL;
	size_t n = 0;

	for (size_t i = events->n; i > 0 && n < MARKS_MOST; i--) {
		const struct event *event = events->row[i - 1];
		int64_t at = event->at / G_USEC_PER_SEC;
		enum mark_type mark = MARK_COUNT;
		if (at < from || at > to)
			continue;
		if (event->kind == (int32_t)kind && event->object == object)
			mark = mark_of(event);
		else if (vm != NULL && is_backup_of(event, vm->uuid))
			mark = MARK_BACKED_UP;
		if (mark != MARK_COUNT)
			out[n++] = (struct mark){ at, mark, event->reason };
	}
	return n;
}
