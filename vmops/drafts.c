/* Drafts: rows of the job table before they are jobs. */
#include "vmops/drafts.h"

GPtrArray *
drafts_new(void)
{
	return g_ptr_array_new_with_free_func(g_free);
}

struct draft *
drafts_find(const GPtrArray *drafts, uint32_t index)
{
	for (guint i = 0; i < drafts->len; i++) {
		struct draft *draft = drafts->pdata[i];
		if (draft->row.request.chosen == index)
			return draft;
	}
	return NULL;
}

struct draft *
drafts_add(GPtrArray *drafts, const struct row_request *row, int64_t now, GError **error)
{
	if (drafts->len >= DRAFTS_MOST) {
		g_set_error(error, REQUEST_ERROR, REQUEST_FULL,
		    "there are %d unfinished rows already", DRAFTS_MOST);
		return NULL;
	}
	struct draft *draft = g_new0(struct draft, 1);
	draft->row = *row;
	draft->touched_us = now;
	draft->made_at = g_get_real_time();
	g_ptr_array_add(drafts, draft);
	return draft;
}

void
drafts_remove(GPtrArray *drafts, struct draft *draft)
{
	g_ptr_array_remove(drafts, draft);
}

/* One that a SET has in hand stays. */
static int64_t
expiry_of(const struct draft *draft)
{
	return draft->shown && !draft->gone ? draft->touched_us + DRAFT_LIFE_US : INT64_MAX;
}

unsigned
drafts_expire(GPtrArray *drafts, int64_t now)
{
	unsigned n = 0;

	for (guint i = drafts->len; i > 0; i--) {
		struct draft *draft = drafts->pdata[i - 1];
		if (expiry_of(draft) > now)
			continue;
		g_ptr_array_remove(drafts, draft);
		n++;
	}
	return n;
}

int64_t
drafts_next_expiry(const GPtrArray *drafts)
{
	int64_t next = INT64_MAX;

	for (guint i = 0; i < drafts->len; i++)
		next = MIN(next, expiry_of(drafts->pdata[i]));
	return next;
}
