# A made-up cluster for the tests of the web page.
check_PROGRAMS += tests/web/cluster
tests_web_cluster_SOURCES = tests/web/cluster.c tests/web/loads.c tests/web/rows.c \
	tests/web/made_up.h
tests_web_cluster_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS) $(RRD_CFLAGS)
tests_web_cluster_LDADD = agent/libcontrol.la graphs/libgraphs.la $(GLIB_LIBS) $(RRD_LIBS) -lm
EXTRA_DIST += tests/web/browser.py tests/web/pictures
