# Man pages are made where the directories are known; the rest is for reading in the tree.
doc_made = doc/virtcluster.1 doc/virtcluster-probe.1 doc/virtclusterd.8 \
	doc/virtcluster-export.8 doc/virtcluster-web.8 doc/virtcluster.conf.5
man_MANS = $(doc_made)
CLEANFILES += $(doc_made)
EXTRA_DIST += doc/virtcluster.1.in doc/virtcluster-probe.1.in doc/virtclusterd.8.in \
	doc/virtcluster-export.8.in doc/virtcluster-web.8.in doc/virtcluster.conf.5.in \
	doc/architecture.md doc/benchmarks.md doc/control-protocol.md doc/mib-guide.md \
	doc/high-availability.md doc/operators-guide.md \
	doc/troubleshooting.md \
	doc/pictures/overview.png doc/pictures/vm.png

doc/virtcluster.1: doc/virtcluster.1.in Makefile
	$(vcl_make)
doc/virtcluster-probe.1: doc/virtcluster-probe.1.in Makefile
	$(vcl_make)
doc/virtclusterd.8: doc/virtclusterd.8.in Makefile
	$(vcl_make)
doc/virtcluster-export.8: doc/virtcluster-export.8.in Makefile
	$(vcl_make)
doc/virtcluster-web.8: doc/virtcluster-web.8.in Makefile
	$(vcl_make)
doc/virtcluster.conf.5: doc/virtcluster.conf.5.in Makefile
	$(vcl_make)
