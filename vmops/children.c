/* Jobs that another job has asked for. */
#include "vmops/children.h"

#include <string.h>

#define ROW_US    (10 * G_USEC_PER_SEC) /* for an accepted job to be shown */
#define LIST_MOST 190

enum child_state
child_look(const struct cluster *cluster, uint32_t number, int64_t asked,
    const struct job **row)
{
	const struct job *job = cluster_job(cluster, number);

	*row = job;
	if (job == NULL)
		return g_get_monotonic_time() - asked < ROW_US ? CHILD_OPEN : CHILD_FAILED;
	if (job->state == JOB_WAITING || job->state == JOB_RUNNING)
		return CHILD_OPEN;
	return job->state == JOB_SUCCEEDED ? CHILD_SUCCEEDED : CHILD_FAILED;
}

const char *
child_why(const struct job *row)
{
	if (row == NULL)
		return "nothing is known of its job";
	return row->error != NULL && row->error[0] != '\0' ? row->error
	    : enum_to_name(job_state_names, row->state);
}

void
op_show(const struct op_run *run, unsigned percent, const char *step)
{
	struct op_progress progress;

	op_progress_init(&progress);
	progress.percent = MIN(percent, 100);
	g_strlcpy(progress.step, step, sizeof(progress.step));
	run->report(run->context, &progress);
}

bool
op_end(enum job_cause cause, GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_clear_error(error);
	g_set_error_literal(error, OP_ERROR, (gint)cause, text);
	return false;
}

char *
op_list_failures(const char *what, const GPtrArray *names, const GPtrArray *whys)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < names->len; i++) {
		if (i > 0 && text->len + strlen(whys->pdata[i]) > LIST_MOST) {
			g_string_append_printf(text, "; and %u others", names->len - i);
			break;
		}
		g_string_append_printf(text, "%s%s%s%s: %s", i > 0 ? "; " : "",
		    (const char *)names->pdata[i], i == 0 && what[0] != '\0' ? " " : "",
		    i == 0 ? what : "", (const char *)whys->pdata[i]);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}
