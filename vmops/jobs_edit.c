/*
 * The job manager's door for rows of the job table: RFC 2579's table of what a row in
 * each state answers to each RowStatus.  All of it holds the lock.
 */
#include "vmops/jobs_private.h"

#include <string.h>

/* --- what a row says, as a request */

static bool
check_kind(const struct row_request *row, const struct op *op, unsigned *blame,
    GError **error)
{
	if (!(row->written & ROW_KIND) || op_takes(op, row->request.kind))
		return true;
	*blame = ROW_KIND;
	return request_refuse(error, REQUEST_IMPOSSIBLE, "%s is not possible on a %s",
	    enum_to_name(job_type_names, op->type),
	    enum_to_name(object_kind_names, row->request.kind));
}

/* As far as it goes: what is there must make sense. */
static bool
read_row(const struct row_request *row, struct request *out, unsigned *blame,
    GError **error)
{
	const struct op *op = op_find(row->request.type);

	*out = row->request;
	if (!(row->written & ROW_TYPE))
		return true;
	if (op == NULL) {
		*blame = ROW_TYPE;
		return request_refuse(error, REQUEST_BAD_VALUE, "this agent cannot do %s",
		    enum_to_name(job_type_names, row->request.type));
	}
	if (!check_kind(row, op, blame, error))
		return false;
	if (!(row->written & ROW_KIND))
		out->kind = (int32_t)op->kind;
	if (op->kind == OBJECT_CLUSTER)
		g_strlcpy(out->name, out->argument, sizeof(out->name));
	if (request_options_parse(out, row->options, error))
		return true;
	*blame = ROW_OPTIONS;
	return false;
}

bool
jobs_row_is_complete(const struct row_request *row)
{
	const struct op *op = op_find(row->request.type);

	return (row->written & ROW_TYPE) && op != NULL &&
	    ((row->written & ROW_OBJECT) || op->kind == OBJECT_CLUSTER);
}

static bool
must_be_complete(const struct row_request *row, GError **error)
{
	return jobs_row_is_complete(row) ||
	    request_refuse(error, REQUEST_IMPOSSIBLE, row->written & ROW_TYPE
		    ? "row %u has no vclJobObjectIndex yet" : "row %u has no vclJobType yet",
		row->request.chosen);
}

/* --- tickets */

static struct ticket *
new_ticket(enum ticket_kind kind, uint32_t number)
{
	struct ticket *ticket = g_new0(struct ticket, 1);

	ticket->kind = kind;
	ticket->number = number;
	return ticket;
}

static struct ticket *
nothing_to_do(const struct row_request *asked)
{
	return new_ticket(TICKET_NOTHING, asked->request.chosen);
}

/* As a request of any other way; `draft`: the row that becomes this job. */
static struct ticket *
start_row(struct jobs *jobs, const struct row_request *row, unsigned flags, bool draft,
    unsigned *blame, GError **error)
{
	struct request request;

	if (!read_row(row, &request, blame, error) || !must_be_complete(row, error))
		return NULL;
	request.flags |= flags;
	struct ticket *ticket = jobs_reserve(jobs, &request, error);
	if (ticket == NULL && g_error_matches(*error, REQUEST_ERROR, REQUEST_NO_OBJECT))
		*blame = ROW_OBJECT;
	if (ticket != NULL)
		ticket->draft = draft;
	return ticket;
}

/* --- a row that does not exist */

static struct ticket *
make_draft(struct jobs *jobs, const struct row_request *asked, unsigned *blame,
    GError **error)
{
	struct row_request row = *asked;
	struct request request;

	row.request.flags = 0;
	row.written &= ~(unsigned)ROW_STATUS;
	if (!read_row(&row, &request, blame, error) ||
	    drafts_add(jobs->drafts, &row, g_get_monotonic_time(), error) == NULL)
		return NULL;
	return new_ticket(TICKET_NEW_DRAFT, row.request.chosen);
}

static struct ticket *
make_row(struct jobs *jobs, const struct row_request *asked, unsigned *blame, GError **error)
{
	uint32_t number = asked->request.chosen;

	switch (asked->status) {
	case ROW_CREATE_AND_GO:
		return start_row(jobs, asked, asked->request.flags, false, blame, error);
	case ROW_CREATE_AND_WAIT:
		return make_draft(jobs, asked, blame, error);
	case ROW_DESTROY:
		return nothing_to_do(asked);
	case 0:
		request_refuse(error, REQUEST_NO_ROW,
		    "there is no row %u; createAndGo or createAndWait make it", number);
		return NULL;
	default:
		request_refuse(error, REQUEST_IMPOSSIBLE, "there is no row %u", number);
		return NULL;
	}
}

