/*
 * [backup NAME]: which VMs are backed up when and where, and which backups stay.
 */
#ifndef VCL_MODEL_BACKUP_RULE_H
#define VCL_MODEL_BACKUP_RULE_H

#include <glib.h>
#include <stdbool.h>

#include "model/retention.h"
#include "model/schedule.h"

struct backup_rule {
	char *name;
	char *pool;
	char **vms;  /* names, patterns, "@group" */
	char *when;  /* the schedule as it stands in the configuration */
	char *words; /* the list of VMs, likewise */
	struct schedule schedule;
	int overdue;    /* seconds after the last backup */
	int full_every; /* each Nth backup is a full one */
	int parallel;   /* at once on one node */
	int bandwidth;  /* MiB/s, 0: no limit */
	bool quiesce;
	struct retention keep;
	char *late; /* overdue as it stands in the configuration, "": two periods */
};

struct settings_file;

/*
 * That section of the file; never NULL: with an error, a sentence that names file, line
 * and key, it is not complete.
 */
struct backup_rule *backup_rule_read(const struct settings_file *, const char *section,
    GError **);
void backup_rule_free(struct backup_rule *);

#endif
