/*
 * A reading: libstatgrab tells what it knows, /proc the rest.
 *
 * Octets of disks and networks are sums over physical devices, so that nothing counts
 * twice: those that have a "device" in /sys.  Partitions, loop, ram, zram, dm and md have
 * none; nor have lo, bridges, bonds, VLANs, veth and tap.
 */
#include "config.h"

#include "probe/reading.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <statgrab.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "probe/proc.h"

#define MEBI (1024 * 1024)

static void
set(JsonObject *out, const char *key, uint64_t value)
{
	json_object_set_int_member(out, key, (gint64)MIN(value, G_MAXINT64));
}

/* --- processors */

static void
read_cpu(JsonObject *out)
{
	g_autofree char *text = proc_read("/proc/stat");
	struct proc_cpu cpu;
	uint64_t boot;
	long hz = sysconf(_SC_CLK_TCK);

	if (proc_number(text, "btime", &boot))
		set(out, "boot_time", boot);
	if (hz <= 0 || !proc_cpu(text, &cpu))
		return;
	set(out, "cpu_user_ms", cpu.user * 1000 / (uint64_t)hz);
	set(out, "cpu_system_ms", cpu.system * 1000 / (uint64_t)hz);
	set(out, "cpu_idle_ms", cpu.idle * 1000 / (uint64_t)hz);
	set(out, "cpu_iowait_ms", cpu.iowait * 1000 / (uint64_t)hz);
	set(out, "cpu_steal_ms", cpu.steal * 1000 / (uint64_t)hz);
}

static void
read_load(JsonObject *out)
{
	const sg_load_stats *load = sg_get_load_stats(NULL);

	if (load == NULL)
		return;
	set(out, "load1", (uint64_t)(load->min1 * 100 + 0.5));
	set(out, "load5", (uint64_t)(load->min5 * 100 + 0.5));
	set(out, "load15", (uint64_t)(load->min15 * 100 + 0.5));
}

/* Where /proc hides the processes of others (hidepid), the count would be of our own. */
static void
read_processes(JsonObject *out)
{
	if (access("/proc/1/stat", R_OK) < 0)
		return;
	const sg_process_count *count = sg_get_process_count();
	if (count != NULL && count->total > 0)
		set(out, "processes", count->total);
}

static void
read_pressure(JsonObject *out)
{
	static const char *const resources[] = { "cpu", "memory", "io" };

	for (size_t i = 0; i < G_N_ELEMENTS(resources); i++) {
		g_autofree char *path = g_strconcat("/proc/pressure/", resources[i], NULL);
		g_autofree char *key = g_strconcat("psi_", resources[i], NULL);
		g_autofree char *text = proc_read(path);
		uint64_t figure;
		if (proc_pressure(text, &figure))
			set(out, key, figure);
	}
}

/* --- memory */

static void
read_huge_pages(JsonObject *out, const char *meminfo)
{
	uint64_t total, unused, kib;

	if (!proc_number(meminfo, "HugePages_Total", &total) ||
	    !proc_number(meminfo, "HugePages_Free", &unused) ||
	    !proc_number(meminfo, "Hugepagesize", &kib))
		return;
	set(out, "huge_total", total * kib / 1024);
	set(out, "huge_free", unused * kib / 1024);
}

/* As libvirt counts: buffers are a cache too, and what is cached is not used. */
static void
read_memory(JsonObject *out)
{
	const sg_mem_stats *memory = sg_get_mem_stats(NULL);
	g_autofree char *meminfo = proc_read("/proc/meminfo");
	uint64_t buffers = 0;

	read_huge_pages(out, meminfo);
	if (memory == NULL || memory->total == 0)
		return;
	set(out, "memory_total", memory->total / MEBI);
	set(out, "memory_free", memory->free / MEBI);
	proc_number(meminfo, "Buffers", &buffers);
	uint64_t cached = memory->cache + buffers * 1024;
	if (memory->free + cached > memory->total)
		return;
	set(out, "memory_cached", cached / MEBI);
	set(out, "memory_used", (memory->total - memory->free - cached) / MEBI);
}

