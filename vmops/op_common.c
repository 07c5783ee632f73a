/* What operations have in common: finding domains, failing in one sentence. */
#include "vmops/ops.h"

#include "common/virt.h"
#include "model/value.h"

G_DEFINE_QUARK(vcl-op-error-quark, op_error)

void
op_progress_init(struct op_progress *progress)
{
	*progress = (struct op_progress){
		.processed = ABSENT_U64, .remaining = ABSENT_U64,
		.rate = ABSENT_U32, .dirty_rate = ABSENT_U32, .iteration = ABSENT_U32,
		.eta = -1, .downtime_ms = ABSENT_U32,
	};
}

bool
op_refuse(GError **error, enum job_cause cause, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error_literal(error, OP_ERROR, (gint)cause, text);
	return false;
}

void
op_step(const struct op_run *run, const char *step)
{
	struct op_progress progress;

	op_progress_init(&progress);
	g_strlcpy(progress.step, step, sizeof(progress.step));
	run->report(run->context, &progress);
}

/* --- what libvirt says of a job of its own */

static void
take_u64(virTypedParameterPtr params, int n, const char *field, uint64_t *out)
{
	unsigned long long value;

	if (virTypedParamsGetULLong(params, n, field, &value) == 1)
		*out = value;
}

static uint32_t
clip(uint64_t value)
{
	return value == ABSENT_U64 ? ABSENT_U32 : (uint32_t)MIN(value, ABSENT_U32 - 1);
}

static uint32_t
share_done(uint64_t processed, uint64_t total)
{
	if (processed == ABSENT_U64 || total == ABSENT_U64 || total == 0)
		return 0;
	return (uint32_t)MIN((double)processed * 100 / (double)total, 99);
}

void
op_progress_stats(struct op_progress *progress, virTypedParameterPtr params, int n)
{
	uint64_t total = ABSENT_U64, rate = ABSENT_U64;

	take_u64(params, n, VIR_DOMAIN_JOB_DATA_TOTAL, &total);
	take_u64(params, n, VIR_DOMAIN_JOB_DATA_PROCESSED, &progress->processed);
	take_u64(params, n, VIR_DOMAIN_JOB_DATA_REMAINING, &progress->remaining);
	take_u64(params, n, VIR_DOMAIN_JOB_MEMORY_BPS, &rate);
	progress->rate = clip(rate);
	progress->percent = share_done(progress->processed, total);
	if (rate != ABSENT_U64 && rate > 0 && progress->remaining != ABSENT_U64)
		progress->eta = (int32_t)MIN(progress->remaining / rate, INT32_MAX);
}

/* --- errors */

/* Everything else that libvirt refuses is CAUSE_LIBVIRT. */
static const struct {
	int code; /* virErrorNumber */
	enum job_cause cause;
} causes[] = {
	{ VIR_ERR_NO_DOMAIN,         CAUSE_GONE        },
	{ VIR_ERR_NO_STORAGE_POOL,   CAUSE_GONE        },
	{ VIR_ERR_NO_STORAGE_VOL,    CAUSE_GONE        },
	{ VIR_ERR_OPERATION_INVALID, CAUSE_IMPOSSIBLE  },
	{ VIR_ERR_OPERATION_TIMEOUT, CAUSE_TIMEOUT     },
	{ VIR_ERR_NO_SUPPORT,        CAUSE_IMPOSSIBLE  },
};

static enum job_cause
cause_of(int code)
{

	for (size_t i = 0; i < G_N_ELEMENTS(causes); i++)
		if (causes[i].code == code)
			return causes[i].cause;
	return CAUSE_LIBVIRT;
}

bool
op_fail_connection(virConnectPtr connection, const char *node, const char *what, int code,
    const char *reason, GError **error)
{
	if (code == VIR_ERR_NO_SUPPORT)
		reason = "its libvirt driver has no such function";
	if (virConnectIsAlive(connection) == 1)
		g_set_error(error, OP_ERROR, (gint)cause_of(code), "cannot %s on %s: %s", what,
		    node, reason);
	else
		g_set_error(error, OP_ERROR, CAUSE_UNREACHABLE,
		    "the connection to node %s broke while it was asked to %s", node, what);
	return false;
}

bool
op_fail_reason(const struct op_run *run, virDomainPtr domain, const char *what, int code,
    const char *reason, GError **error)
{
	g_autofree char *named = g_strdup_printf("%s %s", what, run->name);

	return op_fail_connection(virDomainGetConnect(domain), run->node, named, code, reason,
	    error);
}

bool
op_fail_libvirt(const struct op_run *run, virDomainPtr domain, const char *what,
    GError **error)
{
	int code = virGetLastErrorCode();
	g_autofree char *reason = g_strdup(virGetLastErrorMessage());

	return op_fail_reason(run, domain, what, code, reason, error);
}

bool
op_fail_on(const struct op_run *run, virConnectPtr connection, const char *node,
    const char *what, GError **error)
{
	int code = virGetLastErrorCode();
	g_autofree char *reason = g_strdup(virGetLastErrorMessage());

	return op_fail_connection(connection, node, what, code, reason, error);
}

bool
op_fail(const struct op_run *run, enum job_cause cause, const char *text, GError **error)
{
	g_set_error(error, OP_ERROR, (gint)cause, "%s %s on %s", run->name, text, run->node);
	return false;
}

/* --- what the VM does now */

enum activity
op_activity(virDomainPtr domain)
{
	int state = 0;

	if (virDomainGetState(domain, &state, NULL, 0) == 0)
		return state == VIR_DOMAIN_SHUTOFF ? INACTIVE : ACTIVE;
	/* a transient domain that stops is gone altogether */
	return virGetLastErrorCode() == VIR_ERR_NO_DOMAIN ? INACTIVE : NOT_KNOWN;
}

virDomainPtr
op_find_domain(const struct op_run *run, GError **error)
{
	return backend_find_domain(run->backend, run->node, run->uuid, run->name, error);
}

virDomainPtr
op_find_active(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_domain(run, error);

	if (domain == NULL)
		return NULL;
	if (op_activity(domain) == INACTIVE) {
		op_fail(run, CAUSE_IMPOSSIBLE, "is already shut off", error);
		return NULL;
	}
	return g_steal_pointer(&domain);
}
