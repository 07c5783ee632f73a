# The daemon as other programs see it: cli/ and web/ are built upon it.
noinst_LTLIBRARIES += client/libclient.la
client_libclient_la_SOURCES = \
	client/cells.c client/cells.h \
	client/client.c client/client.h client/client_way.h \
	client/client_socket.c \
	client/format.c client/format.h \
	client/tone.h
client_libclient_la_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
client_libclient_la_LIBADD = common/libcommon.la $(JSON_LIBS)
