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

/* A libvirt host. */
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
	uint64_t cpu_user_ms, cpu_system_ms, cpu_idle_ms, cpu_iowait_ms;
	uint32_t cpu_usage; /* composed from the counters of two samples */
	uint32_t mem_total, mem_free, mem_cached, mem_used;
	uint32_t vms_running, vms_defined; /* composed */
	uint32_t vcpus_allocated;          /* composed: of running VMs */
	uint32_t mem_allocated;            /* composed: of running VMs */
	uint32_t vms_cpu_usage;            /* composed: sum over the VMs */
	uint64_t polls, polls_failed;
	uint32_t poll_ms;   /* how long the last successful poll took */
	uint32_t interval;  /* seconds between polls */
	int64_t sampled_us; /* last successful poll, 0: never */
	int64_t seen_at;    /* the same as a calendar time */
	int64_t discontinuity_us; /* composed: when its counters last started anew */
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
	uint64_t cpu_ns;
	uint32_t cpu_usage; /* composed; of one CPU, so four busy vCPUs are 40000 */
	uint32_t mem_max, mem_actual, mem_used, mem_available, mem_rss;
	uint64_t disk_rd_req, disk_wr_req, disk_rd_bytes, disk_wr_bytes;
	uint64_t net_rx_bytes, net_tx_bytes, net_rx_pkts, net_tx_pkts;
	uint64_t net_rx_errs, net_tx_errs, net_rx_drop, net_tx_drop;
	int64_t discontinuity_us; /* when the counters last started anew */
	int64_t counted_us;       /* when the counters were read, 0: never */
	int64_t sampled_us;       /* when the state was last seen */
	uint32_t stale_after;     /* seconds; older than that is stale */
	uint32_t duplicate;       /* composed: index of a second node that runs it too */
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
	int32_t origin;          /* enum origin */
	const char *requester;   /* user name or SNMP security name, "" if not known */
	int64_t submitted_at, started_at, finished_at;
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
};

/* The one row behind all scalars of the cluster. */
struct cluster_info {
	struct row_head h;
	const char *name;
	const char *version;
	const char *backend; /* "none" or "pacemaker" */
	int64_t started_at;
	int32_t control; /* 0 or 1: may anybody write */
	uint32_t nodes, nodes_online, nodes_offline;
	uint32_t vms, vms_running, vms_paused, vms_shut_off, vms_crashed, vms_unknown;
	uint32_t vcpus_allocated, cpus;
	uint32_t mem_total, mem_used, mem_allocated;
	uint32_t jobs_waiting, jobs_running;
	uint64_t jobs_failed; /* since the agent started */
	uint64_t polls, polls_failed;
};

/* What was last asked for in words, by vclCommand. */
struct command_info {
	struct row_head h;
	const char *text;
	uint32_t job;
};

#endif
