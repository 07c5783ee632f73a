# Benchmarks: `make bench`; never part of the tests, for times are noise.
EXTRA_PROGRAMS = tests/bench/bench_engine tests/bench/bench_bulk tests/bench/bench_rrd
tests_bench_bench_rrd_CFLAGS = $(AM_CFLAGS)
tests_bench_bench_rrd_LDADD = graphs/libgraphs.la $(GLIB_LIBS)
tests_bench_bench_engine_CFLAGS = $(AM_CFLAGS)
tests_bench_bench_engine_LDADD = agent/libengine.la $(GLIB_LIBS)
tests_bench_bench_bulk_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS)
tests_bench_bench_bulk_LDADD = $(LIBVIRT_LIBS) $(GLIB_LIBS)
CLEANFILES += $(EXTRA_PROGRAMS)
EXTRA_DIST += tests/bench/browsers tests/bench/browsers.py tests/bench/overhead tests/bench/latency tests/bench/latency.py tests/bench/bench_calls.c
CLEANFILES += tests/bench/bench_calls.so

.PHONY: bench bench-browsers bench-overhead bench-latency bench-rrd
bench: tests/bench/bench_engine$(EXEEXT)
	tests/bench/bench_engine

# A hundred guests on a lab host: as root, five minutes.
bench-overhead: all tests/bench/bench_bulk$(EXEEXT)
	VCL_BUILD='$(abs_top_builddir)' $(top_srcdir)/tests/bench/overhead

# A library to be preloaded, so no libtool.
tests/bench/bench_calls.so: $(srcdir)/tests/bench/bench_calls.c
	@mkdir -p tests/bench
	$(CC) $(LIBVIRT_CFLAGS) -O2 -shared -fPIC -o $@ $(srcdir)/tests/bench/bench_calls.c -ldl

# One guest on a lab host: as root, two minutes.
bench-latency: all tests/bench/bench_calls.so
	VCL_BUILD='$(abs_top_builddir)' $(top_srcdir)/tests/bench/latency

# The files of two hundred VMs in a directory of their own, which goes again: 1 GB.
bench-rrd: tests/bench/bench_rrd$(EXEEXT)
	d=$$(mktemp -d) && { tests/bench/bench_rrd $$d 200; rm -rf $$d; }

# Ten thousand VMs of the test driver, and ten browsers: five minutes.
bench-browsers: all tests/web/cluster$(EXEEXT)
	VCL_BUILD='$(abs_top_builddir)' $(top_srcdir)/tests/bench/browsers
