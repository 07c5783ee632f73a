/* Backups: the catalogue, as JSON.  Pure.  What is read may be anybody's. */
#include "vmops/backup.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "model/value.h"

#define FORMAT        "virtcluster backup"
#define VERSION       1
#define LENGTH_MOST   (8 * 1024 * 1024)
#define TEXT_MOST     255
#define NUMBER_MOST   (INT64_C(1) << 60)
#define BRACKETS_MOST 10000 /* outside texts: json-glib calls itself for each level */
#define DEPTH_MOST    8

struct catalogue *
catalogue_new(void)
{
	struct catalogue *c = g_new0(struct catalogue, 1);

	c->texts = g_string_chunk_new(4096);
	c->disks = g_array_new(FALSE, TRUE, sizeof(struct backup_disk));
	c->uuid = c->name = c->vm_uuid = c->vm_name = c->base_uuid = "";
	c->checkpoint = c->reason = c->domain_xml = "";
	c->kind = BACKUP_FULL;
	return c;
}

void
catalogue_free(struct catalogue *c)
{
	if (c == NULL)
		return;
	g_string_chunk_free(c->texts);
	g_array_free(c->disks, TRUE);
	g_free(c);
}

const char *
catalogue_keep(struct catalogue *c, const char *text)
{
	return text == NULL ? "" : g_string_chunk_insert(c->texts, text);
}

const struct backup_disk *
catalogue_disk(const struct catalogue *c, const char *target)
{
	for (guint i = 0; i < c->disks->len; i++) {
		const struct backup_disk *d = &g_array_index(c->disks, struct backup_disk, i);
		if (strcmp(d->target, target) == 0)
			return d;
	}
	return NULL;
}

uint64_t
catalogue_size(const struct catalogue *c)
{
	uint64_t size = 0;

	for (guint i = 0; i < c->disks->len; i++)
		size += g_array_index(c->disks, struct backup_disk, i).length;
	return size;
}

void
catalogue_record(const struct catalogue *c, uint32_t pool, const char *pool_name,
    struct backup_record *out)
{
	g_autoptr(GString) disks = g_string_new(NULL);

	for (guint i = 0; i < c->disks->len; i++)
		g_string_append_printf(disks, "%s%s", i > 0 ? " " : "",
		    g_array_index(c->disks, struct backup_disk, i).target);
	*out = (struct backup_record){
		.pool = pool, .kind = c->kind, .state = BACKUP_COMPLETE,
		.quiesced = c->quiesced, .check = CHECK_NEVER, .seconds = c->seconds,
		.size = catalogue_size(c), .taken_at = c->taken_at,
	};
#define COPY(to, from) g_strlcpy(out->to, from, sizeof(out->to))
	COPY(uuid, c->uuid);
	COPY(name, c->name);
	COPY(vm_uuid, c->vm_uuid);
	COPY(vm_name, c->vm_name);
	COPY(base_uuid, c->base_uuid);
	COPY(checkpoint, c->checkpoint);
	COPY(reason, c->reason);
	COPY(pool_name, pool_name);
	COPY(disks, disks->str);
#undef COPY
}

/* --- writing */

static void
put_text(JsonBuilder *b, const char *name, const char *text)
{
	json_builder_set_member_name(b, name);
	json_builder_add_string_value(b, text);
}

static void
put_number(JsonBuilder *b, const char *name, int64_t number)
{
	json_builder_set_member_name(b, name);
	json_builder_add_int_value(b, number);
}

