# The tables tell what libvirt tells: every VM once, with its state.
load helpers

setup_file() {
	lab_begin 2
	lab guest h1 web1
	lab guest h1 db1 --no-start
	lab guest h2 app1
	lab guest h2 "vm with spaces" --no-start
	within 10 vm_is app1 running
}

teardown_file() { lab_end; }

libvirt_list() {
	local h
	for h in h1 h2; do lab virsh "$h" list --all --uuid --name; done | awk 'NF { u = $1; $1 = ""; print u $0 }' | sort -u
}

libvirt_states() {
	local h u
	for h in h1 h2; do
		for u in $(lab virsh "$h" list --all --uuid); do
			echo "$u $(lab virsh "$h" domstate "$u" | head -1)"
		done
	done
}

table_states() {
	join <(column vclVmUuid | sort) <(column vclVmState | sort) |
		awk '{ s[1] = "running"; s[2] = "paused"; s[4] = "shut off"; s[5] = "crashed"; print $2, s[$3] }'
}

same_states() { diff <(libvirt_states | sort) <(table_states | sort); }

@test "every VM and its state equal virsh list --all" {
	same_states
	[ "$(column vclVmUuid | wc -l)" -eq 4 ]
}

@test "names with spaces are whole" {
	column vclVmName | grep -q ' vm with spaces$'
}

@test "nodes are online and named" {
	[ "$(column vclNodeName | awk '{ print $2 }' | sort | xargs)" = "h1 h2" ]
	node_cell_is vclNodeState h1 "${NODE[online]}"
	node_cell_is vclNodeState h2 "${NODE[online]}"
}

@test "counts follow the tables" {
	[ "$(get vclVmNumber.0)" -eq 4 ]
	[ "$(get vclNodeNumber.0)" -eq 2 ]
}

@test "a VM defined on both hosts is one row, where it runs" {
	lab virsh h1 dumpxml --inactive web1 >"$BATS_TEST_TMPDIR/web1.xml"
	lab virsh h2 define "$BATS_TEST_TMPDIR/web1.xml"
	sleep 2
	[ "$(column vclVmName | awk '$2 == "web1"' | wc -l)" -eq 1 ]
	vm_cell_is vclVmNodeName web1 h1
	vm_is web1 running
	lab virsh h2 undefine web1
	sleep 1
	same_states
}

@test "a VM that is defined and undefined comes and goes; the others keep their rows" {
	local before after
	before=$(column vclVmName)
	lab guest h1 guest2 --no-start
	within 3 vm_is guest2 shutOff
	lab virsh h1 undefine guest2
	within 3 fails vm_is guest2 shutOff
	after=$(column vclVmName)
	[ "$before" = "$after" ]
}

@test "the index is the hash of the identity, as documented" {
	local uuid hex
	uuid=$(lab virsh h1 domuuid web1)
	hex=$(printf 'vm:%s' "$uuid" | sha256sum | cut -c1-8)
	[ "$(vm_index web1)" -eq $((0x$hex >> 1)) ]
}

@test "live migration keeps the index; the node is a column" {
	local before
	before=$(vm_index app1)
	lab wait app1 LAB-UP 60
	lab virsh h2 migrate --live --unsafe --p2p --persistent app1 "$(lab uri-tcp h1)"
	within 5 vm_cell_is vclVmNodeName app1 h1
	[ "$(vm_index app1)" = "$before" ]
	[ "$(column vclVmName | awk '$2 == "app1"' | wc -l)" -eq 1 ]
	vm_is app1 running
}

@test "counters grow and usage is told" {
	local a b
	a=$(vm_cell vclVmCpuTime web1)
	sleep 2
	b=$(vm_cell vclVmCpuTime web1)
	[ "$b" -gt "$a" ]
	[ "$(vm_cell vclVmCpuUsage web1)" -ge 0 ]
}

@test "the daemon's log is clean" { log_is_clean; }
