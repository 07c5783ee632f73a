/*
 * Power sequences: named, ordered steps on VMs, as the configuration says them.
 *
 *	start db* stagger 2s         all VMs that the name, pattern or @group means
 *	wait db* running within 60s  until they are
 *	delay 10s
 *	keys web1 ctrl+alt+del else go on
 *
 * Pure: which VMs there are is only known when a sequence runs.
 */
#ifndef VCL_MODEL_SEQUENCE_H
#define VCL_MODEL_SEQUENCE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/names.h"

enum step_kind {
	STEP_ACT,   /* one job on each VM, all at once or staggered */
	STEP_DELAY,
	STEP_WAIT,  /* until each VM is as wanted */
};

enum step_wanted { WANTED_RUNNING, WANTED_AGENT, WANTED_OFF };

struct step {
	enum step_kind kind;
	enum job_type type;      /* of STEP_ACT */
	enum step_wanted wanted; /* of STEP_WAIT */
	char *target;            /* a VM's name, a pattern, or "@group"; NULL: of a delay */
	char *argument;          /* keys, NULL: none */
	unsigned seconds;        /* of a delay; of a wait: its limit */
	unsigned stagger;        /* seconds between the starts of an action's jobs */
	unsigned at_once;        /* of an action's jobs; 0: the usual number */
	bool go_on;              /* also after a failure */
	char *text;              /* as it stands in the configuration */
};

struct sequence {
	char *name;
	GPtrArray *steps; /* struct step */
};

struct sequence *sequence_new(const char *name);
void sequence_free(struct sequence *);

/* The next step.  False with one sentence that says what is wrong with `text`. */
bool sequence_add_step(struct sequence *, const char *text, GError **);

#define SEQUENCE_ERROR (sequence_error_quark())
GQuark sequence_error_quark(void);

#endif
