/* Operations that ask the guest: shutdown, reboot, the power button. */
#include "vmops/ops.h"

#include "common/sync.h"
#include "common/virt.h"

#define POLL_US        (250 * 1000)
#define PRESS_AGAIN_US (4 * G_USEC_PER_SEC) /* a press before the guest's acpid runs is lost */

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

/* --- shutdown */

/* Presses the button; an error counts only while the VM still runs. */
static bool
ask_for_shutdown(const struct op_run *run, virDomainPtr domain, GError **error)
{
	if (virDomainShutdown(domain) == 0)
		return true;
	op_fail_libvirt(run, domain, "shut down", error);
	if (op_activity(domain) != INACTIVE)
		return false;
	g_clear_error(error);
	return true;
}

/* An agent that accepts may do nothing: the button every second time.  Failure shows. */
static void
ask_again(virDomainPtr domain, unsigned times)
{
	if (times % 2 == 0 ||
	    virDomainShutdownFlags(domain, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN) != 0)
		virDomainShutdown(domain);
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

static bool
wait_until_off(const struct op_run *run, virDomainPtr *domain, GError **error)
{
	int64_t start = g_get_monotonic_time(), pressed = start;

	for (unsigned times = 1;;) {
		enum activity now = op_activity(*domain);
		if (now == NOT_KNOWN)
			now = look_again(run, domain);
		if (now == INACTIVE)
			return true;
		int64_t clock = g_get_monotonic_time();
		if (clock >= run->deadline)
			return give_up(run, now, clock - start, error);
		if (!run->pause(run->context, POLL_US, error))
			return false;
		if (now == ACTIVE && clock - pressed >= PRESS_AGAIN_US) {
			ask_again(*domain, times++);
			pressed = clock;
		}
	}
}

bool
op_shut_down(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_active(run, error);

	return domain != NULL && run->begin(run->context, error) &&
	    ask_for_shutdown(run, domain, error) && wait_until_off(run, &domain, error);
}

bool
op_shut_down_then_off(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_active(run, error);
	g_autoptr(GError) why = NULL;

	if (domain == NULL || !run->begin(run->context, error))
		return false;
	op_step(run, "waiting for the guest to shut down");
	if (ask_for_shutdown(run, domain, &why) && wait_until_off(run, &domain, &why))
		return true;
	if (why->code == CAUSE_CANCELLED || why->code == CAUSE_RESTART ||
	    why->code == CAUSE_UNREACHABLE) {
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	op_step(run, "the guest did not react: cutting its power");
	return op_cut_power(run, domain, error);
}

bool
op_press_button(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_active(run, error);

	if (domain == NULL || !run->begin(run->context, error))
		return false;
	return virDomainShutdownFlags(domain, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN) == 0 ||
	    op_fail_libvirt(run, domain, "press the power button of", error);
}

/* --- reboot */

/* Shared with libvirt's event thread. */
struct watch {
	refcount refs;
	_Atomic bool seen;
};

static void
watch_unref(void *data)
{
	struct watch *watch = data;

	if (ref_drop(&watch->refs))
		g_free(watch);
}

static void
note_reboot(virConnectPtr connection, virDomainPtr domain, void *data)
{
	struct watch *watch = data;

	atomic_store(&watch->seen, true);
}

/* Where the driver has no such event, a container's new number tells. */
static int
watch_for_reboot(virDomainPtr domain, struct watch *watch)
{
	ref_take(&watch->refs);
	int id = virConnectDomainEventRegisterAny(virDomainGetConnect(domain), domain,
	    VIR_DOMAIN_EVENT_ID_REBOOT, VIR_DOMAIN_EVENT_CALLBACK(note_reboot), watch,
	    watch_unref);
	if (id < 0)
		watch_unref(watch);
	return id;
}

/* The number that the domain has while it runs, of now. */
static unsigned
number_of_run(virDomainPtr domain)
{
	char uuid[VIR_UUID_STRING_BUFLEN];

	if (virDomainGetUUIDString(domain, uuid) != 0)
		return 0;
	g_autoptr(virDomain) fresh =
	    virDomainLookupByUUIDString(virDomainGetConnect(domain), uuid);
	return fresh == NULL ? 0 : virDomainGetID(fresh);
}

static bool
fail_reboot(const struct op_run *run, enum activity now, int64_t waited_us, GError **error)
{
	if (now == NOT_KNOWN)
		g_set_error(error, OP_ERROR, CAUSE_UNREACHABLE,
		    "the connection to node %s broke while %s rebooted: it is not known "
		    "whether it has", run->node, run->name);
	else if (now == INACTIVE)
		op_fail(run, CAUSE_LIBVIRT, "is off instead of rebooted: that is what the "
		    "guest did, or what on_reboot of its definition says", error);
	else
		g_set_error(error, OP_ERROR, CAUSE_TIMEOUT,
		    "%s on %s has not restarted %" G_GINT64_FORMAT " s after it was asked "
		    "to: the guest does not react", run->name, run->node,
		    waited_us / G_USEC_PER_SEC);
	return false;
}

static bool
wait_until_rebooted(const struct op_run *run, virDomainPtr domain, struct watch *watch,
    GError **error)
{
	int64_t start = g_get_monotonic_time(), asked = start;
	unsigned number = virDomainGetID(domain), off = 0;

	for (;;) {
		enum activity now = op_activity(domain);
		unsigned fresh = now == ACTIVE ? number_of_run(domain) : number;
		if (atomic_load(&watch->seen) || (fresh != number && fresh != 0 &&
			fresh != (unsigned)-1))
			return true;
		off = now == INACTIVE ? off + 1 : 0; /* a container is, for a moment */
		int64_t clock = g_get_monotonic_time();
		if (now == NOT_KNOWN || off > 8 || clock >= run->deadline)
			return fail_reboot(run, now, clock - start, error);
		if (!run->pause(run->context, POLL_US, error))
			return false;
		if (now == ACTIVE && clock - asked >= PRESS_AGAIN_US) {
			if (!atomic_load(&watch->seen))
				virDomainReboot(domain, 0); /* its failure shows */
			asked = clock;
		}
	}
}

bool
op_reboot(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_active(run, error);
	struct watch *watch;

	if (domain == NULL || !run->begin(run->context, error))
		return false;
	watch = g_new0(struct watch, 1);
	atomic_init(&watch->refs, 1);
	int id = watch_for_reboot(domain, watch);
	bool done = virDomainReboot(domain, 0) == 0
	    ? wait_until_rebooted(run, domain, watch, error)
	    : op_fail_libvirt(run, domain, "reboot", error);
	if (id >= 0)
		virConnectDomainEventDeregisterAny(virDomainGetConnect(domain), id);
	watch_unref(watch);
	return done;
}
