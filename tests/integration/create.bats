# VMs that are made from templates, by SNMP and by words, until their agents answer.
# plain build only: it boots guests under TCG for minutes
load helpers
load create

setup_file() { templates_begin; }
teardown_file() { lab_end; }

@test "templates are rows; a broken one says which line, the others go on" {
	local i
	i=$(template_index small)
	[ "$(get "vclTemplateBase.$i")" = '"images/base.qcow2"' ]
	[ "$(get "vclTemplateMemory.$i")" = 96 ]
	[ "$(get "vclTemplateInstall.$i")" = 2 ]
	[ "$(get "vclTemplateState.$i")" = 1 ]
	i=$(template_index broken)
	[ "$(get "vclTemplateState.$i")" = 2 ]
	[[ $(get "vclTemplateReason.$i") == *'broken/template.conf:2: unknown key'* ]]
	[[ $(get "vclTemplateMemory.$i") == No\ Such* ]]
	virtcluster templates | grep -E '^small +valid +cloud init +1 +96 MiB'
	virtcluster --json templates | grep -q '"vclTemplateState" : "invalid"'
	virtcluster show template small | grep -q "the lab's guest"
	virtcluster complete line -- create x --template sm | grep -qx small
}

@test "a template that is changed is read again by itself" {
	sed -i 's/^colour.*/description = mended/; $a base = images/base.qcow2' "$LAB_DIR/templates/broken/template.conf"
	within 20 mended
	printf '[template]\ncolour = red\n' >"$LAB_DIR/templates/broken/template.conf"
	stack reload-agent
	within 5 broken
}
mended() { [ "$(get "vclTemplateState.$(template_index broken)")" = 1 ]; }
broken() { [ "$(get "vclTemplateState.$(template_index broken)")" = 2 ]; }

@test "one SET makes a VM that answers by its own name within the job" {
	by_row 7001 small web1 "vclJobTarget.7001 i $(node_index h1)" \
		"vclJobOptions.7001 s vcpus=2 memory=112 disk=48 hostname=www"
	within 90 is_over 7001
	error_of 7001
	job_is 7001 $SUCCEEDED
	[ "$(guest_name h1 web1)" = www ]
	vm_is web1 running
	[ "$(vm_cell vclVmUuid web1)" = "$(get vclJobObjectUuid.7001 | tr -d '"')" ]
	lab virsh h1 dominfo web1 | grep -E 'CPU\(s\): +2'
	lab virsh h1 dominfo web1 | grep -E 'Max memory: +114688 KiB'
	lab virsh h1 domblkinfo web1 vda | grep -E 'Capacity: +50331648'
	lab virsh h1 dumpxml web1 | grep -q 'backingStore'
	remove h1 web1
}

@test "by words, a name of its own, wherever there is room; the same from far away" {
	virtcluster create web_2 --template small --memory 100M --ssh-key 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE1tFqBqDAMmo0KEtdfTMbKoLkEdTsWgXzEQ5nzPFnXX me' --wait
	local host
	host=$(vm_cell vclVmNodeName web_2)
	[ "$(guest_name "$host" web_2)" = web-2 ]
	remove "$host" web_2
	setv vclCommand.0 s "create web3 --template=boot --node h2"
	within 90 is_over "$(get vclCommandJob.0)"
	job_is "$(get vclCommandJob.0)" $SUCCEEDED
	[ "$(guest_name h2 web3)" = web3 ]
	lab virsh h2 dumpxml web3 | grep -q 'site=north'
	remove h2 web3
}

# Three, or ten under VCL_LONG=1.
AT_ONCE="1 2 3"
[ -z "${VCL_LONG:-}" ] || AT_ONCE="1 2 3 4 5 6 7 8 9 10"

macs() { for i in $AT_ONCE; do lab virsh h1 dumpxml c$i | grep -o '52:54:00[^"'"'"']*'; done; }

two_run() { [ "$(virtcluster jobs --state running | grep -c create)" -eq 2 ]; }

@test "several at once, two at a time" {
	for i in $AT_ONCE; do
		by_row $((7100 + i)) small c$i "vclJobTarget.$((7100 + i)) i $(node_index h1)"
	done
	within 10 two_run
	[ "$(virtcluster jobs --state waiting | grep -c create)" -eq $(($(wc -w <<<"$AT_ONCE") - 2)) ]
	for i in $AT_ONCE; do
		within 180 is_over $((7100 + i))
		error_of $((7100 + i))
		job_is $((7100 + i)) $SUCCEEDED
		[ "$(guest_name h1 c$i)" = c$i ]
	done
	[ "$(lab virsh h1 dumpxml c1 | grep -c '52:54:00')" -eq 1 ]
	macs | sort >"$BATS_TEST_TMPDIR/macs"
	[ "$(uniq "$BATS_TEST_TMPDIR/macs" | wc -l)" -eq "$(wc -w <<<"$AT_ONCE")" ]
	for i in $AT_ONCE; do remove h1 c$i; done
}

# far VERB...: by SNMP alone
far() {
	SNMPCONFPATH=$LAB_DIR/conf SNMP_PERSISTENT_DIR=$LAB_DIR/conf \
		"$VCL_BUILD/virtcluster" --agent "$VCL_SNMP" "$@"
}

@test "by SNMP alone, and no-start leaves it off" {
	mkdir -p "$LAB_DIR/conf"
	printf 'defVersion 2c\ndefCommunity private\n' >"$LAB_DIR/conf/snmp.conf"
	diff <(far templates) <(virtcluster templates)
	far show template small | grep -q 'images/base.qcow2'
	far create off1 --template small --node h1 --no-start --wait
	virsh_is h1 off1 'shut off'
	vm_is off1 shutOff
	remove h1 off1
}

@test "the agent is killed while the guest boots: the next one waits for it" {
	by_row 7402 small z "vclJobTarget.7402 i $(node_index h1)"
	within 30 step_is 7402 'waiting for the guest'
	stack kill-agent
	stack start-agent
	within 90 is_over 7402
	error_of 7402
	job_is 7402 $SUCCEEDED
	[ "$(guest_name h1 z)" = z ]
	remove h1 z
}

@test "the daemon's log has no trace of a defect" {
	log_is_clean
}
