/*
 * The rows: what the product knows about each node, VM, job and event.
 *
 * A row is flat and, once published, const.  Its strings belong to the part it came from
 * and live as long as a cluster value that holds it.  A field that nobody could find out
 * holds the ABSENT mark of its type (value.h); a string that is absent is NULL.
 *
 * Times: `..._us` monotonic microseconds (ages, intervals); `..._at` microseconds since
 * 1970 (calendar), 0: never.  Sizes in MiB, usage in hundredths of a percent.
 */
#ifndef VCL_MODEL_ROWS_H
#define VCL_MODEL_ROWS_H

#include <stdint.h>

#include "model/names.h"

/* First in every row. */
struct row_head {
	uint32_t index;  /* the row's SNMP index; stable for ever for named objects */
	uint32_t sub;    /* second index of a child row (disk, NIC, vCPU), else 0 */
	uint32_t source; /* the store's number of the part it came from */
};

/* A libvirt host, or what only the cluster manager knows: see `foreign`. */
struct node {
	struct row_head h;
	const char *name; /* as configured */
	const char *uuid;
	const char *uri;
	const char *hypervisor;
	const char *hypervisor_version;
	const char *libvirt_version;
	const char *reason;    /* of the state, in words; "" while all is well */
	const char *cpu_model; /* architecture or model name as libvirt tells it */
	int32_t kind;          /* enum node_kind */
	int32_t state;         /* enum node_state */
	uint32_t vm;           /* index of the VM that a virtual node is, else 0 */
	int64_t since_at;      /* when it came into this state */
	uint32_t cpus, mhz, sockets, cores, threads, numa_cells;
	uint64_t cpu_user_ms, cpu_system_ms, cpu_idle_ms, cpu_iowait_ms, cpu_steal_ms;
	uint32_t cpu_usage; /* composed from the counters of two samples */

	/* of the host itself, by its probe; absent without one */
	int64_t boot_at;
	uint32_t load1, load5, load15; /* hundredths */
	uint32_t processes;
	uint32_t huge_total, huge_free, swap_total, swap_used; /* MiB */
	uint64_t pages_in, pages_out;
	uint64_t disk_rd_bytes, disk_wr_bytes, net_rx_bytes, net_tx_bytes;
	uint32_t psi_cpu, psi_memory, psi_io; /* "some", 10 s, hundredths of a percent */
	uint32_t root_size, root_used, images_size, images_used; /* MiB */
	int64_t probed_us; /* when the probe's last record came, 0: never */

	uint32_t mem_total, mem_free, mem_cached, mem_used;
	uint32_t vms_running, vms_defined; /* composed */
	uint32_t vcpus_allocated;          /* composed: of running VMs */
	uint32_t mem_allocated;            /* composed: of running VMs */
	uint32_t vms_cpu_usage;            /* composed: sum over the VMs */
	uint32_t migrations_in, migrations_out; /* going on now */
	uint64_t polls, polls_failed;
	uint32_t poll_ms;   /* how long the last successful poll took */
	uint32_t interval;  /* seconds between polls */
	int64_t sampled_us; /* last successful poll, 0: never */
	int64_t seen_at;    /* the same as a calendar time */
	int64_t discontinuity_us; /* composed: when its counters last started anew */

	/* composed, of what the cluster manager says */
	int32_t foreign;      /* 0 or 1: no host of ours, so no VM can be put there */
	int32_t told_state;   /* what libvirt says, where that is not `state`; 0: it is */
	int32_t membership;   /* enum membership */
	int32_t coordinator;  /* 0 or 1: it decides for all at present; absent: nobody knows */
	int64_t fenced_at;    /* when it last was, 0: never that is known */
	const char *membership_reason;
	uint32_t apps;        /* that are started there, groups and clones not counted */
};

