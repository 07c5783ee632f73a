/* The job manager's door: what is accepted, refused, or folded into an earlier request. */
#include "vmops/jobs_private.h"

#include <string.h>

#include "common/log.h"
#include "vmops/admission.h"

static void
clean_request(struct request *request)
{
	job_text_clean(request->name, sizeof(request->name));
	job_text_clean(request->uuid, sizeof(request->uuid));
	job_text_clean(request->argument, sizeof(request->argument));
	job_text_clean(request->command, sizeof(request->command));
	job_text_clean(request->requester, sizeof(request->requester));
}

static const char *
type_name(const struct job_entry *entry)
{
	return enum_to_name(job_type_names, entry->record.request.type);
}

/* --- all of the following hold the lock */

/* Of jobs on the cluster as a whole there is one of each name at a time. */
static bool
same_object(const struct request *a, const struct request *b)
{
	return a->object == b->object && a->kind == b->kind &&
	    (a->kind != OBJECT_CLUSTER ||
		(a->type == b->type && strcmp(a->name, b->name) == 0));
}

/* The newest on that object: the only one that may be unfinished. */
static struct job_entry *
newest_on(const struct jobs *jobs, const struct request *request)
{
	for (guint i = jobs->entries->len; i > 0; i--) {
		struct job_entry *entry = jobs->entries->pdata[i - 1];
		if (!job_entry_is_wish(entry) && same_object(&entry->record.request, request))
			return entry;
	}
	return NULL;
}

/* The unfinished one that works on the request's VM, or on the one that it claims. */
static struct job_entry *
holder_of(const struct jobs *jobs, const struct request *request, uint32_t claim)
{
	uint32_t vm = request->kind == OBJECT_VM ? request->object : claim;

	for (guint i = jobs->entries->len; vm != 0 && i > 0; i--) {
		struct job_entry *entry = jobs->entries->pdata[i - 1];
		const struct request *held = &entry->record.request;
		if (job_entry_is_wish(entry) || job_record_is_finished(&entry->record))
			continue;
		if (entry->claim == vm || (held->kind == OBJECT_VM && held->object == vm))
			return entry;
	}
	return NULL;
}

struct job_entry *
jobs_find_number(const struct jobs *jobs, uint32_t number)
{
	for (guint i = 0; i < jobs->entries->len; i++) {
		struct job_entry *entry = jobs->entries->pdata[i];
		const struct job_record *r = &entry->record;
		if (r->number == number || r->request.chosen == number)
			return entry;
	}
	return NULL;
}

static bool
same_words(const struct request *a, const struct request *b)
{
	return a->type == b->type && a->target == b->target && a->flags == b->flags &&
	    a->amount == b->amount && a->max_downtime == b->max_downtime &&
	    a->bandwidth == b->bandwidth && strcmp(a->argument, b->argument) == 0;
}

/* Managers send a SET again when the answer is late: it must not act twice. */
static bool
says_the_same(const struct job_entry *entry, const struct request *request)
{
	if (request->wanted != 0 && entry->record.request.wanted == request->wanted &&
	    !job_record_is_finished(&entry->record))
		return !entry->cancel; /* that job leads there already */
	if (request->parent != 0) /* nobody sends that again: what is asked twice is meant so */
		return false;
	if (!same_words(&entry->record.request, request) ||
	    entry->record.request.wanted != request->wanted ||
	    entry->record.request.parent != request->parent)
		return false;
	if (!job_record_is_finished(&entry->record))
		return !entry->cancel;
	return entry->record.state != JOB_CANCELLED &&
	    g_get_monotonic_time() - entry->accepted_us < FOLD_US;
}

static void
refuse_busy(const struct job_entry *entry, GError **error)
{
	const struct job_record *r = &entry->record;

	if (entry->accepted)
		g_set_error(error, REQUEST_ERROR, REQUEST_BUSY, "%s is busy: job %u (%s) is %s",
		    r->request.name, r->number, type_name(entry),
		    enum_to_name(job_state_names, r->state));
	else
		g_set_error(error, REQUEST_ERROR, REQUEST_BUSY,
		    "%s is busy: another request (%s) is just being accepted",
		    r->request.name, type_name(entry));
}

static void
refuse_held(const struct cluster *cluster, const struct job_entry *holder,
    const struct request *request, uint32_t claim, GError **error)
{
	const struct vm *vm =
	    cluster_vm(cluster, request->kind == OBJECT_VM ? request->object : claim);
	const struct job_record *r = &holder->record;

	g_set_error(error, REQUEST_ERROR, REQUEST_BUSY, "%s is busy: job %u (%s %s) is %s",
	    vm == NULL ? "its VM" : vm->name, r->number, type_name(holder), r->request.name,
	    holder->accepted ? enum_to_name(job_state_names, r->state) : "being accepted");
}

static unsigned
queue_length(const struct jobs *jobs)
{
	unsigned n = 0;

	for (guint i = 0; i < jobs->entries->len; i++) {
		const struct job_entry *entry = jobs->entries->pdata[i];
		n += !entry->accepted || entry->record.state == JOB_WAITING;
	}
	return n;
}

