/*
 * Addresses, ports, URIs, and who is connected.
 */
#ifndef VCL_EXPORT_NET_H
#define VCL_EXPORT_NET_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* One machine's address as numbers, neither a name nor "any".  Pure. */
bool net_check_address(const char *address, GError **);

/* nbd://ADDRESS:PORT/NAME, or nbds:// with TLS.  Pure; free it. */
char *net_uri(const char *address, int64_t port, const char *name, bool tls);

/* Can somebody listen there now?  0, or why not (errno). */
int net_try_listen(const char *address, int64_t port);

/*
 * Established connections at that local address and port, by the text of /proc/net/tcp or
 * tcp6.  Pure.
 */
unsigned net_count(const char *text, const char *address, int64_t port);

/* What net_count is asked about, read once for many. */
struct net_tables {
	char *tcp, *tcp6; /* NULL: the kernel has none */
};

void net_tables_read(struct net_tables *);
void net_tables_clear(struct net_tables *);
unsigned net_clients(const struct net_tables *, const char *address, int64_t port);

#endif
