noinst_LTLIBRARIES += model/libmodel.la
model_libmodel_la_SOURCES = \
	model/admin_state.c model/admin_state.h \
	model/backup_rule.c model/backup_rule.h \
	model/alarms.c model/alarms.h \
	model/block.c model/block.h \
	model/cluster.c model/cluster.h \
	model/command.c \
	model/compose.c model/compose.h \
	model/compose_apps.c model/compose_apps.h \
	model/compose_nodes.c model/compose_nodes.h \
	model/compose_orders.c model/compose_orders.h \
	model/compose_storage.c model/compose_storage.h \
	model/compose_stopped.c model/compose_stopped.h \
	model/compose_vms.c model/compose_vms.h \
	model/derive.c model/derive.h \
	model/diff.c model/diff.h \
	model/conditions.c model/conditions.h \
	model/find.c model/find.h \
	model/health.c model/health.h \
	model/history.c model/history.h \
	model/marks.c model/marks.h \
	model/members.c model/members.h \
	model/memory.c model/memory.h \
	model/lent.c model/lent.h \
	model/links.c model/links.h \
	model/name_index.c model/name_index.h \
	model/names.c model/names.h \
	model/part.c model/part.h \
	model/rates.c model/rates.h \
	model/refusal.c model/refusal.h \
	model/request.c model/request.h model/request_options.c \
	model/retention.c model/retention.h \
	model/row_json.c model/row_json.h \
	model/rows.h \
	model/rules.c model/rules.h \
	model/self.c model/self.h \
	model/schedule.c model/schedule.h \
	model/sequence.c model/sequence.h \
	model/settings.c model/settings.h \
	model/settings_file.c model/settings_file.h \
	model/settings_key.c model/settings_key.h \
	model/standing.c model/standing.h \
	model/state.c model/state.h \
	model/switches.c model/switches.h \
	model/store.c model/store.h \
	model/table.c model/table.h \
	model/tables.c model/tables_apps.c model/tables_archive.c model/tables_cluster.c model/tables_control.c \
	model/tables_devices.c model/tables_events.c model/tables_nodes.c \
	model/tables_private.h model/tables_storage.c model/tables_vms.c \
	model/tables_vm_mib.c model/tables_vm_mib_devices.c model/vm_mib.c model/vm_mib.h \
	model/value.h
model_libmodel_la_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS) $(SQLITE_CFLAGS)
model_libmodel_la_LIBADD = common/libcommon.la $(JSON_LIBS)
