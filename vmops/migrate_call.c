/* libvirt's migration call, in a thread of its own, for it returns when all is over. */
#include <stdatomic.h>

#include "common/sync.h"
#include "common/virt.h"
#include "vmops/migrate_private.h"

struct migrate_call {
	refcount refs; /* the operation's and the thread's */

	/* the thread's once it runs */
	virConnectPtr source, target;
	virDomainPtr domain;
	char *peer;
	virTypedParameterPtr params;
	int n;
	unsigned flags;

	/* the operation's once it has ended */
	char *failure;
	int code;

	atomic_bool ended;
};

void
migrate_call_unref(struct migrate_call *call)
{
	if (call == NULL || !ref_drop(&call->refs))
		return;
	g_free(call->failure);
	g_free(call->peer);
	g_free(call);
}

static bool
migrate(struct migrate_call *call)
{
	if (call->target == NULL)
		return virDomainMigrateToURI3(call->domain, call->peer, call->params,
		    (unsigned)call->n, call->flags) == 0;
	virDomainPtr arrived = virDomainMigrate3(call->domain, call->target, call->params,
	    (unsigned)call->n, call->flags);
	if (arrived == NULL)
		return false;
	virDomainFree(arrived);
	return true;
}

/* The connections are closed only after the end is told: that may hang. */
static void *
call_main(void *data)
{
	struct migrate_call *call = data;

	if (!migrate(call)) {
		call->code = virGetLastErrorCode();
		call->failure = g_strdup(virGetLastErrorMessage());
	}
	atomic_store(&call->ended, true);
	virTypedParamsFree(call->params, call->n);
	virDomainFree(call->domain);
	if (call->target != NULL)
		virConnectClose(call->target);
	virConnectClose(call->source);
	migrate_call_unref(call);
	return NULL;
}

struct migrate_call *
migrate_call_start(virConnectPtr source, virDomainPtr domain, virConnectPtr target,
    const char *peer, virTypedParameterPtr params, int n, unsigned flags)
{
	struct migrate_call *call = g_new0(struct migrate_call, 1);

	atomic_init(&call->refs, 2);
	atomic_init(&call->ended, false);
	call->source = source;
	call->domain = domain;
	call->target = target;
	call->peer = g_strdup(peer);
	call->params = params;
	call->n = n;
	call->flags = flags;
	g_thread_unref(g_thread_new("migrate", call_main, call));
	return call;
}

bool
migrate_call_ended(struct migrate_call *call)
{
	return atomic_load(&call->ended);
}

const char *
migrate_call_failure(const struct migrate_call *call)
{
	return call->failure;
}

int
migrate_call_code(const struct migrate_call *call)
{
	return call->code;
}
