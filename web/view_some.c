/* Some rows of what may be many. */
#include "web/listing.h"

static void
add_condition(JsonBuilder *b, const char *column, const char *value)
{
	if (column != NULL)
		client_add_words(b, column, (const char *const[]){ value, NULL });
}

/* `health`: only rows in that one; NULL: in any. */
static JsonBuilder *
request_of(const struct view_some *s, const char *health, int64_t limit)
{
	JsonBuilder *b = view_request(s->view);

	if (s->owner != NULL)
		client_add_int(b, s->owner, s->index);
	if (!s->newest && s->view->sort != NULL)
		client_add_text(b, "sort", s->view->sort);
	client_add_bool(b, "descending", s->newest || s->view->descending);
	client_add_int(b, "limit", limit);
	json_builder_set_member_name(b, "where");
	json_builder_begin_object(b);
	add_condition(b, s->column, s->value);
	if (health != NULL)
		add_condition(b, s->health, health);
	json_builder_end_object(b);
	return b;
}

static bool
add_rows(struct ask *ask, const struct view_some *s, const char *health, struct answer *to,
    GError **error)
{
	SCOPED(answer) part = ask_rows(ask, request_of(s, health, s->limit - to->rows->len), error);

	if (part == NULL)
		return false;
	for (guint i = 0; i < part->rows->len; i++)
		g_ptr_array_add(to->rows, json_object_ref(part->rows->pdata[i]));
	return true;
}

struct answer *
view_some_ask(struct ask *ask, const struct view_some *s, GError **error)
{
	struct answer *all = ask_rows(ask, request_of(s, NULL, s->limit), error);

	if (all == NULL || s->health == NULL || all->found <= all->rows->len)
		return all;
	struct answer *sick = answer_new();
	bool good = true;
	sick->found = all->found;
	answer_unref(all);
	for (size_t i = 0; good && listing_health[i] != NULL && sick->rows->len < s->limit; i++)
		good = add_rows(ask, s, listing_health[i], sick, error);
	if (good)
		return sick;
	answer_unref(sick);
	return NULL;
}
