/* Complaints of files, without a flood of them. */
#include "graphs/rrd_complaints.h"

#include <stdbool.h>

#include "common/log.h"

#define CAUSES_MOST 32

struct rrd_complaints {
	GHashTable *causes; /* already logged */
	bool loss;          /* likewise */
	unsigned n;         /* in this pass */
};

struct rrd_complaints *
rrd_complaints_new(void)
{
	struct rrd_complaints *c = g_new0(struct rrd_complaints, 1);

	c->causes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return c;
}

void
rrd_complaints_free(struct rrd_complaints *c)
{
	g_hash_table_destroy(c->causes);
	g_free(c);
}

void
rrd_complaints_note(struct rrd_complaints *c, const char *path, const GError *why)
{
	g_auto(GStrv) parts = g_strsplit(why->message, path, -1);
	g_autofree char *cause = g_strjoinv("FILE", parts);

	c->n++;
	if (g_hash_table_size(c->causes) >= CAUSES_MOST ||
	    !g_hash_table_add(c->causes, g_steal_pointer(&cause)))
		return;
	if (parts[0] != NULL && parts[1] != NULL)
		log_warn(
		    "rrd", "%s; the same of other files is not logged", why->message);
	else
		log_warn("rrd", "%s: %s; the same of other files is not logged", path,
		    why->message);
}

void
rrd_complaints_note_loss(struct rrd_complaints *c)
{
	if (c->loss)
		return;
	c->loss = true;
	log_warn("rrd",
	    "samples have waited for too long, or are too many: the oldest are given up");
}

void
rrd_complaints_settle(struct rrd_complaints *c)
{
	if (c->n == 0 && (g_hash_table_size(c->causes) > 0 || c->loss)) {
		log_info("rrd", "all samples can be written again");
		g_hash_table_remove_all(c->causes);
		c->loss = false;
	}
	c->n = 0;
}
