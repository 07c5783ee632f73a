/*
 * The job manager's own: shared by jobs.c (life and restart), jobs_door.c (acceptance),
 * jobs_admit.c (what a request becomes), jobs_edit.c (rows that are written), jobs_run.c and
 * jobs_dispatch.c (the manager's thread), jobs_keep.c (log, pruning) and jobs_rows.c (what is
 * shown).
 */
#ifndef VCL_VMOPS_JOBS_PRIVATE_H
#define VCL_VMOPS_JOBS_PRIVATE_H

#include "common/sync.h"
#include "model/rules.h"
#include "model/store.h"
#include "vmops/backup_log.h"
#include "vmops/drafts.h"
#include "vmops/inbox.h"
#include "vmops/job_log.h"
#include "vmops/jobs.h"
#include "vmops/ops.h"

#define FOLD_US (2 * G_USEC_PER_SEC)

/* Of a job that nobody goes on with. */
#define INTERRUPTED "the agent was restarted while this ran; see what has become of it"

/*
 * A job, from its reservation until it is pruned.  While it is being accepted
 * (!accepted) door threads own it, holding the lock.  After that only the manager's
 * thread writes `record`, holding the lock, and so may read it without.
 */
struct job_entry {
	struct job_record record; /* state 0 until accepted */
	int64_t accepted_us;      /* monotonic, of the first commit */
	uint32_t claim;           /* index of a VM that it works on besides its object, 0: none */

	/* guarded by jobs->lock */
	bool accepted; /* settled: cannot be withdrawn any longer */
	bool cancel;   /* somebody wants it to end */
	bool ends;     /* its row was destroyed: it goes when the job has ended */
	unsigned tickets, commits;
	struct inbox_slot *slot; /* until it is in the log */
	struct worker *worker;   /* while it runs, borrowed from jobs->workers */

	/* manager's thread only */
	bool restored; /* accepted by an earlier process */
	bool recovers; /* begun by it, and not known to have ended */
	bool dirty;    /* differs from the log */
	bool noted;    /* what it wishes for its VM is written down */
};

/* From the configuration. */
struct job_limits {
	unsigned most, per_node, per_pool; /* jobs that run */
	uint32_t keep;           /* seconds that a finished one stays */
};

/* What a ticket of the door stands for. */
enum ticket_kind {
	TICKET_JOB,        /* a job; several tickets may hold one entry: they say the same */
	TICKET_NOTHING,    /* it is so already */
	TICKET_NEW_DRAFT,
	TICKET_EDIT_DRAFT,
	TICKET_END_DRAFT,
	TICKET_END_JOB,
};

struct ticket {
	enum ticket_kind kind;
	uint32_t number;         /* of the row, of all but TICKET_JOB */
	struct job_entry *entry; /* of a job */
	struct row_request *row; /* TICKET_EDIT_DRAFT: what it becomes; from commit on: was */
	bool committed;
	bool cancels;            /* TICKET_JOB: the entry, instead of being the request for it */
	bool draft;              /* TICKET_JOB: a draft of the same number becomes it */
	char command[256];
};

struct jobs {
	refcount refs; /* one is jobs_new's, one each worker's */

	/* immutable after jobs_start */
	struct store *store;
	struct backend *backend;
	struct inbox *inbox;
	struct request_door door;
	struct request_settled settled; /* written with the lock held */
	jobs_poke *poke;
	void *poke_context;
	int64_t started_us;
	GThread *thread;

	pthread_mutex_t lock;
	pthread_cond_t work; /* for the manager's thread */
	pthread_cond_t idle; /* a worker has ended */

	/* guarded by lock */
	bool control;
	unsigned grace_s; /* of the configuration */
	bool stopping;
	bool closed; /* nobody takes reports any longer */
	bool woken;
	bool changed; /* since it was published */
	bool progressed; /* likewise, but nobody is in a hurry to know */
	GPtrArray *entries; /* struct job_entry, oldest first */
	GPtrArray *drafts;  /* struct draft */
	struct job_limits limits;
	GPtrArray *reports; /* struct worker that have ended; each owns a reference */
	unsigned threads;   /* workers that have not ended */
	GArray *marks;      /* struct mark_record: nodes out of service */
	bool marks_dirty;   /* differ from the log */
	struct jobs_backups *backups; /* jobs_backups.c */
	char command[256];  /* the last one accepted in words */
	uint32_t command_job;

	/* manager's thread only (before jobs_start: its creator) */
	struct job_log *log;
	GHashTable *wishes; /* VM -> struct wish */
	GPtrArray *workers; /* struct worker, also those given up; each owns a reference */
	uint64_t handled; /* of what was settled: before this round began */
	uint64_t told;    /* of that, with the rows that were published last */
	bool log_failed;
};

