# The program is main.c; the rest is a library, so that tests can link it.
noinst_LTLIBRARIES += cli/libcli.la
cli_libcli_la_SOURCES = \
	cli/act.h \
	cli/cli.c cli/cli.h \
	cli/display.c cli/display.h \
	cli/display_rows.c \
	cli/fetch.c cli/fetch.h \
	cli/filter.c cli/filter.h \
	cli/interrupt.c cli/interrupt.h \
	cli/keys.c cli/keys.h \
	cli/listings_apps.c cli/listings_devices.c cli/listings_machines.c \
	cli/listings_plans.c cli/listings_schedules.c cli/listings_records.c cli/listings_storage.c \
	cli/listings_top.c \
	cli/options.c cli/options.h \
	cli/output.c cli/output.h \
	cli/period.c cli/period.h \
	cli/screen.c cli/screen.h \
	cli/scroll.c cli/scroll.h \
	cli/sheet.c cli/sheet.h \
	cli/snmp/client.c cli/snmp/client.h \
	cli/snmp/find.c cli/snmp/find.h \
	cli/snmp/jobs.c cli/snmp/jobs.h \
	cli/snmp/manager.c cli/snmp/manager.h \
	cli/snmp/rows.c cli/snmp/rows.h \
	cli/span.c cli/span.h \
	cli/top.c cli/top.h \
	cli/verbs_act.c \
	cli/verbs_cluster.c \
	cli/verbs_complete.c \
	cli/verbs_graph.c \
	cli/verbs_list.c \
	cli/verbs_series.c \
	cli/verbs_show.c \
	cli/verbs_status.c \
	cli/verbs_top.c \
	cli/verbs_transfer.c \
	cli/watch.c cli/watch.h
cli_libcli_la_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS) $(NETSNMP_MANAGER_CFLAGS)
cli_libcli_la_LIBADD = client/libclient.la model/libmodel.la common/libcommon.la $(JSON_LIBS) \
	$(NETSNMP_MANAGER_LIBS)

bin_PROGRAMS += virtcluster
virtcluster_SOURCES = cli/main.c
virtcluster_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
virtcluster_LDADD = cli/libcli.la $(JSON_LIBS) $(GLIB_LIBS)
