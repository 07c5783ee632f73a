/*
 * Templates: what VMs can be made from.  A directory of its own for each, with
 *
 *	domain.xml     libvirt's XML of the VM, edited for each that is made from it
 *	template.conf  what else it takes: see virtcluster.conf(5)
 *
 * Somebody may write to it at any time: it is read anew for each VM.
 */
#ifndef VCL_VMOPS_TEMPLATE_H
#define VCL_VMOPS_TEMPLATE_H

#include <glib.h>
#include <stdbool.h>

#include "common/scoped.h"
#include "model/names.h"

#define TEMPLATE_XML  "domain.xml"
#define TEMPLATE_CONF "template.conf"

struct template {
	char *name;
	char *description;
	char *base;        /* POOL/VOLUME, "" if none */
	char *base_pool, *base_volume; /* its halves, NULL if none */
	char *pool;        /* where the disk is made, "": it has none */
	int vcpus, memory; /* MiB; where the file says none, the XML's */
	int disk;          /* MiB, 0: as the base */
	bool linked;       /* the disk keeps only what differs from the base, where it can */
	char *network;     /* "": what the XML says */
	char *install_word;
	int install;       /* enum install_kind */
	int timeout;       /* seconds for the guest's agent to answer */
	char *user, *ssh_keys, *packages; /* cloud-init's */
	GHashTable *parameters; /* what stands for @NAME@ in the kernel's command line */
	char *xml;
	bool agent;        /* the XML has a channel of the guest's agent */
};

/*
 * Reads DIR/NAME.  NULL with one sentence that names file, line and key, when the name is
 * none that a template may have, or anything in it is wrong.
 */
struct template *template_read(const char *dir, const char *name, GError **);
void template_free(struct template *);
SCOPED_DEFINE(template, template_free)

/* May a template, or a VM that is made of one, be called so: no path, nothing odd. */
bool template_fits_name(const char *);

#endif
