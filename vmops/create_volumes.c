/*
 * Making VMs: the volumes.  Their names have a part of the new VM's UUID in them, which
 * nobody knew before: what is called so is this job's, also after a restart.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/virt.h"
#include "vmops/create.h"
#include "vmops/long_call.h"
#include "vmops/storage.h"

#define MIB         STORAGE_MIB
#define LEAST       MIB /* of room, for what grows only later */
#define MOST_FORMAT 32

/* --- looking */

static virStoragePoolPtr
find_pool(const struct creation *c, const char *name, GError **error)
{
	virStoragePoolPtr pool = virStoragePoolLookupByName(c->host, name);

	if (pool == NULL) {
		create_refuse(c, CAUSE_GONE, error, "there is no pool %s", name);
		return NULL;
	}
	if (virStoragePoolIsActive(pool) == 1)
		return pool;
	create_refuse(c, CAUSE_IMPOSSIBLE, error, "pool %s is not active", name);
	virStoragePoolFree(pool);
	return NULL;
}

static virStorageVolPtr
find_base(const struct creation *c, GError **error)
{
	g_autoptr(virStoragePool) pool = find_pool(c, c->t->base_pool, error);
	virStorageVolPtr base = pool == NULL ? NULL : storage_find_volume(pool, c->t->base_volume);

	if (pool != NULL && base == NULL)
		create_refuse(c, CAUSE_GONE, error, "there is no volume %s", c->t->base);
	return base;
}

/* --- what is to be made */

struct disk_plan {
	uint64_t capacity; /* octets */
	uint64_t base_capacity, room; /* that it takes at once */
	char *format;      /* of the base, NULL: none */
	char *base_path;
	bool linked;
};

static void
disk_plan_end(struct disk_plan *p)
{
	g_free(p->format);
	g_free(p->base_path);
}

static bool
can_link(virStoragePoolPtr pool, const char *format)
{
	return storage_pool_has_files(pool) &&
	    (strcmp(format, "qcow2") == 0 || strcmp(format, "raw") == 0);
}

