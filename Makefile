# SPDX-License-Identifier: GPL-2.0
# "make help" lists what can be made.

# The kernel to build for: its headers, as packages or a tree install them.
KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
# its release; where there is no such tree any more, that of the running kernel
release = $(or $(shell sed -n 's/.*UTS_RELEASE "\(.*\)".*/\1/p' \
	$(KDIR)/include/generated/utsrelease.h 2>/dev/null),$(KVER))

PREFIX ?= /usr/local
DESTDIR ?=
sbindir ?= $(PREFIX)/sbin
mandir ?= $(PREFIX)/share/man
completiondir ?= $(PREFIX)/share/bash-completion/completions
unitdir ?= $(PREFIX)/lib/systemd/system

# The version stands in module/version.h; dkms.conf repeats it, and "make style"
# compares the two.
version := $(shell sed -n 's/^.define NFSEC_VERSION "\(.*\)"/\1/p' module/version.h)
dkms_src := $(DESTDIR)/usr/src/nfsec-$(version)
build := $(CURDIR)/build

all: module tools

module:
	+$(MAKE) -C $(KDIR) M=$(CURDIR) modules

tools:
	+$(MAKE) -C tools O=$(build)

install: install-module install-tools

# The headers of distributions lack what modules_install would do this with. What
# goes into a package is for the package to announce.
depmod = [ -n "$(DESTDIR)" ] || depmod -a $(release)

install-module: module
	+$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(DESTDIR) \
		INSTALL_MOD_DIR=updates modules_install
	$(depmod)

install-tools: tools
	install -D -m 755 $(build)/secctl $(DESTDIR)$(sbindir)/secctl
	install -D -m 755 $(build)/secike $(DESTDIR)$(sbindir)/secike
	install -D -m 644 tools/man/secctl.8 $(DESTDIR)$(mandir)/man8/secctl.8
	install -D -m 644 tools/man/secike.8 $(DESTDIR)$(mandir)/man8/secike.8
	install -D -m 644 tools/man/secike.conf.5 $(DESTDIR)$(mandir)/man5/secike.conf.5
	install -d $(DESTDIR)$(unitdir)
	sed 's#/usr/local/sbin#$(sbindir)#' tools/systemd/secike.service \
		>$(DESTDIR)$(unitdir)/secike.service
	install -D -m 644 tools/completion/secctl $(DESTDIR)$(completiondir)/secctl

uninstall:
	rm -f $(DESTDIR)$(sbindir)/secctl $(DESTDIR)$(sbindir)/secike \
		$(DESTDIR)$(mandir)/man8/secctl.8 $(DESTDIR)$(mandir)/man8/secike.8 \
		$(DESTDIR)$(mandir)/man5/secike.conf.5 \
		$(DESTDIR)$(completiondir)/secctl $(DESTDIR)$(unitdir)/secike.service
	rm -f $(DESTDIR)/lib/modules/$(release)/updates/nfsec.ko*
	$(depmod)

# DKMS builds the module again for each kernel that is installed later.
dkms-install:
	rm -rf $(dkms_src)
	mkdir -p $(dkms_src)
	tar -c --exclude='*.o' --exclude='.*.cmd' --exclude='*.ko' --exclude='*.mod' \
		--exclude='*.mod.c' Kbuild Makefile dkms.conf module uapi | \
		tar -x --no-same-owner -C $(dkms_src)
	dkms add -m nfsec -v $(version)
	dkms build -m nfsec -v $(version) -k $(KVER)
	dkms install -m nfsec -v $(version) -k $(KVER)

dkms-remove:
	dkms remove -m nfsec -v $(version) --all
	rm -rf $(dkms_src)

style:
	selftests/style/run

check:
	selftests/check

demo:
	selftests/demo/run

bench:
	selftests/bench/run

clean: clean-module
	rm -rf $(build)/secctl $(build)/secike $(build)/tools $(build)/ike

clean-module:
	+$(MAKE) -C $(KDIR) M=$(CURDIR) clean

# Everything: images, kernels and results of the test machines as well.
distclean:
	rm -rf $(build)
	find . -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o \
		-name '.*.cmd' -o -name Module.symvers -o -name modules.order | \
		xargs -r rm -f

help:
	@echo 'For the running kernel, or KVER=release, or KDIR=directory of headers:'
	@echo '  all             module and tools (what "make" alone does)'
	@echo '  module          nfsec.ko'
	@echo '  tools           build/secctl and build/secike'
	@echo '  install         both, with manual pages, completion and unit [DESTDIR, PREFIX]'
	@echo '  uninstall       the opposite'
	@echo '  dkms-install    the module under DKMS, built again for each new kernel'
	@echo '  dkms-remove     the opposite'
	@echo '  clean           remove what was built for this machine'
	@echo 'On any Debian 12 or 13, as root; install what they need and boot their own'
	@echo 'machines, so that the kernel that runs is left alone:'
	@echo '  demo            two gateways, explained step by step'
	@echo '  check           every test on every supported kernel'
	@echo '  bench           nfsec, XFRM and WireGuard, secike and charon side by side'
	@echo '  style           static checks of the sources'
	@echo '  distclean       remove images and kernels of the test machines as well'

.PHONY: all module tools install install-module install-tools uninstall \
	dkms-install dkms-remove style check demo bench clean clean-module \
	distclean help
