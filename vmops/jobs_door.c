/* The job manager's door: the phases in which a request is accepted or withdrawn. */
#include "vmops/jobs_private.h"

#include <string.h>

#include "common/log.h"

static void
clean_request(struct request *request)
{
	job_text_clean(request->name, sizeof(request->name));
	job_text_clean(request->uuid, sizeof(request->uuid));
	job_text_clean(request->argument, sizeof(request->argument));
	job_text_clean(request->command, sizeof(request->command));
	job_text_clean(request->requester, sizeof(request->requester));
}

/* --- all of the following hold the lock */

static bool
is_open(const struct jobs *jobs, GError **error)
{
	if (jobs->control && !jobs->stopping)
		return true;
	if (jobs->stopping)
		g_set_error_literal(error, REQUEST_ERROR, REQUEST_FULL,
		    "the agent is stopping");
	else
		g_set_error_literal(error, REQUEST_ERROR, REQUEST_DISABLED,
		    "control is switched off in the configuration");
	return false;
}

static void
drop_entry(struct jobs *jobs, struct job_entry *entry)
{
	inbox_release(entry->slot);
	g_ptr_array_remove(jobs->entries, entry);
	job_entry_free(entry);
}

/* A number of ours may be one that somebody chose. */
static void
commit_entry(struct jobs *jobs, struct job_entry *entry)
{
	struct job_record *r = &entry->record;

	if (r->number == 0)
		r->number = r->request.chosen;
	while (r->number == 0) {
		uint32_t next = inbox_next_number(jobs->inbox);
		if (jobs_find_number(jobs, next) == NULL &&
		    drafts_find(jobs->drafts, next) == NULL)
			r->number = next;
	}
	inbox_commit(entry->slot, r->number, r->submitted_at);
}

/* --- the door */

static struct ticket *
ticket_new(struct job_entry *entry, const struct request *request)
{
	struct ticket *ticket = g_new0(struct ticket, 1);

	ticket->kind = TICKET_JOB;
	ticket->entry = entry;
	ticket->cancels = request->type == JOB_CANCEL;
	memcpy(ticket->command, request->command, sizeof(ticket->command));
	entry->tickets++;
	return ticket;
}

static struct ticket *
ticket_or_null(struct job_entry *entry, const struct request *request)
{
	return entry == NULL ? NULL : ticket_new(entry, request);
}

struct ticket *
jobs_reserve(struct jobs *jobs, const struct request *asked, GError **error)
{
	const struct op *op = op_find(asked->type);
	struct request request = *asked;
	bool once = asked->flags & REQUEST_ONCE;
	SCOPED(cluster) cluster = store_get(jobs->store);

	clean_request(&request);
	request.flags &= ~(uint32_t)REQUEST_ONCE;
	if (request.type == JOB_CANCEL)
		return ticket_or_null(jobs_find_cancellable(jobs, &request, error), &request);
	if (request.type == JOB_NONE && request.wanted != 0)
		return ticket_or_null(jobs_admit_wish(jobs, &request, error), &request);
	if (op == NULL || !op_takes(op, request.kind)) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE, "%s is not possible on a %s",
		    enum_to_name(job_type_names, request.type),
		    enum_to_name(object_kind_names, request.kind));
		return NULL;
	}
	return ticket_or_null(jobs_admit(jobs, cluster, op, &request, once, error), &request);
}

static uint32_t
commit_job(struct jobs *jobs, struct ticket *ticket)
{
	struct job_entry *entry = ticket->entry;

	if (ticket->cancels)
		return entry->record.number;
	if (!ticket->committed && !entry->accepted && entry->commits == 0) {
		entry->accepted_us = g_get_monotonic_time();
		entry->record.submitted_at = g_get_real_time();
		commit_entry(jobs, entry);
	}
	entry->commits += !ticket->committed;
	return job_entry_is_wish(entry) ? 0 : entry->record.number;
}

static void
settle_job(struct jobs *jobs, struct ticket *ticket)
{
	struct job_entry *entry = ticket->entry;

	entry->tickets--;
	entry->commits -= ticket->committed;
	if (ticket->cancels && jobs_may_cancel(entry, NULL)) {
		jobs_cancel_entry(jobs, entry);
	} else if (!entry->accepted) {
		inbox_settle(entry->slot);
		entry->record.state = JOB_WAITING;
		entry->accepted = true;
		jobs->changed = true;
	}
	if (ticket->command[0] != '\0') {
		memcpy(jobs->command, ticket->command, sizeof(jobs->command));
		jobs->command_job = entry->record.number;
		jobs->changed = true;
	}
}

