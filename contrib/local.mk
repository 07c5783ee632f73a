# Files with @...@ are made here rather than by configure, so that directories are
# expanded and can still be changed on make's command line.
vcl_subst = $(SED) -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@bindir[@]|$(bindir)|g' \
	-e 's|@sysconfdir[@]|$(sysconfdir)|g' -e 's|@localstatedir[@]|$(localstatedir)|g' \
	-e 's|@runstatedir[@]|$(runstatedir)|g' -e 's|@mibdir[@]|$(mibdir)|g' \
	-e 's|@DAEMON_USER[@]|$(DAEMON_USER)|g' -e 's|@OID_ROOT[@]|$(OID_ROOT)|g' \
	-e 's|@PACKAGE_VERSION[@]|$(PACKAGE_VERSION)|g'
vcl_make = $(AM_V_GEN)$(MKDIR_P) $(@D) && $(vcl_subst) $(srcdir)/$@.in > $@.tmp && mv $@.tmp $@

contrib_made = contrib/virtclusterd.service contrib/virtcluster-export.service \
	contrib/virtcluster-web.service \
	contrib/virtcluster.conf contrib/snmpd.conf.example contrib/sysusers.d/virtcluster.conf \
	contrib/tmpfiles.d/virtcluster.conf contrib/ocf/virtcluster contrib/ocf/snmpd \
	contrib/ha/snmpd.conf.example
EXTRA_DIST += contrib/virtclusterd.service.in contrib/virtcluster-export.service.in \
	contrib/virtcluster-web.service.in \
	contrib/virtcluster.conf.in contrib/snmpd.conf.example.in contrib/sysusers.d/virtcluster.conf.in \
	contrib/tmpfiles.d/virtcluster.conf.in contrib/ocf/virtcluster.in contrib/ocf/snmpd.in \
	contrib/ha/snmpd.conf.example.in
CLEANFILES += $(contrib_made)

contrib/virtclusterd.service: contrib/virtclusterd.service.in Makefile
	$(vcl_make)
contrib/virtcluster-export.service: contrib/virtcluster-export.service.in Makefile
	$(vcl_make)
contrib/virtcluster-web.service: contrib/virtcluster-web.service.in Makefile
	$(vcl_make)
contrib/virtcluster.conf: contrib/virtcluster.conf.in Makefile
	$(vcl_make)
contrib/snmpd.conf.example: contrib/snmpd.conf.example.in Makefile
	$(vcl_make)
contrib/sysusers.d/virtcluster.conf: contrib/sysusers.d/virtcluster.conf.in Makefile
	$(vcl_make)

contrib/tmpfiles.d/virtcluster.conf: contrib/tmpfiles.d/virtcluster.conf.in Makefile
	$(vcl_make)

contrib/ha/snmpd.conf.example: contrib/ha/snmpd.conf.example.in Makefile
	$(vcl_make)
contrib/ocf/virtcluster: contrib/ocf/virtcluster.in Makefile
	$(vcl_make) && chmod +x $@
contrib/ocf/snmpd: contrib/ocf/snmpd.in Makefile
	$(vcl_make) && chmod +x $@

# Resource agents, where Pacemaker looks for them when the prefix is /usr: never below lib64 or
# lib/x86_64-linux-gnu.
ocfdir = $(prefix)/lib/ocf
ocfagentdir = $(ocfdir)/resource.d/virtcluster
ocfagent_SCRIPTS = contrib/ocf/virtcluster contrib/ocf/snmpd
ocflibdir = $(ocfdir)/lib/virtcluster
dist_ocflib_DATA = contrib/ocf/process.sh

systemdsystemunit_DATA = contrib/virtclusterd.service contrib/virtcluster-export.service \
	contrib/virtcluster-web.service
sysusersdir = $(prefix)/lib/sysusers.d
sysusers_DATA = contrib/sysusers.d/virtcluster.conf
tmpfilesdir = $(prefix)/lib/tmpfiles.d
tmpfiles_DATA = contrib/tmpfiles.d/virtcluster.conf
examplesdir = $(docdir)/examples
examples_DATA = contrib/snmpd.conf.example
haexamplesdir = $(examplesdir)/high-availability
haexamples_DATA = contrib/ha/snmpd.conf.example
dist_haexamples_DATA = contrib/ha/agent-group.xml contrib/ha/corosync.conf.example
dist_examples_SCRIPTS = contrib/collectd-import contrib/virtcluster-alert
debiantemplatedir = $(examplesdir)/templates/debian-12
dist_debiantemplate_DATA = contrib/templates/debian-12/domain.xml \
	contrib/templates/debian-12/template.conf
netboottemplatedir = $(examplesdir)/templates/debian-netboot
dist_netboottemplate_DATA = contrib/templates/debian-netboot/domain.xml \
	contrib/templates/debian-netboot/template.conf
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = contrib/bash-completion/virtcluster

# The configuration is the administrator's: never overwritten, and only removed unchanged.
noinst_DATA = contrib/virtcluster.conf
confdir = $(sysconfdir)/virtcluster
install-data-local: contrib/virtcluster.conf
	$(MKDIR_P) "$(DESTDIR)$(confdir)"
	test -e "$(DESTDIR)$(confdir)/virtcluster.conf" || \
		$(INSTALL_DATA) contrib/virtcluster.conf "$(DESTDIR)$(confdir)/virtcluster.conf"
uninstall-local: contrib/virtcluster.conf
	if cmp -s contrib/virtcluster.conf "$(DESTDIR)$(confdir)/virtcluster.conf"; then \
		rm -f "$(DESTDIR)$(confdir)/virtcluster.conf"; fi
