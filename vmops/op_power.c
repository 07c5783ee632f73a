/* Operations: power on and off, reset, power cycle. */
#include "vmops/ops.h"

#include "common/virt.h"

/* Starts it, or lets it go on from its saved state. */
static bool
power_on(const struct op_run *run, virDomainPtr domain, GError **error)
{
	if (virDomainHasManagedSaveImage(domain, 0) == 1)
		op_step(run, "restoring the saved state");
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
op_power_on(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_domain(run, error);

	return domain != NULL && run->begin(run->context, error) &&
	    power_on(run, domain, error);
}

bool
op_cut_power(const struct op_run *run, virDomainPtr domain, GError **error)
{
	enum activity after;

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
op_power_off(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_active(run, error);

	return domain != NULL && run->begin(run->context, error) &&
	    op_cut_power(run, domain, error);
}

bool
op_power_cycle(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_active(run, error);

	if (domain == NULL || !run->begin(run->context, error))
		return false;
	op_step(run, "cutting its power");
	if (!op_cut_power(run, domain, error))
		return false;
	op_step(run, "powering on");
	if (power_on(run, domain, error))
		return true;
	g_prefix_error(error, "the power is off now, but: ");
	return false;
}

bool
op_check_persistent(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	const struct vm *vm = cluster_vm(cluster, request->object);

	if (vm == NULL || vm->persistent != 0)
		return true;
	g_set_error(error, REQUEST_ERROR, REQUEST_IMPOSSIBLE,
	    "%s is transient: nothing of it is left once it is off", vm->name);
	return false;
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
