# SPDX-License-Identifier: GPL-2.0
# The jobs of "make check" and what has to be there before each, for make -j2;
# to be started by selftests/check. A job is a log file. Jobs begin in the order
# in which "all" names them as far as what they need is there, so the long ones,
# and those many others wait for, come first.

LOGS ?= build/logs
kernels := 6.12 6.1 7.2
job := selftests/check -j

# Every executable file in these folders is a test.
tests := $(shell cd selftests && find net interop wire secctl -maxdepth 1 -type f \
	-perm -u+x | sort)
first := wire/wire.py interop/esp.sh
tests := $(filter $(first),$(tests)) $(filter-out $(first),$(tests))

# What runs where. 6.12 has everything; a test joins another machine when it has
# been seen to pass there.
on_vm-6.12 := $(tests)
on_vm-6.1 := wire/wire.py secctl/secctl.sh
on_vm-7.2 := wire/wire.py secctl/secctl.sh
on_uml := wire/wire.py secctl/secctl.sh net/policy.sh net/lifetime.sh net/acquire.sh
on_uml-debug := wire/wire.py net/policy.sh

vm_logs = $(on_vm-$(1):%=$(LOGS)/vm-$(1)/%.log)
build_logs := $(kernels:%=$(LOGS)/build/vm-%.log) $(LOGS)/build/uml.log \
	$(LOGS)/build/uml-debug.log

jobs := $(LOGS)/unit/tools.log $(LOGS)/unit/module.log \
	$(LOGS)/build/vm-6.12.log $(LOGS)/build/uml-debug.log \
	$(call vm_logs,6.12) \
	$(LOGS)/build/vm-6.1.log $(call vm_logs,6.1) \
	$(LOGS)/build/vm-7.2.log $(call vm_logs,7.2) \
	$(on_uml-debug:%=$(LOGS)/uml-debug/%.log) \
	$(LOGS)/build/uml.log $(on_uml:%=$(LOGS)/uml/%.log) \
	$(LOGS)/style/style.log

all: $(if $(ONLY),$(foreach p,$(ONLY),$(filter $(subst *,%,$(LOGS)/$(p).log),$(jobs))),$(jobs))
	@test -n "$^" || { echo "check: no such test: $(ONLY)" >&2; exit 1; }

$(LOGS)/unit/tools.log:
	@$(job) $@ make -C tools check O=$(abspath build/unit/tools)

$(LOGS)/unit/module.log:
	@$(job) $@ make -C selftests/unit check

$(LOGS)/style/style.log: | $(LOGS)/build/vm-6.12.log
	@$(job) $@ selftests/style/run

$(LOGS)/build/vm-%.log:
	@$(job) $@ selftests/vm/build $*

# One machine after the other has the image of 6.12 made, which is their root.
$(LOGS)/build/uml.log: | $(LOGS)/build/vm-6.12.log
	@$(job) $@ selftests/uml/build

$(LOGS)/build/uml-debug.log:
	@$(job) $@ selftests/uml/build --debug

define machine
$$(LOGS)/$(1)/%.log: | $$(LOGS)/build/$(1).log
	@$$(job) $$@ $(2) -t 900 selftests/$$*

endef
$(eval $(foreach k,$(kernels),$(call machine,vm-$(k),selftests/vm/run -k $(k))))
# One processor: with two, lockdep and the timers of User-Mode Linux itself report
# what is none of ours. The other machines have two.
$(eval $(call machine,uml-debug,selftests/uml/run --debug -c 1))
$(eval $(call machine,uml,selftests/uml/run))

.PHONY: all
.DELETE_ON_ERROR:
