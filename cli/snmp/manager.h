/*
 * A manager's session with an SNMP agent.  manager.c is the only file of the command
 * line that sees net-snmp's headers.  One thread.
 */
#ifndef VCL_CLI_SNMP_MANAGER_H
#define VCL_CLI_SNMP_MANAGER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/scoped.h"

struct manager;

#define SNMP_ARCS_MOST 64

struct snmp_name {
	uint32_t arc[SNMP_ARCS_MOST];
	size_t len;
};

enum snmp_kind {
	SNMP_ABSENT, /* no such object or instance, or the end of the MIB */
	SNMP_NUMBER, /* of 32 bits, signed or not */
	SNMP_COUNTER64,
	SNMP_OCTETS,
	SNMP_OID,
	SNMP_OTHER,
};

/* One varbind of an answer; what it points to lives until the next request. */
struct snmp_var {
	struct snmp_name name;
	enum snmp_kind kind;
	int64_t number;
	const unsigned char *octets;
	size_t len; /* of octets */
	struct snmp_name oid;
};

typedef void snmp_take(void *ctx, size_t at, const struct snmp_var *);

/* Errors: CLIENT_ERROR, one sentence that names the address. */

/*
 * ADDRESS as in snmpcmd(1): HOST, HOST:PORT, udp6:[::1]:161.  Version and credentials are
 * those of snmp.conf(5).
 */
struct manager *manager_open(const char *address, GError **);
void manager_close(struct manager *);
SCOPED_DEFINE(manager, manager_close)

const char *manager_address(const struct manager *);

/* GET of any number of names, in as many messages as it takes. */
bool manager_get(struct manager *, const struct snmp_name *names, size_t n, snmp_take *,
    void *ctx, GError **);

/*
 * One GETBULK: what follows each of the n names, several rows of it; `at` counts varbinds,
 * at % n is the name that it belongs to.
 */
bool manager_bulk(struct manager *, const struct snmp_name *names, size_t n, snmp_take *,
    void *ctx, GError **);

/* What is written: text if it is not NULL, else an INTEGER. */
struct snmp_write {
	struct snmp_name name;
	const char *text;
	int32_t number;
};

/*
 * One SET.  Never sent twice: after a time-out nobody knows what became of it, and the
 * error says so.  False without an error: refused, `status` is why (RFC 3416).
 */
bool manager_set(struct manager *, const struct snmp_write *, size_t n, long *status,
    GError **);

/* "inconsistentValue" */
const char *manager_status_name(long status);

#endif
