/*
 * Requests: the single door through which anybody changes anything.
 *
 * SNMP, the CLI and the web page turn what they are told into a struct request; the job
 * manager (vmops) stands behind the door.  main.c hands the door over, so that nobody
 * needs to know vmops.
 *
 * The phases follow an SNMP SET: reserve may refuse, commit cannot, and until settle the
 * whole can still be withdrawn.  None of them waits for libvirt, disk or network: they may
 * be called on the SNMP thread.
 */
#ifndef VCL_MODEL_REQUEST_H
#define VCL_MODEL_REQUEST_H

#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "model/cluster.h"
#include "model/names.h"
#include "model/store.h"

enum request_flag {
	REQUEST_COPY_STORAGE = 1 << 0,  /* migrate with the disks that are not shared */
	REQUEST_POSTCOPY = 1 << 1,      /* let the guest go over before its memory */
	REQUEST_AUTO_CONVERGE = 1 << 2, /* slow the guest down until it fits */
	REQUEST_OFFLINE = 1 << 3,       /* migrate a VM that is shut off */
	REQUEST_NOTIFY = 1 << 4,        /* vclJobFinished for this one, whatever is enabled */
	REQUEST_DRY_RUN = 1 << 5,       /* only tell what would be done */
	REQUEST_RAW = 1 << 7,           /* a raw volume, where qcow2 would be made */
	REQUEST_WHOLE = 1 << 8,         /* all of a volume is allocated at once */
	REQUEST_LINKED = 1 << 9,        /* a clone that keeps only what differs */
	REQUEST_POWER_OFF = 1 << 20,    /* revert a VM that runs: cut its power first */
	REQUEST_FULL_BACKUP = 1 << 17,  /* a new chain */
	REQUEST_INCREMENTAL = 1 << 18,  /* upon the last one, or none */
	REQUEST_QUIESCE = 1 << 19,      /* with file systems at rest, or none */
	REQUEST_START = 1 << 21,        /* start what was made */
	REQUEST_NO_START = 1 << 16,     /* a new VM that stays off */
	REQUEST_READ_ONLY = 1 << 10,    /* clients of an export cannot write */
	REQUEST_DISCONNECT = 1 << 11,   /* end an export that has clients */
	REQUEST_ONCE = 1 << 6,          /* no repetition: whoever asks holds the spin lock */
};

/* As SNMP counts; 0 is nothing said. */
enum request_truth { REQUEST_ON = 1, REQUEST_OFF };

/* What a VM that is to be made shall be; 0 or "": as what it is made from says. */
struct request_machine {
	uint32_t vcpus;
	uint32_t disk; /* MiB; the memory is the request's amount */
	char network[64]; /* of a virtual node: its address */
	char hostname[64];
	char user[33];
	char pool[128];   /* where its disks shall be, or its backup goes */
	char drive[32];   /* target of the disk that is restored alone */
	char ssh_key[184]; /* what a public key has in base64, without type and comment */
};

/*
 * Flat and without pointers: it is copied into memory that outlives the process.  What a
 * type has no use for is 0.
 */
struct request {
	int32_t type;      /* enum job_type */
	int32_t kind;      /* enum object_kind */
	uint32_t object;   /* index of the object to act on */
	int32_t origin;    /* enum origin */
	uint32_t target;   /* index of the node to go to, 0: the agent chooses */
	uint32_t flags;    /* enum request_flag */
	uint32_t amount;   /* vCPUs, MiB, seconds of grace, enum request_truth: by type */
	uint32_t max_downtime; /* of a migration, milliseconds, 0: libvirt's default */
	uint32_t bandwidth;    /* MiB/s, 0: no limit */
	uint32_t chosen;   /* the job's index as the requester wants it, 0: the next one */
	uint32_t keep;     /* seconds that the result stays, 0: the usual time */
	uint32_t wanted;   /* enum admin_state that the VM shall have, 0: nothing said */
	uint32_t parent;   /* the job that asks for this one, 0: none */
	uint32_t file;     /* number of the file that was lent for it (lent.h), 0: none */
	char name[256];    /* of the object, for the record */
	char uuid[40];     /* of the object, "" where the kind has none */
	char argument[256];
	char command[256]; /* vclCommand's text when it came by it, else "" */
	char requester[64];
	struct request_machine machine;
};

#define REQUEST_KEEP_MOST 31536000 /* seconds */

/* What a row of the job table can be told, besides its status. */
enum row_field {
	ROW_TYPE = 1 << 0,
	ROW_KIND = 1 << 1,
	ROW_OBJECT = 1 << 2,
	ROW_TARGET = 1 << 3,
	ROW_ARGUMENT = 1 << 4,
	ROW_OPTIONS = 1 << 5,
	ROW_KEEP = 1 << 6,
	ROW_AMOUNT = 1 << 7,
	ROW_REQUESTER = 1 << 8,
	ROW_STATUS = 1 << 9,
};

/* What one SET says of one row of the job table; its index is request.chosen. */
struct row_request {
	int32_t status;   /* enum row_status, 0: not written */
	unsigned written; /* enum row_field */
	char options[256]; /* in words: they can only be read when the type is known */
	struct request request;
};