/* A virtual machine: one row, on however many hosts it is defined. */
struct vm {
	struct row_head h;
	const char *name;
	const char *uuid; /* 36 characters, lower case */
	const char *title;
	const char *reason; /* of the state, in words */
	int32_t state;      /* enum vm_state */
	uint32_t node;      /* index of the node it is on */
	uint32_t last_node; /* the node before that, 0: none seen */
	const char *node_name;
	int32_t autostart, persistent; /* 0 or 1 */
	int64_t since_at;              /* state unchanged since; 0: since before we looked */
	uint32_t vcpus, vcpus_max;
	uint64_t cpu_ns, steal_ns;
	uint32_t cpu_usage; /* composed; of one CPU, so four busy vCPUs are 40000 */
	uint32_t steal_usage; /* composed, likewise */
	uint64_t major_faults, swap_in_bytes, swap_out_bytes;
	uint32_t mem_max, mem_actual, mem_used, mem_available, mem_rss;
	uint64_t disk_rd_req, disk_wr_req, disk_rd_bytes, disk_wr_bytes;
	uint64_t disk_fl_req, disk_rd_ns, disk_wr_ns;
	uint64_t net_rx_bytes, net_tx_bytes, net_rx_pkts, net_tx_pkts;
	uint64_t net_rx_errs, net_tx_errs, net_rx_drop, net_tx_drop;

	/* composed: rates between the last two samples */
	uint32_t disk_rd_iops, disk_wr_iops;     /* requests per second */
	uint32_t disk_rd_speed, disk_wr_speed;   /* octets per second */
	uint32_t disk_rd_latency, disk_wr_latency; /* microseconds a request, mean */
	uint32_t net_rx_speed, net_tx_speed;     /* octets per second */

	int32_t control;          /* enum vm_control: does the hypervisor answer for it */
	uint32_t control_seconds; /* in that state */
	uint32_t disk_errors;     /* disks that report one */
	uint32_t dirty_rate;      /* MiB/s, last measured */
	uint32_t snapshots;
	int64_t oldest_snapshot_at;
	int32_t migration;        /* enum vm_migration */
	int64_t left_us;          /* of one that has left: when it did, 0: not known */
	int32_t managed_save;     /* 0 or 1: there is a saved state to go on from */
	const char *os_type;      /* "hvm", "exe", "linux", ... */

	/* by the guest's agent, asked for rarely; kept while it is away */
	int32_t guest_agent;      /* enum guest_agent */
	const char *guest_os, *guest_host, *guest_address;

	int64_t started_us;       /* when this run began, if that was seen; 0: it was not */
	int64_t discontinuity_us; /* when the counters last started anew */
	int64_t counted_us;       /* when the counters were read, 0: never */
	int64_t sampled_us;       /* when the state was last seen */
	uint32_t stale_after;     /* seconds; older than that is stale */
	uint32_t duplicate;       /* composed: index of a second node that runs it too */
	int32_t nowhere;          /* composed, 0 or 1: off, and only the cluster manager knows it */
	int64_t state_us;         /* composed: when its node first told of this state, 0: ever */
	int64_t halted_us;        /* composed: paused by a migration since, 0: it is not */
};

/*
 * Rows that belong to a VM.  `vm` is the place of its row among the VMs of the part;
 * compose turns it into h.index.  h.sub is stable: see each.
 */
struct vcpu {
	struct row_head h; /* sub: libvirt's number + 1 */
	uint32_t vm;
	const char *name; /* "web1/0" */
	int32_t state;    /* enum vcpu_state */
	uint64_t time_ns, wait_ns, delay_ns;
	int32_t halted;       /* 0 or 1 */
	uint32_t cpu;         /* number of the physical CPU it is on */
	const char *affinity; /* physical CPUs that it may use: "0-3,7" */
	uint32_t usage, steal_usage; /* composed; hundredths of a percent of one CPU */
	int64_t discontinuity_us, counted_us;
};

struct disk {
	struct row_head h; /* sub: from the target's name, see device_disk_number() */
	uint32_t vm;
	const char *name;   /* "web1/vda" */
	const char *target; /* "vda" */
	const char *source; /* path, PROTOCOL:NAME or POOL/VOLUME; "" for an empty drive */
	const char *backing; /* the image below, while it runs: as `source`; NULL or "": none known */
	const char *bus, *format;
	int32_t device;     /* enum disk_device */
	int32_t read_only;  /* 0 or 1 */
	uint64_t capacity, allocation, physical; /* octets */
	uint32_t depth;     /* images below this one in its backing chain */
	uint64_t rd_req, wr_req, fl_req, rd_bytes, wr_bytes, rd_ns, wr_ns, fl_ns;
	uint32_t rd_iops, wr_iops, rd_speed, wr_speed, rd_latency, wr_latency; /* composed */
	uint32_t limit_iops;   /* 0: none */
	uint64_t limit_bytes;  /* octets per second, 0: none */
	int32_t block_job;     /* enum block_job */
	uint32_t block_job_progress; /* percent */
	int32_t error;         /* enum disk_error */
	int64_t discontinuity_us, counted_us;
};

