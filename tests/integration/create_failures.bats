# VMs that cannot be made, or are not wanted any longer: nothing is left of them.
load helpers
load create

setup_file() { templates_begin; }
teardown_file() { lab_end; }

@test "what is wrong is one sentence, and nothing is left" {
	within 10 no_vm web1
	refuses 'cannot be called "../x"' create ../x --template small
	refuses 'cannot be called "a b"' create 'a b' --template small
	refuses 'cannot be called "a;b"' create 'a;b' --template small
	refuses 'there is a VM called old1 already, on h1' create old1 --template small
	refuses 'no template is called "nothing"' create x --template nothing
	refuses 'no template is called "../small"' create x --template ../small
	refuses 'broken cannot be used: ' create x --template broken
	refuses '"nowhere"' create x --template small --node nowhere
	refuses '--template is missing' create x
	refuses 'h2 has no running pool tiny' create x --template small-tiny --node h2
	refuses 'h1 has no room' create x --template small --node h1 --memory 100T
	refuses 'a disk of 8 MiB is smaller than its base' create x --template small --disk 8M
	refuses 'option network takes' create x --template small --network lan/x
	refuses 'pool tiny has no room: 25' create x --template whole-tiny
	refuses 'there is no volume images/big.img' create x --template whole --node h2
	refuses 'libvirt does not take its definition' create x --template small --node h1 --vcpus 4000
	refuses 'it does not start' create x --template small --node h1 --network nosuchnet
}

@test "a SET that is wrong is refused at once" {
	run by_row 7200 small ../x
	[ "$status" -ne 0 ]
	[[ $output == *inconsistentValue* ]]
	run by_row 7200 small old1
	[[ $output == *inconsistentValue* ]]
	run by_row 7200 small x "vclJobTarget.7200 i 12345"
	[ "$status" -ne 0 ]
	run by_row 7200 small x "vclJobOptions.7200 s user=a:b"
	[[ $output == *wrongValue* ]]
	[[ $(get vclJobRowStatus.7200) == No\ Such* ]]
}

@test "a full pool: nothing half made" {
	local mount=/srv/local/tiny
	run lab exec h1 dd if=/dev/zero of=$mount/fill bs=1M
	echo "$output"
	[[ $output == *'No space left'* ]]
	lab exec h1 df $mount
	refuses 'pool tiny has no room' create x --template small-tiny --node h1
	lab exec h1 rm $mount/fill
}

@test "cancelled while it copies, or while the guest boots: gone again" {
	local before
	before=$(everything)
	by_row 7301 whole x "vclJobTarget.7301 i $(node_index h1)"
	within 20 step_is 7301 'making its disk'
	virtcluster cancel 7301
	within 60 is_over 7301
	job_is 7301 $CANCELLED
	diff <(echo "$before") <(everything)
	by_row 7302 small y "vclJobTarget.7302 i $(node_index h1)"
	within 30 step_is 7302 'waiting for the guest'
	virtcluster cancel 7302
	within 60 is_over 7302
	job_is 7302 $CANCELLED
	diff <(echo "$before") <(everything)
}

@test "the agent is killed while it copies: after its restart nothing is half made" {
	local before
	before=$(everything)
	by_row 7401 whole x "vclJobTarget.7401 i $(node_index h1)"
	within 20 step_is 7401 'making its disk'
	stack kill-agent
	stack start-agent
	within 90 is_over 7401
	[[ $(error_of 7401) == *'what there was of it was removed'* ]]
	diff <(echo "$before") <(everything)
}

@test "the daemon's log has no trace of a defect" {
	log_is_clean
}
