/*
 * The engine: rows that are made by writing them.  All varbinds of a SET that are about
 * one row of the job table are one request.
 */
#include "agent/engine_private.h"

#include <string.h>

/* What the varbinds of one SET say of one row; the first to come to a phase does it. */
struct engine_row {
	struct row_request asked;
	unsigned first; /* field of its first varbind: what an error is about, if nothing else */
	bool reserved;  /* or tried to */
	bool committed;
	struct ticket *ticket;
	uint32_t job;
	enum engine_error error;
	char *why;
	unsigned blame;
};

struct engine_group {
	unsigned refs;
	bool locked;
	GPtrArray *rows; /* struct engine_row */
};

/* --- groups */

static void
row_free(void *data)
{
	struct engine_row *row = data;

	g_free(row->why);
	g_free(row);
}

struct engine_group *
engine_group_new(void)
{
	struct engine_group *group = g_new0(struct engine_group, 1);

	group->refs = 1;
	group->rows = g_ptr_array_new_with_free_func(row_free);
	return group;
}

void
engine_group_unref(struct engine_group *group)
{
	if (group == NULL || --group->refs > 0)
		return;
	g_ptr_array_free(group->rows, TRUE);
	g_free(group);
}

struct engine_group *
engine_group_join(struct engine_view *view, struct engine_set *set)
{
	if (set->group != NULL)
		return set->group;
	set->group = view->group == NULL ? engine_group_new() : view->group;
	set->group->refs += view->group != NULL;
	return set->group;
}

void
engine_set_clear(struct engine_set *set)
{
	engine_group_unref(g_steal_pointer(&set->group));
	set->row = NULL;
}

bool
engine_group_lock(struct engine_view *view, struct engine_set *set)
{
	struct engine_group *group = engine_group_join(view, set);

	if (group->locked)
		return false;
	group->locked = true;
	return true;
}

bool
engine_group_is_locked(const struct engine_set *set)
{
	return set->group != NULL && set->group->locked;
}

/* --- rows */

static struct engine_row *
find_row(struct engine_group *group, uint32_t number, unsigned field)
{
	struct engine_row *row;

	for (guint i = 0; i < group->rows->len; i++) {
		row = group->rows->pdata[i];
		if (row->asked.request.chosen == number)
			return row;
	}
	row = g_new0(struct engine_row, 1);
	row->asked.request.chosen = number;
	row->asked.request.origin = ORIGIN_SNMP;
	row->first = field;
	g_ptr_array_add(group->rows, row);
	return row;
}

enum engine_error
engine_row_check(struct engine_view *view, const struct column *column,
    const uint32_t *instance, size_t len, const struct value *value, struct engine_set *set,
    char **why)
{
	struct row_request said = { 0 };
	g_autoptr(GError) error = NULL;

	if (len != 1 || instance[0] == 0)
		return engine_refuse(why, ENGINE_NO_CREATION, "no row can have that index");
	if (!column->fill(value, &said, &error))
		return engine_take_error(error, why);
	struct engine_row *row = find_row(engine_group_join(view, set), instance[0], said.written);
	if (row->asked.written & said.written)
		return engine_refuse(why, ENGINE_INCONSISTENT_VALUE,
		    "the same object stands twice in the SET");
	row_request_merge(&row->asked, &said);
	if (said.written & ROW_STATUS)
		row->asked.status = said.status;
	row->asked.written |= said.written;
	set->row = row;
	set->field = said.written;
	return ENGINE_OK;
}

static void
reserve_row(const struct request_door *door, struct engine_row *row, bool locked)
{
	g_autoptr(GError) error = NULL;

	row->reserved = true;
	if (locked)
		row->asked.request.flags |= REQUEST_ONCE;
	row->ticket = door->reserve_row(door->manager, &row->asked, &row->blame, &error);
	if (row->ticket == NULL)
		row->error = engine_take_error(error, &row->why);
}

/* Which of the row's varbinds the error is told of. */
static bool
is_to_blame(const struct engine_row *row, const struct engine_set *set)
{
	unsigned blame = row->blame & row->asked.written;

	if (blame == 0)
		blame = row->asked.written & ROW_STATUS;
	return (set->field & (blame == 0 ? row->first : blame)) != 0;
}

enum engine_error
engine_row_reserve(const struct request_door *door, struct engine_set *set, char **why)
{
	struct engine_row *row = set->row;

	if (!row->reserved)
		reserve_row(door, row, engine_group_is_locked(set));
	if (row->error == ENGINE_OK || !is_to_blame(row, set))
		return ENGINE_OK;
	return engine_refuse(why, row->error, row->why);
}

void
engine_row_commit(const struct request_door *door, struct engine_set *set)
{
	struct engine_row *row = set->row;

	if (!row->committed)
		row->job = door->commit(door->manager, row->ticket);
	row->committed = true;
	set->job = row->job;
}

void
engine_row_settle(const struct request_door *door, struct engine_set *set)
{
	if (set->row->ticket != NULL)
		door->settle(door->manager, g_steal_pointer(&set->row->ticket));
}

void
engine_row_withdraw(const struct request_door *door, struct engine_set *set)
{
	if (set->row->ticket != NULL)
		door->withdraw(door->manager, g_steal_pointer(&set->row->ticket));
}

/* --- words, for the log */

const char *
engine_error_name(enum engine_error error)
{
	static const char *const names[] = {
		[ENGINE_OK] = "noError",
		[ENGINE_NO_ACCESS] = "noAccess",
		[ENGINE_NOT_WRITABLE] = "notWritable",
		[ENGINE_WRONG_TYPE] = "wrongType",
		[ENGINE_WRONG_LENGTH] = "wrongLength",
		[ENGINE_WRONG_VALUE] = "wrongValue",
		[ENGINE_NO_CREATION] = "noCreation",
		[ENGINE_INCONSISTENT_NAME] = "inconsistentName",
		[ENGINE_INCONSISTENT_VALUE] = "inconsistentValue",
		[ENGINE_RESOURCE_UNAVAILABLE] = "resourceUnavailable",
	};

	return names[error];
}

char *
engine_object_name(const struct mib *mib, const uint32_t *arc, size_t len)
{
	const struct table *table;
	const struct column *column = engine_find_column(mib, arc, len, &table);
	GString *text = g_string_new(column == NULL ? mib->name : column->name);

	for (size_t i = column == NULL ? 0 : table->oid_len + 1u; i < len; i++)
		g_string_append_printf(text, ".%u", arc[i]);
	return g_string_free(text, FALSE);
}