static void
withdraw_job(struct jobs *jobs, struct ticket *ticket)
{
	struct job_entry *entry = ticket->entry;

	entry->tickets--;
	entry->commits -= ticket->committed;
	if (!entry->accepted && ticket->committed && entry->commits == 0)
		inbox_uncommit(entry->slot);
	if (!entry->accepted && entry->tickets == 0)
		drop_entry(jobs, entry);
}

static void
free_ticket(struct ticket *ticket)
{
	g_free(ticket->row);
	g_free(ticket);
}

/* --- the door */

static struct ticket *
door_reserve(void *manager, const struct request *asked, GError **error)
{
	struct jobs *jobs = manager;

	LOCK_SCOPE(&jobs->lock);
	return is_open(jobs, error) ? jobs_reserve(jobs, asked, error) : NULL;
}

static struct ticket *
door_reserve_row(void *manager, const struct row_request *asked, unsigned *blame,
    GError **error)
{
	struct jobs *jobs = manager;
	struct ticket *ticket;

	*blame = 0;
	LOCK_SCOPE(&jobs->lock);
	if (!is_open(jobs, error))
		return NULL;
	ticket = jobs_edit_reserve(jobs, asked, blame, error);
	if (ticket != NULL && ticket->kind == TICKET_JOB)
		ticket->number = asked->request.chosen;
	return ticket;
}

static uint32_t
door_commit(void *manager, struct ticket *ticket)
{
	struct jobs *jobs = manager;

	LOCK_SCOPE(&jobs->lock);
	uint32_t number = ticket->number;
	if (ticket->kind == TICKET_JOB)
		number = commit_job(jobs, ticket);
	if (ticket->kind != TICKET_JOB || ticket->draft)
		jobs_edit_commit(jobs, ticket);
	ticket->committed = true;
	return number;
}

/* Who asked for what: the first line of a job in the log. */
static void
log_accepted(const struct job_record *record)
{
	const struct request *r = &record->request;
	g_autofree char *options = request_options_text(r);

	log_info("jobs", "job %u (%s %s) accepted: asked for by %s%s%s%s%s%s%s", record->number,
	    enum_to_name(job_type_names, r->type), r->name,
	    enum_to_name(origin_names, r->origin), r->requester[0] != '\0' ? ", " : "",
	    r->requester, r->argument[0] != '\0' || options[0] != '\0' ? ": " : "",
	    r->argument, r->argument[0] != '\0' && options[0] != '\0' ? " " : "", options);
}

static void
door_settle(void *manager, struct ticket *ticket)
{
	struct jobs *jobs = manager;
	struct job_record accepted = { 0 };

	pthread_mutex_lock(&jobs->lock);
	if (ticket->kind == TICKET_JOB && !ticket->entry->accepted)
		accepted = ticket->entry->record;
	if (ticket->kind == TICKET_JOB)
		settle_job(jobs, ticket);
	if (ticket->kind != TICKET_JOB || ticket->draft)
		jobs_edit_settle(jobs, ticket);
	atomic_store(&jobs->settled.at, g_get_monotonic_time());
	atomic_fetch_add(&jobs->settled.number, 1);
	jobs_wake(jobs);
	pthread_mutex_unlock(&jobs->lock);
	free_ticket(ticket);
	if (accepted.number != 0)
		log_accepted(&accepted);
}

static void
door_withdraw(void *manager, struct ticket *ticket)
{
	struct jobs *jobs = manager;

	LOCK_SCOPE(&jobs->lock);
	if (ticket->kind == TICKET_JOB)
		withdraw_job(jobs, ticket);
	if (ticket->kind != TICKET_JOB || ticket->draft)
		jobs_edit_withdraw(jobs, ticket);
	free_ticket(ticket);
}

static bool
door_cancel(void *manager, uint32_t job, GError **error)
{
	return jobs_cancel(manager, job, error);
}

const struct request_door jobs_door_functions = {
	.reserve = door_reserve,
	.reserve_row = door_reserve_row,
	.commit = door_commit,
	.settle = door_settle,
	.withdraw = door_withdraw,
	.cancel = door_cancel,
};
