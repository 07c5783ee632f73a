/*
 * What the halves of the engine share.  For agent/engine*.c only.
 */
#ifndef VCL_AGENT_ENGINE_PRIVATE_H
#define VCL_AGENT_ENGINE_PRIVATE_H

#include "agent/engine.h"

/* The table and column that an OID names, or NULL. */
const struct column *engine_find_column(const struct mib *, const uint32_t *arc, size_t len,
    const struct table **);

/* The row of that instance, without its third index; or NULL. */
const struct row_head *engine_find_row(struct engine_view *, const struct table *,
    const uint32_t *instance, size_t len);

/* --- SET: engine_row.c */

/* A sentence why, for the log. */
enum engine_error engine_refuse(char **why, enum engine_error, const char *sentence);

/* The error that an error of REQUEST_ERROR is answered with. */
enum engine_error engine_take_error(const GError *, char **why);

/* A varbind about a row of the job table, in each phase. */
enum engine_error engine_row_check(struct engine_view *, const struct column *,
    const uint32_t *instance, size_t len, const struct value *, struct engine_set *,
    char **why);
enum engine_error engine_row_reserve(const struct request_door *, struct engine_set *,
    char **why);
void engine_row_commit(const struct request_door *, struct engine_set *);
void engine_row_settle(const struct request_door *, struct engine_set *);
void engine_row_withdraw(const struct request_door *, struct engine_set *);

/* The set belongs to the SET of the view. */
struct engine_group *engine_group_join(struct engine_view *, struct engine_set *);

/* The spin lock is among the varbinds; false: for the second time. */
bool engine_group_lock(struct engine_view *, struct engine_set *);
bool engine_group_is_locked(const struct engine_set *);

#endif
