/*
 * Making VMs: what the files of this operation share.
 *
 *	create_check.c    may it be asked for, and where: pure, on a cluster value
 *	create_xml.c      the domain's XML: pure
 *	create_seed.c     what cloud-init is told: pure, and as an image
 *	create_volumes.c  disk and seed: made, removed again
 *	create_guest.c    its host name, and until it tells it
 *	op_create.c       the operation
 */
#ifndef VCL_VMOPS_CREATE_H
#define VCL_VMOPS_CREATE_H

#include "vmops/ops.h"
#include "vmops/template.h"

/* --- the XML */

/* A file or block device as a disk's source. */
struct create_disk {
	char *path;
	char *format; /* "qcow2", "raw" */
	bool block;
};

struct create_domain {
	const char *name, *uuid, *hostname;
	uint32_t vcpus, memory;        /* MiB */
	const char *network;           /* "": what the template says */
	const struct create_disk *disk, *seed; /* NULL: none */
};

/*
 * Can a VM be made of the template's XML; fills in what template.conf has not said:
 * vcpus, memory, agent.  The sentence does not name the file.
 */
bool create_xml_check(struct template *, GError **);

/* The new domain's XML; free it.  Nothing of a text gets in but as a text. */
char *create_xml(const struct template *, const struct create_domain *, GError **);

/* The MAC of its NIC of that number: always the same for the same UUID. */
char *create_mac(const char *uuid, unsigned number);

/* --- cloud-init's seed (NoCloud) */

struct create_seed {
	const char *uuid, *hostname, *user;
	const char *ssh_keys; /* of the template, separated by ';' */
	const char *ssh_key;  /* one more, without its type; "": none */
	const char *packages; /* separated by blanks */
};

char *create_user_data(const struct create_seed *);
char *create_meta_data(const struct create_seed *);
char *create_network_config(void);

/* A text as YAML has it in double quotes: whatever is in it stays in it.  Free it. */
char *create_yaml_text(const char *);

/* "ssh-ed25519" of what its public key begins with, NULL: it is none. */
char *create_key_type(const char *base64);

/* The three as an ISO 9660 image with the label CIDATA. */
GByteArray *create_seed_image(const struct create_seed *, GError **);

/* --- the operation's own state */

struct creation {
	const struct op_run *run;
	const char *name; /* of the VM */
	const struct template *t;
	virConnectPtr host;
	char *disk_name, *seed_name; /* of the volumes */
	struct create_disk disk, seed;
	bool has_disk, has_seed; /* made */
	unsigned percent;
};

/* "cannot make web1 on alpha: WHY".  Always false. */
bool create_refuse(const struct creation *, enum job_cause, GError **, const char *why, ...)
    G_GNUC_PRINTF(4, 5);
/* The same with libvirt's last sentence. */
bool create_refuse_libvirt(const struct creation *, GError **, const char *what);

/* Shows what it does now. */
void create_step(struct creation *, unsigned percent, const char *step);

/* --- create_guest.c */

/* What a host may be called: made of the VM's name, "" if nothing can be.  Free it. */
char *create_host_name(const char *name);

/* That of the VM which is asked for: from its name when nobody said.  Free it. */
char *create_guest_name(const struct op_run *);

/*
 * Until its agent says that it is what it shall be; at once where none is waited for.  False:
 * it was left as it is; or, with `stopped`, the job shall end now, and why.
 */
bool create_wait_guest(struct creation *, virDomainPtr, const char *hostname, GError **stopped,
    GError **error);

/* --- create_volumes.c */

/* Everything about volumes that can be known to fail; nothing is changed. */
bool create_volumes_check(struct creation *, GError **);
bool create_volume_disk(struct creation *, GError **);
bool create_volume_seed(struct creation *, const GByteArray *, GError **);

/* Removes what is there of both; the text (free it) says what could not be. */
char *create_volumes_remove(struct creation *);

/* --- pure, on a cluster value */

/* May a new VM be called so; `uuid` (or NULL) is what the one of that name has, if it is it. */
bool create_check_name(const struct cluster *, const char *name, const char *uuid, GError **);

/*
 * The node to make the VM on: the one asked for, or the best.  0 with an error of
 * REQUEST_ERROR: also when the name is taken, the template cannot be used, nothing has room.
 */
uint32_t create_choose(const struct cluster *, const struct request *, int64_t now, GError **);

#endif
