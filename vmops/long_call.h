/*
 * A libvirt call that takes long, in a thread of its own.  Meanwhile the operation shows how
 * far it is and can be told to end; when the agent stops, the call is left to itself.
 */
#ifndef VCL_VMOPS_LONG_CALL_H
#define VCL_VMOPS_LONG_CALL_H

#include "common/scoped.h"
#include "vmops/ops.h"

struct long_call;

struct long_call_kind {
	/* In the thread: the call itself.  False: libvirt's last error says why. */
	bool (*call)(void *data);

	/*
	 * In the operation's: asks libvirt how far it is and reports it.  True when libvirt
	 * has answered: as long as it does, nothing counts as hanging.
	 */
	bool (*look)(void *data, const struct op_run *);

	/* The job was cancelled: makes the call return.  NULL: it goes on to its end. */
	void (*stop)(void *data);

	/* The call has returned, and the operation does not need the data any longer. */
	void (*free)(void *data);
};

/* Takes the data, also when it fails: no thread could be started. */
struct long_call *long_call_start(const struct long_call_kind *, void *data, GError **);
void long_call_unref(struct long_call *);
SCOPED_DEFINE(long_call, long_call_unref)

/*
 * Until it has returned.  False with CAUSE_RESTART: it has not, and the agent stops.
 * `cancelled`: somebody has cancelled the job meanwhile, whatever the call has done.
 */
bool long_call_wait(struct long_call *, const struct op_run *, bool *cancelled, GError **);

/* Once it has returned: NULL when it succeeded, else libvirt's sentence. */
const char *long_call_failure(const struct long_call *);
int long_call_code(const struct long_call *);

#endif
