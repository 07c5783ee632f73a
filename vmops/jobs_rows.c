/* The job manager's rows. */
#include "vmops/jobs_private.h"

static void
add_job(struct part *part, const struct cluster *cluster, const struct job_record *record)
{
	const struct request *request = &record->request;
	const struct op_progress *progress = &record->progress;
	uint32_t aim = record->aim != 0 ? record->aim : request->target;
	const struct node *target = cluster_node(cluster, aim);
	g_autofree char *options = request_options_text(request);
	struct job *job = part_add(part, ROWS_JOB);

	job->h.index = record->number;
	job->type = request->type;
	job->kind = request->kind;
	job->object = request->object;
	job->object_name = part_text(part, request->name);
	job->object_uuid = part_text(part, request->uuid);
	job->node = record->node;
	job->argument = part_text(part, request->argument);
	job->state = record->state;
	job->cause = record->cause;
	job->error = part_text(part, record->error);
	job->progress = progress->percent;
	job->step = part_text(part, progress->step);
	job->target = aim;
	job->target_name = target == NULL ? "" : part_text(part, target->name);
	job->options = part_text(part, options);
	job->parent = request->parent;
	job->keep = job_keep_s(record);
	job->processed = progress->processed;
	job->remaining = progress->remaining;
	job->rate = progress->rate;
	job->dirty_rate = progress->dirty_rate;
	job->iteration = progress->iteration;
	job->eta = progress->eta;
	job->downtime_ms = progress->downtime_ms;
	job->origin = request->origin;
	job->requester = part_text(part, request->requester);
	job->submitted_at = record->submitted_at;
	job->started_at = record->started_at;
	job->finished_at = record->finished_at;
}

static void
add_wishes(struct part *part, GHashTable *wishes)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, wishes);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct wish *wish = value;
		struct wish *row = part_add(part, ROWS_WISH);
		row->h.index = wish->h.index;
		row->wanted = wish->wanted;
		row->since_at = wish->since_at;
	}
}

void
jobs_publish(struct jobs *jobs)
{
	struct part *part = part_new("jobs", NULL);
	struct command_info *command = part_add(part, ROWS_COMMAND);

	pthread_mutex_lock(&jobs->lock);
	command->text = part_text(part, jobs->command);
	command->job = jobs->command_job;
	jobs->changed = false;
	pthread_mutex_unlock(&jobs->lock);

	jobs_add_marks(jobs, part);
	g_autoptr(GPtrArray) entries = jobs_accepted(jobs);
	SCOPED(cluster) cluster = store_get(jobs->store);
	for (guint i = 0; i < entries->len; i++) {
		const struct job_entry *entry = entries->pdata[i];
		if (!job_entry_is_wish(entry))
			add_job(part, cluster, &entry->record);
	}
	add_wishes(part, jobs->wishes);
	store_publish(jobs->store, part, PUBLISH_NOW);
}

/* The power sequences, in the order of the configuration. */
struct part *
jobs_sequences(const struct rules *rules)
{
	struct part *part = part_new("sequences", NULL);

	for (guint i = 0; i < rules->sequences->len; i++) {
		const struct sequence *sequence = rules->sequences->pdata[i];
		struct sequence_info *row = part_add(part, ROWS_SEQUENCE);
		g_autoptr(GString) text = g_string_new(NULL);
		for (guint s = 0; s < sequence->steps->len; s++)
			g_string_append_printf(text, "%s%s", s > 0 ? "; " : "",
			    ((const struct step *)sequence->steps->pdata[s])->text);
		row->h.index = i + 1;
		row->name = part_text(part, sequence->name);
		row->steps = sequence->steps->len;
		row->text = part_text(part, text->str);
	}
	return part;
}
