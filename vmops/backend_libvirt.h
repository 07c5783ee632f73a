/*
 * The libvirt back end: one connection per node for jobs, apart from the collectors'.
 * Opened on demand, kept, and dropped when it is dead or the node's URI changes.
 *
 * Any thread.  backend_find_domain, backend_connect and backend_open may hang as long as
 * libvirt does; the others never wait for libvirt.
 */
#ifndef VCL_VMOPS_BACKEND_LIBVIRT_H
#define VCL_VMOPS_BACKEND_LIBVIRT_H

#include <glib.h>
#include <libvirt/libvirt.h>

#include "model/settings.h"

struct backend;

struct backend *backend_new(void);

/* Waits at most a second for connections to close; what hangs is left behind. */
void backend_free(struct backend *);

/* Takes the nodes and URIs of these settings. */
void backend_apply(struct backend *, struct settings *);

/* Those that were taken last, to be unreferenced. */
struct settings *backend_settings(struct backend *);

/*
 * The domain with that UUID on that node.  Release with virDomainFree.  `name` is only
 * for the error, whose domain is OP_ERROR (ops.h).
 */
virDomainPtr backend_find_domain(struct backend *, const char *node, const char *uuid,
    const char *name, GError **error);

/* The connection to that node, which others use too.  Release with virConnectClose. */
virConnectPtr backend_connect(struct backend *, const char *node, const char *name,
    GError **error);

/* Another one, for calls that take long.  Closing it may hang. */
virConnectPtr backend_open(struct backend *, const char *node, const char *name,
    GError **error);

#endif
