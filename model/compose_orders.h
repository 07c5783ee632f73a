/*
 * The orders in which rows are found by something else than their index.  For compose only.
 */
#ifndef VCL_MODEL_COMPOSE_ORDERS_H
#define VCL_MODEL_COMPOSE_ORDERS_H

#include "model/cluster.h"

/* Jobs by their object, the oldest first. */
void compose_job_order(struct cluster *next);

/* Backups by their VM, the oldest first. */
void compose_backup_order(struct cluster *next);

/* Alarms by their object, the worst first. */
void compose_alarm_order(struct cluster *next);

/* VMs by UUID; shared with the value before while VMs neither came nor went. */
void compose_uuids(struct cluster *next, const struct cluster *previous);

#endif
