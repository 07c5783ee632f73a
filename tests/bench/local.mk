# Benchmarks: `make bench`; never part of the tests, for times are noise.
EXTRA_PROGRAMS = tests/bench/bench_engine
tests_bench_bench_engine_CFLAGS = $(AM_CFLAGS)
tests_bench_bench_engine_LDADD = agent/libengine.la $(GLIB_LIBS)
CLEANFILES += $(EXTRA_PROGRAMS)

.PHONY: bench
bench: $(EXTRA_PROGRAMS)
	@for b in $(EXTRA_PROGRAMS); do echo "== $$b"; $$b || exit 1; done
