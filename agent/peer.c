/* Who is at the other end of a unix socket. */
#include "config.h"

#include "agent/peer.h"

#include <errno.h>
#include <gio/gio.h>
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>

#define NSS_BUFFER 65536 /* a group's record holds all its members' names */

static bool
read_groups(struct peer *peer, int fd)
{
	socklen_t size = 0;

	/* The first call tells how much there is, with ERANGE unless it is nothing. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0)
		return true;
	if (errno != ERANGE)
		return false;
	peer->groups = g_malloc(size);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer->groups, &size) != 0)
		return false;
	peer->groups_n = size / sizeof(gid_t);
	return true;
}

bool
peer_init(struct peer *peer, int fd, GError **error)
{
	struct ucred who;
	socklen_t size = sizeof(who);

	*peer = (struct peer){ 0 };
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0) {
		peer->uid = who.uid;
		peer->gid = who.gid;
		if (read_groups(peer, fd))
			return true;
	}
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "peer credentials: %s",
	    g_strerror(errno));
	peer_clear(peer);
	return false;
}

void
peer_clear(struct peer *peer)
{
	g_clear_pointer(&peer->groups, g_free);
	peer->groups_n = 0;
}

char *
peer_name(const struct peer *peer)
{
	struct passwd entry, *found = NULL;
	g_autofree char *buffer = g_malloc(NSS_BUFFER);

	if (getpwuid_r(peer->uid, &entry, buffer, NSS_BUFFER, &found) == 0 && found != NULL)
		return g_strdup(found->pw_name);
	return g_strdup_printf("%lu", (unsigned long)peer->uid);
}

bool
peer_is_master(const struct peer *peer, uid_t own)
{
	return peer->uid == 0 || peer->uid == own;
}

bool
peer_may_act(const struct peer *peer, uid_t own, const gid_t *group)
{
	if (peer_is_master(peer, own))
		return true;
	if (group == NULL)
		return false;
	if (peer->gid == *group)
		return true;
	for (size_t i = 0; i < peer->groups_n; i++)
		if (peer->groups[i] == *group)
			return true;
	return false;
}

bool
peer_find_group(const char *name, gid_t *out)
{
	struct group entry, *found = NULL;
	g_autofree char *buffer = g_malloc(NSS_BUFFER);

	if (name == NULL || name[0] == '\0')
		return false;
	if (getgrnam_r(name, &entry, buffer, NSS_BUFFER, &found) != 0 || found == NULL)
		return false;
	*out = found->gr_gid;
	return true;
}
