/* Operations: power on and off, reset, shutdown. */
#include "vmops/ops.h"

#include "common/virt.h"

#define POLL_US         (250 * 1000)
#define PRESS_AGAIN_US  (4 * G_USEC_PER_SEC) /* a press before the guest's acpid runs is lost */

G_DEFINE_QUARK(vcl-op-error-quark, op_error)

/* --- errors */

/* Everything else that libvirt refuses is CAUSE_LIBVIRT. */
static const struct {
	int code; /* virErrorNumber */
	enum job_cause cause;
} causes[] = {
	{ VIR_ERR_NO_DOMAIN,         CAUSE_GONE        },
	{ VIR_ERR_OPERATION_INVALID, CAUSE_IMPOSSIBLE  },
	{ VIR_ERR_OPERATION_TIMEOUT, CAUSE_TIMEOUT     },
};

static enum job_cause
last_cause(void)
{
	int code = virGetLastErrorCode();

	for (size_t i = 0; i < G_N_ELEMENTS(causes); i++)
		if (causes[i].code == code)
			return causes[i].cause;
	return CAUSE_LIBVIRT;
}

/*
 * "cannot power on web1 on alpha: what libvirt says".  Where the connection broke, libvirt
 * says nothing, and what was asked for may or may not have happened.
 */
static bool
fail_libvirt(const struct op_run *run, virDomainPtr domain, const char *what,
    GError **error)
{
	g_autofree char *reason = g_strdup(virGetLastErrorMessage());
	enum job_cause cause = last_cause();

	if (virConnectIsAlive(virDomainGetConnect(domain)) == 1)
		g_set_error(error, OP_ERROR, (gint)cause, "cannot %s %s on %s: %s", what,
		    run->vm, run->node, reason);
	else
		g_set_error(error, OP_ERROR, CAUSE_UNREACHABLE,
		    "the connection to node %s broke while it was asked to %s %s", run->node,
		    what, run->vm);
	return false;
}

static bool
fail(const struct op_run *run, enum job_cause cause, const char *text, GError **error)
{
	g_set_error(error, OP_ERROR, (gint)cause, "%s %s on %s", run->vm, text, run->node);
	return false;
}

/* --- what the VM does now */

enum activity { ACTIVE, INACTIVE, NOT_KNOWN };

static enum activity
activity_of(virDomainPtr domain)
{
	int state = 0;

	if (virDomainGetState(domain, &state, NULL, 0) == 0)
		return state == VIR_DOMAIN_SHUTOFF ? INACTIVE : ACTIVE;
	/* a transient domain that stops is gone altogether */
	return virGetLastErrorCode() == VIR_ERR_NO_DOMAIN ? INACTIVE : NOT_KNOWN;
}

static virDomainPtr
find_domain(const struct op_run *run, GError **error)
{
	return backend_find_domain(run->backend, run->node, run->uuid, run->vm, error);
}

static virDomainPtr
find_active(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = find_domain(run, error);

	if (domain == NULL)
		return NULL;
	if (activity_of(domain) == INACTIVE) {
		fail(run, CAUSE_IMPOSSIBLE, "is already shut off", error);
		return NULL;
	}
	return g_steal_pointer(&domain);
}

/* --- operations */

static bool
power_on(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = find_domain(run, error);

	if (domain == NULL || !run->begin(run->context, error))
		return false;
	if (virDomainCreate(domain) != 0) {
		bool refused = fail_libvirt(run, domain, "power on", error);
		if (activity_of(domain) != ACTIVE)
			return refused;
		g_clear_error(error);
		return fail(run, CAUSE_IMPOSSIBLE, "is already running", error);
	}
	if (activity_of(domain) == INACTIVE)
		return fail(run, CAUSE_LIBVIRT, "stopped again right after it was started",
		    error);
	return true;
}

static bool
power_off(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = find_active(run, error);
	enum activity after;

	if (domain == NULL || !run->begin(run->context, error))
		return false;
	if (virDomainDestroyFlags(domain, 0) != 0) {
		bool refused = fail_libvirt(run, domain, "power off", error);
		if (activity_of(domain) != INACTIVE)
			return refused;
		g_clear_error(error); /* it went off by itself meanwhile */
		return true;
	}
	after = activity_of(domain);
	if (after == NOT_KNOWN)
		return fail_libvirt(run, domain, "see whether power is off for", error);
	return after == INACTIVE ||
	    fail(run, CAUSE_LIBVIRT, "still runs after its power was cut", error);
}

