/* Requests: what goes through the door. */
#include "model/request.h"

G_DEFINE_QUARK(vcl-request-error, request_error)

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

void
request_for_sequence(struct request *out, const char *name)
{
	*out = (struct request){ .type = JOB_POWER_SEQUENCE, .kind = OBJECT_CLUSTER };
	g_strlcpy(out->name, name, sizeof(out->name));
	g_strlcpy(out->argument, name, sizeof(out->argument));
}
