/*
 * libvirt, thinly: connect, turn errors into sentences, read typed parameters, clean up,
 * and the one thread that runs libvirt's event loop.
 *
 * Any thread.  What asks a host may hang as long as the host does; virt_init, virt_error
 * and virt_param_u64 never do.  A libvirt call resets the thread's last error, the freeing
 * ones included: make the GError before anything is freed.
 */
#ifndef VCL_COMMON_VIRT_H
#define VCL_COMMON_VIRT_H

#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdbool.h>
#include <stdint.h>

#define VIRT_ERROR (virt_error_quark())
GQuark virt_error_quark(void); /* codes are libvirt's: VIR_ERR_NO_DOMAIN, ... */

/*
 * Initialises libvirt, keeps it from printing errors, and starts the event-loop thread,
 * without which there are neither events nor keepalive.  Once; later calls do nothing.
 */
void virt_init(void);

/* Ends the event-loop thread, after the last connection is closed.  At exit only. */
void virt_quit(void);

/*
 * Opens a connection with keepalive: a peer that falls silent breaks it within about
 * eight seconds.  (Not while it opens: that can hang for ever.)  Never prompts:
 * credentials come from libvirt's auth.conf or an ssh key.  Close with virConnectClose.
 * The error is libvirt's sentence.
 */
virConnectPtr virt_connect(const char *uri, GError **);

/*
 * Fills in the error from what libvirt last refused in this thread: "FORMAT: libvirt's
 * sentence".  Always false.
 */
bool virt_error(GError **, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The same, libvirt's sentence only. */
bool virt_error_plain(GError **);

/* Did the last call in this thread fail because the driver cannot do it at all? */
bool virt_unsupported(void);

/* The parameter as a number; false when it is no integer, or a negative one. */
bool virt_param_u64(const virTypedParameter *, uint64_t *out);

/* "9.0.0" from 9000000; free it. */
char *virt_version_text(unsigned long version);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virConnect, virConnectClose)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomain, virDomainFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainCheckpoint, virDomainCheckpointFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainSnapshot, virDomainSnapshotFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNetwork, virNetworkFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virInterface, virInterfaceFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virStoragePool, virStoragePoolFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virStorageVol, virStorageVolFree)

/* Scoped lists, as libvirt returns them: VIRT_DOMAINS list = NULL; */
#define VIRT_DOMAINS __attribute__((cleanup(virt_domains_end))) virDomainPtr *
#define VIRT_RECORDS __attribute__((cleanup(virt_records_end))) virDomainStatsRecordPtr *

void virt_domains_end(virDomainPtr **list);
void virt_records_end(virDomainStatsRecordPtr **list);

#endif
