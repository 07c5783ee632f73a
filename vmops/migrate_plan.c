/* Live migration: URIs, flags, figures, and what became of it. */
#include <string.h>

#include "common/virt.h"
#include "model/value.h"
#include "vmops/migrate.h"

/* --- how the target is reached */

/* As libvirt's schemes are: "qemu+tcp" goes to another host, "qemu+unix" does not. */
static bool
has_transport(const char *uri, const char *const *transports)
{
	g_autofree char *scheme = g_uri_parse_scheme(uri);
	const char *plus = scheme == NULL ? NULL : strchr(scheme, '+');

	return plus != NULL && g_strv_contains(transports, plus + 1);
}

/*
 * ssh is left out of what is derived: that we may log in there does not mean that the
 * source host may.
 */
void
migrate_route(const char *migrate_uri, const char *uri, struct migrate_route *out)
{
	static const char *const remote[] = { "tcp", "tls", NULL };
	static const char *const streams[] = { "tcp", "rdma", "unix", NULL };
	g_autofree char *scheme = g_uri_parse_scheme(migrate_uri);

	*out = (struct migrate_route){ NULL, NULL };
	if (scheme != NULL && g_strv_contains(streams, scheme))
		out->stream = g_strdup(migrate_uri);
	else if (*migrate_uri != '\0')
		out->peer = g_strdup(migrate_uri);
	else if (has_transport(uri, remote))
		out->peer = g_strdup(uri);
}

/* --- flags */

unsigned
migrate_flags(const struct migrate_how *how)
{
	const struct {
		bool wanted;
		unsigned flags;
	} table[] = {
		{ true, VIR_MIGRATE_LIVE | VIR_MIGRATE_ABORT_ON_ERROR },
		{ how->persistent, VIR_MIGRATE_PERSIST_DEST | VIR_MIGRATE_UNDEFINE_SOURCE },
		{ how->peer_to_peer, VIR_MIGRATE_PEER2PEER },
		{ how->copies, VIR_MIGRATE_NON_SHARED_DISK },
		{ how->declared, VIR_MIGRATE_UNSAFE },
		{ how->flags & REQUEST_POSTCOPY, VIR_MIGRATE_POSTCOPY },
		{ how->flags & REQUEST_AUTO_CONVERGE, VIR_MIGRATE_AUTO_CONVERGE },
	};
	unsigned flags = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
		flags |= table[i].wanted ? table[i].flags : 0;
	return flags;
}

/* --- figures */

static uint64_t
figure(const virTypedParameter *params, int n, const char *name)
{
	uint64_t value = 0;

	for (int i = 0; i < n; i++)
		if (strcmp(params[i].field, name) == 0 && virt_param_u64(&params[i], &value))
			return value;
	return ABSENT_U64;
}

static uint64_t
or_zero(uint64_t value)
{
	return value == ABSENT_U64 ? 0 : value;
}

static uint32_t
to_u32(uint64_t value)
{
	return value == ABSENT_U64 ? ABSENT_U32 : (uint32_t)MIN(value, ABSENT_U32 - 1);
}

/* What libvirt does not tell of disks: from two looks. */
static uint64_t
rate_since(const struct migrate_meter *meter, uint64_t processed, int64_t now)
{
	if (meter->at_us == 0 || now <= meter->at_us || processed < meter->processed)
		return ABSENT_U64;
	return (processed - meter->processed) * G_USEC_PER_SEC / (uint64_t)(now - meter->at_us);
}

/* Never back, although a busy guest makes new work; never all before it is over. */
static uint32_t
percent_of(const struct migrate_meter *meter, uint64_t total, uint64_t remaining)
{
	uint64_t percent = total == 0 || remaining > total ? 0
	    : 100 - (uint64_t)((double)remaining * 100 / (double)total + 0.5);

	return (uint32_t)CLAMP(percent, meter->percent, 99);
}

static int32_t
eta_of(uint64_t remaining, uint64_t rate, uint64_t dirty)
{
	if (rate == ABSENT_U64 || rate <= or_zero(dirty))
		return -1;
	uint64_t seconds = remaining / (rate - or_zero(dirty));
	return seconds > INT32_MAX ? -1 : (int32_t)seconds;
}

