# One program per module: unit_tests += NAME, NAME_SOURCES, NAME_CFLAGS, NAME_LDADD.

unit_libs = $(CMOCKA_LIBS) $(GLIB_LIBS)
unit_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
EXTRA_DIST += tests/unit/test.h

# --- model

unit_tests += tests/unit/test_compose tests/unit/test_store tests/unit/test_settings \
	tests/unit/test_model tests/unit/test_rates tests/unit/test_alarms
tests_unit_test_alarms_CFLAGS = $(unit_cflags)
tests_unit_test_alarms_LDADD = model/libmodel.la $(unit_libs)
tests_unit_test_compose_CFLAGS = $(unit_cflags)
tests_unit_test_compose_LDADD = model/libmodel.la $(unit_libs)
tests_unit_test_store_CFLAGS = $(unit_cflags)
tests_unit_test_store_LDADD = model/libmodel.la $(unit_libs)
tests_unit_test_settings_CFLAGS = $(unit_cflags)
tests_unit_test_settings_LDADD = model/libmodel.la $(unit_libs)
tests_unit_test_rates_CFLAGS = $(unit_cflags)
tests_unit_test_rates_LDADD = model/libmodel.la $(unit_libs)
tests_unit_test_model_CFLAGS = $(unit_cflags)
tests_unit_test_model_LDADD = model/libmodel.la $(unit_libs)

unit_tests += tests/unit/test_name_index
tests_unit_test_name_index_CFLAGS = $(unit_cflags)
tests_unit_test_name_index_LDADD = model/libmodel.la $(unit_libs)

unit_tests += tests/unit/test_sequence
tests_unit_test_sequence_CFLAGS = $(unit_cflags)
tests_unit_test_sequence_LDADD = model/libmodel.la $(unit_libs)

unit_tests += tests/unit/test_schedule tests/unit/test_retention
tests_unit_test_schedule_CFLAGS = $(unit_cflags)
tests_unit_test_schedule_LDADD = model/libmodel.la $(unit_libs)
tests_unit_test_retention_CFLAGS = $(unit_cflags)
tests_unit_test_retention_LDADD = model/libmodel.la $(unit_libs)

# --- the MIB and the tables say the same

unit_tests += tests/unit/test_mib
tests_unit_test_mib_CFLAGS = $(unit_cflags) $(NETSNMP_CFLAGS)
tests_unit_test_mib_LDADD = model/libmodel.la $(NETSNMP_LIBS) $(unit_libs)

# --- control socket and command line

EXTRA_DIST += tests/unit/control_fixture.h
unit_tests += tests/unit/test_control tests/unit/test_control_verbs \
	tests/unit/test_cli_keys tests/unit/test_cli_snmp tests/unit/test_cli_text \
	tests/unit/test_cli_top \
	tests/unit/test_cli_verbs tests/unit/test_find
tests_unit_test_find_CFLAGS = $(unit_cflags)
tests_unit_test_find_LDADD = agent/libcontrol.la $(unit_libs)
tests_unit_test_control_CFLAGS = $(unit_cflags) $(JSON_CFLAGS)
tests_unit_test_control_LDADD = agent/libcontrol.la $(unit_libs)
tests_unit_test_control_verbs_CFLAGS = $(unit_cflags) $(JSON_CFLAGS)
tests_unit_test_control_verbs_LDADD = agent/libcontrol.la $(unit_libs) $(JSON_LIBS)
tests_unit_test_cli_snmp_CFLAGS = $(unit_cflags) $(JSON_CFLAGS)
tests_unit_test_cli_snmp_LDADD = cli/libcli.la $(unit_libs) $(JSON_LIBS)
tests_unit_test_cli_text_CFLAGS = $(unit_cflags) $(JSON_CFLAGS)
tests_unit_test_cli_text_LDADD = cli/libcli.la $(unit_libs) $(JSON_LIBS)
tests_unit_test_cli_keys_CFLAGS = $(unit_cflags) $(JSON_CFLAGS)
tests_unit_test_cli_keys_LDADD = cli/libcli.la $(unit_libs) $(JSON_LIBS)
tests_unit_test_cli_top_CFLAGS = $(unit_cflags) $(JSON_CFLAGS)
tests_unit_test_cli_top_LDADD = cli/libcli.la $(unit_libs) $(JSON_LIBS)
tests_unit_test_cli_verbs_CFLAGS = $(unit_cflags) $(JSON_CFLAGS)
tests_unit_test_cli_verbs_LDADD = cli/libcli.la agent/libcontrol.la $(unit_libs) $(JSON_LIBS)

