/*
 * Rules: what the configuration says about where VMs may be, how they are moved, which
 * power sequences there are, and how VMs are backed up.  An immutable value; each cluster
 * value has one.
 */
#ifndef VCL_MODEL_RULES_H
#define VCL_MODEL_RULES_H

#include <glib.h>
#include <stdbool.h>

#include "common/scoped.h"
#include "common/sync.h"
#include "model/backup_rule.h"
#include "model/sequence.h"

/* [placer] */
struct placer_limits {
	int memory_limit;   /* percent of a node's memory that VMs may have */
	int parallel;       /* migrations at once of one evacuation or balance */
	int auto_balance;   /* seconds between looks, 0: off */
	int moves;          /* of one balance, at most */
	int moves_per_hour; /* of the automatic balance */
	int improvement;    /* percent of two nodes' difference that a move must take away */
	int cooldown;       /* seconds that a VM that was moved is left alone */
};
extern const struct placer_limits placer_limits_default;

/* VMs that belong together, or must not be together, on one node. */
struct rule_group {
	char *name;
	char **members; /* names and patterns */
	bool has_rule;  /* else it is just a name for these VMs */
	bool apart;
};

/* What is said of one VM, or of all that match a pattern; the first match counts. */
struct rule_vm {
	char *name;
	char **nodes;  /* the only ones that it may be on; NULL: any */
	char **prefer; /* better than others; NULL: none */
};

struct rules {
	refcount refs;
	struct placer_limits limits;
	GPtrArray *groups;    /* struct rule_group */
	GPtrArray *vms;       /* struct rule_vm */
	GPtrArray *sequences; /* struct sequence */
	GPtrArray *backups;   /* struct backup_rule */
};

/* Without any rule, and the default limits. */
struct rules *rules_new(void);
struct rules *rules_ref(struct rules *);
void rules_unref(struct rules *);
SCOPED_DEFINE(rules, rules_unref)

/* Is it one of the sections that are read here: "group web", "vm db1", "sequence boot". */
bool rules_is_section(const char *section);

/*
 * Reads such a section.  False with one sentence; `*key` is then the key that is wrong,
 * to be freed, or NULL: the section as a whole.
 */
bool rules_read(struct rules *, GKeyFile *, const char *section, char **key, GError **);

/*
 * When all sections have been read.  False with one sentence, the section that is wrong
 * and its key; both to be freed.  `is_node` tells whether a node of that name exists.
 */
bool rules_check(const struct rules *, bool (*is_node)(const void *context, const char *),
    const void *context, char **section, char **key, GError **);

/* NULL where there is none. */
const struct rule_group *rules_group(const struct rules *, const char *name);
const struct rule_vm *rules_vm(const struct rules *, const char *vm);
const struct sequence *rules_sequence(const struct rules *, const char *name);

/* The first [backup NAME] that means this VM, which is the one that counts; or NULL. */
const struct backup_rule *rules_backup_of(const struct rules *, const char *vm);

bool rule_group_has(const struct rule_group *, const char *vm);

/* Is that VM meant by a step's target. */
bool rules_target_is(const struct rules *, const char *target, const char *vm);

#endif
