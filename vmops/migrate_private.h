/*
 * Live migration: what the files of this operation share.  Each calls only those above it.
 *
 *	migrate.h            what is decided without asking libvirt
 *	migrate_say.c        its sentences
 *	migrate_look.c       what each host says, and what is true then
 *	migrate_storage.c    volumes: made, taken back, removed
 *	migrate_preflight.c  what can be asked of both hosts before anything is changed
 *	migrate_offline.c    a VM that is off: its definition moves
 *	migrate_call.c       libvirt's call, in a thread of its own
 *	migrate_watch.c      how far it is, and whether it shall end
 *	migrate_after.c      what is left to do when it has ended
 *	migrate_live.c       a VM that runs: all of it
 *	op_migrate.c         the operation, and what becomes of it after a restart
 */
#ifndef VCL_VMOPS_MIGRATE_PRIVATE_H
#define VCL_VMOPS_MIGRATE_PRIVATE_H

#include "vmops/migrate.h"

/* --- the call */

struct migrate_call;

/*
 * Starts it.  Takes the connections, the domain (of `source`) and the parameters;
 * `target` is NULL for peer to peer.
 */
struct migrate_call *migrate_call_start(virConnectPtr source, virDomainPtr domain,
    virConnectPtr target, const char *peer, virTypedParameterPtr params, int n,
    unsigned flags);
void migrate_call_unref(struct migrate_call *);
SCOPED_DEFINE(migrate_call, migrate_call_unref)

bool migrate_call_ended(struct migrate_call *);
/* Once it has ended: NULL when libvirt called it a success, else its sentence. */
const char *migrate_call_failure(const struct migrate_call *);
int migrate_call_code(const struct migrate_call *);

/* --- the operation's own state */

struct volume_copy {
	char *path, *target; /* of the file; "vdb" */
	char *format;
	uint64_t capacity, allocation;
	bool made; /* by us, on the target */
};

struct migration {
	const struct op_run *run;
	const char *to; /* name of the target */
	struct settings *settings;
	struct migrant *migrant;
	GPtrArray *copies; /* struct volume_copy */
	bool declared;     /* see struct migrate_how */
	enum half was;
	bool persistent, autostart;
	struct op_progress progress;
	struct migrate_meter meter;
};

/* "cannot migrate web1 from alpha to beta: WHY".  Always false. */
bool migrate_refuse(const struct migration *, enum job_cause, GError **error,
    const char *why, ...) G_GNUC_PRINTF(4, 5);

/* The same with libvirt's last sentence behind it. */
bool migrate_refuse_libvirt(const struct migration *, GError **error, const char *what);

/* Shows what it does now. */
void migrate_step(struct migration *, const char *step, ...) G_GNUC_PRINTF(2, 3);

/* "it stays on alpha as it was".  Free it. */
char *migrate_truth(const struct migration *, enum outcome);

/* --- what each host says */

struct migrate_sight {
	enum half half;
	int reason; /* libvirt's, of the state */
};

/* Of virDomainState and its reason. */
enum half migrate_half(int state, int reason);

struct migrate_sight migrate_look(const struct migration *, const char *node);

/* What is true; asked again while it may still change, or a host does not answer. */
enum outcome migrate_settle(const struct migration *);

/* --- before anything is changed, and storage */

/* Asks both hosts; fills in migrant and copies. */
bool migrate_preflight(struct migration *, virDomainPtr domain, virConnectPtr target,
    GError **error);

/*
 * The active pool whose volumes lie where that file does; its type in `type` (free it).  NULL:
 * there is none; or libvirt has not listed them, then with its last error.
 */
virStoragePoolPtr migrate_find_pool(virConnectPtr, const char *path, char **type);

/* After a look at what is in the pool now: 1, 0, or -1 with libvirt's last error. */
int migrate_pool_has(virStoragePoolPtr, const char *path);

/* The volumes on the target. */
bool migrate_storage_make(struct migration *, virConnectPtr target, GError **error);
/* Takes back what it made; the texts tell what could not be (free it), NULL: nothing. */
char *migrate_storage_undo(struct migration *);
/* After the VM has gone: the volumes on the source. */
char *migrate_storage_remove(struct migration *);

/* --- a VM that is off */

bool migrate_offline(struct migration *, virDomainPtr domain, virConnectPtr target,
    GError **error);

/* --- one that runs */

bool migrate_live(struct migration *, virDomainPtr domain, virConnectPtr target,
    const struct migrate_route *, GError **error);

struct migrate_watch {
	struct migration *m;
	virDomainPtr domain;  /* by the connection that others use too */
	virConnectPtr target; /* likewise; only asked whether it lives */
	bool peer_to_peer;
	GError *stop; /* why it shall end, NULL: it shall not */
	bool broken;  /* the target's libvirtd has gone */
	int64_t stop_by;
	int64_t measured_us;
};

/* Until the call has ended; false when it is left to itself. */
bool migrate_watch_call(struct migrate_watch *, struct migrate_call *);

/* Shows how far it is.  False: there is no job, or libvirt does not answer. */
bool migrate_look_at_job(struct migration *, virDomainPtr);

/* --- when it has ended */

/* On the host that has the VM now: it starts with it as before, and what libvirt noted. */
void migrate_arrive(struct migration *);

/* It has moved: true.  It has not: false, with what is true and what libvirt said. */
bool migrate_succeed(struct migration *, const struct migrate_call *);
bool migrate_fail(struct migration *, const struct migrate_watch *,
    const struct migrate_call *, enum outcome, GError **error);

#endif
