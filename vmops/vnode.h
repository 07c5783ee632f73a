/*
 * Virtual nodes: a VM that is an application becomes a node of the cluster as well, by
 * pacemaker_remoted in its guest, and back, while it runs.
 *
 *	vnode_check.c  what can refuse it, of a cluster value.  Pure
 *	vnode_xml.c    what is read of, and written into, Pacemaker's XML.  Pure
 *	vnode_trial.c  does pacemaker_remoted answer there
 *	vnode_act.c    what is asked of Pacemaker
 *	vnode_drain.c  what runs there goes elsewhere
 *	op_vnode.c     the operations
 *
 * To Pacemaker a VM whose node cannot be reached has failed: it moves the VM from host to host,
 * and stops it in the end.  So the VM becomes a node only when Pacemaker has reached that
 * pacemaker_remoted a moment ago, by a trial: a resource that does nothing and is a node at the
 * same address, where nothing may run.
 */
#ifndef VCL_VMOPS_VNODE_H
#define VCL_VMOPS_VNODE_H

#include <libxml/tree.h>

#include "vmops/ops.h"

#define VNODE_NAME_MOST 64 /* octets */

/* --- pure: vnode_check.c; errors of REQUEST_ERROR */

/* As it was asked for, whether that can be or not.  Free it. */
char *vnode_wanted_name(const struct cluster *, const struct request *);

/* The node that the VM shall become, or the one that it is; NULL with an error.  Free it. */
char *vnode_new_name(const struct cluster *, const struct request *, GError **);
const struct cluster_member *vnode_member(const struct cluster *, const struct app *);

/* Where its pacemaker_remoted shall be asked for; NULL with an error.  Free it. */
char *vnode_address(const struct cluster *, const struct request *, GError **);

/* --- pure: vnode_xml.c */

/* The IDs of what a trial of that application makes.  Free them. */
char *vnode_trial_id(const char *app);
char *vnode_trial_node(const char *app);

/* Texts for cibadmin, to be freed: the trial; its rule, to be deleted. */
char *vnode_trial_xml(const char *app, const char *address, int seconds);
char *vnode_trial_rule_xml(const char *app);

/* A rule that keeps a VM out of virtual nodes, which nobody looks for there; and its ID. */
char *vnode_rule_id(const char *app);
char *vnode_rule_xml(const char *app);

/*
 * Of the CIB: IDs of resources that are VMs and lack such a rule; of the rules that we have
 * made; nodes' names that are there besides that one.  Arrays of texts, to be freed.
 */
GPtrArray *vnode_unruled(const xmlDoc *cib);
GPtrArray *vnode_rules(const xmlDoc *cib);
bool vnode_has_others(const xmlDoc *cib, const char *node);

/* Is there a node, a resource, or anything else with that name. */
bool vnode_is_taken(const xmlDoc *cib, const char *name);

/* A resource's meta attribute; NULL: it has none.  Free it. */
char *vnode_meta(const xmlDoc *cib, const char *app, const char *name);

/* Nodes that remember a failure of that resource: texts, to be freed. */
GPtrArray *vnode_failed_at(const xmlDoc *cib, const char *resource);

/* How a connection to a node is, by crm_mon. */
enum vnode_contact { VNODE_NONE, VNODE_TRYING, VNODE_CONNECTED, VNODE_FAILED };

/* `why` is set when it has failed, else NULL; free it. */
enum vnode_contact vnode_contact(const xmlDoc *status, const char *node, char **why);

/* Is any resource of that ID anywhere, or on its way. */
bool vnode_is_active(const xmlDoc *status, const char *resource);

/*
 * Resources that run on that node and that no other node may take: "db", "db and web";
 * NULL: none.  Free it.
 */
char *vnode_bound(const xmlDoc *status, const char *node);

/* --- worker threads; errors of OP_ERROR */

struct vnode {
	const struct op_run *run;
	char *app, *name, *address; /* name: of the node */
	uint32_t app_index;
};

/* What Pacemaker tells and has; xmlFreeDoc it.  `undo`: also when the job is cancelled. */
xmlDoc *vnode_status(const struct vnode *, bool undo, GError **);
xmlDoc *vnode_cib(const struct vnode *, bool undo, GError **);

/* A tool that changes something; `input` is what it reads, or NULL. */
bool vnode_tell(const struct vnode *, const char *const *tool, const char *input, bool undo,
    GError **);

/* Drops what Pacemaker remembers of a node that is gone. */
bool vnode_forget(const struct vnode *, const char *node, GError **);

/* vnode_trial.c: could it be reached.  Nothing of the trial is left, or that is told. */
bool vnode_try(const struct vnode *, GError **);
bool vnode_try_recover(const struct vnode *, GError **);

/* vnode_act.c: is the name free for Pacemaker, too. */
bool vnode_check(const struct vnode *, GError **);

/* How long it may take to become one, microseconds.  Tests have less. */
extern int64_t vnode_online_us;

/* It is a node from now on, or no longer. */
bool vnode_join(const struct vnode *, GError **);
bool vnode_leave(const struct vnode *, GError **);

/* Once a second of those that wait: the collector shall look. `*poked`: when it was told last. */
void vnode_poke(const struct vnode *, int64_t *poked, int64_t now);

/* The agent ends.  False. */
bool vnode_refuse_stop(const struct vnode *, GError **);

/* vnode_drain.c: other applications go elsewhere, and none comes; taken back unless all has gone well. */
bool vnode_drain(const struct vnode *, GError **);

#endif
