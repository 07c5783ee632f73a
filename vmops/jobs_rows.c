/* The job manager's rows. */
#include "vmops/jobs_private.h"

static void
add_job(struct part *part, const struct job_record *record)
{
	const struct request *request = &record->request;
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
	job->progress = record->progress;
	job->origin = request->origin;
	job->requester = part_text(part, request->requester);
	job->submitted_at = record->submitted_at;
	job->started_at = record->started_at;
	job->finished_at = record->finished_at;
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

	g_autoptr(GPtrArray) entries = jobs_accepted(jobs);
	for (guint i = 0; i < entries->len; i++) {
		const struct job_entry *entry = entries->pdata[i];
		add_job(part, &entry->record);
	}
	store_publish(jobs->store, part, PUBLISH_NOW);
}
