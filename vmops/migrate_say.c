/* Live migration: its sentences. */
#include "common/virt.h"
#include "vmops/migrate_private.h"

bool
migrate_refuse(const struct migration *m, enum job_cause cause, GError **error,
    const char *why, ...)
{
	va_list args;

	va_start(args, why);
	g_autofree char *reason = g_strdup_vprintf(why, args);
	va_end(args);
	if (error != NULL)
		g_clear_error(error); /* what went wrong last is what matters */
	g_set_error(error, OP_ERROR, (gint)cause, "cannot migrate %s from %s to %s: %s",
	    m->run->name, m->run->node, m->to, reason);
	return false;
}

bool
migrate_refuse_libvirt(const struct migration *m, GError **error, const char *what)
{
	g_autofree char *reason = g_strdup(virGetLastErrorMessage());

	return migrate_refuse(m, CAUSE_LIBVIRT, error, "%s: %s", what, reason);
}

void
migrate_step(struct migration *m, const char *step, ...)
{
	va_list args;

	va_start(args, step);
	g_vsnprintf(m->progress.step, sizeof(m->progress.step), step, args);
	va_end(args);
	m->run->report(m->run->context, &m->progress);
}

/* --- what is true in the end */

static const char *
truth_of(enum outcome outcome)
{
	static const char *const truths[] = {
		[OUTCOME_STAYED] = "it stays on %1$s as it was",
		[OUTCOME_HELD] = "it stands still on %1$s: resume it there",
		[OUTCOME_BROKEN] = "post-copy broke off, its memory is partly on %1$s and partly "
				   "on %2$s, where it stands still: power neither off before "
				   "\"virsh migrate --postcopy-resume\" was tried",
		[OUTCOME_BOTH] = "it RUNS ON BOTH %1$s and %2$s: power one of them off at once",
		[OUTCOME_NEITHER] = "it runs neither on %1$s nor on %2$s",
		[OUTCOME_MOVING] = "both %1$s and %2$s still have a half of it",
		[OUTCOME_UNKNOWN] = "%1$s or %2$s does not answer: it is not known where it runs",
	};

	return truths[outcome];
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
char *
migrate_truth(const struct migration *m, enum outcome outcome)
{
	return g_strdup_printf(truth_of(outcome), m->run->node, m->to);
}
#pragma GCC diagnostic pop