# --- graphs

EXTRA_DIST += tests/unit/rrd_fixture.h tests/lsan.supp tests/tsan.supp
unit_tests += tests/unit/test_rrd tests/unit/test_rrd_writer tests/unit/test_draw
tests_unit_test_rrd_CFLAGS = $(unit_cflags) $(RRD_CFLAGS)
tests_unit_test_rrd_LDADD = graphs/libgraphs.la $(unit_libs) $(RRD_LIBS) -lm
tests_unit_test_rrd_writer_CFLAGS = $(unit_cflags) $(RRD_CFLAGS)
tests_unit_test_rrd_writer_LDADD = graphs/libgraphs.la $(unit_libs) $(RRD_LIBS) -lm
tests_unit_test_draw_CFLAGS = $(unit_cflags) $(RRD_CFLAGS)
tests_unit_test_draw_LDADD = graphs/libgraphs.la $(unit_libs) $(RRD_LIBS) -lm

# --- state and jobs

EXTRA_DIST += tests/unit/jobs_fixture.h
unit_tests += tests/unit/test_state tests/unit/test_inbox tests/unit/test_job_log \
	tests/unit/test_jobs tests/unit/test_jobs_restart tests/unit/test_job_rows \
	tests/unit/test_actions tests/unit/test_keys tests/unit/test_migrate tests/unit/test_volumes
tests_unit_test_state_CFLAGS = $(unit_cflags) $(SQLITE_CFLAGS)
tests_unit_test_state_LDADD = model/libmodel.la $(unit_libs) $(SQLITE_LIBS)
tests_unit_test_inbox_CFLAGS = $(unit_cflags)
tests_unit_test_inbox_LDADD = vmops/libvmops.la $(unit_libs)
tests_unit_test_job_log_CFLAGS = $(unit_cflags)
tests_unit_test_job_log_LDADD = vmops/libvmops.la $(unit_libs)
jobs_wrap = -Wl,--wrap=virDomainReset,--wrap=virDomainCreate
tests_unit_test_jobs_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_jobs_LDFLAGS = $(AM_LDFLAGS) $(jobs_wrap)
tests_unit_test_jobs_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)
unit_tests += tests/unit/test_transfer
tests_unit_test_transfer_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_transfer_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)
tests_unit_test_volumes_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_volumes_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)
tests_unit_test_migrate_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_migrate_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)
tests_unit_test_jobs_restart_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_jobs_restart_LDFLAGS = $(AM_LDFLAGS) $(jobs_wrap)
tests_unit_test_jobs_restart_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)
tests_unit_test_actions_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_actions_LDFLAGS = $(AM_LDFLAGS) $(jobs_wrap),--wrap=virDomainSendKey
tests_unit_test_actions_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)
tests_unit_test_keys_CFLAGS = $(unit_cflags)
tests_unit_test_keys_LDADD = vmops/libvmops.la $(unit_libs)

unit_tests += tests/unit/test_agenda
tests_unit_test_agenda_CFLAGS = $(unit_cflags)
tests_unit_test_agenda_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)

unit_tests += tests/unit/test_vnode
tests_unit_test_vnode_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS) $(LIBXML_CFLAGS)
tests_unit_test_vnode_LDADD = vmops/libvmops.la common/libsafexml.la $(unit_libs) $(LIBVIRT_LIBS) $(LIBXML_LIBS)

unit_tests += tests/unit/test_placer
tests_unit_test_placer_CFLAGS = $(unit_cflags)
tests_unit_test_placer_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)

