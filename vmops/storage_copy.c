/*
 * Octets from one volume to another: on one host by libvirt, which knows the formats; between
 * hosts through this process, as they are.
 */
#include <string.h>

#include "common/log.h"
#include "model/value.h"
#include "vmops/long_call.h"
#include "vmops/storage.h"

/* --- on one host */

struct local_copy {
	virStoragePoolPtr pool;
	virStorageVolPtr source;
	char *xml, *name;
	const char *step;
	uint64_t total;
	bool raw;
};

static void
local_free(void *data)
{
	struct local_copy *copy = data;

	if (copy->source != NULL)
		virStorageVolFree(copy->source);
	virStoragePoolFree(copy->pool);
	g_free(copy->xml);
	g_free(copy->name);
	g_free(copy);
}

/* Where the file system can, a copy shares what is the same: no time, and no room. */
static bool
local_call(void *data)
{
	struct local_copy *copy = data;
	g_autoptr(virStorageVol) made = NULL;

	if (copy->raw)
		made = virStorageVolCreateXMLFrom(copy->pool, copy->xml, copy->source,
		    VIR_STORAGE_VOL_CREATE_REFLINK);
	if (made == NULL)
		made = virStorageVolCreateXMLFrom(copy->pool, copy->xml, copy->source, 0);
	return made != NULL;
}

static bool
local_look(void *data, const struct op_run *run)
{
	struct local_copy *copy = data;
	g_autoptr(virStorageVol) volume = virStorageVolLookupByName(copy->pool, copy->name);
	virStorageVolInfo info;
	unsigned long version;

	if (volume != NULL && virStorageVolGetInfo(volume, &info) == 0) {
		storage_report(run, copy->step, info.allocation, copy->total);
		return true;
	}
	return virConnectGetLibVersion(virStoragePoolGetConnect(copy->pool), &version) == 0;
}

static const struct long_call_kind copying = { local_call, local_look, NULL, local_free };

/* The source by way of the connection that the new one is made through. */
static virStorageVolPtr
source_beside(const struct storage_copy *c, GError **error)
{
	const char *name = virStorageVolGetName(c->from->volume);
	g_autoptr(virStoragePool) pool =
	    virStoragePoolLookupByUUIDString(c->to->connection, c->from->at->uuid);
	virStorageVolPtr volume = pool == NULL ? NULL : virStorageVolLookupByName(pool, name);

	if (volume == NULL)
		storage_fail(c->run, c->from, "find", name, error);
	return volume;
}

static bool
copy_locally(struct storage_copy *c, uint64_t capacity, GError **error)
{
	virStorageVolPtr source = source_beside(c, error);
	bool cancelled;

	if (source == NULL)
		return false;
	struct local_copy *data = g_new0(struct local_copy, 1);
	virStoragePoolRef(c->to->pool);
	*data = (struct local_copy){
		.pool = c->to->pool, .source = source, .name = g_strdup(c->name),
		.step = c->step, .total = c->total, .raw = g_strcmp0(c->format, "raw") == 0,
		.xml = storage_volume_xml(&(struct volume_form){
		    .name = c->name, .format = c->format, .capacity = capacity }),
	};
	SCOPED(long_call) call = long_call_start(&copying, data, error);
	if (call == NULL || !long_call_wait(call, c->run, &cancelled, error))
		return false;
	c->made = long_call_code(call) != VIR_ERR_STORAGE_VOL_EXIST &&
	    long_call_code(call) != VIR_ERR_OPERATION_INVALID;
	if (long_call_failure(call) == NULL && !cancelled)
		return true;
	if (cancelled)
		g_set_error(error, OP_ERROR, CAUSE_CANCELLED, "%s: cancelled", c->run->name);
	else
		g_set_error(error, OP_ERROR, CAUSE_LIBVIRT,
		    "cannot copy %s to pool %s on %s: %s", c->run->name, c->to->at->pool_name,
		    c->to->at->node_name, long_call_failure(call));
	return false;
}

/* --- between hosts */

struct pump {
	struct storage_copy *copy;
	virStreamPtr out;
	uint64_t done;
	int64_t told_us;
	char *words;   /* libvirt's, of the writing: the reading would say "recv handler failed" */
	GError *error; /* why it was stopped */
};

#define TELL_US (500 * 1000)

static bool
may_go_on(struct pump *pump)
{
	const struct op_run *run = pump->copy->run;
	int64_t now = g_get_monotonic_time();

	if (now - pump->told_us < TELL_US)
		return true;
	pump->told_us = now;
	run->alive(run->context);
	storage_report(run, pump->copy->step, pump->done, pump->copy->total);
	return run->pause(run->context, 0, &pump->error);
}

static int
note_words(struct pump *pump)
{
	pump->words = g_strdup(virGetLastErrorMessage());
	return -1;
}

