/* The inbox: accepted requests in mapped memory. */
#include "vmops/inbox.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"

#define MAGIC        "VCLINBOX"
#define VERSION      5
#define NUMBER_MOST  INT32_MAX
#define SKIP_DAMAGED 1000 /* numbers left out where some may have been lost */

enum slot_state { SLOT_FREE, SLOT_RESERVED, SLOT_COMMITTED, SLOT_SETTLED, SLOT_STATES };

/* In the file.  `state` is stored last: what it announces is complete before. */
struct inbox_slot {
	_Atomic uint32_t state; /* enum slot_state */
	uint32_t number;
	int64_t submitted_at;
	struct request request;
	uint32_t checksum; /* of the three before; valid from COMMITTED on */
};

struct image {
	char magic[8];
	uint32_t version;
	uint32_t slots;
	uint32_t slot_size;
	_Atomic uint32_t last_number;
	struct inbox_slot slot[INBOX_SLOTS];
};

struct inbox {
	int fd; /* holds the lock */
	struct image *image;
	atomic_uint next; /* where the search for a free slot begins */
};

static bool
fail(GError **error, const char *path, const char *what)
{
	int code = errno;

	g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code),
	    "%s: %s: %s", path, what, g_strerror(code));
	return false;
}

/* --- checks */

/* FNV-1a: tells a torn write from a whole one; nobody forges what root alone may write. */
static uint32_t
hash_bytes(uint32_t hash, const void *data, size_t n)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash;
}

static uint32_t
slot_checksum(const struct inbox_slot *slot)
{
	uint32_t hash = hash_bytes(2166136261u, &slot->number, sizeof(slot->number));

	hash = hash_bytes(hash, &slot->submitted_at, sizeof(slot->submitted_at));
	return hash_bytes(hash, &slot->request, sizeof(slot->request));
}

static bool
slot_is_sound(const struct inbox_slot *slot)
{
	uint32_t state = atomic_load(&slot->state);

	if (state < SLOT_COMMITTED)
		return true;
	return state < SLOT_STATES && slot->number > 0 &&
	    (slot->number <= NUMBER_MOST || slot->request.chosen != 0) &&
	    slot->checksum == slot_checksum(slot);
}

static bool
image_is_ours(const struct image *image)
{
	return memcmp(image->magic, MAGIC, sizeof(image->magic)) == 0 &&
	    image->version == VERSION && image->slots == INBOX_SLOTS &&
	    image->slot_size == sizeof(struct inbox_slot) &&
	    atomic_load(&image->last_number) <= NUMBER_MOST;
}

static size_t
count_unsound(const struct image *image)
{
	size_t n = 0;

	for (size_t i = 0; i < INBOX_SLOTS; i++)
		n += !slot_is_sound(&image->slot[i]);
	return n;
}

/* --- the file */

static void
image_init(struct image *image)
{
	memset(image, 0, sizeof(*image));
	image->version = VERSION;
	image->slots = INBOX_SLOTS;
	image->slot_size = sizeof(struct inbox_slot);
	memcpy(image->magic, MAGIC, sizeof(image->magic));
}

/* Every page is mapped and its blocks allocated, so that no later store can fail. */
static bool
map_file(struct inbox *inbox, const char *path, GError **error)
{
	int rc = posix_fallocate(inbox->fd, 0, sizeof(struct image));

	if (rc != 0) {
		errno = rc;
		return fail(error, path, "cannot allocate");
	}
	void *memory = mmap(NULL, sizeof(struct image), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_POPULATE, inbox->fd, 0);
	if (memory == MAP_FAILED)
		return fail(error, path, "cannot map");
	inbox->image = memory;
	return true;
}

static bool
lock_file(struct inbox *inbox, const char *path, GError **error)
{
	inbox->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (inbox->fd < 0)
		return fail(error, path, "cannot open");
	if (flock(inbox->fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno != EWOULDBLOCK)
		return fail(error, path, "cannot lock");
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
	    "%s: in use by another virtclusterd", path);
	return false;
}

static void
unmap(struct inbox *inbox)
{
	if (inbox->image != NULL)
		munmap(inbox->image, sizeof(struct image));
	if (inbox->fd >= 0)
		close(inbox->fd);
	inbox->image = NULL;
	inbox->fd = -1;
}

static bool
open_file(struct inbox *inbox, const char *path, bool *sound, GError **error)
{
	struct stat st;

	if (!lock_file(inbox, path, error))
		return false;
	if (fstat(inbox->fd, &st) != 0)
		return fail(error, path, "cannot stat");
	/* the magic is written last: an empty or all-zero file is one just being made */
	*sound = st.st_size == 0 || st.st_size == sizeof(struct image);
	if (!*sound)
		return true;
	if (!map_file(inbox, path, error))
		return false;
	static const char blank[sizeof(inbox->image->magic)];
	if (memcmp(inbox->image->magic, blank, sizeof(blank)) == 0)
		image_init(inbox->image);
	*sound = image_is_ours(inbox->image) && count_unsound(inbox->image) == 0;
	return true;
}

