/* What is in an RRD file. */
#include "graphs/rrd_facts.h"

#include <stdbool.h>
#include <string.h>

#define SECONDS_OF_A_DAY 86400
#define ARCHIVES_MOST    64

static void
source_free(void *p)
{
	struct rrd_facts_source *s = p;

	g_free(s->name);
	g_free(s->type);
	g_free(s->heartbeat);
	g_free(s->min);
	g_free(s->max);
	g_free(s);
}

static void
archive_free(void *p)
{
	struct rrd_facts_archive *a = p;

	g_free(a->cf);
	g_free(a->xff);
	g_free(a);
}

void
rrd_facts_init(struct rrd_facts *facts)
{
	*facts = (struct rrd_facts){ 0 };
	facts->sources = g_ptr_array_new_with_free_func(source_free);
	facts->archives = g_ptr_array_new_with_free_func(archive_free);
}

void
rrd_facts_clear(struct rrd_facts *facts)
{
	g_ptr_array_free(facts->sources, TRUE);
	g_ptr_array_free(facts->archives, TRUE);
}

struct rrd_facts_source *
rrd_facts_source(const struct rrd_facts *facts, const char *name)
{
	for (guint i = 0; i < facts->sources->len; i++) {
		struct rrd_facts_source *s = g_ptr_array_index(facts->sources, i);
		if (strcmp(s->name, name) == 0)
			return s;
	}
	return NULL;
}

/* --- learning */

/* "1.0000000000e+02" and "NaN" as create's arguments have them. */
static char *
limit_text(const char *value)
{
	return g_strdup(g_ascii_strcasecmp(value, "nan") == 0 ? "U" : value);
}

static unsigned
number_in(const char *value)
{
	return (unsigned)g_ascii_strtoull(value, NULL, 10);
}

static void
learn_source(struct rrd_facts *facts, const char *name, const char *what, const char *value)
{
	struct rrd_facts_source *s = rrd_facts_source(facts, name);

	if (s == NULL) {
		s = g_new0(struct rrd_facts_source, 1);
		s->name = g_strdup(name);
		g_ptr_array_add(facts->sources, s);
	}
	if (strcmp(what, "index") == 0)
		s->index = number_in(value);
	else if (strcmp(what, "type") == 0 && s->type == NULL)
		s->type = g_strdup(value);
	else if (strcmp(what, "minimal_heartbeat") == 0 && s->heartbeat == NULL)
		s->heartbeat = g_strdup(value);
	else if (strcmp(what, "min") == 0 && s->min == NULL)
		s->min = limit_text(value);
	else if (strcmp(what, "max") == 0 && s->max == NULL)
		s->max = limit_text(value);
}

/* Archives are told of in their order. */
static void
learn_archive(struct rrd_facts *facts, unsigned n, const char *what, const char *value)
{
	if (n > facts->archives->len || n >= ARCHIVES_MOST)
		return;
	if (n == facts->archives->len)
		g_ptr_array_add(facts->archives, g_new0(struct rrd_facts_archive, 1));
	struct rrd_facts_archive *a = g_ptr_array_index(facts->archives, n);
	if (strcmp(what, "cf") == 0 && a->cf == NULL)
		a->cf = g_strdup(value);
	else if (strcmp(what, "xff") == 0 && a->xff == NULL)
		a->xff = g_strdup(value);
	else if (strcmp(what, "rows") == 0)
		a->rows = number_in(value);
	else if (strcmp(what, "pdp_per_row") == 0)
		a->steps = number_in(value);
}

void
rrd_facts_learn(struct rrd_facts *facts, const char *key, const char *value)
{
	const char *end = strstr(key, "].");

	if (strcmp(key, "step") == 0)
		facts->step = number_in(value);
	if (strcmp(key, "last_update") == 0)
		facts->last = g_ascii_strtoll(value, NULL, 10);
	if (end != NULL && g_str_has_prefix(key, "ds[")) {
		g_autofree char *name = g_strndup(key + 3, (size_t)(end - key - 3));
		learn_source(facts, name, end + 2, value);
	}
	if (end != NULL && g_str_has_prefix(key, "rra["))
		learn_archive(facts, number_in(key + 4), end + 2, value);
}

static int
by_index(const void *a, const void *b)
{
	const struct rrd_facts_source *x = *(struct rrd_facts_source *const *)a;
	const struct rrd_facts_source *y = *(struct rrd_facts_source *const *)b;

	return (x->index > y->index) - (x->index < y->index);
}

void
rrd_facts_sort(struct rrd_facts *facts)
{
	g_ptr_array_sort(facts->sources, by_index);
}

/* --- as arguments */

void
rrd_facts_add_own(const struct rrd_facts *facts, unsigned days, GPtrArray *args)
{
	for (guint i = 0; i < facts->archives->len; i++) {
		const struct rrd_facts_archive *a = g_ptr_array_index(facts->archives, i);
		bool of_days = a->steps * facts->step == SECONDS_OF_A_DAY;
		g_ptr_array_add(args, g_strdup_printf("RRA:%s:%s:%u:%u", a->cf, a->xff,
		    a->steps, of_days ? MAX(a->rows, days) : a->rows));
	}
	for (guint i = 0; i < facts->sources->len; i++) {
		const struct rrd_facts_source *s = g_ptr_array_index(facts->sources, i);
		g_ptr_array_add(args, g_strdup_printf("DS:%s:%s:%s:%s:%s", s->name, s->type,
		    s->heartbeat, s->min, s->max));
	}
}

void
rrd_facts_add_rows(const struct rrd_facts *facts, unsigned days, GPtrArray *args)
{
	for (guint i = 0; i < facts->archives->len; i++) {
		const struct rrd_facts_archive *a = g_ptr_array_index(facts->archives, i);
		if (a->steps * facts->step == SECONDS_OF_A_DAY && a->rows < days)
			g_ptr_array_add(
			    args, g_strdup_printf("RRA#%u:+%u", i, days - a->rows));
	}
}