static int
pump_octets(virStreamPtr in, const char *octets, size_t n, void *data)
{
	struct pump *pump = data;

	for (size_t sent = 0; sent < n;) {
		int rc = virStreamSend(pump->out, octets + sent, n - sent);
		if (rc < 0)
			return note_words(pump);
		sent += (size_t)rc;
	}
	pump->done += n;
	return may_go_on(pump) ? (int)n : -1;
}

static int
pump_hole(virStreamPtr in, long long length, void *data)
{
	struct pump *pump = data;

	pump->done += (uint64_t)length;
	if (virStreamSendHole(pump->out, length, 0) != 0)
		return note_words(pump);
	return may_go_on(pump) ? 0 : -1;
}

static bool
refuse_stream(struct storage_copy *c, struct pump *pump, const char *what, GError **error)
{
	if (pump->error != NULL) {
		g_propagate_error(error, g_steal_pointer(&pump->error));
		return false;
	}
	g_set_error(error, OP_ERROR, CAUSE_LIBVIRT, "cannot copy %s from %s to pool %s on %s: "
	    "%s%s", c->run->name, c->from->at->node_name, c->to->at->pool_name,
	    c->to->at->node_name, what,
	    pump->words != NULL ? pump->words : virGetLastErrorMessage());
	return false;
}

/* `in` and `out` are open. */
static bool
pump_through(struct storage_copy *c, virStreamPtr in, virStreamPtr out, GError **error)
{
	struct pump pump = { .copy = c, .out = out };

	if (virStorageVolDownload(c->from->volume, in, 0, 0,
		VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM) != 0)
		return refuse_stream(c, &pump, "reading: ", error);
	if (virStorageVolUpload(c->to->volume, out, 0, 0,
		VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM) != 0) {
		refuse_stream(c, &pump, "writing: ", error);
		virStreamAbort(in);
		return false;
	}
	if (virStreamSparseRecvAll(in, pump_octets, pump_hole, &pump) != 0) {
		refuse_stream(c, &pump, "", error);
		g_free(pump.words);
		virStreamAbort(out);
		return false;
	}
	if (virStreamFinish(in) != 0) {
		refuse_stream(c, &pump, "reading: ", error);
		virStreamAbort(out);
		return false;
	}
	return virStreamFinish(out) == 0 || refuse_stream(c, &pump, "writing: ", error);
}

/* A file has the length of the other, so that its octets, of whatever format, fit exactly. */
static bool
make_receiver(struct storage_copy *c, uint64_t length, GError **error)
{
	g_autofree char *xml = storage_volume_xml(&(struct volume_form){
	    .name = c->name, .format = c->format == NULL ? NULL : "raw", .capacity = length,
	    .allocation = c->format == NULL ? length : 0 });

	c->to->volume = virStorageVolCreateXML(c->to->pool, xml, 0);
	c->made = c->to->volume != NULL;
	return c->made || storage_fail(c->run, c->to, "make volume", c->name, error);
}

static bool
copy_far(struct storage_copy *c, uint64_t physical, GError **error)
{
	uint64_t capacity, allocation, arrived;

	if (!make_receiver(c, physical, error))
		return false;
	c->total = physical;
	virStreamPtr in = virStreamNew(c->from->connection, 0);
	virStreamPtr out = in == NULL ? NULL : virStreamNew(c->to->connection, 0);
	bool done = out != NULL ? pump_through(c, in, out, error)
	    : refuse_stream(c, &(struct pump){ 0 }, "", error);
	if (in != NULL)
		virStreamFree(in);
	if (out != NULL)
		virStreamFree(out);
	if (!done || !storage_measure(c->run, c->to, &capacity, &allocation, &arrived, error))
		return false;
	if (c->format == NULL || arrived == physical)
		return true;
	g_set_error(error, OP_ERROR, CAUSE_LIBVIRT, "of %s only %" G_GUINT64_FORMAT " of %"
	    G_GUINT64_FORMAT " octets have arrived on %s", c->run->name, arrived, physical,
	    c->to->at->node_name);
	return false;
}

/* --- either */

bool
storage_copy(struct storage_copy *c, GError **error)
{
	uint64_t capacity, allocation, physical;
	const struct op_run *run = c->run;

	if (!storage_check_free(run, c->to, c->name, error) || !run->own(run->context, error) ||
	    !run->begin(run->context, error) ||
	    !storage_measure(run, c->from, &capacity, &allocation, &physical, error))
		return false;
	c->total = allocation;
	storage_report(run, c->step, 0, c->total);
	bool near = !c->as_is && c->from->at->h.sub == c->to->at->h.sub;
	if (near ? copy_locally(c, capacity, error) : copy_far(c, physical, error))
		return true;
	if (c->made)
		storage_add_left(error, storage_undo(run, c->to, c->name));
	return false;
}
