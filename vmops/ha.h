/*
 * High availability: a libvirt VM becomes an application of the cluster manager, a resource of
 * the agent VirtualDomain, and back, without stopping.
 *
 *	ha_xml.c         its ID, its definition's file, its part of Pacemaker's configuration.  Pure
 *	ha_check.c       what can refuse it, of a cluster value.  Pure
 *	ha_files.c       the definition's file on the members of the cluster
 *	ha_domain.c      libvirt's side: what is defined, and where it runs
 *	ha_preflight.c   what the hosts and Pacemaker's configuration can refuse
 *	ha_volumes.c     volumes of those that are not started
 *	op_ha_enable.c, op_ha_disable.c   the operations
 *	crm_cib.h        Pacemaker's configuration: read, written, taken out again
 *
 * At each moment one of the two may start it: libvirt as long as it is defined there, Pacemaker
 * as long as the resource is managed.  So the resource is not managed at first; once Pacemaker
 * sees the VM as it is, the domain is undefined (it goes on, as a transient one), and then
 * the resource is managed.  Back it goes the other way round.
 */
#ifndef VCL_VMOPS_HA_H
#define VCL_VMOPS_HA_H

#include <libxml/tree.h>

#include "common/scoped.h"
#include "vmops/ops.h"
#include "vmops/storage.h"

#define HA_PREFERENCE 50 /* score of the preferred node: less than what keeps a VM where it is */

/* --- pure: ha_xml.c */

/* The VM's name, or what an XML ID can have of it.  Free it. */
char *ha_id(const char *vm_name);

/* NULL: VirtualDomain can handle a VM of that name; else what it cannot have. */
const char *ha_name_misfit(const char *vm_name);

/* "virtcluster-ha:UUID", which a file has that we have made.  Free it. */
char *ha_mark(const char *uuid);

/*
 * The file's text, of libvirt's XML: with the mark, and with the name where VirtualDomain
 * looks for it.  NULL with a sentence (of G_MARKUP_ERROR).  Free it.
 */
char *ha_definition(const char *domain_xml, GError **);

/* The domain's UUID in such a file, or NULL.  Free it. */
char *ha_definition_uuid(const char *text);

/*
 * What libvirt shall keep of a domain that runs: the definition that it was started from where
 * that still says what it is (`file`, NULL: there is none), else what runs, without what
 * libvirt has found out by itself.  NULL with an error.  Free it.
 */
char *ha_persistent(const char *running, const char *file, GError **);

struct ha_resource {
	const char *id, *uuid, *config;
	const char *hypervisor; /* as the hosts call their own: "qemu:///system" */
	const char *transport;  /* of migrations between them: "tcp" */
	const char *prefer;     /* node, as Pacemaker calls it; NULL: none */
	uint32_t vcpus, memory; /* MiB; ABSENT_U32: not known */
	uint32_t priority;      /* 0: none */
	bool unsafe;            /* its disks are shared, but libvirt does not know that */
	bool sticky;            /* it says itself that it stays where it is: nothing else does */
	bool started;           /* else it shall be stopped */
};

/* As crm_cib_write takes it, not managed yet.  Free it. */
char *ha_resource_xml(const struct ha_resource *);

/* An ID of what that makes which is there already, NULL: none.  Free it. */
char *ha_taken_id(const xmlDoc *cib, const char *id);

/* How hosts reach each other's libvirtd, by what the configuration says of one. */
const char *ha_transport(const char *migrate_uri, const char *uri);

/* The URI by which a host calls its own libvirtd, of one by which we do.  Free it. */
char *ha_hypervisor(const char *uri);

/* --- pure: ha_check.c */

/* A fencing device is started. */
bool app_has_fencing(const struct cluster *);

/* Members that are machines of their own: those that have the definition's file. */
GPtrArray *ha_members(const struct cluster *); /* texts; free it */

/* The application that a disableHa is about; NULL: none. */
const struct app *ha_app(const struct cluster *, const struct request *);

/* --- an operation's own state */

struct ha {
	const struct op_run *run;
	struct settings *settings;
	GPtrArray *members; /* our names of nodes */
	char *id, *uuid, *path, *mark;
	char *text;         /* of the file, NULL: not known yet */
	char *xml;          /* of the domain, likewise */
	char *home;         /* node where it is defined, or shall be */
	char *prefer;       /* as Pacemaker calls it, NULL: none */
	char *hypervisor;
	uint32_t vcpus, memory;
	bool active, persistent, autostart, unsafe, sticky;
};

/* `id`: of the resource.  False: the agent stops; ha_end all the same. */
bool ha_begin(struct ha *, const struct op_run *, const char *id, GError **);
void ha_set_uuid(struct ha *, const char *uuid);
void ha_end(struct ha *);

/* --- ha_files.c */

/* Is there room for it everywhere: another file of that name is a refusal. */
bool ha_files_check(struct ha *, GError **);
bool ha_files_put(struct ha *, GError **);
/* Those that are ours; what could not be removed is told (free it), NULL: nothing is left. */
char *ha_files_remove(struct ha *);
/* What is in the first one that can be read.  NULL with an error.  Free it. */
char *ha_files_read(struct ha *, const char *path, GError **);

/* --- ha_domain.c */

/* Looks at it: xml, active, persistent, vcpus, memory; refuses what would be lost. */
bool ha_domain_read(struct ha *, virDomainPtr, GError **);

/* Only Pacemaker starts it from now on: it is defined nowhere, and runs on if it ran. */
bool ha_domain_undefine(struct ha *, GError **);

/*
 * Defines it where it runs, else where it is defined already, else on its home, and sees that
 * it is so.  `home` becomes that node.  Can be repeated.
 */
bool ha_domain_define(struct ha *, GError **);

/* --- ha_volumes.c */

/* A VM application that no host lists, so that nobody tells which disks it has.  Pure. */
bool ha_is_unseen(const struct cluster *, const struct app *);

/*
 * None of these names that volume in its definition.  False with an error also where a
 * definition cannot be read.  `what`: "deleted".
 */
bool ha_check_unnamed(const struct op_run *, const struct volume_names *, const char *what,
    GError **);

/* --- ha_preflight.c */

bool ha_preflight(struct ha *, virDomainPtr, GError **);

#endif
