/*
 * Live migration of a VM that runs: libvirt's call is begun, which runs in a thread of its
 * own, is watched, and both hosts are asked afterwards, whatever it has said.
 */
#include "common/virt.h"
#include "vmops/migrate_private.h"

static virTypedParameterPtr
make_params(const struct migration *m, const char *stream, int *n)
{
	const struct request *request = m->run->request;
	virTypedParameterPtr params = NULL;
	int most = 0;

	*n = 0;
	if (stream != NULL)
		virTypedParamsAddString(&params, n, &most, VIR_MIGRATE_PARAM_URI, stream);
	if (request->bandwidth != 0)
		virTypedParamsAddULLong(&params, n, &most, VIR_MIGRATE_PARAM_BANDWIDTH,
		    request->bandwidth);
	if (request->bandwidth != 0 && (request->flags & REQUEST_POSTCOPY))
		virTypedParamsAddULLong(&params, n, &most,
		    VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY, request->bandwidth);
	for (guint i = 0; i < m->copies->len; i++) {
		const struct volume_copy *copy = m->copies->pdata[i];
		virTypedParamsAddString(&params, n, &most, VIR_MIGRATE_PARAM_MIGRATE_DISKS,
		    copy->target);
	}
	return params;
}

/*
 * Connections of its own: five calls at a time are all that libvirtd answers on one, and
 * this call takes long.
 */
static struct migrate_call *
start_call(const struct migration *m, const struct migrate_route *route, GError **error)
{
	const struct op_run *run = m->run;
	struct migrate_how how = {
		.persistent = m->persistent, .peer_to_peer = route->peer != NULL,
		.copies = m->copies->len > 0, .declared = m->declared,
		.flags = run->request->flags,
	};
	g_autoptr(virConnect) source =
	    backend_open(run->backend, run->node, run->name, error);
	g_autoptr(virConnect) target = NULL;

	if (source == NULL)
		return NULL;
	if (route->peer == NULL) {
		target = backend_open(run->backend, m->to, run->name, error);
		if (target == NULL)
			return NULL;
	}
	virDomainPtr domain = virDomainLookupByUUIDString(source, run->uuid);
	if (domain == NULL) {
		migrate_refuse_libvirt(m, error, "it cannot be found any longer");
		return NULL;
	}
	int n;
	virTypedParameterPtr params = make_params(m, route->stream, &n);
	return migrate_call_start(g_steal_pointer(&source), domain, g_steal_pointer(&target),
	    route->peer, params, n, migrate_flags(&how));
}

static bool
finish_call(struct migration *m, struct migrate_watch *w, struct migrate_call *call,
    GError **error)
{
	if (!migrate_watch_call(w, call)) {
		g_propagate_error(error, g_steal_pointer(&w->stop));
		return false; /* the next process will see */
	}
	migrate_step(m, "asking both hosts");
	enum outcome outcome = migrate_settle(m);
	if (outcome == OUTCOME_MOVED)
		return migrate_succeed(m, call);
	return migrate_fail(m, w, call, outcome, error);
}

static void
restore_downtime(const struct migration *m, virDomainPtr domain, unsigned long long before)
{
	if (m->run->request->max_downtime != 0 && before != 0)
		virDomainMigrateSetMaxDowntime(domain, before, 0);
}

bool
migrate_live(struct migration *m, virDomainPtr domain, virConnectPtr target,
    const struct migrate_route *route, GError **error)
{
	const struct request *request = m->run->request;
	struct migrate_watch w = { .m = m, .domain = domain, .target = target,
		.peer_to_peer = route->peer != NULL };
	unsigned long long downtime = 0;

	if (request->max_downtime != 0 &&
	    (virDomainMigrateGetMaxDowntime(domain, &downtime, 0) != 0 ||
		virDomainMigrateSetMaxDowntime(domain, request->max_downtime, 0) != 0))
		return migrate_refuse_libvirt(m, error, "the downtime cannot be limited");
	SCOPED(migrate_call) call = migrate_storage_make(m, target, error)
	    ? start_call(m, route, error) : NULL;
	if (call == NULL) {
		g_autofree char *left = migrate_storage_undo(m);
		restore_downtime(m, domain, downtime);
		return false;
	}
	bool moved = finish_call(m, &w, call, error);
	if (!moved)
		restore_downtime(m, domain, downtime);
	g_clear_error(&w.stop);
	return moved;
}
