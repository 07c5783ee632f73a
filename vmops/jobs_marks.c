/* Nodes out of service: kept beside the jobs, shown by compose. */
#include "vmops/jobs_private.h"

#include <string.h>

bool
jobs_restore_marks(struct jobs *jobs, GError **error)
{
	return job_log_load_marks(jobs->log, jobs->marks, error);
}

/* Holding the lock. */
static void
remove_mark(struct jobs *jobs, uint32_t node)
{
	for (guint i = jobs->marks->len; i > 0; i--)
		if (g_array_index(jobs->marks, struct mark_record, i - 1).node == node)
			g_array_remove_index(jobs->marks, i - 1);
}

void
jobs_mark(struct jobs *jobs, uint32_t node, const char *reason)
{
	struct mark_record mark = { .node = node, .since_at = g_get_real_time() };

	LOCK_SCOPE(&jobs->lock);
	for (guint i = 0; reason != NULL && i < jobs->marks->len; i++)
		if (g_array_index(jobs->marks, struct mark_record, i).node == node)
			return; /* the first reason stays */
	remove_mark(jobs, node);
	if (reason != NULL) {
		g_strlcpy(mark.reason, reason, sizeof(mark.reason));
		job_text_clean(mark.reason, sizeof(mark.reason));
		g_array_append_val(jobs->marks, mark);
	}
	jobs->marks_dirty = jobs->changed = true;
	jobs_wake(jobs);
}

bool
jobs_save_marks(struct jobs *jobs, GError **error)
{
	pthread_mutex_lock(&jobs->lock);
	bool dirty = jobs->marks_dirty;
	g_autoptr(GArray) marks = g_array_copy(jobs->marks);
	jobs->marks_dirty = false;
	pthread_mutex_unlock(&jobs->lock);
	if (!dirty || job_log_write_marks(jobs->log, marks, error))
		return true;
	LOCK_SCOPE(&jobs->lock);
	jobs->marks_dirty = true;
	return false;
}

void
jobs_add_marks(struct jobs *jobs, struct part *part)
{
	LOCK_SCOPE(&jobs->lock);
	for (guint i = 0; i < jobs->marks->len; i++) {
		const struct mark_record *mark =
		    &g_array_index(jobs->marks, struct mark_record, i);
		struct node_mark *row = part_add(part, ROWS_MARK);
		row->h.index = mark->node;
		row->reason = part_text(part, mark->reason);
		row->since_at = mark->since_at;
	}
}
