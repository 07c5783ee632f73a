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
#include <stdbool.h>

#include "model/cluster.h"
#include "model/names.h"

/* Flat and without pointers: it is copied into memory that outlives the process. */
struct request {
	int32_t type;      /* enum job_type */
	int32_t kind;      /* enum object_kind */
	uint32_t object;   /* index of the object to act on */
	int32_t origin;    /* enum origin */
	char name[256];    /* of the object, for the record */
	char uuid[40];     /* of the object, "" where the kind has none */
	char argument[256];
	char command[256]; /* vclCommand's text when it came by it, else "" */
	char requester[64];
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
};

#define REQUEST_ERROR (request_error_quark())
GQuark request_error_quark(void);

struct ticket; /* a reserved place in the queue, the job manager's own */

struct request_door {
	void *manager;

	/* Everything that can refuse.  NULL with an error of REQUEST_ERROR. */
	struct ticket *(*reserve)(void *manager, const struct request *, GError **);

	/*
	 * The request is accepted and survives a kill of the process.  Returns the job's
	 * index; for a request repeated within two seconds, the index of the first.
	 */
	uint32_t (*commit)(void *manager, struct ticket *);

	/* Lets the job run and frees the ticket. */
	void (*settle)(void *manager, struct ticket *);

	/* Takes it back, in any phase before settle, and frees the ticket. */
	void (*withdraw)(void *manager, struct ticket *);
};

/* reserve, commit and settle in one: the job's index, or 0 with an error. */
uint32_t request_submit(const struct request_door *, const struct request *, GError **);

/* Fills in kind, object, name and uuid; the rest of `out` becomes zero. */
void request_for_vm(struct request *out, enum job_type, const struct vm *);

/*
 * What a person typed, "poweroff web1": the words of `virtcluster` and of vclCommand.
 * Resolves names in the cluster.  False with an error of REQUEST_ERROR.
 */
bool command_parse(const struct cluster *, const char *text, struct request *out, GError **);
bool command_parse_words(const struct cluster *, const char *const *words,
    struct request *out, GError **);

/* The verbs of command_parse, ended by a NULL verb; help and completion come from it. */
struct command_verb {
	const char *verb;
	enum job_type type;
	const char *usage; /* operands: "VM" */
	const char *help;
};
extern const struct command_verb command_verbs[];

#endif
