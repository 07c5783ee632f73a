/* High availability: volumes of VM applications that no host lists, for they are not started. */
#include "vmops/ha.h"

#include "vmops/crm_cib.h"

bool
ha_is_unseen(const struct cluster *cluster, const struct app *app)
{
	const struct vm *vm = cluster_vm(cluster, app->vm);

	return app_is_vm(app) && (vm == NULL ? app->state != APP_STARTED : vm->nowhere != 0);
}

/* Their IDs; free it. */
static GPtrArray *
unseen(const struct cluster *cluster)
{
	const struct rows *apps = &cluster->rows[ROWS_APP];
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; i < apps->n; i++)
		if (ha_is_unseen(cluster, apps->row[i]))
			g_ptr_array_add(names, g_strdup(((const struct app *)apps->row[i])->name));
	return names;
}

static bool
check_one(struct ha *h, const xmlDoc *cib, const char *id, const struct volume_names *names,
    const char *what, GError **error)
{
	g_autofree char *config = crm_cib_parameter(crm_cib_find(cib, id), "config");
	g_autoptr(GError) why = NULL;
	g_autofree char *text = config == NULL ? NULL : ha_files_read(h, config, &why);

	if (text == NULL)
		return op_refuse(error, CAUSE_UNREACHABLE, "volume %s cannot be %s: it may be "
		    "of application %s, a VM that is not started%s%s", h->run->name, what, id,
		    why == NULL ? " and whose definition is not known" : ": ",
		    why == NULL ? "" : why->message);
	return !storage_xml_names(text, names) || op_refuse(error, CAUSE_IMPOSSIBLE, "volume "
	    "%s cannot be %s: application %s, a VM that is not started, names "
	    "it", h->run->name, what,
	    id);
}

static bool
check_all(struct ha *h, const GPtrArray *ids, const struct volume_names *names,
    const char *what, GError **error)
{
	xmlDoc *cib = crm_cib_read(h->run, false, error);
	bool good = cib != NULL;

	for (guint i = 0; good && i < ids->len; i++)
		good = check_one(h, cib, ids->pdata[i], names, what, error);
	if (cib != NULL)
		xmlFreeDoc(cib);
	return good;
}

bool
ha_check_unnamed(const struct op_run *run, const struct volume_names *names, const char *what,
    GError **error)
{
	SCOPED(cluster) cluster = run->look(run->context);
	struct ha h = { 0 };

	if (cluster == NULL)
		return op_refuse(error, CAUSE_RESTART, "%s: the agent was stopped meanwhile",
		    run->name);
	g_autoptr(GPtrArray) ids = unseen(cluster);
	if (ids->len == 0)
		return true;
	bool good = ha_begin(&h, run, "", error) && check_all(&h, ids, names, what, error);
	ha_end(&h);
	return good;
}
