/*
 * Operations: what a job of each type does.  One line each in `ops` (ops.c), one file for
 * each family of them (op_*.c).
 */
#ifndef VCL_VMOPS_OPS_H
#define VCL_VMOPS_OPS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/cluster.h"
#include "model/names.h"
#include "model/request.h"
#include "vmops/backend_libvirt.h"
#include "vmops/backup_log.h"

/* Codes are enum job_cause. */
#define OP_ERROR (op_error_quark())
GQuark op_error_quark(void);

/* How far a job is; what nobody knows is the ABSENT mark of its type, `eta` -1. */
struct op_progress {
	uint32_t percent;
	uint64_t processed, remaining; /* octets */
	uint32_t rate, dirty_rate;     /* octets per second */
	uint32_t iteration;
	int32_t eta;                   /* seconds */
	uint32_t downtime_ms;
	char step[128];                /* what it does now, in words; "" if that says nothing */
};

/* Nothing known, 0 percent. */
void op_progress_init(struct op_progress *);

/* What an operation may use; all of it belongs to its thread, or may be called by it. */
struct op_run {
	struct backend *backend;
	const struct request *request;
	uint32_t number;  /* of its job */
	const char *name; /* of the object, for sentences: "web1" */
	const char *uuid; /* of the object, "" where the kind has none */
	const char *node; /* name of the node to act on, "" for the cluster */
	int64_t deadline; /* monotonic; what waits for the guest gives up then */
	bool autostart;   /* the VM started with its node when the job began */

	/*
	 * Before something is made that a later process would have to take back: writes down
	 * that what has the name from now on is the job's.  `owned`: an earlier process did.
	 */
	bool (*own)(void *context, GError **error);
	bool owned;

	/*
	 * To be called right before anything is changed, for finding the domain may have
	 * taken long.  False: not right any longer, or nobody waits for it any longer.
	 */
	bool (*begin)(void *context, GError **error);

	/* Sleeps; false when the job shall end now: cancelled, or the agent stops. */
	bool (*pause)(void *context, int64_t us, GError **error);

	/* Shows how far it is.  Cheap; as often as you like. */
	void (*report)(void *context, const struct op_progress *);

	/*
	 * The operation still works, although a libvirt call of it takes long: as long as
	 * this is called every 20 seconds its thread does not count as hanging.
	 */
	void (*alive)(void *context);

	/* It writes no more to the pool that op->fills has named: others may. */
	void (*filled)(void *context);

	/* The newest cluster value, to be unreferenced; NULL: the agent stops. */
	struct cluster *(*look)(void *context);

	/*
	 * A job of its own for another object, as if somebody had asked for it; `parent` is
	 * filled in.  Its number, or 0 with an error of REQUEST_ERROR.
	 */
	uint32_t (*submit)(void *context, const struct request *, GError **error);

	/*
	 * Takes the node that the job is about out of service, for that reason, or, with
	 * NULL, into service again.  Written down and shown soon after.
	 */
	void (*mark)(void *context, const char *reason);

	/*
	 * Backups as the agent knows them: those of a VM (struct backup_record; free the
	 * array); the one of that UUID; is there one of that name, whatever its VM.
	 */
	GPtrArray *(*backups)(void *context, const char *vm_uuid);
	bool (*find_backup)(void *context, const char *uuid, struct backup_record *);
	bool (*has_backup)(void *context, const char *name);

	/*
	 * Keeps one, a new one or as it is now; forgets one.  What is kept shows, and is
	 * written down, before the job counts as ended.
	 */
	void (*keep_backup)(void *context, const struct backup_record *);
	void (*forget_backup)(void *context, const char *uuid);

	/* Ends a job that it submitted. */
	void (*cancel)(void *context, uint32_t job);

	/* The cluster manager is to be looked at now. */
	void (*poke)(void *context);

	void *context;
};

/* Runs in a thread of its own.  One sentence with object and node when it fails. */
typedef bool op_function(const struct op_run *, GError **error);

#define OP_STATE(state) (1u << (state))
#define OP_ALIVE                                                                       \
	(OP_STATE(VM_RUNNING) | OP_STATE(VM_SHUTTING_DOWN) | OP_STATE(VM_SUSPENDED) |  \
	    OP_STATE(VM_UNKNOWN))

/*
 * Index of the node to go to when the request leaves the choice to us; 0 with an error of
 * REQUEST_ERROR.  Pure.  What it says is written down before the operation begins.
 */
typedef uint32_t op_aim(const struct cluster *, const struct request *, int64_t now,
    GError **error);

/* What the VM is after it. */
enum op_leaves { LEAVES_ANY, LEAVES_ACTIVE, LEAVES_INACTIVE, LEAVES_NODE /* it is elsewhere */ };