unit_tests += tests/unit/test_ha
tests_unit_test_ha_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS) $(LIBXML_CFLAGS)
tests_unit_test_ha_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS) $(LIBXML_LIBS)
unit_tests += tests/unit/test_ha_jobs
tests_unit_test_ha_jobs_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_ha_jobs_LDFLAGS = $(AM_LDFLAGS) $(jobs_wrap)
tests_unit_test_ha_jobs_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)
unit_tests += tests/unit/test_crm
tests_unit_test_crm_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS) $(LIBXML_CFLAGS)
tests_unit_test_crm_LDFLAGS = $(AM_LDFLAGS) $(jobs_wrap)
tests_unit_test_crm_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)
unit_tests += tests/unit/test_composite
tests_unit_test_composite_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_composite_LDFLAGS = $(AM_LDFLAGS) $(jobs_wrap) -Wl,--wrap=op_find
tests_unit_test_composite_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)

tests_unit_test_job_rows_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_job_rows_LDFLAGS = $(AM_LDFLAGS) $(jobs_wrap)
tests_unit_test_job_rows_LDADD = agent/libengine.la vmops/libvmops.la $(unit_libs) \
	$(LIBVIRT_LIBS)

# --- agent: the SNMP engine

unit_tests += tests/unit/test_engine
tests_unit_test_engine_CFLAGS = $(unit_cflags)
tests_unit_test_engine_LDADD = agent/libengine.la $(unit_libs)
unit_tests += tests/unit/test_bucket tests/unit/test_notify
tests_unit_test_notify_CFLAGS = $(unit_cflags)
tests_unit_test_notify_LDADD = agent/libengine.la $(unit_libs)
tests_unit_test_bucket_CFLAGS = $(unit_cflags)
tests_unit_test_bucket_LDADD = agent/libengine.la $(unit_libs)

# --- collectors

unit_tests += tests/unit/test_domain_stats tests/unit/test_facts tests/unit/test_picture \
	tests/unit/test_collectors tests/unit/test_domain_config tests/unit/test_device_rows
tests_unit_test_domain_config_CFLAGS = $(unit_cflags)
tests_unit_test_domain_config_LDADD = collectors/libcollectors.la $(unit_libs)
tests_unit_test_device_rows_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_device_rows_LDADD = collectors/libcollectors.la $(unit_libs) $(LIBVIRT_LIBS)
tests_unit_test_domain_stats_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_domain_stats_LDADD = collectors/libcollectors.la $(unit_libs) $(LIBVIRT_LIBS)
tests_unit_test_facts_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_facts_LDADD = collectors/libcollectors.la $(unit_libs) $(LIBVIRT_LIBS)
tests_unit_test_picture_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_picture_LDADD = collectors/libcollectors.la $(unit_libs) $(LIBVIRT_LIBS)
tests_unit_test_collectors_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_collectors_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=virConnectGetAllDomainStats
tests_unit_test_collectors_LDADD = collectors/libcollectors.la $(unit_libs) $(LIBVIRT_LIBS)
unit_tests += tests/unit/test_probe
tests_unit_test_probe_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_probe_LDADD = collectors/libcollectors.la probe/libprobe.la $(unit_libs) \
	$(LIBVIRT_LIBS)

unit_tests += tests/unit/test_host_exports
tests_unit_test_host_exports_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_host_exports_LDADD = collectors/libcollectors.la $(unit_libs) $(LIBVIRT_LIBS)

# --- the cluster manager

unit_tests += tests/unit/test_apps tests/unit/test_pacemaker tests/unit/test_pacemaker_thread
tests_unit_test_pacemaker_thread_CFLAGS = $(unit_cflags)
tests_unit_test_pacemaker_thread_LDADD = collectors/libcollectors.la $(unit_libs)
tests_unit_test_apps_CFLAGS = $(unit_cflags)
tests_unit_test_apps_LDADD = model/libmodel.la $(unit_libs)
tests_unit_test_pacemaker_CFLAGS = $(unit_cflags) -DTEST_DATA='"$(abs_top_srcdir)/tests/data"'
tests_unit_test_pacemaker_LDADD = collectors/libcollectors.la $(unit_libs)

unit_tests += tests/unit/test_review
tests_unit_test_review_CFLAGS = $(unit_cflags) $(LIBXML_CFLAGS) \
	-DTEST_DATA='"$(abs_top_srcdir)/tests/data"'
tests_unit_test_review_LDADD = collectors/libcollectors.la $(unit_libs) $(LIBXML_LIBS)

# --- storage

