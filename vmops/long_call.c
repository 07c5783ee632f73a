/* A libvirt call that takes long, in a thread of its own. */
#include "vmops/long_call.h"

#include <stdatomic.h>

#include "common/sync.h"
#include "common/virt.h"

#define LOOK_US (500 * 1000)
#define END_US  (50 * 1000) /* between looks whether it has returned */

struct long_call {
	refcount refs; /* the operation's and the thread's */
	const struct long_call_kind *kind;
	void *data;

	/* the thread's until it has ended */
	char *failure;
	int code;

	atomic_bool ended;
};

void
long_call_unref(struct long_call *call)
{
	if (call == NULL || !ref_drop(&call->refs))
		return;
	call->kind->free(call->data);
	g_free(call->failure);
	g_free(call);
}

static void *
run(void *data)
{
	struct long_call *call = data;

	if (!call->kind->call(call->data)) {
		call->code = virGetLastErrorCode();
		call->failure = g_strdup(virGetLastErrorMessage());
	}
	atomic_store(&call->ended, true);
	long_call_unref(call);
	return NULL;
}

struct long_call *
long_call_start(const struct long_call_kind *kind, void *data, GError **error)
{
	struct long_call *call = g_new0(struct long_call, 1);

	atomic_init(&call->refs, 2);
	atomic_init(&call->ended, false);
	call->kind = kind;
	call->data = data;
	GThread *thread = g_thread_try_new("job-call", run, call, NULL);
	if (thread != NULL) {
		g_thread_unref(thread);
		return call;
	}
	g_set_error_literal(error, OP_ERROR, CAUSE_IMPOSSIBLE, "no thread could be started");
	long_call_unref(call);
	long_call_unref(call);
	return NULL;
}

static void
look(struct long_call *call, const struct op_run *op)
{
	if (call->kind->look(call->data, op))
		op->alive(op->context);
}

/*
 * What cannot be stopped is waited for all the same: only then it can be undone.  Told again
 * and again: the call may not have begun yet what can be stopped.
 */
static bool
wait_cancelled(struct long_call *call, const struct op_run *op, GError **error)
{
	int64_t next = 0;

	while (!atomic_load(&call->ended)) {
		int64_t now = g_get_monotonic_time();
		SCOPED(cluster) cluster = op->look(op->context);
		if (cluster == NULL) {
			g_set_error(error, OP_ERROR, CAUSE_RESTART,
			    "%s: the agent was stopped meanwhile", op->name);
			return false;
		}
		if (now >= next) {
			if (call->kind->stop != NULL)
				call->kind->stop(call->data);
			look(call, op);
			next = now + LOOK_US;
		}
		g_usleep(END_US);
	}
	return true;
}

bool
long_call_wait(struct long_call *call, const struct op_run *op, bool *cancelled,
    GError **error)
{
	int64_t next = g_get_monotonic_time() + LOOK_US;

	*cancelled = false;
	while (!atomic_load(&call->ended)) {
		g_autoptr(GError) why = NULL;
		if (op->pause(op->context, END_US, &why)) {
			/* not at once: a call that has just begun may let nobody ask for long */
			if (g_get_monotonic_time() >= next) {
				look(call, op);
				next = g_get_monotonic_time() + LOOK_US;
			}
			continue;
		}
		*cancelled = why->code == CAUSE_CANCELLED;
		if (!*cancelled) {
			g_propagate_error(error, g_steal_pointer(&why));
			return false;
		}
		if (!wait_cancelled(call, op, error))
			return false;
	}
	return true;
}

const char *
long_call_failure(const struct long_call *call)
{
	return call->failure;
}

int
long_call_code(const struct long_call *call)
{
	return call->code;
}
