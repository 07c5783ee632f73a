/* Backups: catalogues and sums of files, by libvirt's streams. */
#include <string.h>

#include "common/log.h"
#include "vmops/backup.h"

#define CATALOGUE_MOST (8 * 1024 * 1024)
#define CHUNK          65536
#define TELL_US        (500 * 1000)

static bool
fail(const struct op_run *run, const struct storage_side *side, const char *volume,
    const char *why, GError **error)
{
	g_set_error(error, OP_ERROR, CAUSE_LIBVIRT, "%s (pool %s) on %s: %s", volume,
	    side->at->pool_name, side->at->node_name, why);
	return false;
}

/* --- reading */

struct reader {
	const struct op_run *run;
	GChecksum *sum;   /* NULL: the content is kept */
	GByteArray *kept;
	uint64_t length, *done, total;
	int64_t told_us;
	GError *error;
};

static bool
may_go_on(struct reader *r)
{
	int64_t now = g_get_monotonic_time();

	if (now - r->told_us < TELL_US)
		return true;
	r->told_us = now;
	r->run->alive(r->run->context);
	if (r->done != NULL)
		storage_report(r->run, "reading what was written", *r->done, r->total);
	return r->run->pause(r->run->context, 0, &r->error);
}

static bool
take(struct reader *r, const char *octets, size_t n)
{
	r->length += n;
	if (r->done != NULL)
		*r->done += n;
	if (r->sum != NULL)
		g_checksum_update(r->sum, (const guchar *)octets, (gssize)n);
	else if (r->length <= CATALOGUE_MOST)
		g_byte_array_append(r->kept, (const guint8 *)octets, (guint)n);
	else
		return false;
	return may_go_on(r);
}

static int
take_octets(virStreamPtr stream, const char *octets, size_t n, void *data)
{
	return take(data, octets, n) ? (int)n : -1;
}

static int
take_hole(virStreamPtr stream, long long length, void *data)
{
	static const char zeros[CHUNK];

	while (length > 0) {
		size_t n = (size_t)MIN(length, (long long)sizeof(zeros));
		if (!take(data, zeros, n))
			return -1;
		length -= (long long)n;
	}
	return 0;
}

static bool
receive(virStreamPtr in, virStorageVolPtr volume, struct reader *r)
{
	if (in == NULL ||
	    virStorageVolDownload(volume, in, 0, 0, VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM) != 0)
		return false;
	return virStreamSparseRecvAll(in, take_octets, take_hole, r) == 0 &&
	    virStreamFinish(in) == 0;
}

static bool
read_volume(const struct op_run *run, struct storage_side *side, const char *name,
    struct reader *r, GError **error)
{
	g_autoptr(virStorageVol) volume = virStorageVolLookupByName(side->pool, name);

	if (volume == NULL)
		return fail(run, side, name, virGetLastErrorMessage(), error);
	virStreamPtr in = virStreamNew(side->connection, 0);
	bool good = receive(in, volume, r);
	if (!good && r->error == NULL)
		fail(run, side, name, virGetLastErrorMessage(), error);
	else if (!good)
		g_propagate_error(error, g_steal_pointer(&r->error));
	if (in != NULL)
		virStreamFree(in);
	return good;
}

char *
backup_sum(const struct op_run *run, struct storage_side *side, const char *volume,
    uint64_t *length, uint64_t *done, uint64_t total, GError **error)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	struct reader r = { .run = run, .sum = sum, .done = done, .total = total };

	if (!read_volume(run, side, volume, &r, error))
		return NULL;
	*length = r.length;
	return g_strdup(g_checksum_get_string(sum));
}

struct catalogue *
backup_read_catalogue(const struct op_run *run, struct storage_side *side, const char *volume,
    GError **error)
{
	g_autoptr(GByteArray) kept = g_byte_array_new();
	struct reader r = { .run = run, .kept = kept };
	g_autoptr(GError) why = NULL;

	if (!read_volume(run, side, volume, &r, error))
		return NULL;
	struct catalogue *c = catalogue_parse((const char *)kept->data, kept->len, &why);
	if (c == NULL) {
		fail(run, side, volume, why->message, error);
		if (error != NULL && *error != NULL)
			(*error)->code = CAUSE_IMPOSSIBLE; /* it was read, and is none */
	}
	return c;
}

/* --- writing */

static bool
send_all(virStreamPtr out, virStorageVolPtr volume, const char *text, size_t length)
{
	if (out == NULL || virStorageVolUpload(volume, out, 0, length, 0) != 0)
		return false;
	for (size_t sent = 0; sent < length;) {
		int n = virStreamSend(out, text + sent, MIN(length - sent, CHUNK));
		if (n < 0)
			return false;
		sent += (size_t)n;
	}
	return virStreamFinish(out) == 0;
}

bool
backup_write_catalogue(const struct op_run *run, struct storage_side *side,
    const struct catalogue *c, GError **error)
{
	g_autofree char *text = catalogue_text(c);
	g_autofree char *name = backup_catalogue_name(c->name);
	size_t length = strlen(text);
	g_autofree char *xml = storage_volume_xml(&(struct volume_form){
	    .name = name, .format = "raw", .capacity = length, .allocation = length });
	g_autoptr(virStorageVol) volume = virStorageVolCreateXML(side->pool, xml, 0);

	if (volume == NULL)
		return fail(run, side, name, virGetLastErrorMessage(), error);
	virStreamPtr out = virStreamNew(side->connection, 0);
	bool good = send_all(out, volume, text, length) ||
	    fail(run, side, name, virGetLastErrorMessage(), error);
	if (out != NULL)
		virStreamFree(out);
	if (!good && virStorageVolDelete(volume, 0) != 0)
		log_warn("jobs", "job %u: cannot remove volume %s: %s", run->number, name,
		    virGetLastErrorMessage());
	return good;
}