/*
 * What else can refuse it.  Pure: asks a cluster value only, for it runs on the SNMP
 * thread.  An error of REQUEST_ERROR.
 */
typedef bool op_check(const struct cluster *, const struct request *, int64_t now,
    GError **error);

/*
 * Index of the VM that such a job works on as well, 0: none.  No other job of that VM is
 * accepted as long as it is not finished.  Pure.
 */
typedef uint32_t op_claim(const struct cluster *, const struct request *);

/*
 * Index of the pool that such a job writes much to when it runs on that node, 0: none.  Of
 * these there are only so many at a time.  Pure.
 */
typedef uint32_t op_fills(const struct cluster *, const struct request *, uint32_t node);

/*
 * What becomes of it on a VM that an application of the cluster manager is: libvirt alone must
 * never do what that manager would take for a failure, or would not know of.
 */
enum op_owned {
	OWNED_REFUSED, /* it is not done; for what nobody has thought about, too */
	OWNED_DIRECT,  /* as for any VM: it goes on running where it is, and as it is defined */
	OWNED_MANAGED, /* the cluster manager is asked for it, by op.managed */
};

struct op {
	int32_t type; /* enum job_type, 0 ends the table */
	enum object_kind kind; /* of the objects that it is possible on */
	const char *verb; /* in sentences: "cannot be VERB" */
	op_function *run;
	uint32_t states;    /* of a VM: OP_STATE of each state in which it is possible */
	unsigned timeout_s; /* the guest's time; of op->timed, when the request has none */
	enum op_leaves leaves;
	bool cancellable; /* while it runs */
	bool composite;   /* makes jobs of its own and waits for them: takes no node's room */
	bool resumable;   /* looks at what is still to be done: goes on after a restart */
	bool timed;       /* request->amount, if not 0, is the guest's time in seconds */
	bool graced;      /* when the request has none, it is that of the configuration */
	bool foreign;     /* also on nodes that the cluster manager alone knows */
	bool startable;   /* starts a VM: it may not run anywhere else */
	enum object_kind also; /* possible on these as well, where the request says so; 0: none */
	const char *lacking; /* libvirt drivers that cannot do it, blank-separated; or NULL */
	op_check *check;  /* NULL: nothing else */
	op_aim *aim;      /* NULL: it has no target */
	op_claim *claim;  /* NULL: nothing but its object */
	op_fills *fills;  /* NULL: no pool */

	/*
	 * What ran when the agent was stopped is gone on with by this one, which changes
	 * nothing that was not begun, and says what became of it.  NULL: it is interrupted.
	 */
	op_function *recover;

	enum op_owned owned;
	const char *owned_why;        /* it is refused: "the application X, and WHY"; or NULL */
	op_function *managed;         /* instead of `run` */
	op_function *managed_recover; /* instead of `recover`, of what called op_run.own */
	op_check *managed_check;      /* instead of `check` */
};

extern const struct op ops[];

/* The operation of that job type, or NULL. */
const struct op *op_find(int32_t type);

/* Can it be about an object of that kind. */
bool op_takes(const struct op *, int32_t kind);

/* --- what operations have in common: op_common.c */

enum activity { ACTIVE, INACTIVE, NOT_KNOWN };

/* Does it run: of a domain as libvirt tells now. */
enum activity op_activity(virDomainPtr);

/* The domain to act on; find_active refuses one that is off. */
virDomainPtr op_find_domain(const struct op_run *, GError **error);
virDomainPtr op_find_active(const struct op_run *, GError **error);

/* Says what it does now, in words. */
void op_step(const struct op_run *, const char *step);

/* What virDomainGetJobStats has told. */
void op_progress_stats(struct op_progress *, virTypedParameterPtr, int n);