static bool
is_word(const char *text)
{
	return text != NULL && strlen(text) < MOST_FORMAT &&
	    text[strspn(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_")] == '\0';
}

static bool
plan_base(const struct creation *c, virStoragePoolPtr pool, struct disk_plan *p, GError **error)
{
	g_autoptr(virStorageVol) base = find_base(c, error);
	virStorageVolInfo info;

	if (base == NULL)
		return false;
	if (virStorageVolGetInfo(base, &info) != 0)
		return create_refuse_libvirt(c, error, c->t->base);
	p->format = storage_volume_format(base);
	if (!is_word(p->format)) {
		g_free(p->format);
		p->format = g_strdup("raw");
	}
	char *path = virStorageVolGetPath(base);
	p->base_path = g_strdup(path);
	free(path);
	p->base_capacity = info.capacity;
	p->linked = c->t->linked && strcmp(c->t->pool, c->t->base_pool) == 0 &&
	    can_link(pool, p->format);
	if (p->capacity != 0 && p->capacity < p->base_capacity)
		return create_refuse(c, CAUSE_IMPOSSIBLE, error,
		    "a disk of %" G_GUINT64_FORMAT " MiB is smaller than its base %s of %"
		    G_GUINT64_FORMAT " MiB", p->capacity / MIB, c->t->base,
		    p->base_capacity / MIB);
	p->capacity = MAX(p->capacity, p->base_capacity);
	p->room = p->linked ? LEAST : MAX(LEAST, info.allocation);
	return true;
}

static bool
plan_disk(const struct creation *c, virStoragePoolPtr pool, struct disk_plan *p, GError **error)
{
	uint32_t asked = c->run->request->machine.disk;

	*p = (struct disk_plan){ .room = LEAST };
	p->capacity = (asked != 0 ? asked : (uint32_t)c->t->disk) * MIB;
	return c->t->base_volume == NULL || plan_base(c, pool, p, error);
}

static bool
is_new(const struct creation *c, virStoragePoolPtr pool, const char *name, GError **error)
{
	g_autoptr(virStorageVol) other = storage_find_volume(pool, name);

	if (other != NULL)
		return create_refuse(c, CAUSE_IMPOSSIBLE, error, "there is a volume %s/%s already",
		    c->t->pool, name);
	return virGetLastErrorCode() == VIR_ERR_NO_STORAGE_VOL ||
	    create_refuse_libvirt(c, error, c->t->pool);
}

bool
create_volumes_check(struct creation *c, GError **error)
{
	g_autoptr(virStoragePool) pool = NULL;
	__attribute__((cleanup(disk_plan_end))) struct disk_plan p = { 0 };
	virStoragePoolInfo info;

	if (*c->t->pool == '\0')
		return true;
	pool = find_pool(c, c->t->pool, error);
	if (pool == NULL || !plan_disk(c, pool, &p, error))
		return false;
	if (virStoragePoolRefresh(pool, 0) != 0 || virStoragePoolGetInfo(pool, &info) != 0)
		return create_refuse_libvirt(c, error, c->t->pool);
	if (!is_new(c, pool, c->disk_name, error) || !is_new(c, pool, c->seed_name, error))
		return false;
	uint64_t need = p.room + (c->t->install == INSTALL_CLOUD_INIT ? LEAST : 0);
	return need <= info.available ||
	    create_refuse(c, CAUSE_IMPOSSIBLE, error, "pool %s has no room: %" G_GUINT64_FORMAT
		" MiB are needed, %" G_GUINT64_FORMAT " MiB are free", c->t->pool,
		(need + MIB - 1) / MIB, (uint64_t)info.available / MIB);
}

/* --- copying: takes as long as it takes */

struct copy {
	virStoragePoolPtr pool; /* references */
	virStorageVolPtr base, made;
	char *xml;
};

static bool
copy_call(void *data)
{
	struct copy *copy = data;

	copy->made = virStorageVolCreateXMLFrom(copy->pool, copy->xml, copy->base, 0);
	return copy->made != NULL;
}

static bool
copy_look(void *data, const struct op_run *run)
{
	struct copy *copy = data;
	unsigned long version;

	return virConnectGetLibVersion(virStoragePoolGetConnect(copy->pool), &version) == 0;
}

static void
copy_free(void *data)
{
	struct copy *copy = data;

	virStoragePoolFree(copy->pool);
	virStorageVolFree(copy->base);
	if (copy->made != NULL)
		virStorageVolFree(copy->made);
	g_free(copy->xml);
	g_free(copy);
}

static const struct long_call_kind copy_kind = { copy_call, copy_look, NULL, copy_free };

static virStorageVolPtr
copy_base(struct creation *c, virStoragePoolPtr pool, const char *xml, GError **error)
{
	g_autoptr(virStorageVol) base = find_base(c, error);
	struct copy *copy;
	bool cancelled;

	if (base == NULL)
		return NULL;
	copy = g_new0(struct copy, 1);
	virStoragePoolRef(pool);
	copy->pool = pool;
	copy->base = g_steal_pointer(&base);
	copy->xml = g_strdup(xml);
	SCOPED(long_call) call = long_call_start(&copy_kind, copy, error);
	if (call == NULL || !long_call_wait(call, c->run, &cancelled, error))
		return NULL;
	if (long_call_failure(call) != NULL) {
		create_refuse(c, CAUSE_LIBVIRT, error, "copying %s: %s", c->t->base,
		    long_call_failure(call));
		return NULL;
	}
	if (cancelled)
		c->run->pause(c->run->context, 0, error);
	else
		virStorageVolRef(copy->made);
	return cancelled ? NULL : copy->made;
}

/* --- making */

static char *
disk_xml(const struct creation *c, const struct disk_plan *p)
{
	bool copied = p->format != NULL && !p->linked;
	struct volume_form form = {
		.name = c->disk_name,
		.format = copied ? p->format : "qcow2",
		.capacity = copied ? p->base_capacity : p->capacity,
		.backing = p->linked ? p->base_path : NULL,
		.backing_format = p->linked ? p->format : NULL,
	};

	return storage_volume_xml(&form);
}

/* How a domain finds it. */
static bool
describe(const struct creation *c, virStorageVolPtr volume, struct create_disk *out,
    GError **error)
{
	virStorageVolInfo info;
	char *path = virStorageVolGetPath(volume);

	if (path == NULL || virStorageVolGetInfo(volume, &info) != 0) {
		free(path);
		return create_refuse_libvirt(c, error, "a new volume");
	}
	out->path = g_strdup(path);
	free(path);
	out->block = info.type == VIR_STORAGE_VOL_BLOCK;
	out->format = storage_volume_format(volume);
	if (!is_word(out->format) || out->block) {
		g_free(out->format);
		out->format = g_strdup("raw");
	}
	return out->block || info.type == VIR_STORAGE_VOL_FILE ||
	    create_refuse(c, CAUSE_IMPOSSIBLE, error, "volumes of pool %s are neither files nor "
		"block devices", c->t->pool);
}

static void
note_made(const struct creation *c, const char *name)
{
	log_info("jobs", "job %u: volume %s/%s made on node %s", c->run->number, c->t->pool, name,
	    c->run->node);
}

bool
create_volume_disk(struct creation *c, GError **error)
{
	g_autoptr(virStoragePool) pool = find_pool(c, c->t->pool, error);
	g_autoptr(virStorageVol) volume = NULL;
	__attribute__((cleanup(disk_plan_end))) struct disk_plan p = { 0 };

	if (pool == NULL || !plan_disk(c, pool, &p, error))
		return false;
	g_autofree char *xml = disk_xml(c, &p);
	bool copied = p.format != NULL && !p.linked;
	c->has_disk = true; /* whatever becomes of it: the name is ours */
	if (copied)
		volume = copy_base(c, pool, xml, error);
	else
		volume = virStorageVolCreateXML(pool, xml, 0);
	if (volume == NULL)
		return copied ? false : create_refuse_libvirt(c, error, "its disk");
	note_made(c, c->disk_name);
	if (copied && p.capacity > p.base_capacity &&
	    virStorageVolResize(volume, p.capacity, 0) != 0)
		return create_refuse_libvirt(c, error, "its disk cannot grow");
	return describe(c, volume, &c->disk, error);
}

bool
create_volume_seed(struct creation *c, const GByteArray *bytes, GError **error)
{
	g_autoptr(virStoragePool) pool = find_pool(c, c->t->pool, error);
	struct volume_form form = { .name = c->seed_name, .format = "raw",
		.capacity = bytes->len, .allocation = bytes->len };
	g_autofree char *xml = storage_volume_xml(&form);

	if (pool == NULL)
		return false;
	c->has_seed = true;
	g_autoptr(virStorageVol) volume = virStorageVolCreateXML(pool, xml, 0);
	if (volume == NULL)
		return create_refuse_libvirt(c, error, "the image for cloud-init");
	note_made(c, c->seed_name);
	g_autofree char *words = storage_upload(volume, bytes);
	if (words != NULL)
		return create_refuse(c, CAUSE_LIBVIRT, error, "the image for cloud-init: %s",
		    words);
	if (!describe(c, volume, &c->seed, error))
		return false;
	g_free(c->seed.format); /* an image is what it is, whatever libvirt takes it for */
	c->seed.format = g_strdup("raw");
	return true;
}

/* --- removing */

/* Unless somebody has given it to another VM by now. */
static void
remove_from(const struct creation *c, virStoragePoolPtr pool, const char *name, GString *left)
{
	const char *in = virStoragePoolGetName(pool); /* later, libvirt's words would be lost */
	g_autoptr(virStorageVol) volume = storage_find_volume(pool, name);

	if (volume == NULL && virGetLastErrorCode() == VIR_ERR_NO_STORAGE_VOL)
		return;
	g_autofree char *why = volume == NULL ? g_strdup(virGetLastErrorMessage())
	    : storage_why_kept(c->host, volume);
	if (why == NULL && virStorageVolDelete(volume, 0) == 0) {
		log_info("jobs", "job %u: volume %s/%s removed on node %s", c->run->number, in,
		    name, c->run->node);
		return;
	}
	if (why == NULL)
		why = g_strdup(virGetLastErrorMessage());
	log_warn("jobs", "job %u: cannot remove volume %s/%s on node %s: %s", c->run->number,
	    in, name, c->run->node, why);
	g_string_append_printf(left, "%s%s/%s (%s)", left->len > 0 ? ", " : "", in, name, why);
}

/* In all pools: the template may be another one by now. */
char *
create_volumes_remove(struct creation *c)
{
	g_autoptr(GString) left = g_string_new(NULL);
	virStoragePoolPtr *pools = NULL;
	int n = virConnectListAllStoragePools(c->host, &pools,
	    VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE);

	for (int i = 0; i < n; i++) {
		bool here = c->t == NULL ||
		    g_strcmp0(virStoragePoolGetName(pools[i]), c->t->pool) == 0;
		c->run->alive(c->run->context);
		if (here && c->has_disk)
			remove_from(c, pools[i], c->disk_name, left);
		if (here && c->has_seed)
			remove_from(c, pools[i], c->seed_name, left);
		virStoragePoolFree(pools[i]);
	}
	free(pools);
	if (n < 0 && (c->has_disk || c->has_seed))
		g_string_printf(left, "%s, %s (%s)", c->disk_name, c->seed_name,
		    virGetLastErrorMessage());
	return left->len == 0 ? NULL : g_string_free(g_steal_pointer(&left), FALSE);
}
