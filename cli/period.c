/* The period that a graph, or numbers, are about. */
#include "cli/period.h"

#include "cli/span.h"

#define DEFAULT_SPAN 3600

static bool
usage(GError **error, const char *verb, const char *why)
{
	g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "%s: %s", verb, why);
	return false;
}

bool
period_get(const struct options *o, const char *verb, struct period *p, GError **error)
{
	int64_t now = g_get_real_time() / G_USEC_PER_SEC, span = DEFAULT_SPAN;

	if (o->from != NULL && o->to != NULL && o->span != NULL)
		return usage(error, verb, "--from, --to and --span are one too many");
	if ((o->span != NULL && !span_parse(o->span, &span, error)) ||
	    (o->from != NULL && !time_parse(o->from, now, &p->from, error)) ||
	    (o->to != NULL && !time_parse(o->to, now, &p->to, error)))
		return false;
	if (o->to == NULL)
		p->to = o->from != NULL && o->span != NULL ? p->from + span : now;
	if (o->from == NULL)
		p->from = p->to - span;
	return p->from < p->to || usage(error, verb, "it ends before it begins");
}
