# SPDX-License-Identifier: GPL-2.0
# The jobs of "make check" and what has to be there before each, for make -j2;
# to be started by selftests/check. A job is a log file. Jobs begin in the order
# in which "all" names them as far as what they need is there, so the long ones,
# and those many others wait for, come first.

LOGS ?= build/logs
kernels := 6.12 6.1 7.2
job := selftests/check -j

# Every executable file in these folders is a test.
executables = $(sort $(shell cd selftests && find $(1) -maxdepth 1 -type f -perm -u+x))
# Those of net/ share a machine by thirds, since booting one takes as long as some
# of them; so each leaves the machine as it was.
alone := net/dkms.sh net/donoharm.sh
net := $(filter-out $(alone),$(call executables,net))
third = $(foreach t,$(shell echo $(net) | tr ' ' '\n' | awk 'NR % 3 == $(1) % 3'),$(t))
net-1 := $(call third,1)
net-2 := $(call third,2)
net-3 := $(call third,3)
# What needs processors that really run at the same time, for which QEMU takes turns.
net-smp := net/netns.sh net/rekey.sh net/splice.sh net/unload.sh
other := wire/wire.py interop/esp.sh interop/ah.sh secctl/secctl.sh
ike := interop/ike.sh interop/ike-more.sh
# A peer that only trixie's image has; both in one machine like those of net/.
net-libreswan := interop/libreswan.sh interop/libreswan-impair.sh

# What runs where, the longest first. XFRM as it is in 6.1 and 7.2 is met in a part of
# the matrix. The kernel's own tests belong to the newest kernel. The debug machine is of
# User-Mode Linux too, so the plain one has what the others cannot do; and it is a 7.2, so
# the stock one does without what depends on the version only.
on_vm-6.12 := net-libreswan $(other) $(ike) net-1 net-2 net-3 net/dkms.sh
on_vm-6.1 := $(other) interop/ike.sh net-1 net-2 net-3
on_vm-7.2 := wire/wire.py interop/esp.sh interop/ike-more.sh net-1 net-2
on_uml := interop/ike-pairs.sh net/donoharm.sh wire/wire.py interop/ah.sh interop/ike-load.sh net-smp
on_uml-debug := wire/wire.py secctl/secctl.sh net-1 net-2 net-3
# Other versions of strongSwan: 5.9, and 6.1 with ML-KEM
args_interop/ike.sh = $(if $(findstring vm-6.1/,$@),psk cert)
args_interop/ike-more.sh = $(if $(findstring vm-7.2/,$@),more)
args_interop/ah.sh = --pairs
args_interop/esp.sh = $(if $(filter %/vm-6.12,$(@D:%/interop=%)),,--pairs)

vm_logs = $(on_vm-$(1):%=$(LOGS)/vm-$(1)/%.log)
build_logs := $(kernels:%=$(LOGS)/build/vm-%.log) $(LOGS)/build/uml.log \
	$(LOGS)/build/uml-debug.log

jobs := $(LOGS)/unit/tools.log $(LOGS)/unit/ike.log $(LOGS)/unit/module.log \
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

$(LOGS)/unit/ike.log:
	@$(job) $@ make -C tools/ike check O=$(abspath build/unit/ike)

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

$(kernels:%=$(LOGS)/vm-%/net/dkms.sh.log): $(LOGS)/vm-%/net/dkms.sh.log: | $(LOGS)/build/vm-%.log
	@$(job) $@ selftests/vm/dkms $*

define machine
$$(LOGS)/$(1)/net-%.log: | $$(LOGS)/build/$(1).log
	@$$(job) $$@ $(2) -t 1200 selftests/lib/run_tests -t 400 $$(net-$$*)

$$(LOGS)/$(1)/%.log: | $$(LOGS)/build/$(1).log
	@$$(job) $$@ $(2) -t 1200 selftests/$$* $$(args_$$*)

endef
$(eval $(foreach k,$(kernels),$(call machine,vm-$(k),selftests/vm/run -k $(k))))
# One processor: with two, lockdep and the timers of User-Mode Linux itself report
# what is none of ours. The other machines have two.
$(eval $(call machine,uml-debug,selftests/uml/run --debug -c 1))
$(eval $(call machine,uml,selftests/uml/run))

.PHONY: all
.DELETE_ON_ERROR:
