# Unit tests speak TAP; they need no network, no root and no daemon.
TEST_EXTENSIONS =
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	VCL_SRCDIR='$(abs_top_srcdir)'; export VCL_SRCDIR; \
	VCL_BUILDDIR='$(abs_top_builddir)'; export VCL_BUILDDIR; \
	G_SLICE=always-malloc; export G_SLICE;

if HAVE_CMOCKA
unit_tests =
include tests/unit/local.mk
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif

EXTRA_DIST += tests/lab/lab tests/lab/stack tests/lab/hosts.bash tests/lab/guests.bash tests/lab/pids.bash \
	tests/lab/containers.bash tests/lab/pools.bash tests/lab/ssh.bash tests/lab/relay \
	tests/lab/power.bash tests/lab/cluster.bash tests/lab/agent.bash tests/lab/cluster-init tests/lab/fence_lab tests/lab/node-root \
	tests/lab/host-init tests/lab/build-guest tests/lab/guest-root tests/lab/README \
	tests/integration/helpers.bash \
	tests/integration/actions.bats tests/integration/bad_input.bats \
	tests/integration/balance.bats tests/integration/browser.bats \
	tests/integration/cluster.bash tests/integration/cluster_faults.bats tests/integration/cluster_check.bats tests/integration/cluster_lab.bats tests/integration/cluster_model.bats tests/integration/cluster.bats tests/data/pacemaker \
	tests/integration/cli.bats tests/integration/clone.bats \
	tests/integration/control.bats tests/integration/devices.bats \
	tests/integration/evacuation.bats tests/integration/export.bats tests/integration/ha.bats \
	tests/integration/export_program.bats tests/integration/sequence.bats \
	tests/integration/graphs.bats tests/integration/inventory.bats \
	tests/integration/jobs.bats tests/integration/killed.bats \
	tests/integration/storm.bats tests/integration/storm.py \
	tests/integration/create.bash tests/integration/create.bats \
	tests/integration/create_failures.bats tests/integration/migration.bats \
	tests/integration/facts.bats \
	tests/integration/identity.bats tests/integration/metrics.bats \
	tests/integration/metrics.table tests/integration/probe.bats \
	tests/integration/rrd_disk.bats tests/integration/rrdcached.bats \
	tests/integration/remote.bats tests/integration/snapshot.bats tests/integration/backup.bash tests/integration/backup.bats \
	tests/integration/backup_failures.bats tests/integration/restore.bats \
	tests/integration/schedule.bats tests/integration/storage.bats \
	tests/integration/pacemaker_alert.bats tests/integration/ocf.bats tests/integration/failover.bats \
	tests/integration/notifications.bats tests/integration/resilience.bats \
	tests/integration/terminal.py tests/integration/template_create.bats \
	tests/integration/top.bats \
	tests/integration/transfer.bats \
	tests/integration/vnode.bats tests/integration/volumes.bats tests/integration/web.bash tests/integration/web.bats tests/integration/walk.py tests/integration/walks.bats
