/* Rows in the order of their names: made, and asked. */
#include "model/name_index.h"

#include <stdlib.h>
#include <string.h>

#include "common/search.h"

/* A row by what is called so; names of one scope are in order. */
struct named {
	const char *name;
	uint32_t scope; /* a volume's pool */
	uint32_t index, source;
};

struct name_index {
	refcount refs;
	GStringChunk *texts;
	struct named *entry;
	size_t n;
};

/* --- making them, only when something changed */

static const struct rows *
rows_of_kind(enum indexed_rows kind, const struct cluster *cluster)
{
	return kind == INDEXED_VMS ? &cluster->all[ROWS_VM] : &cluster->rows[ROWS_VOLUME];
}

static struct name_index *
index_of_kind(enum indexed_rows kind, const struct cluster *cluster)
{
	return kind == INDEXED_VMS ? cluster->vm_names : cluster->volume_names;
}

static struct named
describe(enum indexed_rows kind, const void *row)
{
	const struct row_head *head = row;
	struct named entry = { .index = head->index, .source = head->source };

	if (kind == INDEXED_VMS) {
		entry.name = ((const struct vm *)row)->name;
	} else {
		entry.name = ((const struct volume *)row)->name;
		entry.scope = ((const struct volume *)row)->pool;
	}
	return entry;
}

static bool
same_names(enum indexed_rows kind, const struct rows *a, const struct rows *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (a->row[i] == b->row[i])
			continue;
		struct named x = describe(kind, a->row[i]), y = describe(kind, b->row[i]);
		if (x.index != y.index || x.source != y.source || x.scope != y.scope ||
		    g_strcmp0(x.name, y.name) != 0)
			return false;
	}
	return true;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (x->scope != y->scope)
		return x->scope < y->scope ? -1 : 1;
	if (order != 0)
		return order;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return (x->source > y->source) - (x->source < y->source);
}

struct name_index *
name_index_make(enum indexed_rows kind, const struct cluster *next,
    const struct cluster *previous)
{
	const struct rows *rows = rows_of_kind(kind, next);

	if (previous != NULL && same_names(kind, rows, rows_of_kind(kind, previous))) {
		struct name_index *same = index_of_kind(kind, previous);
		ref_take(&same->refs);
		return same;
	}
	struct name_index *names = g_new0(struct name_index, 1);
	atomic_init(&names->refs, 1);
	names->texts = g_string_chunk_new(4096);
	names->entry = g_new(struct named, rows->n);
	for (size_t i = 0; i < rows->n; i++) {
		struct named entry = describe(kind, rows->row[i]);
		if (entry.name == NULL)
			continue;
		entry.name = g_string_chunk_insert(names->texts, entry.name);
		names->entry[names->n++] = entry;
	}
	if (names->n > 1)
		qsort(names->entry, names->n, sizeof(*names->entry), compare_entries);
	return names;
}

void
name_index_unref(struct name_index *names)
{
	if (names == NULL || !ref_drop(&names->refs))
		return;
	g_string_chunk_free(names->texts);
	g_free(names->entry);
	g_free(names);
}

/* --- asking */

/* With a name of NULL the first of the scope. */
struct name_wanted {
	uint32_t scope;
	const char *name;
};

static bool
entry_before(const void *names, size_t place, const void *wanted)
{
	const struct named *entry = &((const struct name_index *)names)->entry[place];
	const struct name_wanted *w = wanted;

	return entry->scope < w->scope || (entry->scope == w->scope && w->name != NULL &&
		strcmp(entry->name, w->name) < 0);
}

/* The next one from *at, which is 0 for the first; NULL: no more. */
static const struct named *
next_entry(const struct name_index *names, uint32_t scope, const char *name, size_t *at)
{
	struct name_wanted wanted = { scope, name };

	if (*at == 0)
		*at = search_first(names, names->n, entry_before, &wanted);
	if (*at >= names->n)
		return NULL;
	const struct named *entry = &names->entry[*at];
	if (entry->scope != scope || (name != NULL && strcmp(entry->name, name) != 0))
		return NULL;
	(*at)++;
	return entry;
}

const struct vm *
cluster_vm_called(const struct cluster *cluster, const char *name, size_t *at)
{
	const struct named *entry;

	while ((entry = next_entry(cluster->vm_names, 0, name, at)) != NULL) {
		const struct vm *vm;
		for (size_t half = 0;
		     (vm = cluster_half(cluster, entry->index, &half)) != NULL;)
			if (vm->h.source == entry->source)
				return vm;
	}
	return NULL;
}

const struct volume *
cluster_volume_called(const struct cluster *cluster, uint32_t pool, const char *name)
{
	size_t at = 0;
	const struct named *entry = next_entry(cluster->volume_names, pool, name, &at);

	return entry == NULL ? NULL : rows_find(&cluster->rows[ROWS_VOLUME], entry->index, 0);
}

const struct volume *
cluster_volume_of(const struct cluster *cluster, uint32_t pool, size_t *at)
{
	const struct named *entry = next_entry(cluster->volume_names, pool, NULL, at);

	return entry == NULL ? NULL : rows_find(&cluster->rows[ROWS_VOLUME], entry->index, 0);
}
