noinst_LTLIBRARIES += collectors/libcollectors.la
collectors_libcollectors_la_SOURCES = \
	collectors/collectors.c collectors/collectors.h \
	collectors/device_calls.c collectors/device_calls.h \
	collectors/device_look.c collectors/device_look.h \
	collectors/device_number.c collectors/device_number.h \
	collectors/device_rows.c collectors/device_rows.h \
	collectors/device_sums.c collectors/device_sums.h \
	collectors/domain_config.c collectors/domain_config.h \
	collectors/domain_reading.c collectors/domain_reading.h \
	collectors/domain_state.c collectors/domain_state.h \
	collectors/domain_stats.c collectors/domain_stats.h \
	collectors/events.c \
	collectors/exports.c collectors/exports.h \
	collectors/facts.c collectors/facts.h \
	collectors/feed.c collectors/feed.h \
	collectors/host.c collectors/host_feeds.c collectors/host.h collectors/host_private.h \
	collectors/link.c collectors/link.h \
	collectors/node_stats.c collectors/node_stats.h \
	collectors/pacemaker.c collectors/pacemaker.h \
	collectors/pacemaker_apps.c collectors/pacemaker_private.h \
	collectors/pacemaker_cib.c collectors/pacemaker_cib.h \
	collectors/pacemaker_instance.c collectors/pacemaker_nodes.c \
	collectors/pacemaker_look.c collectors/pacemaker_look.h \
	collectors/picture.c collectors/picture.h \
	collectors/sick.c collectors/sick.h \
	collectors/review/ask.c collectors/review/ask.h \
	collectors/review/review.c collectors/review/review.h collectors/review/review_private.h \
	collectors/review/checks.c collectors/review/checks_cluster.c \
	collectors/review/checks_corosync.c collectors/review/checks_fencing.c \
	collectors/review/checks_files.c collectors/review/checks_nodes.c \
	collectors/review/checks_vms.c \
	collectors/review/definition.c collectors/review/judge.c collectors/review/reading.c \
	collectors/probe_record.c collectors/probe_record.h \
	collectors/sample.c collectors/sample.h \
	collectors/snapshot_facts.c collectors/snapshot_facts.h \
	collectors/storage.c collectors/storage.h \
	collectors/storage_config.c collectors/storage_config.h \
	collectors/storage_look.c collectors/storage_look.h \
	collectors/storage_memory.c collectors/storage_private.h collectors/storage_volumes.c \
	collectors/vm_facts.c collectors/vm_facts.h \
	collectors/watcher.c
collectors_libcollectors_la_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS) $(JSON_CFLAGS) \
	$(LIBXML_CFLAGS)
collectors_libcollectors_la_LIBADD = model/libmodel.la common/libvirtutil.la \
	common/libsafexml.la common/libsafejson.la $(JSON_LIBS)