static void
describe(const struct migrate_meter *meter, const struct op_progress *p, bool memory,
    uint64_t disks, char *out, size_t size)
{
	if (meter->postcopy)
		g_strlcpy(out, "post-copy: it runs there, its memory follows", size);
	else if (disks > 0)
		g_strlcpy(out, memory ? "copying disks and memory" : "copying disks", size);
	else if (!memory)
		g_strlcpy(out, "beginning", size);
	else if (p->iteration == ABSENT_U32 || p->iteration <= 1)
		g_strlcpy(out, "copying memory", size);
	else
		g_snprintf(out, (gulong)size, "copying memory, pass %u", p->iteration);
}

void
migrate_measure(struct migrate_meter *meter, const virTypedParameter *params, int n,
    int64_t now, struct op_progress *out)
{
	uint64_t total = or_zero(figure(params, n, VIR_DOMAIN_JOB_DATA_TOTAL));
	uint64_t processed = or_zero(figure(params, n, VIR_DOMAIN_JOB_DATA_PROCESSED));
	uint64_t remaining = or_zero(figure(params, n, VIR_DOMAIN_JOB_DATA_REMAINING));
	uint64_t pages = figure(params, n, VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE);
	uint64_t size = figure(params, n, VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE);
	uint64_t rate = figure(params, n, VIR_DOMAIN_JOB_MEMORY_BPS);
	uint64_t disks = or_zero(figure(params, n, VIR_DOMAIN_JOB_DISK_REMAINING));
	bool memory = or_zero(figure(params, n, VIR_DOMAIN_JOB_MEMORY_TOTAL)) > 0;
	uint64_t dirty = pages == ABSENT_U64 || size == ABSENT_U64 ? ABSENT_U64 : pages * size;

	if (or_zero(rate) == 0 || disks > 0)
		rate = rate_since(meter, processed, now);
	op_progress_init(out);
	out->processed = processed;
	out->remaining = remaining;
	out->rate = to_u32(rate);
	out->dirty_rate = to_u32(dirty);
	out->iteration = to_u32(figure(params, n, VIR_DOMAIN_JOB_MEMORY_ITERATION));
	out->downtime_ms = to_u32(figure(params, n, VIR_DOMAIN_JOB_DOWNTIME));
	out->percent = percent_of(meter, total, remaining);
	out->eta = total == 0 ? -1 : eta_of(remaining, rate, dirty);
	describe(meter, out, memory, disks, out->step, sizeof(out->step));
	meter->at_us = now;
	meter->processed = processed;
	meter->percent = out->percent;
}

void
migrate_conclude(const virTypedParameter *params, int n, struct op_progress *out,
    uint64_t *total_ms)
{
	uint64_t processed = figure(params, n, VIR_DOMAIN_JOB_DATA_PROCESSED);

	if (processed != ABSENT_U64)
		out->processed = MAX(processed, or_zero(out->processed));
	out->remaining = 0;
	out->rate = to_u32(figure(params, n, VIR_DOMAIN_JOB_MEMORY_BPS));
	out->iteration = to_u32(figure(params, n, VIR_DOMAIN_JOB_MEMORY_ITERATION));
	out->downtime_ms = to_u32(figure(params, n, VIR_DOMAIN_JOB_DOWNTIME));
	out->eta = -1;
	*total_ms = figure(params, n, VIR_DOMAIN_JOB_TIME_ELAPSED);
}

/* --- what became of it */

static bool
is_alive(enum half half)
{
	return half == HALF_PAUSED || half == HALF_RUNNING || half == HALF_BROKEN;
}

enum outcome
migrate_judge(enum half was, enum half source, enum half target)
{
	if (source == HALF_UNKNOWN || target == HALF_UNKNOWN)
		return OUTCOME_UNKNOWN;
	if (source == HALF_BROKEN || target == HALF_BROKEN)
		return OUTCOME_BROKEN;
	if (source == HALF_RUNNING && target == HALF_RUNNING)
		return OUTCOME_BOTH;
	if (is_alive(source) && is_alive(target))
		return OUTCOME_MOVING;
	if (is_alive(target))
		return OUTCOME_MOVED;
	if (!is_alive(source))
		return OUTCOME_NEITHER;
	return was == HALF_RUNNING && source == HALF_PAUSED ? OUTCOME_HELD : OUTCOME_STAYED;
}
