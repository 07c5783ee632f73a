noinst_LTLIBRARIES += vmops/libvmops.la
vmops_libvmops_la_SOURCES = \
	vmops/admission.c vmops/admission.h \
	vmops/agenda.c vmops/agenda.h \
	vmops/backup_log.c vmops/backup_log.h vmops/jobs_backups.c \
	vmops/backup.h vmops/backup_catalogue.c vmops/backup_check.c vmops/backup_files.c \
	vmops/backup_cold.c vmops/backup_live.c vmops/backup_plan.c vmops/backup_xml.c \
	vmops/backup_make.c vmops/backup_making.h vmops/backup_prepare.c \
	vmops/op_backup.c vmops/op_backup_keep.c vmops/op_backup_scan.c \
	vmops/op_restore.c vmops/restore.h vmops/restore_check.c vmops/restore_xml.c \
	vmops/backend_libvirt.c vmops/backend_libvirt.h \
	vmops/block_job.c vmops/block_job.h \
	vmops/app.h vmops/app_act.c vmops/app_check.c vmops/app_wait.c vmops/op_app.c \
	vmops/crm.c vmops/crm.h vmops/crm_cib.c vmops/crm_cib.h \
	vmops/ha.h vmops/ha_check.c vmops/ha_domain.c vmops/ha_files.c vmops/ha_preflight.c \
	vmops/ha_volumes.c vmops/ha_xml.c vmops/op_ha_disable.c vmops/op_ha_enable.c \
	vmops/member.c vmops/member.h vmops/op_node_power.c \
	vmops/export.h vmops/export_call.c vmops/export_check.c vmops/op_export.c \
	vmops/host_call.c vmops/host_call.h \
	vmops/drafts.c vmops/drafts.h \
	vmops/inbox.c vmops/inbox.h \
	vmops/job_log.c vmops/job_log.h \
	vmops/job_record.c vmops/job_record.h \
	vmops/jobs.c vmops/jobs.h vmops/jobs_private.h \
	vmops/jobs_admit.c vmops/jobs_dispatch.c \
	vmops/jobs_door.c vmops/jobs_edit.c vmops/jobs_keep.c vmops/jobs_rows.c vmops/jobs_run.c \
	vmops/long_call.c vmops/long_call.h \
	vmops/migrate.h vmops/migrate_check.c vmops/migrate_conditions.c \
	vmops/migrate_config.c vmops/migrate_disks.c vmops/migrate_plan.c \
	vmops/migrate_private.h vmops/migrate_after.c vmops/migrate_call.c \
	vmops/migrate_live.c vmops/migrate_look.c vmops/migrate_offline.c \
	vmops/migrate_preflight.c vmops/migrate_say.c vmops/migrate_storage.c \
	vmops/migrate_watch.c vmops/op_migrate.c \
	vmops/balancer.c vmops/balancer.h \
	vmops/scheduler.c vmops/scheduler.h \
	vmops/children.c vmops/children.h vmops/jobs_marks.c \
	vmops/clone.h vmops/clone_backup.c vmops/clone_check.c vmops/clone_discs.c \
	vmops/clone_disks.c \
	vmops/clone_guest.c vmops/op_clone.c vmops/op_template.c \
	vmops/create.h vmops/create_check.c vmops/create_seed.c vmops/create_volumes.c \
	vmops/create_guest.c vmops/create_xml.c vmops/op_create.c \
	vmops/new_identity.c vmops/new_identity.h vmops/new_identity_devices.c \
	vmops/new_identity_disks.c vmops/new_identity_private.h \
	vmops/template.c vmops/template.h vmops/templates.c vmops/templates.h \
	vmops/op_balance.c vmops/op_node.c vmops/op_sequence.c \
	vmops/placer.c vmops/placer.h vmops/placer_choose.c vmops/placer_load.c \
	vmops/placer_plan.c vmops/placer_private.h \
	vmops/jobs_wishes.c \
	vmops/keys.c vmops/keys.h \
	vmops/op_common.c vmops/op_config.c vmops/op_guest.c vmops/op_keys.c \
	vmops/op_pool.c vmops/op_power.c vmops/op_suspend.c \
	vmops/op_volume.c vmops/op_volume_copy.c vmops/op_volume_live.c \
	vmops/ops.c vmops/ops.h vmops/push_backup.c vmops/push_backup.h \
	vmops/quiesce.c vmops/quiesce.h \
	vmops/storage.c vmops/storage.h vmops/storage_check.c vmops/storage_copy.c \
	vmops/storage_place.c vmops/storage_users.c \
	vmops/storage_read.c vmops/storage_xml.c \
	vmops/op_transfer.c vmops/transfer.h vmops/transfer_file.c \
	vmops/op_snapshot.c vmops/op_snapshot_delete.c vmops/op_snapshot_revert.c \
	vmops/snapshot.h vmops/snapshot_plan.c vmops/snapshot_storage.c vmops/snapshot_xml.c \
	vmops/vnode.h vmops/vnode_act.c vmops/vnode_check.c vmops/vnode_drain.c \
	vmops/vnode_trial.c vmops/vnode_xml.c \
	vmops/op_vnode.c \
	vmops/worker.c vmops/worker.h
vmops_libvmops_la_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS) $(SQLITE_CFLAGS) \
	$(LIBXML_CFLAGS) $(JSON_CFLAGS) $(ISOFS_CFLAGS)
vmops_libvmops_la_LIBADD = model/libmodel.la common/libvirtutil.la common/libsafexml.la \
	common/libsafejson.la \
	$(JSON_LIBS) $(ISOFS_LIBS)
