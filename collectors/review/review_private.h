/*
 * What is asked of the nodes, and how checks see it.  For collectors/review/ and its tests.
 */
#ifndef VCL_COLLECTORS_REVIEW_PRIVATE_H
#define VCL_COLLECTORS_REVIEW_PRIVATE_H

#include <stdint.h>

#include "collectors/pacemaker_cib.h"
#include "collectors/review/review.h"
#include "common/xml_tree.h"

/* --- what was asked: the material */

/* What a node, or one node about another, is asked for. */
enum review_source {
	FROM_CLOCK,      /* date +%s.%N */
	FROM_COROSYNC,   /* corosync-cmapctl */
	FROM_QUORUM,     /* corosync-quorumtool -s */
	FROM_PACEMAKERD, /* pacemakerd --version */
	FROM_COROSYNC_VERSION, /* corosync -v */
	FROM_LIBVIRT,    /* virsh version --daemon */
	FROM_PERSISTENT, /* virsh list --all --persistent --name */
	FROM_AUTOSTART,  /* virsh list --all --autostart --name */
	FROM_BOOT,       /* systemctl is-enabled libvirt-guests.service */
	FROM_DEFINITIONS, /* tail -v -n +1 FILES */
	FROM_DISKS,      /* stat -L -c %i:%n FILES */
	FROM_TRANSPORT,  /* virsh -c URI version: the libvirt of the next node, if it is not reached */
	FROM_FENCER,     /* stonith_admin --list NODE, at the node that speaks for all */
	REVIEW_SOURCES
};

/* Neither text nor reason: was not asked, for there is nothing to ask for. */
struct review_reply {
	char *text; /* what it wrote, NULL: not known */
	char *why;  /* why it is not known, or what it complained of besides */
	int64_t before, after; /* microseconds since 1970, of our clock */
	bool ran; /* the tool itself has ended, however; false: the way to it may be the trouble */
};

/* A physical node of the cluster. */
struct review_node {
	char *name;    /* Pacemaker's */
	char *ours;    /* of the configuration, "": it is not there */
	char *command; /* that runs Pacemaker's tools there, "": none */
	bool online;
	struct review_reply reply[REVIEW_SOURCES];
};

struct review_material {
	char *status, *cib; /* crm_mon's XML and cibadmin's */
	GPtrArray *nodes;   /* struct review_node */
};

struct review_material *material_new(void);
void material_free(struct review_material *);
SCOPED_DEFINE(review_material, material_free)
struct review_node *material_add_node(struct review_material *, const char *name);

/* --- what checks see */

/* An application that is a VM. */
struct review_vm {
	char *id;
	xmlNode *xml;     /* its primitive */
	const char *file; /* of its definition; NULL: not said */
};

struct judge {
	const struct review_material *material;
	xmlDoc *status_doc, *cib_doc;
	xmlNode *status;        /* pacemaker-result */
	xmlNode *configuration; /* of the CIB */
	xmlNode *cib_status;
	struct cib *cib;
	GPtrArray *vms;     /* struct review_vm */
	GPtrArray *devices; /* xmlNode: primitives of class stonith */
	GPtrArray *guests;  /* char *: nodes that are VMs, or remote */
	char *uri;          /* of libvirt on the nodes */
	const char *shared; /* directories that the configuration calls shared, or NULL */
	GPtrArray *findings;
	const struct check *check; /* the one that judges */
};

/* One line of the table: see checks.c. */
struct check {
	const char *name;
	enum review_severity severity;
	const char *looks_at;
	void (*judge)(struct judge *);
	const char *text;   /* a sentence; {0} to {9} are words of the finding */
	const char *mend;   /* likewise, words quoted for a shell; NULL: there is none */
	const char *where;  /* NULL: any node; else as the texts, {1} */
	const char *advice; /* NULL: none */
};
extern const struct check checks[];
extern const size_t checks_n;

/* NULL with a sentence.  The material is borrowed. */
struct judge *judge_new(const struct review_material *, GError **);
void judge_free(struct judge *);
SCOPED_DEFINE(judge, judge_free)

/* All findings of all checks, and what is not known. */
GPtrArray *judge_all(struct judge *);

