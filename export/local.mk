# It runs on the hosts that have volumes to share, so it links as little as can be.
noinst_LTLIBRARIES += export/libexport.la
export_libexport_la_SOURCES = \
	export/members.c export/members.h \
	export/launch.c export/launch.h \
	export/listing.c export/listing.h \
	export/net.c export/net.h \
	export/process.c export/process.h \
	export/record.c export/record.h \
	export/request.c export/request.h \
	export/say.c export/say.h \
	export/server.c export/server.h export/setup.h \
	export/verbs.c export/verbs.h \
	export/watch.c export/watch.h
export_libexport_la_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
export_libexport_la_LIBADD = $(JSON_LIBS)

bin_PROGRAMS += virtcluster-export
virtcluster_export_SOURCES = export/main.c
virtcluster_export_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
virtcluster_export_LDADD = export/libexport.la $(GLIB_LIBS)
