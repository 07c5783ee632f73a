/* The counters of a domain's devices of one kind, each and together. */
#include "collectors/device_sums.h"

#include <string.h>

#include "model/value.h"

void
device_sums_init(struct device_sums *sums)
{
	memset(sums->gone, 0, sizeof(sums->gone));
	sums->devices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void
device_sums_end(struct device_sums *sums)
{
	g_hash_table_destroy(sums->devices);
}

void
device_sums_clear(struct device_sums *sums)
{
	memset(sums->gone, 0, sizeof(sums->gone));
	g_hash_table_remove_all(sums->devices);
}

static void
retire(struct device_sums *sums, const struct device_last *last)
{
	for (size_t i = 0; i < DEVICE_COUNTERS; i++)
		sums->gone[i] += last->counter[i];
}

/* A counter that is lower than before: another device of the same name, or a restart. */
static bool
restarted(const struct device_last *last, const struct device_reading *device)
{
	for (size_t i = 0; i < DEVICE_COUNTERS; i++)
		if (device->counter[i] < last->counter[i])
			return true;
	return false;
}

static void
update(struct device_sums *sums, const struct device_reading *device, int64_t now)
{
	struct device_last *last = g_hash_table_lookup(sums->devices, device->name);

	if (last == NULL) {
		last = g_new0(struct device_last, 1);
		last->discontinuity_us = now;
		g_hash_table_insert(sums->devices, g_strdup(device->name), last);
	}
	if (last->seen)
		return; /* a second one of that name */
	last->seen = true;
	if (restarted(last, device)) {
		retire(sums, last);
		memset(last->counter, 0, sizeof(last->counter));
		last->discontinuity_us = now;
	}
	for (size_t i = 0; i < DEVICE_COUNTERS; i++)
		if (device->counter[i] != ABSENT_U64)
			last->counter[i] = device->counter[i];
}

/* Takes leave of devices that are no longer there, and makes the others unseen again. */
static void
end_pass(struct device_sums *sums)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, sums->devices);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct device_last *last = value;
		if (!last->seen) {
			retire(sums, last);
			g_hash_table_iter_remove(&iter);
			continue;
		}
		last->seen = false;
	}
}

void
device_sums_update(struct device_sums *sums, const GArray *devices, int64_t now)
{
	for (guint i = 0; i < devices->len; i++) {
		const struct device_reading *device =
		    &g_array_index(devices, struct device_reading, i);
		if (device->name != NULL)
			update(sums, device, now);
	}
	end_pass(sums);
}

static bool
is_told(const GArray *devices, size_t counter)
{
	for (guint i = 0; i < devices->len; i++)
		if (g_array_index(devices, struct device_reading, i).counter[counter] !=
		    ABSENT_U64)
			return true;
	return devices->len == 0;
}

uint64_t
device_sums_total(const struct device_sums *sums, const GArray *devices, size_t counter)
{
	uint64_t total = sums->gone[counter];
	GHashTableIter iter;
	gpointer value;

	if (!is_told(devices, counter))
		return ABSENT_U64;
	g_hash_table_iter_init(&iter, sums->devices);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		total += ((struct device_last *)value)->counter[counter];
	return total;
}

const struct device_last *
device_sums_find(const struct device_sums *sums, const char *name)
{
	return g_hash_table_lookup(sums->devices, name);
}
