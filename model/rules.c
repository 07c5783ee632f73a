/* Rules: reading them, and what matches what. */
#include "model/rules.h"

#include <fnmatch.h>
#include <string.h>

#include "common/words.h"

#define LIST_MOST 1000

const struct placer_limits placer_limits_default = {
	.memory_limit = 90, .parallel = 2, .auto_balance = 0, .moves = 10,
	.moves_per_hour = 6, .improvement = 3, .cooldown = 1800,
};

static void
group_free(gpointer data)
{
	struct rule_group *group = data;

	g_free(group->name);
	g_strfreev(group->members);
	g_free(group);
}

static void
vm_free(gpointer data)
{
	struct rule_vm *vm = data;

	g_free(vm->name);
	g_strfreev(vm->nodes);
	g_strfreev(vm->prefer);
	g_free(vm);
}

struct rules *
rules_new(void)
{
	struct rules *rules = g_new0(struct rules, 1);

	atomic_init(&rules->refs, 1);
	rules->limits = placer_limits_default;
	rules->groups = g_ptr_array_new_with_free_func(group_free);
	rules->vms = g_ptr_array_new_with_free_func(vm_free);
	rules->sequences = g_ptr_array_new_with_free_func((GDestroyNotify)sequence_free);
	rules->backups = g_ptr_array_new_with_free_func((GDestroyNotify)backup_rule_free);
	return rules;
}

struct rules *
rules_ref(struct rules *rules)
{
	ref_take(&rules->refs);
	return rules;
}

void
rules_unref(struct rules *rules)
{
	if (rules == NULL || !ref_drop(&rules->refs))
		return;
	g_ptr_array_free(rules->groups, TRUE);
	g_ptr_array_free(rules->vms, TRUE);
	g_ptr_array_free(rules->sequences, TRUE);
	g_ptr_array_free(rules->backups, TRUE);
	g_free(rules);
}

/* --- matching */

/* Group, VM and sequence begin with their name. */
G_STATIC_ASSERT(offsetof(struct rule_group, name) == 0);
G_STATIC_ASSERT(offsetof(struct rule_vm, name) == 0);
G_STATIC_ASSERT(offsetof(struct sequence, name) == 0);

static bool
is_same(const char *own, const char *name)
{
	return strcmp(own, name) == 0;
}

static bool
is_pattern_of(const char *own, const char *name)
{
	return fnmatch(own, name, 0) == 0;
}

/* The first one that matches, or NULL. */
static const void *
find(const GPtrArray *rules, bool (*matches)(const char *own, const char *), const char *name)
{
	for (guint i = 0; i < rules->len; i++)
		if (matches(*(char *const *)rules->pdata[i], name))
			return rules->pdata[i];
	return NULL;
}

const struct rule_group *
rules_group(const struct rules *rules, const char *name)
{
	return find(rules->groups, is_same, name);
}

const struct rule_vm *
rules_vm(const struct rules *rules, const char *name)
{
	return find(rules->vms, is_pattern_of, name);
}

const struct sequence *
rules_sequence(const struct rules *rules, const char *name)
{
	return find(rules->sequences, is_same, name);
}

bool
rule_group_has(const struct rule_group *group, const char *vm)
{
	for (char *const *member = group->members; *member != NULL; member++)
		if (is_pattern_of(*member, vm))
			return true;
	return false;
}

bool
rules_target_is(const struct rules *rules, const char *target, const char *vm)
{
	if (target[0] != '@')
		return is_pattern_of(target, vm);
	const struct rule_group *group = rules_group(rules, target + 1);
	return group != NULL && rule_group_has(group, vm);
}

const struct backup_rule *
rules_backup_of(const struct rules *rules, const char *vm)
{
	for (guint i = 0; i < rules->backups->len; i++) {
		const struct backup_rule *backup = rules->backups->pdata[i];
		for (char *const *target = backup->vms; *target != NULL; target++)
			if (rules_target_is(rules, *target, vm))
				return backup;
	}
	return NULL;
}

/* --- reading */