static void
put_disks(JsonBuilder *b, const struct catalogue *c)
{
	json_builder_set_member_name(b, "disks");
	json_builder_begin_array(b);
	for (guint i = 0; i < c->disks->len; i++) {
		const struct backup_disk *d = &g_array_index(c->disks, struct backup_disk, i);
		json_builder_begin_object(b);
		put_text(b, "target", d->target);
		put_text(b, "volume", d->volume);
		put_text(b, "format", "qcow2");
		put_text(b, "base", d->base);
		put_number(b, "capacity", (int64_t)d->capacity);
		put_number(b, "length", (int64_t)d->length);
		put_text(b, "sha256", d->sha256);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

char *
catalogue_text(const struct catalogue *c)
{
	g_autoptr(JsonBuilder) b = json_builder_new();
	g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(c->taken_at / G_USEC_PER_SEC);
	g_autofree char *when = at == NULL ? g_strdup("") : g_date_time_format_iso8601(at);

	json_builder_begin_object(b);
	put_text(b, "format", FORMAT);
	put_number(b, "version", VERSION);
	put_text(b, "uuid", c->uuid);
	put_text(b, "name", c->name);
	put_text(b, "vm", c->vm_name);
	put_text(b, "vm-uuid", c->vm_uuid);
	put_text(b, "instant", when); /* for people; the number counts */
	put_number(b, "taken-at", c->taken_at);
	put_text(b, "kind", enum_to_name(backup_kind_names, c->kind));
	put_text(b, "base", c->base_uuid);
	put_text(b, "checkpoint", c->checkpoint);
	put_number(b, "quiesced", c->quiesced);
	put_number(b, "seconds", c->seconds);
	put_text(b, "reason", c->reason);
	put_disks(b, c);
	put_text(b, "domain", c->domain_xml);
	json_builder_end_object(b);
	g_autoptr(JsonNode) root = json_builder_get_root(b);
	g_autofree char *text = json_to_string(root, TRUE);
	return g_strconcat(text, "\n", NULL);
}

/* --- reading */

/* Brackets within texts do not count. */
static bool
is_flat(const char *text)
{
	unsigned depth = 0, brackets = 0;
	bool inside = false;

	for (const char *p = text; *p != '\0'; p++) {
		if (inside && *p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '"')
			inside = !inside;
		else if (!inside && strchr("[{", *p) != NULL && (++depth > DEPTH_MOST ||
			     ++brackets > BRACKETS_MOST))
			return false;
		else if (!inside && strchr("]}", *p) != NULL && depth > 0)
			depth--;
	}
	return true;
}

static bool
take_text(JsonObject *object, const char *name, size_t most, struct catalogue *c,
    const char **out, GError **error)
{
	JsonNode *node = json_object_get_member(object, name);

	if (node == NULL || !JSON_NODE_HOLDS_VALUE(node) ||
	    json_node_get_value_type(node) != G_TYPE_STRING)
		return op_refuse(error, CAUSE_IMPOSSIBLE,
		    "\"%s\" is missing, or no text", name);
	const char *text = json_node_get_string(node);
	if (strlen(text) > most)
		return op_refuse(error, CAUSE_IMPOSSIBLE, "\"%s\" is too long", name);
	*out = catalogue_keep(c, text);
	return true;
}

static bool
take_number(JsonObject *object, const char *name, int64_t most, int64_t *out, GError **error)
{
	JsonNode *node = json_object_get_member(object, name);

	if (node == NULL || !JSON_NODE_HOLDS_VALUE(node) ||
	    json_node_get_value_type(node) != G_TYPE_INT64)
		return op_refuse(error, CAUSE_IMPOSSIBLE,
		    "\"%s\" is missing, or no whole number", name);
	*out = json_node_get_int(node);
	return (*out >= 0 && *out <= most) ||
	    op_refuse(error, CAUSE_IMPOSSIBLE, "\"%s\" is out of range", name);
}

static bool
is_target(const char *text)
{
	return *text != '\0' && strlen(text) < 32 &&
	    text[strspn(text, G_CSET_a_2_z G_CSET_DIGITS)] == '\0';
}

static bool
is_sum(const char *text)
{
	return strlen(text) == 64 && text[strspn(text, "0123456789abcdef")] == '\0';
}

static bool
take_disk(JsonNode *node, struct catalogue *c, GError **error)
{
	struct backup_disk d = { 0 };
	const char *format = NULL;
	int64_t capacity = 0, length = 0;

	if (!JSON_NODE_HOLDS_OBJECT(node))
		return op_refuse(error, CAUSE_IMPOSSIBLE, "a disk is no object");
	JsonObject *object = json_node_get_object(node);
	if (!take_text(object, "target", TEXT_MOST, c, &d.target, error) ||
	    !take_text(object, "volume", TEXT_MOST, c, &d.volume, error) ||
	    !take_text(object, "format", TEXT_MOST, c, &format, error) ||
	    !take_text(object, "base", TEXT_MOST, c, &d.base, error) ||
	    !take_text(object, "sha256", TEXT_MOST, c, &d.sha256, error) ||
	    !take_number(object, "capacity", NUMBER_MOST, &capacity, error) ||
	    !take_number(object, "length", NUMBER_MOST, &length, error))
		return false;
	if (!is_target(d.target) || catalogue_disk(c, d.target) != NULL)
		return op_refuse(error, CAUSE_IMPOSSIBLE,
		    "\"%s\" is no target of a disk, or is there twice", d.target);
	if (!backup_is_plain(d.volume) || (*d.base != '\0' && !backup_is_plain(d.base)) ||
	    strcmp(d.volume, d.base) == 0)
		return op_refuse(error, CAUSE_IMPOSSIBLE,
		    "disk %s: \"%s\" upon \"%s\" is no volume's name", d.target,
		    d.volume, d.base);
	if (strcmp(format, "qcow2") != 0 || !is_sum(d.sha256))
		return op_refuse(error, CAUSE_IMPOSSIBLE,
		    "disk %s: its format or sum is none", d.target);
	d.capacity = (uint64_t)capacity;
	d.length = (uint64_t)length;
	g_array_append_val(c->disks, d);
	return true;
}

static bool
take_disks(JsonObject *object, struct catalogue *c, GError **error)
{
	JsonNode *node = json_object_get_member(object, "disks");
	JsonArray *disks = node != NULL && JSON_NODE_HOLDS_ARRAY(node)
	    ? json_node_get_array(node) : NULL;
	guint n = disks == NULL ? 0 : json_array_get_length(disks);

	if (n == 0 || n > BACKUP_DISKS_MOST)
		return op_refuse(error, CAUSE_IMPOSSIBLE,
		    "\"disks\" is missing, or has none or too many");
	for (guint i = 0; i < n; i++)
		if (!take_disk(json_array_get_element(disks, i), c, error))
			return false;
	return true;
}

static bool
take_head(JsonObject *object, struct catalogue *c, GError **error)
{
	const char *format = NULL, *kind = NULL;
	int64_t version = 0, quiesced = 0, seconds = 0;

	if (!take_text(object, "format", TEXT_MOST, c, &format, error) ||
	    !take_number(object, "version", UINT32_MAX, &version, error))
		return false;
	if (strcmp(format, FORMAT) != 0 || version != VERSION)
		return op_refuse(error, CAUSE_IMPOSSIBLE,
		    "it is of format \"%s\", version %" G_GINT64_FORMAT, format,
		    version);
	if (!take_text(object, "uuid", TEXT_MOST, c, &c->uuid, error) ||
	    !take_text(object, "name", TEXT_MOST, c, &c->name, error) ||
	    !take_text(object, "vm", TEXT_MOST, c, &c->vm_name, error) ||
	    !take_text(object, "vm-uuid", TEXT_MOST, c, &c->vm_uuid, error) ||
	    !take_text(object, "kind", TEXT_MOST, c, &kind, error) ||
	    !take_text(object, "base", TEXT_MOST, c, &c->base_uuid, error) ||
	    !take_text(object, "checkpoint", TEXT_MOST, c, &c->checkpoint, error) ||
	    !take_text(object, "reason", TEXT_MOST, c, &c->reason, error) ||
	    !take_text(object, "domain", LENGTH_MOST, c, &c->domain_xml, error) ||
	    !take_number(object, "taken-at", NUMBER_MOST, &c->taken_at, error) ||
	    !take_number(object, "quiesced", 1, &quiesced, error) ||
	    !take_number(object, "seconds", UINT32_MAX - 1, &seconds, error))
		return false;
	c->kind = enum_from_name(backup_kind_names, kind);
	c->quiesced = quiesced == 1;
	c->seconds = (uint32_t)seconds;
	return true;
}

static bool
check_head(const struct catalogue *c, GError **error)
{
	if (!g_uuid_string_is_valid(c->uuid) || !g_uuid_string_is_valid(c->vm_uuid) ||
	    (*c->base_uuid != '\0' && !g_uuid_string_is_valid(c->base_uuid)))
		return op_refuse(error, CAUSE_IMPOSSIBLE, "a UUID is none");
	if (!backup_is_plain(c->name))
		return op_refuse(error, CAUSE_IMPOSSIBLE,
		    "\"%s\" is no backup's name", c->name);
	if (c->kind == 0 || (c->kind == BACKUP_INCREMENTAL) != (*c->base_uuid != '\0') ||
	    strcmp(c->base_uuid, c->uuid) == 0)
		return op_refuse(error, CAUSE_IMPOSSIBLE,
		    "its kind does not fit what it is upon");
	return true;
}

/* What a file has behind its text, when it is longer. */
static size_t
without_tail(const char *text, size_t length)
{
	while (length > 0 && (text[length - 1] == '\0' || g_ascii_isspace(text[length - 1])))
		length--;
	return length;
}

struct catalogue *
catalogue_parse(const char *text, size_t length, GError **error)
{
	SCOPED(catalogue) c = catalogue_new();
	g_autoptr(GError) why = NULL;
	g_autofree char *copy = NULL;

	length = without_tail(text, length);
	if (length == 0 || length > LENGTH_MOST || !g_utf8_validate(text, (gssize)length, NULL)) {
		op_refuse(error, CAUSE_IMPOSSIBLE, "it is empty, too long or no text");
		return NULL;
	}
	copy = g_strndup(text, length);
	g_autoptr(JsonParser) parser = json_parser_new_immutable();
	if (!is_flat(copy)) {
		op_refuse(error, CAUSE_IMPOSSIBLE, "it is nested too deeply");
		return NULL;
	}
	if (!json_parser_load_from_data(parser, copy, -1, &why)) {
		op_refuse(error, CAUSE_IMPOSSIBLE, "%s", why->message);
		return NULL;
	}
	JsonNode *root = json_parser_get_root(parser);
	if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root)) {
		op_refuse(error, CAUSE_IMPOSSIBLE, "it is no object");
		return NULL;
	}
	JsonObject *object = json_node_get_object(root);
	if (!take_head(object, c, error) || !check_head(c, error) ||
	    !take_disks(object, c, error))
		return NULL;
	return g_steal_pointer(&c);
}
