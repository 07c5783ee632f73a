/* Commands that a job runs on a host. */
#include "vmops/host_call.h"

#define ANSWER_MOST (8 * 1024 * 1024) /* octets: the configuration of a large cluster */
#define LOOK_MS     250

static bool
is_wanted(const struct op_run *run, bool cancellable, GError **error)
{
	SCOPED(cluster) cluster = run->look(run->context);

	if (cluster == NULL)
		return op_refuse(error, CAUSE_RESTART, "the agent is stopping");
	return !cancellable || run->pause(run->context, 0, error);
}

bool
host_call_listen(const struct op_run *run, struct spawned *child, int64_t deadline,
    bool cancellable, GError **error)
{
	while (spawned_read(child, -1, LOOK_MS)) {
		run->alive(run->context);
		if (child->lines->len > ANSWER_MOST)
			return op_refuse(error, CAUSE_UNREACHABLE, "an answer without an end");
		if (g_get_monotonic_time() > deadline)
			return op_refuse(error, CAUSE_UNREACHABLE, "no answer in time");
		if (!is_wanted(run, cancellable, error))
			return false;
	}
	return true;
}