static bool
reset(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = find_active(run, error);

	if (domain == NULL || !run->begin(run->context, error))
		return false;
	if (virDomainReset(domain, 0) != 0)
		return fail_libvirt(run, domain, "reset", error);
	return activity_of(domain) != INACTIVE ||
	    fail(run, CAUSE_LIBVIRT, "is off after the reset", error);
}

/* Presses the button; an error counts only while the VM still runs. */
static bool
press_button(const struct op_run *run, virDomainPtr domain, GError **error)
{
	if (virDomainShutdown(domain) == 0)
		return true;
	fail_libvirt(run, domain, "shut down", error);
	if (activity_of(domain) != INACTIVE)
		return false;
	g_clear_error(error);
	return true;
}

/* The node may be away for a moment (a restart of libvirtd): look for the domain again. */
static enum activity
look_again(const struct op_run *run, virDomainPtr *domain)
{
	g_autoptr(GError) error = NULL;
	virDomainPtr found = find_domain(run, &error);

	if (found == NULL)
		return g_error_matches(error, OP_ERROR, CAUSE_GONE) ? INACTIVE : NOT_KNOWN;
	virDomainFree(*domain);
	*domain = found;
	return activity_of(found);
}

static bool
give_up(const struct op_run *run, enum activity last, int64_t waited_us, GError **error)
{
	if (last == NOT_KNOWN)
		g_set_error(error, OP_ERROR, CAUSE_UNREACHABLE,
		    "%s was asked to shut down, but node %s no longer answers: it is not "
		    "known whether it still runs", run->vm, run->node);
	else
		g_set_error(error, OP_ERROR, CAUSE_TIMEOUT,
		    "%s on %s still runs %" G_GINT64_FORMAT " s after it was asked to shut "
		    "down: the guest does not react", run->vm, run->node,
		    waited_us / G_USEC_PER_SEC);
	return false;
}

static bool
shut_down(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = find_active(run, error);
	int64_t start = g_get_monotonic_time(), pressed = start;

	if (domain == NULL || !run->begin(run->context, error) ||
	    !press_button(run, domain, error))
		return false;
	for (;;) {
		enum activity now = activity_of(domain);
		if (now == NOT_KNOWN)
			now = look_again(run, &domain);
		if (now == INACTIVE)
			return true;
		int64_t clock = g_get_monotonic_time();
		if (clock >= run->deadline)
			return give_up(run, now, clock - start, error);
		if (!run->pause(run->context, POLL_US, error))
			return false;
		if (now == ACTIVE && clock - pressed >= PRESS_AGAIN_US) {
			virDomainShutdown(domain); /* its failure shows in the state */
			pressed = clock;
		}
	}
}

#define ALIVE                                                                          \
	(OP_STATE(VM_RUNNING) | OP_STATE(VM_SHUTTING_DOWN) | OP_STATE(VM_SUSPENDED) |  \
	    OP_STATE(VM_UNKNOWN))

const struct op ops[] = {
	{ JOB_POWER_ON, "powered on", power_on,
	    OP_STATE(VM_SHUT_OFF) | OP_STATE(VM_CRASHED), 120, LEAVES_ACTIVE, false },
	{ JOB_SHUTDOWN, "shut down", shut_down,
	    ALIVE, 120, LEAVES_INACTIVE, true },
	{ JOB_POWER_OFF, "powered off", power_off,
	    ALIVE | OP_STATE(VM_PAUSED) | OP_STATE(VM_CRASHED), 60, LEAVES_INACTIVE, false },
	{ JOB_RESET, "reset", reset,
	    ALIVE | OP_STATE(VM_PAUSED) | OP_STATE(VM_CRASHED), 60, LEAVES_ANY, false },
	{ 0 },
};

const struct op *
op_find(int32_t type)
{
	for (const struct op *op = ops; op->type != 0; op++)
		if (op->type == type)
			return op;
	return NULL;
}
