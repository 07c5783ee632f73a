/* Addresses and connections. */
#include "export/net.h"

#include <errno.h>
#include <gio/gio.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ESTABLISHED 1

bool
net_check_address(const char *address, GError **error)
{
	g_autoptr(GInetAddress) inet = g_inet_address_new_from_string(address);

	if (inet != NULL && strchr(address, '%') == NULL && !g_inet_address_get_is_any(inet) &&
	    !g_inet_address_get_is_multicast(inet))
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
	    "--address %s: the IPv4 or IPv6 address of one machine is wanted", address);
	return false;
}

char *
net_uri(const char *address, int64_t port, const char *name, bool tls)
{
	g_autofree char *escaped = g_uri_escape_string(name, "/", FALSE);
	bool six = strchr(address, ':') != NULL;

	return g_strdup_printf("%s://%s%s%s:%" PRId64 "/%s", tls ? "nbds" : "nbd",
	    six ? "[" : "", address, six ? "]" : "", port, escaped);
}

/* As qemu does it: what lingers of closed connections is no hindrance. */
static int
listen_at(int fd, GSocketAddress *socket_address)
{
	struct sockaddr_storage native;
	gssize size = g_socket_address_get_native_size(socket_address);
	int on = 1;

	if (!g_socket_address_to_native(socket_address, &native, sizeof(native), NULL))
		return EINVAL;
	if (native.ss_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		return errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&native, (socklen_t)size) < 0 || listen(fd, 1) < 0)
		return errno;
	return 0;
}

int
net_try_listen(const char *address, int64_t port)
{
	g_autoptr(GSocketAddress) where =
	    g_inet_socket_address_new_from_string(address, (guint)port);

	if (where == NULL)
		return EINVAL;
	int family = g_socket_address_get_family(where) == G_SOCKET_FAMILY_IPV6 ? AF_INET6
										 : AF_INET;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	int code = listen_at(fd, where);
	close(fd);
	return code;
}

/* "0100007F:2A94", or 32 digits before the colon: words in the machine's order of octets. */
static bool
parse_end(const char *text, uint8_t octets[16], size_t *size, unsigned *port)
{
	const char *colon = strchr(text, ':');
	size_t digits = colon == NULL ? 0 : (size_t)(colon - text);
	uint32_t word;

	if ((digits != 8 && digits != 32) || sscanf(colon, ":%4x", port) != 1)
		return false;
	*size = digits / 2;
	for (size_t i = 0; i < *size; i += sizeof(word)) {
		if (sscanf(text + 2 * i, "%8" SCNx32, &word) != 1)
			return false;
		memcpy(octets + i, &word, sizeof(word));
	}
	return true;
}

static bool
is_client(const char *line, GInetAddress *address, int64_t port)
{
	char local[64];
	uint8_t octets[16];
	unsigned state, at;
	size_t size;

	if (sscanf(line, " %*u: %63s %*s %x", local, &state) != 2 || state != ESTABLISHED)
		return false;
	return parse_end(local, octets, &size, &at) && at == port &&
	    size == g_inet_address_get_native_size(address) &&
	    memcmp(octets, g_inet_address_to_bytes(address), size) == 0;
}

unsigned
net_count(const char *text, const char *address, int64_t port)
{
	g_autoptr(GInetAddress) inet = g_inet_address_new_from_string(address);
	unsigned n = 0;

	while (inet != NULL && text != NULL && *text != '\0') {
		n += is_client(text, inet, port);
		text = strchr(text, '\n');
		if (text != NULL)
			text++;
	}
	return n;
}

void
net_tables_read(struct net_tables *tables)
{
	*tables = (struct net_tables){ 0 };
	g_file_get_contents("/proc/net/tcp", &tables->tcp, NULL, NULL);
	g_file_get_contents("/proc/net/tcp6", &tables->tcp6, NULL, NULL);
}

void
net_tables_clear(struct net_tables *tables)
{
	g_clear_pointer(&tables->tcp, g_free);
	g_clear_pointer(&tables->tcp6, g_free);
}

unsigned
net_clients(const struct net_tables *tables, const char *address, int64_t port)
{
	bool six = strchr(address, ':') != NULL;

	return net_count(six ? tables->tcp6 : tables->tcp, address, port);
}
