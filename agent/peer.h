/*
 * Who is at the other end of a unix socket, and may they act?
 */
#ifndef VCL_AGENT_PEER_H
#define VCL_AGENT_PEER_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* As the kernel noted it when the peer connected. */
struct peer {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary, owned */
	size_t groups_n;
};

bool peer_init(struct peer *, int fd, GError **);
void peer_clear(struct peer *);

/* The user's name, or the number when it has none.  Free it.  May ask the network (NSS). */
char *peer_name(const struct peer *);

/* Is it root or the daemon's own user? */
bool peer_is_master(const struct peer *, uid_t own);

/* Master, or a member of the group; `group` NULL: there is none. */
bool peer_may_act(const struct peer *, uid_t own, const gid_t *group);

/* Looks a group up by name; false when there is none.  May ask the network (NSS). */
bool peer_find_group(const char *name, gid_t *out);

#endif
