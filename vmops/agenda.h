/*
 * The agenda of backups: from a cluster value and the time to what is to be asked for now.
 * It keeps nothing: what is due follows from the backups that there are and from the jobs.
 * Pure.
 */
#ifndef VCL_VMOPS_AGENDA_H
#define VCL_VMOPS_AGENDA_H

#include <glib.h>

#include "model/cluster.h"
#include "model/request.h"
#include "model/rules.h"

/* How one VM stands with its schedule. */
struct agenda_task {
	const struct vm *vm;
	const struct backup_rule *rule;
	const struct backup *newest; /* that counts, or NULL */
	int64_t point;     /* the last one of its schedule */
	int64_t settled;   /* when one was asked for that somebody cancelled, 0: none */
	int64_t failed_at; /* when the last of them failed, 0: none since the newest */
	unsigned failures; /* since the newest */
	const char *why;   /* it failed, in words; NULL: it did not */
	bool open;         /* a job of it goes on, or is about its backups */
	bool late;         /* overdue */
};

/* A job to ask for. */
struct agenda_wish {
	const struct agenda_task *task;
	const struct backup *backup; /* to delete; NULL: a new one is to be made */
	bool full;
};

struct agenda {
	GArray *tasks;  /* struct agenda_task, of VMs that a schedule means */
	GArray *wishes; /* struct agenda_wish */
};

/*
 * `held`: VMs (by index, GUINT_TO_POINTER) that are not to be asked for now; may be NULL.
 * Free the agenda before the cluster value.
 */
struct agenda *agenda_new(const struct cluster *, GTimeZone *, int64_t wall,
    GHashTable *held);
void agenda_free(struct agenda *);
SCOPED_DEFINE(agenda, agenda_free)

/* Is there a backup to be made that has not been made yet. */
bool agenda_task_is_due(const struct agenda_task *);

/* Seconds to wait after so many failures in a row. */
int64_t agenda_back_off(const struct backup_rule *, unsigned failures);

/* The request, as the schedule asks. */
void agenda_wish_request(const struct agenda_wish *, struct request *out);

#endif
