/* Making VMs: may it be asked for, and on which node.  Pure, on a cluster value. */
#include <string.h>

#include "model/value.h"
#include "vmops/create.h"
#include "vmops/placer.h"

struct asked {
	const struct cluster *cluster;
	const struct request *request;
	const struct template_info *template;
	int64_t now;
};

static bool
check_template(const struct asked *a, GError **error)
{
	const struct template_info *t = a->template;

	if (t == NULL)
		return request_refuse(error, REQUEST_NO_OBJECT, "there is no template %s%u",
		    a->request->name, a->request->object);
	return t->state == TEMPLATE_VALID ||
	    request_refuse(error, REQUEST_IMPOSSIBLE, "template %s cannot be used: %s", t->name,
		t->reason);
}

/* All rows count, also those that another node's hides. */
bool
create_check_name(const struct cluster *cluster, const char *name, const char *uuid,
    GError **error)
{
	const struct vm *vm;

	if (!template_fits_name(name))
		return request_refuse(error, REQUEST_BAD_VALUE, "a VM cannot be called \"%s\": "
		    "1 to 63 letters, digits, '.', '_' or '-' are wanted", name);
	for (size_t at = 0; (vm = cluster_vm_called(cluster, name, &at)) != NULL;)
		if (g_strcmp0(vm->uuid, uuid) != 0)
			return request_refuse(error, REQUEST_IMPOSSIBLE,
			    "there is a VM called %s already, on %s", name, vm->node_name);
	return true;
}

static bool
check_options(const struct asked *a, GError **error)
{
	const struct request_machine *m = &a->request->machine;
	bool cloud = a->template->install == INSTALL_CLOUD_INIT;
	g_autofree char *type = *m->ssh_key == '\0' ? NULL : create_key_type(m->ssh_key);

	if (!cloud && (*m->user != '\0' || *m->ssh_key != '\0'))
		return request_refuse(error, REQUEST_IMPOSSIBLE,
		    "template %s has no cloud-init, which takes user and ssh-key",
		    a->template->name);
	if (*m->ssh_key != '\0' && type == NULL)
		return request_refuse(error, REQUEST_BAD_VALUE, "ssh-key is no public key");
	if (m->disk != 0 && *a->template->pool == '\0')
		return request_refuse(error, REQUEST_IMPOSSIBLE, "template %s has no disk",
		    a->template->name);
	return true;
}

static bool
check_name(const struct asked *a, GError **error)
{
	return create_check_name(a->cluster, a->request->argument, a->request->uuid, error);
}

/* Whoever writes to the base breaks all that was made from it. */
static bool
check_base(const struct asked *a, GError **error)
{
	const struct rows *seats = &a->cluster->rows[ROWS_POOL_NODE];
	const char *base = a->template->base, *slash = strchr(base, '/');
	g_autofree char *pool = slash == NULL ? NULL : g_strndup(base, (gsize)(slash - base));

	for (size_t i = 0; slash != NULL && i < seats->n; i++) {
		const struct pool_node *seat = seats->row[i];
		const struct volume *volume = g_strcmp0(seat->pool_name, pool) != 0 ? NULL
		    : cluster_volume_called(a->cluster, seat->h.index, slash + 1);
		const struct disk *disk =
		    volume == NULL ? NULL : cluster_volume_disk(a->cluster, volume);
		if (disk != NULL && disk->read_only != 1)
			return request_refuse(error, REQUEST_IMPOSSIBLE,
			    "base volume %s of template %s is a VM's disk (%s)", base,
			    a->template->name, disk->name);
	}
	return true;
}

/* --- the node */

/* Nodes where the template's pool does not run take no VM of it. */
static void
close_others(const struct asked *a, struct placer *p)
{
	const struct rows *seats = &a->cluster->rows[ROWS_POOL_NODE];
	const struct rows *nodes = &a->cluster->rows[ROWS_NODE];
	g_autoptr(GHashTable) with = g_hash_table_new(NULL, NULL);
	g_autofree char *lacks = g_strdup_printf("has no running pool %s", a->template->pool);

	for (size_t i = 0; i < seats->n; i++) {
		const struct pool_node *seat = seats->row[i];
		if (seat->state == POOL_RUNNING &&
		    g_strcmp0(seat->pool_name, a->template->pool) == 0)
			g_hash_table_add(with, GUINT_TO_POINTER(seat->h.sub));
	}
	for (size_t i = 0; i < nodes->n; i++) {
		const struct node *node = nodes->row[i];
		if (!g_hash_table_contains(with, GUINT_TO_POINTER(node->h.index)))
			placer_close(p, node->h.index, lacks);
	}
}

/* The template's, as the node has it. */
uint32_t
create_fills(const struct cluster *cluster, const struct request *request, uint32_t node)
{
	const struct rows *seats = &cluster->rows[ROWS_POOL_NODE];
	const struct template_info *t =
	    rows_find(&cluster->rows[ROWS_TEMPLATE], request->object, 0);

	for (size_t i = 0; t != NULL && *t->pool != '\0' && i < seats->n; i++) {
		const struct pool_node *seat = seats->row[i];
		if (seat->h.sub == node && g_strcmp0(seat->pool_name, t->pool) == 0)
			return seat->h.index;
	}
	return 0;
}

static bool
check_target(const struct asked *a, GError **error)
{
	const struct node *node = cluster_node(a->cluster, a->request->target);

	if (a->request->target == 0)
		return true;
	if (node == NULL)
		return request_refuse(error, REQUEST_NO_OBJECT, "there is no node %u for %s",
		    a->request->target, a->request->argument);
	return !node_is_stale(node, a->now) ||
	    request_refuse(error, REQUEST_UNREACHABLE, "%s cannot be made on %s: that node "
		"does not answer", a->request->argument, node->name);
}

static uint32_t
place(const struct asked *a, GError **error)
{
	SCOPED(placer) p = placer_new(a->cluster, a->now, 0);
	const struct request *r = a->request;
	g_autoptr(GString) why = g_string_new(NULL);
	struct placer_machine machine = {
		.name = r->argument,
		.memory = r->amount != 0 ? r->amount : a->template->memory,
		.vcpus = r->machine.vcpus != 0 ? r->machine.vcpus : a->template->vcpus,
	};

	if (*a->template->pool != '\0')
		close_others(a, p);
	uint32_t node = placer_choose_new(p, &machine, r->target, why);
	if (node == 0)
		request_refuse(error, REQUEST_IMPOSSIBLE, "%s cannot be made: %s", r->argument,
		    why->str);
	return node;
}

uint32_t
create_choose(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	static bool (*const checks[])(const struct asked *, GError **) = {
		check_template, check_name, check_options, check_base, check_target,
	};
	struct asked a = { cluster, request,
		rows_find(&cluster->rows[ROWS_TEMPLATE], request->object, 0), now };

	for (size_t i = 0; i < G_N_ELEMENTS(checks); i++)
		if (!checks[i](&a, error))
			return 0;
	return place(&a, error);
}