struct jobs *jobs_ref(struct jobs *);
void jobs_unref(struct jobs *);

/* Holding the lock: there is work for the manager's thread. */
void jobs_wake(struct jobs *);

/* The accepted entries, oldest first.  Manager's thread; free the array. */
GPtrArray *jobs_accepted(struct jobs *);
GPtrArray *jobs_accepted_locked(const struct jobs *); /* holding the lock */

void job_entry_free(struct job_entry *);

/* Holding the lock: can it be ended now; end it, and what it has asked for. */
bool jobs_is_stoppable(const struct job_entry *);
bool jobs_may_cancel(const struct job_entry *, GError **error); /* the same, in words */
void jobs_cancel_entry(struct jobs *, struct job_entry *);

/*
 * jobs_wishes.c: writes down what accepted requests wish for their VMs, and forgets those
 * that are nothing else.  False: it cannot be written; it is tried again.
 */
bool jobs_note_wishes(struct jobs *, GError **error);

/* Is it nothing but a wish: never run, logged or shown. */
static inline bool
job_entry_is_wish(const struct job_entry *entry)
{
	return entry->record.request.type == JOB_NONE;
}

/* jobs_admit.c, holding the lock: the entry that it folds into, or a new one, or NULL. */
struct job_entry *jobs_admit(struct jobs *, const struct cluster *, const struct op *,
    struct request *, bool once, GError **error);
/* The same for what is nothing but a wish: the VM is so already. */
struct job_entry *jobs_admit_wish(struct jobs *, const struct request *, GError **error);
/* The entry that a cancel(16) is about: also one that it has just ended, if sent again. */
struct job_entry *jobs_find_cancellable(struct jobs *, const struct request *, GError **error);

/* jobs_door.c */
extern const struct request_door jobs_door_functions;

/* Holding the lock. */
struct ticket *jobs_reserve(struct jobs *, const struct request *, GError **error);
struct job_entry *jobs_find_number(const struct jobs *, uint32_t number);

/* jobs_edit.c, holding the lock: the phases of a row that is written. */
struct ticket *jobs_edit_reserve(struct jobs *, const struct row_request *, unsigned *blame,
    GError **error);
bool jobs_row_is_complete(const struct row_request *); /* pure */
void jobs_edit_commit(struct jobs *, struct ticket *);
void jobs_edit_settle(struct jobs *, struct ticket *);
void jobs_edit_withdraw(struct jobs *, struct ticket *);

/* jobs_run.c */
void *jobs_run(void *jobs);

/* Manager's thread: writes all down.  False: it cannot be written; said once. */
bool jobs_write(struct jobs *);
void jobs_finish(struct jobs *, struct job_entry *, enum job_state, enum job_cause,
    const char *sentence);

/* jobs_dispatch.c, manager's thread: starts what can be started. */
void jobs_dispatch(struct jobs *);

/* After the thread has ended: notes the last results, lets go of those that hang. */
void jobs_finish_run(struct jobs *);

/* jobs_keep.c */
bool jobs_save(struct jobs *, GError **error); /* all that is new or changed */
void jobs_prune(struct jobs *); /* and drafts that nobody has written to for long */

/* Monotonic: when there will be something to prune, INT64_MAX: never as it is now. */
int64_t jobs_next_prune(struct jobs *);

/* jobs_marks.c */
bool jobs_restore_marks(struct jobs *, GError **error);
void jobs_mark(struct jobs *, uint32_t node, const char *reason); /* NULL: no longer */
bool jobs_save_marks(struct jobs *, GError **error);
void jobs_add_marks(struct jobs *, struct part *);

/* jobs_backups.c */
bool jobs_restore_backups(struct jobs *, const char *dir, GError **error);
void jobs_keep_backup(struct jobs *, const struct backup_record *); /* a new one, or as it is now */
void jobs_forget_backup(struct jobs *, const char *uuid);
GPtrArray *jobs_copy_backups(struct jobs *, const char *vm_uuid); /* struct backup_record; free */
bool jobs_find_backup(struct jobs *, const char *uuid, struct backup_record *);
bool jobs_has_backup(struct jobs *, const char *name);
bool jobs_save_backups(struct jobs *, GError **error);
void jobs_publish_backups(struct jobs *); /* if they have changed */
void jobs_close_backups(struct jobs *);   /* the file; the manager's thread has ended */
void jobs_free_backups(struct jobs *);

/* jobs_rows.c */
void jobs_publish(struct jobs *);
struct part *jobs_sequences(const struct rules *);

#endif
