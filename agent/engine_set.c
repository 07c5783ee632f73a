/* The engine: what is written to cells, in the phases of a SET. */
#include "agent/engine_private.h"

#include <string.h>

#include "model/switches.h"

/* --- the value */

enum engine_error
engine_refuse(char **why, enum engine_error error, const char *sentence)
{
	if (why != NULL)
		*why = g_strdup(sentence);
	return error;
}

static enum engine_error
take_enum(const struct column *column, const struct engine_input *in, struct value *value,
    char **why)
{
	if (in->type != INPUT_INTEGER)
		return engine_refuse(why, ENGINE_WRONG_TYPE, "an INTEGER is wanted");
	for (const struct enum_name *n = column->names; n->name != NULL; n++)
		if (n->value == in->number) {
			value->i = in->number;
			return ENGINE_OK;
		}
	return engine_refuse(why, ENGINE_WRONG_VALUE, "no such value in the enumeration");
}

#define TEXT_MOST 255 /* octets of an SnmpAdminString */

/* `text`: TEXT_MOST + 1 octets that the value points to afterwards. */
static enum engine_error
take_text(const struct engine_input *in, char *text, struct value *value, char **why)
{
	if (in->type != INPUT_OCTETS)
		return engine_refuse(why, ENGINE_WRONG_TYPE, "an OCTET STRING is wanted");
	if (in->len > TEXT_MOST)
		return engine_refuse(why, ENGINE_WRONG_LENGTH, "longer than 255 octets");
	if (in->len > 0)
		memcpy(text, in->octets, in->len);
	text[in->len] = '\0';
	if (!g_utf8_validate(text, (gssize)in->len, NULL))
		return engine_refuse(why, ENGINE_WRONG_VALUE, "not UTF-8");
	for (size_t i = 0; i < in->len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return engine_refuse(why, ENGINE_WRONG_VALUE, "a control character in the text");
	value->s = text;
	return ENGINE_OK;
}

/* A truth or a number, within the range of its switch. */
static enum engine_error
take_switch(const struct column *column, unsigned id, const struct engine_input *in,
    struct value *value, char **why)
{
	bool number = column->syntax == SYN_UNSIGNED || column->syntax == SYN_GAUGE;
	struct switch_range range = switches_range(id);
	int64_t i = in->number;

	if (in->type != (number ? INPUT_UNSIGNED : INPUT_INTEGER))
		return engine_refuse(why, ENGINE_WRONG_TYPE,
		    number ? "an Unsigned32 is wanted" : "an INTEGER is wanted");
	if (column->syntax == SYN_BOOL && (i < 1 || i > 2))
		return engine_refuse(why, ENGINE_WRONG_VALUE, "neither true(1) nor false(2)");
	if (column->syntax == SYN_BOOL)
		i = i == 1;
	value->u = (uint64_t)i;
	if (i >= range.least && i <= range.most)
		return ENGINE_OK;
	g_autofree char *limits = g_strdup_printf("%s: a value from %u to %u is wanted",
	    column->name, range.least, range.most);
	return engine_refuse(why, ENGINE_WRONG_VALUE, range.why != NULL ? range.why : limits);
}

static enum engine_error
take_bool(const struct engine_input *in, struct value *value, char **why)
{
	if (in->type != INPUT_INTEGER)
		return engine_refuse(why, ENGINE_WRONG_TYPE, "an INTEGER is wanted");
	if (in->number < 1 || in->number > 2)
		return engine_refuse(why, ENGINE_WRONG_VALUE, "neither true(1) nor false(2)");
	value->i = in->number == 1;
	return ENGINE_OK;
}

/* Its range within the type is the writer's to know. */
static enum engine_error
take_number(enum syntax syntax, const struct engine_input *in, struct value *value,
    char **why)
{
	bool is_unsigned = syntax == SYN_UNSIGNED || syntax == SYN_GAUGE;
	int64_t least = syntax == SYN_INT ? INT32_MIN : 0;

	if (in->type != (is_unsigned ? INPUT_UNSIGNED : INPUT_INTEGER))
		return engine_refuse(why, ENGINE_WRONG_TYPE,
		    is_unsigned ? "an Unsigned32 is wanted" : "an INTEGER is wanted");
	if (in->number < least || in->number > (is_unsigned ? UINT32_MAX : INT32_MAX))
		return engine_refuse(why, ENGINE_WRONG_VALUE, "out of range");
	if (syntax == SYN_INT)
		value->i = in->number;
	else
		value->u = (uint64_t)in->number;
	return ENGINE_OK;
}

static enum engine_error
take_value(const struct column *column, const struct engine_input *in, char *text,
    struct value *value, char **why)
{
	value->syntax = column->syntax;
	if (column->syntax == SYN_BOOL)
		return take_bool(in, value, why);
	if (column->syntax == SYN_ENUM || column->syntax == SYN_ROW)
		return take_enum(column, in, value, why);
	if (column->syntax == SYN_TEXT)
		return take_text(in, text, value, why);
	if (column->syntax == SYN_UNSIGNED || column->syntax == SYN_GAUGE ||
	    column->syntax == SYN_INT || column->syntax == SYN_INDEX)
		return take_number(column->syntax, in, value, why);
	return engine_refuse(why, ENGINE_NOT_WRITABLE, "no object of that type can be written");
}

/* --- the phases */

static const enum engine_error request_errors[] = {
	[REQUEST_BAD_VALUE] = ENGINE_WRONG_VALUE,
	[REQUEST_NO_OBJECT] = ENGINE_INCONSISTENT_NAME,
	[REQUEST_IMPOSSIBLE] = ENGINE_INCONSISTENT_VALUE,
	[REQUEST_BUSY] = ENGINE_INCONSISTENT_VALUE,
	[REQUEST_UNREACHABLE] = ENGINE_RESOURCE_UNAVAILABLE,
	[REQUEST_FULL] = ENGINE_RESOURCE_UNAVAILABLE,
	[REQUEST_DISABLED] = ENGINE_NOT_WRITABLE,
	[REQUEST_DENIED] = ENGINE_NO_ACCESS,
	[REQUEST_TOO_LONG] = ENGINE_WRONG_LENGTH,
	[REQUEST_NO_ROW] = ENGINE_INCONSISTENT_NAME,
};

enum engine_error
engine_take_error(const GError *error, char **why)
{
	if (error->domain != REQUEST_ERROR || error->code < 0 ||
	    (size_t)error->code >= G_N_ELEMENTS(request_errors))
		return engine_refuse(why, ENGINE_RESOURCE_UNAVAILABLE, error->message);
	return engine_refuse(why, request_errors[error->code], error->message);
}

static enum engine_error
check_switch(const struct column *column, const struct row_head *row,
    const struct engine_input *in, struct engine_set *out, char **why)
{
	unsigned id = column_switch(column, row);
	struct value value = { column->syntax };
	enum engine_error bad = take_switch(column, id, in, &value, why);

	if (bad != ENGINE_OK)
		return bad;
	out->switch_id = id;
	out->switch_name = column->name;
	out->switch_new = (uint32_t)value.u;
	return ENGINE_OK;
}

/* TestAndIncr: the value that it has, or the whole SET fails. */
static enum engine_error
check_lock(struct engine_view *view, const struct engine_input *in, struct engine_set *out,
    char **why)
{
	uint32_t now = switches_get(SWITCH_LOCK);

	if (in->type != INPUT_INTEGER)
		return engine_refuse(why, ENGINE_WRONG_TYPE, "an INTEGER is wanted");
	if (in->number < 0 || in->number > INT32_MAX)
		return engine_refuse(why, ENGINE_WRONG_VALUE, "out of range");
	if (in->number != now)
		return engine_refuse(why, ENGINE_INCONSISTENT_VALUE,
		    "somebody else has taken the spin lock: read it again");
	if (!engine_group_lock(view, out))
		return engine_refuse(why, ENGINE_INCONSISTENT_VALUE,
		    "the spin lock stands twice in the SET");
	out->switch_id = SWITCH_LOCK;
	out->switch_new = (now + 1) & INT32_MAX;
	return ENGINE_OK;
}

static enum engine_error
check_request(struct engine_view *view, const struct column *column,
    const struct row_head *row, const struct value *value, struct engine_set *out, char **why)
{
	struct reading reading = { view->cluster, view->now };
	g_autoptr(GError) error = NULL;

	if (!column->write(&reading, row, value, &out->request, &error))
		return engine_take_error(error, why);
	out->request.origin = ORIGIN_SNMP;
	engine_group_join(view, out);
	return ENGINE_OK;
}

enum engine_error
engine_set_check(struct engine_view *view, const uint32_t *arc, size_t len,
    const struct engine_input *in, struct engine_set *out, char **why)
{
	const struct table *table;
	const struct column *column = engine_find_column(view->mib, arc, len, &table);
	char text[TEXT_MOST + 1];
	struct value value;

	*out = (struct engine_set){ 0 };
	if (column == NULL || column->access < ACCESS_WRITE)
		return engine_refuse(why, ENGINE_NOT_WRITABLE, "a read-only object");
	if (!cluster_info(view->cluster)->control)
		return engine_refuse(why, ENGINE_NOT_WRITABLE, "control is switched off");
	const uint32_t *instance = arc + table->oid_len + 1;
	size_t instance_len = len - table->oid_len - 1;
	const struct row_head *row = engine_find_row(view, table, instance, instance_len);
	if (row != NULL && column->syntax == SYN_LOCK)
		return check_lock(view, in, out, why);
	if (column->field == FIELD_SWITCH)
		return row == NULL ? engine_refuse(why, ENGINE_NO_CREATION, "no such row")
				   : check_switch(column, row, in, out, why);
	enum engine_error bad = take_value(column, in, text, &value, why);
	if (bad != ENGINE_OK)
		return bad;
	if (column->access == ACCESS_CREATE)
		return engine_row_check(view, column, instance, instance_len, &value, out, why);
	if (row == NULL)
		return engine_refuse(why, ENGINE_NO_CREATION, "no such row");
	return check_request(view, column, row, &value, out, why);
}

enum engine_error
engine_set_reserve(const struct request_door *door, struct engine_set *set, char **why)
{
	g_autoptr(GError) error = NULL;

	if (set->switch_id != SWITCH_NONE)
		return ENGINE_OK;
	if (set->row != NULL)
		return engine_row_reserve(door, set, why);
	if (engine_group_is_locked(set))
		set->request.flags |= REQUEST_ONCE;
	set->ticket = door->reserve(door->manager, &set->request, &error);
	return set->ticket == NULL ? engine_take_error(error, why) : ENGINE_OK;
}

void
engine_set_commit(const struct request_door *door, struct engine_set *set)
{
	if (set->row != NULL) {
		engine_row_commit(door, set);
		return;
	}
	if (set->switch_id == SWITCH_NONE) {
		set->job = door->commit(door->manager, set->ticket);
		return;
	}
	set->switch_old = switches_set(set->switch_id, set->switch_new);
	set->switched = true;
}

void
engine_set_settle(const struct request_door *door, struct engine_set *set)
{
	set->switched = false;
	if (set->row != NULL)
		engine_row_settle(door, set);
	if (set->ticket != NULL)
		door->settle(door->manager, g_steal_pointer(&set->ticket));
}

void
engine_set_withdraw(const struct request_door *door, struct engine_set *set)
{
	if (set->switched)
		switches_set(set->switch_id, set->switch_old);
	set->switched = false;
	if (set->row != NULL)
		engine_row_withdraw(door, set);
	if (set->ticket != NULL)
		door->withdraw(door->manager, g_steal_pointer(&set->ticket));
}
