/*
 * The engine: OIDs in, cells out.  Knows tables and cluster values, not net-snmp, so that
 * it is tested without a master agent and the transport can be replaced.
 *
 * It serves one MIB at a time; OIDs are arcs relative to that MIB's root: vclVmName of VM 7
 * is { 1, 3, 11, 1, 2, 7 }.
 * One thread at a time per view.  Nothing here waits or allocates, writes excepted.
 */
#ifndef VCL_AGENT_ENGINE_H
#define VCL_AGENT_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/cluster.h"
#include "model/request.h"
#include "model/table.h"

#define ENGINE_MAX_OID (TABLE_MAX_OID + 1 + KEYS_MOST) /* entry, column, instance */

struct engine_oid {
	uint32_t arc[ENGINE_MAX_OID];
	size_t len;
};

/* What one request looks at: one cluster value from its first cell to its last. */
struct engine_view {
	const struct mib *mib;
	const struct cluster *cluster; /* borrowed; values live as long as it does */
	int64_t now;                   /* monotonic microseconds */
	enum row_set hint_set;         /* the last row found: GETNEXT goes on there */
	size_t hint;
	struct engine_group *group;    /* of a SET: borrowed, NULL: each varbind is alone */
};

void engine_view_init(struct engine_view *, const struct mib *, const struct cluster *,
    int64_t now);

enum engine_found {
	ENGINE_VALUE,
	ENGINE_NO_OBJECT,   /* no such column: noSuchObject */
	ENGINE_NO_INSTANCE, /* no such row, or the value is absent: noSuchInstance */
};

/* GET.  Binary search over the rows. */
enum engine_found engine_get(struct engine_view *, const uint32_t *arc, size_t len,
    struct value *out);

/*
 * GETNEXT: the first cell behind that OID that has a value.  False at the end.  O(log n),
 * plus the holes it steps over.
 */
bool engine_next(struct engine_view *, const uint32_t *arc, size_t len,
    struct engine_oid *found, struct value *out);

/* The OID of one cell, without its third index if it has one. */
void engine_cell_oid(const struct table *, const struct column *, const struct row_head *,
    struct engine_oid *out);

/* --- SET */

enum engine_error {
	ENGINE_OK,
	ENGINE_NO_ACCESS,
	ENGINE_NOT_WRITABLE,
	ENGINE_WRONG_TYPE,
	ENGINE_WRONG_LENGTH,
	ENGINE_WRONG_VALUE,
	ENGINE_NO_CREATION,
	ENGINE_INCONSISTENT_NAME,
	ENGINE_INCONSISTENT_VALUE,
	ENGINE_RESOURCE_UNAVAILABLE,
};

/* "inconsistentValue" */
const char *engine_error_name(enum engine_error);

/* "vclVmAction.7", or the arcs where there is no such object.  Free it. */
char *engine_object_name(const struct mib *, const uint32_t *arc, size_t len);

/* A value as it came by the wire. */
struct engine_input {
	enum { INPUT_INTEGER, INPUT_UNSIGNED, INPUT_OCTETS, INPUT_OTHER } type;
	int64_t number;
	const void *octets;
	size_t len;
};

/*
 * What the varbinds of one SET have in common: the rows that they are about, and whether
 * the spin lock is among them.  Each set holds a reference.
 */
struct engine_group;
struct engine_row;
struct engine_group *engine_group_new(void);
void engine_group_unref(struct engine_group *);

/* One varbind of a SET on its way through the phases. */
struct engine_set {
	struct engine_group *group; /* NULL: it has nothing in common with others */
	struct engine_row *row;     /* of a cell of the job table: borrowed of the group */
	unsigned field;             /* then which: enum row_field */

	struct request request;
	struct ticket *ticket; /* from reserve until settled or withdrawn */
	uint32_t job;          /* from commit on */

	unsigned switch_id; /* instead of a request: enum switch_id, else 0 */
	const char *switch_name; /* descriptor of the object */
	uint32_t switch_new, switch_old;
	bool switched; /* from commit until settled or withdrawn */
};

/* Lets go of the group; does not free the set. */
void engine_set_clear(struct engine_set *);

/*
 * RESERVE1: may this object be written, does the value make sense, is there such a row.
 * `why` (may be NULL) becomes a sentence for the log when it fails; free it.
 */
enum engine_error engine_set_check(struct engine_view *, const uint32_t *arc, size_t len,
    const struct engine_input *, struct engine_set *out, char **why);

/* RESERVE2: a place in the queue; one for all varbinds that are about one row. */
enum engine_error engine_set_reserve(const struct request_door *, struct engine_set *,
    char **why);

/* ACTION; COMMIT; FREE and UNDO (does nothing without a ticket). */
void engine_set_commit(const struct request_door *, struct engine_set *);
void engine_set_settle(const struct request_door *, struct engine_set *);
void engine_set_withdraw(const struct request_door *, struct engine_set *);

#endif
