/* All listings, and finding them. */
#include "cli/display.h"

#include <string.h>

const struct listing *const listings[] = {
	&node_listing,
	&vm_listing,
	&top_listing,
	&vcpu_listing,
	&disk_listing,
	&nic_listing,
	&snapshot_listing,
	&pool_listing,
	&pool_node_listing,
	&volume_listing,
	&export_listing,
	&app_listing,
	&job_listing,
	&event_listing,
	&alarm_listing,
	&advice_listing,
	&sequence_listing,
	&template_listing,
	&backup_listing,
	&schedule_listing,
	NULL,
};

const struct listing *
listing_of_verb(const char *verb)
{
	for (size_t i = 0; listings[i] != NULL; i++)
		if (strcmp(listings[i]->verb, verb) == 0)
			return listings[i];
	return NULL;
}

const struct listing *
listing_of_kind(const char *kind)
{
	for (size_t i = 0; listings[i] != NULL; i++)
		if (g_strcmp0(listings[i]->kind, kind) == 0)
			return listings[i];
	return NULL;
}

const char *
listing_request(const struct listing *l)
{
	return l->asks != NULL ? l->asks : l->verb;
}

const char *const *
listing_words(const struct listing *l, const char *option)
{
	for (const struct filter *f = l->filters; f->option != NULL; f++)
		if (strcmp(f->option, option) == 0)
			return f->words;
	return NULL;
}

const char *
display_key(const struct listing *l, const char *column)
{
	for (const struct field *f = l->list; f->key != NULL; f++)
		if (g_ascii_strcasecmp(f->header, column) == 0 ||
		    g_ascii_strcasecmp(f->key, column) == 0)
			return f->key;
	return NULL;
}

const char **
display_columns(const struct listing *l)
{
	size_t n = 0;

	while (l->list[n].key != NULL)
		n++;
	const char **words = g_new0(const char *, n + 1);
	for (size_t i = 0; i < n; i++)
		words[i] = l->list[i].header;
	return words;
}

bool
display_check_sort(const struct listing *l, const char *column, GError **error)
{
	if (column == NULL || display_key(l, column) != NULL)
		return true;
	g_autofree const char **columns = display_columns(l);
	g_autofree char *known = g_strjoinv(", ", (char **)columns);
	g_autofree char *lower = g_ascii_strdown(known, -1);
	g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
	    "%s: there is no column \"%s\" (there are %s)", l->verb, column, lower);
	return false;
}

bool
display_is_sum(const char *key)
{
	return key[0] == '+';
}

void
display_keys(const struct field *fields, bool wide, GPtrArray *keys)
{
	for (const struct field *f = fields; f->key != NULL; f++) {
		if (f->width == WIDE && !wide)
			continue;
		if (!display_is_sum(f->key))
			g_ptr_array_add(keys, (gpointer)f->key);
		g_auto(GStrv) with = g_strsplit(f->with != NULL ? f->with : "", " ", -1);
		for (size_t i = 0; with[i] != NULL; i++)
			g_ptr_array_add(keys, (gpointer)g_intern_string(with[i]));
	}
}
