/* Blocks: the composed rows of one part. */
#include "model/block.h"

#include <string.h>

#include "model/cluster.h"

struct block *
block_new(struct part *part, uint32_t source)
{
	struct block *block = g_new0(struct block, 1);

	atomic_init(&block->refs, 1);
	block->part = part == NULL ? NULL : part_ref(part);
	for (size_t s = 0; part != NULL && s < ROWS_COUNT; s++) {
		size_t n = part->rows[s]->len;
		block->set[s].n = n;
		block->set[s].bytes = g_malloc_n(n, rows_size(s));
		for (size_t i = 0; i < n; i++) {
			struct row_head *row = block_row(block, s, i);
			memcpy(row, part->rows[s]->pdata[i], rows_size(s));
			row->source = source;
		}
	}
	return block;
}

struct block *
block_ref(struct block *block)
{
	ref_take(&block->refs);
	return block;
}

void
block_unref(struct block *block)
{
	if (block == NULL || !ref_drop(&block->refs))
		return;
	for (size_t s = 0; s < ROWS_COUNT; s++)
		g_free(block->set[s].bytes);
	part_unref(block->part);
	g_free(block);
}

struct block *
block_at(const struct cluster *cluster, size_t source)
{
	if (cluster == NULL || source >= cluster->blocks->len)
		return NULL;
	return cluster->blocks->pdata[source];
}