struct reader {
	struct rules *rules;
	GKeyFile *file;
	const char *section;
	const char *name; /* behind the section's first word */
	char **key;       /* where to tell which one is wrong */
};

static bool G_GNUC_PRINTF(4, 5)
refuse(const struct reader *r, const char *key, GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	*r->key = g_strdup(key);
	g_set_error_literal(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE, text);
	return false;
}

/* Words between blanks or commas; *out stays as it is where the key is missing. */
static bool
take_list(const struct reader *r, const char *key, char ***out, GError **error)
{
	g_autofree char *text = g_key_file_get_string(r->file, r->section, key, NULL);

	if (text == NULL)
		return true;
	*out = words_split(text, " \t,");
	guint n = g_strv_length(*out);
	if (n == 0)
		return refuse(r, key, error, "%s: at least one name is wanted", key);
	return n <= LIST_MOST || refuse(r, key, error, "%s: more than %d names", key, LIST_MOST);
}

static bool
check_keys(const struct reader *r, const char *const *known, GError **error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(r->file, r->section, NULL, NULL);

	for (char **key = keys; *key != NULL; key++) {
		if (g_strv_contains(known, *key))
			continue;
		g_autofree char *list = g_strjoinv(", ", (char **)known);
		return refuse(r, *key, error, "unknown key \"%s\" in [%s] (known: %s)", *key,
		    r->section, list);
	}
	return true;
}

static bool
take_rule(const struct reader *r, struct rule_group *group, GError **error)
{
	g_autofree char *rule = g_key_file_get_string(r->file, r->section, "rule", NULL);

	group->has_rule = rule != NULL;
	group->apart = g_strcmp0(rule, "apart") == 0;
	return rule == NULL || group->apart || strcmp(rule, "together") == 0 ||
	    refuse(r, "rule", error, "rule = %s: together or apart is wanted", rule);
}

static bool
read_group(const struct reader *r, GError **error)
{
	static const char *const known[] = { "members", "rule", NULL };
	struct rule_group *group = g_new0(struct rule_group, 1);
	bool again = rules_group(r->rules, r->name) != NULL;

	group->name = g_strdup(r->name);
	g_ptr_array_add(r->rules->groups, group);
	if (again)
		return refuse(r, NULL, error, "[%s]: a second group of that name", r->section);
	if (!check_keys(r, known, error) ||
	    !take_list(r, "members", &group->members, error) || !take_rule(r, group, error))
		return false;
	return group->members != NULL ||
	    refuse(r, NULL, error, "[%s] has no key \"members\"", r->section);
}

static bool
read_vm(const struct reader *r, GError **error)
{
	static const char *const known[] = { "nodes", "prefer", NULL };
	struct rule_vm *vm = g_new0(struct rule_vm, 1);

	vm->name = g_strdup(r->name);
	g_ptr_array_add(r->rules->vms, vm);
	return check_keys(r, known, error) && take_list(r, "nodes", &vm->nodes, error) &&
	    take_list(r, "prefer", &vm->prefer, error);
}

/* Keys are 1, 2, 3, ... in that order. */
static bool
read_sequence(const struct reader *r, GError **error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(r->file, r->section, NULL, NULL);
	struct sequence *sequence = sequence_new(r->name);
	bool again = rules_sequence(r->rules, r->name) != NULL;

	g_ptr_array_add(r->rules->sequences, sequence);
	if (again)
		return refuse(r, NULL, error, "[%s]: a second sequence of that name",
		    r->section);
	for (unsigned i = 0; keys[i] != NULL; i++) {
		g_autofree char *number = g_strdup_printf("%u", i + 1);
		g_autoptr(GError) why = NULL;
		if (strcmp(keys[i], number) != 0)
			return refuse(r, keys[i], error, "key \"%s\" in [%s]: the steps are "
			    "numbered 1, 2, 3, ..., and %s comes here", keys[i], r->section,
			    number);
		g_autofree char *text =
		    g_key_file_get_string(r->file, r->section, keys[i], &why);
		if (text == NULL || !sequence_add_step(sequence, text, &why))
			return refuse(r, keys[i], error, "step %s of sequence %s: %s", number,
			    r->name, why->message);
	}
	return sequence->steps->len > 0 ||
	    refuse(r, NULL, error, "[%s] has no steps", r->section);
}

