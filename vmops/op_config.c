/* Operations: vCPUs, memory, autostart. */
#include "common/virt.h"
#include "vmops/ops.h"

#define LOOK_US    (250 * 1000)
#define AT_ONCE    "set at once"
#define NEXT_START "set for its next start: it cannot be changed while it runs"

/* Where something is set: in the running VM, in its definition. */
typedef int setter(virDomainPtr, unsigned amount, unsigned flags);

static int
set_vcpus(virDomainPtr domain, unsigned amount, unsigned flags)
{
	return virDomainSetVcpusFlags(domain, amount, flags);
}

static int
set_memory(virDomainPtr domain, unsigned amount, unsigned flags)
{
	return virDomainSetMemoryFlags(domain, (unsigned long)amount * 1024, flags);
}

/*
 * In the running VM where that can be, and in the definition where there is one.
 * `live`: the running VM was told.
 */
static bool
set_amount(const struct op_run *run, virDomainPtr domain, setter *set, const char *what,
    bool *live, GError **error)
{
	unsigned amount = run->request->amount;
	bool active = op_activity(domain) == ACTIVE;
	bool persistent = virDomainIsPersistent(domain) != 0;

	*live = active && set(domain, amount, VIR_DOMAIN_AFFECT_LIVE) == 0;
	if (!*live && !persistent)
		return op_fail_libvirt(run, domain, what, error);
	if (persistent && set(domain, amount, VIR_DOMAIN_AFFECT_CONFIG) != 0)
		return op_fail_libvirt(run, domain, what, error);
	op_step(run, *live ? AT_ONCE : active ? NEXT_START : "set");
	return true;
}

/* --- vCPUs */

bool
op_set_vcpus(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_domain(run, error);
	bool live;

	if (domain == NULL || !run->begin(run->context, error) ||
	    !set_amount(run, domain, set_vcpus, "set the vCPUs of", &live, error))
		return false;
	int now = virDomainGetVcpusFlags(domain,
	    live ? VIR_DOMAIN_AFFECT_LIVE : VIR_DOMAIN_AFFECT_CONFIG);
	if (now < 0)
		return op_fail_libvirt(run, domain, "see the vCPUs of", error);
	return now == (int)run->request->amount ||
	    op_fail(run, CAUSE_LIBVIRT, "has not the number of vCPUs that was set", error);
}

/* "1 to MOST" of what a VM can have; wrongValue. */
static bool
check_amount(const struct vm *vm, uint32_t amount, uint32_t most, const char *unit,
    GError **error)
{
	if (amount >= 1 && (most == ABSENT_U32 || amount <= most))
		return true;
	if (most == ABSENT_U32)
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
		    "%s cannot have %u %s", vm->name, amount, unit);
	else
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
		    "%s can have 1 to %u %s, not %u", vm->name, most, unit, amount);
	return false;
}

bool
op_check_vcpus(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct vm *vm = cluster_vm(cluster, request->object);

	return vm == NULL ||
	    check_amount(vm, request->amount, vm->vcpus_max, "vCPUs", error);
}

/* --- memory */

/* The balloon takes its time, and the guest may refuse. */
static bool
wait_for_balloon(const struct op_run *run, virDomainPtr domain, GError **error)
{
	virDomainInfo info;

	for (;;) {
		if (virDomainGetInfo(domain, &info) != 0)
			return op_fail_libvirt(run, domain, "see the memory of", error);
		if (info.memory / 1024 == run->request->amount)
			return true;
		if (g_get_monotonic_time() >= run->deadline)
			break;
		if (!run->pause(run->context, LOOK_US, error))
			return false;
	}
	g_set_error(error, OP_ERROR, CAUSE_TIMEOUT,
	    "%s on %s has %lu MiB instead of %u: the guest has not followed in time", run->name,
	    run->node, info.memory / 1024, run->request->amount);
	return false;
}

bool
op_set_memory(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_domain(run, error);
	bool live;

	if (domain == NULL || !run->begin(run->context, error) ||
	    !set_amount(run, domain, set_memory, "set the memory of", &live, error))
		return false;
	return !live || wait_for_balloon(run, domain, error);
}

bool
op_check_memory(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct vm *vm = cluster_vm(cluster, request->object);

	return vm == NULL || check_amount(vm, request->amount, vm->mem_max, "MiB", error);
}

/* --- autostart */

bool
op_set_autostart(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_domain(run, error);
	int wanted = run->request->amount == REQUEST_ON, now = -1;

	if (domain == NULL || !run->begin(run->context, error))
		return false;
	if (virDomainSetAutostart(domain, wanted) != 0)
		return op_fail_libvirt(run, domain, "set autostart of", error);
	if (virDomainGetAutostart(domain, &now) != 0)
		return op_fail_libvirt(run, domain, "see autostart of", error);
	return now == wanted ||
	    op_fail(run, CAUSE_LIBVIRT, "has not kept what autostart was set to", error);
}

bool
op_check_autostart(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	const struct app *app = cluster_vm_app(cluster, request->object);

	if (request->amount == REQUEST_ON && app != NULL)
		return request_refuse(error, REQUEST_IMPOSSIBLE, "%s starts when the cluster starts "
		    "the application %s, never with its node as well", request->name, app->name);
	if (request->amount == REQUEST_ON || request->amount == REQUEST_OFF)
		return op_check_persistent(cluster, request, now, error);
	g_set_error_literal(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
	    "autostart is on or off");
	return false;
}
