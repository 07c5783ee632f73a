/* Operations: power on and off, reset, shutdown. */
#include "vmops/ops.h"

#include "common/virt.h"

#define POLL_US         (250 * 1000)
#define PRESS_AGAIN_US  (4 * G_USEC_PER_SEC) /* a press before the guest's acpid runs is lost */

bool
op_power_on(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_domain(run, error);

	if (domain == NULL || !run->begin(run->context, error))
		return false;
	if (virDomainCreate(domain) != 0) {
		bool refused = op_fail_libvirt(run, domain, "power on", error);
		if (op_activity(domain) != ACTIVE)
			return refused;
		g_clear_error(error);
		return op_fail(run, CAUSE_IMPOSSIBLE, "is already running", error);
	}
	if (op_activity(domain) == INACTIVE)
		return op_fail(run, CAUSE_LIBVIRT, "stopped again right after it was started",
		    error);
	return true;
}

bool
op_power_off(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_active(run, error);
	enum activity after;

	if (domain == NULL || !run->begin(run->context, error))
		return false;
	if (virDomainDestroyFlags(domain, 0) != 0) {
		bool refused = op_fail_libvirt(run, domain, "power off", error);
		if (op_activity(domain) != INACTIVE)
			return refused;
		g_clear_error(error); /* it went off by itself meanwhile */
		return true;
	}
	after = op_activity(domain);
	if (after == NOT_KNOWN)
		return op_fail_libvirt(run, domain, "see whether power is off for", error);
	return after == INACTIVE ||
	    op_fail(run, CAUSE_LIBVIRT, "still runs after its power was cut", error);
}

bool
op_reset(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_active(run, error);

	if (domain == NULL || !run->begin(run->context, error))
		return false;
	if (virDomainReset(domain, 0) != 0)
		return op_fail_libvirt(run, domain, "reset", error);
	return op_activity(domain) != INACTIVE ||
	    op_fail(run, CAUSE_LIBVIRT, "is off after the reset", error);
}

/* Presses the button; an error counts only while the VM still runs. */
static bool
press_button(const struct op_run *run, virDomainPtr domain, GError **error)
{
	if (virDomainShutdown(domain) == 0)
		return true;
	op_fail_libvirt(run, domain, "shut down", error);
	if (op_activity(domain) != INACTIVE)
		return false;
	g_clear_error(error);
	return true;
}

/* The node may be away for a moment (a restart of libvirtd): look for the domain again. */
static enum activity
look_again(const struct op_run *run, virDomainPtr *domain)
{
	g_autoptr(GError) error = NULL;
	virDomainPtr found = op_find_domain(run, &error);

	if (found == NULL)
		return g_error_matches(error, OP_ERROR, CAUSE_GONE) ? INACTIVE : NOT_KNOWN;
	virDomainFree(*domain);
	*domain = found;
	return op_activity(found);
}

static bool
give_up(const struct op_run *run, enum activity last, int64_t waited_us, GError **error)
{
	if (last == NOT_KNOWN)
		g_set_error(error, OP_ERROR, CAUSE_UNREACHABLE,
		    "%s was asked to shut down, but node %s no longer answers: it is not "
		    "known whether it still runs", run->name, run->node);
	else
		g_set_error(error, OP_ERROR, CAUSE_TIMEOUT,
		    "%s on %s still runs %" G_GINT64_FORMAT " s after it was asked to shut "
		    "down: the guest does not react", run->name, run->node,
		    waited_us / G_USEC_PER_SEC);
	return false;
}

bool
op_shut_down(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_active(run, error);
	int64_t start = g_get_monotonic_time(), pressed = start;

	if (domain == NULL || !run->begin(run->context, error) ||
	    !press_button(run, domain, error))
		return false;
	for (;;) {
		enum activity now = op_activity(domain);
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