static const struct section {
	const char *word;
	bool (*read)(const struct reader *, GError **);
} sections[] = {
	{ "group ",    read_group },
	{ "vm ",       read_vm },
	{ "sequence ", read_sequence },
};

static const struct section *
find_section(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
		if (g_str_has_prefix(name, sections[i].word))
			return &sections[i];
	return NULL;
}

bool
rules_is_section(const char *section)
{
	return find_section(section) != NULL;
}

/* VMs have such names, and jobs are called after sequences. */
static bool
is_name(const char *text)
{
	return *text != '\0' && strlen(text) <= 63 && text[0] != '@' &&
	    strpbrk(text, " \t,") == NULL;
}

bool
rules_read(struct rules *rules, GKeyFile *file, const char *section, char **key,
    GError **error)
{
	const struct section *s = find_section(section);
	g_autofree char *name = g_strstrip(g_strdup(section + strlen(s->word)));
	struct reader r = { rules, file, section, name, key };

	*key = NULL;
	if (!is_name(name))
		return refuse(&r, NULL, error,
		    "[%s]: a name of 1 to 63 characters without blanks is wanted", section);
	return s->read(&r, error);
}

/* --- what only shows when all is read */

struct check {
	const struct rules *rules;
	bool (*is_node)(const void *context, const char *name);
	const void *context;
	char **section, **key; /* where to tell what is wrong: "vm db1", "nodes" */
};

/* The section is KIND NAME.  Always false. */
static bool G_GNUC_PRINTF(6, 7)
complain(const struct check *c, const char *kind, const char *name, const char *key,
    GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	*c->section = g_strconcat(kind, " ", name, NULL);
	*c->key = g_strdup(key);
	g_set_error_literal(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE, text);
	return false;
}

static bool
check_nodes(const struct check *c, const struct rule_vm *vm, const char *key,
    char *const *nodes, GError **error)
{
	for (; nodes != NULL && *nodes != NULL; nodes++)
		if (!c->is_node(c->context, *nodes))
			return complain(c, "vm", vm->name, key, error,
			    "%s: there is no [node %s]", key, *nodes);
	return true;
}

static bool
check_steps(const struct check *c, const struct sequence *sequence, GError **error)
{
	for (guint i = 0; i < sequence->steps->len; i++) {
		const struct step *step = sequence->steps->pdata[i];
		if (step->target == NULL || step->target[0] != '@' ||
		    rules_group(c->rules, step->target + 1) != NULL)
			continue;
		g_autofree char *number = g_strdup_printf("%u", i + 1);
		return complain(c, "sequence", sequence->name, number, error,
		    "step %s of sequence %s: there is no [group %s]", number,
		    sequence->name, step->target + 1);
	}
	return true;
}

static bool
check_backup(const struct check *c, const struct backup_rule *backup, GError **error)
{
	for (char *const *target = backup->vms; *target != NULL; target++)
		if ((*target)[0] == '@' && rules_group(c->rules, *target + 1) == NULL)
			return complain(c, "backup", backup->name, "vms", error,
			    "vms: there is no [group %s]", *target + 1);
	return true;
}

bool
rules_check(const struct rules *rules, bool (*is_node)(const void *context, const char *),
    const void *context, char **section, char **key, GError **error)
{
	struct check c = { rules, is_node, context, section, key };

	*section = *key = NULL;
	for (guint i = 0; i < rules->vms->len; i++) {
		const struct rule_vm *vm = rules->vms->pdata[i];
		if (!check_nodes(&c, vm, "nodes", vm->nodes, error) ||
		    !check_nodes(&c, vm, "prefer", vm->prefer, error))
			return false;
	}
	for (guint i = 0; i < rules->sequences->len; i++)
		if (!check_steps(&c, rules->sequences->pdata[i], error))
			return false;
	for (guint i = 0; i < rules->backups->len; i++)
		if (!check_backup(&c, rules->backups->pdata[i], error))
			return false;
	return true;
}
