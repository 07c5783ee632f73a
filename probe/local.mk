# It runs on every host, so it links as little as can be.
noinst_LTLIBRARIES += probe/libprobe.la
probe_libprobe_la_SOURCES = \
	probe/proc.c probe/proc.h \
	probe/reading.c probe/reading.h
probe_libprobe_la_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS) $(STATGRAB_CFLAGS)
probe_libprobe_la_LIBADD = $(JSON_LIBS) $(STATGRAB_LIBS)

bin_PROGRAMS += virtcluster-probe
virtcluster_probe_SOURCES = probe/main.c
virtcluster_probe_CFLAGS = $(AM_CFLAGS)
virtcluster_probe_LDADD = probe/libprobe.la $(GLIB_LIBS)