static void
read_swap(JsonObject *out)
{
	const sg_swap_stats *swap = sg_get_swap_stats(NULL);
	g_autofree char *vmstat = proc_read("/proc/vmstat");
	uint64_t in, out_of;

	if (swap != NULL) {
		set(out, "swap_total", swap->total / MEBI);
		set(out, "swap_used", swap->used / MEBI);
	}
	/* not pgpgin, which despite its name counts the KiB that block devices read */
	if (proc_number(vmstat, "pswpin", &in) && proc_number(vmstat, "pswpout", &out_of)) {
		set(out, "pages_in", in);
		set(out, "pages_out", out_of);
	}
}

/* --- devices */

static bool
is_physical(const char *kind, const char *name)
{
	g_autofree char *plain = g_strdelimit(g_strdup(name), "/", '!');
	g_autofree char *path = g_build_filename("/sys", kind, plain, "device", NULL);

	return access(path, F_OK) == 0;
}

static void
read_disks(JsonObject *out)
{
	size_t n = 0, physical = 0;
	const sg_disk_io_stats *disks = sg_get_disk_io_stats(&n);
	uint64_t rd = 0, wr = 0;

	for (size_t i = 0; disks != NULL && i < n; i++) {
		if (!is_physical("block", disks[i].disk_name))
			continue;
		rd += disks[i].read_bytes;
		wr += disks[i].write_bytes;
		physical++;
	}
	if (physical == 0)
		return;
	set(out, "disk_read_octets", rd);
	set(out, "disk_write_octets", wr);
}

static void
read_networks(JsonObject *out)
{
	size_t n = 0, physical = 0;
	const sg_network_io_stats *nets = sg_get_network_io_stats(&n);
	uint64_t rx = 0, tx = 0;

	for (size_t i = 0; nets != NULL && i < n; i++) {
		if (!is_physical("class/net", nets[i].interface_name))
			continue;
		rx += nets[i].rx;
		tx += nets[i].tx;
		physical++;
	}
	if (physical == 0)
		return;
	set(out, "net_in_octets", rx);
	set(out, "net_out_octets", tx);
}

static void
read_filesystem(JsonObject *out, const char *prefix, const char *path)
{
	g_autofree char *size = g_strconcat(prefix, "_size", NULL);
	g_autofree char *used = g_strconcat(prefix, "_used", NULL);
	struct statvfs fs;

	if (statvfs(path, &fs) < 0 || fs.f_blocks == 0 || fs.f_bfree > fs.f_blocks)
		return;
	set(out, size, (uint64_t)fs.f_blocks * fs.f_frsize / MEBI);
	set(out, used, (uint64_t)(fs.f_blocks - fs.f_bfree) * fs.f_frsize / MEBI);
}

/* --- all of it */

bool
reading_init(GError **error)
{
	sg_error code = sg_init(1);

	if (code == SG_ERROR_NONE)
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "libstatgrab cannot start: %s",
	    sg_str_error(code));
	return false;
}

char *
reading_take(const struct reading_setup *setup)
{
	g_autoptr(JsonObject) out = json_object_new();
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);

	json_object_set_string_member(out, "version", PACKAGE_VERSION);
	g_autofree char *host = g_utf8_make_valid(g_get_host_name(), -1);
	json_object_set_string_member(out, "host", host);
	set(out, "interval", (uint64_t)setup->interval);
	read_cpu(out);
	read_load(out);
	read_processes(out);
	read_pressure(out);
	read_memory(out);
	read_swap(out);
	read_disks(out);
	read_networks(out);
	read_filesystem(out, "root", "/");
	read_filesystem(out, "images", setup->images);
	json_node_set_object(root, out);
	return json_to_string(root, FALSE);
}
