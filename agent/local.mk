# snmp*.c are the only files that see net-snmp's headers.
noinst_LTLIBRARIES += agent/libengine.la
agent_libengine_la_SOURCES = \
	agent/bucket.c agent/bucket.h agent/engine.c agent/engine.h \
	agent/engine_set.c agent/engine_row.c agent/engine_private.h agent/gate.c agent/gate.h
agent_libengine_la_LIBADD = model/libmodel.la

noinst_LTLIBRARIES += agent/libsnmp.la
agent_libsnmp_la_SOURCES = \
	agent/snmp.c agent/snmp.h \
	agent/snmp_held.c agent/snmp_held.h agent/snmp_notify.c agent/snmp_notify.h \
	agent/snmp_set.c agent/snmp_set.h \
	agent/snmp_value.c agent/snmp_value.h
agent_libsnmp_la_CFLAGS = $(AM_CFLAGS) $(NETSNMP_CFLAGS)
agent_libsnmp_la_LIBADD = agent/libengine.la $(NETSNMP_LIBS)

noinst_LTLIBRARIES += agent/libcontrol.la
agent_libcontrol_la_SOURCES = \
	agent/control.c agent/control.h \
	agent/control_call.h \
	agent/control_graphs.c \
	agent/control_jobs.c \
	agent/control_order.c agent/control_order.h \
	agent/control_review.c \
	agent/control_rows.c \
	agent/control_verbs.c agent/control_verbs.h \
	agent/json.c agent/json.h \
	agent/peer.c agent/peer.h \
	agent/reply.c agent/reply.h
agent_libcontrol_la_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
agent_libcontrol_la_LIBADD = model/libmodel.la $(JSON_LIBS)

sbin_PROGRAMS += virtclusterd
virtclusterd_SOURCES = agent/main.c agent/keeper.c agent/keeper.h
virtclusterd_CFLAGS = $(AM_CFLAGS)
virtclusterd_LDADD = agent/libsnmp.la agent/libcontrol.la collectors/libcollectors.la \
	vmops/libvmops.la graphs/libgraphs.la $(GLIB_LIBS)
