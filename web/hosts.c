/* By which names browsers may call us. */
#include "web/hosts.h"

#include <gio/gio.h>
#include <string.h>

struct hosts {
	GPtrArray *names; /* as plain_host returns them */
	bool numbers;	  /* any that is a number */
};

/* The host of "HOST", "HOST:PORT" or "[HOST]:PORT", to be freed; NULL: it is none. */
static char *
host_in(const char *text)
{
	const char *end = *text == '[' ? strchr(text, ']') : strrchr(text, ':');
	const char *port;

	if (*text == '[') {
		if (end == NULL)
			return NULL;
		port = end + 1;
		text++;
	} else {
		end = port = end != NULL ? end : text + strlen(text);
	}
	if (*port != '\0' && (*port != ':' || strspn(port + 1, "0123456789") != strlen(port + 1)))
		return NULL;
	return g_strndup(text, (gsize)(end - text));
}

/* As all its spellings are compared, to be freed: "LocalHost." and "0:0:0:0:0:0:0:1" too. */
static char *
plain_host(const char *host)
{
	g_autoptr(GInetAddress) number = g_inet_address_new_from_string(host);
	char *plain = number != NULL ? g_inet_address_to_string(number)
				     : g_ascii_strdown(host, -1);

	if (number == NULL && g_str_has_suffix(plain, "."))
		plain[strlen(plain) - 1] = '\0';
	return plain;
}

static bool
is_number(const char *host)
{
	g_autoptr(GInetAddress) number = g_inet_address_new_from_string(host);

	return number != NULL;
}

static void
add(struct hosts *h, const char *name)
{
	g_ptr_array_add(h->names, plain_host(name));
}

/* "monitor.example.org", and "monitor". */
static void
add_machine(struct hosts *h)
{
	const char *name = g_get_host_name();
	g_autofree char *first = g_strndup(name, strcspn(name, "."));

	add(h, name);
	if (*first != '\0')
		add(h, first);
}

struct hosts *
hosts_new(const char *listen, const char *const *names)
{
	struct hosts *h = g_new0(struct hosts, 1);
	g_autoptr(GInetAddress) number = g_inet_address_new_from_string(listen);

	h->names = g_ptr_array_new_with_free_func(g_free);
	h->numbers = number == NULL || !g_inet_address_get_is_loopback(number);
	add(h, "localhost");
	add(h, "127.0.0.1");
	add(h, "::1");
	add(h, listen);
	if (h->numbers)
		add_machine(h);
	for (; names != NULL && *names != NULL; names++)
		add(h, *names);
	return h;
}

void
hosts_free(struct hosts *h)
{
	g_ptr_array_unref(h->names);
	g_free(h);
}

bool
hosts_admit(const struct hosts *h, const char *header)
{
	if (header == NULL)
		return true;
	g_autofree char *host = host_in(header);
	if (host == NULL)
		return false;
	g_autofree char *plain = plain_host(host);
	return (h->numbers && is_number(plain)) ||
	    g_ptr_array_find_with_equal_func(h->names, plain, g_str_equal, NULL);
}