struct nic {
	struct row_head h; /* sub: from the MAC, see device_nic_number() */
	uint32_t vm;
	const char *name;  /* "web1/52:54:00:12:34:56" */
	const char *mac, *model, *type, *source, *target;
	int32_t link;      /* enum nic_link */
	uint64_t rx_bytes, rx_pkts, rx_errs, rx_drop;
	uint64_t tx_bytes, tx_pkts, tx_errs, tx_drop;
	uint32_t rx_speed, tx_speed; /* composed; octets per second */
	const char *addresses;       /* separated by blanks, by the guest's agent or DHCP */
	int64_t discontinuity_us, counted_us;
};

/* The description of a snapshot whose deletion has begun: nobody can go back to it. */
#define SNAPSHOT_SPENT "partly merged: there is nothing to go back to"

struct snapshot {
	struct row_head h; /* sub: from its name, see device_snapshot_number() */
	uint32_t vm;
	const char *name, *vm_name;
	const char *parent;      /* its name, "" if none */
	const char *description; /* as libvirt keeps it */
	int64_t created_at;
	int32_t kind;    /* enum snapshot_kind */
	int32_t state;   /* enum vm_state at that time; absent where libvirt does not note it */
	int32_t current; /* 0 or 1: the VM's present state comes after this one */
	int32_t usable;  /* 0 or 1: one can go back to it */
	uint32_t disks;  /* that are in it */
};

/* Finds a VM by its UUID; its text sorts as its octets do. */
struct vm_uuid {
	struct row_head h; /* index: the VM's */
	const char *uuid;
	const char *graphs; /* URL of its graphs; NULL: there is no web page */
};

/* A storage pool: one row, on however many nodes it is; composed from their pool_node. */
struct pool {
	struct row_head h;
	const char *name, *uuid, *type, *path, *source;
	int32_t state;   /* enum pool_state: the best of its nodes */
	uint32_t nodes;  /* that know it */
	uint64_t capacity, allocation, available; /* octets */
	uint64_t provisioned; /* sum of the volumes' capacities */
	uint32_t volumes;
	int32_t days_left; /* until it is full, by the trend; -1: no telling */
	int32_t autostart;
	int64_t refreshed_at;
	int64_t sampled_us;
	uint32_t stale_after; /* seconds */
};

/* A pool as one node sees it: h.index the pool, h.sub the node. */
struct pool_node {
	struct row_head h;
	const char *identity; /* what makes it the same pool on several nodes */
	const char *name;     /* "POOL on NODE" */
	const char *pool_name, *uuid, *type, *path, *source, *node_name;
	int32_t state; /* enum pool_state */
	uint64_t capacity, allocation, available; /* octets */
	int32_t autostart;
	const char *error; /* of the last refresh, "" if none */
	int64_t refreshed_at;
	int64_t sampled_us;
	uint32_t stale_after;
};

struct volume {
	struct row_head h;
	const char *identity; /* pool's identity + "/" + name */
	const char *pool_identity;
	const char *name, *key, *path, *format;
	const char *pool_name;
	uint32_t pool; /* composed: index */
	uint32_t node; /* composed: index of the node it was seen on */
	int32_t type;  /* enum volume_type */
	uint64_t capacity, allocation, physical; /* octets */
	const char *backing; /* path of the image below, "" if none */
	int64_t sampled_us;
};

/* A volume as its host serves it to others by NBD: h.index the volume, h.sub the node. */
struct export_info {
	struct row_head h;
	const char *identity; /* the volume's */
	const char *name;     /* what clients ask for: "alpha/images/web.qcow2" */
	const char *node_name, *path, *format, *uri;
	int32_t read_only, tls; /* 0 or 1 */
	int32_t state;          /* enum export_state */
	uint32_t clients;       /* connections */
	int64_t since_at;
	const char *reason;     /* why it is not served, or nobody knows; "" else */
};

