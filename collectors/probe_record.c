/* A probe's record: read by json-glib, checked key by key. */
#include "collectors/probe_record.h"

#include <gio/gio.h>
#include <string.h>

#include "common/safe_json.h"
#include "model/table.h"
#include "model/value.h"

/* --- the keys: one line each */

/* Who else tells it. */
enum owner {
	OWNER_PROBE, /* nobody */
	OWNER_CPU,   /* libvirt, and never both: all counters are of one source */
	OWNER_OTHER, /* libvirt, whose word is taken first */
};

enum kind { KIND_U32, KIND_U64, KIND_DATE };

struct key {
	const char *name;
	enum kind kind;
	enum owner owner;
	size_t offset; /* in struct node */
	int64_t most;
};

#define DEPTH_MOST 8
#define MEBI_MOST  (INT64_C(1) << 31)       /* 2 PiB of memory, or of a file system */
#define MS_MOST	   (INT64_C(1) << 50)       /* 10,000 CPUs for three years */
#define COUNT_MOST (INT64_MAX - 1)
#define DATE_MOST  (INT64_C(253402300799))  /* seconds: the year 9999 */

#define U32(name, f, owner, most) \
	{ name, KIND_U32, OWNER_##owner, offsetof(struct node, f), most }
#define U64(name, f, owner, most) \
	{ name, KIND_U64, OWNER_##owner, offsetof(struct node, f), most }

static const struct key keys[] = {
	{ "boot_time", KIND_DATE, OWNER_PROBE, offsetof(struct node, boot_at), DATE_MOST },
	U64("cpu_user_ms",       cpu_user_ms,   CPU,   MS_MOST),
	U64("cpu_system_ms",     cpu_system_ms, CPU,   MS_MOST),
	U64("cpu_idle_ms",       cpu_idle_ms,   CPU,   MS_MOST),
	U64("cpu_iowait_ms",     cpu_iowait_ms, CPU,   MS_MOST),
	U64("cpu_steal_ms",      cpu_steal_ms,  CPU,   MS_MOST),
	U32("load1",             load1,         PROBE, 100000000),
	U32("load5",             load5,         PROBE, 100000000),
	U32("load15",            load15,        PROBE, 100000000),
	U32("processes",         processes,     PROBE, 100000000),
	U32("psi_cpu",           psi_cpu,       PROBE, 10000),
	U32("psi_memory",        psi_memory,    PROBE, 10000),
	U32("psi_io",            psi_io,        PROBE, 10000),
	U32("memory_total",      mem_total,     OTHER, MEBI_MOST),
	U32("memory_free",       mem_free,      OTHER, MEBI_MOST),
	U32("memory_cached",     mem_cached,    OTHER, MEBI_MOST),
	U32("memory_used",       mem_used,      OTHER, MEBI_MOST),
	U32("huge_total",        huge_total,    PROBE, MEBI_MOST),
	U32("huge_free",         huge_free,     PROBE, MEBI_MOST),
	U32("swap_total",        swap_total,    PROBE, MEBI_MOST),
	U32("swap_used",         swap_used,     PROBE, MEBI_MOST),
	U64("pages_in",          pages_in,      PROBE, COUNT_MOST),
	U64("pages_out",         pages_out,     PROBE, COUNT_MOST),
	U64("disk_read_octets",  disk_rd_bytes, PROBE, COUNT_MOST),
	U64("disk_write_octets", disk_wr_bytes, PROBE, COUNT_MOST),
	U64("net_in_octets",     net_rx_bytes,  PROBE, COUNT_MOST),
	U64("net_out_octets",    net_tx_bytes,  PROBE, COUNT_MOST),
	U32("root_size",         root_size,     PROBE, MEBI_MOST),
	U32("root_used",         root_used,     PROBE, MEBI_MOST),
	U32("images_size",       images_size,   PROBE, MEBI_MOST),
	U32("images_used",       images_used,   PROBE, MEBI_MOST),
};

/* --- one value */

/* -1: the key is not there. */
static bool
get_number(JsonObject *object, const char *name, int64_t least, int64_t most, int64_t *out,
    GError **error)
{
	JsonNode *node = json_object_get_member(object, name);

	*out = -1;
	if (node == NULL)
		return true;
	if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64)
		return safe_json_refuse(error, "%s is not a whole number", name);
	*out = json_node_get_int(node);
	if (*out < least || *out > most)
		return safe_json_refuse(error, "%s = %" G_GINT64_FORMAT ": from %" G_GINT64_FORMAT
		    " to %" G_GINT64_FORMAT " is wanted", name, *out, least, most);
	return true;
}

static bool
get_text(JsonObject *object, const char *name, char *out, size_t size, GError **error)
{
	JsonNode *node = json_object_get_member(object, name);

	out[0] = '\0';
	if (node == NULL)
		return true;
	if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
		return safe_json_refuse(error, "%s is not a text", name);
	if (g_strlcpy(out, json_node_get_string(node), size) >= size)
		return safe_json_refuse(error, "%s is longer than %zu octets", name, size - 1);
	return true;
}

static void
set_field(struct node *node, const struct key *key, int64_t value)
{
	void *field = (char *)node + key->offset;

	if (key->kind == KIND_U32)
		*(uint32_t *)field = (uint32_t)value;
	else if (key->kind == KIND_U64)
		*(uint64_t *)field = (uint64_t)value;
	else
		*(int64_t *)field = value * G_USEC_PER_SEC;
}

/* A part that is larger than its whole. */
static bool
check_pairs(const struct node *n, GError **error)
{
	const struct {
		const char *part, *whole;
		uint32_t little, much;
	} pairs[] = {
		{ "memory_free", "memory_total", n->mem_free,    n->mem_total   },
		{ "memory_used", "memory_total", n->mem_used,    n->mem_total   },
		{ "huge_free",   "huge_total",   n->huge_free,   n->huge_total  },
		{ "swap_used",   "swap_total",   n->swap_used,   n->swap_total  },
		{ "root_used",   "root_size",    n->root_used,   n->root_size   },
		{ "images_used", "images_size",  n->images_used, n->images_size },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
		if (pairs[i].little != ABSENT_U32 && pairs[i].little > pairs[i].much)
			return safe_json_refuse(error, "%s is more than %s", pairs[i].part,
			    pairs[i].whole);
	return true;
}

static bool
read_object(struct probe_record *record, JsonObject *object, GError **error)
{
	int64_t value;

	if (!get_text(object, "version", record->version, sizeof(record->version), error) ||
	    !get_text(object, "host", record->host, sizeof(record->host), error) ||
	    !get_number(object, "interval", 1, 3600, &value, error))
		return false;
	record->interval = value < 0 ? 0 : (uint32_t)value;
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		if (!get_number(object, keys[i].name, 0, keys[i].most, &value, error))
			return false;
		if (value >= 0)
			set_field(&record->facts, &keys[i], value);
	}
	return check_pairs(&record->facts, error);
}

bool
probe_record_parse(struct probe_record *record, const char *line, size_t length,
    GError **error)
{
	g_autoptr(JsonObject) object =
	    safe_json_object(line, length, PROBE_LINE_MOST, DEPTH_MOST, error);

	memset(record, 0, sizeof(*record));
	table_row_init(ROWS_NODE, &record->facts);
	return object != NULL && read_object(record, object, error);
}

/* --- into a row */

bool
probe_record_has_cpu(const struct probe_record *record)
{
	const struct node *n = &record->facts;

	return n->cpu_user_ms != ABSENT_U64 && n->cpu_system_ms != ABSENT_U64 &&
	    n->cpu_idle_ms != ABSENT_U64 && n->cpu_iowait_ms != ABSENT_U64 &&
	    n->cpu_steal_ms != ABSENT_U64;
}

static void
copy_field(struct node *to, const struct node *from, const struct key *key)
{
	size_t size = key->kind == KIND_U32 ? sizeof(uint32_t) : sizeof(uint64_t);

	memcpy((char *)to + key->offset, (const char *)from + key->offset, size);
}

static bool
is_memory_told(const struct node *node)
{
	return node->mem_used != ABSENT_U32;
}

void
probe_record_fill(const struct probe_record *record, const struct node *own,
    struct node *node)
{
	struct node nothing;

	table_row_init(ROWS_NODE, &nothing);
	const struct node *facts = record == NULL ? &nothing : &record->facts;
	const struct node *from[] = {
		[OWNER_PROBE] = facts,
		[OWNER_CPU] = record != NULL && probe_record_has_cpu(record) ? facts : own,
		[OWNER_OTHER] = is_memory_told(facts) && !is_memory_told(own) ? facts : own,
	};
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		copy_field(node, from[keys[i].owner], &keys[i]);
}
