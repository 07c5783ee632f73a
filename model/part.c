/* Parts: rows and their strings, owned together. */
#include "model/part.h"

#include <string.h>

#define TEXT_MOST 255 /* octets of an SnmpAdminString */

struct part *
part_new(const char *source, const char *node)
{
	struct part *part = g_new0(struct part, 1);

	atomic_init(&part->refs, 1);
	part->source = g_strdup(source);
	part->node = g_strdup(node);
	part->reachable = true;
	part->texts = g_string_chunk_new(4096);
	for (size_t i = 0; i < ROWS_COUNT; i++)
		part->rows[i] = g_ptr_array_new_with_free_func(g_free);
	return part;
}

struct part *
part_ref(struct part *part)
{
	ref_take(&part->refs);
	return part;
}

void
part_unref(struct part *part)
{
	if (part == NULL || !ref_drop(&part->refs))
		return;
	for (size_t i = 0; i < ROWS_COUNT; i++)
		g_ptr_array_free(part->rows[i], TRUE);
	g_string_chunk_free(part->texts);
	g_free(part->source);
	g_free(part->node);
	g_free(part);
}

void *
part_add(struct part *part, enum row_set set)
{
	void *row = g_malloc(rows_size(set));

	table_row_init(set, row);
	g_ptr_array_add(part->rows[set], row);
	return row;
}

/* Texts that no column shows. */
static const struct {
	enum row_set set;
	size_t offset;
} hidden_texts[] = {
	{ ROWS_BACKUP,     offsetof(struct backup, base_uuid) },
	{ ROWS_VM_BY_UUID, offsetof(struct vm_uuid, uuid) },
	{ ROWS_DISK,       offsetof(struct disk, backing) },
	{ ROWS_POOL_NODE,  offsetof(struct pool_node, identity) },
	{ ROWS_POOL_NODE,  offsetof(struct pool_node, pool_name) },
	{ ROWS_POOL_NODE,  offsetof(struct pool_node, uuid) },
	{ ROWS_POOL_NODE,  offsetof(struct pool_node, type) },
	{ ROWS_POOL_NODE,  offsetof(struct pool_node, source) },
	{ ROWS_VOLUME,     offsetof(struct volume, identity) },
	{ ROWS_EXPORT,     offsetof(struct export_info, identity) },
	{ ROWS_VOLUME,     offsetof(struct volume, pool_identity) },
	{ ROWS_APP,        offsetof(struct app, vm_uuid) },
	{ ROWS_APP,        offsetof(struct app, vm_config) },
	{ ROWS_MEMBER,     offsetof(struct cluster_member, name) },
	{ ROWS_MEMBER,     offsetof(struct cluster_member, reason) },
	{ ROWS_MEMBER,     offsetof(struct cluster_member, container) },
	{ ROWS_BACKEND,    offsetof(struct backend_info, backend) },
	{ ROWS_BACKEND,    offsetof(struct backend_info, version) },
	{ ROWS_BACKEND,    offsetof(struct backend_info, coordinator) },
	{ ROWS_BACKEND,    offsetof(struct backend_info, reason) },
};

static void
copy_text(struct part *part, char *row, size_t offset)
{
	const char **field = (const char **)(row + offset);

	*field = part_text(part, *field);
}

static void
copy_texts(struct part *part, enum row_set set, char *row)
{
	for (size_t i = 0; i < tables_n; i++) {
		if (tables[i]->rows != set)
			continue;
		TABLE_FOREACH_COLUMN (tables[i], c) {
			if (c->field == FIELD_TEXT)
				copy_text(part, row, c->offset);
		}
	}
	for (size_t i = 0; i < G_N_ELEMENTS(hidden_texts); i++)
		if (hidden_texts[i].set == set)
			copy_text(part, row, hidden_texts[i].offset);
}

void *
part_add_copy(struct part *part, enum row_set set, const void *row)
{
	void *copy = g_memdup2(row, rows_size(set));

	copy_texts(part, set, copy);
	g_ptr_array_add(part->rows[set], copy);
	return copy;
}

/* Cut at a character, and only if it is too long. */
static size_t
fitting_length(const char *text)
{
	size_t length = strlen(text);

	if (length <= TEXT_MOST)
		return length;
	const char *end = g_utf8_find_prev_char(text, text + TEXT_MOST + 1);
	return end == NULL ? 0 : (size_t)(end - text);
}

const char *
part_text(struct part *part, const char *text)
{
	g_autofree char *valid = NULL;

	if (text == NULL)
		return NULL;
	if (!g_utf8_validate(text, -1, NULL))
		text = valid = g_utf8_make_valid(text, -1);
	size_t length = fitting_length(text);
	if (text[length] == '\0')
		return g_string_chunk_insert_const(part->texts, text);
	return g_string_chunk_insert_len(part->texts, text, (gssize)length);
}