/* Something is wrong with an object, now.  Raised and cleared with hysteresis. */
struct alarm {
	struct row_head h; /* index: sequence number of the event that raised it */
	int32_t kind;      /* enum object_kind */
	uint32_t object;
	const char *name, *uuid;
	const char *condition; /* a word: "poolUsage" */
	int32_t severity, old_severity; /* enum severity; old: 0 when it was new */
	const char *reason;    /* in words, with the figures */
	const char *node;      /* name of the node concerned, "" if none */
	int64_t raised_at, changed_at;
	int32_t earlier;       /* raised by an earlier run, which has told of it */
};

struct job {
	struct row_head h; /* index: the job's number */
	int32_t type;      /* enum job_type */
	int32_t kind;      /* enum object_kind */
	uint32_t object;   /* index of the object acted on */
	const char *object_name;
	const char *object_uuid; /* "" where the kind has none */
	uint32_t node;           /* where it ran or runs, 0: not decided yet */
	const char *argument;    /* as the requester gave it, "" if none */
	int32_t state;           /* enum job_state */
	int32_t cause;           /* enum job_cause */
	const char *error;       /* one sentence; "" unless it failed */
	uint32_t progress;       /* percent */
	const char *step;        /* what it does now, in words; "" if that says nothing */
	uint32_t target;         /* index of the node to go to, 0: none */
	const char *target_name; /* "" if none */
	const char *options;     /* in words, "" if none */
	uint32_t parent;         /* the job that asked for it, 0: none */
	uint32_t keep;           /* seconds that it stays after its end */
	uint64_t processed, remaining;   /* octets */
	uint32_t rate, dirty_rate;       /* octets per second */
	uint32_t iteration;              /* passes over the guest's memory */
	int32_t eta;                     /* seconds, -1: no telling */
	uint32_t downtime_ms;            /* how long the guest stood still */
	uint32_t amount;         /* what the type takes as a number, 0: nothing */
	int32_t row_status;      /* enum row_status */
	int32_t origin;          /* enum origin */
	const char *requester;   /* user name or SNMP security name, "" if not known */
	int64_t submitted_at, started_at, finished_at;
};

/* What a VM shall be: h.index is its index. */
struct wish {
	struct row_head h;
	int32_t wanted;   /* enum admin_state */
	int64_t since_at; /* when that was said */
};

struct event {
	struct row_head h; /* index: its sequence number, never used twice */
	int32_t type;      /* enum event_type */
	int32_t severity;  /* enum severity */
	int32_t kind;      /* enum object_kind */
	uint32_t object;   /* index of the object, also after it is gone */
	const char *name, *uuid;
	const char *old_state, *new_state; /* names as in the MIB, "" if none */
	const char *reason;
	const char *node; /* name of the node concerned, "" if none */
	int64_t at;

	/* for notifications alone */
	uint32_t alarm; /* index of the alarm that it tells of, 0: none */
	int32_t oper_before, oper_after; /* enum vm_mib_oper, 0: none */
	int32_t persistent; /* of a VM: 0 or 1 */
};

/* The one row behind all scalars of the cluster. */
struct cluster_info {
	struct row_head h;
	const char *name;
	const char *version;
	const char *backend; /* "none" or "pacemaker" */
	const char *web_url; /* of the web page, NULL or "": there is none */
	int32_t quorate;     /* 0 or 1; absent without a back end, and when nobody knows */
	const char *hypervisors;         /* of all nodes: "libvirt, QEMU" */
	const char *hypervisor_versions; /* "libvirt 9.0.0, QEMU 7.2.0" */
	int64_t started_at, started_us;
	int32_t control; /* 0 or 1: may anybody write */
	uint32_t nodes, nodes_online, nodes_offline;
	uint32_t vms, vms_running, vms_paused, vms_shut_off, vms_crashed, vms_unknown;
	uint32_t vcpus_allocated, cpus;
	uint32_t mem_total, mem_used, mem_allocated;
	uint32_t jobs_waiting, jobs_running;
	uint64_t jobs_failed; /* since the agent started */
	uint64_t polls, polls_failed;
	uint32_t poll_ms, poll_most_ms; /* the slowest node's last poll; the slowest ever */
	uint32_t nodes_standby;
	uint64_t storage_total, storage_used, storage_provisioned; /* octets */
	uint32_t alarms_warning, alarms_critical;
	int32_t headroom; /* MiB left for VMs if the largest node is lost; may be below 0 */

