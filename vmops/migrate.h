/*
 * Live migration: what is decided without asking libvirt.
 *
 *	migrate_config.c      what a domain is made of, of libvirt's XML
 *	migrate_disks.c       which disks go along
 *	migrate_plan.c        URIs, flags, figures, and what became of it
 *	migrate_conditions.c  what can keep a VM from leaving, or from entering a node
 *	migrate_check.c       may it be asked for, and where to (ops.h): calls those
 *
 * What is done with it, migrate_private.h lists.
 */
#ifndef VCL_VMOPS_MIGRATE_H
#define VCL_VMOPS_MIGRATE_H

#include "common/scoped.h"
#include "vmops/ops.h"

/* --- what a domain is made of */

enum disk_kind { DISK_EMPTY, DISK_FILE, DISK_BLOCK, DISK_OTHER /* libvirt's to judge */ };

struct migrant_disk {
	enum disk_kind kind;
	const char *target; /* "vda" */
	const char *path;   /* "" unless file or block */
	const char *format;
	bool removable;     /* CD-ROM or floppy */
	bool read_only, shareable;
};

/* What it is attached to on its host. */
struct migrant_link {
	bool network;     /* one of libvirt's; else a bridge */
	const char *name;
};

struct migrant {
	GStringChunk *texts;
	GArray *disks; /* struct migrant_disk */
	GArray *links; /* struct migrant_link */
	const char *stuck; /* a device that cannot move, in words; NULL: none */
	const char *nvram; /* file of the firmware's variables, NULL: none */
	const char *cpu;   /* XML of the CPU, NULL: nothing to compare */
	const char *emulator, *arch, *machine, *virt;
};

struct migrant *migrant_parse(const char *xml, GError **error);
void migrant_free(struct migrant *);
SCOPED_DEFINE(migrant, migrant_free)

/* --- which disks go along */

/* What is known of where a disk is. */
struct disk_place {
	bool declared;  /* in a directory that the configuration calls shared */
	bool network;   /* in a pool of a kind that several hosts see */
	bool in_pool;   /* in an active pool of the source */
	bool has_pool;  /* the target has an active pool at the same place */
	bool is_there;  /* and something of that name in it */
};

enum disk_plan { DISK_STAYS, DISK_COPIED };

/* Is the path in one of these directories, separated by blanks? */
bool migrate_is_below(const char *directories, const char *path);

/*
 * False with why it cannot go ("is not on": "vdb (/srv/x) WHY beta"), which `advice` may
 * follow.
 */
bool migrate_plan_disk(const struct migrant_disk *, const struct disk_place *, bool copy,
    enum disk_plan *plan, const char **why, const char **advice);

/* --- how libvirt is called */

struct migrate_how {
	bool persistent;
	bool peer_to_peer;
	bool copies;   /* at least one disk */
	bool declared; /* what is not copied is shared because the configuration says so */
	uint32_t flags; /* enum request_flag */
};

/* virDomainMigrateFlags. */
unsigned migrate_flags(const struct migrate_how *);

/*
 * How the target is reached, by its `migrate-uri` and its URI: a libvirt URI for the
 * source ("peer"), a URI for the hypervisor ("stream"), or neither.  Free both.
 */
struct migrate_route {
	char *peer, *stream;
};
void migrate_route(const char *migrate_uri, const char *uri, struct migrate_route *out);

/* Figures between two looks; starts as zeros. */
struct migrate_meter {
	int64_t at_us;
	uint64_t processed;
	uint32_t percent;
	bool postcopy;
};

/* What libvirt tells of its job at monotonic time `now`. */
void migrate_measure(struct migrate_meter *, const virTypedParameter *, int n, int64_t now,
    struct op_progress *out);

/* And of the one that is over: total time in ms in *total_ms (absent if not told). */
void migrate_conclude(const virTypedParameter *, int n, struct op_progress *out,
    uint64_t *total_ms);

/* --- what became of it */

enum half { HALF_UNKNOWN, HALF_ABSENT, HALF_OFF, HALF_PAUSED, HALF_BROKEN, HALF_RUNNING };

enum outcome {
	OUTCOME_MOVED,
	OUTCOME_STAYED,
	OUTCOME_HELD,    /* still at the source, but stands still */
	OUTCOME_BROKEN,  /* post-copy failed: its memory is on both sides */
	OUTCOME_BOTH,    /* runs twice */
	OUTCOME_NEITHER,
	OUTCOME_MOVING,  /* both halves are there: wait */
	OUTCOME_UNKNOWN, /* a node does not answer */
};

/* `was`: what it was at the source before. */
enum outcome migrate_judge(enum half was, enum half source, enum half target);

/*
 * Could it run on that node as well, also when its own is lost: asks both, changes nothing.
 * `declared` becomes true when a disk is shared because the configuration says so.
 * migrate_preflight.c; worker threads.
 */
bool migrate_check_host(const struct op_run *, virDomainPtr, const char *to,
    virConnectPtr target, bool *declared, GError **error);

/* --- of a cluster value */

/* May the VM leave its node as the request says; may it go to its target. */
bool migrate_may_leave(const struct cluster *, const struct request *, const struct vm *,
    GError **error);
bool migrate_may_enter(const struct cluster *, const struct request *, const struct vm *,
    int64_t now, GError **error);

#endif
