noinst_LTLIBRARIES += graphs/libgraphs.la
graphs_libgraphs_la_SOURCES = \
	graphs/catalogue.c graphs/catalogue.h \
	graphs/draw.c graphs/draw.h \
	graphs/draw_text.c graphs/draw_text.h \
	graphs/drawing.c graphs/drawing.h graphs/drawing_files.c graphs/drawing_picture.c \
	graphs/rrd_complaints.c graphs/rrd_complaints.h \
	graphs/rrd_facts.c graphs/rrd_facts.h \
	graphs/rrd_feeds.c graphs/rrd_feeds.h \
	graphs/rrd_file.c graphs/rrd_file.h graphs/rrd_file_make.c graphs/rrd_file_private.h \
	graphs/rrd_layout.c graphs/rrd_layout.h \
	graphs/rrd_queue.c graphs/rrd_queue.h \
	graphs/rrd_rows.c graphs/rrd_rows.h \
	graphs/rrd_shelf.c graphs/rrd_shelf.h \
	graphs/rrd_sink.c graphs/rrd_sink.h \
	graphs/rrd_writer.c graphs/rrd_writer.h \
	graphs/series.c graphs/series.h \
	graphs/trend.c graphs/trend.h \
	graphs/trends.c graphs/trends.h \
	graphs/rrdcached.c graphs/rrdcached.h
graphs_libgraphs_la_CFLAGS = $(AM_CFLAGS) $(RRD_CFLAGS)
graphs_libgraphs_la_LIBADD = model/libmodel.la $(RRD_LIBS)
