# A template is made of a VM, and VMs of it; what cannot be leaves nothing behind.
# plain build only: it boots guests under TCG for minutes
load helpers

TEMPLATE_CREATE=40 SUCCEEDED=3

setup_file() {
	lab_begin 1
	lab pool h1 images
	lab pool h1 local --dir /srv/local
	lab guest h1 web1 --verify --local 32M
	lab guest h1 two1 --no-start --local 32M --local 32M
	head -c 384M /dev/urandom >"$LAB_DIR/hosts/h1/local/big.img"
	qemu-img create -q -f qcow2 -b /srv/local/big.img -F raw -u \
		"$LAB_DIR/hosts/h1/local/big1-0.qcow2" 384M
	lab guest h1 big1 --no-start --local 384M
	mkdir -p "$LAB_DIR/templates"
	chmod 1777 "$LAB_DIR/templates"
	printf '\n[templates]\ndir = %s/templates\n' "$LAB_DIR" >>"$VCL_CONFIG"
	stack reload-agent
	lab virsh h1 pool-refresh local
	lab wait web1 LAB-SEQ 90
	within 20 has_volume big1-0.qcow2
}

teardown_file() { lab_end; }

has_volume() { [ -n "$(index_of vclVolumeName "$1")" ]; }
is_over() { [ "$(get "vclJobState.$1")" -ge 3 ]; }
step_is() { [[ $(get "vclJobStep.$1") == *"$2"* ]]; }
# With the files of the templates.
everything() {
	find "$LAB_DIR/templates" | sort
	lab virsh h1 'pool-refresh images; pool-refresh local; vol-list images; vol-list local'
}

@test "of a VM that runs: a template, and a VM of it that answers" {
	virtcluster template-create web1 web --pool images --quiesce --wait
	[ "$(get "vclTemplateState.$(index_of vclTemplateName web)")" = 1 ]
	[ "$(get vclTemplateNumber.0)" = 1 ]
	# the kernel's command line is the guest's own affair
	sed '/<cmdline>/d' "$LAB_DIR/templates/web/domain.xml" |
		fails grep -e uuid -e 'mac address' -e serial.log -e web1
	virtcluster create web9 --template web --wait
	[[ $(lab virsh h1 domblklist web9) == */images/web9-* ]]
	virsh_is h1 web9 running
	virsh_is h1 web1 running
	lab serial web1 | fails grep -a LAB-BAD
}

@test "what is wrong is one sentence, and nothing is left" {
	refuses 'there is a template web already' template-create web1 web
	refuses 'cannot be called "../x"' template-create web1 ../x
	refuses 'cannot be called ".x"' template-create web1 .x
	refuses 'it has 2 disks: a template has one' template-create two1 two
	mkdir "$LAB_DIR/templates/there"
	refuses 'there already' template-create web1 there
	rmdir "$LAB_DIR/templates/there"
	chmod 755 "$LAB_DIR/templates"
	refuses 'Permission denied' template-create web1 other
	chmod 1777 "$LAB_DIR/templates"
}

no_template() { [ -z "$(index_of vclTemplateName "$1")" ]; }

# is_caught JOB: it copies, which may be over before one has looked
is_caught() {
	until is_over "$1"; do
		! step_is "$1" 'copying disk' || return 0
	done
	return 1
}

# caught_copying JOB: sets $job to the first one from there on that is seen to copy
caught_copying() {
	for job in $(seq "$1" $(($1 + 9))); do
		# shellcheck disable=SC2086
		snmpset -Oe $VCL_WRITE "$VCL_SNMP" "$(oid vclJobRowStatus.$job)" i $CREATE_AND_GO \
			"$(oid vclJobType.$job)" i $TEMPLATE_CREATE \
			"$(oid vclJobObjectIndex.$job)" u "$(vm_index big1)" \
			"$(oid vclJobArgument.$job)" s big
		! is_caught "$job" || return 0
		remove_big
	done
	return 1
}

# The template that was made after all.
remove_big() {
	rm -r "$LAB_DIR/templates/big"
	lab virsh h1 vol-list local | awk '$1 ~ /^big-/ { print $1 }' |
		while read -r volume; do lab virsh h1 vol-delete "$volume" local; done
	within 30 no_template big
}

# cut_off COMMAND JOB: it ends what copies, which may have been over just before; a job from
# there on
cut_off() {
	local try
	for try in 1 2 3 4 5; do
		caught_copying $(($2 + try * 10))
		"$1" "$job"
		within 90 is_over "$job"
		[ "$(get "vclJobState.$job")" = $SUCCEEDED ] || return 0
		remove_big
	done
	return 1
}
cancel() { virtcluster cancel "$1" || true; } # it may be over
kill_agent() {
	stack kill-agent
	stack start-agent
}

@test "cancelled, and the agent killed, while it copies: nothing half made" {
	local before job
	before=$(everything)
	cut_off cancel 7000
	get "vclJobError.$job"
	diff <(echo "$before") <(everything)
	cut_off kill_agent 7100
	get "vclJobError.$job"
	diff <(echo "$before") <(everything)
	[[ $(get "vclJobError.$job") == *'what there was of it was removed'* ]]
}

@test "the daemon's log has no trace of a defect" {
	log_is_clean
}
