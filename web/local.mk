# The program is main.c; the rest is a library, so that tests can link it.
noinst_LTLIBRARIES += web/libweb.la
web_libweb_la_SOURCES = \
	web/api.c web/api.h \
	web/ask.c web/ask.h \
	web/assets.c web/assets.h \
	web/cache.c web/cache.h \
	web/crew.c web/crew.h \
	web/graph.c web/graph.h web/graph_page.c \
	web/hosts.c web/hosts.h \
	web/html.c web/html.h \
	web/listing.c web/listing.h \
	web/metrics.c web/metrics.h \
	web/object.c web/object.h \
	web/page.c web/web.h \
	web/page_alarms.c web/page_apps.c web/page_devices.c web/page_events.c \
	web/page_exports.c web/page_jobs.c web/page_node.c web/page_overview.c web/page_pool.c \
	web/page_top.c web/page_trends.c web/page_vm.c web/page_vms.c \
	web/page_volume.c web/pages.h \
	web/routes.c web/routes.h \
	web/server.c web/server.h \
	web/span.c web/span.h \
	web/url.c web/url.h \
	web/view.c web/view_some.c web/view.h
nodist_web_libweb_la_SOURCES = web/resources.c web/resources.h
web_libweb_la_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS) $(MHD_CFLAGS)
web_libweb_la_LIBADD = client/libclient.la model/libmodel.la $(JSON_LIBS) $(MHD_LIBS)

sbin_PROGRAMS += virtcluster-web
virtcluster_web_SOURCES = web/main.c
virtcluster_web_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
virtcluster_web_LDADD = web/libweb.la $(JSON_LIBS) $(GLIB_LIBS)

# Style, script and icon become a part of the program.
web_assets = web/assets/resources.xml web/assets/style.css web/assets/script.js \
	web/assets/icon.svg
EXTRA_DIST += $(web_assets)
BUILT_SOURCES += web/resources.c web/resources.h
CLEANFILES += web/resources.c web/resources.h
web_compile = $(AM_V_GEN)$(MKDIR_P) web && $(GLIB_COMPILE_RESOURCES) \
	--sourcedir=$(srcdir)/web/assets --c-name=web

web/resources.c: $(web_assets) Makefile
	$(web_compile) --generate-source --target=$@ $(srcdir)/web/assets/resources.xml
web/resources.h: $(web_assets) Makefile
	$(web_compile) --generate-header --target=$@ $(srcdir)/web/assets/resources.xml
$(web_libweb_la_OBJECTS): web/resources.h
