noinst_LTLIBRARIES += common/libcommon.la
common_libcommon_la_SOURCES = \
	common/answer.c common/answer.h \
	common/db.c common/db.h \
	common/log.c common/log.h \
	common/remote.c common/remote.h \
	common/scoped.h \
	common/search.h \
	common/spawned.c common/spawned.h \
	common/sync.c common/sync.h \
	common/ticker.c common/ticker.h \
	common/wire.c common/wire.h \
	common/words.c common/words.h
common_libcommon_la_LIBADD = $(GLIB_LIBS) $(SQLITE_LIBS)
common_libcommon_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)

# libvirt only for those who talk to it
noinst_LTLIBRARIES += common/libvirtutil.la
common_libvirtutil_la_SOURCES = common/virt.c common/virt.h
common_libvirtutil_la_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS)
common_libvirtutil_la_LIBADD = $(LIBVIRT_LIBS)

# XML for those who read it
noinst_LTLIBRARIES += common/libsafexml.la
common_libsafexml_la_SOURCES = common/safe_xml.c common/safe_xml.h \
	common/xml_tree.c common/xml_tree.h
common_libsafexml_la_CFLAGS = $(AM_CFLAGS) $(LIBXML_CFLAGS)
common_libsafexml_la_LIBADD = $(GLIB_LIBS) $(LIBXML_LIBS)

# JSON for those who read what others wrote
noinst_LTLIBRARIES += common/libsafejson.la
common_libsafejson_la_SOURCES = common/safe_json.c common/safe_json.h
common_libsafejson_la_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
common_libsafejson_la_LIBADD = $(GLIB_LIBS) $(JSON_LIBS)