	/* of the cluster manager; absent without one */
	const char *backend_version, *backend_reason, *coordinator;
	int32_t fencing, maintenance;  /* 0 or 1 */
	int64_t backend_sampled_us;    /* 0: it never answered */
	uint32_t backend_stale_after;
	uint32_t apps, apps_started, apps_stopped, apps_failed, nodes_unclean;
};
#define INFO_WITHOUT_BACKEND                                                           \
	.fencing = ABSENT_I32, .maintenance = ABSENT_I32, .apps = ABSENT_U32,          \
	.apps_started = ABSENT_U32, .apps_stopped = ABSENT_U32,                        \
	.apps_failed = ABSENT_U32, .nodes_unclean = ABSENT_U32

/* A type of notification; its index is its arc. */
struct notify_type {
	struct row_head h;
	const char *name;
};

/* Somebody took this node out of service; composed into its row. */
struct node_mark {
	struct row_head h;  /* index: the node's */
	const char *reason; /* "in maintenance, asked for by root" */
	int64_t since_at;
};

/* What the cluster manager says of one of its nodes; composed into the node's row. */
struct cluster_member {
	struct row_head h;    /* index: composed, the node's */
	const char *name;     /* as the configuration calls the node */
	const char *reason;   /* "" while all is well */
	const char *container; /* application whose VM it is, NULL: none */
	int32_t kind;         /* enum node_kind */
	int32_t membership;   /* enum membership */
	int32_t coordinator;  /* 0 or 1 */
	int64_t fenced_at;
	uint32_t apps;        /* that are started there */
	uint32_t app;         /* composed: index of the container, 0: none */
	int64_t sampled_us, seen_at; /* when that was said */
	uint32_t interval;    /* seconds between two looks */
};

/* What the cluster manager says of the whole: one row, as long as there is one. */
struct backend_info {
	struct row_head h;
	const char *backend;     /* "pacemaker" */
	const char *version;     /* its own, "" if it does not say */
	const char *coordinator; /* node that decides, "": none, or nobody knows */
	const char *reason;      /* why nothing can be believed, "" while all is well */
	int32_t quorate;         /* 0 or 1; absent: nobody knows */
	int32_t fencing;         /* 0 or 1: lost nodes are fenced */
	int32_t maintenance;     /* 0 or 1: it leaves all applications alone */
	int64_t sampled_us;      /* when it last answered, 0: never */
	uint32_t stale_after;    /* seconds */
};

/* How the IDs of resources begin that are a job's own for some seconds: no applications. */
#define APP_TRIAL "virtcluster-trial-"

/* An application: a resource of the cluster manager. */
struct app {
	struct row_head h;      /* composed, from its name */
	const char *name;       /* its ID */
	const char *agent;      /* "ocf:heartbeat:VirtualDomain"; "" of groups and clones */
	const char *parent_name; /* of the group, clone or bundle that it is in, "" if none */
	uint32_t parent;        /* composed */
	int32_t kind;           /* enum app_kind */
	int32_t state;          /* enum app_state */
	const char *reason;     /* of the state, "" if there is nothing to say */
	int64_t since_at;       /* composed: state unchanged since, 0: since before we looked */
	int32_t wanted;         /* enum app_wanted */
	const char *node_name;  /* where it is started, "" if nowhere or in many places */
	const char *node_names; /* all of them, separated by blanks */
	uint32_t node;          /* composed */
	uint32_t seat, last_node; /* composed: where it was started last; and before that */
	const char *preferred_name; /* node by the strongest rule that favours one, "": none */
	uint32_t preferred;     /* composed */
	int32_t managed;        /* 0 or 1 */
	uint32_t instances;     /* that are started */
	uint32_t fail_count;    /* 1000000: Pacemaker's INFINITY */
	int64_t failed_at;      /* 0: never, since it was cleaned up */
	const char *failure;    /* what went wrong last, "" if nothing */
	uint32_t moves, failovers; /* composed: since the agent started */
	int32_t troubled;       /* composed, 0 or 1: it failed, or its node was lost */
	int32_t priority;
	uint32_t use_cpu;       /* utilization, as configured there */
	uint32_t use_memory;    /* MiB */
	int32_t can_migrate;    /* 0 or 1: live */