enum request_error {
	REQUEST_BAD_VALUE,   /* not understood: wrongValue */
	REQUEST_NO_OBJECT,   /* no such VM or node: inconsistentName */
	REQUEST_IMPOSSIBLE,  /* not in its present state: inconsistentValue */
	REQUEST_BUSY,        /* another job has it: inconsistentValue */
	REQUEST_UNREACHABLE, /* its node does not answer: resourceUnavailable */
	REQUEST_FULL,        /* no room in the queue: resourceUnavailable */
	REQUEST_DISABLED,    /* control is switched off: notWritable */
	REQUEST_DENIED,      /* this requester may not: noAccess */
	REQUEST_TOO_LONG,    /* a text: wrongLength */
	REQUEST_NO_ROW,      /* there is no such row of the job table: inconsistentName */
};

#define REQUEST_ERROR (request_error_quark())
GQuark request_error_quark(void);

/* Always false. */
bool request_refuse(GError **, enum request_error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/*
 * What was settled last.  A cluster value shows it from command_info.settled = `number` on.
 * Any thread may read it.
 */
struct request_settled {
	_Atomic uint64_t number;
	_Atomic int64_t at; /* g_get_monotonic_time */
};

struct ticket; /* a reserved place in the queue, the job manager's own */

struct request_door {
	void *manager;

	/* Everything that can refuse.  NULL with an error of REQUEST_ERROR. */
	struct ticket *(*reserve)(void *manager, const struct request *, GError **);

	/*
	 * The request is accepted and survives a kill of the process.  Returns the job's
	 * index; for a request repeated within two seconds, the index of the first; 0 for
	 * one of type JOB_NONE, which only says what a VM shall be.  (A row that is not
	 * started yet does not survive it.)
	 */
	uint32_t (*commit)(void *manager, struct ticket *);

	/* Lets the job run and frees the ticket. */
	void (*settle)(void *manager, struct ticket *);

	/* Takes it back, in any phase before settle, and frees the ticket. */
	void (*withdraw)(void *manager, struct ticket *);

	/*
	 * Ends a job that waits, or one that runs and can be stopped, and the jobs that it
	 * asked for.  False with an error of REQUEST_ERROR.
	 */
	bool (*cancel)(void *manager, uint32_t job, GError **);

	/*
	 * As reserve, for a row of the job table: to make, fill in, start or destroy it.
	 * `blame` is the enum row_field that an error is about, 0: the row.
	 */
	struct ticket *(*reserve_row)(void *manager, const struct row_request *,
	    unsigned *blame, GError **);

	const struct request_settled *settled; /* NULL: request_look does not wait */
};

/*
 * A reference to the newest cluster value, for somebody who reads.  What was settled before
 * is in it, so that who asks for something and then how it stands is told of just that, and
 * not of an older job.  For that it waits, as a rule some milliseconds, and at most until
 * half a second after the settling, for the thread of the job manager may be behind a disk.
 */
struct cluster *request_look(const struct request_door *, struct store *);

/*
 * reserve, commit and settle in one: the job's index, or 0 with an error.  0 without one:
 * accepted, and there was nothing to do.
 */
uint32_t request_submit(const struct request_door *, const struct request *, GError **);

/* Fills in kind, object, name and uuid; the rest of `out` becomes zero. */
void request_for_vm(struct request *out, enum job_type, const struct vm *);
void request_for_node(struct request *out, enum job_type, const struct node *);
void request_for_pool(struct request *out, enum job_type, const struct pool *);
void request_for_volume(struct request *out, enum job_type, const struct volume *);
void request_for_app(struct request *out, enum job_type, const struct app *);
void request_for_sequence(struct request *out, const char *name);
void request_for_backup(struct request *out, enum job_type, const struct backup *);
void request_for_create(struct request *out, const struct template_info *,
    const char *name); /* of the VM that is to be made */

/* Copies the fields that are written, the status not. */
void row_request_merge(struct row_request *to, const struct row_request *from);

/* Do both say the same in these fields. */
bool row_request_same(const struct row_request *, const struct row_request *,
    unsigned fields);

/*
 * How a request is to be carried out, in words: "copy-storage max-downtime=300".  Words
 * are added to what the request, whose type must be set, says already; the text (free it)
 * has only what differs from the default.  False with an error of REQUEST_ERROR that
 * names the word.
 */
char *request_options_text(const struct request *);
bool request_option_take(struct request *out, const char *word, GError **);
bool request_options_parse(struct request *out, const char *words, GError **);

/* MiB: "512", "512M", "2GiB".  False: it is none. */
bool request_parse_size(const char *text, uint32_t *mib);

/* Is it an option that has a value: "max-downtime". */
bool request_option_takes_value(const char *name);

/* Does its value name something of the cluster: only command_parse knows those. */
bool request_option_is_object(const char *name);

/*
 * What a person typed, "poweroff web1": the words of `virtcluster` and of vclCommand.
 * Resolves names in the cluster.  False with an error of REQUEST_ERROR.
 */
bool command_parse(const struct cluster *, const char *text, struct request *out, GError **);
bool command_parse_words(const struct cluster *, const char *const *words,
    struct request *out, GError **);

/*
 * The verbs of command_parse, ended by a NULL verb.  `usage` says which operands there
 * are, "VM [NODE]": words of operand_kinds in command.c, those in brackets may be left out.
 */
struct command_verb {
	const char *verb;
	enum job_type type;
	const char *usage;
	const char *options; /* names of request_option_take, blank-separated */
	const char *help;
};
extern const struct command_verb command_verbs[];

#endif