/* --- a row that is being filled in */

static struct ticket *
edit_draft(const struct draft *draft, const struct row_request *asked, unsigned *blame,
    GError **error)
{
	struct row_request row = draft->row;
	struct request request;

	row_request_merge(&row, asked);
	if (!read_row(&row, &request, blame, error) ||
	    (asked->status == ROW_NOT_IN_SERVICE && !must_be_complete(&row, error)))
		return NULL;
	struct ticket *ticket = new_ticket(TICKET_EDIT_DRAFT, row.request.chosen);
	ticket->row = g_memdup2(&row, sizeof(row));
	return ticket;
}

static struct ticket *
start_draft(struct jobs *jobs, const struct draft *draft, const struct row_request *asked,
    unsigned *blame, GError **error)
{
	struct row_request row = draft->row;

	row_request_merge(&row, asked);
	return start_row(jobs, &row, asked->request.flags, true, blame, error);
}

/* A manager that sends its request again. */
static bool
made_it(const struct draft *draft, const struct row_request *asked)
{
	unsigned fields = asked->written & ~(unsigned)ROW_STATUS;

	return !(asked->request.flags & REQUEST_ONCE) && draft->row.written == fields &&
	    row_request_same(&draft->row, asked, fields);
}

static struct ticket *
change_draft(struct jobs *jobs, const struct draft *draft, const struct row_request *asked,
    unsigned *blame, GError **error)
{
	switch (asked->status) {
	case 0:
	case ROW_NOT_IN_SERVICE:
		return edit_draft(draft, asked, blame, error);
	case ROW_ACTIVE:
		return start_draft(jobs, draft, asked, blame, error);
	case ROW_DESTROY:
		return new_ticket(TICKET_END_DRAFT, asked->request.chosen);
	case ROW_CREATE_AND_WAIT:
		if (made_it(draft, asked))
			return nothing_to_do(asked);
		break;
	}
	request_refuse(error, REQUEST_IMPOSSIBLE, "row %u exists already", asked->request.chosen);
	return NULL;
}

/* --- a row that is a job */

/* Options in other words may say the same. */
static bool
same_options(const struct request *job, const struct row_request *asked)
{
	struct request said = { .type = job->type, .keep = job->keep, .amount = job->amount };

	return request_options_parse(&said, asked->options, NULL) &&
	    said.flags == job->flags && said.max_downtime == job->max_downtime &&
	    said.bandwidth == job->bandwidth && said.keep == job->keep &&
	    said.amount == job->amount &&
	    memcmp(&said.machine, &job->machine, sizeof(said.machine)) == 0;
}

static bool
says_what_it_is(const struct job_entry *entry, const struct row_request *asked)
{
	const struct request *job = &entry->record.request;
	struct row_request is = { .request = *job };

	return row_request_same(&is, asked, asked->written & ~(unsigned)ROW_OPTIONS) &&
	    (!(asked->written & ROW_OPTIONS) || same_options(job, asked));
}

static struct ticket *
end_job(struct jobs *jobs, struct job_entry *entry, GError **error)
{
	if (!entry->accepted ||
	    (!job_record_is_finished(&entry->record) && !jobs_is_stoppable(entry))) {
		request_refuse(error, REQUEST_IMPOSSIBLE, entry->accepted
			? "job %u is running and cannot be stopped"
			: "job %u is just being accepted", entry->record.number);
		return NULL;
	}
	struct ticket *ticket = new_ticket(TICKET_END_JOB, entry->record.number);
	ticket->entry = entry;
	entry->tickets++;
	return ticket;
}

static struct ticket *
change_job(struct jobs *jobs, struct job_entry *entry, const struct row_request *asked,
    unsigned *blame, GError **error)
{
	if (asked->status == ROW_DESTROY)
		return end_job(jobs, entry, error);
	bool again = !entry->ends && !(asked->request.flags & REQUEST_ONCE) &&
	    says_what_it_is(entry, asked);
	if (again && asked->status == ROW_CREATE_AND_GO)
		return start_row(jobs, asked, 0, false, blame, error);
	if (again && (asked->status == ROW_ACTIVE || asked->status == 0))
		return nothing_to_do(asked);
	*blame = asked->written & ROW_STATUS;
	request_refuse(error, REQUEST_BUSY, asked->status >= ROW_CREATE_AND_GO
		? "row %u exists already" : "job %u cannot be changed any longer",
	    asked->request.chosen);
	return NULL;
}