	/* which VM it is, in falling order of what can be believed; NULL: does not say */
	const char *vm_uuid;    /* as virtcluster has written it down there */
	const char *vm_config;  /* name of its definition's file without ".xml" */
	uint32_t vm;            /* composed, 0: none, or nobody knows */
	const char *vm_name;    /* composed, "" then */

	int64_t sampled_us;
	uint32_t stale_after;   /* seconds */
};

/* A migration that would even out the load. */
struct advice {
	struct row_head h;  /* index: its rank, the most useful is 1 */
	uint32_t vm, from, to;
	const char *vm_name, *from_name, *to_name;
	uint32_t gain;      /* hundredths of a percent of the two nodes' difference */
	const char *reason; /* in words, with the figures */
};

/* A power sequence, as the configuration has it. */
struct sequence_info {
	struct row_head h; /* index: its place in the configuration */
	const char *name;
	uint32_t steps;
	const char *text;  /* the steps, separated by "; ", cut to fit */
};

/* What VMs can be made from: a directory of the configuration's. */
struct template_info {
	struct row_head h; /* composed, from its name */
	const char *name, *description;
	const char *base;  /* POOL/VOLUME that its disk begins as, "" if none */
	const char *pool;  /* where its disk is made, "": it has none */
	uint32_t vcpus, memory, disk; /* MiB; unless somebody wants others; disk 0: as the base */
	int32_t install;   /* enum install_kind */
	int32_t state;     /* enum template_state */
	const char *reason; /* why it cannot be used, "" while it can */
};

/*
 * A backup of a whole VM, as its catalogue in the pool tells; or the last attempt at one,
 * if that has failed: then a newer backup of the VM takes its place.
 */
struct backup {
	struct row_head h;  /* composed, from its UUID */
	const char *uuid;   /* its own */
	const char *name;   /* "web1-20260725-140312": its files begin so; "" if it failed */
	const char *vm_name, *vm_uuid; /* as they were then */
	uint32_t vm;        /* composed: index, also when there is no such VM any longer */
	int64_t taken_at;   /* the instant that it is of; when the attempt began */
	int32_t kind;       /* enum backup_kind */
	const char *base_uuid; /* of the backup that it needs, "" of a full one */
	uint32_t base;      /* composed: index, 0: none */
	uint32_t pool;      /* index; 0: not known */
	const char *pool_name;
	const char *disks;  /* targets, separated by blanks */
	uint64_t size;      /* octets of its files */
	int32_t state;      /* enum backup_state */
	const char *reason; /* why it failed, or why it was a full one; "" if neither */
	int32_t quiesced;   /* 0 or 1: the guest's file systems were at rest */
	uint32_t seconds;   /* that it took */
	int32_t check;      /* enum backup_check */
	int64_t checked_at; /* 0: never */
	const char *check_reason; /* what is bad, "" if nothing */
	const char *checkpoint;   /* of the VM, that the next one can begin from; "" if none */
};

/* A schedule of backups, and how it stands. */
struct schedule_info {
	struct row_head h; /* index: its place in the configuration */
	const char *name;
	const char *when;  /* as it stands there */
	const char *pool;
	uint32_t vms;      /* that it means */
	uint32_t due;      /* of them: their backup is to be made, or being made */
	uint32_t late;     /* overdue */
	uint32_t failed;   /* the last attempt did */
	int64_t next_at, last_at; /* its next point; the instant of its newest backup */
	const char *reason; /* of the first VM that is not well, "" while all are */
};

/* What the history of an object tells of late. */
enum trend_measure { TREND_CPU, TREND_MEMORY, TREND_MEASURES };
enum trend_span { TREND_HOUR, TREND_DAY, TREND_SPANS };
enum trend_stat { TREND_AVERAGE, TREND_MAX, TREND_95, TREND_STATS };
#define TREND_VALUES (TREND_MEASURES * TREND_SPANS * TREND_STATS)

struct trend {
	struct row_head h; /* index: the object's; sub: enum object_kind */
	/* hundredths of a percent, as cpu_usage of that kind; MiB */
	uint32_t value[TREND_MEASURES][TREND_SPANS][TREND_STATS];
};

/* What was last asked for in words, by vclCommand. */
struct command_info {
	struct row_head h;
	const char *text;
	uint32_t job;
	uint64_t settled; /* requests of this process that are in this cluster value */
};

#endif
