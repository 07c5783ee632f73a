/* Virtual nodes: what can refuse them, of a cluster value. */
#include "vmops/vnode.h"

#include <string.h>

#include "model/value.h"
#include "vmops/app.h"

#define refuse(error, code, ...) request_refuse(error, code, __VA_ARGS__)
#define NAME_SET G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS ".-_"

/* --- names and addresses */

/* Pacemaker wants other names for the node and the application, which is called as its VM. */
static char *
default_name(const char *vm)
{
	g_autofree char *name = g_strdup_printf("%s-node", vm);

	for (char *p = name; *p != '\0'; p++)
		if (strchr(NAME_SET, *p) == NULL)
			*p = '_';
	return g_steal_pointer(&name);
}

static bool
is_name(const char *name)
{
	return g_ascii_isalnum(name[0]) && name[strspn(name, NAME_SET)] == '\0' &&
	    strlen(name) < VNODE_NAME_MOST && !g_str_has_prefix(name, APP_TRIAL);
}

static const char *
holder_of(const struct cluster *cluster, const char *name)
{
	const struct rows *nodes = &cluster->rows[ROWS_NODE], *apps = &cluster->rows[ROWS_APP];

	for (size_t i = 0; i < nodes->n; i++)
		if (strcmp(((const struct node *)nodes->row[i])->name, name) == 0)
			return "a node";
	for (size_t i = 0; i < apps->n; i++)
		if (strcmp(((const struct app *)apps->row[i])->name, name) == 0)
			return "an application";
	return NULL;
}

char *
vnode_wanted_name(const struct cluster *cluster, const struct request *request)
{
	const struct vm *vm = cluster_vm(cluster, request->object);

	return *request->argument != '\0' ? g_strdup(request->argument)
	    : default_name(vm != NULL ? vm->name : request->name);
}

char *
vnode_new_name(const struct cluster *cluster, const struct request *request, GError **error)
{
	g_autofree char *name = vnode_wanted_name(cluster, request);

	if (!is_name(name)) {
		refuse(error, REQUEST_BAD_VALUE, "\"%s\" cannot be a node's name: letters, digits, "
		    "'.', '-' and '_', less than %d of them", name, VNODE_NAME_MOST);
		return NULL;
	}
	const char *holder = holder_of(cluster, name);
	if (holder == NULL)
		return g_steal_pointer(&name);
	refuse(error, REQUEST_IMPOSSIBLE, "%s cannot become the node %s: %s is called so already",
	    request->name, name, holder);
	return NULL;
}

/* Others cannot reach it there. */
static bool
is_local(const char *address)
{
	return g_str_has_prefix(address, "127.") || g_str_has_prefix(address, "169.254.") ||
	    g_ascii_strncasecmp(address, "fe80:", 5) == 0 || strcmp(address, "::1") == 0;
}

char *
vnode_address(const struct cluster *cluster, const struct request *request, GError **error)
{
	const struct vm *vm = cluster_vm(cluster, request->object);

	if (*request->machine.network != '\0')
		return g_strdup(request->machine.network);
	if (vm != NULL && vm->guest_address != NULL && *vm->guest_address != '\0' &&
	    !is_local(vm->guest_address))
		return g_strdup(vm->guest_address);
	refuse(error, REQUEST_IMPOSSIBLE, "%s cannot become a node: its guest's address is not "
	    "known; say it, with option address", request->name);
	return NULL;
}

const struct cluster_member *
vnode_member(const struct cluster *cluster, const struct app *app)
{
	const struct rows *members = &cluster->rows[ROWS_MEMBER];

	for (size_t i = 0; i < members->n; i++) {
		const struct cluster_member *m = members->row[i];
		if (m->kind == NODE_VIRTUAL && m->app == app->h.index)
			return m;
	}
	return NULL;
}

/* --- may it be asked for */

/* No application at all. */
bool
op_check_vnode_unowned(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	if (!app_cluster_check(cluster, now, error))
		return false;
	if (request->type == JOB_VNODE_DISABLE)
		return refuse(error, REQUEST_IMPOSSIBLE, "%s is no virtual node: it is no "
		    "application of the cluster", request->name);
	return refuse(error, REQUEST_IMPOSSIBLE, "%s is no application of the cluster: make it "
	    "highly available first: virtcluster ha enable %s", request->name, request->name);
}

static bool
check_fencing(const struct cluster *cluster, const struct app *app, GError **error)
{
	if (cluster_info(cluster)->fencing != 1)
		return refuse(error, REQUEST_IMPOSSIBLE, "%s cannot become a node: fencing is off in "
		    "the cluster (stonith-enabled), so that nobody would know whether what ran in it "
		    "still does", app->name);
	return app_has_fencing(cluster) || refuse(error, REQUEST_UNREACHABLE,
	    "%s cannot become a node: no fencing device is started", app->name);
}

static bool
check_seat(const struct cluster *cluster, const struct app *app, GError **error)
{
	const struct app *parent = rows_find(&cluster->rows[ROWS_APP], app->parent, 0);

	if (parent != NULL && parent->kind != APP_KIND_GROUP)
		return refuse(error, REQUEST_IMPOSSIBLE, "%s cannot become a node: it is of the "
		    "%s %s", app->name, enum_to_name(app_kind_names, parent->kind), parent->name);
	return (app->state == APP_STARTED && app->node != 0) || refuse(error, REQUEST_IMPOSSIBLE,
	    "%s cannot become a node: it is %s, and must be started", app->name,
	    enum_to_name(app_state_names, app->state));
}

bool
op_check_vnode_enable(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct app *app = cluster_vm_app(cluster, request->object);

	if (app == NULL)
		return op_check_vnode_unowned(cluster, request, now, error);
	const struct cluster_member *m = vnode_member(cluster, app);
	if (m != NULL || app->kind == APP_KIND_VIRTUAL_NODE)
		return refuse(error, REQUEST_IMPOSSIBLE, "%s is the node %s already", request->name,
		    m != NULL ? m->name : "of the cluster");
	if (!app_check(cluster, app, now, error) || !check_fencing(cluster, app, error) ||
	    !check_seat(cluster, app, error))
		return false;
	g_autofree char *name = vnode_new_name(cluster, request, error);
	g_autofree char *address = name == NULL ? NULL : vnode_address(cluster, request, error);
	return address != NULL;
}

bool
op_check_vnode_disable(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct app *app = cluster_vm_app(cluster, request->object);

	if (app == NULL)
		return op_check_vnode_unowned(cluster, request, now, error);
	if (!app_check(cluster, app, now, error))
		return false;
	return vnode_member(cluster, app) != NULL || refuse(error, REQUEST_IMPOSSIBLE,
	    "%s is no virtual node", request->name);
}