/* The check that judges has found something: {0} is what it is about, "" the cluster. */
void judge_found(struct judge *, ...) G_GNUC_NULL_TERMINATED;

/* Something that it cannot judge. */
void judge_unknown(struct judge *, const char *about, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* --- reading */

/* All elements of that name below, in their order.  Free the array. */
GPtrArray *all_below(xmlNode *, const char *name);
xmlNode *below(xmlNode *, const char *path); /* "summary/cluster_options", NULL: not there */

/* Attribute, to be freed; NULL: none. */
#define ATTRIBUTE(node, name) xml_tree_attribute(node, name)

/* The cluster's option as it holds, to be freed; NULL: its default. */
char *cluster_option(const struct judge *, const char *name);
bool is_false(const char *);
bool is_true(const char *);

/* "20s", "2min", "90", "PT1M" -> seconds; -1: not understood. */
double seconds_of(const char *);

/* An operation of a resource, or of its template; NULL: none. */
xmlNode *operation_of(const struct judge *, xmlNode *primitive, const char *name);

/* The template of a resource; NULL: it has none. */
xmlNode *template_of(const struct judge *, xmlNode *primitive);

/* A text; NULL: not known. */
static inline const char *
told(const struct review_node *node, enum review_source source)
{
	return node->reply[source].text;
}

/* The value of a key of corosync-cmapctl, to be freed; NULL: none. */
char *cmap_value(const char *text, const char *key);
long cmap_number(const char *text, const char *key, long fallback);
unsigned cmap_nodes(const char *text);

/* The first node that has told of that source, NULL: none. */
const struct review_node *first_told(const struct judge *, enum review_source);

/* Of several files that `tail -v` wrote: one; NULL: it is not there.  Free it. */
char *section_of(const char *text, const char *file);

/* --- definitions of VMs */

struct definition {
	char *name, *uuid; /* NULL: none */
	unsigned nics_without_mac;
	GPtrArray *disks; /* struct definition_disk */
};
struct definition_disk {
	char *target, *file; /* file NULL: on no path */
	char *cache;         /* NULL: not said */
	bool shareable, writable, device;
};

/* NULL: it is no definition. */
struct definition *definition_read(const char *xml);
void definition_free(struct definition *);
SCOPED_DEFINE(definition, definition_free)

/* As that node has it; NULL: it cannot be read. */
struct definition *definition_of(const struct review_node *, const char *file);

/* Adds the file, if `tail` and `stat` take it for one and an answer has it on one line; once. */
void add_file(GPtrArray *files, const char *file);

/* Paths of all disks in what a node has told.  Free it. */
GPtrArray *disk_files(const char *definitions);

/*
 * The URI by which its agent would reach libvirt of a node, with "*" for that, to be freed;
 * NULL: it does not migrate live, or where to is more than can be known.
 */
char *transport_of(const struct judge *, const struct review_vm *);

/* --- checks, one function each */

typedef void check_function(struct judge *);
check_function check_fencing_off, check_quorum_ignored, check_no_quorum, check_maintenance_mode,
    check_stop_all, check_stickiness, check_leftovers, check_failcounts, check_failed_actions,
    check_unmanaged, check_blocked, check_active_twice, check_node_unclean, check_node_offline,
    check_node_maintenance, check_node_standby, check_alert, check_unknown_members;
check_function check_no_device, check_uncovered, check_fencing_failed, check_never_fenced,
    check_untested, check_device_monitor, check_device_stopped, check_fence_race;
check_function check_token_long, check_token_short, check_one_ring, check_two_node,
    check_wait_for_all, check_even_votes, check_expected_votes, check_corosync_differs;
check_function check_clocks, check_versions_pacemaker, check_versions_corosync,
    check_versions_libvirt, check_libvirt_guests;
check_function check_allow_migrate, check_transport, check_unsafe, check_vm_monitor,
    check_operation_absent, check_operation_short, check_stop_took, check_on_fail_ignore,
    check_on_fail_block, check_threshold, check_on_guests;
check_function check_definition_missing, check_definition_differs, check_no_uuid, check_no_mac,
    check_disk_missing, check_device_missing, check_disk_differs, check_shareable, check_cache_unsafe,
    check_autostart, check_persistent;

#endif
