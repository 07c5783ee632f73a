/*
 * To be preloaded into virtclusterd: notes when virDomainSuspend and virDomainResume are
 * called, as microseconds of the monotonic clock, one line each, in the file $VCL_CALLS.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

static void
note(void)
{
	const char *path = getenv("VCL_CALLS");
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	int fd = path == NULL ? -1 : open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return;
	dprintf(fd, "%lld\n", (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	close(fd);
}

#define NOTED(name)                                                                    \
	int name(virDomainPtr domain)                                                  \
	{                                                                              \
		int (*real)(virDomainPtr) =                                            \
		    (int (*)(virDomainPtr))dlsym(RTLD_NEXT, #name);                    \
                                                                                       \
		note();                                                                \
		return real(domain);                                                   \
	}

NOTED(virDomainSuspend)
NOTED(virDomainResume)
