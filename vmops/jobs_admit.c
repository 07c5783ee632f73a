/* What a request becomes: refused, folded into an earlier one, or a job.  Under the lock. */
#include "vmops/jobs_private.h"

#include <string.h>

#include "vmops/admission.h"

static const char *
type_name(const struct job_entry *entry)
{
	return enum_to_name(job_type_names, entry->record.request.type);
}

/*
 * Of jobs on the cluster as a whole there is one of each name at a time, and one for each
 * name of a VM that is to be made, from whatever template, and of a volume that is to be
 * made in a pool.
 */
static bool
same_object(const struct request *a, const struct request *b)
{
	if (a->kind == OBJECT_TEMPLATE)
		return b->kind == OBJECT_TEMPLATE && strcmp(a->argument, b->argument) == 0;
	bool makes = a->kind == OBJECT_POOL && a->argument[0] != '\0' && b->argument[0] != '\0';
	return a->object == b->object && a->kind == b->kind &&
	    (!makes || strcmp(a->argument, b->argument) == 0) &&
	    (a->kind != OBJECT_CLUSTER ||
		(a->type == b->type && strcmp(a->name, b->name) == 0));
}

/* The newest on that object, but for one that is not finished. */
static struct job_entry *
newest_on(const struct jobs *jobs, const struct request *request)
{
	struct job_entry *newest = NULL;

	for (guint i = jobs->entries->len; i > 0; i--) {
		struct job_entry *entry = jobs->entries->pdata[i - 1];
		if (job_entry_is_wish(entry) || !same_object(&entry->record.request, request))
			continue;
		if (!job_record_is_finished(&entry->record))
			return entry;
		if (newest == NULL)
			newest = entry;
	}
	return newest;
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

static bool
makes_vm(const struct request *request)
{
	return request->type == JOB_VM_CREATE || request->type == JOB_VM_CLONE ||
	    (request->type == JOB_RESTORE && request->argument[0] != '\0' &&
		request->machine.drive[0] == '\0');
}

/* The unfinished one that makes a VM of the same name, from whatever. */
static struct job_entry *
maker_of(const struct jobs *jobs, const struct request *request)
{
	for (guint i = jobs->entries->len; makes_vm(request) && i > 0; i--) {
		struct job_entry *entry = jobs->entries->pdata[i - 1];
		const struct request *made = &entry->record.request;
		if (!job_entry_is_wish(entry) && !job_record_is_finished(&entry->record) &&
		    makes_vm(made) && strcmp(made->argument, request->argument) == 0)
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
	    (a->kind != OBJECT_TEMPLATE || a->object == b->object) &&
	    memcmp(&a->machine, &b->machine, sizeof(a->machine)) == 0 &&
	    a->amount == b->amount && a->max_downtime == b->max_downtime &&
	    a->bandwidth == b->bandwidth && a->file == b->file &&
	    strcmp(a->argument, b->argument) == 0;
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

/* What it makes says more than what from. */
static const char *
name_of(const struct request *request)
{
	return request->kind == OBJECT_TEMPLATE ? request->argument : request->name;
}

static void
refuse_busy(const struct job_entry *entry, const char *name, GError **error)
{
	const struct job_record *r = &entry->record;

	if (entry->accepted)
		g_set_error(error, REQUEST_ERROR, REQUEST_BUSY, "%s is busy: job %u (%s) is %s",
		    name, r->number, type_name(entry),
		    enum_to_name(job_state_names, r->state));
	else
		g_set_error(error, REQUEST_ERROR, REQUEST_BUSY,
		    "%s is busy: another request (%s) is just being accepted", name,
		    type_name(entry));
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

/* Of the VM that is to be made: with it whatever the job makes is known to be its own. */
static void
mint_uuid(struct request *request)
{
	g_autofree char *uuid = g_uuid_string_random();

	g_strlcpy(request->uuid, uuid, sizeof(request->uuid));
}

/* The entry that the request folds into, or a new one, or NULL. */
struct job_entry *
jobs_admit(struct jobs *jobs, const struct cluster *cluster, const struct op *op,
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
		refuse_busy(newest, name_of(&newest->record.request), error);
		return NULL;
	}
	struct job_entry *maker = maker_of(jobs, request);
	if (maker != NULL) {
		refuse_busy(maker, request->argument, error);
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
	if (request->kind == OBJECT_TEMPLATE || request->type == JOB_RESTORE)
		mint_uuid(request);
	struct job_entry *entry = new_entry(jobs, request, error);
	if (entry != NULL)
		entry->claim = claim;
	return entry;
}

/* The entry that a cancel(16) is about: also one that it has just ended, if sent again. */
struct job_entry *
jobs_find_cancellable(struct jobs *jobs, const struct request *request, GError **error)
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

struct job_entry *
jobs_admit_wish(struct jobs *jobs, const struct request *request, GError **error)
{
	struct job_entry *newest = newest_on(jobs, request);
	bool busy = newest != NULL && !job_record_is_finished(&newest->record);

	if (busy && newest->record.request.wanted == request->wanted)
		return newest;
	if (!busy || request->wanted == ADMIN_UNMANAGED)
		return new_entry(jobs, request, error);
	refuse_busy(newest, name_of(&newest->record.request), error);
	return NULL;
}
