/* The numbers of a VM's devices: second part of their rows' index. */
#include "collectors/device_number.h"

#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CLASS_SIZE   100000
#define MOST_LETTERS 3 /* 18,278 names */
#define DISK_HASHES  1000000
#define NIC_HASHES   20000000
#define HASHES	     2000000000 /* all numbers stay below 2^31 */

/* FNV-1a: these numbers are public, so the hash must never change. */
static uint32_t
hash(const char *text)
{
	uint32_t h = 2166136261u;

	for (; *text != '\0'; text++)
		h = (h ^ (uint8_t)*text) * 16777619u;
	return h % HASHES;
}

/* a 1, z 26, aa 27; 0: these are not letters only, or too many. */
static uint32_t
count_letters(const char *text)
{
	size_t length = strlen(text);
	uint32_t count = 0;

	if (length > MOST_LETTERS)
		return 0;
	for (size_t i = 0; i < length; i++) {
		if (!g_ascii_islower(text[i]))
			return 0;
		count = count * 26 + (uint32_t)(text[i] - 'a') + 1;
	}
	return count;
}

uint32_t
device_disk_number(const char *target)
{
	/* their order is public: add at the end only */
	static const char *const classes[] = { "vd", "sd", "hd", "xvd", "fd" };

	for (size_t i = 0; i < G_N_ELEMENTS(classes); i++) {
		if (!g_str_has_prefix(target, classes[i]))
			continue;
		uint32_t count = count_letters(target + strlen(classes[i]));
		if (count > 0)
			return (uint32_t)i * CLASS_SIZE + count;
	}
	return DISK_HASHES + hash(target);
}

/* Six octets, as libvirt writes them. */
static bool
read_mac(const char *mac, uint8_t octets[6])
{
	for (size_t i = 0; i < 6; i++, mac += 3) {
		int high = g_ascii_xdigit_value(mac[0]);
		int low = high < 0 ? -1 : g_ascii_xdigit_value(mac[1]);
		if (low < 0 || mac[2] != (i < 5 ? ':' : '\0'))
			return false;
		octets[i] = (uint8_t)(high * 16 + low);
	}
	return true;
}

uint32_t
device_nic_number(const char *mac)
{
	uint8_t octets[6];

	if (mac == NULL || !read_mac(mac, octets))
		return NIC_HASHES + hash(mac == NULL ? "" : mac);
	return ((uint32_t)octets[3] << 16 | (uint32_t)octets[4] << 8 | octets[5]) + 1;
}

uint32_t
device_snapshot_number(const char *name)
{
	return hash(name) + 1;
}

/* --- all of one VM */

struct named {
	const char *name;
	size_t place;
};

static int
compare_names(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = g_strcmp0(x->name, y->name);

	return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

void
device_numbers(const char *const *names, size_t n, uint32_t (*number)(const char *),
    uint32_t *numbers)
{
	g_autofree struct named *sorted = g_new(struct named, n);
	g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL);

	for (size_t i = 0; i < n; i++)
		sorted[i] = (struct named){ names[i], i };
	if (n > 1)
		qsort(sorted, n, sizeof(*sorted), compare_names);
	/* first those that can have their own, so that nobody is pushed aside */
	for (size_t i = 0; i < n; i++) {
		uint32_t own = number(sorted[i].name);
		bool free = g_hash_table_add(taken, GUINT_TO_POINTER(own));
		numbers[sorted[i].place] = free ? own : 0;
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t *mine = &numbers[sorted[i].place];
		if (*mine != 0)
			continue;
		*mine = number(sorted[i].name) + 1;
		while (!g_hash_table_add(taken, GUINT_TO_POINTER(*mine)))
			(*mine)++;
	}
}
