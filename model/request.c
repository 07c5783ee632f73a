/* Requests: what goes through the door. */
#include "model/request.h"

#include <string.h>

#define SHOWN_US (G_USEC_PER_SEC / 2) /* of an AgentX master's one second, and of a poll's */

G_DEFINE_QUARK(vcl-request-error, request_error)

bool
request_refuse(GError **error, enum request_error code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *sentence = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error_literal(error, REQUEST_ERROR, (gint)code, sentence);
	return false;
}

uint32_t
request_submit(const struct request_door *door, const struct request *request,
    GError **error)
{
	struct ticket *ticket = door->reserve(door->manager, request, error);

	if (ticket == NULL)
		return 0;
	uint32_t job = door->commit(door->manager, ticket);
	door->settle(door->manager, ticket);
	return job;
}

static bool
shows(const struct cluster *cluster, uint64_t settled)
{
	const struct rows *rows = &cluster->rows[ROWS_COMMAND];

	return rows->n > 0 && ((const struct command_info *)rows->row[0])->settled >= settled;
}

struct cluster *
request_look(const struct request_door *door, struct store *store)
{
	struct cluster *cluster = store_get(store);

	if (door == NULL || door->settled == NULL)
		return cluster;
	uint64_t settled = atomic_load(&door->settled->number);
	int64_t until = atomic_load(&door->settled->at) + SHOWN_US;
	while (!shows(cluster, settled)) {
		uint64_t seen = cluster->generation;
		int64_t left = until - g_get_monotonic_time();
		if (left <= 0)
			break;
		cluster_unref(cluster);
		cluster = store_wait(store, seen, left);
		if (cluster->generation == seen)
			break; /* nothing came, or the daemon is about to end */
	}
	return cluster;
}

void
request_for_vm(struct request *out, enum job_type type, const struct vm *vm)
{
	*out = (struct request){
		.type = type, .kind = OBJECT_VM, .object = vm->h.index
	};
	g_strlcpy(out->name, vm->name, sizeof(out->name));
	g_strlcpy(out->uuid, vm->uuid, sizeof(out->uuid));
}

void
request_for_node(struct request *out, enum job_type type, const struct node *node)
{
	*out = (struct request){
		.type = type, .kind = OBJECT_NODE, .object = node->h.index
	};
	g_strlcpy(out->name, node->name, sizeof(out->name));
	g_strlcpy(out->uuid, node->uuid == NULL ? "" : node->uuid, sizeof(out->uuid));
}

static void
for_named(struct request *out, enum job_type type, enum object_kind kind,
    const struct row_head *head, const char *name)
{
	*out = (struct request){ .type = type, .kind = kind, .object = head->index };
	g_strlcpy(out->name, name == NULL ? "" : name, sizeof(out->name));
}

void
request_for_pool(struct request *out, enum job_type type, const struct pool *pool)
{
	for_named(out, type, OBJECT_POOL, &pool->h, pool->name);
}

void
request_for_volume(struct request *out, enum job_type type, const struct volume *volume)
{
	for_named(out, type, OBJECT_VOLUME, &volume->h, volume->name);
}

void
request_for_app(struct request *out, enum job_type type, const struct app *app)
{
	for_named(out, type, OBJECT_APP, &app->h, app->name);
}

/* --- rows of the job table */

/* Where a row's field is; a text is compared as one. */
static const struct place {
	unsigned field; /* enum row_field */
	size_t offset, size;
	bool text;
} places[] = {
#define PLACE(bit, member, is_text)                                                    \
	{ bit, offsetof(struct row_request, member),                                   \
	    sizeof(((struct row_request *)0)->member), is_text }
	PLACE(ROW_TYPE, request.type, false),
	PLACE(ROW_KIND, request.kind, false),
	PLACE(ROW_OBJECT, request.object, false),
	PLACE(ROW_TARGET, request.target, false),
	PLACE(ROW_ARGUMENT, request.argument, true),
	PLACE(ROW_OPTIONS, options, true),
	PLACE(ROW_KEEP, request.keep, false),
	PLACE(ROW_AMOUNT, request.amount, false),
	PLACE(ROW_REQUESTER, request.requester, true),
#undef PLACE
};

void
row_request_merge(struct row_request *to, const struct row_request *from)
{
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
		if (from->written & places[i].field)
			memcpy((char *)to + places[i].offset,
			    (const char *)from + places[i].offset, places[i].size);
	to->written |= from->written & ~(unsigned)ROW_STATUS;
}

bool
row_request_same(const struct row_request *a, const struct row_request *b, unsigned fields)
{
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		const char *x = (const char *)a + places[i].offset;
		const char *y = (const char *)b + places[i].offset;
		bool same = places[i].text ? strcmp(x, y) == 0
					   : memcmp(x, y, places[i].size) == 0;
		if ((fields & places[i].field) && !same)
			return false;
	}
	return true;
}

void
request_for_sequence(struct request *out, const char *name)
{
	*out = (struct request){ .type = JOB_POWER_SEQUENCE, .kind = OBJECT_CLUSTER };
	g_strlcpy(out->name, name, sizeof(out->name));
	g_strlcpy(out->argument, name, sizeof(out->argument));
}

void
request_for_backup(struct request *out, enum job_type type, const struct backup *backup)
{
	for_named(out, type, OBJECT_BACKUP, &backup->h, backup->name);
}

void
request_for_create(struct request *out, const struct template_info *template, const char *name)
{
	*out = (struct request){
		.type = JOB_VM_CREATE, .kind = OBJECT_TEMPLATE, .object = template->h.index
	};
	g_strlcpy(out->name, template->name, sizeof(out->name));
	g_strlcpy(out->argument, name, sizeof(out->argument));
}
