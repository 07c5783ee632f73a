noinst_LTLIBRARIES += model/libmodel.la
model_libmodel_la_SOURCES = \
	model/block.c model/block.h \
	model/cluster.c model/cluster.h \
	model/command.c \
	model/compose.c model/compose.h \
	model/derive.c model/derive.h \
	model/diff.c model/diff.h \
	model/names.c model/names.h \
	model/part.c model/part.h \
	model/request.c model/request.h \
	model/rows.h \
	model/settings.c model/settings.h \
	model/state.c model/state.h \
	model/store.c model/store.h \
	model/table.c model/table.h \
	model/tables.c \
	model/value.h
model_libmodel_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
model_libmodel_la_LIBADD = common/libcommon.la
