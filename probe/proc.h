/*
 * Files of /proc, as text: finding one number in them.  Pure, but for proc_read.
 */
#ifndef VCL_PROBE_PROC_H
#define VCL_PROBE_PROC_H

#include <stdbool.h>
#include <stdint.h>

/* The whole file, or NULL when the machine has none.  Free it. */
char *proc_read(const char *path);

/* Of a line "KEY NUMBER" or "KEY: NUMBER ...".  False: the text (NULL is fine) has none. */
bool proc_number(const char *text, const char *key, uint64_t *out);

/* Of /proc/stat, in ticks of the kernel. */
struct proc_cpu {
	uint64_t user, system, idle, iowait, steal;
};

/*
 * Guests are in `user`, as are nice processes; interrupts are in `system`: as libvirt
 * counts.
 */
bool proc_cpu(const char *text, struct proc_cpu *out);

/* "some avg10" of a file in /proc/pressure, in hundredths of a percent. */
bool proc_pressure(const char *text, uint64_t *out);

#endif
