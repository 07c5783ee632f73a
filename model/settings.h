/*
 * The configuration: an immutable value read from a key file.
 */
#ifndef VCL_MODEL_SETTINGS_H
#define VCL_MODEL_SETTINGS_H

#include <glib.h>
#include <stdbool.h>

#include "common/scoped.h"
#include "common/sync.h"
#include "model/alarms.h"
#include "model/rules.h"

struct node_setting {
	char *name; /* letters, digits, '.', '_', '-' */
	char *uri;  /* libvirt connection URI */
	int interval; /* seconds; 0: as [cluster] */
	char *export; /* command that serves its volumes to others, "": none */
	char *probe;  /* command of the host's probe, or "local"; "": none */
	char *pacemaker; /* command that runs Pacemaker's tools there, or "local"; "": not there */
	char *pacemaker_name; /* as Pacemaker calls it, "": as we do */
	char *migrate_uri; /* by which other nodes migrate to it; "": see vmops/migrate.h */
};

struct settings {
	refcount refs;
	char *path;

	/* [cluster] */
	char *name;
	int interval; /* seconds between full samples of a node */
	bool control; /* may anybody change anything */
	int dirty_rate; /* seconds between two measurements of a VM's, 0: none */
	char *control_group;  /* members may act through the socket; "" for root only */
	char *control_socket;
	char *agentx_socket; /* path, or tcp:host:port */
	char *state_dir;

	/* [control] */
	int jobs_most, jobs_per_node, jobs_per_pool; /* that run at the same time */
	int keep;  /* seconds that a finished job stays */
	int grace; /* seconds for a guest before its power is cut */
	/* [storage] */
	int storage_interval; /* seconds between looks at pools and volumes, 0: none */
	int storage_refresh;  /* seconds between refreshes of a pool, 0: none */
	char **shared_pools;  /* names of [pool NAME] sections that say so; NULL: none */

	/* [rrd] */
	bool rrd_enabled;
	char *rrd_dir;
	char *rrdcached; /* address of rrdcached, "" to write the files directly */
	int rrd_step;    /* seconds */
	int rrd_years;   /* that a new file has a row a day for */
	bool rrd_devices; /* disks and NICs have files of their own */
	int rrd_keep_removed; /* days that the file of an object that is gone stays, 0: for ever */

	char *backend; /* [cluster]: "none", or "pacemaker" */

	/* [pacemaker] */
	int pacemaker_interval; /* seconds between looks, when nothing is told of before */
	int pacemaker_timeout;  /* seconds for one of its tools */
	char *pacemaker_definitions; /* directory of VM applications' definitions on its nodes */
	char *pacemaker_transport; /* of their migrations: "tcp"; "": by the nodes' URIs */

	struct thresholds thresholds; /* [health] */

	/* [migrate] */
	char *migrate_shared;   /* directories that all nodes share, separated by blanks */
	int migrate_reserve;    /* MiB that must stay free on a target */

	/* [notify]: what holds until something else is set by SNMP */
	int notify_rate; /* notifications of one type a minute, 0: no limit */
	int heartbeat;   /* seconds, 0: none */
	int notify_severity; /* enum severity: the least that is sent */

	char *template_dir; /* [templates]: one directory for each template */

	/* [web] */
	char *web_url; /* where people's browsers find the web page; "": nowhere */
	char *web_listen; /* address and port of virtcluster-web */
	char *web_hosts; /* other names that browsers may call it, separated by blanks */
	char *web_base; /* path below which a proxy shows it: "" or "/sub" */

	struct placer_limits placer; /* [placer]; rules->limits is the same */
	struct rules *rules; /* [placer], [group NAME], [vm NAME], [sequence NAME], [backup NAME] */

	GPtrArray *nodes; /* struct node_setting, in the order of the file */
};

/*
 * Reads and checks the file.  NULL with one sentence that names file, line and key when
 * anything in it is wrong; nothing is ignored.
 */
struct settings *settings_load(const char *path, GError **);
struct settings *settings_ref(struct settings *);
void settings_unref(struct settings *);
SCOPED_DEFINE(settings, settings_unref)

/* The node of that name, or NULL. */
const struct node_setting *settings_node(const struct settings *, const char *name);

/* As Pacemaker calls it. */
const char *node_setting_pacemaker_name(const struct node_setting *);

/* Where Pacemaker's tools run. */
struct pacemaker_place {
	const char *node;    /* ours, "" where it is this machine and no node of ours */
	const char *command; /* that runs them there, or "local" */
};

/*
 * All of them, in the order of the nodes: struct pacemaker_place, whose texts belong to the
 * settings.  Where no node is said to have them it is this machine.  g_array_unref it.
 */
GArray *settings_pacemaker_places(const struct settings *);

/* The keys that differ and only take effect at the next start, or NULL.  Free it. */
char *settings_needs_restart(const struct settings *old, const struct settings *new);

#endif