/* A sentence of its own.  Always false. */
bool op_refuse(GError **, enum job_cause, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* "web1 TEXT on alpha".  Always false. */
bool op_fail(const struct op_run *, enum job_cause, const char *text, GError **error);

/*
 * "cannot WHAT web1 on alpha: what libvirt says".  Where the connection broke, libvirt
 * says nothing, and what was asked for may or may not have happened.  Always false.
 */
bool op_fail_libvirt(const struct op_run *, virDomainPtr, const char *what, GError **error);

/* "cannot WHAT on NODE: what libvirt says" of something that is no domain.  Always false. */
bool op_fail_on(const struct op_run *, virConnectPtr, const char *node, const char *what,
    GError **error);

/* The same for what is no longer libvirt's last error: its code and sentence. */
bool op_fail_connection(virConnectPtr, const char *node, const char *what, int code,
    const char *reason, GError **error);

/* "cannot WHAT web1 on alpha" for a call of another thread, likewise. */
bool op_fail_reason(const struct op_run *, virDomainPtr, const char *what, int code,
    const char *reason, GError **error);

/* Destroys it, and sees whether it is off: op_power.c. */
bool op_cut_power(const struct op_run *, virDomainPtr, GError **error);

/* --- the operations, each in the file named after its family */

op_function op_power_on, op_power_off, op_reset, op_power_cycle; /* op_power.c */
op_function op_shut_down, op_shut_down_then_off, op_press_button, op_reboot; /* op_guest.c */
op_function op_suspend, op_resume, op_save;                  /* op_suspend.c */
op_function op_keys, op_ctrl_alt_del, op_nmi;                /* op_keys.c */
op_function op_set_vcpus, op_set_memory, op_set_autostart;   /* op_config.c */
op_function op_migrate, op_migrate_recover;                  /* op_migrate.c */
op_function op_snapshot_create;                              /* op_snapshot.c */
op_function op_snapshot_revert;                              /* op_snapshot_revert.c */
op_function op_snapshot_delete, op_snapshot_delete_recover;  /* op_snapshot_delete.c */
op_function op_backup, op_backup_recover;                    /* op_backup.c */
op_function op_backup_verify, op_backup_delete;              /* op_backup_keep.c */
op_function op_backup_scan;                                  /* op_backup_scan.c */
op_function op_restore, op_restore_recover;                  /* op_restore.c */
op_function op_evacuate, op_maintenance, op_node_online;     /* op_node.c */
op_function op_node_power;                                   /* op_node_power.c */
op_function op_balance;                                      /* op_balance.c */
op_function op_sequence;                                     /* op_sequence.c */
op_function op_pool_refresh, op_pool_start, op_pool_stop;    /* op_pool.c */
op_function op_volume_create, op_volume_delete, op_volume_resize, op_volume_wipe,
    op_volume_create_recover;                                /* op_volume.c */
op_function op_volume_clone, op_volume_clone_recover, op_volume_move,
    op_volume_move_recover;                                  /* op_volume_copy.c */
op_function op_create, op_create_recover;                    /* op_create.c */
op_function op_volume_upload, op_volume_download;            /* op_transfer.c */
op_function op_volume_export, op_volume_export_recover, op_volume_unexport,
    op_volume_unexport_recover;                              /* op_export.c */
op_function op_clone, op_clone_recover;                      /* op_clone.c */

op_function op_app_start, op_app_stop, op_app_move, op_app_move_recover,
    op_app_cleanup;                                          /* op_app.c */
op_function op_managed_power_on, op_managed_shut_down, op_managed_shut_down_then_off,
    op_managed_power_off, op_managed_power_cycle;            /* likewise */
op_check op_check_managed_migrate;                           /* likewise */
op_check op_check_app_start, op_check_app_stop, op_check_app_move,
    op_check_app_cleanup;                                    /* app_check.c */
op_function op_vnode_enable, op_vnode_disable, op_vnode_enable_recover,
    op_vnode_disable_recover;                                /* op_vnode.c */
op_check op_check_vnode_unowned, op_check_vnode_enable, op_check_vnode_disable; /* vnode_check.c */
op_check op_check_node_power;                                /* op_node_power.c */
op_function op_ha_enable, op_ha_enable_recover;              /* op_ha_enable.c */
op_function op_ha_disable, op_ha_disable_recover;            /* op_ha_disable.c */
op_check op_check_ha_enable, op_check_ha_disable;            /* ha_check.c */
op_claim ha_claim;                                           /* likewise */
op_claim app_claim;                                          /* likewise */

op_check op_check_persistent, op_check_keys, op_check_vcpus, op_check_memory,
    op_check_autostart, op_check_evacuate, op_check_online, op_check_sequence;
op_check op_check_pool_start, op_check_pool_stop, op_check_volume_create,
    op_check_volume_unused, op_check_volume_resize, op_check_volume_clone,
    op_check_volume_move, op_check_volume_upload,
    op_check_volume_download; /* storage_check.c */
op_check op_check_volume_export, op_check_volume_unexport;   /* export_check.c */
op_check op_check_snapshot_create, op_check_snapshot_revert, op_check_snapshot_delete;
op_function op_template_create, op_template_create_recover;  /* op_template.c */
op_check op_check_template; /* likewise */
op_check op_check_clone; /* clone_check.c */
op_fills clone_fills;    /* likewise */
op_check op_check_backup, op_check_backup_verify, op_check_backup_delete,
    op_check_backup_scan; /* backup_check.c */
op_check op_check_restore; /* restore_check.c */
op_check migrate_check; /* migrate_check.c */
op_claim storage_claim; /* storage_place.c */
op_fills storage_fills;
op_fills create_fills;  /* create_check.c */
op_claim backup_claim;  /* backup_check.c */
op_fills backup_fills;
op_fills restore_fills;
op_claim restore_claim; /* restore_check.c */
op_aim migrate_aim;     /* migrate_check.c */

#endif
