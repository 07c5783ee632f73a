/* Samples of one object in memory. */
#include "graphs/rrd_queue.h"

#include <string.h>

struct rrd_queue *
rrd_queue_new(struct rrd_file *file, size_t values)
{
	struct rrd_queue *q = g_new0(struct rrd_queue, 1);

	q->file = file;
	q->values = values;
	return q;
}

void
rrd_queue_free(void *queue)
{
	struct rrd_queue *q = queue;

	rrd_file_free(q->file);
	g_free(q->packed);
	g_free(q);
}

size_t
rrd_queue_size(const struct rrd_queue *q)
{
	return sizeof(int64_t) + q->values * sizeof(uint64_t);
}

guint
rrd_queue_waiting(const struct rrd_queue *q)
{
	return q->len - q->taken;
}

/* There are many queues, and most have few samples: no room for twice as many. */
static void
set_room(struct rrd_queue *q, guint room)
{
	q->packed = g_realloc_n(q->packed, room, rrd_queue_size(q));
	q->room = room;
}

void
rrd_queue_add(struct rrd_queue *q, const struct rrd_sample *sample)
{
	size_t size = rrd_queue_size(q);

	if (q->len == q->room)
		set_room(q, q->room + MAX(q->room / 4, 4));
	char *packed = q->packed + q->len++ * size;
	memcpy(packed, &sample->at, sizeof(sample->at));
	memcpy(packed + sizeof(sample->at), sample->value, size - sizeof(sample->at));
}

void
rrd_queue_drop(struct rrd_queue *q, guint n)
{
	size_t size = rrd_queue_size(q);

	if (n == 0)
		return;
	q->len -= n;
	q->taken -= MIN(n, q->taken);
	memmove(q->packed, q->packed + n * size, q->len * size);
	if (q->len == 0)
		set_room(q, 0);
	else if (q->room > 8 && q->len < q->room / 2)
		set_room(q, q->len + 4);
}

void
rrd_queue_get(const struct rrd_queue *q, guint i, struct rrd_sample *out)
{
	size_t size = rrd_queue_size(q);
	const char *packed = q->packed + i * size;

	memcpy(&out->at, packed, sizeof(out->at));
	memcpy(out->value, packed + sizeof(out->at), size - sizeof(out->at));
}

int64_t
rrd_queue_time(const struct rrd_queue *q, guint i)
{
	int64_t at;

	memcpy(&at, q->packed + i * rrd_queue_size(q), sizeof(at));
	return at;
}

guint
rrd_queue_until(const struct rrd_queue *q, int64_t at)
{
	guint n = 0;

	while (n < q->len && rrd_queue_time(q, n) <= at)
		n++;
	return n;
}