/* --- the door */

static struct ticket *
just_changing(const struct row_request *asked, GError **error)
{
	request_refuse(error, REQUEST_BUSY, "row %u is just being changed", asked->request.chosen);
	return NULL;
}

/* RFC 3416: a value that is possible, but not now and not with the others. */
static void
adapt_error(const struct row_request *asked, unsigned *blame, GError *error)
{
	if (error->domain != REQUEST_ERROR)
		return;
	if (!(*blame & asked->written))
		*blame = 0;
	if (error->code == REQUEST_NO_OBJECT ||
	    (error->code == REQUEST_BAD_VALUE && *blame == 0))
		error->code = REQUEST_IMPOSSIBLE;
}

struct ticket *
jobs_edit_reserve(struct jobs *jobs, const struct row_request *asked, unsigned *blame,
    GError **error)
{
	struct job_entry *entry = jobs_find_number(jobs, asked->request.chosen);
	const struct draft *draft = drafts_find(jobs->drafts, asked->request.chosen);
	g_autoptr(GError) refused = NULL;
	struct ticket *ticket;

	*blame = 0;
	if (entry != NULL && job_entry_is_wish(entry))
		ticket = just_changing(asked, &refused);
	else if (entry != NULL)
		ticket = change_job(jobs, entry, asked, blame, &refused);
	else if (draft == NULL)
		ticket = make_row(jobs, asked, blame, &refused);
	else if (draft->shown && !draft->gone)
		ticket = change_draft(jobs, draft, asked, blame, &refused);
	else
		ticket = just_changing(asked, &refused);
	if (ticket != NULL)
		return ticket;
	adapt_error(asked, blame, refused);
	g_propagate_error(error, g_steal_pointer(&refused));
	return NULL;
}

static void
swap_rows(struct draft *draft, struct ticket *ticket)
{
	struct row_request before = draft->row;

	draft->row = *ticket->row;
	*ticket->row = before;
	draft->touched_us = g_get_monotonic_time();
}

/* What the ticket does to a draft; NULL: nothing. */
static struct draft *
draft_of(const struct jobs *jobs, const struct ticket *ticket)
{
	bool touches = ticket->draft || ticket->kind == TICKET_NEW_DRAFT ||
	    ticket->kind == TICKET_EDIT_DRAFT || ticket->kind == TICKET_END_DRAFT;

	return touches ? drafts_find(jobs->drafts, ticket->number) : NULL;
}

void
jobs_edit_commit(struct jobs *jobs, struct ticket *ticket)
{
	struct draft *draft = draft_of(jobs, ticket);

	if (draft == NULL)
		return;
	if (ticket->kind == TICKET_NEW_DRAFT)
		draft->shown = true;
	else if (ticket->kind == TICKET_EDIT_DRAFT)
		swap_rows(draft, ticket);
	else
		draft->gone = true;
	jobs->changed = true;
}

void
jobs_edit_settle(struct jobs *jobs, struct ticket *ticket)
{
	struct draft *draft = draft_of(jobs, ticket);

	if (ticket->kind == TICKET_END_JOB) {
		ticket->entry->tickets--;
		ticket->entry->ends = true;
		if (jobs_is_stoppable(ticket->entry))
			jobs_cancel_entry(jobs, ticket->entry);
	} else if (draft != NULL && draft->gone) {
		drafts_remove(jobs->drafts, draft);
	}
	jobs->changed = true;
}

void
jobs_edit_withdraw(struct jobs *jobs, struct ticket *ticket)
{
	struct draft *draft = draft_of(jobs, ticket);

	if (ticket->kind == TICKET_END_JOB)
		ticket->entry->tickets--;
	else if (draft != NULL && ticket->kind == TICKET_NEW_DRAFT)
		drafts_remove(jobs->drafts, draft);
	else if (draft != NULL && ticket->kind == TICKET_EDIT_DRAFT && ticket->committed)
		swap_rows(draft, ticket);
	else if (draft != NULL && ticket->committed)
		draft->gone = false;
	jobs->changed = true;
}