/* Copies what is whole in a damaged file. */
static size_t
take_over(struct image *to, const struct image *from)
{
	size_t n = 0;

	if (from == NULL || !image_is_ours(from))
		return 0;
	atomic_store(&to->last_number, atomic_load(&from->last_number));
	for (size_t i = 0; i < INBOX_SLOTS; i++) {
		uint32_t state = atomic_load(&from->slot[i].state);
		if (state < SLOT_COMMITTED || !slot_is_sound(&from->slot[i]))
			continue;
		to->slot[n].number = from->slot[i].number;
		to->slot[n].submitted_at = from->slot[i].submitted_at;
		to->slot[n].request = from->slot[i].request;
		to->slot[n].checksum = from->slot[i].checksum;
		atomic_store(&to->slot[n++].state, state);
	}
	return n;
}

static bool
replace_damaged(struct inbox *inbox, const char *path, GError **error)
{
	g_autofree char *aside = g_strconcat(path, ".damaged", NULL);
	struct inbox old = { .fd = inbox->fd, .image = inbox->image };
	bool sound = true, made;

	inbox->fd = -1;
	inbox->image = NULL;
	if (g_rename(path, aside) != 0) {
		fail(error, path, "damaged, and cannot be renamed");
		unmap(&old);
		return false;
	}
	made = open_file(inbox, path, &sound, error);
	if (made) {
		size_t taken = take_over(inbox->image, old.image);
		atomic_fetch_add(&inbox->image->last_number, SKIP_DAMAGED);
		log_error("jobs", "%s is damaged: kept as %s; %zu requests could be read",
		    path, aside, taken);
	}
	unmap(&old);
	return made;
}

/* Numbers start above everything that was ever given out. */
static void
raise_number(struct image *image, uint32_t last_number)
{
	uint32_t last = MAX(atomic_load(&image->last_number), last_number);

	for (size_t i = 0; i < INBOX_SLOTS; i++)
		if (atomic_load(&image->slot[i].state) >= SLOT_COMMITTED &&
		    image->slot[i].request.chosen == 0)
			last = MAX(last, image->slot[i].number);
	atomic_store(&image->last_number, last);
}

struct inbox *
inbox_open(const char *dir, uint32_t last_number, GError **error)
{
	g_autofree char *path = g_build_filename(dir, "inbox", NULL);
	struct inbox *inbox = g_new0(struct inbox, 1);
	bool sound = false;

	if (!open_file(inbox, path, &sound, error) ||
	    (!sound && !replace_damaged(inbox, path, error))) {
		inbox_close(inbox);
		return NULL;
	}
	raise_number(inbox->image, last_number);
	return inbox;
}

void
inbox_close(struct inbox *inbox)
{
	if (inbox == NULL)
		return;
	unmap(inbox);
	g_free(inbox);
}

/* --- after a restart */

static int
compare_items(const void *a, const void *b)
{
	const struct inbox_item *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

GArray *
inbox_leftovers(struct inbox *inbox)
{
	GArray *items = g_array_new(FALSE, FALSE, sizeof(struct inbox_item));

	for (size_t i = 0; i < INBOX_SLOTS; i++) {
		const struct inbox_slot *slot = &inbox->image->slot[i];
		uint32_t state = atomic_load(&slot->state);
		if (state < SLOT_COMMITTED)
			continue;
		struct inbox_item item = {
			.number = slot->number,
			.submitted_at = slot->submitted_at,
			.settled = state == SLOT_SETTLED,
			.request = slot->request,
		};
		g_array_append_val(items, item);
	}
	g_array_sort(items, compare_items);
	return items;
}

void
inbox_clear(struct inbox *inbox)
{
	for (size_t i = 0; i < INBOX_SLOTS; i++)
		inbox_release(&inbox->image->slot[i]);
}

/* --- slots */

struct inbox_slot *
inbox_reserve(struct inbox *inbox, const struct request *request)
{
	unsigned start = atomic_fetch_add(&inbox->next, 1);

	for (unsigned i = 0; i < INBOX_SLOTS; i++) {
		struct inbox_slot *slot = &inbox->image->slot[(start + i) % INBOX_SLOTS];
		uint32_t expected = SLOT_FREE;
		if (!atomic_compare_exchange_strong(&slot->state, &expected, SLOT_RESERVED))
			continue;
		slot->request = *request;
		return slot;
	}
	return NULL;
}

uint32_t
inbox_next_number(struct inbox *inbox)
{
	return atomic_fetch_add(&inbox->image->last_number, 1) + 1;
}

void
inbox_commit(struct inbox_slot *slot, uint32_t number, int64_t submitted_at)
{
	slot->number = number;
	slot->submitted_at = submitted_at;
	slot->checksum = slot_checksum(slot);
	atomic_store(&slot->state, SLOT_COMMITTED);
}

void
inbox_uncommit(struct inbox_slot *slot)
{
	atomic_store(&slot->state, SLOT_RESERVED);
}

void
inbox_settle(struct inbox_slot *slot)
{
	atomic_store(&slot->state, SLOT_SETTLED);
}

void
inbox_release(struct inbox_slot *slot)
{
	atomic_store(&slot->state, SLOT_FREE);
}