unit_tests += tests/unit/test_pools tests/unit/test_storage tests/unit/test_trend
tests_unit_test_pools_CFLAGS = $(unit_cflags)
tests_unit_test_pools_LDADD = model/libmodel.la $(unit_libs)
tests_unit_test_storage_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS) $(LIBXML_CFLAGS)
tests_unit_test_storage_LDADD = collectors/libcollectors.la $(unit_libs) $(LIBVIRT_LIBS)
tests_unit_test_trend_CFLAGS = $(unit_cflags) $(RRD_CFLAGS)
tests_unit_test_trend_LDADD = graphs/libgraphs.la $(unit_libs) $(RRD_LIBS) -lm

unit_tests += tests/unit/test_collectd tests/unit/test_history tests/unit/test_series
tests_unit_test_collectd_CFLAGS = $(unit_cflags) $(RRD_CFLAGS)
tests_unit_test_collectd_LDADD = graphs/libgraphs.la $(unit_libs) $(RRD_LIBS) -lm
tests_unit_test_series_CFLAGS = $(unit_cflags) $(RRD_CFLAGS)
tests_unit_test_series_LDADD = graphs/libgraphs.la $(unit_libs) $(RRD_LIBS) -lm
tests_unit_test_history_CFLAGS = $(unit_cflags) $(RRD_CFLAGS)
tests_unit_test_history_LDADD = graphs/libgraphs.la $(unit_libs) $(RRD_LIBS) -lm

# --- snapshots: what tells of them and what works on them

unit_tests += tests/unit/test_snapshot
tests_unit_test_snapshot_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_snapshot_LDADD = vmops/libvmops.la collectors/libcollectors.la $(unit_libs) \
	$(LIBVIRT_LIBS)

# --- templates

unit_tests += tests/unit/test_template
tests_unit_test_template_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS) $(LIBXML_CFLAGS)
tests_unit_test_template_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS) $(LIBXML_LIBS)
unit_tests += tests/unit/test_create
tests_unit_test_create_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_create_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)
unit_tests += tests/unit/test_volume_words
tests_unit_test_volume_words_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_volume_words_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)
unit_tests += tests/unit/test_unknown
tests_unit_test_unknown_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_unknown_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=virConnectListAllDomains,--wrap=virDomainGetXMLDesc \
	-Wl,--wrap=virDomainListAllSnapshots,--wrap=virDomainSnapshotGetXMLDesc
tests_unit_test_unknown_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)

# --- copies and merges under a running VM

unit_tests += tests/unit/test_block_job
tests_unit_test_block_job_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_block_job_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=virDomainBlockJobAbort,--wrap=virDomainGetBlockJobInfo
tests_unit_test_block_job_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)

# --- clones

unit_tests += tests/unit/test_new_identity
tests_unit_test_new_identity_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS) $(LIBXML_CFLAGS)
tests_unit_test_new_identity_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS) $(LIBXML_LIBS)

# --- backups

unit_tests += tests/unit/test_backup
tests_unit_test_backup_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_backup_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)
unit_tests += tests/unit/test_jobs_backups
tests_unit_test_jobs_backups_CFLAGS = $(unit_cflags) $(LIBVIRT_CFLAGS)
tests_unit_test_jobs_backups_LDFLAGS = $(AM_LDFLAGS) $(jobs_wrap)
tests_unit_test_jobs_backups_LDADD = vmops/libvmops.la $(unit_libs) $(LIBVIRT_LIBS)

# --- exports

unit_tests += tests/unit/test_export
tests_unit_test_export_CFLAGS = $(unit_cflags) $(JSON_CFLAGS)
tests_unit_test_export_LDADD = export/libexport.la $(unit_libs) $(JSON_LIBS)

# --- the web page

unit_tests += tests/unit/test_web tests/unit/test_web_server
tests_unit_test_web_CFLAGS = $(unit_cflags) $(JSON_CFLAGS)
tests_unit_test_web_LDADD = web/libweb.la $(unit_libs) $(JSON_LIBS)
tests_unit_test_web_server_CFLAGS = $(unit_cflags) $(JSON_CFLAGS)
tests_unit_test_web_server_LDADD = web/libweb.la agent/libcontrol.la $(unit_libs) $(JSON_LIBS)
