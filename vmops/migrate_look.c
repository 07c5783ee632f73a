/* Live migration: what each of the two hosts says of the VM, and what is true then. */
#include "common/virt.h"
#include "vmops/migrate_private.h"

#define SETTLE_US (20 * G_USEC_PER_SEC) /* for both hosts to say what is true */
#define AGAIN_US  (300 * 1000)

enum half
migrate_half(int state, int reason)
{
	static const enum half halves[] = {
		[VIR_DOMAIN_NOSTATE] = HALF_UNKNOWN, [VIR_DOMAIN_RUNNING] = HALF_RUNNING,
		[VIR_DOMAIN_BLOCKED] = HALF_RUNNING, [VIR_DOMAIN_PAUSED] = HALF_PAUSED,
		[VIR_DOMAIN_SHUTDOWN] = HALF_RUNNING, [VIR_DOMAIN_SHUTOFF] = HALF_OFF,
		[VIR_DOMAIN_CRASHED] = HALF_PAUSED, [VIR_DOMAIN_PMSUSPENDED] = HALF_PAUSED,
	};

	if (state == VIR_DOMAIN_PAUSED && reason == VIR_DOMAIN_PAUSED_POSTCOPY_FAILED)
		return HALF_BROKEN;
	if (state == VIR_DOMAIN_RUNNING && reason == VIR_DOMAIN_RUNNING_POSTCOPY_FAILED)
		return HALF_BROKEN;
	return state >= 0 && (size_t)state < G_N_ELEMENTS(halves) ? halves[state]
								  : HALF_UNKNOWN;
}

struct migrate_sight
migrate_look(const struct migration *m, const char *node)
{
	const struct op_run *run = m->run;
	struct migrate_sight seen = { HALF_UNKNOWN, 0 };
	g_autoptr(GError) error = NULL;
	g_autoptr(virDomain) domain =
	    backend_find_domain(run->backend, node, run->uuid, run->name, &error);
	int state;

	if (domain == NULL)
		seen.half = g_error_matches(error, OP_ERROR, CAUSE_GONE) ? HALF_ABSENT
									  : HALF_UNKNOWN;
	else if (virDomainGetState(domain, &state, &seen.reason, 0) == 0)
		seen.half = migrate_half(state, seen.reason);
	else if (virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
		seen.half = HALF_ABSENT;
	return seen;
}

/* Both halves stood still when somebody died; the other one is gone: it may go on. */
static bool
resume_held(const struct migration *m)
{
	const struct op_run *run = m->run;
	g_autoptr(virDomain) domain = op_find_domain(run, NULL);

	return domain != NULL && virDomainResume(domain) == 0;
}

enum outcome
migrate_settle(const struct migration *m)
{
	const struct op_run *run = m->run;
	int64_t until = g_get_monotonic_time() + SETTLE_US;
	int64_t half_time = until - SETTLE_US / 2;

	for (;;) {
		struct migrate_sight source = migrate_look(m, run->node);
		struct migrate_sight target = migrate_look(m, m->to);
		enum outcome outcome = migrate_judge(m->was, source.half, target.half);
		int64_t now = g_get_monotonic_time();
		if (outcome == OUTCOME_HELD && now > half_time &&
		    source.reason == VIR_DOMAIN_PAUSED_MIGRATION && resume_held(m))
			continue;
		if (outcome == OUTCOME_MOVED || outcome == OUTCOME_STAYED ||
		    outcome == OUTCOME_BROKEN || now >= until)
			return outcome;
		run->alive(run->context);
		g_usleep(AGAIN_US);
	}
}