static struct job_entry *
new_entry(struct jobs *jobs, const struct request *request, GError **error)
{
	struct inbox_slot *slot = NULL;

	if (queue_length(jobs) < INBOX_SLOTS)
		slot = inbox_reserve(jobs->inbox, request);
	if (slot == NULL) {
		g_set_error(error, REQUEST_ERROR, REQUEST_FULL,
		    "the queue is full: %d jobs are waiting", INBOX_SLOTS);
		return NULL;
	}
	struct job_entry *entry = g_new0(struct job_entry, 1);
	entry->record.request = *request;
	entry->record.cause = CAUSE_NONE;
	op_progress_init(&entry->record.progress);
	entry->slot = slot;
	g_ptr_array_add(jobs->entries, entry);
	return entry;
}

/* A row that the manager has made already: the same again is no error. */
static struct job_entry *
same_job(struct job_entry *entry, const struct request *request, GError **error)
{
	if (same_object(&entry->record.request, request) &&
	    same_words(&entry->record.request, request))
		return entry;
	g_set_error(error, REQUEST_ERROR, REQUEST_BUSY, "job %u is another one: %s %s",
	    request->chosen, type_name(entry), entry->record.request.name);
	return NULL;
}

/* The entry that the request folds into, or a new one, or NULL. */
static struct job_entry *
admit(struct jobs *jobs, const struct cluster *cluster, const struct op *op,
    struct request *request, bool once, GError **error)
{
	struct job_entry *newest = newest_on(jobs, request);
	struct subject subject;

	if (request->chosen != 0) {
		struct job_entry *taken = jobs_find_number(jobs, request->chosen);
		if (taken != NULL)
			return same_job(taken, request, error);
	}
	if (request->chosen == 0 && !once && newest != NULL && says_the_same(newest, request))
		return newest;
	if (newest != NULL && !job_record_is_finished(&newest->record)) {
		refuse_busy(newest, error);
		return NULL;
	}
	uint32_t claim = op->claim == NULL ? 0 : op->claim(cluster, request);
	struct job_entry *holder = holder_of(jobs, request, claim);
	if (holder != NULL) {
		refuse_held(cluster, holder, request, claim, error);
		return NULL;
	}
	if (!admission_check(cluster, op, request, g_get_monotonic_time(), &subject, error))
		return NULL;
	g_strlcpy(request->name, subject.name, sizeof(request->name));
	g_strlcpy(request->uuid, subject.uuid, sizeof(request->uuid));
	struct job_entry *entry = new_entry(jobs, request, error);
	if (entry != NULL)
		entry->claim = claim;
	return entry;
}

/* The entry that a cancel(16) is about: also one that it has just ended, if sent again. */
static struct job_entry *
find_cancellable(struct jobs *jobs, const struct request *request, GError **error)
{
	bool by_number = request->kind == OBJECT_JOB;
	struct job_entry *newest = by_number ? jobs_find_number(jobs, request->object)
					     : newest_on(jobs, request);

	if (by_number && (newest == NULL || !newest->accepted)) {
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT, "there is no job %u",
		    request->object);
		return NULL;
	}
	if (newest != NULL && newest->accepted && newest->cancel &&
	    (!job_record_is_finished(&newest->record) ||
		g_get_real_time() - newest->record.finished_at < FOLD_US))
		return newest;
	if (!by_number && (newest == NULL || !newest->accepted ||
		job_record_is_finished(&newest->record))) {
		g_set_error(error, REQUEST_ERROR, REQUEST_IMPOSSIBLE,
		    "%s has no job that could be ended", request->name);
		return NULL;
	}
	return jobs_may_cancel(newest, error) ? newest : NULL;
}

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
reserve_cancel(struct jobs *jobs, const struct request *request, GError **error)
{
	struct job_entry *entry = find_cancellable(jobs, request, error);

	return entry == NULL ? NULL : ticket_new(entry, request);
}

/* The VM is so already: what is to be kept is the wish. */
static struct ticket *
reserve_wish(struct jobs *jobs, const struct request *request, GError **error)
{
	struct job_entry *newest = newest_on(jobs, request);
	bool busy = newest != NULL && !job_record_is_finished(&newest->record);
	struct job_entry *entry = NULL;

	if (busy && newest->record.request.wanted == request->wanted)
		entry = newest;
	else if (busy && request->wanted != ADMIN_UNMANAGED)
		refuse_busy(newest, error);
	else
		entry = new_entry(jobs, request, error);
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
		return reserve_cancel(jobs, &request, error);
	if (request.type == JOB_NONE && request.wanted != 0)
		return reserve_wish(jobs, &request, error);
	if (op == NULL || request.kind != (int32_t)op->kind) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE, "%s is not possible on a %s",
		    enum_to_name(job_type_names, request.type),
		    enum_to_name(object_kind_names, request.kind));
		return NULL;
	}
	struct job_entry *entry = admit(jobs, cluster, op, &request, once, error);
	return entry == NULL ? NULL : ticket_new(entry, &request);
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

	log_info("jobs", "job %u (%s %s) accepted: asked for by %s%s%s%s%s%s", record->number,
	    enum_to_name(job_type_names, r->type), r->name,
	    enum_to_name(origin_names, r->origin), r->requester[0] != '\0' ? ", " : "",
	    r->requester, r->argument[0] != '\0' || options[0] != '\0' ? ": " : "",
	    r->argument, options);
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
