/* The job manager's rows. */
#include "vmops/jobs_private.h"

static void
add_job(struct part *part, const struct cluster *cluster, const struct job_record *record,
    uint32_t keep)
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
	job->keep = keep;
	job->amount = request->amount;
	job->row_status = ROW_ACTIVE;
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

/* Of the kind that was written, or that the type has; "" where it is not known. */
static const char *
name_of_object(const struct cluster *cluster, const struct row_request *row)
{
	static const struct { int32_t kind; enum row_set rows; size_t name; } kinds[] = {
		{ OBJECT_VM, ROWS_VM, offsetof(struct vm, name) },
		{ OBJECT_NODE, ROWS_NODE, offsetof(struct node, name) },
		{ OBJECT_POOL, ROWS_POOL, offsetof(struct pool, name) },
		{ OBJECT_VOLUME, ROWS_VOLUME, offsetof(struct volume, name) },
		{ OBJECT_BACKUP, ROWS_BACKUP, offsetof(struct backup, name) },
		{ OBJECT_APP, ROWS_APP, offsetof(struct app, name) },
	};
	const struct op *op = op_find(row->request.type);
	int32_t kind = row->request.kind != 0 || op == NULL ? row->request.kind
							    : (int32_t)op->kind;
	const char *name = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		const char *object = kinds[i].kind != kind ? NULL
		    : rows_find(&cluster->rows[kinds[i].rows], row->request.object, 0);
		if (object != NULL)
			name = *(const char *const *)(const void *)(object + kinds[i].name);
	}
	return name == NULL ? "" : name;
}

/* A row that is no job yet: what nobody has written is absent. */
static void
add_draft(struct part *part, const struct cluster *cluster, const struct draft *draft)
{
	const struct row_request *row = &draft->row;
	const struct request *request = &row->request;
	struct job *job = part_add(part, ROWS_JOB);

	job->h.index = request->chosen;
	if (row->written & ROW_TYPE)
		job->type = request->type;
	if (row->written & ROW_KIND)
		job->kind = request->kind;
	if (row->written & ROW_OBJECT)
		job->object = request->object;
	if (row->written & ROW_KEEP)
		job->keep = request->keep;
	job->amount = request->amount;
	job->target = request->target;
	job->argument = part_text(part, request->argument);
	job->options = part_text(part, row->options);
	job->requester = part_text(part, request->requester);
	job->object_uuid = job->target_name = job->error = job->step = "";
	job->object_name = part_text(part, name_of_object(cluster, row));
	job->state = JOB_PREPARING;
	job->row_status = jobs_row_is_complete(row) ? ROW_NOT_IN_SERVICE : ROW_NOT_READY;
	job->cause = CAUSE_NONE;
	job->origin = request->origin;
	job->progress = 0;
	job->eta = -1;
	job->parent = 0;
	job->submitted_at = draft->made_at;
}

/* Holding the lock. */
static void
add_drafts(struct jobs *jobs, struct part *part, const struct cluster *cluster)
{
	for (guint i = 0; i < jobs->drafts->len; i++) {
		const struct draft *draft = jobs->drafts->pdata[i];
		if (draft->shown && !draft->gone)
			add_draft(part, cluster, draft);
	}
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
	SCOPED(cluster) cluster = store_get(jobs->store);
	g_autoptr(GPtrArray) entries = NULL;

	pthread_mutex_lock(&jobs->lock);
	command->text = part_text(part, jobs->command);
	command->job = jobs->command_job;
	command->settled = jobs->handled;
	enum urgency urgency = jobs->changed || jobs->told != jobs->handled
	    ? PUBLISH_NOW : PUBLISH_SOON;
	jobs->told = jobs->handled;
	jobs->changed = jobs->progressed = false;
	entries = jobs_accepted_locked(jobs);
	add_drafts(jobs, part, cluster);
	uint32_t keep = jobs->limits.keep;
	pthread_mutex_unlock(&jobs->lock);

	jobs_add_marks(jobs, part);
	for (guint i = 0; i < entries->len; i++) {
		const struct job_entry *entry = entries->pdata[i];
		const struct job_record *record = &entry->record;
		if (!job_entry_is_wish(entry))
			add_job(part, cluster, record,
			    record->request.keep > 0 ? record->request.keep : keep);
	}
	add_wishes(part, jobs->wishes);
	store_publish(jobs->store, part, urgency);
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
