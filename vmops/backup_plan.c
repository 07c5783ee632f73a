/* Backups: names and chains.  Pure. */
#include "vmops/backup.h"

#include <string.h>

#define NAME_MOST 128 /* octets of a VM's name within a backup's */

static const char plain[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._+-";

/* --- names */

char *
backup_name(const char *vm_name, int64_t wall_us)
{
	char when[32];
	g_autofree char *vm = g_strndup(vm_name, NAME_MOST);

	g_strcanon(vm, plain, '_');
	if (*vm != '\0' && strchr(".+-", *vm) != NULL)
		*vm = '_';
	snapshot_name_make(wall_us, when);
	return g_strdup_printf("%s-%s", *vm == '\0' ? "_" : vm, when);
}

char *
backup_volume_name(const char *backup, const char *target)
{
	return g_strdup_printf("%s-%s.qcow2", backup, target);
}

char *
backup_catalogue_name(const char *backup)
{
	return g_strdup_printf("%s." BACKUP_SUFFIX, backup);
}

bool
backup_is_plain(const char *name)
{
	return *name != '\0' && strlen(name) < 256 && strchr(".+-", *name) == NULL &&
	    name[strspn(name, plain)] == '\0';
}

/* --- chains */

const struct backup_record *
backup_find(const GPtrArray *all, const char *uuid)
{
	for (guint i = 0; i < all->len; i++) {
		const struct backup_record *r = all->pdata[i];
		if (strcmp(r->uuid, uuid) == 0)
			return r;
	}
	return NULL;
}

/* "backup NAME is not whole".  Always NULL. */
static void *
refuse(GError **error, const char *name, const char *why)
{
	g_set_error(error, OP_ERROR, CAUSE_IMPOSSIBLE, "backup %s %s", name, why);
	return NULL;
}

GPtrArray *
backup_chain(const GPtrArray *all, const char *uuid, GError **error)
{
	g_autoptr(GPtrArray) chain = g_ptr_array_new();
	const struct backup_record *above = NULL;

	for (const char *next = uuid; *next != '\0'; next = above->base_uuid) {
		const struct backup_record *r = backup_find(all, next);
		if (r == NULL && above == NULL)
			return refuse(error, uuid, "is not known any longer");
		if (r == NULL)
			return refuse(error, above->name, "is upon one that is not known");
		if (r->state != BACKUP_COMPLETE)
			return refuse(error, r->name, "is not whole");
		if (chain->len > all->len)
			return refuse(error, r->name, "is upon itself");
		if (above != NULL && r->pool != above->pool)
			return refuse(error, above->name, "is upon one in another pool");
		g_ptr_array_insert(chain, 0, (gpointer)r);
		above = r;
	}
	return g_steal_pointer(&chain);
}

const struct backup_record *
backup_above(const GPtrArray *all, const char *uuid)
{
	for (guint i = 0; i < all->len; i++) {
		const struct backup_record *r = all->pdata[i];
		if (r->state != BACKUP_FAILED && strcmp(r->base_uuid, uuid) == 0)
			return r;
	}
	return NULL;
}

const struct backup_record *
backup_newest(const GPtrArray *all, const char *vm_uuid)
{
	const struct backup_record *newest = NULL;

	for (guint i = 0; i < all->len; i++) {
		const struct backup_record *r = all->pdata[i];
		if (r->state == BACKUP_COMPLETE && strcmp(r->vm_uuid, vm_uuid) == 0 &&
		    (newest == NULL || r->taken_at > newest->taken_at))
			newest = r;
	}
	return newest;
}

const struct backup_record *
backup_unfinished(const GPtrArray *all, const char *vm_uuid)
{
	for (guint i = 0; i < all->len; i++) {
		const struct backup_record *r = all->pdata[i];
		if (r->state == BACKUP_RUNNING && strcmp(r->vm_uuid, vm_uuid) == 0)
			return r;
	}
	return NULL;
}

const struct backup_record *
backup_choose_base(const GPtrArray *all, const char *vm_uuid, uint32_t pool, char **why)
{
	const struct backup_record *newest = backup_newest(all, vm_uuid);
	g_autoptr(GError) broken = NULL;

	*why = NULL;
	if (newest == NULL)
		return NULL;
	g_autoptr(GPtrArray) chain = backup_chain(all, newest->uuid, &broken);
	if (newest->pool != pool)
		*why = g_strdup_printf("a full one: the last one is in pool %s",
		    newest->pool_name);
	else if (*newest->checkpoint == '\0')
		*why = g_strdup("a full one: the last one has left no checkpoint");
	else if (chain == NULL)
		*why = g_strdup_printf("a full one: %s", broken->message);
	for (guint i = 0; chain != NULL && *why == NULL && i < chain->len; i++) {
		const struct backup_record *r = chain->pdata[i];
		if (r->check == CHECK_BAD)
			*why = g_strdup_printf("a full one: %s was found to be bad", r->name);
	}
	return *why == NULL ? newest : NULL;
}
